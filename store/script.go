package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"looksalive/cluster"
)

// SavedScripts lists the scripts people keep, by name.
func (s *Store) SavedScripts(ctx context.Context) ([]cluster.SavedScript, error) {
	out := []cluster.SavedScript{}
	err := each(ctx, s.r, `SELECT name, description, text, by, changed FROM script ORDER BY name`, nil, func(scan func(...any) error) error {
		var x cluster.SavedScript
		var changed int64
		err := scan(&x.Name, &x.Description, &x.Text, &x.By, &changed)
		x.Changed = timeOf(changed)
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the saved scripts: %w", explain(err))
	}
	return out, nil
}

// PutSavedScript adds a script (was "") or changes the one that was called so, which
// may rename it. Errors: cluster.ErrExists, ErrNotFound.
func (s *Store) PutSavedScript(ctx context.Context, was string, x cluster.SavedScript) error {
	return s.access(ctx, "saving the script "+x.Name, func(tx *sql.Tx) error {
		taken, err := scriptName(tx, x.Name)
		if err != nil {
			return err
		}
		if taken != "" && !strings.EqualFold(taken, was) {
			return cluster.ErrExists
		}
		if was != "" {
			if err := dropScript(tx, was); err != nil {
				return err
			}
		}
		_, err = tx.Exec(`INSERT INTO script (name, description, text, by, changed) VALUES (?, ?, ?, ?, ?)`,
			x.Name, x.Description, x.Text, x.By, nanos(x.Changed))
		return err
	})
}

// DropSavedScript deletes a script; cluster.ErrNotFound if there is none.
func (s *Store) DropSavedScript(ctx context.Context, name string) error {
	return s.access(ctx, "deleting the script "+name, func(tx *sql.Tx) error { return dropScript(tx, name) })
}

func dropScript(tx *sql.Tx, name string) error {
	stored, err := scriptName(tx, name)
	if err != nil {
		return err
	}
	res, err := tx.Exec(`DELETE FROM script WHERE name = ?`, stored)
	return found(res, err)
}

// scriptName is a script's name as it is stored, "" if there is none.
func scriptName(tx *sql.Tx, name string) (string, error) {
	found := ""
	err := each(context.Background(), tx, `SELECT name FROM script`, nil, func(scan func(...any) error) error {
		var stored string
		err := scan(&stored)
		if strings.EqualFold(stored, name) {
			found = stored
		}
		return err
	})
	return found, err
}
