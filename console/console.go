// Package console runs PowerShell that somebody typed or saved, on one node or many:
// who may, what needs a confirmation, how much output is kept where, and what the
// audit log says of it. It knows neither how a node is asked nor where the log is.
//
// Nothing is sent to a node before the audit log has the line that says so. Output
// goes to a file for each target, and its newest part is kept in memory for
// those who watch; one who is too slow is told how much it missed.
package console

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"looksalive/cluster"
)

// Errors of asking for a run, besides cluster.ErrDenied, ErrNotFound and Problems.
var (
	// ErrConfirm is that the script changes things: the request must repeat Danger.Phrase.
	ErrConfirm = errors.New("this script changes things and has to be confirmed")
	// ErrBusy is that too many runs are under way.
	ErrBusy = errors.New("too many runs are under way")
)

// Work is what one node is to do.
type Work = cluster.RunWork

// Runner runs PowerShell on a node. It calls emit for everything the node sends, in
// order, and stops when emit fails or ctx ends; then the process on the node ends,
// too. The last event is of kind RunEnded and is returned, not emitted. It never
// panics over what a node sends.
type Runner interface {
	Run(ctx context.Context, w Work, emit func(cluster.RunEvent) error) cluster.RunEvent
}

// Auditor writes a line that is never changed.
type Auditor interface {
	Audit(ctx context.Context, e cluster.AuditEntry) error
}

// Options configure a Console.
type Options struct {
	Runner  Runner                     // required
	Auditor Auditor                    // required
	Dir     string                     // where output is kept; required
	Exists  func(cluster.Target) error // says why a target cannot be run on; required
	Reads   func(script string) bool   // its text is known to change nothing, whatever it looks like; nil: none is
	Now     func() time.Time           // nil means time.Now
	Logger  *slog.Logger               // nil discards
	Limits  Limits
}

// Limits bound what runs may take. Zero fields get the defaults.
type Limits struct {
	Runs     int           // under way at the same time; default 20
	Targets  int           // of one run; default 64
	Parallel int           // targets of one run worked on at the same time; default 16
	Script   int           // bytes; default 64 KiB
	Window   int           // bytes of events kept in memory for each run; default 2 MiB
	Output   int64         // bytes of output of one target, more ends it; default 256 MiB
	Timeout  time.Duration // of a target when the request names none; default 5 min
	Longest  time.Duration // a request may name; default 12 h
	Keep     int           // ended runs whose output is kept; default 50
}

func (l *Limits) setDefaults() {
	def := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&l.Runs, 20)
	def(&l.Targets, 64)
	def(&l.Parallel, 16)
	def(&l.Script, 64<<10)
	def(&l.Window, 2<<20)
	def(&l.Keep, 50)
	if l.Output <= 0 {
		l.Output = 256 << 20
	}
	if l.Timeout <= 0 {
		l.Timeout = 5 * time.Minute
	}
	if l.Longest <= 0 {
		l.Longest = 12 * time.Hour
	}
}

// Console is safe for concurrent use.
type Console struct {
	opts   Options
	ctx    context.Context
	stop   context.CancelFunc
	work   sync.WaitGroup
	mu     sync.Mutex
	runs   map[string]*Run
	order  []string // ids, oldest first
	closed bool
}

