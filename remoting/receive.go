package remoting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// A Receive that brings nothing should have waited. So many that come back
	// sooner than emptySoon, one after the other, are a node gone wrong.
	maxEmpty  = 5
	emptySoon = time.Second
)

// receiver asks for the output of one program, again and again.
type receiver struct {
	s     *session
	exec  string
	ask   template
	empty int
}

func newReceiver(s *session, exec string) *receiver {
	return &receiver{s: s, exec: exec, ask: newTemplate(receiveOutput(s.peer.node.URL, s.shell, exec), "")}
}

// next waits for output. It may come back without any.
func (r *receiver) next(ctx context.Context) (*reply, error) {
	now := r.s.peer.client.opts.Now
	start := now()
	ctx, cancel := context.WithTimeout(ctx, receiveLimit)
	defer cancel()
	answer, err := r.s.receive.post(ctx, r.ask.with(nil))
	var f *fault
	switch {
	case errors.As(err, &f) && f.Code == faultTimedOut: // nothing to say yet
		answer = &reply{}
	case err != nil:
		return nil, err
	}
	got := 0
	for _, piece := range answer.streams {
		if piece.commandID != "" && !strings.EqualFold(piece.commandID, r.exec) {
			return nil, fmt.Errorf("output of another command: %w", errBadAnswer)
		}
		got += len(piece.data)
	}
	if got > 0 || answer.state == stateDone || now().Sub(start) > emptySoon {
		r.empty = 0
	} else if r.empty++; r.empty >= maxEmpty {
		return nil, fmt.Errorf("it answers without waiting or saying anything: %w", errBadAnswer)
	}
	return answer, nil
}

// receiveAll keeps a Receive outstanding until the session ends. It is the one
// place that sees a node die: at once.
func (s *session) receiveAll() {
	defer func() {
		if r := recover(); r != nil {
			s.fail(fmt.Errorf("receiving panicked: %v: %w", r, errBadAnswer))
		}
	}()
	out := frames{limit: s.peer.client.opts.Limits.Frame}
	from := newReceiver(s, s.exec)
	for {
		r, err := from.next(s.ctx)
		if err != nil {
			s.fail(err)
			return
		}
		for _, piece := range r.streams {
			if err := s.take(&out, piece); err != nil {
				s.fail(err)
				return
			}
		}
		if r.state == stateDone {
			s.mu.Lock()
			early := !s.isReady
			s.mu.Unlock()
			s.fail(&ended{r.exitCode, errorText(s.stderr), early})
			return
		}
	}
}

// take sorts one piece of output: frames to who waits for them, the rest to the log.
func (s *session) take(out *frames, piece stream) error {
	if piece.name != "stdout" {
		s.stderr = s.saw(s.stderr, piece.data)
		return nil
	}
	var noise int
	err := out.feed(piece.data, s.deliver, func(b []byte) {
		noise += len(b)
		if text := clean(string(b), 200); text != "" {
			s.peer.log.Debug("output outside of frames", "text", text)
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noise += noise; err == nil && s.noise > out.limit {
		err = fmt.Errorf("%d bytes and no frame: %w", s.noise, errTooLarge)
	}
	return err
}

// saw logs standard error and keeps the beginning of it: it says why PowerShell ended.
func (s *session) saw(kept, data []byte) []byte {
	room := errOutputSize - len(kept)
	if room <= 0 {
		return kept
	}
	data = data[:min(room, len(data))]
	s.peer.log.Debug("standard error", "text", clean(string(data), 500))
	return append(kept, data...)
}
