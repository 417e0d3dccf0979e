package console

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
)

// Run is one request on all its targets.
type Run struct {
	ID      string
	Who     cluster.Who
	Request cluster.RunRequest
	Danger  Danger
	Begun   time.Time // UTC

	console *Console
	ctx     context.Context
	cancel  context.CancelFunc
	window  window

	mu       sync.Mutex
	targets  []*progress
	canceled bool
	ended    time.Time
}

// progress is a run on one target. Run.mu guards it.
type progress struct {
	target cluster.Target
	state  cluster.RunState
	exit   int
	detail string
	begun  time.Time
	took   time.Duration
	bytes  int64
	errors int
}

// Status is how a run stands on one target.
type Status struct {
	Target cluster.Target
	State  cluster.RunState
	Exit   int
	Detail string
	Took   time.Duration // so far, or in the end
	Bytes  int64         // of output
	Errors int
}

// Status lists the targets in the order of the request.
func (r *Run) Status() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]Status, len(r.targets))
	for i, p := range r.targets {
		took := p.took
		if p.state == cluster.RunRunning {
			took = r.console.opts.Now().Sub(p.begun)
		}
		out[i] = Status{p.target, p.state, p.exit, p.detail, took, p.bytes, p.errors}
	}
	return out
}

// Over says whether the run has ended on all targets.
func (r *Run) Over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.ended.IsZero()
}

// After returns what came after the event with this number (0: from the start), and
// a channel that is closed when there is more. A batch has at most about a quarter of a megabyte.
func (r *Run) After(seq int64) (Batch, <-chan struct{}) { return r.window.after(seq, 256<<10) }

// Cancel ends the processes on all targets.
func (r *Run) Cancel() {
	r.mu.Lock()
	r.canceled = true
	r.mu.Unlock()
	r.cancel()
}

// carryOut works on the targets, a few at a time.
func (r *Run) carryOut() {
	defer r.cancel()
	var wg sync.WaitGroup
	turn := make(chan struct{}, r.console.opts.Limits.Parallel)
	for i := range r.targets {
		wg.Go(func() {
			select {
			case turn <- struct{}{}:
				defer func() { <-turn }()
			case <-r.ctx.Done():
			}
			r.one(i)
		})
	}
	wg.Wait()
	r.mu.Lock()
	r.ended = r.console.opts.Now().UTC()
	r.mu.Unlock()
	r.window.end()
}

var errOutput = errors.New("more output than a run may have")

// one runs on one target and audits its end.
func (r *Run) one(i int) {
	o := r.console.opts
	p := r.targets[i]
	begun := o.Now()
	r.mu.Lock()
	p.state, p.begun = cluster.RunRunning, begun
	r.mu.Unlock()
	r.window.add(cluster.RunEvent{At: begun.UTC(), Target: p.target, Kind: cluster.RunStarted, State: cluster.RunRunning})

	out, err := r.create(i)
	var end cluster.RunEvent
	switch {
	case r.ctx.Err() != nil:
		end = cluster.RunEvent{State: cluster.RunCancelled}
	case err != nil:
		end = cluster.RunEvent{State: cluster.RunFailed, Detail: "The output cannot be kept: " + err.Error()}
	default:
		ctx, cancel := context.WithTimeout(r.ctx, r.Request.Timeout)
		end = o.Runner.Run(ctx, Work{
			Target: p.target, Script: r.Request.Script, Args: r.Request.Args, Act: !r.Danger.OnlyReads, Timeout: r.Request.Timeout, Verbose: r.Request.Verbose,
		}, func(e cluster.RunEvent) error { return r.take(p, out, e) })
		if ctx.Err() == context.DeadlineExceeded && r.ctx.Err() == nil && end.State != cluster.RunDone {
			end.State = cluster.RunTimedOut
		}
		cancel()
	}
	if out != nil {
		if err := out.close(); err != nil && end.State == cluster.RunDone {
			end.State, end.Detail = cluster.RunFailed, "The output cannot be kept: "+err.Error()
		}
	}
	r.finish(p, end, begun)
}

