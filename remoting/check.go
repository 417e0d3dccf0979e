package remoting

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	checkAtOnce = 8   // nodes checked at the same time
	maxMembers  = 128 // of a cluster that we believe; Windows allows 64
)

// CheckOptions say what is to be checked.
type CheckOptions struct {
	// Definition is the cluster to be watched. One node is enough: the others are
	// found. Pauses in it do not matter.
	Definition cluster.Definition
	// Tell is called after every change with a complete copy, one call at a time. A
	// slow Tell slows the check. nil does nothing.
	Tell func(cluster.Check)
	// Probe also tries what could not be verified without a real Windows, some
	// seconds longer for each node. See NodeCheck.Unverified.
	Probe bool
	// Only restricts the check to nodes of these names, whatever the case of their
	// letters; empty means all, those that the cluster names included.
	Only   []string
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil means time.Now
	Limits Limits           // of answers; Open bounds opening a session
	// Step bounds each step on the way to a session, default 15 s, and Question each
	// question put in it, default 60 s.
	Step, Question time.Duration
	// Idle is the IdleTimeOut that Probe gives two shells to see whether it is kept, which
	// takes a quarter longer; default 60 s, the least that Windows takes; below 0 it is not tried.
	Idle time.Duration
	// Resolver looks up names; nil means the system's.
	Resolver Resolver
	// Address says where to ask a node that the cluster named: its name and the DNS
	// suffix of the node that named it, "" if there is none. nil joins them by a dot.
	Address func(name, suffix string) string
}

// Resolver looks up the addresses of a host, as net.Resolver does.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

func (o *CheckOptions) setDefaults() {
	if o.Tell == nil {
		o.Tell = func(cluster.Check) {}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	if o.Address == nil {
		o.Address = func(name, suffix string) string {
			if suffix == "" {
				return name
			}
			return name + "." + suffix
		}
	}
	if o.Idle == 0 {
		o.Idle = time.Minute
	}
	setDefault(&o.Step, 15*time.Second)
	setDefault(&o.Question, time.Minute)
}

// Check tries, step by step, all that watching a cluster needs, on every node of the
// definition and on those that the cluster names, some at a time. It says what works,
// what does not, and what to type on the node to mend it. It never fails: what went
// wrong is in the steps. It leaves nothing behind on the nodes, and a password that
// one node rejected is not tried on another.
func Check(ctx context.Context, o CheckOptions) cluster.Check {
	o.setDefaults()
	// Without an installation nothing of those who watch is taken for a leftover.
	client, err := New(Options{Logger: o.Logger, Now: o.Now, Limits: o.Limits})
	if err != nil { // it has no nodes that could be wrong
		return cluster.Check{Done: true}
	}
	o.Limits = client.opts.Limits
	c := &checker{o: o, client: client, slots: make(chan struct{}, checkAtOnce), gates: make(map[identityKey]*gate)}
	c.result.Nodes = []cluster.NodeCheck{}
	defer func() {
		if err := client.Close(context.WithoutCancel(ctx)); err != nil {
			o.Logger.Info("check", "cluster", o.Definition.Name, "err", err)
		}
	}()
	for _, n := range o.Definition.Nodes {
		if strings.TrimSpace(n.Name) == "" {
			n.Name = hostOf(n.Address)
		}
		c.add(ctx, n)
	}
	c.work.Wait()
	c.addFound(ctx)
	c.work.Wait()
	c.change(func(r *cluster.Check) { r.Done = true })
	return copyCheck(c.result)
}

// checker is one run of Check.
type checker struct {
	o      CheckOptions
	client *Client
	slots  chan struct{} // a token for each node being checked
	work   sync.WaitGroup

	joining sync.Mutex
	nodes   []Node // of the client

	mu     sync.Mutex
	result cluster.Check
	gates  map[identityKey]*gate
	teller string       // the node that named the cluster
	suffix string       // of that node in DNS
	taken  []*nodeCheck // all of them, in the order of result.Nodes
}

// nodeCheck is the check of one node.
type nodeCheck struct {
	*checker
	i    int // in result.Nodes
	def  cluster.NodeDefinition
	node Node
	peer *peer
	log  *slog.Logger

	access              *scripts.NodeAccess // what it said, nil before; written and read with mu held
	offset, offsetError time.Duration       // of its clock from ours
}

// change changes the result and tells of it.
func (c *checker) change(f func(*cluster.Check)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.result)
	c.o.Tell(copyCheck(c.result))
}

