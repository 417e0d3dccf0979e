package remoting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

type logger = *slog.Logger

const (
	// maxRunFrame and maxRunJSON bound one frame, on the wire and unpacked. console.ps1
	// splits them far below: 64 K characters and one record.
	maxRunFrame = 4 << 20
	maxRunJSON  = 8 << 20
	maxRunText  = 64 << 10 // bytes of the lines that are handed on together
	deflateMost = 1032     // times that deflate can shrink anything
	maxRunNames = 64       // properties of an object that are taken
)

// framed runs console.ps1 and follows its frames.
func (r *run) framed(ctx context.Context, s *session) (err error) {
	input, err := scripts.ConsoleInput(scripts.ConsoleRequest{Script: r.work.Script, Args: r.work.Args, Width: runWidth, Verbose: r.work.Verbose})
	if err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	starting, started := context.WithTimeout(ctx, r.client.opts.Limits.Open)
	defer started()
	if s.exec, err = s.start(starting, scripts.Console.CommandLine()); err != nil {
		return err
	}
	if err := s.feed(ctx, s.exec, input); err != nil && !errors.As(err, new(*fault)) {
		return err
	} // a fault is that the process has ended already: its output says why
	o := &runOutput{run: r, frames: frames{limit: min(maxRunFrame, r.client.opts.Limits.Frame)}}
	from := newReceiver(s, s.exec)
	wait := starting // the first frame, which says that PowerShell is there, has a limit of its own
	for {
		reply, err := from.next(wait)
		if err != nil {
			if ctx.Err() == nil && starting.Err() != nil && !r.ready {
				return fmt.Errorf("%w while PowerShell was starting", errNoAnswer)
			}
			return err
		}
		for _, piece := range reply.streams {
			if piece.name != "stdout" {
				s.stderr = s.saw(s.stderr, piece.data)
				continue
			}
			if err := o.take(piece.data); err != nil {
				return err
			}
			if r.result != nil {
				return o.leftovers(s.stderr)
			}
		}
		if r.ready {
			wait = ctx
		}
		if reply.state == stateDone {
			if err := o.flush(); err != nil {
				return err
			}
			err := &ended{reply.exitCode, errorText(s.stderr), !r.ready}
			if !r.ready {
				return &noStart{err, true}
			}
			return err
		}
	}
}

// runOutput makes events of what console.ps1 writes.
type runOutput struct {
	run     *run
	frames  frames
	noise   []byte // the beginning of a character, outside of frames
	unready int    // bytes before the first frame
	err     error
}

// take takes the next piece of standard output.
func (o *runOutput) take(piece []byte) error {
	err := o.frames.feed(piece, o.frame, o.outside)
	if o.err != nil {
		return o.err
	}
	return o.cut(err, int64(len(o.frames.buf)))
}

// cut says of output that is larger than any script's that it was.
func (o *runOutput) cut(err error, n int64) error {
	if errors.Is(err, errTooLarge) {
		if e := o.run.emit(cluster.RunEvent{Kind: cluster.RunCut, Bytes: o.run.bytes + n}); e != nil {
			return e
		}
	}
	return err
}

// outside takes what was written past PowerShell's streams.
func (o *runOutput) outside(b []byte) {
	if o.err != nil {
		return
	}
	if !o.run.ready {
		if o.unready += len(b); o.unready > o.frames.limit {
			o.err = fmt.Errorf("%d bytes and no frame: %w", o.unready, errTooLarge)
		}
		return
	}
	o.noise = append(o.noise, b...)
	whole := len(o.noise) - unfinished(o.noise)
	text := string(o.noise[:whole])
	o.noise = append(o.noise[:0], o.noise[whole:]...)
	if text != "" {
		o.err = o.run.emit(cluster.RunEvent{Kind: cluster.RunText, Text: valid(text)})
	}
}

// unfinished is how many bytes at the end are the beginning of a character.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

// flush hands on what was held back.
func (o *runOutput) flush() error {
	if len(o.noise) == 0 {
		return nil
	}
	text := string(o.noise)
	o.noise = nil
	return o.run.emit(cluster.RunEvent{Kind: cluster.RunText, Text: valid(text)})
}

// leftovers hands on what native programs wrote to standard error in plain text.
func (o *runOutput) leftovers(stderr []byte) error {
	if err := o.flush(); err != nil {
		return err
	}
	plain, _, _ := splitCLIXML(stderr)
	if plain = strings.TrimSpace(plain); plain == "" {
		return nil
	}
	return o.run.emit(cluster.RunEvent{Kind: cluster.RunError, Text: valid(plain)})
}

