package remoting

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// runOn runs on a rogue and keeps the kinds of the events and the texts.
func runOn(t *testing.T, s *rogue) (kinds []cluster.RunKind, text string, end cluster.RunEvent) {
	t.Helper()
	c := s.client(t, cluster.AuthBasic, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second) // only a broken run reaches it
	defer cancel()
	end = c.Run(ctx, cluster.RunWork{Target: cluster.Target{Cluster: "c", Node: "n1"}, Script: "1"}, func(e cluster.RunEvent) error {
		kinds, text = append(kinds, e.Kind), text+e.Text
		if e.Object != nil && len(e.Object.Names) != len(e.Object.Values) {
			t.Errorf("%d names, %d values", len(e.Object.Names), len(e.Object.Values))
		}
		return nil
	})
	return kinds, text, end
}

func TestHostileRuns(t *testing.T) {
	out := func(json string) string { return pack(1, "out", json) }
	end := pack(9, "end", `{"Exit":3,"Failed":false,"Errors":0}`)
	endless := func(action, id string, n int, w http.ResponseWriter, _ *http.Request) {
		text := strings.Repeat("A", 500<<10)
		if n == 2 {
			text = "\x1eWF1 1 out 999999999 " + text
		}
		soapAnswer(w, 200, answerTo(id, outBody("C", text, "Running")))
	}
	for name, c := range map[string]struct {
		answer func(action, id string, w http.ResponseWriter, r *http.Request)
		state  cluster.RunState
		say    string
		kinds  string
		text   string
	}{
		"all is well":          {saying(out(`[{"k":"t","t":"a"},{"k":"t","t":"b\u0007"},{"k":"i","t":"c"}]`) + end), cluster.RunDone, "", "[text information]", "a\nb\a\nc"},
		"past the streams":     {saying("What if: \xe2", "\x82\xac\r\n", out(`[{"k":"t","t":"a"}]`)+"\xff\n"+end), cluster.RunDone, "", "[text text text text]", "What if: €\r\na\n\ufffd\n"},
		"a frame without end":  {opened(endless), cluster.RunFailed, "larger", "[cut]", ""},
		"a bomb":               {saying(strings.Replace(bomb(t, 12<<20), " ok ", " out ", 1)), cluster.RunFailed, "larger", "[cut]", ""},
		"no list":              {saying(out(`{"k":"t"}`)), cluster.RunFailed, "no sense", "[]", ""},
		"no kind":              {saying(out(`[{"k":"x"}]`)), cluster.RunFailed, "no sense", "[]", ""},
		"nested too deep":      {saying(out(strings.Repeat(`[`, 200))), cluster.RunFailed, "larger", "[cut]", ""},
		"values that are none": {saying(out(`[{"k":"o","n":["a","b","c"],"v":[{"x":[1]},2]},{"k":"p","p":1e300},{"k":"c","b":-5}]`) + end), cluster.RunDone, "", "[object progress cut]", ""},
		"no such status":       {saying(pack(1, "fine", "{}")), cluster.RunFailed, "no sense", "[]", ""},
		"no gzip":              {saying("\x1eWF1 1 out 8 AAAAAAAA\n"), cluster.RunFailed, "no sense", "[]", ""},
		"an end that is none":  {saying(pack(1, "end", `[]`)), cluster.RunFailed, "no sense", "[]", ""},
		"it could not read us": {saying(pack(1, "err", `{"Message":"Invalid JSON primitive."}`)), cluster.RunFailed, "Invalid JSON", "[]", ""},
		"what follows the end": {saying(end + out(`[{"k":"t","t":"a"}]`)), cluster.RunDone, "", "[]", ""},
		"another command's": {opened(func(_, id string, _ int, w http.ResponseWriter, _ *http.Request) {
			soapAnswer(w, 200, answerTo(id, outBody("X", "text", "Running")))
		}), cluster.RunFailed, "no sense", "[]", ""},
		"the process ends itself": {opened(func(_, id string, _ int, w http.ResponseWriter, _ *http.Request) {
			soapAnswer(w, 200, answerTo(id, outBody("C", "bye\n", "Done")))
		}), cluster.RunFailed, "exit code 7", "[text]", "bye\n"},
		"answers without waiting": {opened(func(_, id string, _ int, w http.ResponseWriter, _ *http.Request) {
			soapAnswer(w, 200, answerTo(id, ""))
		}), cluster.RunFailed, "without waiting", "[]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRogue(t, true, c.answer)
			kinds, text, end := runOn(t, s)
			if end.State != c.state || !strings.Contains(end.Detail, c.say) || fmt.Sprint(kinds) != c.kinds {
				t.Errorf("%v, %+v", kinds, end)
			}
			if diff := cmp.Diff(c.text, text); diff != "" {
				t.Error(diff)
			}
			if c.state == cluster.RunDone && name != "values that are none" && end.Exit != 3 {
				t.Errorf("exit %d", end.Exit)
			}
		})
	}
}

