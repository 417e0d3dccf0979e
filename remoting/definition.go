package remoting

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"looksalive/cluster"
)

// NodesOf turns a definition into the nodes to ask: those that are not paused. The
// error is cluster.Problems: all that is wrong with the definition, paused nodes
// included, a sentence each. It never repeats a secret.
func NodesOf(d cluster.Definition) ([]Node, error) {
	var problems cluster.Problems
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if strings.TrimSpace(d.Name) == "" {
		bad("The cluster needs a name.")
	}
	if d.Locked {
		bad("The secrets of %s cannot be opened with the key we have: enter them again.", clean(d.Name, 100))
	}
	if len(d.Nodes) == 0 {
		bad("%s has no nodes.", clean(d.Name, 100))
	}
	shared, found := rootsOf(d.Access)
	if !d.Locked {
		found = append(found, accessProblems(d.Access)...)
	}
	for _, what := range found {
		bad("%s", what)
	}
	var nodes []Node
	seen := make(map[string]bool)
	for _, n := range d.Nodes {
		who := clean(n.Name, 100)
		if strings.TrimSpace(n.Name) == "" {
			bad("A node has no name.")
			continue
		}
		if seen[strings.ToLower(n.Name)] {
			bad("%s is there twice.", who)
			continue
		}
		seen[strings.ToLower(n.Name)] = true
		access, roots, found := d.Of(n), shared, []string(nil)
		if n.Access != nil {
			roots, found = rootsOf(access)
			if !d.Locked {
				found = append(found, accessProblems(access)...)
			}
		}
		u, what := urlOf(n, access)
		if what != "" {
			found = append(found, what)
		}
		if n.Pin != "" && !cluster.ValidPin(n.Pin) {
			found = append(found, "The confirmed key is not one: it looks like sha256/ and 44 letters and digits.")
		}
		for _, what := range found {
			bad("%s: %s", who, what)
		}
		if !n.Paused && !d.Paused {
			nodes = append(nodes, Node{
				Cluster: d.Name, Name: n.Name, URL: u, Auth: access.Auth, Kerberos: access.Kerberos, Identity: access.Read, Act: access.Act,
				Trust: access.Trust, RootCAs: roots, Pin: n.Pin,
			})
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return nodes, nil
}

// accessProblems are what is wrong with the way nodes are reached and as whom.
func accessProblems(a cluster.Access) []string {
	var problems []string
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if a.Port < 0 || a.Port > 65535 {
		bad("The port must be between 1 and 65535.")
	}
	if a.Transport != cluster.TransportHTTPS && a.Transport != cluster.TransportHTTP {
		bad("There is no such transport.")
	}
	if a.Trust < cluster.TrustSystem || a.Trust > cluster.TrustPin {
		bad("There is no such way to trust a certificate.")
	}
	if what := authProblem(a.Auth, a.Transport == cluster.TransportHTTP); what != "" {
		bad("%s", what)
	}
	if what := identityProblem(a.Auth, a.Read); what != "" {
		bad("%s", what)
	}
	if a.Act != nil {
		if what := identityProblem(a.Auth, *a.Act); what != "" {
			bad("The account that changes things: %s", what)
		}
	}
	return problems
}

// authProblem says why a sign-in may not be used on a transport, "" if it may.
func authProblem(a cluster.Auth, plain bool) string {
	switch {
	case a < cluster.AuthNTLM || a > cluster.AuthBasic:
		return "There is no such sign-in."
	case plain && a == cluster.AuthBasic:
		return "Basic over http would send the password in clear: use https, NTLM or Kerberos."
	case plain && a == cluster.AuthCertificate:
		return "A client certificate needs https."
	}
	return ""
}

// identityProblem says what an identity lacks for a sign-in, "" if nothing.
func identityProblem(a cluster.Auth, i cluster.Identity) string {
	switch a {
	case cluster.AuthCertificate:
		if i.Certificate == "" || i.Key.IsZero() {
			return "A client certificate and its key are required."
		}
		if _, err := keyPair(i); err != nil {
			return "The client certificate or its key cannot be read, or they do not belong together. Both must be PEM, the key without a password."
		}
		return ""
	case cluster.AuthKerberos:
		if i.User == "" || i.Password.IsZero() && i.Keytab.IsZero() {
			return "A user and a password or keytab are required."
		}
		if domain, _ := account(i.User); domain == "." {
			return "Kerberos knows accounts of domains only."
		}
	case cluster.AuthBasic:
		if strings.Contains(i.User, ":") {
			return "The user of Basic must not contain a colon."
		}
		fallthrough
	default:
		if i.User == "" || i.Password.IsZero() {
			return "A user and password are required."
		}
	}
	if strings.ContainsFunc(i.User, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "The user contains a character that cannot be typed."
	}
	return ""
}

// rootsOf reads the authorities of an access; nil means the system's.
func rootsOf(a cluster.Access) (*x509.CertPool, []string) {
	if a.Transport != cluster.TransportHTTPS || a.Trust != cluster.TrustCA {
		return nil, nil
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(a.CA)) {
		return nil, []string{"The certificate of the authority is missing or cannot be read: it must be PEM."}
	}
	return pool, nil
}

// urlOf is where a node listens. Its address may be a name, an IPv4 or an IPv6
// address, each with or without a port (an IPv6 address then in brackets). What is
// wrong with it is a sentence, "" if nothing.
func urlOf(n cluster.NodeDefinition, a cluster.Access) (raw, problem string) {
	address := strings.TrimSpace(n.Address)
	if address == "" {
		address = strings.TrimSpace(n.Name)
	}
	if strings.ContainsAny(address, "@/\\?#") { // not repeated: it may hold a password
		return "", "The address must be a host or host:port, without a scheme, a user or a path."
	}
	host, port := address, a.Port
	if port == 0 {
		port = a.Transport.Port()
	}
	if h, p, err := net.SplitHostPort(address); err == nil {
		host = h
		if port, err = strconv.Atoi(p); err != nil || port < 1 || port > 65535 {
			return "", fmt.Sprintf("The port in the address %s must be between 1 and 65535.", clean(address, 100))
		}
	} else if strings.HasPrefix(address, "[") && strings.HasSuffix(address, "]") {
		host = address[1 : len(address)-1]
	}
	ip, err := netip.ParseAddr(host)
	if err != nil && !validHost(host) {
		return "", fmt.Sprintf("The address %s is neither a name nor an IP address, with or without a port.", clean(address, 100))
	}
	if err == nil && a.Auth == cluster.AuthKerberos {
		return "", fmt.Sprintf("Kerberos needs the node's full name as its address: tickets are made out to names, not to %s.", ip)
	}
	u := url.URL{Scheme: a.Transport.String(), Host: net.JoinHostPort(host, strconv.Itoa(port)), Path: "/wsman"}
	return u.String(), ""
}

// validHost says whether a text can be the name of a host: letters, digits, hyphens,
// underscores (Windows allows them), in labels of 1 to 63 parted by dots.
func validHost(s string) bool {
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, r := range label {
			if r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
				return false
			}
		}
	}
	return true
}
