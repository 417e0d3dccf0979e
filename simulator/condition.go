package simulator

import "time"

// conditions are what the active faults do to a cluster. They are computed anew
// from the faults whenever those change, so that clearing one leaves no trace.
type conditions struct {
	nodes      []nodeCondition
	cuts       []cut
	witnessOff bool
	drives     map[*simDrive]string // "failed", "lost" or "predictive"
	fills      map[*simVolume]fill
	failed     map[*simResource]bool
	latency    float64 // factor on every volume's latency
}

// How a node is without power.
const (
	offCrash = "crash" // the others are told at once
	offPower = "power" // only the missing heartbeats tell
)

type nodeCondition struct {
	off       string
	drain     bool
	stay      bool            // paused without draining
	stopped   map[string]bool // services
	winrm     string          // "", "refused", "401" or "hang"
	clockStep time.Duration   // what is added to the node's clock
	certDays  int             // days until the listener's certificate ends
	certSet   bool
	latency   float64 // factor on this node's disks
}

// cut takes a network away: from one node, or between two sides.
type cut struct {
	net  *simNetwork // nil: every network
	node *simNode    // nil: between the sides, or, with a rate below 1, for everyone
	rate float64     // share of packets lost; 1 is a clean cut
}

func (c cut) hits(n *simNetwork) bool { return c.net == nil || c.net == n }

// fill makes a volume run full.
type fill struct {
	since  time.Time
	over   time.Duration
	target float64 // share of the size
}

// applyConditions computes the conditions from the active faults.
func (c *simCluster) applyConditions() {
	old := c.cond
	c.cond = conditions{nodes: make([]nodeCondition, len(c.nodes)), drives: map[*simDrive]string{}, fills: map[*simVolume]fill{}, failed: map[*simResource]bool{}, latency: 1}
	for i := range c.cond.nodes {
		c.cond.nodes[i].stopped, c.cond.nodes[i].latency = map[string]bool{}, 1
	}
	for _, f := range c.faults {
		f.kind.apply(c, f)
	}
	if old.nodes != nil {
		for i, n := range c.nodes {
			if old.nodes[i].off != "" && c.powered(n) { // booted again: its machines are gone
				n.boot = c.now
				if n.member == memberIsolated {
					c.setMember(n, memberDown)
				}
			}
		}
		if len(old.drives) > len(c.cond.drives) && !c.shape.SAN {
			c.startRepair(45*time.Second, 0.002)
		}
	}
	c.busy = true
}
