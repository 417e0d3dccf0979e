// Package simulator is the other end of the wire: Windows failover clusters
// that do not exist, each node behind a real WinRM listener on loopback. The
// model keeps state and obeys the heartbeat, quorum and resiliency rules; faults
// are injected and cleared by id, and a slow story makes things happen by itself.
package simulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
)

// Options configure a simulation. The zero value is the demo without its story.
type Options struct {
	Shapes  []Shape // nil: DemoShapes
	Seed    uint64  // same seed, same numbers, names and story
	Story   bool    // let something happen every few minutes
	Listen  string  // host to bind, default 127.0.0.1
	HTTPS   bool    // listen on HTTPS as well; up to 64 nodes always do
	Cost    Cost    // what answers cost, for benchmarks
	Control bool    // serve the control page and endpoint
	// Accounts can sign in to every node; nil: DefaultAccounts. The first is the
	// one that Endpoint.User names.
	Accounts []Account
	// LockoutThreshold is how many wrong passwords lock an account; default 5.
	LockoutThreshold int
	Now              func() time.Time
	Logger           *slog.Logger // nil discards
}

// Cost makes the simulated machines slower than this one.
type Cost struct {
	RTT          time.Duration // added to every HTTP request
	ProcessStart time.Duration // added to every start of powershell.exe
	ScriptTime   time.Duration // added to every script
	PadAnswer    int           // bytes of JSON an answer is padded to
}

// Endpoint is how to reach one node.
type Endpoint struct {
	Cluster, Node, HTTP, HTTPS, User, Password string
	// Domain is the DNS name of the node's domain; its flat name, in capitals, is
	// the first label.
	Domain string
	// Unwatched says that the cluster is there to be added by hand.
	Unwatched bool
	// Accounts are all that can sign in, with their passwords as they are at the moment.
	Accounts []Account
}

// Account finds one by its user; a zero Account when there is none.
func (e Endpoint) Account(user string) Account {
	for _, a := range e.Accounts {
		if strings.EqualFold(a.User, user) {
			return a
		}
	}
	return Account{}
}

var discard = slog.New(slog.DiscardHandler)

// user is the account every node knows; its password is made at each start.
const user = "looksalive"

// Simulator is a running simulation.
type Simulator struct {
	opts     Options
	clusters []*simCluster
	nodes    []*endpoint
	ca       *authority
	signIns  signIns
	control  *control
	log      *slog.Logger

	mu     sync.Mutex // guards lastID and orders Inject, Clear and the gates after them
	lastID int
	story  *story
	ending []chapter // faults that end by themselves
}

// Start binds every listener and serves. Nothing else is needed to talk WinRM
// to the nodes; Run makes time pass. On an error nothing is left open.
func Start(opts Options) (*Simulator, error) {
	if opts.Shapes == nil {
		opts.Shapes = DemoShapes()
	}
	if err := checkShapes(opts.Shapes); err != nil {
		return nil, err
	}
	if opts.Listen == "" {
		opts.Listen = "127.0.0.1"
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = discard
	}
	if opts.Accounts == nil {
		opts.Accounts = DefaultAccounts()
	}
	if opts.LockoutThreshold == 0 {
		opts.LockoutThreshold = 5
	}
	opts.Accounts = slices.Clone(opts.Accounts)
	for i := range opts.Accounts {
		if opts.Accounts[i].Password == "" {
			opts.Accounts[i].Password = rand.Text()
		}
	}
	s := &Simulator{opts: opts, log: opts.Logger,
		signIns: signIns{threshold: opts.LockoutThreshold, window: lockoutWindow, failed: map[string]int{}, counts: map[string]*signInCount{}}}
	total := 0
	for _, shape := range opts.Shapes {
		total += len(shape.Nodes)
	}
	s.opts.HTTPS = opts.HTTPS || total <= 64
	now := opts.Now()
	var err error
	if s.ca, err = newAuthority(now); err != nil {
		return nil, fmt.Errorf("simulated CA: %w", err)
	}
	for _, shape := range opts.Shapes {
		c := newCluster(shape, opts.Seed, now)
		c.accounts = slices.Clone(opts.Accounts)
		s.clusters = append(s.clusters, c)
		for _, n := range c.nodes {
			e, err := s.newEndpoint(c, n)
			if err != nil {
				s.Close()
				return nil, fmt.Errorf("node %s: %w", n.Name, err)
			}
			s.nodes = append(s.nodes, e)
		}
	}
	if opts.Story {
		s.story = newStory(opts.Seed, now)
	}
	if opts.Control {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", "0"))
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("control endpoint: %w", err)
		}
		s.control = newControl(s, l)
	}
	return s, nil
}

