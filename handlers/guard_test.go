package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"looksalive/cluster"
)

// whoMay is who may use each route at least. A route that is not here fails the test,
// so that nobody adds one without thinking about it.
var whoMay = map[cluster.UserRole]string{
	cluster.Nobody: `
		GET /healthz
		GET /readyz
		GET /static/*
		GET /sign-in
		POST /sign-in
		POST /sign-out
		GET /first/{secret}
		POST /first/{secret}`,
	cluster.Viewer: `
		GET /
		GET /clusters
		GET /clusters.csv
		GET /nodes
		GET /nodes.csv
		GET /roles
		GET /roles.csv
		GET /vms
		GET /vms.csv
		GET /networks
		GET /networks.csv
		GET /storage
		GET /storage.csv
		GET /c/{cluster}
		GET /c/{cluster}/nodes
		GET /c/{cluster}/nodes.csv
		GET /c/{cluster}/nodes/{node}
		GET /c/{cluster}/roles
		GET /c/{cluster}/roles.csv
		GET /c/{cluster}/vms
		GET /c/{cluster}/vms.csv
		GET /c/{cluster}/networks
		GET /c/{cluster}/networks.csv
		GET /c/{cluster}/storage
		GET /c/{cluster}/storage.csv
		GET /faults
		GET /faults.csv
		GET /faults/{id}
		GET /wall
		GET /asked
		GET /search.json
		GET /live
		GET /account
		POST /account/password
		POST /account/sessions/{id}/end
		POST /account/others/end
		GET /api/v1/clusters
		GET /api/v1/clusters/{cluster}
		GET /api/v1/nodes
		GET /api/v1/nodes/{cluster}/{node}
		GET /api/v1/faults
		GET /api/v1/faults/{id}
		GET /api/v1/series
		GET /api/v1/openapi.json
		GET /api/v1/whoami`,
	cluster.Operator: `
		POST /faults/{id}/acknowledge
		POST /faults/{id}/unacknowledge
		POST /api/v1/faults/{id}/acknowledgement
		DELETE /api/v1/faults/{id}/acknowledgement
		GET /console
		POST /console/look
		GET /console/runs
		POST /console/runs
		GET /console/runs/{id}
		GET /console/runs/{id}/live
		POST /console/runs/{id}/cancel
		GET /console/runs/{id}/output/{n}
		GET /console/scripts
		GET /console/scripts/{name}
		GET /api/v1/runs
		POST /api/v1/runs
		GET /api/v1/runs/{id}
		DELETE /api/v1/runs/{id}
		GET /api/v1/runs/{id}/events`,
	cluster.Administrator: `
		GET /console/commands
		GET /console/scripts/new
		POST /console/scripts/new
		POST /console/scripts/draft
		GET /console/scripts/{name}/edit
		POST /console/scripts/{name}/edit
		POST /console/scripts/{name}/delete
		GET /settings/clusters
		GET /settings/clusters/new
		POST /settings/clusters/new
		GET /settings/clusters/{cluster}/edit
		POST /settings/clusters/{cluster}/edit
		POST /settings/clusters/{cluster}/check
		POST /settings/clusters/{cluster}/pause
		POST /settings/clusters/{cluster}/resume
		POST /settings/clusters/{cluster}/retry
		GET /settings/clusters/{cluster}/remove
		POST /settings/clusters/{cluster}/remove
		POST /settings/clusters/{cluster}/nodes/{node}/pause
		POST /settings/clusters/{cluster}/nodes/{node}/resume
		POST /settings/clusters/{cluster}/nodes/{node}/retry
		GET /settings/clusters/{cluster}/nodes/{node}/remove
		POST /settings/clusters/{cluster}/nodes/{node}/remove
		GET /settings/drafts/{id}
		GET /settings/drafts/{id}/edit
		POST /settings/drafts/{id}/edit
		POST /settings/drafts/{id}/check
		POST /settings/drafts/{id}/trust
		POST /settings/drafts/{id}/save
		POST /settings/drafts/{id}/discard
		GET /settings/accounts
		GET /settings/accounts/new
		POST /settings/accounts/new
		GET /settings/accounts/{account}/edit
		POST /settings/accounts/{account}/role
		POST /settings/accounts/{account}/password
		POST /settings/accounts/{account}/disable
		POST /settings/accounts/{account}/enable
		GET /settings/accounts/{account}/remove
		POST /settings/accounts/{account}/remove
		POST /settings/sessions/{id}/end
		GET /settings/tokens
		GET /settings/tokens/new
		POST /settings/tokens/new
		POST /settings/tokens/{id}/revoke
		GET /settings/audit
		GET /settings/audit.csv
		GET /settings/audit.jsonl
		GET /api/v1/settings/clusters
		POST /api/v1/settings/clusters/check
		POST /api/v1/settings/clusters/{cluster}
		PUT /api/v1/settings/clusters/{cluster}
		DELETE /api/v1/settings/clusters/{cluster}
		POST /api/v1/settings/clusters/{cluster}/pause
		POST /api/v1/settings/clusters/{cluster}/resume
		DELETE /api/v1/settings/clusters/{cluster}/nodes/{node}
		POST /api/v1/settings/clusters/{cluster}/nodes/{node}/pause
		POST /api/v1/settings/clusters/{cluster}/nodes/{node}/resume
		GET /api/v1/accounts
		POST /api/v1/accounts
		PATCH /api/v1/accounts/{account}
		DELETE /api/v1/accounts/{account}
		GET /api/v1/tokens
		POST /api/v1/tokens
		DELETE /api/v1/tokens/{id}
		GET /api/v1/audit
		GET /api/v1/audit.jsonl`,
}

