package handlers

import (
	"errors"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gorilla/websocket"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/views"
)

// maxSignIn bounds what is sent by somebody who is not signed in.
const maxSignIn = 8 << 10

// localPath is an address to go to after signing in: one of a page of ours, "/" for
// anything else, so that nobody is led away.
func localPath(address string) string {
	u, err := url.ParseRequestURI(address)
	switch {
	case err != nil, len(address) > maxPageAddress, u.Scheme != "", u.Host != "", u.User != nil,
		!strings.HasPrefix(address, "/"), strings.HasPrefix(address, "//"), strings.ContainsAny(address, "\\\t\r\n"):
		return "/"
	}
	for _, not := range []string{views.SignInPath, views.SignOutPath, views.FirstPath, "/api/", "/live", "/static/"} {
		if strings.HasPrefix(u.Path, not) {
			return "/"
		}
	}
	return address
}

// toSignIn leads a person who is not signed in to the sign-in page; it says no if
// this is no request for a page.
func toSignIn(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	h.Set("Cache-Control", personal)
	switch {
	case websocket.IsWebSocketUpgrade(r):
		return false
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		http.Redirect(w, r, views.SignInPath, http.StatusSeeOther)
		return true
	}
	// Who follows a link from elsewhere comes without the cookie, since that is
	// SameSite=Strict. Asked again by a page of ours, the browser sends it.
	if from := r.Header.Get("Sec-Fetch-Site"); (from == "cross-site" || from == "same-site") && r.Header.Get("Sec-Fetch-Mode") == "navigate" {
		again := html.EscapeString(localPath(r.URL.RequestURI()))
		send(w, r, http.StatusOK, htmlType, []byte(`<!doctype html><html lang="en"><title>LooksAlive</title><meta http-equiv="refresh" content="0;url=`+again+`"></html>`))
		return true
	}
	address := views.SignInPath
	if to := localPath(r.URL.RequestURI()); to != "/" {
		address += "?to=" + url.QueryEscape(to)
	}
	http.Redirect(w, r, address, http.StatusSeeOther)
	return true
}

// signInPage is GET /sign-in.
func (a *App) signInPage(w http.ResponseWriter, r *http.Request) error {
	to := localPath(r.URL.Query().Get("to"))
	if a.opt.Access != nil && whoOf(r).Role != cluster.Nobody {
		return see(w, r, to)
	}
	return a.showBare(w, r, http.StatusOK, views.SignInPage(views.SignIn{To: to, Demo: a.opt.Demo, Link: a.opt.Access == nil}))
}

// showBare shows a page of those who are not signed in. Where they came from and
// go to may hold a secret: it is in no Referer.
func (a *App) showBare(w http.ResponseWriter, r *http.Request, code int, v views.Page) error {
	w.Header().Set("Cache-Control", personal)
	w.Header().Set("Referrer-Policy", "no-referrer")
	return a.showPage(w, r, code, v, a.moment())
}

