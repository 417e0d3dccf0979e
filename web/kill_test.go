package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestKilledProductLosesNothing kills the program with SIGKILL while it works
// and expects the next start to show the same faults with the same numbers,
// before any node has answered.
func TestKilledProductLosesNothing(t *testing.T) {
	dir := t.TempDir()
	sim := startChild(t, "simulator", "-json", "-seed", "1")
	var said announced
	must(t, json.Unmarshal([]byte(sim.first), &said))
	args := []string{"-config", fleetConfig(t, said), "-addr", "127.0.0.1:0", "-data", dir, "-log", "error"}

	first := startChild(t, args...)
	p := &product{t: t, url: first.url(t), control: strings.TrimRight(said.Control, "/")}
	waitForPictures(t, p)
	p.inject("node-down", demoCluster, demoNode)
	type fault struct {
		ID, Seq int64
		Title   string
		Opened  time.Time
	}
	type list struct{ Faults []fault }
	find := func(l list) (fault, bool) {
		for _, f := range l.Faults {
			if f.Title == demoNode+" is down" {
				return f, true
			}
		}
		return fault{}, false
	}
	var before fault
	eventually(t, "the fault", func() (ok bool) {
		before, ok = find(get[list](p, "/api/v1/faults?open=true"))
		return ok
	})
	first.kill()
	sim.kill() // nobody answers the second start

	second := startChild(t, args...)
	p.url = second.url(t)
	after, ok := find(get[list](p, "/api/v1/faults?open=true"))
	if !ok {
		t.Fatal("the fault is gone")
	}
	if after.ID != before.ID || !after.Opened.Equal(before.Opened) || after.Title != before.Title {
		t.Errorf("after the restart %+v, before it %+v", after, before)
	}
	node := get[struct{ Health, State string }](p, "/api/v1/nodes/"+demoCluster+"/"+demoNode)
	if node.State != "Down" {
		t.Errorf("after the restart the node is %+v", node)
	}
	// Nobody answers: what is known gets old, and says so.
	eventually(t, "the truth about the silent nodes", func() bool {
		n := get[struct{ Health string }](p, "/api/v1/nodes/"+demoCluster+"/HV-FRA-01")
		return n.Health == "No data"
	})
}

// TestSecondInstanceIsRefused: two programs must not write one database.
func TestSecondInstanceIsRefused(t *testing.T) {
	dir := t.TempDir()
	startProductIn(t, dir)
	var stderr output
	err := run(t.Context(), []string{"-addr", "127.0.0.1:0", "-data", dir}, os.Getenv, &stderr, &stderr)
	if err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("the second instance said %v", err)
	}
}

// TestPagesAnswerWhileNobodyDoes: a program whose nodes are all silent still
// serves every page, and is ready once it has tried.
func TestPagesAnswerWhileNobodyDoes(t *testing.T) {
	t.Setenv("NOBODY_PASSWORD", "irrelevant")
	file := writeFile(t, "looksalive.toml", `
[[clusters]]
name = "EU-PROD-HCI01"
user = "reader"
password_env = "NOBODY_PASSWORD"
nodes = [{ name = "HV-FRA-01", address = "127.0.0.1:1" }, { name = "HV-FRA-02", address = "127.0.0.1:2" }]
`)
	p := startProduct(t, "-config", file)
	eventually(t, "readiness", func() bool {
		res, err := http.Get(p.url + "/readyz")
		must(t, err)
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	for _, path := range []string{"/", "/clusters", "/nodes", "/faults", "/wall", "/c/EU-PROD-HCI01", "/c/EU-PROD-HCI01/nodes/HV-FRA-01", "/c/EU-PROD-HCI01/storage"} {
		res, err := http.Get(p.url + path)
		must(t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
	node := get[struct {
		Health  string
		Contact struct{ Reach string }
	}](p, "/api/v1/nodes/EU-PROD-HCI01/HV-FRA-01")
	if node.Health != "No data" || node.Contact.Reach != "connection refused" {
		t.Errorf("a silent node is %+v", node)
	}
}
