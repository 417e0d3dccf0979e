package collector_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
	"looksalive/collector"
)

func picture(name string, members ...string) *cluster.Picture {
	return cluster.NewPicture(name, members)
}

func paused(p *cluster.Picture, nodes ...string) *cluster.Picture {
	return p.WithMembers(p.Members, nodes)
}

func watch(t *testing.T, c *collector.Collector, p *cluster.Picture) {
	t.Helper()
	if err := c.Watch(p); err != nil {
		t.Fatal(err)
	}
}

func TestWatchBeginsWhileItRuns(t *testing.T) {
	w := &wire{}
	run(t, w, collector.Options{Clusters: []*cluster.Picture{}}, func(c *collector.Collector, b *book) {
		pass(time.Minute)
		if len(b.all()) != 0 {
			t.Errorf("%d reports of nothing", len(b.all()))
		}
		watch(t, c, picture("HQ", "HV-01", "HV-02", "HV-03"))
		pass(time.Second)
		p := b.last().Picture
		if p.State == nil || p.Storage == nil || len(p.Nodes) != 3 {
			t.Errorf("a second after it was added: %+v", p)
		}
		watch(t, c, picture("BR", "BR-01"))
		pass(20 * time.Second)
		if n := len(w.of("BR-01", cluster.QuestionVitals)); n < 4 || n > 6 {
			t.Errorf("the second cluster was asked %d times in 20 s", n)
		}
		for _, bad := range []*cluster.Picture{nil, picture(""), picture("X"), picture("X", "a", "A")} {
			if c.Watch(bad) == nil {
				t.Errorf("accepted: %+v", bad)
			}
		}
	})
}

func TestWatchChangesMembers(t *testing.T) {
	dead := func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-02" {
			return refused()
		}
		return o
	}
	w := &wire{answer: dead}
	run(t, w, collector.Options{Clusters: []*cluster.Picture{picture("HQ", "HV-01", "HV-02", "HV-03")}}, func(c *collector.Collector, b *book) {
		pass(40 * time.Second)
		before := contactOf(b, "HV-02")
		if before.Breaker != cluster.BreakerOpen {
			t.Fatalf("%+v", before)
		}
		from := time.Now()
		watch(t, c, picture("HQ", "HV-02", "HV-01", "HV-04"))
		pass(10 * time.Second)
		if n := len(since(w.of("HV-04", cluster.QuestionVitals), from)); n < 2 {
			t.Errorf("the new node was asked %d times in 10 s", n)
		}
		if n := len(since(w.of("HV-03", cluster.QuestionVitals), from)); n > 0 {
			t.Errorf("the node that is gone was asked %d times", n)
		}
		if n := len(since(w.of("HV-01", cluster.QuestionVitals), from)); n < 2 || n > 3 {
			t.Errorf("a node that stays was asked %d times in 10 s", n)
		}
		if c := contactOf(b, "HV-02"); !cmp.Equal(c, before) {
			t.Errorf("a node that stays has a breaker that forgot: %s", cmp.Diff(before, c))
		}
		p := b.last().Picture
		if _, ok := p.Nodes["HV-03"]; ok || p.State == nil || p.Nodes["HV-01"].Inventory == nil {
			t.Errorf("after the change: %+v", p)
		}
	})
}

