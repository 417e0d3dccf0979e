package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

const day = 24 * time.Hour

// Retention says how long things are kept. Shorter than the least makes no
// sense, because each tier is made from the one before: then the least counts.
type Retention struct {
	Raw         time.Duration // every sample; 10 days, at least 2
	FiveMinutes time.Duration // 90 days, at least 13
	Hour        time.Duration // 400 days, at least 67
	Day         time.Duration // and past faults; 5 years
}

func (r Retention) withDefaults() Retention {
	def := func(d *time.Duration, v, least time.Duration) {
		if *d <= 0 {
			*d = v
		}
		*d = max(*d, least)
	}
	def(&r.Raw, 10*day, 2*day)
	def(&r.FiveMinutes, 90*day, max(13*day, r.Raw))
	def(&r.Hour, 400*day, max(67*day, r.FiveMinutes))
	def(&r.Day, 5*365*day, r.Hour)
	return r
}

// of is how long the chunks of a tier are kept, in milliseconds.
func (r Retention) of(t tier) int64 {
	return [...]time.Duration{tierFresh: r.Raw, tierRaw: r.Raw, tierFive: r.FiveMinutes, tierHour: r.Hour, tierDay: r.Day}[t].Milliseconds()
}

// horizonStep is how far the horizon moves at most with each look, in milliseconds.
// Run looks every expireEvery, so it moves at most twice as fast as time.
const horizonStep = int64(2 * expireEvery / time.Millisecond)

// nextHorizon moves the horizon towards what the clock says. Retention counts from the
// horizon, not from the clock: one that jumps ten years ahead, with it the time of all
// new samples, would delete all history at once. This way a clock that was wrong for an
// hour costs an hour of the oldest history. After a long pause the horizon stays behind
// for as long again; nothing was recorded in the pause, so no more is kept than usual.
func nextHorizon(horizon, now int64) int64 {
	return min(max(now, horizon-horizonStep), horizon+horizonStep)
}

// retire deletes what is past its time, a little each time, and says whether there may
// be more.
func (s *Store) retire(ctx context.Context) (more bool, err error) {
	now := s.now().UnixMilli()
	err = s.exclusively(ctx, func(tx *sql.Tx) error {
		horizon, err := readHorizon(tx, now)
		if err != nil || horizon == 0 {
			return err
		}
		horizon = nextHorizon(horizon, now)
		if _, err := tx.Exec(`UPDATE counter SET value = ? WHERE name = 'horizon'`, horizon); err != nil {
			return err
		}
		more, err = s.expireRows(tx, time.UnixMilli(min(horizon, now)))
		return err
	})
	return more, err
}

// readHorizon reads how far time has come. If that was never written, it is as far as
// the newest data, 0 without any.
func readHorizon(tx *sql.Tx, now int64) (int64, error) {
	var horizon int64
	err := tx.QueryRow(`SELECT value FROM counter WHERE name = 'horizon'`).Scan(&horizon)
	if err != nil || horizon != 0 {
		return horizon, err
	}
	newest, err := newestData(tx)
	return min(newest, now), err
}

// keepHorizon writes the horizon of a database that has none, before new data can come
// with a wrong time.
func (s *Store) keepHorizon() error {
	return s.transact(func(tx *sql.Tx) error {
		horizon, err := readHorizon(tx, s.now().UnixMilli())
		if err != nil || horizon == 0 {
			return err
		}
		_, err = tx.Exec(`UPDATE counter SET value = ? WHERE name = 'horizon'`, horizon)
		return err
	})
}

// newestData is about when the newest thing that retention may delete was recorded, in
// milliseconds; 0 if there is none.
func newestData(tx *sql.Tx) (int64, error) {
	var newest int64
	for t := tierFresh; t < tierBeyond; t++ {
		var id int64
		err := tx.QueryRow(`SELECT id FROM chunk WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1`, chunkID(t, 0, 0, 0), chunkID(t+1, 0, 0, 0)).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return 0, err
		}
		newest = max(newest, chunkBlock(id)*t.span())
	}
	var resolved int64
	err := tx.QueryRow(`SELECT coalesce(max(resolved), 0) FROM fault`).Scan(&resolved)
	return max(newest, resolved/int64(time.Millisecond)), err
}

// expireBatch is how many rows one transaction deletes.
const expireBatch = 500

// expireRows deletes what is past its time as of now, at most expireBatch rows of each
// kind, and says whether there may be more.
func (s *Store) expireRows(tx *sql.Tx, now time.Time) (more bool, err error) {
	del := func(query string, args ...any) error {
		res, err := tx.Exec(query, append(args, expireBatch)...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		more = more || n == expireBatch
		return err
	}
	for t := tierFresh; t < tierBeyond; t++ {
		block := (now.UnixMilli() - s.retention.of(t)) / t.span() // those before lie wholly beyond
		if block <= 0 {
			continue
		}
		if err := del(`DELETE FROM chunk WHERE id IN (SELECT id FROM chunk WHERE id >= ? AND id < ? LIMIT ?)`,
			chunkID(t, 0, 0, 0), chunkID(t, block, 0, 0)); err != nil {
			return more, err
		}
		if err := del(`DELETE FROM stale WHERE (tier, block, object) IN (SELECT tier, block, object FROM stale WHERE tier = ? AND block < ? LIMIT ?)`,
			int64(t), block); err != nil {
			return more, err
		}
	}
	err = del(`DELETE FROM fault WHERE id IN (SELECT id FROM fault WHERE resolved > 0 AND resolved < ? LIMIT ?)`,
		now.Add(-s.retention.Day).UnixNano())
	return more, err
}