// New prepares the directory; output of an earlier program is deleted, its audit
// lines say what was run.
func New(o Options) (*Console, error) {
	if o.Runner == nil || o.Auditor == nil || o.Exists == nil || o.Dir == "" {
		return nil, errors.New("console: Runner, Auditor, Exists and Dir are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Limits.setDefaults()
	if err := os.RemoveAll(o.Dir); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	c := &Console{opts: o, runs: map[string]*Run{}}
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// Start begins a run and returns at once. A request that is refused is audited, too.
func (c *Console) Start(ctx context.Context, who cluster.Who, req cluster.RunRequest) (*Run, error) {
	req.Targets = slices.Clone(req.Targets)
	if req.Timeout <= 0 {
		req.Timeout = c.opts.Limits.Timeout
	}
	danger := c.LookAt(req.Script, req.Targets)
	r := &Run{
		console: c, ID: newID(), Who: who, Request: req, Danger: danger, Begun: c.opts.Now().UTC(),
		window: window{limit: c.opts.Limits.Window, wake: make(chan struct{})},
	}
	if err := c.refusal(who, req, danger); err != nil {
		if auditErr := c.audit(ctx, r, cluster.AuditEntry{Action: "run.refused", Outcome: string(cluster.RunRefused), Detail: err.Error()}); auditErr != nil {
			return nil, errors.Join(err, auditErr)
		}
		return nil, err
	}
	for _, t := range req.Targets {
		r.targets = append(r.targets, &progress{target: t, state: cluster.RunWaiting})
	}
	if err := os.Mkdir(r.dir(), 0o700); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	r.ctx, r.cancel = context.WithCancel(c.ctx)
	c.mu.Lock()
	full := c.underWay() >= c.opts.Limits.Runs
	if !full && !c.closed {
		c.runs[r.ID] = r
		c.order = append(c.order, r.ID)
		c.work.Add(1)
	}
	closed := c.closed
	c.mu.Unlock()
	if full || closed {
		r.cancel()
		_ = os.Remove(r.dir())
		return nil, ErrBusy
	}
	if err := c.audit(ctx, r, cluster.AuditEntry{Action: "run.started"}); err != nil {
		c.mu.Lock()
		delete(c.runs, r.ID)
		c.order = slices.DeleteFunc(c.order, func(id string) bool { return id == r.ID })
		c.mu.Unlock()
		r.cancel()
		c.work.Done()
		return nil, fmt.Errorf("nothing was run, because the audit log cannot be written: %w", err)
	}
	go func() {
		defer c.work.Done()
		r.carryOut()
		c.forgetOld()
	}()
	return r, nil
}

// LookAt says what a script does that is to run on these targets.
func (c *Console) LookAt(script string, targets []cluster.Target) Danger {
	if c.opts.Reads != nil && c.opts.Reads(script) {
		return Danger{OnlyReads: true}
	}
	return LookAt(script, targets)
}

// refusal says why a request may not run, nil if it may.
func (c *Console) refusal(who cluster.Who, req cluster.RunRequest, danger Danger) error {
	l := c.opts.Limits
	var problems cluster.Problems
	switch {
	case req.Script == "":
		problems = append(problems, "There is nothing to run.")
	case len(req.Script) > l.Script:
		problems = append(problems, fmt.Sprintf("The script is larger than %d KiB.", l.Script>>10))
	}
	if len(req.Targets) == 0 {
		problems = append(problems, "No node is chosen.")
	}
	if len(req.Targets) > l.Targets {
		problems = append(problems, fmt.Sprintf("More than %d nodes are chosen.", l.Targets))
	}
	if req.Timeout > l.Longest {
		problems = append(problems, fmt.Sprintf("The time limit is longer than %s.", l.Longest))
	}
	seen := map[cluster.Target]bool{}
	for _, t := range req.Targets {
		if err := c.opts.Exists(t); err != nil {
			problems = append(problems, fmt.Sprintf("%s in %s: %v.", t.Node, t.Cluster, err))
		}
		if seen[t] {
			problems = append(problems, fmt.Sprintf("%s is chosen twice.", t.Node))
		}
		seen[t] = true
	}
	switch {
	case !who.May(cluster.Operator):
		return fmt.Errorf("running scripts needs the role operator: %w", cluster.ErrDenied)
	case !who.May(cluster.Administrator) && req.Saved == "":
		return fmt.Errorf("running what was typed needs the role administrator: %w", cluster.ErrDenied)
	case !who.May(cluster.Administrator) && !danger.OnlyReads:
		return fmt.Errorf("running a script that changes things needs the role administrator: %w", cluster.ErrDenied)
	case len(problems) > 0:
		return problems
	case danger.Phrase != "" && req.Confirm != danger.Phrase:
		return ErrConfirm
	}
	return nil
}

// audit completes a line of a run and writes it.
func (c *Console) audit(ctx context.Context, r *Run, e cluster.AuditEntry) error {
	e.Who, e.Role, e.From, e.Run = r.Who.Name, r.Who.Role, r.Who.Address, r.ID
	if e.Object == "" {
		e.Object = targetsText(r.Request.Targets)
	}
	if e.Action != "run.ended" {
		e.Text, e.Params = r.Request.Script, string(r.Request.Args)
		if r.Request.Saved != "" && e.Detail == "" {
			e.Detail = "saved script " + r.Request.Saved
		}
	}
	return c.opts.Auditor.Audit(context.WithoutCancel(ctx), e)
}

func targetsText(all []cluster.Target) string {
	var b []byte
	for i, t := range all {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(append(b, t.Cluster...), '/'), t.Node...)
	}
	return string(b)
}

// Find returns a run by its id; cluster.ErrNotFound once it is forgotten.
func (c *Console) Find(id string) (*Run, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.runs[id]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("run %q: %w", id, cluster.ErrNotFound)
}

// Runs lists those that are remembered, newest first.
func (c *Console) Runs() []*Run {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []*Run
	for _, id := range slices.Backward(c.order) {
		out = append(out, c.runs[id])
	}
	return out
}

// underWay counts the runs that have not ended. c.mu is held.
func (c *Console) underWay() int {
	n := 0
	for _, r := range c.runs {
		if !r.Over() {
			n++
		}
	}
	return n
}

// forgetOld deletes the output of the oldest runs.
func (c *Console) forgetOld() {
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := len(c.runs) - c.underWay()
	c.order = slices.DeleteFunc(c.order, func(id string) bool {
		r := c.runs[id]
		if ended <= c.opts.Limits.Keep || !r.Over() {
			return false
		}
		ended--
		delete(c.runs, id)
		if err := os.RemoveAll(r.dir()); err != nil {
			c.opts.Logger.Warn("output of a run not deleted", "run", id, "err", err)
		}
		return true
	})
}

// Close cancels all runs and waits until their ends are audited, or ctx ends.
func (c *Console) Close(ctx context.Context) error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	done := make(chan struct{})
	go func() { c.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("console: some runs did not end in time: %w", ctx.Err())
	}
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // does not fail
	return hex.EncodeToString(b[:])
}

func (r *Run) dir() string { return filepath.Join(r.console.opts.Dir, r.ID) }
