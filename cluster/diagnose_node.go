package cluster

import (
	"fmt"
	"slices"
	"time"
)

// nodesOut finds nodes that are down or quarantined.
func nodesOut(d *diagnosis) {
	for _, n := range d.s.Nodes {
		switch {
		case !n.out():
		case n.Status.Has(StatusQuarantined):
			d.nodeQuarantined(n)
		default:
			d.nodeDown(n)
		}
	}
}

func (d *diagnosis) nodeDown(n Node) {
	since := d.p.stateSince("down/" + n.Name)
	f := Fault{
		Kind: FaultNodeDown, Object: Ref{"node", n.Name}, Node: n.Name, Health: Critical,
		Title:  n.Name + " is down",
		Impact: sentences(d.whereNow(n), d.drivesOf(n), d.margin()),
		Detail: d.stateSays("state Down, StatusInformation "+n.Status.String(), since),
		Since:  since,
	}
	if n.drained() {
		f.Health = Warning
		f.Title += ", drained before"
	}
	v, _ := d.p.View(n.Name)
	if !d.p.Asked(n.Name) || d.p.IsPaused(n.Name) || v.Contact.Reach != ReachOK {
		f.Steps = append(f.Steps,
			Step{Text: "See whether it runs and answers on the network; if not, look at its console or management board."},
			Step{"Try its WinRM port from here.", "Test-NetConnection " + Quote(n.Name) + " -Port 5985"})
	} else {
		f.Detail += " " + n.Name + " itself answers us, so the machine runs: look at its cluster service."
	}
	f.Steps = append(f.Steps,
		Step{"Look at why the others removed it.", removedEvents},
		Step{"Start its cluster service once the reason is gone.", "Start-ClusterNode -Name " + Quote(n.Name)},
		Step{"Collect its cluster log of the last 15 minutes.", "Get-ClusterLog -Node " + Quote(n.Name) + " -TimeSpan 15 -UseLocalTime"},
	)
	if d.s.S2D {
		f.Steps = append(f.Steps, Step{"After it is back, wait for repair to end before touching another node.", "Get-StorageJob"})
	}
	d.add(f)
}

// 1135: node removed from active membership; 1177: quorum lost.
const removedEvents = "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1135,1177} -MaxEvents 20"

func (d *diagnosis) nodeQuarantined(n Node) {
	since := d.p.stateSince("quarantined/" + n.Name)
	r := d.s.Resiliency
	impact := n.Name + " may not rejoin"
	if r.QuarantineDuration > 0 {
		impact += " before " + clock(since.Add(r.QuarantineDuration)) + fmt.Sprintf(" (%d s)", int(r.QuarantineDuration.Seconds()))
	}
	detail := d.stateSays("state "+n.State.String()+", StatusInformation "+n.Status.String(), since)
	if r.QuarantineThreshold > 0 {
		detail += fmt.Sprintf(" A node is locked out after leaving the cluster %d times within an hour.", r.QuarantineThreshold)
	}
	d.add(Fault{
		Kind: FaultNodeQuarantined, Object: Ref{"node", n.Name}, Node: n.Name, Health: Quarantined,
		Title:  n.Name + " is quarantined",
		Impact: sentences(impact+".", d.whereNow(n), d.drivesOf(n), d.margin()),
		Detail: detail,
		Steps: []Step{
			{"Find out why it kept leaving: its networks first.", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1672,1673,1680,1592,1127,1129} -MaxEvents 50"},
			{"Let it rejoin early, once the reason is gone.", "Start-ClusterNode -Name " + Quote(n.Name) + " -ClearQuarantine"},
		},
		Since: since,
	})
}

// nodesIsolated finds nodes that lost the cluster and keep their virtual machines.
func nodesIsolated(d *diagnosis) {
	for _, n := range d.s.Nodes {
		if !n.Status.Has(StatusIsolated) {
			continue
		}
		since := d.p.stateSince("isolated/" + n.Name)
		d.add(Fault{
			Kind: FaultNodeIsolated, Object: Ref{"node", n.Name}, Node: n.Name, Health: Isolated,
			Title:  n.Name + " is isolated",
			Impact: d.unmonitored(n, since),
			Detail: d.stateSays("state "+n.State.String()+", StatusInformation "+n.Status.String(), since),
			Steps: []Step{
				{"Check its heartbeat networks: switch ports, cables, VLANs.", "Get-ClusterNetworkInterface -Node " + Quote(n.Name)},
				{"See what the others saw.", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1673,1680,1681,1682,1592} -MaxEvents 20"},
				{"See how long its virtual machines may run unmonitored.", "(Get-Cluster).ResiliencyDefaultPeriod"},
			},
			Since: since,
		})
	}
}