// add begins to check a node, unless it is not asked for.
func (c *checker) add(ctx context.Context, def cluster.NodeDefinition) {
	if len(c.o.Only) > 0 && !slices.ContainsFunc(c.o.Only, func(s string) bool { return strings.EqualFold(s, def.Name) }) {
		return
	}
	n := &nodeCheck{checker: c, def: def}
	n.log = c.o.Logger.With("cluster", c.o.Definition.Name, "node", def.Name)
	c.change(func(r *cluster.Check) {
		n.i = len(r.Nodes)
		c.taken = append(c.taken, n)
		address := def.Address
		if address == "" {
			address = def.Name
		}
		r.Nodes = append(r.Nodes, cluster.NodeCheck{Address: clean(address, nameLen), Steps: waitingSteps()})
	})
	c.work.Go(func() {
		select {
		case c.slots <- struct{}{}:
			defer func() { <-c.slots }()
		case <-ctx.Done():
		}
		n.run(ctx)
	})
}

// stepTitles are the steps in the order they are tried.
var stepTitles = []struct {
	kind  cluster.StepKind
	title string
}{
	{cluster.StepName, "Name"},
	{cluster.StepPort, "WinRM port"},
	{cluster.StepTLS, "TLS certificate"},
	{cluster.StepWinRM, "WinRM"},
	{cluster.StepSignIn, "Sign-in"},
	{cluster.StepShell, "Remote shell"},
	{cluster.StepPowerShell, "Windows PowerShell"},
	{cluster.StepLoop, "Line loop"},
	{cluster.StepCluster, "Cluster"},
	{cluster.StepModule, "FailoverClusters module"},
	{cluster.StepCIM, "CIM namespaces"},
	{cluster.StepAdmin, "Local administrator"},
	{cluster.StepStorage, "Storage Spaces Direct"},
	{cluster.StepHistory, "Performance history"},
	{cluster.StepClock, "Clock"},
	{cluster.StepAct, "Account for changes"},
}

func waitingSteps() []cluster.CheckStep {
	var steps []cluster.CheckStep
	for _, s := range stepTitles {
		steps = append(steps, cluster.CheckStep{Kind: s.kind, Title: s.title})
	}
	return steps
}

// outcome is what came of a step, before it is written down.
type outcome struct {
	state   cluster.StepState
	detail  string
	fix     []cluster.Step
	missing []string
}

func good(detail string) outcome { return outcome{state: cluster.StepOK, detail: detail} }
func skipped(why string) outcome { return outcome{state: cluster.StepSkipped, detail: why} }
func failed(detail string, fix ...cluster.Step) outcome {
	return outcome{state: cluster.StepFailed, detail: detail, fix: fix}
}
func partial(detail string, fix ...cluster.Step) outcome {
	return outcome{state: cluster.StepPartial, detail: detail, fix: fix}
}

// try runs one step and says whether the next ones may follow.
func (n *nodeCheck) try(ctx context.Context, kind cluster.StepKind, limit time.Duration, f func(context.Context) outcome) bool {
	start := n.o.Now()
	n.set(kind, outcome{state: cluster.StepRunning}, 0)
	o := func() (o outcome) {
		defer func() {
			if r := recover(); r != nil { // whatever a node sends must not end the program
				n.log.Error("checking panicked", "step", string(kind), "err", r)
				o = failed("The node's answer could not be understood.")
			}
		}()
		if ctx.Err() != nil {
			return skipped("The check was given up.")
		}
		step, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return f(step)
	}()
	if ctx.Err() != nil && o.state == cluster.StepFailed {
		o = skipped("The check was given up.")
	}
	n.set(kind, o, n.o.Now().Sub(start))
	return o.state == cluster.StepOK || o.state == cluster.StepPartial || o.state == cluster.StepSkipped && ctx.Err() == nil
}

