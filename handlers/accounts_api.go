package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"looksalive/access"
	"looksalive/cluster"
)

// apiWho is the answer of /api/v1/whoami.
type apiWho struct {
	SignIn bool             `json:"signIn"` // false: everybody may do everything here
	Name   *string          `json:"name"`   // of the account, or "token NAME"
	Role   cluster.UserRole `json:"role"`
}

type apiAccountList struct {
	Accounts []apiAccount `json:"accounts"`
}

type apiAccount struct {
	Name     string           `json:"name"`
	Role     cluster.UserRole `json:"role"`
	Disabled bool             `json:"disabled"`
	Created  *time.Time       `json:"created"`
	LastSeen *time.Time       `json:"lastSeen"`
	Sessions int              `json:"sessions"` // browsers that are signed in
}

type apiTokenList struct {
	Tokens []apiToken `json:"tokens"`
}

type apiToken struct {
	ID       string           `json:"id"`
	Name     string           `json:"name"`
	Role     cluster.UserRole `json:"role"`
	By       *string          `json:"by"`
	Created  *time.Time       `json:"created"`
	LastUsed *time.Time       `json:"lastUsed"`
}

// apiNewToken is a token with its text, which is never said again.
type apiNewToken struct {
	apiToken
	Token string `json:"token"`
}

// apiWhoami is GET /api/v1/whoami.
func (a *App) apiWhoami(r *http.Request) (any, error) {
	who := whoOf(r)
	return apiWho{SignIn: a.opt.Access != nil, Name: nonZero(who.Name), Role: who.Role}, nil
}

// apiPerson adapts a handler of the API that changes accounts or tokens.
func (a *App) apiPerson(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if a.opt.Access == nil {
			return errNoSignIn
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
		err := h(w, r)
		if errors.Is(err, access.ErrLast) {
			return &HTTPError{Code: http.StatusConflict, Msg: "This is the last administrator who can sign in. Make another one first.", Err: err}
		}
		return err
	})
}

var errLargePerson = &HTTPError{Code: http.StatusRequestEntityTooLarge, Msg: "That is more than 8 KiB. Nothing was changed."}

// readJSON reads the one value in the body of a request. What is wrong is said
// without quoting the body, which may hold a password.
func readJSON(r *http.Request, into any) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return &HTTPError{Code: http.StatusUnsupportedMediaType, Msg: "Send application/json."}
	}
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return errLargePerson
	case err != nil:
		return badRequest("The body is not as openapi.json describes it." + place(err))
	}
	return nil
}

// apiAccounts is GET /api/v1/accounts.
func (a *App) apiAccounts(*http.Request) (any, error) {
	if a.opt.Access == nil {
		return nil, errNoSignIn
	}
	return apiAccountList{each(a.opt.Access.Accounts(), a.accountOf)}, nil
}

func (a *App) accountOf(x cluster.Account) apiAccount {
	sessions := a.sessionsOf(x.Name)
	seen := x.LastSeen
	for _, s := range sessions {
		if s.LastSeen.After(seen) {
			seen = s.LastSeen
		}
	}
	return apiAccount{Name: x.Name, Role: x.Role, Disabled: x.Disabled, Created: utc(x.Created), LastSeen: utc(seen), Sessions: len(sessions)}
}

// sentAccount is an account as a program sends it; null and what is left out stay.
type sentAccount struct {
	Name     string  `json:"name"`
	Role     *string `json:"role"`
	Password *string `json:"password"`
	Disabled *bool   `json:"disabled"`
}

// apiAddAccount is POST /api/v1/accounts.
func (a *App) apiAddAccount(w http.ResponseWriter, r *http.Request) error {
	var s sentAccount
	if err := readJSON(r, &s); err != nil {
		return err
	}
	if s.Role == nil || s.Password == nil || s.Disabled != nil {
		return cluster.Problems{"A new account needs a name, a role and a password, and nothing else."}
	}
	role := userRole(*s.Role)
	if err := a.opt.Access.Add(r.Context(), s.Name, *s.Password, role); err != nil {
		return err
	}
	a.audit(r.Context(), cluster.AuditEntry{Action: "account.added", Object: s.Name, Params: roleParam(role)})
	return a.respondAccount(w, r, http.StatusCreated, s.Name)
}

func (a *App) respondAccount(w http.ResponseWriter, r *http.Request, code int, name string) error {
	x, err := a.account(name)
	if err != nil {
		return err
	}
	respond(w, r, code, "application/json", marshal(a.accountOf(x)))
	return nil
}

// apiChangeAccount is PATCH /api/v1/accounts/{account}.
func (a *App) apiChangeAccount(w http.ResponseWriter, r *http.Request) error {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return err
	}
	var s sentAccount
	if err := readJSON(r, &s); err != nil {
		return err
	}
	if s.Name != "" && s.Name != x.Name {
		return cluster.Problems{"An account cannot be renamed: the audit log holds its name."}
	}
	ctx := r.Context()
	if s.Password != nil {
		if err := a.opt.Access.SetPassword(ctx, x.Name, *s.Password, whoOf(r).Session); err != nil {
			return err
		}
		a.audit(ctx, cluster.AuditEntry{Action: "account.password", Object: x.Name})
	}
	if s.Role != nil {
		role := userRole(*s.Role)
		if err := a.opt.Access.SetRole(ctx, x.Name, role); err != nil {
			return err
		}
		a.audit(ctx, cluster.AuditEntry{Action: "account.role", Object: x.Name, Params: roleParam(role)})
	}
	if s.Disabled != nil {
		if err := a.opt.Access.SetDisabled(ctx, x.Name, *s.Disabled); err != nil {
			return err
		}
		a.audit(ctx, cluster.AuditEntry{Action: map[bool]string{true: "account.disabled", false: "account.enabled"}[*s.Disabled], Object: x.Name})
	}
	return a.respondAccount(w, r, http.StatusOK, x.Name)
}

// apiRemoveAccount is DELETE /api/v1/accounts/{account}.
func (a *App) apiRemoveAccount(w http.ResponseWriter, r *http.Request) error {
	x, err := a.account(param(r, "account"))
	if err != nil {
		return err
	}
	if err := a.opt.Access.Remove(r.Context(), x.Name); err != nil {
		return err
	}
	a.audit(r.Context(), cluster.AuditEntry{Action: "account.removed", Object: x.Name})
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// apiTokens is GET /api/v1/tokens.
func (a *App) apiTokens(*http.Request) (any, error) {
	if a.opt.Access == nil {
		return nil, errNoSignIn
	}
	return apiTokenList{each(a.opt.Access.APITokens(), tokenOf)}, nil
}

func tokenOf(t cluster.APIToken) apiToken {
	return apiToken{ID: t.ID, Name: t.Name, Role: t.Role, By: nonZero(t.By), Created: utc(t.Created), LastUsed: utc(t.LastUsed)}
}

// apiAddToken is POST /api/v1/tokens.
func (a *App) apiAddToken(w http.ResponseWriter, r *http.Request) error {
	var s struct {
		Name string `json:"name"`
		Role string `json:"role"`
	}
	if err := readJSON(r, &s); err != nil {
		return err
	}
	text, t, err := a.newToken(r, s.Name, userRole(s.Role))
	if err != nil {
		return err
	}
	respond(w, r, http.StatusCreated, "application/json", marshal(apiNewToken{tokenOf(t), text}))
	return nil
}

// apiRevoke is DELETE /api/v1/tokens/{id}.
func (a *App) apiRevoke(w http.ResponseWriter, r *http.Request) error {
	if err := a.revoke(r, param(r, "id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
