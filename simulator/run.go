package simulator

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf16"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

const (
	// What a script that somebody typed may take: it can be ended at any time, so its
	// steps and output are not counted; what it builds is.
	typedOutput = math.MaxInt
	typedMemory = 2 << 30

	// heldRecords and heldText (bytes) are what console.ps1's queue holds before the
	// script has to wait.
	heldRecords = 1024
	heldText    = 64 << 10
)

// onDemand behaves as console.ps1 does inside powershell.exe: it reads one line, runs
// the script in it and writes a frame whenever there is something to tell.
func (h *host) onDemand(ctx context.Context, p *wsman.Process) int {
	if fail := h.refuses(scripts.Console.Text); fail != nil {
		writeCLIXML(p.Stderr, fail)
		return 1
	}
	line, err := bufio.NewReader(io.LimitReader(p.Stdin, maxTyped)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return terminated
	}
	r, ok := scripts.ParseConsoleInput(base64Only(line))
	in := h.typedInterpreter(r.Width)
	var args *powershell.Hash
	if ok {
		args, ok = namedArgs(in, r.Args)
	}
	if !ok {
		_ = writeFrame(p.Stdout, 0, scripts.ConsoleError, []byte(`{"Message":"Invalid JSON primitive."}`))
		return 1
	}
	if r.Verbose {
		in.Set("VerbosePreference", "Continue")
	}
	ready, _ := json.Marshal(map[string]any{"PSVersion": h.psVersion(), "Pid": 4000 + hash(h.node.Name, ctxID(ctx))%20000})
	if writeFrame(p.Stdout, 0, scripts.ConsoleReady, ready) != nil {
		return terminated
	}
	if !wait(ctx, h.sim.opts.Cost.ScriptTime) {
		return terminated
	}
	q := newRecordQueue(ctx)
	written := make(chan error, 1)
	go func() { written <- q.writeTo(p.Stdout) }()
	w := in.NewWriter(0, func(line string) error { return q.text(scripts.RecordText, line, "") })
	errs, host := 0, ""
	result := h.runNamed(ctx, in, r.Script, args, powershell.Streams{
		Success: func(v any) error {
			if o, ok := in.RecordOf(v, scripts.MaxRecordProperty); ok {
				if err := q.object(o); err != nil {
					return err
				}
			}
			return w.Write(v)
		},
		Error: func(e *powershell.ErrorRecord) error {
			errs++
			_ = w.Flush() // a queue that is closed refuses what follows, too
			return q.text(scripts.RecordError, strings.TrimRight(strings.Join(e.Lines(), "\r\n"), " \r\n"), e.ID)
		},
		Warning:     func(s string) error { return q.text(scripts.RecordWarning, s, "") },
		Verbose:     func(s string) error { return q.text(scripts.RecordVerbose, s, "") },
		Debug:       func(s string) error { return q.text(scripts.RecordDebug, s, "") },
		Information: func(s string) error { return q.text(scripts.RecordInfo, s, "") },
		Host: func(s string) error {
			whole, ended := strings.CutSuffix(host+s, "\r\n")
			if host = whole; !ended {
				return nil
			}
			host = ""
			return q.text(scripts.RecordInfo, whole, "")
		},
		Progress: func(p powershell.Progress) error {
			if p.Completed {
				p.Percent = 100
			}
			return q.add(scripts.ConsoleRecord{Kind: scripts.RecordProgress, Activity: p.Activity, Status: p.Status, Percent: p.Percent}, 0)
		},
		Flush: func() { _ = w.Flush() },
	})
	_ = w.Close()
	if host != "" {
		_ = q.text(scripts.RecordInfo, host, "")
	}
	q.close()
	if <-written != nil || ctx.Err() != nil {
		return terminated
	}
	end, _ := json.Marshal(scripts.ConsoleResult{Exit: result.Exit, Failed: result.Failed, Errors: errs})
	if writeFrame(p.Stdout, q.frames, scripts.ConsoleEnd, end) != nil {
		return terminated
	}
	return result.Exit
}

