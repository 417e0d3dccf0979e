package views

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
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
func listPage(s *cluster.Snapshot, name, title, path, placeholder string, at tab, t Table, q Query) Page {
	bar := newTools(path, placeholder, t.Rows, q)
	total := len(t.Rows)
	worstFirst(t.Rows)
	t.None = filtered(q, t.None, path)
	t.arrange(q, path)
	return Page{
		Title: title, Path: path, Nav: navFor(s, name, at), Live: true,
		Crumbs:  crumbs(name, Crumb{title, path}),
		Head:    Head{Title: title, Sub: listSub(name, total, len(s.Clusters)), Actions: csvAction(q, path)},
		Regions: []Region{bar.region(), listRegion(t)},
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
	return listPage(s, name, "Nodes", path, "Filter nodes", tabNodes, nodesTable(list, name == "", now), q), nil
}

func nodesTable(list []*cluster.Picture, fleet bool, now time.Time) Table {
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
			t.Rows = append(t.Rows, nodeRow(p, name, vms[name], fleet, now))
		}
	}
	return t
}

func nodeRow(p *cluster.Picture, name string, vms int, fleet bool, now time.Time) Row {
	h, why := p.NodeHealth(name, now)
	st := stateOf(h)
	n, known := p.State.Node(name)
	view, _ := p.View(name)
	fresh := !p.VitalsStale(name, now)
	first := Cell{Text: name, Href: nodePath(p.Cluster, name), State: &st, Sub: sentence(why), Tone: "st " + st.Class, Class: "full"}
	if why == "" {
		first.Sub, first.Tone = cmp.Or(place(n), st.Word), ""
	}
	cells := []Cell{first}
	if fleet {
		cells = append(cells, Cell{Text: p.Cluster, Href: clusterPath(p.Cluster), Class: "plain"})
	}
	state, vote := Cell{Text: noData, Class: "none"}, Cell{Text: noData, Class: "r none"}
	if known {
		state = Cell{Text: nodeWord(n)}
		vote = Cell{Text: strconv.Itoa(n.DynamicWeight), Class: "r num"}.by(float64(n.DynamicWeight))
	}
	var cpu, memory float64
	late := Cell{Text: noData, Class: "r none"}.by(-1)
	if fresh {
		cpu, memory = view.Vitals.CPU/100, ratio(view.Vitals.MemoryUsed(), view.Vitals.MemoryTotal)
		late = Cell{Text: latency(view.Vitals.Disk.Latency), Class: "r num"}.by(view.Vitals.Disk.Latency.Seconds())
	}
	at := ago(view.VitalsAt, now)
	age := Cell{At: &at, Class: "r age"}.by(now.Sub(view.VitalsAt).Seconds())
	if !fresh {
		age.Class = "r age old"
	}
	cells = append(cells, state, meter(cpu, fresh, "").cell(cpu), meter(memory, fresh, "").cell(memory),
		Cell{Text: strconv.Itoa(vms), Class: "r num"}.by(float64(vms)), late, vote, age)
	return Row{ID: rowID("n", p.Cluster, name), Health: h, Cells: cells}
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

// nodeView is what "/c/{cluster}/nodes/{node}" shows.
type nodeView struct {
	Notice     *Notice
	Denied     *Notice
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
		Head:   Head{Title: node, State: &st, Sub: sub, Facts: []Meta{{Text: "Last contact", At: ago(view.Contact.LastOK, now)}}},
	}
	top := Region{ID: "r-notice", Class: "wide hollow"}
	if v.Notice != nil {
		top = Region{ID: "r-notice", Class: "wide", Body: notice(*v.Notice)}
	}
	page.Regions = []Region{
		top,
		{ID: "r-now", Class: "wide", Label: "Now", Body: tiles(v.Now)},
		{ID: "r-main", Class: "col", Body: nodeMain(v)},
		{ID: "r-side", Class: "aside", Body: nodeSide(v)},
	}
	return page, nil
}