func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func (o *runOutput) frame(f frame) {
	if o.err != nil || o.run.result != nil {
		return
	}
	l := o.run.client.opts.Limits
	l.JSON, l.GzipRatio = min(l.JSON, maxRunJSON), deflateMost // a line of blanks is no bomb: JSON bounds it
	b, err := f.unpack(l)
	if err != nil {
		o.err = o.cut(err, int64(len(f.data)))
		return
	}
	switch f.status {
	case scripts.ConsoleReady:
		o.run.ready = true
	case scripts.ConsoleOutput:
		o.err = o.records(b)
	case scripts.ConsoleEnd:
		var end scripts.ConsoleResult
		if err := json.Unmarshal(b, &end); err != nil || !o.run.ready {
			o.err = fmt.Errorf("the end of the run: %w", errBadAnswer)
			return
		}
		o.run.result = &end
	case scripts.ConsoleError:
		var said struct{ Message string }
		_ = json.Unmarshal(b, &said) // an empty message says as much
		o.err = &scriptError{Message: clean(said.Message, textLen)}
	default:
		o.err = fmt.Errorf("status of a frame: %w", errBadAnswer)
	}
}

// received is scripts.ConsoleRecord as a node may send it: any number will do.
type received struct {
	K, T, I, Y, A, S string
	N                []string
	V                []any
	P, B             float64
}

// records hands on the records of a frame; lines of text that follow one another
// together.
func (o *runOutput) records(b []byte) error {
	var list []received
	if err := json.Unmarshal(b, &list); err != nil || !o.run.ready {
		return fmt.Errorf("records: %w", errBadAnswer)
	}
	var text strings.Builder
	flush := func() error {
		if text.Len() == 0 {
			return nil
		}
		e := cluster.RunEvent{Kind: cluster.RunText, Text: text.String()}
		text.Reset()
		return o.run.emit(e)
	}
	for i := range list {
		r := &list[i]
		if r.K == scripts.RecordText {
			text.WriteString(r.T)
			text.WriteByte('\n')
			if text.Len() < maxRunText {
				continue
			}
		}
		if err := flush(); err != nil {
			return err
		}
		if r.K == scripts.RecordText {
			continue
		}
		e, ok := r.event()
		if !ok {
			return fmt.Errorf("a record of no kind: %w", errBadAnswer)
		}
		for _, v := range e.values() {
			if s, ok := v.(string); ok {
				o.run.bytes += int64(len(s))
			}
		}
		if e.Kind == cluster.RunCut {
			e.Bytes = max(e.Bytes, 0)
		}
		if err := o.run.emit(e.RunEvent); err != nil {
			return err
		}
	}
	return flush()
}

type runEvent struct{ cluster.RunEvent }

func (e runEvent) values() []any {
	if e.Object == nil {
		return nil
	}
	return e.Object.Values
}

var textKinds = map[string]cluster.RunKind{
	scripts.RecordError: cluster.RunError, scripts.RecordWarning: cluster.RunWarning, scripts.RecordVerbose: cluster.RunVerbose,
	scripts.RecordDebug: cluster.RunDebug, scripts.RecordInfo: cluster.RunInfo,
}

func (r *received) event() (e runEvent, ok bool) {
	switch r.K {
	case scripts.RecordObject:
		e.Kind, e.Object = cluster.RunObject, r.object()
	case scripts.RecordProgress:
		e.Kind, e.Progress = cluster.RunProgress, &cluster.RunProgressed{Activity: r.A, Status: r.S, Percent: -1}
		if r.P >= 0 && r.P <= 100 {
			e.Progress.Percent = int(r.P)
		}
	case scripts.RecordCut:
		e.Kind = cluster.RunCut
		if r.B > 0 && r.B < 1<<53 {
			e.Bytes = int64(r.B)
		}
	default:
		e.Kind, e.Text, e.ErrorID = textKinds[r.K], r.T, r.I
	}
	return e, e.Kind != ""
}

// object has a value for each name, and only simple ones.
func (r *received) object() *cluster.RunRecord {
	n := min(len(r.N), maxRunNames)
	out := &cluster.RunRecord{Type: r.Y, Names: r.N[:n:n], Values: make([]any, n)}
	for i := range out.Values {
		if i >= len(r.V) {
			break
		}
		switch v := r.V[i].(type) {
		case nil, string, float64, bool:
			out.Values[i] = v
		default: // no script of ours says such a thing
			b, _ := json.Marshal(v) // it came from JSON
			out.Values[i] = string(b)
		}
	}
	return out
}
