package handlers

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/views"
)

var errNoSignIn = &HTTPError{Code: http.StatusConflict, Msg: "This server was started without sign-in: it has no accounts."}

// person adapts a handler that changes accounts, sessions or tokens: there must be
// some, and what is sent is bounded and read as a form.
func (a *App) person(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if a.opt.Access == nil {
			return errNoSignIn
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
		if err := readBody(r); err != nil {
			return err
		}
		return h(w, r)
	})
}

func roleParam(role cluster.UserRole) string { return `{"role":"` + role.String() + `"}` }

// userRole reads a role; Nobody is none.
func userRole(word string) cluster.UserRole {
	var role cluster.UserRole
	if err := role.UnmarshalText([]byte(word)); err != nil {
		return cluster.Nobody
	}
	return role
}

// account finds an account by its name, whatever the case of the letters.
func (a *App) account(name string) (cluster.Account, error) {
	if a.opt.Access != nil {
		for _, x := range a.opt.Access.Accounts() {
			if strings.EqualFold(x.Name, name) {
				return x, nil
			}
		}
	}
	return cluster.Account{}, cluster.ErrNotFound
}

func (a *App) sessionsOf(name string) []cluster.Session {
	return slices.DeleteFunc(a.opt.Access.Sessions(), func(s cluster.Session) bool { return s.Account != name })
}

// accounts is "/settings/accounts".
func (a *App) accounts(r *http.Request) (views.Page, error) {
	m, who := momentOf(r), whoOf(r)
	v := views.Accounts{Off: a.opt.Access == nil, Note: r.URL.Query().Get("note"), Current: who.Session, Me: who.Name}
	if !v.Off {
		v.Accounts, v.Sessions = a.opt.Access.Accounts(), a.opt.Access.Sessions()
	}
	return views.AccountsPage(m.snap, v, m.now), nil
}

// accountForm is GET /settings/accounts/new.
func (a *App) accountForm(r *http.Request) (views.Page, error) {
	return views.AddAccount(momentOf(r).snap, views.AccountForm{Role: cluster.Viewer.String()}, a.opt.Access == nil), nil
}

// addAccount is POST /settings/accounts/new.
func (a *App) addAccount(w http.ResponseWriter, r *http.Request) error {
	f := views.AccountForm{Name: strings.TrimSpace(r.PostForm.Get("name")), Role: r.PostForm.Get("role")}
	role, wrong := userRole(f.Role), sameTwice(r)
	if len(wrong) == 0 {
		err := a.opt.Access.Add(r.Context(), f.Name, r.PostForm.Get("password"), role)
		if err == nil {
			a.audit(r.Context(), cluster.AuditEntry{Action: "account.added", Object: f.Name, Params: roleParam(role)})
			return see(w, r, views.AccountsPath+"?note=added")
		}
		if wrong, err = wrongWith(err, "name"); err != nil {
			return err
		}
	}
	m := a.moment()
	f.Problems = wrong
	return a.showPage(w, r, http.StatusUnprocessableEntity, views.AddAccount(m.snap, f, false), m)
}

// oneAccount is GET /settings/accounts/{account}/edit.
func (a *App) oneAccount(r *http.Request) (views.Page, error) {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return views.Page{}, err
	}
	return a.accountPage(r, momentOf(r), x, nil), nil
}

func (a *App) accountPage(r *http.Request, m moment, x cluster.Account, wrong problems) views.Page {
	who := whoOf(r)
	return views.AccountPageOf(m.snap, views.OneAccount{Account: x, Sessions: a.sessionsOf(x.Name), Current: who.Session, You: who.Name == x.Name,
		Problems: wrong, Note: r.URL.Query().Get("note")}, m.now)
}

// change does something to the account of a request: a line of the audit log, and
// back to its page with a note or with what is wrong.
func (a *App) change(w http.ResponseWriter, r *http.Request, note string, e cluster.AuditEntry, do func(name string) error) error {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return err
	}
	e.Object = x.Name
	if err := do(x.Name); err != nil {
		return a.notChanged(w, r, x, err)
	}
	a.audit(r.Context(), e)
	return see(w, r, views.AccountSetting(x.Name, "edit")+"?note="+note)
}

func (a *App) notChanged(w http.ResponseWriter, r *http.Request, x cluster.Account, err error) error {
	wrong, err := wrongWith(err, "")
	if err != nil {
		return err
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusUnprocessableEntity, a.accountPage(r, m, x, wrong), m)
}

// setRole is POST …/role.
func (a *App) setRole(w http.ResponseWriter, r *http.Request) error {
	role := userRole(r.PostForm.Get("role"))
	return a.change(w, r, "role", cluster.AuditEntry{Action: "account.role", Params: roleParam(role)}, func(name string) error {
		return a.opt.Access.SetRole(r.Context(), name, role)
	})
}

// setPassword is POST …/password: an administrator sets one for somebody else.
func (a *App) setPassword(w http.ResponseWriter, r *http.Request) error {
	if wrong := sameTwice(r); len(wrong) > 0 {
		x, err := a.account(param(r, "account"))
		if err != nil {
			return err
		}
		m := a.moment()
		return a.showPage(w, r, http.StatusUnprocessableEntity, a.accountPage(r, m, x, wrong), m)
	}
	return a.change(w, r, "password", cluster.AuditEntry{Action: "account.password"}, func(name string) error {
		return a.opt.Access.SetPassword(r.Context(), name, r.PostForm.Get("password"), whoOf(r).Session)
	})
}

