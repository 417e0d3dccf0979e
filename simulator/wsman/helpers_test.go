package wsman

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bodgit/ntlmssp"
)

const password = "Correct-Horse-1!"

// programs is a Host with a few small programs, named by the first word.
type programs struct{}

func (programs) Run(ctx context.Context, p *Process) int {
	words := strings.Fields(p.CommandLine)
	switch words[0] {
	case "echo":
		fmt.Fprintf(p.Stdout, "%s\r\n", strings.Join(words[1:], " "))
	case "warn":
		fmt.Fprintf(p.Stderr, "%s\r\n", strings.Join(words[1:], " "))
	case "whoami":
		fmt.Fprintf(p.Stdout, "%s cmd=%t pipe=%t dir=%s A=%s\r\n", p.User, p.ViaCmd, p.PipeStdin, p.Dir, p.Env["A"])
	case "cat":
		io.Copy(p.Stdout, p.Stdin)
	case "spew":
		n, _ := strconv.Atoi(words[1])
		p.Stdout.Write(bytes.Repeat([]byte("x"), n))
	case "count":
		n, _ := strconv.Atoi(words[1])
		for i := range n {
			fmt.Fprintln(p.Stdout, i)
		}
	case "exit":
		n, _ := strconv.Atoi(words[1])
		return n
	case "wait":
		<-ctx.Done()
		return 1
	case "powershell.exe", "powershell":
		b, _ := base64.StdEncoding.DecodeString(words[len(words)-1])
		fmt.Fprintf(p.Stdout, "ran %s\r\n", fromUTF16(b))
	}
	return 0
}

func options() Options {
	return Options{Host: programs{}, Machine: "HV-01", Domain: "contoso.test", Users: map[string]string{"Operator": password},
		Exists: func(p *Process) bool { return p.Command != "nosuch.exe" }}
}

// start serves o over HTTP on a loopback port.
func start(t testing.TB, o Options) (*Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := New(o)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := <-done; err != ErrClosed {
			t.Errorf("Serve returned %v", err)
		}
	})
	return s, l.Addr().String()
}

// peer is one client connection, byte for byte.
type peer struct {
	t   testing.TB
	nc  net.Conn
	br  *bufio.Reader
	raw bytes.Buffer // what the server sent since the last post
	sec *ntlmssp.SecuritySession

	bind []byte // hash for tls-server-end-point, nil for no channel binding
}

func dial(t testing.TB, addr string) *peer {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, nc)
}

func newPeer(t testing.TB, nc net.Conn) *peer {
	t.Cleanup(func() { nc.Close() })
	p := &peer{t: t, nc: nc}
	p.br = bufio.NewReader(io.TeeReader(nc, &p.raw))
	return p
}

