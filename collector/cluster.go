package collector

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"looksalive/cluster"
)

const (
	alertFor  = 15 * time.Second // how long a cluster is asked often after something happened
	alertPace = time.Second      // how often then
)

// clusterLoop is one cluster: its picture, its members, and its two loops.
type clusterLoop struct {
	c    *Collector
	name string
	wake chan struct{}

	ctx   context.Context // ends with the cluster; nil before Run
	end   context.CancelFunc
	loops sync.WaitGroup
	asks  context.CancelFunc // ends the two loops of the cluster; nil while there are none

	mu      sync.Mutex // guards what follows, and the order of reports
	picture *cluster.Picture
	faults  []cluster.Fault // of the picture
	judged  bool            // the picture was diagnosed
	deaf    bool            // the sink refused the last report
	strange map[string]bool // nodes of the cluster we were not told to ask, as logged

	turn     sync.Mutex // guards what follows
	members  []*member  // those that are asked; replaced, never changed
	speaker  *member    // answered the last question about the cluster
	doubted  *member    // something happened to it: ask it last
	asking   *member    // is being asked for the state now
	cutOff   context.CancelFunc
	alertEnd time.Time
}

func newClusterLoop(c *Collector, p *cluster.Picture) *clusterLoop {
	l := &clusterLoop{c: c, name: p.Cluster, picture: p, wake: make(chan struct{}, 1), strange: map[string]bool{}}
	for _, name := range p.Members {
		if !p.IsPaused(name) {
			l.members = append(l.members, newMember(l, name))
		}
	}
	return l
}

func (l *clusterLoop) member(name string) *member {
	for _, m := range l.asked() {
		if cluster.SameNode(m.name, name) {
			return m
		}
	}
	return nil
}

// asked lists the members that are asked.
func (l *clusterLoop) asked() []*member {
	l.turn.Lock()
	defer l.turn.Unlock()
	return l.members
}

// alarm asks for the state now, and often for a while.
func (l *clusterLoop) alarm() {
	l.turn.Lock()
	l.alertEnd = time.Now().Add(alertFor)
	l.turn.Unlock()
	poke(l.wake)
}

func (l *clusterLoop) alerted() bool {
	l.turn.Lock()
	defer l.turn.Unlock()
	return time.Now().Before(l.alertEnd)
}

// distrust asks another node next, and gives up on the one at fault if it is
// being asked for the state just now.
func (l *clusterLoop) distrust(m *member) {
	l.turn.Lock()
	defer l.turn.Unlock()
	l.doubted = m
	if l.asking == m && l.cutOff != nil && len(l.members) > 1 {
		l.cutOff()
	}
}

// runState asks for the state. Each round also looks at the faults anew, so
// that those that come with time alone come.
func (l *clusterLoop) runState(ctx context.Context, p *pace) {
	for wait := p.first(); pause(ctx, wait, l.wake, p); {
		p.begun = time.Now()
		if !l.round(ctx, cluster.QuestionState) && ctx.Err() == nil {
			order := l.order()
			if len(order) == 0 {
				return // the last one was paused just now
			}
			m := order[0]
			l.record(ctx, m.held(cluster.QuestionState, "no node of the cluster may be asked now"))
		}
		p.period = l.period(cluster.QuestionState)
		wait = p.next()
		if l.alerted() {
			wait = min(wait, alertPace*(p.period/cluster.QuestionState.Period()))
		}
	}
}

func (l *clusterLoop) runStorage(ctx context.Context, p *pace) {
	for wait := p.first(); sleep(ctx, wait, nil); wait = p.next() {
		p.begun, p.period = time.Now(), l.period(cluster.QuestionStorage)
		l.round(ctx, cluster.QuestionStorage)
	}
}

// period is how often the cluster is asked: as often as the one it asks next bears.
func (l *clusterLoop) period(q cluster.Question) time.Duration {
	if order := l.order(); len(order) > 0 {
		return order[0].period(q)
	}
	return q.Period()
}

// round asks one node after the other until one answers. It says whether any
// was asked. Nodes whose breaker is not closed are left to their own loop.
func (l *clusterLoop) round(ctx context.Context, q cluster.Question) bool {
	tried := false
	for _, m := range l.order() {
		if state, _ := m.breaker.state(); state != cluster.BreakerClosed {
			continue
		}
		o, asked := l.askOne(ctx, m, q)
		if ctx.Err() != nil {
			return tried
		}
		if !asked {
			continue
		}
		tried = true
		l.record(ctx, o)
		if o.OK() {
			l.turn.Lock()
			l.speaker = m
			if l.doubted == m {
				l.doubted = nil
			}
			l.turn.Unlock()
			return true
		}
	}
	return tried
}

