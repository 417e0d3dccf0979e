// Package static holds what the browser loads: dist, built from src by
// "npm run build" and committed, so that building LooksAlive needs only Go.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

//go:embed dist
var dist embed.FS

// Prefix is the path the handler must be mounted under.
const Prefix = "/static/"

// asset is one file, ready to be sent.
type asset struct {
	name string // "app.css"
	url  string // "/static/app.3f2a9c1d07be.css"
	kind string
	body []byte
	gzip []byte // nil when it does not pay
	etag string
}

// byName and byURL are written once, before main starts, and only read after.
var byName, byURL = load(dist)

// types are the only kinds of files we ship.
var types = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

// URL gives the address of a file of dist, with a checksum of its content, so
// that it may be cached for ever. It panics for a name that is not there:
// that is a mistake in a template, and every test of a page finds it.
func URL(name string) string {
	a, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return a.url
}

// Build names the set of files: it changes when any of them does.
func Build() string { return build }

var build = checksum(func() []byte {
	var all []string
	for _, a := range byName {
		all = append(all, a.url)
	}
	slices.Sort(all)
	return []byte(strings.Join(all, "\n"))
}())

// Handler serves the files under Prefix. Addresses made by URL may be kept
// for ever; everything else is not found.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byURL[r.URL.Path]
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "404 page not found", http.StatusNotFound)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", a.kind)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", a.etag)
		if r.Header.Get("If-None-Match") == a.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := a.body
		if a.gzip != nil {
			h.Set("Vary", "Accept-Encoding")
			if acceptsGzip(r.Header.Get("Accept-Encoding")) {
				h.Set("Content-Encoding", "gzip")
				body = a.gzip
			}
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			w.Write(body) // a client that went away is no error of ours
		}
	})
}

func acceptsGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}

func load(dist fs.FS) (names, urls map[string]*asset) {
	names, urls = map[string]*asset{}, map[string]*asset{}
	files, err := fs.Glob(dist, "dist/*")
	if err != nil || len(files) == 0 {
		panic("static: dist is empty")
	}
	// Style sheets come last: they name other files, whose checksums must be known.
	slices.SortStableFunc(files, func(a, b string) int { return order(a) - order(b) })
	for _, file := range files {
		body, err := fs.ReadFile(dist, file)
		if err != nil {
			panic(err)
		}
		ext := path.Ext(file)
		if types[ext] == "" {
			continue
		}
		if ext == ".css" {
			for name, a := range names {
				body = bytes.ReplaceAll(body, []byte("url("+name+")"), []byte("url("+path.Base(a.url)+")"))
			}
		}
		name, sum := path.Base(file), checksum(body)
		a := &asset{name: name, kind: types[ext], body: body, etag: `"` + sum + `"`,
			url: Prefix + strings.TrimSuffix(name, ext) + "." + sum + ext}
		if ext != ".woff2" { // a woff2 is compressed already
			a.gzip = compress(body)
		}
		names[name], urls[a.url] = a, a
	}
	return names, urls
}

func order(file string) int {
	if path.Ext(file) == ".css" {
		return 1
	}
	return 0
}

func checksum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

func compress(b []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // only for a level that does not exist
	}
	z.Write(b) // writing to a bytes.Buffer cannot fail
	z.Close()
	if out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}
