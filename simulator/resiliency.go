package simulator

import (
	"slices"
	"time"
)

// joinTime is how long a node is Joining before it is Up.
const joinTime = 5 * time.Second

// isolate takes a node that nobody hears out of the membership. Its virtual
// machines run on unmonitored, unless this is the third time within an hour:
// then it is quarantined and they move.
func (c *simCluster) isolate(n *simNode) {
	hourAgo := c.now.Add(-time.Hour)
	n.isolations = slices.DeleteFunc(n.isolations, func(t time.Time) bool { return !t.After(hourAgo) })
	n.isolations = append(n.isolations, c.now)
	switch {
	case len(n.isolations) >= c.resiliency.QuarantineThreshold && c.mayQuarantine():
		c.quarantine(n, nil)
	case c.resiliency.DefaultPeriod == 0:
		c.setMember(n, memberDown)
	default:
		c.setMember(n, memberIsolated)
	}
}

// mayQuarantine keeps a flapping network from locking out the whole cluster: at
// most a quarter of the nodes, and at least one.
func (c *simCluster) mayQuarantine() bool {
	locked := 0
	for _, n := range c.nodes {
		if !n.quarantinedUntil.IsZero() {
			locked++
		}
	}
	return locked < max(1, len(c.nodes)/4)
}

func (c *simCluster) quarantine(n *simNode, by *Fault) {
	n.quarantinedUntil, n.quarantinedBy = c.now.Add(c.resiliency.QuarantineDuration), by
	c.setMember(n, memberDown)
	c.moving()
}

// resilience ends isolation: by return of the heartbeats, by the end of the
// resiliency period, or by the node's certain death. It also ends quarantine.
func (c *simCluster) resilience() {
	for _, n := range c.nodes {
		if !n.quarantinedUntil.IsZero() {
			c.moving()
			if !c.now.Before(n.quarantinedUntil) {
				n.release()
			}
		}
		if n.member != memberIsolated {
			continue
		}
		c.moving()
		switch {
		case !c.silent(n) && !c.serves(n):
			c.setMember(n, memberDown)
		case !c.silent(n) && c.heardByActive(n):
			c.setMember(n, memberUp)
		case c.now.Sub(n.memberSince) >= c.resiliency.DefaultPeriod:
			c.setMember(n, memberDown)
		}
	}
}

// release is Start-ClusterNode -ClearQuarantine.
func (n *simNode) release() {
	n.quarantinedUntil, n.quarantinedBy, n.isolations = time.Time{}, nil, nil
}

func (c *simCluster) heardByActive(n *simNode) bool {
	for _, other := range c.nodes {
		if other != n && other.active() && c.hears(n, other) {
			return true
		}
	}
	return false
}

// join lets nodes back in that can talk to the cluster, and forms the cluster
// again when it had stopped.
func (c *simCluster) join() {
	members := 0
	for _, n := range c.nodes {
		if n.member == memberJoining {
			switch {
			case !c.serves(n):
				c.setMember(n, memberDown)
			case !c.now.Before(n.joinAt):
				c.setMember(n, memberUp)
			default:
				c.moving()
			}
		}
		if n.active() || n.member == memberJoining {
			members++
		}
	}
	if members == 0 && c.quorate {
		c.quorate, c.quorumLostAt = false, c.now
		for _, n := range c.nodes { // nobody is left to be isolated from
			if n.member == memberIsolated {
				c.setMember(n, memberDown)
				n.lostQuorum = true
			}
		}
	}
	if !c.quorate {
		c.form()
		return
	}
	for _, n := range c.nodes {
		if n.member == memberDown && c.serves(n) && c.heardByActive(n) {
			c.setMember(n, memberJoining)
			n.lostQuorum, n.joinAt = false, c.now.Add(joinTime)
		}
	}
}
