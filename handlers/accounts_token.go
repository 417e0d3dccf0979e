package handlers

import (
	"net/http"
	"strings"

	"looksalive/cluster"
	"looksalive/views"
)

// tokens is "/settings/tokens".
func (a *App) tokens(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	v := views.Tokens{Off: a.opt.Access == nil, Note: r.URL.Query().Get("note")}
	if !v.Off {
		v.Tokens = a.opt.Access.APITokens()
	}
	return views.TokensPage(m.snap, v, m.now), nil
}

// tokenForm is GET /settings/tokens/new.
func (a *App) tokenForm(r *http.Request) (views.Page, error) {
	return views.AddToken(momentOf(r).snap, views.AccountForm{Role: cluster.Viewer.String()}, a.opt.Access == nil), nil
}

// addToken is POST /settings/tokens/new. Its answer is the only place where the
// token is ever seen.
func (a *App) addToken(w http.ResponseWriter, r *http.Request) error {
	f := views.AccountForm{Name: strings.TrimSpace(r.PostForm.Get("name")), Role: r.PostForm.Get("role")}
	text, t, err := a.newToken(r, f.Name, userRole(f.Role))
	m := a.moment()
	if err == nil {
		return a.showPage(w, r, http.StatusOK, views.NewToken(m.snap, t, text), m)
	}
	if f.Problems, err = wrongWith(err, "name"); err != nil {
		return err
	}
	return a.showPage(w, r, http.StatusUnprocessableEntity, views.AddToken(m.snap, f, false), m)
}

func (a *App) newToken(r *http.Request, name string, role cluster.UserRole) (string, cluster.APIToken, error) {
	text, t, err := a.opt.Access.NewAPIToken(r.Context(), name, role, whoOf(r).Name)
	if err == nil {
		a.audit(r.Context(), cluster.AuditEntry{Action: "token.created", Object: t.Name, Params: roleParam(role), Detail: "Its id is " + t.ID + "."})
	}
	return text, t, err
}

// revokeToken is POST /settings/tokens/{id}/revoke.
func (a *App) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := a.revoke(r, param(r, "id")); err != nil {
		return err
	}
	return see(w, r, views.TokensPath+"?note=revoked")
}

func (a *App) revoke(r *http.Request, id string) error {
	name := ""
	for _, t := range a.opt.Access.APITokens() {
		if t.ID == id {
			name = t.Name
		}
	}
	if err := a.opt.Access.Revoke(r.Context(), id); err != nil {
		return err
	}
	a.audit(r.Context(), cluster.AuditEntry{Action: "token.revoked", Object: name, Detail: "Its id was " + id + "."})
	return nil
}
