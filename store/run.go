package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// How often Run does what.
const (
	currentEvery    = 100 * time.Millisecond // current rows, and with them the snapshot
	samplesEvery    = time.Second            // the journal of samples
	tidyEvery       = time.Second            // seal, merge, roll up: a little each time
	expireEvery     = time.Minute
	checkpointEvery = time.Hour // back to a small WAL; SQLite itself keeps it at 4 MB
	rollBatch       = 4         // blocks merged or rolled up by one transaction
)

// Run writes what Record left behind and keeps history in shape, until ctx
// ends; then it writes the rest. Failures are reported by Health and tried
// again.
func (s *Store) Run(ctx context.Context) error {
	current := time.NewTicker(currentEvery)
	defer current.Stop()
	tidy := time.NewTicker(tidyEvery)
	defer tidy.Stop()
	expire := time.NewTicker(expireEvery)
	defer expire.Stop()
	checkpoint := time.NewTicker(checkpointEvery)
	defer checkpoint.Stop()
	var samplesAt time.Time
	for {
		var err error
		select {
		case <-ctx.Done():
			return s.commit(context.WithoutCancel(ctx), true)
		case t := <-current.C:
			due := t.Sub(samplesAt) >= samplesEvery
			if due {
				samplesAt = t
			}
			s.commit(ctx, due) // a failure is known to Health
		case <-tidy.C:
			_, err = s.tidy(ctx)
		case <-expire.C:
			_, err = s.retire(ctx)
		case <-checkpoint.C:
			err = s.checkpoint(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.Warn("keeping history in shape", "err", err)
		}
	}
}

// tidy does a little of what is due: it seals, merges and rolls up. It says
// whether there was anything to do.
func (s *Store) tidy(ctx context.Context) (bool, error) {
	now := s.now().UnixMilli()
	n, err := s.seal(ctx, now)
	if err != nil {
		return false, err
	}
	worked := n > 0
	more, err := s.sweep(ctx)
	if err != nil {
		return worked, err
	}
	worked = worked || more
	if err := s.scrubAgain(ctx); err != nil {
		return worked, err
	}
	for range 8 { // in several transactions, to let others in between
		more := false
		err := s.exclusively(ctx, func(tx *sql.Tx) error {
			for range rollBatch {
				did, err := s.mergeNext(tx, now)
				if err != nil {
					return fmt.Errorf("merging: %w", err)
				}
				if !did {
					return nil
				}
				more = true
			}
			return nil
		})
		if err != nil {
			return worked, err
		}
		if !more {
			break
		}
		worked = true
	}
	for t := tierHour; t <= tierDay; t++ {
		err := s.exclusively(ctx, func(tx *sql.Tx) error {
			for range rollBatch {
				did, err := s.rollNext(tx, t, now)
				if err != nil {
					return fmt.Errorf("rolling up: %w", err)
				}
				if !did {
					return nil
				}
				worked = true
			}
			return nil
		})
		if err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// exclusively runs fn in a transaction as the only writer.
func (s *Store) exclusively(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if s.released {
		return errClosed
	}
	err := s.transact(fn)
	s.setHealth(err)
	return err
}

func (s *Store) checkpoint(ctx context.Context) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if s.released {
		return errClosed
	}
	_, err := s.w.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return explain(err)
}

// marks is n placeholders.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