func newNodeView(s *cluster.Snapshot, p *cluster.Picture, node string, trend Trends, now time.Time) nodeView {
	view, _ := p.View(node)
	faults := faultsOfNode(s, p.Cluster, node)
	v := nodeView{
		Notice: nodeNotice(view, p.VitalsStale(node, now), now), Now: nodeTiles(p, node, trend, now),
		Attention: newAttention(faults, Query{Cluster: p.Cluster, Text: node, Page: 1}.on("/faults"), 4, now),
		Charts:    nodeCharts(p.Cluster, node), Interfaces: interfacesTable(p, node), Roles: ownedRoles(p, node),
		RolesHref: Query{Text: node, Page: 1}.on(clusterPath(p.Cluster, "vms")),
		Certs:     certificates(view.Inventory, faults, now), Services: serviceFacts(view, faults), Membership: membership(p, node),
		Contact: contactFacts(view, now), Hardware: hardware(p, node, view, now), Adapters: adaptersTable(view),
	}
	if len(view.Denied) > 0 {
		v.Denied = &Notice{Class: "warn", Icon: "lock-closed-20-regular", Title: "Some things could not be read.",
			Text: "The account lacks the rights for: " + strings.Join(view.Denied, ", ") + "."}
	}
	return v
}

func faultsOfNode(s *cluster.Snapshot, name, node string) []cluster.Fault {
	return slices.DeleteFunc(s.FaultsOf(name), func(f cluster.Fault) bool {
		return f.Node != node && (f.Object.Kind != "node" || f.Object.Name != node)
	})
}

func nodeNotice(v cluster.NodeView, stale bool, now time.Time) *Notice {
	if !stale {
		return nil
	}
	n := &Notice{Class: "stale", Icon: "question-circle-20-regular", Title: "No answer from this node."}
	if v.Contact.Reach != cluster.ReachOK && v.Contact.Reach != cluster.ReachUnknown {
		n.Title = "No answer from this node: " + v.Contact.Reach.String() + "."
	}
	n.Text = v.Contact.Detail
	if !v.VitalsAt.IsZero() {
		n.Text = strings.TrimSpace(n.Text + " Values are the last known ones, from")
		n.At = ago(v.VitalsAt, now)
	}
	return n
}

