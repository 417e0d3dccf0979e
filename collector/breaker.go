package collector

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"looksalive/cluster"
)

const (
	breakerTrips = 5                // failures in a row that open it
	breakerRests = 60 * time.Second // how long it stays open before the next attempt
	// passwordRests is how long it stays open after a rejected password. The asker
	// tries it no more until it was changed or somebody asks for it, so all that the
	// rare attempt finds out is whether that happened.
	passwordRests = 5 * time.Minute
)

// breaker holds back questions to a node that does not answer. gobreaker does
// the counting; this adds when the next attempt comes, which it does not tell,
// and a fresh start when the cluster says the node is back.
type breaker struct {
	refused atomic.Bool // the last answer that counted was that the password is wrong

	mu    sync.Mutex
	cb    *gobreaker.CircuitBreaker[cluster.Observation]
	rests time.Duration // of cb
	until time.Time     // monotonic: when an open breaker lets the next attempt through
}

var (
	errFailed   = errors.New("no answer")         // counts
	errNoMatter = errors.New("not to be counted") // does not count
)

func newBreaker() *breaker {
	b := &breaker{}
	b.reset()
	return b
}

// reset forgets all failures.
func (b *breaker) reset() {
	b.refused.Store(false)
	b.renew(breakerRests)
}

// renew puts a closed breaker in the place of the old one: gobreaker's rest cannot
// be changed.
func (b *breaker) renew(rests time.Duration) *gobreaker.CircuitBreaker[cluster.Observation] {
	cb := gobreaker.NewCircuitBreaker[cluster.Observation](gobreaker.Settings{
		Timeout:     rests,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= breakerTrips || b.refused.Load() },
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoMatter) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				// gobreaker lets through only after the moment, not at it.
				b.setUntil(time.Now().Add(rests + time.Millisecond))
			}
		},
	})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cb, b.rests, b.until = cb, rests, time.Time{}
	return cb
}

// settle gives the breaker the rest that belongs to what it last heard.
func (b *breaker) settle() {
	rests := breakerRests
	if b.refused.Load() {
		rests = passwordRests
	}
	b.mu.Lock()
	same := b.rests == rests
	b.mu.Unlock()
	if same {
		return
	}
	cb := b.renew(rests)
	if b.refused.Load() {
		_, _ = cb.Execute(func() (cluster.Observation, error) { return cluster.Observation{}, errFailed })
	}
}

// why says why the breaker is open.
func (b *breaker) why() string {
	if b.refused.Load() {
		return "the password was rejected; it is not tried again until it is changed, so that the account is not locked"
	}
	return fmt.Sprintf("%d attempts in a row failed", breakerTrips)
}

func (b *breaker) setUntil(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.until = t
}

func (b *breaker) get() (*gobreaker.CircuitBreaker[cluster.Observation], time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cb, b.until
}

// state says whether questions pass, and if not, after what time one may.
func (b *breaker) state() (cluster.BreakerState, time.Duration) {
	cb, until := b.get()
	switch cb.State() {
	case gobreaker.StateOpen:
		return cluster.BreakerOpen, max(time.Until(until), 0)
	case gobreaker.StateHalfOpen:
		return cluster.BreakerHalfOpen, 0
	default:
		return cluster.BreakerClosed, 0
	}
}

// try asks if the breaker lets it. A question that was cut off by us counts
// neither way. Of the questions about the cluster only answers count: they are
// asked often when something happens, and a blink of the network must not open
// the breakers of a whole cluster within seconds. A rejected password counts
// whatever was asked, and opens the breaker at once: trying again and again would
// lock the account.
func (b *breaker) try(ask func() cluster.Observation, cutOff func() bool) (cluster.Observation, bool) {
	cb, _ := b.get()
	o, err := cb.Execute(func() (cluster.Observation, error) {
		o := ask()
		refused := o.Reach == cluster.ReachPassword
		switch {
		case cutOff(), o.Reach == cluster.ReachNotAsked:
			return o, errNoMatter
		case o.Question.OfCluster() && !o.OK() && !refused:
			return o, errNoMatter
		}
		b.refused.Store(refused)
		if o.OK() {
			return o, nil
		}
		return o, errFailed
	})
	asked := !errors.Is(err, gobreaker.ErrOpenState) && !errors.Is(err, gobreaker.ErrTooManyRequests)
	if asked && !errors.Is(err, errNoMatter) {
		b.settle()
	}
	return o, asked
}
