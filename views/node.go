package views

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// nodeView is what "/c/{cluster}/nodes/{node}" shows.
type nodeView struct {
	Notice     *Notice
	Denied     *Notice
	Slow       *Notice
	Attention  attention
	Now        []Tile
	Charts     []chart
	Interfaces Table
	Roles      Table
	RolesHref  string
	Certs      Table
	Services   []Fact
	Membership []Fact
	Contact    []Fact
	Hardware   []Fact
	Adapters   Table
	VitalsAsOf *Meta // set when what the node told of itself may no longer be so
	SlowAsOf   *Meta // the same for its slow facts
}

// chart is a place the browser draws a series in.
type chart struct {
	ID, Title, URL, Unit string
}

// NodePage is "/c/{cluster}/nodes/{node}". trend holds the series NodeTrends
// names and may be nil.
func NodePage(s *cluster.Snapshot, name, node string, trend Trends, q Query, now time.Time) (Page, error) {
	p := s.Cluster(name)
	if p == nil {
		return Page{}, fmt.Errorf("cluster %q: %w", name, cluster.ErrNotFound)
	}
	if !slices.Contains(p.NodeNames(), node) {
		return Page{}, fmt.Errorf("node %q of %s: %w", node, name, cluster.ErrNotFound)
	}
	h, why := p.NodeHealth(node, now)
	st := stateOf(h)
	n, _ := p.State.Node(node)
	view, _ := p.View(node)
	v := newNodeView(s, p, node, trend, now)
	sub := place(n)
	if why != "" {
		sub = strings.Join(slices.DeleteFunc([]string{sentence(why), sub}, func(s string) bool { return s == "" }), " · ")
	}
	page := Page{
		Title: node, Path: nodePath(name, node), Nav: navFor(s, name, tabNodes), Live: true, Layout: "split",
		Crumbs: crumbs(name, Crumb{"Nodes", clusterPath(name, "nodes")}, Crumb{node, nodePath(name, node)}),
		Head: Head{Title: node, State: &st, Sub: sub, Facts: []Meta{{Text: "Last contact", At: ago(view.Contact.LastOK, now)}},
			Actions: []Action{{Label: "Console", Href: ConsoleOn(name, node, ""), Icon: "window-console-20-regular"}}},
	}
	page.Regions = []Region{
		noticeRegion(v.Notice, v.Slow, v.Denied),
		{ID: "r-now", Class: "wide", Label: "Now", Body: tiles(v.Now)},
		{ID: "r-main", Class: "col", Body: nodeMain(v)},
		{ID: "r-side", Class: "aside", Body: nodeSide(v)},
	}
	return page, nil
}

func newNodeView(s *cluster.Snapshot, p *cluster.Picture, node string, trend Trends, now time.Time) nodeView {
	view, _ := p.View(node)
	faults := faultsOfNode(s, p.Cluster, node)
	_, vitalsAt, current := vitalsOf(p, node, now)
	a := accessOf(s)
	v := nodeView{
		Denied: a.nodeNotice(p, node), Slow: slowNotice(view),
		VitalsAsOf: asOf(vitalsAt, now, current),
		SlowAsOf:   asOf(view.InventoryAt, now, !p.InventoryStale(node, now) && (current || view.Vitals == nil)),
		Notice:     nodeNotice(p, node, view, current, now), Now: nodeTiles(p, node, trend, now),
		Attention: newAttention(faults, Query{Cluster: p.Cluster, Text: node, Page: 1}.on("/faults"), 4, now),
		Charts:    nodeCharts(p.Cluster, node), Interfaces: interfacesTable(p, node, a), Roles: ownedRoles(p, node, a),
		RolesHref: Query{Text: node, Page: 1}.on(clusterPath(p.Cluster, "vms")),
		Certs:     certificates(view.Inventory, faults, now), Services: serviceFacts(view, faults, current), Membership: membership(p, node),
		Contact: contactFacts(view, p.IsPaused(node), now), Hardware: hardware(p, node, view, a, now), Adapters: adaptersTable(view, current),
	}
	if p.Lacks(cluster.QuestionState, "Nodes") {
		v.Membership = []Fact{a.fact(p, "Membership", cluster.QuestionState, "Nodes")}
	}
	if view.Lacks(cluster.QuestionVitals, "Services") {
		v.Services = []Fact{a.fact(p, "Services", cluster.QuestionVitals, "Services")}
	}
	if view.Lacks(cluster.QuestionVitals, "Adapters") {
		v.Adapters.None = a.empty(p, cluster.QuestionVitals, "Adapters")
	}
	if view.Lacks(cluster.QuestionInventory, "Certificates") {
		v.Certs.None = a.empty(p, cluster.QuestionInventory, "Certificates")
	}
	return v
}

