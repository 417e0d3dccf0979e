package cluster

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
)

// Definition is a cluster as we were told to watch it: which nodes, how they are
// reached and as whom. It is a wish; what is really there is in the Picture.
type Definition struct {
	Name    string           `json:"name"`   // what we call it; unique whatever the case of its letters
	Access  Access           `json:"access"` // of every node that has none of its own
	Nodes   []NodeDefinition `json:"nodes"`
	Paused  bool             `json:"paused,omitempty"` // nothing is asked of it
	Changed time.Time        `json:"changed,omitzero"`
	// Fixed says that it comes from outside (the configuration file, the
	// simulation) and cannot be changed here. It is not stored.
	Fixed bool `json:"fixed,omitempty"`
	// Locked says that its secrets could not be opened with the key we have: they
	// must be entered again. It is not stored.
	Locked bool `json:"locked,omitempty"`
}

// NodeDefinition is one node of a definition.
type NodeDefinition struct {
	Name    string `json:"name"`              // as the cluster calls it
	Address string `json:"address,omitempty"` // host or host:port; "" means Name
	Paused  bool   `json:"paused,omitempty"`
	// Pin is the key the node's certificate must have (TrustPin): "sha256/" and the
	// base64 of the SHA-256 of its SubjectPublicKeyInfo. Somebody confirmed it.
	Pin string `json:"pin,omitempty"`
	// Access replaces the cluster's, whole; nil means the cluster's.
	Access *Access `json:"access,omitempty"`
}

// PinPrefix begins every pin: it names the hash, as in RFC 7469 section 2.4.
const PinPrefix = "sha256/"

// ValidPin says whether a text can be a pin, see NodeDefinition.Pin.
func ValidPin(pin string) bool {
	digits, ok := strings.CutPrefix(pin, PinPrefix)
	sum, err := base64.StdEncoding.Strict().DecodeString(digits)
	return ok && err == nil && len(sum) == sha256.Size
}

// Transport is what WinRM is spoken over.
type Transport int

const (
	TransportHTTPS Transport = iota // TLS 1.2 or newer, port 5986
	TransportHTTP                   // port 5985; every message sealed by NTLM or Kerberos
)

var transports = words[Transport]{TransportHTTPS: "https", TransportHTTP: "http"}

func (t Transport) String() string                { return transports.word(t) }
func (t Transport) MarshalText() ([]byte, error)  { return []byte(t.String()), nil }
func (t *Transport) UnmarshalText(b []byte) error { return transports.parse(b, t) }

// Port is the one WinRM listens on unless told otherwise.
func (t Transport) Port() int {
	if t == TransportHTTP {
		return 5985
	}
	return 5986
}

// Auth is how we prove who we are. Nothing ever falls back to another one.
type Auth int

const (
	AuthNTLM        Auth = iota // NTLMv2 under Negotiate
	AuthKerberos                // with a password or a keytab
	AuthCertificate             // a client certificate mapped to an account; HTTPS only
	AuthBasic                   // user and password with each request; HTTPS only
)

var auths = words[Auth]{AuthNTLM: "ntlm", AuthKerberos: "kerberos", AuthCertificate: "certificate", AuthBasic: "basic"}

func (a Auth) String() string                { return auths.word(a) }
func (a Auth) MarshalText() ([]byte, error)  { return []byte(a.String()), nil }
func (a *Auth) UnmarshalText(b []byte) error { return auths.parse(b, a) }

// Trust is why we believe a node's certificate.
type Trust int

const (
	TrustSystem Trust = iota // an authority this machine trusts
	TrustCA                  // an authority given with the cluster
	TrustPin                 // its key was confirmed by somebody; name and dates do not matter
)

var trusts = words[Trust]{TrustSystem: "system", TrustCA: "ca", TrustPin: "pin"}

func (t Trust) String() string                { return trusts.word(t) }
func (t Trust) MarshalText() ([]byte, error)  { return []byte(t.String()), nil }
func (t *Trust) UnmarshalText(b []byte) error { return trusts.parse(b, t) }

// Access is how nodes are reached and as whom.
type Access struct {
	Transport Transport `json:"transport"`
	Port      int       `json:"port,omitempty"` // 0 means the transport's
	Auth      Auth      `json:"auth"`
	Trust     Trust     `json:"trust"`        // HTTPS only
	CA        string    `json:"ca,omitempty"` // PEM, for TrustCA
	Kerberos  Kerberos  `json:"kerberos,omitzero"`
	Read      Identity  `json:"read"`          // asks
	Act       *Identity `json:"act,omitempty"` // changes things; nil means nothing can be changed
}

// Kerberos is where tickets come from. Empty fields are taken from krb5.conf.
type Kerberos struct {
	Realm string   `json:"realm,omitempty"` // EXAMPLE.NET
	KDCs  []string `json:"kdcs,omitempty"`  // host or host:port of domain controllers
}

// Identity is one account. Which secrets it needs depends on Auth: Password for NTLM
// and Basic, Password or Keytab for Kerberos, Certificate and Key for a certificate.
type Identity struct {
	User        string `json:"user,omitempty"` // DOMAIN\user, user@domain, or user of the node itself
	Password    Secret `json:"-"`
	Keytab      Secret `json:"-"`                     // the bytes of a keytab file
	Certificate string `json:"certificate,omitempty"` // PEM, the chain
	Key         Secret `json:"-"`                     // PEM, of the certificate
}

// Of is the access of one node: its own or the cluster's.
func (d Definition) Of(n NodeDefinition) Access {
	if n.Access != nil {
		return *n.Access
	}
	return d.Access
}

// Node finds a node by name, nil if there is none.
func (d Definition) Node(name string) *NodeDefinition {
	for i := range d.Nodes {
		if d.Nodes[i].Name == name {
			return &d.Nodes[i]
		}
	}
	return nil
}
