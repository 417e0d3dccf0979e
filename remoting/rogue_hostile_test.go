package remoting

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
)

// bomb is a frame that unpacks to this many blanks in a JSON string.
func bomb(t *testing.T, size int) string {
	t.Helper()
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = io.WriteString(w, `{"UtcNow":"`)
	for blanks := bytes.Repeat([]byte(" "), 1<<16); size > 0; size -= len(blanks) {
		_, _ = w.Write(blanks)
	}
	_, _ = io.WriteString(w, `"}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := base64.StdEncoding.EncodeToString(zipped.Bytes())
	return fmt.Sprintf("\x1eWF1 1 ok %d %s\n", len(b), b)
}

// saying answers a question with what the loop is made to write.
func saying(out ...string) func(action, id string, w http.ResponseWriter, r *http.Request) {
	return opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
		switch {
		case action == "Receive" && n-2 < len(out):
			soapAnswer(w, 200, answerTo(id, outBody("C", out[n-2], "Running")))
		case action == "Receive":
			<-r.Context().Done()
		default:
			soapAnswer(w, 200, answerTo(id, ""))
		}
	})
}

func TestHostileAnswersCostLittle(t *testing.T) {
	always := func(body string) func(action, id string, w http.ResponseWriter, r *http.Request) {
		return func(_, id string, w http.ResponseWriter, _ *http.Request) {
			soapAnswer(w, 200, strings.ReplaceAll(body, "ID", id))
		}
	}
	ok := pack(1, "ok", `{"UtcNow":"2026-01-01T00:00:00Z","IsClusterNode":true,"CpuPercent":5}`)
	for name, c := range map[string]struct {
		answer func(action, id string, w http.ResponseWriter, r *http.Request)
		want   cluster.Reach
		say    string
	}{
		"XML nested too deep": {always(strings.Repeat("<a>", 100000)), cluster.ReachBadAnswer, ""},
		"too many elements":   {always("<s:Envelope>" + strings.Repeat("<a/>", 100000)), cluster.ReachBadAnswer, "larger"},
		"a document type":     {always(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><s:Envelope>&c;</s:Envelope>`), cluster.ReachBadAnswer, "document type"},
		"an external entity":  {always(`<s:Envelope><a>&file;</a></s:Envelope>`), cluster.ReachBadAnswer, "entity"},
		"no XML":              {always(`{"ok":true}`), cluster.ReachBadAnswer, ""},
		"half of it":          {always(`<s:Envelope><s:Body>`), cluster.ReachBadAnswer, "too early"},
		"an id without end":   {always(`<s:Envelope><a:RelatesTo>ID</a:RelatesTo><rsp:ShellId>` + strings.Repeat("A", 100000) + `</rsp:ShellId></s:Envelope>`), cluster.ReachBadAnswer, "shell id"},
		"output is not base64": {opened(func(_, id string, _ int, w http.ResponseWriter, _ *http.Request) {
			soapAnswer(w, 200, answerTo(id, `<rsp:Stream Name="stdout">!</rsp:Stream>`))
		}), cluster.ReachBadAnswer, "base64"},
		"a bomb by its ratio":  {saying(bomb(t, 24<<20)), cluster.ReachBadAnswer, "larger"},
		"a bomb by its size":   {saying(bomb(t, 8<<20)), cluster.ReachBadAnswer, "larger"},
		"JSON nested too deep": {saying(pack(1, "ok", strings.Repeat(`{"a":`, 500))), cluster.ReachBadAnswer, "larger"},
		"JSON cut short":       {saying(pack(1, "ok", `{"UtcNow":`)), cluster.ReachBadAnswer, ""},
		"JSON of other types":  {saying(pack(1, "ok", `{"UtcNow":[1],"Services":"x","CpuPercent":{}}`)), cluster.ReachBadAnswer, ""},
		"null":                 {saying(pack(1, "ok", "null")), cluster.ReachBadAnswer, ""},
		"no gzip":              {saying("\x1eWF1 1 ok 8 AAAAAAAA\n"), cluster.ReachBadAnswer, "gzip"},
		"no such status":       {saying(pack(1, "fine", "{}")), cluster.ReachBadAnswer, ""},
		"an error without any": {saying(pack(1, "err", "[]")), cluster.ReachBadAnswer, ""},
		"answers to nothing":   {saying(strings.Repeat(pack(7, "ok", "{}"), 1000)+pack(0, "ready", "{}"), ok), cluster.ReachOK, ""},
		"two answers":          {saying(ok + pack(1, "err", `{"Message":"x"}`)), cluster.ReachOK, ""},
		"byte by byte":         {saying(strings.Split(ok, "")...), cluster.ReachOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRogue(t, true, c.answer)
			cl := s.client(t, cluster.AuthBasic, func(o *Options) {
				if name == "a bomb by its size" {
					o.Limits.GzipRatio, o.Limits.JSON = 1<<20, 4<<20
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			o := vitals(t, cl)
			runtime.ReadMemStats(&after)
			if o.Reach != c.want || !strings.Contains(o.Detail, c.say) || (o.Vitals != nil) != o.OK() {
				t.Errorf("got %v %q, want %v with %q", o.Reach, o.Detail, c.want, c.say)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
				t.Errorf("%d MiB were used for it", used>>20)
			}
			if len(o.Detail) > 1000 || strings.Contains(o.Detail, canary) {
				t.Errorf("the detail is %q", o.Detail)
			}
		})
	}
}

