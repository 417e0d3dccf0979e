package handlers

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"looksalive/cluster"
)

// The rhythm of the live socket.
const (
	floorPeriod = 250 * time.Millisecond // least time between two renderings of a topic
	beatPeriod  = 5 * time.Second        // longest silence: a browser that hears nothing longer is cut off
	pingPeriod  = 20 * time.Second
	pongWait    = 50 * time.Second // a client silent for two pings is gone
	writeWait   = 10 * time.Second
	closeWait   = time.Second // for the other side's closing frame
)

// hub knows who watches what. Each watched page is a topic with a loop of its
// own; the hub only wakes them when there is a newer snapshot.
type hub struct {
	app    *App
	latest atomic.Pointer[cluster.Snapshot]
	round  atomic.Uint32 // number of the ping round; a client that is behind is pinged with its next message
	wg     sync.WaitGroup

	mu      sync.Mutex
	ctx     context.Context // of Run; nil before and after
	topics  map[string]*topic
	sockets int

	missed missedCache
}

func newHub(a *App) *hub { return &hub{app: a, topics: map[string]*topic{}} }

var errHubRunning = errors.New("handlers: Run is already running")

// run feeds the topics until ctx ends and then closes every socket.
func (h *hub) run(ctx context.Context) error {
	h.mu.Lock()
	if h.ctx != nil {
		h.mu.Unlock()
		return errHubRunning
	}
	// The topics live a little longer than ctx: until their clients are told.
	loops, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	h.latest.Store(h.app.snapshot())
	h.ctx = loops
	h.mu.Unlock()

	pings := time.NewTicker(pingPeriod)
	defer pings.Stop()
	for news := h.app.opt.Store.Watch(ctx); ; {
		select {
		case <-ctx.Done():
			h.close()
			return nil
		case <-pings.C:
			h.round.Add(1)
		case snap, ok := <-news:
			if !ok {
				news = nil // the store has stopped: the beat goes on, and ages tell
				continue
			}
			h.latest.Store(snap)
			h.wakeAll()
		}
	}
}

func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		t.poke()
	}
}

// poke has those topics rendered again that show a page of this path: something it
// shows changed, although the snapshot did not.
func (h *hub) poke(path string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.topics {
		if t.req.URL.Path == path {
			t.stirred.Store(true)
			t.poke()
		}
	}
}

// close says 1001 to everyone and waits until they are gone.
func (h *hub) close() {
	h.mu.Lock()
	h.ctx = nil
	var all []*client
	for _, t := range h.topics {
		all = append(all, t.everyone()...)
	}
	h.mu.Unlock()
	for _, c := range all {
		go c.goAway()
	}
	h.wg.Wait()
}

var (
	errClosing = &HTTPError{Code: http.StatusServiceUnavailable, Msg: "Live updates are not running just now."}
	errCrowded = &HTTPError{Code: http.StatusServiceUnavailable, Msg: "Too many browsers are connected. This page still works when it is reloaded."}
)

// reserve takes one of the places for sockets; release gives it back. It
// happens before the upgrade, when a refusal can still be said in HTTP.
func (h *hub) reserve(key string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ctx == nil:
		return errClosing
	case h.sockets >= h.app.opt.MaxSockets:
		return errCrowded
	case h.topics[key] == nil && len(h.topics) >= h.app.opt.MaxTopics:
		return errCrowded
	}
	h.sockets++
	h.wg.Add(1)
	return nil
}

func (h *hub) release() {
	h.mu.Lock()
	h.sockets--
	h.mu.Unlock()
	h.wg.Done()
}

// join makes the client a watcher of the page; it says no if the hub closed
// or filled up since the place was reserved.
func (h *hub) join(c *client, key string, req *http.Request, p page) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[key]
	if h.ctx == nil || t == nil && len(h.topics) >= h.app.opt.MaxTopics {
		return false
	}
	if t == nil {
		t = newTopic(h, key, req, p)
		h.topics[key] = t
		ctx := h.ctx
		h.wg.Go(func() { t.loop(ctx) })
	}
	c.topic = t
	t.add(c)
	return true
}

// leave takes the client away; the last one to leave ends the topic.
func (h *hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := c.topic
	if t.remove(c) == 0 && h.topics[t.key] == t {
		delete(h.topics, t.key)
		close(t.done)
	}
}
