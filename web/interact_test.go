package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// What a person does with a browser, besides opening pages.

const liveNow = `document.querySelector("#live .w")?.textContent === "Live"`

// show opens a page and waits until it keeps itself up to date.
func (b *browser) show(url string) {
	b.t.Helper()
	b.open(url)
	b.until("the page to be live", liveNow)
}

// press types on the keyboard. Each key goes down with its letter, so that a
// page that takes the key for itself gets no letter, as with a real keyboard.
func (b *browser) press(keys string) {
	b.t.Helper()
	for _, r := range keys {
		switch r {
		case '\r':
			b.key(input.DispatchKeyEventParams{Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13})
		case '\x1b':
			b.key(input.DispatchKeyEventParams{Key: "Escape", Code: "Escape", WindowsVirtualKeyCode: 27})
		default:
			b.key(input.DispatchKeyEventParams{Key: string(r), Text: string(r)})
		}
	}
}

func (b *browser) key(down input.DispatchKeyEventParams) {
	b.t.Helper()
	up := down
	down.Type, up.Type, up.Text = "keyDown", "keyUp", ""
	for _, e := range []input.DispatchKeyEventParams{down, up} {
		_, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, e)
		must(b.t, err)
	}
}

// click presses the middle of the first element that fits, as the mouse does.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.until(selector, `document.querySelector(`+quote(selector)+`) !== null`)
	at := eval[[2]float64](b, `(() => {
		const r = document.querySelector(`+quote(selector)+`).getBoundingClientRect()
		return [r.x + r.width / 2, r.y + r.height / 2]
	})()`)
	must(b.t, chromedp.Do(b.ctx, chromedp.MouseClickXY(at[0], at[1])))
}

// before runs a script in every document before its own scripts.
func (b *browser) before(script string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	must(b.t, err)
}

// zone sets the time zone of the reader.
func (b *browser) zone(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
	must(b.t, err)
}

// same fails the test if the expression does not give what it gave before.
func (b *browser) same(when, expression, want string) {
	b.t.Helper()
	if got := eval[string](b, expression); got != want {
		b.t.Errorf("%s: %s\nis  %s\nwas %s", when, expression, got, want)
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// stopped is the title of the fault when a node's virtual machine management stops.
func stopped(node string) string {
	return "Hyper-V Virtual Machine Management is not running on " + node
}

// nodeModule reads a file of an npm package that only tests need.
func nodeModule(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "node_modules", filepath.FromSlash(path)))
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("npm ci installs ", strings.SplitN(path, "/", 2)[0])
	}
	return string(text)
}
