package main

import (
	"context"
	"fmt"
	"net/url"

	"looksalive/cluster"
	"looksalive/simulator"
)

// simulated is the far end of the wire when no real cluster is watched. To
// everything behind its definitions it is like any other.
type simulated struct {
	definitions []cluster.Definition // of the clusters that are watched from the start
	addresses   addressBook
	control     string                      // URL of the simulator's control page
	run         func(context.Context) error // keeps the simulation going
	close       func()
}

func simulate(opts simulator.Options) (*simulated, error) {
	sim, err := simulator.Start(opts)
	if err != nil {
		return nil, fmt.Errorf("simulator: %w", err)
	}
	s := &simulated{control: sim.ControlURL(), run: sim.Run, close: sim.Close, addresses: addressBook{}}
	at := map[string]int{}
	for _, e := range sim.Nodes() {
		for transport, at := range map[cluster.Transport]string{cluster.TransportHTTP: e.HTTP, cluster.TransportHTTPS: e.HTTPS} {
			if u, err := url.Parse(at); err == nil && u.Host != "" {
				s.addresses[nodeAddress{e.Node, transport}] = u.Host
			}
		}
		if e.Unwatched {
			continue
		}
		i, seen := at[e.Cluster]
		if !seen {
			i = len(s.definitions)
			at[e.Cluster] = i
			who := cluster.Identity{User: e.User, Password: cluster.NewSecret(e.Password)}
			s.definitions = append(s.definitions, cluster.Definition{
				Name: e.Cluster, Fixed: true,
				Access: cluster.Access{
					Transport: cluster.TransportHTTP,
					Read:      who,
					Act:       &who,
				},
			})
		}
		d := &s.definitions[i]
		d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: e.Node, Address: s.addresses[nodeAddress{e.Node, cluster.TransportHTTP}]})
	}
	return s, nil
}

// addressBook is the DNS of the simulation: where a node that a simulated cluster
// names listens on loopback.
type addressBook map[nodeAddress]string

type nodeAddress struct {
	node      string
	transport cluster.Transport
}

// of is remoting's way from a node's name to its address.
func (b addressBook) of(t cluster.Transport) func(name, suffix string) string {
	return func(name, suffix string) string {
		if at := b[nodeAddress{name, t}]; at != "" {
			return at
		}
		if suffix == "" {
			return name
		}
		return name + "." + suffix
	}
}
