package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

// entry is what somebody enters to add a cluster.
func entry(more ...string) url.Values {
	v := url.Values{"addresses": {"hv-01.example.net"}, "how": {"https-ntlm"}, "trust": {"system"}, "user": {`EXAMPLE\reader`}, "password": {canary}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

// location is where a form led to.
func location(t *testing.T, w *httptest.ResponseRecorder) string {
	t.Helper()
	if w.Code != http.StatusSeeOther || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%d, %s: %.300s", w.Code, w.Header().Get("Cache-Control"), text(w))
	}
	return w.Header().Get("Location")
}

// text is the main part of a page.
func text(w *httptest.ResponseRecorder) string {
	_, main, _ := strings.Cut(w.Body.String(), "<main")
	return main
}

func wantText(t *testing.T, what string, w *httptest.ResponseRecorder, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s lacks %q: %.6000s", what, want, text(w))
		}
	}
}

// picks is the form of a finished check as the page shows it.
func picks(f *fixture, path string, more ...string) url.Values {
	f.t.Helper()
	d, err := f.app.drafts.get(strings.TrimPrefix(path, "/settings/drafts/"), false)
	if err != nil {
		f.t.Fatal(err)
	}
	v := url.Values{"name": {d.name()}}
	for i, c := range d.choices() {
		v.Set(field(i, "node"), c.Name)
		v.Set(field(i, "address"), c.Address)
		if c.Watch {
			v.Set(field(i, "watch"), "1")
		}
	}
	for i := 0; i+1 < len(more); i += 2 {
		if v.Set(more[i], more[i+1]); more[i+1] == "" {
			v.Del(more[i])
		}
	}
	return v
}

// The whole way: enter, check, choose, watch.
func TestAddACluster(t *testing.T) {
	fleet := newMemoryFleet()
	f := newSettings(t, fleet, nil)
	wantText(t, "the empty list", f.get("/settings/clusters"), "No cluster is watched yet", `href="/settings/clusters/new"`)
	path := location(t, f.send("/settings/clusters/new", entry()))
	f.settled()
	w := f.get(path)
	wantText(t, "the check", w, "2 nodes work.", `data-verdict="ok"`, `value="CLU-1"`, `value="hv-02.example.net"`)
	fleet.saved = func(d cluster.Definition) { f.add(d.Name, "HV-01", "HV-02") }
	if got := location(t, f.send(path+"/save", picks(f, path))); got != "/c/CLU-1?note=added" {
		t.Errorf("saved, and led to %s", got)
	}
	want := cluster.Definition{Name: "CLU-1", Changed: time.Time{}.Add(time.Second), Access: cluster.Access{Read: cluster.Identity{User: `EXAMPLE\reader`, Password: cluster.NewSecret(canary)}},
		Nodes: []cluster.NodeDefinition{{Name: "HV-01", Address: "hv-01.example.net"}, {Name: "HV-02", Address: "hv-02.example.net"}}}
	if diff := diffDefinitions(want, fleet.Definitions()[0]); diff != "" {
		t.Error(diff)
	}
	wantText(t, "the cluster", f.get("/c/CLU-1?note=added"), "It is watched from now on", "/settings/clusters/CLU-1/edit")
	if w := f.get(path); w.Code != http.StatusNotFound {
		t.Errorf("the draft is still there: %d", w.Code)
	}
}

