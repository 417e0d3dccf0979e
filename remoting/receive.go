package remoting

import (
	"bytes"
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

// receiveAll keeps a Receive outstanding until the session ends. It is the one
// place that sees a node die: at once.
func (s *session) receiveAll() {
	defer func() {
		if r := recover(); r != nil {
			s.fail(fmt.Errorf("receiving panicked: %v: %w", r, errBadAnswer))
		}
	}()
	out := frames{limit: s.peer.client.opts.Limits.Frame}
	message := receiveOutput(s.peer.node.URL, s.shell, s.exec)
	empty := 0
	for {
		start := time.Now() // only to tell waiting from spinning
		ctx, cancel := context.WithTimeout(s.ctx, receiveLimit)
		r, err := s.receive.post(ctx, message)
		cancel()
		message.id, message.body = renew(message)
		got := 0
		var f *fault
		switch {
		case err == nil:
			for _, piece := range r.streams {
				if piece.commandID != "" && !strings.EqualFold(piece.commandID, s.exec) {
					s.fail(fmt.Errorf("output of another command: %w", errBadAnswer))
					return
				}
				got += len(piece.data)
				if err := s.take(&out, piece); err != nil {
					s.fail(err)
					return
				}
			}
			if r.state == stateDone {
				s.fail(fmt.Errorf("%w (exit code %d)", errEnded, r.exitCode))
				return
			}
		case errors.As(err, &f) && f.Code == faultTimedOut: // nothing to say yet
		default:
			s.fail(err)
			return
		}
		if got > 0 || time.Since(start) > emptySoon {
			empty = 0
		} else if empty++; empty >= maxEmpty {
			s.fail(fmt.Errorf("it answers without waiting or saying anything: %w", errBadAnswer))
			return
		}
	}
}

// renew gives a message a new id.
func renew(m message) (string, []byte) {
	id := newID()
	return id, bytes.Replace(m.body, []byte(m.id), []byte(id), 1)
}

// take sorts one piece of output: frames to who waits for them, the rest to the log.
func (s *session) take(out *frames, piece stream) error {
	if piece.name != "stdout" {
		if s.stderred < errOutputSize {
			s.stderred += len(piece.data)
			s.peer.log.Debug("standard error", "text", clean(string(piece.data), 500))
		}
		return nil
	}
	err := out.feed(piece.data, s.deliver, func(noise []byte) {
		s.noise += len(noise)
		if text := clean(string(noise), 200); text != "" {
			s.peer.log.Debug("output outside of frames", "text", text)
		}
	})
	if err == nil && s.noise > out.limit {
		err = fmt.Errorf("%d bytes and no frame: %w", s.noise, errTooLarge)
	}
	return err
}

// deliver hands a frame to the request it answers. A late one has none.
func (s *session) deliver(f frame) {
	s.noise = 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.status == "ready" && f.id == 0 {
		if !s.isReady {
			s.isReady = true
			close(s.ready)
		}
		return
	}
	if got, ok := s.waiting[f.id]; ok {
		delete(s.waiting, f.id)
		got <- f
		return
	}
	s.peer.log.Debug("an answer nobody waits for", "id", f.id, "status", f.status)
}
