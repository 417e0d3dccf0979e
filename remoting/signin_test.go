package remoting_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// refuser stands between a client and a node, request by request, and answers 401
// itself to requests without credentials while it is told to.
type refuser struct {
	refuse  atomic.Bool
	refused atomic.Int64
	signIns atomic.Int64
}

func newRefuser(t *testing.T, raw string) (*refuser, string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	p, target := &refuser{}, u.Host
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(in, target)
		}
	}()
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *refuser) serve(in net.Conn, target string) {
	defer in.Close()
	out, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer out.Close()
	requests, answers := bufio.NewReader(in), bufio.NewReader(out)
	for {
		r, err := http.ReadRequest(requests)
		if err != nil {
			return
		}
		if r.Header.Get("Authorization") != "" {
			p.signIns.Add(1)
		} else if p.refuse.Load() {
			p.refused.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			if _, err := io.WriteString(in, "HTTP/1.1 401 \r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n"); err != nil {
				return
			}
			continue
		}
		if r.Write(out) != nil {
			return
		}
		res, err := http.ReadResponse(answers, r)
		if err != nil || res.Write(in) != nil {
			return
		}
	}
}

// A node that refuses requests on a connection it let sign in has something against
// the request, not the password.
func TestRefusedAfterTheSignIn(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	p, u := newRefuser(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	p.refuse.Store(true)
	before := p.signIns.Load()
	const asked = 5
	for range asked {
		if o := ask(t, c, n, cluster.QuestionVitals); o.Reach != cluster.ReachReset || !strings.Contains(o.Detail, "The password is not the reason") {
			t.Errorf("%v %s", o.Reach, o.Detail)
		}
	}
	// Each attempt to open a session signs in once, and gives up at once.
	if s, r := p.signIns.Load()-before, p.refused.Load(); s > 2*2*asked || r > 3*asked {
		t.Errorf("%d sign-in messages and %d refused requests for %d questions", s, r, asked)
	}
	p.refuse.Store(false)
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Errorf("when it no longer refuses: %v %s", o.Reach, o.Detail)
	}
	if f := sim.FailedSignIns(n.Name); f != 0 {
		t.Errorf("%d failed sign-ins", f)
	}
}