func TestPausedMembersAreNotAsked(t *testing.T) {
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-02" {
			return refused()
		}
		return o
	}}
	hq := picture("HQ", "HV-01", "HV-02", "HV-03")
	run(t, w, collector.Options{Clusters: []*cluster.Picture{hq}}, func(c *collector.Collector, b *book) {
		pass(40 * time.Second)
		if f := b.last().Faults; len(f) != 1 {
			t.Fatalf("before the pause: %+v", f)
		}
		calls := func(node string, from time.Time) (n int) {
			for _, q := range cluster.Questions {
				n += len(since(w.of(node, q), from))
			}
			return n
		}
		from := time.Now()
		watch(t, c, paused(hq, "HV-02"))
		synctest.Wait()
		if r := b.last(); len(r.Faults) != 0 || !r.Picture.IsPaused("HV-02") {
			t.Errorf("right after the pause: %+v", r)
		}
		pass(10 * time.Minute)
		if n := calls("HV-02", from); n > 0 {
			t.Errorf("the paused node was asked %d times", n)
		}
		if n := calls("HV-03", from); n < 100 {
			t.Errorf("another node was asked %d times in 10 min", n)
		}

		from = time.Now()
		watch(t, c, paused(hq, "HV-01", "HV-02", "HV-03"))
		reports := len(b.all())
		pass(10 * time.Minute)
		if n := calls("", from); n > 0 || len(b.all()) > reports+1 {
			t.Errorf("a paused cluster was asked %d times, and reported %d times", n, len(b.all())-reports)
		}
		if p := b.last().Picture; p.State == nil || p.Nodes["HV-01"].Vitals == nil {
			t.Error("what was known is lost")
		}

		from = time.Now()
		watch(t, c, paused(hq, "HV-02"))
		pass(time.Second)
		p := b.last().Picture
		if p.StateAt.Before(from) || p.Nodes["HV-01"].VitalsAt.Before(from) || calls("HV-02", from) > 0 {
			t.Errorf("a second after it goes on: state of %s, vitals of %s", p.StateAt, p.Nodes["HV-01"].VitalsAt)
		}
	})
}

// A question under way ends with the pause, and nothing is recorded of it.
func TestPauseCutsOffTheQuestionUnderWay(t *testing.T) {
	w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-01" {
			return blackHole(ctx)
		}
		return o
	}}
	hq := picture("HQ", "HV-01", "HV-02")
	slow := func(cluster.Question) time.Duration { return time.Minute }
	run(t, w, collector.Options{Clusters: []*cluster.Picture{hq}, Timeout: slow}, func(c *collector.Collector, b *book) {
		pass(5 * time.Second)
		from := time.Now()
		watch(t, c, paused(hq, "HV-01"))
		pass(time.Second)
		if p := b.last().Picture; p.StateFrom != "HV-02" || p.StateAt.After(from.Add(time.Second)) {
			t.Errorf("state from %q at %s", p.StateFrom, p.StateAt)
		}
		for _, r := range b.all() {
			if o := r.Observation; o.Node == "HV-01" && o.Reach == cluster.ReachTimeout {
				t.Errorf("recorded: %+v", o)
			}
		}
	})
}

func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var forgotten, late atomic.Bool
		w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
			if a.cluster == "HQ" && a.q == cluster.QuestionVitals && a.node == "HV-01" {
				<-ctx.Done()
				time.Sleep(3 * time.Second) // an asker that needs a while to let go
				late.Store(true)
				return cluster.Observation{Reach: cluster.ReachOK, Vitals: &cluster.Vitals{}}
			}
			return o
		}}
		b := &book{}
		sink := sinkFunc(func(ctx context.Context, r cluster.Report) error {
			if r.Observation.Cluster == "HQ" && forgotten.Load() {
				t.Errorf("a report after it was forgotten: %+v", r.Observation)
			}
			return b.Record(ctx, r)
		})
		c, err := collector.New(collector.Options{Ask: w, Sink: sink})
		if err != nil {
			t.Fatal(err)
		}
		watch(t, c, picture("HQ", "HV-01", "HV-02"))
		watch(t, c, picture("BR", "BR-01"))
		watch(t, c, picture("gone before it began", "X"))
		c.Forget("gone before it began")
		c.Forget("nobody")
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		pass(2 * time.Second)
		c.Forget("HQ")
		forgotten.Store(true)
		if !late.Load() {
			t.Error("Forget did not wait for the question under way")
		}
		from := time.Now()
		pass(time.Minute)
		if n := len(since(w.of("HV-02", cluster.QuestionVitals), from)); n > 0 {
			t.Errorf("a forgotten cluster was asked %d times", n)
		}
		if n := len(since(w.of("BR-01", cluster.QuestionVitals), from)); n < 12 {
			t.Errorf("the other cluster was asked %d times in a minute", n)
		}
		if slices.ContainsFunc(w.of("X", cluster.QuestionVitals), func(asked) bool { return true }) {
			t.Error("a cluster forgotten before Run was asked")
		}
		forgotten.Store(false)
		watch(t, c, picture("HQ", "HV-02"))
		pass(time.Second)
		if r := b.last(); r.Picture.Cluster != "HQ" && r.Picture.Cluster != "BR" {
			t.Errorf("%+v", r)
		}
		if n := len(since(w.of("HV-02", cluster.QuestionVitals), from.Add(time.Minute))); n != 1 {
			t.Errorf("added again it was asked %d times", n)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		calls := len(w.of("", cluster.QuestionVitals))
		watch(t, c, picture("late", "Y"))
		watch(t, c, picture("HQ", "HV-02", "HV-03"))
		pass(time.Minute)
		if n := len(w.of("", cluster.QuestionVitals)); n != calls {
			t.Error("after the end somebody was asked")
		}
		c.Forget("late")
		if c.Run(ctx) == nil {
			t.Error("Run ran twice")
		}
	})
}

