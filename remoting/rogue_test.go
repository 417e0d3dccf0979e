package remoting

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
)

const canary = "Tr0ub4dor&3"

// rogue is a server that does what each test wants of it. It remembers what it was sent.
type rogue struct {
	*httptest.Server
	mu       sync.Mutex
	requests map[string]int // by action
	leaked   bool           // the password arrived
	answer   func(action, id string, w http.ResponseWriter, r *http.Request)
	saw      func(action string, body []byte) // nil, or told of every request
}

var (
	actionOf = regexp.MustCompile(`<(?:\w+:)?Action[^>]*>[^<]*/(\w+)<`)
	idOf     = regexp.MustCompile(`<(?:\w+:)?MessageID[^>]*>([^<]*)<`)
)

func newRogue(t *testing.T, tls bool, answer func(action, id string, w http.ResponseWriter, r *http.Request)) *rogue {
	t.Helper()
	s := &rogue{requests: make(map[string]int), answer: answer}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		action, id := "", ""
		if m := actionOf.FindSubmatch(body); m != nil {
			action = string(m[1])
		}
		if m := idOf.FindSubmatch(body); m != nil {
			id = string(m[1])
		}
		header := r.Header.Get("Authorization")
		basic, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(header, "Basic "))
		s.mu.Lock()
		s.requests[action]++
		s.leaked = s.leaked || strings.Contains(header+string(body)+string(basic), canary)
		s.mu.Unlock()
		if s.saw != nil {
			s.saw(action, body)
		}
		r.Body = io.NopCloser(bytes.NewReader(body)) // to be read again
		s.answer(action, id, w, r)
	})
	if tls {
		s.Server = httptest.NewTLSServer(h)
	} else {
		s.Server = httptest.NewServer(h)
	}
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func (s *rogue) count(action string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[action]
}

// client asks the rogue as node n1 of cluster c.
func (s *rogue) client(t *testing.T, auth cluster.Auth, change func(*Options)) *Client {
	t.Helper()
	n := Node{Cluster: "c", Name: "n1", URL: s.URL + "/wsman", Auth: auth, Identity: cluster.Identity{User: "u", Password: cluster.NewSecret(canary)}}
	if s.TLS != nil {
		n.RootCAs = x509.NewCertPool()
		n.RootCAs.AddCert(s.Certificate())
	}
	o := Options{Nodes: []Node{n}}
	if change != nil {
		change(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) }) // a rogue may not let itself be closed
	return c
}

func vitals(t *testing.T, c *Client) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return c.Ask(ctx, "c", "n1", cluster.QuestionVitals)
}

func soapAnswer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", soapType)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// opened answers what a session needs up to its ready frame, then calls next for
// everything that follows: for the second Receive when the first Send has come, so that
// what it brings is never there before the question.
func opened(next func(action, id string, n int, w http.ResponseWriter, r *http.Request)) func(action, id string, w http.ResponseWriter, r *http.Request) {
	var mu sync.Mutex
	seen := make(map[string]int)
	asked := make(chan struct{})
	return func(action, id string, w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[action]++
		n := seen[action]
		if action == "Send" && n == 1 {
			close(asked)
		}
		mu.Unlock()
		switch {
		case action == "Create":
			soapAnswer(w, 200, answerTo(id, `<rsp:Shell><rsp:ShellId>S</rsp:ShellId></rsp:Shell>`))
		case action == "Command":
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandResponse><rsp:CommandId>C</rsp:CommandId></rsp:CommandResponse>`))
		case action == "Receive" && n == 1:
			soapAnswer(w, 200, answerTo(id, outBody("C", pack(0, "ready", "{}"), "Running")))
		default:
			if action == "Receive" && n == 2 {
				select {
				case <-asked:
				case <-r.Context().Done():
					return
				}
			}
			next(action, id, n, w, r)
		}
	}
}

func TestRejectedPasswordIsRemembered(t *testing.T) {
	s := newRogue(t, true, func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) })
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var mu sync.Mutex
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	c := s.client(t, cluster.AuthBasic, func(o *Options) { o.Now = clock })
	for range 3 {
		if o := vitals(t, c); o.Reach != cluster.ReachPassword {
			t.Errorf("got %v %s", o.Reach, o.Detail)
		}
	}
	if n := s.count("Create"); n != 1 {
		t.Errorf("the rejected password was tried %d times", n)
	}
	mu.Lock()
	now = now.Add(1000 * time.Hour)
	mu.Unlock()
	if vitals(t, c); s.count("Create") != 1 {
		t.Errorf("after some time it was tried again: %d times", s.count("Create"))
	}
}

func TestCanceledQuestionReturnsAtOnce(t *testing.T) {
	asked := make(chan struct{}, 10)
	s := newRogue(t, true, func(_, _ string, _ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		<-r.Context().Done()
	})
	c := s.client(t, cluster.AuthBasic, nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	got := make(chan cluster.Observation)
	go func() { got <- c.Ask(ctx, "c", "n1", cluster.QuestionState) }()
	<-asked
	cancel(errors.New("enough"))
	if o := <-got; o.Reach != cluster.ReachTimeout {
		t.Errorf("got %v %s", o.Reach, o.Detail)
	}
}

func TestUnknownNodeAndUnreachable(t *testing.T) {
	s := newRogue(t, true, func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })
	unknown := s.client(t, cluster.AuthBasic, nil).Ask(t.Context(), "c", "other", cluster.QuestionState)
	if unknown.Reach != cluster.ReachNameNotFound {
		t.Errorf("an unknown node: %v %s", unknown.Reach, unknown.Detail)
	}
	for want, change := range map[cluster.Reach]func(*Node){
		cluster.ReachCertificate:  func(n *Node) { n.RootCAs = x509.NewCertPool() },
		cluster.ReachNameNotFound: func(n *Node) { n.URL = "https://no-such-host.invalid:5986/wsman" },
		cluster.ReachRefused:      func(n *Node) { n.URL = closedURL(t) },
	} {
		c := s.client(t, cluster.AuthBasic, func(o *Options) { change(&o.Nodes[0]) })
		if o := vitals(t, c); o.Reach != want || !strings.HasSuffix(o.Detail, ".") && !strings.HasSuffix(o.Detail, "?") {
			t.Errorf("got %v %q, want %v", o.Reach, o.Detail, want)
		}
	}
	wrongName := s.client(t, cluster.AuthBasic, func(o *Options) { o.Nodes[0].ServerName = "hv-99.example" })
	if o := vitals(t, wrongName); o.Reach != cluster.ReachCertificate {
		t.Errorf("a certificate for another name: %v %s", o.Reach, o.Detail)
	}
}

// closedURL is an address on which nothing listens any more.
func closedURL(t *testing.T) string {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	addr := s.Listener.Addr().String()
	if err := s.Listener.Close(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("https://%s/wsman", addr)
}
