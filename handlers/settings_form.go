package handlers

import (
	"io"
	"net/http"
	"strconv"
	"strings"

	"looksalive/cluster"
	"looksalive/views"
)

// readForm reads what was entered about a cluster: as a form to be shown again,
// which has no secrets, and as a definition, which has those that were entered.
// known has the parts of nodes nobody enters.
func readForm(r *http.Request, known cluster.Definition) (views.ClusterForm, cluster.Definition, problems, error) {
	if err := readBody(r); err != nil {
		return views.ClusterForm{}, cluster.Definition{}, nil, err
	}
	var found problems
	in := reader{r: r, problems: &found}
	form := views.ClusterForm{Name: in.text("name"), Addresses: in.lines("addresses")}
	d := cluster.Definition{Name: form.Name, Paused: known.Paused, Changed: known.Changed}
	form.Access, d.Access = in.access("")
	for i := 0; i < maxNodes && in.has(views.NodePrefix(i)+"was"); i++ {
		prefix := views.NodePrefix(i)
		f := views.NodeForm{Prefix: prefix, Was: in.text(prefix + "was"), Name: in.text(prefix + "name"), Address: in.text(prefix + "address"),
			Paused: in.on(prefix + "paused"), Own: in.on(prefix + "own")}
		n := cluster.NodeDefinition{Name: f.Name, Address: f.Address, Paused: f.Paused}
		if k := known.Node(f.Was); k != nil {
			n.Pin = k.Pin
		}
		var own cluster.Access
		f.Access, own = in.access(prefix)
		f.Access.OfNode = f.Was
		if f.Own {
			n.Access = &own
		}
		form.Nodes, d.Nodes = append(form.Nodes, f), append(d.Nodes, n)
	}
	for _, address := range strings.Fields(form.Addresses) {
		d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: cluster.NameOf(address), Address: address})
	}
	return form, d, found, in.err
}

// reader takes fields out of a form.
type reader struct {
	r        *http.Request
	problems *problems
	err      error
}

func (in *reader) has(name string) bool    { return in.r.PostForm.Has(name) }
func (in *reader) on(name string) bool     { return in.r.PostForm.Get(name) != "" }
func (in *reader) text(name string) string { return strings.TrimSpace(in.r.PostForm.Get(name)) }

// lines is a text of several lines, ended as everywhere but in browsers.
func (in *reader) lines(name string) string {
	return strings.TrimSpace(strings.ReplaceAll(in.r.PostForm.Get(name), "\r\n", "\n"))
}

// file is an uploaded file, "" if there is none.
func (in *reader) file(name string) string {
	if in.r.MultipartForm == nil || len(in.r.MultipartForm.File[name]) == 0 {
		return ""
	}
	h := in.r.MultipartForm.File[name][0]
	if h.Size > maxFile {
		in.problems.add(strings.TrimSuffix(name, "_file"), "The file is larger than 256 KiB.")
		return ""
	}
	f, err := h.Open()
	if err != nil {
		in.err = err
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		in.err = err
	}
	return string(b)
}

// pem is a pasted text or, if there is one, a file.
func (in *reader) pem(name string) string {
	if text := strings.TrimSpace(in.file(name + "_file")); text != "" {
		return strings.ReplaceAll(text, "\r\n", "\n")
	}
	return in.lines(name)
}

func (in *reader) access(prefix string) (views.AccessForm, cluster.Access) {
	f := views.AccessForm{Prefix: prefix, How: in.text(prefix + "how"), Port: in.text(prefix + "port"), Realm: in.text(prefix + "realm"),
		KDCs: in.lines(prefix + "kdcs"), Trust: in.text(prefix + "trust"), CA: in.pem(prefix + "ca"), ActToo: in.on(prefix + "act_on")}
	a := cluster.Access{CA: f.CA, Kerberos: cluster.Kerberos{Realm: f.Realm, KDCs: strings.Fields(f.KDCs)}}
	if !in.way(prefix, f.How, &a) && (prefix == "" || in.on(prefix+"own")) {
		in.problems.add(prefix+"how", "Choose how to connect.")
	}
	if err := a.Trust.UnmarshalText([]byte(f.Trust)); err != nil && f.Trust != "" {
		in.problems.add(prefix+"trust", "Choose why the certificate is believed.")
	}
	if f.Port != "" {
		port, err := strconv.ParseUint(f.Port, 10, 16)
		if err != nil || port == 0 {
			in.problems.add(prefix+"port", "A port is a number from 1 to 65535.")
		}
		a.Port = int(port)
	}
	f.Read, a.Read = in.identity(prefix)
	var act cluster.Identity
	f.Act, act = in.identity(prefix + "act.")
	if f.ActToo {
		a.Act = &act
	}
	return f, normal(a)
}

func (in *reader) way(prefix, value string, a *cluster.Access) bool {
	for _, h := range views.Hows {
		if h.Value == value {
			a.Transport, a.Auth = h.Transport, h.Auth
			return true
		}
	}
	return false
}

func (in *reader) identity(prefix string) (views.IdentityForm, cluster.Identity) {
	f := views.IdentityForm{Prefix: prefix, User: in.text(prefix + "user"), Certificate: in.pem(prefix + "certificate")}
	return f, cluster.Identity{User: f.User, Certificate: f.Certificate,
		Password: cluster.NewSecret(in.r.PostForm.Get(prefix + "password")), // as it is: it may begin with a space
		Keytab:   cluster.NewSecret(in.file(prefix + "keytab")),
		Key:      cluster.NewSecret(in.pem(prefix + "key")),
	}
}

// normal leaves out what does not apply to the way that was chosen.
func normal(a cluster.Access) cluster.Access {
	if a.Transport == cluster.TransportHTTP {
		a.Trust = cluster.TrustSystem
	}
	if a.Transport == cluster.TransportHTTP || a.Trust != cluster.TrustCA {
		a.CA = ""
	}
	if a.Auth != cluster.AuthKerberos {
		a.Kerberos = cluster.Kerberos{}
	}
	if len(a.Kerberos.KDCs) == 0 {
		a.Kerberos.KDCs = nil
	}
	a.Read = normalIdentity(a.Read, a.Auth)
	if a.Act != nil {
		act := normalIdentity(*a.Act, a.Auth)
		a.Act = &act
	}
	return a
}

func normalIdentity(i cluster.Identity, auth cluster.Auth) cluster.Identity {
	if auth == cluster.AuthCertificate {
		return cluster.Identity{Certificate: i.Certificate, Key: i.Key}
	}
	i.Certificate, i.Key = "", cluster.Secret{}
	if auth != cluster.AuthKerberos || !i.Password.IsZero() {
		i.Keytab = cluster.Secret{} // a password that was entered is what is wanted
	}
	return i
}
