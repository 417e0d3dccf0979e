package remoting_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// shells counts the sessions opened and lost, by what the client tells.
func opens(t *testing.T, nodes []remoting.Node) (proxied []remoting.Node, requests func(i int) int64) {
	t.Helper()
	var proxies []*proxy
	for _, n := range nodes {
		p, u := newProxy(t, n.URL)
		n.URL = u
		proxied, proxies = append(proxied, n), append(proxies, p)
	}
	return proxied, func(i int) int64 { return proxies[i].requests.Load() }
}

func TestSetKeepsWhatIsUnchanged(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	nodes, requests := opens(t, nodesOf(t, sim, false, cluster.AuthNTLM))
	c := newClient(t, remoting.Options{OnLost: func(_, n string) { t.Errorf("%s is reported as lost", n) }})
	if o := ask(t, c, nodes[0], cluster.QuestionVitals); o.OK() || o.Reach != cluster.ReachNameNotFound {
		t.Errorf("before it was told of any node: %v %s", o.Reach, o.Detail)
	}
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	answers := func(want ...bool) {
		t.Helper()
		for i, n := range nodes {
			if o := ask(t, c, n, cluster.QuestionVitals); o.OK() != want[i] {
				t.Errorf("%s: %v %s", n.Name, o.Reach, o.Detail)
			}
		}
	}
	answers(true, true)
	warm := requests(0)
	again := nodesOf(t, sim, false, cluster.AuthNTLM) // equal, not the same
	again[0].URL, again[1].URL = nodes[0].URL, nodes[1].URL
	if err := c.Set(again); err != nil {
		t.Fatal(err)
	}
	answers(true, true)
	// the Receive of the first question, or of this one, may be on its way still
	if n := requests(0) - warm; n < 1 || n > 3 {
		t.Errorf("an unchanged node took %d requests, want the 2 of a warm session", n)
	}

	bad := again[0]
	bad.Auth = cluster.AuthBasic
	if err := c.Set([]remoting.Node{bad}); err == nil {
		t.Error("Basic over http was accepted")
	}
	answers(true, true) // nothing has changed

	if err := c.Set(again[:1]); err != nil {
		t.Fatal(err)
	}
	answers(true, false)
	if err := c.Set(again); err != nil {
		t.Fatal(err)
	}
	answers(true, true)
	warm = requests(0)
	changed := append([]remoting.Node(nil), again...)
	changed[0].ServerName = "other"
	if err := c.Set(changed); err != nil {
		t.Fatal(err)
	}
	answers(true, true)
	if n := requests(0) - warm; n < 8 { // two sign-ins, Create, Command, Receive, Send at the least
		t.Errorf("a changed node took %d requests: its session was kept", n)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Set(nodes); err == nil {
		t.Error("a closed client took nodes")
	}
}

func TestQuestionOnARemovedNodeEnds(t *testing.T) {
	for name, set := range map[string]func([]remoting.Node) []remoting.Node{
		"removed": func([]remoting.Node) []remoting.Node { return nil },
		"changed": func(n []remoting.Node) []remoting.Node { n[0].ServerName = "x"; return n },
	} {
		t.Run(name, func(t *testing.T) {
			sim := start(t, simulator.Options{Shapes: oneNode()})
			nodes := nodesOf(t, sim, false, cluster.AuthNTLM)[:1]
			c := newClient(t, remoting.Options{Nodes: nodes})
			if o := ask(t, c, nodes[0], cluster.QuestionVitals); !o.OK() {
				t.Fatalf("%v %s", o.Reach, o.Detail)
			}
			// It hangs from now on, and is opened anew: the question waits.
			if _, err := sim.Inject(simulator.FaultSpec{Kind: "winrm-refusing", Cluster: nodes[0].Cluster, Target: nodes[0].Name, Params: map[string]any{"how": "hang"}}); err != nil {
				t.Fatal(err)
			}
			got := make(chan cluster.Observation, 10)
			var asking sync.WaitGroup
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			begun := make(chan struct{})
			for range 3 { // one asks, the others wait for it
				asking.Go(func() {
					begun <- struct{}{}
					o := c.Ask(ctx, nodes[0].Cluster, nodes[0].Name, cluster.QuestionVitals)
					if o.Reach == cluster.ReachReset { // the end of the old session
						o = c.Ask(ctx, nodes[0].Cluster, nodes[0].Name, cluster.QuestionVitals)
					}
					got <- o
				})
			}
			for range 3 {
				<-begun
			}
			if err := c.Set(set(append([]remoting.Node(nil), nodes...))); err != nil {
				t.Fatal(err)
			}
			if name == "changed" { // a question that comes only now hangs at the new settings
				if err := c.Set(nil); err != nil {
					t.Fatal(err)
				}
			}
			asking.Wait()
			close(got)
			for o := range got {
				if o.Reach != cluster.ReachNotAsked && o.Reach != cluster.ReachNameNotFound || o.Detail == "" {
					t.Errorf("got %v %q", o.Reach, o.Detail)
				}
			}
			if ctx.Err() != nil {
				t.Error("the question ended only with its deadline")
			}
		})
	}
}

func TestRemovedNodeKeepsNoShell(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode(), HTTPS: true})
	for _, way := range []struct {
		https bool
		auth  cluster.Auth
	}{{false, cluster.AuthNTLM}, {true, cluster.AuthNTLM}, {true, cluster.AuthBasic}} {
		n := nodesOf(t, sim, way.https, way.auth)[0]
		c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
		if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
			t.Fatalf("%v: %v %s", way, o.Reach, o.Detail)
		}
		if got := remoting.ShellNames(t, n); len(got) != 1 {
			t.Errorf("%v: %q while it is asked", way, got)
		}
		if err := c.Set(nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(t.Context()); err != nil { // waits for it
			t.Error(err)
		}
		if got := remoting.ShellNames(t, n); len(got) != 0 {
			t.Errorf("%v: %q after it was removed", way, got)
		}
	}
}

