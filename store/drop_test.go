package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// lived makes two clusters of two nodes with a definition, some hours of samples in
// every state (merged, sealed, in memory and in the journal), past and open faults.
func lived(t *testing.T, s *Store, c *clock, names ...string) {
	t.Helper()
	ctx := t.Context()
	for _, name := range names {
		put(t, s, "", full(name))
		if err := s.Members(ctx, name, []string{"HV-01", "HV-02"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 600 { // ten hours
		for _, name := range names {
			var faults []cluster.Fault
			if i < 100 || i > 500 {
				f := fault(name, "HV-02")
				effect := fault(name, "HV-02")
				effect.Kind, effect.Object, effect.Cause = cluster.FaultVolumeOffline, cluster.Ref{Kind: "volume", Name: "CSV1"}, f.Key()
				effect.Node = ""
				faults = append(faults, f, effect)
			}
			for _, node := range []string{"HV-01", "HV-02"} {
				if err := s.Record(ctx, cluster.Report{Observation: vitals(name, node, c.t, float64(i)), Faults: faults}); err != nil {
					t.Fatal(err)
				}
			}
		}
		c.t = c.t.Add(time.Minute)
		if i%100 == 99 {
			if err := s.commit(ctx, true); err != nil {
				t.Fatal(err)
			}
			tidyAll(t, s)
		}
	}
	if err := s.commit(ctx, true); err != nil {
		t.Fatal(err)
	}
}

// what is everything the store tells of a cluster, without its name.
type what struct {
	Picture *cluster.Picture
	Open    []cluster.Fault
	Faults  []cluster.Fault
	Changes []FaultChange
	Series  []cluster.Series
}

func tell(t *testing.T, s *Store, c *clock, name string) what {
	t.Helper()
	ctx := t.Context()
	snap := s.Snapshot()
	w := what{Picture: snap.Cluster(name), Open: snap.FaultsOf(name)}
	if w.Picture != nil {
		p := *w.Picture
		p.Cluster = ""
		w.Picture = &p
	}
	var err error
	if w.Faults, err = s.Faults(ctx, cluster.FaultQuery{Cluster: name}); err != nil {
		t.Fatal(err)
	}
	for _, f := range w.Faults {
		changes, err := s.FaultChanges(ctx, 0, f.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.Changes = append(w.Changes, changes...)
	}
	for _, list := range [][]cluster.Fault{w.Open, w.Faults} {
		for i := range list {
			if list[i].Cluster != name || list[i].Cause != "" && !strings.HasPrefix(list[i].Cause, name+"|") {
				t.Errorf("a fault of %s is of %s, because of %s", name, list[i].Cluster, list[i].Cause)
			}
			list[i].Cluster, list[i].Cause = "", strings.TrimPrefix(list[i].Cause, name)
		}
	}
	var keys []cluster.SeriesKey
	for _, node := range []string{"HV-01", "HV-02"} {
		keys = append(keys, cluster.SeriesKey{Cluster: name, Object: "node/" + node, Metric: cluster.MetricCPU})
	}
	if w.Series, err = s.Series(ctx, keys, newClock().t.Add(-day), c.t.Add(time.Hour), 100_000); err != nil {
		t.Fatal(err)
	}
	for i := range w.Series {
		w.Series[i].Key.Cluster = ""
	}
	return w
}

// rows counts the rows of tables that belong to names.
func rows(t *testing.T, s *Store, query string, args ...any) (n int) {
	t.Helper()
	if err := s.r.QueryRow(query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRename(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	ctx := t.Context()
	lived(t, s, c, "alpha", "alphabet", "beta")
	before, others := tell(t, s, c, "alpha"), tell(t, s, c, "alphabet")
	if len(before.Open) != 2 || len(before.Faults) != 4 || len(before.Changes) != 6 || len(before.Series[0].Points) != 600 {
		t.Fatalf("%d open of %d faults, %d changes, %d points", len(before.Open), len(before.Faults), len(before.Changes), len(before.Series[0].Points))
	}
	put(t, s, "alpha", full("omega"))
	compare := func(when string) {
		t.Helper()
		if diff := cmp.Diff(before, tell(t, s, c, "omega")); diff != "" {
			t.Errorf("%s (-before +after):\n%s", when, diff)
		}
		if diff := cmp.Diff(others, tell(t, s, c, "alphabet")); diff != "" {
			t.Errorf("%s, another cluster (-before +after):\n%s", when, diff)
		}
		old := tell(t, s, c, "alpha")
		if old.Picture != nil || len(old.Faults) != 0 || len(old.Series[0].Points) != 0 {
			t.Errorf("%s: the old name is still known: %+v", when, old)
		}
	}
	compare("at once")
	// A report that was on its way.
	if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 1), Faults: []cluster.Fault{fault("alpha", "HV-01")}}); err != nil {
		t.Fatal(err)
	}
	compare("after a late report")
	s.Close()
	s = openSealed(t, dir, c, newVault(t, testKey))
	for _, name := range []string{"omega", "alphabet"} {
		if err := s.Members(ctx, name, []string{"HV-01", "HV-02"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	compare("after a restart")
	// The faults go on as the same ones under the new name.
	if err := s.Record(ctx, cluster.Report{Observation: vitals("omega", "HV-01", c.t, 1)}); err != nil {
		t.Fatal(err)
	}
	if got := tell(t, s, c, "omega"); len(got.Open) != 0 || len(got.Faults) != 4 || len(got.Changes) != 8 {
		t.Errorf("after they are over: %d open of %d faults, %d changes", len(got.Open), len(got.Faults), len(got.Changes))
	}
	// Back to a name that was ignored: it is listened to again.
	put(t, s, "omega", full("alpha"))
	if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 77)}); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Cluster("alpha").Nodes["HV-01"].Vitals.CPU; got != 77 {
		t.Errorf("CPU %v, want 77", got)
	}
}

// What is kept of a removed cluster makes way for another one of its name, and comes
// back if it is added again, also in other letters.
func TestNameWithHistory(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	ctx := t.Context()
	lived(t, s, c, "alpha", "beta")
	alpha := tell(t, s, c, "alpha")
	if err := s.DropDefinition(ctx, "beta", true); err != nil {
		t.Fatal(err)
	}
	beta := tell(t, s, c, "beta")
	if len(beta.Open) != 0 || len(beta.Faults) != 4 || len(beta.Series[1].Points) != 600 || beta.Picture != nil {
		t.Fatalf("of beta is kept: %d faults, %d points", len(beta.Faults), len(beta.Series[1].Points))
	}
	put(t, s, "alpha", full("beta"))
	if diff := cmp.Diff(alpha, tell(t, s, c, "beta")); diff != "" {
		t.Errorf("-alpha +beta:\n%s", diff)
	}
	aside := "beta (until " + c.t.Format("2006-01-02") + ")"
	if diff := cmp.Diff(beta, tell(t, s, c, aside)); diff != "" {
		t.Errorf("put aside (-before +after):\n%s", diff)
	}
	if err := s.DropDefinition(ctx, "beta", true); err != nil {
		t.Fatal(err)
	}
	s.Close()
	s = openSealed(t, dir, c, newVault(t, testKey))
	put(t, s, "", full("BETA"))
	if err := s.Members(ctx, "BETA", []string{"HV-01", "HV-02"}, nil); err != nil {
		t.Fatal(err)
	}
	got := tell(t, s, c, "BETA")
	if diff := cmp.Diff(alpha.Picture, got.Picture); diff != "" {
		t.Errorf("it came back as (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(alpha.Series, got.Series); diff != "" {
		t.Errorf("history (-before +after):\n%s", diff)
	}
	// Removed without history, by its remains alone.
	if err := s.DropDefinition(ctx, aside, false); err != nil {
		t.Fatal(err)
	}
	if got := tell(t, s, c, aside); len(got.Faults) != 0 || len(got.Series[0].Points) != 0 {
		t.Errorf("left: %+v", got)
	}
}

func TestDropDefinition(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprintf("keep %v", keep), func(t *testing.T) {
			dir, c := t.TempDir(), newClock()
			s := openSealed(t, dir, c, newVault(t, testKey))
			ctx := t.Context()
			lived(t, s, c, "beta", "alpha") // alpha has the highest numbers
			beta := tell(t, s, c, "beta")
			seq := s.Snapshot().Seq
			watch := s.Watch(ctx)
			<-watch
			if err := s.DropDefinition(ctx, "ALPHA", keep); err != nil {
				t.Fatal(err)
			}
			snap := <-watch
			if snap.Cluster("alpha") != nil || len(snap.FaultsOf("alpha")) != 0 || snap.Seq != seq+2 {
				t.Errorf("the snapshot still has it, or the wrong number: %d", snap.Seq)
			}
			if list := definitions(t, s); len(list) != 1 || list[0].Name != "beta" || list[0].Locked {
				t.Errorf("definitions: %+v", list)
			}
			if n, want := len(sealedNow(t, s)), 4; n != want {
				t.Errorf("%d secrets, want %d", n, want)
			}
			check := func(when string) {
				t.Helper()
				got := tell(t, s, c, "alpha")
				wantFaults, wantPoints := 4, 600
				if !keep {
					wantFaults, wantPoints = 0, 0
				}
				if len(got.Faults) != wantFaults || len(got.Series[0].Points) != wantPoints || got.Picture != nil {
					t.Errorf("%s: %d faults and %d points, want %d and %d", when, len(got.Faults), len(got.Series[0].Points), wantFaults, wantPoints)
				}
				for _, f := range got.Faults {
					if f.Open() {
						t.Errorf("%s: still open: %+v", when, f)
					}
				}
				if keep {
					f := got.Faults[0]
					if !strings.Contains(f.Detail, "removed from LooksAlive") || f.Seq <= seq || !f.Resolved.Equal(c.t) {
						t.Errorf("%s: closed without a reason: %+v", when, f)
					}
					if last := got.Changes[len(got.Changes)-1]; !slices.ContainsFunc(got.Changes, func(ch FaultChange) bool { return ch.Seq > seq && ch.What == "resolved" }) {
						t.Errorf("%s: the feed ends with %+v", when, last)
					}
				}
				if diff := cmp.Diff(beta, tell(t, s, c, "beta")); diff != "" {
					t.Errorf("%s: another cluster changed:\n%s", when, diff)
				}
			}
			check("at once")
			// Reports on their way bring nothing back.
			late := fault("alpha", "HV-01")
			if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 1), Faults: []cluster.Fault{late}}); err != nil {
				t.Fatal(err)
			}
			check("after a late report")
			if !keep {
				for _, query := range []string{
					`SELECT count(*) FROM observation WHERE cluster = 'alpha'`, `SELECT count(*) FROM contact WHERE cluster = 'alpha'`,
					`SELECT count(*) FROM memory WHERE cluster = 'alpha'`, `SELECT count(*) FROM cluster WHERE name = 'alpha'`,
					`SELECT count(*) FROM object WHERE cluster = 'alpha'`, `SELECT count(*) FROM fault WHERE cluster = 'alpha'`,
					`SELECT count(*) FROM fault_change WHERE fault NOT IN (SELECT id FROM fault)`,
					`SELECT count(*) FROM chunk WHERE (id & 16777215) NOT IN (SELECT id FROM object)`,
					`SELECT count(*) FROM stale WHERE object NOT IN (SELECT id FROM object)`,
					`SELECT count(*) FROM doomed_object`, `SELECT count(*) FROM doomed_fault`,
				} {
					if n := rows(t, s, query); n != 0 {
						t.Errorf("%s: %d", query, n)
					}
				}
			}
			// As after a crash: the journal is played back.
			again := newSeries(c.now, s.log)
			if err := again.load(ctx, s.w); err != nil {
				t.Fatal(err)
			}
			want := 3 // days' worth does not matter: as many buckets as beta has in memory
			if b, now := again.objects[objectKey{"beta", "node/HV-01"}], s.samples.objects[objectKey{"beta", "node/HV-01"}]; b == nil || len(b.buckets) < len(now.buckets) || len(now.buckets) == 0 || len(now.buckets) > want {
				t.Errorf("the journal of another cluster is lost: %+v", b)
			}
			s.Close()
			s = openSealed(t, dir, c, newVault(t, testKey))
			if err := s.Members(ctx, "beta", []string{"HV-01", "HV-02"}, nil); err != nil {
				t.Fatal(err)
			}
			check("after a restart")
			// Added again: it begins anew, under numbers never used.
			put(t, s, "", full("alpha"))
			if err := s.Members(ctx, "alpha", []string{"HV-01", "HV-02"}, nil); err != nil {
				t.Fatal(err)
			}
			if p := s.Snapshot().Cluster("alpha"); keep == (p.Nodes["HV-01"].Vitals == nil) {
				t.Errorf("added again it begins with %+v", p.Nodes)
			}
			if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, 5)}); err != nil {
				t.Fatal(err)
			}
			if err := s.commit(ctx, true); err != nil {
				t.Fatal(err)
			}
			want = 601
			if !keep {
				want = 1
				if s.samples.objects[objectKey{"alpha", "node/HV-01"}].id <= 4 {
					t.Error("the number of a deleted object was given again")
				}
			}
			if got := tell(t, s, c, "alpha"); len(got.Series[0].Points) != want {
				t.Errorf("%d points, want %d", len(got.Series[0].Points), want)
			}
		})
	}
}

