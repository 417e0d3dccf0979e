package handlers

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"looksalive/cluster"
	"looksalive/views"
)

// addresses are real ones for every pattern of the site map.
func (f *fixture) addresses() map[string]string {
	return map[string]string{
		"{cluster}": "AUE-01", "{node}": "HV-01", "{account}": "vera", "{id}": fmt.Sprint(f.store.Snapshot().Faults[0].ID),
	}
}

// walk calls each for all routes but the socket and files, with the
// placeholders of the pattern filled.
func (f *fixture) walk(each func(pattern, address string)) {
	f.t.Helper()
	fill := f.addresses()
	draft := ""
	if f.app.opt.Fleet != nil {
		draft = f.app.drafts.add("", time.Time{}, stored("NEW")).id
	}
	err := chi.Walk(f.app.mux, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method != http.MethodGet {
			return nil // whether it may, TestWhoMay says
		}
		if pattern == "/live" || strings.HasSuffix(pattern, "*") {
			return nil
		}
		address := strings.Replace(pattern, "/drafts/{id}", "/drafts/"+draft, 1)
		if pattern == "/first/{secret}" || pattern == "/sign-in" {
			return nil // for those who are not signed in: TestSignIn, TestFirst
		}
		if f.app.opt.Console == nil && (strings.HasPrefix(pattern, "/console") || strings.HasPrefix(pattern, "/api/v1/runs") || pattern == "/asked") {
			return nil
		}
		for hole, value := range fill {
			address = strings.ReplaceAll(address, hole, value)
		}
		if pattern == "/api/v1/series" {
			address += "?cluster=AUE-01&object=node/HV-01&metric=cpu"
		}
		each(pattern, address)
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func TestEveryRouteAnswers(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Administrator)
	n := 0
	f.walk(func(pattern, address string) {
		n++
		w := f.get(address)
		if w.Code != http.StatusOK {
			t.Errorf("GET %s: %d", address, w.Code)
		}
		checkHeaders(t, address, w)
		kind, body := w.Header().Get("Content-Type"), w.Body.String()
		switch {
		case strings.HasSuffix(pattern, ".csv"):
			if rows, err := csv.NewReader(strings.NewReader(body)).ReadAll(); err != nil || len(rows) < 2 || !strings.HasPrefix(kind, "text/csv") {
				t.Errorf("GET %s: %s with %d rows, %v", address, kind, len(rows), err)
			}
		case strings.HasSuffix(pattern, ".jsonl"):
			if kind != "application/x-ndjson" || !strings.HasPrefix(body, `{"seq":1,`) {
				t.Errorf("GET %s: %s beginning %.40q", address, kind, body)
			}
		case !wantsProblem(httptest.NewRequest(http.MethodGet, address, nil)):
			if kind != "text/html; charset=utf-8" || !strings.HasPrefix(body, "<!doctype html>") {
				t.Errorf("GET %s: %s beginning %.40q", address, kind, body)
			}
		default:
			if kind != "application/json" || !json.Valid([]byte(body)) {
				t.Errorf("GET %s: %s beginning %.40q", address, kind, body)
			}
		}
		head := f.ask(http.MethodHead, address)
		if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
			t.Errorf("HEAD %s: %d, %d bytes, length %s; GET had %s", address, head.Code, head.Body.Len(), head.Header().Get("Content-Length"), w.Header().Get("Content-Length"))
		}
		if f.app.mux.Match(chi.NewRouteContext(), http.MethodPost, address) {
			return // what it does with a POST, other tests say
		}
		post := f.ask(http.MethodPost, address)
		if post.Code != http.StatusMethodNotAllowed || post.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %d, Allow %q", address, post.Code, post.Header().Get("Allow"))
		}
	})
	if n < 30 {
		t.Errorf("walked only %d routes", n)
	}
}

func checkHeaders(t *testing.T, what string, w *httptest.ResponseRecorder) {
	t.Helper()
	want := map[string]string{
		"Content-Security-Policy":    policy,
		"X-Content-Type-Options":     "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin",
	}
	for name, value := range want {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: %s is %q, want %q", what, name, got, value)
		}
	}
	if p := w.Header().Get("Referrer-Policy"); p != "same-origin" && p != "no-referrer" {
		t.Errorf("%s: Referrer-Policy is %q", what, p)
	}
	if w.Header().Get("Permissions-Policy") == "" || w.Header().Get("Cache-Control") == "" {
		t.Errorf("%s: Permissions-Policy or Cache-Control is missing", what)
	}
}

