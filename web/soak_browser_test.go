package main

import (
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/memory"
	"github.com/chromedp/chromedp"
)

// recordSocket keeps the messages of the live socket, so that they can be
// received again and again.
const recordSocket = `{
	window.recorded = []
	const Socket = WebSocket
	window.WebSocket = class extends Socket {
		constructor(...a) { super(...a); window.socket = this; this.addEventListener("message", e => recorded.push(e.data)) }
	}
}`

// receiveAgain lets the page receive n of the recorded messages, with a frame
// to paint in after every tenth.
const receiveAgain = `(async n => {
	for (let i = 0; i < n; i++) {
		socket.onmessage({ data: recorded[i % recorded.length] })
		if (i % 10 === 9) await new Promise(requestAnimationFrame)
	}
	return true
})`

// TestBrowserSoak: an hour of pushes in some seconds leaves as many nodes and
// listeners as there were before.
func TestBrowserSoak(t *testing.T) {
	p := startProduct(t)
	waitForPictures(t, p)
	b := newBrowser(t)
	b.before(recordSocket)
	for _, path := range []string{"/", "/c/EU-PROD-HCI01/nodes/" + demoNode} {
		b.show(p.url + path)
		restore := p.inject("node-down", demoCluster, demoNode)
		b.until("the fault", says(demoNode+" is down"))
		restore()
		b.until("several messages", `recorded.length >= 4`)
		eval[bool](b, `(recorded.splice(12), true)`)
		repeat := func(n string) memory.GetDOMCountersResult {
			_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](receiveAgain+"("+n+")", chromedp.EvalAwaitPromise))
			must(t, err)
			// Always end in the same message, and let the fading of changes end.
			_, err = chromedp.Run(b.ctx, chromedp.Evaluate[bool](`(async () => {
				socket.onmessage({ data: recorded[0] })
				await new Promise(requestAnimationFrame)
				await Promise.allSettled(document.getAnimations().map(a => a.finished))
				return true
			})()`, chromedp.EvalAwaitPromise))
			must(t, err)
			for range 2 {
				_, err = chromedp.Call(b.ctx, heapprofiler.CollectGarbage, cdp.Empty{})
				must(t, err)
			}
			counted, err := chromedp.Call(b.ctx, memory.GetDOMCounters, cdp.Empty{})
			must(t, err)
			return counted
		}
		first := repeat("100")
		last := repeat("500")
		t.Logf("%s: after 100 pushes %+v, after 500 more %+v", path, first, last)
		// Live messages come meanwhile; one of them may hold some rows more.
		if last.Nodes > first.Nodes+first.Nodes/5 || last.JsEventListeners > first.JsEventListeners+10 {
			t.Errorf("%s: after 100 pushes %+v, after 500 more %+v", path, first, last)
		}
		eventually(t, "the recovery", func() bool {
			return len(get[struct{ Faults []struct{} }](p, "/api/v1/faults?open=true").Faults) == 0
		})
		b.quiet(path)
	}
}