// Run lets time pass in the model, and tells the story, until ctx ends. Then it
// closes everything.
func (s *Simulator) Run(ctx context.Context) error {
	defer s.Close()
	t := time.NewTicker(250 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			s.Advance(s.opts.Now())
		}
	}
}

// Advance moves the model to now. Run calls it; tests with a clock of their own
// may call it instead.
func (s *Simulator) Advance(now time.Time) {
	for _, c := range s.clusters {
		c.mu.Lock()
		c.advance(now)
		c.mu.Unlock()
	}
	s.endDue(now)
	if s.story != nil {
		s.story.tell(s, now)
	}
}

// Close ends every listener and process. It may be called more than once.
func (s *Simulator) Close() {
	if s.control != nil {
		s.control.close()
	}
	var wg sync.WaitGroup
	for _, e := range s.nodes {
		wg.Go(e.close)
	}
	wg.Wait()
}

// Nodes lists the endpoints, in the order of the shapes.
func (s *Simulator) Nodes() []Endpoint {
	out := make([]Endpoint, len(s.nodes))
	for i, e := range s.nodes {
		out[i] = e.Endpoint
		e.cluster.mu.Lock()
		out[i].Accounts = slices.Clone(e.cluster.accounts)
		e.cluster.mu.Unlock()
		if len(out[i].Accounts) > 0 {
			out[i].User, out[i].Password = out[i].Accounts[0].User, out[i].Accounts[0].Password
		}
	}
	return out
}

// CA is the certificate, in PEM, that signed those of the HTTPS listeners.
func (s *Simulator) CA() []byte { return s.ca.pem }

// ControlURL is the address of the control page, "" without one.
func (s *Simulator) ControlURL() string {
	if s.control == nil {
		return ""
	}
	return s.control.url
}

// Kinds is the fault catalogue.
func (s *Simulator) Kinds() []Kind { return slices.Clone(kinds) }

// Inject starts a fault and returns its id. A spec that makes no sense is
// refused with every problem named; an unknown cluster is cluster.ErrNotFound.
func (s *Simulator) Inject(spec FaultSpec) (string, error) { return s.inject(spec, false) }

func (s *Simulator) inject(spec FaultSpec, byStory bool) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.clusterFor(spec)
	if err != nil {
		return "", err
	}
	c.mu.Lock()
	c.advance(s.opts.Now())
	f, err := c.newFault(spec)
	if err == nil {
		s.lastID++
		f.ID, f.Story = fmt.Sprintf("f%d", s.lastID), byStory
		c.inject(f)
	}
	c.mu.Unlock()
	if err != nil {
		return "", err
	}
	s.log.Info("fault injected", "cluster", f.Cluster, "kind", f.Kind, "target", f.Target, "id", f.ID)
	s.setGates(c)
	return f.ID, nil
}

// Clear ends a fault; the model then recovers as a cluster would.
func (s *Simulator) Clear(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clusters {
		c.mu.Lock()
		i := slices.IndexFunc(c.faults, func(f *Fault) bool { return f.ID == id })
		if i < 0 {
			c.mu.Unlock()
			continue
		}
		f := c.faults[i]
		c.advance(s.opts.Now())
		c.clear(f)
		c.mu.Unlock()
		s.log.Info("fault cleared", "cluster", f.Cluster, "kind", f.Kind, "target", f.Target, "id", f.ID)
		s.setGates(c)
		return nil
	}
	return fmt.Errorf("fault %q: %w", id, cluster.ErrNotFound)
}

// clusterFor finds the cluster a spec means: by name, or by the node it names.
func (s *Simulator) clusterFor(spec FaultSpec) (*simCluster, error) {
	for _, c := range s.clusters {
		if strings.EqualFold(c.shape.Name, spec.Cluster) || spec.Cluster == "" && (len(s.clusters) == 1 || c.node(spec.Target) != nil) {
			return c, nil
		}
	}
	if spec.Cluster == "" {
		return nil, fmt.Errorf("%w: no cluster given", errFault)
	}
	return nil, fmt.Errorf("cluster %q: %w", spec.Cluster, cluster.ErrNotFound)
}

// setGates opens and closes the nodes' listeners as the conditions demand.
func (s *Simulator) setGates(c *simCluster) {
	for _, e := range s.nodes {
		if e.cluster != c {
			continue
		}
		c.mu.Lock()
		mode, listener := c.condOf(e.node).winrm, c.condOf(e.node).listener
		if !c.powered(e.node) {
			mode = "refused"
		}
		c.mu.Unlock()
		if err := e.gate(mode, listener); err != nil && !errors.Is(err, net.ErrClosed) {
			s.log.Error("simulated node cannot listen", "cluster", c.shape.Name, "node", e.Node, "err", err)
		}
	}
}
