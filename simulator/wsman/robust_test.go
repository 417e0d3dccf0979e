package wsman

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"
)

// Requests as other people's clients form them.

// TestPrefixesAndHeaders sends what a client with its own prefixes, white space
// and headers sends, without MessageID and ReplyTo.
func TestPrefixesAndHeaders(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	status, answer := p.call(`<?xml version="1.0" encoding="UTF-8"?>
<env:Envelope xmlns:env="` + nsS + `" xmlns:wsa="` + nsA + `" xmlns:wsman="` + nsW + `" xmlns:m="` + nsP + `">
  <env:Header>
    <wsa:To env:mustUnderstand="true"> http://hv-01:5985/wsman </wsa:To>
    <wsman:ResourceURI env:mustUnderstand="true">
      ` + thingURI + `
    </wsman:ResourceURI>
    <wsa:Action env:mustUnderstand="true"> ` + nsX + `/Get </wsa:Action>
    <wsman:Locale xml:lang="de-DE" env:mustUnderstand="false"/><m:DataLocale xml:lang="de-DE"/>
    <m:SessionId env:mustUnderstand="false">uuid:1</m:SessionId><m:OperationID>uuid:2</m:OperationID><m:SequenceId>1</m:SequenceId>
    <wsman:MaxEnvelopeSize env:mustUnderstand="true"> 51200 </wsman:MaxEnvelopeSize>
    <wsman:OperationTimeout>PT60.000S</wsman:OperationTimeout>
    <wsman:SelectorSet><wsman:Selector Name="Name"> Thing 2 </wsman:Selector></wsman:SelectorSet>
  </env:Header>
  <env:Body/>
</env:Envelope>`)
	if status != 200 || !strings.Contains(answer, "<p:Count>2</p:Count>") || strings.Contains(answer, "RelatesTo") {
		t.Errorf("%d %s", status, answer)
	}
	// A default namespace for the body.
	_, answer = p.call(about(thingURI, message(nsN+"/Enumerate", "", `<Enumerate xmlns="`+nsN+`"><OptimizeEnumeration xmlns="`+nsW+`"/><MaxElements xmlns="`+nsW+`">2</MaxElements></Enumerate>`)))
	if names(answer) != "0 1" {
		t.Error(answer)
	}
}

func utf16Text(s string, order binary.AppendByteOrder) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

func TestUTF16(t *testing.T) {
	_, addr := start(t, shopOptions())
	msg := wqlMessage("root/shop", "select * from Shop_Thing where Name = 'Thing 3'")
	declared := `<?xml version="1.0" encoding="utf-16"?>` + msg
	for name, b := range map[string][]byte{
		"little-endian with mark":    append([]byte("\xff\xfe"), utf16Text(declared, binary.LittleEndian)...),
		"big-endian with mark":       append([]byte("\xfe\xff"), utf16Text(declared, binary.BigEndian)...),
		"little-endian without mark": utf16Text(msg, binary.LittleEndian),
		"big-endian without mark":    utf16Text(msg, binary.BigEndian),
	} {
		p := logonTo(t, addr)
		resp, raw := p.post(p.sealed(b), "Content-Type: "+sealedType)
		answer := p.unsealed(raw)
		text, wide := toUTF8("", []byte(answer))
		if resp.StatusCode != 200 || !wide || names(string(text)) != "3" || !bytes.Contains(raw, []byte("type="+soapTypeWide+";Length=")) {
			t.Errorf("%s: %d, UTF-16 %t: %s", name, resp.StatusCode, wide, text)
		}
	}
	p := logonTo(t, addr)
	if status, answer := p.call("\xef\xbb\xbf" + msg); status != 200 || names(answer) != "3" {
		t.Errorf("UTF-8 with mark: %d %s", status, answer)
	}
	if resp, _ := p.post(p.sealed([]byte("\xff\xfe<")), "Content-Type: "+sealedType); resp.StatusCode != 400 {
		t.Errorf("half a character: %d", resp.StatusCode)
	}
}

func TestChunkedRequest(t *testing.T) {
	_, addr := start(t, shopOptions())
	p := logonTo(t, addr)
	for range 2 { // the connection stays
		b := p.sealed([]byte(wqlMessage("root/shop", "select * from Shop_Thing where Count = 3")))
		fmt.Fprintf(p.nc, "POST /wsman/ HTTP/1.1\r\nHost: hv-01\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n", sealedType)
		for len(b) > 0 {
			n := min(len(b), 700)
			fmt.Fprintf(p.nc, "%x\r\n%s\r\n", n, b[:n])
			b = b[n:]
		}
		io.WriteString(p.nc, "0\r\n\r\n")
		resp, raw := p.read()
		if answer := p.unsealed(raw); resp.StatusCode != 200 || names(answer) != "3" {
			t.Fatalf("%d %s", resp.StatusCode, answer)
		}
	}
}

