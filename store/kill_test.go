package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
)

const childDir = "LOOKSALIVE_STORE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		run := child
		if os.Getenv(childDir+"_MODE") == "definitions" {
			run = definingChild
		}
		if err := run(dir, os.Getenv(childDir+"_START")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child records until it is killed, and prints a line for everything that was
// acknowledged. Five minutes pass with every report, and meanwhile history is
// sealed, merged and rolled up.
func child(dir, start string) error {
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return err
	}
	ctx := context.Background()
	var ms atomic.Int64
	ms.Store(at.UnixMilli())
	s, err := Open(ctx, Options{Dir: dir, Now: func() time.Time { return time.UnixMilli(ms.Load()) }})
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() {
		for {
			if _, err := s.tidy(ctx); err != nil {
				failed <- err
				return
			}
			if _, err := s.expire(ctx, s.now()); err != nil {
				failed <- err
				return
			}
		}
	}()
	out := bufio.NewWriter(os.Stdout)
	for i := 0; ; i++ {
		now := time.UnixMilli(ms.Add(300_000))
		o := vitals("alpha", "HV-01", now, float64(i%100))
		var faults []cluster.Fault
		if i%3 != 0 {
			f := fault("alpha", "HV-02")
			f.Title = fmt.Sprintf("fault %d", i/6)
			faults = append(faults, f)
		}
		before := s.Snapshot().Seq
		if err := s.Record(ctx, cluster.Report{Observation: o, Faults: faults}); err != nil {
			return err
		}
		if snap := s.Snapshot(); snap.Seq != before {
			fmt.Fprintf(out, "F %d 0\n", snap.Seq)
			if i%3 == 1 { // just opened
				id := snap.Faults[0].ID
				if err := s.Acknowledge(ctx, id, "ann", "seen"); err != nil {
					return err
				}
				fmt.Fprintf(out, "A %d 0\n", id)
			}
		}
		if i%2 == 0 {
			if err := s.commit(ctx, true); err != nil {
				return err
			}
			fmt.Fprintf(out, "S %d %d\n", now.UnixMilli(), i%100)
		}
		if err := out.Flush(); err != nil {
			return err
		}
		select {
		case err := <-failed:
			return err
		default:
		}
	}
}

// TestKill kills a recording process at random moments and looks whether
// everything it had acknowledged is there.
func TestKill(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	dir := t.TempDir()
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	known := map[int64]float64{}
	var seq uint64
	var seen int64 // the last fault acknowledged
	for round := range 4 {
		c.t = c.t.Add(time.Minute) // after the one that may have been on its way
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childDir+"_START="+c.t.Format(time.RFC3339))
		cmd.Stderr = os.Stderr
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		most := 20 + r.IntN(200)
		for n := 0; lines.Scan(); n++ {
			var kind string
			var a, b int64
			if _, err := fmt.Sscan(lines.Text(), &kind, &a, &b); err != nil {
				break // cut off by the kill
			}
			switch kind {
			case "F":
				seq = uint64(a)
			case "A":
				seen = a
			case "S":
				known[a] = float64(b)
				c.t = time.UnixMilli(a).UTC()
			}
			if n == most {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		// Samples are kept for ten days, of which half a one passes in a round.
		c.t = c.t.Add(time.Hour)
		verifyKilled(t, dir, c, known, seq, seen)
	}
}

func verifyKilled(t *testing.T, dir string, c *clock, known map[int64]float64, seq uint64, seen int64) {
	t.Helper()
	s := open(t, dir, c)
	defer s.Close()
	if s.seq < seq {
		t.Errorf("sequence number %d, but %d was acknowledged", s.seq, seq)
	}
	if f, err := s.Fault(t.Context(), seen); err != nil || f.AckedBy != "ann" || f.AckNote != "seen" {
		t.Errorf("fault %d, acknowledged, is %+v, %v", seen, f, err)
	}
	changes, err := s.FaultChanges(t.Context(), 0, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	for i, ch := range changes {
		if ch.Seq != uint64(i)+1 {
			t.Fatalf("change %d has number %d", i+1, ch.Seq)
		}
	}
	if uint64(len(changes)) != s.seq {
		t.Errorf("%d changes, want %d", len(changes), s.seq)
	}
	lo := c.t.Add(-s.retention.Raw + 5*time.Hour).UnixMilli()
	r := &reader{s: s, ctx: t.Context(), now: s.now().UnixMilli()}
	got, err := r.series(cluster.SeriesKey{Cluster: "alpha", Object: "node/HV-01", Metric: cluster.MetricCPU}, tierRaw, lo, c.t.UnixMilli(), 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	r.end()
	have := map[int64]float64{}
	for _, p := range got.Points {
		have[p.At.UnixMilli()] = p.Last
	}
	for at, v := range known {
		if got, ok := have[at]; at >= lo && (!ok || got != v) {
			t.Errorf("sample at %d: %v %v, want %v", at, got, ok, v)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}
