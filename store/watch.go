package store

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"looksalive/cluster"
)

// watchers are the channels of those who follow the picture. Each has one
// slot with the newest snapshot: a newer one replaces the unread one.
type watchers struct {
	mu     sync.Mutex
	chans  map[chan *cluster.Snapshot]struct{}
	closed bool
}

// Snapshot is the newest published picture. It never blocks and is never nil.
func (s *Store) Snapshot() *cluster.Snapshot { return s.snapshot.Load() }

// Watch hands out the newest snapshot at once and then every newer one; a slow
// reader misses those in between. The channel is closed when ctx ends or the
// store is closed.
func (s *Store) Watch(ctx context.Context) <-chan *cluster.Snapshot {
	ch := make(chan *cluster.Snapshot, 1)
	w := &s.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || ctx.Err() != nil {
		close(ch)
		return ch
	}
	ch <- s.snapshot.Load()
	w.chans[ch] = struct{}{}
	context.AfterFunc(ctx, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if _, ok := w.chans[ch]; ok {
			delete(w.chans, ch)
			close(ch)
		}
	})
	return ch
}

// publish makes snap the newest one. The pointer changes under the same lock
// as the channels, so that nobody can get an older one after a newer.
func (w *watchers) publish(s *Store, snap *cluster.Snapshot) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.snapshot.Store(snap)
	for ch := range w.chans {
		select {
		case <-ch:
		default:
		}
		ch <- snap // only we send, and the slot is free
	}
}

func (w *watchers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for ch := range w.chans {
		delete(w.chans, ch)
		close(ch)
	}
}

// publish builds the next snapshot from the state in memory. Only the holder
// of the write lock calls it. Pictures are immutable, so a snapshot costs one
// pointer a cluster; the fault list is built anew only when it changed.
func (s *Store) publish() {
	old := s.snapshot.Load()
	snap := &cluster.Snapshot{
		Version:  old.Version + 1,
		At:       s.now().UTC(),
		Clusters: make([]*cluster.Picture, len(s.names)),
		Faults:   old.Faults,
		Seq:      s.seq,
	}
	for i, name := range s.names {
		snap.Clusters[i] = s.pictures[name]
	}
	s.changed = false
	if s.faultsChanged {
		s.faultsChanged = false
		snap.Faults = []cluster.Fault{}
		for _, name := range s.names {
			for _, f := range s.open[name] {
				snap.Faults = append(snap.Faults, f)
			}
		}
		slices.SortFunc(snap.Faults, worstFirst)
	}
	s.watchers.publish(s, snap)
}

// worstFirst orders faults: severity, then those nobody has acknowledged, then the
// newest, then a fixed order.
func worstFirst(a, b cluster.Fault) int {
	return cmp.Or(
		cmp.Compare(b.Health, a.Health),
		cmp.Compare(acked(a), acked(b)),
		b.Opened.Compare(a.Opened),
		strings.Compare(a.Cluster, b.Cluster),
		cmp.Compare(b.ID, a.ID))
}

func acked(f cluster.Fault) int {
	if f.Acknowledged() {
		return 1
	}
	return 0
}
