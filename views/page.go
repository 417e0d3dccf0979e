// Package views turns what is known of the clusters into pages. A page is a
// plain value made by a constructor (Overview, NodePage, …) from a snapshot,
// the query and a time; the templates beside it only write it down.
package views

import (
	"context"
	"io"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"looksalive/cluster"
)

// Trends are the stretches of history a page draws. A missing series is drawn
// as "no history yet".
type Trends = map[cluster.SeriesKey]cluster.Series

// TrendSpan is how far back the small charts reach.
const TrendSpan = time.Hour

// Region is a part of a page that changes while it is looked at. The same
// region is rendered into the document and sent over the live socket, where
// the browser morphs it onto the element with the same id.
type Region struct {
	ID    string // begins with "r-"
	Class string
	Label string // what a screen reader calls it, may be ""
	Body  templ.Component
}

// Render writes the region with its section element. Region is a
// templ.Component. One without a body is an empty place that may fill later.
func (r Region) Render(ctx context.Context, w io.Writer) error {
	if r.Body == nil {
		r.Body = templ.NopComponent
	}
	return region(r).Render(ctx, w)
}

// Crumb is one step of the path in the top bar.
type Crumb struct{ Label, Href string }

// Action is a link in the head of a page.
type Action struct {
	Label, Href, Icon string
	Primary           bool
}

// Head is the title of a page and what stands beside it.
type Head struct {
	Title   string
	Sub     string
	State   *State // dressed state of what the page shows, nil for none
	Facts   []Meta // short facts after Sub, with times that keep counting
	Actions []Action
	Tabs    []NavItem // pages beside this one
}

// Meta is a short fact. At, if set, is shown as an age and keeps counting.
type Meta struct {
	Text string
	At   When
}

// NavItem is one link of the side bar or the bottom bar.
type NavItem struct {
	Label, Href, Icon string
	Count             string // "" for none
	Tone              string // class of the count: "", "crit", "warn"
	CountLabel        string // what the count means, for screen readers
	Current           bool
}

// Nav is the side bar and the bottom bar of the phone.
type Nav struct {
	Cluster string // "" at fleet scope
	Back    string // address of the fleet, set at cluster scope
	Items   []NavItem
	Tabs    []NavItem
	More    []NavItem // behind "More" of the bottom bar
	Bell    bell      // in the top bar
}

// Shell says what stands around a page.
type Shell int

const (
	ShellApp  Shell = iota // top bar, side bar, bottom bar
	ShellWall              // nothing: for a screen on the wall
	ShellBare              // nothing but the name: for those who are not signed in
)

// Page is a whole page before it is written.
type Page struct {
	Title   string // of the browser's tab, without the product name
	Path    string // where it lives, without the query
	Crumbs  []Crumb
	Nav     Nav
	Head    Head
	Regions []Region
	Layout  string // class of main: "", "split"
	Shell   Shell
	Live    bool   // whether the page keeps itself up to date
	Module  string // name of the script and style only pages like this load, "" for none
	Asked   string // address of the scripts its data was asked with, "" for none

	table *Table // what .csv answers with, nil for a page without a list
}

// Demo tells whether the clusters are simulated.
type Demo struct {
	On         bool
	ControlURL string // the simulator's own page, "" if it has none
	// Who may sign in; made for the demonstration, "" for nobody. The sign-in page
	// shows both.
	User, Password string
}

// Env is what a document needs besides its page.
type Env struct {
	Build   string // changes with the program; a different one makes the browser reload
	Demo    Demo
	Me      Me
	Now     time.Time
	Version uint64    // of the snapshot
	Seq     uint64    // highest fault sequence number in it
	DataAt  time.Time // newest observation in it, zero if there is none
}

// LiveRegions lists everything of the page that may change, for the socket:
// head, navigation, bell and the page's own regions.
func (p Page) LiveRegions() []Region {
	if p.Shell == ShellWall {
		return p.Regions
	}
	return append([]Region{p.head(), p.nav(), p.tabs(), p.badge()}, p.Regions...)
}

func (p Page) head() Region { return Region{ID: "r-head", Class: "head", Body: headBody(p.Head)} }
func (p Page) nav() Region  { return Region{ID: "r-nav", Class: "side-in", Body: navBody(p.Nav)} }
func (p Page) tabs() Region { return Region{ID: "r-tabs", Class: "tabs-in", Body: tabsBody(p.Nav)} }
func (p Page) badge() Region {
	return Region{ID: "r-badge", Class: "bell", Body: badgeBody(p.Nav.Bell)}
}

// Document is the whole HTML document of a page.
func Document(p Page, env Env) templ.Component { return document(p, env) }

// ErrorPage says what went wrong. Text is for people: no internal error texts.
func ErrorPage(status int, title, text, hint string) Page {
	return Page{
		Title: title,
		Nav:   fleetNav(nil, ""),
		Regions: []Region{{ID: "r-main", Class: "wide", Body: problem(Problem{
			Status: status, Title: title, Text: text, Hint: hint,
		})}},
	}
}

// clusterPath is the address of a page of a cluster. Names are escaped: they
// come from the nodes and may hold anything.
func clusterPath(name string, rest ...string) string {
	p := "/c/" + url.PathEscape(name)
	for _, r := range rest {
		p += "/" + url.PathEscape(r)
	}
	return p
}

// escape is url.PathEscape: names may hold a slash or a question mark.
func escape(name string) string { return url.PathEscape(name) }

// NodePath is the page of a node.
func NodePath(clusterName, node string) string { return nodePath(clusterName, node) }

func nodePath(clusterName, node string) string {
	return clusterPath(clusterName, "nodes", node)
}
