package remoting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// session is a shell on a node and PowerShell in it: one long-lived powershell.exe
// that runs scripts.Loop, or one for each question (oneshot.go).
type session struct {
	peer        *peer
	mode        cluster.SessionMode
	why         string // there is no loop, for people
	send        *lane  // Create, Command, Send, Signal, Delete
	receive     *lane
	shell, exec string   // ids of the shell and of the loop's command
	input       template // of a Send to the loop
	opened      time.Time

	ctx    context.Context // of the outstanding Receive
	cancel context.CancelFunc
	ready  chan struct{} // closed by the loop's first frame
	done   chan struct{} // closed when the session is dead
	gone   sync.Once     // closing: by us
	stderr []byte        // the beginning of standard error; of who receives

	requests atomic.Int64               // made so far
	idle     chan struct{}              // holds a token while PowerShell works on no request
	held     map[string]bool            // hashes of the scripts the loop has; of who holds the token
	kept     map[string]json.RawMessage // by hash, what a script's next process is given back; likewise

	mu      sync.Mutex
	err     error // why it is dead
	left    bool  // we closed it: its end is no loss
	lastID  int64
	pending int64      // the request the loop works on, 0 if none
	waiter  chan frame // who waits for its answer, nil when given up
	missed  int        // answers missed since the last frame
	since   time.Time  // when the first of them was
	isReady bool
	noise   int // bytes outside of frames since the last frame
}

// openSession connects, signs in, opens a shell and starts PowerShell in it. Where the
// loop does not start, it tries once whether a process for each question does. Neither
// way signs in or travels less safely than the other.
func openSession(ctx context.Context, p *peer) (s *session, err error) {
	defer func() {
		if r := recover(); r != nil { // whatever a node sends must not end the program
			s, err = nil, fmt.Errorf("opening panicked: %v: %w", r, errBadAnswer)
		}
	}()
	if why := p.withoutLoop(); why != "" {
		s, err = startSession(ctx, p, cluster.ModeProcess, why)
		if errors.As(err, new(*noStart)) {
			p.forgetMode() // the policy may have been changed: the loop has its turn again
		}
		return s, err
	}
	first, cancel := context.WithTimeout(ctx, p.client.opts.Limits.Open*2/3)
	s, err = startSession(first, p, cluster.ModeLoop, "")
	cancel()
	var failed *noStart
	if err == nil || !errors.As(err, &failed) || ctx.Err() != nil {
		return s, err
	}
	p.log.Debug("the loop does not start", "err", err)
	s, second := startSession(ctx, p, cluster.ModeProcess, failed.why())
	if second != nil {
		p.log.Debug("a process for each question does not start either", "err", second)
		return nil, err
	}
	p.rememberMode(s.why, failed.sure)
	return s, nil
}

// startSession opens a shell and starts PowerShell in the one way or the other.
func startSession(ctx context.Context, p *peer, mode cluster.SessionMode, why string) (s *session, err error) {
	s = &session{
		peer: p, mode: mode, why: why, opened: p.client.opts.Now(),
		held: make(map[string]bool), kept: make(map[string]json.RawMessage),
		ready: make(chan struct{}), done: make(chan struct{}), idle: make(chan struct{}, 1),
	}
	s.idle <- struct{}{}
	limit := p.client.opts.Limits.Body
	if s.send, err = newLane(p.node, p.credential, limit); err != nil {
		return nil, err
	}
	if s.receive, err = newLane(p.node, p.credential, limit); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			p.closeLater(s) // the node may take its time
			s = nil
		}
	}()
	p.sweep(ctx, s.send)
	r, err := s.send.post(ctx, createShell(p.node.URL, p.shellName()))
	if err != nil {
		return s, fmt.Errorf("opening a shell: %w", err)
	}
	if r.shellID == "" || len(r.shellID) > maxID {
		return s, fmt.Errorf("no shell id: %w", errBadAnswer)
	}
	s.shell = r.shellID
	ours.add(s.shell)
	if mode == cluster.ModeProcess {
		err = s.tryProcess(ctx)
	} else {
		err = s.startLoop(ctx)
	}
	if err != nil {
		return s, fmt.Errorf("starting PowerShell: %w", err)
	}
	p.log.Info("session opened", "took", p.client.opts.Now().Sub(s.opened), "mode", mode.String())
	return s, nil
}

// startLoop starts the loop and waits for its first frame.
func (s *session) startLoop(ctx context.Context) error {
	exec, err := s.start(ctx, scripts.Loop.CommandLine())
	if err != nil {
		return err
	}
	s.exec = exec
	s.input = newTemplate(sendInput(s.peer.node.URL, s.shell, s.exec, placeholder, false), placeholder)
	go s.receiveAll()
	select {
	case <-s.ready:
		return nil
	case <-s.done:
		err := s.failure()
		if errors.Is(err, errEnded) || errors.As(err, new(*fault)) {
			return &noStart{err, true}
		}
		return err
	case <-ctx.Done():
		err := fmt.Errorf("%w while PowerShell was starting", ctxError(ctx))
		if errors.Is(err, errNoAnswer) {
			return &noStart{err, false}
		}
		return err
	}
}

// start starts a program in the shell and returns its id.
func (s *session) start(ctx context.Context, line string) (string, error) {
	r, err := s.send.post(ctx, startCommand(s.peer.node.URL, s.shell, line))
	var f *fault
	switch {
	case errors.As(err, &f) && f.Code != faultNoProgram && f.Code != faultOperations && f.Code != faultShellGone:
		return "", &noStart{err, true} // the shell was granted, this program was not
	case err != nil:
		return "", err
	case r.commandID == "", len(r.commandID) > maxID:
		return "", fmt.Errorf("no command id: %w", errBadAnswer)
	}
	return r.commandID, nil
}

func (s *session) alive() bool {
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// write sends a message of input. Windows answers ERROR_BUSY while it has not taken up
// the last one.
func (s *session) write(ctx context.Context, m func() message) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)() // the other lane saw the session die
	for {
		_, err := s.send.post(ctx, m())
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
			s.kill(ctx, s.exec)
		}
		if s.shell != "" {
			if _, err := s.send.post(ctx, deleteShell(s.peer.node.URL, s.shell)); err != nil {
				s.peer.log.Debug("delete shell", "err", err)
			} else {
				ours.remove(s.shell)
			}
		}
		s.send.shut(ctx)
		s.receive.shut(ctx)
	})
}

// kill ends a program and gives back what WinRM keeps for it.
func (s *session) kill(ctx context.Context, exec string) {
	if _, err := s.send.post(ctx, terminate(s.peer.node.URL, s.shell, exec)); err != nil {
		s.peer.log.Debug("terminate", "err", err)
	}
}