// Everything wrong is said at once, and nothing that was typed is lost but secrets.
func TestEverythingWrongIsListed(t *testing.T) {
	f := newSettings(t, newMemoryFleet(), nil)
	w := f.upload("/settings/clusters/new", url.Values{"addresses": {"https://hv-01\r\nhv-02:99999"}, "how": {"https-kerberos"}, "trust": {"ca"}, "ca": {"no pem"}, "port": {"x"},
		"realm": {"A B"}, "kdcs": {"dc 1!"}, "user": {"typed-user"}, "act_on": {"1"}, "act.user": {"typed-act"}, "act.password": {canary}, "name": {"typed-name"}}, map[string]string{"keytab": canary})
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%d", w.Code)
	}
	wantText(t, "the form", w, "without http or https", "hv-02:99999: a port is a number", "That file is no keytab", "no certificate in what was given for the authority", "A realm is written like",
		"1! is no host name", "A port is a number from 1 to 65535", `value="typed-user"`, `value="typed-act"`, `value="typed-name"`, "https://hv-01\nhv-02:99999</textarea>", "no pem</textarea>", `aria-invalid="true"`)
	if strings.Contains(w.Body.String(), canary) {
		t.Error("a secret came back")
	}
	for what, change := range map[string][]string{
		"Choose how to connect":    {"how", "http-basic"},
		"Enter the user":           {"user", ""},
		"Enter the password":       {"password", ""},
		"at least one node":        {"addresses", " "},
		"is there twice":           {"addresses", "a b A"},
		"at most 64 nodes":         {"addresses", strings.Repeat("n ", 65)},
		"no host name":             {"addresses", "a/b"},
		"needs a name, not an IP":  {"addresses", "10.0.0.1", "how", "http-kerberos"},
		"Paste the client certif":  {"how", "https-certificate"},
		"A name has at most":       {"name", strings.Repeat("n", 101)},
		"Account for changes: Ent": {"act_on", "1"},
	} {
		w := f.send("/settings/clusters/new", entry(change...))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, w.Code)
		}
		wantText(t, what, w, what)
	}
	if n := len(f.app.drafts.all); n > 0 {
		t.Errorf("%d drafts were made", n)
	}
}

// Whoever may edit cannot have a stored password sent to a host of his own.
func TestStoredSecretsStay(t *testing.T) {
	fleet := newMemoryFleet(stored("AUE-01"))
	f := newSettings(t, fleet, nil)
	unchanged := url.Values{"name": {"AUE-01"}, "how": {"https-ntlm"}, "trust": {"system"}, "user": {`EXAMPLE\reader`}, "act_on": {"1"}, "act.user": {`EXAMPLE\actor`},
		"n0.was": {"HV-01"}, "n0.name": {"HV-01"}, "n0.address": {"hv-01.example.net"}, "n1.was": {"HV-02"}, "n1.name": {"HV-02"}, "n1.address": {"hv-02.example.net"},
		"n1.paused": {"1"}, "n1.own": {"1"}, "n1.how": {"http-kerberos"}, "n1.user": {"own@EXAMPLE.NET"}}
	with := func(more ...string) url.Values {
		v := url.Values{}
		for k, x := range unchanged {
			v[k] = x
		}
		for i := 0; i+1 < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	path := location(t, f.send("/settings/clusters/AUE-01/edit", with()))
	f.settled()
	if diff := diffDefinitions(stored("AUE-01"), fleet.lastAsked()); diff != "" {
		t.Errorf("an unchanged form checks something else: %s", diff)
	}
	n := len(fleet.asked)
	for what, change := range map[string][]string{
		"evil.example.org is a new address": {"n0.address", "evil.example.org"},
		"more.example.org is a new address": {"addresses", "more.example.org"},
		"the kind of sign-in changed":       {"how", "https-basic"},
		"HV-02: Enter the password or keyt": {"n1.address", "evil.example.org"},
		"the user changed":                  {"user", "other"},
		"which certificates are trusted":    {"trust", "pin"},
	} {
		w := f.send("/settings/clusters/AUE-01/edit", with(change...))
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", what, w.Code)
		}
		wantText(t, what, w, what)
	}
	// Neither through the list of nodes of a check.
	moved := f.send(path+"/save", picks(f, path, "w0.address", "evil.example.org"))
	if got := location(t, moved); got != path+"/edit" {
		t.Errorf("led to %s", got)
	}
	wantText(t, "the form of the draft", f.get(path+"/edit"), "evil.example.org is a new address")
	if len(fleet.asked) != n {
		t.Error("a host was asked")
	}
	// But a new password may go there.
	location(t, f.send("/settings/clusters/AUE-01/edit", with("n0.address", "new.example.org", "password", "new", "act.password", "new")))
	f.settled()
	if got := fleet.lastAsked(); got.Nodes[0].Address != "new.example.org" || got.Access.Read.Password.Reveal() != "new" {
		t.Errorf("%+v", got)
	}
}

