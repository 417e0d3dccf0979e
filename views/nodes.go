package views

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// pictures are the clusters a list speaks of, and the path of the list.
func pictures(s *cluster.Snapshot, name, rest string) (list []*cluster.Picture, path string, err error) {
	if name == "" {
		return s.Clusters, "/" + rest, nil
	}
	p := s.Cluster(name)
	if p == nil {
		return nil, "", fmt.Errorf("cluster %q: %w", name, cluster.ErrNotFound)
	}
	return []*cluster.Picture{p}, clusterPath(name, rest), nil
}

// listPage is a page with one list and its tools.
func listPage(s *cluster.Snapshot, name, title, path, placeholder string, at tab, t Table, notices []*Notice, q Query) Page {
	bar := newTools(path, placeholder, t.Rows, q)
	total := len(t.Rows)
	worstFirst(t.Rows)
	t.None = filtered(q, t.None, path)
	t.arrange(q, path)
	return Page{
		Title: title, Path: path, Nav: navFor(s, name, at), Live: true,
		Crumbs:  crumbs(name, Crumb{title, path}),
		Head:    Head{Title: title, Sub: listSub(name, total, len(s.Clusters)), Actions: csvAction(q, path)},
		Regions: []Region{noticeRegion(notices...), bar.region(), listRegion(t)},
		table:   &t,
	}
}

func listSub(name string, total, clusters int) string {
	if name != "" {
		return count(total) + " in " + name + ", worst first"
	}
	return count(total) + " in " + plural(clusters, "cluster") + ", worst first"
}

// Nodes is "/nodes" for all clusters (name "") and "/c/{cluster}/nodes".
func Nodes(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	list, path, err := pictures(s, name, "nodes")
	if err != nil {
		return Page{}, err
	}
	a := accessOf(s)
	notices := []*Notice{staleClusters(list, name == "", now), a.notice(list, cluster.QuestionState, "Nodes", "Groups")}
	return listPage(s, name, "Nodes", path, "Filter nodes", tabNodes, nodesTable(list, name == "", a, now), notices, q), nil
}

func nodesTable(list []*cluster.Picture, fleet bool, a access, now time.Time) Table {
	t := Table{Label: "Nodes", Class: "nodes", None: unknown("No nodes", "None is known yet.")}
	t.Cols = []Col{{Key: "node", Label: "Node"}}
	if fleet {
		t.Cols = append(t.Cols, Col{Key: "cluster", Label: "Cluster"})
	}
	t.Cols = append(t.Cols, Col{Key: "state", Label: "State"}, Col{Key: "cpu", Label: "CPU", Class: "c-m"}, Col{Key: "memory", Label: "Memory", Class: "c-m"},
		Col{Key: "vms", Label: "VMs", Class: "r"}, Col{Key: "latency", Label: "Latency", Class: "r"}, Col{Key: "vote", Label: "Vote", Class: "r"}, Col{Key: "age", Label: "Last data", Class: "r"})
	for _, p := range list {
		vms := map[string]int{}
		if p.State != nil {
			for _, r := range p.State.Roles {
				if r.IsVM() {
					vms[r.Owner]++
				}
			}
		}
		for _, name := range p.NodeNames() {
			t.Rows = append(t.Rows, nodeRow(p, name, vms[name], fleet, a, now))
		}
	}
	return t
}

