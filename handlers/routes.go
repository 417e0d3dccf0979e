package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"looksalive/cluster"
	"looksalive/static"
)

// routes is the site map. Each route says who may use it at least.
func (a *App) routes() *chi.Mux {
	m := chi.NewRouter()
	m.Use(secure, a.logged, a.checkHost, a.identify, a.ownPages, middleware.GetHead)
	m.NotFound(a.always(errNoRoute))
	m.MethodNotAllowed(a.notAllowed)
	anybody := gate{a, m, cluster.Nobody}
	viewer := gate{a, m, cluster.Viewer}
	admin := gate{a, m, cluster.Administrator}

	// Pages. Lists also answer on ".csv".
	viewer.show("/", a.overview)
	viewer.list("/clusters", a.clusters)
	viewer.list("/nodes", a.nodes)
	viewer.list("/roles", a.roles)
	viewer.list("/vms", a.vms)
	viewer.list("/networks", a.networks)
	viewer.list("/storage", a.storage)
	viewer.show("/c/{cluster}", a.cluster)
	viewer.list("/c/{cluster}/nodes", a.nodes)
	viewer.show("/c/{cluster}/nodes/{node}", a.node)
	viewer.list("/c/{cluster}/roles", a.roles)
	viewer.list("/c/{cluster}/vms", a.vms)
	viewer.list("/c/{cluster}/networks", a.networks)
	viewer.list("/c/{cluster}/storage", a.storage)
	viewer.list("/faults", a.faults)
	viewer.show("/faults/{id}", a.fault)
	viewer.show("/wall", a.wall)

	// Settings. What changes something is a form, and answers with where to go.
	set := func(pattern string, p page) {
		admin.live(pattern, p)
		a.asks[pattern] = ActionSee
		admin.get(pattern, a.fresh(ActionSee, p))
	}
	set("/settings/clusters", a.settings)
	set("/settings/clusters/new", a.addForm)
	admin.post("/settings/clusters/new", a.write(ActionChange, a.add))
	set("/settings/clusters/{cluster}/edit", a.editForm)
	admin.post("/settings/clusters/{cluster}/edit", a.write(ActionChange, a.edit))
	admin.post("/settings/clusters/{cluster}/check", a.write(ActionCheck, a.checkNow))
	for _, of := range []string{"/settings/clusters/{cluster}", "/settings/clusters/{cluster}/nodes/{node}"} {
		admin.post(of+"/pause", a.write(ActionChange, a.pauses(true)))
		admin.post(of+"/resume", a.write(ActionChange, a.pauses(false)))
		set(of+"/remove", a.removeForm)
		admin.post(of+"/remove", a.write(ActionChange, a.remove))
	}
	set("/settings/drafts/{id}", a.draftPage)
	admin.get("/settings/drafts/{id}", a.fresh(ActionSee, a.usedDraft))
	set("/settings/drafts/{id}/edit", a.draftForm)
	admin.post("/settings/drafts/{id}/edit", a.write(ActionChange, a.changeDraft))
	admin.post("/settings/drafts/{id}/check", a.write(ActionCheck, a.checkAgain))
	admin.post("/settings/drafts/{id}/trust", a.write(ActionChange, a.trust))
	admin.post("/settings/drafts/{id}/save", a.write(ActionChange, a.saveDraft))
	admin.post("/settings/drafts/{id}/discard", a.write(ActionCheck, a.discard))

	// Accounts, tokens, and who did what.
	page := func(g gate, pattern string, p page) { g.get(pattern, a.fresh("", p)) }
	page(admin, "/settings/accounts", a.accounts)
	page(admin, "/settings/accounts/new", a.accountForm)
	admin.post("/settings/accounts/new", a.person(a.addAccount))
	page(admin, "/settings/accounts/{account}/edit", a.oneAccount)
	admin.post("/settings/accounts/{account}/role", a.person(a.setRole))
	admin.post("/settings/accounts/{account}/password", a.person(a.setPassword))
	admin.post("/settings/accounts/{account}/disable", a.person(a.setDisabled(true)))
	admin.post("/settings/accounts/{account}/enable", a.person(a.setDisabled(false)))
	page(admin, "/settings/accounts/{account}/remove", a.removeAccountForm)
	admin.post("/settings/accounts/{account}/remove", a.person(a.removeAccount))
	admin.post("/settings/sessions/{id}/end", a.person(a.endSession))
	page(admin, "/settings/tokens", a.tokens)
	page(admin, "/settings/tokens/new", a.tokenForm)
	admin.post("/settings/tokens/new", a.person(a.addToken))
	admin.post("/settings/tokens/{id}/revoke", a.person(a.revokeToken))

	// Coming and going.
	anybody.get("/sign-in", a.handle(a.signInPage))
	anybody.post("/sign-in", a.handle(a.signIn))
	anybody.get("/first/{secret}", a.handle(a.firstPage))
	anybody.post("/first/{secret}", a.handle(a.first))
	anybody.post("/sign-out", a.person(a.signOut))
	page(viewer, "/account", a.own)
	viewer.post("/account/password", a.person(a.ownPassword))
	viewer.post("/account/sessions/{id}/end", a.person(a.endOwn))
	viewer.post("/account/others/end", a.person(a.endOthers))

	// For the script of the pages.
	viewer.get("/search.json", a.search)
	viewer.get("/live", a.handle(a.live))
	anybody.get("/static/*", static.Handler().ServeHTTP)

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
		viewer.get(pattern, a.api(q))
	}
	viewer.get("/api/v1/openapi.json", a.openAPI)
	admin.get("/api/v1/settings/clusters", a.apiSettings)
	admin.post("/api/v1/settings/clusters/check", a.write(ActionCheck, a.apiCheck))
	const one = "/api/v1/settings/clusters/{cluster}"
	admin.post(one, a.write(ActionChange, a.apiAdd))
	admin.put(one, a.write(ActionChange, a.apiChange))
	admin.delete(one, a.write(ActionChange, a.apiRemove))
	admin.delete(one+"/nodes/{node}", a.write(ActionChange, a.apiRemove))
	for _, of := range []string{one, one + "/nodes/{node}"} {
		admin.post(of+"/pause", a.write(ActionChange, a.apiPause(true)))
		admin.post(of+"/resume", a.write(ActionChange, a.apiPause(false)))
	}
	anybody.get("/healthz", a.healthz)
	anybody.get("/readyz", a.readyz)
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
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
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
