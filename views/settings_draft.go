package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// Draft is a definition that is being checked and is not saved yet.
type Draft struct {
	ID         string
	Was        string // the cluster it changes, "" for a new one
	Fixed      bool   // that cluster cannot be changed here
	Definition cluster.Definition
	Check      cluster.Check
	Running    bool
	Began      time.Time
	Took       time.Duration // of the finished check
	Choices    []WatchChoice
	Name       string         // what the cluster will be called
	Problems   []FieldProblem // of what was entered last
	Note       string         // see notes of drafts
}

// WatchChoice is a node that may be watched. Its fields are named by its place
// in the list.
type WatchChoice struct {
	Name, Address string
	Watch         bool
	Tag           string // "new", "not in the cluster"
	State         cluster.NodeState
	Checked       *cluster.NodeCheck // nil if it was not checked
}

// DraftPath is an address of a draft.
func DraftPath(id string, rest ...string) string {
	return strings.Join(append([]string{"/settings/drafts", id}, rest...), "/")
}

// draftView is what the page of a draft shows.
type draftView struct {
	Draft
	Line     string // of progress
	Done     string // of 100, for the bar
	Tone     string // class of the line
	Nodes    []checkedNode
	Keys     []keyToTrust
	Verdict  verdict
	Switches bool // confirming a key changes why certificates are believed
}

// checkedNode is one node with its steps.
type checkedNode struct {
	ID, Name, Address string
	State             State
	Line              string // its first trouble, or how many steps work
	Open              bool
	Steps             []checkedStep
	Mode              string
	Facts             []cluster.CheckFact
	Probes            []cluster.CheckProbe
	Certificate       *certificateView
}

// checkedStep is one thing that was tried.
type checkedStep struct {
	cluster.CheckStep
	State  State
	Open   bool
	Took   string
	Denied string
}

// certificateView is a certificate in words.
type certificateView struct {
	cluster.NodeTLS
	Names    string
	From, To When
}

// keyToTrust is a key somebody may confirm.
type keyToTrust struct {
	Field, Host, Name string
	Certificate       *certificateView
	Pin               string
}

// verdict says what watching would bring.
type verdict struct {
	Class, Icon string // of the notice
	Title, Text string
	Missing     []string
	Confirm     bool // it must be confirmed a second time
	Button      string
}

// DraftPage is "/settings/drafts/{id}".
func DraftPage(s *cluster.Snapshot, d Draft, now time.Time) Page {
	title := "Check of " + d.Name
	if d.Name == "" {
		title = "Check of a new cluster"
	}
	path := DraftPath(d.ID)
	p := settingsPage(s, title, path, Crumb{"Check", path})
	p.Live, p.Layout = true, "split wide-aside check"
	p.Head.Sub = howWord(d.Definition.Access) + ", " + trustWord(d.Definition.Access)
	if u := d.Definition.Access.Read.User; u != "" {
		p.Head.Sub += ", as " + u
	}
	v := newDraftView(d, now)
	p.Regions = []Region{
		{ID: "r-progress", Class: "wide", Body: checkProgress(v)},
		{ID: "r-nodes", Class: "col", Label: "Steps", Body: checkedNodes(v)},
		{ID: "r-start", Class: "aside", Label: "What is watched", Body: startWatching(v)},
	}
	return p
}

