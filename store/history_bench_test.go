//go:build unix

package store

import (
	"fmt"
	"testing"
	"time"

	"looksalive/cluster"
)

// history fills a directory with a year of 4 nodes with 13 metrics, a poll
// each 5 minutes, then 10 days of them with a poll each 10 s, and then 25
// minutes of 200 nodes with a poll each 5 s, which are still in the journal.
func history(b *testing.B) (dir string, c *clock) {
	b.Helper()
	dir = b.TempDir()
	c = &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := open(b, dir, c)
	f := newFleet(200, 13)
	phase := func(d, step, commit time.Duration, nodes int) {
		end := c.t.Add(d)
		committed := c.t
		for c.t.Before(end) {
			for n := range nodes {
				s.samples.add("alpha", c.t, f.poll(n))
			}
			c.t = c.t.Add(step)
			if c.t.Sub(committed) >= commit {
				committed = c.t
				if err := s.commit(b.Context(), true); err != nil {
					b.Fatal(err)
				}
				tidyAll(b, s)
			}
		}
	}
	phase(355*day, 5*time.Minute, time.Hour, 4)
	phase(10*day, 10*time.Second, 10*time.Minute, 4)
	for more := true; more; {
		var err error
		if more, err = s.expire(b.Context(), c.t); err != nil {
			b.Fatal(err)
		}
	}
	phase(25*time.Minute, 5*time.Second, 5*time.Second, 200)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	return dir, c
}

func BenchmarkHistory(b *testing.B) {
	dir, c := history(b)
	b.Run("Open", func(b *testing.B) {
		for range b.N {
			s, err := Open(b.Context(), Options{Dir: dir, Now: c.now})
			if err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			s.Close()
			b.StartTimer()
		}
	})
	s := open(b, dir, c)
	keys := func(n int, m ...cluster.Metric) (out []cluster.SeriesKey) {
		for i := range n {
			for _, m := range m {
				out = append(out, cluster.SeriesKey{Cluster: "alpha", Object: fmt.Sprintf("node/HV-%04d", i), Metric: m})
			}
		}
		return out
	}
	for _, bb := range []struct {
		name   string
		keys   []cluster.SeriesKey
		back   time.Duration
		points int
	}{
		{"Series/1key/day/raw", keys(1, cluster.MetricCPU), day, 10_000},
		{"Series/1key/day/960px", keys(1, cluster.MetricCPU), day, 960},
		{"Series/1key/10days/960px", keys(1, cluster.MetricCPU), 10 * day, 960},
		{"Series/1key/90days/960px", keys(1, cluster.MetricCPU), 90 * day, 960},
		{"Series/1key/year/8760h", keys(1, cluster.MetricCPU), 365 * day, 8760},
		{"Series/1key/year/200px", keys(1, cluster.MetricCPU), 365 * day, 200},
		{"Series/52sparklines/day/200px", keys(4, nodeMetrics...), day, 200},
	} {
		b.Run(bb.name, func(b *testing.B) {
			n := 0
			for range b.N {
				got, err := s.Series(b.Context(), bb.keys, c.t.Add(-bb.back), c.t, bb.points)
				if err != nil {
					b.Fatal(err)
				}
				n = len(got[0].Points)
			}
			b.ReportMetric(float64(n), "points")
		})
	}
}

// BenchmarkRecord records the reports of 1,000 nodes in 16 clusters, in
// turn, committed each 20 as Run does it at 200 a second; then with a fault
// that comes and goes, which is committed at once.
func BenchmarkRecord(b *testing.B) {
	for _, withFaults := range []bool{false, true} {
		b.Run(map[bool]string{false: "vitals", true: "fault"}[withFaults], func(b *testing.B) {
			c := newClock()
			s := open(b, b.TempDir(), c)
			var pictures [16]*cluster.Picture
			for i := range pictures {
				pictures[i] = cluster.NewPicture(fmt.Sprintf("cluster-%02d", i), nil)
				if err := s.Members(b.Context(), pictures[i].Cluster, nil, nil); err != nil {
					b.Fatal(err)
				}
			}
			run := func(i int) {
				k := i % 16
				c.t = c.t.Add(5 * time.Millisecond)
				o := vitals(pictures[k].Cluster, fmt.Sprintf("HV-%04d", i%1000), c.t, float64(i%1000)/10)
				pictures[k] = pictures[k].With(o)
				r := cluster.Report{Observation: o, Picture: pictures[k]}
				if withFaults && i/16%2 == 0 {
					r.Faults = []cluster.Fault{fault(o.Cluster, "HV-0001")}
				}
				if err := s.Record(b.Context(), r); err != nil {
					b.Fatal(err)
				}
				if i%20 == 0 {
					if err := s.commit(b.Context(), i%200 == 0); err != nil {
						b.Fatal(err)
					}
				}
			}
			for i := range 1000 {
				run(i)
			}
			b.ResetTimer()
			for i := range b.N {
				run(1000 + i)
			}
		})
	}
}
