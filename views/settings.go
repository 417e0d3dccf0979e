package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// SettingsPath is where the list of watched clusters lives.
const SettingsPath = "/settings/clusters"

// SettingPath is an address below the settings of a cluster.
func SettingPath(name string, rest ...string) string {
	p := SettingsPath + "/" + url.PathEscape(name)
	for _, r := range rest {
		p += "/" + url.PathEscape(r)
	}
	return p
}

// ClusterPath is the page of a cluster.
func ClusterPath(name string) string { return clusterPath(name) }

// Watched is what the settings know of the clusters.
type Watched struct {
	Elsewhere   bool // they cannot be changed here at all
	Simulated   bool // those that are fixed come from the simulation
	Definitions []cluster.Definition
}

// settingRow is one watched cluster.
type settingRow struct {
	ID, Name, Href string
	Nodes          string
	Paused         string // "1 paused", "" for none
	How, Trust     string
	User, Act      string
	State          State
	Tag            string // where a fixed one comes from
	Locked         bool
	IsPaused       bool
	Watched        bool // its page exists
	Rejected       bool // a node rejected the password
}

// Path is an address below its settings.
func (r settingRow) Path(rest string) string { return SettingPath(r.Name, rest) }

// Settings is "/settings/clusters". note is a word of what just happened, see notes.
func Settings(s *cluster.Snapshot, w Watched, note string, now time.Time) Page {
	p := settingsPage(s, "Watched clusters", SettingsPath)
	p.Live = true
	p.Head.Tabs = settingsTabs(SettingsPath)
	p.Head.Sub = plural(len(w.Definitions), "cluster") + ": which nodes are asked, how they are reached and as whom"
	p.Regions = []Region{noteRegion(note, ""), {ID: "r-list", Class: "wide"}}
	body := &p.Regions[1].Body
	switch {
	case w.Elsewhere:
		p.Head.Sub = ""
		*body = card("Clusters", "", empty(unknown("Clusters come from elsewhere", "This server was started with the clusters it watches. They cannot be seen or changed here.")))
	case len(w.Definitions) == 0:
		p.Head.Sub = ""
		*body = firstCluster()
	default:
		p.Head.Actions = []Action{addAction}
		var rows []settingRow
		for _, d := range w.Definitions {
			rows = append(rows, newSettingRow(s, d, w.Simulated, now))
		}
		*body = settingsList(rows)
	}
	return p
}

var addAction = Action{Label: "Add a cluster", Href: SettingsPath + "/new", Icon: "add-16-regular", Primary: true}

func newSettingRow(s *cluster.Snapshot, d cluster.Definition, simulated bool, now time.Time) settingRow {
	r := settingRow{
		ID: rowID("s", d.Name), Name: d.Name, Href: SettingPath(d.Name, "edit"), Locked: d.Locked, IsPaused: d.Paused,
		Nodes: plural(len(d.Nodes), "node"), How: howWord(d.Access), Trust: trustWord(d.Access), User: d.Access.Read.User,
	}
	paused := 0
	for _, n := range d.Nodes {
		if n.Paused {
			paused++
		}
	}
	if paused > 0 {
		r.Paused = strconv.Itoa(paused) + " paused"
	}
	if d.Access.Auth == cluster.AuthCertificate {
		r.User = "Client certificate"
	}
	if d.Access.Act != nil {
		r.Act = "changes as another certificate"
		if d.Access.Act.User != "" {
			r.Act = "changes as " + d.Access.Act.User
		}
	}
	if d.Fixed {
		r.Tag = "configuration file"
		if simulated {
			r.Tag = "simulation"
		}
	}
	p := s.Cluster(d.Name)
	r.Watched = p != nil
	r.Rejected = p != nil && slices.ContainsFunc(p.Members, func(m string) bool {
		return !p.IsPaused(m) && p.Nodes[m].Contact.Reach == cluster.ReachPassword
	})
	switch {
	case d.Paused:
		r.State = stateOf(cluster.Maintenance).named("Paused")
	case d.Locked:
		r.State = stateOf(cluster.NoData).named("Locked")
	case p == nil:
		r.State = stateOf(cluster.NoData)
	default:
		h, _ := p.Health(s.Faults, now)
		r.State = stateOf(h)
	}
	return r
}

func howWord(a cluster.Access) string {
	t := "HTTPS"
	if a.Transport == cluster.TransportHTTP {
		t = "HTTP, sealed"
	}
	return t + ", " + authWord(a.Auth)
}

func authWord(a cluster.Auth) string {
	for _, h := range Hows {
		if h.Auth == a {
			return h.Label
		}
	}
	return ""
}

func trustWord(a cluster.Access) string {
	switch {
	case a.Transport == cluster.TransportHTTP:
		return "no certificates"
	case a.Trust == cluster.TrustCA:
		return "own authority"
	case a.Trust == cluster.TrustPin:
		return "confirmed keys"
	default:
		return "authorities of this server"
	}
}

// settingsPage is what all pages of the settings have in common.
func settingsPage(s *cluster.Snapshot, title, path string, more ...Crumb) Page {
	return Page{
		Title: title, Path: path, Nav: fleetNav(s, tabSettings),
		Crumbs: append([]Crumb{{"All clusters", "/"}, {"Settings", SettingsPath}}, more...),
		Head:   Head{Title: title},
	}
}

