package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"looksalive/cluster"
)

// Sealer encrypts secrets and binds them to a place: a blob does not open elsewhere.
// It may also have Stale(blob []byte) bool, to say that a blob should be sealed again
// because its key is not the newest any more.
type Sealer interface {
	Seal(plain []byte, place string) ([]byte, error)
	Open(blob []byte, place string) ([]byte, error)
}

var errNoSealer = errors.New("it has secrets, and there is no key to seal them with")

// slot is where in a definition a secret stands.
type slot struct{ node, identity, field string }

// slots calls fn with every place of a secret in a definition.
func slots(d *cluster.Definition, fn func(at slot, secret *cluster.Secret)) {
	of := func(node string, a *cluster.Access) {
		for _, x := range []struct {
			name string
			id   *cluster.Identity
		}{{"read", &a.Read}, {"act", a.Act}} {
			if x.id != nil {
				fn(slot{node, x.name, "password"}, &x.id.Password)
				fn(slot{node, x.name, "keytab"}, &x.id.Keytab)
				fn(slot{node, x.name, "key"}, &x.id.Key)
			}
		}
	}
	of("", &d.Access)
	for i := range d.Nodes {
		if a := d.Nodes[i].Access; a != nil {
			of(d.Nodes[i].Name, a)
		}
	}
}

// placeOf is what a blob is bound to. It names the definition by number, so that it
// may be renamed while its secrets cannot be opened, and the installation, so that a
// row copied from another database with the same key does not open.
func (s *Store) placeOf(definition int64, at slot) string {
	return fmt.Sprintf("%s/%d/%q/%s/%s", s.installation, definition, at.node, at.identity, at.field)
}

func readSecrets(ctx context.Context, db querier, definition int64) (map[slot][]byte, error) {
	out := map[slot][]byte{}
	err := each(ctx, db, `SELECT node, identity, field, data FROM secret WHERE definition = ?`, []any{definition},
		func(scan func(...any) error) error {
			var at slot
			var blob []byte
			if err := scan(&at.node, &at.identity, &at.field, &blob); err != nil {
				return err
			}
			out[at] = blob
			return nil
		})
	return out, err
}

// openSecrets fills the secrets of a definition in, and says whether one could not be
// opened.
func (s *Store) openSecrets(id int64, d *cluster.Definition, sealed map[slot][]byte) (locked bool) {
	slots(d, func(at slot, secret *cluster.Secret) {
		blob, ok := sealed[at]
		if !ok {
			return
		}
		plain, err := s.unseal(id, at, blob)
		if err != nil {
			locked = true
			s.log.Warn("secret cannot be opened", "cluster", d.Name, "node", at.node, "identity", at.identity, "field", at.field, "err", err)
			return
		}
		*secret = cluster.NewSecret(string(plain))
		clear(plain)
	})
	return locked
}

func (s *Store) unseal(id int64, at slot, blob []byte) ([]byte, error) {
	if s.sealer == nil {
		return nil, errors.New("there is no key")
	}
	return s.sealer.Open(blob, s.placeOf(id, at))
}

// sealSecrets makes the blobs of a definition: all it is to have on disk.
func (s *Store) sealSecrets(id int64, d cluster.Definition) (map[slot][]byte, error) {
	before := map[slot][]byte{}
	if d.Locked {
		var err error
		if before, err = s.locked(id, d); err != nil {
			return nil, explain(err)
		}
	}
	out := map[slot][]byte{}
	var errs []error
	slots(&d, func(at slot, secret *cluster.Secret) {
		if secret.IsZero() {
			if blob, ok := before[at]; ok {
				out[at] = blob
			}
			return
		}
		if s.sealer == nil {
			errs = append(errs, errNoSealer)
			return
		}
		plain := []byte(secret.Reveal())
		blob, err := s.sealer.Seal(plain, s.placeOf(id, at))
		clear(plain)
		if err != nil {
			errs = append(errs, err)
		}
		out[at] = blob
	})
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return out, nil
}

// locked are the blobs of a definition that cannot be opened and stay although it is
// changed: none, unless all that decides who gets a secret stays as well. Else whoever
// may edit a cluster could have a password, once its key is back, sent to a host of his
// own.
func (s *Store) locked(id int64, d cluster.Definition) (map[slot][]byte, error) {
	var text string
	err := s.w.QueryRow(`SELECT data FROM definition WHERE id = ?`, id).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var old cluster.Definition
	if err := json.Unmarshal([]byte(text), &old); err != nil {
		return nil, err
	}
	way := func(v any) string { // secrets are not part of it
		text, _ := json.Marshal(v) // has been marshalled before
		return string(text)
	}
	same := way(old.Access) == way(d.Access)
	for _, n := range d.Nodes {
		was := old.Node(n.Name)
		if was == nil {
			same = false
			break
		}
		n.Paused = was.Paused // may change
		same = same && way(n) == way(was)
	}
	if !same {
		return nil, nil
	}
	blobs, err := readSecrets(context.Background(), s.w, id)
	for at, blob := range blobs {
		if plain, err := s.unseal(id, at, blob); err == nil {
			clear(plain) // it can be opened: that it is empty now is meant so
			delete(blobs, at)
		}
	}
	return blobs, err
}

