package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// Why faults end when nobody looks any more; it is added to their detail.
const (
	clusterRemoved = "Closed because the cluster was removed from LooksAlive."
	nodeRemoved    = "Closed because the node was removed from LooksAlive."
)

// DropDefinition stops watching a cluster: its definition and secrets are deleted, it
// leaves the snapshot, and its open faults are closed, all at once or not at all.
// Without keepHistory its samples, faults and answers go too: that, and only that, is
// done in many small steps; DropDefinition returns after the last, and Run goes on with
// them if ctx ends before or the program is stopped. What is already in the journal of
// samples stays on disk, unreadable by name, until it is trimmed within half an hour.
// The error is cluster.ErrNotFound if nothing is known under that name.
func (s *Store) DropDefinition(ctx context.Context, name string, keepHistory bool) error {
	err := s.write(ctx, func() error {
		d, err := s.lookUp(name)
		if err != nil {
			return err
		}
		if d.id != 0 {
			name = d.name
		} else if !s.knows(name) {
			return cluster.ErrNotFound
		}
		return s.drop(removal{cluster: name, definition: d.id, keep: keepHistory, reason: clusterRemoved})
	})
	if err != nil {
		return fmt.Errorf("removing cluster %q: %w", name, err)
	}
	s.sweepAll(ctx)
	return nil
}

// DropNode stops watching a node: it leaves the definition, if it is still in it, with
// its secrets, and the picture; its open faults are closed. Its newest answers are
// deleted in any case, its samples and past faults without keepHistory, as with
// DropDefinition. The error is cluster.ErrNotFound if nothing is known of the cluster.
func (s *Store) DropNode(ctx context.Context, clusterName, node string, keepHistory bool) error {
	err := s.write(ctx, func() error {
		d, err := s.lookUp(clusterName)
		if err != nil {
			return err
		}
		if d.id != 0 {
			clusterName = d.name
		} else if !s.knows(clusterName) {
			return cluster.ErrNotFound
		}
		return s.drop(removal{cluster: clusterName, node: node, definition: d.id, keep: keepHistory, reason: nodeRemoved})
	})
	if err != nil {
		return fmt.Errorf("removing node %q of cluster %q: %w", node, clusterName, err)
	}
	s.sweepAll(ctx)
	return nil
}

// removal takes away a cluster, or one node of it.
type removal struct {
	cluster, node string // node "": the whole cluster
	definition    int64  // 0 for none
	keep          bool   // history
	reason        string
	objects       []uint32 // that have samples to be deleted
}

func (s *Store) drop(r removal) error {
	// First nothing more is taken in, then all that was is applied.
	already := s.ignore(r.cluster, r.node)
	err := s.dropDrained(r)
	if err != nil && !already {
		s.heed(r.cluster, r.node)
	}
	return err
}

func (s *Store) dropDrained(r removal) error {
	if err := s.drain(true); err != nil {
		return err
	}
	if !r.keep {
		r.objects = s.samples.objectsOf(r.cluster, r.node)
	}
	closed, seq := s.closing(r)
	lastObject := s.samples.highest()
	err := s.transactSecurely(func(tx *sql.Tx) error {
		if err := closed.writeFaults(tx, seq, s.faultID); err != nil {
			return err
		}
		return r.write(tx, s.faultID, lastObject)
	})
	if err != nil {
		return err
	}
	s.seq = seq
	for _, f := range closed.faults {
		delete(s.open[r.cluster], f.Key())
		s.log.Info("fault resolved", "cluster", f.Cluster, "node", f.Node, "fault", f.Title)
	}
	if !r.keep {
		s.samples.remove(r.objects)
		s.doom(r.objects, true)
	}
	if r.node == "" {
		s.leave(r)
	} else {
		s.prune(r)
	}
	s.mu.Lock()
	delete(s.reported, r.cluster) // the next report is looked at closely
	s.mu.Unlock()
	s.changed, s.faultsChanged = true, true
	s.publish()
	s.scrub()
	return nil
}

// closing resolves the open faults of what is removed, with the last number given.
func (s *Store) closing(r removal) (dirty, uint64) {
	d, seq, now := newDirty(), s.seq, s.now().UTC()
	open := s.open[r.cluster]
	for _, key := range slices.Sorted(maps.Keys(open)) {
		f := open[key]
		if !r.means(f) {
			continue
		}
		seq++
		f.Seq, f.Updated, f.Resolved = seq, now, now
		f.Detail = strings.TrimSpace(f.Detail + " " + r.reason)
		d.faults[f.ID] = f
		d.changes = append(d.changes, FaultChange{seq, f.ID, "resolved", now, f.Title, f.Health})
	}
	return d, seq
}

func (r removal) means(f cluster.Fault) bool {
	return r.node == "" || f.Node == r.node || f.Object == cluster.Ref{Kind: "node", Name: r.node}
}

