package remoting_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// nodeName is what the acceptor's certificate and its key in the KDC are made out to.
const nodeName = "hv-01.looksalive.test"

// acceptor is testdata/acceptor.py: another implementation's sign-in and sealing in
// front of a simulated node.
type acceptor struct {
	port string
	node simulator.Endpoint

	mu   sync.Mutex
	more *sync.Cond
	log  bytes.Buffer
}

func (a *acceptor) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.more.Broadcast()
	return a.log.Write(b)
}

// heard waits until the acceptor has said something n times, and returns all it said.
func (a *acceptor) heard(t testing.TB, n int, what string) string {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	enough := false
	late := time.AfterFunc(20*time.Second, func() { // only what is broken takes so long
		a.mu.Lock()
		defer a.mu.Unlock()
		enough = true
		a.more.Broadcast()
	})
	defer late.Stop()
	for strings.Count(a.log.String(), what) < n {
		if enough {
			t.Fatalf("the acceptor did not say %q %d times:\n%s", what, n, a.log.String())
		}
		a.more.Wait()
	}
	return a.log.String()
}

// said is all that the acceptor noticed so far.
func (a *acceptor) said() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.log.String()
}

// behind starts a simulated node to be hidden behind acceptors.
func behind(t testing.TB) (simulator.Endpoint, string) {
	t.Helper()
	sim := start(t, simulator.Options{HTTPS: true, Shapes: simulator.DemoShapes()[:1]})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, sim.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	return sim.Nodes()[0], ca
}

// accept starts an acceptor in front of a node.
func accept(t testing.TB, node simulator.Endpoint, ca string, env []string, args ...string) *acceptor {
	t.Helper()
	if exec.Command(python, "-c", "import gssapi").Run() != nil {
		missing(t, "Python's GSS-API", "python3-gssapi")
	}
	u, err := url.Parse(node.HTTPS)
	if err != nil {
		t.Fatal(err)
	}
	a := &acceptor{node: node}
	a.more = sync.NewCond(&a.mu)
	args = append([]string{"testdata/acceptor.py", "--backend", u.Host, "--ca", ca, "--user", node.User, "--password", node.Password}, args...)
	cmd := exec.Command(python, args...)
	cmd.Env, cmd.Stderr = env, a
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		for _, wrong := range []string{"PLAIN", "BODY", "SCHEME", "ANONYMOUS", "PROTOCOL", "UNSEALED", "ERROR"} {
			if strings.Contains(a.said(), wrong) {
				t.Errorf("what came to the acceptor was not right:\n%s", a.said())
			}
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the acceptor does not start: %v\n%s", err, a.said())
	}
	a.port = strings.TrimSpace(line)
	return a
}

// certificateOf makes a certificate for the acceptor: a file with certificate and
// key, and who to trust for it.
func certificateOf(t testing.TB, name string) (file string, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	both := append(bytes.Clone(cert), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...)
	file = filepath.Join(t.TempDir(), "acceptor.pem")
	if err := os.WriteFile(file, both, 0o600); err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return file, roots
}

// through is the node as reached by way of the acceptor, over TLS if roots are given.
func (a *acceptor) through(auth cluster.Auth, id cluster.Identity, k cluster.Kerberos, roots *x509.CertPool) remoting.Node {
	n := remoting.Node{Cluster: a.node.Cluster, Name: a.node.Node, URL: "http://127.0.0.1:" + a.port + "/wsman",
		Auth: auth, Identity: id, Kerberos: k, ServerName: nodeName}
	if roots != nil {
		n.URL, n.RootCAs, n.Trust = "https://127.0.0.1:"+a.port+"/wsman", roots, cluster.TrustCA
	}
	return n
}

func everyQuestion(t testing.TB, n remoting.Node) {
	t.Helper()
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	for range 2 {
		for _, q := range cluster.Questions {
			if o := ask(t, c, n, q); !o.OK() {
				t.Fatalf("%v: %v %s", q, o.Reach, o.Detail)
			}
		}
	}
}

// refused asks once and expects to be told why not.
func refused(t testing.TB, n remoting.Node, reach cluster.Reach, detail string) {
	t.Helper()
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); o.Reach != reach || !strings.Contains(o.Detail, detail) {
		t.Errorf("%v: %s\nwant %v: … %s …", o.Reach, o.Detail, reach, detail)
	}
}
