package handlers

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/views"
)

var tag = regexp.MustCompile(`<[^>]*>`)

// wantSeen looks for texts as a reader sees them, and that nothing else made tags.
func wantSeen(t *testing.T, what string, w *httptest.ResponseRecorder, wants ...string) {
	t.Helper()
	seen := strings.Join(strings.Fields(html.UnescapeString(tag.ReplaceAllString(w.Body.String(), ""))), " ")
	for _, want := range wants {
		if !strings.Contains(seen, want) {
			t.Errorf("%s lacks %q: %.3000s", what, want, seen)
		}
	}
}

func TestConsoleIsFilledIn(t *testing.T) {
	f, _ := newRuns(t, everything, cluster.Administrator)
	q := url.Values{"target": {views.TargetText(hostile, hostile), "AUE-01/HV-02", "AUE-01/none", "x"}, "script": {"Get-Cluster '</textarea>'"}, "role": {"AUE-01/Files"}}
	w := f.get("/console?" + q.Encode())
	for _, want := range []string{
		`Get-Cluster &#39;&lt;/textarea&gt;&#39;</textarea>`, `value="` + html.EscapeString(views.TargetText(hostile, hostile)) + `" checked`, `value="AUE-01/HV-02" checked`,
		`value="AUE-01/Files" selected`, "Reads only.", `3 chosen`, `the user that reads, EXAMPLE\reader`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the console lacks %q", want)
		}
	}
	if n := strings.Count(w.Body.String(), `" checked`); n != 2 {
		t.Errorf("%d nodes are chosen", n)
	}
	if body := f.get("/console?cluster=AUE-01").Body.String(); !strings.Contains(body, `value="AUE-01/HV-01" checked`) {
		t.Error("a cluster does not stand for its first node that answers")
	}
	if w := f.get("/console?saved=none"); w.Code != http.StatusNotFound {
		t.Errorf("a script that is not there: %d", w.Code)
	}
}

func TestRunByForm(t *testing.T) {
	f, _ := newRuns(t, everything, cluster.Administrator)
	w := f.submit("/console/runs", "script=Get-Cluster%0D%0A%24x&target=AUE-01/HV-02&role=AUE-01/Files&timeout=60&verbose=1")
	address := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(address, "/console/runs/") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	run, err := f.app.opt.Console.Find(strings.TrimPrefix(address, "/console/runs/"))
	if err != nil {
		t.Fatal(err)
	}
	waitOver(run)
	want := cluster.RunRequest{Script: "Get-Cluster\n$x", Targets: []cluster.Target{{Cluster: "AUE-01", Node: "HV-02"}, {Cluster: "AUE-01", Node: "HV-01"}}, Timeout: 60e9, Verbose: true}
	if d := cmp.Diff(want, run.Request); d != "" {
		t.Error(d)
	}
	if run.Who.Name != "anna" || run.Who.Address != "192.0.2.1" {
		t.Errorf("run by %+v", run.Who)
	}
	page := f.get(address)
	wantSeen(t, "its page", page, "Run on HV-02, HV-01", "Done", "by anna")
	for _, want := range []string{"Get-Cluster\n$x</textarea>", `value="AUE-01/HV-01" checked`, `<option value="60" selected>`, `name="verbose" value="1" checked`, address + "/output/1"} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("its page lacks %q", want)
		}
	}
	wantSeen(t, "the list", f.get("/console/runs"), "Get-Cluster", "HV-02, HV-01", "anna", "Done")
	out := f.get(address + "/output/0")
	if !strings.HasPrefix(out.Body.String(), "<b>one</b>\x1b[31m\ntwo\n\nargs , act false, verbose true\nERROR: It failed.\n") {
		t.Errorf("the output is %q", out.Body)
	}
	for name, want := range map[string]string{"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff", "Content-Disposition": `attachment; filename="HV-02-20260314-150926.txt"`, "Cache-Control": personal} {
		if got := out.Header().Get(name); got != want {
			t.Errorf("the output: %s is %q, want %q", name, got, want)
		}
	}
	for _, n := range []string{"2", "-1", "x"} {
		if w := f.get(address + "/output/" + n); w.Code != http.StatusNotFound {
			t.Errorf("output %s: %d", n, w.Code)
		}
	}
}

