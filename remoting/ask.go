package remoting

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// answer is what came back for one request.
type answer struct {
	json           []byte
	sent, received time.Time // around the request, by our clock
	mode           cluster.SessionMode
	why            string // there is no loop, for people; "" if there is
}

// tell says in an observation how its question reached PowerShell.
func (a answer) tell(o *cluster.Observation) { o.Mode, o.Detail = a.mode, a.why }

// ask has a script run and waits for what it returns. One caller at a time. The
// loop keeps scripts, so the text travels once a session.
func (s *session) ask(ctx context.Context, script scripts.Script, args []byte) (answer, error) {
	select {
	case <-s.idle:
	case <-s.done:
		return answer{}, s.failure()
	case <-ctx.Done():
		// The last request was given up and its answer has not come: the node is
		// slow, and another one behind it would only wait there.
		return answer{}, s.miss(fmt.Errorf("%w while the node works on an earlier question", ctxError(ctx)))
	}
	s.requests.Add(1)
	if s.mode == cluster.ModeProcess {
		return s.askProcess(ctx, script, args)
	}
	whole := !s.held[script.Hash]
	a, f, err := s.request(ctx, script, args, whole)
	if err == nil && f.status == statusNeed && !whole {
		<-s.idle // its frame has put it back
		a, f, err = s.request(ctx, script, args, true)
	}
	if err != nil {
		return answer{}, err
	}
	s.held[script.Hash] = true
	if a.json, err = f.unpack(s.peer.client.opts.Limits); err != nil {
		return answer{}, err
	}
	switch f.status {
	case statusOK:
		return a, nil
	case statusErr:
		return answer{}, decodeScriptError(a.json)
	default:
		return answer{}, fmt.Errorf("frame status: %w", errBadAnswer)
	}
}

// request sends one line and waits for the frame that answers it. The caller has
// taken the idle token; the frame puts it back, whether or not it comes in time.
func (s *session) request(ctx context.Context, script scripts.Script, args []byte, whole bool) (answer, frame, error) {
	got := make(chan frame, 1)
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.pending, s.waiter = id, got
	s.mu.Unlock()

	a := answer{sent: s.peer.client.opts.Now(), mode: cluster.ModeLoop}
	line := requestLine(id, script, args, whole)
	err := s.write(ctx, func() message { return s.input.with(line) })
	if err == nil {
		select {
		case f := <-got:
			a.received = s.peer.client.opts.Now()
			return a, f, nil
		case <-s.done:
			err = s.failure()
		case <-ctx.Done():
			err = ctxError(ctx)
		}
	}
	err = s.late(err, a.sent)
	s.mu.Lock()
	s.waiter = nil
	if errors.As(err, new(unsent)) && s.pending == id {
		s.pending = 0
		s.idle <- struct{}{}
	}
	s.mu.Unlock()
	return answer{}, frame{}, s.miss(err)
}

// requestLine is base64(JSON) LF, as loop.ps1 describes it.
func requestLine(id int64, script scripts.Script, args []byte, whole bool) []byte {
	b := append(make([]byte, 0, 512), `{"id":`...)
	b = strconv.AppendInt(b, id, 10)
	b = append(b, `,"hash":"`+script.Hash+`"`...)
	if whole {
		text, _ := json.Marshal(script.Text) // a string does not fail
		b = append(append(b, `,"script":`...), text...)
	}
	b = append(append(append(b, `,"args":`...), args...), '}')
	line := make([]byte, 0, base64.StdEncoding.EncodedLen(len(b))+1)
	return append(base64.StdEncoding.AppendEncode(line, b), '\n')
}

// miss counts an answer that did not come in time.
func (s *session) miss(err error) error {
	if errors.Is(err, errNoAnswer) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.missed++; s.missed == 1 {
			s.since = s.peer.client.opts.Now()
		}
	}
	return err
}

// hung says that answers were missed, nothing came since, and that for some time. A
// slow node's late answers show that it lives: a new session would only add to its
// work, and when all nodes are slow at once the fault is likely to be ours.
func (s *session) hung() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.missed >= maxMissed && s.peer.client.opts.Now().Sub(s.since) >= hungAfter
}

// deliver hands a frame to the request it answers. An answer that comes after its
// request was given up ends that request and goes to nobody else.
func (s *session) deliver(f frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noise, s.missed = 0, 0
	if f.status == statusReady && f.id == 0 {
		if !s.isReady {
			s.isReady = true
			close(s.ready)
		}
		return
	}
	// The loop does not know the id of a line it cannot read; there is only one.
	if s.pending == 0 || f.id != s.pending && !(f.id == 0 && f.status == statusErr) {
		s.peer.log.Debug("an answer to no question", "id", f.id, "status", f.status)
		return
	}
	if s.waiter != nil {
		s.waiter <- f // has room: one frame for each request
	}
	s.pending, s.waiter = 0, nil
	s.idle <- struct{}{} // has room: the request took it
}
