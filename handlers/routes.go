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
	operator := gate{a, m, cluster.Operator}
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
	operator.post("/faults/{id}/acknowledge", a.handle(a.acknowledge))
	operator.post("/faults/{id}/unacknowledge", a.handle(a.unacknowledge))
	viewer.show("/wall", a.wall)

	// Settings. What changes something is a form, and answers with where to go.
	admin.set("/settings/clusters", a.settings)
	admin.set("/settings/clusters/new", a.addForm)
	admin.post("/settings/clusters/new", a.write(a.add))
	admin.set("/settings/clusters/{cluster}/edit", a.editForm)
	admin.post("/settings/clusters/{cluster}/edit", a.write(a.edit))
	admin.post("/settings/clusters/{cluster}/check", a.write(a.checkNow))
	for _, of := range []string{"/settings/clusters/{cluster}", "/settings/clusters/{cluster}/nodes/{node}"} {
		admin.post(of+"/pause", a.write(a.pauses(true)))
		admin.post(of+"/resume", a.write(a.pauses(false)))
		admin.post(of+"/retry", a.write(a.retry))
		admin.set(of+"/remove", a.removeForm)
		admin.post(of+"/remove", a.write(a.remove))
	}
	admin.set("/settings/drafts/{id}", a.draftPage)
	admin.get("/settings/drafts/{id}", a.fresh(a.usedDraft))
	admin.set("/settings/drafts/{id}/edit", a.draftForm)
	admin.post("/settings/drafts/{id}/edit", a.write(a.changeDraft))
	admin.post("/settings/drafts/{id}/check", a.write(a.checkAgain))
	admin.post("/settings/drafts/{id}/trust", a.write(a.trust))
	admin.post("/settings/drafts/{id}/save", a.write(a.saveDraft))
	admin.post("/settings/drafts/{id}/discard", a.write(a.discard))

	// Accounts, tokens, and who did what.
	admin.page("/settings/accounts", a.accounts)
	admin.page("/settings/accounts/new", a.accountForm)
	admin.post("/settings/accounts/new", a.person(a.addAccount))
	admin.page("/settings/accounts/{account}/edit", a.oneAccount)
	admin.post("/settings/accounts/{account}/role", a.person(a.setRole))
	admin.post("/settings/accounts/{account}/password", a.person(a.setPassword))
	admin.post("/settings/accounts/{account}/disable", a.person(a.setDisabled(true)))
	admin.post("/settings/accounts/{account}/enable", a.person(a.setDisabled(false)))
	admin.page("/settings/accounts/{account}/remove", a.removeAccountForm)
	admin.post("/settings/accounts/{account}/remove", a.person(a.removeAccount))
	admin.post("/settings/sessions/{id}/end", a.person(a.endSession))
	admin.page("/settings/tokens", a.tokens)
	admin.page("/settings/tokens/new", a.tokenForm)
	admin.post("/settings/tokens/new", a.person(a.addToken))
	admin.post("/settings/tokens/{id}/revoke", a.person(a.revokeToken))
	admin.page("/settings/audit", a.auditPage)
	admin.get("/settings/audit.csv", a.handle(a.auditTable))
	admin.get("/settings/audit.jsonl", a.handle(a.auditLines))

	// Coming and going.
	anybody.get("/sign-in", a.handle(a.signInPage))
	anybody.post("/sign-in", a.handle(a.signIn))
	anybody.get("/first/{secret}", a.handle(a.firstPage))
	anybody.post("/first/{secret}", a.handle(a.first))
	anybody.post("/sign-out", a.person(a.signOut))
	viewer.page("/account", a.own)
	viewer.post("/account/password", a.person(a.ownPassword))
	viewer.post("/account/sessions/{id}/end", a.person(a.endOwn))
	viewer.post("/account/others/end", a.person(a.endOthers))

	// PowerShell on demand.
	a.consoleRoutes(viewer, operator, admin)

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
	operator.post("/api/v1/faults/{id}/acknowledgement", a.handle(a.apiAcknowledge))
	operator.delete("/api/v1/faults/{id}/acknowledgement", a.handle(a.apiUnacknowledge))
	viewer.get("/api/v1/openapi.json", a.openAPI)
	admin.get("/api/v1/settings/clusters", a.apiSettings)
	admin.post("/api/v1/settings/clusters/check", a.write(a.apiCheck))
	const one = "/api/v1/settings/clusters/{cluster}"
	admin.post(one, a.write(a.apiAdd))
	admin.put(one, a.write(a.apiChange))
	admin.delete(one, a.write(a.apiRemove))
	admin.delete(one+"/nodes/{node}", a.write(a.apiRemove))
	for _, of := range []string{one, one + "/nodes/{node}"} {
		admin.post(of+"/pause", a.write(a.apiPause(true)))
		admin.post(of+"/resume", a.write(a.apiPause(false)))
	}
	viewer.get("/api/v1/whoami", a.api(a.apiWhoami))
	admin.get("/api/v1/accounts", a.api(a.apiAccounts))
	admin.post("/api/v1/accounts", a.apiPerson(a.apiAddAccount))
	admin.patch("/api/v1/accounts/{account}", a.apiPerson(a.apiChangeAccount))
	admin.delete("/api/v1/accounts/{account}", a.apiPerson(a.apiRemoveAccount))
	admin.get("/api/v1/tokens", a.api(a.apiTokens))
	admin.post("/api/v1/tokens", a.apiPerson(a.apiAddToken))
	admin.delete("/api/v1/tokens/{id}", a.apiPerson(a.apiRevoke))
	admin.get("/api/v1/audit", a.api(a.apiAudit))
	admin.get("/api/v1/audit.jsonl", a.handle(a.auditLines))
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