// The policy is only worth something if the pages keep to it.
func TestPagesKeepToThePolicy(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Administrator)
	f.walk(func(pattern, address string) {
		w := f.get(address)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			return
		}
		body := w.Body.String()
		for _, bad := range []string{" style=", " onclick=", " onload=", "<style", "javascript:", `src="http`, `href="//`} {
			if strings.Contains(body, bad) {
				t.Errorf("%s contains %q, which the policy forbids", address, bad)
			}
		}
	})
}

func TestNotFound(t *testing.T) {
	f := newFixture(t, nil)
	for _, path := range []string{
		"/nowhere", "/c/none", "/c/none/nodes", "/c/AUE-01/nodes/none", "/c/AUE-01/none", "/faults/0", "/faults/999999",
		"/faults/x", "/faults/99999999999999999999", "/c/none/vms.csv", "/wall.csv", "/c/", "/nodes/", "/static/none.js",
		"/c/%00/nodes", "/c/..%2f..%2fetc/nodes",
	} {
		w := f.get(path)
		if w.Code != http.StatusNotFound {
			t.Errorf("GET %s: %d, want 404", path, w.Code)
		}
		checkHeaders(t, path, w)
		if !strings.HasPrefix(path, "/static/") && !strings.HasPrefix(w.Body.String(), "<!doctype html>") {
			t.Errorf("GET %s: no error page: %.60q", path, w.Body)
		}
	}
	for _, path := range []string{"/api/", "/api/v1", "/api/v2/nodes", "/api/v1/clusters/none", "/api/v1/nodes/AUE-01/none", "/api/v1/nodes/none/HV-01", "/api/v1/nodes?cluster=none",
		"/api/v1/faults/0", "/api/v1/faults/x", "/api/v1/series?cluster=none&metric=cpu"} {
		checkProblem(t, f.get(path), path, http.StatusNotFound)
	}
	for _, path := range []string{"/api/v1/nodes?health=great", "/api/v1/faults?open=maybe", "/api/v1/faults?after_seq=-1", "/api/v1/faults?since=yesterday",
		"/api/v1/faults?limit=0", "/api/v1/faults?limit=5001", "/api/v1/series", "/api/v1/series?cluster=AUE-01", "/api/v1/series?cluster=AUE-01&metric=x",
		"/api/v1/series?cluster=AUE-01&metric=cpu&from=x", "/api/v1/series?cluster=AUE-01&metric=cpu&to=x", "/api/v1/series?cluster=AUE-01&metric=cpu&points=0",
		"/api/v1/series?cluster=AUE-01&metric=cpu&from=2000&to=1000", "/api/v1/series?cluster=AUE-01" + strings.Repeat("&metric=cpu", 17)} {
		checkProblem(t, f.get(path), path, http.StatusBadRequest)
	}
	checkProblem(t, f.ask(http.MethodPost, "/api/v1/nodes"), "POST", http.StatusMethodNotAllowed)
	checkProblem(t, f.ask(http.MethodDelete, "/healthz"), "DELETE", http.StatusMethodNotAllowed)
}

func checkProblem(t *testing.T, w *httptest.ResponseRecorder, what string, code int) {
	t.Helper()
	checkHeaders(t, what, w)
	var p problem
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	err := dec.Decode(&p)
	if w.Code != code || w.Header().Get("Content-Type") != "application/problem+json" || err != nil {
		t.Fatalf("%s: %d %s, %v; want %d as a problem", what, w.Code, w.Header().Get("Content-Type"), err, code)
	}
	if p.Status != code || p.Title != http.StatusText(code) || p.Detail == "" || p.Type != "about:blank" {
		t.Errorf("%s: %+v", what, p)
	}
}

// What goes wrong inside is logged, and is nobody's business outside.
func TestFailuresDoNotLeak(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.Store = brokenStore{o.Store} })
	f.app.mux.Get("/panics", f.app.document(func(*http.Request) (views.Page, error) { panic(errDisk) }))
	for _, path := range []string{"/faults", "/faults.csv", "/panics", "/api/v1/faults", "/api/v1/series?cluster=AUE-01&metric=cpu"} {
		w := f.get(path)
		if w.Code != http.StatusInternalServerError {
			t.Errorf("%s: %d, want 500", path, w.Code)
		}
		if body := w.Body.String(); strings.Contains(body, "disk") || strings.Contains(body, "secret") || strings.Contains(body, ".go") {
			t.Errorf("%s leaks what happened inside: %s", path, body)
		}
		checkHeaders(t, path, w)
	}
	if w := f.get("/readyz"); w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), "disk") {
		t.Errorf("/readyz over a broken store: %d %s", w.Code, w.Body)
	}
	if w := f.get("/healthz"); w.Code != http.StatusOK {
		t.Errorf("/healthz over a broken store: %d", w.Code)
	}
}