func TestRotatedPassword(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	nodes := nodesOf(t, sim, false, cluster.AuthNTLM)
	c := newClient(t, remoting.Options{Nodes: nodes})
	all := func(want cluster.Reach) {
		t.Helper()
		for _, n := range nodes {
			if o := ask(t, c, n, cluster.QuestionVitals); o.Reach != want {
				t.Errorf("%s: %v %s, want %v", n.Name, o.Reach, o.Detail, want)
			}
		}
	}
	failed := func() int { return sim.FailedSignIns(nodes[0].Name) + sim.FailedSignIns(nodes[1].Name) }
	all(cluster.ReachOK)
	if err := sim.SetPassword(sim.Nodes()[0].User, "rotated"); err != nil {
		t.Fatal(err)
	}
	all(cluster.ReachOK) // open connections stay
	for i := range nodes {
		nodes[i].ServerName = "reopen" // with the old password
	}
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		all(cluster.ReachPassword)
	}
	if n := failed(); n != 2 { // it was right before: two nodes are needed to say that it no longer is
		t.Errorf("the old password was tried %d times, want 2", n)
	}
	for i := range nodes {
		nodes[i].Password = cluster.NewSecret("rotated")
	}
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	all(cluster.ReachOK)
	if n := failed(); n != 2 {
		t.Errorf("with the new password it came to %d failed sign-ins", n)
	}
}

