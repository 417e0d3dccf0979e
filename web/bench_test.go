package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// BenchmarkThousandNodes watches 1,000 simulated nodes, each asked every 5 s,
// with simulator and product in processes of their own, and prints what the
// product alone takes: share of one core, memory, time of a poll.
func BenchmarkThousandNodes(b *testing.B) {
	sim := startChild(b, "simulator", "-json", "-nodes", "1000", "-https=false", "-seed", "1")
	var said announced
	if err := json.Unmarshal([]byte(sim.first), &said); err != nil {
		b.Fatal(err)
	}
	p := startChild(b, "-config", fleetConfig(b, said), "-addr", "127.0.0.1:0", "-data", b.TempDir(), "-log", "error")
	url := p.url(b)
	began := time.Now()
	for asked := 0; asked < 1000; asked = answered(b, url) {
		if time.Since(began) > time.Minute {
			b.Fatalf("only %d of 1000 nodes answered within a minute", asked)
		}
		time.Sleep(200 * time.Millisecond)
	}
	b.ReportMetric(time.Since(began).Seconds(), "s-until-all-answered")
	time.Sleep(10 * time.Second) // the rush of opening the sessions is not the steady state
	before, _ := p.usage(b)
	start := time.Now()
	const window = 30 * time.Second
	time.Sleep(window)
	after, resident := p.usage(b)
	share := float64(after-before) / float64(time.Since(start))
	times := pollTimes(b, url)
	b.ReportMetric(100*share, "%core")
	b.ReportMetric(float64(resident)/(1<<20), "MiB-resident")
	b.ReportMetric(times[len(times)/2]*1000, "ms-poll-p50")
	b.ReportMetric(times[len(times)*95/100]*1000, "ms-poll-p95")
	overview, size := fetchTimes(b, url+"/")
	b.ReportMetric(float64(overview.Microseconds())/1000, "ms-overview-p50")
	b.ReportMetric(float64(size)/1024, "KiB-overview-gzip")
	b.ReportMetric(0, "ns/op")
}

// fleetConfig writes a configuration file for all simulated nodes.
func fleetConfig(b testing.TB, said announced) string {
	var clusters []string
	text := map[string]*strings.Builder{}
	for _, n := range said.Nodes {
		w := text[n.Cluster]
		if w == nil {
			w = &strings.Builder{}
			fmt.Fprintf(w, "[[clusters]]\nname = %q\ntransport = \"http\"\nuser = '%s'\npassword_env = \"SIMULATED_PASSWORD\"\nnodes = [\n", n.Cluster, n.User)
			text[n.Cluster] = w
			clusters = append(clusters, n.Cluster)
		}
		fmt.Fprintf(w, "  { name = %q, address = %q },\n", n.Name, host(b, n.HTTP))
	}
	b.(interface{ Setenv(string, string) }).Setenv("SIMULATED_PASSWORD", said.Nodes[0].Password)
	file := filepath.Join(b.TempDir(), "looksalive.toml")
	var all strings.Builder
	for _, c := range clusters {
		all.WriteString(text[c].String() + "]\n")
	}
	if err := os.WriteFile(file, []byte(all.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return file
}

type nodeAnswer struct {
	Health  string
	Contact struct{ TookSeconds float64 }
}

func askNodes(b testing.TB, url string) []nodeAnswer {
	res, err := http.Get(url + "/api/v1/nodes")
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	var v struct{ Nodes []nodeAnswer }
	if err := json.NewDecoder(res.Body).Decode(&v); err != nil {
		b.Fatal(err)
	}
	return v.Nodes
}

func answered(b testing.TB, url string) (n int) {
	for _, node := range askNodes(b, url) {
		if node.Health == "Healthy" {
			n++
		}
	}
	return n
}

// pollTimes are the seconds the last poll of each node took, sorted.
func pollTimes(b testing.TB, url string) []float64 {
	var out []float64
	for _, n := range askNodes(b, url) {
		out = append(out, n.Contact.TookSeconds)
	}
	slices.Sort(out)
	return out
}

// fetchTimes gives the median time and the compressed size of a page.
func fetchTimes(b testing.TB, url string) (median time.Duration, size int64) {
	var times []time.Duration
	for range 50 {
		req, _ := http.NewRequest(http.MethodGet, url, nil)
		req.Header.Set("Accept-Encoding", "gzip")
		start := time.Now()
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			b.Fatal(err)
		}
		size, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	return times[len(times)/2], size
}

// BenchmarkFirstPage starts the program over the demo clusters in a process of
// its own and measures until the first page has come whole, and until all six
// nodes are on it.
func BenchmarkFirstPage(b *testing.B) {
	var page, filled time.Duration
	for b.Loop() {
		start := time.Now()
		p := startChild(b, "-addr", "127.0.0.1:0", "-data", b.TempDir(), "-log", "error")
		res, err := http.Get(p.url(b) + "/")
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		page += time.Since(start)
		for answered(b, p.url(b)) < 6 {
			time.Sleep(5 * time.Millisecond)
		}
		filled += time.Since(start)
		p.end()
	}
	b.ReportMetric(float64(page.Milliseconds())/float64(b.N), "ms-first-page")
	b.ReportMetric(float64(filled.Milliseconds())/float64(b.N), "ms-all-nodes")
}

// BenchmarkKnownToSeen kills a simulated node over and over with the overview
// open in a real browser. It prints how long the news takes from the cluster's
// own knowledge to ours, and from ours to the browser's document.
func BenchmarkKnownToSeen(b *testing.B) {
	p := startProduct(b)
	tab := newBrowser(b)
	tab.open(p.url + "/")
	tab.until("every node", `document.querySelectorAll("main a[href*='/nodes/']").length >= 6`)
	var known, painted []time.Duration
	for b.Loop() {
		eval[bool](tab, `(() => {
			const text = "`+demoNode+` is down"
			window.seenAt = 0
			const look = () => { if (!window.seenAt && document.querySelector("main").innerText.includes(text)) requestAnimationFrame(() => { window.seenAt = performance.timeOrigin + performance.now() }) }
			new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true})
			return true
		})()`)
		removed := make(chan time.Time, 1)
		go func() { removed <- removedAt(p, demoNode) }()
		restore := p.inject("node-down", demoCluster, demoNode)
		tab.until("the fault", `window.seenAt > 0`)
		seen := time.UnixMicro(int64(eval[float64](tab, `window.seenAt`) * 1000))
		opened := openedAt(p, demoNode+" is down")
		painted = append(painted, seen.Sub(opened))
		known = append(known, opened.Sub(<-removed))
		restore()
		tab.until("the recovery", "!"+says(demoNode+" is down"))
	}
	report(b, known, "s-cluster-knows-to-we-know")
	report(b, painted, "s-we-know-to-painted")
	b.ReportMetric(0, "ns/op")
}

func report(b *testing.B, times []time.Duration, unit string) {
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2].Seconds(), unit+"-p50")
	b.ReportMetric(times[len(times)-1].Seconds(), unit+"-max")
}

