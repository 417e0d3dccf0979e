package handlers

import (
	"bytes"
	"context"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/websocket"

	"looksalive/cluster"
	"looksalive/views"
)

// maxPageAddress bounds the address of a watched page: it is kept as a key.
const maxPageAddress = 2048

// The application's own closing codes (RFC 6455, section 7.4.2). After both the
// browser loads the page again.
const (
	closeGone      = 4404 // the page as it was loaded no longer exists
	closeSignedOut = 4401 // the session is over
)

// sessionLook is how often a socket looks after its session: it counts as use of
// it, and a session whose time is over ends then.
const sessionLook = 5 * time.Minute

// Small read buffers and borrowed write buffers keep an idle client at a few
// kilobytes. Compression costs once per message, not per client, because
// messages are prepared.
var upgrader = websocket.Upgrader{
	ReadBufferSize:    256,
	WriteBufferSize:   4096,
	WriteBufferPool:   &sync.Pool{},
	EnableCompression: true,
	HandshakeTimeout:  writeWait,
	CheckOrigin:       sameOrigin,
	Error:             func(http.ResponseWriter, *http.Request, int, error) {}, // live answers itself
}

// sameOrigin lets in pages of our own and clients that are no browsers, which
// send no Origin.
func sameOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && strings.EqualFold(u.Host, r.Host)
}

// live turns GET /live?page=<path and query>&seq=<n> into a socket that keeps
// the page up to date. Each message is one text frame of HTML:
//
//	<live-update data-version data-at data-now data-seq data-build>
//	  the regions that changed
//	</live-update>
//
// The first message has all regions; with seq, the number of the last fault
// change the browser knows, also what happened to faults since.
func (a *App) live(w http.ResponseWriter, r *http.Request) error {
	if !websocket.IsWebSocketUpgrade(r) {
		return &HTTPError{Code: http.StatusUpgradeRequired, Msg: "This address speaks WebSocket."}
	}
	if !sameOrigin(r) {
		return &HTTPError{Code: http.StatusForbidden, Msg: "Live updates are only for pages of this server."}
	}
	key, req, p, err := a.resolve(r)
	if err != nil {
		return err
	}
	var since uint64
	resumes := r.URL.Query().Has("seq") // 0 is a number too: the browser has seen that there was no fault
	if s := r.URL.Query().Get("seq"); resumes {
		if since, err = strconv.ParseUint(s, 10, 64); err != nil {
			return badRequest("seq must be a number.")
		}
	}
	m := a.moment()
	if _, err := p(req.WithContext(m.in(req.Context()))); err != nil {
		return err // an unknown node is refused here, where a status can say so
	}
	if err := a.hub.reserve(key); err != nil {
		return err
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		a.hub.release()
		return &HTTPError{Code: http.StatusBadRequest, Msg: "The WebSocket handshake failed.", Err: err}
	}
	c := &client{hub: a.hub, conn: conn, who: whoOf(r), cookie: cookieOf(r), resumes: resumes, since: since, full: true, round: a.hub.round.Load()}
	// A goroutine of its own, so that the server's, with its buffers and the
	// request, can go.
	go c.serve(key, req, p)
	return nil
}

// watchSession closes the socket as soon as its session is over.
func (c *client) watchSession(gone <-chan struct{}) {
	access := c.hub.app.opt.Access
	ended := access.Ended(c.who.Session)
	look := time.NewTicker(sessionLook)
	defer look.Stop()
	for {
		select {
		case <-ended:
			c.close(closeSignedOut, "signed out")
			return
		case <-look.C:
			access.ByCookie(context.Background(), c.cookie, c.who.Address) // closes ended if it is over
		case <-gone:
			return
		}
	}
}

