package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func get(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	kinds := map[string]string{"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8", "boot.js": "text/javascript; charset=utf-8",
		"chart.js": "text/javascript; charset=utf-8", "icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml", "inter.woff2": "font/woff2"}
	for name, kind := range kinds {
		if !regexp.MustCompile(`^/static/` + strings.Replace(name, ".", `\.[0-9a-f]{12}\.`, 1) + `$`).MatchString(URL(name)) {
			t.Errorf("address of %s is %s", name, URL(name))
		}
		res := get(t, "GET", URL(name))
		if res.StatusCode != 200 || res.Header.Get("Content-Type") != kind || res.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: status %d, header %v", name, res.StatusCode, res.Header)
		}
		plain, _ := io.ReadAll(res.Body)
		if len(plain) == 0 {
			t.Errorf("%s is empty", name)
		}
		packed := get(t, "GET", URL(name), "Accept-Encoding", "br, gzip;q=0.8")
		if name == "inter.woff2" {
			if packed.Header.Get("Content-Encoding") != "" {
				t.Error("a woff2 is compressed twice")
			}
			continue
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if unpacked, err := io.ReadAll(z); err != nil || string(unpacked) != string(plain) {
			t.Errorf("%s: compressed differs from plain (%v)", name, err)
		}
		if packed.Header.Get("Vary") != "Accept-Encoding" || res.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: a cache may mix the two up", name)
		}
		if res := get(t, "GET", URL(name), "If-None-Match", packed.Header.Get("ETag")); res.StatusCode != 304 {
			t.Errorf("%s: status %d for a known ETag", name, res.StatusCode)
		}
		if res := get(t, "GET", URL(name), "Accept-Encoding", "gzip;q=0"); res.Header.Get("Content-Encoding") != "" {
			t.Errorf("%s: compressed against the wish", name)
		}
	}
}

func TestNotFound(t *testing.T) {
	for _, path := range []string{"/static/", "/static/app.css", "/static/app.000000000000.css", "/static/../static.go", "/app.css"} {
		res := get(t, "GET", path)
		if res.StatusCode != 404 || strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: status %d, %s", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
	if res := get(t, "POST", URL("app.css")); res.StatusCode != 405 {
		t.Errorf("POST: status %d", res.StatusCode)
	}
	res := get(t, "HEAD", URL("app.css"))
	if body, _ := io.ReadAll(res.Body); res.StatusCode != 200 || len(body) != 0 {
		t.Errorf("HEAD: status %d with %d bytes", res.StatusCode, len(body))
	}
	defer func() {
		if recover() == nil {
			t.Error("URL of a file that is not there does not panic")
		}
	}()
	URL("nope.css")
}

// A style sheet must name the font by its checksummed address, and change its
// own address when the font changes.
func TestStyleFollowsItsFiles(t *testing.T) {
	set := func(font string) (sheet, url string) {
		names, _ := load(fstest.MapFS{"dist/a.css": {Data: []byte("@font-face{src:url(f.woff2)}")}, "dist/f.woff2": {Data: []byte(font)}})
		return string(names["a.css"].body), names["a.css"].url
	}
	sheet1, url1 := set("one")
	_, url2 := set("two")
	if !regexp.MustCompile(`url\(f\.[0-9a-f]{12}\.woff2\)`).MatchString(sheet1) || url1 == url2 {
		t.Errorf("sheet is %s at %s and %s", sheet1, url1, url2)
	}
	if !strings.Contains(string(byName["app.css"].body), "url("+strings.TrimPrefix(URL("inter.woff2"), Prefix)+")") {
		t.Error("app.css does not name the font it ships with")
	}
}

// The budget of the interface, compressed: script 40 KiB per page, 65 with
// charts, style 20.
func TestBudget(t *testing.T) {
	size := func(name string) int { return len(byName[name].gzip) }
	if script := size("app.js") + size("boot.js"); script > 40<<10 || script+size("chart.js") > 65<<10 {
		t.Errorf("script is %d bytes, with charts %d", script, script+size("chart.js"))
	}
	if size("app.css") > 20<<10 {
		t.Errorf("style is %d bytes", size("app.css"))
	}
}

// What we ship must work without asking anybody else, and without eval.
func TestNothingFromOutside(t *testing.T) {
	outside := regexp.MustCompile(`(?:url\(|@import\s*)["']?https?:|\beval\(|new Function\(`)
	for name, a := range byName {
		if name == "licences.txt" || name == "inter.woff2" {
			continue
		}
		if m := outside.Find(a.body); m != nil {
			t.Errorf("%s contains %q", name, m)
		}
	}
}
