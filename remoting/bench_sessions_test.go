package remoting_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// BenchmarkSession measures what our side and a node without delays of its own cost:
// opening a session up to its first answer, and one warm question.
func BenchmarkSession(b *testing.B) {
	sim := start(b, simulator.Options{Shapes: oneNode(), HTTPS: true})
	for _, way := range []struct {
		name  string
		https bool
		auth  cluster.Auth
	}{{"sealed NTLM", false, cluster.AuthNTLM}, {"NTLM over TLS", true, cluster.AuthNTLM}, {"Basic over TLS", true, cluster.AuthBasic}} {
		nodes := nodesOf(b, sim, way.https, way.auth)[:1]
		c := newClient(b, remoting.Options{Nodes: nodes})
		answered := func() {
			if o := ask(b, c, nodes[0], cluster.QuestionVitals); !o.OK() {
				b.Fatalf("%v %s", o.Reach, o.Detail)
			}
		}
		b.Run("open, "+way.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.Set(nil); err != nil {
					b.Fatal(err)
				}
				if err := c.Set(nodes); err != nil {
					b.Fatal(err)
				}
				answered()
			}
		})
		b.Run("warm, "+way.name, func(b *testing.B) {
			answered()
			for b.Loop() {
				answered()
			}
		})
	}
}

// BenchmarkThousand opens 1,000 sessions and polls each once. Client and nodes share
// the machine and its memory.
func BenchmarkThousand(b *testing.B) {
	var shapes []simulator.Shape
	for i := range 125 {
		s := simulator.Shape{Name: fmt.Sprintf("C%03d", i)}
		for n := range 8 {
			s.Nodes = append(s.Nodes, simulator.NodeShape{Name: fmt.Sprintf("C%03d-N%d", i, n)})
		}
		shapes = append(shapes, s)
	}
	sim := start(b, simulator.Options{Shapes: shapes})
	nodes := nodesOf(b, sim, false, cluster.AuthNTLM)
	c := newClient(b, remoting.Options{})
	round := func() {
		var asking sync.WaitGroup
		var failed atomic.Int64
		for _, n := range nodes {
			asking.Go(func() {
				ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
				defer cancel()
				if o := c.Ask(ctx, n.Cluster, n.Name, cluster.QuestionVitals); !o.OK() {
					failed.Add(1)
				}
			})
		}
		asking.Wait()
		if n := failed.Load(); n > 0 {
			b.Fatalf("%d of %d nodes did not answer", n, len(nodes))
		}
	}
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			if err := c.Set(nil); err != nil {
				b.Fatal(err)
			}
			if err := c.Set(nodes); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			round()
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapInuse+m.StackInuse)/1e6, "MB-both-ends")
	})
	b.Run("poll", func(b *testing.B) {
		for b.Loop() {
			round()
		}
	})
}
