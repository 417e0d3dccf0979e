package remoting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	// maxRuns is how many runs a node has at the same time; others wait. With the
	// sessions that poll it is far from the 30 shells an account may have.
	maxRuns = 2
	// runWidth is the width of the console whose text a run shows.
	runWidth = 120
	// maxRunScript and maxRunArgs are bytes of what is sent.
	maxRunScript = 1 << 20
	maxRunArgs   = 256 << 10
)

// onDemand is what a node needs for runs, apart from its session.
type onDemand struct {
	runs  chan struct{} // a token for each run under way
	act   *credential   // of Node.Act, nil without
	names commandNames
}

// acting is the node as the identity that may change things.
func (n Node) acting() Node {
	n.Identity = *n.Act
	return n
}

// Why a run does not begin.
const (
	noSuchNode = "No node of this name is watched."
	noActor    = "This script changes things, and the cluster has no account that may. Add one in its settings. Nothing was run, and no other account was tried."
	badArgs    = "The parameters are not an object with a value for each name."
	tooMuch    = "The script or its parameters are too large."
)

// Run runs a script in a powershell.exe of its own on a node and calls emit for
// everything it puts out, in order and as it comes. While emit has not returned, nothing
// is asked of the node: its script waits when the pipes are full. When emit fails or
// ctx ends, the process on the node ends; Run returns once the node said so, or after 3
// seconds. The event returned is of kind RunEnded and was not emitted: RunDone,
// RunFailed, RunCancelled (ctx was cancelled) or RunTimedOut (its deadline passed).
//
// Two runs a node are under way at the same time, others wait for them. With w.Act the
// node is asked as Node.Act, otherwise as the identity that polls; never as another.
// Texts are the node's own, control characters included; only what is not UTF-8 is replaced.
func (c *Client) Run(ctx context.Context, w cluster.RunWork, emit func(cluster.RunEvent) error) (end cluster.RunEvent) {
	r := &run{client: c, work: w, to: emit, log: c.opts.Logger}
	defer func() {
		if v := recover(); v != nil { // whatever a node sends must not end the program
			c.opts.Logger.Error("a run panicked", "cluster", w.Target.Cluster, "node", w.Target.Node, "err", v)
			end = cluster.RunEvent{State: cluster.RunFailed, Detail: "What the node sent could not be understood."}
		}
		end.Kind, end.Target, end.At, end.Bytes = cluster.RunEnded, w.Target, c.opts.Now().UTC(), r.bytes
	}()
	p := c.peer(w.Target.Cluster, w.Target.Node)
	if p == nil {
		return notRun(noSuchNode)
	}
	r.node, r.credential = p.node, p.credential
	if w.Act {
		if p.node.Act == nil || p.demand.act == nil {
			return notRun(noActor)
		}
		r.node, r.credential = p.node.acting(), p.demand.act
	}
	if what := runProblem(w); what != "" {
		return notRun(what)
	}
	r.log = p.log.With("session", "run")
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()

	select {
	case p.demand.runs <- struct{}{}:
	case <-ctx.Done():
		return r.ended(ctx, p, fmt.Errorf("%w while other runs on this node were under way", ctxError(ctx)))
	}
	release := func() { <-p.demand.runs }
	if err := r.credential.held(r.node.key()); err != nil {
		release()
		return r.ended(ctx, p, err)
	}
	err := r.carryOut(ctx, p, release)
	return r.ended(ctx, p, err)
}

func notRun(why string) cluster.RunEvent {
	return cluster.RunEvent{State: cluster.RunFailed, Detail: why}
}

// runProblem says what is wrong with the work, "" if nothing.
func runProblem(w cluster.RunWork) string {
	if len(w.Script) > maxRunScript || len(w.Args) > maxRunArgs {
		return tooMuch
	}
	var args map[string]json.RawMessage
	if len(w.Args) > 0 && json.Unmarshal(w.Args, &args) != nil {
		return badArgs
	}
	return ""
}

// run is one run on one node.
type run struct {
	client     *Client
	work       cluster.RunWork
	to         func(cluster.RunEvent) error
	node       Node // as who is asked
	credential *credential
	log        logger

	ready    bool // the script is about to begin
	plain    bool // without frames
	result   *scripts.ConsoleResult
	refused  error // of emit
	bytes    int64 // of texts and objects
	unclosed error // the node did not say that the process ended
}

// carryOut opens a shell, starts PowerShell in it and follows it to its end. Where
// console.ps1 does not start, it goes on with plain text. release is called when the
// node's place is free again.
func (r *run) carryOut(ctx context.Context, p *peer, release func()) error {
	if p.withoutLoop() == "" {
		err := r.once(ctx, p, func(s *session) error { return r.framed(ctx, s) }, release)
		var no *noStart
		if r.ready || !errors.As(err, &no) || !no.sure || ctx.Err() != nil {
			return err
		}
		r.log.Debug("console.ps1 does not start", "err", err)
		select { // once has given it back
		case p.demand.runs <- struct{}{}:
		case <-ctx.Done():
			return ctxError(ctx)
		}
	}
	r.plain = true
	return r.once(ctx, p, func(s *session) error { return r.typed(ctx, s) }, release)
}

