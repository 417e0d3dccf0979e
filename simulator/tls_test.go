package simulator

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// handshake is a careful client's, at the model's time.
func handshake(t *testing.T, s *Simulator, node Endpoint, now time.Time) (*x509.Certificate, error) {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA())
	d := tls.Dialer{Config: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12, Time: func() time.Time { return now }}}
	conn, err := d.DialContext(t.Context(), "tcp", host0(t, node.HTTPS).Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

func keyOf(c *x509.Certificate) [32]byte { return sha256.Sum256(c.RawSubjectPublicKeyInfo) }

func TestCertificatesThatAreWrong(t *testing.T) {
	s, clock := startTest(t, Options{})
	node := s.Nodes()[0]
	before, err := handshake(t, s, node, clock.now())
	if err != nil {
		t.Fatal(err)
	}
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	var authority x509.UnknownAuthorityError
	tests := []struct {
		problem string
		refused func(error) bool
	}{
		{certExpired, func(err error) bool { return errors.As(err, &invalid) && strings.Contains(err.Error(), "is after") }},
		{certNotYet, func(err error) bool { return errors.As(err, &invalid) && strings.Contains(err.Error(), "is before") }},
		{certWrongName, func(err error) bool { return errors.As(err, &name) }},
		{certSelfSigned, func(err error) bool { return errors.As(err, &authority) }},
		{certChangedKey, func(err error) bool { return err == nil }},
	}
	for _, tt := range tests {
		id, err := s.Inject(FaultSpec{Kind: "certificate-wrong", Target: node.Node, Params: map[string]any{"problem": tt.problem}})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := handshake(t, s, node, clock.now())
		if !tt.refused(err) {
			t.Errorf("%s: %v", tt.problem, err)
		}
		if tt.problem == certChangedKey && (shown == nil || keyOf(shown) == keyOf(before)) {
			t.Error("the key did not change")
		}
		if _, err := handshake(t, s, s.Nodes()[1], clock.now()); err != nil {
			t.Errorf("%s: another node: %v", tt.problem, err)
		}
		if err := s.Clear(id); err != nil {
			t.Fatal(err)
		}
		if after, err := handshake(t, s, node, clock.now()); err != nil || keyOf(after) != keyOf(before) {
			t.Errorf("%s, cleared: %v", tt.problem, err)
		}
	}
	if _, err := s.Inject(FaultSpec{Kind: "certificate-expiring", Target: node.Node, Params: map[string]any{"days": 5}}); err != nil {
		t.Fatal(err)
	}
	shown, err := handshake(t, s, node, clock.now())
	if err != nil || keyOf(shown) != keyOf(before) || shown.NotAfter.Sub(clock.now()) > 5*24*time.Hour {
		t.Errorf("ending soon: %v", err)
	}
	if _, err := handshake(t, s, node, clock.now().AddDate(0, 0, 6)); !errors.As(err, &invalid) {
		t.Errorf("ended: %v", err)
	}
	// What the node reports of its listener is what it shows.
	e := s.nodes[0]
	e.cluster.mu.Lock()
	inventory := e.cluster.answerInventory(e.node, e.shown())
	e.cluster.mu.Unlock()
	if got := inventory.Certificates[0]; !got.WinRM || got.Thumbprint != thumbprint(shown.Raw) || got.NotAfter != utc(shown.NotAfter) {
		t.Errorf("the inventory tells of %+v", got)
	}
}

func TestListenersThatAreWrong(t *testing.T) {
	s, clock := startTest(t, Options{})
	node := s.Nodes()[0]
	plain := func(address string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), "POST", address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		tr := &http.Transport{}
		defer tr.CloseIdleConnections()
		answer, err := (&http.Client{Transport: tr}).Do(r)
		if err != nil {
			return "", err
		}
		answer.Body.Close()
		return answer.Status + " " + answer.Header.Get("Server"), nil
	}
	const winrm, other = "401  Microsoft-HTTPAPI/2.0", "404 Not Found Microsoft-IIS/10.0"
	inject := func(how string) string {
		t.Helper()
		id, err := s.Inject(FaultSpec{Kind: "listener-wrong", Target: node.Node, Params: map[string]any{"how": how}})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	open := s.client(t, node)
	if status, _ := open.create(); status != 200 {
		t.Fatal(status)
	}

	id := inject(listenerNoHTTPS)
	if _, err := handshake(t, s, node, clock.now()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("no HTTPS: %v", err)
	}
	if got, err := plain(node.HTTP); got != winrm || err != nil {
		t.Errorf("no HTTPS, HTTP: %q, %v", got, err)
	}
	if n := len(s.nodes[0].good.Shells()); n != 1 {
		t.Errorf("%d shells outlived the listener", n)
	}
	s.Clear(id)
	if status, _ := s.client(t, node).create(); status != 200 {
		t.Errorf("HTTPS again: %d", status)
	}

	id = inject(listenerNoHTTP)
	if _, err := plain(node.HTTP); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("no HTTP: %v", err)
	}
	if _, err := handshake(t, s, node, clock.now()); err != nil {
		t.Errorf("no HTTP, HTTPS: %v", err)
	}
	s.Clear(id)

	id = inject(listenerPlain)
	var record tls.RecordHeaderError
	if _, err := handshake(t, s, node, clock.now()); !errors.As(err, &record) {
		t.Errorf("plain HTTP: %v", err)
	}
	if got, err := plain("http://" + host0(t, node.HTTPS).Host + "/wsman"); got != winrm || err != nil {
		t.Errorf("plain HTTP on the port of HTTPS: %q, %v", got, err)
	}
	s.Clear(id)

	id = inject(listenerOldTLS)
	if _, err := handshake(t, s, node, clock.now()); err == nil || !strings.Contains(err.Error(), "protocol version") {
		t.Errorf("TLS 1.1: %v", err)
	}
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}}
	if conn, err := d.DialContext(t.Context(), "tcp", host0(t, node.HTTPS).Host); err != nil {
		t.Errorf("an old client: %v", err)
	} else {
		if v := conn.(*tls.Conn).ConnectionState().Version; v != tls.VersionTLS11 {
			t.Errorf("an old client got version %x", v)
		}
		conn.Close()
	}
	s.Clear(id)

	id = inject(listenerOtherHTTP)
	if got, err := plain(node.HTTP); got != other || err != nil {
		t.Errorf("another server: %q, %v", got, err)
	}
	c := s.client(t, node)
	if status, text, err := c.post("Create", "", ""); status != 404 || !strings.Contains(text, "404") || err != nil {
		t.Errorf("another server with TLS: %d, %v", status, err)
	}
	s.Clear(id)
	if status, _ := s.client(t, node).create(); status != 200 {
		t.Errorf("cleared: %d", status)
	}
}

func TestSlowNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		slow := &slowConn{Conn: theirs, closed: make(chan struct{})}
		begin := time.Now()
		done := make(chan error)
		go func() {
			_, err := slow.Write([]byte("HTTP/1.1 200 OK"))
			done <- err
		}()
		b := make([]byte, 5)
		if _, err := io.ReadFull(ours, b); err != nil || time.Since(begin) != 4*slowPace {
			t.Errorf("%q after %v, %v", b, time.Since(begin), err)
		}
		slow.Close()
		if err := <-done; err == nil {
			t.Error("a closed connection took everything")
		}
		ours.Close()
	})
}
