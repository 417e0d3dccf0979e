package remoting

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
)

// secureNode is a node with a certificate of the test's choice, up to the ready frame.
type secureNode struct {
	*httptest.Server
	requests atomic.Int64

	mu            sync.Mutex
	authorization map[string]bool // headers seen
	names         map[string]bool // asked for by SNI
	serial        []string        // common names of client certificates seen
}

func newSecureNode(t *testing.T, config *tls.Config) *secureNode {
	t.Helper()
	s := &secureNode{authorization: make(map[string]bool), names: make(map[string]bool)}
	answer := polite("1")
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		action, id := "", ""
		if m := actionOf.FindSubmatch(body); m != nil {
			action = string(m[1])
		}
		if m := idOf.FindSubmatch(body); m != nil {
			id = string(m[1])
		}
		s.mu.Lock()
		s.authorization[r.Header.Get("Authorization")] = true
		s.names[r.TLS.ServerName] = true
		for _, c := range r.TLS.PeerCertificates {
			s.serial = append(s.serial, c.Subject.CommonName)
		}
		s.mu.Unlock()
		answer(action, id, w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = config
	s.StartTLS()
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *secureNode) asked(t *testing.T, n Node) cluster.Observation {
	t.Helper()
	n.Cluster, n.Name = "c", "n1"
	if n.URL == "" {
		n.URL = s.URL + "/wsman"
	}
	if n.User == "" && n.Auth != cluster.AuthCertificate {
		n.Auth, n.Identity = cluster.AuthBasic, cluster.Identity{User: "u", Password: cluster.NewSecret(canary)}
	}
	c, err := New(Options{Nodes: []Node{n}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	o := vitals(t, c)
	if strings.Contains(o.Detail, canary) || !strings.HasSuffix(o.Detail, ".") && !strings.HasSuffix(o.Detail, "?") && o.Detail != "" {
		t.Errorf("the text is %q", o.Detail)
	}
	return o
}

func TestPinnedKey(t *testing.T) {
	a := newAuthority(t)
	// Expired, for another name, and signed by nobody known: only the key matters.
	shown := a.issue(t, func(c *x509.Certificate) {
		c.NotAfter, c.DNSNames, c.IPAddresses = c.NotBefore.Add(time.Second), []string{"elsewhere.example"}, nil
	})
	other := PinOf(a.cert)
	for name, c := range map[string]struct {
		pin  string
		want cluster.Reach
		say  []string
	}{
		"confirmed":     {PinOf(shown.Leaf), cluster.ReachOK, nil},
		"another key":   {other, cluster.ReachCertificate, []string{other, PinOf(shown.Leaf), "another key"}},
		"not confirmed": {"", cluster.ReachCertificate, []string{PinOf(shown.Leaf), "Nobody has confirmed"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSecureNode(t, &tls.Config{Certificates: []tls.Certificate{shown}})
			o := s.asked(t, Node{Trust: cluster.TrustPin, Pin: c.pin})
			if o.Reach != c.want {
				t.Errorf("got %v %s", o.Reach, o.Detail)
			}
			for _, say := range c.say {
				if !strings.Contains(o.Detail, say) {
					t.Errorf("%q does not say %q", o.Detail, say)
				}
			}
			if n := s.requests.Load(); (n > 0) != (c.want == cluster.ReachOK) {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

func TestRenewedCertificateKeepsItsPin(t *testing.T) {
	c := (&authority{}).issue(t, nil)
	again := *c.Leaf
	again.Raw, again.NotAfter = []byte("another"), again.NotAfter.Add(time.Hour)
	if PinOf(&again) != PinOf(c.Leaf) || !cluster.ValidPin(PinOf(c.Leaf)) {
		t.Errorf("the pin is %s", PinOf(c.Leaf))
	}
	for _, bad := range []string{"", "sha256/", "sha1/" + PinOf(c.Leaf)[7:], PinOf(c.Leaf)[:40], PinOf(c.Leaf) + "=", " " + PinOf(c.Leaf)} {
		if cluster.ValidPin(bad) {
			t.Errorf("%q passes for a pin", bad)
		}
	}
}

func TestTLSOf(t *testing.T) {
	c := newAuthority(t).issue(t, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "hv-01\u202e\x1b[31m"}
		c.DNSNames = []string{"hv-01.corp.example"}
	})
	got := TLSOf(c.Leaf)
	if strings.ContainsAny(got.Subject, "\u202e\x1b") || !strings.Contains(got.Issuer, "Test CA") || got.Pin != PinOf(c.Leaf) ||
		len(got.SHA256) != 64 || len(got.SHA1) != 40 || strings.ToUpper(got.SHA1) != got.SHA1 || !got.NotAfter.Equal(c.Leaf.NotAfter) {
		t.Errorf("got %+v", got)
	}
	if len(got.Names) != 2 || got.Names[0] != "hv-01.corp.example" || got.Names[1] != "127.0.0.1" {
		t.Errorf("names %q", got.Names)
	}
}

func TestCertificateThatIsNotAccepted(t *testing.T) {
	a := newAuthority(t)
	for name, c := range map[string]struct {
		cert   func(*x509.Certificate)
		config func(*tls.Config)
		node   func(*Node)
		say    []string
	}{
		"unknown authority": {nil, nil, func(n *Node) { n.RootCAs = newAuthority(t).pool() }, []string{"signed by an authority we do not know", "Test CA"}},
		"wrong name":        {func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = []string{"hv-02.corp.example", "hv-02"}, nil }, nil, nil, []string{"not made out to 127.0.0.1 but to hv-02.corp.example, hv-02."}},
		"many names":        {func(c *x509.Certificate) { c.DNSNames = strings.Split("a b c d e f g", " "); c.IPAddresses = nil }, nil, nil, []string{"to a, b, c, d, e and others."}},
		"common name only":  {func(c *x509.Certificate) { c.DNSNames, c.IPAddresses, c.Subject.CommonName = nil, nil, "127.0.0.1" }, nil, nil, []string{"no alternative names", "no longer counts"}},
		"expired":           {func(c *x509.Certificate) { c.NotBefore, c.NotAfter = date(2020), date(2021) }, nil, nil, []string{"valid from 2020-01-01 to 2021-01-01 only"}},
		"not yet valid":     {func(c *x509.Certificate) { c.NotBefore, c.NotAfter = date(2120), date(2121) }, nil, nil, []string{"valid from 2120-01-01"}},
		"not for servers":   {func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }, nil, nil, []string{"lacks the usage server authentication"}},
		"old TLS":           {nil, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, nil, []string{"TLS 1.2 or newer is needed"}},
		"wants ours":        {nil, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, nil, []string{"insists on a client certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := &tls.Config{Certificates: []tls.Certificate{a.issue(t, c.cert)}}
			if c.config != nil {
				c.config(config)
			}
			s := newSecureNode(t, config)
			n := Node{Trust: cluster.TrustCA, RootCAs: a.pool()}
			if c.node != nil {
				c.node(&n)
			}
			o := s.asked(t, n)
			if o.Reach != cluster.ReachCertificate || s.requests.Load() != 0 {
				t.Errorf("got %v %q after %d requests", o.Reach, o.Detail, s.requests.Load())
			}
			for _, say := range c.say {
				if !strings.Contains(o.Detail, say) {
					t.Errorf("%q does not say %q", o.Detail, say)
				}
			}
		})
	}
}

func date(year int) time.Time { return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) }

func TestServerNameIsAskedFor(t *testing.T) {
	a := newAuthority(t)
	s := newSecureNode(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}})
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	o := s.asked(t, Node{Trust: cluster.TrustCA, RootCAs: a.pool(), URL: "https://127.0.0.1:" + port + "/wsman", ServerName: "localhost"})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !o.OK() || !s.names["localhost"] || len(s.names) != 1 {
		t.Errorf("%v %s, asked for %v", o.Reach, o.Detail, s.names)
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
		t.Setenv(name, "http://"+closedURL(t)[len("https://"):])
	}
	a := newAuthority(t)
	s := newSecureNode(t, &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}})
	if o := s.asked(t, Node{Trust: cluster.TrustCA, RootCAs: a.pool()}); !o.OK() {
		t.Errorf("%v %s", o.Reach, o.Detail)
	}
}

