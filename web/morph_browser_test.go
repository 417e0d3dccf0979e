package main

import (
	"testing"
)

// whatThePersonDid is everything morphing must not touch, as one text.
const whatThePersonDid = `(() => {
	const f = document.querySelector("input[data-filter]")
	return JSON.stringify({
		details: document.querySelector("#r-feed details.after").open,
		focus: document.activeElement === f, typed: f.value, selection: [f.selectionStart, f.selectionEnd],
		pane: document.querySelector("#r-detail").scrollTop,
		command: document.querySelector("#r-detail pre").scrollLeft,
	})
})()`

const whatWasLeft = `{"details":true,"focus":true,"typed":"berlin","selection":[1,4],"pane":60,"command":0}`

// TestBrowserMorphKeeps does things on a live page and lets three nodes
// trouble the fault list meanwhile.
func TestBrowserMorphKeeps(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	defer p.inject("node-down", demoCluster, demoNode)()
	b := newBrowser(t)
	b.size(1440, 500)
	b.show(p.url + "/faults")
	b.until("a fault with consequences", `document.querySelector("#r-feed details.after") !== null`)

	b.click("#r-feed details.after summary")
	b.click("input[data-filter]")
	b.press("berlin")
	eval[bool](b, `(document.activeElement.setSelectionRange(1, 4), document.querySelector("#r-detail").scrollTop = 60, true)`)
	b.same("before any push", whatThePersonDid, whatWasLeft)

	nodes := []string{"SQL-FRA-01", "SQL-FRA-02"}
	var restore []func()
	for _, node := range nodes {
		restore = append(restore, p.inject("service-stopped", "EU-SQL-FC01", node))
	}
	restore = append(restore, p.inject("service-stopped", demoCluster, "HV-FRA-02"))
	nodes = append(nodes, "HV-FRA-02")
	for _, node := range nodes {
		b.until("the push about "+node, says(stopped(node)))
		b.same("after the push about "+node, whatThePersonDid, whatWasLeft)
	}

	// An open dialog stays where it is, modal and with what was chosen in it.
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.press("?")
	const dialog = `String(document.querySelector("dialog#help").matches(":modal"))`
	b.same("after ?", dialog, "true")
	for i, node := range nodes {
		restore[i]()
		b.until("the end of the fault of "+node, `!document.querySelector("#g-soon, #g-act")?.innerText.includes(`+quote(stopped(node))+`)`)
		b.same("after "+node+" recovered", dialog, "true")
	}
	b.press("\x1b")
	b.same("after Escape", dialog, "false")
	b.quiet("/faults")
}

// TestBrowserReloadsForShape: a document that has not the regions the server
// sends is loaded again, but only once.
func TestBrowserReloadsForShape(t *testing.T) {
	p := startProduct(t)
	for _, tt := range []struct{ name, when, want string }{
		{"changed between load and first message", `sessionStorage.loads === "1"`, "2 true"},
		{"differs for ever", `true`, "2 false"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBrowser(t)
			b.before(`if (location.pathname === "/nodes") {
				sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1
				addEventListener("DOMContentLoaded", () => { if (` + tt.when + `) document.getElementById("r-notice").remove() })
			}`)
			b.open(p.url + "/nodes")
			b.until("the page loaded twice and live", `sessionStorage.loads > 1 && `+liveNow)
			b.same("then", `sessionStorage.loads + " " + (document.getElementById("r-notice") !== null)`, tt.want)
			b.quiet("/nodes")
		})
	}
}
