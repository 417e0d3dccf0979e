package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"looksalive/cluster"
	"looksalive/views"
)

// Where a password was rejected, and only there, it can be tried again.
func TestRetry(t *testing.T) {
	paused := stored("PAUSED")
	paused.Paused = true
	fleet := newMemoryFleet(fixed("AUE-01"), stored("A/B"), paused)
	f, p := newSignedIn(t, fleet, cluster.Administrator)
	const list, node, retry = "/settings/clusters", "/c/AUE-01/nodes/HV-01", "/settings/clusters/AUE-01/nodes/HV-01/retry"
	for _, address := range []string{list, node} {
		if body := f.get(address).Body.String(); strings.Contains(body, "/retry") || strings.Contains(body, "Try the password again") {
			t.Errorf("%s offers it although none was rejected", address)
		}
	}
	f.record("AUE-01", cluster.Observation{Node: "HV-01", Question: cluster.QuestionVitals, Reach: cluster.ReachPassword, Detail: "The node rejected it."})
	wantText(t, "the list", f.get(list), "/settings/clusters/AUE-01/retry", "Try the password again")
	wantText(t, "the node", f.get(node), retry, "Try the password again")
	if strings.Contains(f.get("/c/AUE-01/nodes/HV-02").Body.String(), "/retry") {
		t.Error("it is offered on another node")
	}
	if got := location(t, f.send("/settings/clusters/AUE-01/retry", nil)); got != views.SettingsPath+"?note=retried" {
		t.Errorf("then to %s", got)
	}
	if got := location(t, f.send(retry, nil)); got != node {
		t.Errorf("then to %s", got)
	}
	wantText(t, "the list", f.get("/settings/clusters?note=retried"), "tried once more")
	location(t, f.send(views.SettingPath("A/B", "nodes", "HV-01", "retry"), nil))
	if want := []string{"AUE-01/", "AUE-01/HV-01", "A/B/HV-01"}; !slices.Equal(fleet.retried, want) {
		t.Errorf("tried again: %q, want %q", fleet.retried, want)
	}
	for path, code := range map[string]int{"/settings/clusters/none/retry": 404, "/settings/clusters/AUE-01/nodes/none/retry": 404, "/settings/clusters/PAUSED/retry": 422} {
		if w := f.send(path, nil); w.Code != code {
			t.Errorf("%s: %d, want %d", path, w.Code, code)
		}
	}
	var lines []string
	for _, e := range f.audited() {
		if e.Action == "cluster.retried" {
			lines = append(lines, e.Object+" "+e.Outcome)
		}
	}
	slices.Sort(lines)
	if want := []string{"A/B/HV-01 ok", "AUE-01 ok", "AUE-01/HV-01 ok"}; !slices.Equal(lines, want) {
		t.Errorf("the audit log has %q, want %q", lines, want)
	}
	if w := f.as(p, cluster.Operator).send(retry, nil); w.Code != http.StatusForbidden || len(fleet.retried) != 3 {
		t.Errorf("an operator: %d", w.Code)
	}
}
