package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"looksalive/cluster"
)

// Accounts lists who may sign in.
func (s *Store) Accounts(ctx context.Context) ([]cluster.Account, error) {
	out := []cluster.Account{}
	err := each(ctx, s.r, `SELECT name, role, hash, disabled, created, last_seen FROM account ORDER BY name`, nil, func(scan func(...any) error) error {
		var a cluster.Account
		var role string
		var created, seen int64
		if err := scan(&a.Name, &role, &a.Hash, &a.Disabled, &created, &seen); err != nil {
			return err
		}
		a.Created, a.LastSeen = timeOf(created), timeOf(seen)
		out = append(out, a)
		return out[len(out)-1].Role.UnmarshalText([]byte(role))
	})
	if err != nil {
		return nil, fmt.Errorf("reading the accounts: %w", explain(err))
	}
	return out, nil
}

// PutAccount adds an account, or replaces the one of that name, whatever the case of
// its letters. Its sessions stay.
func (s *Store) PutAccount(ctx context.Context, a cluster.Account) error {
	return s.access(ctx, "saving account "+a.Name, func(tx *sql.Tx) error {
		name, err := accountName(tx, a.Name)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO account (name, role, hash, disabled, created, last_seen) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET role = excluded.role, hash = excluded.hash, disabled = excluded.disabled,
				created = excluded.created, last_seen = excluded.last_seen`,
			name, a.Role.String(), a.Hash, a.Disabled, nanos(a.Created), nanos(a.LastSeen))
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE account SET name = ? WHERE name = ?`, a.Name, name)
		return err
	})
}

// DropAccount deletes an account and its sessions; cluster.ErrNotFound if there is none.
func (s *Store) DropAccount(ctx context.Context, name string) error {
	return s.access(ctx, "deleting account "+name, func(tx *sql.Tx) error {
		stored, err := accountName(tx, name)
		if err != nil {
			return err
		}
		res, err := tx.Exec(`DELETE FROM account WHERE name = ?`, stored)
		return found(res, err)
	})
}

// accountName is an account's name as it is stored. SQLite's NOCASE knows only the
// letters of ASCII.
func accountName(tx *sql.Tx, name string) (string, error) {
	err := each(context.Background(), tx, `SELECT name FROM account`, nil, func(scan func(...any) error) error {
		var stored string
		err := scan(&stored)
		if strings.EqualFold(stored, name) {
			name = stored
		}
		return err
	})
	return name, err
}

// Sessions lists the browsers that are signed in, with those whose time is over.
func (s *Store) Sessions(ctx context.Context) ([]cluster.Session, error) {
	out := []cluster.Session{}
	err := each(ctx, s.r, `SELECT id, hash, account, created, last_seen, expires, address, agent FROM session ORDER BY created, id`, nil, func(scan func(...any) error) error {
		var x cluster.Session
		var created, seen, expires int64
		err := scan(&x.ID, &x.Hash, &x.Account, &created, &seen, &expires, &x.Address, &x.Agent)
		x.Created, x.LastSeen, x.Expires = timeOf(created), timeOf(seen), timeOf(expires)
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the sessions: %w", explain(err))
	}
	return out, nil
}

// PutSession adds a session, or replaces the one of that id. The error is
// cluster.ErrNotFound if there is no such account.
func (s *Store) PutSession(ctx context.Context, x cluster.Session) error {
	return s.access(ctx, "saving a session of "+x.Account, func(tx *sql.Tx) error {
		account, err := accountName(tx, x.Account)
		if err != nil {
			return err
		}
		res, err := tx.Exec(`INSERT INTO session (id, hash, account, created, last_seen, expires, address, agent)
			SELECT ?, ?, name, ?, ?, ?, ?, ? FROM account WHERE name = ?
			ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, account = excluded.account, created = excluded.created,
				last_seen = excluded.last_seen, expires = excluded.expires, address = excluded.address, agent = excluded.agent`,
			x.ID, x.Hash, nanos(x.Created), nanos(x.LastSeen), nanos(x.Expires), x.Address, x.Agent, account)
		return found(res, err)
	})
}

// DropSession deletes a session, if it is there.
func (s *Store) DropSession(ctx context.Context, id string) error {
	return s.access(ctx, "ending a session", func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM session WHERE id = ?`, id)
		return err
	})
}

// APITokens lists the tokens of programs, with those that were revoked.
func (s *Store) APITokens(ctx context.Context) ([]cluster.APIToken, error) {
	out := []cluster.APIToken{}
	err := each(ctx, s.r, `SELECT id, name, hash, role, by, created, last_used, revoked FROM api_token ORDER BY created, id`, nil, func(scan func(...any) error) error {
		var x cluster.APIToken
		var role string
		var created, used, revoked int64
		if err := scan(&x.ID, &x.Name, &x.Hash, &role, &x.By, &created, &used, &revoked); err != nil {
			return err
		}
		x.Created, x.LastUsed, x.Revoked = timeOf(created), timeOf(used), timeOf(revoked)
		out = append(out, x)
		return out[len(out)-1].Role.UnmarshalText([]byte(role))
	})
	if err != nil {
		return nil, fmt.Errorf("reading the API tokens: %w", explain(err))
	}
	return out, nil
}

// PutAPIToken adds a token, or replaces the one of that id. What was revoked stays so.
func (s *Store) PutAPIToken(ctx context.Context, x cluster.APIToken) error {
	return s.access(ctx, "saving API token "+x.Name, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO api_token (id, name, hash, role, by, created, last_used, revoked) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, hash = excluded.hash, role = excluded.role, by = excluded.by,
				created = excluded.created, last_used = excluded.last_used,
				revoked = CASE WHEN api_token.revoked > 0 THEN api_token.revoked ELSE excluded.revoked END`,
			x.ID, x.Name, x.Hash, x.Role.String(), x.By, nanos(x.Created), nanos(x.LastUsed), nanos(x.Revoked))
		return err
	})
}

// access changes who may. It is on disk, also after a power failure, when it returns: a
// session that was ended or a token that was revoked must not come back.
func (s *Store) access(ctx context.Context, what string, fn func(tx *sql.Tx) error) error {
	if err := s.write(ctx, func() error { return s.transactDurably(fn) }); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// transactDurably is transact that waits for the disk. All else is content with what
// SQLite calls synchronous NORMAL: a killed process loses nothing, a power failure may
// take the last commits (https://www.sqlite.org/pragma.html#pragma_synchronous).
func (s *Store) transactDurably(fn func(tx *sql.Tx) error) error {
	if _, err := s.w.Exec(`PRAGMA synchronous = FULL`); err != nil {
		return explain(err)
	}
	err := s.transact(fn)
	if _, off := s.w.Exec(`PRAGMA synchronous = NORMAL`); off != nil {
		s.log.Warn("setting synchronous", "err", off)
	}
	return err
}

// found is cluster.ErrNotFound if a statement changed nothing.
func found(res sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return cluster.ErrNotFound
}
