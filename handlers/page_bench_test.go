package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"looksalive/cluster"
)

// BenchmarkOverview1000 asks for the overview of 1,000 nodes in 60 clusters,
// compressed: cold after each new snapshot, warm when nothing happened since.
func BenchmarkOverview1000(b *testing.B) {
	f := newFixture(b, nil)
	for i := range 60 {
		var nodes []string
		for j := range 17 {
			nodes = append(nodes, fmt.Sprintf("HV-%02d-%02d", i, j))
		}
		f.add(fmt.Sprintf("CL-%02d", i), nodes...)
	}
	store := &turningStore{Store: f.store, snap: *f.store.Snapshot()}
	app, err := New(Options{Store: store, Now: f.now})
	if err != nil {
		b.Fatal(err)
	}
	ask := func(b *testing.B, path string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Host = "localhost"
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		app.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Code)
		}
		b.ReportMetric(float64(w.Body.Len()), "B/page")
	}
	for _, path := range []string{"/", "/nodes", "/c/CL-00/nodes/HV-00-00", "/api/v1/nodes"} {
		b.Run("cold"+path, func(b *testing.B) {
			for b.Loop() {
				store.turn()
				ask(b, path)
			}
		})
		b.Run("warm"+path, func(b *testing.B) {
			for b.Loop() {
				ask(b, path)
			}
		})
	}
}

// turningStore publishes the same picture again and again.
type turningStore struct {
	Store
	snap cluster.Snapshot
}

func (s *turningStore) turn()                       { next := s.snap; next.Version++; s.snap = next }
func (s *turningStore) Snapshot() *cluster.Snapshot { next := s.snap; return &next }