// once runs in a shell of its own. When the run was given up it waits until the node has
// ended the process, else that happens in the background.
func (r *run) once(ctx context.Context, p *peer, inside func(*session) error, release func()) error {
	s, err := r.open(ctx, p)
	if err == nil {
		err = inside(s)
	}
	if s == nil {
		release()
		return err
	}
	var no *noStart
	if r.result != nil || errors.As(err, &no) {
		r.client.background(func() {
			defer release()
			_ = r.close(s) // it has ended by itself
		})
		return err
	}
	r.unclosed = r.close(s)
	release()
	return err
}

// open opens a shell as polling does: connection, sign-in, sealing, limits and name.
func (r *run) open(ctx context.Context, p *peer) (s *session, err error) {
	ctx, cancel := context.WithTimeout(ctx, r.client.opts.Limits.Open)
	defer cancel()
	as := &peer{client: p.client, node: r.node, log: r.log, credential: r.credential, isSecond: true, ctx: p.ctx}
	s = &session{peer: as, opened: r.client.opts.Now(), done: make(chan struct{})}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	limit := r.client.opts.Limits.Body
	if s.send, err = newLane(r.node, r.credential, limit); err != nil {
		return nil, err
	}
	if s.receive, err = newLane(r.node, r.credential, limit); err != nil {
		return nil, err
	}
	reply, err := s.send.post(ctx, createShell(r.node.URL, as.shellName()))
	if err != nil {
		return s, fmt.Errorf("opening a shell: %w", err)
	}
	if reply.shellID == "" || len(reply.shellID) > maxID {
		return s, fmt.Errorf("no shell id: %w", errBadAnswer)
	}
	s.shell = reply.shellID
	ours.add(s.shell)
	return s, nil
}

// close ends the process and the shell. The error is that the node did not say so.
func (r *run) close(s *session) (err error) {
	s.gone.Do(func() {
		defer func() {
			if v := recover(); v != nil { // the node may answer anything
				err = fmt.Errorf("closing panicked: %v: %w", v, errBadAnswer)
			}
		}()
		s.fail(errClosed)
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		if s.exec != "" {
			_, err = s.send.post(ctx, terminate(r.node.URL, s.shell, s.exec))
		}
		if s.shell != "" {
			var gone error
			if _, gone = s.send.post(ctx, deleteShell(r.node.URL, s.shell)); gone == nil {
				ours.remove(s.shell)
				err = nil // and all that ran in it
			} else {
				r.log.Debug("delete shell", "err", gone)
			}
			var f *fault
			if errors.As(gone, &f) && f.Code == faultShellGone {
				err = nil
			} else if err == nil {
				err = gone
			}
		}
		s.send.shut(ctx)
		s.receive.shut(ctx)
	})
	return err
}

// emit hands an event on. Once it was refused, none follows.
func (r *run) emit(e cluster.RunEvent) error {
	if r.refused != nil {
		return r.refused
	}
	e.Target, e.At = r.work.Target, r.client.opts.Now().UTC()
	r.bytes += int64(len(e.Text))
	if err := r.to(e); err != nil {
		r.refused = &untaken{err}
	}
	return r.refused
}

// untaken is an error of who takes the events.
type untaken struct{ error }

func (e *untaken) Unwrap() error { return e.error }

// ended says how the run ended.
func (r *run) ended(ctx context.Context, p *peer, err error) cluster.RunEvent {
	end := cluster.RunEvent{State: cluster.RunFailed}
	var (
		early  *ended
		refuse *untaken
	)
	left := ""
	if r.unclosed != nil {
		left = " The node did not confirm that its process ended; WinRM ends it after " + shellIdleText + "."
	}
	gone := p.ended()
	switch {
	case r.result != nil:
		end.Exit = r.result.Exit
		if end.State = cluster.RunDone; r.result.Failed {
			end.State, end.Detail = cluster.RunFailed, "An error ended the script."
		}
		return end
	case errors.As(err, &refuse):
		end.Detail = "The output could not be taken: " + clean(refuse.Error(), 200) + "." + left
	case gone != nil:
		_, end.Detail = classify(gone, r.node, "the script")
		end.Detail += left
	case errors.Is(ctx.Err(), context.Canceled):
		end.State, end.Detail = cluster.RunCancelled, "It was cancelled."+left
	case ctx.Err() != nil, overdue(ctx):
		end.State, end.Detail = cluster.RunTimedOut, "It took longer than it may"+afterTimeout(err)+"."+left
	case errors.As(err, &early):
		end.Exit = early.code
		end.Detail = fmt.Sprintf("PowerShell on the node ended before the script did, with exit code %d", early.code)
		if early.text != "" {
			end.Detail += ": " + clean(strings.TrimRight(early.text, ". "), 300)
		}
		end.Detail += "."
	case err != nil:
		_, end.Detail = classify(err, r.node, "the script")
		if r.ready && errors.Is(err, errLane) {
			end.Detail = "The connection broke while the script ran; what it put out after that is lost."
		}
		end.Detail += left
	}
	r.log.Debug("run ended", "err", err)
	return end
}

// overdue says that the deadline has passed. The network may notice before ctx does.
func overdue(ctx context.Context) bool {
	d, ok := ctx.Deadline()
	return ok && !time.Now().Before(d) // deadlines of contexts are not by our clock
}

const shellIdleText = "3 minutes without anybody asking"

// commandNames are the names of a node's commands.
type commandNames struct {
	mu    sync.Mutex
	names []string
	until time.Time
}
