package views

import (
	"net/url"
	"time"

	"looksalive/cluster"
)

// Where accounts, tokens and the audit log live.
const (
	AccountsPath = "/settings/accounts"
	TokensPath   = "/settings/tokens"
	SessionsPath = "/settings/sessions"
	AuditPath    = "/settings/audit"
)

// AccountSetting is an address below the settings of an account.
func AccountSetting(name string, rest ...string) string {
	p := AccountsPath + "/" + url.PathEscape(name)
	for _, r := range rest {
		p += "/" + r
	}
	return p
}

// settingsTabs are the pages of the settings.
func settingsTabs(at string) []NavItem {
	tabs := []NavItem{{Label: "Clusters", Href: SettingsPath}, {Label: "Accounts", Href: AccountsPath}, {Label: "Tokens", Href: TokensPath}, {Label: "Audit log", Href: AuditPath}}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == at
	}
	return tabs
}

// accountsPage is what the pages of accounts and tokens have in common.
func accountsPage(s *cluster.Snapshot, title, path string, more ...Crumb) Page {
	return Page{
		Title: title, Path: path, Nav: fleetNav(s, tabSettings),
		Crumbs: append([]Crumb{{"All clusters", "/"}, {"Settings", SettingsPath}}, more...),
		Head:   Head{Title: title},
	}
}

// noSignIn is a page of accounts on a server without sign-in.
func noSignIn(p Page) Page {
	p.Head.Tabs, p.Head.Actions = nil, nil
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: card("Sign-in", "", empty(unknown("There is no sign-in",
		"This server was started without sign-in: whoever reaches it may do everything.")))}}
	return p
}

// userRole is a role with what it may do.
type userRole struct {
	Role              cluster.UserRole
	Value, Label, May string
}

var userRoles = []userRole{
	{cluster.Viewer, "viewer", "Viewer", "Sees everything but the settings and the console."},
	{cluster.Operator, "operator", "Operator", "Also acknowledges faults and runs saved scripts that only read."},
	{cluster.Administrator, "administrator", "Administrator", "May do everything, also run any PowerShell and change these settings."},
}

func userRoleLabel(r cluster.UserRole) string {
	for _, w := range userRoles {
		if w.Role == r {
			return w.Label
		}
	}
	return r.String()
}

// Accounts is what the page of accounts shows.
type Accounts struct {
	Off      bool // there is no sign-in
	Accounts []cluster.Account
	Sessions []cluster.Session
	Current  string // the reader's session
	Me       string // and account
	Note     string
}

// accountRow is one account.
type accountRow struct {
	Name, Href, Role string
	You, Disabled    bool
	Seen             When
	Sessions         string
}

// AccountsPage is "/settings/accounts".
func AccountsPage(s *cluster.Snapshot, v Accounts, now time.Time) Page {
	p := accountsPage(s, "Accounts", AccountsPath, Crumb{"Accounts", AccountsPath})
	if v.Off {
		return noSignIn(p)
	}
	p.Head.Tabs = settingsTabs(AccountsPath)
	p.Head.Sub = plural(len(v.Accounts), "account") + ", " + plural(len(v.Sessions), "browser") + " signed in"
	p.Head.Actions = []Action{{Label: "Add an account", Href: AccountsPath + "/new", Icon: "person-add-16-regular", Primary: true}}
	var rows []accountRow
	for _, a := range v.Accounts {
		rows = append(rows, newAccountRow(a, v.Sessions, v.Me, now))
	}
	p.Regions = []Region{
		accountNote(v.Note),
		{ID: "r-list", Class: "wide", Body: accountList(rows)},
		{ID: "r-sessions", Class: "wide", Body: sessionCard("Signed in", sessionRows(v.Sessions, v.Current, SessionsPath, now), true)},
	}
	return p
}

func newAccountRow(a cluster.Account, sessions []cluster.Session, me string, now time.Time) accountRow {
	seen, n := a.LastSeen, 0
	for _, s := range sessions {
		if s.Account == a.Name {
			n++
			if s.LastSeen.After(seen) {
				seen = s.LastSeen
			}
		}
	}
	r := accountRow{Name: a.Name, Href: AccountSetting(a.Name, "edit"), Role: userRoleLabel(a.Role), You: a.Name == me, Disabled: a.Disabled, Seen: ago(seen, now)}
	if n > 0 {
		r.Sessions = plural(n, "browser")
	}
	return r
}

// AccountForm is a new account as it was entered, without its password.
type AccountForm struct {
	Name     string
	Role     string
	Problems []FieldProblem
}

// AddAccount is "/settings/accounts/new".
func AddAccount(s *cluster.Snapshot, f AccountForm, off bool) Page {
	path := AccountsPath + "/new"
	p := accountsPage(s, "Add an account", path, Crumb{"Accounts", AccountsPath}, Crumb{"Add an account", path})
	if off {
		return noSignIn(p)
	}
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: addAccount(f)}}
	return p
}

// OneAccount is what the page of an account shows.
type OneAccount struct {
	Account  cluster.Account
	Sessions []cluster.Session // of it
	Current  string            // the reader's session
	You      bool
	Problems []FieldProblem
	Note     string
}

