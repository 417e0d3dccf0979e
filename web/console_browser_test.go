package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// compose opens the console with a script and targets filled in.
func (b *browser) compose(p *product, script string, targets ...string) {
	b.t.Helper()
	q := url.Values{"script": {script}, "target": targets}
	b.open(p.url + "/console?" + q.Encode())
	b.until("the editor", `!!document.querySelector("#run-button") && document.getElementById("f-script").value !== ""`)
}

// runs presses the button and waits for the page of the run.
func (b *browser) runs() {
	b.t.Helper()
	b.choose("run-button")
	b.until("the page of the run", `/^\/console\/runs\/./.test(location.pathname) || !!document.querySelector("#run[data-run]")`)
}

// output waits until all that the run shows holds a text.
func (b *browser) output(text string) {
	b.t.Helper()
	b.until("output with "+text, fmt.Sprintf(`(document.getElementById("run")?.innerText ?? "").includes(%q)`, text))
}

func (b *browser) runEnds(state string) {
	b.t.Helper()
	b.until("the end: "+state, fmt.Sprintf(`[...document.querySelectorAll("#run .chip[data-state]")].length > 0 && [...document.querySelectorAll("#run .chip[data-state]")].every(c => c.dataset.state === %q)`, state))
}

// PowerShell on one node and on all of them: output as it comes, an end that is real,
// a confirmation where something changes, and nothing from a node becomes HTML.
func TestJourneyConsole(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	one := demoCluster + "/HV-FRA-01"

	b.compose(p, "Get-ClusterNode | Select-Object Name, State", one)
	b.runs()
	b.output("HV-BER-02")
	b.runEnds("done")

	b.compose(p, "hostname", one, demoCluster+"/HV-FRA-02", demoCluster+"/HV-BER-01", demoCluster+"/HV-BER-02")
	b.runs()
	for _, node := range []string{"HV-FRA-01", "HV-FRA-02", "HV-BER-01", "HV-BER-02"} {
		b.output(node)
	}
	b.runEnds("done")

	// It comes while it runs, survives a reload, and cancelling ends it.
	b.compose(p, "'the first line'; Start-Sleep -Seconds 600; 'never'", one)
	b.runs()
	b.output("the first line")
	b.runEnds("running")
	b.open(eval[string](b, `location.href`))
	b.output("the first line")
	eval[bool](b, `(() => { [...document.querySelectorAll("#run button")].find(x => x.textContent.trim() === "Cancel").click(); return true })()`)
	b.runEnds("cancelled")

	b.compose(p, `'<img src=x onerror="document.title=1"><b id="injected">bold</b>'; Write-Error 'it is wrong'; Write-Warning 'look out'`, one)
	b.runs()
	b.output("<img src=x")
	b.output("it is wrong")
	b.output("look out")
	b.same("from a node", `String(document.querySelector("#injected, #run img"))`, "null")
	b.quiet("the console")

	// What changes something is confirmed by typing where.
	b.compose(p, "(Get-Cluster).SameSubnetThreshold = 15; (Get-Cluster).SameSubnetThreshold", one)
	b.choose("run-button")
	b.until("the question", `document.getElementById("confirm")?.open === true`)
	b.fill("confirm-input", "HV-FRA-02")
	b.until("a button that waits for the right name", `document.querySelector("#confirm button.danger, #confirm button[type=submit], #confirm .pri")?.disabled === true`)
	b.fill("confirm-input", "HV-FRA-01")
	eval[bool](b, `(() => { document.querySelector("#confirm form, #confirm").querySelector("button.danger, button[type=submit], .pri").click(); return true })()`)
	b.output("15")
	b.runEnds("done")
	b.quiet("a change")

	audit := getFrom[struct{ Lines []auditLine }](t, p.url+"/api/v1/audit?limit=3")
	if len(audit.Lines) < 2 || audit.Lines[0].Outcome != "ok" || !strings.Contains(audit.Lines[1].Text, "SameSubnetThreshold = 15") {
		t.Errorf("the audit log: %+v", audit.Lines)
	}
}

