// Package remoting asks Windows nodes over WinRM and answers in the words of
// package cluster. It is the only package that imports masterzen/winrm, and of
// that only the message builder: transport, authentication, message encryption
// and sessions are its own.
//
// One session per node is one long-lived powershell.exe running scripts.Loop. It
// has two lanes, each with one connection and one security context: one holds
// the outstanding Receive, the other carries Send, Signal and Delete. So a poll
// costs two HTTP requests, and a dying node is seen at once.
package remoting

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"looksalive/cluster"
)

// Node is one node and how to reach it.
type Node struct {
	Cluster, Name    string
	URL              string // http://host:5985/wsman or https://host:5986/wsman
	Auth             cluster.Auth
	Kerberos         cluster.Kerberos  // for AuthKerberos
	cluster.Identity                   // who we say we are; its secrets are those that Auth needs
	Act              *cluster.Identity // as whom scripts that change things run; nil: none does
	Trust            cluster.Trust
	RootCAs          *x509.CertPool // who may sign the node's certificate; nil means the system's
	Pin              string         // for TrustPin: the key confirmed, see PinOf; "" trusts nothing
	ServerName       string         // name expected in the certificate; "" means the URL's host
}

// Limits bound what a node may make us hold. Zero fields get the defaults.
type Limits struct {
	Body      int // bytes of one HTTP answer; default 1 MiB
	Frame     int // bytes of one frame on the wire, base64; default 8 MiB
	JSON      int // bytes of one answer unpacked; default 32 MiB
	GzipRatio int // unpacked bytes for each packed one, beyond the first MiB; default 200
	JSONDepth int // nested objects and lists; default 16
	// SessionAge and SessionMemory (bytes, the loop's working set) say when a
	// session is replaced by a fresh one; defaults 6 h and 300 MiB.
	SessionAge    time.Duration
	SessionMemory int64
	// Open is how long connecting, signing in and starting PowerShell may take.
	// It goes on when the question that began it is given up; default 30 s.
	Open time.Duration
}

// Options configure a Client.
type Options struct {
	Nodes  []Node           // whom it asks, until Set says otherwise
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil means time.Now
	Limits Limits
	// MaxOpening is how many sessions may be opened at the same time; default 200.
	MaxOpening int
	// OnLost is called when a warm session dies by itself, within milliseconds,
	// so that the node can be asked again at once. It must not block; nil does nothing.
	OnLost func(clusterName, node string)
	// Installation is the random id of this installation. Shells are named after it, and
	// those of that name that a run before this one left behind are deleted. With ""
	// none is deleted: so it must be for whoever runs beside the one that watches.
	Installation string
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnLost == nil {
		o.OnLost = func(string, string) {}
	}
	setDefault(&o.MaxOpening, 200)
	l := &o.Limits
	setDefault(&l.Body, 1<<20)
	setDefault(&l.Frame, 8<<20)
	setDefault(&l.JSON, 32<<20)
	setDefault(&l.GzipRatio, 200)
	setDefault(&l.JSONDepth, 16)
	setDefault(&l.SessionAge, 6*time.Hour)
	setDefault(&l.SessionMemory, 300<<20)
	setDefault(&l.Open, 30*time.Second)
}

func setDefault[T int | int64 | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// checkNodes lists everything that is wrong with nodes.
func checkNodes(nodes []Node) error {
	var errs []error
	seen := make(map[key]bool)
	for i, n := range nodes {
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("node %d (%s/%s): %s", i+1, n.Cluster, n.Name, fmt.Sprintf(format, args...)))
		}
		if n.Cluster == "" || n.Name == "" {
			bad("cluster and name are required")
		} else if k := n.key(); seen[k] {
			bad("is there twice")
		} else {
			seen[k] = true
		}
		u, err := url.Parse(n.URL)
		switch {
		case err != nil: // the text of err repeats the URL, which might hold a password
			bad("URL cannot be read")
		case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
			bad("URL must look like https://host:5986/wsman")
		case u.User != nil:
			bad("URL must not contain a user or password")
		default:
			if what := authProblem(n.Auth, u.Scheme == "http"); what != "" {
				bad("%s", what)
			}
		}
		if what := identityProblem(n.Auth, n.Identity); what != "" {
			bad("%s", what)
		}
		if n.Act != nil {
			if what := identityProblem(n.Auth, *n.Act); what != "" {
				bad("the account that changes things: %s", what)
			}
		}
		switch n.Trust {
		case cluster.TrustSystem:
		case cluster.TrustCA:
			if n.RootCAs == nil {
				bad("there is no authority to trust")
			}
		case cluster.TrustPin:
			if n.Pin != "" && !cluster.ValidPin(n.Pin) {
				bad("the pin is not one")
			}
		default:
			bad("no such trust: %d", n.Trust)
		}
	}
	return errors.Join(errs...)
}

type key struct{ cluster, node string }

func (n Node) key() key { return key{n.Cluster, n.Name} }
