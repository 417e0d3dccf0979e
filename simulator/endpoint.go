package simulator

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"sync"
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
	web     *http.Server // answers while something else listens there
	others  [2]sync.Once // for each gate: web serves there
	modes   [2]string    // of the gates

	// Guarded by the cluster's lock.
	key    *ecdsa.PrivateKey // of the HTTPS listener, nil without one
	served struct {
		served
		plain  served
		made   bool
		cert   *tls.Certificate
		config *tls.Config
	}
}

func (s *Simulator) newEndpoint(c *simCluster, n *simNode) (*endpoint, error) {
	e := &endpoint{sim: s, cluster: c, node: n, other: rand.Text(), web: otherServer(), Endpoint: Endpoint{Cluster: c.shape.Name, Node: n.Name, Domain: c.shape.Domain, Unwatched: c.shape.Unwatched}}
	h := &host{sim: s, cluster: c, node: n}
	o := wsman.Options{
		Host: h, Exists: h.exists, CIMFor: func(account string) wsman.CIM { return cimNode{h.as(account)} }, Machine: n.Name, Domain: c.shape.Domain, Find: e.find, SignIn: e.signIn,
		Authorize:     func(account string) bool { return h.as(account).allowed(RightRemote) },
		Administrator: func(account string) bool { return h.as(account).allowed(RightAdmin) },
		Methods:       e.methods, ProductVersion: fmt.Sprintf("OS: 10.0.%d SP: 0.0 Stack: 3.0", c.build()),
		Now: s.opts.Now, Logger: s.log.With("cluster", c.shape.Name, "node", n.Name), MaxShellsPerUser: 30,
	}
	if rtt := s.opts.Cost.RTT; rtt > 0 {
		o.Delay = func(string) time.Duration { return rtt }
	}
	if s.opts.HTTPS {
		c.mu.Lock()
		_, err := e.listenerTLS()
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		o.TLSNow, o.Mapping = e.tlsNow, e.mapping
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

// gate changes how the node answers: as a whole, or, with listener, on one port.
// Leaving normal operation cuts every connection, as the end of the service or
// the machine does; shells survive the end of one listener.
func (e *endpoint) gate(mode, listener string) error {
	modes := [2]string{mode, mode}
	if mode == "" {
		switch listener {
		case listenerNoHTTP:
			modes[0] = "refused"
		case listenerNoHTTPS:
			modes[1] = "refused"
		case listenerOtherHTTP:
			modes = [2]string{listener, listener}
		}
	}
	if modes == e.modes {
		return nil
	}
	was := e.modes
	e.modes = modes
	var first error
	for i, g := range e.gates {
		if modes[i] == was[i] {
			continue
		}
		if modes[i] == listenerOtherHTTP {
			e.others[i].Do(func() { go e.serveOther(g, i == 1) })
		}
		if err := g.set(modes[i]); err != nil && first == nil {
			first = err
		}
		if modes[i] != "" && mode == "" {
			e.good.DropListener(i == 1)
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
	e.web.Close()
}

// computer is the node's name with its domain, as certificates spell it.
func (c *simCluster) computer(n *simNode) string {
	return strings.ToLower(n.Name) + "." + c.shape.Domain
}

// Ways to sign in.
const (
	methodNegotiate   = "negotiate"
	methodBasic       = "basic"
	methodCertificate = "certificate"
)

// methods are the ways to sign in that the service offers.
func (e *endpoint) methods() wsman.Methods {
	c := e.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	off := c.condOf(e.node).methods
	return wsman.Methods{Negotiate: !off[methodNegotiate], Basic: !off[methodBasic], Certificate: !off[methodCertificate]}
}
