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

	"looksalive/cluster"
)

// Installation is a random name of this database, made once.
func (s *Store) Installation(ctx context.Context) (string, error) {
	var id string
	if err := s.r.QueryRowContext(ctx, `SELECT id FROM installation`).Scan(&id); err != nil {
		return "", fmt.Errorf("reading the installation's id: %w", explain(err))
	}
	return id, nil
}

// Definitions lists what we were told to watch, by name, with secrets. If one of its
// secrets cannot be opened with the key we have, a definition is Locked and that secret
// empty; that is no error.
func (s *Store) Definitions(ctx context.Context) ([]cluster.Definition, error) {
	tx, err := s.r.BeginTx(ctx, nil) // definitions and secrets of one moment
	if err != nil {
		return nil, fmt.Errorf("reading the definitions: %w", explain(err))
	}
	defer tx.Rollback()
	out := []cluster.Definition{}
	ids := []int64{}
	err = each(ctx, tx, `SELECT id, name, data, changed FROM definition`, nil, func(scan func(...any) error) error {
		var id, changed int64
		var name, text string
		if err := scan(&id, &name, &text, &changed); err != nil {
			return err
		}
		var d cluster.Definition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return fmt.Errorf("cluster %s: %w", name, err)
		}
		d.Name, d.Changed = name, timeOf(changed)
		ids, out = append(ids, id), append(out, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the definitions: %w", explain(err))
	}
	for i, id := range ids {
		sealed, err := readSecrets(ctx, tx, id)
		if err != nil {
			return nil, fmt.Errorf("reading the secrets of %s: %w", out[i].Name, explain(err))
		}
		out[i].Locked = s.openSecrets(id, &out[i], sealed)
	}
	slices.SortFunc(out, func(a, b cluster.Definition) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// PutDefinition adds a definition, if was is "", or replaces the one of that name, all
// or nothing. With a new name goes all that is known under the old one: pictures,
// faults, history. A name is taken by any cluster that is defined or watched, whatever
// the case of its letters: cluster.ErrExists. If there is no definition called was, the
// error is cluster.ErrNotFound.
//
// While d is Locked and no more of it changes than its name, what is paused and which
// nodes are left out, an empty secret that cannot be opened stays as it is on disk; else
// an empty secret is no secret.
func (s *Store) PutDefinition(ctx context.Context, was string, d cluster.Definition) error {
	err := acceptable(d)
	if err == nil {
		err = s.write(ctx, func() error { return s.putDefinition(was, d) })
	}
	if err != nil {
		return fmt.Errorf("saving cluster %q: %w", d.Name, err)
	}
	return nil
}

// acceptable refuses what could not be told apart when it is read again.
func acceptable(d cluster.Definition) error {
	if d.Fixed {
		return cluster.ErrFixed
	}
	if strings.TrimSpace(d.Name) == "" {
		return errors.New("it has no name")
	}
	seen := map[string]bool{}
	for _, n := range d.Nodes {
		if strings.TrimSpace(n.Name) == "" {
			return errors.New("one of its nodes has no name")
		}
		if seen[n.Name] {
			return fmt.Errorf("node %s is in it twice", n.Name)
		}
		seen[n.Name] = true
	}
	return nil
}

// defined is the id and name of a definition.
type defined struct {
	id   int64
	name string
}

// lookUp finds a definition by name, whatever the case of its letters (SQLite's
// NOCASE knows only those of ASCII); the zero value if there is none.
func (s *Store) lookUp(name string) (defined, error) {
	var found defined
	err := each(context.Background(), s.w, `SELECT id, name FROM definition`, nil, func(scan func(...any) error) error {
		var d defined
		if err := scan(&d.id, &d.name); err != nil {
			return err
		}
		if strings.EqualFold(d.name, name) {
			found = d
		}
		return nil
	})
	return found, explain(err)
}

func (s *Store) putDefinition(was string, d cluster.Definition) (err error) {
	taken, err := s.lookUp(d.Name)
	if err != nil {
		return err
	}
	var old defined
	if was != "" {
		if old, err = s.lookUp(was); err != nil {
			return err
		}
		if old.id == 0 {
			return fmt.Errorf("it was called %q: %w", was, cluster.ErrNotFound)
		}
	}
	if taken.id != 0 && taken.id != old.id || s.watched(d.Name, old.name) {
		return cluster.ErrExists
	}
	id, created := old.id, nanos(s.now())
	if id == 0 {
		if err := s.w.QueryRow(`SELECT value + 1 FROM counter WHERE name = 'definition'`).Scan(&id); err != nil {
			return explain(err)
		}
	}
	secrets, err := s.sealSecrets(id, d)
	if err != nil {
		return err
	}
	d.Locked, d.Changed = false, s.now().UTC()
	text, err := json.Marshal(d) // a Secret has no place in it, see cluster.Identity
	if err != nil {
		return err
	}
	from := old.name
	if was == "" {
		from = s.earlier(d.Name)
	}
	moves := s.plan(from, d.Name)
	if len(moves) > 0 {
		// What waits still has the old name, and no more may come with it.
		already := s.ignore(from, "")
		defer func() {
			if err != nil && !already {
				s.heed(from, "")
			}
		}()
		if err = s.drain(true); err != nil {
			return err
		}
		for i := range moves {
			moves[i].open = s.renamed(moves[i])
		}
	}
	err = s.transactSecurely(func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO definition (id, name, data, created, changed) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, data = excluded.data, changed = excluded.changed`,
			id, d.Name, string(text), created, nanos(d.Changed)); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE counter SET value = max(value, ?) WHERE name = 'definition'`, id); err != nil {
			return err
		}
		if err := changeSecrets(tx, func(all allSecrets) { all[id] = secrets }); err != nil {
			return err
		}
		for _, m := range moves {
			if err := m.write(tx); err != nil {
				return fmt.Errorf("renaming %s to %s: %w", m.from, m.to, err)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, m := range moves {
		s.move(m)
	}
	if len(moves) > 0 {
		s.publish()
	}
	s.scrub()
	return nil
}

// watched says that a cluster of this name, whatever the case of its letters, is in
// the snapshot, other than the one called except.
func (s *Store) watched(name, except string) bool {
	return slices.ContainsFunc(s.names, func(n string) bool { return n != except && strings.EqualFold(n, name) })
}

// earlier is the name under which a cluster that is to be added was once known, if
// that differs in the case of its letters, else its name.
func (s *Store) earlier(name string) string {
	if s.known[name] == nil {
		for _, n := range slices.Sorted(maps.Keys(s.known)) {
			if _, shown := s.pictures[n]; !shown && strings.EqualFold(n, name) {
				return n
			}
		}
	}
	return name
}