// askOne asks a node; a question for the state can be cut off by distrust.
func (l *clusterLoop) askOne(ctx context.Context, m *member, q cluster.Question) (cluster.Observation, bool) {
	if q != cluster.QuestionState {
		return m.question(ctx, q)
	}
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	l.turn.Lock()
	l.asking, l.cutOff = m, cancel
	l.turn.Unlock()
	defer func() {
		l.turn.Lock()
		l.asking, l.cutOff = nil, nil
		l.turn.Unlock()
	}()
	return m.question(within, q)
}

// order is whom to ask about the cluster, best first: those that answer for
// themselves and cheaply before those where each question starts a process, of each
// the one that answered last, then the rest.
func (l *clusterLoop) order() []*member {
	l.turn.Lock()
	speaker, doubted, members := l.speaker, l.doubted, l.members
	l.turn.Unlock()
	const ranks = 7
	rank := func(m *member) int {
		state, _ := m.breaker.state()
		slow := 0
		if m.slow.Load() {
			slow = 2
		}
		switch {
		case state != cluster.BreakerClosed:
			return 6
		case m == doubted:
			return 5
		case m.failing.Load():
			return 4
		case m == speaker:
			return slow
		}
		return slow + 1
	}
	var by [ranks][]*member
	for _, m := range members {
		r := rank(m)
		by[r] = append(by[r], m)
	}
	return slices.Concat(by[:]...)
}

// record takes an observation into the picture, diagnoses and reports.
func (l *clusterLoop) record(ctx context.Context, o cluster.Observation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			l.c.log.Error("diagnosing or recording panicked", "cluster", l.name, "node", o.Node, "script", o.Question.String(), "err", r, "stack", string(debug.Stack()))
		}
	}()
	if ctx.Err() != nil || l.ctx.Err() != nil || !slices.Contains(l.picture.Members, o.Node) || l.picture.IsPaused(o.Node) {
		return // it came too late
	}
	before := l.picture
	l.picture = before.With(o)
	if o.OK() && o.State != nil {
		l.compare(before.State, o.State)
	}
	// Of a thousand answers nearly all leave a healthy cluster healthy. The rounds
	// of the state, which are never routine, find what comes with time alone.
	if !l.judged || len(l.faults) > 0 || !before.Routine(o) {
		l.faults, l.judged = cluster.Diagnose(l.picture, l.c.now()), true
	}
	l.report(ctx, o)
}

// report hands the picture on with what led to it. l.mu must be held.
func (l *clusterLoop) report(ctx context.Context, o cluster.Observation) {
	r := cluster.Report{Observation: o, Picture: l.picture, Faults: l.faults}
	err := l.c.sink.Record(ctx, r)
	switch {
	case err != nil && ctx.Err() == nil && !l.deaf:
		l.deaf = true
		l.c.log.Error("reports are not recorded", "cluster", l.name, "err", err)
	case err == nil && l.deaf:
		l.deaf = false
		l.c.log.Info("reports are recorded again", "cluster", l.name)
	}
}

// compare looks for what is news to the collector itself: a node that changed
// means more will follow, one that is back deserves to be asked at once, and
// one we were not told of is worth a line in the log.
func (l *clusterLoop) compare(before, after *cluster.State) {
	changed := false
	for _, n := range after.Nodes {
		m := l.member(n.Name)
		if m == nil && !l.strange[n.Name] {
			l.strange[n.Name] = true
			l.c.log.Info("the cluster has a node we were not told to ask", "cluster", l.name, "node", n.Name)
		}
		old, known := before.Node(n.Name)
		if !known || old.State == n.State && old.Status == n.Status {
			continue
		}
		changed = true
		l.c.log.Info("node changed", "cluster", l.name, "node", n.Name, "state", n.State.String(), "status", n.Status.String())
		if m != nil && old.State == cluster.NodeDown && n.State != cluster.NodeDown {
			m.breaker.reset()
			m.wakeVitals()
		}
	}
	if changed {
		l.alarm()
	}
}
