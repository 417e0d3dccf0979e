package handlers

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"looksalive/cluster"
)

// answer builds what an address of the API says. The structs it returns are
// the API's own: a change of the domain does not change them unseen.
// Everywhere: times are RFC 3339 in UTC, ages are seconds, sizes bytes, and
// null means "not known", never zero.
type answer func(r *http.Request) (any, error)

func (a *App) api(q answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := q(r.WithContext(a.moment().in(r.Context())))
		if err != nil {
			a.fail(w, r, err)
			return
		}
		respond(w, r, http.StatusOK, "application/json", marshal(v))
	}
}

// marshal is for our own types, which always can be written.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(b, '\n')
}

// problem is RFC 9457. Type is left at its default "about:blank": Title then
// is that of the status.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// Problems lists all that is wrong with what was sent, a sentence each.
	Problems []string `json:"problems,omitempty"`
}

func wantsProblem(r *http.Request) bool {
	p := r.URL.Path
	return strings.HasPrefix(p, "/api/") || p == "/healthz" || p == "/readyz" || strings.HasSuffix(p, ".json")
}

func writeProblem(w http.ResponseWriter, r *http.Request, e *HTTPError) {
	p := problem{Type: "about:blank", Title: statusTitle(e.Code), Status: e.Code, Detail: e.Msg}
	var list cluster.Problems
	if errors.As(e, &list) {
		p.Problems = list
	}
	respond(w, r, e.Code, "application/problem+json", marshal(p))
}

// The helpers below turn "not known" into null.

func known[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

func nonZero[T comparable](v T) *T {
	var zero T
	return known(v, v != zero)
}

func utc(t time.Time) *time.Time { return known(t.UTC(), !t.IsZero()) }

func age(t, now time.Time) *float64 {
	return known(max(now.Sub(t).Seconds(), 0), !t.IsZero())
}

// each maps a list; the result is never null.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}
