package main

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
)

// Contrast is all that a theme can break; the rest is judged once per size.
const (
	axeAll      = `{}`
	axeContrast = `{runOnly: ["color-contrast"]}`
)

// TestBrowserAccessible: axe-core finds nothing on any page in any theme and
// size, with every kind of trouble on it; pages stay small, fit their screen,
// and neither the console nor the content policy complains.
func TestBrowserAccessible(t *testing.T) {
	axe := nodeModule(t, "axe-core/axe.min.js")
	p := startProduct(t)
	waitForPictures(t, p)
	p.inject("node-down", demoCluster, demoNode)
	p.inject("node-isolated", demoCluster, "HV-FRA-02")
	p.inject("witness-offline", "EU-SQL-FC01", "")
	p.inject("service-stopped", "EU-SQL-FC01", "SQL-FRA-02")
	type faults struct{ Faults []struct{ ID int64 } }
	list := func() []struct{ ID int64 } { return get[faults](p, "/api/v1/faults?open=true").Faults }
	eventually(t, "the faults", func() bool { return len(list()) >= 4 })

	paths := append([]string{"/no/such/page", "/c/EU-PROD-HCI01/nodes/" + demoNode, "/vms", "/roles", "/networks", "/storage", "/nodes?q=zzz"}, sitePaths...)
	paths = append(paths, fmt.Sprintf("/faults/%d", list()[0].ID))
	b := newBrowser(t)
	for _, path := range paths {
		small(t, p.url+path)
		b.scheme("light")
		b.size(1440, 900)
		b.open(p.url + path)
		if path == "/no/such/page" {
			b.forget() // the browser itself calls a 404 an error
		} else {
			b.until("the page to be live", liveNow)
		}
		eval[bool](b, axe+"; true")
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.size(size[0], size[1])
			for scheme, rules := range map[string]string{"light": axeAll, "dark": axeContrast} {
				b.scheme(scheme)
				found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](`axe.run(document, `+rules+`).then(r => r.violations.map(v =>
					v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + " " + n.failureSummary.replace(/\s+/g, " ")).join(" | ")))`, chromedp.EvalAwaitPromise))
				must(t, err)
				for _, f := range found {
					t.Errorf("%s, %s at %d px: %s", path, scheme, size[0], f)
				}
			}
			if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
				t.Errorf("%s at %d px is %d px too wide", path, size[0], over)
			}
		}
		b.quiet(path)
	}
}

// small holds the budget of a document: 10 KiB compressed.
func small(t *testing.T, url string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	must(t, err)
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultTransport.RoundTrip(req)
	must(t, err)
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	must(t, err)
	if n > 10<<10 {
		t.Errorf("%s has %d bytes compressed", url, n)
	}
}
