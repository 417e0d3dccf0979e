package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

// interpreter makes the PowerShell of one powershell.exe on the node.
func (h *host) interpreter() *powershell.Interp {
	return powershell.New(powershell.Options{
		Host: newConsole(h), Now: h.time, ComputerName: strings.ToUpper(h.node.Name), User: h.whoami(), Version: h.psVersion(), Constrained: h.shell == shellConstrained,
		Width: 120, // of the console of Windows Server 2019 and later
	})
}

// script runs a text as a whole program: objects as text on standard output,
// the other streams as CLIXML on standard error.
func (h *host) script(ctx context.Context, p *wsman.Process, text string) (code int) {
	in := h.interpreter()
	errs := &clixml{w: p.Stderr}
	line := func(s string) error {
		_, err := fmt.Fprintf(p.Stdout, "%s\r\n", s)
		return err
	}
	w := in.NewWriter(0, line)
	code = h.run(ctx, in, text, nil, powershell.Streams{
		Success: w.Write,
		Error:   func(e *powershell.ErrorRecord) error { return errs.lines("Error", e.Lines()) },
		Warning: func(s string) error { return errs.lines("warning", strings.Split(s, "\n")) },
		Verbose: func(s string) error { return errs.lines("verbose", strings.Split(s, "\n")) },
		Debug:   func(s string) error { return errs.lines("debug", strings.Split(s, "\n")) },
		Host: func(s string) error {
			_, err := io.WriteString(p.Stdout, s)
			return err
		},
		Information: line,
		Progress:    errs.progress,
		Flush:       func() { _ = w.Flush() }, // an output that is closed ends the next write
	})
	if ctx.Err() != nil {
		return terminated
	}
	if err := w.Close(); err != nil {
		return terminated
	}
	return code
}

// run runs a script. A fault of the interpreter's own ends the script with an
// error, not the simulation.
func (h *host) run(ctx context.Context, in *powershell.Interp, text string, args []any, out powershell.Streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			h.sim.log.Error("the simulated PowerShell failed", "cluster", h.cluster.shape.Name, "node", h.node.Name, "err", fmt.Sprint(r), "stack", string(debug.Stack()))
			_ = out.Error(powershell.NewError("System.Management.Automation.RuntimeException", "InternalError", "NotSpecified", nil, "This simulated PowerShell failed on the script; that is its own mistake."))
			code = 1
		}
	}()
	return in.Run(ctx, text, args, out)
}

// loopOther runs text that is no question and frames what comes of it.
func (h *host) loopOther(ctx context.Context, p *wsman.Process, in *powershell.Interp, q loopRequest) (exit int, done bool) {
	b, fail, code := h.valueOf(ctx, in, q.Script, q.Args)
	switch {
	case ctx.Err() != nil:
		return terminated, true
	case in.Exited():
		return code, true
	case fail == nil:
		return terminated, writeFrame(p.Stdout, q.ID, "ok", b) != nil
	}
	text, err := json.Marshal(fail)
	return terminated, err != nil || writeFrame(p.Stdout, q.ID, "err", text) != nil
}

// valueOf runs text that is no question: what it writes becomes the value, as
// ConvertTo-Json makes it; an error of any kind is the answer instead, because
// $ErrorActionPreference is Stop.
func (h *host) valueOf(ctx context.Context, in *powershell.Interp, script string, arguments json.RawMessage) (value []byte, fail *loopError, code int) {
	in.Set("ErrorActionPreference", "Stop")
	in.Set("ProgressPreference", "SilentlyContinue")
	var out []any
	var rec *powershell.ErrorRecord
	var args []any
	if len(arguments) > 0 && string(arguments) != "null" {
		v, err := in.FromJSON(string(arguments))
		if err != nil {
			return nil, &loopError{Message: "Invalid JSON primitive.", Type: "System.ArgumentException", Id: "System.ArgumentException,Microsoft.PowerShell.Commands.ConvertFromJsonCommand", HResult: -2147024809}, 1
		}
		args = []any{v}
	}
	code = h.run(ctx, in, script, args, powershell.Streams{
		Success: func(v any) error { out = append(out, v); return nil },
		Error:   func(e *powershell.ErrorRecord) error { rec = e; return nil },
	})
	if ctx.Err() != nil || in.Exited() {
		return nil, nil, code
	}
	if rec == nil {
		var v any = out
		switch len(out) {
		case 0:
			v = nil
		case 1:
			v = out[0]
		}
		b, err := in.JSON(v, 6, true)
		if err == nil {
			return []byte(b), nil, code
		}
		if !errors.As(err, &rec) {
			rec = powershell.NewError("System.InvalidOperationException", "System.InvalidOperationException", "InvalidOperation", nil, err.Error())
		}
	}
	return nil, &loopError{rec.Message(), rec.Exception.Type, rec.Exception.HResult, rec.ID, rec.Position()}, code
}

// clixml is standard error as powershell.exe writes it when its streams are
// redirected: one heading, then records.
type clixml struct {
	w       io.Writer
	started bool
}

const clixmlSpace = `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">`

func (c *clixml) write(inside string) error {
	head := ""
	if !c.started {
		head, c.started = "#< CLIXML\r\n", true
	}
	_, err := io.WriteString(c.w, head+clixmlSpace+inside+"</Objs>")
	return err
}

func (c *clixml) lines(stream string, lines []string) error {
	var b strings.Builder
	for _, l := range lines {
		l = xmlText.Replace(strings.TrimSuffix(l, "\r"))
		if stream == "Error" {
			l += "_x000D__x000A_"
		}
		b.WriteString(`<S S="` + stream + `">` + l + `</S>`)
	}
	return c.write(b.String())
}

// progress writes a record as powershell.exe does ("Preparing modules for first
// use." is the one that everybody knows).
func (c *clixml) progress(p powershell.Progress) error {
	kind, status := "Processing", p.Status
	if p.Completed {
		kind = "Completed"
	}
	if status == "" {
		status = " "
	}
	return c.write(`<Obj S="progress" RefId="0"><TN RefId="0"><T>System.Management.Automation.PSCustomObject</T><T>System.Object</T></TN><MS><I64 N="SourceId">1</I64><PR N="Record"><AV>` +
		xmlText.Replace(p.Activity) + `</AV><AI>0</AI><Nil /><PI>-1</PI><PC>` + fmt.Sprint(p.Percent) + `</PC><T>` + kind + `</T><SR>-1</SR><SD>` + xmlText.Replace(status) + `</SD></PR></MS></Obj>`)
}
