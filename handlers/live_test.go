package handlers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/a-h/templ"
	"github.com/gorilla/websocket"

	"looksalive/cluster"
	"looksalive/views"
)

// pipes is a network inside the process, so that synctest can drive its time.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8686} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// liveServer is a fixture that is served, with its hub running.
type liveServer struct {
	*fixture
	pipes *pipes
	stop  func() // ends Run and waits for it
}

// bubble runs a test with time of its own, over a served fixture.
func bubble(t *testing.T, change func(*Options), test func(t *testing.T, s *liveServer)) {
	synctest.Test(t, func(t *testing.T) {
		s := &liveServer{fixture: newFixtureAt(t, time.Now, change), pipes: newPipes()}
		server := &http.Server{Handler: s.app}
		served := make(chan error, 1)
		go func() { served <- server.Serve(s.pipes) }()
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.app.Run(ctx) }()
		s.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
		})
		defer func() {
			s.stop()
			server.Close()
			s.pipes.Close()
			<-served
		}()
		synctest.Wait()
		test(t, s)
	})
}

// browser is the other end of a live socket.
type browser struct {
	t    *testing.T
	conn *websocket.Conn

	mu    sync.Mutex
	got   []string // messages nobody asked for yet
	pings int
	err   error // why reading ended
}

func (s *liveServer) dial(query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{NetDialContext: s.pipes.dial}
	return d.Dial("ws://127.0.0.1:8686/live?"+query, header)
}

// open connects and reads all the time, as a browser does.
func (s *liveServer) open(t *testing.T, page, more string) *browser {
	t.Helper()
	conn, _, err := s.dial("page="+url.QueryEscape(page)+more, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, conn: conn}
	t.Cleanup(func() { conn.Close() })
	conn.SetPingHandler(func(data string) error {
		b.mu.Lock()
		b.pings++
		b.mu.Unlock()
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	go func() {
		for {
			_, m, err := conn.ReadMessage()
			b.mu.Lock()
			if err != nil {
				b.err = err
				b.mu.Unlock()
				return
			}
			b.got = append(b.got, string(m))
			b.mu.Unlock()
		}
	}()
	synctest.Wait()
	return b
}

// messages are those that have come since the last call, once all is quiet.
func (b *browser) messages() []string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got
}

// one wants exactly one message.
func (b *browser) one(what string) string {
	b.t.Helper()
	got := b.messages()
	if len(got) != 1 {
		b.t.Fatalf("%s: %d messages, want 1: %.300q", what, len(got), got)
	}
	return got[0]
}

func (b *browser) none(what string) {
	b.t.Helper()
	if got := b.messages(); len(got) != 0 {
		b.t.Fatalf("%s: %d messages, want none: %.300q", what, len(got), got)
	}
}

var (
	regionID  = regexp.MustCompile(`<section id="(r-[^"]*)"`)
	attribute = regexp.MustCompile(`^<live-update data-version="(\d+)" data-at="([^"]*)" data-now="([^"]*)" data-seq="(\d+)" data-build="([^"]*)">`)
)

// regions lists the ids of the regions in a message.
func regions(message string) []string {
	var ids []string
	for _, m := range regionID.FindAllStringSubmatch(message, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// liveRegions is what the page consists of, as its own function says.
func (f *fixture) liveRegions(address string) []string {
	f.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, "/live?page="+url.QueryEscape(address), nil)
	_, req, p, err := f.app.resolve(r)
	if err != nil {
		f.t.Fatal(err)
	}
	v, err := p(req.WithContext(f.app.moment().in(req.Context())))
	if err != nil {
		f.t.Fatal(err)
	}
	var ids []string
	for _, region := range v.LiveRegions() {
		ids = append(ids, region.ID)
	}
	return ids
}

func TestLiveFirstMessageIsWhole(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		for _, page := range []string{"/", "/nodes?q=hv", "/c/AUE-01/nodes/HV-01", "/faults", "/wall", "/c/" + url.PathEscape(hostile) + "/nodes/" + url.PathEscape(hostile)} {
			m := s.open(t, page, "").one(page)
			got, want := regions(m), s.liveRegions(page)
			if !slices.Equal(got, want) {
				t.Errorf("%s: first message has %v, want %v", page, got, want)
			}
			a := attribute.FindStringSubmatch(m)
			if a == nil || !strings.HasSuffix(m, "</live-update>") {
				t.Fatalf("%s: not a live-update: %.200q", page, m)
			}
			snap := s.store.Snapshot()
			if a[1] != fmt.Sprint(snap.Version) || a[4] != fmt.Sprint(snap.Seq) || a[5] != "test-build" {
				t.Errorf("%s: attributes %v, want version %d, seq %d", page, a[1:], snap.Version, snap.Seq)
			}
			if at, err := time.Parse(time.RFC3339, a[2]); err != nil || !at.Equal(s.now()) {
				t.Errorf("%s: data-at %q, want %v", page, a[2], s.now())
			}
		}
	})
}