func TestClientCertificate(t *testing.T) {
	a, strangers := newAuthority(t), newAuthority(t)
	named := func(c *x509.Certificate) { c.Subject.CommonName = "looksalive" }
	node := func(from *authority, change func(*x509.Certificate)) Node {
		cert, key := pems(t, from.issue(t, change))
		return Node{Auth: cluster.AuthCertificate, Trust: cluster.TrustCA, RootCAs: a.pool(), Identity: cluster.Identity{Certificate: cert, Key: cluster.NewSecret(key)}}
	}
	config := func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{a.issue(t, nil)}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: a.pool()}
	}
	t.Run("accepted", func(t *testing.T) {
		s := newSecureNode(t, config())
		if o := s.asked(t, node(a, named)); !o.OK() {
			t.Fatalf("%v %s", o.Reach, o.Detail)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.authorization) != 1 || !s.authorization[mutual] {
			t.Errorf("Authorization was %v", s.authorization)
		}
		if len(s.serial) == 0 || s.serial[0] != "looksalive" {
			t.Errorf("the node saw %v", s.serial)
		}
	})
	t.Run("of an authority the node does not know", func(t *testing.T) {
		s := newSecureNode(t, config())
		if o := s.asked(t, node(strangers, named)); o.Reach != cluster.ReachCertificate || !strings.Contains(o.Detail, "client certificate") {
			t.Errorf("%v %s", o.Reach, o.Detail)
		}
	})
	t.Run("not mapped to an account", func(t *testing.T) {
		s := newRogue(t, true, func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
		c := s.client(t, cluster.AuthCertificate, func(o *Options) {
			with := node(a, named)
			o.Nodes[0].Identity = with.Identity
		})
		for range 3 {
			if o := vitals(t, c); o.Reach != cluster.ReachPassword || !strings.Contains(o.Detail, "did not accept our client certificate") {
				t.Errorf("%v %s", o.Reach, o.Detail)
			}
		}
		if n := s.count("Create"); n != 1 {
			t.Errorf("it was shown %d times", n)
		}
	})
	t.Run("not shown to who is not the node", func(t *testing.T) {
		s := newSecureNode(t, &tls.Config{Certificates: []tls.Certificate{strangers.issue(t, nil)}, ClientAuth: tls.RequestClientCert})
		if o := s.asked(t, node(a, named)); o.Reach != cluster.ReachCertificate || s.requests.Load() != 0 {
			t.Errorf("%v %s", o.Reach, o.Detail)
		}
	})
}
