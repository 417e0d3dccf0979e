package wsman

import (
	"encoding/asn1"
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

var oidKerberos = asn1.ObjectIdentifier{1, 2, 840, 113554, 1, 2, 2}

// negTokenInit is what a client sends first.
func negTokenInit(token []byte, mechs ...asn1.ObjectIdentifier) []byte {
	b := cryptobyte.NewBuilder(nil)
	ctx := func(n uint8) der.Tag { return der.Tag(n).Constructed().ContextSpecific() }
	b.AddASN1(der.Tag(0).Constructed()|0x40, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSPNEGO)
		b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(ctx(0), func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
						for _, m := range mechs {
							b.AddASN1ObjectIdentifier(m)
						}
					})
				})
				if token != nil {
					b.AddASN1(ctx(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(token) })
				}
			})
		})
	})
	return b.BytesOrPanic()
}

func ntlmNegotiate() []byte {
	b := make([]byte, 40)
	copy(b, ntlmSignature)
	b[8] = 1
	ntlm.PutUint32(b[12:], flagUnicode|flagNTLM|flagAlwaysSign|sealFlags)
	return b
}

// ntlmAuthenticate answers a challenge as the test account, and returns the
// client's side of the session.
func ntlmAuthenticate(t *testing.T, challenge []byte) ([]byte, *session) {
	t.Helper()
	if messageType(challenge) != 2 {
		t.Fatalf("no challenge: %x", challenge)
	}
	key := ntowfv2("operator", password, "CONTOSO")
	n, off := int(ntlm.Uint16(challenge[40:])), int(ntlm.Uint32(challenge[44:]))
	info := challenge[off : off+n]
	av, err := parseAV(info)
	if err != nil {
		t.Fatal(err)
	}
	blob := append([]byte{1, 1, 0, 0, 0, 0, 0, 0}, av[avTimestamp]...)
	blob = append(append(append(blob, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0), info...), 0, 0, 0, 0)
	proof := hmacMD5(key, challenge[24:32], blob)
	m := make([]byte, 72)
	copy(m, ntlmSignature)
	m[8] = 3
	add := func(at int, v []byte) { putField(m[at:], len(v), len(m)); m = append(m, v...) }
	add(20, append(proof, blob...))
	add(28, utf16le("CONTOSO"))
	add(36, utf16le("operator"))
	exported := []byte("0123456789abcdef")
	kek := hmacMD5(key, proof)
	add(52, rc4Once(kek, exported))
	ntlm.PutUint32(m[60:], flagUnicode|flagNTLM|sealFlags)
	return m, newSession(exported, sealFlags, false)
}

// A client that prefers Kerberos is told NTLM and asked for a mechListMIC,
// without which anybody on the way could have changed its list.
func TestSPNEGOSecondChoice(t *testing.T) {
	o := options().withDefaults()
	for name, withMIC := range map[string]bool{"with a MIC": true, "without": false, "with a wrong one": true} {
		var n negotiation
		list := negTokenInit([]byte("a Kerberos ticket"), oidKerberos, oidNTLM)
		reply, account, _, err := n.step(&o, list, nil)
		if want := "a1153013a0030a0103a10c060a2b06010401823702020a"; err != nil || account != "" || hex.EncodeToString(reply) != want {
			t.Fatalf("%s: %v %q %x", name, err, account, reply)
		}
		reply, _, _, err = n.step(&o, negTokenResp(acceptIncomplete, nil, ntlmNegotiate(), nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := parseSPNEGO(reply)
		if err != nil {
			t.Fatal(err)
		}
		three, client := ntlmAuthenticate(t, answer.token)
		var mic []byte
		if withMIC {
			mic = client.sign(n.mechList)
		}
		if name == "with a wrong one" {
			mic[5] ^= 1
		}
		reply, account, server, err := n.step(&o, negTokenResp(acceptIncomplete, nil, three, mic), nil)
		if name != "with a MIC" {
			if err == nil || account != "" {
				t.Errorf("%s: let in as %q", name, account)
			}
			continue
		}
		if err != nil || account != `CONTOSO\Operator` {
			t.Fatalf("%s: %q %v", name, account, err)
		}
		if answer, err = parseSPNEGO(reply); err != nil || !client.verify(n.mechList, answer.mic) {
			t.Errorf("the server's MIC: %v %x", err, answer.mic)
		}
		if got, err := server.openBody(client.sealBody(soapType, []byte("after"))); err != nil || string(got) != "after" {
			t.Errorf("sealed after the MIC: %q %v", got, err)
		}
	}
}

// A challenge is good for one answer: the same response again is a replay.
func TestReplay(t *testing.T) {
	o := options().withDefaults()
	var n negotiation
	challenge, _, _, err := n.step(&o, ntlmNegotiate(), nil)
	if err != nil {
		t.Fatal(err)
	}
	three, _ := ntlmAuthenticate(t, challenge)
	if _, account, _, err := n.step(&o, three, nil); err != nil || account == "" {
		t.Fatalf("first: %q %v", account, err)
	}
	if _, account, _, err := n.step(&o, three, nil); err == nil {
		t.Errorf("replayed: %q", account)
	}
}

func TestSPNEGORefuses(t *testing.T) {
	o := options().withDefaults()
	good := negTokenInit(ntlmNegotiate(), oidNTLM)
	for name, b := range map[string][]byte{
		"no NTLM": negTokenInit(nil, oidKerberos), "cut short": good[:len(good)-1], "trailing": append(good[:len(good):len(good)], 0),
		"response first": negTokenResp(acceptIncomplete, nil, ntlmNegotiate(), nil), "empty": nil, "no messages": negTokenInit([]byte("x"), oidNTLM),
	} {
		var n negotiation
		if reply, _, _, err := n.step(&o, b, nil); err == nil {
			t.Errorf("%s: answered %x", name, reply)
		}
	}
}
