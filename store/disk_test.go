package store

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"looksalive/cluster"
)

// limitPages makes the database refuse to grow, as a full disk would; 0 lifts
// the limit again.
func limitPages(t *testing.T, s *Store, extra int) {
	t.Helper()
	limit := 1 << 30
	if extra >= 0 {
		if err := s.w.QueryRow(`PRAGMA page_count`).Scan(&limit); err != nil {
			t.Fatal(err)
		}
		limit += extra
	}
	if _, err := s.w.Exec(`PRAGMA max_page_count = ` + itoa(limit)); err != nil {
		t.Fatal(err)
	}
}

func itoa(n int) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

func TestDiskFull(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	big := strings.Repeat("x", 20_000) // more than free pages can take
	var seq uint64
	times := []int64{}
	record := func(title string) error {
		c.t = c.t.Add(5 * time.Second)
		times = append(times, c.t.UnixMilli())
		f := fault("alpha", "HV-02")
		f.Title, f.Detail = title, big
		return s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, float64(len(times))), Faults: []cluster.Fault{f}})
	}
	if err := record("before"); err != nil {
		t.Fatal(err)
	}
	if err := s.commit(ctx, true); err != nil {
		t.Fatal(err)
	}
	limitPages(t, s, 0)
	big += big
	if err := record("while full"); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Fatalf("Record on a full disk: %v", err)
	}
	if err := s.Health(); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Errorf("Health: %v", err)
	}
	if got := s.Snapshot().Faults[0].Title; got != "while full" {
		t.Errorf("the screen shows %q: a full disk must not blind it", got)
	}
	for range 400 { // twenty minutes and more: buckets come due and cannot be sealed
		record("still full")
		s.commit(ctx, true)
	}
	if _, err := s.tidy(ctx); err == nil {
		t.Error("sealed on a full disk")
	}
	limitPages(t, s, -1)
	if err := s.commit(ctx, true); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); err != nil {
		t.Errorf("Health after there is space again: %v", err)
	}
	tidyAll(t, s)
	seq = s.Snapshot().Seq
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, c)
	if s.seq != seq {
		t.Errorf("sequence number %d after a restart, want %d", s.seq, seq)
	}
	r := &reader{s: s, ctx: ctx, now: c.t.UnixMilli()}
	defer r.end()
	got, err := r.series(cluster.SeriesKey{Cluster: "alpha", Object: "node/HV-01", Metric: cluster.MetricCPU}, tierRaw, 0, c.t.UnixMilli()+1, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Points) != len(times) || s.Dropped() != 0 {
		t.Fatalf("%d samples, want %d", len(got.Points), len(times))
	}
	for i, p := range got.Points {
		if p.At.UnixMilli() != times[i] || p.Last != float64(i+1) {
			t.Fatalf("sample %d: %+v", i, p)
		}
	}
}

// What is kept for a disk that takes nothing is bounded, and what is lost is
// counted; what was lost never spoils what comes after.
func TestDiskFullForLong(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	ctx := t.Context()
	add := func(v float64) {
		c.t = c.t.Add(time.Second)
		s.samples.add("alpha", c.t, []cluster.Sample{{Object: "node/HV-01", Metric: cluster.MetricVMs, Value: v}})
	}
	add(1)
	if err := s.commit(ctx, true); err != nil {
		t.Fatal(err)
	}
	add(2)
	rows := s.samples.take()
	s.samples.waiting = append(s.samples.waiting, journalRow{journalID(1, 1), make([]byte, maxWaiting)})
	s.samples.refused(rows)
	if s.samples.waiting != nil {
		t.Fatal("too much journal is kept")
	}
	add(3)
	if err := s.commit(ctx, true); err != nil {
		t.Fatal(err)
	}
	// As after a crash: only what is in the journal.
	again := newSeries(c.now, s.log)
	if err := again.load(ctx, s.w); err != nil {
		t.Fatal(err)
	}
	b := again.objects[objectKey{"alpha", "node/HV-01"}].buckets
	if len(b) != 1 || !sameBits(b[0].rows, []float64{1, 3}) {
		t.Errorf("after a crash: %v, want 1 and 3", b)
	}
	s.samples.held = maxHeld + 1
	c.t = c.t.Add(20 * time.Minute)
	add(4) // a new bucket: the oldest has to go
	if s.Dropped() != 3 {
		t.Errorf("%d dropped, want 3", s.Dropped())
	}
}

func TestImpossibleSamples(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir(), c)
	one := func(v float64) []cluster.Sample {
		return []cluster.Sample{{Object: "node/HV-01", Metric: cluster.MetricVMs, Value: v}}
	}
	s.samples.add("alpha", c.t.Add(-25*time.Hour), one(1))
	s.samples.add("alpha", c.t.Add(2*time.Hour), one(1))
	s.samples.add("alpha", time.Time{}, one(1))
	s.samples.add("alpha", c.t, one(missing))
	if s.Dropped() != 4 {
		t.Errorf("%d dropped, want 4", s.Dropped())
	}
	if err := s.commit(t.Context(), true); err != nil {
		t.Error(err)
	}
}

func TestReadOnlyDirectory(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Dir: dir}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("error %v, want permission denied", err)
	}
}

func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childDir+"_START=2026-01-01T00:00:00Z")
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if !bufio.NewScanner(pipe).Scan() { // it has the database open
		t.Fatal("the child says nothing")
	}
	s, err := Open(t.Context(), Options{Dir: dir})
	if err == nil {
		s.Close()
		t.Error("two processes opened one directory")
	} else if !strings.Contains(err.Error(), "another LooksAlive process") {
		t.Errorf("error %v", err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	open(t, dir, newClock()) // the lock died with it
}
