package remoting

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jcmturner/gofork/encoding/asn1"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	"github.com/jcmturner/gokrb5/v8/iana/asnAppTag"
	"github.com/jcmturner/gokrb5/v8/iana/errorcode"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/iana/msgtype"
	"github.com/jcmturner/gokrb5/v8/iana/patype"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/types"

	"looksalive/cluster"
)

// sealFor is one of a new session with a key of the type.
func sealFor(t testing.TB, etype int32) *kerberosSeal {
	t.Helper()
	et, err := crypto.GetEtype(etype)
	if err != nil {
		t.Fatal(err)
	}
	return &kerberosSeal{key: bytes.Repeat([]byte{7}, et.GetKeyByteSize()), etype: et, ofAcceptor: true, sent: 1000, received: 2000}
}

// fromNode makes a token as the node would: extra bytes of filling, and so many of
// rotation beyond what follows the data.
func fromNode(t testing.TB, s *kerberosSeal, message []byte, seq uint64, extra, more int) (sealed, signature []byte) {
	t.Helper()
	h := header(wrapToken, s.flags()|byAcceptor, seq)
	binary.BigEndian.PutUint16(h[4:], uint16(extra))
	plain := append(append(bytes.Clone(message), make([]byte, extra)...), h...)
	_, c, err := s.etype.EncryptMessage(s.key, plain, keyusage.GSSAPI_ACCEPTOR_SEAL)
	if err != nil {
		t.Fatal(err)
	}
	binary.BigEndian.PutUint16(h[6:], uint16(s.tail()))
	cut := len(c) - s.tail() - more
	token := append(append(h, c[cut:]...), c[:cut]...)
	split := len(token) - len(message)
	return token[split:], token[:split]
}

func TestKerberosSealOpens(t *testing.T) {
	for _, etype := range etypes {
		s := sealFor(t, etype)
		for i, message := range []string{"<s:Envelope/>", "", strings.Repeat("x", 70000)} {
			for j, rotation := range []struct{ extra, more int }{{0, 0}, {16, 0}, {16, 16}} {
				sealed, signature := fromNode(t, s, []byte(message), uint64(2000+3*i+j), rotation.extra, rotation.more)
				plain, err := s.Unwrap(sealed, signature)
				if err != nil || string(plain) != message {
					t.Errorf("type %d, %+v: %q, %v", etype, rotation, clean(string(plain), 50), err)
				}
			}
		}
	}
}

