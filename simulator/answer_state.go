package simulator

import (
	"fmt"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// utc writes a time as the scripts do: ISO 8601 with 100 ns, like .NET's "o".
func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.0000000Z") }

// answerState is root/MSCluster as a member sees it.
func (c *simCluster) answerState(n *simNode) scripts.ClusterState {
	p := c.policy
	plumb := 0
	if p.PlumbAllCrossSubnetRoutes {
		plumb = 1
	}
	s := scripts.ClusterState{
		UtcNow: utc(c.clock(n, c.now)), Denied: []string{}, Name: c.shape.Name,
		ClusterFunctionalLevel: c.windows().level, ClusterUpgradeVersion: c.windows().upgrade, S2DEnabled: 1, DynamicQuorumEnabled: 1,
		WitnessDynamicWeight: c.witnessWeight, QuorumTypeValue: c.quorumType(), QuorumPath: c.witnessPath,
		WitnessResource: c.witnessName, WitnessResourceType: c.witnessType,
		SameSubnetDelay: int(p.SameSubnetDelay.Milliseconds()), SameSubnetThreshold: p.SameSubnetThreshold,
		CrossSubnetDelay: int(p.CrossSubnetDelay.Milliseconds()), CrossSubnetThreshold: p.CrossSubnetThreshold,
		CrossSiteDelay: int(p.CrossSiteDelay.Milliseconds()), CrossSiteThreshold: p.CrossSiteThreshold,
		RouteHistoryLength: p.RouteHistoryLength, PlumbAllCrossSubnetRoutes: plumb,
		ResiliencyLevel: c.resiliency.Level, ResiliencyDefaultPeriod: int(c.resiliency.DefaultPeriod.Seconds()),
		QuarantineThreshold: c.resiliency.QuarantineThreshold, QuarantineDuration: int(c.resiliency.QuarantineDuration.Seconds()),
		Nodes: []scripts.StateNode{}, Networks: []scripts.StateNetwork{}, Interfaces: []scripts.StateInterface{},
		Groups: []scripts.StateGroup{}, Resources: []scripts.StateResource{}, Volumes: []scripts.StateVolume{},
	}
	if c.shape.SAN {
		s.S2DEnabled = 0
	}
	if c.shape.StaticQuorum {
		s.DynamicQuorumEnabled = 0
	}
	for _, x := range c.nodes {
		state, status, drain := x.state()
		s.Nodes = append(s.Nodes, scripts.StateNode{
			Name: x.Name, Id: x.id, State: int(state), StatusInformation: int(status), NodeDrainStatus: int(drain),
			NodeWeight: x.weight, DynamicWeight: x.vote, BuildNumber: c.build(), Site: x.Site, Rack: x.Rack,
			Model: x.model, Manufacturer: x.maker, SerialNumber: x.serial,
		})
	}
	for _, net := range c.nets {
		s.Networks = append(s.Networks, scripts.StateNetwork{
			Name: net.Name, Id: net.id, State: int(c.networkState(net)), Role: net.Role, Metric: net.metric(),
			Address: net.prefix.Addr().String(), PrefixLength: net.prefix.Bits(),
		})
		for _, x := range c.nodes {
			if net.has[x.index] {
				s.Interfaces = append(s.Interfaces, scripts.StateInterface{
					Name: interfaceName(x, net), Node: x.Name, Network: net.Name, Adapter: adapterDescription(net),
					Address: net.address(x), State: int(c.interfaceState(net, x)),
				})
			}
		}
	}
	for _, r := range c.roles {
		s.Groups = append(s.Groups, scripts.StateGroup{
			Name: r.name, Id: r.id, GroupType: int(r.kind), State: int(r.state), StatusInformation: int(r.status),
			OwnerNode: r.owner.Name, Priority: r.priority,
		})
		for _, res := range r.resources {
			s.Resources = append(s.Resources, scripts.StateResource{
				Name: res.name, Type: res.kind, State: int(res.state), OwnerGroup: r.name, OwnerNode: r.owner.Name, CoreResource: res.core,
			})
		}
	}
	for _, v := range c.volumes {
		s.Volumes = append(s.Volumes, scripts.StateVolume{
			Name: v.res.name, Path: `C:\ClusterStorage\` + v.Name, VolumeName: fmt.Sprintf(`\\?\Volume{%s}\`, guid(c.seed, "volume", v.Name)),
			OwnerNode: v.role.owner.Name, State: int(v.res.state), WorstAccess: int(c.access(v)),
			FileSystem: "CSVFS", Size: v.size, Free: c.free(v, c.now),
		})
	}
	return s
}

// access is the worst way any node reaches the volume. On Storage Spaces Direct
// every node has direct access unless the disks are away; while the volume
// changes its owner, input and output are held.
func (c *simCluster) access(v *simVolume) cluster.VolumeState {
	switch {
	case !c.volumeOnline(v):
		return cluster.VolumeUnavailable
	case v.role.state == cluster.GroupPending:
		return cluster.VolumePaused
	}
	if c.shape.SAN {
		for _, net := range c.nets { // a node without its iSCSI path goes through the owner
			for _, n := range c.nodes {
				if net.Role == int(cluster.RoleNone) && net.has[n.index] && n.active() && c.unplugged(net, n) {
					return cluster.VolumeBlockRedirected
				}
			}
		}
	}
	return cluster.VolumeDirect
}
