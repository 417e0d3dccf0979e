package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// Where PowerShell is run and what was run is seen.
const (
	ConsolePath = "/console"
	RunsPath    = "/console/runs"
	ScriptsPath = "/console/scripts"
	AskedPath   = "/asked"
)

// RunPath is the page of a run, or an address below it.
func RunPath(id string, rest ...string) string {
	return RunsPath + "/" + strings.Join(append([]string{id}, rest...), "/")
}

// ScriptPath is the page of a saved script, or an address below it.
func ScriptPath(name string, rest ...string) string {
	p := ScriptsPath + "/" + url.PathEscape(name)
	for _, r := range rest {
		p += "/" + r
	}
	return p
}

// TargetText is a node, or a role, as it stands in addresses and forms:
// CLUSTER/NODE, each escaped like a part of a path.
func TargetText(clusterName, name string) string {
	return url.PathEscape(clusterName) + "/" + url.PathEscape(name)
}

// ParseTarget reads what TargetText made.
func ParseTarget(s string) (clusterName, name string, ok bool) {
	a, b, ok := strings.Cut(s, "/")
	if !ok {
		return "", "", false
	}
	clusterName, err := url.PathUnescape(a)
	if err != nil {
		return "", "", false
	}
	name, err = url.PathUnescape(b)
	return clusterName, name, err == nil && clusterName != "" && name != ""
}

// ConsoleOn is the console with a node and a script filled in.
func ConsoleOn(clusterName, node, script string) string {
	q := url.Values{"target": {TargetText(clusterName, node)}}
	if script != "" {
		q.Set("script", script)
	}
	return ConsolePath + "?" + q.Encode()
}

// ConsoleOnRole is the console for whichever node owns a role then.
func ConsoleOnRole(clusterName, role string) string {
	return ConsolePath + "?" + url.Values{"role": {TargetText(clusterName, role)}}.Encode()
}

// Console is what the console shows: what is typed or which saved script, where it
// is to run, and the run that is looked at.
type Console struct {
	Script   string
	Picked   []cluster.Target
	Role     string // TargetText of the role whose owner is meant, "" for none
	Timeout  time.Duration
	Verbose  bool
	Saved    *SavedScript // nil: the script is typed
	Entered  map[string]string
	Verdict  Verdict
	Problems []string // why it was not run
	Phrase   string   // to be typed: the form was sent without it
	Run      *RunView // nil: nothing was run yet
	Recent   []RunRow // of who looks at it, newest first
	MayType  bool
}

// Verdict is what reading a script says of it before it is run.
type Verdict struct {
	Empty     bool // there is nothing to read
	OnlyReads bool
	Changes   []Change
	Phrase    string   // has to be typed
	As        []string // whom it runs as, a sentence for each identity
	Where     string   // "on HV-01", "on 4 nodes"
	Refused   string   // why it would not be run
}

// Change is one thing in a script that changes something, or may.
type Change struct{ What, Why string }

// SavedScript is a script of the library as the pages show it.
type SavedScript struct {
	Name, Description, Text string
	Group, By               string
	At                      When
	OnlyReads               bool
	BuiltIn, Mine           bool
	Params                  []ParamField
}

// ParamField is a parameter as the form asks for it.
type ParamField struct {
	Name, Help string
	Kind       string // "string", "int", "bool", "choice"
	Required   bool
	Value      string
	Choices    []string
	Min, Max   string
}

func (p ParamField) id() string    { return "p-" + strings.ToLower(p.Name) }
func (p ParamField) field() string { return "p." + p.Name }

func (p ParamField) hint() string {
	h := p.Help
	if p.Min != "" {
		h = joined(". ", strings.TrimSuffix(h, "."), "From "+p.Min+" to "+p.Max)
	}
	return h
}

// pickCluster is a cluster of the target picker.
type pickCluster struct {
	Name  string
	ID    string
	Open  bool
	Nodes []pickNode
	Count string // "2 of 4"
}

type pickNode struct {
	ID, Name, Value string
	State           State
	Checked         bool
}

// rolePick is the roles of a cluster, to choose the owner of one.
type rolePick struct {
	Cluster string
	Roles   []rolePicked
}

type rolePicked struct {
	Label, Value string
	Chosen       bool
}

// maxRolesOffered keeps the page small; a link from the role's own row still works.
const maxRolesOffered = 400

