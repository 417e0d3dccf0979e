package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// AuditFile reads the audit log of a data directory while the program that writes it
// may be running, or is not.
type AuditFile struct{ db *sql.DB }

// OpenAudit opens the audit log of a directory for reading.
func OpenAudit(ctx context.Context, dir string) (*AuditFile, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no LooksAlive data in %s", dir)
	}
	db, err := sql.Open("sqlite", dsn(path, "deferred", "busy_timeout(5000)", "query_only(1)"))
	if err != nil {
		return nil, err
	}
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("store %s: %w", dir, explain(err))
	}
	return &AuditFile{db}, nil
}

// Verify is Store.VerifyAudit.
func (f *AuditFile) Verify(ctx context.Context) (lines int64, last string, err error) {
	return verifyAudit(ctx, f.db)
}

// Export is Store.ExportAudit.
func (f *AuditFile) Export(ctx context.Context, w io.Writer) error { return exportAudit(ctx, f.db, w) }

// Close ends the reading.
func (f *AuditFile) Close() error { return f.db.Close() }