// A node the cluster itself named may be asked with the stored password.
func TestNodesTheClusterNames(t *testing.T) {
	d := stored("CLU-1")
	d.Nodes = d.Nodes[:1]
	fleet := newMemoryFleet(d)
	f := newSettings(t, fleet, nil)
	path := location(t, f.send("/settings/clusters/CLU-1/check", nil))
	f.settled()
	wantText(t, "the check", f.get(path), ">new<", "Save changes")
	fleet.saved = func(cluster.Definition) { f.add("CLU-1", "HV-01", "HV-02") }
	if got := location(t, f.send(path+"/save", picks(f, path, "w1.watch", "1"))); got != "/c/CLU-1?note=changed" {
		t.Fatalf("led to %s", got)
	}
	if got := fleet.Definitions()[0]; len(got.Nodes) != 2 || got.Nodes[1].Address != "hv-02.example.net" || got.Access.Read.Password.Reveal() != canary {
		t.Errorf("%+v", got)
	}
}

func TestTrustAKey(t *testing.T) {
	const pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	var log bytes.Buffer
	fleet := newMemoryFleet()
	f := newSettings(t, fleet, func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check {
		if d.Access.Trust == cluster.TrustPin && d.Nodes[0].Pin == pin {
			return healthyCheck(d, "CLU-1", "HV-01")
		}
		return cluster.Check{Done: true, Nodes: []cluster.NodeCheck{{Address: "hv-01.example.net", Steps: steps(cluster.StepFailed, cluster.StepTLS), Certificate: &cluster.NodeTLS{Pin: pin, SHA1: "AB12", SHA256: "CD34"}}}}
	}
	path := location(t, f.send("/settings/clusters/new", entry()))
	f.settled()
	wantText(t, "the check", f.get(path), "No node works yet", "AB12", "CD34", pin, "this is the key of <b>hv-01.example.net</b>", "Trust this key")
	key := url.Values{"key0.host": {"hv-01.example.net"}, "key0.pin": {pin}}
	for what, form := range map[string]url.Values{
		"Confirm that you compared the key": key,
		"is another one than the one":       {"key0.host": key["key0.host"], "key0.pin": {"sha256/other"}, "key0.ok": {"1"}},
	} {
		if got := location(t, f.send(path+"/trust", form)); got != path {
			t.Errorf("led to %s", got)
		}
		wantText(t, what, f.get(path), what)
	}
	if n := len(fleet.asked); n != 1 {
		t.Errorf("%d checks", n)
	}
	key.Set("key0.ok", "1")
	location(t, f.send(path+"/trust", key))
	f.settled()
	wantText(t, "the check with the key", f.get(path), "1 node works.")
	if !strings.Contains(log.String(), "confirmed by hand") || !strings.Contains(log.String(), pin) {
		t.Errorf("not logged: %s", &log)
	}
	fleet.saved = func(cluster.Definition) { f.add("CLU-1", "HV-01", "HV-02") }
	location(t, f.send(path+"/save", picks(f, path)))
	if got := fleet.Definitions()[0]; got.Access.Trust != cluster.TrustPin || got.Nodes[0].Pin != pin {
		t.Errorf("%+v", got)
	}
}

func TestWatchAnyway(t *testing.T) {
	fleet := newMemoryFleet()
	f := newSettings(t, fleet, nil)
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check {
		return cluster.Check{Done: true, Nodes: []cluster.NodeCheck{{Address: "hv-01.example.net", Steps: steps(cluster.StepFailed, cluster.StepName)}}}
	}
	path := location(t, f.send("/settings/clusters/new", entry()))
	f.settled()
	for what, form := range map[string]url.Values{
		"Confirm that it shall be watched anyway": picks(f, path, "name", "X"),
		"Enter a name":             picks(f, path, "anyway", "1"),
		"Choose at least one node": picks(f, path, "name", "X", "anyway", "1", "w0.watch", ""),
	} {
		if got := location(t, f.send(path+"/save", form)); got != path {
			t.Errorf("%s: led to %s", what, got)
		}
		wantText(t, what, f.get(path), what)
		location(t, f.send(path+"/check", picks(f, path, "w0.watch", "1")))
		f.settled()
	}
	if len(fleet.Definitions()) > 0 {
		t.Fatal("saved")
	}
	fleet.saved = func(cluster.Definition) { f.add("X", "HV-01", "HV-02") }
	if got := location(t, f.send(path+"/save", picks(f, path, "name", "X", "anyway", "1", "w0.watch", "1"))); got != "/c/X?note=added" {
		t.Errorf("led to %s", got)
	}
}

// A host that was asked with a password of somebody's own cannot vouch for another
// one, which would then get the stored password.
func TestNobodyVouchesForAStranger(t *testing.T) {
	d := stored("CLU-1")
	d.Nodes, d.Access.Act = d.Nodes[:1], nil
	fleet := newMemoryFleet(d)
	f := newSettings(t, fleet, nil)
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check {
		return healthyCheck(d, "CLU-1", "HV-01", "HV-02") // names hv-02.example.net
	}
	form := url.Values{"name": {"CLU-1"}, "how": {"https-ntlm"}, "trust": {"system"}, "user": {"mine"}, "password": {"mine"},
		"n0.was": {"HV-01"}, "n0.name": {"HV-01"}, "n0.address": {"evil.example.org"}}
	path := location(t, f.send("/settings/clusters/CLU-1/edit", form))
	f.settled()
	form.Set("user", d.Access.Read.User)
	form.Set("password", "")
	form.Set("n0.address", "hv-02.example.net")
	w := f.send(path+"/edit", form)
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d", w.Code)
	}
	wantText(t, "the form", w, "hv-02.example.net is a new address")
	for _, asked := range fleet.asked {
		if asked.Access.Read.Password.Reveal() == canary {
			t.Error("the stored password was used")
		}
	}
}

