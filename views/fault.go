package views

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// attention is the short list of what needs a look.
type attention struct {
	Items    []faultRow
	More     string // "and 7 more", "" if all are shown
	MoreHref string
	Scoped   bool // to one cluster, whose name then goes without saying
	None     Empty
}

// newAttention takes the first faults that explain themselves; consequences of
// others stay folded on the page of faults.
func newAttention(faults []cluster.Fault, all string, n int, now time.Time) attention {
	a := attention{None: calm("No open faults", "Everything that answers is well."), MoreHref: all, Scoped: all != "/faults"}
	groups := byCause(faults)
	for _, g := range groups[:min(n, len(groups))] {
		a.Items = append(a.Items, newFaultRow(g.fault, g.after, now))
	}
	if rest := len(groups) - len(a.Items); rest > 0 {
		a.More = "and " + strconv.Itoa(rest) + " more"
	}
	return a
}

// causeGroup is a fault with the faults it caused.
type causeGroup struct {
	fault cluster.Fault
	after []cluster.Fault
}

// byCause puts consequences under their cause, as long as the cause is in the
// list; the order of the causes stays.
func byCause(faults []cluster.Fault) []causeGroup {
	index := map[string]int{}
	for _, f := range faults {
		index[f.Key()] = 0
	}
	root := func(f cluster.Fault) bool {
		_, ok := index[f.Cause]
		return f.Cause == "" || !ok || f.Cause == f.Key()
	}
	var out []causeGroup
	for _, f := range faults {
		if root(f) {
			index[f.Key()] = len(out)
			out = append(out, causeGroup{fault: f})
		}
	}
	byKey := map[string]cluster.Fault{}
	for _, f := range faults {
		byKey[f.Key()] = f
	}
	for _, f := range faults {
		if root(f) {
			continue
		}
		// A consequence of a consequence belongs to the first cause. Going up
		// at most as often as there are faults ends even in a circle.
		top := f
		for range faults {
			if root(top) {
				break
			}
			top = byKey[top.Cause]
		}
		if !root(top) {
			out = append(out, causeGroup{fault: f})
			continue
		}
		i := index[top.Key()]
		out[i].after = append(out[i].after, f)
	}
	return out
}

// faultRow is a fault in a list.
type faultRow struct {
	ID       string
	Href     string
	State    State
	Title    string
	Cluster  string
	Where    string // the object
	Impact   string
	Since    When
	Resolved When
	Lasted   string
	Open     bool
	Selected bool
	Seq      string
	After    []faultRow
	AfterSum string // "3 consequences"
}

func faultPath(f cluster.Fault) string { return "/faults/" + strconv.FormatInt(f.ID, 10) }

func newFaultRow(f cluster.Fault, after []cluster.Fault, now time.Time) faultRow {
	r := faultRow{
		ID: "f-" + strconv.FormatInt(f.ID, 10), Href: faultPath(f), State: stateOf(f.Health),
		Title: f.Title, Cluster: f.Cluster, Where: where(f), Impact: f.Impact,
		Since: since(f.Since, now), Open: f.Open(), Seq: strconv.FormatUint(f.Seq, 10),
	}
	if !f.Open() {
		r.State = stateOf(cluster.Healthy).named("Resolved")
		r.Resolved = ago(f.Resolved, now)
		r.Lasted = "Lasted " + span(max(f.Resolved.Sub(cmp.Or(f.Since, f.Opened)), 0))
	}
	for _, a := range after {
		r.After = append(r.After, newFaultRow(a, nil, now))
	}
	if len(after) > 0 {
		r.AfterSum = plural(len(after), "consequence")
	}
	return r
}

func where(f cluster.Fault) string {
	switch {
	case f.Object.Kind == "cluster" || f.Object.Name == f.Cluster:
		return ""
	case f.Object.Kind == "health fault": // its name is an identifier nobody reads
		return f.Node
	case f.Node != "" && f.Node != f.Object.Name:
		return f.Node + " › " + strings.TrimPrefix(f.Object.Name, f.Node+"/")
	default:
		return f.Object.Name
	}
}

// faultGroup is a titled part of the feed.
type faultGroup struct {
	ID, Title string
	Count     string
	Hot       bool
	Rows      []faultRow
}

