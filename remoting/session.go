package remoting

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"looksalive/remoting/scripts"
)

// session is one powershell.exe on a node that runs scripts.Loop.
type session struct {
	peer        *peer
	send        *lane // Create, Command, Send, Signal, Delete
	receive     *lane
	shell, exec string   // ids of the shell and of the command
	input       template // of a Send
	opened      time.Time

	ctx    context.Context // of the outstanding Receive
	cancel context.CancelFunc
	ready  chan struct{} // closed by the loop's first frame
	done   chan struct{} // closed when the session is dead
	gone   sync.Once     // closing: by us

	idle chan struct{}   // holds a token while the loop works on no request
	held map[string]bool // hashes of the scripts the loop has; of who holds the token

	mu       sync.Mutex
	err      error // why it is dead
	left     bool  // we closed it: its end is no loss
	lastID   int64
	pending  int64      // the request the loop works on, 0 if none
	waiter   chan frame // who waits for its answer, nil when given up
	missed   int        // answers missed since the last frame
	since    time.Time  // when the first of them was
	isReady  bool
	stderred int // bytes of standard error seen
	noise    int // bytes outside of frames since the last frame
}

// openSession connects, signs in, starts PowerShell and waits for its loop.
func openSession(ctx context.Context, p *peer) (s *session, err error) {
	defer func() {
		if r := recover(); r != nil { // whatever a node sends must not end the program
			s, err = nil, fmt.Errorf("opening panicked: %v: %w", r, errBadAnswer)
		}
	}()
	limits := p.client.opts.Limits
	s = &session{
		peer: p, opened: p.client.opts.Now(), held: make(map[string]bool),
		ready: make(chan struct{}), done: make(chan struct{}), idle: make(chan struct{}, 1),
	}
	s.idle <- struct{}{}
	if s.send, err = newLane(p.node, p.credential, limits.Body); err != nil {
		return nil, err
	}
	if s.receive, err = newLane(p.node, p.credential, limits.Body); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	r, err := s.send.post(ctx, createShell(p.node.URL))
	if err != nil {
		s.close()
		return nil, fmt.Errorf("opening a shell: %w", err)
	}
	if s.shell = r.shellID; s.shell == "" {
		s.close()
		return nil, fmt.Errorf("no shell id: %w", errBadAnswer)
	}
	r, err = s.send.post(ctx, startCommand(p.node.URL, s.shell, scripts.Loop.CommandLine()))
	if err == nil && r.commandID == "" {
		err = fmt.Errorf("no command id: %w", errBadAnswer)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("starting PowerShell: %w", err)
	}
	s.exec = r.commandID
	s.input = newTemplate(sendInput(p.node.URL, s.shell, s.exec, placeholder), placeholder)
	go s.receiveAll()
	select {
	case <-s.ready:
		p.log.Info("session opened", "took", p.client.opts.Now().Sub(s.opened))
		return s, nil
	case <-s.done:
		s.close()
		return nil, fmt.Errorf("starting PowerShell: %w", s.failure())
	case <-ctx.Done():
		s.close()
		return nil, fmt.Errorf("%w while PowerShell was starting", ctxError(ctx))
	}
}

func (s *session) alive() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// write sends a line to standard input. Windows answers ERROR_BUSY while it has
// not taken up the last one.
func (s *session) write(ctx context.Context, line []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)() // the other lane saw the session die
	for {
		_, err := s.send.post(ctx, s.input.with(line))
		var f *fault
		if err != nil && !s.alive() {
			return s.failure() // the other lane knows better why
		}
		if !errors.As(err, &f) || f.Code != faultBusy {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-s.done:
			return s.failure()
		case <-ctx.Done():
			return unsent{ctxError(ctx)} // it was not taken up
		}
	}
}

// fail marks the session dead, once, and tells who waits.
func (s *session) fail(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.err = err
	lost := s.isReady && !s.left
	close(s.done)
	s.mu.Unlock()
	s.cancel()
	if lost {
		s.peer.lost(err)
	}
}

func (s *session) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// leave says that the session's end is wanted from now on.
func (s *session) leave() {
	s.mu.Lock()
	s.left = true
	s.mu.Unlock()
}

// close ends the program and the shell, as far as the node still answers.
func (s *session) close() {
	s.gone.Do(func() {
		defer func() { _ = recover() }() // the node may answer anything; the session is over
		s.leave()
		s.fail(errClosed)
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if s.exec != "" {
			if _, err := s.send.post(ctx, terminate(s.peer.node.URL, s.shell, s.exec)); err != nil {
				s.peer.log.Debug("terminate", "err", err)
			}
		}
		if s.shell != "" {
			if _, err := s.send.post(ctx, deleteShell(s.peer.node.URL, s.shell)); err != nil {
				s.peer.log.Debug("delete shell", "err", err)
			}
		}
		s.send.shut(ctx)
		s.receive.shut(ctx)
	})
}