func TestLiveSendsOnlyWhatChanged(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/c/AUE-01/nodes/HV-01", "")
		all := regions(b.one("first"))
		time.Sleep(time.Second)
		s.vitals("AUE-01", "HV-01", 91)
		changed := regions(b.one("CPU of this node changed"))
		if len(changed) == 0 || len(changed) >= len(all) {
			t.Errorf("a new CPU load sent %v of %v", changed, all)
		}
	})
}

func TestLiveBeat(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/networks", "")
		b.one("first")
		time.Sleep(beatPeriod - time.Millisecond)
		b.none("before the beat")
		time.Sleep(time.Millisecond)
		m := b.one("beat")
		if ids := regions(m); len(ids) != 0 || attribute.FindString(m) == "" {
			t.Errorf("a beat without news carries %v", ids)
		}
	})
}

// Without a word from the cluster its page must turn stale by itself.
func TestLiveTurnsStaleWithoutNews(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/clusters", "")
		b.one("first")
		time.Sleep(cluster.StaleAfterIn(cluster.QuestionState, cluster.ModeLoop) + beatPeriod)
		var ids []string
		for _, m := range b.messages() {
			ids = append(ids, regions(m)...)
		}
		if len(ids) == 0 {
			t.Error("the page never said that its data is stale")
		}
	})
}

func TestLiveFoldsBursts(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/c/AUE-01/nodes/HV-01", "")
		b.one("first")
		time.Sleep(time.Second)
		for i := range 20 {
			s.vitals("AUE-01", "HV-01", float64(50+i))
			synctest.Wait()
		}
		b.one("leading edge of the burst")
		time.Sleep(floorPeriod)
		b.one("rest of the burst")
		time.Sleep(floorPeriod)
		b.none("after the burst")
	})
}

func TestLiveFaultsGoAtOnce(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/faults", "")
		b.one("first")
		time.Sleep(time.Second)
		s.vitals("AUE-01", "HV-01", 50)
		synctest.Wait()
		b.messages() // whatever: the floor holds from here on
		s.faults("AUE-01", cluster.Observation{Node: "HV-01", Question: cluster.QuestionState, State: s.pics["AUE-01"].State},
			nodeDown("AUE-01", "HV-04"), nodeDown("AUE-01", "HV-02"))
		m := b.one("a fault within the floor")
		if !strings.Contains(m, "HV-02 is down") {
			t.Errorf("the new fault is not in the message: %.300q", m)
		}
	})
}

func TestLiveReconnectTellsWhatWasMissed(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		known := s.store.Snapshot().Seq
		s.faults("AUE-01", cluster.Observation{Node: "HV-01", Question: cluster.QuestionState, State: s.pics["AUE-01"].State}, nodeDown("AUE-01", "HV-02"))
		synctest.Wait()
		m := s.open(t, "/", fmt.Sprintf("&seq=%d", known)).one("reconnect")
		ids := regions(m)
		if !slices.Contains(ids, "r-missed") || len(ids) != len(s.liveRegions("/"))+1 {
			t.Errorf("reconnect got %v, want everything and r-missed", ids)
		}
		if m := s.open(t, "/", "&seq=0").one("the first fault ever"); !slices.Contains(regions(m), "r-missed") {
			t.Error("who has seen that there was no fault is not told of the first")
		}
		for query, why := range map[string]string{"": "a first visit", fmt.Sprintf("&seq=%d", s.store.Snapshot().Seq): "nothing missed", "&seq=1099511627776": "a number from another database"} {
			if ids := regions(s.open(t, "/", query).one(why)); slices.Contains(ids, "r-missed") {
				t.Errorf("%s: got r-missed", why)
			}
		}
	})
}

// A store that cannot say what was missed must not look like "nothing missed".
func TestLiveReconnectWithBrokenHistory(t *testing.T) {
	broken := func(o *Options) { o.Store = brokenStore{o.Store} }
	bubble(t, broken, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/networks", "&seq=1")
		b.none("broken history")
		if b.err == nil {
			t.Error("the socket stayed open")
		}
	})
}

