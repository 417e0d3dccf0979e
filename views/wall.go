package views

import (
	"strconv"
	"time"

	"looksalive/cluster"
)

const (
	wallFaults   = 5
	wallClusters = 6
)

// wall is what "/wall" shows: readable from 5 m, never scrolled.
type wall struct {
	Counts       []wallCount
	Faults       []faultRow
	MoreFaults   string
	None         Empty
	Clusters     []wallCluster
	MoreClusters string
	Few          string // class that makes few clusters large
	FewFaults    string // the same for faults
}

type wallCount struct {
	ID, Count, Label string
	State            State
	Hot, Zero        bool
}

type wallCluster struct {
	ID, Name, Why string
	State         State
	Strip         []Glyph
	More          string
	Meters        []wallMeter // only where there is room
}

type wallMeter struct {
	Label string
	Meter *Meter
}

// Wall is "/wall".
func Wall(s *cluster.Snapshot, q Query, now time.Time) Page {
	return Page{Title: "Wall screen", Path: "/wall", Shell: ShellWall, Live: true,
		Regions: []Region{{ID: "r-wall", Class: "wall-in", Body: wallBody(newWall(s, now))}}}
}

func newWall(s *cluster.Snapshot, now time.Time) wall {
	w := wall{None: calm("No open faults", "Everything that answers is well.")}
	t := clustersTable(s, Query{Page: 1}, "/wall", now)
	c := newCensus(t)
	counts := map[cluster.Health]int{}
	for _, p := range c.Parts {
		counts[p.State.Health] = p.n
	}
	open := wallCount{ID: "w-open", Count: strconv.Itoa(len(s.Faults)), Label: "Open faults", State: State{Class: "quiet", Icon: "alert-24-regular"}, Zero: len(s.Faults) == 0}
	for _, f := range toLookAt(s.Faults) {
		open.Hot = open.Hot || f.Health >= cluster.Quarantined
	}
	w.Counts = append(w.Counts, open)
	for _, h := range bySeverity {
		st := stateOf(h)
		n := wallCount{ID: "w-" + st.Class, Count: count(counts[h]), Label: st.Word, State: st, Zero: counts[h] == 0}
		switch h {
		case cluster.Maintenance:
			continue // planned: no reason to look up
		case cluster.Paused:
			if n.Zero {
				continue
			}
		case cluster.Healthy:
			n.Label, n.Zero = "of "+plural(c.Total, "node")+" healthy", false
		}
		w.Counts = append(w.Counts, n)
	}
	groups := byCause(s.Faults)
	for _, g := range groups[:min(wallFaults, len(groups))] {
		w.Faults = append(w.Faults, newFaultRow(g.fault, g.after, now))
	}
	if rest := len(groups) - len(w.Faults); rest > 0 {
		w.MoreFaults = "and " + strconv.Itoa(rest) + " more"
	}
	if len(w.Faults) <= 3 {
		w.FewFaults = "few"
	}
	w.clusters(t)
	return w
}

func (w *wall) clusters(t Table) {
	for _, r := range t.Rows[:min(wallClusters, len(t.Rows))] {
		name := r.Cells[0]
		c := wallCluster{ID: r.ID, Name: name.Text, Why: name.Sub, State: *name.State, Strip: r.Cells[1].Strip}
		if len(c.Strip) > 16 {
			c.More = "and " + strconv.Itoa(len(c.Strip)-16) + " more"
			c.Strip = c.Strip[:16]
		}
		if len(t.all) <= 3 {
			w.Few = "few"
			for i, label := range []string{"CPU", "Memory", "Storage"} {
				m := r.Cells[2+i].Meter
				if m == nil { // it may not be read
					m = &Meter{Text: r.Cells[2+i].Text}
				}
				c.Meters = append(c.Meters, wallMeter{label, m})
			}
		}
		w.Clusters = append(w.Clusters, c)
	}
	if rest := len(t.all) - len(w.Clusters); rest > 0 {
		w.MoreClusters = "and " + plural(rest, "cluster") + " more"
	}
}
