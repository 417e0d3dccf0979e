package views

import (
	"cmp"
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
	Seen     *seenBy // who acknowledged it, nil for nobody
	After    []faultRow
	AfterSum string     // "3 consequences"
	Times    string     // "3 times in 2 hours", "" for once
	Earlier  []faultRow // the times before, newest first
}

func faultPath(f cluster.Fault) string { return "/faults/" + strconv.FormatInt(f.ID, 10) }

// stateOfFault dresses a fault.
func stateOfFault(f cluster.Fault) State {
	st := stateOf(f.Health)
	if f.Kind == cluster.FaultAccessLimited {
		st.Icon, st.Glyph, st.Word = lockIcon, lockIcon, "No access"
	}
	return st
}

func newFaultRow(f cluster.Fault, after []cluster.Fault, now time.Time) faultRow {
	r := faultRow{
		ID: "f-" + strconv.FormatInt(f.ID, 10), Href: faultPath(f), State: stateOfFault(f),
		Title: f.Title, Cluster: f.Cluster, Where: where(f), Impact: f.Impact,
		Since: since(f.Since, now), Open: f.Open(), Seq: strconv.FormatUint(f.Seq, 10),
	}
	if f.Acknowledged() {
		r.Seen = seenOf(f, now)
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
func Faults(s *cluster.Snapshot, past []cluster.Fault, q Query, me Me, now time.Time) Page {
	open := slices.DeleteFunc(slices.Clone(s.Faults), func(f cluster.Fault) bool { return q.Cluster != "" && f.Cluster != q.Cluster })
	done := slices.DeleteFunc(slices.Clone(past), func(f cluster.Fault) bool {
		return f.Open() || q.Cluster != "" && f.Cluster != q.Cluster || now.Sub(f.Resolved) > 2*time.Hour
	})
	page := Page{
		Title: "Faults", Path: "/faults", Nav: navFor(s, q.Cluster, tabFaults), Live: true, Layout: "split wide-aside",
		Crumbs: crumbs(q.Cluster, Crumb{"Faults", q.on("/faults")}),
		Head:   Head{Title: "Live faults", Sub: faultsSub(open, len(done)), Actions: csvAction(q, "/faults")},
	}
	t := faultsTable(open, now)
	bar := newTools("/faults", "Filter by node or text", t.Rows, q)
	bar.ackChip(open, q)
	page.table = &t
	open = slices.DeleteFunc(open, func(f cluster.Fault) bool { return !q.wantsFault(f) })
	done = slices.DeleteFunc(done, func(f cluster.Fault) bool { return !q.wantsFault(f) })
	groups := faultGroups(open, done, now)
	var selected *faultDetail
	if first := byCause(open); len(first) > 0 {
		d := newFaultDetail(s, first[0].fault, now)
		if f := first[0].fault; !f.Acknowledged() && me.may(cluster.Operator) {
			// On the page of the fault: here another one may come first at any moment.
			d.Links = append(d.Links, Action{Label: "Acknowledge", Icon: seenIcon, Href: faultPath(f) + "#ack"})
		}
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

func faultsSub(open []cluster.Fault, done int) string {
	text := "No open faults"
	if len(open) > 0 {
		text = plural(len(open), "open fault")
	}
	acked := 0
	for _, f := range open {
		if f.Acknowledged() {
			acked++
		}
	}
	if acked > 0 {
		text += ", " + strconv.Itoa(acked) + " acknowledged"
	}
	if done > 0 {
		text += ", " + strconv.Itoa(done) + " resolved in the last 2 hours"
	}
	return text
}

func (q Query) wantsFault(f cluster.Fault) bool {
	return q.wantsState(f.Health) && q.wantsAck(f) && q.matches(f.Title, f.Cluster, f.Node, f.Object.Name, f.Impact, f.Detail)
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
	before := map[string][]cluster.Fault{}
	for _, f := range done {
		before[f.Key()] = append(before[f.Key()], f)
	}
	var out []faultGroup
	for _, k := range kinds {
		g := faultGroup{ID: k.id, Title: k.title}
		for _, c := range folded {
			if c.fault.Health >= k.from && c.fault.Health <= k.to {
				r := newFaultRow(c.fault, c.after, now)
				r.repeats(before[c.fault.Key()], now)
				delete(before, c.fault.Key())
				g.Rows = append(g.Rows, r)
				g.Hot = g.Hot || k.from >= cluster.Quarantined && r.Seen == nil
			}
		}
		if len(g.Rows) > 0 {
			g.Count = strconv.Itoa(len(g.Rows))
			out = append(out, g)
		}
	}
	// What came back stands above, with its earlier times.
	g := faultGroup{ID: "g-done", Title: "Resolved in the last 2 hours"}
	for _, f := range done {
		if same := before[f.Key()]; len(same) > 0 {
			r := newFaultRow(same[0], nil, now)
			r.repeats(same[1:], now)
			delete(before, f.Key())
			g.Rows = append(g.Rows, r)
		}
	}
	if len(g.Rows) > 0 {
		g.Count = strconv.Itoa(len(g.Rows))
		out = append(out, g)
	}
	return out
}

// repeats folds the earlier times of the same fault into its row.
func (r *faultRow) repeats(earlier []cluster.Fault, now time.Time) {
	if len(earlier) == 0 {
		return
	}
	r.Times = strconv.Itoa(len(earlier)+1) + " times in 2 hours"
	for _, f := range earlier {
		r.Earlier = append(r.Earlier, newFaultRow(f, nil, now))
	}
}

func faultsTable(faults []cluster.Fault, now time.Time) Table {
	t := Table{Label: "Faults", Cols: []Col{{Label: "Fault"}, {Label: "State"}, {Label: "Cluster"}, {Label: "Node"},
		{Label: "Object"}, {Label: "Impact"}, {Label: "Detail"}, {Label: "Since"},
		{Label: "Acknowledged"}, {Label: "Acknowledged by"}, {Label: "Note"}}}
	for _, f := range faults {
		at, acked := ago(f.Since, now), Cell{}
		if f.Acknowledged() {
			when := ago(f.Acked, now)
			acked.At = &when
		}
		t.Rows = append(t.Rows, Row{ID: rowID("f", f.Key()), Health: f.Health, Cells: []Cell{{Text: f.Title}, {Text: f.Health.String()},
			{Text: f.Cluster}, {Text: f.Node}, {Text: f.Object.Name}, {Text: f.Impact}, {Text: f.Detail}, {At: &at},
			acked, {Text: f.AckedBy}, {Text: f.AckNote}}})
	}
	return t
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