func TestLiveSlowClientKeepsNobodyWaiting(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		const page = "/c/AUE-01/nodes/HV-01"
		// The pipe has no buffer: who does not read blocks the writer at once.
		slow, _, err := s.dial("page="+url.QueryEscape(page), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Close()
		b := s.open(t, page, "")
		b.one("first")
		for i := range 3 {
			time.Sleep(time.Second)
			s.vitals("AUE-01", "HV-01", float64(60+i))
			b.one("while the other one is slow")
		}
		// Now it wakes up: the old first message is under way, the deltas were
		// folded into one whole picture.
		for _, what := range []string{"the first message", "the whole picture after falling behind"} {
			_, m, err := slow.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			if got, want := regions(string(m)), s.liveRegions(page); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", what, got, want)
			}
		}
		// One that never reads is cut off.
		time.Sleep(time.Second)
		s.vitals("AUE-01", "HV-01", 70)
		b.one("again")
		time.Sleep(writeWait + time.Second)
		synctest.Wait()
		if n := s.sockets(); n != 1 {
			t.Errorf("%d sockets are open, want 1: the slow one should be gone", n)
		}
	})
}

func (s *liveServer) sockets() int {
	s.app.hub.mu.Lock()
	defer s.app.hub.mu.Unlock()
	return s.app.hub.sockets
}

func TestLivePings(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		b := s.open(t, "/", "")
		deaf, _, err := s.dial("page=/", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer deaf.Close()
		deaf.SetPingHandler(func(string) error { return nil }) // reads, but never answers
		ended := make(chan error, 1)
		go func() {
			for {
				if _, _, err := deaf.ReadMessage(); err != nil {
					ended <- err
					return
				}
			}
		}()
		time.Sleep(2 * pongWait)
		synctest.Wait()
		select {
		case <-ended:
		default:
			t.Error("a client that never answers pings is still connected")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.err != nil {
			t.Errorf("a client that answers pings was cut off: %v", b.err)
		}
		if b.pings < 3 {
			t.Errorf("%d pings in %v", b.pings, 2*pongWait)
		}
	})
}

func TestLiveShutdown(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		polite := s.open(t, "/", "")
		polite.one("first")
		dead, _, err := s.dial("page=/nodes", nil) // never reads: must not hold up the end
		if err != nil {
			t.Fatal(err)
		}
		defer dead.Close()
		began := time.Now()
		s.stop()
		if took := time.Since(began); took > writeWait {
			t.Errorf("stopping took %v", took)
		}
		synctest.Wait()
		if !websocket.IsCloseError(polite.err, websocket.CloseGoingAway) {
			t.Errorf("socket ended with %v, want 1001", polite.err)
		}
		if n := s.sockets(); n != 0 {
			t.Errorf("%d sockets left", n)
		}
		if _, res, err := s.dial("page=/", nil); err == nil || res == nil || res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a socket after the end: %v, %v; want 503", res, err)
		}
	})
}

func TestLiveRefusals(t *testing.T) {
	limits := func(o *Options) { o.MaxSockets, o.MaxTopics = 3, 2 }
	bubble(t, limits, func(t *testing.T, s *liveServer) {
		refused := func(query string, header http.Header, want int) {
			t.Helper()
			c, res, err := s.dial(query, header)
			if err == nil {
				c.Close()
				t.Fatalf("%s %v: let in, want %d", query, header, want)
			}
			if res == nil || res.StatusCode != want {
				t.Errorf("%s %v: %v (%v), want %d", query, header, res, err, want)
			}
		}
		refused("page=/", http.Header{"Origin": {"http://evil.example"}}, http.StatusForbidden)
		refused("page=/", http.Header{"Origin": {"http://127.0.0.1:9999"}}, http.StatusForbidden)
		refused("page=/", http.Header{"Origin": {"null"}}, http.StatusForbidden)
		refused("page=/", http.Header{"Host": {"evil.example"}}, http.StatusMisdirectedRequest)
		refused("page=/nowhere", nil, http.StatusNotFound)
		refused("page=/c/none", nil, http.StatusNotFound)
		refused("page=/api/v1/nodes", nil, http.StatusNotFound)
		refused("page=/live", nil, http.StatusNotFound)
		refused("page=http://evil.example/", nil, http.StatusBadRequest)
		refused("page=//evil.example/", nil, http.StatusNotFound)
		refused("", nil, http.StatusBadRequest)
		refused("page=/&seq=x", nil, http.StatusBadRequest)
		refused("page=/?q="+strings.Repeat("x", maxPageAddress), nil, http.StatusBadRequest)

		for _, page := range []string{"/", "/nodes"} {
			c, _, err := s.dial("page="+page, http.Header{"Origin": {"http://127.0.0.1:8686"}})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		synctest.Wait()
		refused("page=/wall", nil, http.StatusServiceUnavailable) // a third topic
		c, _, err := s.dial("page=/", nil)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		refused("page=/", nil, http.StatusServiceUnavailable) // a fourth socket
		c.Close()
		synctest.Wait()
		if c, _, err = s.dial("page=/", nil); err != nil { // its place is free again
			t.Fatal(err)
		}
		c.Close()
	})
}

// A page that is watched by nobody costs nothing.
func TestLiveTopicEndsWithItsLastClient(t *testing.T) {
	var rendered atomic.Int32
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		real := s.app.pages["/wall"]
		s.app.pages["/wall"] = func(r *http.Request) (views.Page, error) { rendered.Add(1); return real(r) }
		a, b := s.open(t, "/wall", ""), s.open(t, "/wall", "")
		a.one("first")
		b.one("first")
		before := rendered.Load()
		time.Sleep(beatPeriod)
		synctest.Wait()
		if rendered.Load() != before+1 {
			t.Errorf("rendered %d times for one beat of two clients, want once", rendered.Load()-before)
		}
		a.conn.Close()
		b.conn.Close()
		synctest.Wait()
		before = rendered.Load()
		time.Sleep(3 * beatPeriod)
		s.vitals("AUE-01", "HV-01", 1)
		synctest.Wait()
		if rendered.Load() != before {
			t.Errorf("rendered %d times with nobody there", rendered.Load()-before)
		}
	})
}

