package remoting

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"testing"
	"unicode/utf16"

	"github.com/bodgit/ntlmssp"
)

// FuzzChallenge gives the client any second message of NTLM. It must not panic, not
// agree to less than it insists on, and never send the password itself.
func FuzzChallenge(f *testing.F) {
	good, err := base64.StdEncoding.DecodeString(challenge(requiredFlags))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	weak, _ := base64.StdEncoding.DecodeString(challenge(requiredFlags &^ flagSeal))
	f.Add(weak)
	named := bytes.Clone(good)
	binary.LittleEndian.PutUint16(named[12:], 8) // a target name that lies over the header
	binary.LittleEndian.PutUint16(named[14:], 8)
	f.Add(named)
	far := bytes.Clone(good)
	binary.LittleEndian.PutUint32(far[44:], 1<<31-1) // target information beyond the end
	f.Add(far)
	f.Add(append(bytes.Clone(good[:40]), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0))
	f.Add([]byte("NTLMSSP\x00\x02"))
	var wide []byte
	for _, u := range utf16.Encode([]rune(canary)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	f.Fuzz(func(t *testing.T, second []byte) {
		client, err := ntlmssp.NewClient(ntlmssp.SetUserInfo("u", canary), ntlmssp.SetDomain("D"), ntlmssp.SetCompatibilityLevel(3))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Authenticate(nil, nil); err != nil {
			t.Fatal(err)
		}
		res := &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {"Negotiate " + base64.StdEncoding.EncodeToString(second)}}}
		got, err := challengeOf(res)
		if err != nil {
			if len(second) > 0 {
				t.Errorf("the challenge does not come through: %v", err)
			}
			return
		}
		third, err := authenticate(client, got, &ntlmssp.ChannelBindings{ApplicationData: []byte("tls-server-end-point:x")})
		if bytes.Contains(third, []byte(canary)) || bytes.Contains(third, wide) {
			t.Errorf("the password is in the third message %x", third)
		}
		if err != nil {
			if len(third) > 0 {
				t.Error("an error and a message")
			}
			return
		}
		if flags := binary.LittleEndian.Uint32(second[20:]); flags&requiredFlags != requiredFlags {
			t.Errorf("it agreed to the flags %x", flags)
		}
		if len(third) < 64 || string(third[:8]) != "NTLMSSP\x00" || third[8] != 3 {
			t.Errorf("no third message: %x", third)
		}
	})
}
