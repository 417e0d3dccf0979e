package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// clock is a clock that tests move. It is for one goroutine at a time.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 3, 28, 22, 0, 0, 0, time.UTC)} }

func open(t testing.TB, dir string, c *clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func vitals(name, node string, at time.Time, cpu float64) cluster.Observation {
	return cluster.Observation{
		Cluster: name, Node: node, Question: cluster.QuestionVitals, At: at, Took: 28 * time.Millisecond, Reach: cluster.ReachOK,
		Vitals: &cluster.Vitals{UTC: at, CPU: cpu, Cores: 32, MemoryTotal: 128 << 30, MemoryFree: 64 << 30,
			Services: []cluster.Service{{Name: "ClusSvc", Display: "Cluster Service", State: "Running", Start: "Auto"}}},
	}
}

func fault(name, node string) cluster.Fault {
	return cluster.Fault{Cluster: name, Kind: cluster.FaultNodeDown, Object: cluster.Ref{Kind: "node", Name: node}, Node: node,
		Health: cluster.Critical, Title: node + " is down", Steps: []cluster.Step{{Text: "Look", Command: "Get-ClusterNode"}}}
}

func TestRoundTrip(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	if err := s.Members(ctx, "alpha", []string{"HV-01", "HV-02"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Members(ctx, "beta", []string{"SAN-01"}, nil); err != nil {
		t.Fatal(err)
	}
	p := s.Snapshot().Cluster("alpha")
	record := func(o cluster.Observation, faults ...cluster.Fault) {
		t.Helper()
		p = p.With(o)
		if err := s.Record(ctx, cluster.Report{Observation: o, Picture: p, Faults: faults}); err != nil {
			t.Fatal(err)
		}
		c.t = c.t.Add(5 * time.Second)
	}
	state := &cluster.State{Name: "alpha", S2D: true,
		Nodes: []cluster.Node{{Name: "HV-01", Status: cluster.StatusIsolated | cluster.StatusDrainInProgress}, {Name: "HV-02", State: cluster.NodeDown}}}
	for i := range 60 { // enough to be packed
		state.Roles = append(state.Roles, cluster.Role{Name: fmt.Sprintf("virtual machine %d", i), Owner: "HV-01"})
	}
	tell := func() {
		record(cluster.Observation{Cluster: "alpha", Node: "HV-01", Question: cluster.QuestionState, At: c.t, Reach: cluster.ReachOK, State: state, Denied: []string{"volumes"}})
	}
	up := *state
	up.Nodes = []cluster.Node{{Name: "HV-01"}, {Name: "HV-02"}}
	up.Roles = []cluster.Role{{Name: "file server", Owner: "HV-02"}}
	downState := state
	state = &up
	tell()
	state = downState
	tell() // now HV-02 is down, and what it held is remembered
	tell() // and since when
	if len(p.Held["HV-02"]) != 1 || len(p.Since) == 0 {
		t.Fatalf("the picture remembers nothing: %v %v", p.Held, p.Since)
	}
	record(vitals("alpha", "HV-01", c.t, 12.5))
	record(vitals("alpha", "HV-02", c.t, 99))
	down := fault("alpha", "HV-02")
	for range 3 {
		record(cluster.Observation{Cluster: "alpha", Node: "HV-02", Question: cluster.QuestionVitals, At: c.t, Reach: cluster.ReachTimeout, Detail: "no answer within 5 s"}, down)
	}
	record(cluster.Observation{Cluster: "alpha", Node: "HV-02", Question: cluster.QuestionVitals, At: c.t, Reach: cluster.ReachNotAsked, Breaker: cluster.BreakerOpen, RetryAt: c.t.Add(time.Minute)}, down)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := s.Snapshot()
	if len(before.Faults) != 1 || before.Faults[0].ID == 0 {
		t.Fatalf("faults before: %+v", before.Faults)
	}

	s = open(t, dir, c)
	if n := len(s.Snapshot().Clusters); n != 0 {
		t.Errorf("%d clusters before they are declared, want 0", n)
	}
	if err := s.Members(ctx, "alpha", []string{"HV-01", "HV-02"}, nil); err != nil {
		t.Fatal(err)
	}
	after := s.Snapshot()
	if diff := cmp.Diff(before.Clusters[:1], after.Clusters); diff != "" {
		t.Errorf("pictures (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Faults, after.Faults); diff != "" {
		t.Errorf("faults (-before +after):\n%s", diff)
	}
	if after.Seq != before.Seq {
		t.Errorf("seq %d, want %d", after.Seq, before.Seq)
	}
	if got := after.Cluster("alpha").Nodes["HV-02"].Contact; got.Failures != 3 || got.Breaker != cluster.BreakerOpen || got.Reach != cluster.ReachTimeout {
		t.Errorf("contact: %+v", got)
	}
	open, err := s.Faults(ctx, cluster.FaultQuery{OpenOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after.Faults, open); diff != "" {
		t.Errorf("queried faults differ (-snapshot +query):\n%s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	newer := func(t *testing.T, dir string) {
		db, err := sql.Open("sqlite", filepath.Join(dir, fileName))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("PRAGMA user_version = 1000"); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name string
		prep func(t *testing.T, dir string)
		want string
	}{
		{"newer version", newer, "newer LooksAlive"},
		{"not a database", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, fileName), []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		{"a directory in its place", func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, fileName), 0o700); err != nil {
				t.Fatal(err)
			}
		}, "is a directory"},
		{"in use", func(t *testing.T, dir string) { open(t, dir, newClock()) }, "another LooksAlive process"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.prep(t, dir)
			s, err := Open(t.Context(), Options{Dir: dir})
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %q does not say %q", err, tt.want)
			}
		})
	}
	if _, err := Open(t.Context(), Options{}); err == nil {
		t.Error("opened without a directory")
	}
}

func TestFilesAreOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir, newClock())
	if err := s.Members(t.Context(), "alpha", nil, nil); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v, want 0600", e.Name(), info.Mode(), err)
		}
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v %v, want 0700", info.Mode(), err)
	}
}