// allSecrets is every secret on disk, by definition.
type allSecrets map[int64]map[slot][]byte

// changeSecrets changes the secrets on disk. It writes all of them anew into pages that
// were filled with zeros: where SQLite moves rows from page to page it leaves copies in
// the gaps, also with secure_delete, and those of one that is replaced must not stay.
// There are a few per cluster.
func changeSecrets(tx *sql.Tx, change func(all allSecrets)) error {
	before := 0
	all := allSecrets{}
	err := each(context.Background(), tx, `SELECT definition, node, identity, field, data FROM secret`, nil, func(scan func(...any) error) error {
		var id int64
		var at slot
		var blob []byte
		if err := scan(&id, &at.node, &at.identity, &at.field, &blob); err != nil {
			return err
		}
		if all[id] == nil {
			all[id] = map[slot][]byte{}
		}
		all[id][at] = blob
		before++
		return nil
	})
	if err != nil {
		return err
	}
	change(all)
	if before > 0 {
		// Without WHERE every page is freed or cleared whole, and so overwritten.
		if _, err := tx.Exec(`DELETE FROM secret`); err != nil {
			return err
		}
	}
	for id, secrets := range all {
		for at, blob := range secrets {
			if _, err := tx.Exec(`INSERT INTO secret (definition, node, identity, field, data) VALUES (?, ?, ?, ?, ?)`,
				id, at.node, at.identity, at.field, blob); err != nil {
				return err
			}
		}
	}
	return nil
}

// reseal seals with the newest key what was sealed with an older one. What cannot be
// opened stays as it is.
func (s *Store) reseal(ctx context.Context) error {
	stale, ok := s.sealer.(interface{ Stale(blob []byte) bool })
	if !ok {
		return nil
	}
	var ids []int64
	err := each(ctx, s.w, `SELECT id FROM definition`, nil, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	fresh := allSecrets{}
	count := 0
	for _, id := range ids {
		sealed, err := readSecrets(ctx, s.w, id)
		if err != nil {
			return err
		}
		for at, blob := range sealed {
			if !stale.Stale(blob) {
				continue
			}
			plain, err := s.unseal(id, at, blob)
			if err != nil {
				continue // Definitions says so
			}
			blob, err = s.sealer.Seal(plain, s.placeOf(id, at))
			clear(plain)
			if err != nil {
				return err
			}
			sealed[at], fresh[id] = blob, sealed
			count++
		}
	}
	if count == 0 {
		return nil
	}
	s.log.Info("secrets sealed with the newest key", "count", count)
	return s.transactSecurely(func(tx *sql.Tx) error {
		return changeSecrets(tx, func(all allSecrets) { maps.Copy(all, fresh) })
	})
}

// transactSecurely is transact for what must not be left in the file when it is
// deleted or replaced: SQLite overwrites freed pages with zeros
// (https://www.sqlite.org/pragma.html#pragma_secure_delete). All else is deleted without,
// since it would write every freed page of history once more.
func (s *Store) transactSecurely(fn func(tx *sql.Tx) error) error {
	err := s.transact(func(tx *sql.Tx) error {
		if _, err := tx.Exec(`PRAGMA secure_delete = ON`); err != nil {
			return err
		}
		return fn(tx)
	})
	s.setHealth(err)
	if _, off := s.w.Exec(`PRAGMA secure_delete = OFF`); off != nil {
		s.log.Warn("setting secure_delete", "err", off)
	}
	return err
}

// scrub copies everything into the database file and empties the write-ahead log, so
// that what was overwritten is in neither. A reader that still looks at the old state
// is waited for a moment, then Run tries again.
//
// So a secret that was replaced or deleted, even sealed, is in none of our files when
// this is done. What a file system, a solid state disk or a backup keeps of earlier
// content of a file is out of our hands: without the key it is of no use.
func (s *Store) scrub() {
	s.unscrubbed = true
	busy, err := s.truncate(200)
	if err != nil {
		s.log.Warn("emptying the write-ahead log", "err", explain(err))
	}
	s.unscrubbed = busy || err != nil
}

// scrubAgain does what scrub could not.
func (s *Store) scrubAgain(ctx context.Context) error {
	return s.write(ctx, func() error {
		if s.unscrubbed {
			s.scrub()
		}
		return nil
	})
}

// truncate empties the write-ahead log, waiting for readers for so many milliseconds.
func (s *Store) truncate(wait int) (busy bool, err error) {
	if _, err := s.w.Exec(fmt.Sprintf("PRAGMA busy_timeout = %d", wait)); err != nil {
		return true, err
	}
	defer s.w.Exec(fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout))
	var frames, copied int
	err = s.w.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
	return busy, err
}
