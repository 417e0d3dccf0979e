package handlers

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/console"
)

// maxRunSockets bounds how many browsers watch runs at the same time.
const maxRunSockets = 500

// runSockets are the sockets on which runs are watched. They live while Run runs.
type runSockets struct {
	mu  sync.Mutex
	ctx context.Context // nil before and after
	n   int
	wg  sync.WaitGroup
}

func (s *runSockets) open(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx = ctx
}

// close waits for all. Their context must have ended.
func (s *runSockets) close() {
	s.mu.Lock()
	s.ctx = nil
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *runSockets) reserve() (context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.ctx == nil:
		return nil, errClosing
	case s.n >= maxRunSockets:
		return nil, errCrowded
	}
	s.n++
	s.wg.Add(1)
	return s.ctx, nil
}

func (s *runSockets) release() {
	s.mu.Lock()
	s.n--
	s.mu.Unlock()
	s.wg.Done()
}

// runMessage is one text frame of JSON. The browser answers with the number Next
// when it has taken it in, and only then gets another: what a slow browser would
// never show waits here, where it may be dropped, and not in its memory.
type runMessage struct {
	Next   int64       `json:"next"`
	Missed bool        `json:"missed,omitempty"` // events before these are gone from memory
	Over   bool        `json:"over,omitempty"`   // the last message
	Events []runEvent  `json:"events"`
	Status []runStatus `json:"status,omitempty"` // of targets that changed
}

// runEvent is a cluster.RunEvent for the browser. Target counts from 0.
type runEvent struct {
	Target   int                    `json:"i"`
	Kind     cluster.RunKind        `json:"k"`
	Text     string                 `json:"x,omitempty"`
	ErrorID  string                 `json:"id,omitempty"`
	Object   *runObject             `json:"o,omitempty"`
	Progress *cluster.RunProgressed `json:"p,omitempty"`
	Bytes    int64                  `json:"b,omitempty"`
}

// runObject is an object; type and names are left out when they are those of the
// object before it from the same target.
type runObject struct {
	Type   string   `json:"t,omitempty"`
	Names  []string `json:"n,omitempty"`
	Values []any    `json:"v"`
}

type runStatus struct {
	Target int              `json:"i"`
	State  cluster.RunState `json:"s"`
	Detail string           `json:"d,omitempty"`
	Exit   int              `json:"e,omitempty"`
	TookMS int64            `json:"t"`
	Bytes  int64            `json:"b"`
	Errors int              `json:"n"`
}

// runLive turns GET /console/runs/{id}/live?after=<seq> into a socket with the events
// of a run after that number, until the last.
func (a *App) runLive(w http.ResponseWriter, r *http.Request) error {
	if !websocket.IsWebSocketUpgrade(r) {
		return &HTTPError{Code: http.StatusUpgradeRequired, Msg: "This address speaks WebSocket."}
	}
	if !sameOrigin(r) {
		return &HTTPError{Code: http.StatusForbidden, Msg: "Runs are only watched by pages of this server."}
	}
	run, err := a.runOf(r)
	if err != nil {
		return err
	}
	var after int64
	if s := r.URL.Query().Get("after"); s != "" {
		if after, err = strconv.ParseInt(s, 10, 64); err != nil || after < 0 {
			return badRequest("after must be a number.")
		}
	}
	ctx, err := a.runSockets.reserve()
	if err != nil {
		return err
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		a.runSockets.release()
		return &HTTPError{Code: http.StatusBadRequest, Msg: "The WebSocket handshake failed.", Err: err}
	}
	s := &runSocket{conn: conn, run: run, seq: after, who: whoOf(r), cookie: cookieOf(r), access: a.opt.Access, taken: make(chan int64, 1), gone: make(chan struct{})}
	go func() {
		defer a.runSockets.release()
		s.serve(ctx)
	}()
	return nil
}

// runSocket is one browser that watches one run.
type runSocket struct {
	conn   *websocket.Conn
	run    *console.Run
	seq    int64 // of the newest event it was sent
	who    cluster.Who
	cookie string
	access *access.Service
	taken  chan int64    // numbers the browser answered
	gone   chan struct{} // closed when it has left

	targets map[cluster.Target]int
	status  []runStatus       // as last sent
	shape   map[int]runObject // type and names of the last object of each target
}