// A body that is too large is refused with 413, and the refusal arrives though
// the client has sent it all before it reads.
func TestTooLarge(t *testing.T) {
	_, addr := start(t, options())
	big := bytes.Repeat([]byte("x"), 3<<20)
	for name, head := range map[string]string{
		"length":  fmt.Sprintf("Content-Length: %d\r\n\r\n", len(big)),
		"chunked": fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n", len(big)),
	} {
		p := dial(t, addr)
		io.WriteString(p.nc, "POST /wsman HTTP/1.1\r\nHost: hv-01\r\n"+head)
		if _, err := p.nc.Write(big); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if resp, _ := p.read(); resp.StatusCode != 413 || !resp.Close {
			t.Errorf("%s: %d", name, resp.StatusCode)
		}
	}
}

func TestMethodsAndPaths(t *testing.T) {
	_, addr := start(t, options())
	for request, want := range map[string]int{
		"GET /wsman": 405, "HEAD /wsman": 405, "PUT /wsman": 405, "OPTIONS /wsman": 405, "POST /WSMAN": 401, "POST /wsman/": 401, "POST /wsman?PSVersion=5.1": 401,
		"HEAD /": 404, "GET /nothing": 404, "POST /wsman/more": 404,
	} {
		p := dial(t, addr)
		fmt.Fprintf(p.nc, "%s HTTP/1.1\r\nHost: hv-01\r\nContent-Length: 0\r\n\r\n", request)
		method, _, _ := strings.Cut(request, " ")
		resp, err := http.ReadResponse(p.br, &http.Request{Method: method})
		if err != nil || resp.StatusCode != want {
			t.Errorf("%s: %v %v", request, resp, err)
			continue
		}
		if b, _ := io.ReadAll(resp.Body); method == "HEAD" && len(b) > 0 {
			t.Errorf("%s has a body: %s", request, b)
		}
		if method == "HEAD" && resp.Close {
			if b, _ := io.ReadAll(p.br); len(b) > 0 {
				t.Errorf("%s: %q after the header", request, b)
			}
		}
	}
}

func TestConnectionClose(t *testing.T) {
	_, addr := start(t, options())
	p := logonTo(t, addr)
	resp, raw := p.post(p.sealed([]byte(identifyMessage)), "Content-Type: "+sealedType, "Connection: close")
	if !resp.Close || !strings.Contains(p.unsealed(raw), "IdentifyResponse") {
		t.Errorf("%v", resp)
	}
	if n, err := p.br.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("still open: %d %v", n, err)
	}
}

// Clients of protocol 2.2 and later choose the ids themselves.
func TestProposedIDs(t *testing.T) {
	s, addr := start(t, options())
	p := logonTo(t, addr)
	const shellID, commandID = "0f8fad5b-d9cb-469f-a165-70867728950e", "7C9E6679-7425-40DE-944B-E07FC1F90AE7"
	_, answer := p.call(strings.Replace(createMessage(""), "<rsp:Shell>", `<rsp:Shell ShellId="`+shellID+`">`, 1))
	if !strings.Contains(answer, "<rsp:ShellId>"+strings.ToUpper(shellID)+"<") {
		t.Fatal(answer)
	}
	_, answer = p.call(strings.Replace(commandMessage(shellID, "echo hi", ""), "<rsp:CommandLine>", `<rsp:CommandLine CommandId="`+commandID+`">`, 1))
	if !strings.Contains(answer, commandID) {
		t.Fatal(answer)
	}
	if out, _, _ := p.drain(shellID, strings.ToLower(commandID)); out != "hi\r\n" {
		t.Errorf("%q", out)
	}
	// One that is in use, or none that is an id, is replaced.
	p.call(strings.Replace(createMessage(""), "<rsp:Shell>", `<rsp:Shell ShellId="`+shellID+`">`, 1))
	p.call(strings.Replace(createMessage(""), "<rsp:Shell>", `<rsp:Shell ShellId="&lt;x&gt;">`, 1))
	for i, sh := range s.Shells() {
		if !uuidText.MatchString(sh.ID) || i > 0 && sh.ID == strings.ToUpper(shellID) {
			t.Errorf("%+v", sh)
		}
	}
	if n := len(s.Shells()); n != 3 {
		t.Errorf("%d shells", n)
	}
}