// typedInterpreter makes the PowerShell for a script that somebody typed.
func (h *host) typedInterpreter(width int) *powershell.Interp {
	if width < 20 || width > 1000 {
		width = 120
	}
	return powershell.New(powershell.Options{
		Host: newConsole(h), Now: h.time, ComputerName: strings.ToUpper(h.node.Name), User: h.whoami(), Version: h.psVersion(), Constrained: h.shell == shellConstrained,
		Width: width, MaxSteps: math.MaxInt, MaxOutput: typedOutput, MaxMemory: typedMemory,
	})
}

// runNamed runs a script with arguments by name; a fault of the interpreter's own ends
// the script, not the simulation.
func (h *host) runNamed(ctx context.Context, in *powershell.Interp, text string, args *powershell.Hash, out powershell.Streams) (result powershell.Result) {
	defer func() {
		if r := recover(); r != nil {
			h.sim.log.Error("the simulated PowerShell failed", "cluster", h.cluster.shape.Name, "node", h.node.Name, "err", fmt.Sprint(r))
			_ = out.Error(powershell.NewError(runtimeException, "InternalError", "NotSpecified", nil, "This simulated PowerShell failed on the script; that is its own mistake."))
			result = powershell.Result{Exit: 1, Failed: true}
		}
	}()
	if s, given, ok := questionOf(in, text, args); ok {
		return h.answerBy(in, s, given, out)
	}
	return in.RunNamed(ctx, text, args, out)
}

// namedArgs are a script's arguments; ok is false if they are no JSON object.
func namedArgs(in *powershell.Interp, raw json.RawMessage) (args *powershell.Hash, ok bool) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, true
	}
	v, err := in.FromJSON(string(raw))
	o, isObject := v.(*powershell.Object)
	if err != nil || !isObject {
		return nil, false
	}
	args = powershell.NewHash()
	for _, name := range o.Names() {
		args.Set(name, o.Get(name))
	}
	return args, true
}

// recordQueue stands between a script and its output: what comes while a frame is
// written goes into the next one, and a full queue makes the script wait.
type recordQueue struct {
	ctx    context.Context
	frames int64 // written so far, and the one that said it was ready

	mu      sync.Mutex
	changed *sync.Cond
	records []scripts.ConsoleRecord
	size    int
	closed  bool
	err     error
}

func newRecordQueue(ctx context.Context) *recordQueue {
	q := &recordQueue{ctx: ctx, frames: 1}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// text adds a record of text, cut as console_records.ps1 cuts it.
func (q *recordQueue) text(kind, text, id string) error {
	units := len(text)
	if units > scripts.MaxRecordText { // only then it matters that .NET counts UTF-16
		units = len(utf16.Encode([]rune(text)))
	}
	if units <= scripts.MaxRecordText {
		return q.add(scripts.ConsoleRecord{Kind: kind, Text: text, ID: id}, len(text))
	}
	short := string(utf16.Decode(utf16.Encode([]rune(text))[:scripts.MaxRecordText]))
	if err := q.add(scripts.ConsoleRecord{Kind: kind, Text: short, ID: id}, len(short)); err != nil {
		return err
	}
	return q.add(scripts.ConsoleRecord{Kind: scripts.RecordCut, Length: int64(units)}, 0)
}

func (q *recordQueue) object(r powershell.Record) error {
	size := 0
	for i, v := range r.Values {
		if s, ok := v.(string); ok {
			if len(s) > scripts.MaxRecordValue {
				s = strings.ToValidUTF8(s[:scripts.MaxRecordValue], "")
				r.Values[i] = s
			}
			size += len(s)
		}
	}
	return q.add(scripts.ConsoleRecord{Kind: scripts.RecordObject, Type: r.Type, Names: r.Names, Values: r.Values}, size+30*len(r.Names))
}

func (q *recordQueue) add(r scripts.ConsoleRecord, size int) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.err == nil && q.ctx.Err() == nil && (len(q.records) >= heldRecords || q.size >= heldText) {
		q.changed.Wait()
	}
	if q.err != nil || q.ctx.Err() != nil {
		return errors.Join(q.err, q.ctx.Err())
	}
	q.records = append(q.records, r)
	q.size += size
	q.changed.Broadcast()
	return nil
}

