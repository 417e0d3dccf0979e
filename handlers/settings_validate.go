package handlers

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"looksalive/cluster"
	"looksalive/views"
)

// problems is everything that is wrong with what was entered.
type problems []views.FieldProblem

func (p *problems) add(field, format string, args ...any) {
	*p = append(*p, views.FieldProblem{Field: field, Text: fmt.Sprintf(format, args...)})
}

// list is the same as an error of the domain.
func (p problems) list() cluster.Problems {
	out := make(cluster.Problems, 0, len(p))
	for _, x := range p {
		out = append(out, x.Text)
	}
	return out
}

const (
	maxNodes = 64 // nodes of a Windows Server failover cluster
	maxName  = 100
)

// validate lists what is wrong with a definition. missing are the places in the
// list where a secret is not there. entered is the number of nodes that have
// fields of their own in the form.
func validate(d cluster.Definition, entered int) (p problems, missing []int) {
	if d.Name != "" {
		p.name("name", d.Name)
	}
	if len(d.Nodes) == 0 {
		p.add("addresses", "Enter the address of at least one node.")
	}
	if len(d.Nodes) > maxNodes {
		p.add("addresses", "A cluster has at most %d nodes.", maxNodes)
	}
	seen := map[string]bool{}
	for i, n := range d.Nodes {
		prefix, field := views.NodePrefix(i), "addresses"
		if i < entered {
			field = prefix + "address"
			if n.Name == "" {
				p.add(prefix+"name", "Enter the name of the node.")
			} else {
				p.name(prefix+"name", n.Name)
			}
		}
		address := n.Address
		if address == "" {
			address = n.Name
		}
		p.address(field, address)
		if host, _ := n.Host(); d.Of(n).Auth == cluster.AuthKerberos && net.ParseIP(host) != nil {
			p.add(field, "%s: Kerberos needs a name, not an IP address.", address)
		}
		for _, key := range []string{"name " + strings.ToLower(n.Name), "address " + strings.ToLower(address)} {
			if seen[key] {
				p.add(field, "%s is there twice.", address)
				break
			}
			seen[key] = true
		}
		if n.Pin != "" && !cluster.ValidPin(n.Pin) {
			p.add(field, "%s: a pin is sha256/ and the base64 of 32 bytes.", address)
		}
	}
	p.access("", "", d.Access, &missing)
	for i, n := range d.Nodes {
		if n.Access != nil {
			p.access(views.NodePrefix(i), n.Name+": ", *n.Access, &missing)
		}
	}
	return p, missing
}

func (p *problems) name(field, name string) {
	switch {
	case len(name) > maxName:
		p.add(field, "A name has at most %d letters.", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		p.add(field, "A name cannot have control characters.")
	}
}

// hostForm is what DNS and Windows take for the name of a machine.
var hostForm = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$`)

func (p *problems) address(field, address string) {
	host, port := cluster.NodeDefinition{Address: address}.Host()
	switch {
	case strings.Contains(address, "//"):
		p.add(field, "%s: enter a host name without http or https in front.", address)
	case len(host) > 253 || net.ParseIP(host) == nil && !hostForm.MatchString(host):
		p.add(field, "%s is no host name and no IP address.", clip(address))
	case port != "":
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			p.add(field, "%s: a port is a number from 1 to 65535.", clip(address))
		}
	}
}

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// access checks one way to sign in; subject begins each sentence.
func (p *problems) access(prefix, subject string, a cluster.Access, missing *[]int) {
	if a.Transport == cluster.TransportHTTP && (a.Auth == cluster.AuthBasic || a.Auth == cluster.AuthCertificate) {
		p.add(prefix+"how", "%sBasic and client certificates are only for HTTPS.", subject)
	}
	if a.Port < 0 || a.Port > 65535 {
		p.add(prefix+"port", "%sA port is a number from 1 to 65535.", subject)
	}
	if a.Transport == cluster.TransportHTTPS && a.Trust == cluster.TrustCA {
		switch {
		case a.CA == "":
			p.add(prefix+"ca", "%sPaste the certificate of the authority, or choose its file.", subject)
		case !x509.NewCertPool().AppendCertsFromPEM([]byte(a.CA)):
			p.add(prefix+"ca", "%sThere is no certificate in what was given for the authority. It must be PEM.", subject)
		}
	}
	if strings.ContainsFunc(a.Kerberos.Realm, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune("@/", r) }) {
		p.add(prefix+"realm", "%sA realm is written like EXAMPLE.NET.", subject)
	}
	for _, kdc := range a.Kerberos.KDCs {
		p.address(prefix+"kdcs", kdc)
	}
	p.identity(prefix, subject, a.Auth, a.Read, missing)
	if a.Act != nil {
		p.identity(prefix+"act.", subject+"Account for changes: ", a.Auth, *a.Act, missing)
	}
}

func (p *problems) identity(prefix, subject string, auth cluster.Auth, i cluster.Identity, missing *[]int) {
	lacks := func(field, text string) {
		*missing = append(*missing, len(*p))
		p.add(prefix+field, "%s%s", subject, text)
	}
	if auth == cluster.AuthCertificate {
		p.certificate(prefix, subject, i, lacks)
		return
	}
	switch {
	case i.User == "":
		p.add(prefix+"user", "%sEnter the user.", subject)
	case strings.ContainsFunc(i.User, unicode.IsControl) || len(i.User) > 300:
		p.add(prefix+"user", "%sThat is no name of a user.", subject)
	}
	switch {
	case !i.Keytab.IsZero():
		// MIT's keytab file format begins with 5 and its version, 1 or 2.
		if k := i.Keytab.Reveal(); len(k) < 2 || k[0] != 5 || k[1] != 1 && k[1] != 2 {
			p.add(prefix+"keytab", "%sThat file is no keytab.", subject)
		}
	case i.Password.IsZero() && auth == cluster.AuthKerberos:
		lacks("password", "Enter the password or choose a keytab.")
	case i.Password.IsZero():
		lacks("password", "Enter the password.")
	}
}

func (p *problems) certificate(prefix, subject string, i cluster.Identity, lacks func(field, text string)) {
	block, _ := pem.Decode([]byte(i.Certificate))
	switch {
	case i.Certificate == "":
		p.add(prefix+"certificate", "%sPaste the client certificate, or choose its file.", subject)
	case block == nil || block.Type != "CERTIFICATE":
		p.add(prefix+"certificate", "%sThere is no certificate in what was given. It must be PEM.", subject)
	}
	if i.Key.IsZero() {
		lacks("key", "Paste the key of the certificate, or choose its file.")
		return
	}
	key, _ := pem.Decode([]byte(i.Key.Reveal()))
	switch {
	case key == nil || !strings.HasSuffix(key.Type, "PRIVATE KEY"):
		p.add(prefix+"key", "%sThere is no private key in what was given. It must be PEM.", subject)
	case key.Type == "ENCRYPTED PRIVATE KEY" || key.Headers["DEK-Info"] != "":
		p.add(prefix+"key", "%sThe key has a passphrase. Remove it first: openssl pkey -in key.pem -out plain.pem", subject)
	case block != nil && block.Type == "CERTIFICATE":
		// What crypto/tls says may quote nothing of the key, but is not for people.
		if _, err := tls.X509KeyPair([]byte(i.Certificate), []byte(i.Key.Reveal())); err != nil {
			p.add(prefix+"key", "%sThe key does not belong to the certificate.", subject)
		}
	}
}