func TestWrongPasswordLocksNobodyOut(t *testing.T) {
	var shape simulator.Shape
	shape.Name = "C1"
	for _, n := range []string{"N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8"} {
		shape.Nodes = append(shape.Nodes, simulator.NodeShape{Name: n})
	}
	sim := start(t, simulator.Options{Shapes: []simulator.Shape{shape}, LockoutThreshold: 3, HTTPS: true})
	for name, way := range map[string]struct {
		https bool
		auth  cluster.Auth
		user  string
	}{
		"NTLM": {false, cluster.AuthNTLM, `SIM\reader`}, "NTLM over https": {true, cluster.AuthNTLM, "operator"}, "Basic": {true, cluster.AuthBasic, `SIM\no-cluster`},
	} {
		t.Run(name, func(t *testing.T) {
			nodes := nodesOf(t, sim, way.https, way.auth)
			for i := range nodes {
				nodes[i].User, nodes[i].Password = way.user, cluster.NewSecret("wrong")
			}
			c := newClient(t, remoting.Options{Nodes: nodes})
			before := 0
			for _, n := range nodes {
				before += sim.FailedSignIns(n.Name)
			}
			round := func() {
				t.Helper()
				var asking sync.WaitGroup
				for _, n := range nodes {
					for _, q := range cluster.Questions {
						asking.Go(func() {
							if o := ask(t, c, n, q); o.Reach != cluster.ReachPassword || strings.Contains(o.Detail, "wrong.") {
								t.Errorf("%s: %v %s", n.Name, o.Reach, o.Detail)
							}
						})
					}
				}
				asking.Wait()
			}
			attempts := func() int {
				now := 0
				for _, n := range nodes {
					now += sim.FailedSignIns(n.Name)
				}
				return now - before
			}
			for range 3 {
				round()
			}
			if n := attempts(); n != 1 {
				t.Errorf("%d failed sign-ins, want 1", n)
			}
			if err := c.Retry("C1", "N3"); err != nil {
				t.Fatal(err)
			}
			round()
			if n := attempts(); n != 2 {
				t.Errorf("after somebody asked to try again %d failed sign-ins, want 2", n)
			}
			if _, user, _ := strings.Cut(way.user, `\`); sim.LockedOut("N1", user) {
				t.Error("the account is locked")
			}
		})
	}
}

func TestRetryOfNobody(t *testing.T) {
	c := newClient(t, remoting.Options{})
	if err := c.Retry("C1", "N1"); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestNodeThatLostItsTrustStopsNobodyElse(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	nodes := nodesOf(t, sim, false, cluster.AuthNTLM)
	for i := range nodes {
		nodes[i].User = `SIM\` + nodes[i].User
	}
	c := newClient(t, remoting.Options{Nodes: nodes})
	if o := ask(t, c, nodes[0], cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	id, err := sim.Inject(simulator.FaultSpec{Kind: "winrm-refusing", Cluster: nodes[1].Cluster, Target: nodes[1].Name, Params: map[string]any{"how": "401"}})
	if err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, nodes[1], cluster.QuestionVitals); o.Reach != cluster.ReachPassword || !strings.Contains(o.Detail, "other nodes accept") {
		t.Errorf("the node without trust: %v %s", o.Reach, o.Detail)
	}
	nodes[0].ServerName = "reopen"
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, nodes[0], cluster.QuestionVitals); !o.OK() {
		t.Errorf("the other node: %v %s", o.Reach, o.Detail)
	}
	if err := sim.Clear(id); err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, nodes[1], cluster.QuestionVitals); o.Reach != cluster.ReachPassword {
		t.Errorf("it was tried again by itself: %v", o.Reach)
	}
	if err := c.Retry("C1", ""); err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, nodes[1], cluster.QuestionVitals); !o.OK() {
		t.Errorf("after somebody asked to try again: %v %s", o.Reach, o.Detail)
	}
}

// Somebody who mends a node's settings wants to see whether it works now.
func TestChangedSettingsTryAgain(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	nodes := nodesOf(t, sim, false, cluster.AuthNTLM)[:1]
	right := nodes[0].Password
	nodes[0].Password = cluster.NewSecret("wrong")
	c := newClient(t, remoting.Options{Nodes: nodes})
	rejected := func(want int) {
		t.Helper()
		for range 2 {
			if o := ask(t, c, nodes[0], cluster.QuestionVitals); o.Reach != cluster.ReachPassword {
				t.Errorf("%v %s", o.Reach, o.Detail)
			}
		}
		if n := sim.FailedSignIns(nodes[0].Name); n != want {
			t.Errorf("%d failed sign-ins, want %d", n, want)
		}
	}
	rejected(1)
	if err := c.Set(nodes); err != nil { // the same
		t.Fatal(err)
	}
	rejected(1)
	nodes[0].ServerName = "changed"
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	rejected(2)
	nodes[0].Password = right
	if err := c.Set(nodes); err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, nodes[0], cluster.QuestionVitals); !o.OK() {
		t.Errorf("with the right password: %v %s", o.Reach, o.Detail)
	}
}

// The polite end of a session must not sign in with a password that was replaced.
func TestReplacedPasswordIsNotUsedToSayGoodbye(t *testing.T) {
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	direct := n
	p, u := newProxy(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	if o := ask(t, c, n, cluster.QuestionVitals); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	if err := sim.SetPassword(sim.Nodes()[0].User, "rotated"); err != nil {
		t.Fatal(err)
	}
	direct.Password = cluster.NewSecret("rotated")
	p.cut() // the old session has to connect anew to say goodbye
	if err := c.Set([]remoting.Node{direct}); err != nil {
		t.Fatal(err)
	}
	if o := ask(t, c, direct, cluster.QuestionVitals); !o.OK() {
		t.Errorf("%v %s", o.Reach, o.Detail)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if f := sim.FailedSignIns(n.Name); f != 0 {
		t.Errorf("the old password was tried %d times", f)
	}
}
