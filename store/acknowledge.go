package store

import (
	"context"
	"fmt"
	"time"

	"looksalive/cluster"
)

// Acknowledge writes down that somebody has seen an open fault; whoever does it later
// takes it over. by is a name, "" where nobody signs in. It returns when that is on
// disk and published. Errors: cluster.ErrNotFound, cluster.ErrResolved.
func (s *Store) Acknowledge(ctx context.Context, id int64, by, note string) error {
	return s.acknowledge(ctx, id, "acknowledged", func(f cluster.Fault) cluster.Fault {
		f.Acked, f.AckedBy, f.AckNote = s.now().UTC(), by, note
		return f
	})
}

// Unacknowledge takes that back; if nobody has acknowledged the fault, nothing
// happens. Errors: cluster.ErrNotFound, cluster.ErrResolved.
func (s *Store) Unacknowledge(ctx context.Context, id int64) error {
	return s.acknowledge(ctx, id, "unacknowledged", func(f cluster.Fault) cluster.Fault {
		f.Acked, f.AckedBy, f.AckNote = time.Time{}, "", ""
		return f
	})
}

func (s *Store) acknowledge(ctx context.Context, id int64, what string, change func(cluster.Fault) cluster.Fault) error {
	err := s.write(ctx, func() error {
		f, ok := s.openFault(id)
		if !ok {
			was, err := s.Fault(ctx, id)
			if err == nil && !was.Open() {
				err = cluster.ErrResolved
			}
			return err
		}
		now := change(f)
		if !now.Acknowledged() && !f.Acknowledged() {
			return nil
		}
		s.seq++
		now.Seq = s.seq
		s.open[f.Cluster][f.Key()] = now
		s.dirty.faults[id] = now
		s.dirty.changes = append(s.dirty.changes, FaultChange{now.Seq, id, what, s.now().UTC(), f.Title, f.Health})
		s.changed, s.faultsChanged = true, true
		return s.flush(false)
	})
	if err != nil {
		return fmt.Errorf("fault %d is not %s: %w", id, what, err)
	}
	return nil
}

// openFault finds an open fault by its number. Only the holder of the write lock
// calls it.
func (s *Store) openFault(id int64) (cluster.Fault, bool) {
	for _, open := range s.open {
		for _, f := range open {
			if f.ID == id {
				return f, true
			}
		}
	}
	return cluster.Fault{}, false
}