// A node that was left out can be taken in again, with what was entered for it.
func TestNodesCanBeLeftOut(t *testing.T) {
	d := stored("CLU-1")
	fleet := newMemoryFleet(d)
	f := newSettings(t, fleet, nil)
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check {
		return healthyCheck(d, "CLU-1", "HV-01") // HV-02 was evicted
	}
	path := location(t, f.send("/settings/clusters/CLU-1/check", nil))
	f.settled()
	wantText(t, "the check", f.get(path), "not in the cluster")
	location(t, f.send(path+"/check", picks(f, path, "w1.watch", "")))
	f.settled()
	if got := fleet.lastAsked(); len(got.Nodes) != 1 {
		t.Errorf("%d nodes were checked", len(got.Nodes))
	}
	location(t, f.send(path+"/check", picks(f, path, "w1.watch", "1")))
	f.settled()
	if diff := diffDefinitions(d, fleet.lastAsked()); diff != "" {
		t.Error(diff)
	}
}

func TestPartialSaysWhatIsMissing(t *testing.T) {
	fleet := newMemoryFleet()
	f := newSettings(t, fleet, nil)
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check {
		return fullCheck(d)
	}
	path := location(t, f.send("/settings/clusters/new", entry()))
	f.settled()
	wantText(t, "the check", f.get(path), "1 node works in part, 1 node works.", `data-verdict="warn"`, "drives: A drive that fails is not noticed.", "<code>Grant-ClusterAccess</code>", `data-state="partial"`)
}

