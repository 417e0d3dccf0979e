package store

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"looksalive/cluster"
)

// expire deletes what is past its time by a clock that is right.
func (s *Store) expire(ctx context.Context, now time.Time) (more bool, err error) {
	err = s.exclusively(ctx, func(tx *sql.Tx) error {
		more, err = s.expireRows(tx, now)
		return err
	})
	return more, err
}

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

// A clock that jumps years ahead for some hours deletes nothing that a clock that is
// right would not have deleted in that time, and twice that.
func TestClockJumpsAhead(t *testing.T) {
	for _, tt := range []struct {
		name    string
		upgrade bool // the first start of this version comes with the wrong clock
		jump    time.Duration
	}{{"ten years", false, 3650 * day}, {"a month", false, 31 * day}, {"at an upgrade", true, 3650 * day}, {"back", false, -3650 * day}} {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			start := c.t
			dir := t.TempDir()
			begin := func() *Store {
				s := open(t, dir, c)
				s.retention = Retention{Raw: 2 * day}.withDefaults()
				return s
			}
			s := begin()
			ctx := t.Context()
			key := cluster.SeriesKey{Cluster: "alpha", Object: "node/HV-01", Metric: cluster.MetricVMs}
			look := func(minutes int) {
				t.Helper()
				for range minutes {
					if _, err := s.retire(ctx); err != nil {
						t.Fatal(err)
					}
					c.t = c.t.Add(time.Minute)
				}
			}
			for range 48 { // two days of samples
				s.samples.add("alpha", c.t, []cluster.Sample{{Object: key.Object, Metric: key.Metric, Value: 1}})
				c.t = c.t.Add(time.Hour)
			}
			for _, faults := range [][]cluster.Fault{{fault("alpha", "HV-01")}, {}} {
				if err := s.Record(ctx, cluster.Report{Observation: cluster.Observation{Cluster: "alpha", Node: "HV-01", At: c.t}, Faults: faults}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.commit(ctx, true); err != nil {
				t.Fatal(err)
			}
			c.t = c.t.Add(30 * time.Minute)
			tidyAll(t, s)
			look(1)
			c.t = c.t.Add(tt.jump)
			if tt.upgrade { // as an earlier version left it
				if _, err := s.w.Exec(`UPDATE counter SET value = 0 WHERE name = 'horizon'`); err != nil {
					t.Fatal(err)
				}
				s.Close()
				s = begin()
			}
			// What is recorded now carries the wrong time too.
			s.samples.add("alpha", c.t, []cluster.Sample{{Object: key.Object, Metric: key.Metric, Value: 2}})
			c.t = c.t.Add(time.Hour)
			if err := s.commit(ctx, true); err != nil {
				t.Fatal(err)
			}
			tidyAll(t, s)
			look(90)
			c.t = c.t.Add(-tt.jump)
			look(1)
			got := pointsIn(t, s, key, start, start.Add(2*day))
			if got < 48-8 { // retention goes by blocks of four hours
				t.Errorf("%d of 48 samples are left", got)
			}
			if faults, err := s.Faults(ctx, cluster.FaultQuery{}); err != nil || len(faults) != 1 {
				t.Errorf("%d faults %v, want 1", len(faults), err)
			}
			if tt.jump != 31*day {
				return
			}
			// When the time has really passed, they go.
			look(24 * 60)
			if left := pointsIn(t, s, key, start, start.Add(2*day)); left >= got {
				t.Errorf("%d samples a day later, before there were %d", left, got)
			}
			look(30 * 60)
			if left := pointsIn(t, s, key, start, start.Add(2*day)); left != 0 {
				t.Errorf("%d samples two days later", left)
			}
		})
	}
}

func pointsIn(t *testing.T, s *Store, key cluster.SeriesKey, from, to time.Time) int {
	t.Helper()
	r := &reader{s: s, ctx: t.Context(), now: s.now().UnixMilli()}
	defer r.end()
	got, err := r.series(key, tierRaw, from.UnixMilli(), to.UnixMilli(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return len(got.Points)
}

func TestNextHorizon(t *testing.T) {
	const h = int64(1_800_000_000_000)
	for _, tt := range []struct{ now, want int64 }{
		{h, h}, {h + 60_000, h + 60_000}, {h + horizonStep, h + horizonStep}, {h + 3600_000, h + horizonStep}, {h * 10, h + horizonStep},
		{h - 1, h - 1}, {h - 3600_000, h - horizonStep}, {0, h - horizonStep},
	} {
		if got := nextHorizon(h, tt.now); got != tt.want {
			t.Errorf("from %d to %d: %d, want %d", h, tt.now, got, tt.want)
		}
	}
}