// Ids a node gives go back in requests: they must stay text.
func TestIdsWithXMLInThem(t *testing.T) {
	const evil = `x&quot; Name=&quot;y&quot;&gt;&lt;/w:Selector&gt;&lt;evil&gt;]]&gt;&amp;`
	frame := make(chan string, 10)
	frame <- pack(0, "ready", "{}")
	s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		switch action {
		case "Create":
			soapAnswer(w, 200, answerTo(id, `<rsp:ShellId>`+evil+`</rsp:ShellId>`))
		case "Command":
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandId>`+evil+`</rsp:CommandId>`))
		case "Receive":
			select {
			case text := <-frame:
				soapAnswer(w, 200, answerTo(id, outBody(evil, text, "Running")))
			case <-r.Context().Done():
			}
		case "Send":
			frame <- pack(1, "ok", `{"UtcNow":"2026-01-01T00:00:00Z","IsClusterNode":true}`)
			fallthrough
		default:
			soapAnswer(w, 200, answerTo(id, ""))
		}
	})
	s.saw = func(action string, body []byte) {
		if _, err := parseReply(body); err != nil || bytes.Contains(body, []byte("<evil")) || bytes.Contains(body, []byte("]]>")) {
			t.Errorf("%s: %v\n%s", action, err, body)
		}
	}
	c := s.client(t, cluster.AuthBasic, nil)
	if o := vitals(t, c); !o.OK() {
		t.Errorf("%v %s", o.Reach, o.Detail)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if s.count("Delete") != 1 {
		t.Error("the shell was not deleted")
	}
}

// A node that goes on sending, but slowly, holds up nobody for longer than one that
// sends nothing.
func TestSlowNodeIsGivenUp(t *testing.T) {
	drip := func(w io.Writer, flush func(), done <-chan struct{}, head string) {
		_, _ = io.WriteString(w, head)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			flush()
			select {
			case <-done:
				return
			case <-tick.C:
				if _, err := io.WriteString(w, "a"); err != nil {
					return
				}
			}
		}
	}
	slowly := func(slow *atomic.Bool, w http.ResponseWriter, r *http.Request) {
		slow.Store(true)
		w.Header().Set("Content-Type", soapType)
		drip(w, func() { _ = http.NewResponseController(w).Flush() }, r.Context().Done(), "<s:Envelope>")
	}
	for name, answer := range map[string]func(slow *atomic.Bool, action, id string, w http.ResponseWriter, r *http.Request){
		"from the beginning": func(slow *atomic.Bool, _, _ string, w http.ResponseWriter, r *http.Request) { slowly(slow, w, r) },
		"before it is ready": func(slow *atomic.Bool, action, id string, w http.ResponseWriter, r *http.Request) {
			switch action {
			case "Create":
				soapAnswer(w, 200, answerTo(id, `<rsp:ShellId>S</rsp:ShellId>`))
			case "Command":
				soapAnswer(w, 200, answerTo(id, `<rsp:CommandId>C</rsp:CommandId>`))
			default:
				slowly(slow, w, r)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			var slow atomic.Bool
			s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) { answer(&slow, action, id, w, r) })
			// A busy machine may not come as far as that within the first limits.
			for open := 100 * time.Millisecond; !slow.Load(); open *= 2 {
				c := s.client(t, cluster.AuthBasic, func(o *Options) { o.Limits.Open = open })
				// Nothing but Open ends it: the question has no deadline.
				if o := c.Ask(t.Context(), "c", "n1", cluster.QuestionVitals); o.Reach != cluster.ReachTimeout {
					t.Errorf("%v %s", o.Reach, o.Detail)
				}
			}
		})
	}
}

// Whatever comes back for whichever request: no panic, and a reason.
func TestNonsenseForEveryRequest(t *testing.T) {
	nonsense := []string{
		"", " ", "<", "<>", "</>", "<s:Envelope", "<s:Envelope></s:Envelope>", "<s:Envelope><s:Fault/></s:Envelope>", "\x00\x01\x02", "<a xmlns:b='c'>", "&#0;",
		"<s:Envelope><rsp:Stream/><rsp:CommandState State=''/></s:Envelope>", "<s:Envelope><rsp:Shell><rsp:Shell><rsp:ShellId></rsp:ShellId></rsp:Shell></rsp:Shell></s:Envelope>",
		"<s:Envelope><f:WSManFault Code='99999999999999999999'/></s:Envelope>", "<s:Envelope>\xff\xfe</s:Envelope>", "<?xml", "<![CDATA[", "<!--", strings.Repeat("&", 10000),
	}
	for _, at := range []string{"Enumerate", "Create", "Command", "Receive", "Send", "Signal", "Delete"} {
		for _, status := range []int{200, 500} {
			t.Run(fmt.Sprint(at, " ", status), func(t *testing.T) {
				t.Parallel()
				for i, text := range nonsense {
					calm := polite("1")
					s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
						if action == at {
							if at == "Send" { // the loop heard it all the same
								calm(action, id, httptest.NewRecorder(), r)
							}
							soapAnswer(w, status, text)
							return
						}
						calm(action, id, w, r)
					})
					c := s.client(t, cluster.AuthBasic, func(o *Options) { o.Installation = "1" })
					o := vitals(t, c)
					if o.OK() && (at == "Create" || at == "Command" || at == "Receive") || !o.OK() && (at == "Signal" || at == "Delete" || at == "Enumerate") || strings.Contains(o.Detail, "panick") {
						t.Errorf("nonsense %d: %v %q", i, o.Reach, o.Detail)
					}
					_ = c.Close(t.Context()) // it may not let itself be closed
				}
			})
		}
	}
}

func TestNonsenseOnTheWire(t *testing.T) {
	for name, bytes := range map[string]string{
		"a chunk of no size":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
		"a chunk below zero":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n",
		"a chunk beyond all":        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc\r\n",
		"a chunk longer than said":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabcdef\r\n0\r\n\r\n",
		"a chunk extension's flood": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", 1<<20),
		"a trailer's flood":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("A: b\r\n", 1<<17),
		"an unknown coding":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
		"two lengths":               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
		"a status of words":         "HTTP/1.1 abc OK\r\n\r\n",
		"a status of its own":       "HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
		"another version":           "HTTP/9.9 200 OK\r\n\r\n",
		"a header without a name":   "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
		"nothing":                   "",
		"only a line end":           "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newWireServer(t, func(_ int, _ *http.Request, w io.Writer) {
				_, _ = io.WriteString(w, bytes)
				if c, ok := w.(io.Closer); ok {
					_ = c.Close() // nothing more comes
				}
			})
			if r, err := s.lane(t).post(t.Context(), message{}); err == nil {
				t.Errorf("it was understood as %+v", r)
			}
		})
	}
}
