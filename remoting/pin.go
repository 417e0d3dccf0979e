package remoting

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"looksalive/cluster"
)

// PinOf is the pin of a certificate's key: "sha256/" and the base64 of the SHA-256
// of its SubjectPublicKeyInfo. A certificate renewed with the same key keeps it.
func PinOf(c *x509.Certificate) string {
	sum := sha256.Sum256(c.RawSubjectPublicKeyInfo)
	return cluster.PinPrefix + base64.StdEncoding.EncodeToString(sum[:])
}

// checkPin accepts the one key that was confirmed. Chain, name and dates do not
// matter: whoever has this key is the node.
func checkPin(confirmed string, c *x509.Certificate) error {
	shown := PinOf(c)
	if confirmed == "" || subtle.ConstantTimeCompare([]byte(confirmed), []byte(shown)) != 1 {
		return &pinError{confirmed: confirmed, shown: shown}
	}
	return nil
}

// pinError is a key that is not the one confirmed.
type pinError struct{ confirmed, shown string } // confirmed is "" if there is none yet

func (e *pinError) Error() string {
	if e.confirmed == "" {
		return "no key of the node was confirmed yet; it shows " + e.shown
	}
	return "the node shows the key " + e.shown + " instead of " + e.confirmed
}

// TLSOf describes a certificate for people who are to confirm it. Names and texts
// are the certificate's own: whoever made it chose them.
func TLSOf(c *x509.Certificate) cluster.NodeTLS {
	whole, thumbprint := sha256.Sum256(c.Raw), sha1.Sum(c.Raw)
	return cluster.NodeTLS{
		Subject: clean(c.Subject.String(), 200), Issuer: clean(c.Issuer.String(), 200), Names: namesOf(c),
		NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Pin: PinOf(c),
		SHA256: hex.EncodeToString(whole[:]), SHA1: strings.ToUpper(hex.EncodeToString(thumbprint[:])),
	}
}

// maxNames is how many of a certificate's names are shown.
const maxNames = 20

// namesOf lists to whom a certificate is made out: its alternative names. The common
// name no longer counts, and is listed only where it is all there is.
func namesOf(c *x509.Certificate) []string {
	var names []string
	for _, n := range c.DNSNames {
		names = append(names, clean(n, 100))
	}
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) > maxNames {
		names = names[:maxNames]
	}
	return names
}
