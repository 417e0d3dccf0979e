package main

import (
	"encoding/csv"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const firstColumn = `[...document.querySelectorAll("#r-list tbody tr")].map(r => r.cells[0].querySelector("[data-v], a").textContent).join()`

// TestBrowserLists: what is chosen is in the address, and the CSV follows it.
func TestBrowserLists(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.show(p.url + "/c/EU-PROD-HCI01/vms")

	b.click("#r-list th a")
	b.until("sorted by name", `location.search === "?sort=name" && document.querySelector("th[aria-sort=ascending]") !== null`)
	up := strings.Split(eval[string](b, firstColumn), ",")
	if len(up) != 48 || !slices.IsSortedFunc(up, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) }) {
		t.Errorf("%d rows are not sorted: %v", len(up), up)
	}
	b.click("#r-list th a")
	b.until("sorted the other way", `location.search === "?dir=desc&sort=name" && document.querySelector("th[aria-sort=descending]") !== null`)
	slices.Reverse(up)
	b.same("descending", firstColumn, strings.Join(up, ","))

	b.until("live before typing", liveNow)
	b.press("/")
	b.press("dc-\r")
	b.until("filtered", `new URLSearchParams(location.search).get("q") === "dc-" && `+liveNow)
	b.same("sorting is kept", `new URLSearchParams(location.search).get("sort") + new URLSearchParams(location.search).get("dir")`, "namedesc")
	shown := strings.Split(eval[string](b, firstColumn), ",")
	for _, name := range shown {
		if !strings.Contains(name, "dc-") {
			t.Errorf("%q does not fit the filter", name)
		}
	}
	if len(shown) == 0 || len(shown) >= len(up) {
		t.Errorf("the filter leaves %d of %d rows", len(shown), len(up))
	}

	res, err := http.Get(eval[string](b, `document.querySelector("a[href*='.csv']").href`))
	must(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	must(t, err)
	lines, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	must(t, err)
	var names []string
	for _, l := range lines[1:] {
		names = append(names, l[0])
	}
	if !slices.Equal(names, shown) {
		t.Errorf("the CSV has %v, the page %v", names, shown)
	}
	b.quiet("vms")
}
