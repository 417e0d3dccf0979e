package wsman

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	// pipeBuffer is the size of an anonymous pipe's buffer on Windows: output
	// reaches the client in pieces of at most this size, wherever that cuts.
	pipeBuffer = 4096
	// chunkCost is what one piece costs beyond its bytes, so that many tiny
	// writes are bounded too.
	chunkCost = 128
	// stdinBuffer bounds the input a process has not read yet.
	stdinBuffer = 1 << 20
	// ctrlCExit is STATUS_CONTROL_C_EXIT as a process exit code.
	ctrlCExit = -1073741510
)

var errTerminated = errors.New("wsman: the command has been terminated")

// chunk is one piece of output in the order it was written.
type chunk struct {
	stream string
	data   []byte
}

// command is one process of a shell and the pipes to it.
type command struct {
	id      string
	ctx     context.Context // ends with the process's right to run
	cancel  context.CancelFunc
	console bool // standard input is a console, which ctrl_c needs

	mu          sync.Mutex
	changed     chan struct{} // closed and replaced at every change below
	out         []chunk
	outSize     int // bytes and chunkCost of out
	in          []byte
	inEnd       bool
	done        bool
	terminated  bool // gone for the client
	interrupted bool
	exitCode    int
}

func newCommand(parent context.Context) *command {
	ctx, cancel := context.WithCancel(parent)
	return &command{ctx: ctx, cancel: cancel, changed: make(chan struct{})}
}

// signal tells everybody who waits; c.mu is held.
func (c *command) signal() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// await blocks until a change or the end of ctx; c.mu is held before and after.
func (c *command) await(ctx context.Context) error {
	ch := c.changed
	c.mu.Unlock()
	defer c.mu.Lock()
	select {
	case <-ch:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// outWriter is the process's end of one output stream.
type outWriter struct {
	c      *command
	stream string
	limit  int
}

func (w *outWriter) Write(p []byte) (n int, err error) {
	c := w.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		if c.ctx.Err() != nil || c.done {
			return n, errTerminated
		}
		if c.outSize >= w.limit {
			if err := c.await(c.ctx); err != nil {
				return n, errTerminated
			}
			continue
		}
		for len(p) > 0 && c.outSize < w.limit {
			k := min(len(p), pipeBuffer)
			c.out = append(c.out, chunk{w.stream, bytes.Clone(p[:k])})
			c.outSize += k + chunkCost
			p, n = p[k:], n+k
		}
		c.signal()
	}
	return n, nil
}

// inReader is the process's end of its standard input.
type inReader struct{ c *command }

func (r inReader) Read(p []byte) (int, error) {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.in) == 0 {
		if c.inEnd {
			return 0, io.EOF
		}
		if len(p) == 0 {
			return 0, nil
		}
		if err := c.await(c.ctx); err != nil {
			return 0, errTerminated
		}
	}
	n := copy(p, c.in)
	if c.in = c.in[n:]; len(c.in) == 0 {
		c.in = nil
	}
	c.signal()
	return n, nil
}

// send hands input to the process, waiting for room until ctx ends.
func (c *command) send(ctx context.Context, waits func(), data []byte, end bool) *fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.done && !c.terminated && !c.inEnd && len(data) > 0 && len(c.in) > 0 && len(c.in)+len(data) > stdinBuffer {
		waits()
		if err := c.await(ctx); err != nil {
			return waitFault(err)
		}
	}
	if c.done || c.terminated || c.inEnd {
		return faultPipeClosing()
	}
	c.in = append(c.in, data...)
	c.inEnd = end
	c.signal()
	return nil
}

// receive writes a ReceiveResponse's content as soon as there is anything to
// say. streams is the set the client desires, budget the room in bytes.
func (c *command) receive(ctx context.Context, waits func(), streams []string, budget int, w *writer) *fault {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.terminated {
		taken, left := c.take(streams, budget, w)
		if taken || c.done && !left {
			c.writeState(w, streams, c.done && !left)
			return nil
		}
		waits()
		if err := c.await(ctx); err != nil {
			return waitFault(err)
		}
	}
	return faultAborted()
}

// take writes the Stream elements that fit and reports whether it took any
// output and whether desired output is left; c.mu is held.
func (c *command) take(streams []string, budget int, w *writer) (taken, left bool) {
	rest := c.out[:0]
	for _, k := range c.out {
		room := (budget - chunkCost) / 4 * 3
		n := min(len(k.data), room)
		if !slices.Contains(streams, k.stream) {
			rest = append(rest, k)
			continue
		}
		if left || room <= 0 {
			left = true
			rest = append(rest, k)
			continue
		}
		w.raw(`<rsp:Stream Name="`, k.stream, `" CommandId="`, c.id, `">`,
			base64.StdEncoding.EncodeToString(k.data[:n]), `</rsp:Stream>`)
		taken = true
		budget -= chunkCost + (n+2)/3*4
		c.outSize -= n
		if n < len(k.data) {
			left = true
			rest = append(rest, chunk{k.stream, k.data[n:]})
		} else {
			c.outSize -= chunkCost
		}
	}
	clear(c.out[len(rest):])
	if c.out = rest; len(rest) == 0 {
		c.out = nil
	}
	if taken {
		c.signal()
	}
	return taken, left
}

func (c *command) writeState(w *writer, streams []string, done bool) {
	const state = nsRSP + "/CommandState/"
	if !done {
		w.raw(`<rsp:CommandState CommandId="`, c.id, `" State="`, state, `Running"></rsp:CommandState>`)
		return
	}
	for _, s := range streams {
		w.raw(`<rsp:Stream Name="`, s, `" CommandId="`, c.id, `" End="true"></rsp:Stream>`)
	}
	w.raw(`<rsp:CommandState CommandId="`, c.id, `" State="`, state, `Done"><rsp:ExitCode>`,
		strconv.Itoa(c.exitCode), `</rsp:ExitCode></rsp:CommandState>`)
}

// exit records the end of the process.
func (c *command) exit(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.interrupted {
		code = ctrlCExit
	}
	c.done, c.exitCode, c.in = true, code, nil
	c.signal()
}

// interrupt is ctrl_c: the process ends, the command stays to be received.
func (c *command) interrupt() {
	c.mu.Lock()
	c.interrupted = !c.done
	c.mu.Unlock()
	c.cancel()
}

// terminate ends the process and every request that waits for it.
func (c *command) terminate() {
	c.mu.Lock()
	c.terminated = true // before the process's end can be seen as an ordinary one
	c.signal()
	c.mu.Unlock()
	c.cancel()
}

// errOperationTimeout is the cause of an operation's context when its
// OperationTimeout has passed.
var errOperationTimeout = errors.New("operation timeout")

func waitFault(err error) *fault {
	if errors.Is(err, errOperationTimeout) {
		return faultTimedOut()
	}
	return faultAborted()
}

// operationTimeout is what Windows makes of the client's wish.
func operationTimeout(asked, limit time.Duration) time.Duration {
	if asked == 0 {
		return limit
	}
	return min(max(asked, 500*time.Millisecond), limit)
}
