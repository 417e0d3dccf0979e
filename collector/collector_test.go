package collector_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
	"looksalive/collector"
)

func TestCadence(t *testing.T) {
	w := &wire{delay: 20 * time.Millisecond}
	run(t, w, collector.Options{Seed: 7}, func(_ *collector.Collector, b *book) {
		start := time.Now()
		pass(time.Second)
		if p := b.last().Picture; p.State == nil || p.Storage == nil || len(p.Nodes) != 3 {
			t.Errorf("after one second the picture is not filled: %+v", p)
		}
		pass(10 * time.Minute)
		for _, q := range cluster.Questions {
			nodes := []string{"HV-01", "HV-02", "HV-03"}
			if q.OfCluster() {
				nodes = []string{""}
			}
			for _, n := range nodes {
				calls := w.of(n, q)
				gaps := map[time.Duration]bool{}
				for i := 1; i < len(calls); i++ {
					gap := calls[i].at.Sub(calls[i-1].at)
					gaps[gap.Round(time.Millisecond)] = true
					if gap > q.Period() || gap < q.Period()*9/10 {
						t.Errorf("%s of %q: asked %s after the last time, at %s", q, n, gap, calls[i].at.Sub(start))
					}
				}
				if len(gaps) < 5 {
					t.Errorf("%s of %q: no jitter: %v", q, n, gaps)
				}
			}
		}
		speakers := map[string]bool{}
		for _, a := range w.of("", cluster.QuestionState) {
			speakers[a.node] = true
		}
		if len(speakers) != 1 {
			t.Errorf("the state was asked of %v, want one that is kept", speakers)
		}
	})
}

func TestManyNodesDoNotStartAsAHerd(t *testing.T) {
	w := &wire{}
	var pictures []*cluster.Picture
	for c := range 63 {
		var members []string
		for n := range 16 {
			members = append(members, fmt.Sprintf("c%02d-hv-%02d", c, n))
		}
		pictures = append(pictures, cluster.NewPicture(fmt.Sprintf("c%02d", c), members))
	}
	w.state = func() *cluster.State { return &cluster.State{} }
	run(t, w, collector.Options{Clusters: pictures}, func(*collector.Collector, *book) {
		start := time.Now()
		pass(5 * time.Second)
		first := map[string]bool{}
		perTenth := map[int]int{}
		for _, a := range w.of("", cluster.QuestionVitals) {
			if !first[a.node] {
				first[a.node] = true
				perTenth[int(a.at.Sub(start)/(100*time.Millisecond))]++
			}
		}
		if len(first) != 63*16 {
			t.Errorf("%d of %d nodes were asked within the first period", len(first), 63*16)
		}
		for slot, n := range perTenth {
			if n > 60 { // 20 on average
				t.Errorf("%d nodes were asked within one tenth of a second (%d)", n, slot)
			}
		}
	})
}

func TestRoundsOfAllNodesBeginTogether(t *testing.T) {
	w := &wire{delay: 3 * time.Millisecond}
	run(t, w, collector.Options{}, func(*collector.Collector, *book) {
		epoch := time.Now()
		pass(10 * time.Minute)
		off := 0
		calls := since(w.of("", cluster.QuestionVitals), epoch.Add(6*time.Second))
		for _, a := range calls {
			if a.at.Sub(epoch)%(25*time.Millisecond) != 0 {
				off++
			}
		}
		if len(calls) < 300 || off > 0 {
			t.Errorf("%d of %d questions were not asked on the grid", off, len(calls))
		}
	})
}