func picker(s *cluster.Snapshot, c Console, now time.Time) (clusters []pickCluster, roles []rolePick) {
	offered := 0
	for _, p := range s.Clusters {
		pc := pickCluster{Name: p.Cluster, ID: rowID("pc", p.Cluster)}
		picked := 0
		for _, n := range p.NodeNames() {
			h, _ := p.NodeHealth(n, now)
			on := slices.Contains(c.Picked, cluster.Target{Cluster: p.Cluster, Node: n})
			if on {
				picked++
			}
			pc.Nodes = append(pc.Nodes, pickNode{ID: rowID("pn", p.Cluster, n), Name: n, Value: TargetText(p.Cluster, n), State: stateOf(h), Checked: on})
		}
		slices.SortStableFunc(pc.Nodes, func(a, b pickNode) int { return natural(a.Name, b.Name) })
		pc.Open = picked > 0 || len(s.Clusters) <= 3 && len(pc.Nodes) <= 16
		pc.Count = strconv.Itoa(picked) + " of " + strconv.Itoa(len(pc.Nodes))
		clusters = append(clusters, pc)
		if p.State == nil {
			continue
		}
		rp := rolePick{Cluster: p.Cluster}
		for _, r := range p.State.Roles {
			v := TargetText(p.Cluster, r.Name)
			if r.Owner == "" || offered >= maxRolesOffered && v != c.Role {
				continue
			}
			offered++
			rp.Roles = append(rp.Roles, rolePicked{Label: r.Name + " (now " + r.Owner + ")", Value: v, Chosen: v == c.Role})
		}
		if len(rp.Roles) > 0 {
			slices.SortStableFunc(rp.Roles, func(a, b rolePicked) int { return natural(a.Label, b.Label) })
			roles = append(roles, rp)
		}
	}
	return clusters, roles
}

// timeouts are the choices of how long a run may take.
var timeouts = []time.Duration{30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour}

type timeoutChoice struct {
	Value, Label string
	Chosen       bool
}

func timeoutChoices(chosen time.Duration) []timeoutChoice {
	if chosen <= 0 {
		chosen = 5 * time.Minute
	}
	list := timeouts
	if !slices.Contains(list, chosen) {
		list = append([]time.Duration{chosen}, list...)
	}
	var out []timeoutChoice
	for _, d := range list {
		out = append(out, timeoutChoice{strconv.Itoa(int(d / time.Second)), duration(d), d == chosen})
	}
	return out
}

// consoleTabs are the pages of the console.
func consoleTabs(at string) []NavItem {
	tabs := []NavItem{{Label: "Console", Href: ConsolePath}, {Label: "Saved scripts", Href: ScriptsPath}, {Label: "Runs", Href: RunsPath}}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == at
	}
	return tabs
}

// consoleBase is what the pages of the console have in common.
func consoleBase(s *cluster.Snapshot, title, path, at string, more ...Crumb) Page {
	return Page{
		Title: title, Path: path, Nav: fleetNav(s, tabConsole), Module: "console",
		Crumbs: append([]Crumb{{"All clusters", "/"}, {"Console", ConsolePath}}, more...),
		Head:   Head{Title: title, Tabs: consoleTabs(at)},
	}
}

// ConsolePage is "/console", "/console/runs/{id}" and "/console/scripts/{name}".
func ConsolePage(s *cluster.Snapshot, c Console, now time.Time) Page {
	p := consoleBase(s, "Console", ConsolePath, ConsolePath)
	p.Head.Sub = "PowerShell on one node or many. Everything that is run is in the audit log."
	if c.Saved != nil {
		p = consoleBase(s, c.Saved.Name, ScriptPath(c.Saved.Name), ScriptsPath, Crumb{"Saved scripts", ScriptsPath}, Crumb{c.Saved.Name, ScriptPath(c.Saved.Name)})
		p.Head.Sub = c.Saved.Description
		if c.Saved.Mine {
			p.Head.Actions = []Action{{Label: "Edit", Href: ScriptPath(c.Saved.Name, "edit"), Icon: "edit-16-regular"}}
		}
	}
	if c.Run != nil {
		title := "Run on " + c.Run.where()
		p.Title, p.Path = title, RunPath(c.Run.ID)
		p.Crumbs = []Crumb{{"All clusters", "/"}, {"Console", ConsolePath}, {"Runs", RunsPath}, {title, RunPath(c.Run.ID)}}
	}
	p.Layout = "console"
	clusters, roles := picker(s, c, now)
	p.Regions = []Region{
		{ID: "r-console", Class: "wide", Body: consoleForm(consoleView{Console: c, Clusters: clusters, Roles: roles, Timeouts: timeoutChoices(c.Timeout), Now: now})},
		{ID: "r-run", Class: "wide", Body: runSection(c.Run, now)},
	}
	return p
}

// consoleView is the console with what follows from the snapshot.
type consoleView struct {
	Console
	Clusters []pickCluster
	Roles    []rolePick
	Timeouts []timeoutChoice
	Now      time.Time
}

func (v consoleView) count() string {
	n := len(v.Picked)
	if v.Role != "" {
		n++
	}
	if n == 0 {
		return "none chosen"
	}
	return strconv.Itoa(n) + " chosen"
}