type sinkFunc func(context.Context, cluster.Report) error

func (f sinkFunc) Record(ctx context.Context, r cluster.Report) error { return f(ctx, r) }

// Everything at once, for the race detector.
func TestWatchForgetAndWakeTogether(t *testing.T) {
	w := &wire{delay: 30 * time.Millisecond}
	hq := picture("HQ", "HV-01", "HV-02", "HV-03")
	run(t, w, collector.Options{Clusters: []*cluster.Picture{hq}}, func(c *collector.Collector, b *book) {
		done := make(chan struct{})
		for i := range 4 {
			go func() {
				defer func() { done <- struct{}{} }()
				for n := range 50 {
					switch (n + i) % 4 {
					case 0:
						_ = c.Watch(paused(hq, "HV-02"))
					case 1:
						_ = c.Watch(picture("HQ", "HV-01", "HV-04"))
					case 2:
						c.Forget("HQ")
					default:
						_ = c.Watch(hq)
					}
					c.Wake("HQ", "HV-01")
					time.Sleep(time.Duration(17*(i+1)) * time.Millisecond)
				}
			}()
		}
		for range 4 {
			<-done
		}
		watch(t, c, hq)
		from := time.Now()
		pass(20 * time.Second)
		for _, n := range hq.Members {
			if calls := len(since(w.of(n, cluster.QuestionVitals), from)); calls < 4 || calls > 6 {
				t.Errorf("%s was asked %d times in 20 s: loops were lost or doubled", n, calls)
			}
		}
		if p := b.last().Picture; p.StateAt.Before(from) {
			t.Error("the state is not asked any more")
		}
	})
}

func TestWatchTriesARejectedPasswordAgain(t *testing.T) {
	var reach atomic.Int64
	reach.Store(int64(cluster.ReachPassword))
	w := &wire{answer: func(context.Context, asked) cluster.Observation {
		return cluster.Observation{Reach: cluster.Reach(reach.Load())}
	}}
	hq := picture("HQ", "HV-01", "HV-02")
	run(t, w, collector.Options{Clusters: []*cluster.Picture{hq}}, func(c *collector.Collector, b *book) {
		pass(30 * time.Second)
		calls := len(w.of("HV-02", cluster.QuestionVitals)) + len(w.of("HV-02", cluster.QuestionState))
		watch(t, c, hq) // still wrong: one attempt, and rest again
		pass(4 * time.Minute)
		if n := len(w.of("HV-02", cluster.QuestionVitals)) + len(w.of("HV-02", cluster.QuestionState)); n != calls+1 {
			t.Errorf("%d attempts after the password was changed to another wrong one, want 1", n-calls)
		}
		reach.Store(int64(cluster.ReachUnknown)) // a good answer
		watch(t, c, hq)
		pass(time.Second)
		for _, n := range hq.Members {
			if c := contactOf(b, n); c.Reach != cluster.ReachOK || c.Breaker != cluster.BreakerClosed {
				t.Errorf("%s a second after the password was put right: %+v", n, c)
			}
		}
		reach.Store(int64(cluster.ReachRefused)) // rests for a minute, not for five
		pass(40 * time.Second)
		if c := contactOf(b, "HV-01"); c.Breaker != cluster.BreakerOpen || time.Until(c.RetryAt) > time.Minute+time.Second {
			t.Errorf("%+v", c)
		}
	})
}