func TestReady(t *testing.T) {
	f := newFixture(t, nil)
	if w := f.get("/readyz"); w.Code != http.StatusOK {
		t.Fatalf("/readyz with a picture of every cluster: %d %s", w.Code, w.Body)
	}
	if err := f.store.Members(t.Context(), "NEW", []string{"HV-99"}, nil); err != nil {
		t.Fatal(err)
	}
	w := f.get("/readyz")
	var got apiReady
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusServiceUnavailable || !slices.Equal(got.Waiting, []string{"NEW"}) {
		t.Errorf("/readyz before the first picture of NEW: %d %s", w.Code, w.Body)
	}
}

func TestHostCheck(t *testing.T) {
	f := newFixture(t, func(o *Options) { o.AllowedHosts = []string{"Dash.Corp.Example"} })
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8686": true, "LOCALHOST.:80": true, "app.localhost": true, "127.0.0.1:8686": true, "[::1]:8686": true, "[::1]": true,
		"10.1.2.3": true, "dash.corp.example:8686": true, "DASH.corp.example.": true,
		"evil.example": false, "localhost.evil.example": false, "127.0.0.1.evil.example": false, "": false, "evil.example:8686": false, "dash": false,
	} {
		w := f.ask(http.MethodGet, "/healthz", "Host", host)
		if want := map[bool]int{true: 200, false: 421}[ok]; w.Code != want {
			t.Errorf("Host %q: %d, want %d", host, w.Code, want)
		}
	}
	open := newFixture(t, func(o *Options) { o.AnyHost = true })
	if w := open.ask(http.MethodGet, "/healthz", "Host", "evil.example"); w.Code != http.StatusOK {
		t.Errorf("AnyHost: %d", w.Code)
	}
}

// Names come from the nodes and may hold anything. Every page has to name
// them, escape them and link to them.
func TestHostileNames(t *testing.T) {
	f := newFixture(t, nil)
	c, n := url.PathEscape(hostile), url.PathEscape(hostile)
	for _, path := range []string{"/", "/clusters", "/nodes", "/faults", "/wall", "/c/" + c, "/c/" + c + "/nodes", "/c/" + c + "/nodes/" + n,
		"/c/" + c + "/roles", "/c/" + c + "/vms", "/c/" + c + "/networks", "/c/" + c + "/storage"} {
		w := f.get(path)
		if w.Code != http.StatusOK {
			t.Errorf("GET %s: %d", path, w.Code)
		}
		if body := w.Body.String(); strings.Contains(body, `<b>"O'Brien`) || strings.Contains(body, `</script><b>`) {
			t.Errorf("GET %s: the name stands there unescaped", path)
		}
	}
	for _, path := range []string{"/api/v1/clusters/" + c, "/api/v1/nodes/" + c + "/" + n} {
		var got struct{ Name string }
		if err := json.Unmarshal(f.get(path).Body.Bytes(), &got); err != nil || got.Name != hostile {
			t.Errorf("GET %s: name %q, %v", path, got.Name, err)
		}
	}
	w := f.get("/c/" + c + "/nodes.csv")
	if w.Code != http.StatusOK || strings.ContainsAny(w.Header().Get("Content-Disposition"), "<>\r\n\\'/&") {
		t.Errorf("csv: %d, %q", w.Code, w.Header().Get("Content-Disposition"))
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil || !slices.ContainsFunc(rows, func(row []string) bool { return slices.Contains(row, hostile) }) {
		t.Errorf("csv does not hold the name: %v, %q", err, rows)
	}
}

func TestCompression(t *testing.T) {
	f := newFixture(t, nil)
	plain := f.get("/nodes")
	packed := f.ask(http.MethodGet, "/nodes", "Accept-Encoding", "br, gzip;q=0.8")
	if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() >= plain.Body.Len() {
		t.Fatalf("not compressed: %v", packed.Header())
	}
	z, err := gzip.NewReader(packed.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); err != nil || string(got) != plain.Body.String() {
		t.Errorf("the compressed page differs from the plain one (%v)", err)
	}
	for header, want := range map[string]bool{"gzip": true, "*": true, "gzip;q=0": false, "gzip; q=0.0": false, "br": false, "": false, "x-gzip": false, "deflate, gzip": true, "gzip;q=x": false} {
		if got := acceptsGzip(header); got != want {
			t.Errorf("Accept-Encoding %q: %v, want %v", header, got, want)
		}
	}
}

func TestCaching(t *testing.T) {
	f := newFixture(t, nil)
	if got := f.get("/").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("pages: Cache-Control %q", got)
	}
	for _, path := range []string{"/search.json", "/api/v1/openapi.json"} {
		tag := f.get(path).Header().Get("ETag")
		w := f.ask(http.MethodGet, path, "If-None-Match", tag)
		if tag == "" || w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%s asked again with %q: %d, %d bytes", path, tag, w.Code, w.Body.Len())
		}
		if w := f.ask(http.MethodGet, path, "If-None-Match", `W/"0"`); w.Code != http.StatusOK {
			t.Errorf("%s asked with an old tag: %d", path, w.Code)
		}
	}
}

