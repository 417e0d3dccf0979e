package remoting

import (
	"context"
	"errors"
	"time"

	"looksalive/remoting/scripts"
)

const (
	// slowAfter is how long a slow question may keep the vitals waiting before it gets
	// a session of its own. Most nodes never need one: it is a powershell.exe more.
	slowAfter = time.Second
	// slowFor is how long it keeps it after it was slow last.
	slowFor = time.Hour
)

// maySlow says that a question can take long where storage or its providers are ill:
// just when the others are wanted.
func maySlow(s scripts.Script) bool {
	return s.Hash == scripts.Storage.Hash || s.Hash == scripts.Inventory.Hash || s.Hash == scripts.Commands.Hash
}

// aside is the node's second session, nil while none is needed.
func (p *peer) aside() *peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.client.opts.Now().Before(p.slow) {
		if unused := p.second; unused != nil {
			p.second = nil
			p.client.background(func() { unused.shut(errClosed) })
		}
		return nil
	}
	if p.second == nil && p.ctx.Err() == nil {
		p.second = &peer{
			client: p.client, node: p.node, turn: make(chan struct{}, 1), credential: p.credential, isSecond: true,
			log: p.log.With("session", "second"), born: p.born, mode: p.mode,
		}
		p.second.swept.Store(true)
		p.second.ctx, p.second.stop = context.WithCancelCause(p.ctx)
		p.log.Info("a second session for slow questions")
	}
	return p.second
}

// noteSlow remembers that a slow question was slow.
func (p *peer) noteSlow(a answer, err error) {
	took := a.received.Sub(a.sent)
	if late := new(late); errors.As(err, &late) {
		took = late.after
	}
	if took <= slowAfter {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.slow = p.client.opts.Now().Add(slowFor)
}

// late is an answer that had not come when its question was given up.
type late struct {
	error
	after time.Duration // it was waited for
}

func (l *late) Unwrap() error { return l.error }

// late says of an answer that did not come how long it was waited for.
func (s *session) late(err error, since time.Time) error {
	if errors.Is(err, errNoAnswer) || errors.Is(err, errCanceled) {
		return &late{err, s.peer.client.opts.Now().Sub(since)}
	}
	return err
}
