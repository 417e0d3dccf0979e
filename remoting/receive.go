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

// receiveAll keeps a Receive outstanding until the session ends. It is the one
// place that sees a node die: at once.
func (s *session) receiveAll() {
	defer func() {
		if r := recover(); r != nil {
			s.fail(fmt.Errorf("receiving panicked: %v: %w", r, errBadAnswer))
		}
	}()
	out := frames{limit: s.peer.client.opts.Limits.Frame}
	output := newTemplate(receiveOutput(s.peer.node.URL, s.shell, s.exec), "")
	empty := 0
	for {
		start := time.Now() // only to tell waiting from spinning
		ctx, cancel := context.WithTimeout(s.ctx, receiveLimit)
		r, err := s.receive.post(ctx, output.with(nil))
		cancel()
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
