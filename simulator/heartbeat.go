package simulator

import (
	"time"

	"looksalive/cluster"
)

// route is one path heartbeats take between two nodes: out on one network, in
// on the same or, across subnets, on another.
type route struct {
	a, b       *simNode
	netA, netB *simNetwork
	limit      cluster.Limit
	silence    time.Duration // since the last heartbeat that arrived
}

func (r *route) lost() bool { return r.silence >= r.limit.Tolerance() }

// addRoutes lays the routes: one per shared network, and one between each pair
// of routed (role 3) networks where the nodes share none of them, or wherever
// PlumbAllCrossSubnetRoutes asks for it.
func (c *simCluster) addRoutes() {
	for i, a := range c.nodes {
		for _, b := range c.nodes[i+1:] {
			sharedRouted := false
			for _, net := range c.nets {
				if !cluster.NetworkRole(net.Role).CarriesHeartbeats() || !net.has[a.index] || !net.has[b.index] {
					continue
				}
				sharedRouted = sharedRouted || net.Role == int(cluster.RoleClusterAndClient)
				c.routes = append(c.routes, &route{a: a, b: b, netA: net, netB: net, limit: c.policy.Between(a.Site, b.Site, true)})
			}
			if sharedRouted && !c.policy.PlumbAllCrossSubnetRoutes {
				continue
			}
			for _, x := range c.nets {
				for _, y := range c.nets {
					routed := x.Role == int(cluster.RoleClusterAndClient) && y.Role == int(cluster.RoleClusterAndClient)
					if x != y && routed && x.has[a.index] && y.has[b.index] {
						c.routes = append(c.routes, &route{a: a, b: b, netA: x, netB: y, limit: c.policy.Between(a.Site, b.Site, false)})
					}
				}
			}
		}
	}
}

// indexRoutes makes the routes of a pair quick to find, from either end.
func (c *simCluster) indexRoutes() {
	c.between = map[[2]*simNode][]*route{}
	for _, r := range c.routes {
		c.between[[2]*simNode{r.a, r.b}] = append(c.between[[2]*simNode{r.a, r.b}], r)
		c.between[[2]*simNode{r.b, r.a}] = append(c.between[[2]*simNode{r.b, r.a}], r)
	}
}

// beat lets one tick of heartbeats pass over every route.
func (c *simCluster) beat() {
	for i, r := range c.routes {
		if c.linked(r, i) && !c.silent(r.a) && !c.silent(r.b) {
			r.silence = 0
			continue
		}
		if !r.lost() {
			r.silence += tick
			c.moving()
		}
	}
	for _, cut := range c.cond.cuts {
		if cut.rate < 1 {
			c.moving() // chance decides anew every second
		}
	}
}

// linked says whether a heartbeat passes the route now.
func (c *simCluster) linked(r *route, index int) bool {
	if c.unplugged(r.netA, r.a) || c.unplugged(r.netB, r.b) {
		return false
	}
	for _, cut := range c.cond.cuts {
		if !cut.hits(r.netA) && !cut.hits(r.netB) {
			continue
		}
		if cut.node != nil && cut.node != r.a && cut.node != r.b {
			continue
		}
		if cut.node == nil && cut.rate == 1 && c.sideOf(r.a) == c.sideOf(r.b) {
			continue
		}
		if cut.rate == 1 || unit(hash(c.seed, "loss", index, c.now.Unix())) < cut.rate {
			return false
		}
	}
	return true
}

// unplugged says whether the node is cut off the network altogether.
func (c *simCluster) unplugged(net *simNetwork, node *simNode) bool {
	for _, cut := range c.cond.cuts {
		if cut.node == node && cut.rate == 1 && cut.hits(net) {
			return true
		}
	}
	return false
}

// splitBetween says whether the network is partitioned between the two.
func (c *simCluster) splitBetween(net *simNetwork, a, b *simNode) bool {
	for _, cut := range c.cond.cuts {
		if cut.node == nil && cut.rate == 1 && cut.hits(net) && c.sideOf(a) != c.sideOf(b) {
			return true
		}
	}
	return false
}

// sideOf says on which side of a partition a node is: its site, or, in a
// cluster of one site, its half.
func (c *simCluster) sideOf(n *simNode) string {
	for _, other := range c.nodes {
		if other.Site != n.Site {
			return n.Site
		}
	}
	if n.index < (len(c.nodes)+1)/2 {
		return "first half"
	}
	return "second half"
}

// hears says whether two nodes have at least one route that is not lost.
func (c *simCluster) hears(a, b *simNode) bool {
	if a == b {
		return true
	}
	for _, r := range c.between[[2]*simNode{a, b}] {
		if !r.lost() {
			return true
		}
	}
	return false
}
