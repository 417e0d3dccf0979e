package views

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"looksalive/cluster"
	"looksalive/static"
)

var galleryDir = flag.String("gallery", "", "write every page of the gallery into this directory, to look at it without a backend")

// gallery is every page in every state worth looking at.
func gallery(t testing.TB) map[string]Page {
	t.Helper()
	q := Query{Page: 1}
	pages := map[string]Page{}
	must := func(name string) func(Page, error) {
		return func(p Page, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			pages[name] = p
		}
	}
	for name, s := range map[string]*cluster.Snapshot{"healthy": healthy(), "troubled": troubled(), "stale": stale(), "unasked": unasked(), "hostile": hostile(), "limited": limited(), "paused": paused(), "slow": slow(), "nothing": {At: testNow}} {
		pages[name+"-overview"] = Overview(s, trendsFor(OverviewTrends(s)), q, testNow)
		pages[name+"-clusters"] = Clusters(s, q, testNow)
		pages[name+"-faults"] = Faults(s, nil, q, Me{}, testNow)
		pages[name+"-wall"] = Wall(s, q, testNow)
		for _, scope := range []string{"", "fleet-"} {
			c := ""
			if scope == "" && len(s.Clusters) > 0 {
				c = s.Clusters[len(s.Clusters)-1].Cluster
				if name == "hostile" {
					c = s.Clusters[0].Cluster
				}
			}
			must(name + "-" + scope + "nodes")(Nodes(s, c, q, testNow))
			must(name + "-" + scope + "roles")(Roles(s, c, q, testNow))
			must(name + "-" + scope + "vms")(VMs(s, c, q, testNow))
			must(name + "-" + scope + "networks")(Networks(s, c, q, testNow))
			must(name + "-" + scope + "storage")(Storage(s, c, q, testNow))
		}
		for i, p := range s.Clusters {
			n := name + "-" + string(rune('a'+i))
			must(n + "-cluster")(ClusterPage(s, p.Cluster, trendsFor(ClusterTrends(s, p.Cluster)), q, testNow))
			must(n + "-networks")(Networks(s, p.Cluster, q, testNow))
			must(n + "-storage")(Storage(s, p.Cluster, q, testNow))
			node := p.NodeNames()[len(p.NodeNames())-1]
			must(n + "-node")(NodePage(s, p.Cluster, node, trendsFor(NodeTrends(p.Cluster, node)), q, testNow))
		}
	}
	s := troubled()
	pages["faults"] = Faults(s, resolved(), q, Me{}, testNow)
	pages["faults-filtered"] = Faults(s, resolved(), Query{Text: "zzz", Page: 1}, Me{}, testNow)
	pages["fault"] = FaultPage(s, s.Faults[3], q, Me{}, testNow)
	pages["fault-caused"] = FaultPage(s, s.Faults[1], q, Me{}, testNow)
	pages["fault-resolved"] = FaultPage(s, resolved()[0], q, Me{}, testNow)
	pages["fault-hostile"] = FaultPage(hostile(), hostile().Faults[0], q, Me{}, testNow)
	pages["fault-access"] = FaultPage(limited(), limited().Faults[0], q, Me{}, testNow)
	pages["error"] = ErrorPage(404, "There is no such node", "The cluster has no node of that name.", "It may have been evicted or renamed.")
	pages["error-live"] = ErrorPage(503, "Not ready", "The store does not answer.", "")
	return pages
}

func renderPage(t testing.TB, p Page) string {
	t.Helper()
	var b strings.Builder
	env := Env{Build: static.Build(), Demo: Demo{On: true, ControlURL: "http://127.0.0.1:8687/"}, Now: testNow, Version: 7, Seq: 11, DataAt: testNow.Add(-400e6)}
	if err := Document(p, env).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	tags       = regexp.MustCompile(`<[a-zA-Z][^<>]*>`)
	quoted     = regexp.MustCompile(`"[^"]*"`)
	inline     = regexp.MustCompile(`\s(style|on[a-z]+)\s*=`)
	inlineText = regexp.MustCompile(`<script[^>]*>[^<]|<style`)
	ids        = regexp.MustCompile(`\sid="([^"]*)"`)
	shapes     = regexp.MustCompile(`<use href="([^"#]*)#([^"]*)"`)
)

// TestGallery renders every page and checks what must hold for all of them.
func TestGallery(t *testing.T) {
	sprite := readAsset(t, "icons.svg")
	for name, p := range gallery(t) {
		html := renderPage(t, p)
		for _, tag := range tags.FindAllString(html, -1) {
			if bare := quoted.ReplaceAllString(tag, `""`); inline.MatchString(bare) {
				t.Errorf("%s: the policy forbids inline styles and handlers: %s", name, tag)
			}
		}
		if m := inlineText.FindString(html); m != "" {
			t.Errorf("%s: inline script or style: %s", name, m)
		}
		seen := map[string]bool{}
		for _, m := range ids.FindAllStringSubmatch(html, -1) {
			if seen[m[1]] {
				t.Errorf("%s: id %q occurs twice: morphing would mix them up", name, m[1])
			}
			seen[m[1]] = true
		}
		for _, m := range shapes.FindAllStringSubmatch(html, -1) {
			if !strings.Contains(sprite, `<symbol id="`+m[2]+`"`) {
				t.Errorf("%s: shape %q is not in the sprite", name, m[2])
			}
		}
		for _, part := range []string{"<img", "%!", "NaN", "0001-01-01", "undefined"} {
			if strings.Contains(html, part) {
				t.Errorf("%s: contains %q", name, part)
			}
		}
		if !strings.Contains(html, "<h1") {
			t.Errorf("%s: has no h1", name)
		}
		if *galleryDir != "" {
			write(t, name+".html", html)
		}
	}
	if *galleryDir != "" {
		for _, name := range []string{"app.css", "app.js", "boot.js", "chart.js", "icons.svg", "favicon.svg", "inter.woff2"} {
			write(t, strings.TrimPrefix(static.URL(name), "/"), readAsset(t, name))
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(*galleryDir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