// finish records how it ended, for people and in the audit log.
func (r *Run) finish(p *progress, end cluster.RunEvent, begun time.Time) {
	c := r.console
	now := c.opts.Now()
	r.mu.Lock()
	switch { // why the context ended is known here only
	case end.State == cluster.RunDone || end.State == cluster.RunTimedOut:
	case r.canceled:
		end.State = cluster.RunCancelled
	case c.ctx.Err() != nil:
		end.State = cluster.RunInterrupted
	case p.bytes > c.opts.Limits.Output:
		end.State, end.Detail = cluster.RunFailed, fmt.Sprintf("It wrote more than %d MB and was ended.", c.opts.Limits.Output>>20)
	}
	p.state, p.exit, p.detail, p.took = end.State, end.Exit, end.Detail, now.Sub(begun)
	bytes := p.bytes
	r.mu.Unlock()
	exit := end.Exit
	err := c.audit(context.Background(), r, cluster.AuditEntry{
		Action: "run.ended", Object: targetsText([]cluster.Target{p.target}), Outcome: outcome(end.State), Detail: end.Detail,
		Exit: &exit, TookMS: now.Sub(begun).Milliseconds(), Bytes: bytes,
	})
	if err != nil {
		c.opts.Logger.Error("the end of a run is not in the audit log", "cluster", p.target.Cluster, "node", p.target.Node, "run", r.ID, "err", err)
	}
	end.At, end.Target, end.Kind, end.Bytes = now.UTC(), p.target, cluster.RunEnded, bytes
	r.window.add(end)
}

func outcome(s cluster.RunState) string {
	if s == cluster.RunDone {
		return "ok"
	}
	return string(s)
}

// take is given every event of a target.
func (r *Run) take(p *progress, out *output, e cluster.RunEvent) error {
	e.Target = p.target
	if e.At.IsZero() {
		e.At = r.console.opts.Now().UTC()
	}
	n, err := out.write(e)
	r.mu.Lock()
	p.bytes += int64(n)
	if e.Kind == cluster.RunError {
		p.errors++
	}
	tooMuch := p.bytes > r.console.opts.Limits.Output
	r.mu.Unlock()
	switch {
	case err != nil:
		return err
	case tooMuch:
		return errOutput
	}
	r.window.add(e)
	return nil
}

// output is the file with all a target wrote, as text.
type output struct {
	file *os.File
	w    *bufio.Writer
}

func (r *Run) path(i int) string { return filepath.Join(r.dir(), strconv.Itoa(i)+".txt") }

func (r *Run) create(i int) (*output, error) {
	f, err := os.OpenFile(r.path(i), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &output{f, bufio.NewWriterSize(f, 64<<10)}, nil
}

// write appends what an event says and returns its bytes. Objects that come with
// their text are not written twice.
func (o *output) write(e cluster.RunEvent) (int, error) {
	text := e.Text
	switch e.Kind {
	case cluster.RunText:
	case cluster.RunError, cluster.RunWarning, cluster.RunVerbose, cluster.RunDebug:
		text = strings.ToUpper(string(e.Kind)) + ": " + text
	case cluster.RunInfo:
	default:
		return 0, nil
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return o.w.WriteString(text)
}

func (o *output) close() error { return errors.Join(o.w.Flush(), o.file.Close()) }

// Output opens all that a target wrote so far; cluster.ErrNotFound if it is no
// target of this run or has written nothing.
func (r *Run) Output(t cluster.Target) (io.ReadCloser, error) {
	for i, p := range r.targets {
		if p.target != t {
			continue
		}
		f, err := os.Open(r.path(i))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		return f, err
	}
	return nil, fmt.Errorf("output of %s: %w", t.Node, cluster.ErrNotFound)
}
