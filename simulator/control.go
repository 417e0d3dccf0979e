package simulator

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"looksalive/cluster"
)

//go:embed control.html control.css control.js
var controlFiles embed.FS

// control is the simulation's own small web server, apart from the product.
// It has no accounts: it listens on loopback only and refuses what other web
// pages send.
type control struct {
	sim    *Simulator
	url    string
	server *http.Server
}

func newControl(s *Simulator, l net.Listener) *control {
	c := &control{sim: s, url: "http://" + l.Addr().String()}
	c.server = &http.Server{Handler: c.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, MaxHeaderBytes: 16 << 10}
	go c.server.Serve(l)
	return c
}

func (c *control) close() { c.server.Close() }

func (c *control) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", file("control.html", "text/html; charset=utf-8"))
	mux.HandleFunc("GET /control.css", file("control.css", "text/css; charset=utf-8"))
	mux.HandleFunc("GET /control.js", file("control.js", "text/javascript; charset=utf-8"))
	mux.HandleFunc("GET /kinds", func(w http.ResponseWriter, r *http.Request) { answerJSON(w, http.StatusOK, c.sim.Kinds()) })
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, r *http.Request) { answerJSON(w, http.StatusOK, c.sim.State()) })
	mux.HandleFunc("POST /faults", c.inject)
	mux.HandleFunc("DELETE /faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		if err := c.sim.Clear(r.PathValue("id")); err != nil {
			problem(w, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		problem(w, &httpError{http.StatusNotFound, "no such page"})
	})
	return guarded(mux)
}

func (c *control) inject(w http.ResponseWriter, r *http.Request) {
	if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(kind) != "application/json" {
		problem(w, &httpError{http.StatusUnsupportedMediaType, "send application/json"})
		return
	}
	var spec FaultSpec
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 64<<10)).Decode(&spec); err != nil {
		problem(w, &httpError{http.StatusBadRequest, "not a fault: " + err.Error()})
		return
	}
	id, err := c.sim.Inject(spec)
	if err != nil {
		problem(w, err)
		return
	}
	w.Header().Set("Location", "/faults/"+url.PathEscape(id))
	answerJSON(w, http.StatusCreated, map[string]string{"id": id})
}

// guarded lets only this machine's own pages and tools through: the Host must be
// loopback (against DNS rebinding), and what a browser sends from another site
// is refused.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !loopback(r.Host) {
			problem(w, &httpError{http.StatusMisdirectedRequest, "this is a loopback address"})
			return
		}
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		foreign := origin != "" && origin != "http://"+r.Host || site == "cross-site" || site == "same-site"
		navigates := r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate"
		if foreign && !navigates { // following a link to the page is fine
			problem(w, &httpError{http.StatusForbidden, "requests from other web pages are refused"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

func file(name, kind string) http.HandlerFunc {
	b, err := controlFiles.ReadFile(name)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err)) // embedded: only a build mistake gets here
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(b)
	}
}

func answerJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v)
}

// httpError carries a status of its own.
type httpError struct {
	code int
	text string
}

func (e *httpError) Error() string { return e.text }

// problem answers an error as RFC 9457 says.
func problem(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	var own *httpError
	switch {
	case errors.As(err, &own):
		code = own.code
	case errors.Is(err, cluster.ErrNotFound):
		code = http.StatusNotFound
	case errors.Is(err, errFault):
		code = http.StatusUnprocessableEntity
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"type": "about:blank", "title": http.StatusText(code), "status": code, "detail": err.Error()})
}
