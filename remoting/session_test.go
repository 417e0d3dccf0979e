package remoting_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

func oneNode() []simulator.Shape {
	return []simulator.Shape{{Name: "C1", Nodes: []simulator.NodeShape{{Name: "N1"}, {Name: "N2"}}}}
}

func TestPollCostsTwoRequests(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	p, u := newProxy(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	ask(t, c, n, cluster.QuestionVitals) // the next Receive is certainly sent now
	before := p.requests.Load()
	const polls = 5
	for range polls {
		ask(t, c, n, cluster.QuestionState)
	}
	// the last poll's next Receive may be on its way still
	if got := p.requests.Load() - before; got < 2*polls-1 || got > 2*polls+1 {
		t.Errorf("%d polls cost %d HTTP requests, want %d", polls, got, 2*polls)
	}
}

func TestLostSessionIsToldAtOnceAndReopened(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	p, u := newProxy(t, n.URL)
	n.URL = u
	lost := make(chan string, 1)
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}, OnLost: func(cl, node string) { lost <- cl + "/" + node }})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	cutAt := time.Now()
	p.cut()
	if got := <-lost; got != n.Cluster+"/"+n.Name {
		t.Errorf("OnLost(%s)", got)
	}
	t.Logf("told after %v", time.Since(cutAt))
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Errorf("after the cut: %v %s", o.Reach, o.Detail)
	}
}

func TestWrongPassword(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode(), HTTPS: true})
	for _, https := range []bool{false, true} {
		nodes := nodesOf(t, sim, https, cluster.AuthNTLM)
		for i := range nodes {
			nodes[i].User = `CORP\` + nodes[i].User
			nodes[i].Password = cluster.NewSecret("not the password")
		}
		c := newClient(t, remoting.Options{Nodes: nodes})
		if o := ask(t, c, nodes[0], cluster.QuestionState); o.Reach != cluster.ReachPassword || strings.Contains(o.Detail, "not the password") || strings.Contains(o.Detail, "account is not locked") {
			t.Errorf("https %v: got %v %q", https, o.Reach, o.Detail)
		}
		if o := ask(t, c, nodes[1], cluster.QuestionState); o.Reach != cluster.ReachPassword || !strings.Contains(o.Detail, "account is not locked") {
			t.Errorf("https %v: the next node got %v %q", https, o.Reach, o.Detail)
		}
	}
}

func TestRefusingAndHangingNode(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	for how, want := range map[string]cluster.Reach{"refused": cluster.ReachRefused, "hang": cluster.ReachTimeout} {
		limit := map[string]time.Duration{"refused": 20 * time.Second, "hang": time.Second}[how] // the second is meant to be reached
		id, err := sim.Inject(simulator.FaultSpec{Kind: "winrm-refusing", Cluster: n.Cluster, Target: n.Name, Params: map[string]any{"how": how}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		o := c.Ask(ctx, n.Cluster, n.Name, cluster.QuestionVitals)
		if o.Reach == cluster.ReachReset { // the session noticed only now
			o = c.Ask(ctx, n.Cluster, n.Name, cluster.QuestionVitals)
		}
		cancel()
		if o.Reach != want {
			t.Errorf("%s: got %v %q, want %v", how, o.Reach, o.Detail, want)
		}
		if err := sim.Clear(id); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSlowScriptKeepsItsSessionOnce(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode(), Cost: simulator.Cost{ScriptTime: 300 * time.Millisecond}})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	p, u := newProxy(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	o := c.Ask(ctx, n.Cluster, n.Name, cluster.QuestionVitals)
	cancel()
	if o.Reach != cluster.ReachTimeout || !strings.Contains(o.Detail, "in time") {
		t.Errorf("got %v %q, want a timeout", o.Reach, o.Detail)
	}
	before := p.requests.Load()
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Errorf("the next answer: %v %s", o.Reach, o.Detail)
	}
	// a new session alone would be 2×2 for signing in, Create, Command, Receive
	if got := p.requests.Load() - before; got > 5 {
		t.Errorf("one missed answer cost the session: %d requests", got)
	}
}

func TestQuestionsQueue(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode(), Cost: simulator.Cost{ScriptTime: 10 * time.Millisecond}})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			q := cluster.Questions[i%len(cluster.Questions)]
			o := ask(t, c, n, q)
			if !o.OK() || (q == cluster.QuestionState) != (o.State != nil) || (q == cluster.QuestionVitals) != (o.Vitals != nil) {
				t.Errorf("%v: %v %s", q, o.Reach, o.Detail)
			}
		})
	}
	all.Wait()
}

func TestAskAfterClose(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	c, err := remoting.New(remoting.Options{Nodes: []remoting.Node{n}})
	if err != nil {
		t.Fatal(err)
	}
	ask(t, c, n, cluster.QuestionVitals)
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if o := ask(t, c, n, cluster.QuestionVitals); o.OK() {
		t.Error("a closed client still asks")
	}
	if err := c.Close(t.Context()); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("second Close: %v", err)
	}
}

// crash is a client that goes away and leaves its shells behind.
func crash(t *testing.T, n remoting.Node, installation string) {
	t.Helper()
	p, u := newProxy(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}, Installation: installation})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	_ = p.listener.Close() // nothing reaches the node any more, neither Signal nor Delete
	p.cut()
}

func TestLeftoversOfACrashAreDeleted(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	crash(t, n, "a1")
	crash(t, n, "b2")
	crash(t, n, "")
	if got := remoting.ShellNames(t, n); !slices.Equal(got, []string{"LooksAlive", "LooksAlive a1", "LooksAlive b2"}) {
		t.Fatalf("before: %q", got)
	}
	remoting.ForgetShells()
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}, Installation: "a1"})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	if got := remoting.ShellNames(t, n); !slices.Equal(got, []string{"LooksAlive", "LooksAlive a1", "LooksAlive b2"}) {
		t.Errorf("after: %q, want the one of a1 to be the new one only", got)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := remoting.ShellNames(t, n); !slices.Equal(got, []string{"LooksAlive", "LooksAlive b2"}) {
		t.Errorf("in the end: %q", got)
	}
}