// A resolved fault leaves the open ones and stays to be read.
func TestFaultsOverTheirLife(t *testing.T) {
	now := start
	f := newFixtureAt(t, func() time.Time { return now }, nil)
	f.get("/faults") // fills what is kept
	var before, after apiFaultList
	list := func(query string, into *apiFaultList) {
		t.Helper()
		w := f.get("/api/v1/faults?" + query)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v", query, w.Code, err)
		}
	}
	list("open=true&cluster=AUE-01", &before)
	if len(before.Faults) != 1 || !before.Faults[0].Open || before.Faults[0].Resolved != nil {
		t.Fatalf("open faults: %+v", before.Faults)
	}
	now = now.Add(time.Minute)
	f.resolve("AUE-01")
	for query, want := range map[string]int{
		"open=true&cluster=AUE-01": 0, "open=false&cluster=AUE-01": 1, "cluster=AUE-01": 1, "": 2, "limit=1": 1, "open=false": 1, "open=true": 1,
		"node=HV-04": 1, "node=HV-01": 0, fmt.Sprintf("after_seq=%d", before.Seq): 1,
		"since=" + now.Format(time.RFC3339): 1, "since=" + now.Add(time.Second).Format(time.RFC3339): 0,
	} {
		after = apiFaultList{}
		list(query, &after)
		if len(after.Faults) != want {
			t.Errorf("%q: %d faults, want %d", query, len(after.Faults), want)
		}
	}
	list(fmt.Sprintf("after_seq=%d", before.Seq), &after)
	if got := after.Faults[0]; got.Open || got.Resolved == nil || got.Age == nil || *got.Age != 60 || got.Seq != after.Seq {
		t.Errorf("resolved fault: %+v", got)
	}
	if w := f.get(fmt.Sprintf("/faults/%d", before.Faults[0].ID)); w.Code != http.StatusOK {
		t.Errorf("page of a resolved fault: %d", w.Code)
	}
	if body := f.get("/faults").Body.String(); !strings.Contains(body, "HV-04 is down") {
		t.Error("the live list forgot a fault resolved just now")
	}
	now = now.Add(pastSpan + time.Second)
	if body := f.get("/faults").Body.String(); strings.Contains(body, "HV-04 is down") {
		t.Error("the live list still has a fault resolved hours ago")
	}
	// The views leave old ones out too; what they are given must not grow either.
	if past, err := f.app.past.get(t.Context(), f.store, f.app.moment()); err != nil || len(past) != 0 {
		t.Errorf("kept as lately resolved: %v, %v", past, err)
	}
}

// A page is made once for all who ask while nothing changes, and anew as soon
// as something did.
func TestDocumentsAreMadeOnce(t *testing.T) {
	now := start
	f := newFixtureAt(t, func() time.Time { return now }, nil)
	var made atomic.Int32
	fail := false
	f.app.mux.Get("/counted", f.app.document(func(r *http.Request) (views.Page, error) {
		made.Add(1)
		if fail {
			panic("a bug")
		}
		return views.Wall(momentOf(r).snap, query(r), momentOf(r).now), nil
	}))
	ask := func(what, path string, want int32) {
		t.Helper()
		before := made.Load()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { f.get(path) })
		}
		all.Wait()
		if got := made.Load() - before; got != want {
			t.Errorf("%s: made %d times, want %d", what, got, want)
		}
	}
	ask("first", "/counted", 1)
	ask("again", "/counted", 0)
	ask("another query", "/counted?q=x", 1)
	now = now.Add(time.Millisecond)
	f.vitals("AUE-01", "HV-01", 77)
	ask("after news", "/counted", 1)
	now = now.Add(documentAge)
	ask("a second later", "/counted", 1)
	fail = true
	now = now.Add(documentAge)
	if w := f.get("/counted"); w.Code != http.StatusInternalServerError {
		t.Errorf("a failing page: %d", w.Code)
	}
	fail = false
	if w := f.get("/counted"); w.Code != http.StatusOK {
		t.Errorf("after a failure: %d, want the page: failures must not be kept", w.Code)
	}
}
