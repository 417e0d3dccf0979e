package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"looksalive/cluster"
)

var errClosed = errors.New("the store is closed")

// maxQueue is how many reports may wait before the one who reports must write
// them himself. 1,000 nodes make about 200 a second.
const maxQueue = 4096

// request is a report that waits for a commit.
type request struct {
	report cluster.Report
	done   chan struct{} // closed after the commit
	err    error
}

// Record takes one report. If the report changes a fault, Record returns when
// the change is on disk and published; anything else is written by Run within
// a tenth of a second. Reports of one cluster must come in order.
func (s *Store) Record(ctx context.Context, r cluster.Report) error {
	name := r.Observation.Cluster
	req := &request{report: r, done: make(chan struct{})}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return fmt.Errorf("recording %s: %w", name, errClosed)
	}
	if s.ignored[nodeKey{name, ""}] || s.ignored[nodeKey{name, r.Observation.Node}] {
		s.mu.Unlock()
		return nil
	}
	s.samples.add(name, r.Observation.At, cluster.Samples(r.Observation))
	before, known := s.reported[name]
	urgent := !known || !sameFaults(before, r.Faults) || len(s.queue) >= maxQueue
	s.reported[name] = r.Faults
	s.queue = append(s.queue, req)
	s.mu.Unlock()
	if !urgent {
		return nil
	}
	if err := s.commit(ctx, false); err != nil {
		return fmt.Errorf("recording %s: %w", name, err)
	}
	select {
	case <-req.done:
	case <-ctx.Done():
		return ctx.Err()
	}
	if req.err != nil {
		return fmt.Errorf("recording %s: %w", name, req.err)
	}
	return nil
}

// wanted is what we were told of a cluster. It counts for more than the picture of a
// report, which may have been on its way meanwhile.
type wanted struct{ members, paused, dropped []string }

// Members declares a cluster we watch, the nodes we were told to ask, and those of them
// that are not asked for now, so that it is in the snapshot before its first answer,
// with what was known of it when the program last ran. It may be called again when
// either changes: the snapshot shows it at once. Faults stay as they are until the next
// report.
func (s *Store) Members(ctx context.Context, clusterName string, members, paused []string) error {
	return s.write(ctx, func() error {
		p := s.pictures[clusterName]
		if p == nil {
			p = s.known[clusterName]
		}
		if p == nil {
			p = cluster.NewPicture(clusterName, nil)
		}
		s.heed(clusterName, "")
		for _, n := range members {
			s.heed(clusterName, n)
		}
		dropped := slices.Clone(s.wanted[clusterName].dropped)
		s.wanted[clusterName] = wanted{slices.Clone(members), slices.Clone(paused),
			slices.DeleteFunc(dropped, func(n string) bool { return slices.Contains(members, n) })}
		p = s.asWanted(p)
		s.show(p)
		s.dirty.members[clusterName] = p.Members
		return s.flush(false)
	})
}

// asWanted is a picture with the members we were told, without nodes that were removed.
func (s *Store) asWanted(p *cluster.Picture) *cluster.Picture {
	w, ok := s.wanted[p.Cluster]
	if !ok {
		return p
	}
	for _, n := range w.dropped {
		if _, ok := p.Nodes[n]; ok {
			p = without(p, n)
		}
	}
	if !slices.Equal(p.Members, w.members) || !slices.Equal(p.Paused, w.paused) {
		q := *p
		q.Members, q.Paused = w.members, w.paused
		p = &q
	}
	return p
}

// ignore passes over the reports of a cluster, or of one node, from now on: one that is
// on its way must not bring back what was removed. It says whether they already were.
func (s *Store) ignore(clusterName, node string) (already bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := nodeKey{clusterName, node}
	already = s.ignored[k]
	s.ignored[k] = true
	return already
}

// heed takes reports again.
func (s *Store) heed(clusterName, node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ignored, nodeKey{clusterName, node})
}

