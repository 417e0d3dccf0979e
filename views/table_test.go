package views

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestNatural(t *testing.T) {
	names := []string{"hv-10", "HV-2", "hv-1", "b", "HV-02b", "a9", "a10", ""}
	slices.SortFunc(names, natural)
	want := []string{"", "a9", "a10", "b", "hv-1", "HV-2", "HV-02b", "hv-10"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func rows(n int) []Row {
	var out []Row
	for i := range n {
		h := cluster.Healthy
		if i%3 == 0 {
			h = cluster.Warning
		}
		out = append(out, Row{ID: fmt.Sprint("r", i), Health: h, Cells: []Cell{{Text: fmt.Sprint("node-", i)}, Cell{Text: fmt.Sprint(1000-i, " GiB")}.by(float64(1000 - i))}})
	}
	return out
}

func TestArrange(t *testing.T) {
	for _, tt := range []struct {
		name        string
		query       string
		first       string
		shown, all  int
		prev, next  string
		sorted      string
		sortAddress string
	}{
		{"as it comes", "", "node-0", 200, 450, "", "/x?page=2", "", "/x?sort=size"},
		{"last page", "page=3", "node-400", 50, 450, "/x?page=2", "", "", "/x?sort=size"},
		{"page beyond the end", "page=99", "node-400", 50, 450, "/x?page=2", "", "", "/x?sort=size"},
		{"by number", "sort=size", "node-449", 200, 450, "", "/x?page=2&sort=size", "ascending", "/x?dir=desc&sort=size"},
		{"by number downwards", "sort=size&dir=desc", "node-0", 200, 450, "", "/x?dir=desc&page=2&sort=size", "descending", "/x?sort=size"},
		{"by state", "state=warn", "node-0", 150, 150, "", "", "", "/x?sort=size&state=warn"},
		{"by words in any order", "q=553+NODE-44", "node-447", 1, 1, "", "", "", "/x?q=553+NODE-44&sort=size"},
		{"nonsense is ignored", "state=purple&page=-4&sort=nothing", "node-0", 200, 450, "", "/x?page=2&sort=nothing", "", "/x?sort=size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := url.ParseQuery(tt.query)
			if err != nil {
				t.Fatal(err)
			}
			tab := Table{Cols: []Col{{Key: "name", Label: "Name"}, {Key: "size", Label: "Size"}}, Rows: rows(450)}
			tab.arrange(ParseQuery(v), "/x")
			got := []string{tab.Rows[0].Cells[0].Text, fmt.Sprint(len(tab.Rows)), fmt.Sprint(len(tab.all)), tab.Cols[1].Sorted, tab.Cols[1].Href, "", ""}
			if tab.Pager != nil {
				got[5], got[6] = tab.Pager.Prev, tab.Pager.Next
			}
			want := []string{tt.first, fmt.Sprint(tt.shown), fmt.Sprint(tt.all), tt.sorted, tt.sortAddress, tt.prev, tt.next}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQueryRoundTrip(t *testing.T) {
	q := Query{Text: "a b&c", State: "crit", Cluster: "EU/1", Sort: "cpu", Desc: true, Page: 4}
	v, err := url.ParseQuery(q.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(q, ParseQuery(v)); diff != "" {
		t.Error(diff)
	}
	if got := ParseQuery(nil).Encode(); got != "" {
		t.Errorf("an empty query is written as %q", got)
	}
}

func TestCSV(t *testing.T) {
	s := healthy()
	s.Clusters[0].State.Roles[0].Name = `=HYPERLINK("http://evil")`
	p, err := VMs(s, s.Clusters[0].Cluster, Query{Page: 1, Sort: "name"}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	header, list := p.Table()
	if diff := cmp.Diff([]string{"Virtual machine", "State", "Owner node", "Type", "Priority", "Resources"}, header); diff != "" {
		t.Error(diff)
	}
	if len(list) != 48 {
		t.Errorf("%d rows, want 48", len(list))
	}
	if got := list[0][0]; got != `'=HYPERLINK("http://evil")` {
		t.Errorf("a formula stays one: %s", got)
	}
	for _, bad := range []string{"=1", "+1", "-1", "@x", "\tx", "\rx"} {
		if !strings.HasPrefix(harmless(bad), "'") {
			t.Errorf("%q is not made harmless", bad)
		}
	}
	if h, r := ErrorPage(404, "a", "b", "c").Table(); h != nil || r != nil {
		t.Error("an error page has a table")
	}
}

func TestCSVHasAllPages(t *testing.T) {
	p, err := Nodes(big(), "", Query{Page: 2}, testNow)
	if err != nil {
		t.Fatal(err)
	}
	if _, list := p.Table(); len(list) != 1000 {
		t.Errorf("%d rows in CSV, want 1000", len(list))
	}
}