func TestKerberosSealIsStrict(t *testing.T) {
	for name, spoil := range map[string]func(sealed, signature []byte){
		"data":            func(sealed, _ []byte) { sealed[0] ^= 1 },
		"checksum":        func(_, signature []byte) { signature[40] ^= 1 },
		"sequence number": func(_, signature []byte) { signature[15]++ },
		"ours sent back":  func(_, signature []byte) { signature[2] &^= byAcceptor },
		"not sealed":      func(_, signature []byte) { signature[2] &^= tokenSealed },
		"other key":       func(_, signature []byte) { signature[2] &^= acceptorSubkey },
		"rotation":        func(_, signature []byte) { signature[7]++ },
		"huge rotation":   func(_, signature []byte) { signature[6] = 0xff },
		"filling":         func(_, signature []byte) { signature[5] = 1 },
		"kind":            func(_, signature []byte) { signature[0] = 4 },
	} {
		s := sealFor(t, etypes[0])
		sealed, signature := fromNode(t, s, []byte("<s:Envelope/>"), 2000, 0, 0)
		spoil(sealed, signature)
		if plain, err := s.Unwrap(sealed, signature); !errors.Is(err, errSeal) {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	s := sealFor(t, etypes[0])
	sealed, signature := fromNode(t, s, []byte("x"), 2000, 0, 0)
	for _, n := range []int{0, 15, 16, 59} {
		if _, err := s.Unwrap(sealed, signature[:n]); !errors.Is(err, errSeal) {
			t.Errorf("signature of %d bytes: %v", n, err)
		}
	}
}

func TestKerberosSealsWholeMessages(t *testing.T) {
	s := sealFor(t, etypes[0])
	body, err := sealBody(s, []byte("<s:Envelope/>"))
	if err != nil || bytes.Contains(body, []byte("<s:")) || s.sent != 1001 {
		t.Fatalf("%q, %v, next is %d", body, err, s.sent)
	}
	// A node's message in the same form opens, one that says another length does not.
	sealed, signature := fromNode(t, s, []byte("hello"), 2000, 0, 0)
	form := func(length string) []byte {
		b := []byte(boundary + "\r\n\tContent-Type: x\r\n\tOriginalContent: type=x;Length=" + length + "\r\n" + boundary + "\r\n\tContent-Type: application/octet-stream\r\n")
		b = binary.LittleEndian.AppendUint32(b, uint32(len(signature)))
		return append(append(append(b, signature...), sealed...), boundary+"--\r\n"...)
	}
	if plain, err := openBody(s, form("5")); err != nil || string(plain) != "hello" {
		t.Errorf("%q, %v", plain, err)
	}
	s.received--
	for _, length := range []string{"4", "6", "-1"} {
		if _, err := openBody(s, form(length)); !errors.Is(err, errBadAnswer) {
			t.Errorf("length %s: %v", length, err)
		}
	}
}

func TestInfoOf(t *testing.T) {
	salt := "LOOKSALIVE.TESTreader"
	data := func(entries ...types.ETypeInfo2Entry) types.PADataSequence {
		b, err := asn1.Marshal(types.ETypeInfo2(entries))
		if err != nil {
			t.Fatal(err)
		}
		return types.PADataSequence{{PADataType: 1}, {PADataType: patype.PA_ETYPE_INFO2, PADataValue: b}}
	}
	rc4, aes := types.ETypeInfo2Entry{EType: 23}, types.ETypeInfo2Entry{EType: 18, Salt: salt, S2KParams: []byte{0, 0, 0x10, 0}}
	got, err := infoOf(data(rc4, aes), etypes, 0)
	if want := (etypeInfo{etype: 18, salt: &salt, params: []byte{0, 0, 0x10, 0}}); err != nil || cmp.Diff(want, got, cmp.AllowUnexported(etypeInfo{})) != "" {
		t.Errorf("%+v, %v", got, err)
	}
	var e *kerberosError
	if _, err := infoOf(data(rc4), etypes, 0); !errors.As(err, &e) || e.what != kerberosEtype {
		t.Errorf("only RC4: %v", err)
	}
	for _, params := range [][]byte{{0xff, 0xff, 0xff, 0xff}, {0, 0x80, 0, 0}, {0, 0, 0, 0}} {
		// Zero means 2^32 (RFC 3962 section 4).
		aes.S2KParams = params
		if _, err := infoOf(data(aes), etypes, 0); !errors.Is(err, errBadAnswer) {
			t.Errorf("%x iterations: %v", params, err)
		}
	}
}

// silentKDC accepts and never answers.
func silentKDC(t *testing.T, answer []byte) (k *kdcs, asked chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = make(chan struct{}, 10)
	done := make(chan struct{})
	t.Cleanup(func() { _ = l.Close(); <-done })
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			_, _ = c.Read(make([]byte, 100))
			_, _ = c.Write(answer)
			asked <- struct{}{}
		}
	}()
	return &kdcs{given: cluster.Kerberos{Realm: "R", KDCs: []string{l.Addr().String()}}}, asked
}

