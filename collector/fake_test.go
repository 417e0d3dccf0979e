package collector_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
	"looksalive/collector"
)

// asked is one question that reached the wire.
type asked struct {
	at      time.Time
	cluster string
	node    string
	q       cluster.Question
}

// wire plays the nodes: every question takes delay, then answer decides. A nil
// answer is a good one.
type wire struct {
	delay  time.Duration
	answer func(ctx context.Context, a asked) cluster.Observation
	state  func() *cluster.State

	mu    sync.Mutex
	calls []asked
}

func (w *wire) Ask(ctx context.Context, name, node string, q cluster.Question) cluster.Observation {
	a := asked{time.Now(), name, node, q}
	w.mu.Lock()
	w.calls = append(w.calls, a)
	w.mu.Unlock()
	if w.delay > 0 {
		select {
		case <-time.After(w.delay):
		case <-ctx.Done():
			return timedOut()
		}
	}
	if w.answer != nil {
		if o := w.answer(ctx, a); o.Reach != cluster.ReachUnknown {
			return o
		}
	}
	return w.good(q)
}

func (w *wire) good(q cluster.Question) cluster.Observation {
	o := cluster.Observation{Reach: cluster.ReachOK}
	switch q {
	case cluster.QuestionState:
		o.State = threeUp()
		if w.state != nil {
			o.State = w.state()
		}
	case cluster.QuestionStorage:
		o.Storage = &cluster.Storage{}
	case cluster.QuestionVitals:
		o.Vitals = &cluster.Vitals{MemoryTotal: 1}
	case cluster.QuestionInventory:
		o.Inventory = &cluster.Inventory{}
	}
	return o
}

func refused() cluster.Observation  { return cluster.Observation{Reach: cluster.ReachRefused} }
func timedOut() cluster.Observation { return cluster.Observation{Reach: cluster.ReachTimeout} }

// blackHole answers when the asker has lost patience.
func blackHole(ctx context.Context) cluster.Observation {
	<-ctx.Done()
	return timedOut()
}

func (w *wire) of(node string, q cluster.Question) []asked {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []asked
	for _, a := range w.calls {
		if (node == "" || a.node == node) && a.q == q {
			out = append(out, a)
		}
	}
	return out
}

func since(calls []asked, t time.Time) []asked {
	var out []asked
	for _, a := range calls {
		if !a.at.Before(t) {
			out = append(out, a)
		}
	}
	return out
}

// book records the reports.
type book struct {
	mu      sync.Mutex
	reports []cluster.Report
	at      []time.Time
	refuse  bool
}

func (b *book) Record(_ context.Context, r cluster.Report) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.refuse {
		return errors.New("disk full")
	}
	b.reports = append(b.reports, r)
	b.at = append(b.at, time.Now())
	return nil
}

func (b *book) setRefuse(v bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refuse = v
}

func (b *book) all() []cluster.Report {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]cluster.Report(nil), b.reports...)
}

func (b *book) last() cluster.Report {
	all := b.all()
	return all[len(all)-1]
}

func threeUp() *cluster.State {
	return &cluster.State{Nodes: []cluster.Node{
		{Name: "HV-01", Weight: 1, DynamicWeight: 1},
		{Name: "HV-02", Weight: 1, DynamicWeight: 1},
		{Name: "HV-03", Weight: 1, DynamicWeight: 1},
	}}
}

// run runs a collector over one cluster of three nodes for as long as during
// takes, in a bubble with a clock of its own. That nothing is left running
// afterwards the bubble itself checks.
func run(t *testing.T, w *wire, o collector.Options, during func(c *collector.Collector, b *book)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		if o.Clusters == nil {
			o.Clusters = []*cluster.Picture{cluster.NewPicture("HQ", []string{"HV-01", "HV-02", "HV-03"})}
		}
		o.Ask, o.Sink = w, b
		c, err := collector.New(o)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		during(c, b)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// pass lets time go by; in the bubble that takes none.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