// set writes down what came of a step.
func (n *nodeCheck) set(kind cluster.StepKind, o outcome, took time.Duration) {
	n.changeNode(func(r *cluster.NodeCheck) {
		if s := stepOf(r, kind); s != nil {
			s.State, s.Detail, s.Fix, s.Missing, s.Took = o.state, clean(o.detail, textLen), o.fix, o.missing, took
		}
	})
	if o.state != cluster.StepRunning {
		n.log.Debug("step", "step", string(kind), "state", o.state.String(), "detail", o.detail)
	}
}

func stepOf(r *cluster.NodeCheck, kind cluster.StepKind) *cluster.CheckStep {
	for i := range r.Steps {
		if r.Steps[i].Kind == kind {
			return &r.Steps[i]
		}
	}
	return nil
}

func (n *nodeCheck) changeNode(f func(*cluster.NodeCheck)) {
	n.change(func(r *cluster.Check) { f(&r.Nodes[n.i]) })
}

// fact adds to what reports say.
func (n *nodeCheck) fact(name, value string) {
	if value = clean(value, nameLen); value != "" {
		n.changeNode(func(r *cluster.NodeCheck) { r.Facts = append(r.Facts, cluster.CheckFact{Name: name, Value: value}) })
	}
}

// skipRest marks what was not tried, and why.
func (n *nodeCheck) skipRest(why string) {
	n.changeNode(func(r *cluster.NodeCheck) {
		after := ""
		for i := range r.Steps {
			s := &r.Steps[i]
			switch {
			case s.State == cluster.StepFailed && after == "":
				after = "Not tried: the step before, " + s.Title + ", failed."
			case s.State == cluster.StepWaiting && why != "":
				s.State, s.Detail = cluster.StepSkipped, why
			case s.State == cluster.StepWaiting:
				s.State, s.Detail = cluster.StepSkipped, after
			}
		}
	})
}

// run tries all steps of a node.
func (n *nodeCheck) run(ctx context.Context) {
	why := ""
	defer func() {
		if ctx.Err() != nil {
			why = "The check was given up."
		}
		n.skipRest(why)
	}()
	d := n.o.Definition
	d.Paused, n.def.Paused = false, false
	d.Nodes = []cluster.NodeDefinition{n.def}
	if d.Name == "" {
		d.Name = n.def.Name // a cluster found by this check has no name of ours yet
	}
	nodes, err := NodesOf(d)
	if err != nil {
		n.set(cluster.StepName, failed("What was entered cannot be used: "+clean(err.Error(), textLen)), 0)
		return
	}
	if err := n.join(nodes[0]); err != nil {
		n.set(cluster.StepName, failed("What was entered cannot be used: "+clean(err.Error(), textLen)), 0)
		return
	}
	if !n.connectSteps(ctx) {
		return
	}
	why = n.sessionSteps(ctx)
}

// join makes the client know the node.
func (n *nodeCheck) join(node Node) error {
	n.joining.Lock()
	defer n.joining.Unlock()
	if err := n.client.Set(append(slices.Clone(n.nodes), node)); err != nil {
		return err
	}
	n.nodes = append(n.nodes, node)
	n.peer = n.client.peer(node.Cluster, node.Name)
	n.node = n.peer.node
	return nil
}

// copyCheck is a copy that shares nothing that changes. Fixes, facts and the like
// are only ever replaced or appended to, never changed in place.
func copyCheck(c cluster.Check) cluster.Check {
	c.Nodes = slices.Clone(c.Nodes)
	c.Found = slices.Clone(c.Found)
	for i := range c.Nodes {
		n := &c.Nodes[i]
		n.Steps, n.Facts, n.Unverified = slices.Clone(n.Steps), slices.Clone(n.Facts), slices.Clone(n.Unverified)
		if n.Certificate != nil {
			t := *n.Certificate
			n.Certificate = &t
		}
	}
	return c
}

// hostOf is an address without its port.
func hostOf(address string) string {
	address = strings.TrimSpace(address)
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

// target is the node's URL, taken apart.
func (n *nodeCheck) target() (scheme, host, port string) {
	u, err := url.Parse(n.node.URL)
	if err != nil { // NodesOf made it
		return "", "", ""
	}
	return u.Scheme, u.Hostname(), u.Port()
}