func faultsOfNode(s *cluster.Snapshot, name, node string) []cluster.Fault {
	return slices.DeleteFunc(s.FaultsOf(name), func(f cluster.Fault) bool {
		return f.Node != node && (f.Object.Kind != "node" || f.Object.Name != node)
	})
}

// retryLabel is on the button for a password that was set right elsewhere.
const retryLabel = "Try the password again"

func nodeNotice(p *cluster.Picture, node string, v cluster.NodeView, current bool, now time.Time) *Notice {
	if p.IsPaused(node) {
		return pausedNodeNotice(v, now)
	}
	if current {
		return nil
	}
	n := &Notice{Class: "stale", Icon: "question-circle-20-regular", Title: "No answer from this node."}
	if v.Contact.Reach != cluster.ReachOK && v.Contact.Reach != cluster.ReachUnknown {
		n.Title = "No answer from this node: " + v.Contact.Reach.String() + "."
	}
	n.Text = v.Contact.Detail
	if v.Contact.Reach == cluster.ReachPassword {
		n.Retry, n.Of = SettingPath(p.Cluster, "nodes", node, "retry"), node
	}
	if !v.VitalsAt.IsZero() {
		n.Text = strings.TrimSpace(n.Text + " Values are the last known ones, from")
		n.At = ago(v.VitalsAt, now)
	}
	return n
}

func nodeTiles(p *cluster.Picture, node string, trend Trends, now time.Time) []Tile {
	v, at, current := vitalsOf(p, node, now)
	view, _ := p.View(node)
	u := cluster.Usage{NodesTotal: 1}
	var f flow
	lacks := lack{}
	if v != nil {
		u.CPU, u.CPUKnown, u.NodesFresh = v.CPU, !view.Lacks(cluster.QuestionVitals, "Processor"), 1
		u.MemoryUsed, u.MemoryTotal, u.MemoryKnown = v.MemoryUsed(), v.MemoryTotal, v.MemoryTotal > 0
		f.add(view, node)
	}
	for _, part := range vitalsParts {
		switch {
		case view.Lacks(cluster.QuestionVitals, part):
			lacks[part] = noAccess
		case v == nil && p.IsPaused(node):
			lacks[part] = pausedWord
		}
	}
	t := usageTiles(u, f, trend, current, lacks, now)
	if v != nil && t[0].Known && v.Cores > 0 {
		t[0].Note = plural(v.Cores, "logical processor")
	}
	for i := range t {
		if t[i].Known {
			t[i].AsOf = asOf(at, now, current)
		}
	}
	return t
}

func nodeCharts(name, node string) []chart {
	address := func(metrics ...cluster.Metric) string {
		v := url.Values{"cluster": {name}, "object": {"node/" + node}}
		for _, m := range metrics {
			v.Add("metric", string(m))
		}
		return "/api/v1/series?" + v.Encode()
	}
	return []chart{
		{"chart-cpu", "CPU", address(cluster.MetricCPU), "percent"},
		{"chart-memory", "Memory", address(cluster.MetricMemoryUsed), "bytes"},
		{"chart-network", "Network", address(cluster.MetricNetRx, cluster.MetricNetTx), "bits"},
		{"chart-latency", "Storage latency", address(cluster.MetricLatency), "seconds"},
	}
}
