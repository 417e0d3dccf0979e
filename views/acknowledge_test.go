package views

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// acked marks the faults with these numbers as seen.
func acked(faults []cluster.Fault, ids ...int64) []cluster.Fault {
	for i := range faults {
		for _, id := range ids {
			if faults[i].ID == id {
				faults[i].Acked, faults[i].AckedBy, faults[i].AckNote = testNow.Add(-time.Minute), "ann", "on my way"
			}
		}
	}
	return faults
}

func TestToLookAt(t *testing.T) {
	worse := faultsOf() // 13 follows from 11
	worse[2].Health = cluster.Critical
	worse[0].Health = cluster.Warning
	tests := []struct {
		name   string
		faults []cluster.Fault
		want   []int64
	}{
		{"no consequences", faultsOf(), []int64{11, 14, 15, 16, 17, 18}},
		{"nor acknowledged ones", acked(faultsOf(), 11, 16), []int64{14, 15, 17, 18}},
		{"a consequence alone", acked(faultsOf(), 12), []int64{11, 14, 15, 16, 17, 18}},
		{"a consequence worse than what was seen", acked(worse, 11, 12), []int64{13, 14, 15, 16, 17, 18}},
		{"all", acked(faultsOf(), 11, 12, 13, 14, 15, 16, 17, 18), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []int64
			for _, f := range toLookAt(tt.faults) {
				got = append(got, f.ID)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The badge, the feed and the wall are red only for what nobody has seen.
func TestAcknowledgedIsQuiet(t *testing.T) {
	for _, tt := range []struct {
		name        string
		ids         []int64
		count, tone string
		hot         bool
		bell        string
	}{
		{"none", nil, "6", "crit", true, "8 open faults, 6 to look at"},
		{"one of the bad", []int64{11}, "5", "crit", true, "8 open faults, 5 to look at"},
		{"all of the bad", []int64{11, 12, 14, 15}, "3", "warn", false, "8 open faults, 3 to look at"},
		{"all", []int64{11, 12, 13, 14, 15, 16, 17, 18}, "", "", false, "8 open faults, 0 to look at"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := troubled()
			s.Faults = acked(s.Faults, tt.ids...)
			n := fleetNav(s, tabOverview)
			if it := n.Items[1]; it.Count != tt.count || it.Tone != tt.tone {
				t.Errorf("the badge is %q in %q, want %q in %q", it.Count, it.Tone, tt.count, tt.tone)
			}
			if n.Bell.Item.CountLabel != tt.bell {
				t.Errorf("the bell says %q, want %q", n.Bell.Item.CountLabel, tt.bell)
			}
			w := newWall(s, testNow)
			if w.Counts[0].Hot != tt.hot || w.Counts[0].Count != "8" {
				t.Errorf("on the wall %s, hot %v, want 8, hot %v", w.Counts[0].Count, w.Counts[0].Hot, tt.hot)
			}
			if g := faultGroups(s.Faults, nil, testNow)[0]; g.Hot != tt.hot {
				t.Errorf("group %q is hot: %v", g.Title, g.Hot)
			}
		})
	}
}

func TestAcknowledgedIsShown(t *testing.T) {
	s := troubled()
	s.Faults = acked(s.Faults, 11)
	q := Query{Page: 1}
	pages := map[string]Page{"feed": Faults(s, nil, q, Me{}, testNow), "fault": FaultPage(s, s.Faults[0], q, Me{}, testNow),
		"overview": Overview(s, nil, q, testNow), "wall": Wall(s, q, testNow)}
	for name, p := range pages {
		html := renderPage(t, p)
		if !strings.Contains(html, "by ann") || !strings.Contains(html, "acked") {
			t.Errorf("%s does not say who has seen the fault", name)
		}
	}
	html := renderPage(t, pages["fault"])
	for _, want := range []string{"on my way", `action="/faults/11/unacknowledge"`, "Acknowledged by ann"} {
		if !strings.Contains(html, want) {
			t.Errorf("the page of the fault lacks %q", want)
		}
	}
	// Whoever may not is not offered it, and a resolved fault offers it to nobody.
	viewer, operator := Me{SignIn: true, Role: cluster.Viewer}, Me{SignIn: true, Role: cluster.Operator}
	for _, tt := range []struct {
		name string
		page Page
		want bool
	}{
		{"operator", FaultPage(s, s.Faults[3], q, operator, testNow), true},
		{"viewer", FaultPage(s, s.Faults[3], q, viewer, testNow), false},
		{"viewer, seen", FaultPage(s, s.Faults[0], q, viewer, testNow), false},
		{"resolved", FaultPage(s, resolved()[0], q, operator, testNow), false},
	} {
		if got := strings.Contains(renderPage(t, tt.page), "acknowledge\""); got != tt.want {
			t.Errorf("%s is offered a form: %v", tt.name, got)
		}
	}
	all := func(q Query) string { return renderPage(t, Faults(s, nil, q, operator, testNow)) }
	if html := all(q); !strings.Contains(html, "/faults?ack=false") || !strings.Contains(html, "Not acknowledged") {
		t.Error("the list cannot be filtered by what nobody has seen")
	}
	if html := all(Query{Page: 1, Ack: "false"}); strings.Contains(html, `id="f-11"`) {
		t.Error("the filter lets through what somebody has seen")
	}
}