// notes are what a page says after something was done.
var notes = map[string]string{
	"added":        "It is watched from now on. The first answers take a few seconds.",
	"changed":      "The changes are in force.",
	"paused":       "Nothing is asked of it until it is resumed.",
	"resumed":      "It is asked again.",
	"retried":      "The password is tried once more. What comes of it shows in a few seconds.",
	"removed":      "It is no longer watched, and its history was dropped.",
	"kept":         "It is no longer watched. Its history was kept.",
	"discarded":    "The check was discarded. Nothing was saved.",
	"nothing":      "There was nothing to change.",
	"node-removed": "The node is no longer watched, and its history was dropped.",
	"node-kept":    "The node is no longer watched. Its history was kept.",

	"script-saved":   "The script was saved.",
	"script-deleted": "The script was deleted.",
}

// noteRegion says what was just done; it is empty without a note.
func noteRegion(note, title string) Region {
	r := Region{ID: "r-note", Class: "wide"}
	if text := notes[note]; text != "" {
		r.Body = doneNote(title, text)
	}
	return r
}

// WithNote puts a note before the regions of any page.
func (p Page) WithNote(note, title string) Page {
	if notes[note] != "" {
		p.Regions = slices.Concat([]Region{noteRegion(note, title)}, p.Regions)
	}
	return p
}

// formPage is a page with the form of a cluster.
type formPage struct {
	Form           ClusterForm
	Action, Cancel string
	Locked         bool
	Cluster        string // whose stored nodes may be removed, "" for none
}

// RemoveNode is where a node is removed, "" if it is not stored.
func (v formPage) RemoveNode(n NodeForm) string {
	if v.Cluster == "" {
		return ""
	}
	return SettingPath(v.Cluster, "nodes", n.Was, "remove")
}

// AddCluster is "/settings/clusters/new".
func AddCluster(s *cluster.Snapshot, f ClusterForm) Page {
	p := settingsPage(s, "Add a cluster", SettingsPath+"/new", Crumb{"Add a cluster", SettingsPath + "/new"})
	p.Head.Sub = "Any one node is enough to begin with. It is checked first, step by step."
	return withForm(p, formPage{Form: f, Action: SettingsPath + "/new", Cancel: SettingsPath})
}

// EditCluster is "/settings/clusters/{name}/edit".
func EditCluster(s *cluster.Snapshot, d cluster.Definition, f ClusterForm) Page {
	path := SettingPath(d.Name, "edit")
	p := settingsPage(s, d.Name, path, Crumb{d.Name, path})
	p.Head.Sub = "Connection settings"
	return withForm(p, formPage{Form: f, Action: path, Cancel: SettingsPath, Locked: d.Locked, Cluster: d.Name})
}

// FixedCluster is the same for one that cannot be changed here.
func FixedCluster(s *cluster.Snapshot, d cluster.Definition, simulated bool, now time.Time) Page {
	path := SettingPath(d.Name, "edit")
	p := settingsPage(s, d.Name, path, Crumb{d.Name, path})
	p.Head.Sub = "Connection settings"
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: fixedCluster(newSettingRow(s, d, simulated, now), d.Nodes)}}
	return p
}

// ElsewhereCluster is the same when nothing is known of how it is reached.
func ElsewhereCluster(s *cluster.Snapshot, name string) Page {
	path := SettingPath(name, "edit")
	p := settingsPage(s, name, path, Crumb{name, path})
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: card("Connection", "", empty(unknown("Clusters come from elsewhere",
		"This server was started with the clusters it watches. They cannot be seen or changed here.")))}}
	return p
}

func withForm(p Page, v formPage) Page {
	by := v.Form.attach()
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: clusterForm(v, by)}}
	if len(v.Form.Problems) > 0 {
		p.Title = "Not yet: " + p.Title
	}
	return p
}

// Removal is what is about to be removed, and what was entered about it.
type Removal struct {
	Cluster  string
	Node     string // "" for the whole cluster
	Typed    string
	History  string // "keep", "drop" or ""
	Problems []FieldProblem
}

// Name is what must be typed to confirm.
func (r Removal) Name() string {
	if r.Node != "" {
		return r.Node
	}
	return r.Cluster
}

func (r Removal) path() string {
	if r.Node != "" {
		return SettingPath(r.Cluster, "nodes", r.Node, "remove")
	}
	return SettingPath(r.Cluster, "remove")
}

func (r Removal) back() string { return SettingPath(r.Cluster, "edit") }

func (r Removal) problem(field string) string {
	for _, p := range r.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// Remove asks whether a cluster or a node is really to be removed.
func Remove(s *cluster.Snapshot, r Removal) Page {
	p := settingsPage(s, "Remove "+r.Name(), r.path(), Crumb{r.Cluster, SettingPath(r.Cluster, "edit")}, Crumb{"Remove", r.path()})
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: removeForm(r)}}
	return p
}

// nodeLines are the nodes of a definition in words.
func nodeLine(n cluster.NodeDefinition) string {
	var parts []string
	if n.Address != "" && !strings.EqualFold(n.Address, n.Name) {
		parts = append(parts, n.Address)
	}
	if n.Paused {
		parts = append(parts, "paused")
	}
	if n.Access != nil {
		parts = append(parts, "sign-in of its own")
	}
	return strings.Join(parts, ", ")
}
