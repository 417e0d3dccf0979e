package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	fileName = "looksalive.db"
	lockName = "looksalive.lock"

	busyTimeout = 5000 // milliseconds, of the writer
)

// dsn is the address of a database file with what every connection needs.
// Pragmas stand here and not in Exec: a pool would give them to one
// connection only.
func dsn(path, txlock string, pragmas ...string) string {
	q := url.Values{"_txlock": {txlock}, "_pragma": pragmas}
	// The path is escaped by hand: with url.URL a Windows drive letter would
	// look like a host.
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + q.Encode()
}

// openDB opens the one writer and the readers.
func openDB(ctx context.Context, path string) (w, r *sql.DB, err error) {
	w, err = sql.Open("sqlite", dsn(path, "immediate", "busy_timeout(5000)", "journal_mode(WAL)",
		"synchronous(NORMAL)", "foreign_keys(1)", "temp_store(MEMORY)", "cache_size(-16000)",
		// 16 MB: pages that change each second are copied back less often.
		"wal_autocheckpoint(4000)"))
	if err != nil {
		return nil, nil, err
	}
	w.SetMaxOpenConns(1)
	w.SetConnMaxIdleTime(0)
	if err := w.PingContext(ctx); err != nil {
		w.Close()
		return nil, nil, err
	}
	r, err = sql.Open("sqlite", dsn(path, "deferred", "busy_timeout(5000)", "query_only(1)",
		"temp_store(MEMORY)", "cache_size(-8000)"))
	if err != nil {
		w.Close()
		return nil, nil, err
	}
	r.SetMaxOpenConns(4)
	r.SetMaxIdleConns(4)
	return w, r, nil
}

// createFile makes sure that the database file exists and only its owner can
// read it, before SQLite sees it: SQLite gives its side files the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// lockDir keeps a second process away. The lock is SQLite's own exclusive
// lock on an empty file: it works alike on every system, and the system
// releases it when the process dies.
func lockDir(ctx context.Context, dir string) (*sql.DB, error) {
	path := filepath.Join(dir, lockName)
	if err := createFile(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, "exclusive", "busy_timeout(0)", "journal_mode(MEMORY)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err = db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		db.Close()
		if code(err) == sqlite3.SQLITE_BUSY {
			return nil, fmt.Errorf("another LooksAlive process is using %s", dir)
		}
		return nil, err
	}
	return db, nil
}

// code is SQLite's primary result code of an error, 0 if it has none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// explain puts the errors an operator can do something about in plain words.
func explain(err error) error {
	switch code(err) {
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("the disk is full: %w", err)
	case sqlite3.SQLITE_READONLY:
		return fmt.Errorf("the database cannot be written (read-only disk, or owned by another user): %w", err)
	case sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("the database cannot be opened: %w", err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("the database is damaged: %w", err)
	case sqlite3.SQLITE_IOERR:
		return fmt.Errorf("the disk reports an error: %w", err)
	}
	return err
}

// statements are those that are needed every second, prepared once.
type statements struct {
	observation, contact, memory, journal, addChunk, putChunk, dropChunk *sql.Stmt
}

func (st *statements) prepare(ctx context.Context, db *sql.DB) error {
	for _, x := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&st.observation, `INSERT INTO observation (cluster, node, question, at, data) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET at = excluded.at, data = excluded.data`},
		{&st.contact, `INSERT INTO contact (cluster, node, data) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`},
		{&st.memory, `INSERT INTO memory (cluster, data) VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`},
		{&st.journal, `INSERT INTO journal (id, data) VALUES (?, ?)`},
		{&st.addChunk, `INSERT INTO chunk (id, data) VALUES (?, ?) ON CONFLICT DO NOTHING`},
		{&st.putChunk, `INSERT INTO chunk (id, data) VALUES (?, ?) ON CONFLICT DO UPDATE SET data = excluded.data`},
		{&st.dropChunk, `DELETE FROM chunk WHERE id = ?`},
	} {
		var err error
		if *x.to, err = db.PrepareContext(ctx, x.query); err != nil {
			return err
		}
	}
	return nil
}
