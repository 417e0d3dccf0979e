package remoting_test

import (
	"context"
	"crypto/x509"
	"log/slog"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// nodesOf makes the client's nodes from the simulator's endpoints.
func nodesOf(t testing.TB, sim *simulator.Simulator, https bool, auth cluster.Auth) []remoting.Node {
	t.Helper()
	roots := x509.NewCertPool()
	if https && !roots.AppendCertsFromPEM(sim.CA()) {
		t.Fatal("the simulator's CA cannot be read")
	}
	var nodes []remoting.Node
	for _, e := range sim.Nodes() {
		n := remoting.Node{Cluster: e.Cluster, Name: e.Node, URL: e.HTTP, Identity: cluster.Identity{User: e.User, Password: cluster.NewSecret(e.Password)}, Auth: auth}
		if https {
			n.URL, n.RootCAs = e.HTTPS, roots
		}
		nodes = append(nodes, n)
	}
	return nodes
}

func start(t testing.TB, o simulator.Options) *simulator.Simulator {
	t.Helper()
	sim, err := simulator.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
	return sim
}

func newClient(t testing.TB, o remoting.Options) *remoting.Client {
	t.Helper()
	c, err := remoting.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return c
}

// ask asks with a deadline that only a broken session reaches.
func ask(t testing.TB, c *remoting.Client, n remoting.Node, q cluster.Question) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	o := c.Ask(ctx, n.Cluster, n.Name, q)
	if o.Cluster != n.Cluster || o.Node != n.Name || o.Question != q || o.At.IsZero() {
		t.Errorf("the observation does not say who was asked what and when: %+v", o)
	}
	return o
}

func TestEveryQuestionOverTheWire(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	for name, way := range map[string]struct {
		https bool
		auth  cluster.Auth
	}{
		"sealed NTLM over http": {false, cluster.AuthNTLM},
		"NTLM over https":       {true, cluster.AuthNTLM},
		"Basic over https":      {true, cluster.AuthBasic},
	} {
		t.Run(name, func(t *testing.T) {
			nodes := nodesOf(t, sim, way.https, way.auth)
			c := newClient(t, remoting.Options{Nodes: nodes, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
			for _, n := range nodes {
				for _, q := range cluster.Questions {
					if o := ask(t, c, n, q); !o.OK() {
						t.Errorf("%s: %v from %s: %v %s", name, q, n.Name, o.Reach, o.Detail)
					}
				}
			}
			o := ask(t, c, nodes[0], cluster.QuestionState)
			if s := o.State; s == nil || s.Name == "" || len(s.Nodes) == 0 || len(s.Networks) == 0 || len(s.Roles) == 0 || len(s.Roles[0].Resources) == 0 || s.Heartbeat.SameSubnetThreshold == 0 {
				t.Errorf("the state is incomplete: %+v", s)
			}
			v := ask(t, c, nodes[0], cluster.QuestionVitals).Vitals
			if v == nil || v.MemoryTotal == 0 || len(v.Services) == 0 || v.Skew.Abs() > time.Minute {
				t.Errorf("the vitals are incomplete: %+v", v)
			}
		})
	}
}
