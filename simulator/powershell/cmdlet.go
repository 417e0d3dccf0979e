package powershell

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what a parameter takes; values are converted to it.
type Kind int

// The kinds of parameters.
const (
	KindAny     Kind = iota
	KindString       // string
	KindStrings      // []any of string
	KindInt          // int
	KindLong         // int64
	KindSwitch       // bool, given without a value
	KindBool         // bool
	KindBlock        // *Block
	KindList         // []any
	KindDate         // time.Time
	KindHash         // *Hash
)

// Param is a parameter of a Cmdlet.
type Param struct {
	Name     string
	Aliases  []string
	Kind     Kind
	Position int // from 1; 0: by name only
	// Pipeline binds each pipeline object as a whole, ByName binds its property
	// of the parameter's name or of one of the aliases.
	Pipeline, ByName bool
	Mandatory        bool
	Values           []string // the only ones allowed, in any case
	Rest             bool     // takes all positional arguments that are left
}

// Cmdlet is a command of the host or a built-in one.
type Cmdlet struct {
	Name string
	// Class is the implementing class at the end of FullyQualifiedErrorIds.
	Class  string
	Module string // shown by Get-Command
	Params []Param
	// Application marks programs: their words are passed as the parameter
	// "ArgumentList" unparsed, and they set $LASTEXITCODE.
	Application bool
	// Begin and End run once, Process once for each pipeline object, or once
	// without pipeline input. Each may be nil.
	Begin, Process, End func(*Call) error
}

// Call is one running invocation of a cmdlet.
type Call struct {
	// State is the cmdlet's own, from Begin to End.
	State any
	// Input is the current pipeline object; HasInput tells $null from nothing.
	Input    any
	HasInput bool
	// Exit is the exit code of an Application.
	Exit int

	in        *Interp
	cmd       *Cmdlet
	at        span
	src       *source
	bound     map[string]any
	fixed     map[string]any // what the command line gave, without pipeline input
	emit      emitter
	piped     bool
	action    string // of -ErrorAction, lower case
	warning   string // of -WarningAction
	verbose   bool
	errorVar  string
	outVar    string
	outValues []any
	errValues []any
	owner     stage
	typed     string // the name as written: an alias perhaps
}

// Context ends when the script is to end.
func (c *Call) Context() context.Context { return c.in.ctx }

// Interp is the interpreter that runs the call.
func (c *Call) Interp() *Interp { return c.in }

// Piped says whether objects come from a pipeline.
func (c *Call) Piped() bool { return c.piped }

// Has says whether a parameter was given.
func (c *Call) Has(name string) bool { _, ok := c.bound[lower(name)]; return ok }

// Value is a parameter as given, nil without.
func (c *Call) Value(name string) any { return c.bound[lower(name)] }

// Text is a parameter as text, "" without.
func (c *Call) Text(name string) string { return toString(c.bound[lower(name)]) }

// Texts is a parameter as a list of texts, nil without.
func (c *Call) Texts(name string) []string {
	var out []string
	for _, v := range asItems(c.bound[lower(name)]) {
		out = append(out, toString(v))
	}
	return out
}

// Int is a KindInt parameter, or def.
func (c *Call) Int(name string, def int) int {
	if n, ok := c.bound[lower(name)].(int); ok {
		return n
	}
	return def
}

// On says whether a switch is on.
func (c *Call) On(name string) bool { return truth(c.bound[lower(name)]) }

// Block is a script block parameter, nil without.
func (c *Call) Block(name string) *Block { b, _ := c.bound[lower(name)].(*Block); return b }

// Write puts an object into the pipeline.
func (c *Call) Write(v any) error {
	if err := c.in.step(); err != nil {
		return err
	}
	if c.outVar != "" {
		c.outValues = append(c.outValues, v)
	}
	return c.emit(v)
}

// WriteAll puts the elements of a list into the pipeline.
func (c *Call) WriteAll(list []any) error {
	for _, v := range list {
		if err := c.Write(v); err != nil {
			return err
		}
	}
	return nil
}

// Fail writes a non-terminating error; by -ErrorAction Stop it becomes a
// terminating one, which is the error returned.
func (c *Call) Fail(rec *ErrorRecord) error {
	c.finish(rec)
	in := c.in
	action := c.action
	if action == "" {
		action = in.preference("erroractionpreference")
	}
	in.errored = true
	if action == "ignore" {
		return nil
	}
	if c.errorVar != "" {
		c.errValues = append(c.errValues, rec)
	}
	in.remember(rec)
	switch action {
	case "stop":
		return &failure{rec: rec, script: true}
	case "silentlycontinue":
		return nil
	}
	return in.report(rec)
}

