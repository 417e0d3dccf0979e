package remoting

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// Client asks the nodes it was given. It is safe for concurrent use.
type Client struct {
	opts    Options
	opening chan struct{} // a token for each session being opened
	ctx     context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup // openings and closings in the background

	mu      sync.Mutex
	closing bool // no more work is waited for

	setting     sync.Mutex   // one Set at a time
	members     sync.RWMutex // of what follows
	peers       map[key]*peer
	credentials map[credentialKey]*credential
}

// background runs f, and Close waits for it unless it had begun to wait already.
func (c *Client) background(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		go f()
		return
	}
	c.work.Go(f)
}

// New makes a client; nothing is connected before the first question. Without nodes
// it waits for Set. The error lists every problem of the options.
func New(o Options) (*Client, error) {
	o.setDefaults()
	c := &Client{opts: o, opening: make(chan struct{}, o.MaxOpening)}
	c.opts.Nodes = nil // with their secrets: peers hold what is used of them
	c.ctx, c.stop = context.WithCancel(context.Background())
	if err := c.Set(o.Nodes); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

// question is how one of cluster's questions is put and its answer understood.
type question struct {
	script scripts.Script
	args   []byte // JSON
	decode func(answer, *peer, *cluster.Observation) error
}

var questions = map[cluster.Question]question{
	cluster.QuestionState:     {scripts.State, noArgs, decodeState},
	cluster.QuestionStorage:   {scripts.Storage, noArgs, decodeStorage},
	cluster.QuestionVitals:    {scripts.Vitals, vitalsArgs, decodeVitals},
	cluster.QuestionInventory: {scripts.Inventory, noArgs, decodeInventory},
}

var (
	noArgs        = []byte("null")
	vitalsArgs, _ = json.Marshal(scripts.VitalsArgs{Services: WatchedServices}) // strings do not fail
)

// WatchedServices are what the management of a node needs: cluster, Hyper-V,
// WMI, WinRM, storage, time, log on and, on Azure Local, its agents.
var WatchedServices = []string{
	"ClusSvc", "vmms", "vmcompute", "Winmgmt", "WinRM", "SmpHost", "W32Time", "Netlogon", "LanmanServer", "EventLog", "RpcSs", "himds", "HciCloudManagementSvc",
}

// Ask puts one question to one node and waits for the answer until ctx ends. It
// never fails: Reach and Detail of the observation say what happened. ReachNotAsked
// is that too many sessions were being opened for this one's turn to come.
func (c *Client) Ask(ctx context.Context, clusterName, node string, q cluster.Question) (o cluster.Observation) {
	start := c.opts.Now()
	o = cluster.Observation{Cluster: clusterName, Node: node, Question: q}
	defer func() {
		if r := recover(); r != nil { // an answer we did not foresee must not end the program
			c.opts.Logger.Error("asking panicked", "cluster", clusterName, "node", node, "script", q.String(), "err", r)
			o.Reach, o.Detail = cluster.ReachBadAnswer, "the answer could not be understood"
		}
		end := c.opts.Now()
		o.At, o.Took = end.UTC(), end.Sub(start)
	}()
	p := c.peer(clusterName, node)
	if p == nil {
		o.Reach, o.Detail = cluster.ReachNameNotFound, "no such node is configured"
		return o
	}
	def, ok := questions[q]
	if !ok {
		o.Reach, o.Detail = cluster.ReachBadAnswer, "there is no such question"
		return o
	}
	a, err := p.ask(ctx, def.script, def.args)
	if err == nil {
		err = def.decode(a, p, &o)
	}
	if ended := p.ended(); err != nil && ended != nil {
		err = ended // which is why
	}
	if err != nil {
		o.State, o.Storage, o.Vitals, o.Inventory = nil, nil, nil, nil
		o.Reach, o.Detail = classify(err, p.node, def.script.Name)
		c.opts.Logger.Debug("no answer", "cluster", clusterName, "node", node, "script", def.script.Name, "err", err)
		return o
	}
	o.Reach = cluster.ReachOK
	a.tell(&o)
	return o
}

// Close ends all sessions, so that no powershell.exe stays behind on the nodes,
// and waits for it until ctx ends, at most five seconds. Questions under way fail.
func (c *Client) Close(ctx context.Context) error {
	c.stop()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c.setting.Lock() // what a Set under way adds is closed as well
	defer c.setting.Unlock()
	for _, p := range c.all() {
		c.background(func() { p.shut(errClosed) })
	}
	c.mu.Lock()
	c.closing = true
	c.mu.Unlock()
	done := make(chan struct{})
	go func() { c.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("remoting: some sessions were not closed in time: %w", ctx.Err())
	}
}