// A node that does not let itself be told to end is told of in the end.
func TestCancelOfANodeThatDoesNotAnswer(t *testing.T) {
	s := newRogue(t, true, opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
		switch {
		case action == "Send":
			soapAnswer(w, 200, answerTo(id, ""))
		case action == "Receive" && n == 2:
			soapAnswer(w, 200, answerTo(id, outBody("C", pack(1, "out", `[{"k":"t","t":"on"}]`), "Running")))
		default:
			<-r.Context().Done()
		}
	}))
	c := s.client(t, cluster.AuthBasic, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := c.Run(ctx, cluster.RunWork{Target: cluster.Target{Cluster: "c", Node: "n1"}, Script: "1"}, func(cluster.RunEvent) error { cancel(); return nil })
	if end.State != cluster.RunCancelled || !strings.Contains(end.Detail, "did not confirm") {
		t.Errorf("%+v", end)
	}
}

func TestPlainOutputFindsItsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		pieces []string
		want   string
		exit   int
		failed bool
	}{
		"in pieces":         {[]string{"a\r\nb", "c\r\n<<LA1:", "id:3:L", "A1>>\r\n"}, "a\nbc\n", 3, false},
		"no line end":       {[]string{"a\r\n<<LA1:id:0:LA1>>"}, "a\n", 0, false},
		"another's":         {[]string{"<<LA1:other:3:LA1>>\r\n<<LA1:id:0:LA1>>\r\n"}, "<<LA1:other:3:LA1>>\n", 0, false},
		"not at the start":  {[]string{"x<<LA1:id:3:LA1>>\r\n"}, "x<<LA1:id:3:LA1>>\n", 1, true},
		"a long line":       {[]string{strings.Repeat("é", 100<<10), "\r\n<<LA1:id:0:LA1>>\r\n"}, strings.Repeat("é", 100<<10) + "\n", 0, false},
		"a character apart": {[]string{"a\xc3", "\xa9\r\n<<LA1:id:0:LA1>>\r\n"}, "aé\n", 0, false},
	} {
		var text strings.Builder
		r := &run{client: &Client{opts: Options{Now: time.Now}}, to: func(e cluster.RunEvent) error {
			if e.Kind == cluster.RunText {
				text.WriteString(e.Text)
			}
			if len(e.Text) > maxRunText {
				t.Errorf("%s: an event of %d bytes", name, len(e.Text))
			}
			return nil
		}}
		o := &plainOutput{run: r, head: []byte("<<LA1:id:")}
		for _, p := range c.pieces {
			if err := o.take([]byte(p)); err != nil {
				t.Fatal(err)
			}
		}
		stderr := ""
		if c.failed {
			stderr = "enough"
		}
		if err := o.end(1, []byte(stderr)); err != nil {
			t.Fatal(err)
		}
		if got := text.String(); got != c.want || r.result.Exit != c.exit || r.result.Failed != c.failed {
			t.Errorf("%s: %.60q, %+v", name, got, r.result)
		}
	}
}

func FuzzRunOutput(f *testing.F) {
	f.Add([]byte("text" + pack(0, "ready", "{}") + pack(1, "out", `[{"k":"o","n":["a"],"v":[1]}]`) + pack(2, "end", "{}")))
	f.Add([]byte(base64.StdEncoding.EncodeToString([]byte("\x1eWF1"))))
	f.Fuzz(func(_ *testing.T, b []byte) {
		o := Options{}
		o.setDefaults()
		r := &run{client: &Client{opts: o}, to: func(cluster.RunEvent) error { return nil }}
		out := &runOutput{run: r, frames: frames{limit: 1 << 20}}
		for len(b) > 0 {
			n := min(len(b), 7)
			if out.take(b[:n]) != nil {
				return
			}
			b = b[n:]
		}
		_ = out.flush()
	})
}
