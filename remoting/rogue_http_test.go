package remoting

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"testing"

	"looksalive/cluster"
)

// challenge is an NTLM type 2 message with these flags and an empty target.
func challenge(flags uint32) string {
	b := make([]byte, 56)
	copy(b, "NTLMSSP\x00\x02\x00\x00\x00")
	binary.LittleEndian.PutUint32(b[16:], 56)
	binary.LittleEndian.PutUint32(b[20:], flags)
	copy(b[24:], "12345678")
	info := []byte{0, 0, 0, 0} // MsvAvEOL
	binary.LittleEndian.PutUint16(b[40:], uint16(len(info)))
	binary.LittleEndian.PutUint16(b[42:], uint16(len(info)))
	binary.LittleEndian.PutUint32(b[44:], 56)
	return base64.StdEncoding.EncodeToString(append(b, info...))
}

// negotiating answers NTLM with these flags, without checking anything, and hands
// what follows to next.
func negotiating(flags uint32, next http.HandlerFunc) func(action, id string, w http.ResponseWriter, r *http.Request) {
	return func(_, _ string, w http.ResponseWriter, r *http.Request) {
		token, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Authorization"), "Negotiate "))
		switch {
		case len(token) > 8 && token[8] == 1:
			w.Header().Set("WWW-Authenticate", "Negotiate "+challenge(flags))
			w.WriteHeader(401)
		case len(token) > 8 && token[8] == 3:
			w.WriteHeader(200)
		default:
			next(w, r)
		}
	}
}

func TestRogueOverHTTP(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(action, id string, w http.ResponseWriter, r *http.Request)
		want   cluster.Reach
		say    string
	}{
		"a plain answer to a sealed request": {
			negotiating(requiredFlags, func(w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 200, answerTo("", `<rsp:ShellId>S</rsp:ShellId>`))
			}), cluster.ReachBadAnswer, "without encryption",
		},
		"a plain fault to a sealed request": {
			negotiating(requiredFlags, func(w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 500, answerTo("", faultBody("5", "AccessDenied")))
			}), cluster.ReachBadAnswer, "without encryption",
		},
		"an answer sealed with another key": {
			negotiating(requiredFlags, func(w http.ResponseWriter, _ *http.Request) {
				b, _ := sealBody(mirror{}, []byte(answerTo("", `<rsp:ShellId>S</rsp:ShellId>`)))
				w.Header().Set("Content-Type", sealedType)
				_, _ = w.Write(b)
			}), cluster.ReachBadAnswer, "no sense",
		},
		"only Basic": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Basic realm="WSMAN"`)
				w.WriteHeader(401)
			}, cluster.ReachBadAnswer, "Negotiate",
		},
		"no sealing":        {negotiating(requiredFlags&^flagSeal, nil), cluster.ReachBadAnswer, "message encryption"},
		"no signing":        {negotiating(requiredFlags&^flagSign, nil), cluster.ReachBadAnswer, "message encryption"},
		"no 128 bit keys":   {negotiating(requiredFlags&^flag128, nil), cluster.ReachBadAnswer, "message encryption"},
		"no key exchange":   {negotiating(requiredFlags&^flagKeyExch, nil), cluster.ReachBadAnswer, "message encryption"},
		"NTLM 1 signatures": {negotiating(requiredFlags&^flagExtended, nil), cluster.ReachBadAnswer, "message encryption"},
		"a broken challenge": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", "Negotiate "+base64.StdEncoding.EncodeToString([]byte("NTLMSSP\x00\x02")))
				w.WriteHeader(401)
			}, cluster.ReachBadAnswer, "NTLM",
		},
		"200 to anybody": {func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) }, cluster.ReachBadAnswer, "signing in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRogue(t, false, c.answer)
			o := vitals(t, s.client(t, cluster.AuthNTLM, nil))
			if o.Reach != c.want || !strings.Contains(o.Detail, c.say) {
				t.Errorf("got %v %q, want %v with %q", o.Reach, o.Detail, c.want, c.say)
			}
			if s.leaked {
				t.Error("the password was sent in clear")
			}
			if n := s.count("Create"); n > 0 {
				t.Errorf("%d requests were sent without encryption", n)
			}
		})
	}
}
