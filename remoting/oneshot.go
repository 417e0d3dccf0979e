package remoting

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"looksalive/remoting/scripts"
)

const (
	// maxKept is how many bytes of JSON a script may have kept for its next process.
	maxKept = 64 << 10
	// trial is run when a session opens: it shows whether PowerShell starts this way.
	trial = "@{}"
	// inputPart is how much is sent to standard input at once; in base64 it has to fit
	// into maxEnvelope.
	inputPart = 64 << 10
)

// tryProcess finds out whether powershell.exe answers when it is started for one
// question, and in which language mode it runs.
func (s *session) tryProcess(ctx context.Context) error {
	<-s.idle // nobody else has the session yet
	a, err := s.process(ctx, trial, []byte("null"), nil)
	if err != nil {
		if errors.Is(err, errEnded) || errors.Is(err, errBadAnswer) {
			err = &noStart{err, true}
		}
		return err
	}
	if a.Mode == "ConstrainedLanguage" {
		s.why = "PowerShell on this node runs in constrained language mode, which does not allow the loop: each question starts a powershell.exe of its own."
	}
	return nil
}

// askProcess has a script run in a process of its own. The caller has taken the idle
// token; it is put back when WinRM has forgotten the process.
func (s *session) askProcess(ctx context.Context, script scripts.Script, args []byte) (answer, error) {
	a := answer{sent: s.peer.client.opts.Now(), mode: s.mode, why: s.why}
	p, err := s.process(ctx, script.Text, args, s.kept[script.Hash])
	if err != nil {
		return answer{}, s.miss(s.late(err, a.sent))
	}
	a.received = s.peer.client.opts.Now()
	s.mu.Lock()
	s.missed = 0
	s.mu.Unlock()
	if len(p.Kept) > maxKept {
		s.peer.log.Debug("too much to keep", "script", script.Name, "bytes", len(p.Kept))
	} else if len(p.Kept) > 0 && string(p.Kept) != "null" {
		s.kept[script.Hash] = p.Kept
	}
	if p.Status == statusErr {
		return answer{}, decodeScriptError(p.Value)
	}
	a.json = p.Value
	return a, nil
}

// process starts powershell.exe, hands it its input and waits for its answer. Whatever
// comes of it, the process is ended, and only then the idle token is put back.
func (s *session) process(ctx context.Context, script string, args []byte, kept json.RawMessage) (*scripts.ProcessAnswer, error) {
	id := strings.ReplaceAll(strings.TrimPrefix(newID(), "uuid:"), "-", "")
	input, err := scripts.ProcessInput(scripts.ProcessRequest{ID: id, Script: script, Args: args, Kept: kept})
	if err != nil {
		s.idle <- struct{}{}
		return nil, fmt.Errorf("the request: %w", err)
	}
	exec, err := s.start(ctx, scripts.ProcessCommand)
	if err != nil {
		if !errors.As(err, new(unsent)) {
			s.fail(err) // perhaps it was started, and we do not know its id: the shell must go
		}
		s.idle <- struct{}{}
		return nil, err
	}
	defer s.peer.client.background(func() {
		defer func() { _ = recover() }() // the node may answer anything; the process is over
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		s.kill(ctx, exec)
		s.idle <- struct{}{}
	})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	if err := s.feed(ctx, exec, input); err != nil && !errors.As(err, new(*fault)) {
		return nil, s.because(err)
	} // a fault is that the process has ended already: its output says why
	b, err := s.output(ctx, exec, id)
	if err != nil {
		return nil, s.because(err)
	}
	if err := checkDepth(b, s.peer.client.opts.Limits.JSONDepth+1); err != nil {
		return nil, err
	}
	var a scripts.ProcessAnswer
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("JSON: %w: %w", errBadAnswer, err)
	}
	if a.Status != statusOK && a.Status != statusErr || len(a.Value) == 0 {
		return nil, fmt.Errorf("status of the answer: %w", errBadAnswer)
	}
	return &a, nil
}

// because is what ended the session, if that is why a request of it ended.
func (s *session) because(err error) error {
	if !s.alive() {
		return s.failure()
	}
	return err
}

// feed writes the input and closes it.
func (s *session) feed(ctx context.Context, exec string, input []byte) error {
	for len(input) > 0 {
		n := min(len(input), inputPart)
		part := newTemplate(sendInput(s.peer.node.URL, s.shell, exec, placeholder, n == len(input)), placeholder)
		if err := s.write(ctx, func() message { return part.with(input[:n]) }); err != nil {
			return err
		}
		input = input[n:]
	}
	return nil
}

// output waits for the answer between its marks.
func (s *session) output(ctx context.Context, exec, id string) ([]byte, error) {
	from := newReceiver(s, exec)
	between := newMarked(id, s.peer.client.opts.Limits.Frame)
	var stderr []byte
	for {
		r, err := from.next(ctx)
		if err != nil {
			return nil, err
		}
		for _, piece := range r.streams {
			if piece.name != "stdout" {
				stderr = s.saw(stderr, piece.data)
				continue
			}
			if b, err := between.feed(piece.data); b != nil || err != nil {
				return b, err
			}
		}
		if r.state == stateDone {
			return nil, &ended{r.exitCode, errorText(stderr), true}
		}
	}
}

// marked finds what process.ps1 wrote in the output of its process. White space was put
// in by consoles, and other text by profiles and warnings.
type marked struct {
	head, tail string
	limit      int    // bytes of the answer, and of everything else
	noise      int    // bytes before the answer
	buf        []byte // the last bytes before the answer; then the answer
	in         bool   // buf begins behind head
	want       int    // length of the answer and its tail, 0 when not known yet
}

func newMarked(id string, limit int) *marked {
	return &marked{head: "<<LA1:" + id + ":", tail: ":" + id + ":LA1>>", limit: limit}
}

// feed takes the next piece, and returns the answer when it is complete.
func (m *marked) feed(piece []byte) ([]byte, error) {
	for _, c := range piece {
		if c <= ' ' {
			if m.noise++; m.noise > m.limit {
				return nil, fmt.Errorf("%d bytes and no answer: %w", m.noise, errTooLarge)
			}
			continue
		}
		m.buf = append(m.buf, c)
		switch {
		case !m.in:
			if bytes.HasSuffix(m.buf, []byte(m.head)) {
				m.in, m.buf = true, m.buf[:0]
			} else if len(m.buf) >= 4096 {
				m.noise += len(m.buf) - len(m.head)
				m.buf = append(m.buf[:0], m.buf[len(m.buf)-len(m.head):]...)
			}
			if m.noise > m.limit {
				return nil, fmt.Errorf("%d bytes and no answer: %w", m.noise, errTooLarge)
			}
		case m.want == 0:
			if c != ':' {
				if len(m.buf) > 10 {
					return nil, fmt.Errorf("length of the answer: %w", errBadAnswer)
				}
				continue
			}
			n, err := strconv.ParseUint(string(m.buf[:len(m.buf)-1]), 10, 31)
			if err != nil {
				return nil, fmt.Errorf("length of the answer: %w", errBadAnswer)
			}
			if n > uint64(m.limit) {
				return nil, fmt.Errorf("an answer of %d bytes: %w", n, errTooLarge)
			}
			m.want, m.buf = int(n)+len(m.tail), m.buf[:0]
		case len(m.buf) == m.want:
			answer, ok := bytes.CutSuffix(m.buf, []byte(m.tail))
			if !ok {
				return nil, fmt.Errorf("end of the answer: %w", errBadAnswer)
			}
			return answer[:len(answer):len(answer)], nil
		}
	}
	return nil, nil
}