// Faults is "/faults". past are the faults resolved lately, newest first.
func Faults(s *cluster.Snapshot, past []cluster.Fault, q Query, now time.Time) Page {
	open := slices.DeleteFunc(slices.Clone(s.Faults), func(f cluster.Fault) bool { return q.Cluster != "" && f.Cluster != q.Cluster })
	done := slices.DeleteFunc(slices.Clone(past), func(f cluster.Fault) bool {
		return f.Open() || q.Cluster != "" && f.Cluster != q.Cluster || now.Sub(f.Resolved) > 2*time.Hour
	})
	page := Page{
		Title: "Faults", Path: "/faults", Nav: navFor(s, q.Cluster, tabFaults), Live: true, Layout: "split wide-aside",
		Crumbs: crumbs(q.Cluster, Crumb{"Faults", q.on("/faults")}),
		Head:   Head{Title: "Live faults", Sub: faultsSub(len(open), len(done)), Actions: csvAction(q, "/faults")},
	}
	t := faultsTable(open, now)
	bar := newTools("/faults", "Filter by node or text", t.Rows, q)
	page.table = &t
	open = slices.DeleteFunc(open, func(f cluster.Fault) bool { return !q.wantsFault(f) })
	done = slices.DeleteFunc(done, func(f cluster.Fault) bool { return !q.wantsFault(f) })
	groups := faultGroups(open, done, now)
	var selected *faultDetail
	if first := byCause(open); len(first) > 0 {
		d := newFaultDetail(s, first[0].fault, now)
		selected = &d
		markSelected(groups, first[0].fault)
	}
	none := filtered(q, calm("No open faults", "Everything that answers is well. What happens will appear here by itself."), "/faults")
	page.Regions = []Region{
		bar.region(),
		{ID: "r-feed", Class: "col", Label: "Faults", Body: faultFeed(groups, none)},
		{ID: "r-detail", Class: "aside hide-s", Body: faultSide(selected)},
	}
	t.arrange(q, "/faults")
	return page
}

func faultsSub(open, done int) string {
	text := "No open faults"
	if open > 0 {
		text = plural(open, "open fault")
	}
	if done > 0 {
		text += ", " + strconv.Itoa(done) + " resolved in the last 2 hours"
	}
	return text
}

func (q Query) wantsFault(f cluster.Fault) bool {
	return q.wantsState(f.Health) && q.matches(f.Title, f.Cluster, f.Node, f.Object.Name, f.Impact, f.Detail)
}

func markSelected(groups []faultGroup, f cluster.Fault) {
	for i := range groups {
		for j := range groups[i].Rows {
			r := &groups[i].Rows[j]
			r.Selected = r.Href == faultPath(f)
		}
	}
}

// faultGroups puts the open faults into groups by severity, and the resolved last.
func faultGroups(open, done []cluster.Fault, now time.Time) []faultGroup {
	kinds := []struct {
		id, title string
		from, to  cluster.Health
	}{
		{"g-act", "Act now", cluster.Quarantined, cluster.Critical},
		{"g-soon", "Look at it soon", cluster.Warning, cluster.Warning},
		{"g-blind", "Cannot be seen", cluster.NoData, cluster.NoData},
		{"g-other", "For your information", cluster.Healthy, cluster.Maintenance},
	}
	folded := byCause(open)
	var out []faultGroup
	for _, k := range kinds {
		g := faultGroup{ID: k.id, Title: k.title, Hot: k.from >= cluster.Quarantined}
		for _, c := range folded {
			if c.fault.Health >= k.from && c.fault.Health <= k.to {
				g.Rows = append(g.Rows, newFaultRow(c.fault, c.after, now))
			}
		}
		if len(g.Rows) > 0 {
			g.Count = strconv.Itoa(len(g.Rows))
			out = append(out, g)
		}
	}
	if len(done) > 0 {
		g := faultGroup{ID: "g-done", Title: "Resolved in the last 2 hours", Count: strconv.Itoa(len(done))}
		for _, f := range done {
			g.Rows = append(g.Rows, newFaultRow(f, nil, now))
		}
		out = append(out, g)
	}
	return out
}

