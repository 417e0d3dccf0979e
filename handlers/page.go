package handlers

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"looksalive/cluster"
	"looksalive/views"
)

// page builds what a person sees at an address. The document and the live
// socket call the same function, so both always show the same.
type page func(r *http.Request) (views.Page, error)

// moment is what a whole answer is made from: one snapshot and one time, so
// that no two parts of a page contradict each other.
type moment struct {
	snap *cluster.Snapshot
	now  time.Time
}

type momentKey struct{}

func (m moment) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, momentKey{}, m)
}

// momentOf is the moment the adapter, or the live socket, chose for a request.
func momentOf(r *http.Request) moment { return r.Context().Value(momentKey{}).(moment) }

func (a *App) moment() moment { return moment{a.snapshot(), a.now()} }

var nothing = &cluster.Snapshot{}

// snapshot is never nil.
func (a *App) snapshot() *cluster.Snapshot {
	if s := a.opt.Store.Snapshot(); s != nil {
		return s
	}
	return nothing
}

func (a *App) env(ctx context.Context, m moment) views.Env {
	return views.Env{Build: a.opt.Build, Demo: a.opt.Demo, Me: a.me(ctx), Now: m.now,
		Version: m.snap.Version, Seq: m.snap.Seq, DataAt: dataAt(m.snap)}
}

// dataAt is the time of the newest answer any node gave, zero if none did.
func dataAt(s *cluster.Snapshot) time.Time {
	var at time.Time
	for _, p := range s.Clusters {
		for _, v := range p.Nodes {
			if v.Contact.LastOK.After(at) {
				at = v.Contact.LastOK
			}
		}
	}
	return at
}

// query is what the person chose.
func query(r *http.Request) views.Query { return views.ParseQuery(r.URL.Query()) }

// param is a part of the path as it was meant. chi leaves escapes in where the
// path has an escaped slash.
func param(r *http.Request, name string) string {
	v := chi.URLParam(r, name)
	if r.URL.RawPath == "" {
		return v
	}
	if plain, err := url.PathUnescape(v); err == nil {
		return plain
	}
	return v
}

// routePath is the path chi routes by.
func routePath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return u.Path
}

const htmlType = "text/html; charset=utf-8"

// document serves a page as HTML.
func (a *App) document(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		m := a.moment()
		// It says who looks at it, so nobody gets that of somebody else.
		who := whoOf(r)
		key := strings.Join([]string{who.Role.String(), who.Name, r.URL.RequestURI()}, "\n")
		d, err := a.documents.get(r.Context(), key, m, func() ([]byte, error) {
			// Others may be waiting for it too: it is made even if this one leaves.
			ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), pageTimeout)
			defer cancel()
			v, err := p(r.WithContext(m.in(ctx)))
			if err != nil {
				return nil, err
			}
			return a.render(ctx, v, m)
		})
		switch {
		case err != nil:
			a.fail(w, r, err)
		case d.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")):
			w.Header().Set("Content-Encoding", "gzip")
			send(w, r, http.StatusOK, htmlType, d.gzip)
		default:
			send(w, r, http.StatusOK, htmlType, d.plain)
		}
	}
}

// pageTimeout bounds the making of a page: history may be slow.
const pageTimeout = 10 * time.Second

// render writes the whole document into memory, so that a failure can still
// become an error page.
func (a *App) render(ctx context.Context, v views.Page, m moment) (body []byte, err error) {
	defer func() {
		if p := recover(); p != nil { // it may be the error page that is broken
			err = fmt.Errorf("panic while rendering: %v\n%s", p, debug.Stack())
		}
	}()
	buf := getBuffer()
	defer putBuffer(buf)
	env := a.env(ctx, m)
	if a.opt.Library != nil {
		v.Asked = views.AskedAddress(v.Path)
	}
	if err := views.Document(v.For(env.Me), env).Render(ctx, buf); err != nil {
		return nil, err
	}
	return bytes.Clone(buf.Bytes()), nil
}

// table serves the list of a page as CSV (RFC 4180).
func (a *App) table(p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := p(r.WithContext(a.moment().in(r.Context())))
		if err != nil {
			a.fail(w, r, err)
			return
		}
		header, rows := v.Table()
		if header == nil {
			a.fail(w, r, errNoRoute)
			return
		}
		var b bytes.Buffer
		out := csv.NewWriter(&b)
		out.UseCRLF = true
		out.Write(header)
		out.WriteAll(rows) // flushes; a bytes.Buffer does not fail
		w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(r.URL.Path)+`"`)
		respond(w, r, http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
	}
}

// fileName makes a harmless name from a path: "/c/AUE-01/nodes.csv" is
// "AUE-01-nodes.csv".
func fileName(path string) string {
	path = strings.TrimPrefix(strings.Trim(path, "/"), "c/")
	return strings.Map(func(c rune) rune {
		switch {
		case c == '/':
			return '-'
		case c == '.' || c == '-' || c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			return c
		}
		return '_'
	}, path)
}

// fail answers with an error in the form the asker understands: a page for
// people, problem+json below /api. What happened inside goes to the log only.
func (a *App) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := asHTTP(err)
	if e.Code >= 500 && e.Err != nil {
		a.log.Error("request failed", "path", logPath(r), "err", e.Err)
	}
	if wantsProblem(r) {
		if e.Code == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="LooksAlive"`) // RFC 6750, section 3
		}
		writeProblem(w, r, e)
		return
	}
	if e == errSignIn && toSignIn(w, r) {
		return
	}
	hint := hint(e.Code)
	if who := whoOf(r); e.Code == http.StatusForbidden && errors.Is(e, cluster.ErrDenied) && who.Name != "" {
		hint = "You are signed in as " + who.Name + ". An administrator can change your role under Settings, Accounts."
	}
	var list cluster.Problems
	if errors.As(err, &list) {
		hint = strings.Join(list, " ")
	}
	v := views.ErrorPage(e.Code, statusTitle(e.Code), e.Msg, hint)
	if a.opt.Access != nil && whoOf(r).Role == cluster.Nobody {
		v = views.BareError(e.Code, statusTitle(e.Code), e.Msg, hint)
	}
	body, err := a.render(r.Context(), v, a.moment())
	if err != nil {
		a.log.Error("error page failed", "path", logPath(r), "err", err)
		respond(w, r, e.Code, "text/plain; charset=utf-8", []byte(e.Msg+"\n"))
		return
	}
	respond(w, r, e.Code, htmlType, body)
}

// hint says what the reader may do next.
func hint(code int) string {
	switch {
	case code == http.StatusNotFound:
		return "The overview and the search (Ctrl+K) lead to everything there is."
	case code >= 500:
		return "Loading the page again may help. If it does not, look at the log of the server."
	default:
		return ""
	}
}