func TestSomebodyElseWasFaster(t *testing.T) {
	fleet := newMemoryFleet(stored("CLU-1"), stored("OTHER"))
	f := newSettings(t, fleet, nil)
	path := location(t, f.send("/settings/clusters/CLU-1/check", nil))
	f.settled()
	if err := fleet.Save(t.Context(), "CLU-1", stored("CLU-1")); err != nil {
		t.Fatal(err)
	}
	location(t, f.send(path+"/save", picks(f, path)))
	wantText(t, "the check", f.get(path), "Somebody else changed this cluster meanwhile")

	path = location(t, f.send("/settings/clusters/new", entry()))
	f.settled()
	location(t, f.send(path+"/save", picks(f, path, "name", "other")))
	wantText(t, "the check", f.get(path), "There is a cluster of that name already")
}

func TestPauseAndRemove(t *testing.T) {
	fleet := newMemoryFleet(stored("A/B"), fixed("FIXED"))
	f := newSettings(t, fleet, nil)
	a := views.SettingPath("A/B")
	location(t, f.send(a+"/pause", nil))
	wantText(t, "the list", f.get("/settings/clusters?note=paused"), "Paused", "Nothing is asked of it", a+"/resume")
	location(t, f.send(a+"/resume", nil))
	location(t, f.send(a+"/nodes/HV-01/pause", nil))
	if d := fleet.Definitions()[0]; d.Paused || !d.Nodes[0].Paused {
		t.Errorf("%+v", d)
	}
	for want, form := range map[string]url.Values{
		"Type the name exactly":         {"history": {"keep"}, "confirm": {"a/b"}},
		"Choose what happens to its hi": {"confirm": {"A/B"}},
	} {
		w := f.send(a+"/remove", form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", want, w.Code)
		}
		wantText(t, "the question", w, want)
	}
	location(t, f.send(a+"/nodes/HV-02/remove", url.Values{"history": {"drop"}, "confirm": {"HV-02"}}))
	wantText(t, "the question", f.send(a+"/nodes/HV-01/remove", url.Values{"history": {"drop"}, "confirm": {"HV-01"}}), "It is the last node")
	location(t, f.send(a+"/remove", url.Values{"history": {"keep"}, "confirm": {"A/B"}}))
	if want := []string{"A/B/HV-02/dropped", "A/B//kept"}; !slices.Equal(fleet.removed, want) {
		t.Errorf("removed %v", fleet.removed)
	}
	for path, code := range map[string]int{"/settings/clusters/FIXED/pause": 409, "/settings/clusters/FIXED/remove": 409, "/settings/clusters/FIXED/edit": 409, "/settings/clusters/none/pause": 404,
		"/settings/clusters/none/check": 404, "/settings/clusters/FIXED/nodes/HV-01/pause": 409, "/settings/drafts/none/save": 404, "/settings/drafts/none/edit": 404, "/settings/clusters": 405} {
		if w := f.send(path, nil); w.Code != code {
			t.Errorf("POST %s: %d, want %d", path, w.Code, code)
		}
	}
	w := f.get(a + "/pause")
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET of a button: %d, %q", w.Code, w.Header().Get("Allow"))
	}
}

