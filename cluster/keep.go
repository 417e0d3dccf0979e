package cluster

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// KeepSecrets fills in secrets that were not entered again from the definition
// as it was. why says, a sentence each, which of them had to stay behind; it is
// empty if all that were needed are there.
//
// A stored secret stays only where nothing changed about who signs in, how, and
// to whom: the same user, sign-in kind, transport, port, trust and domain
// controllers, and no node at an address, or with a key, that did not get it
// before. Otherwise whoever may edit a cluster could have a password he does not
// know sent to a host of his own: in clear with Basic, as something to be guessed
// at leisure with NTLM or with a domain controller of his choice.
func KeepSecrets(was, now Definition) (kept Definition, why []string) {
	now.Nodes = slices.Clone(now.Nodes)
	changed := changedAccess(was.Access, now.Access)
	if changed == "" {
		changed = newTarget(targets(was, nil), targets(now, nil))
	}
	now.Access, why = keepAccess(was.Access, now.Access, changed, "")
	for i := range now.Nodes {
		n := &now.Nodes[i]
		if n.Access == nil {
			continue
		}
		var old Access
		changed := ""
		if w := was.Node(n.Name); w != nil && w.Access != nil {
			old = *w.Access
			if changed = changedAccess(old, *n.Access); changed == "" {
				changed = newTarget(targets(was, w), targets(now, n))
			}
		}
		own, more := keepAccess(old, *n.Access, changed, n.Name+": ")
		n.Access, why = &own, append(why, more...)
	}
	return now, why
}

// keepAccess keeps the secrets of one access if nothing changed.
func keepAccess(was, now Access, changed, prefix string) (Access, []string) {
	var why []string
	keep := func(old *Identity, id Identity, whose string) Identity {
		if !id.lacksSecret(now.Auth) {
			return id
		}
		reason := changed
		switch {
		case old == nil || old.lacksSecret(now.Auth):
			return id // there is nothing that could be kept
		case reason != "":
		case !strings.EqualFold(old.User, id.User):
			reason = "the user changed"
		case old.Certificate != id.Certificate:
			reason = "the certificate changed"
		}
		if reason != "" {
			why = append(why, prefix+"Enter the "+secretName(now.Auth)+whose+" again: "+reason+".")
			return id
		}
		id.Password, id.Keytab, id.Key = old.Password, old.Keytab, old.Key
		return id
	}
	now.Read = keep(&was.Read, now.Read, "")
	if now.Act != nil {
		act := keep(was.Act, *now.Act, " of the account for changes")
		now.Act = &act
	}
	return now, why
}

// lacksSecret says whether what it takes to sign in is not there.
func (i Identity) lacksSecret(a Auth) bool {
	switch a {
	case AuthCertificate:
		return i.Key.IsZero()
	case AuthKerberos:
		return i.Password.IsZero() && i.Keytab.IsZero()
	default:
		return i.Password.IsZero()
	}
}

func secretName(a Auth) string {
	switch a {
	case AuthCertificate:
		return "key"
	case AuthKerberos:
		return "password or keytab"
	default:
		return "password"
	}
}

// changedAccess says in a few words what differs between two ways to sign in.
func changedAccess(was, now Access) string {
	port := func(a Access) int {
		if a.Port != 0 {
			return a.Port
		}
		return a.Transport.Port()
	}
	switch {
	case was.Auth != now.Auth:
		return "the kind of sign-in changed"
	case was.Transport != now.Transport || port(was) != port(now):
		return "the transport or its port changed"
	case now.Transport == TransportHTTPS && (was.Trust != now.Trust || now.Trust == TrustCA && strings.TrimSpace(was.CA) != strings.TrimSpace(now.CA)):
		return "it changed which certificates are trusted"
	case now.Auth == AuthKerberos && (was.Kerberos.Realm != now.Kerberos.Realm || !slices.Equal(was.Kerberos.KDCs, now.Kerberos.KDCs)):
		return "the Kerberos realm or its domain controllers changed"
	}
	return ""
}

// target is where a secret goes to.
type target struct{ host, port, pin string }

// targets are those of one node's own access, or of the cluster's for nil.
func targets(d Definition, only *NodeDefinition) []target {
	var out []target
	for _, n := range d.Nodes {
		if only == nil && n.Access != nil || only != nil && n.Name != only.Name {
			continue
		}
		a := d.Of(n)
		host, port := n.Host()
		if port == "" && a.Port != 0 {
			port = strconv.Itoa(a.Port)
		}
		if port == "" {
			port = strconv.Itoa(a.Transport.Port())
		}
		t := target{host: strings.ToLower(strings.TrimSuffix(host, ".")), port: port}
		if a.Transport == TransportHTTPS && a.Trust == TrustPin {
			t.pin = n.Pin
		}
		out = append(out, t)
	}
	return out
}

// newTarget names one that was not there before.
func newTarget(was, now []target) string {
	for _, t := range now {
		if slices.Contains(was, t) {
			continue
		}
		if slices.ContainsFunc(was, func(w target) bool { return w.host == t.host && w.port == t.port }) {
			if t.pin == "" {
				continue // without a key nothing is sent
			}
			return "the key of " + t.host + " is new"
		}
		if slices.ContainsFunc(was, func(w target) bool { return w.host == t.host }) {
			return "port " + t.port + " of " + t.host + " is new"
		}
		return t.host + " is a new address"
	}
	return ""
}

// Host is where the node is asked: its address or its name, and the port if the
// address has one.
func (n NodeDefinition) Host() (host, port string) {
	address := n.Address
	if address == "" {
		address = n.Name
	}
	if h, p, err := net.SplitHostPort(address); err == nil {
		return h, p
	}
	return strings.Trim(address, "[]"), ""
}

// NameOf guesses a node's name from its address: HV-01 from hv-01.example.net. Of an
// IP address nothing can be guessed, so it is the name, with its port if there is one:
// several nodes may share it.
func NameOf(address string) string {
	host, _ := NodeDefinition{Address: address}.Host()
	if net.ParseIP(host) != nil {
		return address
	}
	label, _, _ := strings.Cut(host, ".")
	return strings.ToUpper(label)
}