// A migration that fails leaves the version and the tables of the one before.
func TestMigrationIsAllOrNothing(t *testing.T) {
	db, err := sql.Open("sqlite", dsn(filepath.Join(t.TempDir(), "x.db"), "immediate"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	files := fstest.MapFS{
		"migrations/0001_a.sql": {Data: []byte("CREATE TABLE a (x); CREATE TABLE b (x);")},
		"migrations/0002_b.sql": {Data: []byte("CREATE TABLE c (x); CREATE TABLE a (x);")},
	}
	if err := migrate(t.Context(), db, files); err == nil || !strings.Contains(err.Error(), "0002_b.sql") {
		t.Fatalf("error %v, want one that names 0002_b.sql", err)
	}
	var version, tables int
	if err := db.QueryRow("SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version").Scan(&version, &tables); err != nil {
		t.Fatal(err)
	}
	if version != 1 || tables != 2 {
		t.Errorf("version %d with %d tables, want 1 with 2", version, tables)
	}
	files["migrations/0002_b.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE c (x)")}
	for range 2 { // and again changes nothing
		if err := migrate(t.Context(), db, files); err != nil {
			t.Fatal(err)
		}
	}
}

func TestClosed(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Record(t.Context(), cluster.Report{Observation: vitals("alpha", "HV-01", s.now(), 1)}); !errors.Is(err, errClosed) {
		t.Errorf("Record: %v, want errClosed", err)
	}
	if err := s.Members(t.Context(), "alpha", nil, nil); !errors.Is(err, errClosed) {
		t.Errorf("Members: %v, want errClosed", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Run(ctx); !errors.Is(err, errClosed) {
		t.Errorf("Run: %v, want errClosed", err)
	}
}
