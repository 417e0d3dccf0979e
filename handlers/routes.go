package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"looksalive/static"
)

// routes is the site map.
func (a *App) routes() *chi.Mux {
	m := chi.NewRouter()
	m.Use(secure, a.logged, a.checkHost, middleware.GetHead)
	m.NotFound(a.always(errNoRoute))
	m.MethodNotAllowed(a.notAllowed)

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

	// Settings. What changes something is a form, and answers with where to go.
	set := func(pattern string, p page) {
		a.pages[pattern], a.asks[pattern] = p, ActionSee
		m.Get(pattern, a.fresh(ActionSee, p))
	}
	set("/settings/clusters", a.settings)
	set("/settings/clusters/new", a.addForm)
	m.Post("/settings/clusters/new", a.write(ActionChange, a.add))
	set("/settings/clusters/{cluster}/edit", a.editForm)
	m.Post("/settings/clusters/{cluster}/edit", a.write(ActionChange, a.edit))
	m.Post("/settings/clusters/{cluster}/check", a.write(ActionCheck, a.checkNow))
	for _, of := range []string{"/settings/clusters/{cluster}", "/settings/clusters/{cluster}/nodes/{node}"} {
		m.Post(of+"/pause", a.write(ActionChange, a.pauses(true)))
		m.Post(of+"/resume", a.write(ActionChange, a.pauses(false)))
		set(of+"/remove", a.removeForm)
		m.Post(of+"/remove", a.write(ActionChange, a.remove))
	}
	a.pages["/settings/drafts/{id}"], a.asks["/settings/drafts/{id}"] = a.draftPage, ActionSee
	m.Get("/settings/drafts/{id}", a.fresh(ActionSee, a.usedDraft))
	set("/settings/drafts/{id}/edit", a.draftForm)
	m.Post("/settings/drafts/{id}/edit", a.write(ActionChange, a.changeDraft))
	m.Post("/settings/drafts/{id}/check", a.write(ActionCheck, a.checkAgain))
	m.Post("/settings/drafts/{id}/trust", a.write(ActionChange, a.trust))
	m.Post("/settings/drafts/{id}/save", a.write(ActionChange, a.saveDraft))
	m.Post("/settings/drafts/{id}/discard", a.write(ActionCheck, a.discard))

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
	m.Get("/api/v1/settings/clusters", a.apiSettings)
	m.Post("/api/v1/settings/clusters/check", a.write(ActionCheck, a.apiCheck))
	const one = "/api/v1/settings/clusters/{cluster}"
	m.Post(one, a.write(ActionChange, a.apiAdd))
	m.Put(one, a.write(ActionChange, a.apiChange))
	m.Delete(one, a.write(ActionChange, a.apiRemove))
	m.Delete(one+"/nodes/{node}", a.write(ActionChange, a.apiRemove))
	for _, of := range []string{one, one + "/nodes/{node}"} {
		m.Post(of+"/pause", a.write(ActionChange, a.apiPause(true)))
		m.Post(of+"/resume", a.write(ActionChange, a.apiPause(false)))
	}
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

// notAllowed says which methods an address does take.
func (a *App) notAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if a.mux.Match(chi.NewRouteContext(), method, routePath(r.URL)) || method == http.MethodHead && slices.Contains(allowed, http.MethodGet) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	err := errMethod
	if slices.ContainsFunc(allowed, func(m string) bool { return m != http.MethodGet && m != http.MethodHead }) {
		err = errOnlySent
	}
	a.fail(w, r, err)
}

// always answers with one error.
func (a *App) always(err error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { a.fail(w, r, err) }
}