func nodeRow(p *cluster.Picture, name string, vms int, fleet bool, a access, now time.Time) Row {
	h, why := p.NodeHealth(name, now)
	st := stateOf(h)
	n, known := p.State.Node(name)
	vitals, vitalsAt, current := vitalsOf(p, name, now)
	first := Cell{Text: name, Href: nodePath(p.Cluster, name), State: &st, Sub: sentence(why), Tone: "st " + st.Class, Class: "full"}
	if why == "" {
		first.Sub, first.Tone = cmp.Or(place(n), st.Word), ""
	}
	if h == cluster.Healthy {
		first.Tone = "" // what is not known of a healthy node is no praise
	}
	view, _ := p.View(name)
	if view.Contact.Mode == cluster.ModeProcess {
		every := duration(cluster.QuestionVitals.PeriodIn(cluster.ModeProcess))
		first.Tag, first.Title = "every "+every, "Slow mode: each question starts its own PowerShell, so figures come every "+every+"."
	}
	cells := []Cell{first}
	if fleet {
		cells = append(cells, Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), Class: "plain"})
	}
	state, vote := Cell{Text: noData, Class: "none"}, Cell{Text: noData, Class: "r none"}
	switch {
	case p.Lacks(cluster.QuestionState, "Nodes"):
		state, vote = a.cell(p, cluster.QuestionState, "Nodes", ""), a.cell(p, cluster.QuestionState, "Nodes", "r")
	case known:
		state = Cell{Text: nodeWord(n)}
		vote = Cell{Text: strconv.Itoa(n.DynamicWeight), Class: "r num"}.by(float64(n.DynamicWeight))
		if p.AllPaused() {
			state, vote = state.asLastKnown(), vote.asLastKnown()
		}
	}
	count := Cell{Text: strconv.Itoa(vms), Class: "r num"}.by(float64(vms))
	switch {
	case p.Lacks(cluster.QuestionState, "Groups"):
		count = a.cell(p, cluster.QuestionState, "Groups", "r")
	case p.AllPaused() && p.State != nil:
		count = count.asLastKnown()
	}
	cpu, memory, late := a.vitalsCells(p, view, vitals, current)
	at := ago(vitalsAt, now)
	age := Cell{At: &at, Class: "r age"}.by(now.Sub(vitalsAt).Seconds())
	if !current {
		age.Class = "r age old"
	}
	cells = append(cells, state, cpu, memory, count, late, vote, age)
	return Row{ID: rowID("n", p.Cluster, name), Health: h, Cells: cells}
}

// vitalsCells are processor, memory and latency as a node last told them.
func (a access) vitalsCells(p *cluster.Picture, view cluster.NodeView, v *cluster.Vitals, current bool) (cpu, memory, late Cell) {
	if v == nil {
		none := meter(0, false, "").cell(0)
		late = Cell{Text: noData, Class: "r none"}.by(-1)
		if p.AllPaused() {
			none.Meter.Text, late.Text = pausedWord, pausedWord
		}
		return none, none, late
	}
	defer func() {
		q := cluster.QuestionVitals
		if view.Lacks(q, "Processor") {
			cpu = a.cell(p, q, "Processor", "m")
		}
		if view.Lacks(q, "OperatingSystem") {
			memory = a.cell(p, q, "OperatingSystem", "m")
		}
		if view.Lacks(q, "SharedVolumes") {
			late = a.cell(p, q, "SharedVolumes", "r")
		}
	}()
	used := ratio(v.MemoryUsed(), v.MemoryTotal)
	cpu, memory = meter(v.CPU/100, true, "").cell(v.CPU/100), meter(used, v.MemoryTotal > 0, "").cell(used)
	late = Cell{Text: latency(v.Disk.Latency), Class: "r num"}.by(v.Disk.Latency.Seconds())
	if !current {
		return cpu.asLastKnown(), memory.asLastKnown(), late.asLastKnown()
	}
	return cpu, memory, late
}

func place(n cluster.Node) string {
	parts := []string{}
	for _, s := range []string{n.Site, n.Rack} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// nodeWord is the cluster's own word for a node, with its flags.
func nodeWord(n cluster.Node) string {
	w := n.State.String()
	if n.Status != cluster.StatusNormal {
		w += ", " + spaced(n.Status.String())
	}
	return w
}

// spaced turns the field's words into readable ones: "DrainInProgress" → "drain in progress".
func spaced(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			if i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z' {
				b.WriteByte(' ')
			}
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}
