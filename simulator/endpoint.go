package simulator

import (
	"crypto/rand"
	"crypto/x509"
	"strings"
	"time"

	"looksalive/simulator/wsman"
)

// endpoint is one node's WinRM: two servers on one pair of ports. The second
// knows another password; it answers while the node is to refuse ours.
type endpoint struct {
	Endpoint
	sim     *Simulator
	cluster *simCluster
	node    *simNode
	other   string  // the password while it counts as changed
	gates   []*gate // HTTP, then HTTPS
	good    *wsman.Server
	deny    *wsman.Server
	mode    string
	cert    *x509.Certificate // of the HTTPS listener, nil without
}

func (s *Simulator) newEndpoint(c *simCluster, n *simNode) (*endpoint, error) {
	e := &endpoint{sim: s, cluster: c, node: n, other: rand.Text(), Endpoint: Endpoint{Cluster: c.shape.Name, Node: n.Name, Domain: c.shape.Domain, Unwatched: c.shape.Unwatched}}
	h := &host{sim: s, cluster: c, node: n}
	o := wsman.Options{
		Host: h, Exists: h.exists, CIMFor: func(account string) wsman.CIM { return cimNode{h.as(account)} }, Machine: n.Name, Domain: c.shape.Domain, Find: e.find, SignIn: e.signIn,
		Authorize:     func(account string) bool { return h.as(account).allowed(RightRemote) },
		Administrator: func(account string) bool { return h.as(account).allowed(RightAdmin) },
		AllowBasic:    true, Now: s.opts.Now, Logger: s.log.With("cluster", c.shape.Name, "node", n.Name), MaxShellsPerUser: 30,
	}
	if rtt := s.opts.Cost.RTT; rtt > 0 {
		o.Delay = func(string) time.Duration { return rtt }
	}
	if s.opts.HTTPS {
		var err error
		if o.TLS, e.cert, err = s.ca.issue(n.Name, c.shape.Domain, s.opts.Listen, s.opts.Now()); err != nil {
			return nil, err
		}
	}
	e.good = wsman.New(o)
	o.SignIn = func(wsman.SignIn) bool { s.signIns.refused(n.Name); return false }
	e.deny = wsman.New(o)

	plain, err := newGate(s.opts.Listen)
	if err != nil {
		return nil, err
	}
	e.gates = append(e.gates, plain)
	e.HTTP = "http://" + plain.address + "/wsman"
	go e.good.Serve(plain.good)
	go e.deny.Serve(plain.deny)
	if s.opts.HTTPS {
		secure, err := newGate(s.opts.Listen)
		if err != nil {
			e.close()
			return nil, err
		}
		e.gates = append(e.gates, secure)
		e.HTTPS = "https://" + secure.address + "/wsman"
		go e.good.ServeTLS(secure.good)
		go e.deny.ServeTLS(secure.deny)
	}
	return e, nil
}

// gate changes how the node answers. Leaving normal operation cuts every
// connection, as the end of the service or the machine does.
func (e *endpoint) gate(mode string) error {
	if e.mode == mode {
		return nil
	}
	e.mode = mode
	var first error
	for _, g := range e.gates {
		if err := g.set(mode); err != nil && first == nil {
			first = err
		}
	}
	if mode != "" {
		e.good.DropAll()
	}
	if mode != "401" {
		e.deny.DropAll()
	}
	return first
}

func (e *endpoint) close() {
	for _, g := range e.gates {
		g.close()
	}
	e.good.Close()
	e.deny.Close()
}

// computer is the node's name with its domain, as certificates spell it.
func (c *simCluster) computer(n *simNode) string {
	return strings.ToLower(n.Name) + "." + c.shape.Domain
}
