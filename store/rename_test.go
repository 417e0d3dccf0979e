package store

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// Faults about a cluster that was given another name are the same faults, and speak of
// it by the new one at once and after a restart.
func TestFaultsSpeakOfTheNewName(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	ctx := t.Context()
	put(t, s, "", full("alpha"))
	members := []string{"HV-01", "HV-02"}
	if err := s.Members(ctx, "alpha", members, nil); err != nil {
		t.Fatal(err)
	}
	// Neither node answers, as the collector tells it.
	p := cluster.NewPicture("alpha", members)
	report := func() {
		t.Helper()
		for _, n := range members {
			o := cluster.Observation{Cluster: p.Cluster, Node: n, Question: cluster.QuestionVitals, At: c.t, Reach: cluster.ReachRefused, Detail: "Nothing listens."}
			p = p.With(o)
			if err := s.Record(ctx, cluster.Report{Observation: o, Picture: p, Faults: cluster.Diagnose(p, c.t)}); err != nil {
				t.Fatal(err)
			}
			c.t = c.t.Add(time.Second)
		}
		if err := s.commit(ctx, true); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		report()
	}
	// about is the fault about the cluster itself.
	about := func(faults []cluster.Fault) cluster.Fault {
		t.Helper()
		i := slices.IndexFunc(faults, func(f cluster.Fault) bool { return f.Kind == cluster.FaultClusterUnreachable })
		if i < 0 || len(faults) != 3 {
			t.Fatalf("%+v", faults)
		}
		return faults[i]
	}
	before := s.Snapshot().FaultsOf("alpha")
	if f := about(before); !strings.Contains(f.Title, "alpha") || f.Object.Name != "alpha" {
		t.Fatalf("%+v", f)
	}
	put(t, s, "alpha", full("omega"))
	compare := func(when string) {
		t.Helper()
		after := s.Snapshot().FaultsOf("omega")
		of := about(after)
		for i, f := range after {
			if f.ID != before[i].ID || !f.Opened.Equal(before[i].Opened) || f.Object.Name != strings.Replace(before[i].Object.Name, "alpha", "omega", 1) {
				t.Errorf("%s: it is another one:\n%s", when, cmp.Diff(before[i], f))
			}
			if f.ID != of.ID && f.Cause != of.Key() {
				t.Errorf("%s: %s follows from %q, want %q", when, f.Title, f.Cause, of.Key())
			}
			text := f.Title + f.Impact + f.Detail
			for _, step := range f.Steps {
				text += step.Text + step.Command
			}
			if strings.Contains(text, "alpha") {
				t.Errorf("%s it still says: %s", when, text)
			}
		}
	}
	compare("at once")
	p = p.WithMembers(members, nil)
	q := *p
	q.Cluster = "omega"
	p = &q
	report()
	compare("after the next report")
	s.Close()
	s = openSealed(t, dir, c, newVault(t, testKey))
	if err := s.Members(ctx, "omega", members, nil); err != nil {
		t.Fatal(err)
	}
	compare("after a restart")
}
