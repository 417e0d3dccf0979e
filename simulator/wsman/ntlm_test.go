package wsman

import (
	"bytes"
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"github.com/bodgit/ntlmssp"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The values of MS-NLMP 4.2.4, "NTLMv2 authentication".
const (
	vectorNTOWF      = "0c868a403bfd7a93a3001ef22ef02e3f"
	vectorProof      = "68cd0ab851e51c96aabc927bebef6a1c"
	vectorSession    = "8de40ccadbc14a82f15cb0ad0de95ca3"
	vectorEncrypted  = "c5dad2544fc9799094ce1ce90bc9d03e"
	vectorSealKey    = "59f600973cc4960a25480a7c196e4c58"
	vectorSignKey    = "4788dc861b4782f35d43fd98fe1a2d39"
	vectorSealed     = "54e50165bf1936dc996020c1811b0f06fb5f"
	vectorSignature  = "010000007fb38ec5c55d497600000000"
	vectorServerNonc = "0123456789abcdef"
)

// vectorBlob is the temp of 4.2.4.1.3: client challenge, time 0, target info.
func vectorBlob() []byte {
	b := []byte{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0, 0, 0, 0}
	for _, av := range []struct {
		id   uint16
		name string
	}{{avNbDomain, "Domain"}, {avNbComputer, "Server"}, {avEOL, ""}} {
		b = ntlm.AppendUint16(b, av.id)
		b = ntlm.AppendUint16(b, uint16(2*len(av.name)))
		b = append(b, utf16le(av.name)...)
	}
	return append(b, 0, 0, 0, 0)
}

func TestNTLMVectors(t *testing.T) {
	key := ntowfv2("User", "Password", "Domain")
	if got := hex.EncodeToString(key); got != vectorNTOWF {
		t.Errorf("NTOWFv2 = %s", got)
	}
	proof := hmacMD5(key, unhex(t, vectorServerNonc), vectorBlob())
	if got := hex.EncodeToString(proof); got != vectorProof {
		t.Errorf("NTProofStr = %s", got)
	}
	if got := hex.EncodeToString(hmacMD5(key, proof)); got != vectorSession {
		t.Errorf("session base key = %s", got)
	}

	client := newSession(bytes.Repeat([]byte{0x55}, 16), sealFlags, false)
	if got := hex.EncodeToString(client.out.sealKey); got != vectorSealKey {
		t.Errorf("seal key = %s", got)
	}
	if got := hex.EncodeToString(client.out.signKey); got != vectorSignKey {
		t.Errorf("sign key = %s", got)
	}
	signature, sealed := client.seal(utf16le("Plaintext"))
	if got := hex.EncodeToString(sealed); got != vectorSealed {
		t.Errorf("sealed = %s", got)
	}
	if got := hex.EncodeToString(signature); got != vectorSignature {
		t.Errorf("signature = %s", got)
	}
}

// vectorMessage assembles the AUTHENTICATE_MESSAGE of 4.2.4.3.
func vectorMessage(t *testing.T, flags uint32) []byte {
	text := utf16le
	if flags&flagUnicode == 0 {
		text = func(s string) []byte { return []byte(s) }
	}
	m := make([]byte, 72)
	copy(m, ntlmSignature)
	m[8] = 3
	add := func(at int, v []byte) { putField(m[at:], len(v), len(m)); m = append(m, v...) }
	add(28, text("Domain"))
	add(36, text("User"))
	add(44, text("COMPUTER"))
	add(12, make([]byte, 24))
	add(20, append(unhex(t, vectorProof), vectorBlob()...))
	add(52, unhex(t, vectorEncrypted))
	ntlm.PutUint32(m[60:], flags)
	return m
}

// vectorAcceptor has sent the challenge of 4.2.4 in 1601, the vector's time.
func vectorAcceptor(t *testing.T) *acceptor {
	o := Options{Host: programs{}, Machine: "Server", Domain: "Domain", Users: map[string]string{"User": "Password"},
		Now: func() time.Time { return fromFiletime(0).Add(time.Hour) }}.withDefaults()
	a := &acceptor{o: &o, challenge: [8]byte(unhex(t, vectorServerNonc))}
	one := make([]byte, 32)
	copy(one, ntlmSignature)
	one[8] = 1
	ntlm.PutUint32(one[12:], flagUnicode|flagNTLM|sealFlags)
	if _, err := a.respond(one); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAuthenticateVector(t *testing.T) {
	for name, flags := range map[string]uint32{"unicode": flagUnicode | sealFlags, "oem": flagOEM | sealFlags} {
		account, s, err := vectorAcceptor(t).authenticate(vectorMessage(t, flags), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if account != `DOMAIN\User` {
			t.Errorf("%s: account %q", name, account)
		}
		// The random session key of the vector comes out of the exchange.
		got, err := s.unseal(unhex(t, vectorSignature), unhex(t, vectorSealed))
		if err != nil || !bytes.Equal(got, utf16le("Plaintext")) {
			t.Errorf("%s: unsealed %q, %v", name, got, err)
		}
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	good := vectorMessage(t, flagUnicode|sealFlags)
	flip := func(i int) []byte { b := bytes.Clone(good); b[i] ^= 1; return b }
	response := int(ntlm.Uint32(good[24:]))
	ntlmv1 := bytes.Clone(good)
	ntlm.PutUint16(ntlmv1[20:], 24)
	beyond := bytes.Clone(good)
	ntlm.PutUint32(beyond[24:], uint32(len(good)-1))
	huge := bytes.Clone(good)
	ntlm.PutUint32(huge[24:], 0xffffffff)
	for name, m := range map[string][]byte{
		"wrong proof": flip(response), "changed blob": flip(response + 16 + 8), "another user": flip(72 + 12),
		"NTLMv1": ntlmv1, "field beyond the end": beyond, "huge offset": huge, "short": good[:60], "empty": nil,
	} {
		if account, _, err := vectorAcceptor(t).authenticate(m, nil); err == nil {
			t.Errorf("%s: accepted as %s", name, account)
		}
	}
	a := vectorAcceptor(t)
	a.o.Now = func() time.Time { return fromFiletime(0).Add(maxLifetime + time.Second) }
	if _, _, err := a.authenticate(good, nil); err == nil {
		t.Error("accepted a response that is too old")
	}
}

func TestSealRoundTrip(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 16)
	client, server := newSession(key, sealFlags, false), newSession(key, sealFlags, true)
	for _, msg := range [][]byte{nil, []byte("<a/>"), []byte(boundary + "--\r\n" + boundary + "\r\n"), bytes.Repeat([]byte("z"), 100000)} {
		got, err := server.openBody(client.sealBody(soapType, msg))
		if err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("%d bytes: %v", len(msg), err)
		}
		if got, err = client.openBody(server.sealBody(soapType, msg)); err != nil || !bytes.Equal(got, msg) {
			t.Fatalf("%d bytes back: %v", len(msg), err)
		}
	}
	sealed := client.sealBody(soapType, []byte("second reading"))
	if _, err := server.openBody(sealed); err != nil {
		t.Fatal(err)
	}
	if _, err := server.openBody(sealed); err == nil {
		t.Error("a replayed message was accepted")
	}
	if _, err := newSession(key, sealFlags&^flagSeal, true).openBody(newSession(key, sealFlags, false).sealBody(soapType, []byte("x"))); err == nil {
		t.Error("opened a sealed message without having negotiated sealing")
	}
}

func TestAccounts(t *testing.T) {
	o := options().withDefaults()
	for _, tt := range []struct{ domain, user, want string }{
		{"", "operator", `CONTOSO\Operator`}, {"CONTOSO", "Operator", `CONTOSO\Operator`},
		{"contoso.test", "operator", `CONTOSO\Operator`}, {"", "operator@contoso.test", `CONTOSO\Operator`},
		{"hv-01", "operator", `HV-01\Operator`}, {".", "operator", `HV-01\Operator`},
		{"fabrikam", "operator", ""}, {"", "operator@fabrikam.test", ""}, {"", "nobody", ""}, {"", "", ""},
	} {
		got, _, ok := lookup(&o, tt.domain, tt.user)
		if ok != (tt.want != "") || got != tt.want {
			t.Errorf("%s\\%s: %q %t, want %q", tt.domain, tt.user, got, ok, tt.want)
		}
	}
	o.Domain = ""
	if got, _, ok := lookup(&o, "", "operator"); !ok || got != `HV-01\Operator` {
		t.Errorf("in a workgroup: %q %t", got, ok)
	}
}

// The MIC binds the three messages together: a changed flag in any of them,
// such as one that asks for sealing, must not pass.
func TestMIC(t *testing.T) {
	o := options().withDefaults()
	exchange := func(three func([]byte)) error {
		a := &acceptor{o: &o, challenge: [8]byte{1, 2, 3}}
		c, err := ntlmssp.NewClient(ntlmssp.SetDomain("CONTOSO"), ntlmssp.SetUserInfo("operator", password), ntlmssp.SetWorkstation("GW"))
		if err != nil {
			t.Fatal(err)
		}
		first, err := c.Authenticate(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		challenge, err := a.respond(first)
		if err != nil {
			t.Fatal(err)
		}
		last, err := c.Authenticate(bytes.Clone(challenge), nil)
		if err != nil {
			t.Fatal(err)
		}
		three(last)
		_, _, err = a.authenticate(last, nil)
		return err
	}
	nothing := func([]byte) {}
	if err := exchange(nothing); err != nil {
		t.Fatalf("unchanged: %v", err)
	}
	for name, err := range map[string]error{
		"MIC":            exchange(func(m []byte) { m[72] ^= 1 }),
		"workstation":    exchange(func(m []byte) { m[ntlm.Uint32(m[48:])] ^= 1 }),
		"flags of three": exchange(func(m []byte) { m[60] ^= flagRequestTarget }),
	} {
		if err == nil {
			t.Errorf("changed %s: accepted", name)
		}
	}
	a := &acceptor{o: &o}
	if _, err := a.respond(ntlmNegotiate()[:12]); err == nil {
		t.Error("a cut NEGOTIATE_MESSAGE was answered")
	}
}

// A client told of sealing less than it asked for must be found out.
func TestMICCoversNegotiate(t *testing.T) {
	o := options().withDefaults()
	a := &acceptor{o: &o}
	c, err := ntlmssp.NewClient(ntlmssp.SetDomain("CONTOSO"), ntlmssp.SetUserInfo("operator", password), ntlmssp.SetWorkstation("GW"))
	if err != nil {
		t.Fatal(err)
	}
	one, err := c.Authenticate(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	weaker := bytes.Clone(one)
	ntlm.PutUint32(weaker[12:], ntlm.Uint32(one[12:])&^flag128)
	challenge, err := a.respond(weaker)
	if err != nil {
		t.Fatal(err)
	}
	three, err := c.Authenticate(challenge, nil)
	if err != nil {
		t.Fatal(err)
	}
	if account, _, err := a.authenticate(three, nil); err == nil {
		t.Errorf("accepted %s", account)
	}
}

// TestSignInsAreTold: every attempt that came as far as the password is judged.
func TestSignInsAreTold(t *testing.T) {
	var told []SignIn
	locked := false
	o := options()
	o.SignIn = func(a SignIn) bool { // one connection at a time: no lock needed
		told = append(told, a)
		return a.Correct && !locked
	}
	_, addr := start(t, o)
	for _, tt := range []struct {
		user, password string
		locked         bool
		status         int
	}{
		{"operator", password, false, 200}, {"operator", "wrong", false, 401}, {"nobody", "x", false, 401}, {"operator", password, true, 401},
	} {
		locked = tt.locked
		if got := dial(t, addr).logon("", tt.user, tt.password); got != tt.status {
			t.Errorf("%s: %d, want %d", tt.user, got, tt.status)
		}
	}
	want := []SignIn{{`CONTOSO\Operator`, true, true}, {`CONTOSO\Operator`, true, false}, {"", false, false}, {`CONTOSO\Operator`, true, true}}
	if !slices.Equal(told, want) {
		t.Errorf("%+v, want %+v", told, want)
	}
}
