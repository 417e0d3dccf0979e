package views

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestVitalsOf(t *testing.T) {
	const node = "HV-EU-01"
	for _, tt := range []struct {
		name   string
		change func(v *cluster.NodeView, n *cluster.Node)
		want   bool
	}{
		{"all is well", func(*cluster.NodeView, *cluster.Node) {}, true},
		{"three periods without an answer", func(v *cluster.NodeView, _ *cluster.Node) { v.VitalsAt = testNow.Add(-16 * time.Second) }, false},
		{"young, but the last attempt failed", func(v *cluster.NodeView, _ *cluster.Node) { v.Contact.Failures = 1 }, false},
		{"down, and silent since", func(v *cluster.NodeView, n *cluster.Node) {
			n.State, v.VitalsAt = cluster.NodeDown, testNow.Add(-8*time.Second)
		}, false},
		{"down, but it still talks to us", func(v *cluster.NodeView, n *cluster.Node) {
			n.State, v.VitalsAt = cluster.NodeDown, testNow.Add(-3*time.Second)
		}, true},
		{"silent for a moment, but up", func(v *cluster.NodeView, n *cluster.Node) { v.VitalsAt = testNow.Add(-8 * time.Second) }, true},
	} {
		p := hci("C", "HV-EU", 2, 4)
		v := p.Nodes[node]
		tt.change(&v, &p.State.Nodes[0])
		p.Nodes[node] = v
		if _, _, got := vitalsOf(p, node, testNow); got != tt.want {
			t.Errorf("%s: current is %v", tt.name, got)
		}
	}
	if v, _, current := vitalsOf(cluster.NewPicture("C", []string{node}), node, testNow); v != nil || current {
		t.Error("a node that was never asked has vitals")
	}
}

// A node that is down keeps its last values in lists, marked and sorted as unknown.
func TestListsKeepTheLastKnown(t *testing.T) {
	p := hci("C", "HV-EU", 2, 4)
	v := p.Nodes["HV-EU-02"]
	v.Contact.Failures = 2
	p.Nodes["HV-EU-02"] = v
	s := &cluster.Snapshot{At: testNow, Clusters: []*cluster.Picture{p}}
	page, err := Nodes(s, "C", Query{Sort: "cpu", Page: 1}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	_, rows := page.Table()
	for _, r := range rows {
		got = append(got, r[0]+" "+r[2])
	}
	if diff := cmp.Diff([]string{"HV-EU-02 49% (last known)", "HV-EU-01 38%"}, got); diff != "" {
		t.Error(diff)
	}
	if html := renderPage(t, page); strings.Count(html, `last known`) != 3 || strings.Count(html, `class="m old"`) != 2 {
		t.Error("the last known values are not marked")
	}
}

func TestStaleNoticesOfTheFleet(t *testing.T) {
	text := func(n *Notice) string {
		if n == nil {
			return ""
		}
		return joined(" ", n.Title, n.Text, n.At.Text)
	}
	fresh, old := healthy(), stale()
	never := &cluster.Snapshot{Clusters: []*cluster.Picture{unasked().Clusters[0], fresh.Clusters[1]}}
	got := []string{
		text(staleClusters(fresh.Clusters, true, testNow)), text(staleStorage(fresh.Clusters, true, testNow)), text(staleStorage(fresh.Clusters[:1], false, testNow)),
		text(staleClusters(old.Clusters, true, testNow)), text(staleStorage(old.Clusters, true, testNow)), text(staleStorage(old.Clusters[:1], false, testNow)),
		text(staleClusters(never.Clusters, true, testNow)), text(staleStorage(fresh.Clusters[1:], false, testNow)),
	}
	want := []string{
		"", "", "",
		"No fresh answer from EU-PROD-HCI01, US-SQL-FC01. What is known of them is shown as it last was, the oldest from 6 min ago",
		"No fresh answer about the pools of EU-PROD-HCI01. What is known of them is shown as it last was, the oldest from 6 min ago",
		"No fresh answer about the pool. Values are the last known ones, from 6 min ago",
		"No fresh answer from EU-PROD-HCI01. What is known of them is shown as it last was; of some, nothing is.", "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A fault that comes and goes is one row with a count, open or not.
func TestRepeatedFaultsFold(t *testing.T) {
	at := func(id int64, min int) cluster.Fault {
		f := resolved()[0]
		f.ID, f.Since, f.Resolved = id, testNow.Add(-time.Duration(min+1)*time.Minute), testNow.Add(-time.Duration(min)*time.Minute)
		return f
	}
	other := resolved()[1]
	rows := func(open []cluster.Fault, done ...cluster.Fault) (out []string) {
		for _, g := range faultGroups(open, done, testNow) {
			for _, r := range g.Rows {
				line := g.ID + " " + r.ID + " " + r.Times
				for _, e := range r.Earlier {
					line += " " + e.ID
				}
				out = append(out, strings.TrimSpace(line))
			}
		}
		return out
	}
	again := at(9, 0)
	again.Resolved = time.Time{}
	got := [][]string{
		rows(nil, at(8, 10), at(7, 20), other, at(6, 30)),
		rows([]cluster.Fault{again}, at(8, 10), other, at(7, 20)),
	}
	want := [][]string{
		{"g-done f-8 3 times in 2 hours f-7 f-6", "g-done f-4"},
		{"g-act f-9 3 times in 2 hours f-8 f-7", "g-done f-4"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNewestFaults(t *testing.T) {
	var all []cluster.Fault
	for _, id := range []int64{3, 11, 1, 7, 5, 9, 2, 10, 4, 8, 6} {
		all = append(all, cluster.Fault{ID: id, Cluster: "C", Title: `"x"`, Health: cluster.Warning})
	}
	all[1].Health = cluster.Critical
	var ids []int64
	for _, n := range newestFaults(all) {
		ids = append(ids, n.ID)
	}
	if diff := cmp.Diff([]int64{11, 10, 9, 8, 7, 6, 5, 4}, ids); diff != "" {
		t.Error(diff)
	}
	if got, want := (bell{News: newestFaults(all[1:2])}).json(), `[{"id":11,"text":"\"x\", C","urgent":true}]`; got != want {
		t.Errorf("news are %s, want %s", got, want)
	}
	if got := (bell{}).json(); got != "[]" {
		t.Errorf("no news are %s", got)
	}
}

func TestErrorPagesClaimNothing(t *testing.T) {
	html := renderPage(t, ErrorPage(404, "Not Found", "There is no such page.", ""))
	if !strings.Contains(html, "<h1>There is no such page.</h1>") || strings.Contains(html, "No open faults") {
		t.Error("an error page says that there are no faults")
	}
}
