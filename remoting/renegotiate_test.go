package remoting

import (
	"bufio"
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"looksalive/cluster"
)

// Windows asks for the client certificate by a renegotiation, after the first request.
// crypto/tls has no server that does; OpenSSL's is made to by the line "R".
func TestCertificateIsShownWhenAskedLater(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	a := newAuthority(t)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	serverCert, serverKey := pems(t, a.issue(t, nil))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	// Port 0: the line ACCEPT says which one it became.
	cmd := exec.CommandContext(ctx, openssl, "s_server", "-accept", "127.0.0.1:0", "-cert", file("cert.pem", serverCert), "-key", file("key.pem", serverKey), "-naccept", "1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	address, shown := make(chan string, 1), make(chan string, 1)
	go func() {
		defer close(shown)
		defer close(address)
		said := bufio.NewScanner(out)
		for said.Scan() {
			line := said.Text()
			if at, ok := strings.CutPrefix(line, "ACCEPT "); ok {
				address <- at
			}
			if strings.Contains(line, "the body") { // the request is here: ask for the certificate
				_, _ = fmt.Fprintln(in, "R")
			}
			if strings.HasPrefix(line, "depth=0") {
				shown <- line
				return
			}
		}
	}()
	at, ok := <-address
	if !ok {
		t.Fatal("openssl did not listen")
	}
	_, port, err := net.SplitHostPort(at)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := pems(t, a.issue(t, func(c *x509.Certificate) { c.Subject.CommonName = "looksalive" }))
	l, err := newLane(Node{URL: "https://127.0.0.1:" + port + "/wsman", Auth: cluster.AuthCertificate, Trust: cluster.TrustCA, RootCAs: a.pool(),
		Identity: cluster.Identity{Certificate: cert, Key: cluster.NewSecret(key)}}, nil, 10000)
	if err != nil {
		t.Fatal(err)
	}
	defer l.drop()
	given, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); _, _ = l.post(given, message{body: []byte("the body\n")}) }()
	if line := <-shown; !strings.Contains(line, "looksalive") {
		t.Errorf("after its request the certificate shown was %q", line)
	}
	stop()
	<-done
}
