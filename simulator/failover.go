package simulator

import (
	"time"

	"looksalive/cluster"
)

// moveRoles brings every role to where the membership and its resources let it be.
func (c *simCluster) moveRoles() {
	for _, r := range c.roles {
		if len(r.resources) == 0 { // Available Storage without disks is always offline
			if c.quorate && !r.owner.active() {
				if to := c.place(r); to != nil {
					r.owner = to
				}
			}
			continue
		}
		c.moveRole(r)
	}
}

func (c *simCluster) moveRole(r *simRole) {
	if !c.quorate {
		if r.state != cluster.GroupOffline {
			r.stop(cluster.GroupOffline, cluster.ResourceOffline, 0)
		}
		return
	}
	switch {
	case r.owner.member == memberIsolated && r.isVM():
		r.status |= cluster.GroupUnmonitored
		r.target = nil
		return
	case !r.owner.active() && r.held:
		if to := c.place(r); to != nil {
			r.owner = to
		}
		return
	case !r.owner.active():
		c.failover(r)
		return
	}
	r.status &^= cluster.GroupUnmonitored
	if r.held {
		if r.state != cluster.GroupOffline {
			r.stop(cluster.GroupOffline, cluster.ResourceOffline, 0)
		}
		return
	}
	if c.blocked(r) {
		return
	}
	switch {
	case r.state == cluster.GroupPending:
		if c.now.Before(r.pendingTill) {
			c.moving()
			return
		}
		r.stop(cluster.GroupOnline, cluster.ResourceOnline, 0)
	case r.target != nil:
		switch {
		case !r.target.active():
			r.target = nil
		case c.now.Before(r.movedTill):
			c.moving()
		default:
			r.owner, r.target = r.target, nil
		}
	case r.state == cluster.GroupPartialOnline: // only what had failed comes back
		r.stop(cluster.GroupOnline, cluster.ResourceOnline, 0)
	case r.state == cluster.GroupOffline, r.state == cluster.GroupFailed:
		c.start(r, r.owner)
	}
}

// blocked keeps a role down while a resource of it has failed or the volume
// with its disks is gone. It says whether it decided the role's state.
func (c *simCluster) blocked(r *simRole) bool {
	if r.volume != nil && !c.volumeOnline(r.volume) || r.kind == cluster.GroupCSV && !c.volumeAttached() ||
		r.kind == cluster.GroupStoragePool && !c.poolQuorum() {
		if r.state != cluster.GroupFailed {
			r.stop(cluster.GroupFailed, cluster.ResourceFailed, 0)
			c.moving()
		}
		return true
	}
	failed, held := 0, 0
	for _, res := range r.resources {
		switch {
		case c.cond.failed[res] || res == c.witness && c.cond.witnessOff:
			failed++
		case res.held:
			held++
		}
	}
	if failed+held == 0 {
		if r.volume != nil && c.free(r.volume, c.now) == 0 {
			r.status |= cluster.GroupEmbeddedFailure // paused: its disks cannot grow
		} else {
			r.status &^= cluster.GroupEmbeddedFailure
		}
		return false
	}
	state := cluster.GroupPartialOnline
	switch len(r.resources) {
	case failed:
		state = cluster.GroupFailed
	case held:
		state = cluster.GroupOffline
	}
	r.state, r.target = state, nil
	for _, res := range r.resources {
		switch {
		case c.cond.failed[res] || res == c.witness && c.cond.witnessOff:
			res.state = cluster.ResourceFailed
		case res.held:
			res.state = cluster.ResourceOffline
		case res.state != cluster.ResourceOnline:
			res.state = cluster.ResourceOnline
		}
	}
	return true
}

// failover restarts a role whose owner is gone on the best survivor.
func (c *simCluster) failover(r *simRole) {
	to := c.place(r)
	if to == nil {
		if r.state != cluster.GroupOffline || r.status&cluster.GroupResourcesLacking == 0 {
			r.stop(cluster.GroupOffline, cluster.ResourceOffline, cluster.GroupResourcesLacking)
			c.moving()
		}
		return
	}
	c.start(r, to)
}

// place picks the node for a role: one with room, at the same site if possible,
// then the least used. nil when there is no room anywhere.
func (c *simCluster) place(r *simRole) *simNode {
	var best *simNode
	bestScore := 0.0
	for _, n := range c.nodes {
		if !n.takesRoles() || n == r.owner || r.isVM() && c.memoryLeft(n) < r.memory {
			continue
		}
		score := float64(c.memoryUsed(n)) / float64(n.memory)
		if !r.isVM() {
			score += float64(c.ownedBy(n)) / 1000
		}
		if r.owner != nil && n.Site != r.owner.Site {
			score += 0.25
		}
		if best == nil || score < bestScore {
			best, bestScore = n, score
		}
	}
	return best
}