// finish gives a record of this cmdlet its name, class and position.
func (c *Call) finish(rec *ErrorRecord) {
	c.src.place(rec, c.at)
	if rec.Activity == "" && rec.Blame == "" {
		rec.Activity, rec.Blame = c.cmd.Name, c.typed
		if rec.ID == "" {
			rec.ID = c.cmd.Name
		}
		if c.cmd.Class != "" && !strings.Contains(rec.ID, ",") {
			rec.ID += "," + c.cmd.Class
		}
	}
}

// Warn writes a warning.
func (c *Call) Warn(text string) error {
	action := c.warning
	if action == "" {
		action = c.in.preference("warningpreference")
	}
	switch action {
	case "silentlycontinue", "ignore":
		return nil
	case "stop":
		return &failure{rec: newError("System.Management.Automation.ActionPreferenceStopException", "ActionPreferenceStop", "OperationStopped", nil, "The running command stopped because the preference variable \"WarningPreference\" or common parameter is set to Stop: %s", text), script: true}
	}
	return c.in.say(c.in.out.Warning, text)
}

// Verbose writes a verbose message where they are wanted.
func (c *Call) Verbose(text string) error {
	if !c.verbose && c.in.preference("verbosepreference") != "continue" {
		return nil
	}
	return c.in.say(c.in.out.Verbose, text)
}

// Wait sleeps; it returns an error when the script ends meanwhile.
func (c *Call) Wait(d time.Duration) error {
	if d <= 0 {
		return c.in.step()
	}
	if c.in.out.Flush != nil {
		c.in.out.Flush()
	}
	select {
	case <-c.in.ctx.Done():
		return errCanceled
	case <-c.in.opts.Wait(d):
		return nil
	}
}

// Proceed is ShouldProcess: with -WhatIf it tells what would happen and says no.
func (c *Call) Proceed(action, target string) (bool, error) {
	if c.On("Confirm") {
		return false, newError("System.Management.Automation.PSInvalidOperationException", "InvalidOperation", "InvalidOperation", nil, "Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available.")
	}
	whatIf := c.On("WhatIf")
	if !c.Has("WhatIf") {
		v, _ := c.in.top.get("whatifpreference")
		whatIf = truth(v)
	}
	if !whatIf {
		return true, nil
	}
	return false, c.in.host(fmt.Sprintf("What if: Performing the operation %q on target %q.\r\n", action, target))
}

func (in *Interp) say(to func(string) error, text string) error {
	if to == nil {
		return nil
	}
	return in.hosted(to(text))
}

func (in *Interp) host(text string) error { return in.say(in.out.Host, text) }

// Enough stops the commands before this one in the pipeline.
func (c *Call) Enough() error { return &flow{kind: "stop", owner: c.owner} }

// cmdletStage runs a Cmdlet.
type cmdletStage struct {
	in   *Interp
	call *Call
	cmd  *Cmdlet
}

func (s *cmdletStage) run(f func(*Call) error) error {
	if f == nil {
		return nil
	}
	in := s.in
	if err := in.step(); err != nil {
		return err
	}
	top, src := in.top, in.src
	err := f(s.call)
	in.top, in.src = top, src
	var fl *flow
	if err == nil || errors.As(err, &fl) || errors.Is(err, errCanceled) {
		return err
	}
	err = asFailure(err)
	var fail *failure
	if errors.As(err, &fail) && fail.rec.Line == 0 {
		s.call.finish(fail.rec)
		s.in.errored = true
		switch {
		case s.call.action == "stop":
			fail.script = true
		case in.tryDepth == 0 && !fail.script && (s.call.action == "silentlycontinue" || s.call.action == "ignore"):
			in.remember(fail.rec)
			return &flow{kind: "stop", owner: s.call.owner}
		}
	}
	return err
}

func (s *cmdletStage) begin() error { return s.run(s.cmd.Begin) }

func (s *cmdletStage) process(v any) error {
	c := s.call
	c.Input, c.HasInput = v, true
	if v == any(noInput) {
		c.Input, c.HasInput = nil, false
	}
	if c.HasInput {
		ok, err := s.in.bindInput(c, v)
		if err != nil || !ok {
			return err
		}
	}
	if err := c.missing(); err != nil {
		return s.run(func(*Call) error { return err })
	}
	return s.run(s.cmd.Process)
}

func (s *cmdletStage) end() error {
	err := s.run(s.cmd.End)
	c := s.call
	if c.outVar != "" {
		s.in.top.set(lower(c.outVar), &List{"System.Collections.ArrayList", c.outValues})
	}
	if c.errorVar != "" {
		s.in.top.set(lower(c.errorVar), &List{"System.Collections.ArrayList", c.errValues})
	}
	if s.cmd.Application {
		s.in.lastExit = c.Exit
		if c.Exit != 0 {
			s.in.errored = true
		}
	}
	return err
}

// Name is the cmdlet's own name.
func (c *Call) Name() string { return c.cmd.Name }
