package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

const place = "installation/1/\"HV-01\"/read/password"

// keyText makes a key as the environment would give it.
func keyText() string {
	key := make([]byte, keySize)
	rand.Read(key)
	return base64.StdEncoding.EncodeToString(key)
}

func fromEnv(t testing.TB, key string) *Vault {
	t.Helper()
	v, err := Open(Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSealAndOpen(t *testing.T) {
	v := fromEnv(t, keyText())
	for _, size := range []int{0, 1, 16, 17, 4096, secretMax} {
		plain := bytes.Repeat([]byte("s"), size)
		blob, err := v.Seal(plain, place)
		if err != nil {
			t.Fatal(err)
		}
		if size > 8 && bytes.Contains(blob, plain[:8]) {
			t.Errorf("%d bytes are not encrypted", size)
		}
		got, err := v.Open(blob, place)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
		again, err := v.Seal(plain, place)
		if err != nil || bytes.Equal(blob, again) {
			t.Errorf("%d bytes: sealed twice alike, %v", size, err)
		}
	}
	if _, err := v.Seal(make([]byte, secretMax+1), place); err == nil {
		t.Error("sealed more than the limit")
	}
}

// Every bit of a blob, and its place, is authenticated.
func TestDamaged(t *testing.T) {
	v := fromEnv(t, keyText())
	blob, err := v.Seal([]byte("hunter2"), place)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(blob) * 8 {
		bad := bytes.Clone(blob)
		bad[i/8] ^= 1 << (i % 8)
		want := ErrDamaged
		if at := i / 8; at >= 1 && at < headSize {
			want = ErrKey
		}
		if _, err := v.Open(bad, place); !errors.Is(err, want) {
			t.Errorf("bit %d turned: %v, want %v", i, err, want)
		}
	}
	for n := range len(blob) {
		if _, err := v.Open(blob[:n], place); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut off after %d bytes: %v", n, err)
		}
	}
	for name, bad := range map[string][]byte{"longer": append(bytes.Clone(blob), 0), "far too long": make([]byte, 3<<20)} {
		if name == "far too long" {
			bad[0] = version
		}
		if _, err := v.Open(bad, place); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, other := range []string{"", place + "x", strings.Replace(place, "HV-01", "HV-02", 1), strings.Replace(place, "read", "act", 1)} {
		if _, err := v.Open(blob, other); !errors.Is(err, ErrDamaged) {
			t.Errorf("moved to %q: %v, want ErrDamaged", other, err)
		}
	}
}

func TestWrongKey(t *testing.T) {
	blob, err := fromEnv(t, keyText()).Seal([]byte("hunter2"), place)
	if err != nil {
		t.Fatal(err)
	}
	v := fromEnv(t, keyText())
	if _, err := v.Open(blob, place); !errors.Is(err, ErrKey) || errors.Is(err, ErrDamaged) {
		t.Errorf("error %v, want ErrKey", err)
	}
	// A blob that claims to be of our key.
	copy(blob[1:headSize], v.newest[:])
	if _, err := v.Open(blob, place); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}

func TestSeveralKeys(t *testing.T) {
	older, newer := keyText(), keyText()
	blob, err := fromEnv(t, older).Seal([]byte("hunter2"), place)
	if err != nil {
		t.Fatal(err)
	}
	v := fromEnv(t, newer+", "+older)
	if !v.Stale(blob) {
		t.Error("a blob of the older key is not stale")
	}
	plain, err := v.Open(blob, place)
	if err != nil {
		t.Fatal(err)
	}
	if blob, err = v.Seal(plain, place); err != nil || v.Stale(blob) {
		t.Errorf("sealed with the older key, %v", err)
	}
	if _, err := fromEnv(t, newer).Open(blob, place); err != nil {
		t.Errorf("without the older key: %v", err)
	}
	if a, b := fromEnv(t, newer).KeyID(), v.KeyID(); a != b || len(a) != 2*idSize {
		t.Errorf("key id %s, want %s", b, a)
	}
}

func TestKeyTexts(t *testing.T) {
	key := make([]byte, keySize)
	for i := range key {
		key[i] = byte(0xff - i*3)
	}
	want := fromEnv(t, hex.EncodeToString(key)).KeyID()
	for name, text := range map[string]string{
		"base64":           base64.StdEncoding.EncodeToString(key),
		"base64, no pad":   base64.RawStdEncoding.EncodeToString(key),
		"base64 for URLs":  base64.URLEncoding.EncodeToString(key),
		"capital digits":   strings.ToUpper(hex.EncodeToString(key)),
		"with a line end":  base64.StdEncoding.EncodeToString(key) + "\n",
		"two, with a line": base64.StdEncoding.EncodeToString(key) + "\n" + keyText(),
	} {
		if got := fromEnv(t, text).KeyID(); got != want {
			t.Errorf("%s: another key", name)
		}
	}
	for name, text := range map[string]string{
		"a password": "correct horse battery staple", "too short": "c2hvcnQ=", "one digit less": strings.Repeat("a1", 31) + "a",
		"64, not digits": strings.Repeat("xy", 32), "zeros": strings.Repeat("0", 64), "one of two": keyText() + ",nonsense", "commas": ",,",
	} {
		_, err := Open(Options{Key: text})
		if err == nil {
			t.Errorf("%s: taken", name)
			continue
		}
		for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' }) {
			if strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error shows the text: %v", name, err)
			}
		}
	}
	if _, err := Open(Options{}); err == nil {
		t.Error("opened without a key and a key file")
	}
}

// However a vault is printed, its keys are not.
func TestNotPrinted(t *testing.T) {
	text := keyText()
	raw, _ := base64.StdEncoding.DecodeString(text)
	v := fromEnv(t, text)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		out := fmt.Sprintf(verb, v)
		if strings.Contains(out, text) || strings.Contains(out, string(raw)) || strings.Contains(out, hex.EncodeToString(raw)) {
			t.Errorf("%s shows the key", verb)
		}
	}
}

// fixedBlob is "hunter2" as version 1 sealed it with fixedKey: what is on people's disks
// must open for ever.
const (
	fixedKey  = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	fixedBlob = "011e66ebee981a75b33e048997e3d6a6e0d70b0b63fb1c93feca28919dd0c912899f36067cac4c55d2986b8a"
)

func TestFormat(t *testing.T) {
	blob, err := hex.DecodeString(fixedBlob)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := fromEnv(t, fixedKey).Open(blob, place)
	if err != nil || string(plain) != "hunter2" {
		t.Errorf("%q %v, want hunter2", plain, err)
	}
}

func FuzzOpen(f *testing.F) {
	v := fromEnv(f, fixedKey)
	blob, err := hex.DecodeString(fixedBlob)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(blob, place)
	f.Add(blob[:headSize+overhead], place)
	f.Add([]byte{version}, "")
	f.Add([]byte(nil), "")
	f.Fuzz(func(t *testing.T, data []byte, at string) {
		plain, err := v.Open(data, at)
		switch {
		case err != nil && !errors.Is(err, ErrKey) && !errors.Is(err, ErrDamaged):
			t.Errorf("an error of no kind: %v", err)
		case err == nil && (!bytes.Equal(data, blob) || at != place):
			t.Errorf("opened what was never sealed: %q", plain)
		}
		v.Stale(data)
	})
}
