package views

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// overview is what "/" shows.
type overview struct {
	Census    census
	Clusters  Table
	Attention attention
	Fullest   []fullItem
	Now       []Tile
}

// Overview is "/": everything at once, worst first. trend holds the series
// OverviewTrends names and may be nil.
func Overview(s *cluster.Snapshot, trend Trends, q Query, now time.Time) Page {
	u := fleetUsage(s, now)
	q.Text, q.State = "", "" // the overview always shows all
	v := newOverview(s, u, trend, q, now)
	page := Page{
		Title: "Overview", Path: "/", Nav: fleetNav(s, tabOverview), Live: true, Layout: "split overview",
		Crumbs: []Crumb{{"All clusters", "/"}},
		Head: Head{
			Title: "All clusters",
			Sub:   overviewSub(s, u),
			Actions: []Action{
				{Label: "Wall screen", Href: "/wall", Icon: "tv-16-regular"},
				{Label: "Export CSV", Href: q.on("/clusters.csv"), Icon: "arrow-download-16-regular"},
			},
		},
		table: &v.Clusters,
	}
	if len(s.Clusters) == 0 {
		page.Layout = ""
		page.Regions = []Region{{ID: "r-main", Body: card("Clusters", "", empty(Empty{State: stateOf(cluster.NoData), Title: "No cluster is watched yet",
			Text: "Name any one node of a cluster and an account that may read it.", Href: SettingsPath + "/new", Link: "Add a cluster"}))}}
		return page
	}
	page.Regions = []Region{
		{ID: "r-census", Class: "wide", Body: censusCard(v.Census)},
		{ID: "r-clusters", Class: "col", Body: card("Clusters", "Worst first", table(v.Clusters))},
		{ID: "r-side", Class: "aside first-s", Body: overviewSide(v)},
		{ID: "r-now", Class: "col", Label: "All clusters now", Body: tiles(v.Now)},
	}
	return page
}

func overviewSub(s *cluster.Snapshot, u cluster.Usage) string {
	text := strings.Join([]string{plural(len(s.Clusters), "cluster"), plural(u.NodesTotal, "node"), plural(u.VMs, "virtual machine")}, ", ")
	if u.NodesPaused == 0 {
		return text
	}
	text += ", " + plural(u.NodesPaused, "node") + " " + pausedWord
	if n := len(s.Clusters) - len(watched(s.Clusters)); n > 0 {
		text += " (" + plural(n, "whole cluster") + ")"
	}
	return text
}

func newOverview(s *cluster.Snapshot, u cluster.Usage, trend Trends, q Query, now time.Time) overview {
	clusters := clustersTable(s, q, "/", now)
	return overview{
		Census:    newCensus(clusters),
		Clusters:  clusters,
		Attention: newAttention(s.Faults, "/faults", 6, now),
		Fullest:   fullest(s, 4),
		Now:       fleetTiles(s, u, trend, now),
	}
}

// census counts nodes by state.
type census struct {
	Total int
	Label string
	Parts []censusPart
}

type censusPart struct {
	State State
	Count string
	Href  string
	X, W  string // of 1000, for the bar
	n     int
}

// newCensus counts the nodes of all clusters. The bar keeps 3 of 1000 between
// segments and gives a single node at least 6, so that it is seen among 1,000.
func newCensus(clusters Table) census {
	counts := map[cluster.Health]int{}
	c := census{}
	for _, r := range clusters.all {
		for _, g := range r.Cells[1].Strip {
			counts[g.State.Health]++
			c.Total++
		}
	}
	return c.with(counts, "/nodes")
}

func (c census) with(counts map[cluster.Health]int, path string) census {
	const full, gap, least = 1000.0, 3.0, 6.0
	var share, small float64
	for _, h := range bySeverity {
		if n := counts[h]; n > 0 {
			st := stateOf(h)
			c.Parts = append(c.Parts, censusPart{State: st, Count: count(n), n: n,
				Href: Query{State: st.Class, Page: 1}.on(path)})
		}
	}
	room := full - gap*float64(len(c.Parts)-1)
	for _, p := range c.Parts {
		if w := room * ratio(p.n, c.Total); w < least {
			small += least
		} else {
			share += float64(p.n)
		}
	}
	x := 0.0
	for i := range c.Parts {
		p := &c.Parts[i]
		w := least
		if room*ratio(p.n, c.Total) >= least {
			w = (room - small) * float64(p.n) / share
		}
		p.X, p.W = strconv.FormatFloat(x, 'f', 1, 64), strconv.FormatFloat(w, 'f', 1, 64)
		x += w + gap
	}
	c.Label = strconv.Itoa(counts[cluster.Healthy]) + " of " + plural(c.Total, "node") + " are healthy"
	return c
}

