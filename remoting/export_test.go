package remoting

import (
	"slices"
	"testing"
)

// ForgetShells makes this process one that opened no shell, as after a crash.
func ForgetShells() {
	ours.mu.Lock()
	defer ours.mu.Unlock()
	clear(ours.ids)
}

// ShellNames are the names of the shells on a node, sorted.
func ShellNames(t *testing.T, n Node) []string {
	t.Helper()
	c, err := New(Options{Nodes: []Node{n}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := newLane(n, c.peer(n.Cluster, n.Name).credential, c.opts.Limits.Body)
	if err != nil {
		t.Fatal(err)
	}
	defer l.drop()
	found, err := listShells(t.Context(), l, n.URL)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range found {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return names
}
