package views

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func rowsOf(t *testing.T) func(Page, error) [][]string {
	return func(p Page, err error) [][]string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_, rows := p.Table()
		return rows
	}
}

// What may not be read is "no access" on the screen and in CSV: never 0, none or health.
func TestNoAccess(t *testing.T) {
	s := limited()
	q := Query{Page: 1}
	rows := rowsOf(t)
	a, b := s.Clusters[0].Cluster, s.Clusters[1].Cluster
	if diff := cmp.Diff([]string{"HV-EU-01", "Up", noAccess, noAccess, "12", noAccess, "1"}, rows(Nodes(s, a, q, testNow))[0][:7]); diff != "" {
		t.Errorf("nodes: %s", diff)
	}
	if diff := cmp.Diff([]string{"SQL-US-01", noAccess}, rows(Nodes(s, b, q, testNow))[0][:2]); diff != "" {
		t.Errorf("nodes of a cluster that does not tell them: %s", diff)
	}
	got := map[string][]string{}
	_, clusters := Clusters(s, q, testNow).Table()
	for _, r := range clusters {
		got[r[0]] = r[2:6]
	}
	want := map[string][]string{a: {noAccess, noAccess, noAccess, "2 nodes"}, b: {"42%", "67%", noAccess, noAccess}}
	if diff := cmp.Diff(want[a], got[a]); diff != "" {
		t.Errorf("clusters: %s", diff)
	}
	if diff := cmp.Diff(want[b][2:], got[b][2:]); diff != "" {
		t.Errorf("clusters: %s", diff)
	}

	for _, tile := range nodeTiles(s.Clusters[0], "HV-EU-02", nil, testNow) {
		if tile.Known || tile.Value != noAccess || !tile.Lock || !strings.Contains(tile.Note, "Missing: ") {
			t.Errorf("%+v", tile)
		}
	}
	for _, tile := range clusterInventory(s.Clusters[1], testNow)[1:] {
		if tile.Value != noAccess || tile.State == nil || tile.State.Word != noAccess {
			t.Errorf("%+v", tile)
		}
	}
	value := map[string]string{}
	node := newNodeView(s, s.Clusters[0], "HV-EU-02", nil, testNow)
	for _, f := range slices.Concat(node.Hardware, node.Services) {
		value[f.Label] = f.Value
	}
	for _, label := range []string{"System", "Build", "Model", "Serial", "BIOS", "Processor", "Cores", "Memory", "Domain", "Clock source", "Started", "Services"} {
		if value[label] != noAccess {
			t.Errorf("%s is %q", label, value[label])
		}
	}
	if value["PowerShell"] != "5.1" {
		t.Errorf("what may be read is %q", value["PowerShell"])
	}

	must := func(p Page, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return renderPage(t, p)
	}
	for name, html := range map[string]string{
		"certificates":               must(NodePage(s, a, "HV-EU-02", nil, q, testNow)),
		"storage pools":              must(Storage(s, a, q, testNow)),
		"virtual disks":              must(Storage(s, a, q, testNow)),
		"drives":                     must(Storage(s, a, q, testNow)),
		"cluster shared volumes":     must(Storage(s, b, q, testNow)),
		"roles and virtual machines": must(VMs(s, b, q, testNow)),
		"cluster networks":           must(Networks(s, b, q, testNow)),
	} {
		if !strings.Contains(html, "<b>No access to "+name+"</b>") {
			t.Errorf("nothing stands in the place of %s", name)
		}
		if !strings.Contains(html, `href="/faults/41"`) && !strings.Contains(html, `href="/faults/42"`) {
			t.Errorf("%s: no link to the grants", name)
		}
	}
	html := must(ClusterPage(s, b, nil, q, testNow))
	for _, wrong := range []string{"0 of 0 votes", ">none<", `<b data-v>0</b>`} {
		if strings.Contains(html, wrong) {
			t.Errorf("the page of a cluster that tells nothing says %q", wrong)
		}
	}
	if !strings.Contains(must(Networks(s, "", q, testNow)), "No access to cluster networks, adapters on the cluster networks of "+b) {
		t.Error("the list of all networks says nothing of those it lacks")
	}
}

// The fault that lists the grants looks like what it is.
func TestAccessFault(t *testing.T) {
	s := limited()
	if len(s.Faults) != 2 {
		t.Fatalf("%d faults", len(s.Faults))
	}
	html := renderPage(t, FaultPage(s, s.Faults[0], Query{Page: 1}, Me{}, testNow))
	for _, want := range []string{"Grant-ClusterAccess -User", "Performance Monitor Users", "__SystemSecurity", lockIcon} {
		if !strings.Contains(html, want) {
			t.Errorf("lacks %q", want)
		}
	}
}

