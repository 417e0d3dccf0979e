package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"looksalive/cluster"
	"looksalive/collector"
	"looksalive/remoting"
	"looksalive/store"
)

// fleet is what the product watches. A change goes to the store first, then to
// those who ask: what was saved is watched, also after a kill in between.
type fleet struct {
	store     *store.Store
	client    *remoting.Client
	coll      *collector.Collector
	log       *slog.Logger
	addresses addressBook // of simulated nodes; nil means DNS

	change sync.Mutex // one change at a time

	mu          sync.Mutex
	definitions []cluster.Definition // by name
}

// loadFleet reads what is watched: fixed definitions, and those of the store. A
// fixed one hides a stored one of the same name.
func loadFleet(ctx context.Context, st *store.Store, fixed []cluster.Definition, log *slog.Logger) (*fleet, error) {
	f := &fleet{store: st, log: log, definitions: slices.Clone(fixed)}
	stored, err := st.Definitions(ctx)
	if err != nil {
		return nil, err
	}
	for _, d := range stored {
		if _, taken := f.find(d.Name); taken {
			log.Warn("a cluster added in the browser is hidden by one of the configuration", "cluster", d.Name)
			continue
		}
		if d.Locked {
			log.Warn("the credentials of a cluster cannot be opened with this key: enter them again", "cluster", d.Name)
		}
		f.definitions = append(f.definitions, d)
	}
	f.sort()
	return f, nil
}

// start makes what asks: nothing is asked before the collector runs.
func (f *fleet) start(ctx context.Context, installation string) error {
	var pictures []*cluster.Picture
	for _, d := range f.definitions {
		p, err := f.member(ctx, d)
		if err != nil {
			return err
		}
		pictures = append(pictures, p)
	}
	nodes, err := f.nodes()
	if err != nil {
		return err
	}
	// The client tells the collector at once when a node's session breaks; the
	// collector is made after the client.
	f.client, err = remoting.New(remoting.Options{
		Nodes: nodes, Logger: f.log, Installation: installation,
		OnLost: func(clusterName, node string) { f.coll.Wake(clusterName, node) },
	})
	if err != nil {
		return err
	}
	f.coll, err = collector.New(collector.Options{Clusters: pictures, Ask: f.client, Sink: f.store, Logger: f.log})
	return err
}

// member declares a cluster to the store and returns the picture to go on from:
// what is remembered of it, with the members as they are now.
func (f *fleet) member(ctx context.Context, d cluster.Definition) (*cluster.Picture, error) {
	members, paused := membersOf(d)
	if err := f.store.Members(ctx, d.Name, members, paused); err != nil {
		return nil, err
	}
	if p := f.store.Snapshot().Cluster(d.Name); p != nil {
		return p, nil
	}
	p := cluster.NewPicture(d.Name, members)
	p.Paused = paused
	return p, nil
}

// membersOf lists the nodes of a definition and those that are not asked.
func membersOf(d cluster.Definition) (members, paused []string) {
	for _, n := range d.Nodes {
		members = append(members, n.Name)
		if d.Paused || n.Paused {
			paused = append(paused, n.Name)
		}
	}
	return members, paused
}

// nodes are those that are to be asked. A cluster that cannot be asked, for want
// of its credentials, does not keep the others from being watched.
func (f *fleet) nodes() ([]remoting.Node, error) {
	var all []remoting.Node
	for _, d := range f.Definitions() {
		nodes, err := remoting.NodesOf(d)
		switch {
		case err != nil && d.Fixed:
			return nil, fmt.Errorf("cluster %s: %w", d.Name, err)
		case err != nil:
			f.log.Warn("cluster cannot be asked", "cluster", d.Name, "err", err)
		default:
			all = append(all, nodes...)
		}
	}
	return all, nil
}

// Definitions lists what is watched, by name.
func (f *fleet) Definitions() []cluster.Definition {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.definitions)
}

// Check tries step by step whether a definition would work.
func (f *fleet) Check(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
	o := remoting.CheckOptions{Definition: d, Tell: tell, Logger: f.log}
	if f.addresses != nil {
		o.Address = f.addresses.of(d.Access.Transport)
	}
	return remoting.Check(ctx, o)
}

