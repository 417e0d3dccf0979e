package cluster

import (
	"fmt"
)

func (c Contact) doubtful() bool { return c.Failures >= failuresToDoubt }

// clusterUnreachable finds that nobody tells us about the cluster: no node
// answers at all, or none can say how the cluster is.
func clusterUnreachable(d *diagnosis) {
	asked, failing, doubtful, answered := 0, 0, 0, false
	var last Contact // of the node that fell silent last
	reasons := map[Reach]int{}
	var members []string
	for _, m := range d.p.Members {
		if d.p.IsPaused(m) {
			continue
		}
		members = append(members, m)
		c := d.p.Nodes[m].Contact
		asked++
		answered = answered || !c.LastOK.IsZero()
		if c.Failures == 0 {
			continue
		}
		failing++
		reasons[c.Reach]++
		if c.doubtful() {
			doubtful++
		}
		if c.Since.After(last.Since) {
			last = c
		}
	}
	if asked == 0 {
		return
	}
	f := Fault{Cluster: d.p.Cluster, Kind: FaultClusterUnreachable, Object: Ref{"cluster", d.p.Cluster}, Health: NoData}
	switch {
	case doubtful == asked, d.p.State != nil && d.p.StateStale(d.now) && failing == asked:
		d.silent = f.Key()
		f.Since = last.Since
		f.Title = "No node of " + d.p.Cluster + " answers"
		if len(reasons) == 1 {
			f.Title += ": " + last.Reach.String()
		}
		f.Impact = "We do not know how the cluster is. Everything shown of it is the last known."
		f.Detail = fmt.Sprintf("All %s failed to answer us, the last since %s.", count(asked, "node"), clock(last.Since))
		if len(reasons) > 1 || last.Detail != "" {
			for _, m := range members {
				c := d.p.Nodes[m].Contact
				f.Detail += " " + d.shown(m) + ": " + contactReason(c) + "."
			}
		}
		f.Steps = append([]Step{{Text: "Check the way from here to the nodes: network, firewall, name service, the account in use."}}, contactSteps(members[0], last.Reach)...)
	case d.p.StateContact.doubtful() && d.p.StateStale(d.now):
		c := d.p.StateContact
		f.Since = c.Since
		f.Title = d.p.Cluster + " does not tell its state: " + c.Reach.String()
		f.Impact = "The nodes answer, but not for the cluster. Its roles, networks and volumes are shown as last known."
		f.Detail = "Asked again and again since " + clock(c.Since) + ", the last answer was: " + contactReason(c) + "."
		f.Steps = []Step{
			{"See whether the cluster service runs on the nodes.", "Get-Service -Name ClusSvc"},
			{"See whether the cluster answers locally.", "Get-ClusterNode"},
		}
		if c.Reach == ReachNoRights {
			f.Steps = contactSteps(members[0], c.Reach)
		}
	default:
		return
	}
	// Silence after answers is an event; silence from the start is a setting.
	if answered {
		f.Health = Critical
	}
	d.add(f)
}

// nodesUnreachable finds nodes that do not answer us, whatever the cluster
// says of them.
func nodesUnreachable(d *diagnosis) {
	d.members(func(member, shown string, v NodeView) {
		c := v.Contact
		if !c.doubtful() || d.inMaintenance(member) {
			return
		}
		f := Fault{
			Kind: FaultNodeUnreachable, Object: Ref{"node", shown}, Node: shown, Health: NoData,
			Title:  shown + " does not answer us: " + c.Reach.String(),
			Impact: "We cannot see its services, load and clock.",
			Detail: "Every attempt since " + clock(c.Since) + " failed: " + contactReason(c) + ".",
			Steps:  contactSteps(member, c.Reach),
			Since:  c.Since,
		}
		if c.LastOK.IsZero() {
			f.Detail += " It never answered."
		} else {
			f.Detail += " Last answer: " + clock(c.LastOK) + "."
		}
		f.Cause = d.nodeCause(member)
		if n, ok := d.node(member); ok && f.Cause == "" {
			f.Detail += " The cluster calls it " + n.State.String()
			if d.p.StateStale(d.now) {
				f.Detail += " (last known)"
			}
			f.Detail += "."
		}
		if f.Cause == "" {
			f.Cause = d.silent
		}
		if f.Cause == "" && c.Reach == ReachNoRights {
			f.Cause = d.limited
		}
		d.add(f)
	})
}

func contactReason(c Contact) string {
	if c.Detail == "" {
		return c.Reach.String()
	}
	return c.Reach.String() + " (" + c.Detail + ")"
}

// contactSteps are what to try, by why a node does not answer.
func contactSteps(node string, r Reach) []Step {
	port := Step{"Try its WinRM port from here.", "Test-NetConnection " + Quote(node) + " -Port 5985"}
	switch r {
	case ReachNameNotFound:
		return []Step{{"Ask the name service.", "Resolve-DnsName " + Quote(node)}}
	case ReachRefused:
		return []Step{
			{"On the node: see whether WinRM runs.", "Get-Service -Name WinRM"},
			{"On the node: see what it listens on.", `Get-ChildItem WSMan:\localhost\Listener`},
			port,
		}
	case ReachPassword:
		return []Step{
			{Text: "Check whether the account is locked or its password expired."},
			{Text: "Enter the right user name and password in the settings of the cluster. Until then the rejected one is not tried again, so that the account is not locked."},
		}
	case ReachNoTicket:
		return []Step{
			{"On the node: see that its clock agrees with the domain within five minutes.", "w32tm /query /status"},
			{"See that the domain knows the node's service; HTTP is answered for by HOST.", "setspn -Q HOST/" + Quote(node)},
			{Text: "See that this machine reaches a domain controller on TCP port 88."},
		}
	case ReachNoRights:
		return []Step{
			GrantCluster.Step(""),
			GrantRemote.Step(""),
		}
	case ReachCertificate:
		return []Step{
			{"On the node: see which certificate the listener uses.", `Get-ChildItem WSMan:\localhost\Listener`},
			{"On the node: see its names and dates.", `Get-ChildItem Cert:\LocalMachine\My | Format-List Subject, NotAfter, Thumbprint, DnsNameList`},
		}
	case ReachNotACluster:
		return []Step{{"On the node: see whether failover clustering is installed.", "Get-Service -Name ClusSvc"}}
	case ReachScriptFailed, ReachBadAnswer:
		return []Step{
			{"On the node: see whether its management data answers.", "Get-CimInstance Win32_OperatingSystem"},
			{"See whether WinRM answers in full.", "Test-WSMan " + Quote(node)},
		}
	default:
		return []Step{port, {"See whether WinRM answers in full.", "Test-WSMan " + Quote(node)}}
	}
}
