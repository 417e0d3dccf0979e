package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"looksalive/cluster"
)

// Actions that tie the lines of a run together.
const (
	runStarted = "run.started"
	runEnded   = "run.ended"
)

// AuditBroken says that the audit log is not as it was written: the first line that is
// wrong, and how. The lines before it are sound.
type AuditBroken struct {
	Seq int64
	Why string
}

func (e *AuditBroken) Error() string { return fmt.Sprintf("audit line %d: %s", e.Seq, e.Why) }

// Line is the same for those who do not know this package.
func (e *AuditBroken) Line() (seq int64, why string) { return e.Seq, e.Why }

// Audit adds a line to the audit log, with the next number, the hash of the line before
// and its own; At is now if it is zero. When it returns nil, the line is on disk.
func (s *Store) Audit(ctx context.Context, e cluster.AuditEntry) error {
	err := s.write(ctx, func() error {
		return s.transactDurably(func(tx *sql.Tx) error { return s.addAudit(tx, e) })
	})
	if err != nil {
		return fmt.Errorf("writing the audit log: %w", err)
	}
	return nil
}

func (s *Store) addAudit(tx *sql.Tx, e cluster.AuditEntry) error {
	if e.At.IsZero() {
		e.At = s.now()
	}
	e.At = e.At.UTC().Round(0)
	err := tx.QueryRow(`SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1`).Scan(&e.Seq, &e.Prev)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	e.Seq++
	e.Hash = auditHash(e)
	if _, err := tx.Exec(`INSERT INTO audit (`+auditColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
		e.Seq, nanos(e.At), e.Who, e.Role.String(), e.From, e.Action, e.Object, e.Run, e.Text, e.Params, e.Outcome, e.Detail,
		e.Exit, e.TookMS, e.Bytes, e.Prev, e.Hash); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE counter SET value = ? WHERE name = 'audit'`, e.Seq)
	return err
}

const auditColumns = `seq, at, who, role, address, action, object, run, text, params, outcome, detail, exit, took, bytes, prev, hash`

// auditHash is SHA-256, in hexadecimal, over "looksalive audit 1" and the fields in the
// order of the struct, each as its length in bytes, a colon and its text; numbers are
// decimal, At in nanoseconds since 1970, Exit empty for none. No two lines have the same
// bytes, and they do not depend on how anything is encoded elsewhere.
func auditHash(e cluster.AuditEntry) string {
	exit := ""
	if e.Exit != nil {
		exit = strconv.Itoa(*e.Exit)
	}
	h := sha256.New()
	for _, field := range []string{"looksalive audit 1", strconv.FormatInt(e.Seq, 10), strconv.FormatInt(nanos(e.At), 10), e.Who, e.Role.String(),
		e.From, e.Action, e.Object, e.Run, e.Text, e.Params, e.Outcome, e.Detail, exit, strconv.FormatInt(e.TookMS, 10), strconv.FormatInt(e.Bytes, 10), e.Prev} {
		fmt.Fprintf(h, "%d:%s", len(field), field)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// AuditEntries selects lines, newest first.
func (s *Store) AuditEntries(ctx context.Context, q cluster.AuditQuery) ([]cluster.AuditEntry, error) {
	where, args := []string{"1"}, []any{}
	for _, x := range []struct{ column, value string }{{"who", q.Who}, {"action", q.Action}, {"object", q.Object}, {"run", q.Run}} {
		if x.value != "" {
			where, args = append(where, x.column+" = ?"), append(args, x.value)
		}
	}
	if !q.From.IsZero() {
		where, args = append(where, "at >= ?"), append(args, nanos(q.From))
	}
	if !q.To.IsZero() {
		where, args = append(where, "at < ?"), append(args, nanos(q.To))
	}
	if q.Before > 0 {
		where, args = append(where, "seq < ?"), append(args, q.Before)
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 200
	}
	out := []cluster.AuditEntry{}
	err := eachAudit(ctx, s.r, `WHERE `+strings.Join(where, " AND ")+` ORDER BY seq DESC LIMIT ?`, append(args, limit), func(e cluster.AuditEntry) error {
		out = append(out, e)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", explain(err))
	}
	return out, nil
}

// VerifyAudit walks the whole audit log. It returns how many lines there are and the
// hash of the last: whoever wrote that down elsewhere knows later that the log up to
// there is the same. The error wraps *AuditBroken if a line was changed, is missing or
// was put in. Who can write to the file and computes all hashes anew is not found out
// without such a note.
func (s *Store) VerifyAudit(ctx context.Context) (lines int64, last string, err error) {
	return verifyAudit(ctx, s.r)
}

func verifyAudit(ctx context.Context, db *sql.DB) (lines int64, last string, err error) {
	tx, err := db.BeginTx(ctx, nil) // log and counter of one moment
	if err != nil {
		return 0, "", fmt.Errorf("reading the audit log: %w", explain(err))
	}
	defer tx.Rollback()
	err = eachAudit(ctx, tx, `ORDER BY seq`, nil, func(e cluster.AuditEntry) error {
		switch {
		case e.Seq != lines+1:
			return &AuditBroken{lines + 1, "it is missing"}
		case e.Prev != last:
			return &AuditBroken{e.Seq, "it does not follow the line before"}
		case e.Hash != auditHash(e):
			return &AuditBroken{e.Seq, "it was changed"}
		}
		lines, last = e.Seq, e.Hash
		return nil
	})
	if err == nil {
		var written int64
		err = tx.QueryRowContext(ctx, `SELECT value FROM counter WHERE name = 'audit'`).Scan(&written)
		if err == nil && written != lines {
			err = &AuditBroken{lines + 1, fmt.Sprintf("it is missing, and all up to %d", written)}
		}
	}
	if err != nil {
		return lines, last, fmt.Errorf("verifying the audit log: %w", explain(err))
	}
	return lines, last, nil
}

// ExportAudit writes the whole audit log, oldest first, a JSON object a line.
func (s *Store) ExportAudit(ctx context.Context, w io.Writer) error { return exportAudit(ctx, s.r, w) }

func exportAudit(ctx context.Context, db *sql.DB, w io.Writer) error {
	// In parts, so that a slow reader keeps no transaction open.
	enc := json.NewEncoder(w)
	for after := int64(0); ; {
		var part []cluster.AuditEntry
		err := eachAudit(ctx, db, `WHERE seq > ? ORDER BY seq LIMIT 500`, []any{after}, func(e cluster.AuditEntry) error {
			part = append(part, e)
			return nil
		})
		if err != nil {
			return fmt.Errorf("reading the audit log: %w", explain(err))
		}
		if len(part) == 0 {
			return nil
		}
		for _, e := range part {
			if err := enc.Encode(e); err != nil {
				return fmt.Errorf("exporting the audit log: %w", err)
			}
		}
		after = part[len(part)-1].Seq
	}
}

// interrupted adds the line that is missing for each target of a run that was started
// and has no end: the program was ended while it ran. A run.started names all targets,
// with commas between them, a run.ended one of them.
func (s *Store) interrupted(ctx context.Context) error {
	var started []cluster.AuditEntry
	rest := map[string]string{} // of the targets of a run, those without an end
	err := eachAudit(ctx, s.w, `WHERE action = ? AND run <> '' ORDER BY seq`, []any{runStarted}, func(e cluster.AuditEntry) error {
		started = append(started, e)
		rest[e.Run] = ", " + e.Object + ", "
		return nil
	})
	if err != nil || len(started) == 0 {
		return err
	}
	err = each(ctx, s.w, `SELECT run, object FROM audit WHERE action = ? AND run <> ''`, []any{runEnded}, func(scan func(...any) error) error {
		var run, object string
		err := scan(&run, &object)
		rest[run] = strings.Replace(rest[run], ", "+object+", ", ", ", 1)
		return err
	})
	if err != nil {
		return err
	}
	var missing []cluster.AuditEntry
	for _, e := range started {
		left := strings.TrimSuffix(strings.TrimPrefix(rest[e.Run], ", "), ", ")
		if left == "" {
			continue
		}
		for object := range strings.SplitSeq(left, ", ") {
			s.log.Warn("a run was interrupted", "run", e.Run, "object", object, "who", e.Who)
			missing = append(missing, cluster.AuditEntry{Who: e.Who, Role: e.Role, From: e.From, Action: runEnded, Object: object, Run: e.Run,
				Outcome: string(cluster.RunInterrupted), Detail: "LooksAlive was ended while it ran."})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return s.transactDurably(func(tx *sql.Tx) error {
		for _, e := range missing {
			if err := s.addAudit(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

func eachAudit(ctx context.Context, db querier, rest string, args []any, fn func(cluster.AuditEntry) error) error {
	return each(ctx, db, `SELECT `+auditColumns+` FROM audit `+rest, args, func(scan func(...any) error) error {
		var e cluster.AuditEntry
		var at int64
		var role string
		if err := scan(&e.Seq, &at, &e.Who, &role, &e.From, &e.Action, &e.Object, &e.Run, &e.Text, &e.Params, &e.Outcome, &e.Detail,
			&e.Exit, &e.TookMS, &e.Bytes, &e.Prev, &e.Hash); err != nil {
			return err
		}
		e.At = timeOf(at)
		if err := e.Role.UnmarshalText([]byte(role)); err != nil {
			return &AuditBroken{e.Seq, "it was changed"}
		}
		return fn(e)
	})
}
