package handlers

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/views"
)

// The cookie of a session. With the prefix __Host- a browser takes it only over TLS,
// for this host alone and for all paths (RFC 6265bis, section 4.1.3.2), so that no
// other host of the domain can plant one.
const (
	cookieName    = "looksalive"
	cookieNameTLS = "__Host-looksalive"
)

type whoKey struct{}

// whoOf says who sent a request. Without sign-in everybody is an administrator.
func whoOf(r *http.Request) cluster.Who { return whoIn(r.Context()) }

func whoIn(ctx context.Context) cluster.Who {
	who, _ := ctx.Value(whoKey{}).(cluster.Who)
	return who
}

func withWho(ctx context.Context, who cluster.Who) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// identify finds out who sent a request, once for all that follows.
func (a *App) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(withWho(r.Context(), a.identity(r))))
	})
}

func (a *App) identity(r *http.Request) cluster.Who {
	from := addressOf(r)
	nobody := cluster.Who{Role: cluster.Nobody, Address: from}
	if a.opt.Access == nil {
		return cluster.Who{Role: cluster.Administrator, Address: from}
	}
	// A program that shows a token is that program, whatever cookie comes along.
	if token, ok := bearer(r); ok && isAPI(r) {
		if who, ok := a.opt.Access.ByToken(r.Context(), token, from); ok {
			return who
		}
		return nobody
	}
	if value := cookieOf(r); value != "" {
		if who, ok := a.opt.Access.ByCookie(r.Context(), value, from); ok {
			return who
		}
	}
	return nobody
}

// bearer is the token of a request (RFC 6750, section 2.1). Any other kind of
// Authorization counts as a wrong token, not as none.
func bearer(r *http.Request) (string, bool) {
	h := r.Header.Get("Authorization")
	if h == "" {
		return "", false
	}
	scheme, token, _ := strings.Cut(h, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", true
	}
	return strings.TrimSpace(token), true
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// nameOfCookie has the port in it: cookies do not know ports, and two servers on one
// host would sign each other's people out.
func nameOfCookie(r *http.Request) string {
	name := cookieName
	if r.TLS != nil {
		name = cookieNameTLS
	}
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		name += "-" + port
	}
	return name
}

func cookieOf(r *http.Request) string {
	c, err := r.Cookie(nameOfCookie(r))
	if err != nil {
		return ""
	}
	return c.Value
}

// setCookie hands a browser its session, or takes it away with "".
func setCookie(w http.ResponseWriter, r *http.Request, value string, s cluster.Session) {
	c := &http.Cookie{
		Name: nameOfCookie(r), Value: value, Path: "/", Expires: s.Expires,
		HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteStrictMode,
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// addressOf is the network address a request came from, without the port.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func clientOf(r *http.Request) access.Client {
	return access.Client{Address: addressOf(r), Agent: r.UserAgent()}
}

// errSignIn is answered to nobody; fail turns it into the way to the sign-in page.
var errSignIn = &HTTPError{Code: http.StatusUnauthorized, Msg: "Sign in first."}

// allowed says whether who sent a request has at least this role, by an error if not.
func (a *App) allowed(r *http.Request, least cluster.UserRole) error {
	who := whoOf(r)
	switch {
	case a.opt.Access == nil || who.May(least):
		return nil
	case who.Role == cluster.Nobody:
		return errSignIn
	}
	return &HTTPError{Code: http.StatusForbidden, Msg: fmt.Sprintf("This needs the role %s. Yours is %s.", least, who.Role), Err: cluster.ErrDenied}
}

// need lets a request through to h if whoever sent it has at least this role.
func (a *App) need(least cluster.UserRole, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := a.allowed(r, least); err != nil {
			a.refused(r)
			a.fail(w, r, err)
			return
		}
		if least > cluster.Nobody && a.opt.Access != nil {
			w.Header().Set("Cache-Control", personal)
		}
		h(w, r)
	}
}

// personal is the Cache-Control of whatever is not for everybody.
const personal = "no-store, private"

// refused writes down that somebody who is signed in tried to change what he may not.
func (a *App) refused(r *http.Request) {
	if who := whoOf(r); who.Role != cluster.Nobody && !safe(r.Method) {
		a.audit(r.Context(), cluster.AuditEntry{Action: "refused", Object: chi.RouteContext(r.Context()).RoutePattern(),
			Text: r.Method + " " + r.URL.Path, Outcome: "refused"})
	}
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// ownPages refuses what changes something and was sent by a page of another site:
// Sec-Fetch-Site or Origin say so, whichever the browser sends; programs send neither.
func (a *App) ownPages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := a.origin.Check(r); err != nil {
			a.fail(w, r, errForeign)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// gate registers routes that need at least one role.
type gate struct {
	a     *App
	m     *chi.Mux
	least cluster.UserRole
}

func (g gate) method(method, pattern string, h http.HandlerFunc) {
	g.m.MethodFunc(method, pattern, g.a.need(g.least, h))
}

func (g gate) get(pattern string, h http.HandlerFunc)    { g.method(http.MethodGet, pattern, h) }
func (g gate) post(pattern string, h http.HandlerFunc)   { g.method(http.MethodPost, pattern, h) }
func (g gate) put(pattern string, h http.HandlerFunc)    { g.method(http.MethodPut, pattern, h) }
func (g gate) patch(pattern string, h http.HandlerFunc)  { g.method(http.MethodPatch, pattern, h) }
func (g gate) delete(pattern string, h http.HandlerFunc) { g.method(http.MethodDelete, pattern, h) }

// live makes a page one the socket keeps up to date, for those who may see it.
func (g gate) live(pattern string, p page) {
	g.a.pages[pattern], g.a.least[pattern] = p, g.least
}

// show registers a page that is made of the snapshot alone.
func (g gate) show(pattern string, p page) {
	g.live(pattern, p)
	g.get(pattern, g.a.document(p))
}

// list is a page that also answers on ".csv".
func (g gate) list(pattern string, p page) {
	g.show(pattern, p)
	g.get(pattern+".csv", g.a.table(p))
}

// page registers one that changes without the snapshot, and does not by itself.
func (g gate) page(pattern string, p page) { g.get(pattern, g.a.fresh(p)) }

// set registers one that changes without the snapshot, also while it is looked at.
func (g gate) set(pattern string, p page) {
	g.live(pattern, p)
	g.page(pattern, p)
}

// me is what a page says of who looks at it.
func (a *App) me(ctx context.Context) views.Me {
	if a.opt.Access == nil {
		return views.Me{}
	}
	who := whoIn(ctx)
	return views.Me{SignIn: true, Name: who.Name, Role: who.Role}
}
