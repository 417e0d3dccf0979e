package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a test waits for something to appear before it fails.
// It is no measure of speed: a loaded machine may need it.
const patience = 2 * time.Minute

// browser is one headless Chromium tab that remembers everything its console
// complained about.
type browser struct {
	t   testing.TB
	ctx context.Context

	stranger   bool // it has no session but those it gets itself
	mu         sync.Mutex
	complaints []string
}

// findChromium gives the browser's path. With CI set a missing browser is a
// failure, else the test is skipped with what to install.
func findChromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("LOOKSALIVE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no Chromium: apt-get install chromium (make test does it as root)")
	}
	t.Skip("no Chromium: apt-get install chromium")
	return ""
}

func newBrowser(t testing.TB) *browser {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(findChromium(t)), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.UserDataDir(t.TempDir()),
	)
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	b := &browser{t: t, ctx: ctx}
	must(t, chromedp.Listen(ctx, b.listen))
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: `addEventListener("securitypolicyviolation", e => console.error("CSP", e.violatedDirective, e.blockedURI, e.sourceFile))`,
	})
	must(t, err)
	b.size(1440, 900)
	return b
}

// tab is another tab of the same browser.
func (b *browser) tab() *browser {
	b.t.Helper()
	ctx, stop := chromedp.NewContext(b.ctx)
	b.t.Cleanup(stop)
	other := &browser{t: b.t, ctx: ctx, stranger: b.stranger}
	must(b.t, chromedp.Listen(ctx, other.listen))
	other.size(1440, 900)
	return other
}

func (b *browser) listen(ev any) {
	var text string
	switch ev := ev.(type) {
	case *runtime.EventExceptionThrown:
		text = "exception: " + (&chromedp.ExceptionError{ExceptionDetails: ev.ExceptionDetails}).Error()
	case *runtime.EventConsoleAPICalled:
		if ev.Type != "error" && ev.Type != "warning" {
			return
		}
		text = fmt.Sprintf("console.%s:", ev.Type)
		for _, a := range ev.Args {
			text += " " + string(a.Value)
		}
	case *log.EventEntryAdded:
		if ev.Entry.Level != "error" {
			return
		}
		text = "log: " + ev.Entry.Text
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = append(b.complaints, text)
}

// quiet fails the test if the console has complained, and forgets.
func (b *browser) quiet(where string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.complaints {
		b.t.Errorf("%s: %s", where, c)
	}
	b.complaints = nil
}

// forget drops the complaints of a deliberate breakage.
func (b *browser) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.complaints = nil
}

func (b *browser) size(width, height int64) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height)))
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.introduce(url)
	must(b.t, chromedp.Do(b.ctx, chromedp.Navigate(url)))
}

// introduce gives the browser the sessions of http.DefaultClient, unless it is a stranger.
func (b *browser) introduce(address string) {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || b.stranger {
		return
	}
	for _, c := range http.DefaultClient.Jar.Cookies(u) {
		_, err := chromedp.Call(b.ctx, network.SetCookie, network.SetCookieParams{
			Name: c.Name, Value: c.Value, URL: u.Scheme + "://" + u.Host, HTTPOnly: new(true), SameSite: network.CookieSameSiteStrict,
		})
		must(b.t, err)
	}
}

// scheme sets what the operating system would say: "light" or "dark".
func (b *browser) scheme(value string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}},
	})
	must(b.t, err)
}

// until waits for a JavaScript expression to become true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	poll := chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(patience))
	err := chromedp.Do(ctx, poll)
	for err != nil && ctx.Err() == nil && wasLeft(err) {
		err = chromedp.Do(ctx, poll)
	}
	if err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText.slice(0, 3000)`))
		b.t.Fatalf("waited in vain for %s (%s): %v\nthe page says:\n%s", what, expression, err, text)
	}
}

// wasLeft says whether the page went away while it was asked.
func wasLeft(err error) bool {
	return strings.Contains(err.Error(), "context with specified id") || strings.Contains(err.Error(), "navigated or closed")
}

func eval[T any](b *browser, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