func faultsTable(faults []cluster.Fault, now time.Time) Table {
	t := Table{Label: "Faults", Cols: []Col{{Label: "Fault"}, {Label: "State"}, {Label: "Cluster"}, {Label: "Node"},
		{Label: "Object"}, {Label: "Impact"}, {Label: "Detail"}, {Label: "Since"}}}
	for _, f := range faults {
		at := ago(f.Since, now)
		t.Rows = append(t.Rows, Row{ID: rowID("f", f.Key()), Health: f.Health, Cells: []Cell{{Text: f.Title}, {Text: f.Health.String()},
			{Text: f.Cluster}, {Text: f.Node}, {Text: f.Object.Name}, {Text: f.Impact}, {Text: f.Detail}, {At: &at}}})
	}
	return t
}

// faultDetail is a fault with all its evidence.
type faultDetail struct {
	State     State
	Title     string
	Href      string
	Path      []Crumb // cluster and node, linked
	Impact    string
	Detail    string
	Since     When
	Events    []event
	Steps     []cluster.Step
	Links     []Action
	Cause     *faultRow
	After     []faultRow
	Resolved  bool
	Lasted    string
	Countdown *countdown
}

// event is a line of a fault's history.
type event struct {
	At    When
	Class string
	Text  string
}

// countdown is a timer of the cluster itself that runs while a node is isolated.
type countdown struct {
	Title, Note string
	Ends        When // for the browser to count down to
	Left        string
	Width       string // of 100
}

func newFaultDetail(s *cluster.Snapshot, f cluster.Fault, now time.Time) faultDetail {
	d := faultDetail{
		State: stateOf(f.Health), Title: f.Title, Href: faultPath(f), Impact: f.Impact, Detail: f.Detail,
		Since: clock(f.Since, now), Steps: f.Steps, Resolved: !f.Open(),
		Path: []Crumb{{f.Cluster, clusterPath(f.Cluster)}},
	}
	if f.Node != "" {
		d.Path = append(d.Path, Crumb{f.Node, nodePath(f.Cluster, f.Node)})
	}
	if now.Sub(f.Since) > 24*time.Hour {
		d.Since = onDate(f.Since, now)
	}
	d.Events = faultEvents(s, f, now)
	d.Links = faultLinks(f)
	for _, g := range byCause(s.FaultsOf(f.Cluster)) {
		if g.fault.Key() == f.Key() {
			d.After = newFaultRow(f, g.after, now).After
		}
		for _, a := range g.after {
			if a.Key() == f.Key() {
				cause := newFaultRow(g.fault, nil, now)
				d.Cause = &cause
			}
		}
	}
	if f.Kind == cluster.FaultNodeIsolated && f.Open() {
		d.Countdown = isolationCountdown(s.Cluster(f.Cluster), f, now)
	}
	if !f.Open() {
		d.State = stateOf(cluster.Healthy).named("Resolved")
		d.Lasted = "Lasted " + span(max(f.Resolved.Sub(cmp.Or(f.Since, f.Opened)), 0))
	}
	return d
}

func isolationCountdown(p *cluster.Picture, f cluster.Fault, now time.Time) *countdown {
	if p == nil || p.State == nil || p.State.Resiliency.DefaultPeriod <= 0 {
		return nil
	}
	period := p.State.Resiliency.DefaultPeriod
	left := f.Since.Add(period).Sub(now)
	if left <= 0 {
		return nil
	}
	return &countdown{
		Title: "Its machines fail over in", Note: "Resiliency period is " + duration(period),
		Ends: When{ISO: f.Since.Add(period).UTC().Format(time.RFC3339), Form: "left"},
		Left: fmt.Sprintf("%d:%02d", int(left.Minutes()), int(left.Seconds())%60), Width: coordinate(100 * ratio(left.Seconds(), period.Seconds())),
	}
}

