package simulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"strings"

	"looksalive/cluster"
)

// Windows finds the account of a client certificate by the user principal name in
// its subject alternative names (WSMan:\localhost\ClientCertificate, Subject), here
// user@localhost, and takes only certificates of the authority named there.
var (
	oidUPN = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 20, 2, 3}
	oidSAN = asn1.ObjectIdentifier{2, 5, 29, 17}
)

const upnDomain = "@localhost"

type otherName struct {
	ID    asn1.ObjectIdentifier
	Value string `asn1:"tag:0,explicit,utf8"`
}

// ClientCertificate issues a certificate that signs in as one of the accounts,
// with its key, both PEM. Each node maps it to a local account of that name,
// which has the rights of the account. An unknown user is cluster.ErrNotFound.
func (s *Simulator) ClientCertificate(user string) (cert, key []byte, err error) {
	known := false
	for _, c := range s.clusters {
		c.mu.Lock()
		if a := c.account(user); a != nil {
			user, known = a.User, true
		}
		c.mu.Unlock()
	}
	if !known {
		return nil, nil, fmt.Errorf("account %q: %w", user, cluster.ErrNotFound)
	}
	return s.ca.issueClient(user, s)
}

func (a *authority) issueClient(user string, s *Simulator) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	name, err := asn1.MarshalWithParams(otherName{oidUPN, user + upnDomain}, "tag:0")
	if err != nil {
		return nil, nil, err
	}
	names, err := asn1.Marshal([]asn1.RawValue{{FullBytes: name}})
	if err != nil {
		return nil, nil, err
	}
	now := s.opts.Now()
	t := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: user, Organization: []string{"LooksAlive simulator"}},
		NotBefore: now.AddDate(0, 0, -1), NotAfter: now.AddDate(1, 0, 0), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, ExtraExtensions: []pkix.Extension{{Id: oidSAN, Value: names}},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &private.PublicKey, a.key)
	if err != nil {
		return nil, nil, err
	}
	b, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b}), nil
}

// mapping is the account a client's certificate signs in as.
func (e *endpoint) mapping(chain []*x509.Certificate) (string, bool) {
	s := e.sim
	roots := x509.NewCertPool()
	roots.AddCert(s.ca.cert)
	if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, CurrentTime: s.opts.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}); err != nil {
		return "", false
	}
	user, ok := strings.CutSuffix(principal(chain[0]), upnDomain)
	if !ok {
		return "", false
	}
	c := e.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(user)
	if a == nil {
		return "", false
	}
	return a.User, true
}

// principal is the user principal name of a certificate, "" without one.
func principal(c *x509.Certificate) string {
	for _, x := range c.Extensions {
		if !x.Id.Equal(oidSAN) {
			continue
		}
		var names []asn1.RawValue
		if rest, err := asn1.Unmarshal(x.Value, &names); err != nil || len(rest) > 0 {
			return ""
		}
		for _, n := range names {
			var o otherName
			if _, err := asn1.UnmarshalWithParams(n.FullBytes, &o, "tag:0"); err == nil && o.ID.Equal(oidUPN) {
				return o.Value
			}
		}
	}
	return ""
}
