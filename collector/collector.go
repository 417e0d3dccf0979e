// Package collector decides when to ask which node what, and turns the answers
// into faults by the rules of package cluster. It knows neither how a node is
// asked nor where reports are kept: Asker and Sink are joined to it from outside.
//
// Every node has two loops of its own, for its light and its full facts; every
// cluster has two, for its state and its storage, which ask one node and go on
// to the next when it fails. Loops keep time by the monotonic clock, so that
// setting the machine's clock disturbs nothing; Options.Now only stamps.
package collector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"looksalive/cluster"
)

// Asker asks one node one question. A failure is an observation too: Reach says
// why; ReachNotAsked is no failure of the node. It must return soon after ctx ends.
type Asker interface {
	Ask(ctx context.Context, clusterName, node string, q cluster.Question) cluster.Observation
}

// Sink takes every report. It is called from many goroutines, but for one
// cluster only one call runs at a time, in the order of the pictures.
type Sink interface {
	Record(ctx context.Context, r cluster.Report) error
}

// Options are what New needs. Ask and Sink are required.
type Options struct {
	// Clusters are the pictures to start from: the members to ask and whatever
	// was known of them before. Names are unique. There may be none: see Watch.
	Clusters []*cluster.Picture
	Ask      Asker
	Sink     Sink
	Logger   *slog.Logger     // nil discards
	Seed     uint64           // of the jitter
	Now      func() time.Time // stamps observations; nil means time.Now
	// Timeout is the deadline of a question to a node that answered last time.
	// Nil means DefaultTimeout. A node that did not may need to start a shell
	// first and gets twice that.
	Timeout func(cluster.Question) time.Duration
}

// DefaultTimeout is the deadline of a question: the light ones within their
// period, the slow ones well within theirs.
func DefaultTimeout(q cluster.Question) time.Duration {
	switch q {
	case cluster.QuestionStorage:
		return 20 * time.Second
	case cluster.QuestionInventory:
		return 30 * time.Second
	default:
		return 5 * time.Second
	}
}

// At the start, nodes are asked so far apart from each other, but all within
// their first period: few nodes answer at once, many do not come as a herd.
const (
	lightStagger = 5 * time.Millisecond
	fullStagger  = 50 * time.Millisecond
)

// tick is the grid rounds begin on. Of 1,000 nodes polled every 5 s five then begin
// together, and the machine is woken 40 times a second and not 200 times for each
// step of a poll: a third less work.
const tick = 25 * time.Millisecond

// Collector asks all nodes of all clusters it was told to watch, for as long as it
// runs. Its methods may be called at any time and by several at once.
type Collector struct {
	ask     Asker
	sink    Sink
	log     *slog.Logger
	now     func() time.Time
	timeout func(cluster.Question) time.Duration
	seed    uint64

	mu     sync.Mutex // guards what follows, and the coming and going of loops
	byName map[string]*clusterLoop
	run    context.Context // Run's, nil before it
	ended  bool            // no loop begins any more
	epoch  time.Time       // where the grid of rounds begins
	paces  uint64          // made so far

	leaving sync.WaitGroup // clusters that are being forgotten
}

// New checks the options and prepares the loops. Run starts them.
func New(o Options) (*Collector, error) {
	if o.Ask == nil || o.Sink == nil {
		return nil, errors.New("collector: Ask and Sink are required")
	}
	c := &Collector{ask: o.Ask, sink: o.Sink, log: o.Logger, now: o.Now, timeout: o.Timeout, seed: o.Seed, byName: map[string]*clusterLoop{}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.timeout == nil {
		c.timeout = DefaultTimeout
	}
	for _, p := range o.Clusters {
		if p != nil && c.byName[p.Cluster] != nil {
			return nil, fmt.Errorf("collector: cluster %s is named twice", p.Cluster)
		}
		if err := c.Watch(p); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Run asks until ctx ends, which is no error. It returns when every question
// under way has come back. It may be called once.
func (c *Collector) Run(ctx context.Context) error {
	c.mu.Lock()
	if c.run != nil {
		c.mu.Unlock()
		return errors.New("collector: Run may be called once")
	}
	c.run, c.epoch = ctx, time.Now()
	all := make([]*clusterLoop, 0, len(c.byName))
	members := 0
	for _, l := range c.byName {
		all = append(all, l)
		members += len(l.asked())
	}
	slices.SortFunc(all, func(a, b *clusterLoop) int { return cmp.Compare(a.name, b.name) })
	for _, l := range all {
		l.attach(ctx)
		c.begin(l, len(all), members, l.asked())
	}
	c.mu.Unlock()

	<-ctx.Done()
	c.mu.Lock()
	c.ended = true
	all = all[:0]
	for _, l := range c.byName {
		all = append(all, l)
	}
	c.mu.Unlock()
	for _, l := range all {
		l.stop()
	}
	c.leaving.Wait()
	return nil
}

// Wake says that something happened to a node (its session died): the node and
// its cluster are asked now, and the cluster often for a while. Names nobody
// knows are ignored. It never blocks.
func (c *Collector) Wake(clusterName, node string) {
	c.mu.Lock()
	l := c.byName[clusterName]
	c.mu.Unlock()
	if l == nil {
		return
	}
	m := l.member(node)
	if m != nil {
		m.wakeVitals()
		l.distrust(m)
	}
	l.alarm()
}

// pace times one loop.
type pace struct {
	rand   *rand.Rand
	epoch  time.Time // where the grid begins, the same for all
	period time.Duration
	spread time.Duration // the first round comes within this
	begun  time.Time     // of the round under way
}

func newPace(seed, n uint64, epoch time.Time, period, spread time.Duration) *pace {
	return &pace{rand: rand.New(rand.NewPCG(seed, n)), epoch: epoch, period: period, spread: spread}
}

func (p *pace) first() time.Duration { return p.jitter(p.spread, 1) }

// next is how long to wait now so that rounds begin a period apart, up to a
// tenth less: loops drift apart and a period is never longer than promised.
// A round that took longer is followed by the next after a short breath.
func (p *pace) next() time.Duration {
	at := p.begun.Sub(p.epoch) + p.period - p.jitter(p.period, 0.1)
	now := time.Since(p.epoch)
	if at = max(at, now+p.period/20); at%tick > 0 {
		at -= at % tick
		if at < p.begun.Sub(p.epoch)+p.period*9/10 {
			at += tick
		}
	}
	return at - now
}

func (p *pace) jitter(d time.Duration, share float64) time.Duration {
	return time.Duration(p.rand.Float64() * share * float64(d))
}

// sleep waits for d, a wake-up or the end. It says whether to go on.
func sleep(ctx context.Context, d time.Duration, wake <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
	case <-wake:
	}
	return ctx.Err() == nil
}

// breath is the least between two rounds of a loop, however many wake-ups come.
const breath = 200 * time.Millisecond

// pause is sleep between two rounds: wake-ups are heeded after a breath.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}, p *pace) bool {
	if p.begun.IsZero() {
		return sleep(ctx, d, wake)
	}
	if !sleep(ctx, breath, nil) {
		return false
	}
	return sleep(ctx, max(d-breath, 0), wake)
}

// poke leaves a wake-up if none is waiting.
func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