// resolve finds the page function behind an address of ours through the same
// routes that serve it, and the request to call it with.
func (a *App) resolve(r *http.Request) (key string, req *http.Request, p page, err error) {
	address := r.URL.Query().Get("page")
	u, err := url.ParseRequestURI(address)
	if err != nil || len(address) > maxPageAddress || u.Host != "" || u.Scheme != "" {
		return "", nil, nil, badRequest("page must be the path and query of a page.")
	}
	path := u.EscapedPath()
	rctx := chi.NewRouteContext()
	pattern := a.mux.Find(rctx, http.MethodGet, routePath(u))
	p = a.pages[pattern]
	if p == nil {
		return "", nil, nil, errNoRoute
	}
	if err := a.allowed(r, a.least[pattern]); err != nil {
		return "", nil, nil, err
	}
	// A page is rendered once for all of one role. It is not told who they are.
	role := whoOf(r).Role
	// The order of the parameters does not make another page.
	u.RawQuery = u.Query().Encode()
	key = role.String() + " " + path
	if u.RawQuery != "" {
		key += "?" + u.RawQuery
	}
	req = &http.Request{Method: http.MethodGet, URL: u, Host: r.Host, Header: http.Header{}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	ctx := withWho(context.WithValue(context.Background(), chi.RouteCtxKey, rctx), cluster.Who{Role: role})
	return key, req.WithContext(ctx), p, nil
}

// update is one message, made once for all who watch a topic.
type update struct {
	head    []byte   // start tag
	all     [][]byte // every region
	changed [][]byte // those that differ from the update before
	seq     uint64   // of the snapshot it shows

	reshaped bool // the page has other regions than before

	deltaOnce, fullOnce sync.Once
	delta, full         *websocket.PreparedMessage
}

func (u *update) empty() bool { return len(u.changed) == 0 }

func (u *update) message(parts [][]byte, more ...[]byte) []byte {
	n := len(u.head) + 16
	for _, p := range parts {
		n += len(p)
	}
	var b bytes.Buffer
	b.Grow(n)
	b.Write(u.head)
	for _, p := range append(parts[:len(parts):len(parts)], more...) {
		b.Write(p)
	}
	b.WriteString("</live-update>")
	return b.Bytes()
}

// prepared is the frame for a client that has, or has not, all before it.
func (u *update) prepared(full bool) *websocket.PreparedMessage {
	if full {
		u.fullOnce.Do(func() { u.full = prepare(u.message(u.all)) })
		return u.full
	}
	u.deltaOnce.Do(func() { u.delta = prepare(u.message(u.changed)) })
	return u.delta
}

func prepare(b []byte) *websocket.PreparedMessage {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, b)
	if err != nil {
		panic(err) // writing into memory; fails for no text message
	}
	return m
}

// client is one browser. It has one slot for what is to be written, and a
// writing goroutine only while there is something in it: an idle client costs
// its reader, a slow one keeps nobody waiting.
type client struct {
	hub     *hub
	topic   *topic
	conn    *websocket.Conn
	who     cluster.Who
	cookie  string // of its session, "" without sign-in
	resumes bool   // it said what it knew of faults, and was not told yet what came since
	since   uint64 // that number
	round   uint32 // of the last ping; of the writer alone

	mu      sync.Mutex
	pending *update
	full    bool // it missed something: the next message must be whole
	writing bool
	leaving bool
}

// serve reads until the client is gone. A browser has nothing to say but pongs.
func (c *client) serve(key string, req *http.Request, p page) {
	defer c.hub.release()
	defer c.conn.Close()
	c.conn.SetReadLimit(512)
	c.conn.SetReadDeadline(time.Now().Add(pongWait))
	c.conn.SetPongHandler(func(string) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.leaving {
			return nil
		}
		return c.conn.SetReadDeadline(time.Now().Add(pongWait))
	})
	if !c.hub.join(c, key, req, p) {
		c.close(websocket.CloseTryAgainLater, "")
		return
	}
	defer c.hub.leave(c)
	if c.who.Session != "" {
		gone := make(chan struct{})
		defer close(gone)
		go c.watchSession(gone)
	}
	for {
		if _, _, err := c.conn.NextReader(); err != nil {
			return
		}
	}
}