func TestStateFailsOverInTheSameRound(t *testing.T) {
	var dead atomic.Value
	dead.Store("")
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == dead.Load() {
			return refused()
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(12 * time.Second)
		speaker := b.last().Picture.StateFrom
		dead.Store(speaker)
		before := len(b.all())
		pass(5 * time.Second)
		p := b.last().Picture
		if p.StateFrom == speaker || time.Since(p.StateAt) > 2*time.Second {
			t.Errorf("state from %s, %s old; %s is dead", p.StateFrom, time.Since(p.StateAt), speaker)
		}
		for i, r := range b.all()[before:] {
			if r.Observation.Node == speaker && r.Observation.Question == cluster.QuestionState {
				next := b.all()[before+i+1]
				if d := next.Observation.At.Sub(r.Observation.At); d > 0 {
					t.Errorf("the next node was asked %s later", d)
				}
			}
		}
		kept := p.StateFrom
		dead.Store("")
		pass(time.Minute)
		if got := b.last().Picture.StateFrom; got != kept {
			t.Errorf("state from %s, want to stay with %s", got, kept)
		}
	})
}

func TestWakeCutsOffADeadSpeaker(t *testing.T) {
	var dead atomic.Value
	dead.Store("")
	w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
		if a.node == dead.Load() {
			return blackHole(ctx)
		}
		return o
	}}
	run(t, w, collector.Options{}, func(c *collector.Collector, b *book) {
		pass(12 * time.Second)
		speaker := b.last().Picture.StateFrom
		dead.Store(speaker)
		for n := len(w.of(speaker, cluster.QuestionState)); len(w.of(speaker, cluster.QuestionState)) == n; {
			pass(10 * time.Millisecond)
		}
		c.Wake("HQ", speaker)
		woken := time.Now()
		pass(300 * time.Millisecond)
		p := b.last().Picture
		if p.StateFrom == speaker || p.StateAt.Before(woken) {
			t.Errorf("state from %s at %s, want another node's after the wake-up at %s", p.StateFrom, p.StateAt, woken)
		}
		for _, r := range b.all() {
			if o := r.Observation; o.Node == speaker && o.Question == cluster.QuestionState && !o.OK() {
				t.Errorf("the question we cut off ourselves was recorded as the node's failure: %+v", o)
			}
		}
	})
}

func TestSilentNodeDoesNotHoldUpTheState(t *testing.T) {
	var dead atomic.Value
	dead.Store("")
	w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
		switch {
		case a.node != dead.Load():
			return o
		case a.q == cluster.QuestionVitals:
			return refused()
		}
		<-ctx.Done()
		return timedOut()
	}}
	// With a patience of a minute only the silence of the node's own question
	// can end the question about the state in time.
	slow := func(cluster.Question) time.Duration { return time.Minute }
	run(t, w, collector.Options{Timeout: slow}, func(_ *collector.Collector, b *book) {
		pass(12 * time.Second)
		speaker := b.last().Picture.StateFrom
		dead.Store(speaker)
		pass(11 * time.Second)
		if p := b.last().Picture; p.StateFrom == speaker || time.Since(p.StateAt) > 5*time.Second {
			t.Errorf("state from %s, %s old", p.StateFrom, time.Since(p.StateAt))
		}
	})
}

func TestWake(t *testing.T) {
	w := &wire{}
	run(t, w, collector.Options{}, func(c *collector.Collector, _ *book) {
		pass(31 * time.Second)
		woken := time.Now()
		c.Wake("HQ", "hv-02.corp.example")
		c.Wake("HQ", "nobody")
		c.Wake("nowhere", "HV-01")
		pass(250 * time.Millisecond)
		if n := len(since(w.of("HV-02", cluster.QuestionVitals), woken)); n == 0 {
			t.Error("the node was not asked within 250 ms of the wake-up")
		}
		if n := len(since(w.of("", cluster.QuestionState), woken)); n == 0 {
			t.Error("the state was not asked within 250 ms of the wake-up")
		}
		pass(14*time.Second - 250*time.Millisecond)
		if n := len(since(w.of("", cluster.QuestionState), woken)); n < 13 || n > 17 {
			t.Errorf("the state was asked %d times in the 14 s after the wake-up, want one a second", n)
		}
		pass(6 * time.Second)
		calm := time.Now()
		pass(30 * time.Second)
		if n := len(since(w.of("", cluster.QuestionState), calm)); n < 6 || n > 7 {
			t.Errorf("the state was asked %d times in 30 s of calm", n)
		}
	})
}

