package handlers

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/store"
	"looksalive/views"
)

// cookieIn is the cookie an answer sets.
func cookieIn(t *testing.T, w *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	all := w.Result().Cookies()
	if len(all) != 1 {
		t.Fatalf("%d cookies, want 1", len(all))
	}
	return all[0]
}

func TestSignIn(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(), cluster.Nobody)
	w := f.get("/nodes?q=a%26b")
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || to != "/sign-in?to="+url.QueryEscape("/nodes?q=a%26b") {
		t.Fatalf("%d %q", w.Code, to)
	}
	wantText(t, "the form", f.get(to), `autocomplete="username"`, `autocomplete="current-password"`, `action="/sign-in?to=`)

	form := url.Values{"user": {"Anna"}, "password": {"wrong"}}
	known := f.send(to, form)
	form.Set("user", canary) // somebody typed a password there
	unknown := f.send(to, form)
	for _, w := range []*httptest.ResponseRecorder{known, unknown} {
		if w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) > 0 {
			t.Errorf("a wrong password: %d, %v", w.Code, w.Result().Cookies())
		}
		wantText(t, "a wrong password", w, "The user name or the password is wrong.")
	}
	if a, b := strings.ReplaceAll(known.Body.String(), "Anna", ""), strings.ReplaceAll(unknown.Body.String(), strings.ReplaceAll(canary, "&", "&amp;"), ""); a != b {
		t.Error("the two answers differ: they say who has an account")
	}

	w = f.send(to, url.Values{"user": {" ANNA "}, "password": {passphrase}})
	c := cookieIn(t, w)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/nodes?q=a%26b" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
	}
	if c.Name != testCookie || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || c.Domain != "" || !c.Expires.After(start) {
		t.Errorf("cookie %+v", c)
	}
	f.cookie = c.Name + "=" + c.Value
	wantText(t, "the page", f.get("/nodes"), "Signed in as anna", `action="/sign-out"`)
	if w := f.get(to); w.Header().Get("Location") != "/nodes?q=a%26b" {
		t.Errorf("the form for somebody who is signed in: %d", w.Code)
	}
	// Signing in again ends the session there was.
	again := cookieIn(t, f.send("/sign-in", url.Values{"user": {"anna"}, "password": {passphrase}}))
	if w := f.get("/"); w.Code != http.StatusSeeOther {
		t.Errorf("the session before: %d", w.Code)
	}
	f.cookie = again.Name + "=" + again.Value
	w = f.send("/sign-out", nil)
	if c := cookieIn(t, w); c.Value != "" || c.MaxAge >= 0 || w.Header().Get("Location") != "/sign-in" {
		t.Errorf("signing out: %+v to %q", c, w.Header().Get("Location"))
	}
	if w := f.get("/"); w.Code != http.StatusSeeOther {
		t.Errorf("after signing out: %d", w.Code)
	}
	var got []string
	for _, e := range f.audited() {
		got = append(got, strings.Join([]string{e.Who, e.Action, e.Object, e.Outcome, e.From}, " "))
	}
	want := []string{" sign-in anna refused 192.0.2.1", " sign-in unknown account refused 192.0.2.1", "anna sign-in anna ok 192.0.2.1", "anna sign-in anna ok 192.0.2.1", "anna sign-out anna ok 192.0.2.1"}
	if !slices.Equal(got, want) {
		t.Errorf("audited %q", got)
	}
	_ = p
}

// Over TLS the cookie is one that no other host can plant, and the other is not taken.
func TestSignInOverTLS(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(), cluster.Nobody)
	ask := func(method, path, body, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Host, r.TLS = "127.0.0.1:8686", &tls.ConnectionState{}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		f.app.ServeHTTP(w, r)
		return w
	}
	c := cookieIn(t, ask("POST", "/sign-in", url.Values{"user": {"vera"}, "password": {passphrase}}.Encode(), ""))
	if c.Name != "__Host-"+testCookie || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("%+v", c)
	}
	if w := ask("GET", "/", "", c.Name+"="+c.Value); w.Code != 200 {
		t.Errorf("%d", w.Code)
	}
	if w := ask("GET", "/", "", p.cookie[cluster.Viewer]); w.Code != http.StatusSeeOther {
		t.Errorf("a cookie of the plain kind: %d", w.Code)
	}
}