// Save adds a cluster (was is "") or changes the one that was so called.
func (f *fleet) Save(ctx context.Context, was string, d cluster.Definition) error {
	f.change.Lock()
	defer f.change.Unlock()
	if err := f.acceptable(was, d); err != nil {
		return err
	}
	if err := f.store.PutDefinition(ctx, was, d); err != nil {
		return err
	}
	f.log.Info("cluster saved", "cluster", d.Name, "was", was, "nodes", len(d.Nodes))
	if was != "" && was != d.Name {
		f.coll.Forget(was)
	}
	f.put(was, d)
	return f.apply(ctx, d)
}

// acceptable says what is wrong with a definition that is to be saved.
func (f *fleet) acceptable(was string, d cluster.Definition) error {
	if was != "" {
		old, ok := f.find(was)
		switch {
		case !ok:
			return fmt.Errorf("cluster %q: %w", was, cluster.ErrNotFound)
		case old.Fixed:
			return fmt.Errorf("cluster %q: %w", was, cluster.ErrFixed)
		}
	}
	if _, taken := f.find(d.Name); taken && !strings.EqualFold(was, d.Name) {
		return fmt.Errorf("a cluster named %q: %w", d.Name, cluster.ErrExists)
	}
	var problems cluster.Problems
	if strings.TrimSpace(d.Name) == "" {
		problems = append(problems, "The cluster needs a name.")
	}
	if len(d.Nodes) == 0 {
		problems = append(problems, "The cluster needs at least one node.")
	}
	if _, err := remoting.NodesOf(d); err != nil {
		problems = append(problems, sentences(err)...)
	}
	return problems.Err()
}

// sentences takes joined errors apart.
func sentences(err error) []string {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []string{err.Error()}
	}
	var out []string
	for _, e := range joined.Unwrap() {
		out = append(out, sentences(e)...)
	}
	return out
}

// Pause stops or resumes asking a node, or the whole cluster if node is "".
// What is fixed is paused until the program starts again.
func (f *fleet) Pause(ctx context.Context, clusterName, node string, paused bool) error {
	f.change.Lock()
	defer f.change.Unlock()
	d, ok := f.find(clusterName)
	if !ok {
		return fmt.Errorf("cluster %q: %w", clusterName, cluster.ErrNotFound)
	}
	d.Nodes = slices.Clone(d.Nodes)
	if node == "" {
		d.Paused = paused
	} else if n := d.Node(node); n != nil {
		n.Paused = paused
	} else {
		return fmt.Errorf("node %q of cluster %q: %w", node, clusterName, cluster.ErrNotFound)
	}
	if !d.Fixed {
		if err := f.store.PutDefinition(ctx, d.Name, d); err != nil {
			return err
		}
	}
	f.log.Info("polling changed", "cluster", d.Name, "node", node, "paused", paused)
	f.put(d.Name, d)
	if paused {
		return f.applyLess(ctx, d)
	}
	return f.apply(ctx, d)
}

// Retry lets a password be tried once more that a node rejected, or any node of the
// cluster if node is "".
func (f *fleet) Retry(ctx context.Context, clusterName, node string) error {
	f.change.Lock()
	defer f.change.Unlock()
	d, ok := f.find(clusterName)
	if !ok || node != "" && d.Node(node) == nil {
		return fmt.Errorf("node %q of cluster %q: %w", node, clusterName, cluster.ErrNotFound)
	}
	if d.Paused || !slices.ContainsFunc(d.Nodes, func(n cluster.NodeDefinition) bool { return !n.Paused && (node == "" || n.Name == node) }) {
		return cluster.Problems{"It is paused: nothing is asked of it before it is resumed."}
	}
	if err := f.client.Retry(clusterName, node); err != nil {
		return err
	}
	f.log.Info("a rejected password is tried again", "cluster", d.Name, "node", node)
	p, err := f.member(ctx, d)
	if err != nil {
		return err
	}
	return f.coll.Watch(p) // nodes that are rested because of the password are asked now
}

