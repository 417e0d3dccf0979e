package views

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestCensus(t *testing.T) {
	c := census{Total: 1000}.with(map[cluster.Health]int{cluster.Critical: 1, cluster.Warning: 9, cluster.Healthy: 990}, "/nodes")
	var got []string
	end := -3.0
	for _, p := range c.Parts {
		got = append(got, p.State.Class+" "+p.Count+" "+p.Href)
		x, _ := strconv.ParseFloat(p.X, 64)
		w, _ := strconv.ParseFloat(p.W, 64)
		if w < 6 {
			t.Errorf("%s is %v wide: nobody would see it", p.State.Class, w)
		}
		if d := x - end; d < 2.8 || d > 3.2 {
			t.Errorf("%s begins %v after the one before", p.State.Class, d)
		}
		end = x + w
	}
	if end < 999 || end > 1001 {
		t.Errorf("the bar ends at %v, want 1000", end)
	}
	want := []string{"crit 1 /nodes?state=crit", "warn 9 /nodes?state=warn", "ok 990 /nodes?state=ok"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestByCause(t *testing.T) {
	f := func(name, cause string) cluster.Fault {
		return cluster.Fault{Cluster: "c", Kind: "k", Object: cluster.Ref{Kind: "node", Name: name}, Cause: cause}
	}
	key := func(name string) string { return f(name, "").Key() }
	for _, tt := range []struct {
		name string
		in   []cluster.Fault
		want []string
	}{
		{"consequences come first in the list", []cluster.Fault{f("b", key("a")), f("a", ""), f("c", "")}, []string{"a: b", "c:"}},
		{"a chain belongs to its first cause", []cluster.Fault{f("a", ""), f("b", key("a")), f("c", key("b"))}, []string{"a: b c"}},
		{"the cause is gone", []cluster.Fault{f("b", key("a"))}, []string{"b:"}},
		{"its own cause", []cluster.Fault{f("a", key("a"))}, []string{"a:"}},
		{"a circle loses nothing", []cluster.Fault{f("a", key("b")), f("b", key("a"))}, []string{"a:", "b:"}},
	} {
		var got []string
		for _, g := range byCause(tt.in) {
			line := g.fault.Object.Name + ":"
			for _, a := range g.after {
				line += " " + a.Object.Name
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

func TestFaultGroups(t *testing.T) {
	var got []string
	for _, g := range faultGroups(troubled().Faults, resolved(), testNow) {
		got = append(got, g.Title+" "+g.Count)
	}
	want := []string{"Act now 3", "Look at it soon 2", "Cannot be seen 1", "Resolved in the last 2 hours 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResolvedLongAgoIsNotShown(t *testing.T) {
	old := resolved()[0]
	old.Resolved = testNow.Add(-121 * time.Minute)
	p := Faults(healthy(), []cluster.Fault{old}, Query{Page: 1}, Me{}, testNow)
	if html := renderPage(t, p); strings.Contains(html, old.Title) {
		t.Error("a fault resolved more than two hours ago is shown")
	}
}

func TestIsolationCountdown(t *testing.T) {
	s := troubled()
	p := s.Cluster("EU-PROD-HCI01")
	f := s.Faults[3]
	c := isolationCountdown(p, f, testNow)
	if c == nil || c.Left != "2:19" || c.Ends.ISO != f.Since.Add(4*time.Minute).Format(time.RFC3339) {
		t.Errorf("countdown is %+v, want 2:19 left of 4 min", c)
	}
	if c := isolationCountdown(p, f, testNow.Add(3*time.Minute)); c != nil {
		t.Errorf("a timer that ran out still counts: %+v", c)
	}
}

// Ignorance must look neither like health nor like zero.
func TestStaleIsNoData(t *testing.T) {
	s := stale()
	name := s.Clusters[0].Cluster
	p, err := NodePage(s, name, s.Clusters[0].NodeNames()[0], nil, Query{Page: 1}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	html := renderPage(t, p)
	for _, want := range []string{"No answer from this node: connection refused.", "Values are the last known ones", `class="v old"`, `class="card old"`} {
		if !strings.Contains(html, want) {
			t.Errorf("the page of a silent node lacks %q", want)
		}
	}
	if strings.Contains(html, `class="chip ok"`) {
		t.Error("a silent node is dressed as healthy")
	}
	for _, tile := range nodeTiles(s.Clusters[0], s.Clusters[0].NodeNames()[0], nil, testNow) {
		if tile.AsOf == nil || tile.AsOf.At.Text != "6 min ago" || tile.Spark.Dot != "" {
			t.Errorf("%s of a silent node stands there as if it were current: %+v", tile.Label, tile)
		}
	}
	for _, tile := range nodeTiles(unasked().Clusters[0], "HV-EU-01", nil, testNow) {
		if tile.Known || tile.Value != noData || tile.AsOf != nil {
			t.Errorf("%s of a node that was never asked is %q", tile.Label, tile.Value)
		}
	}
	if html := renderPage(t, Overview(s, nil, Query{Page: 1}, testNow)); strings.Contains(html, `class="nd ok"`) {
		t.Error("the overview shows a silent node as healthy")
	}
}

func TestUnknownNames(t *testing.T) {
	s := healthy()
	q := Query{Page: 1}
	_, a := ClusterPage(s, "nope", nil, q, testNow)
	_, b := NodePage(s, "nope", "x", nil, q, testNow)
	_, c := NodePage(s, s.Clusters[0].Cluster, "nope", nil, q, testNow)
	_, d := Nodes(s, "nope", q, testNow)
	for i, err := range []error{a, b, c, d} {
		if !errors.Is(err, cluster.ErrNotFound) {
			t.Errorf("%d: %v is not ErrNotFound", i, err)
		}
	}
}

// Every region that a document has must come over the socket too, and no other.
func TestLiveRegionsMatchTheDocument(t *testing.T) {
	for name, p := range gallery(t) {
		if !p.Live {
			continue
		}
		html := renderPage(t, p)
		want := strings.Count(html, " data-region")
		regions := p.LiveRegions()
		if len(regions) != want {
			t.Errorf("%s: %d regions for the socket, %d in the document", name, len(regions), want)
		}
		for _, r := range regions {
			var b strings.Builder
			if err := r.Render(context.Background(), &b); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(html, b.String()) {
				t.Errorf("%s: region %s differs between document and socket", name, r.ID)
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	s := hostile()
	evil := s.Clusters[0].Cluster
	if got, want := clusterPath(evil, "nodes"), "/c/%22%3E%3Cimg%20src=x%20onerror=alert%281%29%3E%20style=%22x%22%20%2F%3F%23&/nodes"; got != want {
		t.Errorf("path is %s, want %s", got, want)
	}
	for _, e := range SearchIndex(s) {
		if !strings.HasPrefix(e.URL, "/") || strings.ContainsAny(e.URL, `"<> `) {
			t.Errorf("address of %q is %q", e.Label, e.URL)
		}
	}
}

func TestSearchIndex(t *testing.T) {
	kinds := map[string]int{}
	for _, e := range SearchIndex(troubled()) {
		kinds[e.Kind]++
	}
	want := map[string]int{"page": 11, "fault": 8, "cluster": 6, "node": 36, "virtual machine": 392, "role": 6, "volume": 20, "network": 18}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestSpark(t *testing.T) {
	key := func(node string) cluster.SeriesKey {
		return cluster.SeriesKey{Cluster: "c", Object: "node/" + node, Metric: cluster.MetricCPU}
	}
	at := func(min int, v float64) cluster.Point {
		return cluster.Point{At: testNow.Add(time.Duration(-min) * time.Minute), Mean: v}
	}
	trend := Trends{
		key("a"): {Points: []cluster.Point{at(60, 0), at(59, 40), at(2, 100), at(1, 100)}},
		key("b"): {Step: time.Minute, Points: []cluster.Point{at(59, 60)}},
	}
	got := newSpark(trend, []cluster.Metric{cluster.MetricCPU}, foldMean, 100, math.NaN(), testNow)
	// 0 is the bottom at 38, 100 the top at 3, the mean of 40 and 60 between; a gap is a gap.
	if want := "M0.0 38.0L2.0 20.5M116.0 3.0L118.0 3.0"; got.Line != want {
		t.Errorf("line is %s, want %s", got.Line, want)
	}
	if n := strings.Count(got.Area, "Z"); n != 2 {
		t.Errorf("area has %d parts, want 2", n)
	}
	// The first minute: a line that grows from the right and ends in the value of now.
	young := Trends{key("a"): {Points: []cluster.Point{{At: testNow.Add(-40 * time.Second), Mean: 0}}}}
	if s := newSpark(young, []cluster.Metric{cluster.MetricCPU}, foldMean, 100, 100, testNow); s.Line != "M104.0 38.0L108.0 29.2L112.0 20.5L116.0 11.8L120.0 3.0" || s.Dot != "M120 3.0h0" {
		t.Errorf("after 40 s: %+v", s)
	}
	if s := newSpark(nil, []cluster.Metric{cluster.MetricCPU}, foldMean, 100, 50, testNow); s.Dot != "M120 20.5h0" || s.Line != "M120.0 20.5h0" {
		t.Errorf("with the value of now alone: %+v", s)
	}
	if s := newSpark(nil, []cluster.Metric{cluster.MetricCPU}, foldMean, 100, math.NaN(), testNow); s.Line != "" || s.Label != "no history yet" {
		t.Errorf("without history: %+v", s)
	}
}

func TestMissed(t *testing.T) {
	var b strings.Builder
	if err := Missed(resolved(), testNow.Add(-time.Minute), testNow, testNow).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<section id="r-missed"`, "2 faults changed meanwhile", "HV-FRB-07 is down", "resolved"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q", want)
		}
	}
}

func BenchmarkOverview1000(b *testing.B) {
	s := big()
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		var w counter
		p := Overview(s, nil, Query{Page: 1}, testNow)
		if err := Document(p, Env{Now: testNow}).Render(context.Background(), &w); err != nil {
			b.Fatal(err)
		}
		size = int(w)
	}
	b.ReportMetric(float64(size), "bytes/page")
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func TestServicesAndCertificatesAreDressedByTheirFaults(t *testing.T) {
	v := nodeOf(0, testNow)
	v.Vitals.Services[1].State = "Stopped"
	faults := []cluster.Fault{
		{Kind: cluster.FaultServiceStopped, Object: cluster.Ref{Kind: "service", Name: "HV-01/vmms"}, Health: cluster.Critical},
		{Kind: cluster.FaultCertificate, Object: cluster.Ref{Kind: "certificate", Name: "HV-01/C3D4"}, Health: cluster.Warning},
	}
	var got []string
	for _, f := range serviceFacts(v, faults, true) {
		got = append(got, f.Value+" "+f.State.Class)
	}
	for _, r := range certificates(v.Inventory, faults, testNow).Rows {
		got = append(got, r.Cells[0].Text+" "+r.Cells[0].State.Class)
	}
	want := []string{"Running ok", "Stopped crit", "Running ok", "Running ok", "Stopped quiet", "hv.corp.example ok", "Azure Stack HCI warn"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
