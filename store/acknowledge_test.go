package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// The life of an acknowledgement: the next reports keep it, so does a restart, a
// fault that gets worse loses it, and one that comes back has none.
func TestAcknowledge(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	report := func(faults ...cluster.Fault) {
		t.Helper()
		c.t = c.t.Add(time.Minute)
		if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 1), Faults: faults}); err != nil {
			t.Fatal(err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	warn := fault("alpha", "HV-02")
	warn.Health = cluster.Warning
	first, second := fault("alpha", "HV-01"), fault("alpha", "HV-03")
	report(warn)
	report(warn, second)
	report(warn, second, first)
	// Numbers: warn 1, second 2, first 3.
	order := func(want ...int64) {
		t.Helper()
		var got []int64
		for _, f := range s.Snapshot().Faults {
			got = append(got, f.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order of the open faults (-want +got):\n%s", diff)
		}
	}
	order(3, 2, 1)

	watch := s.Watch(ctx)
	seq := (<-watch).Seq
	c.t = c.t.Add(time.Minute)
	seen := c.t
	must(s.Acknowledge(ctx, 3, "ann", "at the console"))
	// Before Acknowledge returns, everybody who watches has it.
	select {
	case snap := <-watch:
		if snap.Seq != seq+1 {
			t.Errorf("sequence number %d after %d", snap.Seq, seq)
		}
	default:
		t.Error("an acknowledgement is not published")
	}
	order(2, 3, 1)
	check := func(what string, id int64, by, note string) {
		t.Helper()
		for _, f := range s.Snapshot().Faults {
			if f.ID != id {
				continue
			}
			kept, err := s.Fault(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(f, kept); diff != "" {
				t.Errorf("%s: what is shown and what is kept (-shown +kept):\n%s", what, diff)
			}
			if f.AckedBy != by || f.AckNote != note || f.Acknowledged() != (by != "") || by != "" && !f.Acked.Equal(seen) {
				t.Errorf("%s: %v by %q, %q, want by %q, %q", what, f.Acked, f.AckedBy, f.AckNote, by, note)
			}
			return
		}
		t.Errorf("%s: fault %d is not open", what, id)
	}
	check("at once", 3, "ann", "at the console")
	report(warn, second, first)
	check("after the same report", 3, "ann", "at the console")
	first.Detail = "silent for 35 s"
	report(warn, second, first)
	check("after another text", 3, "ann", "at the console")

	must(s.Close())
	s = open(t, dir, c)
	must(s.Members(ctx, "alpha", []string{"HV-01"}, nil))
	check("after a restart", 3, "ann", "at the console")
	order(2, 3, 1)
	report(warn, second, first)
	check("after a restart and a report", 3, "ann", "at the console")

	seen = c.t
	must(s.Acknowledge(ctx, 1, "bob", ""))
	warn.Health = cluster.Isolated
	report(warn, second, first)
	check("worse", 1, "", "")

	seen = c.t
	must(s.Acknowledge(ctx, 1, "bob", ""))
	warn.Health = cluster.Warning
	report(warn, second, first)
	check("better", 1, "bob", "")
	must(s.Acknowledge(ctx, 1, "ann", "mine"))
	seen = c.t
	check("taken over", 1, "ann", "mine")
	before := s.Snapshot().Seq
	must(s.Unacknowledge(ctx, 1))
	check("taken back", 1, "", "")
	must(s.Unacknowledge(ctx, 1)) // changes nothing
	if got := s.Snapshot().Seq; got != before+1 {
		t.Errorf("sequence number %d after %d and two times taken back", got, before)
	}

	report(warn, second)
	report(warn, second, first)
	check("come back", 4, "", "")
	past, err := s.Fault(ctx, 3)
	if err != nil || past.AckedBy != "ann" || past.Acknowledged() {
		t.Errorf("resolved: %+v, %v", past, err)
	}
	for id, want := range map[int64]error{3: cluster.ErrResolved, 99: cluster.ErrNotFound} {
		if err := s.Acknowledge(ctx, id, "ann", ""); !errors.Is(err, want) {
			t.Errorf("fault %d acknowledged: %v, want %v", id, err, want)
		}
		if err := s.Unacknowledge(ctx, id); !errors.Is(err, want) {
			t.Errorf("fault %d taken back: %v, want %v", id, err, want)
		}
	}
	changes, err := s.FaultChanges(ctx, 0, 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, ch := range changes {
		said = append(said, ch.What)
	}
	if diff := cmp.Diff([]string{"opened", "acknowledged", "changed", "resolved"}, said); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
}