// clustersTable lists the clusters, worst first.
func clustersTable(s *cluster.Snapshot, q Query, path string, now time.Time) Table {
	t := Table{
		Label: "Clusters", Class: "clusters",
		Cols: []Col{
			{Key: "cluster", Label: "Cluster", Class: "c-name"}, {Key: "nodes", Label: "Nodes", Class: "c-strip"},
			{Key: "cpu", Label: "CPU", Class: "c-m"}, {Key: "memory", Label: "Memory", Class: "c-m"}, {Key: "storage", Label: "Storage", Class: "c-m"},
			{Key: "survives", Label: "Survives", Class: "c-s"}, {Key: "age", Label: "Last data", Class: "r c-a"},
		},
		None: filtered(q, unknown("No clusters", "None is configured."), path),
	}
	a := accessOf(s)
	byCluster := map[string][]cluster.Fault{}
	for _, f := range s.Faults {
		byCluster[f.Cluster] = append(byCluster[f.Cluster], f)
	}
	for _, p := range s.Clusters {
		t.Rows = append(t.Rows, clusterRow(p, byCluster[p.Cluster], a, now))
	}
	longest := 0
	for _, r := range t.Rows {
		longest = max(longest, len(r.Cells[1].Strip))
	}
	if longest <= 6 { // room for the names instead
		t.Class += " short"
	}
	worstFirst(t.Rows)
	t.arrange(q, path)
	return t
}

func clusterRow(p *cluster.Picture, faults []cluster.Fault, a access, now time.Time) Row {
	h, why := p.Health(faults, now)
	st := stateOf(h)
	name := Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), State: &st, Sub: why, Tone: "st " + st.Class, Class: "full"}
	if why == "" {
		name.Sub, name.Tone = cmp.Or(strings.Join(sites(p), ", "), st.Word), ""
	}
	if h == cluster.Healthy {
		name.Tone = "" // what is not looked at in a healthy cluster is no praise
	}
	u := p.Usage(now)
	at := ago(p.StateAt, now)
	glyphs := nodeStrip(p, now)
	cells := []Cell{
		name,
		Cell{Strip: glyphs, Class: "full", csv: strconv.Itoa(len(glyphs))}.by(float64(len(glyphs))),
		meter(u.CPU/100, u.CPUKnown, "").cell(u.CPU),
		meter(ratio(u.MemoryUsed, u.MemoryTotal), u.MemoryKnown, "").cell(ratio(u.MemoryUsed, u.MemoryTotal)),
		meter(ratio(u.StorageUsed, u.StorageTotal), u.StorageKnown, "").cell(ratio(u.StorageUsed, u.StorageTotal)),
		survivesCell(cluster.Survive(p)),
		Cell{At: &at, Class: "r age"}.by(now.Sub(p.StateAt).Seconds()),
	}
	a.lock(p, u, cells)
	if p.StateStale(now) {
		cells[6].Class = "r age old"
	}
	return Row{ID: rowID("c", p.Cluster), Health: h, Cells: cells}
}

// lock says of processor, memory and storage why they are not known: no access, or
// nobody asks.
func (a access) lock(p *cluster.Picture, u cluster.Usage, cells []Cell) {
	if p.AllPaused() {
		for i := 2; i <= 5; i++ {
			if m := cells[i].Meter; m != nil && !m.Known {
				m.Text = pausedWord
			} else {
				cells[i] = cells[i].asLastKnown()
				cells[i].Tone = ""
			}
		}
		return
	}
	if !u.CPUKnown && u.CPUDenied {
		cells[2] = a.cell(p, cluster.QuestionVitals, "Processor", "m")
	}
	if !u.MemoryKnown && u.MemoryDenied {
		cells[3] = a.cell(p, cluster.QuestionVitals, "OperatingSystem", "m")
	}
	switch {
	case u.StorageKnown:
	case p.Lacks(cluster.QuestionStorage, "Pools"):
		cells[4] = a.cell(p, cluster.QuestionStorage, "Pools", "m")
	case p.Lacks(cluster.QuestionState, "Volumes") && !p.State.S2D:
		cells[4] = a.cell(p, cluster.QuestionState, "Volumes", "m")
	}
	if p.Lacks(cluster.QuestionState, "Nodes") {
		cells[5] = a.cell(p, cluster.QuestionState, "Nodes", "")
	}
}