// Every write is refused from elsewhere, without permission, and when too large.
func TestWritesAreGuarded(t *testing.T) {
	fleet := newMemoryFleet(stored("AUE-01"))
	f, p := newSignedIn(t, fleet, cluster.Administrator)
	id := f.app.drafts.add("AUE-01", start, stored("AUE-01")).id
	writes := []string{"/settings/clusters/new"}
	for _, x := range []string{"edit", "check", "pause", "resume", "retry", "remove", "nodes/HV-01/pause", "nodes/HV-01/resume", "nodes/HV-01/retry", "nodes/HV-01/remove"} {
		writes = append(writes, "/settings/clusters/AUE-01/"+x)
	}
	for _, x := range []string{"edit", "check", "trust", "save", "discard"} {
		writes = append(writes, "/settings/drafts/"+id+"/"+x)
	}
	refused := func(what, path string, code int, w *httptest.ResponseRecorder) {
		t.Helper()
		if w.Code != code {
			t.Errorf("%s %s: %d, want %d", path, what, w.Code, code)
		}
	}
	form := url.Values{"confirm": {"AUE-01"}, "history": {"drop"}}
	for _, path := range writes {
		refused("cross-site", path, 403, f.send(path, form, "Sec-Fetch-Site", "cross-site"))
		refused("same-site", path, 403, f.send(path, form, "Sec-Fetch-Site", "same-site"))
		refused("of another origin", path, 403, f.send(path, form, "Origin", "http://evil.example.org"))
		refused("without permission", path, 403, f.as(p, cluster.Operator).send(path, form))
		f.as(p, cluster.Administrator)
		if !strings.HasSuffix(path, "pause") && !strings.HasSuffix(path, "resume") && !strings.HasSuffix(path, "retry") && !strings.HasSuffix(path, "discard") && !strings.HasSuffix(path, "AUE-01/check") {
			refused("too large", path, 413, f.send(path, url.Values{"name": {strings.Repeat("x", maxForm)}}))
			refused("as JSON", path, 415, f.post(path, "application/json", []byte("{}")))
		}
	}
	if diff := diffDefinitions(stored("AUE-01"), fleet.Definitions()[0]); diff != "" || len(fleet.removed)+len(fleet.retried)+len(fleet.asked) > 0 {
		t.Errorf("something was done: %s", diff)
	}
	f.as(p, cluster.Operator)
	for _, path := range []string{"/settings/clusters", "/settings/clusters/AUE-01/edit", "/settings/drafts/" + id, "/api/v1/settings/clusters"} {
		refused("without permission", path, 403, f.get(path))
	}
	socket := f.ask(http.MethodGet, "/live?page=/settings/drafts/"+id, "Connection", "upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "x")
	refused("by the live socket without permission", "/live", 403, socket)
}

// No answer, no page and no line of the log has a secret in it.
func TestSecretsAreNeverShown(t *testing.T) {
	var log bytes.Buffer
	d := stored("AUE-01")
	d.Nodes[1].Access.Act = &cluster.Identity{User: "x", Password: cluster.NewSecret(canary)}
	fleet := newMemoryFleet(d, fixed("FIXED"))
	f := newSettings(t, fleet, func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	fleet.check = func(_ context.Context, d cluster.Definition, _ func(cluster.Check)) cluster.Check { panic(d) }
	var pages []string
	for range 2 {
		path := location(t, f.send("/settings/clusters/new", entry()))
		f.settled()
		pages = append(pages, path, path+"/edit")
		pages = append(pages, location(t, f.send("/settings/clusters/AUE-01/check", nil)))
		f.settled()
	}
	pages = append(pages, "/settings/clusters", "/settings/clusters/AUE-01/edit", "/settings/clusters/FIXED/edit", "/settings/clusters/AUE-01/remove", "/api/v1/settings/clusters")
	for _, p := range pages {
		w := f.get(p)
		if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %s", p, w.Code, w.Header().Get("Cache-Control"))
		}
		if strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s shows a secret", p)
		}
	}
	wantText(t, "a check that panicked", f.get(pages[0]), "The check itself failed")
	if strings.Contains(log.String(), canary) || !strings.Contains(log.String(), "panic while checking") {
		t.Errorf("the log: %s", &log)
	}
}

func TestWithoutAFleet(t *testing.T) {
	f := newFixture(t, nil)
	for _, p := range []string{"/settings/clusters", "/settings/clusters/new", "/settings/clusters/AUE-01/edit"} {
		wantText(t, p, f.get(p), "Clusters come from elsewhere")
	}
	if w := f.send("/settings/clusters/new", entry()); w.Code != http.StatusConflict {
		t.Errorf("%d", w.Code)
	}
}

