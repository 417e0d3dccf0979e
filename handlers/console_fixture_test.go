package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/store"
)

// far is the far end of a run, played by the test.
type far func(ctx context.Context, w console.Work, emit func(cluster.RunEvent) error) cluster.RunEvent

func (f far) Run(ctx context.Context, w console.Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
	return f(ctx, w, emit)
}

// everything writes an event of each kind, and what it was asked.
func everything(_ context.Context, w console.Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
	for _, e := range []cluster.RunEvent{
		{Kind: cluster.RunText, Text: "<b>one</b>\x1b[31m"}, {Kind: cluster.RunText, Text: "two\n"}, {Kind: cluster.RunText},
		{Kind: cluster.RunText, Text: fmt.Sprintf("args %s, act %t, verbose %t", w.Args, w.Act, w.Verbose)},
		{Kind: cluster.RunObject, Object: &cluster.RunRecord{Type: "T", Names: []string{"A", "B"}, Values: []any{"x", 1.5}}},
		{Kind: cluster.RunObject, Object: &cluster.RunRecord{Type: "T", Names: []string{"A", "B"}, Values: []any{nil, true}}},
		{Kind: cluster.RunError, Text: "It failed.", ErrorID: "Id"}, {Kind: cluster.RunWarning, Text: "w"}, {Kind: cluster.RunVerbose, Text: "v"},
		{Kind: cluster.RunDebug, Text: "d"}, {Kind: cluster.RunInfo, Text: "i"}, {Kind: cluster.RunCut, Bytes: 99},
		{Kind: cluster.RunProgress, Progress: &cluster.RunProgressed{Activity: "a", Status: "s", Percent: 5}}, {Kind: cluster.RunProgress, Progress: &cluster.RunProgressed{Activity: "a", Percent: -1}},
	} {
		if err := emit(e); err != nil {
			return cluster.RunEvent{State: cluster.RunFailed, Detail: err.Error()}
		}
	}
	return cluster.RunEvent{State: cluster.RunDone, Exit: 0}
}

// forever runs until it is cancelled.
func forever(ctx context.Context, _ console.Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
	_ = emit(cluster.RunEvent{Kind: cluster.RunText, Text: "begun"})
	<-ctx.Done()
	return cluster.RunEvent{State: cluster.RunCancelled}
}

