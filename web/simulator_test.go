package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"os"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
)

// TestSimulatorAlone runs the clusters of a file in a process of their own,
// reads the line it prints and asks a node with it, over HTTP and HTTPS.
func TestSimulatorAlone(t *testing.T) {
	file := writeFile(t, "clusters.json", `[{"name": "LAB", "nodes": [{"name": "LAB-01"}, {"name": "LAB-02"}], "vmCount": 3}]`)
	sim := startChild(t, "simulator", "-json", "-clusters", file)
	var said announced
	must(t, json.Unmarshal([]byte(sim.first), &said))
	if len(said.Nodes) != 2 || said.Nodes[0].Cluster != "LAB" || said.Nodes[0].Name != "LAB-01" {
		t.Fatalf("it announced %+v", said.Nodes)
	}
	pem, err := os.ReadFile(said.CA)
	must(t, err)
	n := said.Nodes[0]
	for _, url := range []string{n.HTTP, n.HTTPS} {
		client, err := remoting.New(remoting.Options{Nodes: []remoting.Node{{
			Cluster: n.Cluster, Name: n.Name, URL: url, Identity: cluster.Identity{User: n.User, Password: cluster.NewSecret(n.Password)}, RootCAs: pool(t, pem),
		}}})
		must(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		o := client.Ask(ctx, n.Cluster, n.Name, cluster.QuestionState)
		if !o.OK() || len(o.State.Nodes) != 2 {
			t.Errorf("%s: %s %s", url, o.Reach, o.Detail)
		}
		client.Close(ctx)
		cancel()
	}
	type facts struct {
		Simulated bool
		Now       time.Time
	}
	state := getFrom[facts](t, said.Control+"/state")
	if !state.Simulated || state.Now.IsZero() {
		t.Errorf("its state is %+v", state)
	}
}

func pool(t *testing.T, pem []byte) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the CA's file")
	}
	return p
}

// TestSimulatorRefusesBadInput: each mistake is named, and nothing starts.
func TestSimulatorRefusesBadInput(t *testing.T) {
	bad := writeFile(t, "bad.json", `[{"name": "", "nodes": []}]`)
	for name, args := range map[string][]string{
		"both":     {"-clusters", bad, "-nodes", "3"},
		"negative": {"-nodes", "-1"},
		"shape":    {"-clusters", bad},
		"missing":  {"-clusters", bad + ".not"},
		"argument": {"extra"},
	} {
		if err := run(t.Context(), append([]string{"simulator"}, args...), env(), io.Discard, io.Discard); err == nil {
			t.Errorf("%s: started", name)
		}
	}
}