func (p *peer) write(body []byte, header ...string) {
	p.t.Helper()
	msg := "POST /wsman HTTP/1.1\r\nHost: hv-01:5985\r\n"
	for _, h := range header {
		msg += h + "\r\n"
	}
	msg += fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))
	if _, err := p.nc.Write(append([]byte(msg), body...)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) read() (*http.Response, []byte) {
	p.t.Helper()
	resp, err := http.ReadResponse(p.br, nil)
	if err != nil {
		p.t.Fatalf("reading the answer: %v", err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, b
}

func (p *peer) post(body []byte, header ...string) (*http.Response, []byte) {
	p.t.Helper()
	p.raw.Reset()
	p.write(body, header...)
	return p.read()
}

// logon authenticates the connection with NTLM written by somebody else.
func (p *peer) logon(domain, user, pw string) int {
	p.t.Helper()
	c, err := ntlmssp.NewClient(ntlmssp.SetDomain(domain), ntlmssp.SetUserInfo(user, pw), ntlmssp.SetWorkstation("GW"))
	if err != nil {
		p.t.Fatal(err)
	}
	one, err := c.Authenticate(nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, _ := p.post(nil, "Authorization: Negotiate "+base64.StdEncoding.EncodeToString(one))
	two, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(resp.Header.Get("WWW-Authenticate"), "Negotiate "))
	if err != nil || len(two) == 0 {
		p.t.Fatalf("no challenge: %v %v", resp.Status, resp.Header)
	}
	var bindings *ntlmssp.ChannelBindings
	if p.bind != nil {
		bindings = &ntlmssp.ChannelBindings{ApplicationData: append([]byte("tls-server-end-point:"), p.bind...)}
	}
	three, err := c.Authenticate(two, bindings)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, _ = p.post(nil, "Authorization: Negotiate "+base64.StdEncoding.EncodeToString(three))
	p.sec = c.SecuritySession()
	return resp.StatusCode
}

func (p *peer) sealed(msg []byte) []byte {
	p.t.Helper()
	data, signature, err := p.sec.Wrap(msg)
	if err != nil {
		p.t.Fatal(err)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "--Encrypted Boundary\r\n\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"+
		"\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=%d\r\n--Encrypted Boundary\r\n"+
		"\tContent-Type: application/octet-stream\r\n", len(msg))
	b.Write(ntlm.AppendUint32(nil, uint32(len(signature))))
	b.Write(signature)
	b.Write(data)
	b.WriteString("--Encrypted Boundary--\r\n")
	return b.Bytes()
}

func (p *peer) unsealed(body []byte) string {
	p.t.Helper()
	_, payload, ok := bytes.Cut(body, []byte("octet-stream\r\n"))
	payload, found := bytes.CutSuffix(payload, []byte("--Encrypted Boundary--\r\n"))
	if !ok || !found || len(payload) < 20 {
		p.t.Fatalf("not a sealed body: %q", body)
	}
	plain, err := p.sec.Unwrap(payload[20:], payload[4:20])
	if err != nil {
		p.t.Fatal(err)
	}
	return string(plain)
}

// call sends a sealed SOAP message and returns the unsealed answer.
func (p *peer) call(msg string) (int, string) {
	p.t.Helper()
	resp, body := p.post(p.sealed([]byte(msg)), "Content-Type: "+sealedType)
	if len(body) == 0 {
		return resp.StatusCode, ""
	}
	return resp.StatusCode, p.unsealed(body)
}

const messageID = "uuid:00000000-0000-0000-0000-000000000001"

// message builds a request the way clients do.
func message(action, header, body string) string {
	return `<s:Envelope xmlns:s="` + nsS + `" xmlns:a="` + nsA + `" xmlns:w="` + nsW + `" xmlns:rsp="` + nsRSP + `" xmlns:n="` + nsN + `"><s:Header>` +
		`<a:To>http://hv-01:5985/wsman</a:To><a:ReplyTo><a:Address>` + anonymous + `</a:Address></a:ReplyTo>` +
		`<a:Action>` + action + `</a:Action><a:MessageID>` + messageID + `</a:MessageID>` +
		`<w:ResourceURI>` + shellURI + `</w:ResourceURI>` + header + `</s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func createMessage(inner string) string {
	return message(nsX+"/Create", "", `<rsp:Shell>`+inner+`<rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>`)
}

func selector(shell string) string {
	return `<w:SelectorSet><w:Selector Name="ShellId">` + shell + `</w:Selector></w:SelectorSet>`
}

func commandMessage(shell, line, option string) string {
	return message(nsRSP+"/Command", selector(shell)+`<w:OptionSet>`+option+`</w:OptionSet>`,
		`<rsp:CommandLine><rsp:Command>`+line+`</rsp:Command></rsp:CommandLine>`)
}

func receiveMessage(shell, command, header string) string {
	return message(nsRSP+"/Receive", selector(shell)+header,
		`<rsp:Receive><rsp:DesiredStream CommandId="`+command+`">stdout stderr</rsp:DesiredStream></rsp:Receive>`)
}

func signalMessage(shell, command, code string) string {
	return message(nsRSP+"/Signal", selector(shell), `<rsp:Signal CommandId="`+command+`"><rsp:Code>`+nsRSP+"/signal/"+code+`</rsp:Code></rsp:Signal>`)
}

func sendMessage(shell, command, data, end string) string {
	return message(nsRSP+"/Send", selector(shell), `<rsp:Send><rsp:Stream Name="stdin" CommandId="`+command+`" End="`+end+`">`+
		base64.StdEncoding.EncodeToString([]byte(data))+`</rsp:Stream></rsp:Send>`)
}

var (
	shellID   = regexp.MustCompile(`<rsp:ShellId>([0-9A-F-]{36})</rsp:ShellId>`)
	commandID = regexp.MustCompile(`<rsp:CommandId>([0-9A-F-]{36})</rsp:CommandId>`)
	faultCode = regexp.MustCompile(`f:WSManFault [^>]*Code="(\d+)"`)
	stream    = regexp.MustCompile(`<rsp:Stream Name="(\w+)" CommandId="[^"]*">([^<]*)</rsp:Stream>`)
)

func find(t testing.TB, re *regexp.Regexp, s string) string {
	t.Helper()
	m := re.FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("no %v in %s", re, s)
	}
	return m[1]
}

// open creates a shell on an authenticated connection.
func (p *peer) open() string {
	p.t.Helper()
	_, answer := p.call(createMessage(""))
	return find(p.t, shellID, answer)
}

func (p *peer) command(shell, line string) string {
	p.t.Helper()
	_, answer := p.call(commandMessage(shell, line, ""))
	return find(p.t, commandID, answer)
}

// drain receives until Done and returns stdout, stderr and the exit code.
func (p *peer) drain(shell, command string) (stdout, stderr, code string) {
	p.t.Helper()
	for {
		status, answer := p.call(receiveMessage(shell, command, ""))
		if status != 200 {
			p.t.Fatalf("Receive: %d %s", status, answer)
		}
		for _, m := range stream.FindAllStringSubmatch(answer, -1) {
			b, err := base64.StdEncoding.DecodeString(m[2])
			if err != nil {
				p.t.Fatal(err)
			}
			if m[1] == "stdout" {
				stdout += string(b)
			} else {
				stderr += string(b)
			}
		}
		if strings.Contains(answer, "CommandState/Done") {
			return stdout, stderr, find(p.t, regexp.MustCompile(`<rsp:ExitCode>(-?\d+)</rsp:ExitCode>`), answer)
		}
	}
}

func expectFault(t *testing.T, status int, answer, code string) {
	t.Helper()
	if status != 500 || find(t, faultCode, answer) != code {
		t.Fatalf("want fault %s, got %d %s", code, status, answer)
	}
}

// pipeListener is a listener in memory, which synctest can see through.
type pipeListener struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (l *pipeListener) dial(t *testing.T) *peer {
	client, server := net.Pipe()
	l.conns <- server
	return newPeer(t, client)
}

// startPipe serves o in memory; the caller closes the server in its bubble.
func startPipe(o Options) (*Server, *pipeListener) {
	l := newPipeListener()
	s := New(o)
	go s.Serve(l)
	return s, l
}

var fixed = time.Date(2026, 3, 1, 12, 30, 0, 0, time.UTC)
