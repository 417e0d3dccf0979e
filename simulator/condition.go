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

	certificate string          // what is wrong with the listener's certificate
	listener    string          // what is wrong with the listeners
	methods     map[string]bool // ways to sign in that are turned off
	taken       map[userRight]bool
	changed     map[string]bool // users whose password is another one, lower case
	locked      map[string]bool // users that may not sign in, lower case
	shell       string          // what is wrong with PowerShell
	missing     map[string]bool // features that are not installed
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
		n := &c.cond.nodes[i]
		n.stopped, n.latency = map[string]bool{}, 1
		n.methods, n.taken, n.changed, n.locked, n.missing = map[string]bool{}, map[userRight]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	for _, f := range c.faults {
		f.kind.apply(c, f)
	}
	for d := range c.rebuilt {
		if c.cond.drives[d] == "" {
			delete(c.rebuilt, d)
		}
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
	c.write() // a service may run again before the next step
}