func TestWhatStandsAgainstARun(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Administrator)
	for form, want := range map[string]string{
		"target=AUE-01/HV-01":                                     "There is nothing to run.",
		"script=Get-Cluster":                                      "No node is chosen.",
		"script=Get-Cluster&target=AUE-01/none":                   "none in AUE-01",
		"script=Get-Cluster&role=AUE-01/Nobody":                   "No node owns the role Nobody just now.",
		"saved=Top processes&target=AUE-01/HV-01&p.Count=0":       "Count has to be from 1 to 100.",
		"saved=Top processes&target=AUE-01/HV-01&p.Other=1":       "The script has no parameter Other.",
		"script=Stop-ClusterNode+-Name+HV-01&target=AUE-01/HV-01": "type HV-01 below",
	} {
		w := f.submit("/console/runs", form)
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", form, w.Code)
		}
		wantSeen(t, form, w, "Nothing was run.", want)
		var said struct {
			Phrase   string
			Problems []string
		}
		w = f.submit("/console/runs", form, "Accept", "application/json")
		if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusOK || !strings.Contains(strings.Join(said.Problems, " ")+" type "+said.Phrase+" below", want) {
			t.Errorf("%s as JSON: %d %s", form, w.Code, w.Body)
		}
	}
	if n := len(f.app.opt.Console.Runs()); n != 0 {
		t.Errorf("%d runs began", n)
	}
	dangerous := "script=Stop-ClusterNode+-Name+HV-01&target=AUE-01/HV-01&confirm="
	if w := f.submit("/console/runs", dangerous+"hv-01"); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("confirmed in other letters: %d", w.Code)
	}
	if run := f.run(dangerous + "+HV-01+"); run.Danger.OnlyReads {
		t.Error("it is said to read only")
	}
	for form, want := range map[string]int{"target=x&script=a": 400, "timeout=-1&script=a": 400, "timeout=x": 400, "saved=none": 404, "script=" + strings.Repeat("x", maxRun): 413} {
		if w := f.submit("/console/runs", form); w.Code != want {
			t.Errorf("%.40s: %d, want %d", form, w.Code, want)
		}
	}
	if w := f.submit("/console/runs", "script=Get-Cluster&target=AUE-01/HV-01", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("sent by another site: %d", w.Code)
	}
	f.as(p, cluster.Operator)
	w := f.submit("/console/runs", "script=Get-Cluster&target=AUE-01/HV-01")
	wantSeen(t, "an operator types", w, "Running what was typed needs the role administrator. The attempt is in the audit log.")
	if last := f.audited()[len(f.audited())-1]; w.Code != http.StatusForbidden || last.Action != "run.refused" || last.Who != "olaf" || last.Text != "Get-Cluster" {
		t.Errorf("%d, %+v", w.Code, last)
	}
}

func TestSavedScriptIsRunAsItIsKept(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Operator)
	run := f.run("saved=top+PROCESSES&script=Stop-Cluster&target=AUE-01/HV-01&p.By=Memory&p.Count=7")
	s, err := f.app.opt.Library.Find(t.Context(), "Top processes")
	if err != nil {
		t.Fatal(err)
	}
	if run.Request.Script != s.Text || run.Request.Saved != "Top processes" || string(run.Request.Args) != `{"By":"Memory","Count":7}` {
		t.Errorf("%+v", run.Request)
	}
	page := f.get("/console/runs/" + run.ID)
	for _, want := range []string{`<option value="Memory" selected>`, `value="7"`, `name="saved" value="Top processes"`} {
		if !strings.Contains(page.Body.String(), want) {
			t.Errorf("its page lacks %q", want)
		}
	}
	if strings.Contains(page.Body.String(), "<textarea") || strings.Contains(page.Body.String(), "Open in the editor") {
		t.Error("an operator is offered an editor")
	}
	// What changes something is not for operators, saved or not.
	err = f.app.opt.Library.Put(t.Context(), cluster.Who{Name: "anna", Role: cluster.Administrator}, "", cluster.SavedScript{Name: "Pause", Text: "param([bool]$Drain = $true)\nSuspend-ClusterNode"})
	if err != nil {
		t.Fatal(err)
	}
	if w := f.submit("/console/runs", "saved=Pause&target=AUE-01/HV-01&confirm=HV-01"); w.Code != http.StatusForbidden {
		t.Errorf("an operator changes something: %d", w.Code)
	}
	if strings.Contains(f.get("/console/scripts").Body.String(), "Pause") {
		t.Error("an operator is offered a script that changes something")
	}
	f.as(p, cluster.Administrator)
	// A box that is not ticked sends the field before it alone.
	for form, want := range map[string]string{"p.Drain=false": `{"Drain":false}`, "p.Drain=false&p.Drain=true": `{"Drain":true}`} {
		if run := f.run("saved=Pause&target=AUE-01/HV-01&confirm=HV-01&" + form); string(run.Request.Args) != want {
			t.Errorf("%s: %s", form, run.Request.Args)
		}
	}
	if run := f.run("saved=State+of+a+cluster&target=AUE-01/HV-01"); !run.Danger.OnlyReads {
		t.Error("what the product asks itself does not only read")
	}
}