// What was entered is forgotten after half an hour, and a check ends with it.
func TestDraftsExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		s := newDrafts(time.Now, func(string) {})
		ctx, cancel := context.WithCancel(t.Context())
		go s.runSweeps(ctx)
		d := s.add("", time.Time{}, stored("A"))
		err := s.start(d.id, stored("A"), false, func(ctx context.Context, _ cluster.Definition, _ func(cluster.Check)) (cluster.Check, error) {
			<-ctx.Done()
			close(ended)
			return cluster.Check{}, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(29 * time.Minute)
		if _, err := s.get(d.id, true); err != nil {
			t.Fatalf("in use: %v", err)
		}
		time.Sleep(29 * time.Minute)
		if _, err := s.get(d.id, false); err != nil {
			t.Fatalf("looking on counts as no use, but it was used 29 min ago: %v", err)
		}
		time.Sleep(2 * time.Minute)
		<-ended
		cancel()
		synctest.Wait()
		if len(s.all) != 0 {
			t.Error("it is still there")
		}
	})
}

func TestDraftsAreBounded(t *testing.T) {
	now := start
	s := newDrafts(func() time.Time { now = now.Add(time.Second); return now }, func(string) {})
	first := s.add("", time.Time{}, stored("A")).id
	second := s.add("", time.Time{}, stored("A")).id
	if _, err := s.get(first, true); err != nil {
		t.Fatal(err)
	}
	for range maxDrafts - 1 {
		s.add("", time.Time{}, stored("A"))
	}
	if _, err := s.get(second, false); err == nil || len(s.all) != maxDrafts {
		t.Errorf("%d drafts, the one longest unused: %v", len(s.all), err)
	}
	if _, err := s.get(first, false); err != nil {
		t.Error("one in use gave way")
	}
	s.checks = maxChecks
	if err := s.start(first, stored("A"), false, nil); err != errBusy {
		t.Errorf("one check too many: %v", err)
	}
}

// The live socket brings each step although the snapshot stays the same, the
// first at once, and tells who looks on when the draft is gone.
func TestDraftIsLive(t *testing.T) {
	fleet := newMemoryFleet()
	bubble(t, func(o *Options) { o.Fleet = fleet }, func(t *testing.T, s *liveServer) {
		tells := make(chan cluster.Check) // of the bubble, or it could not see that all is quiet
		fleet.check = func(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
			for {
				select {
				case c, more := <-tells:
					if !more {
						return healthyCheck(d, "CLU-1", "HV-01")
					}
					tell(c)
				case <-ctx.Done():
					return cluster.Check{}
				}
			}
		}
		path := location(t, s.send("/settings/clusters/new", entry()))
		b := s.open(t, path, "")
		if got := b.one("the first message"); !strings.Contains(got, `data-check-running="true"`) {
			t.Errorf("got %s", got)
		}
		for _, state := range []cluster.StepState{cluster.StepRunning, cluster.StepOK} {
			tells <- cluster.Check{Nodes: []cluster.NodeCheck{{Address: "hv-01.example.net", Steps: steps(state, cluster.StepName)}}}
			time.Sleep(floorPeriod)
			if got := b.one("a step"); !strings.Contains(got, `data-state="`+state.String()+`"`) {
				t.Errorf("%s: got %s", state, got)
			}
		}
		close(tells)
		time.Sleep(floorPeriod)
		if got := b.one("the end"); !strings.Contains(got, `data-check-running="false"`) {
			t.Errorf("got %s", got)
		}
		s.app.drafts.forget(strings.TrimPrefix(path, "/settings/drafts/"))
		time.Sleep(floorPeriod)
		b.none("a draft that is gone")
	})
}
