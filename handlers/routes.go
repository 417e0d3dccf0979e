package handlers

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"looksalive/static"
)

// routes is the site map.
func (a *App) routes() *chi.Mux {
	m := chi.NewRouter()
	m.Use(secure, a.logged, a.checkHost, middleware.GetHead)
	m.NotFound(a.always(errNoRoute))
	m.MethodNotAllowed(a.always(errMethod))

	// Pages. Lists also answer on ".csv".
	show := func(pattern string, p page) {
		a.pages[pattern] = p
		m.Get(pattern, a.document(p))
	}
	list := func(pattern string, p page) {
		show(pattern, p)
		m.Get(pattern+".csv", a.table(p))
	}
	show("/", a.overview)
	list("/clusters", a.clusters)
	list("/nodes", a.nodes)
	list("/roles", a.roles)
	list("/vms", a.vms)
	list("/networks", a.networks)
	list("/storage", a.storage)
	show("/c/{cluster}", a.cluster)
	list("/c/{cluster}/nodes", a.nodes)
	show("/c/{cluster}/nodes/{node}", a.node)
	list("/c/{cluster}/roles", a.roles)
	list("/c/{cluster}/vms", a.vms)
	list("/c/{cluster}/networks", a.networks)
	list("/c/{cluster}/storage", a.storage)
	list("/faults", a.faults)
	show("/faults/{id}", a.fault)
	show("/wall", a.wall)

	// For the script of the pages.
	m.Get("/search.json", a.search)
	m.Get("/live", a.handle(a.live))
	m.Get("/static/*", static.Handler().ServeHTTP)

	// For other programs. openapi.json describes these and only these.
	for pattern, q := range map[string]answer{
		"/api/v1/clusters":               a.apiClusters,
		"/api/v1/clusters/{cluster}":     a.apiCluster,
		"/api/v1/nodes":                  a.apiNodes,
		"/api/v1/nodes/{cluster}/{node}": a.apiNode,
		"/api/v1/faults":                 a.apiFaults,
		"/api/v1/faults/{id}":            a.apiFault,
		"/api/v1/series":                 a.apiSeries,
	} {
		m.Get(pattern, a.api(q))
	}
	m.Get("/api/v1/openapi.json", a.openAPI)
	m.Get("/healthz", a.healthz)
	m.Get("/readyz", a.readyz)
	return m
}

// handle adapts a handler that answers by itself or returns an error.
func (a *App) handle(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			a.fail(w, r, err)
		}
	}
}

// always answers with one error.
func (a *App) always(err error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, err) }
}
