package remoting_test

import (
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/masterzen/winrm"
	"github.com/masterzen/winrm/soap"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// cost is a node far away and slow to start PowerShell.
var cost = simulator.Cost{RTT: 5 * time.Millisecond, ProcessStart: 400 * time.Millisecond, ScriptTime: 20 * time.Millisecond, PadAnswer: 20 << 10}

// BenchmarkPoll compares a poll over a warm session with masterzen's own way of
// running a script. The latter runs a trivial one, because the real ones do not fit
// on a command line: its numbers flatter it.
func BenchmarkPoll(b *testing.B) {
	sim := start(b, simulator.Options{Shapes: oneNode(), Cost: cost, HTTPS: true})
	b.Run("warm session", func(b *testing.B) {
		n := nodesOf(b, sim, false, cluster.AuthNTLM)[0]
		p, u := newProxy(b, n.URL)
		n.URL = u
		c := newClient(b, remoting.Options{Nodes: []remoting.Node{n}})
		if o := ask(b, c, n, cluster.QuestionState); !o.OK() {
			b.Fatalf("%v %s", o.Reach, o.Detail)
		}
		before := p.requests.Load()
		for b.Loop() {
			if o := ask(b, c, n, cluster.QuestionState); !o.OK() {
				b.Fatalf("%v %s", o.Reach, o.Detail)
			}
		}
		report(b, p.requests.Load()-before)
	})
	b.Run("RunPSWithContext", func(b *testing.B) {
		n := nodesOf(b, sim, true, cluster.AuthBasic)[0]
		u, err := url.Parse(n.URL)
		if err != nil {
			b.Fatal(err)
		}
		port, err := strconv.Atoi(u.Port())
		if err != nil {
			b.Fatal(err)
		}
		counter := &counting{}
		params := *winrm.DefaultParameters
		params.TransportDecorator = func() winrm.Transporter { return counter }
		endpoint := winrm.NewEndpoint(u.Hostname(), port, true, false, sim.CA(), nil, nil, 0)
		password := ""
		for _, e := range sim.Nodes() {
			if e.Node == n.Name {
				password = e.Password
			}
		}
		client, err := winrm.NewClientWithParameters(endpoint, n.User, password, &params)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			out, errOut, code, err := client.RunPSWithContext(b.Context(), "hostname")
			if err != nil || code != 0 || out == "" {
				b.Fatalf("%q %q %d %v", out, errOut, code, err)
			}
		}
		report(b, counter.requests.Load())
	})
}

func report(b *testing.B, requests int64) {
	b.ReportMetric(float64(requests)/float64(b.N), "requests/poll")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/poll")
}

// counting is masterzen's default transport, counted.
type counting struct {
	winrm.Transporter
	requests atomic.Int64
}

func (c *counting) Transport(e *winrm.Endpoint) error {
	c.Transporter = winrm.NewClientWithDial(nil)
	return c.Transporter.Transport(e)
}

func (c *counting) Post(client *winrm.Client, m *soap.SoapMessage) (string, error) {
	c.requests.Add(1)
	return c.Transporter.Post(client, m)
}
