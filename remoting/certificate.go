package remoting

import (
	"crypto/tls"
	"errors"

	"looksalive/cluster"
)

// mutual is the Authorization header of a request that signs in with the client
// certificate of its connection (DSP0226 C.3.5). Windows asks for the certificate
// only when it sees this header (jborean93/winrm-cert-auth, README).
const mutual = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

var errKeyPair = errors.New("the client certificate or its key cannot be read, or they do not belong together")

// keyPair reads an identity's client certificate. The error of the standard library
// is left out: it may quote what was entered.
func keyPair(i cluster.Identity) (*tls.Certificate, error) {
	pair, err := tls.X509KeyPair([]byte(i.Certificate), []byte(i.Key.Reveal()))
	if err != nil {
		return nil, errKeyPair
	}
	return &pair, nil
}

// tlsConfig is what a lane insists on: TLS 1.2 or newer, its node's key or a chain
// to those it trusts, no resumption of what another connection agreed on.
func (l *lane) tlsConfig() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: l.node.RootCAs, ServerName: l.name()}
	if l.node.Trust == cluster.TrustPin {
		c.InsecureSkipVerify = true // of the standard library's rules; ours follows
		c.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return &pinError{confirmed: l.node.Pin}
			}
			return checkPin(l.node.Pin, s.PeerCertificates[0])
		}
	}
	if l.node.Auth == cluster.AuthCertificate {
		pair, err := l.credential.pair()
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{*pair}
		// Windows asks for the certificate after the first request: by a renegotiation,
		// which TLS 1.3 no longer has, and its successor crypto/tls does not offer.
		c.Renegotiation = tls.RenegotiateOnceAsClient
		c.MaxVersion = tls.VersionTLS12
	}
	return c, nil
}

// name is who the node must be: in its certificate, and in a Kerberos ticket.
func (l *lane) name() string {
	if l.node.ServerName != "" {
		return l.node.ServerName
	}
	return l.url.Hostname()
}
