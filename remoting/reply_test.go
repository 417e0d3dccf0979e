package remoting

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answerTo is an envelope as Windows writes it, around a body.
func answerTo(id, body string) string {
	return `<s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><s:Header><a:Action>x</a:Action><a:RelatesTo>` + id + `</a:RelatesTo></s:Header><s:Body>` + body + `</s:Body></s:Envelope>`
}

func faultBody(code, subcode string) string {
	return `<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>w:` + subcode + `</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="zh-CN">操作超时</s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="` + code + `" Machine="hv-01"><f:Message>text</f:Message></f:WSManFault></s:Detail></s:Fault>`
}

func outBody(commandID, text, state string) string {
	return `<rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="` + commandID + `">` + base64.StdEncoding.EncodeToString([]byte(text)) + `</rsp:Stream><rsp:Stream Name="stdout" CommandId="` + commandID + `" End="true"></rsp:Stream><rsp:CommandState CommandId="` + commandID + `" State="` + shellURI + `/CommandState/` + state + `"><rsp:ExitCode>7</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse>`
}

func TestParseReply(t *testing.T) {
	allow := cmp.AllowUnexported(reply{}, stream{}, listed{})
	for name, c := range map[string]struct {
		body string
		want reply
	}{
		"create": {
			`<x:ResourceCreated xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer"><a:ReferenceParameters><w:SelectorSet><w:Selector Name="ShellId">S-1</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated><rsp:Shell><rsp:ShellId>S-1</rsp:ShellId><rsp:IdleTimeOut>PT180.000S</rsp:IdleTimeOut></rsp:Shell>`,
			reply{relatesTo: "uuid:1", shellID: "S-1", shells: []listed{{id: "S-1"}}},
		},
		"command": {`<rsp:CommandResponse><rsp:CommandId>C-1</rsp:CommandId></rsp:CommandResponse>`, reply{relatesTo: "uuid:1", commandID: "C-1"}},
		"output": {outBody("C-1", "hello", "Done"), reply{
			relatesTo: "uuid:1", state: stateDone, exitCode: 7,
			streams: []stream{{"stdout", "C-1", []byte("hello")}, {"stdout", "C-1", []byte{}}},
		}},
		"fault": {faultBody("2150858793", "TimedOut"), reply{
			relatesTo: "uuid:1", fault: &fault{Code: faultTimedOut, Subcode: "TimedOut", Reason: "操作超时"},
		}},
		"fault without a code": {faultBody("x", "AccessDenied"), reply{relatesTo: "uuid:1", fault: &fault{Subcode: "AccessDenied", Reason: "操作超时"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseReply([]byte(answerTo("uuid:1", c.body)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got, allow); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseReplyRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		xml  string
		want error
	}{
		"nothing":         {"", errBadAnswer},
		"half":            {answerTo("1", "")[:200], errBadAnswer},
		"another root":    {"<html></html>", errBadAnswer},
		"a document type": {`<!DOCTYPE x [<!ENTITY a "b">]><Envelope/>`, errBadAnswer},
		"an entity":       {`<Envelope>&a;</Envelope>`, errBadAnswer},
		"nested tags":     {"<Envelope>" + strings.Repeat("<a>", 100000), errTooLarge},
		"many tags":       {"<Envelope>" + strings.Repeat("<a/>", 100000) + "</Envelope>", errTooLarge},
		"no base64":       {answerTo("1", `<rsp:Stream Name="stdout">***</rsp:Stream>`), errBadAnswer},
	} {
		if _, err := parseReply([]byte(c.xml)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestRequestsEscape(t *testing.T) {
	evil := `x"/>]]><evil a='`
	for name, m := range map[string]message{
		"create":  createShell("http://h/wsman?"+evil, evil),
		"command": startCommand("http://h/", evil, "cmd ]]> & <"),
		"send":    newTemplate(sendInput("http://h/", evil, evil, placeholder, true), placeholder).with([]byte("x")),
		"receive": newTemplate(receiveOutput("http://h/", evil, evil), "").with(nil),
		"signal":  terminate("http://h/", evil, evil),
		"delete":  deleteShell("http://h/", evil),
		"pull":    pullShells("http://h/", evil),
	} {
		if _, err := parseReply(m.body); err != nil {
			t.Errorf("%s is not XML: %v\n%s", name, err, m.body)
		}
		if strings.Contains(string(m.body), "<evil") {
			t.Errorf("%s lets an element in:\n%s", name, m.body)
		}
	}
	body := string(startCommand("http://h/", "S", "powershell.exe").body)
	for _, want := range []string{`Name="WINRS_CONSOLEMODE_STDIN">FALSE<`, `Name="WINRS_SKIP_CMD_SHELL">FALSE<`} {
		if !strings.Contains(body, want) {
			t.Errorf("Command has no %s:\n%s", want, body)
		}
	}
	body = string(createShell("http://h/", "LooksAlive").body)
	for _, want := range []string{`Name="WINRS_NOPROFILE">TRUE<`, "PT180.000S", `<rsp:Name>LooksAlive</rsp:Name>`} {
		if !strings.Contains(body, want) {
			t.Errorf("Create has no %s:\n%s", want, body)
		}
	}
}

func FuzzReply(f *testing.F) {
	f.Add([]byte(answerTo("uuid:1", outBody("C", "x", "Running"))))
	f.Add([]byte(answerTo("uuid:1", faultBody("5", "AccessDenied"))))
	f.Add([]byte("<Envelope><Value>:</Value><Fault><Subcode><Value></Value>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseReply(b)
		if (r == nil) == (err == nil) {
			t.Errorf("reply %v with error %v", r, err)
		}
	})
}

func TestPlainNamesAreCleanAlready(t *testing.T) {
	alphabet := []string{"", "a", " ", "~", "\x7f", "\x1f", "é", "\u202e"}
	for _, a := range alphabet {
		for _, b := range alphabet {
			for _, c := range alphabet {
				for limit := range 5 {
					s := a + b + c
					if got, want := clean(s, limit), scrub(s, limit); got != want {
						t.Errorf("clean(%q, %d) = %q, want %q", s, limit, got, want)
					}
				}
			}
		}
	}
	if s := "EU-PROD-HCI01 (Available Storage)"; !isClean(s, nameLen) {
		t.Errorf("%q takes the slow way", s)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("hv-01\x00\u202e\r\nx")
	f.Add("_x000D__x001B_[31m #< CLIXML <Objs/>")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, 20)
		if n := len([]rune(got)); n > 21 {
			t.Errorf("%d characters", n)
		}
		if strings.ContainsAny(got, "\x00\x1b\r\n\u202e\u2066") {
			t.Errorf("control characters in %q", got)
		}
	})
}

func FuzzOpenBody(f *testing.F) {
	sealed, err := sealBody(mirror{}, []byte("<Envelope/>"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte(boundary + "\r\nLength=0\r\n" + boundary + "\r\napplication/octet-stream\r\n\x10\x00\x00\x00" + boundary + "--"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := openBody(mirror{}, b); err != nil && plain != nil {
			t.Errorf("%q with error %v", plain, err)
		}
	})
}

// mirror seals by turning every bit over.
type mirror struct{}

func (mirror) Wrap(m []byte) ([]byte, []byte, error) {
	out := make([]byte, len(m))
	for i, b := range m {
		out[i] = ^b
	}
	return out, make([]byte, signatureLen), nil
}

func (m mirror) Unwrap(b, _ []byte) ([]byte, error) {
	out, _, err := m.Wrap(b)
	return out, err
}

func TestSealedBodyMayHoldTheBoundary(t *testing.T) {
	want := []byte("a" + boundary + "--\r\nb\r\n")
	for i := range want {
		want[i] = ^want[i] // so that the sealed form holds it
	}
	sealed, err := sealBody(mirror{}, want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := openBody(mirror{}, sealed)
	if err != nil || string(got) != string(want) {
		t.Errorf("got %q, %v", got, err)
	}
}

// open is a security session that seals nothing.
type open struct{}

func (open) Wrap(m []byte) ([]byte, []byte, error) { return m, make([]byte, signatureLen), nil }
func (open) Unwrap(b, _ []byte) ([]byte, error)    { return b, nil }

func TestUnsealedIsNeverSent(t *testing.T) {
	if b, err := sealBody(open{}, []byte("secret")); err == nil {
		t.Errorf("an unsealed body would be sent: %q", b)
	}
}