// signIn is POST /sign-in.
func (a *App) signIn(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Access == nil {
		return see(w, r, "/")
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
	if err := readBody(r); err != nil {
		return err
	}
	name, to := strings.TrimSpace(r.PostForm.Get("user")), localPath(r.URL.Query().Get("to"))
	cookie, session, err := a.opt.Access.SignIn(r.Context(), name, r.PostForm.Get("password"), clientOf(r))
	if err == nil {
		a.signedIn(w, r, cookie, session)
		return see(w, r, to)
	}
	code, text := http.StatusUnauthorized, "The user name or the password is wrong."
	var soon access.TooSoon
	switch {
	case errors.As(err, &soon):
		code, text = tooSoon(w, soon)
	case errors.Is(err, access.ErrWrong):
		a.audit(r.Context(), cluster.AuditEntry{Action: "sign-in", Object: a.knownName(name), Outcome: "refused", Detail: "The name or the password was wrong."})
	default:
		return err
	}
	return a.showBare(w, r, code, views.SignInPage(views.SignIn{To: to, Name: cutName(name), Problem: text, Demo: a.opt.Demo}))
}

// tooSoon says how long somebody has to wait who tried too often.
func tooSoon(w http.ResponseWriter, e access.TooSoon) (code int, text string) {
	seconds := max(int(e.After.Seconds()+0.999), 1)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	return http.StatusTooManyRequests, "There were too many attempts. Try again in " + strconv.Itoa(seconds) + " s."
}

// knownName is a name as it may be written down: one that is no account's may be a
// password that was typed into the wrong field.
func (a *App) knownName(name string) string {
	for _, x := range a.opt.Access.Accounts() {
		if strings.EqualFold(x.Name, name) {
			return x.Name
		}
	}
	return "unknown account"
}

func cutName(name string) string {
	if len(name) > 256 {
		return ""
	}
	return name
}

// signedIn gives a browser its session and ends the one it had.
func (a *App) signedIn(w http.ResponseWriter, r *http.Request, cookie string, s cluster.Session) {
	if old := whoOf(r).Session; old != "" {
		_ = a.opt.Access.SignOut(r.Context(), old) // gone already is as good
	}
	setCookie(w, r, cookie, s)
	who, _ := a.opt.Access.ByCookie(r.Context(), cookie, addressOf(r))
	a.audit(withWho(r.Context(), who), cluster.AuditEntry{Action: "sign-in", Object: who.Name})
}

// signOut is POST /sign-out.
func (a *App) signOut(w http.ResponseWriter, r *http.Request) error {
	if who := whoOf(r); who.Session != "" {
		if err := a.opt.Access.SignOut(r.Context(), who.Session); err != nil && !errors.Is(err, cluster.ErrNotFound) {
			return err
		}
		a.audit(r.Context(), cluster.AuditEntry{Action: "sign-out", Object: who.Name})
	}
	setCookie(w, r, "", cluster.Session{})
	return see(w, r, views.SignInPath)
}

// firstPage is GET /first/{secret}.
func (a *App) firstPage(w http.ResponseWriter, r *http.Request) error {
	if err := a.firstOpen(r); err != nil {
		return a.firstGone(w, r)
	}
	return a.showBare(w, r, http.StatusOK, views.FirstPage(views.First{Action: r.URL.EscapedPath()}))
}

func (a *App) firstOpen(r *http.Request) error {
	if a.opt.Access == nil || !a.opt.Access.SetUpOpen(param(r, "secret")) {
		return access.ErrLink
	}
	return nil
}

func (a *App) firstGone(w http.ResponseWriter, r *http.Request) error {
	return a.showBare(w, r, http.StatusNotFound, views.BareError(http.StatusNotFound, statusTitle(http.StatusNotFound),
		"This link is not valid.", "It works once, and only for the first administrator. The program prints a new one when it is started."))
}

// first is POST /first/{secret}.
func (a *App) first(w http.ResponseWriter, r *http.Request) error {
	if err := a.firstOpen(r); err != nil {
		return a.firstGone(w, r)
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
	if err := readBody(r); err != nil {
		return err
	}
	name, password := strings.TrimSpace(r.PostForm.Get("user")), r.PostForm.Get("password")
	wrong := sameTwice(r)
	if len(wrong) == 0 {
		cookie, session, err := a.opt.Access.First(r.Context(), param(r, "secret"), name, password, clientOf(r))
		switch {
		case err == nil:
			a.audit(r.Context(), cluster.AuditEntry{Action: "account.added", Object: session.Account, Params: roleParam(cluster.Administrator), Detail: "The first administrator, by the link."})
			a.signedIn(w, r, cookie, session)
			return see(w, r, "/")
		case errors.Is(err, access.ErrLink):
			return a.firstGone(w, r)
		}
		if wrong, err = wrongWith(err, "user"); err != nil {
			return err
		}
	}
	return a.showBare(w, r, http.StatusUnprocessableEntity, views.FirstPage(views.First{Action: r.URL.EscapedPath(), Name: cutName(name), Problems: wrong}))
}

// sameTwice says whether a new password was entered the same way twice.
func sameTwice(r *http.Request) problems {
	var p problems
	if r.PostForm.Get("password") != r.PostForm.Get("again") {
		p.add("again", "The two passwords are not the same.")
	}
	return p
}

// wrongWith turns an error of package access into problems of the form, with what is
// wrong with a name at the field name. Any other error is given back.
func wrongWith(err error, name string) (problems, error) {
	var list cluster.Problems
	var p problems
	switch {
	case errors.As(err, &list):
		for _, text := range list {
			field := ""
			switch {
			case strings.HasPrefix(text, "The password"):
				field = "password"
			case strings.HasPrefix(text, "The name"), strings.HasPrefix(text, "A token needs"):
				field = name
			case strings.Contains(text, "role"):
				field = "role"
			}
			p.add(field, "%s", text)
		}
	case errors.Is(err, cluster.ErrExists):
		p.add(name, "There is an account of that name already.")
	case errors.Is(err, access.ErrLast):
		p.add("", "This is the last administrator who can sign in. Make another one first.")
	default:
		return nil, err
	}
	return p, nil
}
