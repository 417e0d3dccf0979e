package simulator

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

// loopRequest is one line for the loop.
type loopRequest struct {
	ID     int64           `json:"id"`
	Hash   string          `json:"hash"`
	Script string          `json:"script"` // "" when the loop has it under the hash
	Args   json.RawMessage `json:"args"`
}

// loopState is what one loop remembers: scripts by hash, and the PowerShell that
// runs those that are no question.
type loopState struct {
	scripts map[string]string
	in      *powershell.Interp
}

// maxKept is how many script blocks loop.ps1 keeps before it forgets them all.
const maxKept = 64

// loopError is what the loop sends in a frame of status err.
type loopError struct {
	Message, Type string
	HResult       int32
	Id, Position  string
}

// loop behaves as loop.ps1 does inside powershell.exe: a frame when ready, then
// one per line, until standard input ends.
func (h *host) loop(ctx context.Context, p *wsman.Process) int {
	if fail := h.refuses(scripts.Loop.Text); fail != nil {
		writeCLIXML(p.Stderr, fail)
		return 1
	}
	ready, _ := json.Marshal(map[string]any{"PSVersion": h.psVersion(), "Pid": 4000 + hash(h.node.Name, ctxID(ctx))%20000})
	if writeFrame(p.Stdout, 0, "ready", ready) != nil {
		return terminated
	}
	lines := bufio.NewReaderSize(p.Stdin, 4<<10)
	kept := &loopState{scripts: map[string]string{}}
	for {
		line, err := lines.ReadString('\n')
		if line = base64Only(line); line != "" {
			if code, done := h.loopLine(ctx, p, line, kept); done {
				return code
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return 0
			}
			return terminated
		}
	}
}

func (h *host) loopLine(ctx context.Context, p *wsman.Process, line string, kept *loopState) (exit int, done bool) {
	var q loopRequest
	raw, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		q.ID = 0
		return terminated, writeError(p.Stdout, 0, &psError{kind: "System.Management.Automation.MethodInvocationException", id: "FormatException", hresult: -2146233087,
			message: `Exception calling "FromBase64String" with "1" argument(s): "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. "`}) != nil
	}
	if err := json.Unmarshal(raw, &q); err != nil {
		return terminated, writeError(p.Stdout, 0, &psError{message: "Invalid JSON primitive.", kind: "System.ArgumentException", id: "System.ArgumentException,Microsoft.PowerShell.Commands.ConvertFromJsonCommand", hresult: -2147024809}) != nil
	}
	if q.Script != "" {
		if len(kept.scripts) > maxKept {
			clear(kept.scripts)
		}
		if s, known := scripts.ByText(q.Script); known {
			q.Script = s.Text // one copy for all nodes
		}
		kept.scripts[q.Hash] = q.Script
	} else if q.Script = kept.scripts[q.Hash]; q.Script == "" {
		return terminated, writeFrame(p.Stdout, q.ID, "need", []byte("{}")) != nil
	}
	if strings.TrimSpace(q.Script) == "exit" {
		return 0, true
	}
	if !wait(ctx, h.sim.opts.Cost.ScriptTime) {
		return terminated, true
	}
	s, known := scripts.ByText(q.Script)
	if !known {
		if kept.in == nil {
			kept.in = h.interpreter()
		}
		return h.loopOther(ctx, p, kept.in, q)
	}
	b, fail := h.answer(s, q.Args)
	if fail != nil {
		return terminated, writeError(p.Stdout, q.ID, fail) != nil
	}
	return terminated, writeFrame(p.Stdout, q.ID, "ok", b) != nil
}

func base64Only(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, s)
}

func writeError(w io.Writer, id int64, e *psError) error {
	b, _ := json.Marshal(loopError{e.message, e.kind, e.hresult, e.id, e.position()})
	return writeFrame(w, id, "err", b)
}

// zippers saves making the 800 KB of a gzip.Writer for each frame.
var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// writeFrame writes RS WF1 <id> <status> <len> <base64(gzip(JSON))> LF in one piece.
func writeFrame(w io.Writer, id int64, status string, text []byte) error {
	var zipped bytes.Buffer
	g := zippers.Get().(*gzip.Writer)
	defer zippers.Put(g)
	g.Reset(&zipped)
	g.Write(text) // a bytes.Buffer takes everything
	g.Close()
	b := base64.StdEncoding.EncodeToString(zipped.Bytes())
	_, err := fmt.Fprintf(w, "\x1eWF1 %d %s %d %s\n", id, status, len(b), b)
	return err
}

// ctxID tells processes of one node apart without a counter.
func ctxID(ctx context.Context) int64 {
	return int64(crc32.ChecksumIEEE(fmt.Appendf(nil, "%p", ctx)))
}