func nodeTiles(p *cluster.Picture, node string, trend Trends, now time.Time) []Tile {
	var u cluster.Usage
	u.NodesTotal = 1
	if v, _ := p.View(node); !p.VitalsStale(node, now) {
		u.CPU, u.CPUKnown, u.NodesFresh = v.Vitals.CPU, true, 1
		u.MemoryUsed, u.MemoryTotal, u.MemoryKnown = v.Vitals.MemoryUsed(), v.Vitals.MemoryTotal, v.Vitals.MemoryTotal > 0
	}
	t := usageTiles(u, flowOf(p, []string{node}, now), trend, now)
	if v, _ := p.View(node); u.CPUKnown {
		t[0].Note = plural(v.Vitals.Cores, "logical processor")
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

func interfacesTable(p *cluster.Picture, node string) Table {
	t := Table{Label: "Heartbeat networks", Cols: []Col{{Label: "Network"}, {Label: "Adapter"}, {Label: "Address"}, {Label: "Heartbeats"}, {Label: "State"}},
		None: unknown("No interfaces", "The cluster has not told the networks of this node.")}
	if p.State == nil {
		return t
	}
	roles := map[string]cluster.NetworkRole{}
	for _, n := range p.State.Networks {
		roles[n.Name] = n.Role
	}
	for _, i := range p.State.Interfaces {
		if i.Node != node {
			continue
		}
		h, why := cluster.InterfaceHealth(i)
		st := stateOf(h)
		carries := "none"
		if roles[i.Network].CarriesHeartbeats() {
			carries = "yes"
		}
		t.Rows = append(t.Rows, Row{ID: rowID("if", i.Network, i.Name), Health: h, Cells: []Cell{
			{Text: i.Network, State: &st, Sub: sentence(why), Tone: "st " + st.Class, Class: "full"}, {Text: i.Adapter}, {Text: i.Address, Class: "num"}, {Text: carries}, {Text: i.State.String()},
		}})
	}
	return t
}

func ownedRoles(p *cluster.Picture, node string) Table {
	t := Table{Label: "Roles on this node", Cols: []Col{{Label: "Role"}, {Label: "Type"}, {Label: "State"}, {Label: "Priority"}},
		None: Empty{State: State{Class: "quiet", Icon: "apps-list-detail-20-regular"}, Title: "No roles", Text: "This node owns none at the moment."}}
	if p.State == nil {
		return t
	}
	for _, r := range p.State.Roles {
		if r.Owner != node {
			continue
		}
		row := roleRow(p, r, false)
		t.Rows = append(t.Rows, Row{ID: row.ID, Health: row.Health, Cells: []Cell{row.Cells[0], {Text: roleKind(r.Type)}, {Text: roleWord(r)}, {Text: priority(r.Priority)}}})
	}
	worstFirst(t.Rows)
	if len(t.Rows) > 12 {
		t.Rows = t.Rows[:12]
	}
	return t
}

// dressedBy is the worst open fault of a kind whose object's name fits: what
// is wrong is decided by cluster.Diagnose, not here.
func dressedBy(faults []cluster.Fault, kind cluster.FaultKind, fits func(object string) bool) cluster.Health {
	worst := cluster.Healthy
	for _, f := range faults {
		if f.Kind == kind && fits(f.Object.Name) {
			worst = max(worst, f.Health)
		}
	}
	return worst
}

func certificates(inv *cluster.Inventory, faults []cluster.Fault, now time.Time) Table {
	t := Table{Label: "Certificates", Cols: []Col{{Label: "Certificate"}, {Label: "Issuer"}, {Label: "Use"}, {Label: "Valid until", Class: "r"}},
		None: unknown("No certificates", "None was found, or none could be read.")}
	if inv == nil {
		return t
	}
	for _, c := range inv.Certificates {
		h := dressedBy(faults, cluster.FaultCertificate, func(object string) bool { return strings.HasSuffix(object, "/"+c.Thumbprint) })
		note := "expired"
		if left := c.NotAfter.Sub(now); left >= 0 {
			note = "in " + span(left)
		}
		st := stateOf(h)
		use := strings.Join(c.Usage, ", ")
		if c.Listener {
			use = "WinRM listener"
		}
		t.Rows = append(t.Rows, Row{ID: rowID("cert", c.Thumbprint), Health: h, Cells: []Cell{
			{Text: strings.TrimPrefix(c.Subject, "CN="), State: &st, Class: "full"}, {Text: strings.TrimPrefix(c.Issuer, "CN=")}, {Text: use},
			{Text: c.NotAfter.UTC().Format("2 Jan 2006"), Sub: note, Class: "r"}}})
	}
	return t
}

func serviceFacts(v cluster.NodeView, faults []cluster.Fault) []Fact {
	if v.Vitals == nil {
		return nil
	}
	var out []Fact
	for _, sv := range v.Vitals.Services {
		st := stateOf(cluster.Healthy)
		if !sv.Running() {
			st = State{Class: "quiet", Icon: "circle-16-regular"} // not wanted, unless there is a fault
			if h := dressedBy(faults, cluster.FaultServiceStopped, func(object string) bool { return strings.HasSuffix(object, "/"+sv.Name) }); h != cluster.Healthy {
				st = stateOf(h)
			}
		}
		out = append(out, Fact{Label: cmp.Or(sv.Display, sv.Name), Value: sv.State, State: &st})
	}
	return out
}

func membership(p *cluster.Picture, node string) []Fact {
	n, ok := p.State.Node(node)
	if !ok {
		return nil
	}
	out := []Fact{
		{Label: "Cluster state", Value: n.State.String()},
		{Label: "StatusInformation", Value: strings.Join(n.Status.Words(), ", ")},
		{Label: "Drain", Value: sentence(spaced(n.Drain.String()))},
		{Label: "Vote", Value: strconv.Itoa(n.DynamicWeight) + " now, " + strconv.Itoa(n.Weight) + " configured"},
	}
	for _, f := range []Fact{{Label: "Site", Value: n.Site}, {Label: "Rack", Value: n.Rack}} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return append(out, Fact{Label: "Node ID", Value: strconv.Itoa(n.ID)})
}

func contactFacts(v cluster.NodeView, now time.Time) []Fact {
	c := v.Contact
	lastOK, lastTry := ago(c.LastOK, now), ago(c.LastTry, now)
	vitals, inv := ago(v.VitalsAt, now), ago(v.InventoryAt, now)
	out := []Fact{
		{Label: "Last answer", At: &lastOK},
		{Label: "Last attempt", At: &lastTry, Value: c.Reach.String()},
		{Label: "Vitals", At: &vitals}, {Label: "Inventory", At: &inv},
	}
	if c.Took > 0 {
		out = append(out, Fact{Label: "Answer took", Value: latency(c.Took)})
	}
	out = append(out, Fact{Label: "Asked by", Value: "PowerShell over WinRM, every " + duration(cluster.QuestionVitals.Period())})
	breaker := Fact{Label: "Breaker", Value: c.Breaker.String()}
	if c.Breaker != cluster.BreakerClosed {
		st := stateOf(cluster.Warning)
		breaker.State = &st
	}
	if c.Failures > 0 {
		breaker.Note = plural(c.Failures, "failure") + " in a row"
	}
	out = append(out, breaker)
	if !c.RetryAt.IsZero() && c.RetryAt.After(now) {
		retry := ago(c.RetryAt, now)
		out = append(out, Fact{Label: "Next attempt", At: &retry})
	}
	return out
}

func hardware(p *cluster.Picture, node string, v cluster.NodeView, now time.Time) []Fact {
	var out []Fact
	add := func(label, value string) {
		if strings.TrimSpace(value) != "" {
			out = append(out, Fact{Label: label, Value: strings.TrimSpace(value)})
		}
	}
	if i := v.Inventory; i != nil {
		add("System", i.OS)
		add("Build", cmp.Or(i.Build, i.Version))
		add("Model", i.Manufacturer+" "+i.Model)
		add("Serial", i.Serial)
		add("BIOS", i.BIOS)
		add("Processor", i.CPUName)
		add("Cores", plural(i.Cores, "core")+" in "+plural(i.Sockets, "socket"))
		add("Memory", binary(i.Memory))
		add("PowerShell", i.PSVersion)
		add("Domain", i.Domain)
		add("Clock source", i.ClockSource)
	} else if n, ok := p.State.Node(node); ok {
		add("Build", n.Build)
		add("Model", n.Manufacturer+" "+n.Model)
		add("Serial", n.Serial)
	}
	if vt := v.Vitals; vt != nil {
		if !vt.Boot.IsZero() {
			boot := onDate(vt.Boot, now)
			out = append(out, Fact{Label: "Started", At: &boot})
		}
		add("Clock skew", skew(vt.Skew))
	}
	return out
}

// skew is a signed difference: "+12 ms", "-1.8 s".
func skew(d time.Duration) string {
	if d < 0 {
		return "-" + latency(-d)
	}
	return "+" + latency(d)
}

func adaptersTable(v cluster.NodeView) Table {
	t := Table{Label: "Adapters", Cols: []Col{{Label: "Adapter"}, {Label: "Link", Class: "r"}, {Label: "In", Class: "r"}, {Label: "Out", Class: "r"}},
		None: unknown("No adapters", "The node has not told its adapters.")}
	if v.Vitals == nil {
		return t
	}
	for _, a := range v.Vitals.Adapters {
		t.Rows = append(t.Rows, Row{ID: rowID("ad", a.Name), Cells: []Cell{{Text: a.Name, Class: "full strong"}, {Text: bits(a.LinkBps), Class: "r num"},
			{Text: bits(a.RxBps), Class: "r num"}, {Text: bits(a.TxBps), Class: "r num"}}})
	}
	return t
}
