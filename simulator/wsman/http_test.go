package wsman

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func fixedOptions() Options {
	o := options()
	o.Now = func() time.Time { return fixed }
	return o
}

var uuids = regexp.MustCompile(`[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}`)

func TestGolden401(t *testing.T) {
	const want = "HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate\r\n" +
		"Date: Sun, 01 Mar 2026 12:30:00 GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
	_, addr := start(t, fixedOptions())
	for name, header := range map[string]string{
		"none": "X-Nothing: 1", "wrong basic": "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("operator:"+password)),
		"NTLM scheme": "Authorization: NTLM TlRMTVNTUAABAAAA", "no base64": "Authorization: Negotiate !", "rubbish": "Authorization: Negotiate AAAA",
	} {
		p := dial(t, addr)
		p.post([]byte(createMessage("")), header)
		if diff := cmp.Diff(want, p.raw.String()); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
		if _, err := p.br.ReadByte(); err != io.EOF {
			t.Errorf("%s: the connection stays open: %v", name, err)
		}
	}
}

func TestChallengeKeepsConnection(t *testing.T) {
	_, addr := start(t, fixedOptions())
	p := dial(t, addr)
	one := make([]byte, 40)
	copy(one, ntlmSignature)
	one[8] = 1
	ntlm.PutUint32(one[12:], flagUnicode|flagNTLM|flagRequestTarget|flagAlwaysSign|sealFlags)
	p.post(nil, "Authorization: Negotiate "+base64.StdEncoding.EncodeToString(one))
	want := regexp.MustCompile("^HTTP/1.1 401 \r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: Negotiate TlRMTVNTUAACAAAA[^\r]+\r\n" +
		"Date: Sun, 01 Mar 2026 12:30:00 GMT\r\nContent-Length: 0\r\n\r\n$")
	if !want.MatchString(p.raw.String()) {
		t.Errorf("challenge: %q", p.raw.String())
	}
	if resp, _ := p.post(nil); resp.StatusCode != 401 {
		t.Errorf("an unfinished exchange was let in: %s", resp.Status)
	}
}

func TestLogon(t *testing.T) {
	_, addr := start(t, options())
	for _, tt := range []struct {
		domain, user, pw string
		want             int
	}{
		{"CONTOSO", "Operator", password, 200}, {"", "operator", password, 200}, {"HV-01", "OPERATOR", password, 200},
		{"CONTOSO", "Operator", "wrong", 401}, {"CONTOSO", "Nobody", password, 401}, {"FABRIKAM", "Operator", password, 401},
	} {
		if got := dial(t, addr).logon(tt.domain, tt.user, tt.pw); got != tt.want {
			t.Errorf("%s\\%s: %d, want %d", tt.domain, tt.user, got, tt.want)
		}
	}
	p := dial(t, addr)
	p.logon("CONTOSO", "Operator", password)
	if got, want := p.raw.String(), "HTTP/1.1 200 \r\n"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "Content-Length: 0\r\n\r\n") {
		t.Errorf("an empty authenticated POST: %q", got)
	}
}

func TestGoldenCreate(t *testing.T) {
	_, addr := start(t, fixedOptions())
	p := dial(t, addr)
	p.logon("CONTOSO", "operator", password)
	status, answer := p.call(createMessage(`<rsp:Name>looks alive</rsp:Name><rsp:IdleTimeOut>PT3M</rsp:IdleTimeOut>`))
	want := `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>http://schemas.xmlsoap.org/ws/2004/09/transfer/CreateResponse</a:Action><a:MessageID>uuid:U</a:MessageID><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:RelatesTo>uuid:U</a:RelatesTo></s:Header><s:Body>` +
		`<x:ResourceCreated><a:Address>http://hv-01:5985/wsman</a:Address><a:ReferenceParameters><w:ResourceURI>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</w:ResourceURI><w:SelectorSet><w:Selector Name="ShellId">U</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>` +
		`<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:ShellId>U</rsp:ShellId><rsp:Name>looks alive</rsp:Name><rsp:ResourceUri>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd</rsp:ResourceUri><rsp:Owner>CONTOSO\Operator</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP><rsp:IdleTimeOut>PT180.000S</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams><rsp:OutputStreams>stdout stderr</rsp:OutputStreams><rsp:ShellRunTime>P0DT0H0M0S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell></s:Body></s:Envelope>`
	if diff := cmp.Diff(want, uuids.ReplaceAllString(answer, "U")); status != 200 || diff != "" {
		t.Errorf("%d\n%s", status, diff)
	}
	head, _, _ := strings.Cut(p.raw.String(), "Content-Length")
	wantHead := "HTTP/1.1 200 \r\nContent-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"\r\n" +
		"Server: Microsoft-HTTPAPI/2.0\r\nDate: Sun, 01 Mar 2026 12:30:00 GMT\r\n"
	if diff := cmp.Diff(wantHead, head); diff != "" {
		t.Error(diff)
	}
}

