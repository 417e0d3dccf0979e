package simulator

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

// maxTyped bounds one statement read from standard input.
const maxTyped = 4 << 20

// typed is "powershell.exe -Command -": standard input is read as if somebody typed
// it at a prompt that is not shown. A statement that fills one line runs at once; one
// that goes on over several wants an empty line behind it, else it is lost at the
// end of the input. What cannot be parsed is dropped without a word (GitHub,
// PowerShell/PowerShell issues 3223 and 15331).
func (h *host) typed(ctx context.Context, p *wsman.Process) int {
	in := h.interpreter()
	lines := bufio.NewReaderSize(p.Stdin, 4<<10)
	code, pending := 0, ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return terminated
		}
		empty := strings.TrimRight(line, "\r\n") == ""
		switch {
		case empty && pending == "":
		case empty:
			if err == nil && !powershell.Incomplete(pending) {
				code = h.statement(ctx, p, in, pending)
			}
			pending = ""
		case pending != "":
			pending += line
		default:
			if !ourLine(strings.TrimRight(line, "\r\n")) && powershell.Incomplete(line) {
				pending = line
			} else if r, known := scripts.ParsePlainInput(strings.TrimRight(line, "\r\n")); known {
				var exited bool
				if code, exited = h.plain(ctx, p, r); exited {
					return code
				}
			} else {
				code = h.statement(ctx, p, in, line)
			}
		}
		switch {
		case ctx.Err() != nil || len(pending) > maxTyped:
			return terminated
		case in.Exited():
			return code
		case err != nil:
			return 0
		}
	}
}

// statement runs one, and writes errors as text: CLIXML is for commands that came
// with -EncodedCommand.
func (h *host) statement(ctx context.Context, p *wsman.Process, in *powershell.Interp, text string) int {
	if r, known := scripts.ParseProcessInput(strings.TrimRight(text, "\r\n")); known {
		return h.process(ctx, p, in, r)
	}
	say := func(w io.Writer) func(string) error {
		return func(s string) error {
			_, err := fmt.Fprintf(w, "%s\r\n", s)
			return err
		}
	}
	out, errs := say(p.Stdout), say(p.Stderr)
	w := in.NewWriter(0, out)
	code := h.run(ctx, in, text, nil, powershell.Streams{
		Success: w.Write,
		Error: func(e *powershell.ErrorRecord) error {
			if e.Parse {
				return nil
			}
			return errs(strings.Join(e.Lines(), "\r\n"))
		},
		Warning:     func(s string) error { return out("WARNING: " + s) },
		Verbose:     func(s string) error { return out("VERBOSE: " + s) },
		Debug:       func(s string) error { return out("DEBUG: " + s) },
		Host:        func(s string) error { _, err := io.WriteString(p.Stdout, s); return err },
		Information: out,
		Flush:       func() { _ = w.Flush() },
	})
	if w.Close() != nil || ctx.Err() != nil {
		return terminated
	}
	return code
}

// process does what process.ps1 does with one question.
func (h *host) process(ctx context.Context, p *wsman.Process, in *powershell.Interp, r scripts.ProcessRequest) int {
	if !wait(ctx, h.sim.opts.Cost.ScriptTime) {
		return terminated
	}
	if fail := h.refuses(scripts.Process.Text); fail != nil {
		fmt.Fprintf(p.Stderr, "%s\r\n", strings.Join(fail.lines(), "\r\n"))
		return 0
	}
	a := scripts.ProcessAnswer{Status: "ok", Kept: r.Kept, Mode: h.languageMode(), PSVersion: h.psVersion()}
	value, fail := h.processValue(ctx, in, r, &a)
	if fail != nil {
		// GetType is a method: process.ps1 tells the type by what the category names.
		fail.Type = fail.Type[strings.LastIndexByte(fail.Type, '.')+1:]
		a.Status = "err"
		value, _ = json.Marshal(fail)
	}
	a.Value = value
	if len(a.Kept) == 0 {
		a.Kept = json.RawMessage("null")
	}
	b, err := json.Marshal(a)
	if err != nil || ctx.Err() != nil {
		return terminated
	}
	text := visible(string(b))
	text = fmt.Sprintf("<<LA1:%s:%d:%s:%s:LA1>>", r.ID, len(text), text, r.ID)
	var out strings.Builder
	for len(text) > 0 {
		n := min(len(text), 76)
		out.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	if _, err := io.WriteString(p.Stdout, out.String()); err != nil {
		return terminated
	}
	return 0
}

func (h *host) processValue(ctx context.Context, in *powershell.Interp, r scripts.ProcessRequest, a *scripts.ProcessAnswer) (json.RawMessage, *loopError) {
	s, known := scripts.ByText(r.Script)
	if !known {
		b, fail, _ := h.valueOf(ctx, in, r.Script, r.Args)
		return b, fail
	}
	b, fail := h.answer(s, r.Args)
	if fail != nil {
		return nil, &loopError{fail.message, fail.kind, fail.hresult, fail.id, fail.position()}
	}
	if s == scripts.Vitals {
		b, a.Kept = h.keptCounters(b, r.Kept)
	}
	return b, nil
}

// keptCounters does what vitals.ps1 does where nothing is remembered between two
// questions: the rates follow from the counters it was given back.
func (h *host) keptCounters(answer []byte, kept json.RawMessage) (vitals []byte, keep json.RawMessage) {
	now := h.time()
	keep, _ = json.Marshal(map[string]any{"Time": now.UnixNano() / 100, "Hz": 10_000_000, "Reads": 0, "Writes": 0, "ReadBytes": 0, "WriteBytes": 0, "Busy": map[string]any{}})
	var before struct{ Time int64 }
	if json.Unmarshal(kept, &before) == nil && before.Time > 0 && before.Time < now.UnixNano()/100 {
		return answer, keep
	}
	var v scripts.NodeVitals
	if err := json.Unmarshal(answer, &v); err != nil {
		return answer, keep
	}
	v.ReadsPerSec, v.WritesPerSec, v.ReadBytes, v.WriteBytes, v.LatencySeconds = 0, 0, 0, 0, 0
	return h.pad(v), keep
}

// visible writes JSON without white space and beyond ASCII.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r > ' ' && r <= '~':
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
