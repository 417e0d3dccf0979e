package wsman

import (
	"encoding/base64"
	"strings"
	"testing"
)

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(createMessage(`<rsp:IdleTimeOut>PT3M</rsp:IdleTimeOut>`)))
	f.Add([]byte(commandMessage("S", "echo <![CDATA[&]]>", `<w:Option Name="WINRS_SKIP_CMD_SHELL">TRUE</w:Option>`)))
	f.Add([]byte(receiveMessage("S", "C", "<w:OperationTimeout>PT20S</w:OperationTimeout><w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize>")))
	f.Add([]byte(identifyMessage))
	f.Add([]byte(`<?xml version="1.0" encoding="utf-16"?>` + createMessage("")))
	f.Add([]byte(strings.Repeat("<a>", 100)))
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	s := New(options())
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, b []byte) {
		// An accepted answer is XML whatever the request said; shells are not
		// opened, so that the corpus cannot run into quotas.
		r, fault := parseRequest(b)
		if fault == nil && r.action == nsX+"/Create" {
			return
		}
		status, answer := s.handle(t.Context(), &caller{account: `CONTOSO\Operator`, waits: func() {}}, b)
		if _, err := parseXML(answer); err != nil {
			t.Fatalf("%d, the answer is no XML: %s", status, answer)
		}
	})
}

func FuzzNTLM(f *testing.F) {
	one := make([]byte, 40)
	copy(one, ntlmSignature)
	one[8] = 1
	f.Add(one)
	f.Add([]byte(ntlmSignature))
	for _, s := range []string{ // NegTokenInit and NegTokenResp of gss-ntlmssp
		"YEgGBisGAQUFAqA+MDygDjAMBgorBgEEAYI3AgIKoioEKE5UTE1TU1AAAQAAABeCCOIAAAAAAAAAAAAAAAAAAAAABgIAAAAAAA8=",
		"oYIBlzCCAZOgAwoBAaKCAXYEggFyTlRMTVNTUAADAAAAAAAAAFgAAADoAOgAWAAAAA4ADgBAAQAAEAAQAE4BAAAEAAQAXgEAABAAEABiAQAAFYKJ4gYCAAAAAAAPfLJYs1SZpr1cLfpeknH/N4yidxaddEgkSGLrg2ehR2MBAQAAAAAAAI7Ngv0Yet0BfRfyd2/hTREAAAAAAQAKAEgAVgAtADAAMQACAA4AQwBPAE4AVABPAFMATwADACQASABWAC0AMAAxAC4AYwBvAG4AdABvAHMAbwAuAHQAZQBzAHQABAAYAGMAbwBuAHQAbwBzAG8ALgB0AGUAcwB0AAUAGABjAG8AbgB0AG8AcwBvAC4AdABlAHMAdAAGAAQAAgAAAAcACACOzYL9GHrdAQkAHABIAFQAVABQAC8AMQAyADcALgAwAC4AMAAuADEAAAAAAAAAAABDAE8ATgBUAE8AUwBPAG8AcABlAHIAYQB0AG8AcgBWAE0Ao2iZPjN1pJ863ai6LNfKlKMSBBABAAAA16IGRD9ys2sAAAAA",
	} {
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		o := options().withDefaults()
		var n negotiation
		if _, account, _, err := n.step(&o, one, nil); err != nil || account != "" {
			t.Fatalf("the first step: %q %v", account, err)
		}
		// Nobody guesses the password, raw or wrapped.
		if _, account, _, _ := n.step(&o, b, nil); account != "" {
			t.Fatalf("let in as %s", account)
		}
		parsed, err := parseSPNEGO(b)
		if err == nil && parsed.init {
			var n negotiation
			if _, account, _, _ := n.step(&o, b, nil); account != "" {
				t.Fatalf("let in as %s", account)
			}
		}
	})
}

func FuzzOpenBody(f *testing.F) {
	key := make([]byte, 16)
	f.Add(newSession(key, sealFlags, false).sealBody(soapType, []byte("<a/>"))[:200])
	f.Add([]byte(boundary + "\r\n\tOriginalContent: Length=-1\r\n" + boundary + "\r\n" + octets + "\x10\x00\x00\x00" + boundary + "--"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := newSession([]byte("another key here"), sealFlags, true).openBody(b); err == nil {
			t.Fatalf("opened %q", plain)
		}
	})
}