// show puts a picture into the next snapshot.
func (s *Store) show(p *cluster.Picture) {
	if _, ok := s.pictures[p.Cluster]; !ok {
		i, _ := slices.BinarySearch(s.names, p.Cluster)
		s.names = slices.Insert(s.names, i, p.Cluster)
		s.faultsChanged = true
	}
	s.pictures[p.Cluster] = p
	s.changed = true
}

// write runs fn as the only writer.
func (s *Store) write(ctx context.Context, fn func() error) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if s.released {
		return errClosed
	}
	return fn()
}

func (s *Store) take(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) give() { <-s.turn }

// commit writes everything that waits. Those who come while another one
// writes find their report written when it is their turn. withSamples adds
// the samples; else they wait for the next second.
func (s *Store) commit(ctx context.Context, withSamples bool) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	return s.drain(withSamples)
}

// drain applies the waiting reports, writes and publishes.
func (s *Store) drain(withSamples bool) error {
	if s.released {
		return errClosed
	}
	s.mu.Lock()
	batch := s.queue
	s.queue = nil
	s.mu.Unlock()
	for _, req := range batch {
		s.applyReport(req.report)
	}
	if len(batch) == 0 && !withSamples && s.dirty.empty() {
		return nil
	}
	err := s.flush(withSamples)
	for _, req := range batch {
		req.err = err
		close(req.done)
	}
	return err
}

// applyReport brings the state in memory forward by one report.
func (s *Store) applyReport(r cluster.Report) {
	o := r.Observation
	p := r.Picture
	if p == nil {
		if p = s.pictures[o.Cluster]; p == nil {
			p = cluster.NewPicture(o.Cluster, nil)
		}
		p = p.With(o)
	}
	p = s.asWanted(p)
	before := s.pictures[o.Cluster]
	s.show(p)
	if o.OK() {
		s.dirty.observations[observationKey{o.Cluster, o.Node, o.Question}] = o
	}
	v := p.Nodes[o.Node]
	s.dirty.contacts[nodeKey{o.Cluster, o.Node}] = contactRow{v.Contact, v.Denied}
	if before == nil || o.Question == cluster.QuestionState || !maps.Equal(before.Since, p.Since) {
		s.dirty.memories[o.Cluster] = memoryRow{p.StateContact, p.Since, p.Held}
	}
	s.applyFaults(o.Cluster, r.Faults)
}

// flush writes the dirty state in one transaction and publishes. If the disk
// does not take it, the state stays dirty and is published all the same: a
// full disk must not blind the screen.
func (s *Store) flush(withSamples bool) error {
	var rows journalRows
	if withSamples {
		if rows = s.samples.take(); rows.empty() && s.dirty.empty() {
			return nil
		}
	}
	err := s.transact(func(tx *sql.Tx) error {
		if err := s.dirty.write(tx, &s.stmts, s.seq, s.faultID); err != nil {
			return err
		}
		return rows.write(tx, &s.stmts)
	})
	s.setHealth(err)
	if err == nil {
		s.dirty.clear()
		s.samples.written(rows)
	} else {
		s.samples.refused(rows)
		s.dirty.bound(s.log)
	}
	if s.changed {
		s.publish()
	}
	return err
}

// transact runs fn in one transaction of the writer. A transaction once begun
// is not given up when somebody loses patience, so it has no context.
func (s *Store) transact(fn func(tx *sql.Tx) error) error {
	tx, err := s.w.Begin()
	if err != nil {
		return explain(err)
	}
	defer tx.Rollback() // does nothing after Commit
	if err := fn(tx); err != nil {
		return explain(err)
	}
	return explain(tx.Commit())
}

// setHealth remembers whether the last write reached the disk, and logs when
// that changes.
func (s *Store) setHealth(err error) {
	was := s.Health()
	switch {
	case err != nil:
		s.health.Store(&err)
		if was == nil {
			s.log.Error("history is not written", "err", err)
		}
	case was != nil:
		s.health.Store(nil)
		s.log.Info("history is written again")
	}
}
