package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"

	"looksalive/cluster"
	"looksalive/console"
)

// watching serves a fixture with the sockets of runs open; stop ends them and waits.
func (f *fixture) watching() (address string, stop func()) {
	f.t.Helper()
	server := httptest.NewServer(f.app)
	ctx, cancel := context.WithCancel(context.Background())
	f.app.runSockets.open(ctx) // as Run does
	stop = sync.OnceFunc(func() {
		cancel()
		f.app.runSockets.close()
		server.Close()
	})
	f.t.Cleanup(stop)
	return "ws" + strings.TrimPrefix(server.URL, "http"), stop
}

func (f *fixture) watch(address, id string, after int64) *websocket.Conn {
	f.t.Helper()
	conn, res, err := websocket.DefaultDialer.Dial(fmt.Sprintf("%s/console/runs/%s/live?after=%d", address, id, after), http.Header{"Cookie": {f.cookie}, "Host": {"127.0.0.1:8686"}})
	if err != nil {
		f.t.Fatalf("%v %v", err, res)
	}
	f.t.Cleanup(func() { conn.Close() })
	conn.SetReadDeadline(time.Now().Add(2 * time.Minute))
	return conn
}

func next(t *testing.T, conn *websocket.Conn) (m runMessage) {
	t.Helper()
	_, b, err := conn.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return m
}

func take(t *testing.T, conn *websocket.Conn, m runMessage) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, fmt.Append(nil, m.Next)); err != nil {
		t.Fatal(err)
	}
}

func TestRunIsWatched(t *testing.T) {
	f, _ := newRuns(t, everything, cluster.Administrator)
	address, _ := f.watching()
	id := f.run("script=Get-Cluster&target=AUE-01/HV-01").ID
	conn := f.watch(address, id, 0)
	m := next(t, conn)
	record := func(names []string, values ...any) *runObject {
		o := &runObject{Names: names, Values: values}
		if names != nil {
			o.Type = "T"
		}
		return o
	}
	want := []runEvent{
		{Kind: cluster.RunStarted},
		{Kind: cluster.RunText, Text: "<b>one</b>\x1b[31m\ntwo\n\nargs , act false, verbose false"},
		{Kind: cluster.RunObject, Object: record([]string{"A", "B"}, "x", 1.5)},
		{Kind: cluster.RunObject, Object: record(nil, nil, true)}, // the same shape
		{Kind: cluster.RunError, Text: "It failed.", ErrorID: "Id"}, {Kind: cluster.RunWarning, Text: "w"}, {Kind: cluster.RunVerbose, Text: "v"},
		{Kind: cluster.RunDebug, Text: "d"}, {Kind: cluster.RunInfo, Text: "i"}, {Kind: cluster.RunCut, Bytes: 99},
		{Kind: cluster.RunProgress, Progress: &cluster.RunProgressed{Activity: "a", Status: "s", Percent: 5}},
		{Kind: cluster.RunProgress, Progress: &cluster.RunProgressed{Activity: "a", Percent: -1}},
		{Kind: cluster.RunEnded},
	}
	if n := len(m.Events); n > 0 {
		m.Events[n-1].Bytes = 0 // says how much was written
	}
	if d := cmp.Diff(want, m.Events); d != "" {
		t.Error(d)
	}
	if len(m.Status) != 1 || m.Status[0].State != cluster.RunDone || m.Status[0].Errors != 1 || m.Status[0].Bytes == 0 || !m.Over || m.Missed || m.Next != 16 {
		t.Errorf("%+v", m)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("after the last event: %v", err)
	}
	m = next(t, f.watch(address, id, 14)) // somebody comes back
	if len(m.Events) != 2 || m.Events[0].Progress == nil || !m.Over {
		t.Errorf("%+v", m)
	}
	m = next(t, f.watch(address, id, 16))
	if len(m.Events) != 0 || !m.Over {
		t.Errorf("%+v", m)
	}
}

