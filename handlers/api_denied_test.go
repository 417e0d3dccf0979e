package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"looksalive/cluster"
)

// What an account may not read is null in the API, never 0, and is named.
func TestDeniedNumbersAreNull(t *testing.T) {
	f := newFixture(t, nil)
	check := schemaChecker{t: t, doc: document(t)}
	parts := []string{"Adapters", "ComputerSystem", "OperatingSystem", "Processor", "SharedVolumes", "VirtualMachines"}
	for _, n := range []string{"HV-01", "HV-02", "HV-03"} {
		f.record("AUE-01", cluster.Observation{Node: n, Question: cluster.QuestionVitals, Denied: parts, Vitals: &cluster.Vitals{UTC: f.now()}})
	}
	f.record("AUE-01", cluster.Observation{Node: "HV-01", Question: cluster.QuestionInventory, Denied: []string{"OperatingSystem"}, Inventory: &cluster.Inventory{Build: ".2762"}})
	f.record("AUE-01", cluster.Observation{Node: "HV-01", Question: cluster.QuestionState, Denied: []string{"Groups", "Nodes"}, State: &cluster.State{Name: "AUE-01"}})
	get := func(address, pattern string) (v object) {
		t.Helper()
		w := f.get(address)
		responses := check.doc["paths"].(object)[pattern].(object)["get"].(object)["responses"].(object)
		check.answer(address, responses, w)
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v", address, w.Code, err)
		}
		return v
	}
	isNull := func(v object, names ...string) {
		t.Helper()
		for _, name := range names {
			if got, ok := v[name]; !ok || got != nil {
				t.Errorf("%s is %v, want null", name, got)
			}
		}
	}
	names := func(v any) (out []string) {
		for _, s := range v.([]any) {
			out = append(out, s.(string))
		}
		return out
	}
	node := get("/api/v1/nodes/AUE-01/HV-01", "/api/v1/nodes/{cluster}/{node}")
	isNull(node["vitals"].(object), "cpuPercent", "logicalProcessors", "memoryUsed", "memoryTotal", "runningVirtualMachines", "boot", "receivedBitsPerSecond", "sentBitsPerSecond", "disk")
	isNull(node["inventory"].(object), "os", "version", "build")
	if got := names(node["denied"]); !slices.Contains(got, "vitals/Processor") || !slices.Contains(got, "inventory/OperatingSystem") || len(got) != 9 {
		t.Errorf("denied: %q", got)
	}
	c := get("/api/v1/clusters/AUE-01", "/api/v1/clusters/{cluster}")
	isNull(c, "cpuPercent", "memory", "virtualMachines")
	isNull(c["nodes"].(object), "up")
	if got := names(c["denied"]); !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != 9 || len(got) != 9 {
		t.Errorf("denied: %q", got)
	}
}

// Nodes nobody is to ask can be filtered for, as by every other word.
func TestNodesByHealth(t *testing.T) {
	f := newFixture(t, nil)
	if err := f.store.Members(t.Context(), "AUE-01", []string{"HV-01", "HV-02", "HV-03", "HV-04"}, []string{"HV-03"}); err != nil {
		t.Fatal(err)
	}
	for h := cluster.Paused; h <= cluster.Critical; h++ {
		w := f.get("/api/v1/nodes?cluster=AUE-01&health=" + url.QueryEscape(h.String()))
		var got apiNodeList
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %v", h, w.Code, err)
		}
		for _, n := range got.Nodes {
			if n.Health != h || (h == cluster.Paused) != (n.Name == "HV-03") {
				t.Errorf("asked for %s: %s, %s", h, n.Name, n.Health)
			}
		}
		if h == cluster.Paused && len(got.Nodes) != 1 {
			t.Errorf("%d nodes are paused", len(got.Nodes))
		}
	}
}