// Deleting history takes many steps. One that was cut short goes on after a restart,
// and meanwhile nothing of it is seen, and nothing new is made of it.
func TestSweepGoesOn(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := openSealed(t, dir, c, newVault(t, testKey))
	lived(t, s, c, "alpha", "beta")
	for i := range 150 { // more rows than one step takes
		s.samples.add("alpha", c.t, []cluster.Sample{{Object: fmt.Sprintf("volume/%d", i), Metric: cluster.MetricUsed, Value: 1}})
	}
	c.t = c.t.Add(time.Hour)
	tidyAll(t, s)
	beta := tell(t, s, c, "beta")
	ctx, cancel := context.WithCancel(t.Context())
	r := removal{cluster: "alpha", definition: 1, reason: clusterRemoved}
	if err := s.write(ctx, func() error { return s.drop(r) }); err != nil {
		t.Fatal(err)
	}
	cancel()
	s.sweepAll(ctx) // does nothing any more
	if rows(t, s, `SELECT count(*) FROM doomed_object`) != 152 || rows(t, s, `SELECT count(*) FROM fault WHERE cluster = 'alpha'`) != 4 {
		t.Fatal("nothing is left to do")
	}
	unseen := func() {
		t.Helper()
		if got := tell(t, s, c, "alpha"); len(got.Faults) != 0 || len(got.Series[0].Points) != 0 {
			t.Errorf("still seen: %+v", got.Faults)
		}
		if _, err := s.Fault(t.Context(), 1); !errors.Is(err, cluster.ErrNotFound) {
			t.Errorf("fault 1: %v", err)
		}
	}
	unseen()
	s.Close()
	s = openSealed(t, dir, c, newVault(t, testKey))
	unseen()
	if more, err := s.sweep(t.Context()); err != nil || !more {
		t.Fatalf("all at one go: %v %v", more, err)
	}
	c.t = c.t.Add(2 * day) // time to merge and to roll up
	tidyAll(t, s)
	for _, query := range []string{`SELECT count(*) FROM doomed_object`, `SELECT count(*) FROM doomed_fault`, `SELECT count(*) FROM fault WHERE cluster = 'alpha'`,
		`SELECT count(*) FROM chunk WHERE (id & 16777215) NOT IN (SELECT id FROM object)`} {
		if n := rows(t, s, query); n != 0 {
			t.Errorf("%s: %d", query, n)
		}
	}
	if err := s.Members(t.Context(), "beta", []string{"HV-01", "HV-02"}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(beta, tell(t, s, c, "beta")); diff != "" {
		t.Errorf("another cluster changed:\n%s", diff)
	}
}

func TestDropNode(t *testing.T) {
	for _, keep := range []bool{true, false} {
		t.Run(fmt.Sprintf("keep %v", keep), func(t *testing.T) {
			dir, c := t.TempDir(), newClock()
			s := openSealed(t, dir, c, newVault(t, testKey))
			ctx := t.Context()
			lived(t, s, c, "alpha", "beta")
			beta := tell(t, s, c, "beta")
			before := tell(t, s, c, "alpha")
			old := s.Snapshot().Cluster("alpha")
			if err := s.DropNode(ctx, "alpha", "HV-02", keep); err != nil {
				t.Fatal(err)
			}
			check := func(when string) {
				t.Helper()
				p := s.Snapshot().Cluster("alpha")
				if _, ok := p.Nodes["HV-02"]; ok || !slices.Equal(p.Members, []string{"HV-01"}) {
					t.Errorf("%s: %v of %v", when, p.Nodes, p.Members)
				}
				if d := definitions(t, s)[0]; len(d.Nodes) != 1 || d.Locked || d.Access.Read.Password.IsZero() {
					t.Errorf("%s: definition %+v", when, d)
				}
				got := tell(t, s, c, "alpha")
				points, faults := 600, 4
				if !keep {
					points, faults = 0, 2
				}
				if len(got.Open) != 1 || got.Open[0].Kind != cluster.FaultVolumeOffline || len(got.Faults) != faults || len(got.Series[1].Points) != points {
					t.Errorf("%s: %d open of %d faults, %d points, want 1 of %d and %d", when, len(got.Open), len(got.Faults), len(got.Series[1].Points), faults, points)
				}
				if diff := cmp.Diff(before.Series[0], got.Series[0]); diff != "" {
					t.Errorf("%s: another node changed:\n%s", when, diff)
				}
				if diff := cmp.Diff(beta, tell(t, s, c, "beta")); diff != "" {
					t.Errorf("%s: another cluster changed:\n%s", when, diff)
				}
			}
			check("at once")
			if n := rows(t, s, `SELECT count(*) FROM secret WHERE node = 'HV-02'`); n != 1 {
				t.Errorf("%d secrets of nodes of that name, want that of beta", n)
			}
			// On their way: a report of the node, and one that still knows it.
			if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-02", c.t, 1), Picture: old}); err != nil {
				t.Fatal(err)
			}
			effect := before.Open[1]
			if effect.Kind != cluster.FaultVolumeOffline {
				effect = before.Open[0]
			}
			effect.Cluster = "alpha"
			effect.Cause = "alpha" + effect.Cause
			if err := s.Record(ctx, cluster.Report{Observation: cluster.Observation{Cluster: "alpha", Node: "HV-01", At: c.t, Reach: cluster.ReachTimeout}, Picture: old, Faults: []cluster.Fault{effect}}); err != nil {
				t.Fatal(err)
			}
			check("after late reports")
			s.Close()
			s = openSealed(t, dir, c, newVault(t, testKey))
			for name, members := range map[string][]string{"alpha": {"HV-01"}, "beta": {"HV-01", "HV-02"}} {
				if err := s.Members(ctx, name, members, nil); err != nil {
					t.Fatal(err)
				}
			}
			check("after a restart")
			// It comes back.
			if err := s.Members(ctx, "alpha", []string{"HV-01", "HV-02"}, nil); err != nil {
				t.Fatal(err)
			}
			if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-02", c.t, 42)}); err != nil {
				t.Fatal(err)
			}
			if got := s.Snapshot().Cluster("alpha").Nodes["HV-02"].Vitals; got == nil || got.CPU != 42 {
				t.Errorf("it is not listened to: %+v", got)
			}
		})
	}
}

