package collector

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"looksalive/cluster"
)

// member is one node we ask.
type member struct {
	cluster *clusterLoop
	name    string
	breaker *breaker
	vitals  chan struct{} // wakes the loop of light facts
	full    chan struct{} // wakes the loop of full facts
	failing atomic.Bool   // the last attempt did not reach it
	slow    atomic.Bool   // every question starts a process there

	ctx context.Context // ends when it is no longer asked; nil before Run
	end context.CancelFunc
}

func newMember(l *clusterLoop, name string) *member {
	m := &member{
		cluster: l, name: name, breaker: newBreaker(),
		vitals: make(chan struct{}, 1), full: make(chan struct{}, 1),
	}
	m.slow.Store(l.picture.Nodes[name].Contact.Mode == cluster.ModeProcess)
	return m
}

func (m *member) attach() { m.ctx, m.end = context.WithCancel(m.cluster.ctx) }

func (m *member) wakeVitals() { poke(m.vitals) }

// period is how often a question is asked here.
func (m *member) period(q cluster.Question) time.Duration {
	if m.slow.Load() {
		return q.PeriodIn(cluster.ModeProcess)
	}
	return q.Period()
}

// patience is how long an answer is waited for. A node that did not answer last
// time may need to start a shell first; one that starts PowerShell for each question
// needs seconds for that alone (recorded: a median of 3.7 s on a small machine).
func (m *member) patience(q cluster.Question) time.Duration {
	limit := m.cluster.c.timeout(q)
	switch {
	case m.slow.Load():
		return max(limit, min(4*limit, m.period(q)*2/3))
	case m.failing.Load():
		return 2 * limit
	}
	return limit
}

// runVitals asks for the light facts. It is also the one that tries a node
// whose breaker rests.
func (m *member) runVitals(ctx context.Context, p *pace) {
	resting := false // it is recorded that we hold back
	for wait := p.first(); pause(ctx, wait, m.vitals, p); {
		p.begun = time.Now()
		if state, _ := m.breaker.state(); state == cluster.BreakerHalfOpen {
			m.cluster.record(ctx, m.held(cluster.QuestionVitals, "trying again now"))
		}
		o, asked := m.question(ctx, cluster.QuestionVitals)
		if ctx.Err() != nil {
			return
		}
		if asked {
			m.cluster.record(ctx, o)
		}
		p.period = m.period(cluster.QuestionVitals)
		wait = p.next()
		state, rest := m.breaker.state()
		if state != cluster.BreakerOpen {
			resting = false
			continue
		}
		wait = rest
		if !resting || asked {
			resting = true
			m.cluster.record(ctx, m.held(cluster.QuestionVitals, m.breaker.why()))
		}
	}
}

// runInventory asks for the full facts, when nothing speaks against it.
func (m *member) runInventory(ctx context.Context, p *pace) {
	for wait := p.first(); sleep(ctx, wait, m.full); wait = p.next() {
		p.begun, p.period = time.Now(), m.period(cluster.QuestionInventory)
		if state, _ := m.breaker.state(); state != cluster.BreakerClosed {
			continue
		}
		o, asked := m.question(ctx, cluster.QuestionInventory)
		if ctx.Err() != nil {
			return
		}
		if asked {
			m.cluster.record(ctx, o)
		}
	}
}

// question asks within the deadline and through the breaker. asked is false
// when the breaker held it back, ctx ended meanwhile, or the node is no longer to be
// asked: then there is no observation.
func (m *member) question(ctx context.Context, q cluster.Question) (o cluster.Observation, asked bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	if m.ctx.Err() != nil {
		return o, false
	}
	limit := m.patience(q)
	o, asked = m.breaker.try(func() cluster.Observation {
		within, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return m.guarded(within, q)
	}, func() bool { return ctx.Err() != nil })
	if !asked || ctx.Err() != nil {
		return o, false
	}
	if o.OK() && o.Mode != cluster.ModeUnknown {
		m.slow.Store(o.Mode == cluster.ModeProcess)
	}
	if o.OK() || o.Reach.OnTheWay() || !q.OfCluster() && o.Reach != cluster.ReachNotAsked {
		m.turned(m.failing.Swap(!o.OK()), !o.OK(), q)
	}
	o.Breaker, o.RetryAt = m.breakerNow()
	return o, true
}

// turned acts on a node that fell silent or came back: the cluster is asked
// what happened, and the node for what was missed.
func (m *member) turned(was, is bool, q cluster.Question) {
	if was == is {
		return
	}
	if is {
		m.cluster.distrust(m)
	} else {
		poke(m.full)
	}
	if q != cluster.QuestionVitals {
		m.wakeVitals()
	}
	m.cluster.alarm()
}

// guarded asks, and makes an observation even of a panic.
func (m *member) guarded(ctx context.Context, q cluster.Question) (o cluster.Observation) {
	c := m.cluster.c
	begun := time.Now()
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("asking panicked", "cluster", m.cluster.name, "node", m.name, "script", q.String(), "err", r, "stack", string(debug.Stack()))
			o = cluster.Observation{Reach: cluster.ReachBadAnswer, Detail: "reading the answer failed inside this program; its log says more"}
		}
		o.Cluster, o.Node, o.Question = m.cluster.name, m.name, q
		if o.At.IsZero() {
			o.At = c.now().UTC()
		}
		if o.Took == 0 {
			o.Took = time.Since(begun)
		}
		if o.Reach == cluster.ReachUnknown {
			o.Reach, o.Detail = cluster.ReachBadAnswer, "no reason was given"
		}
	}()
	return c.ask.Ask(ctx, m.cluster.name, m.name, q)
}

// held is the observation that we hold back.
func (m *member) held(q cluster.Question, why string) cluster.Observation {
	o := cluster.Observation{
		Cluster: m.cluster.name, Node: m.name, Question: q,
		At: m.cluster.c.now().UTC(), Reach: cluster.ReachNotAsked, Detail: why,
	}
	o.Breaker, o.RetryAt = m.breakerNow()
	return o
}

func (m *member) breakerNow() (cluster.BreakerState, time.Time) {
	state, rest := m.breaker.state()
	if state != cluster.BreakerOpen {
		return state, time.Time{}
	}
	return state, m.cluster.c.now().Add(rest).UTC()
}