// Every route is asked by nobody, by people of each role with a cookie, and by
// programs of each role with a token.
func TestWhoMay(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Nobody)
	least := map[string]cluster.UserRole{}
	for role, list := range whoMay {
		for line := range strings.Lines(list) {
			if line = strings.TrimSpace(line); line != "" {
				least[line] = role
			}
		}
	}
	served := map[string]bool{}
	err := chi.Walk(f.app.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		served[method+" "+pattern] = true
		if _, ok := least[method+" "+pattern]; !ok {
			t.Errorf("%s %s: nothing here says who may use it", method, pattern)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for route := range least {
		if !served[route] {
			t.Errorf("%s: there is no such route", route)
			continue
		}
		routes = append(routes, route)
	}
	sort.Strings(routes)
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route, " ")
		for _, role := range []cluster.UserRole{cluster.Nobody, cluster.Viewer, cluster.Operator, cluster.Administrator} {
			ask := func(what string, header ...string) *httptest.ResponseRecorder {
				// A body that is refused when it is read keeps the accounts as they are.
				w := f.as(p, cluster.Nobody).request(method, unfilled(pattern), "text/nothing", []byte("{"), header...)
				checkHeaders(t, fmt.Sprint(route, " ", what), w)
				return w
			}
			cookie, token := p.cookie[role], p.token[role]
			if role == cluster.Nobody {
				cookie, token = testCookie+"=wrong", "la_wrong"
			}
			judge(t, route, fmt.Sprint(role, " with a cookie"), ask("cookie", "Cookie", cookie), role, least[route])
			byToken := cluster.Nobody // a token opens the API alone
			if strings.HasPrefix(pattern, "/api/") {
				byToken = role
			}
			judge(t, route, fmt.Sprint(role, " with a token"), ask("token", "Authorization", "Bearer "+token), byToken, least[route])
			if role == cluster.Nobody {
				judge(t, route, "nobody", ask("nobody"), role, least[route])
			}
			if pattern == "/sign-out" && role != cluster.Nobody {
				p.signIn(t, role)
			}
		}
	}
}

// unfilled is an address in which nothing that exists is named.
func unfilled(pattern string) string {
	return strings.NewReplacer("{cluster}", "none", "{node}", "none", "{account}", "none", "{id}", "0", "{secret}", "none", "{n}", "0", "{name}", "none", "*", "none").Replace(pattern)
}

// judge says whether an answer is that to somebody of a role.
func judge(t *testing.T, route, who string, w *httptest.ResponseRecorder, role, least cluster.UserRole) {
	t.Helper()
	refused := w.Code == http.StatusForbidden || w.Code == http.StatusUnauthorized || strings.HasPrefix(w.Header().Get("Location"), "/sign-in") && !strings.HasSuffix(route, "/sign-out")
	program := strings.Contains(route, " /api/") || strings.HasSuffix(route, ".json")
	switch {
	case role >= least:
		if refused {
			t.Errorf("%s: %s is refused with %d", route, who, w.Code)
		}
		if least > cluster.Nobody && w.Code < 300 && !strings.Contains(w.Header().Get("Cache-Control"), "private") {
			t.Errorf("%s: Cache-Control is %q", route, w.Header().Get("Cache-Control"))
		}
	case role > cluster.Nobody:
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), least.String()) {
			t.Errorf("%s: %s gets %d, want 403 that names the role %s", route, who, w.Code, least)
		}
	case program && (w.Code != http.StatusUnauthorized || !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer")):
		t.Errorf("%s: %s gets %d with %q, want 401 with Bearer", route, who, w.Code, w.Header().Get("WWW-Authenticate"))
	case !program && (w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sign-in")):
		t.Errorf("%s: %s gets %d to %q, want to be led to sign in", route, who, w.Code, w.Header().Get("Location"))
	}
}