func TestKDCTrafficEndsWithItsContext(t *testing.T) {
	k, asked := silentKDC(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() {
		_, err := k.ask(ctx, "R", []byte("x"))
		result <- err
	}()
	<-asked
	cancel()
	if err := <-result; !errors.Is(err, errCanceled) {
		t.Errorf("%v", err)
	}
}

func TestKDCAnswersAreBounded(t *testing.T) {
	for _, length := range []uint32{0, maxKDCAnswer + 1, 1<<32 - 1} {
		k, _ := silentKDC(t, binary.BigEndian.AppendUint32(nil, length))
		if _, err := k.ask(t.Context(), "R", []byte("x")); !errors.Is(err, errTooLarge) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}

// All who want a ticket wait for one attempt. That it was cancelled does not spoil it
// for the others; that it was refused does, or they would show a wrong password one
// after the other.
func TestTicketsAreFetchedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tk := newTickets(cluster.Identity{User: "reader"}, cluster.Kerberos{Realm: "R"}, time.Now)
		outcome := make(chan error)
		fetch := func() (*ticket, error) {
			if err := <-outcome; err != nil {
				return nil, err
			}
			return &ticket{begin: time.Now(), end: time.Now().Add(time.Hour)}, nil
		}
		const many = 5
		results := make(chan error, many)
		want := func(name string) {
			for range many {
				go func() { _, err := tk.get(t.Context(), name, fetch); results <- err }()
			}
			synctest.Wait()
		}
		want("HTTP/a")
		outcome <- errCanceled // whoever began it
		if err := <-results; !errors.Is(err, errCanceled) {
			t.Errorf("the first: %v", err)
		}
		outcome <- nil
		for range many - 1 {
			if err := <-results; err != nil {
				t.Errorf("the others: %v", err)
			}
		}
		want("HTTP/b")
		outcome <- &kerberosError{what: kerberosPassword}
		for range many {
			if err := <-results; !errors.Is(err, errPassword) {
				t.Errorf("refused: %v", err)
			}
		}
		// Near its end it is fetched anew.
		time.Sleep(56 * time.Minute)
		want("HTTP/a")
		outcome <- nil
		for range many {
			if err := <-results; err != nil {
				t.Errorf("anew: %v", err)
			}
		}
		if _, err := tk.get(t.Context(), "HTTP/c", func() (*ticket, error) { panic("index out of range") }); !errors.Is(err, errBadAnswer) {
			t.Errorf("panic: %v", err)
		}
	})
}

// apRep is a node's proof.
func apRep(t *testing.T, key types.EncryptionKey, part messages.EncAPRepPart) []byte {
	t.Helper()
	b, err := asn1.Marshal(part)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := crypto.GetEncryptedData(asn1tools.AddASNAppTag(b, asnAppTag.EncAPRepPart), key, keyusage.AP_REP_ENCPART, 0)
	if err != nil {
		t.Fatal(err)
	}
	if b, err = asn1.Marshal(messages.APRep{PVNO: 5, MsgType: msgtype.KRB_AP_REP, EncPart: sealed}); err != nil {
		t.Fatal(err)
	}
	return asn1tools.AddASNAppTag(b, asnAppTag.APREP)
}

