package store

import (
	"testing"
	"time"

	"looksalive/cluster"
)

// A quarter of a year and more passes; every tier forgets what is too old for
// it and still shows what is not.
func TestRetention(t *testing.T) {
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s := open(t, t.TempDir(), c)
	s.retention = Retention{Raw: 2 * day, FiveMinutes: 13 * day, Hour: 67 * day, Day: 200 * day}
	ctx := t.Context()
	key := cluster.SeriesKey{Cluster: "alpha", Object: "node/HV-01", Metric: cluster.MetricVMs}
	start := c.t
	for range 100 {
		for h := range 24 {
			s.samples.add("alpha", c.t, []cluster.Sample{{Object: key.Object, Metric: key.Metric, Value: float64(h)}})
			c.t = c.t.Add(time.Hour)
		}
		if err := s.commit(ctx, true); err != nil {
			t.Fatal(err)
		}
		tidyAll(t, s)
		for more := true; more; {
			var err error
			if more, err = s.expire(ctx, c.t); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Chunks go when all of it is too old, so a tier reaches back up to one
	// chunk further than it must.
	for tr := tierRaw; tr <= tierDay; tr++ {
		r := &reader{s: s, ctx: ctx, now: c.t.UnixMilli()}
		got, err := r.series(key, tr, start.UnixMilli(), c.t.UnixMilli(), 1<<30)
		r.end()
		if err != nil {
			t.Fatal(err)
		}
		first := got.Points[0].At
		least := c.t.Add(-time.Duration(s.retention.of(tr)) * time.Millisecond)
		most := least.Add(-time.Duration(tr.span()) * time.Millisecond)
		if tr == tierDay {
			least, most = start, start
		}
		if first.After(least) || first.Before(most) {
			t.Errorf("tier %d begins at %v, want between %v and %v", tr, first, most, least)
		}
		if tr == tierDay && (len(got.Points) != 100 || got.Points[0].Mean != 11.5 || got.Points[0].Max != 23 || got.Points[0].Count != 24) {
			t.Errorf("%d days, the first %+v", len(got.Points), got.Points[0])
		}
	}
	// Charts take a tier that is fine enough and still reaches back.
	for _, tt := range []struct {
		back   time.Duration
		points int
		step   time.Duration
		want   int // points
	}{
		{day, 5000, 0, 24}, // as it was recorded, an hour apart
		{day, 24, time.Hour, 24},
		{day, 5, 5 * time.Hour, 6}, // folded; windows are counted from 1970
		{10 * day, 5000, 5 * time.Minute, 240},
		{30 * day, 5000, time.Hour, 720},
		{99 * day, 5000, 24 * time.Hour, 99},
		{99 * day, 99, 24 * time.Hour, 99},
	} {
		got, err := s.Series(ctx, []cluster.SeriesKey{key}, c.t.Add(-tt.back), c.t, tt.points)
		if err != nil {
			t.Fatal(err)
		}
		if got[0].Step != tt.step || len(got[0].Points) != tt.want {
			t.Errorf("%v in %d points: %d points of %v, want %d of %v", tt.back, tt.points, len(got[0].Points), got[0].Step, tt.want, tt.step)
		}
	}
}

func TestPastFaultsExpire(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	for _, faults := range [][]cluster.Fault{{fault("alpha", "HV-01"), fault("alpha", "HV-02")}, {fault("alpha", "HV-02")}} {
		if err := s.Record(t.Context(), cluster.Report{Observation: vitals("alpha", "HV-03", c.t, 1), Faults: faults}); err != nil {
			t.Fatal(err)
		}
	}
	c.t = c.t.Add(s.retention.Day + day)
	if _, err := s.expire(t.Context(), c.t); err != nil {
		t.Fatal(err)
	}
	faults, err := s.Faults(t.Context(), cluster.FaultQuery{})
	if err != nil || len(faults) != 1 || faults[0].Object.Name != "HV-02" {
		t.Errorf("left: %+v %v, want the open one", faults, err)
	}
	changes, err := s.FaultChanges(t.Context(), 0, 0, 0)
	if err != nil || len(changes) != 1 {
		t.Errorf("changes left: %+v %v, want those of the open one", changes, err)
	}
}
