package store

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"looksalive/cluster"
)

// truth is what a store should know: every accepted sample.
type truth map[cluster.SeriesKey]map[int64]float64

// tidyAll does everything that is due.
func tidyAll(t testing.TB, s *Store) {
	t.Helper()
	for {
		worked, err := s.tidy(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !worked {
			return
		}
	}
}

// check compares every series of every tier with brute force.
func (truth truth) check(t testing.TB, s *Store, lo, hi int64) {
	t.Helper()
	keys := slices.SortedFunc(maps.Keys(truth), func(a, b cluster.SeriesKey) int {
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	for _, tr := range []tier{tierRaw, tierFive, tierHour, tierDay} {
		r := &reader{s: s, ctx: t.Context(), now: s.now().UnixMilli()}
		for _, key := range keys {
			got, err := r.series(key, tr, lo, hi, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			want := bruteForce(truth[key], tr, lo, hi)
			if len(got.Points) != len(want) {
				t.Fatalf("tier %d %v: %d points, want %d", tr, key, len(got.Points), len(want))
			}
			for i, p := range got.Points {
				w := want[i]
				if !p.At.Equal(w.At) || p.Min != w.Min || p.Max != w.Max || p.Last != w.Last || p.Count != w.Count ||
					math.Abs(p.Mean-w.Mean) > 1e-9*math.Abs(w.Mean) {
					t.Fatalf("tier %d %v point %d: got %+v, want %+v", tr, key, i, p, w)
				}
			}
		}
		r.end()
	}
}

func bruteForce(samples map[int64]float64, tr tier, lo, hi int64) []cluster.Point {
	step := max(tr.step(), 1)
	lo -= lo % step
	var out []cluster.Point
	for _, at := range slices.Sorted(maps.Keys(samples)) {
		start := at - at%step
		if start < lo || start >= hi || (tr == tierRaw && at >= hi) {
			continue
		}
		v := samples[at]
		if n := len(out); n == 0 || out[n-1].At.UnixMilli() != start {
			out = append(out, cluster.Point{At: time.UnixMilli(start).UTC(), Min: v, Max: v})
		}
		p := &out[len(out)-1]
		p.Min, p.Max, p.Last = min(p.Min, v), max(p.Max, v), v
		p.Mean = (p.Mean*float64(p.Count) + v) / float64(p.Count+1)
		p.Count++
	}
	return out
}

// TestSeriesAgainstBruteForce lets days pass with gaps, clocks that jump,
// metrics that come and go and restarts, and compares all tiers with brute
// force again and again.
func TestSeriesAgainstBruteForce(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 7))
			dir, c := t.TempDir(), newClock()
			s := open(t, dir, c)
			known := truth{}
			objects := []string{"node/HV-01", "node/HV-02", "volume/CSV1", ""}
			start := c.t.UnixMilli() - lateLimit
			for round := range 400 {
				switch r.IntN(60) {
				case 0: // nobody there for a while
					c.t = c.t.Add(time.Duration(r.Int64N(int64(8 * time.Hour))))
				case 1: // the clock is put back
					c.t = c.t.Add(-time.Duration(r.Int64N(int64(3 * time.Hour))))
				case 2:
					if err := s.Close(); err != nil {
						t.Fatal(err)
					}
					s = open(t, dir, c)
				case 3, 4, 5:
					tidyAll(t, s)
				case 6, 7, 8:
					if err := s.commit(t.Context(), true); err != nil {
						t.Fatal(err)
					}
				}
				for range 5 {
					c.t = c.t.Add(time.Duration(30_000+r.IntN(60_000)) * time.Millisecond)
					var list []cluster.Sample
					object := objects[r.IntN(len(objects))]
					at := c.t.UnixMilli()
					if r.IntN(30) == 0 {
						at -= r.Int64N(6 * 3_600_000) // late
					}
					for m := range 18 { // more than one column group
						if r.IntN(8) == 0 {
							continue
						}
						v := float64(r.IntN(100_000)) / []float64{1, 10, 100, 1000}[m%4]
						metric := cluster.Metric(fmt.Sprintf("metric.%d", m))
						list = append(list, cluster.Sample{Object: object, Metric: metric, Value: v})
						key := cluster.SeriesKey{Cluster: "alpha", Object: object, Metric: metric}
						if known[key] == nil {
							known[key] = map[int64]float64{}
						}
						known[key][at] = v
					}
					s.samples.add("alpha", time.UnixMilli(at), list)
				}
				if round == 20 { // all is sealed, but the last block is not merged yet
					c.t = c.t.Add(45 * time.Minute)
					tidyAll(t, s)
					known.check(t, s, start, c.t.UnixMilli()+futureLimit)
				}
				if r.IntN(200) == 0 {
					lo := start + r.Int64N(c.t.UnixMilli()-start)
					known.check(t, s, lo, c.t.UnixMilli()+futureLimit)
				}
			}
			known.check(t, s, start, c.t.UnixMilli()+futureLimit)
			// Long after, everything is merged and rolled up, and nothing is in memory.
			c.t = c.t.Add(70 * day)
			tidyAll(t, s)
			known.check(t, s, start, c.t.UnixMilli())
			var fresh, journal, stale, hours int
			if err := s.r.QueryRow(`SELECT (SELECT count(*) FROM chunk WHERE id < ?), (SELECT count(*) FROM journal),
				(SELECT count(*) FROM stale), (SELECT count(*) FROM chunk WHERE id >= ? AND id < ?)`,
				chunkID(tierRaw, 0, 0, 0), chunkID(tierHour, 0, 0, 0), chunkID(tierDay, 0, 0, 0)).Scan(&fresh, &journal, &stale, &hours); err != nil {
				t.Fatal(err)
			}
			if fresh != 0 || journal != 0 || hours == 0 {
				t.Errorf("%d fresh chunks, %d journal rows, %d hour rows left, want 0, 0 and some", fresh, journal, hours)
			}
			if s.Dropped() != 0 {
				t.Errorf("%d samples dropped", s.Dropped())
			}
		})
	}
}
