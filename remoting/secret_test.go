package remoting

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const canary = "Tr0ub4dor&3"
	s := NewSecret(canary)
	n := Node{Cluster: "c", Name: "n", User: "u", Password: s}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", s, "pointer", &s, "node", n, "nodes", []Node{n})
	}
	j, err := json.Marshal(map[string]any{"a": s, "b": &s, "node": []Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(j)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, n), fmt.Sprintf(verb, &n))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("the password is printed: %s", text)
		}
	}
	if s.reveal() != canary {
		t.Error("the password is lost")
	}
}

func TestNewListsEveryProblem(t *testing.T) {
	ok := Node{Cluster: "c", Name: "n1", URL: "https://n1:5986/wsman", User: "u", Password: NewSecret("p")}
	if _, err := New(Options{Nodes: []Node{ok}}); err != nil {
		t.Fatalf("good options: %v", err)
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no nodes were accepted")
	}
	with := func(f func(*Node)) Node { n := ok; f(&n); return n }
	bad := map[string]Node{
		"Basic over plain http":    with(func(n *Node) { n.Name = "n2"; n.Auth = AuthBasic; n.URL = "http://n2:5985/wsman" }),
		"URL cannot be read":       with(func(n *Node) { n.Name = "n3"; n.URL = "http://u:canary@%zz/" }),
		"must not contain a user":  with(func(n *Node) { n.Name = "n4"; n.URL = "https://u:canary@n4/wsman" }),
		"must look like":           with(func(n *Node) { n.Name = "n5"; n.URL = "ftp://n5" }),
		"is there twice":           ok,
		"password are required":    with(func(n *Node) { n.Name = "n6"; n.Password = Secret{} }),
		"cluster and name are req": with(func(n *Node) { n.Cluster = "" }),
		"no such authentication":   with(func(n *Node) { n.Name = "n7"; n.Auth = 9 }),
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