func TestGoldenFault(t *testing.T) {
	_, addr := start(t, fixedOptions())
	p := dial(t, addr)
	p.logon("", "operator", password)
	status, answer := p.call(receiveMessage("B387C9DF-58ED-4E97-AE80-4117D8D12116", "1", ""))
	want := `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" xmlns:e="http://schemas.xmlsoap.org/ws/2004/08/eventing" xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"><s:Header><a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action><a:MessageID>uuid:U</a:MessageID><a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To><a:RelatesTo>uuid:U</a:RelatesTo></s:Header><s:Body>` +
		`<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:InvalidSelectors</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en-US">The WS-Management service cannot process the request because the request contained invalid selectors for the resource. </s:Text></s:Reason><s:Detail><w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/UnexpectedSelectors</w:FaultDetail>` +
		`<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="2150858843" Machine="hv-01"><f:Message>The request for the Windows Remote Shell with ShellId U failed because the shell was not found on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server. Provide the correct ShellId or create a new shell and retry the operation. </f:Message></f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>`
	if diff := cmp.Diff(want, uuids.ReplaceAllString(answer, "U")); status != 500 || diff != "" {
		t.Errorf("%d\n%s", status, diff)
	}
	if !strings.HasPrefix(p.raw.String(), "HTTP/1.1 500 \r\nContent-Type: multipart/encrypted;") {
		t.Errorf("a fault is sealed like any answer: %.60q", p.raw.String())
	}
}

// Unencrypted SOAP on an authenticated connection over HTTP is refused.
func TestPlainBodyOverHTTP(t *testing.T) {
	s, addr := start(t, options())
	p := dial(t, addr)
	p.logon("", "operator", password)
	resp, body := p.post([]byte(createMessage("")), "Content-Type: "+soapType)
	if resp.StatusCode != 401 || !resp.Close || len(body) != 0 {
		t.Errorf("%s close=%t %q", resp.Status, resp.Close, body)
	}
	if len(s.Shells()) != 0 {
		t.Error("the request was carried out")
	}
}

func TestForeignSealIs400(t *testing.T) {
	s, addr := start(t, options())
	p, q := dial(t, addr), dial(t, addr)
	p.logon("", "operator", password)
	q.logon("", "operator", password)
	resp, _ := q.post(p.sealed([]byte(createMessage(""))), "Content-Type: "+sealedType)
	if resp.StatusCode != 400 || len(s.Shells()) != 0 {
		t.Errorf("a message sealed for another connection: %s, %d shells", resp.Status, len(s.Shells()))
	}
}

func TestIdentifyUnauthenticated(t *testing.T) {
	_, addr := start(t, options())
	msg := []byte(identifyMessage)
	resp, body := dial(t, addr).post(msg, "WSMANIDENTIFY: unauthenticated")
	if resp.StatusCode != 200 || !strings.Contains(string(body), "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0<") {
		t.Errorf("%s %s", resp.Status, body)
	}
	if resp, _ := dial(t, addr).post([]byte(createMessage("")), "WSMANIDENTIFY: unauthenticated"); resp.StatusCode != 401 {
		t.Errorf("the header lets everything in: %s", resp.Status)
	}
	p := dial(t, addr)
	p.logon("", "operator", password)
	if _, answer := p.call(string(msg)); !strings.Contains(answer, "OS: 10.0.20348") {
		t.Errorf("authenticated: %s", answer)
	}
}