// hostMemory is what the node itself needs, S2D's cache included.
func (c *simCluster) hostMemory(n *simNode) int64 { return 12<<30 + n.memory/32 }

// memoryUsed counts what runs on the node or is about to.
func (c *simCluster) memoryUsed(n *simNode) int64 {
	used := c.hostMemory(n)
	for _, r := range c.roles {
		if r.target == n || r.owner == n && r.state != cluster.GroupOffline && r.state != cluster.GroupFailed {
			used += r.memory
		}
	}
	return min(used, n.memory)
}

func (c *simCluster) memoryLeft(n *simNode) int64 { return n.memory - c.memoryUsed(n) }

func (c *simCluster) ownedBy(n *simNode) int {
	count := 0
	for _, r := range c.roles {
		if r.owner == n {
			count++
		}
	}
	return count
}

// drain empties a node that is being paused, two moves at a time.
func (c *simCluster) drain() {
	for _, n := range c.nodes {
		want := c.condOf(n).drain
		switch {
		case want && !n.paused && n.active():
			n.paused, n.drain = true, cluster.DrainInProgress
			if c.condOf(n).stay {
				n.drain = cluster.DrainNotInitiated
			}
		case !want && n.paused:
			n.paused, n.drain = false, cluster.DrainNotInitiated
			c.failBack(n)
		}
		if n.drain != cluster.DrainInProgress || !n.active() {
			continue
		}
		c.moving()
		moving, left, stuck := 0, 0, 0
		for _, r := range c.roles {
			if r.owner != n {
				continue
			}
			left++
			switch to := c.place(r); {
			case len(r.resources) == 0:
				left--
				if to != nil {
					r.owner = to
				}
			case r.target != nil:
				moving++
			case r.state == cluster.GroupOnline && moving < 2 && to != nil:
				r.drainedFrom = n
				c.migrate(r, to)
				moving++
			case to == nil:
				stuck++
			case r.state != cluster.GroupPending && r.state != cluster.GroupOnline:
				r.owner, r.drainedFrom = to, n // what does not run only changes hands
			}
		}
		switch {
		case left == 0:
			n.drain = cluster.DrainCompleted
		case left == stuck:
			n.drain = cluster.DrainFailed
		}
	}
}

// failBack is Resume-ClusterNode -Failback Immediate.
func (c *simCluster) failBack(n *simNode) {
	for _, r := range c.roles {
		if r.drainedFrom != n {
			continue
		}
		r.drainedFrom = nil
		if r.state == cluster.GroupOnline && r.owner != n && len(r.resources) > 0 && c.memoryLeft(n) >= r.memory {
			c.migrate(r, n)
		}
	}
}

// balance evens out the machines some time after a node came back, one at a
// time, as the cluster's node fairness does.
func (c *simCluster) balance() {
	if c.balanceAt.IsZero() || !c.quorate || c.settingOf("cluster", "AutoBalancerMode", 2) == 0 {
		return
	}
	c.moving()
	if c.now.Before(c.balanceAt) {
		return
	}
	for _, r := range c.roles {
		if r.target != nil || r.state == cluster.GroupPending {
			return // something moves already
		}
	}
	var most, least *simNode
	for _, n := range c.nodes {
		if !n.takesRoles() {
			continue
		}
		if most == nil || c.memoryUsed(n) > c.memoryUsed(most) {
			most = n
		}
		if least == nil || c.memoryUsed(n) < c.memoryUsed(least) {
			least = n
		}
	}
	c.balanceAt = time.Time{}
	if most == nil || most == least {
		return
	}
	gap := c.memoryUsed(most) - c.memoryUsed(least)
	var pick *simRole
	for _, r := range c.roles {
		if r.owner != most || !r.isVM() || r.state != cluster.GroupOnline || r.memory*2 > gap {
			continue
		}
		if pick == nil || (r.home == least) != (pick.home == least) && r.home == least || (r.home == least) == (pick.home == least) && r.memory > pick.memory {
			pick = r
		}
	}
	if pick != nil && gap > most.memory/16 {
		c.migrate(pick, least)
		c.balanceAt = c.now.Add(4 * time.Second)
	}
}