func TestWakeStormIsFolded(t *testing.T) {
	w := &wire{}
	run(t, w, collector.Options{}, func(c *collector.Collector, _ *book) {
		pass(10 * time.Second)
		from := time.Now()
		for range 1000 {
			c.Wake("HQ", "HV-01")
			pass(time.Millisecond)
		}
		if n := len(since(w.of("HV-01", cluster.QuestionVitals), from)); n > 7 {
			t.Errorf("the node was asked %d times within a second of wake-ups", n)
		}
	})
}

func TestFirstFailureAlertsTheCluster(t *testing.T) {
	var dead atomic.Bool
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if dead.Load() && a.node == "HV-03" && a.q == cluster.QuestionVitals {
			return refused()
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(20 * time.Second)
		dead.Store(true)
		for b.last().Picture.Nodes["HV-03"].Contact.Failures == 0 {
			pass(10 * time.Millisecond)
		}
		failed := time.Now()
		pass(4 * time.Second)
		if n := len(since(w.of("", cluster.QuestionState), failed)); n < 4 {
			t.Errorf("the state was asked %d times in the 4 s after a node fell silent", n)
		}
	})
}

func TestBreaker(t *testing.T) {
	var dead atomic.Bool
	dead.Store(true)
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if dead.Load() && a.node == "HV-02" {
			return refused()
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		contact := func() cluster.Contact { return b.last().Picture.Nodes["HV-02"].Contact }
		for i := 0; contactOf(b, "HV-02").Breaker != cluster.BreakerOpen; i++ {
			pass(10 * time.Millisecond)
			if i > 3000 {
				t.Fatal("the breaker has not opened within 30 s")
			}
		}
		opened := time.Now()
		if c := contact(); c.Failures != 5 || c.Reach != cluster.ReachRefused {
			t.Errorf("open after %d failures: %s", c.Failures, c.Reach)
		}
		if d := contact().RetryAt.Sub(opened); d < 59*time.Second || d > 61*time.Second {
			t.Errorf("the next attempt is announced in %s", d)
		}
		held := 0
		for _, r := range b.all() {
			if o := r.Observation; o.Node == "HV-02" && o.Reach == cluster.ReachNotAsked {
				held++
			}
		}
		if held != 1 {
			t.Errorf("that we hold back was recorded %d times", held)
		}
		asked := func(from time.Time) int {
			n := 0
			for _, q := range cluster.Questions {
				n += len(since(w.of("HV-02", q), from))
			}
			return n
		}
		pass(59 * time.Second)
		if n := asked(opened.Add(time.Millisecond)); n != 0 {
			t.Errorf("the node was asked %d times while the breaker was open", n)
		}
		pass(2 * time.Second)
		if n := asked(opened.Add(time.Millisecond)); n != 1 {
			t.Errorf("the node was asked %d times when the breaker half opened, want one attempt", n)
		}
		if c := contact(); c.Breaker != cluster.BreakerOpen || c.Failures != 6 {
			t.Errorf("after a failed attempt: %+v", c)
		}
		if got, want := breakerStates(b, "HV-02"), []string{"closed", "open", "half-open", "open"}; !cmp.Equal(got, want) {
			t.Errorf("recorded states of the breaker: %s", cmp.Diff(want, got))
		}
		dead.Store(false)
		pass(61 * time.Second)
		if c := contact(); c.Breaker != cluster.BreakerClosed || !c.RetryAt.IsZero() || c.Failures != 0 {
			t.Errorf("after a good attempt: %+v", c)
		}
		pass(30 * time.Second)
		if n := len(since(w.of("HV-02", cluster.QuestionVitals), time.Now().Add(-25*time.Second))); n < 5 {
			t.Errorf("asked %d times in 25 s after it closed", n)
		}
		if v := b.last().Picture.Nodes["HV-02"]; v.Inventory == nil {
			t.Error("the missed full facts were not asked for when the node came back")
		}
	})
}

