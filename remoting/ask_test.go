package remoting

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// request is what the loop reads.
type request struct {
	ID     int64
	Hash   string
	Script string
	Args   json.RawMessage
}

// slowLoop is a node whose loop answers when and what the test says.
type slowLoop struct {
	*rogue
	asked chan request
	out   chan string // frames
}

var stdinOf = regexp.MustCompile(`<rsp:Stream[^>]*>([^<]*)<`)

func newSlowLoop(t *testing.T) *slowLoop {
	l := &slowLoop{asked: make(chan request, 10), out: make(chan string, 10)}
	l.rogue = newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		switch action {
		case "Create":
			l.out <- pack(0, "ready", "{}")
			soapAnswer(w, 200, answerTo(id, `<rsp:ShellId>S</rsp:ShellId>`))
		case "Command":
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandId>C</rsp:CommandId>`))
		case "Receive":
			select {
			case text := <-l.out:
				soapAnswer(w, 200, answerTo(id, outBody("C", text, "Running")))
			case <-r.Context().Done():
			}
		default:
			soapAnswer(w, 200, answerTo(id, ""))
		}
	})
	l.saw = func(action string, body []byte) {
		if action != "Send" {
			return
		}
		var q request
		line, err := base64.StdEncoding.DecodeString(string(stdinOf.FindSubmatch(body)[1]))
		if err == nil {
			line, err = base64.StdEncoding.DecodeString(strings.TrimSuffix(string(line), "\n"))
		}
		if err == nil {
			err = json.Unmarshal(line, &q)
		}
		if err != nil {
			t.Errorf("a request cannot be read: %v", err)
		}
		l.asked <- q
	}
	return l
}

// answers puts vitals with this load into the output.
func (l *slowLoop) answers(id int64, cpu int) {
	l.out <- pack(id, "ok", fmt.Sprintf(`{"UtcNow":"2026-01-01T00:00:00Z","IsClusterNode":true,"CpuPercent":%d}`, cpu))
}

func TestScriptTravelsOnce(t *testing.T) {
	l := newSlowLoop(t)
	c := l.client(t, cluster.AuthBasic, nil)
	got := make(chan cluster.Observation)
	ask := func() { got <- vitals(t, c) }
	read := func(id int64, whole bool) {
		t.Helper()
		q := <-l.asked
		want := request{ID: id, Hash: scripts.Vitals.Hash, Args: vitalsArgs}
		if whole {
			want.Script = scripts.Vitals.Text
		}
		if fmt.Sprintf("%+v", q) != fmt.Sprintf("%+v", want) {
			t.Errorf("request %d, with script %v: got %+v", id, whole, q)
		}
	}
	go ask()
	read(1, true)
	l.answers(1, 11)
	if o := <-got; !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	go ask()
	read(2, false)
	l.answers(2, 22)
	if o := <-got; !o.OK() || o.Vitals.CPU != 22 {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	go ask()
	read(3, false)
	l.out <- pack(3, "need", "{}")
	read(4, true)
	l.answers(4, 44)
	if o := <-got; !o.OK() || o.Vitals.CPU != 44 {
		t.Fatalf("after need: %v %s", o.Reach, o.Detail)
	}
	go ask()
	read(5, false)
	l.out <- pack(5, "need", "{}")
	read(6, true)
	l.out <- pack(6, "need", "{}")
	if o := <-got; o.Reach != cluster.ReachBadAnswer {
		t.Errorf("need for a script that was sent: %v %s", o.Reach, o.Detail)
	}
}

// within asks for the vitals with a deadline that is meant to be reached.
func within(t *testing.T, c *Client, d time.Duration) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	o := c.Ask(ctx, "c", "n1", cluster.QuestionVitals)
	if o.Reach != cluster.ReachTimeout {
		t.Errorf("got %v %s, want a timeout", o.Reach, o.Detail)
	}
	return o
}

// expiring is a context whose deadline comes when the test says so.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// misses asks, and lets the deadline pass when the node has read the request.
func (l *slowLoop) misses(t *testing.T, c *Client) request {
	t.Helper()
	ctx := expiring{t.Context(), make(chan struct{})}
	got := make(chan cluster.Observation)
	go func() { got <- c.Ask(ctx, "c", "n1", cluster.QuestionVitals) }()
	q := <-l.asked
	close(ctx.done)
	if o := <-got; o.Reach != cluster.ReachTimeout {
		t.Errorf("got %v %s, want a timeout", o.Reach, o.Detail)
	}
	return q
}

func TestLateAnswerIsNotTheNextOnes(t *testing.T) {
	l := newSlowLoop(t)
	c := l.client(t, cluster.AuthBasic, nil)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan cluster.Observation)
	go func() { got <- c.Ask(ctx, "c", "n1", cluster.QuestionVitals) }()
	<-l.asked
	cancel()
	if o := <-got; o.Reach != cluster.ReachTimeout {
		t.Errorf("given up: %v %s", o.Reach, o.Detail)
	}
	// The node still works on the first: a second one must not queue behind it.
	if o := within(t, c, 50*time.Millisecond); !strings.Contains(o.Detail, "earlier question") {
		t.Errorf("detail %q", o.Detail)
	}
	if n := l.count("Send"); n != 1 {
		t.Errorf("%d requests were sent to a node that works on the first", n)
	}
	go func() { got <- vitals(t, c) }()
	l.answers(1, 11)
	q := <-l.asked
	l.answers(1, 12) // once more, to nobody
	l.answers(q.ID, 22)
	if o := <-got; !o.OK() || o.Vitals.CPU != 22 {
		t.Errorf("the third question got %v %s %+v", o.Reach, o.Detail, o.Vitals)
	}
	if n := l.count("Create"); n != 1 {
		t.Errorf("%d sessions, want the first to be kept", n)
	}
}

func TestUnsentRequestIsNotWaitedFor(t *testing.T) {
	l := newSlowLoop(t)
	c := l.client(t, cluster.AuthBasic, nil)
	got := make(chan cluster.Observation)
	go func() { got <- vitals(t, c) }()
	q := <-l.asked
	l.answers(q.ID, 1)
	<-got
	s := c.peers[key{"c", "n1"}].sess
	s.send.busy <- struct{}{} // as if it were connecting
	within(t, c, 50*time.Millisecond)
	<-s.send.busy
	go func() { got <- vitals(t, c) }()
	q = <-l.asked
	l.answers(q.ID, 2)
	if o := <-got; !o.OK() || o.Vitals.CPU != 2 || l.count("Create") != 1 {
		t.Errorf("%v %s after %d sessions", o.Reach, o.Detail, l.count("Create"))
	}
}

func TestHungLoopIsReplacedAndASlowOneKept(t *testing.T) {
	l := newSlowLoop(t)
	var passed atomic.Int64
	c := l.client(t, cluster.AuthBasic, func(o *Options) {
		o.Now = func() time.Time { return asked.Add(time.Duration(passed.Load())) }
	})
	got := make(chan cluster.Observation)
	go func() { got <- vitals(t, c) }()
	q := <-l.asked
	l.answers(q.ID, 1)
	<-got
	s := c.peers[key{"c", "n1"}].sess
	for range 3 { // each answer is missed, and comes late
		q = l.misses(t, c)
		passed.Add(int64(hungAfter))
		l.answers(q.ID, 1)
		s.idle <- <-s.idle // it has come
	}
	go func() { got <- vitals(t, c) }()
	q = <-l.asked
	l.answers(q.ID, 2)
	if o := <-got; !o.OK() || o.Vitals.CPU != 2 || l.count("Create") != 1 {
		t.Errorf("slow: %v %s %+v after %d sessions", o.Reach, o.Detail, o.Vitals, l.count("Create"))
	}
	l.misses(t, c)
	for range maxMissed { // no answer at all, but that not for long
		within(t, c, 50*time.Millisecond)
	}
	if !s.alive() {
		t.Error("the session was given up at once")
	}
	passed.Add(int64(hungAfter))
	within(t, c, 50*time.Millisecond)
	go func() { got <- vitals(t, c) }()
	q = <-l.asked
	l.answers(q.ID, 3)
	if o := <-got; !o.OK() || o.Vitals.CPU != 3 || l.count("Create") != 2 || q.Script == "" {
		t.Errorf("hung: %v %s %+v after %d sessions", o.Reach, o.Detail, o.Vitals, l.count("Create"))
	}
}

func TestWaitingForOthersIsNoFailure(t *testing.T) {
	reached, release := make(chan struct{}, 1), make(chan struct{})
	slow := newRogue(t, true, func(_, _ string, w http.ResponseWriter, _ *http.Request) {
		reached <- struct{}{}
		<-release
		w.WriteHeader(http.StatusForbidden)
	})
	l := newSlowLoop(t)
	c := slow.client(t, cluster.AuthBasic, func(o *Options) {
		o.MaxOpening = 1
		second := o.Nodes[0]
		second.Name, second.URL = "n2", l.URL+"/wsman"
		o.Nodes = append(o.Nodes, second)
	})
	got := make(chan cluster.Observation)
	go func() { got <- vitals(t, c) }()
	<-reached
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if o := c.Ask(ctx, "c", "n2", cluster.QuestionVitals); o.Reach != cluster.ReachNotAsked || o.Detail == "" {
		t.Errorf("got %v %s", o.Reach, o.Detail)
	}
	if n := l.count("Create"); n > 0 {
		t.Errorf("%d sessions are opened at once", n+1)
	}
	close(release)
	if o := <-got; o.Reach != cluster.ReachNoRights {
		t.Errorf("the first node: %v %s", o.Reach, o.Detail)
	}
	go func() {
		o := c.Ask(t.Context(), "c", "n2", cluster.QuestionVitals)
		got <- o
	}()
	q := <-l.asked
	l.answers(q.ID, 1)
	if o := <-got; !o.OK() {
		t.Errorf("when its turn has come: %v %s", o.Reach, o.Detail)
	}
}