func faultEvents(s *cluster.Snapshot, f cluster.Fault, now time.Time) []event {
	st := stateOf(f.Health)
	out := []event{{clock(f.Since, now), st.Class, f.Title}}
	if !f.Opened.IsZero() && f.Opened.Sub(f.Since) >= time.Second {
		out = append(out, event{clock(f.Opened, now), "", "Noticed here, " + span(f.Opened.Sub(f.Since)) + " later"})
	}
	for _, g := range byCause(s.FaultsOf(f.Cluster)) {
		if g.fault.Key() == f.Key() {
			for _, a := range g.after {
				out = append(out, event{clock(a.Since, now), stateOf(a.Health).Class, a.Title})
			}
		}
	}
	if f.Updated.Sub(f.Opened) >= time.Second && f.Open() {
		out = append(out, event{clock(f.Updated, now), "", "Last change of what is known"})
	}
	if !f.Open() {
		out = append(out, event{clock(f.Resolved, now), "ok", "Resolved"})
	}
	slices.SortStableFunc(out, func(a, b event) int { return strings.Compare(a.At.ISO, b.At.ISO) })
	return out
}

func faultLinks(f cluster.Fault) []Action {
	var out []Action
	if f.Node != "" {
		out = append(out, Action{Label: "Node", Href: nodePath(f.Cluster, f.Node), Icon: "server-16-regular"})
	}
	switch f.Object.Kind {
	case "network", "interface":
		out = append(out, Action{Label: "Networks", Href: clusterPath(f.Cluster, "networks"), Icon: "router-20-regular"})
	case "volume", "pool", "virtual disk", "drive":
		out = append(out, Action{Label: "Storage", Href: clusterPath(f.Cluster, "storage"), Icon: "storage-16-regular"})
	case "role":
		out = append(out, Action{Label: "Role", Href: Query{Text: f.Object.Name, Page: 1}.on(clusterPath(f.Cluster, "roles")), Icon: "apps-list-detail-20-regular"})
	}
	return append(out, Action{Label: "Cluster", Href: clusterPath(f.Cluster), Icon: "server-multiple-20-regular"})
}

// FaultPage is "/faults/{id}". f may be open or resolved; s may not hold it.
func FaultPage(s *cluster.Snapshot, f cluster.Fault, q Query, now time.Time) Page {
	for _, open := range s.Faults { // the snapshot may be newer than the store's answer
		if open.ID == f.ID {
			f = open
		}
	}
	d := newFaultDetail(s, f, now)
	groups := faultGroups(s.FaultsOf(f.Cluster), nil, now)
	markSelected(groups, f)
	none := calm("No open faults", "Nothing else is wrong in "+f.Cluster+".")
	return Page{
		Title: f.Title, Path: faultPath(f), Nav: navFor(s, f.Cluster, tabFaults), Live: true, Layout: "split wide-aside",
		Crumbs: crumbs(f.Cluster, Crumb{"Faults", Query{Cluster: f.Cluster, Page: 1}.on("/faults")}, Crumb{f.Title, faultPath(f)}),
		Head:   Head{Title: "Live faults", Sub: f.Cluster + ", " + strings.ToLower(faultsSub(len(s.FaultsOf(f.Cluster)), 0))},
		Regions: []Region{
			{ID: "r-feed", Class: "col", Label: "Open faults of the cluster", Body: faultFeed(groups, none)},
			{ID: "r-detail", Class: "aside first-s", Label: "This fault", Body: faultSide(&d)},
		},
	}
}

// Missed is what changed while the browser was away, for the live socket to
// send after a reconnect: the element r-missed.
func Missed(changes []cluster.Fault, from, to, now time.Time) Region {
	m := missed{From: clock(from, now), To: clock(to, now)}
	for _, f := range changes {
		m.Rows = append(m.Rows, newFaultRow(f, nil, now))
	}
	if n := len(m.Rows); n > 0 {
		m.Title = "Reconnected. " + plural(n, "fault") + " changed meanwhile"
	}
	return Region{ID: "r-missed", Class: "missed", Body: missedBody(m)}
}

type missed struct {
	Title    string
	From, To When
	Rows     []faultRow
}

// crumbs is the path to a page at fleet or cluster scope.
func crumbs(name string, rest ...Crumb) []Crumb {
	out := []Crumb{{"All clusters", "/"}}
	if name != "" {
		out = append(out, Crumb{name, clusterPath(name)})
	}
	return append(out, rest...)
}
