package cluster

import (
	"strings"
	"testing"
)

// TestSurviveMicrosoftsTable are the documented outcomes: a cluster of so many
// nodes that lost nothing yet. "50/50" is not guaranteed and counts as no.
func TestSurviveMicrosoftsTable(t *testing.T) {
	for _, c := range []struct {
		nodes                int
		witness              bool
		quorumAtOnce, quorum int // at once, one after the other
		poolAtOnce           int
	}{
		{2, false, 0, 0, 0},
		{2, true, 1, 1, 1},
		{3, false, 1, 1, 1},
		{3, true, 1, 2, 1},
		{4, false, 1, 2, 1},
		{4, true, 2, 3, 2},
		{5, false, 2, 3, 2},
		{5, true, 2, 4, 2},
		{8, true, 4, 7, 3},
	} {
		y := begin(c.nodes, true).state(func(s *State) {
			if !c.witness {
				s.Quorum = Quorum{Dynamic: true}
				if c.nodes%2 == 0 {
					s.Nodes[0].DynamicWeight = 0
				}
			}
		})
		q, p := quorumCeiling(y.p.State), poolCeiling(y.p)
		if q.Simultaneous != c.quorumAtOnce || q.Sequential != c.quorum || p.Simultaneous != c.poolAtOnce {
			t.Errorf("%d nodes, witness %t: quorum %d, %d and pool %d, want %d, %d and %d (%s)", c.nodes, c.witness,
				q.Simultaneous, q.Sequential, p.Simultaneous, c.quorumAtOnce, c.quorum, c.poolAtOnce, q.Detail)
		}
	}
}

func TestSurvive(t *testing.T) {
	for _, c := range []struct {
		name           string
		y              func() *story
		atOnce, inTurn int
		limit          string
	}{
		{"four nodes with witness, three copies", func() *story { return begin(4, true) }, 2, 2, "cluster quorum"},
		{"two copies", func() *story {
			return begin(4, true).storage(func(s *Storage) { s.VirtualDisks[0].Copies = 2 })
		}, 1, 1, "data copies: Vol1 is a two-way mirror"},
		{"a disk in repair", func() *story {
			return begin(4, true).storage(func(s *Storage) { s.VirtualDisks[0].Health = StorageWarning })
		}, 1, 1, "data copies: Vol1 is a three-way mirror, now degraded"},
		{"no redundancy left", func() *story {
			return begin(4, true).storage(func(s *Storage) { s.VirtualDisks[0].Health = StorageUnhealthy })
		}, 0, 0, "data copies"},
		{"one node down already", func() *story {
			return begin(4, true).nodeDown().state(func(s *State) { s.Quorum.WitnessWeight = 0 })
		}, 1, 1, "cluster quorum"},
		{"down, and not yet recounted", func() *story {
			return begin(4, false).nodeDown().state(func(s *State) { s.Nodes[1].DynamicWeight = 1 })
		}, 1, 1, "cluster quorum"},
		{"witness failed, and not yet recounted", func() *story {
			return begin(4, false).state(func(s *State) { s.Quorum.WitnessState = ResourceFailed })
		}, 1, 2, "cluster quorum"},
		{"no dynamic quorum", func() *story {
			return begin(4, false).state(func(s *State) { s.Quorum.Dynamic = false })
		}, 2, 2, "cluster quorum"},
		{"no room", func() *story {
			y := begin(4, false)
			for _, n := range y.p.Members {
				y.vitals(n, func(v *Vitals) { v.MemoryFree = 50 * gb })
			}
			return y
		}, 0, 0, "memory: 200 GB free, the largest node has 256 GB"},
		{"room for one", func() *story {
			y := begin(4, false)
			for _, n := range y.p.Members {
				y.vitals(n, func(v *Vitals) { v.MemoryFree = 64 * gb })
			}
			return y
		}, 1, 1, "memory"},
		{"a paused node votes but takes no machines", func() *story {
			y := begin(2, false).state(func(s *State) { s.Nodes[1].State = NodePaused })
			return y
		}, 0, 0, "memory"},
	} {
		got := Survive(c.y().p)
		if got.Simultaneous != c.atOnce || got.Sequential != c.inTurn || !strings.HasPrefix(got.Limit, c.limit) || !got.Known {
			t.Errorf("%s: %d at once, %d in turn, limit %q; want %d, %d, %q\n%+v", c.name, got.Simultaneous, got.Sequential, got.Limit, c.atOnce, c.inTurn, c.limit, got.Ceilings)
		}
	}
	if s := Survive(NewPicture("x", []string{"a"})); s.Known {
		t.Errorf("of nothing known: %+v", s)
	}
}
