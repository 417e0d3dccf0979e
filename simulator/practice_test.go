package simulator

import (
	"strings"
	"testing"
	"time"
)

// TestPractice: a cluster to be added by hand is there like the others, but marked,
// and the story leaves it alone.
func TestPractice(t *testing.T) {
	s, _ := startTest(t, Options{Shapes: append(DemoShapes(), PracticeShape()), Control: true})
	unwatched := 0
	for _, e := range s.Nodes() {
		if e.Unwatched != (e.Cluster == "BRANCH-01") {
			t.Errorf("%+v", e)
		}
		if !e.Unwatched {
			continue
		}
		unwatched++
		if status, _ := s.client(t, e).create(); status != 200 || e.Domain != "sim.example" || len(e.Accounts) < 5 || e.Account("Reader").Password == "" {
			t.Errorf("%s: %d, %d accounts", e.Node, status, len(e.Accounts))
		}
	}
	if unwatched != 2 {
		t.Errorf("%d nodes to practise with", unwatched)
	}
	if _, text := request(t, s, "GET", "/state", ""); !strings.Contains(text, `"unwatched":true`) || !strings.Contains(text, `"users":["looksalive","reader",`) ||
		strings.Count(text, `"practice":`) != 1 || !strings.Contains(text, s.Nodes()[0].Password) || !strings.Contains(text, "BEGIN CERTIFICATE") {
		t.Errorf("%.300s", text)
	}
	now := noon
	alone := &Simulator{opts: Options{Now: func() time.Time { return now }}, log: discard, story: newStory(3, now)}
	for _, shape := range append(DemoShapes(), PracticeShape()) {
		alone.clusters = append(alone.clusters, newCluster(shape, 3, now))
	}
	told := 0
	for range 3600 {
		now = now.Add(time.Second)
		alone.Advance(now)
		if faults := alone.clusters[2].faults; len(faults) > 0 {
			t.Fatalf("the story touched it: %+v", faults[0])
		}
		told += len(alone.clusters[0].faults) + len(alone.clusters[1].faults)
	}
	if told == 0 {
		t.Error("the story told nothing")
	}
}