func TestOtherPathsAndSizes(t *testing.T) {
	o := options()
	o.MaxEnvelopeKB = 8
	_, addr := start(t, o)
	for _, tt := range []struct {
		request string
		want    int
	}{
		{"GET /wsman HTTP/1.1\r\nHost: x\r\n\r\n", 405},
		{"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404},
		{"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413},
		{"POST /wsman HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n", 0},
		{"rubbish\r\n\r\n", 400},
	} {
		p := dial(t, addr)
		// The server may hang up before it has read all of a request it refuses.
		go io.WriteString(p.nc, tt.request)
		resp, err := http.ReadResponse(p.br, nil)
		if tt.want == 0 {
			if err == nil && resp.StatusCode < 400 {
				t.Errorf("endless header accepted: %s", resp.Status)
			}
			continue
		}
		if err != nil || resp.StatusCode != tt.want {
			t.Errorf("%.40q: %v %v, want %d", tt.request, resp, err, tt.want)
		}
	}
}

func TestExpectContinue(t *testing.T) {
	_, addr := start(t, options())
	p := dial(t, addr)
	p.logon("", "operator", password)
	p.raw.Reset()
	p.write(p.sealed([]byte(createMessage(""))), "Content-Type: "+sealedType, "Expect: 100-continue")
	resp, _ := p.read()
	if resp.StatusCode == 100 {
		resp, _ = p.read()
	}
	if resp.StatusCode != 200 || !strings.HasPrefix(p.raw.String(), "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 \r\n") {
		t.Errorf("%s, %.60q", resp.Status, p.raw.String())
	}
}

func TestBasicOnlyOverTLS(t *testing.T) {
	o := options()
	o.AllowBasic = true
	_, plain, secure := startTLS(t, o)
	header := func(user, pw string) string {
		return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+pw))
	}
	if resp, _ := dial(t, plain).post([]byte(createMessage("")), header("operator", password)); resp.StatusCode != 401 ||
		len(resp.Header.Values("WWW-Authenticate")) != 1 {
		t.Errorf("over HTTP: %s %v", resp.Status, resp.Header)
	}
	for _, tt := range []struct {
		user, pw string
		want     int
	}{{"operator", password, 200}, {`CONTOSO\operator`, password, 200}, {"operator@contoso.test", password, 200}, {"operator", "wrong", 401}, {"operator", "", 401}} {
		resp, body := dialTLS(t, secure).post([]byte(createMessage("")), header(tt.user, tt.pw))
		if resp.StatusCode != tt.want {
			t.Errorf("%s: %s %s", tt.user, resp.Status, body)
		}
		if want := []string{"Negotiate", `Basic realm="WSMAN"`}; tt.want == 401 && !cmp.Equal(resp.Header.Values("WWW-Authenticate"), want) {
			t.Errorf("offers %q", resp.Header.Values("WWW-Authenticate"))
		}
	}
}

func TestAllowUnencrypted(t *testing.T) {
	o := options()
	o.AllowBasic, o.AllowUnencrypted = true, true
	_, addr := start(t, o)
	p := dial(t, addr)
	header := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("operator:"+password))
	resp, body := p.post([]byte(createMessage("")), header)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != soapType {
		t.Errorf("basic: %s %v %s", resp.Status, resp.Header, body)
	}
	// Basic authenticates the request, not the connection.
	if resp, _ := p.post([]byte(createMessage(""))); resp.StatusCode != 401 {
		t.Errorf("the next request: %s", resp.Status)
	}
	q := logonTo(t, addr)
	if resp, body := q.post([]byte(createMessage(""))); resp.StatusCode != 200 {
		t.Errorf("plain after NTLM: %s %s", resp.Status, body)
	}
}

func dialTLS(t *testing.T, addr string) *peer {
	t.Helper()
	nc, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	return newPeer(t, nc)
}

// A logon relayed from another TLS connection carries the other certificate's
// binding.
func TestChannelBinding(t *testing.T) {
	_, _, secure := startTLS(t, options())
	logon := func(change func([]byte) []byte) int {
		p := dialTLS(t, secure)
		p.bind = change(p.nc.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw)
		return p.logon("", "operator", password)
	}
	right := func(cert []byte) []byte { h := sha256.Sum256(cert); return h[:] }
	if got := logon(right); got != 200 {
		t.Errorf("the right binding: %d", got)
	}
	if got := logon(func(cert []byte) []byte { return right(append(cert, 0)) }); got != 401 {
		t.Errorf("another certificate's binding: %d", got)
	}
	if got := logon(func([]byte) []byte { return nil }); got != 200 {
		t.Errorf("no binding: %d", got) // CbtHardeningLevel=Relaxed
	}
}