// write does it on disk.
func (r removal) write(tx *sql.Tx, lastFault int64, lastObject uint32) error {
	type statement struct {
		query string
		args  []any
	}
	var list []statement
	add := func(query string, args ...any) { list = append(list, statement{query, args}) }
	switch {
	case r.node == "":
		if err := changeSecrets(tx, func(all allSecrets) { delete(all, r.definition) }); err != nil {
			return err
		}
		add(`DELETE FROM definition WHERE id = ?`, r.definition)
		if !r.keep {
			for _, table := range []string{"observation", "contact", "memory"} {
				add(`DELETE FROM `+table+` WHERE cluster = ?`, r.cluster)
			}
			add(`DELETE FROM cluster WHERE name = ?`, r.cluster)
		}
	default:
		if err := r.undefine(tx); err != nil {
			return err
		}
		add(`DELETE FROM observation WHERE cluster = ? AND node = ?`, r.cluster, r.node)
		add(`DELETE FROM contact WHERE cluster = ? AND node = ?`, r.cluster, r.node)
		add(`UPDATE cluster SET members = (SELECT json_group_array(value) FROM json_each(members) WHERE value <> ?2) WHERE name = ?1`, r.cluster, r.node)
	}
	if !r.keep {
		add(`UPDATE counter SET value = max(value, ?) WHERE name = 'object'`, lastObject)
		for _, id := range r.objects {
			add(`INSERT INTO doomed_object (id) VALUES (?)`, id)
			add(`DELETE FROM object WHERE id = ?`, id)
		}
		add(`INSERT INTO doomed_fault (cluster, node, last) VALUES (?, ?, ?)`, r.cluster, r.node, lastFault)
	}
	for _, s := range list {
		if _, err := tx.Exec(s.query, s.args...); err != nil {
			return err
		}
	}
	return nil
}

// undefine takes a node out of its cluster's definition.
func (r removal) undefine(tx *sql.Tx) error {
	var text string
	err := tx.QueryRow(`SELECT data FROM definition WHERE id = ?`, r.definition).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var d cluster.Definition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	if d.Node(r.node) == nil {
		return nil
	}
	d.Nodes = slices.DeleteFunc(d.Nodes, func(n cluster.NodeDefinition) bool { return n.Name == r.node })
	data, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE definition SET data = ? WHERE id = ?`, string(data), r.definition); err != nil {
		return err
	}
	return changeSecrets(tx, func(all allSecrets) {
		maps.DeleteFunc(all[r.definition], func(at slot, _ []byte) bool { return at.node == r.node })
	})
}

// leave takes a cluster out of the state in memory. With its history is kept what was
// last known of it.
func (s *Store) leave(r removal) {
	if p := s.pictures[r.cluster]; p != nil {
		s.known[r.cluster] = p
	}
	if !r.keep {
		delete(s.known, r.cluster)
	}
	delete(s.pictures, r.cluster)
	delete(s.wanted, r.cluster)
	delete(s.open, r.cluster)
	s.names = slices.Sorted(maps.Keys(s.pictures))
}

// prune takes a node out of the state in memory.
func (s *Store) prune(r removal) {
	w, ok := s.wanted[r.cluster]
	if !ok {
		if p := s.known[r.cluster]; p != nil {
			s.known[r.cluster] = without(p, r.node)
		}
		if p := s.pictures[r.cluster]; p != nil {
			s.pictures[r.cluster] = without(p, r.node)
		}
		return
	}
	w.members = slices.DeleteFunc(slices.Clone(w.members), func(n string) bool { return n == r.node })
	w.paused = slices.DeleteFunc(slices.Clone(w.paused), func(n string) bool { return n == r.node })
	if !slices.Contains(w.dropped, r.node) {
		w.dropped = append(slices.Clone(w.dropped), r.node)
	}
	s.wanted[r.cluster] = w
	if p := s.known[r.cluster]; p != nil {
		s.known[r.cluster] = s.asWanted(p)
	}
	if p := s.pictures[r.cluster]; p != nil {
		s.pictures[r.cluster] = s.asWanted(p)
	}
}

// without is a picture as if a node had never been asked. What the cluster says of the
// node stays.
func without(p *cluster.Picture, node string) *cluster.Picture {
	q := *p
	other := func(n string) bool { return n == node }
	q.Members = slices.DeleteFunc(slices.Clone(p.Members), other)
	q.Paused = slices.DeleteFunc(slices.Clone(p.Paused), other)
	q.Nodes = maps.Clone(p.Nodes)
	delete(q.Nodes, node)
	if p.Since != nil {
		q.Since = maps.Clone(p.Since)
		maps.DeleteFunc(q.Since, func(key string, _ time.Time) bool { return strings.HasPrefix(key, "vitals/"+node+"|") })
	}
	return &q
}

// objectsOf lists what has samples of a cluster, or of one node of it.
func (t *series) objectsOf(name, node string) []uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []uint32
	for k, o := range t.objects {
		if k.cluster == name && (node == "" || k.name == "node/"+node) {
			out = append(out, o.id)
		}
	}
	slices.Sort(out)
	return out
}

// highest is the highest number ever given to an object.
func (t *series) highest() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastObject
}

// remove forgets objects and their samples in memory.
func (t *series) remove(ids []uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, o := range t.objects {
		if slices.Contains(ids, o.id) {
			delete(t.objects, k)
		}
	}
}