// close says that nothing comes any more.
func (q *recordQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// writeTo writes frames until the queue is closed and empty.
func (q *recordQueue) writeTo(w io.Writer) error {
	defer context.AfterFunc(q.ctx, func() {
		q.mu.Lock() // else somebody might look just before and wait just after
		defer q.mu.Unlock()
		q.changed.Broadcast()
	})()
	for {
		q.mu.Lock()
		for len(q.records) == 0 && !q.closed && q.ctx.Err() == nil {
			q.changed.Wait()
		}
		records := q.records
		q.records, q.size = nil, 0
		q.changed.Broadcast()
		q.mu.Unlock()
		if q.ctx.Err() != nil {
			return q.ctx.Err()
		}
		if len(records) == 0 {
			return nil
		}
		b, err := json.Marshal(records)
		if err == nil {
			err = writeFrame(w, q.frames, scripts.ConsoleOutput, b)
			q.frames++
		}
		if err != nil {
			q.mu.Lock()
			q.err = err
			q.changed.Broadcast()
			q.mu.Unlock()
			return err
		}
	}
}

// commandNames answers commands.ps1.
func (h *host) commandNames() []byte {
	names := powershell.Builtins()
	for _, name := range newConsole(h).Commands() {
		if strings.Contains(name, "-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return h.pad(scripts.NodeCommands{Names: slices.Compact(names)})
}

// ourLine says that a line is one of those LooksAlive sends to -Command -.
func ourLine(line string) bool {
	_, process := scripts.ParseProcessInput(line)
	_, plain := scripts.ParsePlainInput(line)
	return process || plain
}

// plain does what console_plain.ps1 does. exited says that powershell.exe ends.
func (h *host) plain(ctx context.Context, p *wsman.Process, r scripts.PlainRequest) (code int, exited bool) {
	if !wait(ctx, h.sim.opts.Cost.ScriptTime) {
		return terminated, true
	}
	in := h.typedInterpreter(0)
	args, ok := namedArgs(in, r.Args)
	if !ok {
		fmt.Fprint(p.Stderr, "ConvertFrom-Json : Invalid JSON primitive.\r\n")
		return 1, false
	}
	if r.Verbose {
		in.Set("VerbosePreference", "Continue")
	}
	line := func(to io.Writer, before string) func(string) error {
		return func(s string) error {
			_, err := fmt.Fprintf(to, "%s%s\r\n", before, s)
			return err
		}
	}
	out, errs := line(p.Stdout, ""), line(p.Stderr, "")
	w := in.NewWriter(0, out)
	result := h.runNamed(ctx, in, r.Script, args, powershell.Streams{
		Success: w.Write,
		Error: func(e *powershell.ErrorRecord) error {
			_ = w.Flush()
			return errs(strings.Join(e.Lines(), "\r\n"))
		},
		Warning:     line(p.Stdout, "WARNING: "),
		Verbose:     line(p.Stdout, "VERBOSE: "),
		Debug:       line(p.Stdout, "DEBUG: "),
		Host:        func(s string) error { _, err := io.WriteString(p.Stdout, s); return err },
		Information: out,
		Flush:       func() { _ = w.Flush() },
	})
	if w.Close() != nil || ctx.Err() != nil {
		return terminated, true
	}
	if !result.Failed && !in.Exited() && out(fmt.Sprintf("<<LA1:%s:%d:LA1>>", r.ID, result.Exit)) != nil {
		return terminated, true
	}
	return result.Exit, in.Exited()
}