// A page that fails is silent, so that the browser sees the beat missing, and
// comes back; a page whose object is gone ends with a code of its own.
func TestLivePageFails(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		var mu sync.Mutex
		var fail error
		failing := func(err error) { mu.Lock(); defer mu.Unlock(); fail = err }
		real := s.app.pages["/wall"]
		s.app.pages["/wall"] = func(r *http.Request) (views.Page, error) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(fail, errDisk):
				return views.Page{}, fail
			case fail != nil:
				panic(fail)
			}
			return real(r)
		}
		b := s.open(t, "/wall", "")
		b.one("first")
		for _, err := range []error{errDisk, errors.New("a bug")} {
			failing(err)
			time.Sleep(2 * beatPeriod)
			b.none("while it fails")
		}
		failing(nil)
		time.Sleep(beatPeriod)
		b.one("after it failed")

		gone := s.open(t, "/c/AUE-01", "")
		gone.one("first")
		if err := s.store.DropDefinition(context.Background(), "AUE-01", true); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		time.Sleep(floorPeriod)
		synctest.Wait()
		if !websocket.IsCloseError(gone.err, closeGone) {
			t.Errorf("the page of a cluster that is gone ended with %v, want %d", gone.err, closeGone)
		}
	})
}

// A browser has no place for a region that was not there when it loaded the
// page: it must load it again.
func TestLivePageChangesItsShape(t *testing.T) {
	bubble(t, nil, func(t *testing.T, s *liveServer) {
		var ids atomic.Value
		ids.Store([]string{"r-a", "r-b"})
		s.app.pages["/wall"] = func(*http.Request) (views.Page, error) {
			p := views.Page{Shell: views.ShellWall}
			for _, id := range ids.Load().([]string) {
				p.Regions = append(p.Regions, views.Region{ID: id, Body: templ.Raw(id)})
			}
			return p, nil
		}
		for _, next := range [][]string{{"r-a"}, {"r-a", "r-c"}, {"r-b", "r-c"}} {
			b := s.open(t, "/wall", "")
			b.one("first")
			ids.Store(next)
			time.Sleep(beatPeriod)
			b.none("another shape")
			if !websocket.IsCloseError(b.err, closeGone) {
				t.Errorf("with %v the socket ended with %v, want %d", next, b.err, closeGone)
			}
		}
	})
}

func TestRegionHashIgnoresAges(t *testing.T) {
	base := `<p>up <time datetime="2026-01-01T00:00:00Z">4 s ago</time> CPU 5 % <time datetime="x">1</time></p>`
	same := strings.ReplaceAll(base, "4 s ago", "9 s ago")
	for _, other := range []string{
		strings.Replace(base, "5 %", "6 %", 1), strings.Replace(base, "00Z", "01Z", 1), base + "x", strings.Replace(base, `"x"`, `"y"`, 1),
	} {
		if regionHash([]byte(base)) == regionHash([]byte(other)) {
			t.Errorf("a change was not seen: %s", other)
		}
	}
	if regionHash([]byte(base)) != regionHash([]byte(same)) {
		t.Error("an age that has grown counts as a change")
	}
	for _, odd := range []string{"", "<time", "<time>", "<time>x", "</time>"} {
		regionHash([]byte(odd)) // must not panic
	}
}
