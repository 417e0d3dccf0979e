package wsman

import (
	"crypto/tls"
	"strings"
)

// mutual is what a client that signs in with a certificate writes in its
// Authorization header (DSP0226 C.3.5): the proof was made by the TLS handshake.
const mutual = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"

// certificate is the account the client's certificate is mapped to. Windows maps
// certificates to accounts of the machine itself only.
func (c *conn) certificate() (account string, ok bool) {
	t, isTLS := c.nc.(*tls.Conn)
	if !isTLS {
		return "", false
	}
	chain := t.ConnectionState().PeerCertificates
	if len(chain) == 0 {
		return "", false
	}
	user, ok := c.s.o.Mapping(chain)
	if !ok {
		c.s.o.Logger.Debug("no account is mapped to the certificate", "node", c.s.o.Machine, "subject", chain[0].Subject.String())
		return "", false
	}
	account = strings.ToUpper(c.s.o.Machine) + `\` + user
	return account, c.s.o.SignIn(SignIn{account, true, true})
}
