package simulator

import (
	"strings"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// partCmdlets list what a cluster is made of.
func (s *console) partCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{
		{Name: "Get-ClusterNode", Class: clusterClass + "GetNodeCommand", Module: clusterModule, Params: nameParams(), Process: s.getNode},
		{Name: "Get-ClusterGroup", Class: clusterClass + "GetGroupCommand", Module: clusterModule, Params: nameParams(powershell.Param{Name: "VMId", Kind: powershell.KindString}), Process: s.getGroup},
		{Name: "Get-ClusterResource", Class: clusterClass + "GetResourceCommand", Module: clusterModule, Params: nameParams(), Process: s.getResource},
		{Name: "Get-ClusterNetwork", Class: clusterClass + "GetNetworkCommand", Module: clusterModule, Params: nameParams(), Process: s.getNetwork},
		{Name: "Get-ClusterNetworkInterface", Class: clusterClass + "GetNetworkInterfaceCommand", Module: clusterModule, Params: nameParams(powershell.Param{Name: "Node", Kind: powershell.KindStrings}, powershell.Param{Name: "Network", Kind: powershell.KindStrings}), Process: s.getInterface},
		{Name: "Get-ClusterSharedVolume", Class: clusterClass + "GetSharedVolumeCommand", Module: clusterModule, Params: nameParams(), Process: s.getSharedVolume},
	}
}

// named is an object whose text is its name.
func named(typ, name string, pairs ...any) *powershell.Object {
	o := powershell.NewObject(clusterClass+typ, append([]any{"Name", name}, pairs...)...)
	o.Text = func() string { return name }
	return o
}

func (s *console) nodeObject(c *simCluster, n *simNode) *powershell.Object {
	state, status, drain := n.state()
	o := named("ClusterNode", n.Name, "Id", n.id, "State", enum("ClusterNodeState", state), "Type", powershell.Enum{Type: clusterClass + "ClusterObjectType", Value: 1, Name: "Node"},
		"StatusInformation", enum("ClusterNodeStatusInformation", status), "DrainStatus", enum("ClusterNodeDrainStatus", drain), "DynamicWeight", uint32(n.vote),
		"Cluster", c.shape.Name, "NodeName", n.Name, "BuildNumber", uint32(c.build()), "MajorVersion", uint32(10), "MinorVersion", uint32(0),
		"Manufacturer", n.maker, "Model", n.model, "SerialNumber", n.serial, "FaultDomain", faultDomain(n))
	o.Add(s.live("NodeWeight", func(*simCluster) any { return uint32(n.weight) }, between(0, 1, func(c *simCluster, v int) { n.weight = v; c.weigh() })))
	return o
}

func faultDomain(n *simNode) []any {
	var out []any
	for _, p := range []string{"Site:" + n.Site, "Rack:" + n.Rack} {
		if !strings.HasSuffix(p, ":") {
			out = append(out, p)
		}
	}
	return out
}

func (s *console) getNode(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		names := wanted(call)
		for i, name := range names {
			if n := s.findNode(name); n != nil || name == "." {
				names[i] = s.h.node.Name
				if n != nil {
					names[i] = n.Name
				}
			}
		}
		for _, n := range c.nodes {
			list = append(list, s.nodeObject(c, n))
		}
		if o := from(call, "ClusterGroup"); o != nil {
			names = append(names, o.Get("OwnerNode").(*powershell.Object).String())
		}
		return pick(call, "node", names, list)
	})
}

func (s *console) groupObject(c *simCluster, r *simRole) *powershell.Object {
	o := named("ClusterGroup", r.name, "OwnerNode", s.nodeObject(c, r.owner), "State", enum("ClusterGroupState", r.state), "GroupType", enum("GroupType", r.kind),
		"StatusInformation", enum("ClusterGroupStatusInformation", r.status), "Id", r.id, "Cluster", c.shape.Name, "IsCoreGroup", r.kind == cluster.GroupCluster || r.kind == cluster.GroupAvailableStorage)
	for _, d := range groupDefaults {
		o.Add(s.kept("group "+r.name, d.name, d.value))
	}
	o.Add(s.live("Priority", func(*simCluster) any { return uint32(r.priority) }, func(_ *simCluster, n int) error {
		if n != 0 && n != 1000 && n != 2000 && n != 3000 {
			return errParameter
		}
		r.priority = n
		return nil
	}))
	return o
}

func (s *console) getGroup(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		names := wanted(call)
		if o := from(call, "ClusterResource"); o != nil {
			names = append(names, o.Get("OwnerGroup").(*powershell.Object).String())
		}
		node := from(call, "ClusterNode")
		for _, r := range c.roles {
			if node == nil || node.String() == r.owner.Name {
				list = append(list, s.groupObject(c, r))
			}
		}
		return pick(call, "group", names, list)
	})
}