// unmonitored says which virtual machines run unwatched and when they move.
func (d *diagnosis) unmonitored(n Node, since time.Time) string {
	vms := d.vmsOn(n.Name, func(r Role) bool { return r.Status.Has(GroupUnmonitored) })
	if len(vms) == 0 {
		return "No virtual machine runs unmonitored on it."
	}
	verb, they := " run", "They fail"
	if len(vms) == 1 {
		verb, they = " runs", "It fails"
	}
	s := count(len(vms), "virtual machine") + verb + " unmonitored: " + listed(vms) + "."
	period := d.s.Resiliency.DefaultPeriod
	due := since.Add(period)
	switch {
	case period <= 0:
		return s
	case d.now.Before(due):
		return s + fmt.Sprintf(" %s over at %s unless %s returns first (%d s after it was isolated).", they, clock(due), n.Name, int(period.Seconds()))
	default:
		return s + " Their time ended at " + clock(due) + ": fail-over is due."
	}
}

func (d *diagnosis) vmsOn(node string, keep func(Role) bool) []string {
	var out []string
	for _, r := range d.s.Roles {
		if r.IsVM() && SameNode(r.Owner, node) && keep(r) {
			out = append(out, r.Name)
		}
	}
	slices.Sort(out)
	return out
}

// whereNow says what became of the roles a node owned.
func (d *diagnosis) whereNow(n Node) string {
	held := d.p.Held[n.Name]
	if len(held) == 0 {
		return ""
	}
	byName := make(map[string]Role, len(d.s.Roles))
	for _, r := range d.s.Roles {
		byName[r.Name] = r
	}
	var vms, running int
	perNode := map[string]int{}
	var not []string
	for _, name := range held {
		r, ok := byName[name]
		if !ok {
			continue
		}
		if r.IsVM() {
			vms++
		}
		switch {
		case r.State == GroupOnline && !SameNode(r.Owner, n.Name):
			running++
			perNode[r.Owner]++
		case r.State == GroupOffline && !SameNode(r.Owner, n.Name):
			perNode[r.Owner]++ // was off and stays off
			running++
		default:
			not = append(not, r.Name+" ("+r.State.String()+")")
		}
	}
	total := running + len(not)
	if total == 0 {
		return ""
	}
	noun := "role"
	if vms == total {
		noun = "virtual machine"
	}
	owners := make([]string, 0, len(perNode))
	for o := range perNode {
		owners = append(owners, o)
	}
	slices.Sort(owners)
	for i, o := range owners {
		owners[i] = fmt.Sprintf("%d on %s", perNode[o], o)
	}
	slices.Sort(not)
	s := "It held " + count(total, noun)
	if vms != total && vms > 0 {
		s += fmt.Sprintf(" (%s)", count(vms, "virtual machine"))
	}
	if running > 0 {
		s += ": now " + listed(owners)
	}
	s += "."
	if len(not) > 0 {
		s += fmt.Sprintf(" Not back yet: %s.", listed(not))
	}
	return s
}

// drivesOf counts the drives that went out of reach with a node.
func (d *diagnosis) drivesOf(n Node) string {
	if d.p.Storage == nil {
		return ""
	}
	c := 0
	for _, drive := range d.p.Storage.Drives {
		if SameNode(drive.Node, n.Name) {
			c++
		}
	}
	if c == 0 {
		return ""
	}
	return count(c, "drive") + " of the pool went with it."
}

// margin says what the cluster can still take.
func (d *diagnosis) margin() string {
	s := Survive(d.p)
	switch {
	case !s.Known:
		return ""
	case s.Simultaneous == 0:
		return "The cluster may not lose another node (" + s.Limit + ")."
	default:
		return "The cluster survives the loss of " + count(s.Simultaneous, "more node") + " (" + s.Limit + ")."
	}
}
