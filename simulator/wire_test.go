package simulator

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"looksalive/remoting/scripts"
)

// clock is a time that tests set.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time                      { return time.Unix(0, c.at.Load()) }
func (c *clock) forward(d time.Duration)             { c.at.Add(int64(d)) }
func (s *Simulator) settle(c *clock)                 { c.forward(10 * time.Second); s.Advance(c.now()) }
func newClock() *clock                               { c := &clock{}; c.at.Store(time.Now().UnixNano()); return c }
func (c *clock) spend(s *Simulator, d time.Duration) { c.forward(d); s.Advance(c.now()) }

func startTest(t *testing.T, o Options) (*Simulator, *clock) {
	t.Helper()
	c := newClock()
	o.Now = c.now
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.settle(c)
	return s, c
}

// client talks WinRM with Basic over HTTPS, trusting the simulated CA only.
type client struct {
	t    *testing.T
	http *http.Client
	node Endpoint
	// mutual signs in with the certificate of the TLS configuration instead.
	mutual bool
}

func (s *Simulator) client(t *testing.T, node Endpoint) *client {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(s.CA()) {
		t.Fatal("the CA is not PEM")
	}
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(tr.CloseIdleConnections)
	return &client{t, &http.Client{Transport: tr, Timeout: 20 * time.Second}, node, false}
}

func (c *client) post(action, selector, body string) (int, string, error) {
	if selector != "" {
		selector = `<w:SelectorSet><w:Selector Name="ShellId">` + selector + `</w:Selector></w:SelectorSet>`
	}
	const schema = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	full := schema + "/" + action
	switch action {
	case "Create", "Delete":
		full = "http://schemas.xmlsoap.org/ws/2004/09/transfer/" + action
	}
	return c.send(full, schema+"/cmd", selector, body)
}