// A viewer has no console; an operator runs what is saved and only reads.
func TestJourneyRoles(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	for name, c := range map[string]struct{ console, settings int }{
		"viewer": {http.StatusForbidden, http.StatusForbidden}, "operator": {http.StatusOK, http.StatusForbidden},
	} {
		if code := addAccount(t, p.url, "the-"+name, name); code != http.StatusCreated {
			t.Fatalf("adding a %s: status %d", name, code)
		}
		b := newBrowser(t)
		b.stranger = true
		b.open(p.url + "/sign-in")
		b.fill("f-user", "the-"+name)
		b.fill("f-password", testerPassword)
		b.submit()
		b.until("the overview", `location.pathname === "/" && /Live/.test(document.body.textContent)`)
		b.same("in the menu", `String(!!document.querySelector('nav a[href="/console"]'))`, fmt.Sprint(c.console == http.StatusOK))
		for path, want := range map[string]int{"/console": c.console, "/settings/accounts": c.settings, "/settings/audit": c.settings, "/nodes": http.StatusOK} {
			got, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](fmt.Sprintf(`fetch(%q).then(r => r.status)`, path), chromedp.EvalAwaitPromise))
			must(t, err)
			if got != want {
				t.Errorf("%s as %s: %d, want %d", path, name, got, want)
			}
		}
		b.forget() // the browser logs what is refused
	}
}

// personalPaths are the pages of whoever is signed in, beside sitePaths.
var personalPaths = []string{
	"/settings/clusters", "/settings/clusters/new", "/settings/accounts", "/settings/accounts/new", "/settings/tokens", "/settings/tokens/new",
	"/settings/audit", "/account", "/console", "/console/runs", "/console/scripts", "/console/scripts/new",
}

// TestPersonalPagesAreAccessible: axe-core finds nothing on them either, they fit
// their screen, and nothing complains.
func TestPersonalPagesAreAccessible(t *testing.T) {
	axe := nodeModule(t, "axe-core/axe.min.js")
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.compose(p, "Get-ClusterNode; Write-Warning 'look out'; Write-Error 'wrong'", demoCluster+"/HV-FRA-01", demoCluster+"/HV-BER-01")
	b.runs()
	b.output("HV-BER-02")
	run := eval[string](b, `location.pathname.startsWith("/console/runs/") ? location.pathname : "/console/runs/" + document.querySelector("#run").dataset.run`)
	for _, path := range append([]string{run}, personalPaths...) {
		b.scheme("light")
		b.size(1440, 900)
		b.open(p.url + path)
		b.until("the page", `document.readyState === "complete"`)
		eval[bool](b, axe+"; true")
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.size(size[0], size[1])
			for scheme, rules := range map[string]string{"light": axeAll, "dark": axeContrast} {
				b.scheme(scheme)
				found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`axe.run(document, `+rules+`).then(r => r.violations.map(v =>
					v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary.replace(/\s+/g, " ")).join(" | ")))`, chromedp.EvalAwaitPromise))
				must(t, err)
				for _, f := range found {
					t.Errorf("%s, %s at %d px: %s", path, scheme, size[0], f)
				}
			}
			if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", path, size[0], over)
			}
		}
		b.quiet(path)
	}
}

// startRun runs a script on nodes of the demo cluster and returns its id.
func startRun(t testing.TB, p *product, script string, nodes ...string) string {
	t.Helper()
	targets := url.Values{"script": {script}}
	for _, n := range nodes {
		targets.Add("target", demoCluster+"/"+n)
	}
	res, err := http.PostForm(p.url+"/console/runs", targets)
	must(t, err)
	defer res.Body.Close()
	_, id, found := strings.Cut(res.Request.URL.Path, "/console/runs/")
	if !found || res.StatusCode != http.StatusOK {
		t.Fatalf("starting a run: %s at %s", res.Status, res.Request.URL)
	}
	return id
}
