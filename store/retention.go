package store

import (
	"context"
	"database/sql"
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

// expireBatch is how many rows one transaction deletes.
const expireBatch = 500

// expire deletes what is past its time, at most expireBatch rows of each kind,
// and says whether there may be more.
func (s *Store) expire(ctx context.Context, now time.Time) (bool, error) {
	more := false
	err := s.exclusively(ctx, func(tx *sql.Tx) error {
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
				return err
			}
			if err := del(`DELETE FROM stale WHERE (tier, block, object) IN (SELECT tier, block, object FROM stale WHERE tier = ? AND block < ? LIMIT ?)`,
				int64(t), block); err != nil {
				return err
			}
		}
		return del(`DELETE FROM fault WHERE id IN (SELECT id FROM fault WHERE resolved > 0 AND resolved < ? LIMIT ?)`,
			now.Add(-s.retention.Day).UnixNano())
	})
	return more, err
}