func TestRejectedPasswordOpensTheBreakerAtOnce(t *testing.T) {
	var wrong atomic.Bool
	wrong.Store(true)
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if wrong.Load() {
			return cluster.Observation{Reach: cluster.ReachPassword, Detail: "rejected"}
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		perNode := func() map[string]int {
			out := map[string]int{}
			for _, q := range cluster.Questions {
				for _, a := range w.of("", q) {
					out[a.node]++
				}
			}
			return out
		}
		pass(58 * time.Second)
		if got, want := perNode(), map[string]int{"HV-01": 1, "HV-02": 1, "HV-03": 1}; !cmp.Equal(got, want) {
			t.Errorf("attempts in the first minute: %s", cmp.Diff(want, got))
		}
		for _, n := range []string{"HV-01", "HV-02", "HV-03"} {
			c := contactOf(b, n)
			if c.Breaker != cluster.BreakerOpen || c.Reach != cluster.ReachPassword || c.Failures != 1 || c.RetryAt.IsZero() {
				t.Errorf("%s: %+v", n, c)
			}
		}
		said := false
		for _, r := range b.all() {
			said = said || r.Observation.Reach == cluster.ReachNotAsked && strings.Contains(r.Observation.Detail, "password")
		}
		if !said {
			t.Error("nothing says why we hold back")
		}
		pass(5 * time.Minute)
		if got, want := perNode(), map[string]int{"HV-01": 2, "HV-02": 2, "HV-03": 2}; !cmp.Equal(got, want) {
			t.Errorf("attempts in six minutes: %s", cmp.Diff(want, got))
		}
		wrong.Store(false)
		pass(5 * time.Minute)
		for _, n := range []string{"HV-01", "HV-02", "HV-03"} {
			if c := contactOf(b, n); c.Breaker != cluster.BreakerClosed || c.Reach != cluster.ReachOK {
				t.Errorf("with the right password %s: %+v", n, c)
			}
		}
	})
}

func TestNotAskedIsNoFailure(t *testing.T) {
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-02" {
			return cluster.Observation{Reach: cluster.ReachNotAsked, Detail: "others first"}
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(time.Minute)
		if c := contactOf(b, "HV-02"); c.Failures != 0 || c.Breaker != cluster.BreakerClosed || !c.LastTry.IsZero() {
			t.Errorf("%+v", c)
		}
		if n := len(w.of("HV-02", cluster.QuestionVitals)); n < 12 || n > 14 {
			t.Errorf("asked %d times in a minute", n)
		}
		if n := len(w.of("HV-01", cluster.QuestionState)) + len(w.of("HV-03", cluster.QuestionState)); n > 14 {
			t.Errorf("the state was asked %d times in a minute, as if something had happened", n)
		}
		if f := b.last().Faults; len(f) > 0 {
			t.Errorf("faults %+v", f)
		}
	})
}

func contactOf(b *book, node string) cluster.Contact {
	all := b.all()
	if len(all) == 0 {
		return cluster.Contact{}
	}
	return all[len(all)-1].Picture.Nodes[node].Contact
}

// breakerStates lists the states as recorded, without repeats.
func breakerStates(b *book, node string) []string {
	var out []string
	for _, r := range b.all() {
		if r.Observation.Node != node {
			continue
		}
		if s := r.Observation.Breaker.String(); len(out) == 0 || out[len(out)-1] != s {
			out = append(out, s)
		}
	}
	return out
}

