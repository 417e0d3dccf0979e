package remoting

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pack makes a frame as loop.ps1 does.
func pack(id int64, status, json string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(json))
	_ = z.Close()
	data := base64.StdEncoding.EncodeToString(b.Bytes())
	return fmt.Sprintf("\x1eWF1 %d %s %d %s\n", id, status, len(data), data)
}

func defaults() Limits {
	var o Options
	o.setDefaults()
	return o.Limits
}

type fed struct {
	ID           int64
	Status, JSON string
}

// feedAll feeds pieces and returns the frames, unpacked, and the noise.
func feedAll(t testing.TB, f *frames, pieces ...string) (got []fed, noise string, err error) {
	for _, p := range pieces {
		err = f.feed([]byte(p), func(fr frame) {
			b, err := fr.unpack(defaults())
			if err != nil {
				t.Errorf("frame %d: %v", fr.id, err)
			}
			got = append(got, fed{fr.id, fr.status, string(b)})
		}, func(b []byte) { noise += string(b) })
		if err != nil {
			return got, noise, err
		}
	}
	return got, noise, nil
}

func TestFramesSurviveEverySplit(t *testing.T) {
	text := "profile says hello\r\n" + pack(0, "ready", `{"PSVersion":"5.1"}`) + "WARNING: x\n" + pack(1, "ok", `{"a":[1]}`) + pack(2, "err", `{}`) + "end"
	want := []fed{{0, "ready", `{"PSVersion":"5.1"}`}, {1, "ok", `{"a":[1]}`}, {2, "err", `{}`}}
	for i := range len(text) {
		for j := i; j <= len(text); j += 7 {
			got, noise, err := feedAll(t, &frames{limit: 1 << 20}, text[:i], text[i:j], text[j:])
			if err != nil {
				t.Fatalf("split at %d and %d: %v", i, j, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("split at %d and %d (-want +got):\n%s", i, j, diff)
			}
			if noise != "profile says hello\r\nWARNING: x\nend" {
				t.Fatalf("split at %d and %d: noise %q", i, j, noise)
			}
		}
	}
}

func TestFramesByteByByte(t *testing.T) {
	text := strings.Split(pack(7, "ok", `{"x":"y"}`), "")
	got, _, err := feedAll(t, &frames{limit: 1 << 20}, text...)
	if err != nil || len(got) != 1 || got[0].ID != 7 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBrokenFramesAreNoise(t *testing.T) {
	whole := pack(9, "ok", `{}`)
	for name, text := range map[string]string{
		"cut short by the next": whole[:20],
		"wrong length":          "\x1eWF1 1 ok 5 AAAA\n",
		"no number":             "\x1eWF1 one ok 4 AAAA\n",
		"negative id":           "\x1eWF1 -1 ok 4 AAAA\n",
		"other magic":           "\x1eWF2 1 ok 4 AAAA\n",
		"too many fields":       "\x1eWF1 1 ok 4 AAAA x\n",
		"empty":                 "\x1e\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := feedAll(t, &frames{limit: 1 << 20}, text+whole)
			if err != nil || len(got) != 1 || got[0].ID != 9 {
				t.Errorf("got %v, %v; want only frame 9", got, err)
			}
		})
	}
}

func TestFrameLimit(t *testing.T) {
	f := &frames{limit: 100}
	_, _, err := feedAll(t, f, "\x1eWF1 1 ok 4 ", strings.Repeat("A", 60), strings.Repeat("A", 60))
	if !errors.Is(err, errTooLarge) {
		t.Errorf("an endless frame: %v, want %v", err, errTooLarge)
	}
}

func TestUnpackLimits(t *testing.T) {
	l := defaults()
	for name, c := range map[string]struct {
		json string
		l    func(*Limits)
		want error
	}{
		"gzip bomb":         {strings.Repeat(" ", 3<<20), func(l *Limits) { l.GzipRatio = 20 }, errTooLarge},
		"too much JSON":     {strings.Repeat(" ", 2000), func(l *Limits) { l.JSON = 1000 }, errTooLarge},
		"too deep":          {strings.Repeat("[", 17) + strings.Repeat("]", 17), nil, errTooLarge},
		"deep in a string":  {`{"a":"[[[[[[[[[[[[[[[[[[[[[[[\"[[["}`, nil, nil},
		"as deep as we may": {strings.Repeat("[", 16) + strings.Repeat("]", 16), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := l
			if c.l != nil {
				c.l(&l)
			}
			var fr frame
			err := (&frames{limit: 1 << 20}).feed([]byte(pack(1, "ok", c.json)), func(f frame) { fr = f }, func([]byte) {})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = fr.unpack(l); !errors.Is(err, c.want) {
				t.Errorf("unpack: %v, want %v", err, c.want)
			}
		})
	}
	for name, data := range map[string]string{"not base64": "A-A=", "not gzip": "AAAAAAAA", "base64 with loose bits": "QQ==QQ=="} {
		if _, err := (frame{data: []byte(data)}).unpack(l); !errors.Is(err, errBadAnswer) {
			t.Errorf("%s: %v, want %v", name, err, errBadAnswer)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte(pack(1, "ok", `{}`)), 3)
	f.Add([]byte("\x1eWF1 1 ok 4 AAAA\r\n\x1e\x1e\n"), 0)
	f.Add([]byte("noise\n\x1eWF1 99999999999999999999 ok 0 \n"), 9)
	f.Fuzz(func(t *testing.T, b []byte, at int) {
		at = max(0, min(at, len(b)))
		collect := func(pieces ...[]byte) (ids []int64, err error) {
			fs := frames{limit: 4096}
			for _, p := range pieces {
				if err = fs.feed(p, func(fr frame) {
					ids = append(ids, fr.id)
					_, _ = fr.unpack(Limits{JSON: 1 << 16, GzipRatio: 10, JSONDepth: 8})
				}, func([]byte) {}); err != nil {
					return ids, err
				}
			}
			return ids, nil
		}
		whole, errWhole := collect(b)
		split, errSplit := collect(b[:at], b[at:])
		if !cmp.Equal(whole, split) || (errWhole == nil) != (errSplit == nil) {
			t.Errorf("split at %d: %v %v, whole: %v %v", at, split, errSplit, whole, errWhole)
		}
	})
}