// What we were told counts at once, and for more than what a report says that was on
// its way; faults stay until the next report.
func TestMembers(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	ctx := t.Context()
	members := []string{"HV-01", "HV-02"}
	if err := s.Members(ctx, "alpha", members, nil); err != nil {
		t.Fatal(err)
	}
	old := s.Snapshot().Cluster("alpha")
	report := cluster.Report{Observation: vitals("alpha", "HV-01", s.now(), 1), Picture: old, Faults: []cluster.Fault{fault("alpha", "HV-01")}}
	if err := s.Record(ctx, report); err != nil {
		t.Fatal(err)
	}
	if err := s.Members(ctx, "alpha", members, []string{"HV-01"}); err != nil {
		t.Fatal(err)
	}
	check := func(when string, open int) {
		t.Helper()
		snap := s.Snapshot()
		if p := snap.Cluster("alpha"); !p.IsPaused("HV-01") || p.IsPaused("HV-02") || len(snap.Faults) != open {
			t.Errorf("%s: paused %v, %d faults", when, p.Paused, len(snap.Faults))
		}
	}
	check("at once", 1)
	report.Faults = nil
	if err := s.Record(ctx, report); err != nil {
		t.Fatal(err)
	}
	check("after a late report", 0)
	if err := s.Members(ctx, "alpha", members[1:], nil); err != nil {
		t.Fatal(err)
	}
	if p := s.Snapshot().Cluster("alpha"); len(p.Paused) != 0 || !slices.Equal(p.Members, members[1:]) {
		t.Errorf("paused %v of %v", p.Paused, p.Members)
	}
}
