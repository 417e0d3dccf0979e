package cluster

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// rules are run in this order. Causes stand before what they explain: a rule
// finds the cause of its fault among those found before it.
var rules = []func(*diagnosis){
	clusterUnreachable,
	accessLimited,
	nodesOut,
	nodesIsolated,
	nodesUnreachable,
	servicesStopped,
	networksDown,
	interfacesFailed,
	networksPartitioned,
	witnessFailed,
	poolsUnhealthy,
	drivesUnhealthy,
	virtualDisksUnhealthy,
	volumesOffline,
	volumesRedirected,
	volumesFilling,
	resourcesFailed,
	clocksSkewed,
	certificatesExpiring,
	storageSlow,
	healthServiceFaults,
}

// Diagnose says what is wrong with a cluster at the time now: worst first,
// then by kind and object. It reads nothing but the picture. Where the newest
// data of a rule is old, the verdict stays and its detail says "last known".
// Apart from that the texts depend on what was seen and not on the time of
// asking, so that a fault that stands is not a new one with every answer.
//
// A fault with a Cause follows from another one in the list and is folded
// under it. What follows from somebody's own maintenance is left out, and so is what
// a node said of itself before it was paused; of a paused cluster nothing is said.
func Diagnose(p *Picture, now time.Time) []Fault {
	if p.AllPaused() {
		return nil
	}
	d := &diagnosis{p: p, s: p.State, now: now}
	if d.s == nil {
		d.s = &State{}
	}
	for _, rule := range rules {
		rule(d)
	}
	slices.SortStableFunc(d.faults, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(b.Health, a.Health),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Object.Kind, b.Object.Kind),
			cmp.Compare(a.Object.Name, b.Object.Name),
		)
	})
	return d.faults
}

// diagnosis is the work in hand: the picture, and the faults found so far.
type diagnosis struct {
	p      *Picture
	s      *State // never nil
	now    time.Time
	faults []Fault

	silent  string // key of cluster-unreachable when no node answers, else ""
	limited string // key of access-limited where it lists nodes of which nothing can be read
	talked  []talkedTo
}

// talkedTo is a node we have talked to.
type talkedTo struct {
	member, shown string // our name for it, and the cluster's
	view          NodeView
}

func (d *diagnosis) add(f Fault) {
	f.Cluster = d.p.Cluster
	d.faults = append(d.faults, f)
}

// find gives the fault of this kind and object, nil if there is none.
func (d *diagnosis) find(kind FaultKind, object Ref) *Fault {
	for i := range d.faults {
		if f := &d.faults[i]; f.Kind == kind && f.Object.Kind == object.Kind && strings.EqualFold(f.Object.Name, object.Name) {
			return f
		}
	}
	return nil
}

// nodeCause is the key of the fault that explains everything odd on a node:
// it is down, quarantined or isolated.
func (d *diagnosis) nodeCause(node string) string {
	for i := range d.faults {
		f := &d.faults[i]
		switch f.Kind {
		case FaultNodeDown, FaultNodeQuarantined, FaultNodeIsolated:
			if SameNode(f.Object.Name, node) {
				return f.Key()
			}
		}
	}
	return ""
}

// anyNodeCause is the first such fault of any node.
func (d *diagnosis) anyNodeCause() string {
	for i := range d.faults {
		switch f := &d.faults[i]; f.Kind {
		case FaultNodeDown, FaultNodeQuarantined, FaultNodeIsolated:
			return f.Key()
		}
	}
	return ""
}

// node finds a cluster node by a name that may be its full one.
func (d *diagnosis) node(name string) (Node, bool) { return d.p.stateNode(name) }

// shown is the name the cluster uses for a node we were told to ask.
func (d *diagnosis) shown(member string) string {
	if n, ok := d.node(member); ok {
		return n.Name
	}
	return member
}

func (d *diagnosis) inMaintenance(node string) bool {
	n, ok := d.node(node)
	return ok && n.InMaintenance()
}

// stateSays writes a sentence of the cluster state with its source and age.
func (d *diagnosis) stateSays(what string, since time.Time) string {
	return says(what, d.p.StateFrom, since, d.p.StateStale(d.now))
}

func (d *diagnosis) storageSays(what string, since time.Time) string {
	return says(what, d.p.StorageFrom, since, d.p.StorageStale(d.now))
}

// vitalsSay does so for what a node says about itself.
func (d *diagnosis) vitalsSay(what, member string, since time.Time) string {
	return says(what, d.shown(member), since, d.p.Nodes[member].vitalsStale(d.now))
}

func says(what, who string, since time.Time, old bool) string {
	s := who + " says so since " + clock(since) + ": " + what + "."
	if old {
		s += " That is the last known: there is no newer answer."
	}
	return s
}

// members visits the nodes we have talked to and still ask, in the order we were
// given them.
func (d *diagnosis) members(visit func(member, shown string, v NodeView)) {
	if d.talked == nil {
		for _, m := range d.p.Members {
			if v, ok := d.p.Nodes[m]; ok && !d.p.IsPaused(m) {
				d.talked = append(d.talked, talkedTo{m, d.shown(m), v})
			}
		}
	}
	for i := range d.talked {
		t := &d.talked[i]
		visit(t.member, t.shown, t.view)
	}
}
