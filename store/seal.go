package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
)

// sealBatch is how many buckets one transaction seals: few enough that a
// fault that comes meanwhile is written within milliseconds.
const sealBatch = 64

// sealed is one bucket on its way into a chunk.
type sealed struct {
	object *object
	bucket *bucket
}

// seal turns up to sealBatch buckets whose time has come into chunks, and says
// how many. The buckets stay readable in memory until the chunks are committed.
func (s *Store) seal(ctx context.Context, now int64) (int, error) {
	if err := s.take(ctx); err != nil {
		return 0, err
	}
	defer s.give()
	if s.released {
		return 0, errClosed
	}
	t := s.samples
	list := t.close(now)
	if len(list) > 0 {
		// First the journal, which brings the names of objects and metrics.
		if err := s.drain(true); err != nil {
			t.reopen(list)
			return 0, err
		}
		err := s.transact(func(tx *sql.Tx) error {
			ins := tx.Stmt(s.stmts.addChunk)
			for _, x := range list {
				if err := s.sealOne(tx, ins, x); err != nil {
					return fmt.Errorf("sealing %s: %w", x.object.key.name, err)
				}
			}
			return nil
		})
		s.setHealth(err)
		if err != nil {
			t.reopen(list)
			return 0, err
		}
	}
	return len(list), s.trimJournal(t.sealed(list, now))
}

func (s *Store) sealOne(tx *sql.Tx, ins *sql.Stmt, x sealed) error {
	id := chunkID(tierFresh, x.bucket.index, 0, x.object.id)
	data := s.codec.appendTable(nil, x.bucket.table())
	res, err := ins.Exec(id, data)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 1 {
		return err
	}
	// Late samples, or a journal played back after the seal: lay them over.
	var old []byte
	if err := tx.QueryRow(`SELECT data FROM chunk WHERE id = ?`, id).Scan(&old); err != nil {
		return err
	}
	was, err := s.codec.readTable(old)
	if err != nil {
		s.log.Warn("chunk not understood, replaced", "id", id, "err", err)
		was = table{}
	}
	_, err = tx.Exec(`UPDATE chunk SET data = ? WHERE id = ?`, s.codec.appendTable(nil, merge(was, x.bucket.table())), id)
	return err
}

// trimJournal deletes the rows of buckets that are sealed for all objects.
func (s *Store) trimJournal(buckets []int64) error {
	if len(buckets) == 0 {
		return nil
	}
	err := s.transact(func(tx *sql.Tx) error {
		for _, index := range buckets {
			if _, err := tx.Exec(`DELETE FROM journal WHERE id >= ? AND id < ?`, journalID(index, 0), journalID(index+1, 0)); err != nil {
				return err
			}
		}
		return nil
	})
	s.setHealth(err)
	if err != nil {
		s.samples.untrimmed(buckets)
	}
	return err
}

// close picks the buckets that are due and shuts them: late samples of the
// same time go to new ones.
func (t *series) close(now int64) []sealed {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now < t.nextDue && now > t.nextDue-bucketSpan {
		return nil
	}
	var list []sealed
	next := now + 10_000
	t.held = 0
	for _, o := range t.objects {
		for _, b := range o.buckets {
			t.held += len(b.rows)
			// A clock put back by more than a bucket must not keep it open for long.
			if b.due > now && b.due-now < 3*bucketSpan {
				continue
			}
			if len(list) == sealBatch {
				next = now
				continue
			}
			b.closed = true
			list = append(list, sealed{o, b})
		}
	}
	t.nextDue = next
	slices.SortFunc(list, func(a, b sealed) int { // as the ids rise
		return cmp.Or(cmp.Compare(a.bucket.index, b.bucket.index), cmp.Compare(a.object.id, b.object.id))
	})
	return list
}

// reopen takes back close, after a failure.
func (t *series) reopen(list []sealed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range list {
		x.bucket.closed = false
	}
	t.nextDue = 0
}

// sealed takes the buckets out of memory and lists the journal's buckets that
// are not needed any more.
func (t *series) sealed(list []sealed, now int64) []int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, x := range list {
		x.object.buckets = slices.DeleteFunc(x.object.buckets, func(b *bucket) bool { return b == x.bucket })
	}
	if len(list) == 0 && now < t.nextTrim && now > t.nextTrim-2*60_000 {
		return nil
	}
	t.nextTrim = now + 60_000
	live := map[int64]bool{}
	for index := range t.journal {
		live[index] = true
	}
	for _, r := range t.waiting {
		live[journalBucket(r.id)] = true
	}
	for _, o := range t.objects {
		for _, b := range o.buckets {
			live[b.index] = true
		}
	}
	var out []int64
	for index := range t.onDisk {
		if !live[index] {
			out = append(out, index)
			delete(t.onDisk, index)
		}
	}
	for index := range t.numbers {
		if !live[index] && !t.onDisk[index] && index < (now-2*lateLimit)/bucketSpan {
			delete(t.numbers, index)
		}
	}
	return out
}

func (t *series) untrimmed(buckets []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, index := range buckets {
		t.onDisk[index] = true
	}
}