// survivesCell says how many nodes may be lost at once, and what limits it.
func survivesCell(s cluster.Survivability) Cell {
	if !s.Known {
		return Cell{Text: noData, Class: "none"}.by(-1)
	}
	limit, _, _ := strings.Cut(s.Limit, ":") // the numbers behind it are on the cluster's page
	c := Cell{Text: plural(s.Simultaneous, "node"), Sub: limit}
	if s.Simultaneous == 0 {
		c.Text, c.Tone = "no node", "st warn"
	}
	return c.by(float64(s.Simultaneous))
}

// sites names the sites the nodes of a cluster stand at.
func sites(p *cluster.Picture) []string {
	var out []string
	if p.State != nil {
		for _, n := range p.State.Nodes {
			if n.Site != "" && !slices.Contains(out, n.Site) {
				out = append(out, n.Site)
			}
		}
	}
	slices.SortFunc(out, natural)
	return out
}

func nodeStrip(p *cluster.Picture, now time.Time) []Glyph {
	names := p.NodeNames()
	out := make([]Glyph, 0, len(names))
	base := clusterPath(p.Cluster, "nodes") + "/"
	for _, name := range names {
		h, why := p.NodeHealth(name, now)
		st := stateOf(h)
		title := name + ", " + st.Word
		if why != "" {
			title += ": " + why
		}
		out = append(out, Glyph{Href: base + escape(name), Title: title, State: st})
	}
	return out
}

// fullItem is a volume that fills.
type fullItem struct {
	Name, Href, Cluster string
	Text                string
	Meter               *Meter
	share               float64
	free                int64
}

// fullest are the volumes with the least room, in shares.
func fullest(s *cluster.Snapshot, n int) []fullItem {
	var out []fullItem
	for _, p := range s.Clusters {
		if p.State == nil || p.AllPaused() {
			continue
		}
		for _, v := range p.State.Volumes {
			if v.Size <= 0 {
				continue
			}
			share := ratio(v.Used(), v.Size)
			out = append(out, fullItem{Name: v.Label(), Cluster: p.Cluster, free: v.Free, share: share})
		}
	}
	slices.SortStableFunc(out, func(a, b fullItem) int { return cmp.Compare(b.share, a.share) })
	out = out[:min(n, len(out))]
	for i := range out {
		it := &out[i]
		it.Meter, it.Text, it.Href = meter(it.share, true, ""), binary(it.free)+" free", clusterPath(it.Cluster, "storage")
	}
	return out
}

// Clusters is "/clusters".
func Clusters(s *cluster.Snapshot, q Query, now time.Time) Page {
	all := clustersTable(s, Query{Page: 1}, "/clusters", now)
	t := clustersTable(s, q, "/clusters", now)
	return Page{
		Title: "Clusters", Path: "/clusters", Nav: fleetNav(s, tabClusters), Live: true,
		Crumbs:  []Crumb{{"All clusters", "/"}, {"Clusters", "/clusters"}},
		Head:    Head{Title: "Clusters", Sub: plural(len(s.Clusters), "cluster") + ", worst first", Actions: csvAction(q, "/clusters")},
		Regions: []Region{newTools("/clusters", "Filter clusters", all.Rows, q).region(), listRegion(t)},
		table:   &t,
	}
}

func csvAction(q Query, path string) []Action {
	return []Action{{Label: "Export CSV", Href: q.on(path + ".csv"), Icon: "arrow-download-16-regular"}}
}

func listRegion(t Table) Region {
	return Region{ID: "r-list", Class: "wide", Body: listCard(t)}
}
