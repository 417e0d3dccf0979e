package remoting

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
)

// polite answers every question with vitals that report this much loop memory.
func polite(memory string) func(action, id string, w http.ResponseWriter, r *http.Request) {
	var mu sync.Mutex
	loops := make(map[string]chan string) // what each one writes
	asked := make(map[string]int64)       // its requests
	return func(action, id string, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		exec := ""
		if m := commandOf.FindSubmatch(body); m != nil {
			exec = string(m[1])
		}
		mu.Lock()
		loop := loops[exec]
		mu.Unlock()
		switch action {
		case "Create":
			soapAnswer(w, 200, answerTo(id, `<rsp:ShellId>S</rsp:ShellId>`))
		case "Command":
			mu.Lock()
			exec = fmt.Sprint("C", len(loops)+1)
			loops[exec] = make(chan string, 100)
			loops[exec] <- pack(0, "ready", "{}")
			mu.Unlock()
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandId>`+exec+`</rsp:CommandId>`))
		case "Receive":
			select {
			case text := <-loop:
				soapAnswer(w, 200, answerTo(id, outBody(exec, text, "Running")))
			case <-r.Context().Done():
			}
		case "Send":
			mu.Lock()
			asked[exec]++
			loop <- pack(asked[exec], "ok", `{"UtcNow":"2026-01-01T00:00:00Z","IsClusterNode":true,"LoopMemory":`+memory+`}`)
			mu.Unlock()
			soapAnswer(w, 200, answerTo(id, ""))
		default:
			soapAnswer(w, 200, answerTo(id, ""))
		}
	}
}

func TestCloseTerminatesAndDeletes(t *testing.T) {
	s := newRogue(t, true, polite("1"))
	c := s.client(t, cluster.AuthBasic, nil)
	if o := vitals(t, c); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if s.count("Signal") != 1 || s.count("Delete") != 1 {
		t.Errorf("%d Signal and %d Delete, want one of each", s.count("Signal"), s.count("Delete"))
	}
}

func TestCloseIsBounded(t *testing.T) {
	deaf := polite("1")
	s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		if action == "Signal" || action == "Delete" {
			<-r.Context().Done()
			return
		}
		deaf(action, id, w, r)
	})
	c := s.client(t, cluster.AuthBasic, nil)
	vitals(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Close(ctx); err == nil {
		t.Error("a session that was not closed is not reported")
	}
}

func TestSessionIsReplaced(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		memory string
		pass   time.Duration
		opened int
	}{
		"young and small": {"1000", time.Minute, 1},
		"too large":       {"400000000", time.Minute, 2},
		"too old":         {"1000", 7 * time.Hour, 2},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			at := now
			s := newRogue(t, true, polite(c.memory))
			cl := s.client(t, cluster.AuthBasic, func(o *Options) {
				o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
				o.OnLost = func(string, string) { t.Error("a replaced session is reported as lost") }
			})
			for range 2 {
				if o := vitals(t, cl); o.Reach != cluster.ReachOK {
					t.Fatalf("%v %s", o.Reach, o.Detail)
				}
				mu.Lock()
				at = at.Add(c.pass)
				mu.Unlock()
			}
			if n := s.count("Create"); n != c.opened {
				t.Errorf("%d sessions were opened, want %d", n, c.opened)
			}
		})
	}
}