func TestPaused(t *testing.T) {
	s := paused()
	q := Query{Page: 1}
	a, b := s.Clusters[0].Cluster, s.Clusters[1].Cluster
	rows := rowsOf(t)
	nodes := map[string][]string{}
	for _, r := range rows(Nodes(s, "", q, testNow)) {
		nodes[r[0]] = r
	}
	if diff := cmp.Diff([]string{"HV-EU-02", a, "Up", "49% (last known)", "69% (last known)", "12", "850 µs (last known)", "1"}, nodes["HV-EU-02"][:8]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"SQL-US-01", b, "Up (last known)"}, nodes["SQL-US-01"][:3]); diff != "" {
		t.Error(diff)
	}
	filtered := rows(Nodes(s, "", Query{State: "paused", Page: 1}, testNow))
	if len(filtered) != 3 {
		t.Errorf("%d nodes are paused, want 3", len(filtered))
	}

	overview := Overview(s, nil, q, testNow)
	if overview.Head.Sub != "2 clusters, 6 nodes, 59 virtual machines, 3 nodes paused (1 whole cluster)" {
		t.Errorf("%q", overview.Head.Sub)
	}
	_, clusters := overview.Table()
	for _, r := range clusters {
		if r[0] == b {
			for i, v := range r[4:6] {
				if !strings.HasSuffix(v, "(last known)") {
					t.Errorf("column %d of a paused cluster is %q", 4+i, v)
				}
			}
		}
	}
	c := newCensus(clustersTable(s, q, "/", testNow))
	var parts []string
	for _, p := range c.Parts {
		parts = append(parts, p.State.Word+" "+p.Count+" "+p.Href)
	}
	if diff := cmp.Diff([]string{"Healthy 3 /nodes?state=ok", "Paused 3 /nodes?state=paused"}, parts); diff != "" {
		t.Error(diff)
	}
	labels := func(s *cluster.Snapshot) (out []string) {
		for _, w := range newWall(s, testNow).Counts {
			out = append(out, w.Count+" "+w.Label)
		}
		return out
	}
	if diff := cmp.Diff([]string{"0 Open faults", "0 Critical", "0 Isolated", "0 Quarantined", "0 Warning", "0 No data", "3 of 6 nodes healthy", "3 Paused"}, labels(s)); diff != "" {
		t.Error(diff)
	}
	if slices.Contains(labels(healthy()), "0 Paused") {
		t.Error("the wall counts the paused where there are none")
	}

	for name, page := range map[string]func() (Page, error){
		"This node is paused: it is not asked.":            func() (Page, error) { return NodePage(s, a, "HV-EU-02", nil, q, testNow) },
		"This cluster is paused: nothing is asked of it.":  func() (Page, error) { return ClusterPage(s, b, nil, q, testNow) },
		"This cluster is paused: nothing is asked of it. ": func() (Page, error) { return Networks(s, b, q, testNow) },
	} {
		p, err := page()
		if err != nil {
			t.Fatal(err)
		}
		html := renderPage(t, p)
		if !strings.Contains(html, strings.TrimSpace(name)) {
			t.Errorf("lacks %q", name)
		}
		for _, wrong := range []string{"No fresh answer", "No answer from this node"} {
			if strings.Contains(html, wrong) {
				t.Errorf("%s: calls it stale too: %q", name, wrong)
			}
		}
		if name != "This node is paused: it is not asked." && regexp.MustCompile(`class="(nd|chip|cell) ok"`).MatchString(html) {
			t.Errorf("%s: something of a paused cluster is dressed as healthy", name)
		}
	}
	if n := staleClusters(s.Clusters, true, testNow); n != nil {
		t.Errorf("%+v", n)
	}
	if n := staleStorage(s.Clusters[1:], false, testNow); n != nil {
		t.Errorf("%+v", n)
	}
}

func TestSlowMode(t *testing.T) {
	s := slow()
	name := s.Clusters[0].Cluster
	p, err := NodePage(s, name, "HV-EU-02", nil, Query{Page: 1}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	html := renderPage(t, p)
	for _, want := range []string{"Slow mode: figures come every 30 s.", "each question starts its own", "a PowerShell of its own for each question over WinRM, every 30 s"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page of a node in slow mode lacks %q", want)
		}
	}
	if strings.Contains(html, "No answer from this node") || strings.Contains(html, "last known") {
		t.Error("figures that come every 30 s are called old after 25")
	}
	p, err = Nodes(s, "", Query{Page: 1}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(renderPage(t, p), `class="tag"`); n != 4 {
		t.Errorf("%d of 4 nodes in slow mode are marked", n)
	}
	p, err = NodePage(s, s.Clusters[1].Cluster, "SQL-US-01", nil, Query{Page: 1}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(renderPage(t, p), "Slow mode") {
		t.Error("a node with a loop is called slow")
	}
}