// What a script wrote may hold anything: only who ran it and administrators see it.
func TestRunsAreOfThosePeople(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Administrator)
	hers := f.run("script=Get-Cluster&target=AUE-01/HV-01").ID
	f.as(p, cluster.Operator)
	his := f.run("saved=Storage+jobs&target=AUE-01/HV-01").ID
	for _, at := range []string{"/console/runs/%s", "/console/runs/%s/output/0", "/api/v1/runs/%s", "/api/v1/runs/%s/events"} {
		if w := f.get(fmt.Sprintf(at, hers)); w.Code != http.StatusNotFound {
			t.Errorf("an operator at %s of somebody else: %d", at, w.Code)
		}
		if w := f.get(fmt.Sprintf(at, his)); w.Code != http.StatusOK {
			t.Errorf("an operator at his own %s: %d", at, w.Code)
		}
	}
	for _, address := range []string{"/console/runs", "/api/v1/runs", "/console"} {
		if body := f.get(address).Body.String(); strings.Contains(body, hers) || !strings.Contains(body, his) {
			t.Errorf("%s does not show exactly his own", address)
		}
	}
	if w := f.submit("/console/runs/"+hers+"/cancel", ""); w.Code != http.StatusNotFound {
		t.Errorf("cancelling what somebody else runs: %d", w.Code)
	}
	f.as(p, cluster.Administrator)
	if w := f.get("/console/runs/" + his + "/output/0"); w.Code != http.StatusOK {
		t.Errorf("an administrator: %d", w.Code)
	}
}

func TestLook(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Administrator)
	d := stored("AUE-01")
	d.Access.Act = &cluster.Identity{User: `EXAMPLE\writer`}
	f.app.opt.Fleet = newMemoryFleet(d)
	for form, want := range map[string][]string{
		"":                                       {"What a script does is told here before it is run."},
		"script=Get-Cluster&target=AUE-01/HV-01": {"Reads only.", `On HV-01 as the user that reads, EXAMPLE\reader.`},
		"script=Stop-Cluster&target=AUE-01/HV-01":              {"Changes something, or may.", "Stop-Cluster stops something", `On HV-01 as the user that changes, EXAMPLE\writer.`},
		"script=Stop-Cluster&role=AUE-01/Files":                {`On HV-01 as the user that changes`},
		"saved=Storage+jobs&script=Stop-Cluster":               {"Reads only."},
		"script=%26+%22%3Cimg+src=x%3E%22&target=AUE-01/HV-01": {`& "<img src=x>" runs what cannot be told from the text`},
	} {
		w := f.submit("/console/look", form)
		wantSeen(t, form, w, want...)
		if strings.Contains(w.Body.String(), "<img") {
			t.Errorf("%s is not escaped", form)
		}
	}
	d.Access.Act = nil
	f.app.opt.Fleet = newMemoryFleet(d)
	wantSeen(t, "without a user for changes", f.submit("/console/look", "script=Stop-Cluster&target=AUE-01/HV-01"), "On HV-01 it would not be run: no user is set there that changes things.")
	f.as(p, cluster.Operator)
	wantSeen(t, "an operator types", f.submit("/console/look", "script=Get-Cluster"), "It would be refused. Running what was typed needs the role administrator.")
}

func TestCommands(t *testing.T) {
	f, _ := newRuns(t, everything, cluster.Administrator)
	for target, want := range map[string]string{"AUE-01/HV-01": `["Get-Cluster"]`, "AUE-01/HV-02": "[]"} {
		if w := f.get("/console/commands?target=" + target); w.Code != http.StatusOK || strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("%s: %d %s", target, w.Code, w.Body)
		}
	}
	for target, want := range map[string]int{"": 400, "AUE-01/none": 404} {
		if w := f.get("/console/commands?target=" + target); w.Code != want {
			t.Errorf("%q: %d", target, w.Code)
		}
	}
}