func newDraftView(d Draft, now time.Time) draftView {
	v := draftView{Draft: d, Switches: d.Definition.Access.Trust != cluster.TrustPin}
	done, total, now1 := 0, 0, ""
	for _, n := range d.Check.Nodes {
		for _, st := range n.Steps {
			total++
			if st.State != cluster.StepWaiting && st.State != cluster.StepRunning {
				done++
			}
			if st.State == cluster.StepRunning && now1 == "" {
				now1 = ", now " + nodeName(n) + ": " + st.Title
			}
		}
		c := newCheckedNode(n, d.Running, now)
		v.Nodes = append(v.Nodes, c)
		if n.Certificate != nil && !n.Certificate.Accepted {
			v.Keys = append(v.Keys, keyToTrust{Field: "key" + strconv.Itoa(len(v.Keys)), Host: n.Address, Name: nodeName(n), Certificate: c.Certificate, Pin: n.Certificate.Pin})
		}
	}
	// The worst is open; while it goes on, and nothing is wrong, the first.
	for _, class := range []string{"crit", "warn", "busy"} {
		if i := slices.IndexFunc(v.Nodes, func(n checkedNode) bool { return n.State.Class == class }); i >= 0 {
			v.Nodes[i].Open = true
			break
		}
	}
	v.Done = "0"
	if total > 0 {
		v.Done = strconv.Itoa(done * 100 / total)
	}
	switch {
	case d.Running:
		v.Tone, v.Line = "busy", "Checking"
		if total > 0 {
			v.Line = plural(len(d.Check.Nodes), "node") + ", " + strconv.Itoa(done) + " of " + plural(total, "step") + " done" + now1
		}
	default:
		v.Done = "100"
		v.Tone, v.Line = outcome(v.Nodes)
		if d.Took > 0 {
			v.Line += " Checked in " + duration(d.Took.Round(100*time.Millisecond)) + "."
		}
	}
	v.Verdict = newVerdict(d, v)
	return v
}

func nodeName(n cluster.NodeCheck) string {
	if n.Name != "" {
		return n.Name
	}
	return n.Address
}

// outcome sums up a finished check.
func outcome(nodes []checkedNode) (tone, line string) {
	ok, part, bad := 0, 0, 0
	for _, n := range nodes {
		switch n.State.Class {
		case "ok":
			ok++
		case "warn":
			part++
		default:
			bad++
		}
	}
	var parts []string
	say := func(n int, one, more string) {
		if n == 1 {
			parts = append(parts, "1 node "+one)
		} else if n > 1 {
			parts = append(parts, strconv.Itoa(n)+" nodes "+more)
		}
	}
	say(bad, "does not work", "do not work")
	say(part, "works in part", "work in part")
	say(ok, "works", "work")
	switch {
	case len(nodes) == 0:
		return "crit", "No node was checked."
	case bad > 0:
		tone = "crit"
	case part > 0:
		tone = "warn"
	default:
		tone = "ok"
	}
	return tone, strings.Join(parts, ", ") + "."
}

func newCheckedNode(n cluster.NodeCheck, running bool, now time.Time) checkedNode {
	c := checkedNode{ID: rowID("check", n.Address), Name: nodeName(n), Address: n.Address, Facts: n.Facts, Probes: n.Unverified}
	failed, partial, ok, open := false, "", 0, 0
	said := "" // why the step before was skipped
	for _, s := range n.Steps {
		cs := checkedStep{CheckStep: s, State: stepState(s.State)}
		for i, m := range s.Missing {
			if i > 0 {
				cs.Denied += ", "
			}
			cs.Denied += cluster.MissingPart(m).Title
		}
		if s.State == cluster.StepSkipped && s.Detail == said {
			cs.Detail = "" // once is enough
		}
		said = ""
		if s.State == cluster.StepSkipped {
			said = s.Detail
		}
		if s.Took > 0 {
			cs.Took = duration(s.Took.Round(time.Millisecond))
		}
		switch s.State {
		case cluster.StepFailed:
			if !failed {
				c.Line = s.Title + ": " + s.Detail
				cs.Open = true
			}
			failed = true
		case cluster.StepPartial:
			if partial == "" {
				partial = s.Title + ": " + s.Detail
			}
		case cluster.StepOK:
			ok++
		case cluster.StepRunning, cluster.StepWaiting:
			open++
		}
		c.Steps = append(c.Steps, cs)
	}
	if n.Mode == cluster.ModeProcess {
		c.Mode = "One process per question: it works, but it is asked less often."
	}
	if t := n.Certificate; t != nil {
		c.Certificate = &certificateView{*t, strings.Join(t.Names, ", "), onDate(t.NotBefore, now), onDate(t.NotAfter, now)}
	}
	switch {
	case failed:
		c.State = stateOf(cluster.Critical).named("Does not work")
	case open > 0 && running:
		c.State, c.Line = stepState(cluster.StepRunning), strconv.Itoa(len(n.Steps)-open)+" of "+plural(len(n.Steps), "step")+" done"
	case open > 0 || len(n.Steps) == 0:
		c.State, c.Line = stateOf(cluster.NoData).named("Not checked"), "The check ended before it."
	case partial != "":
		c.State, c.Line = stateOf(cluster.Warning).named("Works in part"), partial
	default:
		c.State, c.Line = stateOf(cluster.Healthy).named("Works"), plural(ok, "step")+" passed"
	}
	return c
}