func TestOnlyTheNodeCanProveItself(t *testing.T) {
	key := types.EncryptionKey{KeyType: 18, KeyValue: bytes.Repeat([]byte{1}, 32)}
	other := types.EncryptionKey{KeyType: 18, KeyValue: bytes.Repeat([]byte{2}, 32)}
	weak := types.EncryptionKey{KeyType: 23, KeyValue: bytes.Repeat([]byte{3}, 16)}
	h, err := newHandshake(&ticket{key: key, crealm: "R"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	right := messages.EncAPRepPart{CTime: h.auth.CTime, Cusec: h.auth.Cusec, Subkey: other, SequenceNumber: 7}
	seal, err := h.proven(apRep(t, key, right))
	if err != nil || !seal.ofAcceptor || seal.received != 7 || seal.sent != uint64(h.auth.SeqNumber) || !bytes.Equal(seal.key, other.KeyValue) {
		t.Fatalf("%+v, %v", seal, err)
	}
	late, early, rc4 := right, right, right
	late.CTime, early.Cusec, rc4.Subkey = late.CTime.Add(time.Second), early.Cusec+1, weak
	for name, message := range map[string][]byte{
		"another key":         apRep(t, other, right),
		"another sign-in":     apRep(t, key, late),
		"another microsecond": apRep(t, key, early),
		"a weaker key":        apRep(t, key, rc4),
	} {
		if seal, err := h.proven(message); err == nil {
			t.Errorf("%s: %+v", name, seal)
		}
	}
}

func TestPrincipal(t *testing.T) {
	for _, tt := range []struct{ user, realm, name, in string }{
		{"reader", "CONTOSO.TEST", "reader", "CONTOSO.TEST"},
		{`CONTOSO\reader`, "CONTOSO.TEST", "reader", "CONTOSO.TEST"},
		{"reader@contoso.test", "CONTOSO.TEST", "reader", "CONTOSO.TEST"},
		{"reader@mail.test", "CONTOSO.TEST", "reader@mail.test", "CONTOSO.TEST"},
		{"reader@contoso.test", "", "reader", "CONTOSO.TEST"},
		{`contoso.test\reader`, "", "reader", "CONTOSO.TEST"},
		{"reader", "", "", ""},
	} {
		k := newTickets(cluster.Identity{User: tt.user}, cluster.Kerberos{Realm: tt.realm}, time.Now)
		k.kdcs.path = "/nonexistent"
		name, in, err := k.principal()
		if got := strings.Join(name.NameString, "/"); got != tt.name || in != tt.in || (err != nil) != (tt.in == "") {
			t.Errorf("%s in %q: %s in %q, %v", tt.user, tt.realm, got, in, err)
		}
	}
}

func TestRefusalSaysWhatWindowsAdds(t *testing.T) {
	value := binary.LittleEndian.AppendUint32(nil, 0xC0000234)
	data, err := asn1.Marshal(struct {
		Type  int    `asn1:"explicit,tag:1"`
		Value []byte `asn1:"explicit,tag:2"`
	}{3, append(value, make([]byte, 8)...)})
	if err != nil {
		t.Fatal(err)
	}
	k := messages.NewKRBError(types.PrincipalName{}, "R", errorcode.KDC_ERR_CLIENT_REVOKED, "")
	k.EData = data
	reach, text, ok := classifyKerberos(refusal(k, "reader", "R", "", time.Now()), Node{Identity: cluster.Identity{User: "reader"}})
	if !ok || reach != cluster.ReachPassword || text != "The domain controller refuses the account reader: it is locked." {
		t.Errorf("%v %q %v", reach, text, ok)
	}
}

func FuzzKerberosAnswer(f *testing.F) {
	f.Add([]byte("\xa1\x07\x30\x05\xa0\x03\x0a\x01\x00"))
	f.Add([]byte("\xa1\x15\x30\x13\xa0\x03\x0a\x01\x02\xa2\x0c\x04\x0a\x60\x08\x06\x06\x2b\x06\x01\x05\x05\x02"))
	et, err := crypto.GetEtype(18)
	if err != nil {
		f.Fatal(err)
	}
	key := types.EncryptionKey{KeyType: 18, KeyValue: make([]byte, et.GetKeyByteSize())}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := &handshake{ticket: &ticket{key: key}}
		if seal, err := h.finish(b); err == nil || seal != nil {
			t.Errorf("accepted %x", b)
		}
		s := sealFor(t, 18)
		if n := len(b) / 2; n > 0 {
			if _, err := guard(func() ([]byte, error) { return s.Unwrap(b[n:], b[:n]) }); err == nil {
				t.Errorf("opened %x", b)
			}
		}
		_, _ = guard(func() (*ticket, error) {
			k := newTickets(cluster.Identity{User: "reader", Password: cluster.NewSecret("x")}, cluster.Kerberos{Realm: "R"}, time.Now)
			if got, _, err := k.accept(b, messages.ASReq{}, nil, "R", etypes, etypeInfo{}); err == nil {
				t.Errorf("signed in by %x: %v", b, got)
			}
			k.id = cluster.Identity{User: "reader", Keytab: cluster.NewSecret(string(b))}
			_, _ = k.keytab()
			return nil, nil
		})
		_ = statusText(b)
	})
}
