package main

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// The editor is used with the keyboard alone: names of commands are completed from the
// node, single-key shortcuts leave it alone, Ctrl+Enter runs, and what was run comes back.
func TestConsoleEditor(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.open(p.url + "/console?target=" + demoCluster + "/HV-FRA-01")
	const editor = `document.querySelector(".edhost").shadowRoot`
	b.until("the editor to have the focus", `!!document.querySelector(".edhost") && `+editor+`.activeElement?.classList.contains("cm-content")`)
	b.press("go?")
	b.same("shortcuts are text in the editor", `location.pathname + document.getElementById("f-script").value`, "/consolego?")
	for range 3 {
		b.key(input.DispatchKeyEventParams{Key: "Backspace", Code: "Backspace", WindowsVirtualKeyCode: 8})
	}
	b.press("Get-ClusterFaultD")
	b.until("names from the node", `[...`+editor+`.querySelectorAll(".cm-tooltip-autocomplete li")].some(l => l.textContent === "Get-ClusterFaultDomain")`)
	// CodeMirror takes no choice in the first 75 ms after the list opened (interactionDelay),
	// so that a line that is ended is not one.
	b.until("a list one has seen", `performance.now() - (window.seen ??= performance.now()) > 150`)
	b.press("\r")
	b.until("the chosen name", `document.getElementById("f-script").value === "Get-ClusterFaultDomain"`)
	b.key(input.DispatchKeyEventParams{Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13, Modifiers: 2})
	b.runEnds("done")
	eval[bool](b, `document.getElementById("history").click() ?? true`)
	b.until("what was run", `document.getElementById("past").open && document.querySelector("#past [data-local] code").textContent.trim() === "Get-ClusterFaultDomain"`)
	b.quiet("the editor")
}

// Objects are tables that can be sorted, control characters are shown and not carried
// out, and a page stays small however much comes.
func TestConsoleOutput(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	one := demoCluster + "/HV-FRA-01"
	b.compose(p, "Get-ClusterNode | Select-Object Name, Id", one, demoCluster+"/HV-FRA-02")
	b.runs()
	b.runEnds("done")
	pick := func(name string) {
		t.Helper()
		eval[bool](b, `[...document.querySelectorAll(".seg button")].find(x => x.textContent === "`+name+`").click() ?? true`)
	}
	pick("Table")
	b.until("two tables", `document.querySelectorAll("#run .panes table.obj").length === 2`)
	const ids = `[...document.querySelectorAll("#run .panes table.obj")[0].querySelectorAll("tbody td:nth-child(2)")].map(c => c.textContent).join()`
	sort := func() {
		t.Helper()
		eval[bool](b, `document.querySelectorAll("#run .panes table.obj")[0].querySelectorAll("button.sort")[1].click() ?? true`)
	}
	sort()
	b.same("sorted", ids, "1,2,3,4")
	sort()
	b.same("sorted the other way", ids, "4,3,2,1")
	pick("Merged")
	b.until("one table with the nodes", `document.querySelectorAll("#run .merged table.obj tbody tr").length === 8 && document.querySelector("#run .merged table.obj th").textContent === "Node"`)
	pick("By node")
	pick("Text")

	b.compose(p, `$e = [char]27; "$e[31mred$e[0m $e]0;title$([char]7) $([char]0x202e)exe.gpj"`, one)
	b.runs()
	b.output("red")
	b.until("marks", `document.querySelectorAll("#run .ctl").length === 3`)
	b.same("the line", `document.querySelector("#run .lntext").textContent`, "red ESC]0;titleBEL U+202Eexe.gpj")
	b.same("colour", `document.querySelector("#run .f31").textContent`, "red")
	b.runEnds("done")

	b.compose(p, `foreach ($i in 1..6000) { "line $i" }`, one)
	b.runs()
	b.runEnds("done")
	b.until("the last line", `document.querySelector("#run .outlines").lastElementChild.textContent === "line 6000"`)
	b.same("lines on the page", `String(document.querySelectorAll("#run .ln").length)`, "2000")
	b.same("older ones", `document.querySelector("#run .older").hidden ? "" : document.querySelector("#run .older").textContent`, "Older lines are not shown. Download the whole output")
	all, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](`fetch(document.querySelector("#run .older a").href).then(r => r.text()).then(t => t.trim().split("\n").length)`, chromedp.EvalAwaitPromise))
	must(t, err)
	if all != 6000 {
		t.Errorf("the download has %d lines", all)
	}
	b.quiet("the output")
}
