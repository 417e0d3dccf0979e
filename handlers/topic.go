package handlers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

// topic is one page that somebody watches: path and query. Its loop renders
// it once for all watchers.
type topic struct {
	hub  *hub
	key  string
	req  *http.Request // what the page function is asked with
	page page
	wake chan struct{} // one slot
	done chan struct{} // closed when the last watcher left

	stirred atomic.Bool // something else than the snapshot changed

	mu      sync.Mutex
	clients map[*client]struct{}
	joined  []*client // not yet given their first message

	// Of the loop alone:
	snap   *cluster.Snapshot // what last was rendered from
	last   *update
	hashes map[string]uint64 // of the regions in last, by id
}

func newTopic(h *hub, key string, req *http.Request, p page) *topic {
	return &topic{hub: h, key: key, req: req, page: p, wake: make(chan struct{}, 1), done: make(chan struct{}),
		clients: map[*client]struct{}{}}
}

func (t *topic) poke() {
	select {
	case t.wake <- struct{}{}:
	default: // it will look anyway
	}
}

func (t *topic) add(c *client) {
	t.mu.Lock()
	t.joined = append(t.joined, c)
	t.mu.Unlock()
	t.poke()
}

func (t *topic) remove(c *client) (left int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.clients, c)
	t.joined = slices.DeleteFunc(t.joined, func(j *client) bool { return j == c })
	return len(t.clients) + len(t.joined)
}

func (t *topic) everyone() []*client {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := slices.Clone(t.joined)
	for c := range t.clients {
		all = append(all, c)
	}
	return all
}

// loop renders when there is something new: the first change at once, those
// of the next 250 ms together, a change of the faults always at once, and
// every 5 s in any case, because things grow stale without any news.
func (t *topic) loop(ctx context.Context) {
	floor := time.NewTimer(0)
	beat := time.NewTimer(beatPeriod)
	defer floor.Stop()
	defer beat.Stop()
	resting := true
	for {
		beaten := false
		select {
		case <-ctx.Done():
			return
		case <-t.done:
			return
		case <-t.wake:
		case <-floor.C:
			resting = false
		case <-beat.C:
			beaten = true
			beat.Reset(beatPeriod)
		}
		snap := t.hub.latest.Load()
		fresh := t.snap == nil || snap.Version != t.snap.Version || t.stirred.Load()
		var u *update
		if t.last == nil || beaten || fresh && !resting || t.snap != nil && snap.Seq != t.snap.Seq {
			t.stirred.Store(false) // before: what changes while it is rendered comes next
			var err error
			u, err = t.render(ctx, snap)
			if err != nil {
				t.failed(err)
				continue // nobody hears of us until it works again, and the browser says so
			}
			resting = true
			floor.Reset(floorPeriod)
			if !beaten && u.empty() && !u.reshaped {
				u = nil // nothing to see: the beat will tell the version
			} else {
				beat.Reset(beatPeriod)
			}
		}
		t.deliver(u)
	}
}

// deliver hands the update, which may be nil, to those who watch, and the
// whole page to those who came since. If the page now consists of other
// regions than before, those who watch must load it again: a browser can
// change regions, but has no place for new ones.
func (t *topic) deliver(u *update) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.clients {
		switch {
		case u == nil:
		case u.reshaped:
			go c.close(closeGone, "this page has changed its shape")
		default:
			c.offer(u)
		}
	}
	for _, c := range t.joined {
		t.clients[c] = struct{}{}
		c.offer(t.last)
	}
	t.joined = nil
}

// failed handles a page that cannot be made. If what it showed is gone for
// good, its watchers are told, so that they load it again and see why.
func (t *topic) failed(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	if asHTTP(err).Code != http.StatusNotFound {
		t.hub.app.log.Error("live page failed", "path", t.key, "err", err)
		return
	}
	for _, c := range t.everyone() {
		go c.close(closeGone, "this page is gone")
	}
}

// seed makes the hashes of regions unpredictable from outside.
var seed = maphash.MakeSeed()

// render makes the page from a snapshot and finds out what changed since the
// last time.
func (t *topic) render(ctx context.Context, snap *cluster.Snapshot) (u *update, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic while rendering: %v\n%s", p, debug.Stack())
		}
	}()
	m := moment{snap: snap, now: t.hub.app.now()}
	asking, cancel := context.WithTimeout(t.req.Context(), pageTimeout)
	defer cancel()
	p, err := t.page(t.req.WithContext(m.in(asking)))
	if err != nil {
		return nil, err
	}
	env := t.hub.app.env(asking, m)
	p = p.For(env.Me)
	u = &update{head: openUpdate(env), seq: env.Seq}
	hashes := make(map[string]uint64, len(t.hashes))
	buf := getBuffer()
	defer putBuffer(buf)
	for _, r := range p.LiveRegions() {
		start := buf.Len()
		if err := r.Render(ctx, buf); err != nil {
			return nil, err
		}
		part := bytes.Clone(buf.Bytes()[start:])
		hash := regionHash(part)
		hashes[r.ID] = hash
		u.all = append(u.all, part)
		if old, ok := t.hashes[r.ID]; !ok || old != hash {
			u.changed = append(u.changed, part)
		}
	}
	u.reshaped = t.last != nil && !sameKeys(hashes, t.hashes)
	t.snap, t.last, t.hashes = snap, u, hashes
	return u, nil
}

func sameKeys(a, b map[string]uint64) bool {
	for k := range a {
		if _, ok := b[k]; !ok {
			return false
		}
	}
	return len(a) == len(b)
}

var (
	timeOpen  = []byte("<time")
	timeClose = []byte("</time>")
)

// regionHash ignores what is written inside time elements: an age that has
// grown is no news, the browser counts by itself. Their attributes do count.
func regionHash(b []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for {
		i := bytes.Index(b, timeOpen)
		if i < 0 {
			break
		}
		tagEnd := bytes.IndexByte(b[i:], '>')
		if tagEnd < 0 {
			break
		}
		h.Write(b[:i+tagEnd+1])
		b = b[i+tagEnd+1:]
		end := bytes.Index(b, timeClose)
		if end < 0 {
			break
		}
		b = b[end:]
	}
	h.Write(b)
	return h.Sum64()
}

// openUpdate is the start tag of a message.
func openUpdate(env views.Env) []byte {
	return fmt.Appendf(nil, `<live-update data-version="%d" data-at="%s" data-now="%s" data-seq="%d" data-build="%s">`,
		env.Version, stamp(env.DataAt), stamp(env.Now), env.Seq, escape(env.Build))
}