// Who follows a link from elsewhere comes without the Strict cookie, and is asked
// again by a page of ours, once.
func TestLinkFromElsewhere(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(), cluster.Nobody)
	w := f.ask("GET", "/faults?q=%22x", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate")
	if w.Code != 200 || !strings.Contains(w.Body.String(), `http-equiv="refresh" content="0;url=/faults?q=%22x"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.ask("GET", "/faults", "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"); w.Code != http.StatusSeeOther {
		t.Errorf("the second time: %d", w.Code)
	}
}

func TestLocalPath(t *testing.T) {
	for address, want := range map[string]string{
		"/": "/", "/nodes?q=x&sort=cpu": "/nodes?q=x&sort=cpu", "/c/a%2Fb": "/c/a%2Fb", "/settings/audit?who=a": "/settings/audit?who=a",
		"": "/", "nodes": "/", "//evil.example": "/", "/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example/": "/", "http:/nodes": "/", "javascript:alert(1)": "/",
		"/\t/evil.example": "/", "///evil.example": "/", "/%2f/evil.example": "/%2f/evil.example", "/sign-in?to=/": "/", "/sign-out": "/", "/first/x": "/", "/api/v1/nodes": "/", "/live?page=/": "/",
		"/" + strings.Repeat("x", maxPageAddress): "/",
	} {
		if got := localPath(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestTooManySignIns(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(), cluster.Nobody)
	form := url.Values{"user": {"anna"}, "password": {"wrong"}}
	for range 5 {
		if w := f.send("/sign-in", form); w.Code != http.StatusUnauthorized {
			t.Fatalf("%d", w.Code)
		}
	}
	w := f.send("/sign-in", form)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
		t.Errorf("%d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	wantText(t, "the sixth", w, "Try again in 1 s.")
	if n := len(f.audited()); n != 5 {
		t.Errorf("%d lines of the audit log, want 5: what is not tried is not written down", n)
	}
}

func TestFirst(t *testing.T) {
	var s *access.Service
	f := newFixture(t, func(o *Options) {
		var err error
		if s, err = access.New(context.Background(), access.Options{Store: o.Store.(*store.Store), Now: o.Now, Cost: access.Cost{Memory: 64, Passes: 1}}); err != nil {
			t.Fatal(err)
		}
		o.Access, o.Audit = s, o.Store.(*store.Store)
	})
	secret, _ := s.SetUp()
	link := "/first/" + secret
	if w := f.get("/first/wrong"); w.Code != http.StatusNotFound {
		t.Errorf("a wrong link: %d", w.Code)
	}
	w := f.get(link)
	wantText(t, "the form", w, `autocomplete="new-password"`, "First administrator")
	if w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != personal {
		t.Errorf("%v", w.Header())
	}
	for want, form := range map[string]url.Values{
		"must have at least 10":   {"user": {"root"}, "password": {"short"}, "again": {"short"}},
		"are not the same":        {"user": {"root"}, "password": {passphrase}, "again": {"x"}},
		"The name must have 1 to": {"user": {""}, "password": {passphrase}, "again": {passphrase}},
	} {
		w := f.send(link, form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", want, w.Code)
		}
		wantText(t, "the form", w, want)
	}
	form := url.Values{"user": {"root"}, "password": {passphrase}, "again": {passphrase}}
	w = f.send(link, form)
	c := cookieIn(t, w)
	if w.Header().Get("Location") != "/" {
		t.Errorf("%d %q", w.Code, w.Header().Get("Location"))
	}
	f.cookie = c.Name + "=" + c.Value
	wantText(t, "whoami", f.get("/api/v1/whoami"), `"name":"root","role":"administrator"`)
	f.cookie = ""
	for _, w := range []*httptest.ResponseRecorder{f.get(link), f.send(link, form)} {
		if w.Code != http.StatusNotFound {
			t.Errorf("the link, again: %d", w.Code)
		}
	}
}

// A socket is closed with a code of its own as soon as its session is over.
func TestSocketsOfEndedSessions(t *testing.T) {
	var p *people
	bubble(t, func(o *Options) { p = newPeople(t, o) }, func(t *testing.T, s *liveServer) {
		open := func(role cluster.UserRole) *browser {
			t.Helper()
			conn, res, err := s.dial("page=/", http.Header{"Cookie": {p.cookie[role]}})
			if err != nil {
				t.Fatal(err, res)
			}
			b := &browser{t: t, conn: conn}
			t.Cleanup(func() { conn.Close() })
			go func() {
				for {
					if _, _, err := conn.ReadMessage(); err != nil {
						b.mu.Lock()
						b.err = err
						b.mu.Unlock()
						return
					}
				}
			}()
			synctest.Wait()
			return b
		}
		ended := func(b *browser) bool {
			synctest.Wait()
			b.mu.Lock()
			defer b.mu.Unlock()
			var closed *websocket.CloseError
			return errors.As(b.err, &closed) && closed.Code == closeSignedOut
		}
		if _, res, err := s.dial("page=/", nil); err == nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("a socket for nobody: %v", res)
		}
		if _, res, err := s.dial("page=/settings/clusters", http.Header{"Cookie": {p.cookie[cluster.Operator]}}); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a socket for a page of administrators: %v", res)
		}
		if _, res, err := s.dial("page=/", http.Header{"Cookie": {p.cookie[cluster.Viewer]}, "Origin": {"http://evil.example"}}); err == nil || res.StatusCode != http.StatusForbidden {
			t.Errorf("a socket for another site: %v", res)
		}
		vera, olaf, anna := open(cluster.Viewer), open(cluster.Operator), open(cluster.Administrator)
		s.as(p, cluster.Viewer).send("/sign-out", nil)
		if !ended(vera) || ended(olaf) || ended(anna) {
			t.Error("signing out closed the wrong sockets")
		}
		s.as(p, cluster.Administrator).send("/settings/accounts/olaf/role", url.Values{"role": {"viewer"}})
		if !ended(olaf) || ended(anna) {
			t.Error("another role closed the wrong sockets")
		}
		p.signIn(t, cluster.Viewer)
		vera = open(cluster.Viewer)
		if w := s.send("/settings/accounts/vera/disable", nil); w.Code != http.StatusSeeOther || !ended(vera) {
			t.Errorf("disabling: %d", w.Code)
		}
		// A socket is use of its session; at the end of its time it is closed.
		time.Sleep(20 * time.Minute)
		if ended(anna) {
			t.Error("a wall screen was signed out although it is looked at")
		}
		time.Sleep(10*time.Minute + sessionLook)
		if !ended(anna) {
			t.Error("a session went on for ever")
		}
	})
}

// What is kept for one is never shown to another.
func TestPagesAreKeptApart(t *testing.T) {
	var p *people
	bubble(t, func(o *Options) { p = newPeople(t, o) }, func(t *testing.T, s *liveServer) {
		wantText(t, "the page of vera", s.as(p, cluster.Viewer).get("/"), "Signed in as vera")
		if err := p.service.Add(t.Context(), "vito", passphrase, cluster.Viewer); err != nil {
			t.Fatal(err)
		}
		cookie, _, err := p.service.SignIn(t.Context(), "vito", passphrase, access.Client{})
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, "the page of vito", s.ask("GET", "/", "Cookie", testCookie+"="+cookie), "Signed in as vito")
		for role, name := range p.name {
			body := s.as(p, role).get("/").Body.String()
			for other, otherName := range p.name {
				if got := strings.Contains(body, "Signed in as "+otherName); got != (name == otherName) {
					t.Errorf("the page of %s names %s", name, p.name[other])
				}
			}
			if got := strings.Contains(body, `href="/settings/clusters"`); got != (role == cluster.Administrator) {
				t.Errorf("%s: a link to the settings: %v", name, got)
			}
			conn, _, err := s.dial("page=/", http.Header{"Cookie": {p.cookie[role]}})
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_, message, err := conn.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			if got := bytes.Contains(message, []byte(`href="/settings/clusters"`)); got != (role == cluster.Administrator) {
				t.Errorf("%s: a link to the settings over the socket: %v", name, got)
			}
			if strings.Contains(string(message), name) {
				t.Errorf("the socket names %s: its messages are for all of the role", name)
			}
		}
	})
}

func TestAccounts(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(), cluster.Administrator)
	post := func(code int, path string, form url.Values, text string) {
		t.Helper()
		w := f.send(path, form)
		if w.Code != code {
			t.Errorf("POST %s: %d, want %d", path, w.Code, code)
		}
		if text != "" {
			wantText(t, path, w, text)
		}
	}
	two := func(password string) url.Values { return url.Values{"password": {password}, "again": {password}} }
	form := two("another " + canary)
	form["name"], form["role"] = []string{"new"}, []string{"operator"}
	post(303, "/settings/accounts/new", form, "")
	post(422, "/settings/accounts/new", form, "There is an account of that name already.")
	post(422, "/settings/accounts/new", url.Values{"name": {"x"}, "role": {"king"}, "password": {passphrase}, "again": {passphrase}}, "There is no such role.")
	wantText(t, "the list", f.get("/settings/accounts"), "new", "Operator", "this browser")
	wantText(t, "the account", f.get("/settings/accounts/new/edit"), "What it may do")
	post(303, "/settings/accounts/NEW/role", url.Values{"role": {"administrator"}}, "")
	post(303, "/settings/accounts/new/role", url.Values{"role": {"viewer"}}, "")
	post(422, "/settings/accounts/new/password", two("short"), "at least 10")
	post(303, "/settings/accounts/new/password", two("a third "+canary), "")
	post(303, "/settings/accounts/new/disable", nil, "")
	post(303, "/settings/accounts/new/enable", nil, "")
	for _, path := range []string{"role", "disable"} {
		post(422, "/settings/accounts/anna/"+path, url.Values{"role": {"viewer"}}, "last administrator")
	}
	post(422, "/settings/accounts/anna/remove", url.Values{"confirm": {"anna"}}, "last administrator")
	post(422, "/settings/accounts/new/remove", url.Values{"confirm": {"NEW"}}, "Type the name exactly")
	post(303, "/settings/accounts/new/remove", url.Values{"confirm": {"new"}}, "")
	post(404, "/settings/accounts/new/remove", url.Values{"confirm": {"new"}}, "")
	post(303, "/settings/sessions/"+p.session[cluster.Viewer]+"/end", nil, "")
	post(404, "/settings/sessions/"+p.session[cluster.Viewer]+"/end", nil, "")
	post(303, "/settings/tokens/"+p.tokenID[cluster.Viewer]+"/revoke", nil, "")
	post(404, "/settings/tokens/"+p.tokenID[cluster.Viewer]+"/revoke", nil, "")
	w := f.send("/settings/tokens/new", url.Values{"name": {"backup"}, "role": {"viewer"}})
	if w.Code != 200 || w.Header().Get("Cache-Control") != personal {
		t.Errorf("a new token: %d %s", w.Code, w.Header().Get("Cache-Control"))
	}
	wantText(t, "a new token", w, "<code>la_", "It is shown this once.")
	if strings.Contains(f.get("/settings/tokens").Body.String(), "la_") {
		t.Error("a token is shown again")
	}

	// One's own: not that of others.
	f.as(p, cluster.Operator)
	p.signIn(t, cluster.Operator)
	post(404, "/account/sessions/"+p.session[cluster.Administrator]+"/end", nil, "")
	own := two("a fourth " + canary)
	own.Set("current", "wrong")
	post(422, "/account/password", own, "This is not your password.")
	own.Set("current", passphrase)
	post(303, "/account/password", own, "")
	if f.get("/").Code != 200 || f.as(p, cluster.Operator).get("/").Code != 303 {
		t.Error("a new password: this browser stays, the others go")
	}
	var actions []string
	for _, e := range f.audited() {
		actions = append(actions, e.Action)
		if strings.Contains(fmt.Sprint(e), canary) || strings.Contains(fmt.Sprint(e), "la_") {
			t.Errorf("a secret in the audit log: %+v", e)
		}
	}
	want := "account.added account.role account.role account.password account.disabled account.enabled account.removed session.ended token.revoked token.created account.password account.password"
	if got := strings.Join(actions, " "); got != want {
		t.Errorf("audited %s\nwant %s", got, want)
	}
}

func TestSettingsAreAudited(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Administrator)
	for _, x := range []struct{ method, path, body string }{
		{"POST", "/api/v1/settings/clusters/NEW", toWatch(nil)},
		{"PUT", "/api/v1/settings/clusters/NEW", toWatch(func(o object) { o["name"] = "NEWER" })},
		{"POST", "/api/v1/settings/clusters/AUE-01/nodes/HV-01/pause", ""},
		{"DELETE", "/api/v1/settings/clusters/AUE-01?history=keep", ""},
	} {
		if w := f.request(x.method, x.path, "application/json", []byte(x.body)); w.Code >= 300 {
			t.Fatalf("%s %s: %d %s", x.method, x.path, w.Code, w.Body)
		}
	}
	var got []string
	for _, e := range f.audited() {
		got = append(got, strings.TrimSpace(strings.Join([]string{e.Who, e.Action, e.Object, e.Detail}, " ")))
		if strings.Contains(e.Params, canary) || strings.HasPrefix(e.Action, "cluster.added") && !strings.Contains(e.Params, "hv-09.example.net") {
			t.Errorf("params %s", e.Params)
		}
	}
	want := []string{"anna cluster.added NEW", "anna cluster.saved NEWER It was called NEW.", "anna cluster.paused AUE-01/HV-01", "anna cluster.removed AUE-01 Its history was kept."}
	if !slices.Equal(got, want) {
		t.Errorf("audited %q", got)
	}
}

// brokenAudit was tampered with.
type brokenAudit struct{ AuditLog }

func (brokenAudit) VerifyAudit(context.Context) (int64, string, error) {
	return 2, "", fmt.Errorf("verifying: %w", &store.AuditBroken{Seq: 3, Why: "it was changed"})
}

func TestAuditPage(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(), cluster.Administrator)
	add := func(e cluster.AuditEntry) {
		t.Helper()
		if err := f.store.Audit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	add(cluster.AuditEntry{Who: "olaf", Action: "run.started", Object: "AUE-01/HV-01", Run: "r1", Text: "=cmd()\n<script>\x1b[31m\u202e"})
	add(cluster.AuditEntry{Who: "olaf", Action: "run.ended", Object: "AUE-01/HV-01", Run: "r1", Outcome: "failed"})
	for range views.AuditPageSize {
		add(cluster.AuditEntry{Who: "vera", Action: "sign-in", Outcome: "ok"})
	}
	w := f.get("/settings/audit")
	wantText(t, "the log", w, `href="/settings/audit?before=3"`, `data-line="102"`)
	if strings.Contains(w.Body.String(), `data-line="2"`) {
		t.Error("more than a page")
	}
	w = f.get("/settings/audit?before=3")
	wantText(t, "the older lines", w, `data-line="2"`, `data-line="1"`, "&lt;script&gt;␛[31m⟨U+202E⟩", `chip crit`, "Newest")
	wantText(t, "one run", f.get("/settings/audit?run=r1&who=olaf&action=run.ended&from=2000-01-01T00:00&to=2100-01-01T00:00"), `data-line="2"`)
	wantText(t, "nothing", f.get("/settings/audit?object=none"), "No line fits")
	wantText(t, "verified", f.get("/settings/audit?verify=1"), "102 lines, unbroken.")
	rows, err := csv.NewReader(f.get("/settings/audit.csv?who=olaf").Body).ReadAll()
	if err != nil || len(rows) != 3 || rows[2][13] != "'=cmd()\n<script>\x1b[31m\u202e" {
		t.Errorf("%v %q", err, rows)
	}
	all := f.get("/settings/audit.jsonl").Body.String()
	if n := strings.Count(all, "\n"); n != 104 || !strings.Contains(all, `"action":"audit.exported","object":"audit.csv"`) {
		t.Errorf("%d lines exported", n)
	}
	f.app.opt.Audit = brokenAudit{f.store}
	wantText(t, "broken", f.get("/settings/audit?verify=1"), "Line 3 is not as it was written:", "it was changed.", "Up to line 2 the log is unbroken.")
}

// No password, cookie or token is in a log, an address or an error.
func TestSignInKeepsSecrets(t *testing.T) {
	var log bytes.Buffer
	var p *people
	f := newFixture(t, func(o *Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		p = newPeople(t, o)
	})
	var answers strings.Builder
	keep := func(w *httptest.ResponseRecorder) {
		fmt.Fprintln(&answers, w.Body, w.Header().Get("Location"))
	}
	secret := "first-secret-of-the-link"
	keep(f.get("/first/" + secret))
	keep(f.send("/first/"+secret, url.Values{"password": {canary}, "again": {canary}}))
	keep(f.send("/sign-in", url.Values{"user": {"anna"}, "password": {canary}}))
	keep(f.send("/sign-in", url.Values{"user": {"anna"}, "password": {passphrase}}))
	keep(f.ask("GET", "/api/v1/whoami", "Authorization", "Bearer "+canary))
	keep(f.ask("GET", "/api/v1/whoami", "Authorization", "Bearer "+p.token[cluster.Viewer]))
	f.as(p, cluster.Administrator)
	keep(f.request("POST", "/api/v1/accounts", "application/json", []byte(`{"name":"x","role":"viewer","password":"`+canary+`","x":1}`)))
	keep(f.request("POST", "/api/v1/accounts", "application/json", []byte(`{"name":"x","role":"viewer","password":["`+canary+`"]}`)))
	keep(f.send("/settings/accounts/vera/password", url.Values{"password": {canary}, "again": {canary + "x"}}))
	keep(f.get("/settings/accounts"))
	keep(f.get("/settings/audit"))
	_, cookie, _ := strings.Cut(p.cookie[cluster.Administrator], "=")
	for what, s := range map[string]string{"password": canary, "passphrase": passphrase, "cookie": cookie, "token": p.token[cluster.Viewer], "link": secret} {
		if strings.Contains(log.String(), s) {
			t.Errorf("the %s is in the log", what)
		}
		if strings.Contains(answers.String(), s) {
			t.Errorf("the %s is in an answer", what)
		}
	}
	if !strings.Contains(log.String(), "/first/…") {
		t.Error("nothing was logged: this test proves nothing")
	}
}
