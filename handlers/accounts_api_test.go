package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"looksalive/cluster"
)

// sendPeople asks every operation that changes accounts and tokens in every described
// way, and compares what is sent and what is answered with the document.
func (f *fixture) sendPeople(t *testing.T, p *people, doc object, check *schemaChecker) {
	t.Helper()
	const accounts, account = "/api/v1/accounts", "/api/v1/accounts/{account}"
	const tokens, token = "/api/v1/tokens", "/api/v1/tokens/{id}"
	huge := `{"name":"` + strings.Repeat("x", maxSignIn) + `"}`
	type call struct {
		op, address, body string
		code              int
		header            []string
	}
	calls := []call{
		{op: "post " + accounts, body: `{"name":"nora","role":"viewer","password":"` + canary + `"}`, code: 201},
		{op: "post " + accounts, body: `{"name":"NORA","role":"viewer","password":"` + canary + `"}`, code: 409},
		{op: "post " + accounts, body: `{"name":"x","role":"king","password":"` + canary + `"}`, code: 422},
		{op: "post " + accounts, body: `{"name":"x","role":"viewer"}`, code: 422},
		{op: "post " + accounts, body: `{"nam":"x"}`, code: 400},
		{op: "patch " + account, address: accounts + "/nora", body: `{"role":"operator","password":"another ` + canary + `","disabled":true}`, code: 200},
		{op: "patch " + account, address: accounts + "/nora", body: `{"password":"short"}`, code: 422},
		{op: "patch " + account, address: accounts + "/none", body: `{}`, code: 404},
		{op: "patch " + account, address: accounts + "/anna", body: `{"role":"viewer"}`, code: 409},
		{op: "patch " + account, address: accounts + "/anna", body: `{"disabled":true}`, code: 409},
		{op: "patch " + account, address: accounts + "/anna", body: `{} {}`, code: 400},
		{op: "delete " + account, address: accounts + "/anna", code: 409},
		{op: "delete " + account, address: accounts + "/none", code: 404},
		{op: "delete " + account, address: accounts + "/nora", code: 204},
		{op: "post " + tokens, body: `{"name":"backup","role":"viewer"}`, code: 201},
		{op: "post " + tokens, body: `{"name":"","role":"viewer"}`, code: 422},
		{op: "post " + tokens, body: `[]`, code: 400},
		{op: "delete " + token, address: tokens + "/none", code: 404},
		{op: "delete " + token, address: tokens + "/" + p.tokenID[cluster.Operator], code: 204},
	}
	for _, op := range []string{"post " + accounts, "patch " + account, "delete " + account, "post " + tokens, "delete " + token} {
		address := fill(strings.SplitN(op, " ", 2)[1])
		calls = append(calls, call{op: op, address: address, body: "{}", header: []string{"Authorization", "Bearer " + p.token[cluster.Viewer]}, code: 403},
			call{op: op, address: address, body: "{}", header: []string{"Authorization", "Basic YTpi"}, code: 401})
		if !strings.HasPrefix(op, "delete") {
			calls = append(calls, call{op: op, address: address, body: huge, code: 413}, call{op: op, address: address, body: "a=b", header: []string{"Content-Type", "text/plain"}, code: 415})
		}
	}
	seen := map[string]bool{}
	for _, c := range calls {
		method, path, _ := strings.Cut(c.op, " ")
		op := doc["paths"].(object)[path].(object)[method].(object)
		if c.address == "" {
			c.address = path
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
			t.Errorf("%s %s: %d, want %d: %s", method, c.address, w.Code, c.code, w.Body)
		}
		checkHeaders(t, c.op, w)
		if strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s answers with the password", c.op)
		}
		seen[fmt.Sprint(c.op, " ", w.Code)] = true
		check.answer(c.op, op["responses"].(object), w)
	}
	for _, path := range []string{accounts, account, tokens, token} {
		for method, op := range doc["paths"].(object)[path].(object) {
			for code := range op.(object)["responses"].(object) {
				if at := fmt.Sprint(method, " ", path, " ", code); method != "get" && !seen[at] {
					t.Errorf("%s is described, which this test never got", at)
				}
			}
		}
	}
}

// A token works until it is revoked, and says who asks.
func TestAPIToken(t *testing.T) {
	f, _ := newSignedIn(t, newMemoryFleet(), cluster.Administrator)
	w := f.request(http.MethodPost, "/api/v1/tokens", "application/json", []byte(`{"name":"backup","role":"operator"}`))
	var made apiNewToken
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || !strings.HasPrefix(made.Token, "la_") {
		t.Fatalf("%v %s", err, w.Body)
	}
	whoami := func(want int, role string) {
		t.Helper()
		w := f.ask(http.MethodGet, "/api/v1/whoami", "Authorization", "bearer "+made.Token)
		if w.Code != want || role != "" && !strings.Contains(w.Body.String(), `"name":"token backup","role":"`+role+`"`) {
			t.Errorf("%d %s, want %d as %s", w.Code, w.Body, want, role)
		}
	}
	whoami(200, "operator")
	if w := f.ask(http.MethodGet, "/nodes", "Authorization", "Bearer "+made.Token); w.Code != http.StatusSeeOther {
		t.Errorf("a page with a token: %d", w.Code)
	}
	if w := f.get("/api/v1/tokens"); strings.Contains(w.Body.String(), made.Token) {
		t.Error("the token is shown again")
	}
	if w := f.request(http.MethodDelete, "/api/v1/tokens/"+made.ID, "", nil); w.Code != http.StatusNoContent {
		t.Fatalf("%d", w.Code)
	}
	whoami(401, "")
}
