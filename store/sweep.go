package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
)

// sweepBatch is how many rows one transaction deletes, or looks for to delete them: a
// fault that comes meanwhile waits some milliseconds.
const sweepBatch = 500

// doom notes objects whose chunks are to be deleted. The holder of the write lock owns
// the list; merging and rolling up leave them out, so no new chunks of theirs appear.
func (s *Store) doom(ids []uint32, again bool) {
	for _, id := range ids {
		s.doomed[id] = true
	}
	s.sweeping = s.sweeping || again
	s.sweepAt = 0
}

// loadDoomed reads what a sweep that was cut short left to do.
func (s *Store) loadDoomed(ctx context.Context) error {
	var ids []uint32
	err := each(ctx, s.w, `SELECT id FROM doomed_object`, nil, func(scan func(...any) error) error {
		var id uint32
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	var faults int
	err = s.w.QueryRowContext(ctx, `SELECT count(*) FROM doomed_fault`).Scan(&faults)
	s.doom(ids, len(ids)+faults > 0)
	return err
}

// sweepAll deletes everything doomed, and lets others write in between. A failure is
// known to Health, and Run tries again.
func (s *Store) sweepAll(ctx context.Context) {
	for ctx.Err() == nil {
		more, err := s.sweep(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("deleting history", "err", err)
		}
		if err != nil || !more {
			return
		}
	}
}

// sweep deletes a little of what is doomed, and says whether there is more.
func (s *Store) sweep(ctx context.Context) (more bool, err error) {
	if err := s.take(ctx); err != nil {
		return false, err
	}
	defer s.give()
	if s.released {
		return false, errClosed
	}
	if !s.sweeping {
		return false, nil
	}
	at, done := s.sweepAt, false
	err = s.transact(func(tx *sql.Tx) error {
		var err error
		if at, done, err = s.sweepChunks(tx, at); err != nil || !done {
			return err
		}
		if done, err = sweepFaults(tx); err != nil || !done {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM stale WHERE object IN (SELECT id FROM doomed_object)`); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM doomed_object`); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM doomed_fault`)
		return err
	})
	s.setHealth(err)
	if err != nil {
		return true, err
	}
	s.sweepAt = at
	if done {
		clear(s.doomed)
		s.sweeping, s.sweepAt = false, 0
	}
	return !done, nil
}

// sweepChunks deletes the chunks of doomed objects from an id on. It goes from one
// group of chunks that exists (tier, block and column group) to the next and names
// those of the doomed objects in it, so that it reads none of the others.
func (s *Store) sweepChunks(tx *sql.Tx, at int64) (next int64, done bool, err error) {
	objects := slices.Sorted(maps.Keys(s.doomed))
	if len(objects) == 0 {
		return at, true, nil
	}
	for looked := 0; looked < sweepBatch; looked += len(objects) {
		var id int64
		err := tx.QueryRow(`SELECT id FROM chunk WHERE id >= ? ORDER BY id LIMIT 1`, at).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return at, true, nil
		}
		if err != nil {
			return at, false, err
		}
		group := id >> objectBits << objectBits
		for part := range slices.Chunk(objects, 256) {
			args := make([]any, len(part))
			for i, o := range part {
				args[i] = group | int64(o)
			}
			if _, err := tx.Exec(`DELETE FROM chunk WHERE id IN (`+marks(len(part))+`)`, args...); err != nil {
				return at, false, err
			}
		}
		at = group + 1<<objectBits
	}
	return at, false, nil
}

func sweepFaults(tx *sql.Tx) (done bool, err error) {
	res, err := tx.Exec(`DELETE FROM fault WHERE id IN (SELECT fault.id FROM doomed_fault d JOIN fault ON `+doomedFault+` LIMIT ?)`, sweepBatch)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n < sweepBatch, err
}

// doomedFault says that a fault is one that the row d of doomed_fault means.
const doomedFault = `fault.cluster = d.cluster AND fault.id <= d.last AND
	(d.node = '' OR fault.node = d.node OR (fault.object_kind = 'node' AND fault.object_name = d.node))`
