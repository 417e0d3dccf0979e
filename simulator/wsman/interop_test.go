package wsman

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Other people's clients: they prove what our own could only repeat.

// missing ends a test whose peer is not installed: CI must have them all.
func missing(t *testing.T, what, install string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing: apt-get install %s", what, install)
	}
	t.Skipf("%s is missing: apt-get install %s", what, install)
}

// peerEnv keeps this machine's proxies and certificate bundles out of the peers.
func peerEnv(more ...string) []string {
	return append([]string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8"}, more...)
}

func certificate(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "hv-01 (simulated)"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	raw, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
}

// startTLS adds an HTTPS listener to a server that start made.
func startTLS(t *testing.T, o Options) (s *Server, plain, secure string) {
	t.Helper()
	if o.TLS == nil {
		o.TLS = certificate(t)
	}
	s, plain = start(t, o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.ServeTLS(l)
	return s, plain, l.Addr().String()
}

const pywinrmScript = `
import sys, warnings
warnings.simplefilter("ignore")
import winrm
url, transport, encryption, user, password = sys.argv[1:]
s = winrm.Session(url, auth=(user, password), transport=transport, message_encryption=encryption, server_cert_validation="ignore")
for r in (s.run_cmd("echo", ["hello", "world"]), s.run_ps("Get-Date"), s.run_cmd("exit", ["3"]), s.run_cmd("spew", ["300000"]), s.run_cmd("warn", ["oops"])):
    print(r.status_code, len(r.std_out), r.std_out[:40].decode().strip(), r.std_err.decode().strip())
`

func TestPywinrm(t *testing.T) {
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import winrm, requests_ntlm").Run() != nil {
		missing(t, "pywinrm", "python3-winrm")
	}
	// NTLM needs MD4, which OpenSSL 3 keeps in its legacy provider.
	conf := filepath.Join(t.TempDir(), "openssl.cnf")
	if err := os.WriteFile(conf, []byte("openssl_conf = o\n[o]\nproviders = p\n[p]\ndefault = d\nlegacy = d\n[d]\nactivate = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options()
	o.AllowBasic = true
	s, plain, secure := startTLS(t, o)
	http, https := "http://"+plain+"/wsman", "https://"+secure+"/wsman"
	for _, tt := range []struct{ name, url, transport, encryption, user string }{
		{"ntlm sealed over HTTP", http, "ntlm", "always", `contoso\operator`},
		{"ntlm sealed, bare user", http, "ntlm", "auto", "operator"},
		{"ntlm with channel binding over HTTPS", https, "ntlm", "auto", "operator@contoso.test"},
		{"ntlm sealed over HTTPS", https, "ntlm", "always", `hv-01\operator`},
		{"basic over HTTPS", https, "basic", "never", "operator"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), python, "-c", pywinrmScript, tt.url, tt.transport, tt.encryption, tt.user, password)
			cmd.Env = peerEnv("OPENSSL_CONF=" + conf)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.HasPrefix(string(out), "0 13 hello world") ||
				!strings.Contains(string(out), "Get-Date") || !strings.Contains(string(out), "\n3 0 ") ||
				!strings.Contains(string(out), "\n0 300000 xxxx") || !strings.Contains(string(out), "0 0  oops") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	if got := s.Shells(); len(got) != 0 {
		t.Errorf("shells left open: %+v", got)
	}
	t.Run("unencrypted NTLM over HTTP is refused", func(t *testing.T) {
		cmd := exec.CommandContext(t.Context(), python, "-c", pywinrmScript, http, "ntlm", "never", "operator", password)
		cmd.Env = peerEnv("OPENSSL_CONF=" + conf)
		if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("rejected by the server")) {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// needNTLM is for the peers that use MIT's GSS-API with the NTLM plug-in.
func needNTLM(t *testing.T) {
	t.Helper()
	if plugins, _ := filepath.Glob("/etc/gss/mech.d/*ntlm*"); len(plugins) == 0 {
		missing(t, "the NTLM plug-in for GSS-API", "gss-ntlmssp")
	}
}

// userFile writes the credentials where gss-ntlmssp looks for them.
func userFile(t *testing.T, pw string) string {
	t.Helper()
	f := filepath.Join(t.TempDir(), "user")
	if err := os.WriteFile(f, []byte("CONTOSO:operator:"+pw+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return "NTLM_USER_FILE=" + f
}

// curl runs curl --negotiate, which speaks SPNEGO, and returns status and body.
func curl(t *testing.T, url, body, pw string) (status, answer string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "curl", "-sSk", "--noproxy", "*", "--negotiate", "-u", ":", "-H", "Content-Type: "+soapType,
		"-w", "\n%{http_code}", "--data-binary", "@-", url)
	cmd.Stdin = strings.NewReader(body)
	cmd.Env = peerEnv(userFile(t, pw))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v\n%s", err, out)
	}
	i := bytes.LastIndexByte(out, '\n')
	return string(out[i+1:]), string(out[:i])
}

const identifyMessage = `<s:Envelope xmlns:s="` + nsS + `" xmlns:i="` + nsID + `"><s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>`

func TestCurlNegotiate(t *testing.T) {
	needNTLM(t)
	if version, err := exec.Command("curl", "-V").Output(); err != nil || !bytes.Contains(version, []byte("SPNEGO")) {
		missing(t, "curl with SPNEGO", "curl")
	}
	_, plain, secure := startTLS(t, options())
	if status, answer := curl(t, "http://"+plain+"/wsman", "", password); status != "200" || answer != "" {
		t.Errorf("an empty POST over HTTP: %s %s", status, answer)
	}
	if status, _ := curl(t, "http://"+plain+"/wsman", createMessage(""), password); status != "401" {
		t.Errorf("plain SOAP over HTTP: %s", status)
	}
	if status, answer := curl(t, "https://"+secure+"/wsman", createMessage(""), password); status != "200" || !strings.Contains(answer, `<rsp:Owner>CONTOSO\Operator</rsp:Owner>`) {
		t.Errorf("Create over HTTPS: %s %s", status, answer)
	}
	if status, answer := curl(t, "https://"+secure+"/wsman", identifyMessage, password); status != "200" || !strings.Contains(answer, "OS: 10.0.20348") {
		t.Errorf("Identify over HTTPS: %s %s", status, answer)
	}
	if status, _ := curl(t, "https://"+secure+"/wsman", identifyMessage, "wrong"); status != "401" {
		t.Errorf("wrong password: %s", status)
	}
}

// SPNEGO with a mechListMIC and then sealed messages: the cipher state between
// the two is where implementations differ.
func TestGSSAPISealed(t *testing.T) {
	needNTLM(t)
	const python = "/usr/bin/python3"
	if exec.Command(python, "-c", "import ctypes; ctypes.CDLL('libgssapi_krb5.so.2')").Run() != nil {
		missing(t, "Python with MIT's GSS-API library", "python3 libgssapi-krb5-2")
	}
	s, addr := start(t, options())
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	messages := filepath.Join(t.TempDir(), "messages")
	if err := os.WriteFile(messages, []byte(identifyMessage+"\n"+createMessage("")+"\n"+receiveMessage("NONE", "", "")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, "testdata/gss_client.py", host, port, messages)
	cmd.Env = peerEnv(userFile(t, password))
	out, err := cmd.CombinedOutput()
	lines := strings.Split(string(out), "\n")
	if err != nil || len(lines) != 4 || !strings.Contains(lines[0], "OS: 10.0.20348") ||
		!strings.Contains(lines[1], `200 <s:Envelope`) || !strings.Contains(lines[2], `500 <s:Envelope`) {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := s.Shells(); len(got) != 1 || got[0].Owner != `CONTOSO\Operator` {
		t.Errorf("shells: %+v", got)
	}
}
