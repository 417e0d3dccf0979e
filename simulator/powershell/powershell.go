// Package powershell is a subset of Windows PowerShell 5.1, good enough for the
// daily lines of a cluster administrator, run against whatever objects its host
// gives it. What it does not know fails as PowerShell fails, or says plainly
// that it is not supported; it never pretends.
//
// Differences by choice: hashtables keep the order of their keys, regular
// expressions are Go's (no look-around), [decimal] does not exist, comparison
// of text ignores culture except case and hyphens.
package powershell

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Host is what a machine has beyond the language.
type Host interface {
	// Command finds a cmdlet or program by name, in any case; nil: there is none.
	Command(name string) *Cmdlet
	// Commands lists the names, for Get-Command and wildcards.
	Commands() []string
	// Alias is the command an alias stands for, "" for none.
	Alias(name string) string
	// Environment is the value of an environment variable.
	Environment(name string) (string, bool)
	// View is how objects of a type are shown, nil: by their properties.
	View(typeName string) *View
}

// Options configure an interpreter.
type Options struct {
	Host         Host                                 // nil: only the built-in cmdlets
	Now          func() time.Time                     // the machine's clock; nil means time.Now
	Zone         *time.Location                       // the machine's time zone; nil means one named "UTC" (DateTime kind Local)
	ComputerName string                               // default "LOCALHOST"
	User         string                               // DOMAIN\user; default `WORKGROUP\user`
	Version      string                               // of PowerShell; default "5.1.20348.2110"
	Constrained  bool                                 // constrained language mode
	Width        int                                  // characters per line of text; default 80
	MaxSteps     int                                  // statements, expressions and pipeline objects per Run; default 5,000,000
	MaxDepth     int                                  // nested calls; default 100
	MaxOutput    int                                  // bytes of output objects per Run; default 64 MiB
	MaxMemory    int                                  // bytes a Run may build in all, freed or not; default 512 MiB
	Wait         func(time.Duration) <-chan time.Time // what Start-Sleep waits on; nil means time.After
}

// Streams take what a script writes, as it is written. A nil function drops.
// An error from one of them stops the script.
type Streams struct {
	Success                              func(v any) error
	Error                                func(*ErrorRecord) error
	Warning, Verbose, Debug, Information func(text string) error
	Progress                             func(Progress) error
	Host                                 func(text string) error // Write-Host, line ends included
	Flush                                func()                  // before a wait: what was held back for layout should be shown
}

// Progress is what Write-Progress tells.
type Progress struct {
	Activity, Status string
	Percent          int // -1: unknown
	Completed        bool
}

// Interp runs scripts. What they leave in the global scope stays for the next
// Run. It is not safe for concurrent use.
type Interp struct {
	opts     Options
	global   *scope
	top      *scope
	src      *source
	patterns map[string]*regexp.Regexp

	ctx        context.Context
	out        Streams
	steps      int
	output     int
	memory     int
	depth      int
	tryDepth   int
	errored    bool // a command of the running statement wrote an error
	ok         bool // $?
	errors     []any
	stopReason *ErrorRecord
	lastExit   any
	exited     bool
	failed     bool   // the last Run was ended by an error
	named      []word // arguments of the Run by name, nil: by position
	callers    []caller
	env        map[string]string
}

