package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestDiffFaults(t *testing.T) {
	t0 := time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)
	now := t0.Add(time.Hour)
	stored := fault("alpha", "HV-01")
	stored.ID, stored.Seq, stored.Since, stored.Opened, stored.Updated = 7, 3, t0, t0, t0
	open := map[string]cluster.Fault{stored.Key(): stored}
	reported := fault("alpha", "HV-01")
	reported.Since = now // a later report must not move the beginning
	with := func(f cluster.Fault, change func(*cluster.Fault)) cluster.Fault {
		change(&f)
		return f
	}
	tests := []struct {
		name     string
		open     map[string]cluster.Fault
		reported []cluster.Fault
		want     []cluster.Fault
	}{
		{"nothing", nil, nil, nil},
		{"the same again", open, []cluster.Fault{reported}, nil},
		{"new", nil, []cluster.Fault{reported}, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Opened, f.Updated = now, now })}},
		{"new, beginning unknown", nil, []cluster.Fault{fault("alpha", "HV-01")},
			[]cluster.Fault{with(reported, func(f *cluster.Fault) { f.Since, f.Opened, f.Updated = now, now, now })}},
		{"twice in one report", nil, []cluster.Fault{reported, reported}, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Opened, f.Updated = now, now })}},
		{"gone", open, nil, []cluster.Fault{with(stored, func(f *cluster.Fault) { f.Resolved = now })}},
		{"worse", open, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Health = cluster.Warning })},
			[]cluster.Fault{with(stored, func(f *cluster.Fault) { f.Health, f.Updated = cluster.Warning, now })}},
		{"other text", open, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Detail = "silent for 35 s" })},
			[]cluster.Fault{with(stored, func(f *cluster.Fault) { f.Detail, f.Updated = "silent for 35 s", now })}},
		{"other cause", open, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Cause = "alpha|network-partitioned|network|Cluster 1" })},
			[]cluster.Fault{with(stored, func(f *cluster.Fault) { f.Cause, f.Updated = "alpha|network-partitioned|network|Cluster 1", now })}},
		{"other steps", open, []cluster.Fault{with(reported, func(f *cluster.Fault) { f.Steps = nil })},
			[]cluster.Fault{with(stored, func(f *cluster.Fault) { f.Steps, f.Updated = nil, now })}},
		{"one for another", open, []cluster.Fault{fault("alpha", "HV-02")}, []cluster.Fault{
			with(fault("alpha", "HV-02"), func(f *cluster.Fault) { f.Since, f.Opened, f.Updated = now, now, now }),
			with(stored, func(f *cluster.Fault) { f.Resolved = now })}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			for i := range want {
				if want[i].Opened.Equal(now) && want[i].Seq != 0 {
					t.Fatal("wrong table")
				}
			}
			got := diffFaults(tt.open, tt.reported, now)
			for i := range got {
				if !got[i].Open() || !got[i].Opened.Equal(now) {
					got[i].Seq = 3 // given by the caller; the reported one carries none
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The life of a fault, as the queries show it.
func TestFaultLife(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	ctx := t.Context()
	report := func(faults ...cluster.Fault) {
		t.Helper()
		if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 1), Faults: faults}); err != nil {
			t.Fatal(err)
		}
		c.t = c.t.Add(time.Minute)
	}
	report()
	start := c.t
	down := fault("alpha", "HV-01")
	warn := fault("alpha", "HV-02")
	warn.Health = cluster.Warning
	report(down, warn)
	report(down, warn)
	down.Title = "HV-01 is still down"
	report(down, warn)
	report(warn)
	report(warn, down)

	snap := s.Snapshot()
	if len(snap.Faults) != 2 || snap.Faults[0].Health != cluster.Critical || snap.Faults[1].Health != cluster.Warning {
		t.Fatalf("open faults, worst first: %+v", snap.Faults)
	}
	if snap.Faults[0].ID == 1 || !snap.Faults[0].Opened.Equal(start.Add(4*time.Minute)) {
		t.Errorf("a fault that comes back is a new one: %+v", snap.Faults[0])
	}
	old, err := s.Fault(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	if old.Title != down.Title || !old.Since.Equal(start) || !old.Updated.Equal(start.Add(2*time.Minute)) || !old.Resolved.Equal(start.Add(3*time.Minute)) || old.Seq != 4 {
		t.Errorf("past fault: %+v", old)
	}
	if _, err := s.Fault(ctx, 99); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("fault 99: %v, want ErrNotFound", err)
	}
	changes, err := s.FaultChanges(ctx, 0, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, ch := range changes {
		said = append(said, ch.What+" "+ch.Title)
	}
	if diff := cmp.Diff([]string{"opened HV-01 is down", "changed HV-01 is still down", "resolved HV-01 is still down"}, said); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	queries := []struct {
		name string
		q    cluster.FaultQuery
		want []int64
	}{
		{"all, newest change first", cluster.FaultQuery{}, []int64{3, 1, 2}},
		{"open", cluster.FaultQuery{OpenOnly: true}, []int64{3, 2}},
		{"of a cluster", cluster.FaultQuery{Cluster: "beta"}, nil},
		{"of a node", cluster.FaultQuery{Node: "HV-01"}, []int64{3, 1}},
		{"after a number", cluster.FaultQuery{AfterSeq: 2}, []int64{1, 3}},
		{"since", cluster.FaultQuery{Since: start.Add(4 * time.Minute)}, []int64{3}},
		{"resolved since", cluster.FaultQuery{Since: start.Add(3 * time.Minute)}, []int64{3, 1}},
		{"limited", cluster.FaultQuery{Limit: 1}, []int64{3}},
	}
	for _, tt := range queries {
		t.Run(tt.name, func(t *testing.T) {
			faults, err := s.Faults(ctx, tt.q)
			if err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, f := range faults {
				got = append(got, f.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The reports of one cluster must never touch the faults of another.
func TestFaultsOfOtherClusters(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	for _, name := range []string{"alpha", "beta"} {
		r := cluster.Report{Observation: vitals(name, "HV-01", s.now(), 1), Faults: []cluster.Fault{fault(name, "HV-01")}}
		if err := s.Record(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Record(t.Context(), cluster.Report{Observation: vitals("alpha", "HV-01", s.now(), 1)}); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Faults; len(got) != 1 || got[0].Cluster != "beta" {
		t.Errorf("open: %+v, want the one of beta", got)
	}
}