// removedAt watches the simulator and gives the time its cluster calls the node down.
func removedAt(p *product, node string) time.Time {
	for {
		res, err := http.Get(p.control + "/state")
		must(p.t, err)
		var state struct {
			Clusters []struct {
				Nodes []struct{ Name, State string }
			}
		}
		must(p.t, json.NewDecoder(res.Body).Decode(&state))
		res.Body.Close()
		for _, c := range state.Clusters {
			for _, n := range c.Nodes {
				if n.Name == node && n.State == "Down" {
					return time.Now()
				}
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// openedAt is when we recorded the open fault with this title.
func openedAt(p *product, title string) time.Time {
	type list struct {
		Faults []struct {
			Title  string
			Opened time.Time
		}
	}
	for _, f := range get[list](p, "/api/v1/faults?open=true").Faults {
		if f.Title == title {
			return f.Opened
		}
	}
	p.t.Fatalf("no open fault %q", title)
	return time.Time{}
}

// BenchmarkFloodToBrowser streams 50 MB of a node's output into a browser and says what
// it costs in memory at both ends.
func BenchmarkFloodToBrowser(b *testing.B) {
	const lines, width = 50_000, 1_000
	for b.Loop() {
		p := startChild(b, "-addr", "127.0.0.1:0", "-data", b.TempDir(), "-story=false", "-log", "error")
		base := p.url(b)
		tab := newBrowser(b)
		tab.open(base + "/console?" + url.Values{
			"script": {fmt.Sprintf("$line = 'x' * %d; foreach ($i in 1..%d) { $line }; 'the last line'", width-1, lines)},
			"target": {demoCluster + "/HV-FRA-01"},
		}.Encode())
		_, before := p.usage(b)
		heap := eval[float64](tab, `performance.memory.usedJSHeapSize`)
		began := time.Now()
		tab.runs()
		tab.output("the last line")
		b.ReportMetric(time.Since(began).Seconds(), "s")
		_, after := p.usage(b)
		b.ReportMetric(float64(after-before)/(1<<20), "MiB/server")
		b.ReportMetric((eval[float64](tab, `performance.memory.usedJSHeapSize`)-heap)/(1<<20), "MiB/browser")
		b.ReportMetric(eval[float64](tab, `document.querySelectorAll("#run *").length`), "elements")
		p.end()
	}
	b.ReportMetric(0, "ns/op")
}
