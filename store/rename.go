package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"looksalive/cluster"
)

// renaming gives all that is known of one cluster another name.
type renaming struct {
	from, to string
	open     map[string]cluster.Fault // its open faults as they will be, by their new key
}

// plan lists the renamings that bring what is known as from to the name to. What is
// still known of an earlier cluster called to, which was removed and its history kept,
// must make way: it is put aside under a name that says until when it was.
func (s *Store) plan(from, to string) []renaming {
	if from == "" || from == to {
		return nil
	}
	moves := []renaming{{from: from, to: to}}
	if s.knows(to) {
		aside := fmt.Sprintf("%s (until %s)", to, s.now().UTC().Format("2006-01-02"))
		for n := 2; s.knows(aside); n++ {
			aside = fmt.Sprintf("%s (until %s, %d)", to, s.now().UTC().Format("2006-01-02"), n)
		}
		moves = slices.Insert(moves, 0, renaming{from: to, to: aside})
	}
	return moves
}

// knows says whether anything is kept under a name.
func (s *Store) knows(name string) bool {
	if s.known[name] != nil || s.pictures[name] != nil || len(s.open[name]) > 0 || s.samples.knows(name) {
		return true
	}
	var n int
	err := s.w.QueryRow(`SELECT 1 FROM fault WHERE cluster = ? LIMIT 1`, name).Scan(&n)
	return err == nil
}

// renamed are the open faults of a cluster under its new name. What they say may name
// the cluster: where they follow from what is known of it, it is said anew.
func (s *Store) renamed(m renaming) map[string]cluster.Fault {
	keys := make(map[string]string) // new ones by old ones
	open := make(map[string]cluster.Fault)
	for old, f := range s.open[m.from] {
		f.Cluster = m.to
		if f.Object == (cluster.Ref{Kind: "cluster", Name: m.from}) {
			f.Object.Name = m.to
		}
		keys[old] = f.Key()
		open[f.Key()] = f
	}
	said := make(map[string]cluster.Fault)
	if p := s.pictures[m.from]; p != nil {
		q := *p
		q.Cluster = m.to
		for _, f := range cluster.Diagnose(&q, s.now()) {
			said[f.Key()] = f
		}
	}
	for key, f := range open {
		if cause, ok := keys[f.Cause]; ok {
			f.Cause = cause
		} else if rest, ok := strings.CutPrefix(f.Cause, m.from+"|"); ok {
			f.Cause = m.to + "|" + rest
		}
		if now, ok := said[key]; ok {
			f.Title, f.Impact, f.Detail, f.Steps = now.Title, now.Impact, now.Detail, now.Steps
		}
		open[key] = f
	}
	return open
}

// write does it on disk.
func (m renaming) write(tx *sql.Tx) error {
	for _, query := range []string{
		`UPDATE cluster SET name = ?2 WHERE name = ?1`,
		`UPDATE observation SET cluster = ?2 WHERE cluster = ?1`,
		`UPDATE contact SET cluster = ?2 WHERE cluster = ?1`,
		`UPDATE memory SET cluster = ?2 WHERE cluster = ?1`,
		`UPDATE object SET cluster = ?2 WHERE cluster = ?1`,
		// The changes of faults go with them: they have only their numbers. A cause is
		// the Fault.Key of another fault: it begins with the cluster, and ends with it if
		// the fault is about the cluster itself.
		`UPDATE fault SET cluster = ?2, cause = CASE
			WHEN substr(cause, 1, length(?1) + 1) <> ?1 || '|' THEN cause
			WHEN substr(cause, -length('|cluster|' || ?1)) = '|cluster|' || ?1
				THEN ?2 || substr(cause, length(?1) + 1, length(cause) - 2 * length(?1)) || ?2
			ELSE ?2 || substr(cause, length(?1) + 1) END,
			object_name = CASE WHEN object_kind = 'cluster' AND object_name = ?1 THEN ?2 ELSE object_name END
			WHERE cluster = ?1`,
		`UPDATE doomed_fault SET cluster = ?2 WHERE cluster = ?1`,
	} {
		if _, err := tx.Exec(query, m.from, m.to); err != nil {
			return err
		}
	}
	for _, f := range m.open {
		steps, err := json.Marshal(f.Steps)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE fault SET title = ?, impact = ?, detail = ?, steps = ? WHERE id = ?`, f.Title, f.Impact, f.Detail, string(steps), f.ID); err != nil {
			return err
		}
	}
	return nil
}

// move does it in memory, when it is on disk.
func (s *Store) move(m renaming) {
	renamed := func(p *cluster.Picture) *cluster.Picture {
		q := *p
		q.Cluster = m.to
		return &q
	}
	if p := s.known[m.from]; p != nil {
		s.known[m.to] = renamed(p)
		delete(s.known, m.from)
	}
	if p := s.pictures[m.from]; p != nil {
		s.pictures[m.to] = renamed(p)
		delete(s.pictures, m.from)
		s.names = slices.Sorted(maps.Keys(s.pictures))
	}
	if w, ok := s.wanted[m.from]; ok {
		s.wanted[m.to] = w
		delete(s.wanted, m.from)
	}
	if s.open[m.from] != nil {
		s.open[m.to] = m.open
		delete(s.open, m.from)
	}
	s.samples.rename(m.from, m.to)
	s.mu.Lock()
	delete(s.reported, m.from) // the next report is looked at closely
	delete(s.reported, m.to)
	delete(s.ignored, nodeKey{m.to, ""})
	s.mu.Unlock()
	s.changed, s.faultsChanged = true, true
}

func (t *series) knows(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k := range t.objects {
		if k.cluster == name {
			return true
		}
	}
	return false
}

func (t *series) rename(from, to string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, o := range t.objects {
		if k.cluster == from {
			delete(t.objects, k)
			o.key.cluster = to
			t.objects[o.key] = o
		}
	}
}
