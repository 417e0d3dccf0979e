package remoting

import (
	"strings"
	"testing"

	"looksalive/cluster"
)

func TestNewListsEveryProblem(t *testing.T) {
	ok := Node{Cluster: "c", Name: "n1", URL: "https://n1:5986/wsman", Identity: cluster.Identity{User: "u", Password: cluster.NewSecret("p")}}
	if _, err := New(Options{Nodes: []Node{ok}}); err != nil {
		t.Fatalf("good options: %v", err)
	}
	if _, err := New(Options{}); err != nil {
		t.Errorf("without nodes: %v", err)
	}
	with := func(f func(*Node)) Node { n := ok; f(&n); return n }
	bad := map[string]Node{
		"Basic over http":          with(func(n *Node) { n.Name = "n2"; n.Auth = cluster.AuthBasic; n.URL = "http://n2:5985/wsman" }),
		"URL cannot be read":       with(func(n *Node) { n.Name = "n3"; n.URL = "http://u:canary@%zz/" }),
		"must not contain a user":  with(func(n *Node) { n.Name = "n4"; n.URL = "https://u:canary@n4/wsman" }),
		"must look like":           with(func(n *Node) { n.Name = "n5"; n.URL = "ftp://n5" }),
		"is there twice":           ok,
		"user and password are":    with(func(n *Node) { n.Name = "n6"; n.Password = cluster.Secret{} }),
		"cluster and name are req": with(func(n *Node) { n.Cluster = "" }),
		"There is no such sign-in": with(func(n *Node) { n.Name = "n7"; n.Auth = 9 }),
	}
	nodes := []Node{ok}
	for _, n := range bad {
		nodes = append(nodes, n)
	}
	_, err := New(Options{Nodes: nodes})
	if err == nil {
		t.Fatal("bad options were accepted")
	}
	for want := range bad {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error repeats a password: %v", err)
	}
}
