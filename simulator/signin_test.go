package simulator

import (
	"crypto/tls"
	"errors"
	"net/http"
	"testing"

	"looksalive/cluster"
)

// as is the node with another account.
func (e Endpoint) as(user, password string) Endpoint {
	e.User, e.Password = user, password
	return e
}

// create opens a shell and tells the HTTP status and the answer.
func (c *client) create() (int, string) {
	c.t.Helper()
	status, text, err := c.post("Create", "", `<rsp:Shell Name="mine"><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`)
	if err != nil {
		c.t.Fatal(err)
	}
	return status, text
}

func TestWrongPasswordsLockTheAccountOfTheDomain(t *testing.T) {
	s, clock := startTest(t, Options{LockoutThreshold: 3})
	nodes := s.Nodes()
	for i := range 3 {
		if status, _ := s.client(t, nodes[i%2].as("looksalive", "wrong")).create(); status != 401 {
			t.Fatalf("wrong password: %d", status)
		}
	}
	if a, b := s.FailedSignIns(nodes[0].Node), s.FailedSignIns(nodes[1].Node); a != 2 || b != 1 {
		t.Errorf("%d and %d failed sign-ins, want 2 and 1", a, b)
	}
	if status, _ := s.client(t, nodes[5]).create(); status != 401 || !s.LockedOut(nodes[5].Node, "looksalive") {
		t.Errorf("the right password on a node of another cluster of the domain: %d", status)
	}
	if status, _ := s.client(t, nodes[0].as("reader", nodes[0].Account("reader").Password)).create(); status != 200 {
		t.Errorf("another account: %d", status)
	}
	clock.forward(lockoutWindow)
	if status, _ := s.client(t, nodes[0]).create(); status != 200 || s.LockedOut(nodes[0].Node, "looksalive") {
		t.Errorf("after a while: %d", status)
	}
	s.client(t, nodes[0].as("nobody", "x")).create()
	if got := s.FailedSignIns(nodes[0].Node); got != 3 {
		t.Errorf("somebody unknown: %d failed sign-ins, want 3", got)
	}
}

func TestWrongPasswordsLockALocalAccountOnItsNode(t *testing.T) {
	s, _ := startTest(t, Options{LockoutThreshold: 2})
	a, b := s.Nodes()[0], s.Nodes()[1]
	local := a.Account("local-admin")
	for range 2 {
		s.client(t, a.as(`.\local-admin`, "wrong")).create()
	}
	if status, _ := s.client(t, a.as(`.\local-admin`, local.Password)).create(); status != 401 {
		t.Errorf("there: %d", status)
	}
	if status, _ := s.client(t, b.as(b.Node+`\local-admin`, local.Password)).create(); status != 200 {
		t.Errorf("on another node: %d", status)
	}
	if status, _ := s.client(t, b.as(`SIM\local-admin`, local.Password)).create(); status != 401 {
		t.Errorf("as an account of the domain: %d", status)
	}
	s.Unlock("local-admin")
	if status, _ := s.client(t, a.as(`.\local-admin`, local.Password)).create(); status != 200 {
		t.Errorf("unlocked: %d", status)
	}
}

func TestPasswordsChange(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	id, err := s.Inject(FaultSpec{Kind: "password-changed", Target: node.Node})
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := s.client(t, node).create(); status != 401 || s.FailedSignIns(node.Node) != 1 {
		t.Errorf("changed: %d", status)
	}
	if err := s.Clear(id); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword("LooksAlive", "another"); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.client(t, node).create(); status != 401 {
		t.Errorf("rotated, the old one: %d", status)
	}
	if status, _ := s.client(t, s.Nodes()[0]).create(); status != 200 || s.Nodes()[0].Password != "another" {
		t.Errorf("rotated, the new one: %d", status)
	}
	if _, err := s.Inject(FaultSpec{Kind: "account-locked", Target: node.Node}); err != nil {
		t.Fatal(err)
	}
	if status, _ := s.client(t, s.Nodes()[0]).create(); status != 401 {
		t.Errorf("locked: %d", status)
	}
	if err := s.SetPassword("nobody", "x"); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if _, err := s.Inject(FaultSpec{Kind: "password-changed", Target: node.Node, Params: map[string]any{"user": "nobody"}}); err == nil {
		t.Error("nobody's password changed")
	}
}

func TestMethodsAreOffered(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	offered := func() []string {
		t.Helper()
		c := s.client(t, node)
		r, err := http.NewRequestWithContext(t.Context(), "POST", node.HTTPS, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.Header.Values("WWW-Authenticate")
	}
	if got := offered(); len(got) != 2 {
		t.Errorf("offered %q", got)
	}
	for _, method := range []string{"negotiate", "basic"} {
		if _, err := s.Inject(FaultSpec{Kind: "sign-in-off", Target: node.Node, Params: map[string]any{"method": method}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := offered(); len(got) != 0 {
		t.Errorf("offered %q", got)
	}
	if status, _ := s.client(t, node).create(); status != 401 || s.FailedSignIns(node.Node) != 0 {
		t.Errorf("Basic while it is off: %d", status)
	}
}

func TestClientCertificates(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	create := func(pair ...tls.Certificate) int {
		t.Helper()
		c := s.client(t, node)
		c.http.Transport.(*http.Transport).TLSClientConfig.Certificates = pair
		c.mutual = true
		status, _ := c.create()
		return status
	}
	issue := func(s *Simulator, user string) tls.Certificate {
		t.Helper()
		cert, key, err := s.ClientCertificate(user)
		if err != nil {
			t.Fatal(err)
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	if status := create(issue(s, "reader")); status != 200 {
		t.Errorf("reader: %d", status)
	}
	if owner := s.nodes[0].good.Shells()[0].Owner; owner != `HV-FRA-01\reader` {
		t.Errorf("it signed in as %s", owner)
	}
	if status := create(); status != 401 {
		t.Errorf("without a certificate: %d", status)
	}
	other, _ := startTest(t, Options{Shapes: []Shape{{Name: "X", Nodes: []NodeShape{{Name: "X1"}}}}})
	if status := create(issue(other, "reader")); status != 401 {
		t.Errorf("of another authority: %d", status)
	}
	if status := create(issue(s, "no-remote")); status != 500 {
		t.Errorf("without the right to use WinRM: %d", status)
	}
	if _, err := s.Inject(FaultSpec{Kind: "sign-in-off", Target: node.Node, Params: map[string]any{"method": "certificate"}}); err != nil {
		t.Fatal(err)
	}
	if status := create(issue(s, "reader")); status != 401 {
		t.Errorf("turned off: %d", status)
	}
	if _, _, err := s.ClientCertificate("nobody"); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
}
