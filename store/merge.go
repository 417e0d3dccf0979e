package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// How long after its end a block is merged or rolled up: late buckets should
// be sealed by then. It would be right, only dearer, without.
const mergeDelay = int64(10 * 60_000)

// mergeNext merges the chunks of the oldest finished block of one object into
// rows of up to 16 metrics, writes their 5-minute points, and says whether
// there was one. The fresh chunks themselves are the list of what is to do.
func (s *Store) mergeNext(tx *sql.Tx, now int64) (bool, error) {
	limit := (now - mergeDelay) / blockSpan // blocks before this one are finished
	var first int64
	err := tx.QueryRow(`SELECT id FROM chunk WHERE id >= ? AND id < ? ORDER BY id LIMIT 1`,
		chunkID(tierFresh, 0, 0, 0), chunkID(tierFresh, max(limit, 0)*(blockSpan/bucketSpan), 0, 0)).Scan(&first)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, s.mergeBlock(tx, chunkBlock(first)*bucketSpan/blockSpan, chunkObject(first))
}

func (s *Store) mergeBlock(tx *sql.Tx, block int64, object uint32) error {
	var parts []table
	// What an earlier merge left, if late samples came.
	ids := make([]any, 0, 32)
	for group := range groupOf(s.samples.metricCount()) + 1 {
		ids = append(ids, chunkID(tierRaw, block, group, object))
	}
	for i := range blockSpan / bucketSpan {
		ids = append(ids, chunkID(tierFresh, block*(blockSpan/bucketSpan)+i, 0, object))
	}
	var fresh []int64
	rows, err := getChunks(tx, ids)
	if err != nil {
		return err
	}
	// Merged rows first, so that late samples win over them.
	slices.SortFunc(rows, func(a, b chunkRow) int {
		aFresh, bFresh := a.id < chunkID(tierRaw, 0, 0, 0), b.id < chunkID(tierRaw, 0, 0, 0)
		if aFresh != bFresh {
			if aFresh {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.id, b.id)
	})
	for _, r := range rows {
		if r.id < chunkID(tierRaw, 0, 0, 0) {
			fresh = append(fresh, r.id)
		}
		t, err := s.codec.readTable(r.data)
		if err != nil {
			s.log.Warn("chunk not understood, left out", "id", r.id, "err", err)
			continue
		}
		parts = append(parts, t)
	}
	if len(parts) > 0 {
		if err := s.writeBlock(tx, block, object, merge(parts...)); err != nil {
			return err
		}
	}
	drop := tx.Stmt(s.stmts.dropChunk)
	for _, id := range fresh {
		if _, err := drop.Exec(id); err != nil {
			return err
		}
	}
	return s.setStale(tx, tierHour, block*blockSpan/hourSpan, object)
}

func (s *Store) writeBlock(tx *sql.Tx, block int64, object uint32, all table) error {
	groups := map[uint32][]column{}
	for _, col := range all.columns {
		g := groupOf(col.number >> 3)
		groups[g] = append(groups[g], col)
	}
	for group, cols := range groups {
		t := table{times: all.times, columns: cols}
		if err := s.putChunk(tx, chunkID(tierRaw, block, group, object), s.codec.appendTable(nil, t)); err != nil {
			return err
		}
		rolled := make([]metricWindows, len(cols))
		for i, col := range cols {
			rolled[i] = metricWindows{col.number >> 3, rollSamples(nil, t.times, col.values, tierFive.step())}
		}
		if err := s.putRolled(tx, chunkID(tierFive, block, group, object), rolled); err != nil {
			return err
		}
	}
	return nil
}

// rollNext writes the rolled-up row of the oldest finished stale block of one
// object and tier, and says whether there was one.
func (s *Store) rollNext(tx *sql.Tx, t tier, now int64) (bool, error) {
	var block int64
	var object uint32
	err := tx.QueryRow(`SELECT block, object FROM stale WHERE tier = ? AND block < ? ORDER BY block, object LIMIT 1`,
		int64(t), (now-2*mergeDelay)/t.span()).Scan(&block, &object)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if s.doomed[object] { // the sweep may be past this tier already
		_, err := tx.Exec(`DELETE FROM stale WHERE object = ?`, object)
		return true, err
	}
	if err := s.rollBlock(tx, t, block, object); err != nil {
		return false, fmt.Errorf("tier %d block %d object %d: %w", t, block, object, err)
	}
	if _, err := tx.Exec(`DELETE FROM stale WHERE tier = ? AND block = ? AND object = ?`, int64(t), block, object); err != nil {
		return false, err
	}
	if t == tierHour {
		return true, s.setStale(tx, tierDay, block*hourSpan/daySpan, object)
	}
	return true, nil
}

func (s *Store) rollBlock(tx *sql.Tx, t tier, block int64, object uint32) error {
	source := t - 1
	n := t.span() / source.span()
	for group := range groupOf(s.samples.metricCount()) + 1 {
		ids := make([]any, 0, n)
		for i := range n {
			ids = append(ids, chunkID(source, block*n+i, group, object))
		}
		rows, err := getChunks(tx, ids)
		if err != nil {
			return err
		}
		byMetric := map[uint32][]window{}
		for _, r := range rows {
			v, err := openChunk(r.data)
			if err != nil {
				s.log.Warn("chunk not understood, left out", "id", r.id, "err", err)
				continue
			}
			for _, col := range v.cols {
				if m := col.number >> 3; col.number&7 == fieldCount {
					if byMetric[m], err = s.codec.readWindows(byMetric[m], v, m); err != nil {
						s.log.Warn("chunk not understood, left out", "id", r.id, "err", err)
					}
				}
			}
		}
		var rolled []metricWindows
		for m, windows := range byMetric {
			rolled = append(rolled, metricWindows{m, rollWindows(nil, windows, t.step())})
		}
		slices.SortFunc(rolled, func(a, b metricWindows) int { return cmp.Compare(a.metric, b.metric) })
		if err := s.putRolled(tx, chunkID(t, block, group, object), rolled); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putRolled(tx *sql.Tx, id int64, rolled []metricWindows) error {
	t := rolledTable(rolled)
	if len(t.times) == 0 {
		return nil
	}
	return s.putChunk(tx, id, s.codec.appendTable(nil, t))
}

// setStale notes that a rolled-up block must be written anew.
func (s *Store) setStale(tx *sql.Tx, t tier, block int64, object uint32) error {
	_, err := tx.Exec(`INSERT INTO stale (tier, block, object) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, int64(t), block, object)
	return err
}

type chunkRow struct {
	id   int64
	data []byte
}

// getChunks reads those chunks that exist, by rising id.
func getChunks(tx *sql.Tx, ids []any) ([]chunkRow, error) {
	var out []chunkRow
	for part := range slices.Chunk(ids, 256) {
		err := each(context.Background(), tx, `SELECT id, data FROM chunk WHERE id IN (`+marks(len(part))+`) ORDER BY id`, part,
			func(scan func(...any) error) error {
				var r chunkRow
				if err := scan(&r.id, &r.data); err != nil {
					return err
				}
				out = append(out, r)
				return nil
			})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *Store) putChunk(tx *sql.Tx, id int64, data []byte) error {
	_, err := tx.Stmt(s.stmts.putChunk).Exec(id, data)
	return err
}

// metricCount is the highest metric number given.
func (t *series) metricCount() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastMetric
}
