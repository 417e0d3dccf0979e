package main

import (
	"bytes"
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

var linkForm = regexp.MustCompile(`http://\S+/first/\S+`)

// The first administrator comes by a link that stands on the terminal and works once.
// Signing out ends what is open.
func TestJourneyOfTheFirstAdministrator(t *testing.T) {
	p := startProductWith(t, t.TempDir(), os.Getenv, "-real")
	link := linkForm.FindString(p.said)
	if link == "" {
		t.Fatalf("no link was printed: %q", p.said)
	}
	b := newBrowser(t)
	b.stranger = true
	b.open(p.url + "/faults?open=1")
	b.until("the sign-in page", `location.pathname === "/sign-in"`)

	b.open(link)
	b.fill("f-user", "ann")
	b.fill("f-password", "too short")
	b.fill("f-again", "too short")
	b.submit()
	b.until("an objection to the password", `location.pathname.startsWith("/first/") && /10 characters/.test(document.body.textContent)`)
	b.forget() // the browser logs the refused form
	b.fill("f-user", "ann")
	b.fill("f-password", "correct horse battery")
	b.fill("f-again", "correct horse battery")
	b.submit()
	b.until("the overview", `location.pathname === "/"`)
	b.open(link)
	b.until("that the link is used up", `/not valid|used|no longer/i.test(document.body.textContent)`)
	b.forget()

	// Signed out in another window, this one notices at once.
	b.open(p.url + "/")
	b.until("the live socket", `/Live/.test(document.body.textContent)`)
	other := b.tab()
	other.open(p.url + "/account")
	eval[bool](other, `(() => { document.querySelector('form[action="/sign-out"]').submit(); return true })()`)
	other.until("to be signed out", `location.pathname === "/sign-in"`)
	b.until("the sign-in page in the first window", `location.pathname === "/sign-in"`)

	b.fill("f-user", "ann")
	b.fill("f-password", "not the password")
	b.submit()
	b.until("that something was wrong", `/wrong/.test(document.body.textContent)`)
	b.forget()
	b.fill("f-user", "ann")
	b.fill("f-password", "correct horse battery")
	b.submit()
	b.until("the page that was wanted", `location.pathname !== "/sign-in"`)
	b.quiet("signing in")
}

// submit sends the form that has a password.
func (b *browser) submit() {
	b.t.Helper()
	eval[bool](b, `(() => { document.querySelector("form:has(input[type=password])").requestSubmit(); return true })()`)
}

// Beyond loopback there is TLS, with a certificate of our own, and a cookie that never
// leaves it.
func TestBeyondLoopbackThereIsTLS(t *testing.T) {
	child := startChildTo(t, os.Stderr, "-addr", "0.0.0.0:0", "-data", filepath.Join(t.TempDir(), "not", "there", "yet"), "-real", "-log", "error")
	m := regexp.MustCompile(`https://\S+:(\d+)`).FindStringSubmatch(child.first)
	if m == nil {
		t.Fatalf("the banner says %q", child.first)
	}
	base := "https://127.0.0.1:" + m[1]
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // nobody vouches for it
	body, _ := json.Marshal(map[string]string{"name": tester, "password": testerPassword, "role": "viewer"})
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1/accounts", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+testToken)
	res, err := client.Do(req)
	must(t, err)
	res.Body.Close()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err = client.PostForm(base+"/sign-in", url.Values{"user": {tester}, "password": {testerPassword}})
	must(t, err)
	res.Body.Close()
	for _, c := range res.Cookies() {
		if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode {
			t.Errorf("cookie: %+v", c)
		}
	}
	if len(res.Cookies()) != 1 {
		t.Errorf("%d cookies, %s", len(res.Cookies()), res.Status)
	}
	if res, err := http.Get("http://127.0.0.1:" + m[1] + "/healthz"); err == nil && res.StatusCode == http.StatusOK {
		t.Error("plain http is answered")
	}
}

// A run that is under way when the program is killed is in the audit log as
// interrupted; a line that was changed is found by the command.
func TestAuditOutlivesKillAndShowsTampering(t *testing.T) {
	dir := t.TempDir()
	sim := startChild(t, "simulator", "-json", "-seed", "1")
	var said announced
	must(t, json.Unmarshal([]byte(sim.first), &said))
	args := []string{"-config", fleetConfig(t, said), "-addr", "127.0.0.1:0", "-data", dir, "-log", "error"}
	first := startChild(t, args...)
	p := &product{t: t, url: first.url(t)}
	waitForPictures(t, p)
	body, err := json.Marshal(map[string]any{
		"targets": []map[string]string{{"cluster": demoCluster, "node": demoNode}}, "script": "'begun'; Start-Sleep -Seconds 600",
	})
	must(t, err)
	res, err := http.Post(p.url+"/api/v1/runs", "application/json", bytes.NewReader(body))
	must(t, err)
	var made struct{ ID string }
	must(t, json.NewDecoder(res.Body).Decode(&made))
	res.Body.Close()
	if made.ID == "" {
		t.Fatalf("starting a run: %s", res.Status)
	}
	eventually(t, "the run under way", func() bool {
		r, err := http.Get(p.url + "/api/v1/runs/" + made.ID)
		must(t, err)
		defer r.Body.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(r.Body)
		return strings.Contains(text.String(), `"running"`)
	})
	first.kill()

	second := startChild(t, args...)
	p.url = second.url(t)
	log := auditOf(t, p, made.ID)
	if len(log) != 2 || log[1].Action != "run.started" || log[0].Action != "run.ended" || log[0].Outcome != "interrupted" {
		t.Errorf("the log of the run: %+v", log)
	}

	verify := func() (string, error) {
		var out, errs bytes.Buffer
		err := run(t.Context(), []string{"audit", "-data", dir, "verify"}, os.Getenv, &out, &errs)
		return out.String(), err
	}
	if out, err := verify(); err != nil || !strings.Contains(out, "unbroken") { // while it runs
		t.Fatalf("verify: %q, %v", out, err)
	}
	second.end()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "looksalive.db"))
	must(t, err)
	triggers, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'`)
	must(t, err)
	var names []string
	for triggers.Next() {
		var n string
		must(t, triggers.Scan(&n))
		names = append(names, n)
	}
	triggers.Close()
	if _, err := db.Exec(`UPDATE audit SET text = 'Get-Date' WHERE run = ?`, made.ID); err == nil {
		t.Error("the log lets itself be changed")
	}
	for _, n := range names {
		_, err := db.Exec(fmt.Sprintf(`DROP TRIGGER %q`, n))
		must(t, err)
	}
	_, err = db.Exec(`UPDATE audit SET text = 'Get-Date' WHERE action = 'run.started' AND run = ?`, made.ID)
	must(t, err)
	must(t, db.Close())
	if out, err := verify(); err == nil {
		t.Errorf("a changed line is not found: %q", out)
	}
}

type auditLine struct{ Action, Outcome, Object, Text string }

// auditOf reads the lines of one run, newest first.
func auditOf(t testing.TB, p *product, run string) []auditLine {
	t.Helper()
	answer := getFrom[struct{ Lines []auditLine }](t, p.url+"/api/v1/audit?run="+run)
	return answer.Lines
}