// ConsoleMissing is the console of a server that was started without one.
func ConsoleMissing(s *cluster.Snapshot) Page {
	p := consoleBase(s, "Console", ConsolePath, ConsolePath)
	p.Module, p.Head.Tabs = "", nil
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: card("Console", "", empty(unknown("There is no console", "This server was started without it.")))}}
	return p
}

// RunsPage is "/console/runs".
func RunsPage(s *cluster.Snapshot, rows []RunRow, all bool, now time.Time) Page {
	p := consoleBase(s, "Runs", RunsPath, RunsPath, Crumb{"Runs", RunsPath})
	p.Module = ""
	p.Head.Sub = "The newest runs of everybody, as long as their output is kept. All of them are in the audit log."
	if !all {
		p.Head.Sub = "Your newest runs, as long as their output is kept."
	}
	t := Table{Label: "Runs", Class: "runs", None: Empty{State: State{Class: "quiet", Icon: "code-20-regular"}, Title: "Nothing was run yet", Text: "What is run in the console is listed here.", Href: ConsolePath, Link: "Console"},
		Cols: []Col{{Label: "Script"}, {Label: "Outcome"}, {Label: "Where"}, {Label: "Who"}, {Label: "Began"}, {Label: "Output", Class: "r"}}}
	for _, r := range rows {
		st := r.view().Outcome()
		var bytes int64
		for _, x := range r.Targets {
			bytes += x.Bytes
		}
		at := ago(r.At, now)
		script := Cell{Text: r.label(), Href: RunPath(r.ID), Class: "full strong mono"}
		if r.Saved != "" {
			script.Class, script.Tag = "full strong", "saved script"
		}
		who := Cell{Text: r.Who}
		if r.Who == "" {
			who = Cell{Text: "not known", Class: "none"}
		}
		t.Rows = append(t.Rows, Row{ID: rowID("run", r.ID), Cells: []Cell{script, {State: &st, Chip: true}, {Text: r.view().where()},
			who, {At: &at, Class: "age"}, {Text: outputSize(bytes), Class: "r num"}}})
	}
	p.Regions = []Region{{ID: "r-list", Class: "wide", Body: listCard(t)}}
	return p
}

// scriptGroup is a part of the list of saved scripts.
type scriptGroup struct {
	Name    string
	Scripts []SavedScript
}

// ScriptsPage is "/console/scripts".
func ScriptsPage(s *cluster.Snapshot, list []SavedScript, maySave bool, note string) Page {
	p := consoleBase(s, "Saved scripts", ScriptsPath, ScriptsPath, Crumb{"Saved scripts", ScriptsPath})
	p.Module = ""
	p.Head.Sub = "Questions that come up again. Parameters are asked for and travel as data."
	if maySave {
		p.Head.Actions = []Action{{Label: "New script", Href: ScriptsPath + "/new", Icon: "add-16-regular", Primary: true}}
	}
	var groups []scriptGroup
	for _, x := range list {
		name := x.Group
		if name == "" {
			name = "Kept by people"
		}
		i := slices.IndexFunc(groups, func(g scriptGroup) bool { return g.Name == name })
		if i < 0 {
			groups = append(groups, scriptGroup{Name: name})
			i = len(groups) - 1
		}
		groups[i].Scripts = append(groups[i].Scripts, x)
	}
	// What people keep themselves is what they look for.
	slices.SortStableFunc(groups, func(a, b scriptGroup) int {
		own := func(g scriptGroup) int {
			if g.Name == "Kept by people" {
				return 0
			}
			return 1
		}
		return own(a) - own(b)
	})
	p.Regions = []Region{noteRegion(note, ""), {ID: "r-list", Class: "wide", Body: scriptGroups(groups)}}
	return p
}

// ScriptForm is a script somebody writes or changes.
type ScriptForm struct {
	Was                     string // its name, "" for a new one
	Name, Description, Text string
	Problems                []string
}

// Action is where the form is sent.
func (f ScriptForm) Action() string {
	if f.Was == "" {
		return ScriptsPath + "/new"
	}
	return ScriptPath(f.Was, "edit")
}

// ScriptFormPage is "/console/scripts/new" and "/console/scripts/{name}/edit".
func ScriptFormPage(s *cluster.Snapshot, f ScriptForm) Page {
	title := "New script"
	if f.Was != "" {
		title = "Edit " + f.Was
	}
	p := consoleBase(s, title, f.Action(), ScriptsPath, Crumb{"Saved scripts", ScriptsPath}, Crumb{title, f.Action()})
	p.Head.Sub = "A param block at its beginning is what a form asks for: string, int and bool, with ValidateSet and ValidateRange."
	p.Regions = []Region{{ID: "r-form", Class: "wide", Body: scriptForm(f)}}
	return p
}

// LookFragment is what the browser shows of a verdict while somebody types.
func LookFragment(v Verdict) Region { return Region{ID: "look", Class: "look", Body: lookBody(v)} }