func TestRejoinStartsAfresh(t *testing.T) {
	var dead atomic.Bool
	dead.Store(true)
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if dead.Load() && a.node == "HV-02" {
			return refused()
		}
		return o
	}}
	w.state = func() *cluster.State {
		s := threeUp()
		if dead.Load() {
			s.Nodes[1].State = cluster.NodeDown
		}
		return s
	}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		for range 60 {
			pass(time.Second)
			if contactOf(b, "HV-02").Breaker == cluster.BreakerOpen {
				break
			}
		}
		pass(time.Second)
		dead.Store(false)
		pass(6 * time.Second)
		if c := contactOf(b, "HV-02"); c.Reach != cluster.ReachOK || c.Breaker != cluster.BreakerClosed {
			t.Errorf("the cluster has the node back, we do not: %+v", c)
		}
		if f := b.last().Faults; len(f) != 0 {
			t.Errorf("faults are left: %+v", f)
		}
	})
}

func TestEveryAnswerIsJudgedWhileSomethingIsWrong(t *testing.T) {
	var broken atomic.Bool
	broken.Store(true)
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-02" && a.q == cluster.QuestionVitals && broken.Load() {
			v := &cluster.Vitals{Services: []cluster.Service{{Name: "vmms", State: "Stopped", Start: "Auto"}}}
			return cluster.Observation{Reach: cluster.ReachOK, Vitals: v}
		}
		return o
	}}
	var known *cluster.Picture
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(30 * time.Second)
		known = b.last().Picture
		broken.Store(false)
		pass(10 * time.Second)
		for _, r := range b.all() {
			stopped := r.Picture.Nodes["HV-02"].Vitals != nil && len(r.Picture.Nodes["HV-02"].Vitals.Services) > 0
			if stopped != (len(r.Faults) > 0) {
				t.Errorf("service stopped: %v, but the report of %s of %s has the faults %+v", stopped, r.Observation.Question, r.Observation.Node, r.Faults)
			}
		}
	})
	broken.Store(true)
	run(t, w, collector.Options{Clusters: []*cluster.Picture{known}}, func(_ *collector.Collector, b *book) {
		pass(time.Second)
		if r := b.all()[0]; len(r.Faults) != 1 {
			t.Errorf("a picture known from before is reported with the faults %+v", r.Faults)
		}
	})
}

func TestFaultsComeWithTimeAlone(t *testing.T) {
	var dead atomic.Bool
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if dead.Load() {
			return refused()
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(20 * time.Second)
		dead.Store(true)
		pass(60 * time.Second)
		if f := b.last().Faults; len(f) == 0 || f[0].Kind != cluster.FaultClusterUnreachable {
			t.Errorf("nobody answers, faults are %+v", f)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		for i := 1; i < len(b.at); i++ {
			if d := b.at[i].Sub(b.at[i-1]); d > 5*time.Second {
				t.Errorf("no report for %s", d)
			}
		}
	})
}

func TestDeadline(t *testing.T) {
	w := &wire{answer: func(ctx context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-01" && a.q == cluster.QuestionVitals {
			return blackHole(ctx)
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(40 * time.Second)
		first := true
		for _, r := range b.all() {
			o := r.Observation
			if o.Node != "HV-01" || o.Question != cluster.QuestionVitals || o.Reach != cluster.ReachTimeout {
				continue
			}
			if first && o.Took != 5*time.Second {
				t.Errorf("the first question took %s, want to give up after 5 s", o.Took)
			}
			if o.Took > 10*time.Second {
				t.Errorf("a question took %s", o.Took)
			}
			first = false
		}
		if first {
			t.Error("no time-out was recorded")
		}
	})
}

func TestClockJumps(t *testing.T) {
	var jump atomic.Int64
	w := &wire{}
	now := func() time.Time { return time.Now().Add(time.Duration(jump.Load())) }
	run(t, w, collector.Options{Now: now}, func(_ *collector.Collector, b *book) {
		for _, d := range []time.Duration{0, time.Hour, -24 * time.Hour} {
			jump.Store(int64(d))
			from := time.Now()
			pass(time.Minute)
			if n := len(since(w.of("HV-01", cluster.QuestionVitals), from)); n < 12 || n > 14 {
				t.Errorf("clock set by %s: asked %d times within a minute", d, n)
			}
			r := b.last()
			if got := r.Observation.At.Sub(now()); got.Abs() > 6*time.Second {
				t.Errorf("clock set by %s: stamped %s off", d, got)
			}
			if len(r.Faults) > 0 {
				t.Errorf("clock set by %s: faults %+v", d, r.Faults)
			}
			if h, why := r.Picture.NodeHealth("HV-01", now()); h != cluster.Healthy {
				t.Errorf("clock set by %s: %s, %s", d, h, why)
			}
		}
	})
}

