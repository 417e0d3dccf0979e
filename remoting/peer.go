package remoting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	closeTimeout = 3 * time.Second // of the polite end of one session: Signal and Delete

	// So many answers missed, one after the other, the first of them so long ago, end
	// a session.
	maxMissed = 2
	hungAfter = 10 * time.Second
)

// peer is one node: its session, or the attempt to open one.
type peer struct {
	client *Client
	node   Node
	log    *slog.Logger
	turn   chan struct{} // holds one token: one request at a time
	memory atomic.Int64  // bytes, what the loop reported last
	told   atomic.Pointer[toldState]

	credential *credential
	isSecond   bool
	demand     *onDemand // of the node; nil in its second session

	ctx  context.Context // until it is ended
	stop context.CancelCauseFunc

	born  time.Time   // when it was made
	swept atomic.Bool // leftovers of an earlier run are gone

	mu      sync.Mutex
	mode    learned
	second  *peer     // nil, or the node's session for slow questions
	slow    time.Time // until then there is one
	sess    *session
	opening *opening
}

// opening is an attempt to open a session. It outlives the question that began it.
type opening struct {
	begun chan struct{} // closed when its turn has come
	done  chan struct{}
	sess  *session
	err   error
}

func newPeer(c *Client, n Node, as *credential) *peer {
	p := &peer{
		client: c, node: n, turn: make(chan struct{}, 1), credential: as,
		log: c.opts.Logger.With("cluster", n.Cluster, "node", n.Name), born: c.opts.Now(),
	}
	p.ctx, p.stop = context.WithCancelCause(c.ctx)
	return p
}

// ended says why the node is no longer asked, nil while it is.
func (p *peer) ended() error {
	if p.ctx.Err() == nil {
		return nil
	}
	if err := context.Cause(p.ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return errClosed // the whole client
}

// ask runs a script in the node's session, or in its second one.
func (p *peer) ask(ctx context.Context, script scripts.Script, args []byte) (answer, error) {
	if !maySlow(script) {
		return p.askHere(ctx, script, args)
	}
	if second := p.aside(); second != nil {
		a, err := second.askHere(ctx, script, args)
		p.noteSlow(a, err)
		return a, err
	}
	a, err := p.askHere(ctx, script, args)
	p.noteSlow(a, err)
	return a, err
}

// askHere runs a script in this session, opening one if there is none.
func (p *peer) askHere(ctx context.Context, script scripts.Script, args []byte) (answer, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%w while an earlier question was still running", ctxError(ctx))
	}
	s, err := p.session(ctx)
	if err != nil {
		return answer{}, err
	}
	a, err := s.ask(ctx, script, args)
	unanswered := errors.Is(err, errNoAnswer) || errors.Is(err, errCanceled)
	if err != nil && !errors.As(err, new(*scriptError)) && (!unanswered || s.hung()) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.drop(s)
	}
	return a, err
}

// session returns the open session or waits for one being opened.
func (p *peer) session(ctx context.Context) (*session, error) {
	p.mu.Lock()
	if err := p.ended(); err != nil {
		p.mu.Unlock()
		return nil, err
	}
	if s := p.sess; s != nil {
		if s.alive() && !p.worn(s) {
			p.mu.Unlock()
			return s, nil
		}
		p.drop(s)
	}
	if err := p.credential.held(p.node.key()); err != nil {
		p.mu.Unlock()
		return nil, err // nothing is sent, not even a connection made
	}
	if p.opening == nil {
		o := &opening{begun: make(chan struct{}), done: make(chan struct{})}
		p.opening = o
		p.client.background(func() { p.open(o) })
	}
	o := p.opening
	p.mu.Unlock()
	select {
	case <-o.done:
		return o.sess, o.err
	case <-ctx.Done():
	}
	select {
	case <-o.begun:
		return nil, fmt.Errorf("%w while connecting and starting PowerShell", ctxError(ctx))
	default:
		return nil, errQueued // we never spoke to the node: that is no failure of it
	}
}

// worn says that a session should be replaced before it grows too old or large, or
// that it is time to try the loop again.
func (p *peer) worn(s *session) bool {
	l, now := p.client.opts.Limits, p.client.opts.Now()
	if s.mode == cluster.ModeProcess {
		return now.Sub(s.opened) > l.SessionAge || s.requests.Load() > maxProcessRequests || !now.Before(p.mode.until)
	}
	return now.Sub(s.opened) > l.SessionAge || s.requests.Load() > maxLoopRequests || p.memory.Load() > l.SessionMemory
}

// open carries out an opening and publishes its result.
func (p *peer) open(o *opening) {
	select {
	case p.client.opening <- struct{}{}:
		close(o.begun)
		ctx, cancel := context.WithTimeout(p.ctx, p.client.opts.Limits.Open)
		o.sess, o.err = openSession(ctx, p)
		cancel()
		<-p.client.opening
	case <-p.ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening = nil
	p.memory.Store(0)
	if err := p.ended(); err != nil {
		if o.sess != nil {
			p.closeLater(o.sess)
		}
		o.sess, o.err = nil, err
	}
	p.sess = o.sess
	close(o.done)
}

// drop forgets a session and closes it in the background. p.mu is held.
func (p *peer) drop(s *session) {
	if p.sess == s {
		p.sess = nil
		p.closeLater(s)
	}
}

func (p *peer) closeLater(s *session) {
	s.leave()
	p.client.background(s.close)
}

// shut ends the session for good. Who waits for an answer is told why.
func (p *peer) shut(why error) {
	p.stop(why)
	p.mu.Lock()
	s, second := p.sess, p.second
	p.sess, p.second = nil, nil
	p.mu.Unlock()
	if second != nil {
		second.shut(why)
	}
	if s != nil {
		s.close()
	}
}

// lost is called by a session that died by itself.
func (p *peer) lost(err error) {
	p.log.Info("session lost", "err", err)
	if p.isSecond {
		return // the first one tells if the node is gone
	}
	p.client.opts.OnLost(p.node.Cluster, p.node.Name)
}
