package remoting_test

import (
	"context"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// BenchmarkRun measures scripts somebody typed, on a node far away and slow to start
// PowerShell, and the same on one that costs nothing.
func BenchmarkRun(b *testing.B) {
	for name, cost := range map[string]simulator.Cost{"no cost": {}, "RTT 5 ms, start 400 ms": cost} {
		first := func(b *testing.B, fresh bool) {
			sim := start(b, simulator.Options{Shapes: oneNode(), Cost: cost})
			n := nodesOf(b, sim, false, cluster.AuthNTLM)[0]
			w := cluster.RunWork{Target: cluster.Target{Cluster: n.Cluster, Node: n.Name}, Script: "'on'; Start-Sleep -Seconds 3600"}
			c := newClient(b, remoting.Options{Nodes: []remoting.Node{n}})
			var line, end time.Duration
			for b.Loop() {
				if fresh {
					c = newClient(b, remoting.Options{Nodes: []remoting.Node{n}})
				}
				ctx, cancel := context.WithCancel(b.Context())
				begun := time.Now()
				var canceled time.Time
				e := c.Run(ctx, w, func(cluster.RunEvent) error {
					canceled = time.Now()
					line += canceled.Sub(begun)
					cancel()
					return nil
				})
				if e.State != cluster.RunCancelled {
					b.Fatalf("%+v", e)
				}
				end += time.Since(canceled)
				cancel()
			}
			b.ReportMetric(float64(line.Milliseconds())/float64(b.N), "ms/first-line")
			b.ReportMetric(float64(end.Microseconds())/1000/float64(b.N), "ms/cancel")
		}
		b.Run("first line and cancel/"+name+"/warm", func(b *testing.B) { first(b, false) })
		b.Run("first line and cancel/"+name+"/cold", func(b *testing.B) { first(b, true) })
	}
	b.Run("50 MB", func(b *testing.B) {
		r := newRunner(b, nil)
		var bytes int64
		for b.Loop() {
			end := r.c.Run(b.Context(), r.work(much(5500)), func(cluster.RunEvent) error { return nil })
			if end.State != cluster.RunDone {
				b.Fatalf("%+v", end)
			}
			bytes = end.Bytes
		}
		b.SetBytes(bytes)
	})
}
