package remoting

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// definitionOfRogue is a cluster of one node, which is the server.
func definitionOfRogue(t *testing.T, url string, auth cluster.Auth) cluster.Definition {
	t.Helper()
	scheme, address, _ := strings.Cut(url, "://")
	a := cluster.Access{Auth: auth, Read: cluster.Identity{User: `D\u`, Password: cluster.NewSecret(canary)}}
	if scheme == "http" {
		a.Transport = cluster.TransportHTTP
	}
	return cluster.Definition{Name: "c", Access: a, Nodes: []cluster.NodeDefinition{{Name: "n1", Address: address}}}
}

func checkStep(t *testing.T, d cluster.Definition, kind cluster.StepKind, says string) cluster.NodeCheck {
	t.Helper()
	c := Check(t.Context(), CheckOptions{Definition: d, Step: 5 * time.Second})
	s := stepOf(&c.Nodes[0], kind)
	if s.State != cluster.StepFailed || !strings.Contains(s.Detail, says) {
		t.Errorf("%s is %v and does not say %q: %s", kind, s.State, says, s.Detail)
	}
	if strings.Contains(fmt.Sprintf("%+v", c)+Report(c), canary) {
		t.Error("the check repeats the password")
	}
	return c.Nodes[0]
}

func TestCheckOfSomethingElse(t *testing.T) {
	web := func(status int, header ...string) *rogue {
		return newRogue(t, false, func(_, _ string, w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
		})
	}
	for name, x := range map[string]struct {
		server *rogue
		says   string
	}{
		"a web server": {web(200, "Server", "nginx"), "(nginx) is not WinRM"},
		"a redirect":   {web(301, "Location", "http://127.0.0.1:1/"), "we do not follow"},
		"only Basic":   {web(401, "WWW-Authenticate", `Basic realm="x"`), "Nothing weaker was tried"},
		"no sign-in":   {web(401), "no sign-in at all"},
	} {
		t.Run(name, func(t *testing.T) {
			checkStep(t, definitionOfRogue(t, x.server.URL, cluster.AuthNTLM), cluster.StepWinRM, x.says)
			if x.server.leaked {
				t.Error("the password was sent")
			}
		})
	}
}

// listen answers every connection by f.
func listen(t *testing.T, f func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); f(c) }()
		}
	}()
	return l.Addr().String()
}

func TestCheckOfNoHTTP(t *testing.T) {
	at := listen(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n"); _, _ = io.Copy(io.Discard, c) })
	checkStep(t, definitionOfRogue(t, "http://"+at, cluster.AuthNTLM), cluster.StepWinRM, "does not speak HTTP")
	checkStep(t, definitionOfRogue(t, "https://"+at, cluster.AuthNTLM), cluster.StepTLS, "does not speak TLS")
}

func TestCheckOfSilence(t *testing.T) {
	at := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	d := definitionOfRogue(t, "http://"+at, cluster.AuthNTLM)
	// A busy machine may not connect within the first limits.
	for limit := 50 * time.Millisecond; ; limit *= 2 {
		c := Check(t.Context(), CheckOptions{Definition: d, Step: limit})
		if stepOf(&c.Nodes[0], cluster.StepPort).State == cluster.StepFailed && limit < time.Minute {
			continue
		}
		if s := stepOf(&c.Nodes[0], cluster.StepWinRM); s.State != cluster.StepFailed || !strings.Contains(s.Detail, "No answer in time") {
			t.Errorf("%v %s", s.State, s.Detail)
		}
		return
	}
}

// TestCheckLooksAtACertificateOnly sees to it that whoever has no certificate we trust
// gets neither a request nor a client certificate.
func TestCheckLooksAtACertificateOnly(t *testing.T) {
	var requests, certificates atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert, MaxVersion: tls.VersionTLS12, VerifyConnection: func(c tls.ConnectionState) error {
		certificates.Add(int32(len(c.PeerCertificates)))
		return nil
	}}
	s.StartTLS()
	t.Cleanup(s.Close)
	d := definitionOfRogue(t, s.URL, cluster.AuthNTLM)
	n := checkStep(t, d, cluster.StepTLS, "signed by the node itself")
	if n.Certificate == nil || n.Certificate.Pin != PinOf(s.Certificate()) || n.Certificate.Accepted {
		t.Errorf("it shows %+v", n.Certificate)
	}
	if requests.Load() != 0 || certificates.Load() != 0 {
		t.Errorf("%d requests and %d certificates were sent", requests.Load(), certificates.Load())
	}
	// The same server is asked once somebody trusts it.
	d.Access.Trust = cluster.TrustCA
	d.Access.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	checkStep(t, d, cluster.StepWinRM, "is not WinRM")
	if requests.Load() == 0 {
		t.Error("the server was never asked")
	}
}

// TestCheckOfHostileAnswers has a node say all that it can of itself.
func TestCheckOfHostileAnswers(t *testing.T) {
	a := access(func(a *scripts.NodeAccess) {
		a.ComputerName = "HV\x1b]0;x\x07-01\u202e" + strings.Repeat("x", 1000)
		a.Name = strings.Repeat("n", 100000)
		a.DnsSuffix = "evil.example/../"
		a.Nodes = nil
		for i := range 100000 {
			a.Nodes = append(a.Nodes, scripts.NodeSeen{Name: fmt.Sprintf("n%d", i)})
		}
		a.Nodes[0].Name, a.Nodes[1].Name, a.Nodes[2].Name = "evil.example", "x:80@evil", ""
		a.Namespaces[0].Message = strings.Repeat("m", 100000)
		a.Commands, a.Groups = make([]string, 1000), nil
	})
	cleanAccess(&a)
	c := &checker{}
	c.o.setDefaults()
	n := &nodeCheck{checker: c, def: cluster.NodeDefinition{Name: "n1"}, node: checked, log: c.o.Logger}
	c.taken = append(c.taken, n)
	c.result.Nodes = []cluster.NodeCheck{{Steps: waitingSteps(), Address: "n1"}}
	n.facts(a)
	o := n.tellCluster(a, clusterOutcome(a, checked))
	n.set(cluster.StepCluster, o, 0)
	if got := len(c.result.Found); got != maxMembers-3 {
		t.Errorf("%d members were believed", got)
	}
	text := fmt.Sprintf("%+v", c.result)
	if len(text) > 100_000 || strings.ContainsAny(text, "\x1b\x07\u202e") {
		t.Errorf("%d bytes: %.300q", len(text), text)
	}
	for _, f := range c.result.Found {
		d := definitionOfRogue(t, "https://"+f.Address, cluster.AuthNTLM)
		if _, err := NodesOf(d); err == nil {
			t.Fatalf("an address that is none was accepted: %q", f.Address)
		}
	}
}