// New makes an interpreter.
func New(o Options) *Interp {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.FixedZone("UTC", 0)
	}
	if o.Wait == nil {
		o.Wait = time.After
	}
	text := func(p *string, def string) {
		if *p == "" {
			*p = def
		}
	}
	text(&o.ComputerName, "LOCALHOST")
	text(&o.User, `WORKGROUP\user`)
	text(&o.Version, "5.1.20348.2110")
	def := func(p *int, def int) {
		if *p <= 0 {
			*p = def
		}
	}
	def(&o.Width, 80)
	def(&o.MaxSteps, 5_000_000)
	def(&o.MaxDepth, 100)
	def(&o.MaxOutput, 64<<20)
	def(&o.MaxMemory, 512<<20)
	in := &Interp{opts: o, patterns: map[string]*regexp.Regexp{}, env: map[string]string{}, src: &source{}, ctx: context.Background()}
	in.global = newScope(nil)
	in.top = in.global
	for name, v := range map[string]any{
		"erroractionpreference": "Continue", "warningpreference": "Continue", "verbosepreference": "SilentlyContinue", "debugpreference": "SilentlyContinue",
		"informationpreference": "SilentlyContinue", "progresspreference": "Continue", "confirmpreference": "High", "whatifpreference": false,
		"ofs": " ", "formatenumerationlimit": 4, "pshome": `C:\Windows\System32\WindowsPowerShell\v1.0`, "psculture": "en-US", "psuiculture": "en-US", "shellid": "Microsoft.PowerShell",
		"home": `C:\Users\` + shortUser(o.User), "pid": 4242,
	} {
		in.global.vars[name] = v
	}
	return in
}

func shortUser(user string) string {
	for i := len(user) - 1; i >= 0; i-- {
		if user[i] == '\\' {
			return user[i+1:]
		}
	}
	return user
}

func (in *Interp) now() time.Time { return in.opts.Now().In(in.opts.Zone) }

// JSON is what ConvertTo-Json -InputObject v makes of a value.
func (in *Interp) JSON(v any, depth int, compress bool) (string, error) {
	return in.toJSON(v, depth, compress)
}

// FromJSON is what ConvertFrom-Json makes of a text.
func (in *Interp) FromJSON(text string) (any, error) { return in.fromJSON(text) }

// Exited says whether the last Run ended by an exit statement.
func (in *Interp) Exited() bool { return in.exited }

// Set gives the scripts a global variable.
func (in *Interp) Set(name string, v any) { in.global.set(lower(name), v) }

// Run executes a script. Its exit code is that of "powershell.exe -Command": N
// after exit N, 1 after an error that ended it or when the last statement
// failed, else 0. When ctx ends it returns soon; look at ctx for that.
func (in *Interp) Run(ctx context.Context, script string, args []any, out Streams) (exitCode int) {
	in.ctx, in.out, in.ok, in.top = ctx, out, true, in.global
	in.steps, in.output, in.memory, in.depth, in.tryDepth, in.stopReason = 0, 0, 0, 0, 0, nil
	in.callers, in.exited, in.failed = nil, false, false
	script = strings.ToValidUTF8(script, "\ufffd")
	in.src = newSource(script)
	var body *blockBody
	var err error
	if len(script) > 1<<20 {
		err = &parseError{"ScriptTooComplicated", "The script is longer than 1 MB.", span{}}
	} else {
		body, err = parse(script)
	}
	if err != nil {
		rec := in.parseRecord(err)
		in.remember(rec)
		in.report(rec)
		in.failed = true
		return 1
	}
	err = in.script(body, args)
	var fl *flow
	var f *failure
	switch {
	case errors.As(err, &fl) && fl.kind == "exit":
		in.exited = true
		return fl.code
	case errors.As(err, &f):
		in.report(f.rec)
		in.failed = true
		return 1
	case errors.Is(err, errCanceled):
		in.failed = true
		if in.stopReason != nil {
			in.report(in.stopReason)
		}
		return 1
	}
	if !in.ok {
		return 1
	}
	return 0
}

// script runs the text's own block in the global scope.
func (in *Interp) script(body *blockBody, args []any) error {
	b := &Block{body: body, in: in.global, src: in.src}
	bound, rest := NewHash(), args
	for _, p := range body.params {
		if len(rest) == 0 {
			break
		}
		bound.Set(p.name, rest[0])
		rest = rest[1:]
	}
	f := &blockStage{in: in, block: b, sc: in.global, emit: in.emit}
	var err error
	if in.named != nil {
		bound, rest, err = in.bindWords(body, in.named)
	}
	unknown := err != nil
	if err == nil && body.hasParams {
		err = f.bindValues(bound, rest)
	} else if err == nil {
		in.global.vars["args"] = append([]any{}, rest...)
	}
	if err != nil {
		var rec *ErrorRecord
		if errors.As(err, &rec) && (unknown || rec.Line == 0) {
			rec.Line = -1 // the arguments stand nowhere in the script
		}
		return asFailure(err)
	}
	return f.run(nil)
}

// emit hands an object to the host.
func (in *Interp) emit(v any) error {
	if err := in.step(); err != nil {
		return err
	}
	in.output += 48
	if s, ok := v.(string); ok {
		in.output += len(s)
	}
	if in.output > in.opts.MaxOutput {
		return in.stop("OutputLimit", "The output of the script is larger than %d bytes; the script was stopped.", in.opts.MaxOutput)
	}
	if in.out.Success == nil {
		return nil
	}
	return in.hosted(in.out.Success(v))
}

// hosted makes a host's refusal to take output end the run.
func (in *Interp) hosted(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", errCanceled, err)
	}
	return nil
}

// step counts work and looks for the end of the context.
func (in *Interp) step() error {
	in.steps++
	if in.steps&63 == 0 && in.ctx.Err() != nil {
		return errCanceled
	}
	if in.steps > in.opts.MaxSteps {
		return in.stop("StepLimit", "The script took more than %d steps; it was stopped.", in.opts.MaxSteps)
	}
	return nil
}

// charge counts memory that a value takes; err is passed through.
func (in *Interp) charge(bytes int, err error) error {
	if err != nil {
		return err
	}
	in.memory += bytes
	if in.memory > in.opts.MaxMemory || in.memory < 0 {
		return in.stop("MemoryLimit", "The script built more than %d bytes of data; it was stopped.", in.opts.MaxMemory)
	}
	return nil
}

// stop ends the run with a reason that no script can catch.
func (in *Interp) stop(id, format string, args ...any) error {
	if in.stopReason == nil {
		in.stopReason = newError("System.Management.Automation.PipelineStoppedException", id, "LimitsExceeded", nil, format, args...)
	}
	return errCanceled
}

// remember puts an error into $Error.
func (in *Interp) remember(rec *ErrorRecord) {
	if len(in.errors) > 0 && in.errors[0] == any(rec) {
		return
	}
	in.errors = append([]any{rec}, in.errors[:min(len(in.errors), 255)]...)
}

// report writes an error to its stream.
func (in *Interp) report(rec *ErrorRecord) error {
	if in.out.Error == nil {
		return nil
	}
	return in.hosted(in.out.Error(rec))
}
