package cluster

// networksDown finds networks nobody can use.
func networksDown(d *diagnosis) {
	for _, n := range d.s.Networks {
		if n.State == NetworkDown {
			d.network(n)
		}
	}
}

// networksPartitioned finds networks on which some nodes cannot reach others.
func networksPartitioned(d *diagnosis) {
	for _, n := range d.s.Networks {
		if n.State == NetworkPartitioned {
			d.network(n)
		}
	}
}

// networkRef and interfaceRef are the objects of network faults.
func networkRef(name string) Ref        { return Ref{"network", name} }
func interfaceRef(i Interface) Ref      { return Ref{"interface", i.key()} }
func (d *diagnosis) key(f Fault) string { f.Cluster = d.p.Cluster; return f.Key() }

func (d *diagnosis) network(n Network) {
	since := d.p.stateSince("network/" + n.Name + "/" + n.State.String())
	h, _ := NetworkHealth(n)
	f := Fault{
		Kind: FaultNetworkPartitioned, Object: networkRef(n.Name), Health: h,
		Title:  "Network " + n.Name + " is partitioned",
		Detail: d.stateSays("network state "+n.State.String()+", role "+n.Role.String()+", "+n.subnet(), since),
		Steps: []Step{
			{"See which adapters are affected.", "Get-ClusterNetworkInterface -Network " + Quote(n.Name)},
			{"See when it began.", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=1125,1126,1127,1129,1130} -MaxEvents 50"},
			{Text: "Check the switch ports and VLAN of this subnet."},
		},
		Since: since,
	}
	var affected []string
	paths := 0
	for _, i := range d.s.Interfaces {
		if i.Network == n.Name && i.State != InterfaceUp {
			affected = append(affected, i.Node)
		}
	}
	for _, o := range d.s.Networks {
		if o.Name != n.Name && (o.State == NetworkUp || o.State == NetworkPartitioned) && o.Role.CarriesHeartbeats() {
			paths++
		}
	}
	if n.State == NetworkDown {
		f.Title = "Network " + n.Name + " is down"
	}
	if len(affected) > 0 {
		f.Impact = "Affected on it: " + listed(affected) + "."
	}
	f.Cause = d.partitionCause(n)
	switch {
	case !n.Role.CarriesHeartbeats():
		f.Impact = sentences(f.Impact, "It carries no heartbeats.")
	case paths == 0 && f.Cause == "":
		f.Health = Critical
		f.Impact = sentences(f.Impact, "No other network carries heartbeats: nodes may be removed from the cluster.")
	case paths > 0:
		f.Impact = sentences(f.Impact, "Heartbeats go on over "+count(paths, "other network")+".")
	}
	d.add(f)
}

func (n Network) subnet() string {
	if n.Address == "" {
		return "no subnet known"
	}
	return "subnet " + n.Address
}

// partitionCause explains a partition: by nodes that are out if they account
// for every silent adapter, else by a failed adapter.
func (d *diagnosis) partitionCause(n Network) string {
	if n.State != NetworkPartitioned {
		return ""
	}
	first, whole := "", true
	failed := ""
	for _, i := range d.s.Interfaces {
		if i.Network != n.Name || i.State == InterfaceUp {
			continue
		}
		cause := d.nodeCause(i.Node)
		if cause == "" {
			whole = false
		} else if first == "" {
			first = cause
		}
		if i.State == InterfaceFailed && cause == "" && failed == "" {
			if f := d.find(FaultInterfaceFailed, interfaceRef(i)); f != nil {
				failed = f.Key()
			}
		}
	}
	if first != "" && whole {
		return first
	}
	return failed
}

// interfacesFailed finds adapters that failed or that others cannot reach.
func interfacesFailed(d *diagnosis) {
	for _, i := range d.s.Interfaces {
		if i.State != InterfaceFailed && i.State != InterfaceUnreachable || d.inMaintenance(i.Node) {
			continue
		}
		since := d.p.stateSince("interface/" + i.key() + "/" + i.State.String())
		h, why := InterfaceHealth(i)
		f := Fault{
			Kind: FaultInterfaceFailed, Object: interfaceRef(i), Node: i.Node, Health: h,
			Title:  i.Node + " on " + i.Network + ": adapter " + why,
			Impact: d.pathsOf(i),
			Detail: d.stateSays("interface "+i.key()+" ("+i.Adapter+", "+i.Address+") is "+i.State.String(), since),
			Cause:  d.nodeCause(i.Node),
			Steps: []Step{
				{"On " + i.Node + ": see whether the adapter has a link.", "Get-NetAdapter"},
				{"See the cluster's view of its adapters.", "Get-ClusterNetworkInterface -Node " + Quote(i.Node)},
				{Text: "Check cable, switch port and VLAN."},
			},
			Since: since,
		}
		for _, n := range d.s.Networks {
			if f.Cause != "" || n.Name != i.Network {
				continue
			}
			if n.State == NetworkDown || n.State == NetworkPartitioned && i.State == InterfaceUnreachable {
				f.Cause = d.key(Fault{Kind: FaultNetworkPartitioned, Object: networkRef(n.Name)})
			}
		}
		d.add(f)
	}
}

// pathsOf says how the node still hears the others.
func (d *diagnosis) pathsOf(i Interface) string {
	carries := map[string]bool{}
	for _, n := range d.s.Networks {
		carries[n.Name] = n.Role.CarriesHeartbeats()
	}
	left := 0
	for _, o := range d.s.Interfaces {
		if SameNode(o.Node, i.Node) && o.Network != i.Network && o.State == InterfaceUp && carries[o.Network] {
			left++
		}
	}
	switch {
	case !carries[i.Network]:
		return "The network carries no heartbeats; what else uses it stops on " + i.Node + "."
	case left == 0:
		return i.Node + " has no other way for heartbeats: it leaves the cluster."
	default:
		return i.Node + " still hears the others over " + count(left, "other network") + "."
	}
}