// offer puts an update into the slot. The newest wins; who loses one that way
// gets the whole page next time.
func (c *client) offer(u *update) {
	c.mu.Lock()
	if c.leaving || c.pending != nil && u.empty() {
		c.mu.Unlock()
		return
	}
	if c.pending != nil {
		c.full = true
	}
	c.pending = u
	start := !c.writing
	c.writing = true
	c.mu.Unlock()
	if start {
		go c.flush()
	}
}

// flush writes until the slot is empty.
func (c *client) flush() {
	for {
		c.mu.Lock()
		u, full := c.pending, c.full
		c.pending, c.full = nil, false
		if u == nil || c.leaving {
			c.writing = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		if err := c.write(u, full); err != nil {
			c.conn.Close() // the reader notices and cleans up; writing stays true
			return
		}
	}
}

func (c *client) write(u *update, full bool) error {
	if c.resumes {
		c.resumes = false
		if since := c.since; u.seq > since {
			missed, err := c.hub.missed.get(c.hub.app, since, u.seq)
			if err != nil {
				c.hub.app.log.Error("missed faults", "err", err)
				return err // it shall come back and ask again: nothing may be lost
			}
			if len(missed) > 0 {
				c.conn.SetWriteDeadline(time.Now().Add(writeWait))
				return c.conn.WriteMessage(websocket.TextMessage, u.message(u.all, missed))
			}
		}
	}
	c.conn.SetWriteDeadline(time.Now().Add(writeWait))
	if err := c.conn.WritePreparedMessage(u.prepared(full)); err != nil {
		return err
	}
	if round := c.hub.round.Load(); round != c.round {
		c.round = round
		return c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait))
	}
	return nil
}

func (c *client) goAway() { c.close(websocket.CloseGoingAway, "the server is stopping") }

// close sends the closing frame and gives the other side a moment to answer;
// the reader ends when it did or the moment is over.
func (c *client) close(code int, reason string) {
	c.mu.Lock()
	c.leaving = true
	c.conn.SetReadDeadline(time.Now().Add(closeWait))
	c.mu.Unlock()
	err := c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(closeWait))
	if err != nil {
		c.conn.Close()
	}
}

// missedCache keeps the last answer: after a restart of the network all
// browsers ask for the same stretch.
type missedCache struct {
	mu        sync.Mutex
	from, to  uint64
	html      []byte
	populated bool
}

// get renders what happened to faults after one number and up to another; nil
// for nothing.
func (m *missedCache) get(a *App, from, to uint64) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.populated && m.from == from && m.to == to {
		return m.html, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), writeWait)
	defer cancel()
	faults, err := a.opt.Store.Faults(ctx, cluster.FaultQuery{AfterSeq: from, Limit: faultLimitMax})
	if err != nil {
		return nil, err
	}
	var changes []cluster.Fault
	var first time.Time
	for _, f := range faults {
		if f.Seq > to {
			continue // comes with the next message
		}
		changes = append(changes, f)
		if at := changedAt(f); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	m.from, m.to, m.html, m.populated = from, to, nil, true
	if len(changes) > 0 {
		now := a.now()
		var b bytes.Buffer
		if err := views.Missed(changes, first, now, now).Render(ctx, &b); err != nil {
			m.populated = false
			return nil, err
		}
		m.html = b.Bytes()
	}
	return m.html, nil
}

// changedAt is when the last change of a fault happened, as recorded.
func changedAt(f cluster.Fault) time.Time {
	at := f.Opened
	for _, t := range []time.Time{f.Updated, f.Acked, f.Resolved} {
		if t.After(at) {
			at = t
		}
	}
	return at
}

func escape(s string) string { return html.EscapeString(s) }

// stamp is a time as it stands in messages: UTC with milliseconds, "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
