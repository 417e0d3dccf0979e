package cluster

import (
	"fmt"
	"strings"
	"time"
)

// NodeHealth is the one state a node is shown in at the time now, and a short
// reason for people, "" when it is healthy. Of several states the worst wins,
// with one exception: a node that is isolated or quarantined is shown so even
// where the cluster also calls it down, because that says more.
//
// A node whose own answers, or whose cluster's, are older than three periods is
// never better than NoData.
func (p *Picture) NodeHealth(name string, now time.Time) (Health, string) {
	n, known := p.stateNode(name)
	v, _ := p.View(name)
	known = known && n.State != NodeUnknown
	if p.IsPaused(name) {
		return p.pausedHealth(n, known && !p.AllPaused() && !p.StateStale(now), v, now)
	}

	worst, why := Healthy, ""
	worse := func(h Health, reason string) {
		if h > worst {
			worst, why = h, reason
		}
	}
	if known {
		worse(p.nodeWord(n))
		if worst > NoData && p.StateStale(now) {
			why += ", last known"
		}
		if n.out() {
			return worst, why
		}
	}
	if n.InMaintenance() && known {
		worse(p.dataHealth(name, known, v, now))
		return worst, why // the rest follows from the maintenance
	}
	if v.Vitals != nil {
		for _, s := range v.Vitals.Services {
			if h := serviceHealth(s); h > worst {
				worse(h, s.Name+" is not running")
			}
		}
		if h := skewHealth(*v.Vitals); h > worst {
			worse(h, "clock is "+v.Vitals.Skew.Abs().Round(time.Second).String()+" off")
		}
		if v.Vitals.Disk.Latency >= LatencyWarning {
			if _, ok := p.sustained(p.member(name), "latency", latencySpan); ok {
				worse(Warning, "storage is slow")
			}
		}
	}
	if v.Inventory != nil {
		for _, c := range v.Inventory.Certificates {
			h := certificateHealth(c, v.Inventory.Certificates, now)
			if now.Before(c.NotAfter) {
				worse(h, "a certificate expires soon")
			} else {
				worse(h, "a certificate expired")
			}
		}
	}
	if p.State != nil {
		for i := range p.State.Interfaces {
			f := &p.State.Interfaces[i]
			if (f.State == InterfaceFailed || f.State == InterfaceUnreachable) && SameNode(f.Node, name) {
				_, what := InterfaceHealth(*f)
				worse(Warning, f.Network+" "+what)
			}
		}
	}
	worse(p.dataHealth(name, known, v, now))
	if worst == Healthy {
		why = noAccess(p.DeniedParts(name))
	}
	return worst, why
}

// pausedHealth is that of a node we do not ask: what the cluster says of it now if
// that is bad, else nothing.
func (p *Picture) pausedHealth(n Node, told bool, v NodeView, now time.Time) (Health, string) {
	if told {
		if h, why := p.nodeWord(n); h > Healthy {
			return h, why
		}
	}
	return Paused, notAsked(v.Contact.LastTry, now)
}

func notAsked(since, now time.Time) string {
	if since.IsZero() {
		return "not asked"
	}
	return "not asked for " + ageText(now.Sub(since))
}

// noAccess names parts that cannot be read, "" for none.
func noAccess(parts []string) string {
	const named = 2
	if len(parts) == 0 {
		return ""
	}
	var titles []string
	for _, part := range parts[:min(named, len(parts))] {
		titles = append(titles, MissingPart(part).Title)
	}
	if rest := len(parts) - named; rest > 0 {
		return "no access to " + strings.Join(titles, ", ") + fmt.Sprintf(" and %d more", rest)
	}
	return "no access to " + strings.Join(titles, ", ")
}

// stateNode finds a cluster node by a name that may be its full one.
func (p *Picture) stateNode(name string) (Node, bool) {
	if p.State == nil {
		return Node{}, false
	}
	nodes := p.State.Nodes
	for i := range nodes {
		if nodes[i].Name == name {
			return nodes[i], true
		}
	}
	for i := range nodes {
		if SameNode(nodes[i].Name, name) {
			return nodes[i], true
		}
	}
	return Node{}, false
}

// member is the name under which we ask a node.
func (p *Picture) member(node string) string {
	if _, ok := p.Nodes[node]; ok {
		return node
	}
	for _, m := range p.Members {
		if SameNode(m, node) {
			return m
		}
	}
	return node
}

// nodeWord is what the cluster says of a node.
func (p *Picture) nodeWord(n Node) (Health, string) {
	switch {
	case n.Status.Has(StatusIsolated):
		c := 0
		for _, r := range p.State.Roles {
			if r.IsVM() && SameNode(r.Owner, n.Name) && r.Status.Has(GroupUnmonitored) {
				c++
			}
		}
		if c == 0 {
			return Isolated, "isolated"
		}
		return Isolated, "isolated, " + count(c, "VM") + " unmonitored"
	case n.Status.Has(StatusQuarantined):
		if until := p.State.Resiliency.QuarantineDuration; until > 0 {
			return Quarantined, "quarantined until " + clock(p.stateSince("quarantined/"+n.Name).Add(until))
		}
		return Quarantined, "quarantined"
	case n.State == NodeDown && n.drained():
		return Warning, "down, drained before"
	case n.State == NodeDown:
		return Critical, "down"
	case n.drainFailed():
		return Warning, "drain failed"
	case n.State == NodeJoining:
		return Warning, "joining the cluster"
	case n.Status.Has(StatusDrainInProgress), n.Drain == DrainInProgress:
		return Maintenance, "draining"
	case n.State == NodePaused:
		return Maintenance, "paused"
	}
	return Healthy, ""
}

// dataHealth is NoData when we do not really know how a node is.
func (p *Picture) dataHealth(name string, known bool, v NodeView, now time.Time) (Health, string) {
	c := v.Contact
	switch {
	case !p.Asked(name):
		return NoData, "not among the nodes we ask"
	case c.LastTry.IsZero():
		return NoData, "not asked yet"
	case v.Vitals == nil && c.Failures > 0:
		return NoData, "never answered: " + c.Reach.String()
	case v.Vitals == nil:
		return NoData, "no answer about itself yet"
	case (c.doubtful() || v.vitalsStale(now)) && c.Failures > 0:
		return NoData, fmt.Sprintf("no data for %s: %s", ageText(now.Sub(v.VitalsAt)), c.Reach)
	case v.vitalsStale(now):
		return NoData, "no data for " + ageText(now.Sub(v.VitalsAt))
	case p.State == nil:
		return NoData, "the cluster has not told its state yet"
	case p.StateStale(now):
		return NoData, "cluster state is " + ageText(now.Sub(p.StateAt)) + " old"
	case known:
		return Healthy, ""
	}
	if p.Lacks(QuestionState, "Nodes") {
		return NoData, "no access to the states of the nodes"
	}
	if _, ok := p.stateNode(name); ok {
		return NoData, "the cluster does not say how it is"
	}
	return NoData, "the cluster does not know it"
}
