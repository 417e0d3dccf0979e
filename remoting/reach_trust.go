package remoting

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"time"

	"looksalive/cluster"
)

// rejectedDetail says what a rejected credential means and what to do.
func rejectedDetail(err error, n Node) string {
	var r *rejection
	if !errors.As(err, &r) {
		r = &rejection{here: true}
	}
	const until = "until it is changed here or somebody asks to try again."
	user := clean(n.User, 100)
	switch {
	case n.Auth == cluster.AuthCertificate:
		return "The node did not accept our client certificate, which is not shown to it again " + until + " Is it mapped to an account there, is that account's password still the same, and is certificate sign-in switched on (winrm get winrm/config/service/auth)?"
	case !r.here:
		return clean(r.by.node, 100) + " rejected the user name or password of " + user + "; so that the account is not locked, it is not tried here " + until
	case r.elsewhere:
		return "The node rejected the user name or password of " + user + ", which other nodes accept; it is not tried on this node again " + until + " Did the node lose its trust to the domain (Test-ComputerSecureChannel)?"
	}
	return "The node rejected the user name or password of " + user + ". Repeating it could lock the account: it is not tried again " + until
}

func pinDetail(e *pinError) string {
	if e.confirmed == "" {
		return "Nobody has confirmed the key of this node yet, so nothing was sent to it. It shows " + e.shown + "."
	}
	return "The node shows another key than the one that was confirmed. Confirmed is " + e.confirmed + ", shown is " + e.shown + ". If its certificate was made anew, confirm the new key; if not, something else answers in its place."
}

func certificateDetail(err error, host string) string {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &unknown):
		return "The node's certificate is signed by an authority we do not know" + issuedBy(unknown.Cert) + "; add it to the cluster's CA file."
	case errors.As(err, &name):
		return "The node's certificate is not made out to " + clean(host, 100) + madeOutTo(name.Certificate) + "."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if c := invalid.Cert; c != nil {
			return "The node's certificate is valid from " + c.NotBefore.UTC().Format(time.DateOnly) + " to " + c.NotAfter.UTC().Format(time.DateOnly) + " only."
		}
		return "The node's certificate has expired or is not valid yet."
	case errors.As(err, &invalid) && invalid.Reason == x509.IncompatibleUsage:
		return "The node's certificate is not meant for servers: it lacks the usage server authentication."
	default:
		return "The node's certificate was not accepted: " + clean(err.Error(), 200) + "."
	}
}

func issuedBy(c *x509.Certificate) string {
	switch {
	case c == nil:
		return ""
	case c.Issuer.String() == c.Subject.String():
		return " (by itself)"
	}
	return " (" + clean(c.Issuer.String(), 150) + ")"
}

// madeOutTo says which names a certificate has instead.
func madeOutTo(c *x509.Certificate) string {
	const most = 5
	names := namesOf(c)
	switch {
	case len(names) > most:
		return " but to " + strings.Join(names[:most], ", ") + " and others"
	case len(names) > 0:
		return " but to " + strings.Join(names, ", ")
	case c.Subject.CommonName != "":
		return ": it has no alternative names, and its common name " + clean(c.Subject.CommonName, 100) + " no longer counts"
	}
	return " nor to any other name"
}

// alert is what the node's TLS said when it gave up, which crypto/tls has no type for.
func alert(err error) (text string, ok bool) {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return "", false
	}
	return op.Err.Error(), true
}

// alertDetail says what an alert means. The codes are those of RFC 8446 section 6.2.
func alertDetail(text string, n Node) string {
	is := func(codes ...tls.AlertError) bool {
		for _, c := range codes {
			if c.Error() == text {
				return true
			}
		}
		return false
	}
	switch {
	case is(40, 70, 71):
		return "The node and we have no version or cipher of TLS in common; TLS 1.2 or newer is needed."
	case is(116), is(42, 43, 44, 45, 46, 48, 49) && n.Auth != cluster.AuthCertificate:
		return "The node insists on a client certificate (" + clean(text, 60) + ")."
	case is(45):
		return "The node says that our client certificate has expired."
	case is(48):
		return "The node does not know the authority that signed our client certificate; it belongs into Trusted Root Certification Authorities on the node."
	case is(42, 43, 44, 46, 49):
		return "The node did not accept our client certificate (" + clean(text, 60) + ")."
	}
	return "The node ended TLS: " + clean(text, 60) + "."
}
