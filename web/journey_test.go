package main

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// cutter stands between the browser and the product and can cut every
// connection, as a switch does.
type cutter struct {
	net.Listener
	to string

	mu   sync.Mutex
	down bool
	open map[net.Conn]bool
}

func newCutter(t testing.TB, to string) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	c := &cutter{Listener: l, to: to, open: map[net.Conn]bool{}}
	go c.accept()
	t.Cleanup(func() { l.Close(); c.cut() })
	return c
}

func (c *cutter) url() string { return "http://" + c.Addr().String() }

func (c *cutter) accept() {
	for {
		in, err := c.Accept()
		if err != nil {
			return
		}
		go c.forward(in)
	}
}

func (c *cutter) forward(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", c.to)
	if err != nil {
		return
	}
	defer out.Close()
	c.mu.Lock()
	if c.down {
		c.mu.Unlock()
		return
	}
	c.open[in], c.open[out] = true, true
	c.mu.Unlock()
	go func() { io.Copy(out, in); out.Close() }()
	io.Copy(in, out)
	c.mu.Lock()
	delete(c.open, in)
	delete(c.open, out)
	c.mu.Unlock()
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = true
	for conn := range c.open {
		conn.Close()
	}
}

func (c *cutter) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = false
}

const (
	demoCluster = "EU-PROD-HCI01"
	demoNode    = "HV-BER-02"
)

// says is a JavaScript expression: the page's main part contains the text.
func says(text string) string {
	return `document.querySelector("main").innerText.includes("` + text + `")`
}

// TestJourneyNodeDies is the on-call engineer's evening: the overview is open,
// a node dies, it is seen without a reload, it returns, and it is seen too.
func TestJourneyNodeDies(t *testing.T) {
	p := startProduct(t)
	b := newBrowser(t)
	b.open(p.url + "/")
	b.until("every node", `document.querySelectorAll("main a[href*='/nodes/']").length >= 6`)
	b.until("the live pill", `document.body.innerText.includes("Live")`)
	eval[bool](b, `window.untouched = true`)

	restore := p.inject("node-down", demoCluster, demoNode)
	b.until("the fault", says(demoNode+" is down"))
	restore()
	b.until("the recovery", "!"+says(demoNode+" is down"))
	if !eval[bool](b, `window.untouched === true`) {
		t.Error("the page was reloaded instead of updated")
	}
	b.quiet("overview")
}

// TestJourneyConnectionIsCut cuts the socket, lets a node die meanwhile, and
// expects the page to say so, to heal by itself and to tell what was missed.
func TestJourneyConnectionIsCut(t *testing.T) {
	p := startProduct(t)
	c := newCutter(t, strings.TrimPrefix(p.url, "http://"))
	signIn(t, c.url())
	b := newBrowser(t)
	b.open(c.url() + "/faults")
	b.until("the live pill", `document.body.innerText.includes("Live")`)

	c.cut()
	b.until("the word that the connection is lost", `document.body.innerText.includes("Connection lost")`)
	defer p.inject("node-down", demoCluster, demoNode)()
	eventually(t, "the product to know", func() bool {
		faults := get[struct{ Faults []struct{ Title string } }](p, "/api/v1/faults?open=true")
		for _, f := range faults.Faults {
			if f.Title == demoNode+" is down" {
				return true
			}
		}
		return false
	})
	if eval[bool](b, says(demoNode+" is down")) {
		t.Fatal("the page knows although the connection is cut")
	}
	b.forget() // failed attempts to reconnect are in the console, rightly
	c.mend()
	b.until("the fault after reconnecting", says(demoNode+" is down"))
	b.until("what was missed", `document.body.innerText.includes("while")`)
}

// TestJourneyEveryPageIsClean opens every page and expects no complaint.
func TestJourneyEveryPageIsClean(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	defer p.inject("node-isolated", demoCluster, demoNode)()
	b := newBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, size := range [][2]int64{{1440, 900}, {390, 844}} {
			b.size(size[0], size[1])
			for _, path := range sitePaths {
				b.open(p.url + path)
				b.until("the live pill", `document.querySelector("[data-live-state=live], .live") !== null`)
				if over := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); over > 0 {
					t.Errorf("%s at %d px is %d px too wide", path, size[0], over)
				}
				b.quiet(path)
			}
		}
	}
}

// sitePaths is every page there is, as a person would walk through them.
var sitePaths = []string{
	"/", "/clusters", "/nodes", "/faults", "/wall",
	"/c/EU-PROD-HCI01", "/c/EU-PROD-HCI01/nodes", "/c/EU-PROD-HCI01/nodes/HV-FRA-01",
	"/c/EU-PROD-HCI01/roles", "/c/EU-PROD-HCI01/vms", "/c/EU-PROD-HCI01/networks", "/c/EU-PROD-HCI01/storage",
	"/c/EU-SQL-FC01", "/c/EU-SQL-FC01/storage",
}

func waitForPictures(t testing.TB, p *product) {
	t.Helper()
	eventually(t, "all nodes to answer", func() bool {
		nodes := get[struct{ Nodes []struct{ Health string } }](p, "/api/v1/nodes")
		healthy := 0
		for _, n := range nodes.Nodes {
			if n.Health == "Healthy" {
				healthy++
			}
		}
		return healthy == 6
	})
}