// AccountPageOf is "/settings/accounts/{account}".
func AccountPageOf(s *cluster.Snapshot, v OneAccount, now time.Time) Page {
	path := AccountSetting(v.Account.Name, "edit")
	p := accountsPage(s, v.Account.Name, path, Crumb{"Accounts", AccountsPath}, Crumb{v.Account.Name, path})
	p.Head.Sub = userRoleLabel(v.Account.Role)
	if v.Account.Disabled {
		st := stateOf(cluster.Maintenance).named("Disabled")
		p.Head.State = &st
	}
	p.Head.Facts = []Meta{{Text: "last seen", At: newAccountRow(v.Account, v.Sessions, "", now).Seen}}
	p.Regions = []Region{accountNote(v.Note), {ID: "r-main", Class: "narrow", Body: oneAccount(v, sessionRows(v.Sessions, v.Current, SessionsPath, now))}}
	return p
}

// RemoveAccount asks whether an account is really to be removed.
func RemoveAccount(s *cluster.Snapshot, name string, problems []FieldProblem) Page {
	path := AccountSetting(name, "remove")
	p := accountsPage(s, "Remove "+name, path, Crumb{"Accounts", AccountsPath}, Crumb{name, AccountSetting(name, "edit")}, Crumb{"Remove", path})
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: removeAccount(name, problems)}}
	return p
}

// Tokens is what the page of tokens shows.
type Tokens struct {
	Off    bool
	Tokens []cluster.APIToken
	Note   string
}

// tokenRow is one token.
type tokenRow struct {
	ID, Name, Role, By, Revoke string
	Created, Used              When
}

// TokensPage is "/settings/tokens".
func TokensPage(s *cluster.Snapshot, v Tokens, now time.Time) Page {
	p := accountsPage(s, "Tokens", TokensPath, Crumb{"Tokens", TokensPath})
	if v.Off {
		return noSignIn(p)
	}
	p.Head.Tabs = settingsTabs(TokensPath)
	p.Head.Sub = "Programs use them for the API: Authorization: Bearer"
	p.Head.Actions = []Action{{Label: "Create a token", Href: TokensPath + "/new", Icon: "key-16-regular", Primary: true}}
	var rows []tokenRow
	for _, t := range v.Tokens {
		rows = append(rows, tokenRow{ID: t.ID, Name: t.Name, Role: userRoleLabel(t.Role), By: t.By, Revoke: TokensPath + "/" + url.PathEscape(t.ID) + "/revoke",
			Created: ago(t.Created, now), Used: ago(t.LastUsed, now)})
	}
	p.Regions = []Region{accountNote(v.Note), {ID: "r-list", Class: "wide", Body: tokenList(rows)}}
	return p
}

// AddToken is "/settings/tokens/new".
func AddToken(s *cluster.Snapshot, f AccountForm, off bool) Page {
	path := TokensPath + "/new"
	p := accountsPage(s, "Create a token", path, Crumb{"Tokens", TokensPath}, Crumb{"Create a token", path})
	if off {
		return noSignIn(p)
	}
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: addToken(f)}}
	return p
}

// NewToken shows a token, this once.
func NewToken(s *cluster.Snapshot, t cluster.APIToken, text string) Page {
	p := accountsPage(s, "Token "+t.Name, TokensPath, Crumb{"Tokens", TokensPath}, Crumb{t.Name, TokensPath})
	p.Head.Sub = userRoleLabel(t.Role)
	p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: newToken(text)}}
	return p
}

// Own is what somebody's own page shows.
type Own struct {
	Off      bool
	Who      cluster.Who
	Sessions []cluster.Session // of this account
	Problems []FieldProblem
	Note     string
}

// OwnPage is "/account".
func OwnPage(s *cluster.Snapshot, v Own, now time.Time) Page {
	p := Page{Title: "Your account", Path: AccountPath, Nav: fleetNav(s, ""), Crumbs: []Crumb{{"All clusters", "/"}, {"Your account", AccountPath}}, Head: Head{Title: "Your account"}}
	if v.Off {
		return noSignIn(p)
	}
	p.Head.Title, p.Head.Sub = v.Who.Name, userRoleLabel(v.Who.Role)
	rows := sessionRows(v.Sessions, v.Who.Session, AccountPath+"/sessions", now)
	p.Regions = []Region{accountNote(v.Note), {ID: "r-main", Class: "narrow", Body: ownAccount(v, rows)}}
	return p
}

// accountNotes are what a page says after something was done.
var accountNotes = map[string]string{
	"added":    "The account was added.",
	"role":     "The role was changed. Its browsers were signed out.",
	"password": "The password was set. Its other browsers were signed out.",
	"disabled": "The account cannot sign in any more. Its browsers were signed out.",
	"enabled":  "The account can sign in again.",
	"removed":  "The account was removed. Its browsers were signed out.",
	"ended":    "The browser was signed out.",
	"others":   "All other browsers were signed out.",
	"revoked":  "The token was revoked.",
	"created":  "The account was created and is signed in.",
}

func accountNote(note string) Region {
	r := Region{ID: "r-note", Class: "wide"}
	if text := accountNotes[note]; text != "" {
		r.Body = doneNote("", text)
	}
	return r
}