// A browser that has not taken in what it was sent gets nothing more.
func TestWatcherIsNotFlooded(t *testing.T) {
	const lines = 100_000
	wrote, more := make(chan struct{}), make(chan struct{})
	f, _ := newRuns(t, func(ctx context.Context, _ console.Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
		_ = emit(cluster.RunEvent{Kind: cluster.RunText, Text: "first"})
		<-more
		for i := range lines {
			_ = emit(cluster.RunEvent{Kind: cluster.RunText, Text: fmt.Sprintf("%0100d", i)})
		}
		close(wrote)
		return cluster.RunEvent{State: cluster.RunDone}
	}, cluster.Administrator)
	address, _ := f.watching()
	conn := f.watch(address, f.startRun("script=Get-Cluster&target=AUE-01/HV-01"), 0)
	var m runMessage
	for m.Next < 2 { // started, and the first line
		m = next(t, conn)
		if m.Next < 2 {
			take(t, conn, m)
		}
	}
	close(more)
	<-wrote
	take(t, conn, m)
	m = next(t, conn)
	if !m.Missed || m.Next < lines/2 {
		t.Fatalf("the second message after a flood: missed %t, next %d", m.Missed, m.Next)
	}
	got, state := 0, cluster.RunRunning
	for _, st := range m.Status {
		state = st.State
	}
	for !m.Over {
		take(t, conn, m)
		m = next(t, conn)
		for _, st := range m.Status {
			state = st.State
		}
		if m.Missed {
			t.Error("missed again")
		}
		got++
	}
	if got < 4 {
		t.Errorf("what is kept came in %d messages", got)
	}
	if last := m.Events[len(m.Events)-1]; last.Kind != cluster.RunEnded || state != cluster.RunDone {
		t.Errorf("%s, last: %+v", state, last)
	}
}

func TestWatchersLeave(t *testing.T) {
	f, p := newRuns(t, forever, cluster.Administrator)
	address, _ := f.watching()
	id := f.startRun("script=Get-Cluster&target=AUE-01/HV-01&target=AUE-01/HV-02")
	begun := func(conn *websocket.Conn) {
		t.Helper()
		for n := 0; n < 2; {
			m := next(t, conn)
			for _, e := range m.Events {
				if e.Text == "begun" {
					n++
				}
			}
			take(t, conn, m)
		}
	}
	signedOut, stays := f.watch(address, id, 0), f.as(p, cluster.Administrator)
	begun(signedOut)
	if err := p.service.SignOut(t.Context(), p.session[cluster.Administrator]); err != nil {
		t.Fatal(err)
	}
	if _, _, err := signedOut.ReadMessage(); !websocket.IsCloseError(err, closeSignedOut) {
		t.Errorf("after signing out: %v", err)
	}
	p.signIn(t, cluster.Administrator)
	conn := stays.as(p, cluster.Administrator).watch(address, id, 0)
	begun(conn)
	if w := f.submit("/console/runs/"+id+"/cancel", "", "Accept", "application/json"); w.Code != http.StatusNoContent {
		t.Fatalf("cancel: %d", w.Code)
	}
	states := map[int]cluster.RunState{}
	for m := (runMessage{}); !m.Over; {
		m = next(t, conn)
		for _, s := range m.Status {
			states[s.Target] = s.State
		}
		if !m.Over {
			take(t, conn, m)
		}
	}
	if d := cmp.Diff(map[int]cluster.RunState{0: cluster.RunCancelled, 1: cluster.RunCancelled}, states); d != "" {
		t.Error(d)
	}
	for path, want := range map[string]int{"/console/runs/none/live": 404, "/console/runs/" + id + "/live?after=x": 400} {
		if _, res, err := websocket.DefaultDialer.Dial(address+path, http.Header{"Cookie": {f.cookie}, "Host": {"127.0.0.1:8686"}}); err == nil || res.StatusCode != want {
			t.Errorf("%s: %v, %v", path, res, err)
		}
	}
	if _, res, err := websocket.DefaultDialer.Dial(address+"/console/runs/"+id+"/live", http.Header{"Cookie": {f.cookie}, "Host": {"127.0.0.1:8686"}, "Origin": {"https://evil.example.org"}}); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("from another site: %v, %v", res, err)
	}
	if _, res, err := websocket.DefaultDialer.Dial(address+"/console/runs/"+id+"/live", nil); err == nil || res.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %v, %v", res, err)
	}
	if w := f.get("/console/runs/" + id + "/live"); w.Code != http.StatusUpgradeRequired {
		t.Errorf("without WebSocket: %d", w.Code)
	}
}

func TestWatchersAreToldThatTheServerStops(t *testing.T) {
	f, _ := newRuns(t, forever, cluster.Administrator)
	address, stop := f.watching()
	conn := f.watch(address, f.startRun("script=Get-Cluster&target=AUE-01/HV-01"), 0)
	next(t, conn)
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	for {
		_, _, err := conn.ReadMessage()
		if err == nil {
			continue
		}
		if !websocket.IsCloseError(err, websocket.CloseGoingAway) {
			t.Errorf("%v", err)
		}
		break
	}
	<-stopped
}
