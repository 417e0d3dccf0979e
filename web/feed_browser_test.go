package main

import (
	"fmt"
	"testing"
	"time"
)

// inFeed is a JavaScript expression: the list of faults contains the text.
func inFeed(text string) string {
	return `document.querySelector("#r-feed").innerText.includes(` + quote(text) + `)`
}

// TestBrowserFeedWaitsForTheReader: while the page is scrolled new faults wait
// behind a pill, and a screen reader is told of them all the same.
func TestBrowserFeedWaitsForTheReader(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	p.inject("node-down", demoCluster, demoNode)
	b := newBrowser(t)
	b.size(1440, 300)
	b.show(p.url + "/faults")
	b.until("the first fault", says(demoNode+" is down"))

	const scrolled = `(scrollTo(0, 120), String(Math.round(scrollY)))`
	b.same("scrolled", scrolled, "120")
	p.inject("service-stopped", "EU-SQL-FC01", "SQL-FRA-02")
	b.until("the pill", `!document.getElementById("held").hidden && document.getElementById("held").innerText.trim() === "1 new"`)
	b.same("behind the pill", inFeed(stopped("SQL-FRA-02"))+`+ " " + Math.round(scrollY)`, "false 120")
	b.until("the polite word", `document.getElementById("announce").textContent === "New fault: `+stopped("SQL-FRA-02")+`, EU-SQL-FC01"`)
	b.click("#held")
	b.until("the fault", inFeed(stopped("SQL-FRA-02"))+` && scrollY === 0 && document.getElementById("held").hidden`)

	b.same("scrolled again", scrolled, "120")
	p.inject("witness-offline", "EU-SQL-FC01", "")
	b.until("the pill in red", `document.querySelector("#held.crit:not([hidden])") !== null`)
	b.until("the assertive word", `document.getElementById("announce-now").textContent.includes("witness")`)
	b.same("the list is untouched", inFeed("witness")+`+""`, "false")
	eval[bool](b, `(scrollTo(0, 0), true)`)
	b.until("the fault after scrolling back", inFeed("witness")+` && document.getElementById("held").hidden`)
	b.quiet("/faults")
}

// ageData lets messages say, when asked, that no node has answered for 40 s.
const ageData = `{
	const Socket = WebSocket
	window.WebSocket = class extends Socket {
		set onmessage(take) {
			this.addEventListener("message", e => take({ data: window.aged ? e.data.replace(/data-at="[^"]*"/, 'data-at="' + new Date(Date.now() - 40_000).toISOString() + '"') : e.data }))
		}
	}
}`

// TestBrowserWall: it fills the screen, is dim at night, and shouts when no
// node has answered for 30 s.
func TestBrowserWall(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.size(1920, 1080)
	b.before(ageData)
	hour := time.Now().UTC().Hour()
	zone := func(want int) string { // a zone where it is that hour now; the sign in Etc/GMT is turned around
		d := hour - want
		if d > 12 {
			d -= 24
		} else if d < -12 {
			d += 24
		}
		return fmt.Sprintf("Etc/GMT%+d", d)
	}
	const night = `String(document.documentElement.hasAttribute("data-night"))`
	b.zone(zone(12))
	b.show(p.url + "/wall")
	b.until("a place against burn-in", `document.documentElement.dataset.place !== undefined`)
	b.same("at noon", night, "false")
	b.same("nothing is cut off", `[document.querySelector(".wall-in").scrollHeight <= document.querySelector(".wall-in").clientHeight, document.querySelector(".wall .feed").getBoundingClientRect().bottom > 1000].join()`, "true,true")
	b.zone(zone(23))
	b.show(p.url + "/wall")
	b.until("the night", night+` === "true"`)

	b.same("fresh data", `String(document.getElementById("old-data").hidden)`, "true")
	eval[bool](b, `window.aged = true`)
	b.until("the warning over the whole screen", `(() => {
		const box = document.getElementById("old-data"), r = box.getBoundingClientRect()
		return !box.hidden && r.width === 1920 && r.height === 1080 && /came 4\d s ago/.test(box.innerText)
	})()`)
	eval[bool](b, `(window.aged = false, true)`)
	b.until("the picture again", `document.getElementById("old-data").hidden`)
	b.quiet("/wall")
}
