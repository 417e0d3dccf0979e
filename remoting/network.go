package remoting

import (
	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

func network(n scripts.StateNetwork) cluster.Network {
	return cluster.Network{
		Name: name(n.Name), ID: name(n.Id), State: cluster.NetworkState(n.State), Role: cluster.NetworkRole(n.Role),
		Metric: n.Metric, Address: name(n.Address), Prefix: n.PrefixLength,
	}
}

func netInterface(i scripts.StateInterface) cluster.Interface {
	return cluster.Interface{
		Node: name(i.Node), Network: name(i.Network), Name: name(i.Name), Adapter: name(i.Adapter),
		Address: name(i.Address), State: cluster.InterfaceState(i.State),
	}
}
