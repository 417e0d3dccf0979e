package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
)

func TestWatch(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	ctx, cancel := context.WithCancel(t.Context())
	slow := s.Watch(ctx)
	for i := range 50 { // nobody reads: nobody waits
		f := fault("alpha", "HV-01")
		f.Title = fmt.Sprint(i)
		if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", s.now(), 1), Faults: []cluster.Fault{f}}); err != nil {
			t.Fatal(err)
		}
	}
	if snap := <-slow; snap != s.Snapshot() || snap.Faults[0].Title != "49" {
		t.Errorf("a slow reader gets version %d, want the newest, %d", snap.Version, s.Snapshot().Version)
	}
	select {
	case snap := <-slow:
		t.Errorf("version %d a second time", snap.Version)
	default:
	}
	if first := <-s.Watch(ctx); first != s.Snapshot() {
		t.Error("the first value is not the whole picture")
	}
	cancel()
	for range slow { // ends because it is closed
	}
	if _, ok := <-s.Watch(ctx); ok {
		t.Error("a watch that is over before it begins has a value")
	}
}

func TestCloseEndsWatches(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	ch := s.Watch(t.Context())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range ch {
	}
	if _, ok := <-s.Watch(t.Context()); ok {
		t.Error("a closed store can be watched")
	}
}

// Versions and sequence numbers never go back, however many write and watch.
func TestWatchInOrder(t *testing.T) {
	s := open(t, t.TempDir(), newClock())
	ctx, cancel := context.WithCancel(t.Context())
	var writers, readers sync.WaitGroup
	for w := range 4 {
		name := fmt.Sprintf("cluster-%d", w)
		writers.Go(func() {
			p := cluster.NewPicture(name, nil)
			for i := range 60 {
				var faults []cluster.Fault
				if i%3 == 0 {
					faults = append(faults, fault(name, "HV-01"))
				}
				o := vitals(name, "HV-01", newClock().t, float64(i))
				p = p.With(o)
				if err := s.Record(ctx, cluster.Report{Observation: o, Picture: p, Faults: faults}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			var last cluster.Snapshot
			for snap := range s.Watch(ctx) {
				if snap.Version < last.Version || snap.Seq < last.Seq || len(snap.Clusters) < len(last.Clusters) {
					t.Errorf("version %d seq %d after %d %d", snap.Version, snap.Seq, last.Version, last.Seq)
				}
				last = *snap
			}
		})
	}
	writers.Wait()
	if err := s.commit(ctx, true); err != nil {
		t.Error(err)
	}
	for _, p := range s.Snapshot().Clusters {
		if p.Nodes["HV-01"].Vitals.CPU != 59 {
			t.Errorf("%s is not the newest", p.Cluster)
		}
	}
	if len(s.Snapshot().Clusters) != 4 || s.Snapshot().Seq != 4*40 {
		t.Errorf("%d clusters, seq %d, want 4 and 160", len(s.Snapshot().Clusters), s.Snapshot().Seq)
	}
	cancel()
	readers.Wait()
}

// Run publishes and writes by itself, and writes the rest when it ends.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	var at time.Time
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx) }()
		record := func(cpu float64) {
			t.Helper()
			at = time.Now()
			if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", at, cpu)}); err != nil {
				t.Fatal(err)
			}
		}
		record(1) // the first of a cluster is written at once
		watch := s.Watch(ctx)
		<-watch
		time.Sleep(time.Second)
		record(2)
		began := time.Now()
		if got := (<-watch).Cluster("alpha").Nodes["HV-01"].Vitals.CPU; got != 2 {
			t.Errorf("published %v, want 2", got)
		}
		if d := time.Since(began); d > currentEvery {
			t.Errorf("published after %v, want at most %v", d, currentEvery)
		}
		time.Sleep(20*time.Minute + 5*time.Minute) // the samples are sealed
		synctest.Wait()
		var chunks int
		if err := s.r.QueryRow(`SELECT count(*) FROM chunk`).Scan(&chunks); err != nil || chunks == 0 {
			t.Errorf("%d chunks %v, want some", chunks, err)
		}
		record(3)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s := open(t, dir, &clock{at.Add(time.Second)})
	if err := s.Members(t.Context(), "alpha", nil, nil); err != nil {
		t.Fatal(err)
	}
	if got := s.Snapshot().Cluster("alpha").Nodes["HV-01"].Vitals.CPU; got != 3 {
		t.Errorf("after a restart %v, want 3", got)
	}
	got, err := s.Series(t.Context(), []cluster.SeriesKey{{Cluster: "alpha", Object: "node/HV-01", Metric: cluster.MetricCPU}}, at.Add(-time.Hour), at.Add(time.Second), 100)
	if err != nil || len(got[0].Points) != 3 || got[0].Points[2].Last != 3 {
		t.Errorf("samples after a restart: %+v %v", got, err)
	}
}
