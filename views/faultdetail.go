package views

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// FaultPage is "/faults/{id}". f may be open or resolved; s may not hold it.
func FaultPage(s *cluster.Snapshot, f cluster.Fault, q Query, me Me, now time.Time) Page {
	for _, open := range s.Faults { // the snapshot may be newer than the store's answer
		if open.ID == f.ID {
			f = open
		}
	}
	d := newFaultDetail(s, f, now)
	if f.Open() && me.may(cluster.Operator) {
		d.AckPath, d.UnackPath = faultPath(f)+"/acknowledge", faultPath(f)+"/unacknowledge"
	}
	groups := faultGroups(s.FaultsOf(f.Cluster), nil, now)
	markSelected(groups, f)
	none := calm("No open faults", "Nothing else is wrong in "+f.Cluster+".")
	return Page{
		Title: f.Title, Path: faultPath(f), Nav: navFor(s, f.Cluster, tabFaults), Live: true, Layout: "split wide-aside",
		Crumbs: crumbs(f.Cluster, Crumb{"Faults", Query{Cluster: f.Cluster, Page: 1}.on("/faults")}, Crumb{f.Title, faultPath(f)}),
		Head:   Head{Title: "Live faults", Sub: f.Cluster + ", " + strings.ToLower(faultsSub(s.FaultsOf(f.Cluster), 0))},
		Regions: []Region{
			{ID: "r-feed", Class: "col", Label: "Open faults of the cluster", Body: faultFeed(groups, none)},
			{ID: "r-detail", Class: "aside first-s", Label: "This fault", Body: faultSide(&d)},
		},
	}
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
	Seen      *seenBy // who acknowledged it, also if it is resolved
	AckPath   string  // where to send an acknowledgement, "" for who may not
	UnackPath string
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
		State: stateOfFault(f), Title: f.Title, Href: faultPath(f), Impact: f.Impact, Detail: f.Detail,
		Since: clock(f.Since, now), Steps: f.Steps, Resolved: !f.Open(),
		Path: []Crumb{{f.Cluster, clusterPath(f.Cluster)}},
	}
	if f.Node != "" {
		d.Path = append(d.Path, Crumb{f.Node, nodePath(f.Cluster, f.Node)})
	}
	if now.Sub(f.Since) > 24*time.Hour {
		d.Since = onDate(f.Since, now)
	}
	d.Seen = seenOf(f, now)
	d.Events = faultEvents(s, f, now)
	d.Links = append(faultLinks(f), consoleLink(s, f))
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
	if !f.Acked.IsZero() {
		text := "Acknowledged"
		if f.AckedBy != "" {
			text += " by " + f.AckedBy
		}
		out = append(out, event{clock(f.Acked, now), "", text})
	}
	if !f.Open() {
		out = append(out, event{clock(f.Resolved, now), "ok", "Resolved"})
	}
	slices.SortStableFunc(out, func(a, b event) int { return strings.Compare(a.At.ISO, b.At.ISO) })
	return out
}

// consoleLink is the console where one would look after a fault, with the first
// command of its steps.
func consoleLink(s *cluster.Snapshot, f cluster.Fault) Action {
	script := ""
	for _, step := range f.Steps {
		if script == "" {
			script = step.Command
		}
	}
	a := Action{Label: "Console", Icon: "window-console-20-regular", Href: ConsolePath + "?" + url.Values{"cluster": {f.Cluster}, "script": {script}}.Encode()}
	if node := nodeToAsk(s.Cluster(f.Cluster), f.Node); node != "" {
		a.Href = ConsoleOn(f.Cluster, node, script)
	}
	return a
}

// nodeToAsk is the node itself if it answers, else the first one that does; "" if
// none does.
func nodeToAsk(p *cluster.Picture, node string) string {
	if p == nil {
		return ""
	}
	answers := func(n string) bool {
		v, ok := p.View(n)
		return ok && v.Contact.Reach == cluster.ReachOK
	}
	if node != "" && answers(node) {
		return node
	}
	for _, n := range p.NodeNames() {
		if answers(n) {
			return n
		}
	}
	return ""
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
