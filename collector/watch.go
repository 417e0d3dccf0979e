package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"looksalive/cluster"
)

// Watch begins to ask a cluster: p is what is known of it, whom to ask, and who is
// paused. Of a cluster that is watched already it changes whom to ask: who stays
// keeps its loops and its breaker, who is new begins, who is gone or paused ends.
// What p knows beyond that is ignored then: the collector's own picture is newer. A
// node whose password was rejected is asked at once: it may have been changed.
//
// Errors are those of a picture nobody can be asked by. After Run has ended nothing
// is asked any more.
func (c *Collector) Watch(p *cluster.Picture) error {
	if err := check(p); err != nil {
		return err
	}
	c.mu.Lock()
	l := c.byName[p.Cluster]
	if l == nil {
		l = newClusterLoop(c, p)
		c.byName[p.Cluster] = l
		if c.run != nil {
			l.attach(c.run)
			c.begin(l, 1, len(l.members), l.members)
		}
		c.mu.Unlock()
		return nil
	}
	began := l.change(p)
	running := c.run != nil && !c.ended
	if running {
		c.begin(l, 1, len(began), began)
	}
	c.mu.Unlock()
	if running {
		l.changed()
	}
	return nil
}

// Forget ends the asking of a cluster. When it returns no report of it comes any
// more. A name nobody watches is ignored.
func (c *Collector) Forget(clusterName string) {
	c.mu.Lock()
	l := c.byName[clusterName]
	if l == nil {
		c.mu.Unlock()
		return
	}
	delete(c.byName, clusterName)
	if !c.ended {
		c.leaving.Add(1)
		defer c.leaving.Done()
	}
	c.mu.Unlock()
	l.stop()
}

// attach gives a cluster and its members their place below Run's context.
func (l *clusterLoop) attach(run context.Context) {
	l.ctx, l.end = context.WithCancel(run)
	for _, m := range l.members {
		m.attach()
	}
}

// stop ends all loops. When it returns no more report comes.
func (l *clusterLoop) stop() {
	if l.end == nil {
		return // they never began
	}
	l.end()
	l.loops.Wait()
	l.mu.Lock() // a report that is not of a loop: see changed
	defer l.mu.Unlock()
}

func check(p *cluster.Picture) error {
	switch {
	case p == nil || p.Cluster == "":
		return errors.New("collector: a cluster without a name")
	case len(p.Members) == 0:
		return fmt.Errorf("collector: cluster %s has no members", p.Cluster)
	}
	for i, a := range p.Members {
		for _, b := range p.Members[:i] {
			if cluster.SameNode(a, b) {
				return fmt.Errorf("collector: cluster %s names node %s twice", p.Cluster, a)
			}
		}
	}
	return nil
}

// change takes over whom to ask, and gives the members that begin.
func (l *clusterLoop) change(p *cluster.Picture) (began []*member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.picture = l.picture.WithMembers(p.Members, p.Paused)
	l.judged = false

	l.turn.Lock()
	defer l.turn.Unlock()
	var members []*member
	for _, name := range p.Members {
		if p.IsPaused(name) {
			continue
		}
		i := slices.IndexFunc(l.members, func(m *member) bool { return m.name == name })
		if i < 0 {
			m := newMember(l, name)
			if l.ctx != nil {
				m.attach()
			}
			members, began = append(members, m), append(began, m)
			continue
		}
		m := l.members[i]
		members = append(members, m)
		if m.breaker.refused.Load() {
			m.breaker.reset()
			m.wakeVitals()
		}
	}
	for _, m := range l.members {
		if !slices.Contains(members, m) && m.end != nil {
			m.end()
		}
	}
	l.members = members
	return began
}

// begin starts the loops of members, and those of their cluster if it has none and
// somebody can be asked. The first rounds of so many clusters and members are spread
// over time. c.mu must be held.
func (c *Collector) begin(l *clusterLoop, clusters, members int, list []*member) {
	if c.ended {
		return
	}
	start := func(ctx context.Context, q cluster.Question, stagger time.Duration, of int, run func(context.Context, *pace)) {
		c.paces++
		p := newPace(c.seed, c.paces, c.epoch, q.Period(), min(q.Period(), stagger*time.Duration(of)))
		l.loops.Go(func() { run(ctx, p) })
	}
	switch asked := len(l.asked()) > 0; {
	case asked && l.asks == nil:
		var ctx context.Context
		ctx, l.asks = context.WithCancel(l.ctx)
		start(ctx, cluster.QuestionState, lightStagger, clusters, l.runState)
		start(ctx, cluster.QuestionStorage, fullStagger, clusters, l.runStorage)
	case !asked && l.asks != nil:
		l.asks()
		l.asks = nil
	}
	for _, m := range list {
		start(m.ctx, cluster.QuestionVitals, lightStagger, members, m.runVitals)
		start(m.ctx, cluster.QuestionInventory, fullStagger, members, m.runInventory)
	}
}

// changed reports the picture after the members changed, and what is wrong now: of
// who is paused nobody knows any more. Then the cluster is asked.
func (l *clusterLoop) changed() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return
	}
	l.faults, l.judged = cluster.Diagnose(l.picture, l.c.now()), true
	l.report(l.ctx, cluster.Observation{
		Cluster: l.name, Node: l.picture.Members[0], Question: cluster.QuestionState,
		At: l.c.now().UTC(), Reach: cluster.ReachNotAsked, Detail: "it was changed whom to ask",
	})
	poke(l.wake)
}
