package views

import (
	"net/url"
	"strings"
	"time"

	"looksalive/cluster"
)

// Where one signs in and out, and sees to the own account.
const (
	SignInPath  = "/sign-in"
	SignOutPath = "/sign-out"
	FirstPath   = "/first"
	AccountPath = "/account"
)

// Me is who looks at a page.
type Me struct {
	SignIn bool   // one has to sign in here
	Name   string // "" for nobody, and for a page that is made for all of one role
	Role   cluster.UserRole
}

// For leaves out of a page the ways to where its reader may not go.
func (p Page) For(me Me) Page {
	keep := func(list []NavItem) []NavItem {
		var out []NavItem
		for _, it := range list {
			if me.mayOpen(it.Href) {
				out = append(out, it)
			}
		}
		return out
	}
	p.Nav.Items, p.Nav.More, p.Head.Tabs = keep(p.Nav.Items), keep(p.Nav.More), keep(p.Head.Tabs)
	var actions []Action
	for _, a := range p.Head.Actions {
		if me.mayOpen(a.Href) {
			actions = append(actions, a)
		}
	}
	p.Head.Actions = actions
	return p
}

// mayOpen says whether a link is of use. It decides nothing: the routes do.
func (m Me) mayOpen(href string) bool {
	if !m.SignIn {
		return !strings.HasPrefix(href, AccountsPath) && !strings.HasPrefix(href, TokensPath)
	}
	switch {
	case strings.HasPrefix(href, "/settings/"):
		return m.Role >= cluster.Administrator
	case strings.HasPrefix(href, "/console"):
		return m.Role >= cluster.Operator
	}
	return true
}

// SignIn is what the sign-in page shows.
type SignIn struct {
	To      string // where to go then, a path of ours
	Name    string // as it was entered
	Problem string // why it did not work, "" at first
	Demo    Demo
	Link    bool // somebody was sent here although there is no sign-in
}

// Action is where the form is sent, with the way on in it.
func (v SignIn) Action() string {
	if v.To == "" || v.To == "/" {
		return SignInPath
	}
	return SignInPath + "?to=" + url.QueryEscape(v.To)
}

// SignInPage is "/sign-in".
func SignInPage(v SignIn) Page {
	p := bare("Sign in", SignInPath, signInForm(v))
	if v.Problem != "" {
		p.Title = "Not signed in"
	}
	return p
}

// First is the form for the first administrator.
type First struct {
	Action   string
	Name     string
	Problems []FieldProblem
}

// FirstPage is "/first/{secret}". Its path is left out: it is a secret.
func FirstPage(v First) Page { return bare("First administrator", FirstPath, firstForm(v)) }

// BareError is ErrorPage for those who are not signed in.
func BareError(status int, title, text, hint string) Page {
	return bare(title, "", problem(Problem{Status: status, Title: title, Text: text, Hint: hint, Bare: true}))
}

func problemOf(list []FieldProblem, field string) string {
	for _, p := range list {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// AgentWords is a browser in words: "Firefox on Windows". What it calls itself is
// long and full of other browsers' names.
func agentWords(agent string) string {
	find := func(of ...string) string {
		for i := 0; i < len(of); i += 2 {
			if strings.Contains(agent, of[i]) {
				return of[i+1]
			}
		}
		return ""
	}
	browser := find("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "HeadlessChrome/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := find("Windows", "Windows", "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser == "" && system == "":
		return "unknown browser"
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// sessionRow is a browser that is signed in.
type sessionRow struct {
	ID, Account, Agent, Address, End string
	Since, Seen                      When
	Current                          bool // it is the reader's
}

func sessionRows(list []cluster.Session, current, end string, now time.Time) []sessionRow {
	var out []sessionRow
	for _, s := range list {
		out = append(out, sessionRow{ID: s.ID, Account: s.Account, Agent: agentWords(s.Agent), Address: s.Address,
			End: end + "/" + url.PathEscape(s.ID) + "/end", Since: ago(s.Created, now), Seen: ago(s.LastSeen, now), Current: s.ID == current})
	}
	return out
}
