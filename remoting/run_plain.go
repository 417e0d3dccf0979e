package remoting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// plainNote is told before the output of a run without frames.
const plainNote = "PowerShell on this node is restricted (constrained language mode, or -EncodedCommand is blocked): the output is text only, and errors come at the end."

// typed runs console_plain.ps1 on standard input of "powershell.exe -Command -" and
// hands on its text.
func (r *run) typed(ctx context.Context, s *session) (err error) {
	id := strings.ReplaceAll(strings.TrimPrefix(newID(), "uuid:"), "-", "")
	input, err := scripts.PlainInput(scripts.PlainRequest{ID: id, Script: r.work.Script, Args: r.work.Args, Verbose: r.work.Verbose})
	if err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	if s.exec, err = s.start(ctx, scripts.ProcessCommand); err != nil {
		return err
	}
	if err := s.feed(ctx, s.exec, input); err != nil && !errors.As(err, new(*fault)) {
		return err
	}
	if err := r.emit(cluster.RunEvent{Kind: cluster.RunInfo, Text: plainNote}); err != nil {
		return err
	}
	r.ready = true
	o := &plainOutput{run: r, head: []byte("<<LA1:" + id + ":")}
	from := newReceiver(s, s.exec)
	for {
		reply, err := from.next(ctx)
		if err != nil {
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
		}
		if reply.state == stateDone {
			return o.end(reply.exitCode, s.stderr)
		}
	}
}

// plainOutput hands on whole lines and keeps the one that says how the script ended.
type plainOutput struct {
	run  *run
	head []byte
	line []byte // not ended yet
	exit *int
}

func (o *plainOutput) take(piece []byte) error {
	o.line = append(o.line, piece...)
	end := bytes.LastIndexByte(o.line, '\n') + 1
	if end == 0 && len(o.line) > maxRunText { // a line without an end
		end = len(o.line) - unfinished(o.line)
	}
	whole := o.line[:end]
	if at := bytes.Index(whole, o.head); at >= 0 && (at == 0 || whole[at-1] == '\n') {
		code, rest, ok := bytes.Cut(whole[at+len(o.head):], []byte(":LA1>>"))
		if n, err := strconv.Atoi(string(code)); ok && err == nil {
			o.exit = &n
			whole = append(whole[:at:at], bytes.TrimLeft(rest, "\r\n")...)
		}
	}
	text := valid(strings.ReplaceAll(string(whole), "\r\n", "\n"))
	o.line = append([]byte(nil), o.line[end:]...)
	for text != "" {
		n := min(len(text), maxRunText)
		for n < len(text) && text[n]&0xc0 == 0x80 {
			n--
		}
		if err := o.run.emit(cluster.RunEvent{Kind: cluster.RunText, Text: text[:n]}); err != nil {
			return err
		}
		text = text[n:]
	}
	return nil
}

func (o *plainOutput) end(exit int, stderr []byte) error {
	if len(o.line) > 0 {
		if err := o.take([]byte("\n")); err != nil {
			return err
		}
	}
	plain, errs, _ := splitCLIXML(stderr)
	said := strings.TrimSpace(plain + errs)
	if said != "" {
		if err := o.run.emit(cluster.RunEvent{Kind: cluster.RunError, Text: valid(said)}); err != nil {
			return err
		}
	}
	// "exit" leaves the last line out as an error does that ends the script; the
	// latter says something.
	o.run.result = &scripts.ConsoleResult{Exit: exit, Failed: o.exit == nil && said != "" && exit <= 1 && exit >= 0}
	switch {
	case o.exit != nil:
		o.run.result.Exit = *o.exit
	case o.run.result.Failed:
		o.run.result.Exit = 1
	}
	return nil
}
