package simulator

import (
	"fmt"
	"time"

	"looksalive/cluster"
)

// membership is what the cluster thinks of a node.
type membership int

const (
	memberUp       membership = iota
	memberIsolated            // out of the active membership, its machines keep running unmonitored
	memberDown
	memberJoining
)

type simNode struct {
	NodeShape
	id     int // as in the cluster, from 1
	index  int
	weight int // configured vote
	vote   int // the vote held now (DynamicWeight)

	member           membership
	memberSince      time.Time
	joinAt           time.Time
	isolations       []time.Time // within the last hour
	quarantinedUntil time.Time
	quarantinedBy    *Fault // the fault that did it, nil: three isolations
	lostQuorum       bool   // its cluster service stopped for want of quorum
	paused           bool
	drain            cluster.DrainStatus
	boot             time.Time
	orderly          bool      // the next start follows an orderly shutdown
	maintenance      bool      // its drives are in storage maintenance mode
	storageLost      time.Time // since when its drives are missing, zero: present
	memory           int64
	model, maker     string
	serial           string
}

func (c *simCluster) addNodes() {
	for i, s := range c.shape.Nodes {
		n := &simNode{NodeShape: s, id: i + 1, index: i, weight: 1, vote: 1, memory: int64(c.shape.MemoryGB) << 30}
		h := hash(c.seed, "node", s.Name)
		n.boot = c.now.Add(-time.Duration(2+h%40)*24*time.Hour - time.Duration(h>>8%86400)*time.Second).Truncate(time.Second)
		n.memberSince = n.boot
		n.maker, n.model = "Simulated Systems", "SimServer S2D-740"
		if c.shape.SAN {
			n.model = "SimServer R-640"
		}
		n.serial = fmt.Sprintf("SIM%07d", h%10_000_000)
		c.nodes = append(c.nodes, n)
	}
}

// node finds one by name.
func (c *simCluster) node(name string) *simNode {
	for _, n := range c.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

func (c *simCluster) condOf(n *simNode) *nodeCondition { return &c.cond.nodes[n.index] }

// powered says whether the machine runs at all.
func (c *simCluster) powered(n *simNode) bool { return c.condOf(n).off == "" }

// serves says whether the node's cluster service may run: it does not for lack
// of power, when it was stopped, or during quarantine.
func (c *simCluster) serves(n *simNode) bool {
	return c.powered(n) && !c.condOf(n).stopped["ClusSvc"] && !c.condOf(n).missing[featureCluster] && !c.condOf(n).missing[featureMember] && n.quarantinedUntil.IsZero()
}

// silent says whether the node vanished without a word, so that only missing
// heartbeats tell. A crash or an orderly stop is known to the others at once.
func (c *simCluster) silent(n *simNode) bool { return c.condOf(n).off == offPower }

// active is the membership: nodes that vote and may own roles.
func (n *simNode) active() bool { return n.member == memberUp }

// takesRoles says whether a role may be placed on the node.
func (n *simNode) takesRoles() bool { return n.active() && !n.paused }

func (c *simCluster) setMember(n *simNode, m membership) {
	if n.member == m {
		return
	}
	n.member, n.memberSince = m, c.now
	if m == memberUp {
		n.lostQuorum = false
		c.balanceAt = c.now.Add(30 * time.Second)
	}
	c.moving()
}

// state is what Get-ClusterNode shows: number, flags and drain status. An
// isolated or quarantined node is not in the membership, so its State is Down.
func (n *simNode) state() (cluster.NodeState, cluster.NodeStatus, cluster.DrainStatus) {
	status := cluster.StatusNormal
	switch n.drain {
	case cluster.DrainInProgress:
		status |= cluster.StatusDrainInProgress
	case cluster.DrainCompleted:
		status |= cluster.StatusDrainCompleted
	case cluster.DrainFailed:
		status |= cluster.StatusDrainFailed
	}
	state := cluster.NodeUp
	switch {
	case !n.quarantinedUntil.IsZero():
		return cluster.NodeDown, cluster.StatusQuarantined, n.drain
	case n.member == memberIsolated:
		return cluster.NodeDown, status | cluster.StatusIsolated, n.drain
	case n.member == memberDown:
		state = cluster.NodeDown
	case n.member == memberJoining:
		state = cluster.NodeJoining
	case n.paused:
		state = cluster.NodePaused
	}
	return state, status, n.drain
}
