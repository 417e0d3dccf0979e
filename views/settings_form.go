package views

import (
	"strconv"
	"strings"

	"looksalive/cluster"
)

// FieldProblem is what is wrong with one field of a form.
type FieldProblem struct {
	Field string // name of the field, "" for the whole form
	Text  string // a sentence
}

// ClusterForm is what somebody enters about a cluster, without its secrets: they
// are never sent to a browser.
type ClusterForm struct {
	Name      string
	Addresses string // one per line; on a cluster that is known, those to add
	Access    AccessForm
	Nodes     []NodeForm // those that are known
	Problems  []FieldProblem
}

// AccessForm is how nodes are reached and as whom, as it is entered.
type AccessForm struct {
	Prefix  string // of the names of its fields, "" for the cluster's own
	How     string // transport and sign-in in one word, see Hows
	Port    string
	Realm   string
	KDCs    string // one per line
	Trust   string
	CA      string
	Read    IdentityForm
	ActToo  bool // there is another account for changes
	Act     IdentityForm
	OfNode  string // whose own access it is, "" for the cluster's
	problem map[string]string
}

// IdentityForm is an account without its secrets.
type IdentityForm struct {
	Prefix      string // of the names of its fields
	User        string
	Certificate string // PEM
	// Which secrets are there already, and stay if they are not entered again.
	HasPassword, HasKeytab, HasKey bool

	problem map[string]string
}

// NodeForm is a known node, as it is entered.
type NodeForm struct {
	Prefix  string // of the names of its fields
	Was     string // its name before
	Name    string
	Address string
	Pin     string
	Paused  bool
	Own     bool // it has an access of its own
	Access  AccessForm

	problem map[string]string
}

// How is a transport with a kind of sign-in. Only what is safe is in the list:
// Basic and certificates go over TLS alone.
type How struct {
	Value     string
	Transport cluster.Transport
	Auth      cluster.Auth
	Label     string
	Note      string
}

// Hows lists the ways to reach a node, the recommended first.
var Hows = []How{
	{"https-kerberos", cluster.TransportHTTPS, cluster.AuthKerberos, "Kerberos", "Domain account, password or keytab. Recommended."},
	{"https-ntlm", cluster.TransportHTTPS, cluster.AuthNTLM, "NTLM", "Domain or local account with a password."},
	{"https-certificate", cluster.TransportHTTPS, cluster.AuthCertificate, "Client certificate", "Mapped to a local account on every node."},
	{"https-basic", cluster.TransportHTTPS, cluster.AuthBasic, "Basic", "Local account. The node sees the password."},
	{"http-kerberos", cluster.TransportHTTP, cluster.AuthKerberos, "Kerberos", "Every message is sealed."},
	{"http-ntlm", cluster.TransportHTTP, cluster.AuthNTLM, "NTLM", "Every message is sealed."},
}

// HowOf is the way with this transport and sign-in.
func HowOf(t cluster.Transport, a cluster.Auth) string {
	for _, h := range Hows {
		if h.Transport == t && h.Auth == a {
			return h.Value
		}
	}
	return ""
}

// howsOf are the ways over one transport.
func howsOf(t cluster.Transport) []How {
	var out []How
	for _, h := range Hows {
		if h.Transport == t {
			out = append(out, h)
		}
	}
	return out
}

// NewClusterForm is an empty form.
func NewClusterForm() ClusterForm {
	return FormOf(cluster.Definition{Access: cluster.Access{Auth: cluster.AuthNTLM}})
}

// FormOf fills a form from a definition.
func FormOf(d cluster.Definition) ClusterForm {
	f := ClusterForm{Name: d.Name, Access: accessForm("", d.Access)}
	for i, n := range d.Nodes {
		own := d.Access
		own.Read, own.Act = cluster.Identity{}, nil
		if n.Access != nil {
			own = *n.Access
		}
		prefix := NodePrefix(i)
		nf := NodeForm{Prefix: prefix, Was: n.Name, Name: n.Name, Address: n.Address, Pin: n.Pin, Paused: n.Paused, Own: n.Access != nil, Access: accessForm(prefix, own)}
		nf.Access.OfNode = n.Name
		f.Nodes = append(f.Nodes, nf)
	}
	return f
}

// NodePrefix begins the names of the fields of one node.
func NodePrefix(i int) string { return "n" + strconv.Itoa(i) + "." }

func accessForm(prefix string, a cluster.Access) AccessForm {
	f := AccessForm{
		Prefix: prefix, How: HowOf(a.Transport, a.Auth), Trust: a.Trust.String(), CA: a.CA,
		Realm: a.Kerberos.Realm, KDCs: strings.Join(a.Kerberos.KDCs, "\n"),
		Read: identityForm(prefix, a.Read), Act: IdentityForm{Prefix: prefix + "act."},
	}
	if a.Port != 0 {
		f.Port = strconv.Itoa(a.Port)
	}
	if a.Act != nil {
		f.ActToo, f.Act = true, identityForm(prefix+"act.", *a.Act)
	}
	return f
}

func identityForm(prefix string, i cluster.Identity) IdentityForm {
	return IdentityForm{Prefix: prefix, User: i.User, Certificate: i.Certificate,
		HasPassword: !i.Password.IsZero(), HasKeytab: !i.Keytab.IsZero(), HasKey: !i.Key.IsZero()}
}

// Remembers says which secrets are there already in a definition, for a form that
// is shown again.
func (f *ClusterForm) Remembers(d cluster.Definition) {
	known := FormOf(d)
	f.Access.remembers(known.Access)
	for i := range f.Nodes {
		for _, n := range known.Nodes {
			if n.Name == f.Nodes[i].Was {
				f.Nodes[i].Access.remembers(n.Access)
			}
		}
	}
}

func (f *AccessForm) remembers(known AccessForm) {
	for _, i := range []struct{ to, from *IdentityForm }{{&f.Read, &known.Read}, {&f.Act, &known.Act}} {
		i.to.HasPassword, i.to.HasKeytab, i.to.HasKey = i.from.HasPassword, i.from.HasKeytab, i.from.HasKey
	}
}

// attach hands each part the problems of its fields.
func (f *ClusterForm) attach() map[string]string {
	by := map[string]string{}
	for _, p := range f.Problems {
		if p.Field != "" && by[p.Field] == "" {
			by[p.Field] = p.Text
		}
	}
	f.Access.attach(by)
	for i := range f.Nodes {
		f.Nodes[i].problem = by
		f.Nodes[i].Access.attach(by)
	}
	return by
}

func (f *AccessForm) attach(by map[string]string) {
	f.problem, f.Read.problem, f.Act.problem = by, by, by
}

// open says whether the part of a node that is folded away has something to see.
func (n NodeForm) open() bool {
	for name := range n.problem {
		if strings.HasPrefix(name, n.Prefix) && name != n.Prefix+"address" && name != n.Prefix+"name" {
			return true
		}
	}
	return false
}

// fieldID makes an id out of the name of a field.
func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

// unchanged is the placeholder of a secret.
func unchanged(there bool) string {
	if there {
		return "Unchanged"
	}
	return ""
}

func lines(text string, least int) string {
	return strconv.Itoa(min(max(strings.Count(text, "\n")+1, least), 10))
}
