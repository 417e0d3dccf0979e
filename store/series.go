package store

import (
	"context"
	"database/sql"
	"log/slog"
	"time"

	"looksalive/cluster"
)

type series struct{}

type journalRows struct{}

func (journalRows) empty() bool         { return true }
func (journalRows) write(*sql.Tx) error { return nil }

func newSeries(now func() time.Time, log *slog.Logger) *series         { return &series{} }
func (t *series) load(ctx context.Context, db *sql.DB) error           { return nil }
func (t *series) add(name string, at time.Time, list []cluster.Sample) {}
func (t *series) take() journalRows                                    { return journalRows{} }
func (t *series) written(journalRows)                                  {}
func (t *series) refused(journalRows)                                  {}

// Series reads history of several keys.
func (s *Store) Series(ctx context.Context, keys []cluster.SeriesKey, from, to time.Time, points int) ([]cluster.Series, error) {
	out := make([]cluster.Series, len(keys))
	for i, k := range keys {
		out[i].Key = k
	}
	return out, nil
}
