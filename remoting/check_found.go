package remoting

import (
	"context"
	"net/netip"
	"slices"
	"strings"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// tellCluster notes which cluster a node belongs to, and who else does. The first node
// that answers names the cluster; the outcome is of the step about it.
func (n *nodeCheck) tellCluster(a scripts.NodeAccess, o outcome) outcome {
	n.change(func(r *cluster.Check) {
		switch {
		case r.Cluster == "":
			r.Cluster, n.teller, n.suffix = a.Name, n.def.Name, a.DnsSuffix
			for _, m := range a.Nodes {
				if validHost(m.Name) && !strings.Contains(m.Name, ".") {
					r.Found = append(r.Found, cluster.FoundNode{Name: m.Name, State: cluster.NodeState(m.State)})
				}
			}
		case !strings.EqualFold(r.Cluster, a.Name):
			o = failed("This is a node of the cluster "+a.Name+", but "+clean(n.teller, nameLen)+" is one of "+r.Cluster+". They are watched as two clusters.",
				cluster.Step{Text: "Take this node out, and add its cluster on its own."})
			return
		}
		n.access = &a
		n.place(r)
		host := hostOf(r.Nodes[n.i].Address)
		switch twin := n.twin(r); {
		case n.movable():
			o = partial(host+" is the name of the cluster, not of a node: it leads to whichever node owns it, at the moment "+a.ComputerName+". "+o.detail,
				cluster.Step{Text: "Watch the nodes by their own names: they are listed."})
		case twin != "":
			o = partial("This is the same node as "+twin+": "+a.ComputerName+". "+o.detail, cluster.Step{Text: "Take one of the two out."})
		case !strings.EqualFold(firstLabel(n.def.Name), a.ComputerName):
			o.detail += " The node calls itself " + a.ComputerName + "."
		}
	})
	return o
}

// movable says that the node was asked by the cluster's name.
func (n *nodeCheck) movable() bool {
	if n.access == nil {
		return false
	}
	address := n.def.Address
	if address == "" {
		address = n.def.Name
	}
	host := hostOf(address)
	if _, err := netip.ParseAddr(host); err == nil {
		host = n.def.Name
	}
	return strings.EqualFold(firstLabel(host), n.access.Name) && !strings.EqualFold(firstLabel(host), n.access.ComputerName)
}

func firstLabel(host string) string {
	label, _, _ := strings.Cut(host, ".")
	return label
}

// twin is another node given before this one that turned out to be the same. c.mu is held.
func (n *nodeCheck) twin(r *cluster.Check) string {
	for _, other := range n.taken {
		if other != n && other.access != nil && !other.movable() && strings.EqualFold(other.access.ComputerName, n.access.ComputerName) {
			return r.Nodes[other.i].Address
		}
	}
	return ""
}

// given is the node of the definition that is the member of this name, nil if there
// is none: the one that says so of itself, or has not said anything but is called so.
// c.mu is held.
func (c *checker) given(member string) *nodeCheck {
	for _, n := range c.taken {
		switch {
		case n.access != nil && !n.movable() && strings.EqualFold(n.access.ComputerName, member):
			return n
		case n.access == nil && (strings.EqualFold(firstLabel(n.def.Name), member) || strings.EqualFold(firstLabel(hostOf(n.def.Address)), member)):
			return n
		}
	}
	return nil
}

// place says where each member would be asked. c.mu is held.
func (c *checker) place(r *cluster.Check) {
	r.Found = slices.Clone(r.Found)
	for i := range r.Found {
		f := &r.Found[i]
		only := c.o.Definition.Node(f.Name) // perhaps not one that is checked
		switch n := c.given(f.Name); {
		case n != nil:
			f.Address = r.Nodes[n.i].Address
		case only != nil && only.Address != "" && !strings.EqualFold(firstLabel(hostOf(only.Address)), r.Cluster):
			f.Address = clean(only.Address, nameLen)
		default:
			f.Address = clean(c.o.Address(f.Name, c.suffix), nameLen)
		}
	}
}

// addFound begins to check the members nobody named.
func (c *checker) addFound(ctx context.Context) {
	var more []cluster.NodeDefinition
	c.change(func(r *cluster.Check) {
		c.place(r)
		for _, f := range r.Found {
			if c.given(f.Name) == nil {
				more = append(more, cluster.NodeDefinition{Name: f.Name, Address: f.Address})
			}
		}
	})
	for _, def := range more {
		c.add(ctx, def)
	}
}
