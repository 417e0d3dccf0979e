package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"looksalive/cluster"
)

// seenBy asks for a fault and says who has acknowledged it.
func (f *fixture) seenBy(id int64) string {
	f.t.Helper()
	var got apiFault
	if err := json.Unmarshal(f.get(fmt.Sprintf("/api/v1/faults/%d", id)).Body.Bytes(), &got); err != nil {
		f.t.Fatal(err)
	}
	if got.Seen == nil {
		return ""
	}
	text := "somebody"
	if got.Seen.By != nil {
		text = *got.Seen.By
	}
	if got.Seen.Note != nil {
		text += ": " + *got.Seen.Note
	}
	return text
}

func TestAcknowledge(t *testing.T) {
	f, p := newSignedIn(t, newMemoryFleet(stored("AUE-01")), cluster.Operator)
	fault := f.store.Snapshot().Faults[0]
	page := fmt.Sprintf("/faults/%d", fault.ID)
	if html := f.get(page).Body.String(); !strings.Contains(html, `action="`+page+`/acknowledge"`) {
		t.Error("an operator finds no form")
	}
	if html := f.as(p, cluster.Viewer).get(page).Body.String(); strings.Contains(html, "acknowledge") {
		t.Error("a viewer finds a form")
	}
	f.as(p, cluster.Operator)
	for _, note := range []string{strings.Repeat("ü", cluster.MaxAckNote+1), "a\x1b[2Jb", "a\u202eb", "\xff"} {
		if w := f.send(page+"/acknowledge", url.Values{"note": {note}}); w.Code != http.StatusUnprocessableEntity || f.seenBy(fault.ID) != "" {
			t.Errorf("note %.20q: %d, seen by %q", note, w.Code, f.seenBy(fault.ID))
		}
	}
	w := f.send(page+"/acknowledge", url.Values{"note": {" at\r\n the  <console> "}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != page {
		t.Fatalf("%d to %q: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if got := f.seenBy(fault.ID); got != "olaf: at the <console>" {
		t.Errorf("seen by %q", got)
	}
	html := f.get(page).Body.String()
	for _, want := range []string{"at the &lt;console&gt;", "Acknowledged by olaf", "by olaf", page + "/unacknowledge"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	lists := map[string]bool{"": true, "?ack=true": true, "?ack=false": false, "?ack=perhaps": true}
	for query, want := range lists {
		if got := strings.Contains(f.get("/faults"+query).Body.String(), fmt.Sprintf(`id="f-%d"`, fault.ID)); got != want {
			t.Errorf("/faults%s has the fault: %v", query, got)
		}
	}
	for query, want := range map[string]bool{"?ack=true": true, "?ack=false": false} {
		var got apiFaultList
		if err := json.Unmarshal(f.get("/api/v1/faults"+query).Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		has := false
		for _, x := range got.Faults {
			has = has || x.ID == fault.ID
		}
		if has != want || len(got.Faults) != 1 {
			t.Errorf("/api/v1/faults%s has the fault: %v, of %d", query, has, len(got.Faults))
		}
	}
	if w := f.send(page+"/unacknowledge", nil); w.Code != http.StatusSeeOther || f.seenBy(fault.ID) != "" {
		t.Errorf("%d, seen by %q", w.Code, f.seenBy(fault.ID))
	}
	f.resolve(fault.Cluster)
	if w := f.send(page+"/acknowledge", nil); w.Code != http.StatusConflict {
		t.Errorf("a resolved fault: %d, want 409", w.Code)
	}
	var log []string
	for _, e := range f.audited() {
		if strings.HasPrefix(e.Action, "fault.") {
			log = append(log, strings.Join([]string{e.Who, e.Action, e.Object, e.Text, e.Detail}, " | "))
		}
	}
	object := objectOf(fault.Cluster, fault.Node)
	want := fmt.Sprintf("olaf | fault.acknowledged | %s | Fault %d: %s | at the <console>\nolaf | fault.unacknowledged | %[1]s | Fault %d: %[3]s | ", object, fault.ID, fault.Title, fault.ID)
	if got := strings.Join(log, "\n"); got != want {
		t.Errorf("the audit log says\n%s\nwant\n%s", got, want)
	}
}

// Every screen learns it at once, also within the pause between two updates.
func TestAcknowledgedGoesToAllScreens(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		fault := s.store.Snapshot().Faults[0]
		feed, wall := s.open(t, "/faults", ""), s.open(t, "/wall", "")
		feed.one("first")
		wall.one("first")
		if w := s.send(fmt.Sprintf("/faults/%d/acknowledge", fault.ID), nil); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
		for name, b := range map[string]*browser{"the feed": feed, "the wall": wall} {
			if m := b.one(name); !strings.Contains(m, `class="seen"`) {
				t.Errorf("%s is not told: %.300q", name, m)
			}
		}
	})
}

// sendAcknowledgements acknowledges faults by the API in every described way, and
// leaves one acknowledged.
func (f *fixture) sendAcknowledgements(t *testing.T, p *people, doc object, check *schemaChecker) {
	t.Helper()
	const path = "/api/v1/faults/{id}/acknowledgement"
	past, err := f.store.Faults(t.Context(), cluster.FaultQuery{Cluster: "EMPTY"})
	if err != nil || len(past) == 0 || past[0].Open() {
		t.Fatalf("%v, %+v", err, past)
	}
	at := func(id int64) string { return strings.Replace(path, "{id}", fmt.Sprint(id), 1) }
	open, resolved, none := at(f.store.Snapshot().Faults[0].ID), at(past[0].ID), at(0)
	viewer, nobody := []string{"Authorization", "Bearer " + p.token[cluster.Viewer]}, []string{"Authorization", "Bearer la_wrong"}
	seen := map[string]bool{}
	for _, c := range []struct {
		method, address, body, kind string
		header                      []string
		code                        int
	}{
		{method: "post", address: open, code: 200, kind: "text/plain"}, // nothing is sent
		{method: "post", address: open, body: "a=b", kind: "text/plain", code: 415},
		{method: "post", address: open, body: `{"not":"e"}`, code: 400},
		{method: "post", address: open, body: `{"note":"` + strings.Repeat("x", maxSignIn) + `"}`, code: 413},
		{method: "post", address: open, body: `{"note":"` + strings.Repeat("x", cluster.MaxAckNote+1) + `"}`, code: 422},
		{method: "post", address: resolved, body: `{}`, code: 409},
		{method: "post", address: none, body: `{}`, code: 404},
		{method: "post", address: open, header: viewer, code: 403},
		{method: "post", address: open, header: nobody, code: 401},
		{method: "delete", address: resolved, code: 409},
		{method: "delete", address: none, code: 404},
		{method: "delete", address: open, header: viewer, code: 403},
		{method: "delete", address: open, header: nobody, code: 401},
		{method: "delete", address: open, code: 204},
		{method: "post", address: open, body: `{"note":"at the console"}`, code: 200},
	} {
		op := doc["paths"].(object)[path].(object)[c.method].(object)
		if c.body != "" && c.code == 200 {
			var body any
			if err := json.Unmarshal([]byte(c.body), &body); err != nil {
				t.Fatal(err)
			}
			check.value("what is sent to "+path, op["requestBody"].(object)["content"].(object)["application/json"].(object)["schema"].(object), body)
		}
		if c.kind == "" {
			c.kind = "application/json"
		}
		w := f.request(strings.ToUpper(c.method), c.address, c.kind, []byte(c.body), c.header...)
		if w.Code != c.code {
			t.Errorf("%s %s %.40s: %d, want %d: %s", c.method, c.address, c.body, w.Code, c.code, w.Body)
		}
		checkHeaders(t, c.method+" "+path, w)
		seen[fmt.Sprint(c.method, " ", w.Code)] = true
		check.answer(c.method+" "+path, op["responses"].(object), w)
	}
	for method, op := range doc["paths"].(object)[path].(object) {
		for code := range op.(object)["responses"].(object) {
			if !seen[method+" "+code] {
				t.Errorf("%s %s %s is described, which this test never got", method, path, code)
			}
		}
	}
}
