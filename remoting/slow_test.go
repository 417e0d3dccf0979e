package remoting

import (
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
)

func TestSlowQuestionsGetASessionOfTheirOwn(t *testing.T) {
	s := newRogue(t, true, polite("1"))
	var now, step atomic.Int64 // the clock advances by step each time it is read
	c := s.client(t, cluster.AuthBasic, func(o *Options) {
		o.Now = func() time.Time { return asked.Add(time.Duration(now.Add(step.Load()))) }
	})
	storage := func() {
		t.Helper()
		if o := c.Ask(t.Context(), "c", "n1", cluster.QuestionStorage); !o.OK() {
			t.Fatalf("storage: %v %s", o.Reach, o.Detail)
		}
	}
	sessions := func(want int) {
		t.Helper()
		if n := s.count("Create"); n != want {
			t.Errorf("%d sessions were opened, want %d", n, want)
		}
	}
	vitals(t, c)
	storage()
	storage()
	sessions(1)
	step.Store(int64(slowAfter) + 1)
	storage() // it was slow
	step.Store(0)
	sessions(1)
	storage()
	sessions(2)
	p := c.peer("c", "n1")
	p.second.turn <- struct{}{} // as if storage were asked for at this moment
	if o := vitals(t, c); !o.OK() {
		t.Errorf("vitals beside slow storage: %v %s", o.Reach, o.Detail)
	}
	<-p.second.turn
	sessions(2)
	now.Add(int64(slowFor) + 1)
	storage() // it was not slow for long: back to the one session
	sessions(2)
	c.work.Wait()
	if p.second != nil || s.count("Delete") != 1 {
		t.Errorf("the second session is kept: %v, %d deleted", p.second, s.count("Delete"))
	}
}

func TestMissedSlowQuestionsGetASessionOfTheirOwn(t *testing.T) {
	l := newSlowLoop(t)
	var now atomic.Int64
	c := l.client(t, cluster.AuthBasic, func(o *Options) {
		o.Now = func() time.Time { return asked.Add(time.Duration(now.Load())) }
	})
	ctx := expiring{t.Context(), make(chan struct{})}
	got := make(chan cluster.Observation)
	go func() { got <- c.Ask(ctx, "c", "n1", cluster.QuestionStorage) }()
	<-l.asked
	now.Store(int64(slowAfter) + 1)
	close(ctx.done)
	if o := <-got; o.Reach != cluster.ReachTimeout {
		t.Errorf("got %v %s, want a timeout", o.Reach, o.Detail)
	}
	if p := c.peer("c", "n1"); p.aside() == nil {
		t.Error("storage that does not answer keeps the one session")
	}
}
