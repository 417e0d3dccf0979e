package handlers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"looksalive/cluster"
)

// fixed is a definition that cannot be changed.
func fixed(name string) cluster.Definition {
	d := stored(name)
	d.Fixed = true
	return d
}

// toWatch is a body as a program sends it.
func toWatch(change func(object)) string {
	body := object{
		"access": object{"transport": "https", "auth": "ntlm", "trust": "system", "read": object{"user": `EXAMPLE\reader`, "password": canary}},
		"nodes":  []any{object{"address": "hv-09.example.net"}},
	}
	if change != nil {
		change(body)
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// fullCheck has something in every field.
func fullCheck(d cluster.Definition) cluster.Check {
	c := healthyCheck(d, "CLU-1", "HV-01", "HV-02")
	c.Nodes[0].Certificate = &cluster.NodeTLS{Subject: "CN=a", Issuer: "CN=b", Names: []string{"a"}, NotBefore: start, NotAfter: start, Pin: "sha256/x", SHA256: "00", SHA1: "00"}
	c.Nodes[0].Facts = []cluster.CheckFact{{Name: "Windows", Value: "Server 2025"}}
	c.Nodes[0].Unverified = []cluster.CheckProbe{{Name: "n", Expected: "e", Found: "f", OK: true}}
	c.Nodes[1].Steps = append(c.Nodes[1].Steps, cluster.CheckStep{Kind: cluster.StepStorage, State: cluster.StepPartial, Title: "Storage", Detail: "Denied.",
		Missing: []string{"storage/Drives"}, Fix: []cluster.Step{{Text: "Grant it.", Command: "Grant-ClusterAccess"}}})
	return c
}

// sendAll asks every operation that changes something in every described way, and
// compares what is sent and what is answered with the document.
func (f *fixture) sendAll(t *testing.T, doc object, check *schemaChecker) {
	t.Helper()
	f.app.opt.Fleet.(*memoryFleet).check = func(_ context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
		tell(cluster.Check{})
		return fullCheck(d)
	}
	const all = "/api/v1/settings/clusters"
	const one, node = all + "/{cluster}", all + "/{cluster}/nodes/{node}"
	good := toWatch(nil)
	rich := toWatch(func(b object) {
		b["name"], b["paused"] = "AUE-02", true
		a := b["access"].(object)
		a["act"], a["port"], a["kdcs"], a["realm"], a["ca"] = object{"user": "x", "password": canary}, 5986, []any{}, nil, nil
		b["nodes"] = append(b["nodes"].([]any), object{"name": "B", "address": "b.example.net", "paused": true, "pin": nil, "access": nil})
	})
	wrong := toWatch(func(b object) { b["nodes"] = []any{} })
	huge := `{"access":{"ca":"` + strings.Repeat("x", maxForm) + `"}}`
	foreign := []string{"Sec-Fetch-Site", "cross-site"}
	type call struct {
		op, address, body, kind string
		header                  []string
		code                    int
	}
	calls := []call{
		{op: "post " + all + "/check", address: all + "/check", body: good, code: 200},
		{op: "post " + all + "/check", address: all + "/check", body: wrong, code: 422},
		{op: "post " + one, address: all + "/NEW", body: good, code: 201},
		{op: "post " + one, address: all + "/NEW", body: good, code: 409},
		{op: "post " + one, address: all + "/NEWER", body: wrong, code: 422},
		{op: "put " + one, address: all + "/AUE-01", body: rich, code: 200},
		{op: "put " + one, address: all + "/AUE-02", body: wrong, code: 422},
		{op: "put " + one, address: all + "/NONE", body: good, code: 404},
		{op: "put " + one, address: all + "/FIXED", body: good, code: 409},
		{op: "delete " + one, address: all + "/NEW?history=drop", code: 204},
		{op: "delete " + one, address: all + "/NEW?history=drop", code: 404},
		{op: "delete " + one, address: all + "/FIXED?history=drop", code: 409},
		{op: "delete " + one, address: all + "/AUE-02", code: 400},
		{op: "delete " + node, address: all + "/AUE-02/nodes/B?history=keep", code: 204},
		{op: "delete " + node, address: all + "/AUE-02/nodes/HV-09?history=keep", code: 422},
		{op: "delete " + node, address: all + "/AUE-02/nodes/B?history=keep", code: 404},
		{op: "delete " + node, address: all + "/SPARE/nodes/HV-01?history=some", code: 400},
		{op: "delete " + node, address: all + "/FIXED/nodes/HV-01?history=keep", code: 409},
	}
	for _, verb := range []string{"/pause", "/resume"} {
		calls = append(calls,
			call{op: "post " + one + verb, address: all + "/SPARE" + verb, code: 204},
			call{op: "post " + one + verb, address: all + "/NONE" + verb, code: 404},
			call{op: "post " + one + verb, address: all + "/FIXED" + verb, code: 409},
			call{op: "post " + node + verb, address: all + "/SPARE/nodes/HV-01" + verb, code: 204},
			call{op: "post " + node + verb, address: all + "/SPARE/nodes/none" + verb, code: 404},
			call{op: "post " + node + verb, address: all + "/FIXED/nodes/HV-01" + verb, code: 409})
	}
	for _, op := range []string{"post " + all + "/check", "post " + one, "put " + one, "delete " + one, "delete " + node, "post " + one + "/pause", "post " + one + "/resume", "post " + node + "/pause", "post " + node + "/resume"} {
		address := strings.NewReplacer("{cluster}", "SPARE", "{node}", "HV-01").Replace(strings.SplitN(op, " ", 2)[1])
		calls = append(calls, call{op: op, address: address, body: good, header: foreign, code: 403},
			call{op: op, address: address, body: good, header: []string{"Authorization", "Bearer wrong"}, code: 401})
		if strings.HasSuffix(op, "check") || op == "post "+one || op == "put "+one {
			calls = append(calls, call{op: op, address: address, body: huge, code: 413}, call{op: op, address: address, body: "a=b", kind: "application/x-www-form-urlencoded", code: 415},
				call{op: op, address: address, body: `{"acess":1}`, code: 400})
		}
	}
	seen := map[string]bool{}
	for _, c := range calls {
		method, path, _ := strings.Cut(c.op, " ")
		op := doc["paths"].(object)[path].(object)[method].(object)
		if c.kind == "" {
			c.kind = "application/json"
		}
		if schema, ok := op["requestBody"].(object); ok && c.code < 300 {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			check.value("what is sent to "+c.op, schema["content"].(object)["application/json"].(object)["schema"].(object), body)
		}
		w := f.request(strings.ToUpper(method), c.address, c.kind, []byte(c.body), c.header...)
		if w.Code != c.code {
			t.Errorf("%s %s: %d, want %d: %s", method, c.address, w.Code, c.code, w.Body)
		}
		checkHeaders(t, c.op, w)
		seen[fmt.Sprint(c.op, " ", w.Code)] = true
		check.answer(c.op, op["responses"].(object), w)
	}
	f.app.opt.Fleet, f.app.drafts.checks = nil, maxChecks
	f.sendOne(seen, doc, check, "post "+all+"/check", all+"/check", good) // 409: there is no fleet
	for _, op := range []string{"post " + one} {
		f.sendOne(seen, doc, check, op, all+"/X", good)
	}
	f.app.opt.Fleet = newMemoryFleet(stored("AUE-01"), fixed("FIXED"))
	f.sendOne(seen, doc, check, "post "+all+"/check", all+"/check", good) // 503: too many
	f.app.drafts.checks = 0
	for path, item := range doc["paths"].(object) {
		for method, op := range item.(object) {
			if !strings.HasPrefix(path, all) {
				continue // sendPeople, and others
			}
			for code := range op.(object)["responses"].(object) {
				if at := fmt.Sprint(method, " ", path, " ", code); method != "get" && !seen[at] {
					t.Errorf("%s is described, which this test never got", at)
				}
			}
		}
	}
}

func (f *fixture) sendOne(seen map[string]bool, doc object, check *schemaChecker, op, address, body string) {
	f.t.Helper()
	method, path, _ := strings.Cut(op, " ")
	w := f.request(strings.ToUpper(method), address, "application/json", []byte(body))
	seen[fmt.Sprint(op, " ", w.Code)] = true
	check.answer(op, doc["paths"].(object)[path].(object)[method].(object)["responses"].(object), w)
}

func TestAPICheckStreams(t *testing.T) {
	fleet := newMemoryFleet(stored("AUE-01"))
	f := newSettings(t, fleet, nil)
	server := httptest.NewServer(f.app)
	defer server.Close()
	second := make(chan struct{})
	fleet.check = func(_ context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
		tell(cluster.Check{Nodes: []cluster.NodeCheck{{Address: "hv-09.example.net"}}})
		<-second
		return fullCheck(d)
	}
	res, err := http.Post(server.URL+"/api/v1/settings/clusters/check", "application/json", strings.NewReader(toWatch(nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	dec := json.NewDecoder(res.Body)
	var first, last apiCheckState
	if err := dec.Decode(&first); err != nil || first.Done { // comes before the check ends, or this waits for ever
		t.Fatalf("%+v %v", first, err)
	}
	close(second)
	if err := dec.Decode(&last); err != nil || !last.Done || *last.Cluster != "CLU-1" || len(last.Found) != 2 {
		t.Errorf("%+v %v", last, err)
	}
	if got := fleet.lastAsked(); got.Nodes[0].Name != "HV-09" || got.Access.Read.Password.Reveal() != canary {
		t.Errorf("checked %+v", got)
	}
}

// What comes out can be sent back, and changes nothing.
func TestAPIAnswerCanBeSentBack(t *testing.T) {
	d := stored("AUE-01")
	fleet := newMemoryFleet(d)
	f := newSettings(t, fleet, nil)
	var list struct{ Clusters []json.RawMessage }
	if err := json.Unmarshal(f.get("/api/v1/settings/clusters").Body.Bytes(), &list); err != nil {
		t.Fatal(err)
	}
	if w := f.request(http.MethodPut, "/api/v1/settings/clusters/AUE-01", "application/json", list.Clusters[0]); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	d.Changed = d.Changed.Add(time.Second)
	if diff := diffDefinitions(d, fleet.Definitions()[0]); diff != "" {
		t.Error(diff)
	}
}

func TestAPIRefusesToSendASecretElsewhere(t *testing.T) {
	fleet := newMemoryFleet(stored("AUE-01"))
	f := newSettings(t, fleet, nil)
	body := toWatch(func(b object) {
		b["name"] = "AUE-01"
		b["access"].(object)["read"] = object{"user": `EXAMPLE\reader`}
		b["nodes"] = []any{object{"name": "HV-01", "address": "evil.example.org"}}
	})
	for _, x := range [][2]string{{http.MethodPost, "check"}, {http.MethodPut, "AUE-01"}} {
		w := f.request(x[0], "/api/v1/settings/clusters/"+x[1], "application/json", []byte(body))
		var p problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%v: %d %s", x, w.Code, w.Body)
		}
		if want := []string{"Enter the password again: evil.example.org is a new address."}; fmt.Sprint(p.Problems) != fmt.Sprint(want) {
			t.Errorf("%v: %q, want %q", x, p.Problems, want)
		}
	}
	if len(fleet.asked) > 0 {
		t.Error("the host was asked")
	}
}

func TestAPIBodyErrorsQuoteNothing(t *testing.T) {
	f := newSettings(t, newMemoryFleet(), nil)
	for _, body := range []string{
		`{"access":{"read":{"password":{"a":"` + canary + `"}}}}`, `{"access":{"transport":"` + canary + `"}}`, `{"` + canary + `":1}`,
		toWatch(nil) + canary, `{"access":{"read":{"keytab":"` + canary + `"}}}`, `{"access":{"read":{"password":"` + canary,
	} {
		w := f.post("/api/v1/settings/clusters/NEW", "application/json", []byte(body))
		checkProblem(t, w, body, http.StatusBadRequest)
		if strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: quoted", body)
		}
	}
	keytab := toWatch(func(b object) {
		b["access"].(object)["auth"] = "kerberos"
		b["access"].(object)["read"] = object{"user": "x", "keytab": base64.StdEncoding.EncodeToString([]byte("\x05\x02abc"))}
	})
	if w := f.post("/api/v1/settings/clusters/NEW", "application/json", []byte(keytab)); w.Code != http.StatusCreated {
		t.Errorf("a keytab: %d %s", w.Code, w.Body)
	}
}
