package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"looksalive/cluster"
)

// Series reads history of several keys between two times, from included, to
// excluded, in about as many points as asked for (0 means 1,000) and at most
// twice as many. It takes the coarsest tier that is fine enough and still
// there, and folds what is finer. Step says how long a point's stretch is, and
// At is its start; raw samples have Step 0. The newest samples are included.
// A key that is not known gives a series without points.
func (s *Store) Series(ctx context.Context, keys []cluster.SeriesKey, from, to time.Time, points int) ([]cluster.Series, error) {
	if points <= 0 {
		points = 1000
	}
	out := make([]cluster.Series, len(keys))
	lo, hi := from.UnixMilli(), to.UnixMilli()
	if from.Nanosecond()%1e6 != 0 {
		lo++
	}
	if to.Nanosecond()%1e6 != 0 {
		hi++
	}
	lo = max(lo, 0)
	order := make([]int, len(keys))
	for i, k := range keys {
		out[i] = cluster.Series{Key: k, Points: []cluster.Point{}}
		order[i] = i
	}
	if hi <= lo {
		return out, nil
	}
	// One object after the other: what was read of it serves all its metrics.
	slices.SortStableFunc(order, func(a, b int) int {
		return slices.Compare([]string{keys[a].Cluster, keys[a].Object}, []string{keys[b].Cluster, keys[b].Object})
	})
	r := &reader{s: s, ctx: ctx, now: s.now().UnixMilli()}
	t := s.chooseTier(lo, hi, r.now, points)
	defer r.end()
	for _, i := range order {
		series, err := r.series(keys[i], t, lo, hi, points)
		if err != nil {
			return nil, fmt.Errorf("history of %s %s %s: %w", keys[i].Cluster, keys[i].Object, keys[i].Metric, explain(err))
		}
		out[i] = series
	}
	return out, nil
}

// chooseTier takes the coarsest tier with a point a pixel, or a coarser one if
// that one no longer reaches back to the start.
func (s *Store) chooseTier(lo, hi, now int64, points int) tier {
	t := tierDay
	for t > tierRaw && t.step() > (hi-lo)/int64(points) {
		t--
	}
	for t < tierDay && lo < now-s.retention.of(t) {
		t++
	}
	return t
}

func (r *reader) series(key cluster.SeriesKey, t tier, lo, hi int64, points int) (cluster.Series, error) {
	out := cluster.Series{Key: key, Points: []cluster.Point{}, Step: time.Duration(t.step()) * time.Millisecond}
	ok, err := r.choose(key)
	if err != nil || !ok {
		return out, err
	}
	if t > tierRaw {
		windows, err := r.windows(t, lo-lo%t.step(), hi)
		if err != nil {
			return out, err
		}
		if len(windows) > 2*points {
			step := longer((hi-lo)/int64(points), t.step())
			windows = rollWindows(nil, windows, step)
			out.Step = time.Duration(step) * time.Millisecond
		}
		return pointsOf(out, windows), nil
	}
	times, values, err := r.samples(lo, hi)
	if err != nil {
		return out, err
	}
	if len(times) > 2*points {
		step := longer((hi-lo)/int64(points), 1000)
		out.Step = time.Duration(step) * time.Millisecond
		return pointsOf(out, rollSamples(nil, times, values, step)), nil
	}
	out.Points = make([]cluster.Point, len(times))
	for i, at := range times {
		v := values[i]
		out.Points[i] = cluster.Point{At: time.UnixMilli(at).UTC(), Min: v, Mean: v, Max: v, Last: v, Count: 1}
	}
	return out, nil
}

// longer rounds a step up to a multiple of unit.
func longer(step, unit int64) int64 { return max((step+unit-1)/unit, 1) * unit }

func pointsOf(out cluster.Series, windows []window) cluster.Series {
	out.Points = make([]cluster.Point, len(windows))
	for i, w := range windows {
		out.Points[i] = cluster.Point{At: time.UnixMilli(w.start).UTC(), Min: w.min, Mean: w.sum / w.count, Max: w.max, Last: w.last, Count: int(w.count)}
	}
	return out
}