func (s *runSocket) serve(ctx context.Context) {
	defer s.conn.Close()
	go s.read()
	s.targets, s.shape = map[cluster.Target]int{}, map[int]runObject{}
	for i, t := range s.run.Request.Targets {
		s.targets[t] = i
	}
	var ended <-chan struct{}
	if s.access != nil {
		ended = s.access.Ended(s.who.Session)
	}
	pings, looks := time.NewTicker(pingPeriod), time.NewTicker(sessionLook)
	defer pings.Stop()
	defer looks.Stop()
	waiting := false // for the browser to answer
	for {
		var more <-chan struct{}
		if !waiting {
			batch, wake := s.run.After(s.seq)
			if len(batch.Events) > 0 || batch.Over {
				if err := s.write(s.message(batch)); err != nil {
					return
				}
				s.seq, waiting = batch.Next, true
				if batch.Over {
					s.close(websocket.CloseNormalClosure, "the run is over")
					return
				}
				continue
			}
			more = wake
		}
		select {
		case <-more:
		case n := <-s.taken:
			waiting = waiting && n < s.seq
		case <-pings.C:
			if s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWait)) != nil {
				return
			}
		case <-looks.C:
			if s.access != nil && s.cookie != "" {
				s.access.ByCookie(ctx, s.cookie, s.who.Address) // closes ended if it is over
			}
		case <-ended:
			s.close(closeSignedOut, "signed out")
			return
		case <-s.gone:
			return
		case <-ctx.Done():
			s.close(websocket.CloseGoingAway, "the server is stopping")
			return
		}
	}
}

// read takes the browser's answers: the number of the newest event it has taken in.
func (s *runSocket) read() {
	defer close(s.gone)
	s.conn.SetReadLimit(64)
	s.conn.SetReadDeadline(time.Now().Add(pongWait))
	s.conn.SetPongHandler(func(string) error { return s.conn.SetReadDeadline(time.Now().Add(pongWait)) })
	for {
		_, b, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		n, err := strconv.ParseInt(string(b), 10, 64)
		if err != nil {
			return
		}
		select {
		case <-s.taken: // a newer one replaces it
		default:
		}
		s.taken <- n // there is room: nobody else sends
	}
}

func (s *runSocket) write(m runMessage) error {
	s.conn.SetWriteDeadline(time.Now().Add(writeWait))
	return s.conn.WriteMessage(websocket.TextMessage, marshal(m))
}

// close says why and waits a moment for the answer, so that what was sent arrives.
func (s *runSocket) close(code int, reason string) {
	if s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(closeWait)) != nil {
		return
	}
	select {
	case <-s.gone:
	case <-time.After(closeWait):
	}
}

// message makes a frame of a batch. Lines of one target that follow each other
// become one event.
func (s *runSocket) message(b console.Batch) runMessage {
	m := runMessage{Next: b.Next, Missed: b.Missed, Over: b.Over, Events: []runEvent{}}
	var text strings.Builder // of the event at the end of the list
	flush := func() {
		if text.Len() > 0 {
			m.Events[len(m.Events)-1].Text = text.String()
			text.Reset()
		}
	}
	for _, e := range b.Events {
		i := s.targets[e.Target]
		line := strings.TrimSuffix(e.Text, "\n")
		if n := len(m.Events); e.Kind == cluster.RunText && n > 0 && m.Events[n-1].Kind == cluster.RunText && m.Events[n-1].Target == i {
			if text.Len() == 0 {
				text.WriteString(m.Events[n-1].Text)
			}
			text.WriteByte('\n')
			text.WriteString(line)
			continue
		}
		flush()
		out := runEvent{Target: i, Kind: e.Kind, Text: line, ErrorID: e.ErrorID, Progress: e.Progress, Bytes: e.Bytes}
		if e.Object != nil {
			out.Object = s.object(i, e.Object)
		}
		m.Events = append(m.Events, out)
	}
	flush()
	for i, st := range s.run.Status() {
		now := runStatus{i, st.State, st.Detail, st.Exit, st.Took.Milliseconds(), st.Bytes, st.Errors}
		if i >= len(s.status) {
			s.status = append(s.status, now)
		} else if old := s.status[i]; old.State == now.State && old.Bytes == now.Bytes && old.Errors == now.Errors && old.Detail == now.Detail {
			continue
		}
		s.status[i] = now
		m.Status = append(m.Status, now)
	}
	return m
}

func (s *runSocket) object(target int, o *cluster.RunRecord) *runObject {
	last := s.shape[target]
	if last.Type == o.Type && slices.Equal(last.Names, o.Names) {
		return &runObject{Values: o.Values}
	}
	s.shape[target] = runObject{Type: o.Type, Names: o.Names}
	return &runObject{Type: o.Type, Names: o.Names, Values: o.Values}
}