// setDisabled is POST …/disable and …/enable.
func (a *App) setDisabled(disabled bool) func(http.ResponseWriter, *http.Request) error {
	note := map[bool]string{true: "disabled", false: "enabled"}[disabled]
	return func(w http.ResponseWriter, r *http.Request) error {
		return a.change(w, r, note, cluster.AuditEntry{Action: "account." + note}, func(name string) error {
			return a.opt.Access.SetDisabled(r.Context(), name, disabled)
		})
	}
}

// removeAccountForm is GET …/remove.
func (a *App) removeAccountForm(r *http.Request) (views.Page, error) {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return views.Page{}, err
	}
	return views.RemoveAccount(momentOf(r).snap, x.Name, nil), nil
}

// removeAccount is POST …/remove.
func (a *App) removeAccount(w http.ResponseWriter, r *http.Request) error {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return err
	}
	var wrong problems
	if r.PostForm.Get("confirm") != x.Name {
		wrong.add("confirm", "Type the name exactly as it is: %s", x.Name)
	} else if err = a.opt.Access.Remove(r.Context(), x.Name); err == nil {
		a.audit(r.Context(), cluster.AuditEntry{Action: "account.removed", Object: x.Name})
		return see(w, r, views.AccountsPath+"?note=removed")
	} else if wrong, err = wrongWith(err, ""); err != nil {
		return err
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusUnprocessableEntity, views.RemoveAccount(m.snap, x.Name, wrong), m)
}

// endSession is POST /settings/sessions/{id}/end.
func (a *App) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := a.end(r, param(r, "id"), ""); err != nil {
		return err
	}
	return see(w, r, views.AccountsPath+"?note=ended")
}

// end ends a session, if name is not "" only one of that account.
func (a *App) end(r *http.Request, id, name string) error {
	for _, s := range a.opt.Access.Sessions() {
		if s.ID != id || name != "" && s.Account != name {
			continue
		}
		if err := a.opt.Access.SignOut(r.Context(), id); err != nil {
			return err
		}
		a.audit(r.Context(), cluster.AuditEntry{Action: "session.ended", Object: s.Account, Detail: "Signed in from " + s.Address + "."})
		return nil
	}
	return cluster.ErrNotFound
}

// own is "/account".
func (a *App) own(r *http.Request) (views.Page, error) {
	return a.ownPage(r, momentOf(r), nil), nil
}

func (a *App) ownPage(r *http.Request, m moment, wrong problems) views.Page {
	who := whoOf(r)
	v := views.Own{Off: a.opt.Access == nil, Who: who, Problems: wrong, Note: r.URL.Query().Get("note")}
	if !v.Off {
		v.Sessions = a.sessionsOf(who.Name)
	}
	return views.OwnPage(m.snap, v, m.now)
}

// ownPassword is POST /account/password.
func (a *App) ownPassword(w http.ResponseWriter, r *http.Request) error {
	who, wrong := whoOf(r), sameTwice(r)
	if len(wrong) == 0 {
		err := a.opt.Access.CheckPassword(r.Context(), who.Name, r.PostForm.Get("current"), clientOf(r))
		var soon access.TooSoon
		switch {
		case errors.As(err, &soon):
			_, text := tooSoon(w, soon)
			wrong.add("current", "%s", text)
		case errors.Is(err, access.ErrWrong):
			a.audit(r.Context(), cluster.AuditEntry{Action: "account.password", Object: who.Name, Outcome: "refused", Detail: "The password of now was wrong."})
			wrong.add("current", "This is not your password.")
		case err != nil:
			return err
		}
	}
	if len(wrong) == 0 {
		err := a.opt.Access.SetPassword(r.Context(), who.Name, r.PostForm.Get("password"), who.Session)
		if err == nil {
			a.audit(r.Context(), cluster.AuditEntry{Action: "account.password", Object: who.Name})
			return see(w, r, views.AccountPath+"?note=password")
		}
		if wrong, err = wrongWith(err, ""); err != nil {
			return err
		}
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusUnprocessableEntity, a.ownPage(r, m, wrong), m)
}

// endOwn is POST /account/sessions/{id}/end.
func (a *App) endOwn(w http.ResponseWriter, r *http.Request) error {
	if err := a.end(r, param(r, "id"), whoOf(r).Name); err != nil {
		return err
	}
	return see(w, r, views.AccountPath+"?note=ended")
}

// endOthers is POST /account/others/end.
func (a *App) endOthers(w http.ResponseWriter, r *http.Request) error {
	who := whoOf(r)
	for _, s := range a.sessionsOf(who.Name) {
		if s.ID == who.Session {
			continue
		}
		if err := a.end(r, s.ID, who.Name); err != nil && !errors.Is(err, cluster.ErrNotFound) {
			return err
		}
	}
	return see(w, r, views.AccountPath+"?note=others")
}
