package simulator

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"net"
	"time"
)

// What can be wrong with the certificate of an HTTPS listener.
const (
	certExpired    = "expired"
	certNotYet     = "not-yet-valid"
	certWrongName  = "wrong-name"
	certSelfSigned = "self-signed"
	certChangedKey = "changed-key"
)

// What can be wrong with the listeners.
const (
	listenerNoHTTPS   = "no-https"
	listenerNoHTTP    = "no-http"
	listenerPlain     = "plain-http" // on the port of HTTPS
	listenerOldTLS    = "tls-1.1"
	listenerOtherHTTP = "other-server"
)

// listenerTLS is what the node's HTTPS listener serves at the moment. A
// certificate that is merely renewed keeps its key. The cluster's lock is held.
func (e *endpoint) listenerTLS() (*tls.Config, error) {
	c := e.cluster
	cond := c.condOf(e.node)
	wanted := served{cond.certificate, cond.certSet, cond.certDays, cond.listener}
	if e.served.made && wanted == e.served.served {
		return e.served.config, nil
	}
	now := e.sim.opts.Now()
	name := e.node.Name + "." + c.shape.Domain
	want := certificate{names: []string{name, e.node.Name}, from: now.Add(-time.Hour), to: now.AddDate(0, 10, 0), key: e.key}
	if ip := net.ParseIP(e.sim.opts.Listen); ip != nil {
		want.ips = []net.IP{ip}
	} else {
		want.names = append(want.names, e.sim.opts.Listen)
	}
	if ip := net.ParseIP(e.sim.opts.Listen); ip != nil && ip.IsLoopback() {
		want.names = append(want.names, "localhost")
	}
	if cond.certSet {
		want.to = c.faultSince("certificate-expiring", e.node.Name).AddDate(0, 0, cond.certDays)
		if !want.from.Before(want.to) {
			want.from = want.to.AddDate(-1, 0, 0)
		}
	}
	switch cond.certificate {
	case certExpired:
		want.from, want.to = now.AddDate(-1, 0, -3), now.AddDate(0, 0, -3)
	case certNotYet:
		want.from, want.to = now.AddDate(0, 0, 3), now.AddDate(1, 0, 3)
	case certWrongName:
		want.names, want.ips = []string{"old-name." + c.shape.Domain}, nil
	case certSelfSigned:
		want.self = true
	case certChangedKey:
		want.key = nil
	}
	var cert *tls.Certificate
	plain := wanted
	plain.listener = ""
	if e.served.made && plain == e.served.plain { // the same certificate, another listener
		cert = e.served.cert
	} else {
		var err error
		if cert, err = e.sim.ca.issue(want); err != nil {
			return nil, err
		}
	}
	if e.key == nil {
		e.key = cert.PrivateKey.(*ecdsa.PrivateKey)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{*cert}}
	switch cond.listener {
	case listenerOldTLS:
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case listenerPlain:
		config = nil
	}
	e.served.made, e.served.served, e.served.plain, e.served.cert, e.served.config = true, wanted, plain, cert, config
	return config, nil
}

// served says what a configuration was made for.
type served struct {
	certificate string
	certSet     bool
	certDays    int
	listener    string
}

// tlsNow is what a new connection to the HTTPS listener gets; nil is plain HTTP.
func (e *endpoint) tlsNow() *tls.Config {
	e.cluster.mu.Lock()
	defer e.cluster.mu.Unlock()
	config, err := e.listenerTLS()
	if err != nil {
		e.sim.log.Error("simulated certificate", "cluster", e.Cluster, "node", e.Node, "err", err)
		return &tls.Config{MinVersion: tls.VersionTLS12} // every handshake fails
	}
	return config
}

// shown is the certificate of the HTTPS listener, nil without one. The cluster's
// lock is held.
func (e *endpoint) shown() *x509.Certificate {
	if e.key == nil || e.cluster.condOf(e.node).listener == listenerNoHTTPS {
		return nil
	}
	if _, err := e.listenerTLS(); err != nil {
		return nil
	}
	return e.served.cert.Leaf
}