func TestProcessModeIsAskedLessOften(t *testing.T) {
	var modes atomic.Value
	modes.Store("HV-01 HV-02 HV-03")
	w := &wire{delay: time.Second}
	w.answer = func(_ context.Context, a asked) cluster.Observation {
		o := w.good(a.q)
		o.Mode = cluster.ModeLoop
		if strings.Contains(modes.Load().(string), a.node) {
			o.Mode = cluster.ModeProcess
		}
		return o
	}
	run(t, w, collector.Options{}, func(c *collector.Collector, b *book) {
		gaps := func(node string, q cluster.Question, from time.Time, want time.Duration) {
			t.Helper()
			calls := since(w.of(node, q), from)
			if len(calls) < 3 {
				t.Errorf("%s of %q was asked %d times", q, node, len(calls))
			}
			for i := 1; i < len(calls); i++ {
				if gap := calls[i].at.Sub(calls[i-1].at); gap > want || gap < want*9/10 {
					t.Errorf("%s of %q: asked %s after the last time, want %s", q, node, gap, want)
				}
			}
		}
		pass(time.Minute)
		from := time.Now()
		for range 20 * 60 {
			pass(time.Second)
			p, now := b.last().Picture, time.Now()
			if p.StateStale(now) || p.StorageStale(now) || p.VitalsStale("HV-02", now) || p.InventoryStale("HV-02", now) {
				t.Fatalf("something is called stale: %+v", p)
			}
		}
		gaps("HV-02", cluster.QuestionVitals, from, 30*time.Second)
		gaps("HV-02", cluster.QuestionInventory, from, 5*time.Minute)
		gaps("", cluster.QuestionState, from, 30*time.Second)
		gaps("", cluster.QuestionStorage, from, 2*time.Minute)

		// Something happened: it is asked more often, but not every second.
		from = time.Now()
		c.Wake("HQ", "HV-01")
		pass(14 * time.Second)
		if n := len(since(w.of("", cluster.QuestionState), from)); n < 2 || n > 3 {
			t.Errorf("the state was asked %d times in the 14 s after a wake-up", n)
		}
		pass(time.Minute)

		// One that has a loop answers for the cluster, and fast.
		modes.Store("HV-01 HV-02")
		pass(2*time.Minute + time.Second)
		from = time.Now()
		pass(10 * time.Minute)
		for _, a := range append(since(w.of("", cluster.QuestionState), from), since(w.of("", cluster.QuestionStorage), from)...) {
			if a.node != "HV-03" {
				t.Fatalf("%s was asked of %s", a.q, a.node)
			}
		}
		gaps("", cluster.QuestionState, from, 5*time.Second)
		gaps("", cluster.QuestionStorage, from, 30*time.Second)
		gaps("HV-03", cluster.QuestionVitals, from, 5*time.Second)
		gaps("HV-02", cluster.QuestionVitals, from, 30*time.Second)
	})
}

// Starting PowerShell takes seconds: a slow answer is waited for.
func TestProcessModeIsGivenTime(t *testing.T) {
	w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
		select {
		case <-ctx.Done():
			return timedOut()
		case <-time.After(12 * time.Second):
			return o
		}
	}}
	known := picture("HQ", "HV-01")
	known.Nodes["HV-01"] = cluster.NodeView{Contact: cluster.Contact{Mode: cluster.ModeProcess}}
	run(t, w, collector.Options{Clusters: []*cluster.Picture{known}}, func(_ *collector.Collector, b *book) {
		pass(2 * time.Minute)
		for _, r := range b.all() {
			if !r.Observation.OK() {
				t.Errorf("%+v", r.Observation)
			}
		}
		if len(b.all()) < 8 {
			t.Errorf("%d answers", len(b.all()))
		}
	})
}
