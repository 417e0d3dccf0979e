package remoting

import (
	"strconv"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

func node(n scripts.StateNode) cluster.Node {
	out := cluster.Node{
		Name: name(n.Name), ID: n.Id, State: cluster.NodeState(n.State), Status: cluster.NodeStatus(n.StatusInformation),
		Drain: cluster.DrainStatus(n.NodeDrainStatus), Weight: n.NodeWeight, DynamicWeight: n.DynamicWeight,
		Site: name(n.Site), Rack: name(n.Rack), Model: name(n.Model), Manufacturer: name(n.Manufacturer), Serial: name(n.SerialNumber),
	}
	if n.BuildNumber != 0 {
		out.Build = strconv.Itoa(n.BuildNumber)
	}
	return out
}
