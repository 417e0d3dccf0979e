package main

import (
	"testing"

	"github.com/chromedp/cdproto/input"
)

func TestBrowserKeyboard(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.show(p.url + "/")

	b.key(input.DispatchKeyEventParams{Key: "k", Code: "KeyK", WindowsVirtualKeyCode: 'K', Modifiers: 2}) // 2 is Ctrl
	b.until("the palette", `document.querySelector("dialog#palette").matches(":modal")`)
	b.press("fra-02 node")
	b.until("the node first", `document.querySelector("#palette-list [aria-selected=true] span")?.textContent === "HV-FRA-02"`)
	b.press("\r")
	b.until("the page of the node", `location.pathname === "/c/EU-PROD-HCI01/nodes/HV-FRA-02" && `+liveNow)

	b.press("g")
	b.press("n")
	b.until("the nodes after g n", `location.pathname === "/nodes" && `+liveNow)
	b.press("j")
	b.press("j")
	b.press("j")
	b.press("k")
	row := eval[string](b, `document.querySelectorAll("[data-row]")[1].querySelector("a").pathname`)
	b.same("after j j j k", `document.activeElement.querySelector("a")?.pathname ?? "nothing"`, row)
	b.press("\r")
	b.until("the node of the row", `location.pathname === `+quote(row)+` && `+liveNow)

	b.press("g")
	b.press("f")
	b.until("the faults after g f", `location.pathname === "/faults" && `+liveNow)
	b.press("/")
	b.until("the filter has the focus", `document.activeElement.matches("input[data-filter]")`)
	b.press("?")
	b.same("? in a field is a letter", `document.activeElement.value + document.querySelector("dialog#help").open`, "?false")
	eval[bool](b, `(document.activeElement.blur(), true)`)
	b.press("?")
	b.until("the help", `document.querySelector("dialog#help").matches(":modal")`)
	b.press("\x1b")
	b.until("the help is closed", `!document.querySelector("dialog#help").open`)
	b.quiet("keyboard")
}

func TestBrowserPreferencesLast(t *testing.T) {
	p := startProduct(t)
	b := newBrowser(t)
	b.scheme("light")
	b.show(p.url + "/nodes")
	const looks = `document.documentElement.dataset.theme + " " + document.documentElement.dataset.density + " " +
		document.querySelector("[data-act=density]").ariaPressed + " " + getComputedStyle(document.documentElement).colorScheme`
	b.same("at first", looks, "auto comfortable false light")
	b.click("header [data-act=theme]")
	b.click("header [data-act=density]")
	b.same("chosen", looks, "dark compact true dark")
	b.show(p.url + "/")
	b.same("on another page", looks, "dark compact true dark")
	b.click("header [data-act=theme]")
	b.click("header [data-act=density]")
	b.show(p.url + "/")
	b.same("taken back", looks, "light comfortable false light")
	b.quiet("preferences")
}
