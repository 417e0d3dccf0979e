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

// FaultChange is one entry of the log of everything that happened to faults.
type FaultChange struct {
	Seq     uint64
	FaultID int64
	What    string // "opened", "changed", "acknowledged", "unacknowledged", "resolved"
	At      time.Time
	Title   string // as it was then
	Health  cluster.Health
}

// sameText says whether two reports of one fault say the same.
func sameText(a, b cluster.Fault) bool {
	return a.Health == b.Health && a.Title == b.Title && a.Impact == b.Impact &&
		a.Detail == b.Detail && a.Cause == b.Cause && a.Node == b.Node && slices.Equal(a.Steps, b.Steps)
}

// sameFaults says whether two reports of one cluster hold the same faults.
func sameFaults(a, b []cluster.Fault) bool {
	if len(a) != len(b) {
		return false
	}
	byKey := make(map[string]cluster.Fault, len(a))
	for _, f := range a {
		byKey[f.Key()] = f
	}
	for _, f := range b {
		if was, ok := byKey[f.Key()]; !ok || !sameText(was, f) {
			return false
		}
		delete(byKey, f.Key())
	}
	return true
}

// diffFaults compares the open faults of a cluster, by key, with those now
// reported, and lists what changed: new ones with Opened, changed ones with
// Updated, those no longer reported with Resolved. A fault keeps the Since of
// its first report, and its acknowledgement until it gets worse. Numbers are left
// to the caller.
func diffFaults(open map[string]cluster.Fault, reported []cluster.Fault, now time.Time) []cluster.Fault {
	var out []cluster.Fault
	seen := make(map[string]bool, len(reported))
	for _, f := range reported {
		key := f.Key()
		if seen[key] {
			continue // the first one counts
		}
		seen[key] = true
		was, ok := open[key]
		switch {
		case !ok:
			f.ID, f.Opened, f.Updated, f.Resolved = 0, now, now, time.Time{}
			f.Acked, f.AckedBy, f.AckNote = time.Time{}, "", ""
			if f.Since.IsZero() {
				f.Since = now
			}
			out = append(out, f)
		case !sameText(was, f):
			f.ID, f.Since, f.Opened, f.Updated, f.Resolved = was.ID, was.Since, was.Opened, now, time.Time{}
			f.Acked, f.AckedBy, f.AckNote = was.Acked, was.AckedBy, was.AckNote
			if f.Health > was.Health { // nobody has seen that
				f.Acked, f.AckedBy, f.AckNote = time.Time{}, "", ""
			}
			out = append(out, f)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(open)) {
		if !seen[key] {
			f := open[key]
			f.Resolved = now
			out = append(out, f)
		}
	}
	return out
}

// applyFaults brings the open faults of a cluster to what was reported.
func (s *Store) applyFaults(name string, reported []cluster.Fault) {
	now := s.now().UTC()
	for i := range reported {
		if reported[i].Cluster != name { // never let one cluster's report touch another's faults
			reported = slices.Clone(reported)
			for j := range reported {
				reported[j].Cluster = name
			}
			break
		}
	}
	open := s.open[name]
	for _, f := range diffFaults(open, reported, now) {
		s.seq++
		what := "changed"
		switch {
		case f.ID == 0:
			what = "opened"
			s.faultID++
			f.ID = s.faultID
		case !f.Open():
			what = "resolved"
		}
		f.Seq = s.seq
		if open == nil {
			open = map[string]cluster.Fault{}
			s.open[name] = open
		}
		if f.Open() {
			open[f.Key()] = f
		} else {
			delete(open, f.Key())
		}
		s.dirty.faults[f.ID] = f
		s.dirty.changes = append(s.dirty.changes, FaultChange{f.Seq, f.ID, what, now, f.Title, f.Health})
		s.faultsChanged = true
		s.log.Info("fault "+what, "cluster", name, "node", f.Node, "fault", f.Title)
	}
}

func (d *dirty) writeFaults(tx *sql.Tx, seq uint64, faultID int64) error {
	if len(d.faults)+len(d.changes) == 0 {
		return nil
	}
	for _, f := range d.faults {
		steps, err := json.Marshal(f.Steps)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO fault (`+faultColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
			ON CONFLICT DO UPDATE SET node = excluded.node, health = excluded.health, title = excluded.title,
				impact = excluded.impact, detail = excluded.detail, cause = excluded.cause, steps = excluded.steps,
				updated = excluded.updated, resolved = excluded.resolved, seq = excluded.seq,
				acked = excluded.acked, acked_by = excluded.acked_by, ack_note = excluded.ack_note`,
			f.ID, f.Cluster, string(f.Kind), f.Object.Kind, f.Object.Name, f.Node, int(f.Health), f.Title, f.Impact, f.Detail,
			f.Cause, string(steps), nanos(f.Since), nanos(f.Opened), nanos(f.Updated), nanos(f.Resolved), int64(f.Seq),
			nanos(f.Acked), f.AckedBy, f.AckNote); err != nil {
			return fmt.Errorf("fault %d: %w", f.ID, err)
		}
	}
	for _, c := range d.changes {
		if _, err := tx.Exec(`INSERT INTO fault_change (seq, fault, what, at, title, health) VALUES (?,?,?,?,?,?)`,
			int64(c.Seq), c.FaultID, c.What, nanos(c.At), c.Title, int(c.Health)); err != nil {
			return fmt.Errorf("change %d: %w", c.Seq, err)
		}
	}
	_, err := tx.Exec(`UPDATE counter SET value = CASE name WHEN 'seq' THEN ? ELSE ? END WHERE name IN ('seq', 'fault')`, int64(seq), faultID)
	return err
}

// notDoomed leaves out what is about to be deleted.
const notDoomed = `NOT EXISTS (SELECT 1 FROM doomed_fault d WHERE ` + doomedFault + `)`

const faultColumns = `id, cluster, kind, object_kind, object_name, node, health, title, impact, detail, cause, steps, since, opened, updated, resolved, seq, acked, acked_by, ack_note`

// loadFaults reads the open faults and the numbers last given.
func (s *Store) loadFaults(ctx context.Context) error {
	var seq int64
	if err := s.w.QueryRowContext(ctx, `SELECT value FROM counter WHERE name = 'seq'`).Scan(&seq); err != nil {
		return err
	}
	s.seq = uint64(seq)
	if err := s.w.QueryRowContext(ctx, `SELECT value FROM counter WHERE name = 'fault'`).Scan(&s.faultID); err != nil {
		return err
	}
	faults, err := queryFaults(ctx, s.w, `WHERE resolved = 0`)
	for _, f := range faults {
		if s.open[f.Cluster] == nil {
			s.open[f.Cluster] = map[string]cluster.Fault{}
		}
		s.open[f.Cluster][f.Key()] = f
		s.reported[f.Cluster] = append(s.reported[f.Cluster], f)
	}
	return err
}

// Faults selects faults, open and past, the latest change first; with AfterSeq
// the earliest change first, so that a client that asks again with the highest
// number it got misses none.
func (s *Store) Faults(ctx context.Context, q cluster.FaultQuery) ([]cluster.Fault, error) {
	var where []string
	var args []any
	cond := func(text string, values ...any) {
		where = append(where, text)
		args = append(args, values...)
	}
	if q.Cluster != "" {
		cond("cluster = ?", q.Cluster)
	}
	if q.Node != "" {
		cond("(node = ? OR (object_kind = 'node' AND object_name = ?))", q.Node, q.Node)
	}
	if q.OpenOnly {
		// A fault of a cluster nobody watches any more is neither open nor over.
		watched := []string{}
		for _, p := range s.Snapshot().Clusters {
			watched = append(watched, p.Cluster)
		}
		list, err := json.Marshal(watched)
		if err != nil {
			return nil, err
		}
		cond("resolved = 0 AND cluster IN (SELECT value FROM json_each(?))", string(list))
	}
	if q.Acked != nil {
		cond("(resolved = 0 AND acked <> 0) = ?", *q.Acked)
	}
	if !q.Since.IsZero() {
		t := nanos(q.Since)
		cond("(opened >= ? OR updated >= ? OR acked >= ? OR resolved >= ?)", t, t, t, t)
	}
	order := "seq DESC"
	if q.AfterSeq > 0 {
		cond("seq > ?", int64(min(q.AfterSeq, 1<<63-1)))
		order = "seq"
	}
	where = append(where, notDoomed)
	text := "WHERE " + strings.Join(where, " AND ")
	limit := q.Limit
	if limit <= 0 {
		limit = 500
	}
	faults, err := queryFaults(ctx, s.r, text+" ORDER BY "+order+" LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("reading faults: %w", explain(err))
	}
	return faults, nil
}

// Fault finds one fault, open or past; cluster.ErrNotFound if there is none.
func (s *Store) Fault(ctx context.Context, id int64) (cluster.Fault, error) {
	faults, err := queryFaults(ctx, s.r, `WHERE id = ? AND `+notDoomed, id)
	if err != nil {
		return cluster.Fault{}, fmt.Errorf("reading fault %d: %w", id, explain(err))
	}
	if len(faults) == 0 {
		return cluster.Fault{}, fmt.Errorf("fault %d: %w", id, cluster.ErrNotFound)
	}
	return faults[0], nil
}

// FaultChanges lists what happened to faults after a sequence number, oldest
// first; fault 0 means all faults, limit 0 means 500.
func (s *Store) FaultChanges(ctx context.Context, after uint64, fault int64, limit int) ([]FaultChange, error) {
	if limit <= 0 {
		limit = 500
	}
	out := []FaultChange{}
	err := each(ctx, s.r, `SELECT seq, fault, what, at, title, health FROM fault_change
		WHERE seq > ? AND (? = 0 OR fault = ?) ORDER BY seq LIMIT ?`,
		[]any{int64(min(after, 1<<63-1)), fault, fault, limit}, func(scan func(...any) error) error {
			var c FaultChange
			var seq, at int64
			var health int
			if err := scan(&seq, &c.FaultID, &c.What, &at, &c.Title, &health); err != nil {
				return err
			}
			c.Seq, c.At, c.Health = uint64(seq), timeOf(at), cluster.Health(health)
			out = append(out, c)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("reading fault changes: %w", explain(err))
	}
	return out, nil
}

func queryFaults(ctx context.Context, db querier, rest string, args ...any) ([]cluster.Fault, error) {
	out := []cluster.Fault{}
	err := each(ctx, db, `SELECT `+faultColumns+` FROM fault `+rest, args, func(scan func(...any) error) error {
		var f cluster.Fault
		var steps string
		var health int
		var since, opened, updated, resolved, seq, acked int64
		if err := scan(&f.ID, &f.Cluster, &f.Kind, &f.Object.Kind, &f.Object.Name, &f.Node, &health, &f.Title, &f.Impact, &f.Detail,
			&f.Cause, &steps, &since, &opened, &updated, &resolved, &seq,
			&acked, &f.AckedBy, &f.AckNote); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(steps), &f.Steps); err != nil {
			return errors.Join(fmt.Errorf("steps of fault %d", f.ID), err)
		}
		f.Health, f.Seq = cluster.Health(health), uint64(seq)
		f.Since, f.Opened, f.Updated, f.Resolved = timeOf(since), timeOf(opened), timeOf(updated), timeOf(resolved)
		f.Acked = timeOf(acked)
		out = append(out, f)
		return nil
	})
	return out, err
}

// nanos is a time as stored, 0 for none.
func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOf(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}