func TestSavedScriptPages(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Administrator)
	form := url.Values{"name": {"<i>Mine</i> & more/less"}, "description": {"What it does"}, "script": {"param([int]$N)\r\nGet-Cluster"}}
	if w := f.submit("/console/scripts/new", form.Encode()); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	at := views.ScriptPath("<i>Mine</i> & more/less")
	wantSeen(t, "the list", f.get("/console/scripts?note=script-saved"), "The script was saved.", "<i>Mine</i> & more/less", "by anna", "What it does")
	wantSeen(t, "its page", f.get(at), "<i>Mine</i> & more/less", "N", "Get-Cluster")
	wantSeen(t, "its form", f.get(at+"/edit"), "Get-Cluster")
	wantSeen(t, "a second", f.submit("/console/scripts/new", form.Encode()), "There is a script of that name already.")
	wantSeen(t, "a wrong one", f.submit("/console/scripts/new", "name=x&script=param([datetime]$x)"), "The parameters cannot be asked for")
	wantSeen(t, "a draft", f.submit("/console/scripts/draft", "script=Get-Volume"), "New script", "Get-Volume")
	if w := f.get("/console/scripts/Storage%20jobs/edit"); w.Code != http.StatusConflict {
		t.Errorf("the form of a built-in script: %d", w.Code)
	}
	if err := p.service.Add(t.Context(), "bert", passphrase, cluster.Administrator); err != nil {
		t.Fatal(err)
	}
	cookie, _, err := p.service.SignIn(t.Context(), "bert", passphrase, access.Client{})
	if err != nil {
		t.Fatal(err)
	}
	wantSeen(t, "somebody else changes it", f.submit(at+"/edit", form.Encode(), "Cookie", testCookie+"="+cookie), "This script is kept by somebody else.")
	form.Set("name", "renamed")
	if w := f.submit(at+"/edit", form.Encode()); w.Code != http.StatusSeeOther || f.get(at).Code != http.StatusNotFound || f.get("/console/scripts/RENAMED").Code != http.StatusOK {
		t.Errorf("renaming: %d", w.Code)
	}
	if w := f.submit("/console/scripts/renamed/delete", ""); w.Code != http.StatusSeeOther || f.get("/console/scripts/renamed").Code != http.StatusNotFound {
		t.Errorf("deleting: %d", w.Code)
	}
	var actions []string
	for _, e := range f.audited() {
		if strings.HasPrefix(e.Action, "script.") {
			actions = append(actions, e.Who+" "+e.Action)
		}
	}
	if d := cmp.Diff([]string{"anna script.saved", "anna script.saved", "anna script.deleted"}, actions); d != "" {
		t.Error(d)
	}
}

func TestShowScript(t *testing.T) {
	f, p := newRuns(t, everything, cluster.Viewer)
	body := f.get("/c/AUE-01/nodes/HV-01").Body.String()
	if want := `href="/asked?q=vitals+state+inventory&amp;target=AUE-01%2FHV-01"`; !strings.Contains(body, want) {
		t.Errorf("the page of a node does not lead to its scripts: want %s", want)
	}
	if !strings.Contains(body, "data-no-console") || strings.Contains(body, `>Console<`) && !strings.Contains(body, "to-console") {
		t.Error("a viewer is led to the console")
	}
	w := f.get("/asked?q=vitals+state+inventory&target=AUE-01/HV-01")
	wantSeen(t, "the scripts", w, "State of a cluster", "& $read '</script>'", "for HV-01 of AUE-01")
	if strings.Contains(w.Body.String(), "Open in the console") {
		t.Error("a viewer is led to the console")
	}
	f.as(p, cluster.Operator)
	if w := f.get("/asked?q=state&target=AUE-01/HV-01"); !strings.Contains(w.Body.String(), `href="/console/scripts/State%20of%20a%20cluster?target=AUE-01%2FHV-01"`) {
		t.Error("an operator is not led to the console")
	}
	wantSeen(t, "no such question", f.get("/asked?q=none"), "No such question")
	f.app.opt.Library = nil
	if w := f.get("/asked?q=state"); w.Code != http.StatusNotFound {
		t.Errorf("without a library: %d", w.Code)
	}
}

func TestNoConsole(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Administrator)
	for _, address := range []string{"/console", "/console/runs", "/console/scripts"} {
		wantSeen(t, address, f.get(address), "There is no console")
	}
	for _, address := range []string{"/console/runs/1", "/console/scripts/new", "/console/scripts/x"} {
		if w := f.get(address); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", address, w.Code)
		}
	}
	for _, address := range []string{"/console/runs", "/console/look", "/console/scripts/new", "/console/scripts/draft", "/console/scripts/x/edit", "/console/scripts/x/delete", "/console/runs/1/cancel"} {
		if w := f.submit(address, "script=a"); w.Code != http.StatusNotFound {
			t.Errorf("POST %s: %d", address, w.Code)
		}
	}
}
