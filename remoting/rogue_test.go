package remoting

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
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
// the second Receive and for everything that follows.
func opened(next func(action, id string, n int, w http.ResponseWriter, r *http.Request)) func(action, id string, w http.ResponseWriter, r *http.Request) {
	var mu sync.Mutex
	seen := make(map[string]int)
	return func(action, id string, w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[action]++
		n := seen[action]
		mu.Unlock()
		switch {
		case action == "Create":
			soapAnswer(w, 200, answerTo(id, `<rsp:Shell><rsp:ShellId>S</rsp:ShellId></rsp:Shell>`))
		case action == "Command":
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandResponse><rsp:CommandId>C</rsp:CommandId></rsp:CommandResponse>`))
		case action == "Receive" && n == 1:
			soapAnswer(w, 200, answerTo(id, outBody("C", pack(0, "ready", "{}"), "Running")))
		default:
			next(action, id, n, w, r)
		}
	}
}

func TestRogueOverTLS(t *testing.T) {
	ok := func(id string, w http.ResponseWriter) { soapAnswer(w, 200, answerTo(id, "")) }
	hold := func(r *http.Request) { <-r.Context().Done() }
	for name, c := range map[string]struct {
		answer func(action, id string, w http.ResponseWriter, r *http.Request)
		change func(*Options)
		want   cluster.Reach
		most   map[string]int // requests by action, at most
	}{
		"401": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
			nil, cluster.ReachPassword, map[string]int{"Create": 1},
		},
		"403": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
			nil, cluster.ReachNoRights, map[string]int{"Create": 1},
		},
		"redirect": {
			func(_, _ string, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"half an answer": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10000")
				soapAnswer(w, 200, answerTo(id, "")[:50])
			},
			nil, cluster.ReachReset, map[string]int{"Create": 1},
		},
		"an endless body": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) {
				for {
					if _, err := w.Write(make([]byte, 1<<16)); err != nil {
						return
					}
				}
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"an answer to another request": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { ok("uuid:of-somebody-else", w) },
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"no shell id": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) { ok(id, w) },
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1, "Command": 0},
		},
		"too many shells": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 500, answerTo(id, faultBody("2150859173", "QuotaLimit")))
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1, "Receive": 0},
		},
		"access denied": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 500, answerTo(id, faultBody("5", "AccessDenied")))
			},
			nil, cluster.ReachNoRights, map[string]int{"Create": 1},
		},
		"a fault on Receive": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 500, answerTo(id, faultBody("2150858843", "InvalidSelectors")))
			}),
			nil, cluster.ReachReset, map[string]int{"Receive": 2, "Send": 1},
		},
		"TimedOut without waiting": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 500, answerTo(id, faultBody("2150858793", "TimedOut")))
			}),
			nil, cluster.ReachBadAnswer, map[string]int{"Receive": 1 + maxEmpty, "Send": 1},
		},
		"powershell.exe ends": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("C", "", "Done")))
			}),
			nil, cluster.ReachReset, map[string]int{"Receive": 2},
		},
		"output of another command": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("X", pack(1, "ok", "{}"), "Running")))
			}),
			nil, cluster.ReachBadAnswer, map[string]int{"Receive": 2},
		},
		"an endless frame": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				start := map[bool]string{true: "\x1e"}[n == 2]
				soapAnswer(w, 200, answerTo(id, outBody("C", start+strings.Repeat("A", 40000), "Running")))
			}),
			func(o *Options) { o.Limits.Frame = 100000 }, cluster.ReachBadAnswer, map[string]int{"Receive": 4},
		},
		"endless noise": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("C", "\x1e"+strings.Repeat("A", 40000), "Running")))
			}),
			func(o *Options) { o.Limits.Frame = 100000 }, cluster.ReachBadAnswer, map[string]int{"Receive": 6},
		},
		"an answer that is not the script's": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Receive" && n == 2 {
					soapAnswer(w, 200, answerTo(id, outBody("C", "noise"+pack(99, "ok", "{}")+pack(1, "ok", `{"UtcNow":"never"}`), "Running")))
					return
				}
				if action == "Receive" {
					hold(r)
				}
				ok(id, w)
			}),
			nil, cluster.ReachBadAnswer, map[string]int{"Send": 1},
		},
		"a script error": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Receive" && n == 2 {
					soapAnswer(w, 200, answerTo(id, outBody("C", pack(1, "err", `{"Message":"x","Id":"HRESULT 0x8004100e,Get","HResult":-2146233088}`), "Running")))
					return
				}
				if action == "Receive" {
					hold(r)
				}
				ok(id, w)
			}),
			nil, cluster.ReachNotACluster, map[string]int{"Send": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRogue(t, true, c.answer)
			o := vitals(t, s.client(t, cluster.AuthBasic, c.change))
			if o.Reach != c.want || o.Detail == "" || o.Vitals != nil {
				t.Errorf("got %v %q, want %v", o.Reach, o.Detail, c.want)
			}
			for action, most := range c.most {
				if n := s.count(action); n > most {
					t.Errorf("%d requests %s, want at most %d", n, action, most)
				}
			}
			if strings.Contains(o.Detail, canary) {
				t.Errorf("the password is in %q", o.Detail)
			}
			if strings.HasPrefix(name, "an endless") && !strings.Contains(o.Detail, "larger") {
				t.Errorf("it is not refused for its size: %q", o.Detail)
			}
			if o.Took >= sendLimit { // a Send is held until then; the other lane knew at once
				t.Errorf("it took %v to see that the session was dead", o.Took)
			}
		})
	}
}

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