func TestSinkRefuses(t *testing.T) {
	var log bytes.Buffer
	w := &wire{}
	run(t, w, collector.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(_ *collector.Collector, b *book) {
		pass(10 * time.Second)
		before := len(b.all())
		b.setRefuse(true)
		pass(time.Minute)
		b.setRefuse(false)
		pass(10 * time.Second)
		if len(b.all()) <= before {
			t.Error("nothing was recorded after the sink took reports again")
		}
	})
	if n := strings.Count(log.String(), "not recorded"); n != 1 {
		t.Errorf("logged %d times that reports are not recorded, want once:\n%s", n, &log)
	}
	if n := strings.Count(log.String(), "recorded again"); n != 1 {
		t.Errorf("logged %d times that they are again:\n%s", n, &log)
	}
}

func TestPanicBecomesAnObservation(t *testing.T) {
	w := &wire{answer: func(_ context.Context, a asked) (o cluster.Observation) {
		if a.node == "HV-01" && a.q == cluster.QuestionVitals {
			panic("no such field")
		}
		return o
	}}
	run(t, w, collector.Options{}, func(_ *collector.Collector, b *book) {
		pass(12 * time.Second)
		c := contactOf(b, "HV-01")
		if n := len(w.of("HV-01", cluster.QuestionVitals)); n < 3 {
			t.Errorf("asked %d times: the loop did not go on", n)
		}
		if v := b.last().Picture.Nodes["HV-01"]; v.Vitals != nil || strings.Contains(c.Detail, "no such field") {
			t.Errorf("contact %+v", c)
		}
		if h, why := b.last().Picture.NodeHealth("HV-01", time.Now()); h != cluster.NoData {
			t.Errorf("%s, %s: want no data", h, why)
		}
	})
}

func TestStrangeNodeIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	w := &wire{}
	o := collector.Options{
		Clusters: []*cluster.Picture{cluster.NewPicture("HQ", []string{"HV-01", "HV-02"})},
		Logger:   slog.New(slog.NewTextHandler(&log, nil)),
	}
	run(t, w, o, func(*collector.Collector, *book) { pass(time.Minute) })
	if n := strings.Count(log.String(), "node=HV-03"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, &log)
	}
	if len(w.of("HV-03", cluster.QuestionVitals)) > 0 {
		t.Error("a node we were not told to ask was asked")
	}
}

func TestNewRefuses(t *testing.T) {
	w, b := &wire{}, &book{}
	two := func(a, b *cluster.Picture) []*cluster.Picture { return []*cluster.Picture{a, b} }
	hq := cluster.NewPicture("HQ", []string{"HV-01"})
	for name, o := range map[string]collector.Options{
		"no asker":      {Sink: b},
		"no sink":       {Ask: w},
		"no name":       {Ask: w, Sink: b, Clusters: two(hq, cluster.NewPicture("", []string{"x"}))},
		"no members":    {Ask: w, Sink: b, Clusters: two(hq, cluster.NewPicture("B", nil))},
		"no picture":    {Ask: w, Sink: b, Clusters: two(hq, nil)},
		"cluster twice": {Ask: w, Sink: b, Clusters: two(hq, hq)},
		"node twice":    {Ask: w, Sink: b, Clusters: two(hq, cluster.NewPicture("B", []string{"hv-1", "HV-1.corp"}))},
	} {
		if _, err := collector.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := collector.New(collector.Options{Ask: w, Sink: b}); err != nil {
		t.Errorf("no clusters: %v", err)
	}
}