// Remove stops watching a node, or the whole cluster if node is "".
func (f *fleet) Remove(ctx context.Context, clusterName, node string, keepHistory bool) error {
	f.change.Lock()
	defer f.change.Unlock()
	d, ok := f.find(clusterName)
	switch {
	case !ok:
		return fmt.Errorf("cluster %q: %w", clusterName, cluster.ErrNotFound)
	case d.Fixed:
		return fmt.Errorf("cluster %q: %w", clusterName, cluster.ErrFixed)
	case node != "":
		return f.removeNode(ctx, d, node, keepHistory)
	}
	// What still comes of it, the store ignores from now on.
	if err := f.store.DropDefinition(ctx, d.Name, keepHistory); err != nil {
		return err
	}
	f.log.Info("cluster removed", "cluster", d.Name, "history kept", keepHistory)
	f.coll.Forget(d.Name)
	f.drop(d.Name)
	return f.setNodes()
}

func (f *fleet) removeNode(ctx context.Context, d cluster.Definition, node string, keepHistory bool) error {
	if d.Node(node) == nil {
		return fmt.Errorf("node %q of cluster %q: %w", node, d.Name, cluster.ErrNotFound)
	}
	if len(d.Nodes) == 1 {
		return cluster.Problems{"This is the only node of the cluster: remove the cluster instead."}
	}
	d.Nodes = slices.DeleteFunc(slices.Clone(d.Nodes), func(n cluster.NodeDefinition) bool { return n.Name == node })
	if err := f.store.PutDefinition(ctx, d.Name, d); err != nil {
		return err
	}
	f.log.Info("node removed", "cluster", d.Name, "node", node, "history kept", keepHistory)
	f.put(d.Name, d)
	if err := f.applyLess(ctx, d); err != nil {
		return err
	}
	return f.store.DropNode(ctx, d.Name, node, keepHistory)
}

// apply has a definition watched as it now is.
func (f *fleet) apply(ctx context.Context, d cluster.Definition) error {
	p, err := f.member(ctx, d)
	if err != nil {
		return err
	}
	if err := f.setNodes(); err != nil {
		return err
	}
	return f.coll.Watch(p)
}

// applyLess is apply when fewer nodes are asked than before: they are asked no more
// before the client forgets them.
func (f *fleet) applyLess(ctx context.Context, d cluster.Definition) error {
	p, err := f.member(ctx, d)
	if err != nil {
		return err
	}
	if err := f.coll.Watch(p); err != nil {
		return err
	}
	return f.setNodes()
}

func (f *fleet) setNodes() error {
	nodes, err := f.nodes()
	if err != nil {
		return err
	}
	return f.client.Set(nodes)
}

// runnable says why nothing can be run on a node, nil if it can.
func (f *fleet) runnable(t cluster.Target) error {
	d, ok := f.find(t.Cluster)
	n := d.Node(t.Node)
	switch {
	case !ok || n == nil:
		return cluster.ErrNotFound
	case d.Paused || n.Paused:
		return errors.New("it is paused")
	}
	return nil
}

// commands lists the names of the commands a node has.
func (f *fleet) commands(ctx context.Context, t cluster.Target) ([]string, error) {
	return f.client.Complete(ctx, t, "")
}

func (f *fleet) find(name string) (cluster.Definition, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := slices.IndexFunc(f.definitions, func(d cluster.Definition) bool { return strings.EqualFold(d.Name, name) })
	if i < 0 {
		return cluster.Definition{}, false
	}
	return f.definitions[i], true
}

// put replaces the definition that was so called, or adds one.
func (f *fleet) put(was string, d cluster.Definition) {
	f.drop(was)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.definitions = append(f.definitions, d)
	f.sort()
}

func (f *fleet) drop(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.definitions = slices.DeleteFunc(slices.Clone(f.definitions), func(d cluster.Definition) bool { return strings.EqualFold(d.Name, name) })
}

func (f *fleet) sort() {
	slices.SortFunc(f.definitions, func(a, b cluster.Definition) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
}