// stepState dresses the state of a step.
func stepState(s cluster.StepState) State {
	switch s {
	case cluster.StepOK:
		return stateOf(cluster.Healthy).named("Works")
	case cluster.StepPartial:
		return stateOf(cluster.Warning).named("In part")
	case cluster.StepFailed:
		return stateOf(cluster.Critical).named("Failed")
	case cluster.StepRunning:
		return State{Class: "busy", Icon: "arrow-sync-16-regular", Word: "Checking"}
	case cluster.StepSkipped:
		return State{Class: "quiet", Icon: "subtract-circle-16-regular", Word: "Skipped"}
	default:
		return State{Class: "quiet", Icon: "circle-16-regular", Word: "Waiting"}
	}
}

// newVerdict says what saving would bring, from the nodes that are to be watched.
func newVerdict(d Draft, v draftView) verdict {
	button := "Start watching"
	if d.Was != "" {
		button = "Save changes"
	}
	if d.Running {
		return verdict{Class: "info", Icon: "arrow-sync-20-regular", Title: "Checking.", Text: "Decide when the check is done.", Button: button}
	}
	works, dark := 0, []string{}
	var missing []string
	for _, c := range d.Choices {
		if !c.Watch {
			continue
		}
		if c.Checked == nil || c.Checked.Failed() || len(c.Checked.Steps) == 0 {
			dark = append(dark, c.Name)
			continue
		}
		works++
		for _, s := range c.Checked.Steps {
			if s.State == cluster.StepPartial {
				missing = append(missing, lacking(s)...)
			}
		}
	}
	slices.Sort(missing)
	missing = slices.Compact(missing)
	switch {
	case works == 0:
		return verdict{Class: "crit", Icon: "error-circle-24-regular", Title: "No node works yet.",
			Text: "Mend the failing steps and check again. Watched as it is, it is shown without data until a node answers.", Confirm: true, Button: "Watch anyway"}
	case len(dark) > 0:
		missing = append([]string{"Everything of " + strings.Join(dark, ", ")}, missing...)
		fallthrough
	case len(missing) > 0:
		return verdict{Class: "warn", Icon: "warning-20-filled", Title: "It can be watched, in part.", Text: "These will be missing until they are mended:", Missing: missing, Button: button}
	}
	return verdict{Class: "ok", Icon: "checkmark-circle-16-filled", Title: "Everything that is needed works.", Button: button}
}

// lacking is what cannot be seen because of a step.
func lacking(s cluster.CheckStep) []string {
	if len(s.Missing) == 0 {
		return []string{s.Title + ": " + s.Detail}
	}
	var out []string
	for _, m := range s.Missing {
		part := cluster.MissingPart(m)
		out = append(out, part.Title+": "+part.Lost)
	}
	return out
}

// EditDraft is the form of a draft.
func EditDraft(s *cluster.Snapshot, id, was, name string, f ClusterForm) Page {
	path := DraftPath(id, "edit")
	p := settingsPage(s, "Change the settings", path, Crumb{"Check", DraftPath(id)}, Crumb{"Settings of the check", path})
	p.Head.Sub = name
	return withForm(p, formPage{Form: f, Action: path, Cancel: DraftPath(id)})
}
