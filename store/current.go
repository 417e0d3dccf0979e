package store

import (
	"bytes"
	"compress/flate"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"looksalive/cluster"
)

type observationKey struct {
	cluster, node string
	question      cluster.Question
}

type nodeKey struct{ cluster, node string }

// contactRow is what is kept of the attempts to reach a node; failed attempts
// leave no observation row.
type contactRow struct {
	Contact cluster.Contact `json:"contact"`
	Denied  []string        `json:"denied,omitempty"`
}

// memoryRow is what a picture remembers of answers that newer ones replaced.
type memoryRow struct {
	StateContact cluster.Contact      `json:"stateContact"`
	Since        map[string]time.Time `json:"since,omitempty"`
	Held         map[string][]string  `json:"held,omitempty"`
}

// dirty is the state that the database does not have yet. It holds at most one
// entry a row, so it stays small while the disk takes nothing.
type dirty struct {
	members      map[string][]string
	observations map[observationKey]cluster.Observation
	contacts     map[nodeKey]contactRow
	memories     map[string]memoryRow
	faults       map[int64]cluster.Fault
	changes      []FaultChange
}

// maxChanges bounds the fault changes kept for a disk that takes nothing.
const maxChanges = 10_000

func newDirty() dirty {
	return dirty{map[string][]string{}, map[observationKey]cluster.Observation{}, map[nodeKey]contactRow{}, map[string]memoryRow{}, map[int64]cluster.Fault{}, nil}
}

func (d *dirty) empty() bool {
	return len(d.members)+len(d.observations)+len(d.contacts)+len(d.memories)+len(d.faults)+len(d.changes) == 0
}

func (d *dirty) clear() {
	clear(d.members)
	clear(d.observations)
	clear(d.contacts)
	clear(d.memories)
	clear(d.faults)
	d.changes = nil
}

// bound drops the oldest fault changes, after a write failed.
func (d *dirty) bound(log *slog.Logger) {
	if n := len(d.changes) - maxChanges; n > 0 {
		d.changes = slices.Delete(d.changes, 0, n)
		log.Warn("fault changes dropped, the disk takes nothing", "count", n)
	}
}

func (d *dirty) write(tx *sql.Tx, stmts *statements, seq uint64, faultID int64) error {
	for name, members := range d.members {
		if members == nil {
			members = []string{}
		}
		text, err := json.Marshal(members)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO cluster (name, members) VALUES (?, ?)
			ON CONFLICT DO UPDATE SET members = excluded.members`, name, string(text)); err != nil {
			return err
		}
	}
	if err := d.writeObservations(tx, stmts); err != nil {
		return err
	}
	return d.writeFaults(tx, seq, faultID)
}

func (d *dirty) writeObservations(tx *sql.Tx, stmts *statements) error {
	st, ct := tx.Stmt(stmts.observation), tx.Stmt(stmts.contact)
	for k, o := range d.observations {
		data, err := pack(o)
		if err != nil {
			return fmt.Errorf("%s %s: %w", k.node, k.question, err)
		}
		if _, err := st.Exec(k.cluster, k.node, k.question.String(), o.At.UnixNano(), data); err != nil {
			return err
		}
	}
	for k, c := range d.contacts {
		data, err := pack(c)
		if err != nil {
			return fmt.Errorf("%s: %w", k.node, err)
		}
		if _, err := ct.Exec(k.cluster, k.node, data); err != nil {
			return err
		}
	}
	for name, m := range d.memories {
		data, err := pack(m)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := tx.Stmt(stmts.memory).Exec(name, data); err != nil {
			return err
		}
	}
	return nil
}

// loadPictures rebuilds every picture from the newest answers in the order
// they came, and puts the contacts and memories over it.
func (s *Store) loadPictures(ctx context.Context) error {
	picture := func(name string) *cluster.Picture {
		if s.known[name] == nil {
			s.known[name] = cluster.NewPicture(name, nil)
		}
		return s.known[name]
	}
	err := each(ctx, s.w, `SELECT name, members FROM cluster`, nil, func(scan func(...any) error) error {
		var name, text string
		if err := scan(&name, &text); err != nil {
			return err
		}
		var members []string
		if err := json.Unmarshal([]byte(text), &members); err != nil {
			return fmt.Errorf("members of %s: %w", name, err)
		}
		s.known[name] = cluster.NewPicture(name, members)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, s.w, `SELECT cluster, node, data FROM observation ORDER BY at, id`, nil, func(scan func(...any) error) error {
		var name, node string
		var data []byte
		if err := scan(&name, &node, &data); err != nil {
			return err
		}
		var o cluster.Observation
		if err := unpack(data, &o); err != nil {
			// The next poll repairs it; a picture must not keep us from starting.
			s.log.Warn("stored answer not understood", "cluster", name, "node", node, "err", err)
			return nil
		}
		s.known[name] = picture(name).With(o)
		return nil
	})
	if err != nil {
		return err
	}
	err = each(ctx, s.w, `SELECT cluster, data FROM memory`, nil, func(scan func(...any) error) error {
		var name string
		var data []byte
		if err := scan(&name, &data); err != nil {
			return err
		}
		var m memoryRow
		if err := unpack(data, &m); err != nil {
			s.log.Warn("stored memory not understood", "cluster", name, "err", err)
			return nil
		}
		p := picture(name)
		p.StateContact, p.Since, p.Held = m.StateContact, m.Since, m.Held
		return nil
	})
	if err != nil {
		return err
	}
	return each(ctx, s.w, `SELECT cluster, node, data FROM contact`, nil, func(scan func(...any) error) error {
		var name, node string
		var data []byte
		if err := scan(&name, &node, &data); err != nil {
			return err
		}
		var c contactRow
		if err := unpack(data, &c); err != nil {
			s.log.Warn("stored contact not understood", "cluster", name, "node", node, "err", err)
			return nil
		}
		p := picture(name) // ours alone until it is published
		v := p.Nodes[node]
		v.Contact, v.Denied = c.Contact, c.Denied
		p.Nodes[node] = v
		return nil
	})
}

// each runs fn for every row of a query.
func each(ctx context.Context, db querier, query string, args []any, fn func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// A packed value is one byte that says how, and JSON: as it is, or deflated
// from packFrom bytes on. A node's vitals are about 1.5 KB and not worth it;
// a cluster's state shrinks to a tenth.
const (
	packPlain   = 0
	packDeflate = 1
	packFrom    = 4096
	packLimit   = 64 << 20 // bytes an unpacked value may have
)

var deflaters = sync.Pool{New: func() any {
	w, _ := flate.NewWriter(nil, flate.BestSpeed) // the level is valid
	return w
}}

func pack(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(text) < packFrom {
		return append([]byte{packPlain}, text...), nil
	}
	var buf bytes.Buffer
	buf.WriteByte(packDeflate)
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&buf)
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func unpack(data []byte, v any) error {
	if len(data) == 0 {
		return errors.New("empty value")
	}
	text := data[1:]
	switch data[0] {
	case packPlain:
	case packDeflate:
		var err error
		if text, err = io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data[1:])), packLimit)); err != nil {
			return err
		}
	default:
		return fmt.Errorf("packed in an unknown way (%d)", data[0])
	}
	return json.Unmarshal(text, v)
}