func (s *console) resourceObject(c *simCluster, r *simRole, res *simResource) *powershell.Object {
	o := named("ClusterResource", res.name, "State", enum("ClusterResourceState", res.state), "OwnerGroup", s.groupObject(c, r), "OwnerNode", s.nodeObject(c, r.owner),
		"ResourceType", named("ClusterResourceType", res.kind), "IsCoreResource", res.core, "Id", guid(c.seed, "resource", r.name, res.name), "Cluster", c.shape.Name)
	for _, d := range resourceDefaults {
		o.Add(s.kept("resource "+res.name, d.name, d.value))
	}
	return o
}

func (s *console) getResource(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		group, node := from(call, "ClusterGroup"), from(call, "ClusterNode")
		for _, r := range c.roles {
			if group != nil && group.String() != r.name || node != nil && node.String() != r.owner.Name {
				continue
			}
			for _, res := range r.resources {
				list = append(list, s.resourceObject(c, r, res))
			}
		}
		return pick(call, "resource", wanted(call), list)
	})
}

func (s *console) getNetwork(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		for _, row := range (&cimView{sim: s.h.sim, c: c, n: s.h.node}).networkRows() {
			net := c.network(row["Name"].(string))
			o := named("ClusterNetwork", net.Name, "State", enum("ClusterNetworkState", c.networkState(net)), "Address", row["Address"], "AddressMask", row["AddressMask"],
				"AutoMetric", true, "Metric", uint32(net.metric()), "Id", net.id, "Cluster", c.shape.Name, "Ipv4Addresses", texts(row["IPv4Addresses"].([]string)))
			role := s.live("Role", func(*simCluster) any { return enum("ClusterNetworkRole", cluster.NetworkRole(net.Role)) }, func(c *simCluster, n int) error {
				if n != 0 && n != 1 && n != 3 {
					return errParameter
				}
				net.Role = n
				c.relayRoutes()
				return nil
			})
			o.Add(role)
			list = append(list, o)
		}
		return pick(call, "network", wanted(call), list)
	})
}

func texts(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

func (s *console) getInterface(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		nodes, networks := call.Texts("Node"), call.Texts("Network")
		if o := from(call, "ClusterNode"); o != nil {
			nodes = append(nodes, o.String())
		}
		if o := from(call, "ClusterNetwork"); o != nil {
			networks = append(networks, o.String())
		}
		for _, net := range c.nets {
			for _, n := range c.nodes {
				if !net.has[n.index] || len(nodes) > 0 && !anyWild(nodes, n.Name) || len(networks) > 0 && !anyWild(networks, net.Name) {
					continue
				}
				list = append(list, named("ClusterNetworkInterface", interfaceName(n, net), "Node", named("ClusterNode", n.Name), "Network", named("ClusterNetwork", net.Name),
					"State", enum("ClusterNetworkInterfaceState", c.interfaceState(net, n)), "Address", net.address(n), "Ipv4Addresses", []any{net.address(n)}, "Adapter", adapterDescription(net), "DhcpEnabled", false, "Cluster", c.shape.Name))
			}
		}
		return pick(call, "network interface", wanted(call), list)
	})
}

func anyWild(patterns []string, name string) bool {
	for _, p := range patterns {
		if powershell.Wildcard(name, p) {
			return true
		}
	}
	return false
}

func anyFold(list []string, name string) bool {
	for _, p := range list {
		if strings.EqualFold(p, name) {
			return true
		}
	}
	return false
}

func (s *console) getSharedVolume(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		for _, v := range c.volumes {
			free := c.free(v, c.now)
			percent := float64(free) / float64(max(v.size, 1)) * 100
			partition := powershell.NewObject(clusterClass+"ClusterDiskPartitionInfo", "Name", `\\?\Volume{`+guid(c.seed, "volume", v.Name)+`}`, "FileSystem", "CSVFS", "Size", v.size, "FreeSpace", free, "UsedSpace", v.size-free, "PercentFree", float32(percent))
			info := powershell.NewObject(clusterClass+"ClusterSharedVolumeInfo", "FriendlyVolumeName", `C:\ClusterStorage\`+v.Name, "Partition", partition,
				"FaultState", powershell.Enum{Type: clusterClass + "SharedVolumeFaultState", Value: int64(faultStates[int(c.access(v))]), Name: map[int]string{0: "NoFaults", 1: "NoDirectIO", 2: "NoAccess", 8: "InMaintenance"}[faultStates[int(c.access(v))]]})
			list = append(list, named("ClusterSharedVolume", v.res.name, "State", enum("ClusterResourceState", v.res.state), "OwnerNode", s.nodeObject(c, v.role.owner), "Node", v.role.owner.Name,
				"SharedVolumeInfo", []any{info}, "Id", guid(c.seed, "csv", v.Name), "Cluster", c.shape.Name))
		}
		return pick(call, "cluster shared volume", wanted(call), list)
	})
}
