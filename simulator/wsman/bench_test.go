package wsman

import (
	"runtime"
	"strings"
	"testing"
)

// BenchmarkPoll is one Send and the Receive that waits for its echo, 20 KB
// each way, sealed, on two connections.
func BenchmarkPoll(b *testing.B) {
	_, addr := start(b, options())
	r, w := logonTo(b, addr), logonTo(b, addr)
	sh := r.open()
	id := r.command(sh, "cat")
	send, receive := sendMessage(sh, id, strings.Repeat("x", 20000), "false"), receiveMessage(sh, id, "")
	b.ReportAllocs()
	for b.Loop() {
		w.call(send)
		for got := 0; got < 20000; {
			_, answer := r.call(receive)
			for _, m := range stream.FindAllStringSubmatch(answer, -1) {
				got += len(m[2])/4*3 - strings.Count(m[2], "=")
			}
		}
	}
}

// BenchmarkWaitingNode measures what a node costs that waits in one Receive.
func BenchmarkWaitingNode(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	goroutines := runtime.NumGoroutine()
	nodes := 0
	for b.Loop() {
		_, addr := start(b, options())
		nodes++
		r := logonTo(b, addr)
		sh := r.open()
		id := r.command(sh, "wait")
		r.write(r.sealed([]byte(receiveMessage(sh, id, ""))), "Content-Type: "+sealedType)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	n := float64(nodes)
	b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/n, "goroutines/node")
	b.ReportMetric(float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/n/1024, "KB/node")
}