// withConsole gives options a console and a library over their store.
func withConsole(t testing.TB, o *Options, run far) {
	t.Helper()
	st := o.Store.(*store.Store)
	library, err := console.NewLibrary(console.LibraryOptions{Store: st, Auditor: st, Now: o.Now, BuiltIn: []console.Saved{
		{Question: "state", Group: "What LooksAlive asks", SavedScript: cluster.SavedScript{Name: "State of a cluster", Text: "& $read '</script>'"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := console.New(console.Options{Runner: run, Auditor: st, Dir: filepath.Join(t.TempDir(), "runs"), Now: o.Now, Reads: library.Reads,
		Limits: console.Limits{Runs: 3},
		Exists: func(target cluster.Target) error {
			if target.Node == "none" {
				return cluster.ErrNotFound
			}
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	o.Console, o.Library = c, library
	o.Commands = func(_ context.Context, target cluster.Target) ([]string, error) {
		if target.Node == "HV-02" {
			return nil, cluster.ErrDenied
		}
		return []string{"Get-Cluster"}, nil
	}
}

// newRuns is a fixture with a console, in which somebody of a role asks.
func newRuns(t *testing.T, run far, role cluster.UserRole) (*fixture, *people) {
	t.Helper()
	var p *people
	f := newSettings(t, newMemoryFleet(stored("AUE-01")), func(o *Options) {
		p = newPeople(t, o)
		withConsole(t, o, run)
	})
	return f.as(p, role), p
}

// run starts a run by the form and waits for its end.
func (f *fixture) run(form string) *console.Run {
	f.t.Helper()
	id := f.startRun(form)
	run, err := f.app.opt.Console.Find(id)
	if err != nil {
		f.t.Fatal(err)
	}
	waitOver(run)
	return run
}

func waitOver(run *console.Run) {
	for seq := int64(0); ; {
		b, more := run.After(seq)
		if b.Over {
			return
		}
		if seq = b.Next; len(b.Events) == 0 {
			<-more
		}
	}
}

// startRun starts a run by the form and gives its id.
func (f *fixture) startRun(form string) string {
	f.t.Helper()
	w := f.submit("/console/runs", form, "Accept", "application/json")
	var said struct{ ID, Address string }
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Code != http.StatusCreated || said.Address != "/console/runs/"+said.ID {
		f.t.Fatalf("%s: %d %s", form, w.Code, w.Body)
	}
	return said.ID
}

func (f *fixture) submit(target, form string, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.post(target, "application/x-www-form-urlencoded", []byte(form), header...)
}

// sendRuns asks every operation on runs in every described way, and compares what is
// sent and what is answered with the document.
func (f *fixture) sendRuns(t *testing.T, p *people, doc object, check *schemaChecker) {
	t.Helper()
	const runs, one, events = "/api/v1/runs", "/api/v1/runs/{id}", "/api/v1/runs/{id}/events"
	id := f.run("script=Get-Cluster&target=AUE-01/HV-01").ID
	at := func(path string) string { return strings.Replace(path, "{id}", id, 1) }
	good := `{"targets":[{"cluster":"AUE-01","node":"HV-01"}],"script":"Get-Cluster","verbose":true,"timeoutSeconds":1.5}`
	type call struct {
		op, address, body string
		code              int
		header            []string
	}
	calls := []call{
		{op: "post " + runs, body: good, code: 201},
		{op: "post " + runs, body: `{"role":{"cluster":"AUE-01","name":"Files"},"saved":"TOP processes","args":{"Count":5,"By":"Memory"}}`, code: 201},
		{op: "post " + runs, body: `{"targets":[],"script":"Get-Cluster","role":null,"args":null}`, code: 422},
		{op: "post " + runs, body: `{"saved":"Top processes","args":{"Count":0}}`, code: 422},
		{op: "post " + runs, body: `{"saved":"none"}`, code: 404},
		{op: "post " + runs, body: strings.Replace(good, "Get-Cluster", "Stop-Cluster", 1), code: 409},
		{op: "post " + runs, body: strings.Replace(good, "Get-Cluster", strings.Repeat("x", maxRun), 1), code: 413},
		{op: "post " + runs, body: "a=b", code: 415, header: []string{"Content-Type", "text/plain"}},
		{op: "post " + runs, body: `{"scrip":""}`, code: 400},
		{op: "post " + runs, body: `{"script":"a","saved":"b"}`, code: 400},
		{op: "post " + runs, body: good, code: 403, header: []string{"Authorization", "Bearer " + p.token[cluster.Operator]}},
		{op: "get " + runs, code: 200}, {op: "get " + one, code: 200}, {op: "get " + one, address: runs + "/none", code: 404},
		{op: "get " + one, code: 404, header: []string{"Authorization", "Bearer " + p.token[cluster.Operator]}}, // somebody else's
		{op: "delete " + one, code: 204}, {op: "delete " + one, address: runs + "/none", code: 404},
		{op: "get " + events, code: 200}, {op: "get " + events, address: at(events) + "?after=3&follow=false", code: 200},
		{op: "get " + events, address: at(events) + "?after=x", code: 400}, {op: "get " + events, address: at(events) + "?follow=x", code: 400},
		{op: "get " + events, address: runs + "/none/events", code: 404},
	}
	for _, op := range []string{"get " + runs, "post " + runs, "get " + one, "delete " + one, "get " + events} {
		calls = append(calls, call{op: op, body: "{}", header: []string{"Authorization", "Bearer " + p.token[cluster.Viewer]}, code: 403},
			call{op: op, body: "{}", header: []string{"Authorization", "Bearer wrong"}, code: 401})
	}
	seen := map[string]bool{}
	ask := func(c call) {
		t.Helper()
		method, path, _ := strings.Cut(c.op, " ")
		op := doc["paths"].(object)[path].(object)[method].(object)
		if c.address == "" {
			c.address = at(path)
		}
		if schema, ok := op["requestBody"].(object); ok && c.code < 300 {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			check.value("what is sent to "+c.op, schema["content"].(object)["application/json"].(object)["schema"].(object), body)
		}
		w := f.request(strings.ToUpper(method), c.address, "application/json", []byte(c.body), c.header...)
		if w.Code != c.code {
			t.Errorf("%s %.100s: %d, want %d: %s", c.op, c.body, w.Code, c.code, w.Body)
		}
		seen[fmt.Sprint(c.op, " ", w.Code)] = true
		check.answer(c.op, op["responses"].(object), w)
	}
	for _, c := range calls {
		ask(c)
	}
	// As many as may run at the same time, and one more.
	stay := f.app.opt.Console
	defer func() { f.app.opt.Console = stay }()
	o := f.app.opt
	withConsole(t, &o, forever)
	f.app.opt.Console = o.Console
	for range 3 {
		ask(call{op: "post " + runs, body: good, code: 201})
	}
	ask(call{op: "post " + runs, body: good, code: 429})
	f.app.opt.Console = nil
	ask(call{op: "get " + runs, code: 404})
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			if !strings.HasPrefix(path, runs) {
				continue
			}
			for code := range op.(object)["responses"].(object) {
				if at := fmt.Sprint(method, " ", path, " ", code); !seen[at] {
					t.Errorf("%s is described, which this test never got", at)
				}
			}
		}
	}
}