func (c *client) send(action, resource, selector, body string) (int, string, error) {
	const schema = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
	text := `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="` + schema + `"><s:Header>` +
		`<a:To>` + c.node.HTTPS + `</a:To><a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>` +
		`<w:MaxEnvelopeSize>512000</w:MaxEnvelopeSize><a:MessageID>uuid:6fd9ba46-25bd-4aab-b2ff-5a5a5a5a5a5a</a:MessageID><w:OperationTimeout>PT20S</w:OperationTimeout>` +
		`<w:ResourceURI>` + resource + `</w:ResourceURI><a:Action>` + action + `</a:Action>` + selector + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
	r, err := http.NewRequestWithContext(c.t.Context(), "POST", c.node.HTTPS, strings.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth(c.node.User, c.node.Password)
	if c.mutual {
		r.Header.Set("Authorization", "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual")
	}
	r.Header.Set("Content-Type", "application/soap+xml;charset=UTF-8")
	answer, err := c.http.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(b), err
}

func (c *client) must(action, selector, body string) string {
	c.t.Helper()
	code, text, err := c.post(action, selector, body)
	if err != nil || code != 200 {
		c.t.Fatalf("%s: %d %v %s", action, code, err, text)
	}
	return text
}

var (
	shellID   = regexp.MustCompile(`<rsp:ShellId>([^<]+)<|Name="ShellId">([^<]+)<`)
	commandID = regexp.MustCompile(`<rsp:CommandId>([^<]+)<`)
	streams   = regexp.MustCompile(`<rsp:Stream [^>]*Name="(std...)"[^>]*>([^<]*)<`)
	exitCode  = regexp.MustCompile(`<rsp:ExitCode>(-?\d+)<`)
)

// start opens a shell and runs a command line in it.
func (c *client) start(line string) (shell, command string) {
	c.t.Helper()
	m := shellID.FindStringSubmatch(c.must("Create", "", `<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`))
	if m == nil {
		c.t.Fatal("no shell id")
	}
	shell = m[1] + m[2]
	command = commandID.FindStringSubmatch(c.must("Command", shell, `<rsp:CommandLine><rsp:Command>`+line+`</rsp:Command></rsp:CommandLine>`))[1]
	return shell, command
}

// receive collects output until enough says so or the command ends.
func (c *client) receive(shell, command string, enough func(string) bool) (out, code string) {
	c.t.Helper()
	for {
		text := c.must("Receive", shell, `<rsp:Receive><rsp:DesiredStream CommandId="`+command+`">stdout stderr</rsp:DesiredStream></rsp:Receive>`)
		for _, m := range streams.FindAllStringSubmatch(text, -1) {
			b, err := base64.StdEncoding.DecodeString(m[2])
			if err != nil {
				c.t.Fatal(err)
			}
			out += string(b)
		}
		if m := exitCode.FindStringSubmatch(text); m != nil {
			return out, m[1]
		}
		if strings.Contains(text, "CommandState/Done") || enough(out) {
			return out, ""
		}
	}
}

func TestOverTheWire(t *testing.T) {
	s, _ := startTest(t, Options{})
	c := s.client(t, s.Nodes()[2])
	shell, command := c.start("hostname")
	if out, code := c.receive(shell, command, func(string) bool { return false }); out != "HV-BER-01\r\n" || code != "0" {
		t.Errorf("hostname: %q, exit code %s", out, code)
	}
	c.must("Delete", shell, "")

	shell, command = c.start(scripts.Loop.CommandLine())
	line := base64.StdEncoding.EncodeToString([]byte(loopLineFor(1, scripts.State.Text, nil)))
	c.must("Send", shell, `<rsp:Send><rsp:Stream Name="stdin" CommandId="`+command+`">`+line+`</rsp:Stream></rsp:Send>`)
	out, _ := c.receive(shell, command, func(s string) bool { return strings.Count(s, "\n") >= 2 })
	frames := readFrames(t, out)
	if len(frames) != 2 || frames[1].status != "ok" || !bytes.Contains(frames[1].body, []byte(`"Name":"EU-PROD-HCI01"`)) {
		t.Errorf("%d frames, %.80q", len(frames), out)
	}
}

func TestGates(t *testing.T) {
	s, _ := startTest(t, Options{})
	node := s.Nodes()[0]
	c := s.client(t, node)
	address := strings.TrimSuffix(strings.TrimPrefix(node.HTTPS, "https://"), "/wsman")
	identify := func() (int, error) {
		code, _, err := c.post("Create", "", `<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`)
		return code, err
	}
	if code, err := identify(); code != 200 || err != nil {
		t.Fatalf("at first: %d, %v", code, err)
	}
	tests := []struct {
		spec  FaultSpec
		check func() error
	}{
		{FaultSpec{Kind: "node-down", Target: node.Node}, func() error {
			if _, err := identify(); !errors.Is(err, syscall.ECONNREFUSED) {
				return fmt.Errorf("want connection refused, got %v", err)
			}
			return nil
		}},
		{FaultSpec{Kind: "winrm-refusing", Target: node.Node, Params: map[string]any{"how": "401"}}, func() error {
			if code, err := identify(); code != 401 {
				return fmt.Errorf("want 401, got %d, %v", code, err)
			}
			return nil
		}},
		{FaultSpec{Kind: "winrm-refusing", Target: node.Node, Params: map[string]any{"how": "hang"}}, func() error {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			defer conn.Close()
			fmt.Fprint(conn, "GET / HTTP/1.1\r\n\r\n")
			conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
			if n, err := conn.Read(make([]byte, 1)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("want silence, got %d bytes, %v", n, err)
			}
			return nil
		}},
		{FaultSpec{Kind: "service-stopped", Target: node.Node, Params: map[string]any{"service": "WinRM"}}, func() error {
			if _, err := identify(); !errors.Is(err, syscall.ECONNREFUSED) {
				return fmt.Errorf("want connection refused, got %v", err)
			}
			return nil
		}},
	}
	for _, tt := range tests {
		id, err := s.Inject(tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		if err := tt.check(); err != nil {
			t.Errorf("%s: %v", tt.spec.Kind, err)
		}
		if err := s.Clear(id); err != nil {
			t.Fatal(err)
		}
		if code, err := identify(); code != 200 || err != nil {
			t.Errorf("%s cleared: %d, %v", tt.spec.Kind, code, err)
		}
	}
}

func TestPywinrmOverTheWire(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import winrm, requests_ntlm").Run() != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("pywinrm is missing: apt-get install python3-winrm")
		}
		t.Skip("pywinrm is missing: apt-get install python3-winrm")
	}
	// NTLM needs MD4, which OpenSSL 3 keeps in its legacy provider.
	conf := filepath.Join(t.TempDir(), "openssl.cnf")
	if err := os.WriteFile(conf, []byte("openssl_conf = o\n[o]\nproviders = p\n[p]\ndefault = d\nlegacy = d\n[d]\nactivate = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ := startTest(t, Options{})
	n := s.Nodes()[1]
	cmd := exec.CommandContext(t.Context(), python, "-W", "ignore", "-c", `
import sys, winrm
s = winrm.Session(sys.argv[1], auth=(sys.argv[2], sys.argv[3]), transport="ntlm", message_encryption="always")
for r in (s.run_ps("$env:COMPUTERNAME"), s.run_cmd("ver"), s.run_cmd("powershell", ["-Command", "Get-Nonsense"])):
    print(r.status_code, r.std_out.decode().strip(), "not recognized" in r.std_err.decode())
`, n.HTTP, n.User, n.Password)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "OPENSSL_CONF=" + conf}
	out, err := cmd.CombinedOutput()
	if want := "0 HV-FRA-02 False\n0 Microsoft Windows [Version 10.0.25398.1251] False\n1  True\n"; err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

func TestRunClosesEverything(t *testing.T) {
	s, err := Start(Options{Control: true, Story: true})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	c := s.client(t, s.Nodes()[0])
	shell, command := c.start("powershell -Command Start-Sleep 600")
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if code, text, err := c.post("Receive", shell, `<rsp:Receive><rsp:DesiredStream CommandId="`+command+`">stdout</rsp:DesiredStream></rsp:Receive>`); err == nil {
		t.Errorf("still answers: %d %s", code, text)
	}
	for _, n := range s.Nodes() {
		for _, u := range []string{n.HTTP, n.HTTPS} {
			address := strings.TrimSuffix(u[strings.Index(u, "//")+2:], "/wsman")
			if conn, err := net.Dial("tcp", address); err == nil {
				conn.Close()
				t.Errorf("%s still listens", u)
			}
		}
	}
}
