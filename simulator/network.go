package simulator

import (
	"fmt"
	"net/netip"

	"looksalive/cluster"
)

type simNetwork struct {
	NetworkShape
	id     string
	index  int
	prefix netip.Prefix
	has    []bool // by node: is it connected
}

func (c *simCluster) addNetworks() {
	for i, s := range c.shape.Networks {
		n := &simNetwork{NetworkShape: s, id: guid(c.seed, "network", s.Name), index: i, prefix: netip.MustParsePrefix(s.Subnet).Masked()}
		if n.Gbps == 0 {
			n.Gbps = 25
			if s.Role == int(cluster.RoleClusterAndClient) {
				n.Gbps = 10
			}
		}
		for _, node := range c.nodes {
			n.has = append(n.has, s.Site == "" || s.Site == node.Site)
		}
		c.nets = append(c.nets, n)
	}
}

func (c *simCluster) network(name string) *simNetwork {
	for _, n := range c.nets {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// address is the node's address on the network: .11, .12 … in the order of the nodes.
func (n *simNetwork) address(node *simNode) string {
	return hostAddress(n.prefix, 10+node.id)
}

func hostAddress(p netip.Prefix, host int) string {
	b := p.Addr().As4()
	b[3] += byte(host)
	return netip.AddrFrom4(b).String()
}

func (n *simNetwork) metric() int {
	if n.Role == int(cluster.RoleClusterAndClient) {
		return 70240 + n.index
	}
	return 30240 + n.index*10
}

func interfaceName(node *simNode, net *simNetwork) string {
	return fmt.Sprintf("%s - %s", node.Name, adapterName(net))
}

func adapterName(net *simNetwork) string { return fmt.Sprintf("vEthernet (%s)", net.Name) }

// interfaceState is what the cluster makes of one interface: Failed if it was
// unplugged or nobody hears it, Unreachable if only some do.
func (c *simCluster) interfaceState(net *simNetwork, node *simNode) cluster.InterfaceState {
	if !c.memberHeard(node) {
		return cluster.InterfaceUnavailable
	}
	if c.unplugged(net, node) {
		return cluster.InterfaceFailed
	}
	heard, mute := 0, 0
	for _, other := range c.nodes {
		if other == node || !net.has[other.index] || !c.memberHeard(other) || c.unplugged(net, other) {
			continue
		}
		if c.splitBetween(net, node, other) {
			mute++
		} else {
			heard++
		}
	}
	if mute > 0 {
		return cluster.InterfaceUnreachable
	}
	return cluster.InterfaceUp
}

// memberHeard says whether the cluster can say anything of the node's interfaces.
func (c *simCluster) memberHeard(n *simNode) bool {
	return n.member == memberUp || n.member == memberJoining || n.member == memberIsolated
}

// networkState sums up its interfaces.
func (c *simCluster) networkState(net *simNetwork) cluster.NetworkState {
	up, failed, unreachable := 0, 0, 0
	for _, node := range c.nodes {
		if !net.has[node.index] {
			continue
		}
		switch c.interfaceState(net, node) {
		case cluster.InterfaceUp:
			up++
		case cluster.InterfaceFailed:
			failed++
		case cluster.InterfaceUnreachable:
			unreachable++
		}
	}
	switch {
	case unreachable > 0:
		return cluster.NetworkPartitioned
	case up > 0:
		return cluster.NetworkUp
	case failed > 0:
		return cluster.NetworkDown
	default:
		return cluster.NetworkUnavailable
	}
}
