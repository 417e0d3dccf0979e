package powershell

import (
	"errors"
	"strings"
)

// stage is one element of a running pipeline.
type stage interface {
	begin() error
	process(v any) error
	end() error
}

// pipeline runs a pipeline and puts its objects out one by one as they come.
func (in *Interp) pipeline(s *pipeStmt, emit emitter) error {
	if len(s.cmds) == 1 && s.cmds[0].x != nil && len(s.cmds[0].redirs) == 0 {
		return in.expressionStatement(s.cmds[0].x, emit)
	}
	outer := in.errored
	in.errored = false
	err := in.runPipeline(s.cmds, emit)
	in.ok = !in.errored && err == nil
	in.errored = outer
	return err
}

// expressionStatement puts out the value of an expression; ++ and
// assignments in parentheses aside, all have one.
func (in *Interp) expressionStatement(x expr, emit emitter) error {
	v, err := in.expr(x)
	if err != nil {
		return err
	}
	in.ok = true
	if _, silent := x.(*stepExpr); silent {
		return nil
	}
	return in.feed(v, x, emit)
}

// feed unrolls a value into the pipeline. A variable that holds $null is an
// object; a statement without output is not.
func (in *Interp) feed(v any, x expr, to emitter) error {
	list, isList := items(v)
	if !isList {
		if v == nil {
			switch x.(type) {
			case *subExpr, *parenExpr, *arrayExpr, *callExpr:
				return nil
			}
		}
		return to(v)
	}
	for _, y := range list {
		if err := in.step(); err != nil {
			return err
		}
		if err := to(y); err != nil {
			return err
		}
	}
	return nil
}

func (in *Interp) runPipeline(cmds []*command, emit emitter) error {
	stages := make([]stage, len(cmds))
	out := make([]emitter, len(cmds))
	var finish []func() error
	for i, c := range cmds {
		next := emit
		if i+1 < len(cmds) {
			j := i + 1
			next = func(v any) error { return stages[j].process(v) }
		}
		next, done, err := in.redirected(c, next)
		if err != nil {
			return err
		}
		if done != nil {
			finish = append(finish, done)
		}
		out[i] = next
	}
	for i, c := range cmds {
		if c.x != nil {
			if i > 0 {
				return in.located(newError(runtimeException, "ExpressionsMustBeFirstInPipeline", "ParserError", nil, "Expressions are only allowed as the first element of a pipeline."), c.span)
			}
			continue
		}
		st, err := in.command(c, out[i], i > 0)
		if err != nil {
			return err
		}
		stages[i] = st
	}
	for i, st := range stages {
		if st == nil {
			continue
		}
		if err := st.begin(); err != nil {
			return in.located(err, cmds[i].span)
		}
	}
	var err error
	if cmds[0].x != nil {
		var v any
		if v, err = in.expr(cmds[0].x); err == nil {
			err = in.feed(v, cmds[0].x, out[0])
		}
	} else {
		err = stages[0].process(noInput)
	}
	first := 0
	if err != nil {
		// A stage that has enough stops those before it; it and those after end.
		var f *flow
		if !errors.As(err, &f) || f.kind != "stop" {
			return in.located(err, cmds[0].span)
		}
		first = -1
		for i, st := range stages {
			if st != nil && any(st) == f.owner {
				first = i
			}
		}
		if first < 0 {
			return err
		}
	}
	for i := first; i < len(stages); i++ {
		if stages[i] == nil {
			continue
		}
		if err := stages[i].end(); err != nil {
			var f *flow
			if errors.As(err, &f) && f.kind == "stop" {
				for k, st := range stages {
					if k > i && st != nil && any(st) == f.owner {
						i, err = k-1, nil
						break
					}
				}
				if err == nil {
					continue
				}
			}
			return in.located(err, cmds[i].span)
		}
	}
	for _, f := range finish {
		if err := f(); err != nil {
			return err
		}
	}
	return nil
}

// noInput stands for the absence of pipeline input: a first command runs once.
var noInput = new(struct{ _ int })

// command makes the stage of a command.
func (in *Interp) command(c *command, emit emitter, piped bool) (stage, error) {
	target, err := in.resolve(c)
	if err != nil {
		return nil, in.located(err, c.name.at())
	}
	var st stage
	switch t := target.(type) {
	case *Block:
		st, err = in.blockCommand(c, t, emit, piped)
	case *Cmdlet:
		st, err = in.cmdletCommand(c, t, emit, piped)
	}
	if err != nil {
		return nil, in.located(err, c.span)
	}
	if len(c.redirs) > 0 {
		st = &mutedStage{in, c, st, emit}
	}
	return st, nil
}

// resolve finds what a command's name means: *Block or *Cmdlet.
func (in *Interp) resolve(c *command) (any, error) {
	v, err := in.expr(c.name)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case *Block, *Cmdlet:
		return v, nil
	case nil:
		return nil, newError(runtimeException, "BadExpression", "InvalidOperation", nil, "The expression after '%s' in a pipeline element produced an object that was not valid. It must result in a command name, a script block, or a CommandInfo object.", c.call)
	case *Object:
		if v.TypeName() == "System.Management.Automation.CmdletInfo" {
			return in.lookup(toString(v.Get("Name")), c)
		}
	}
	return in.lookup(toString(v), c)
}

func (in *Interp) lookup(name string, c *command) (any, error) {
	if b := in.top.function(lower(name)); b != nil {
		return b, nil
	}
	if cmd := in.cmdlet(name); cmd != nil {
		return cmd, nil
	}
	return nil, commandMissing(name)
}

// cmdlet finds one by name or alias: the host's, then the built-in ones.
func (in *Interp) cmdlet(name string) *Cmdlet {
	key := lower(name)
	for range 3 {
		if in.opts.Host != nil {
			if c := in.opts.Host.Command(key); c != nil {
				return c
			}
		}
		if c := builtins[key]; c != nil {
			return c
		}
		if c, ok := strings.CutPrefix(key, `microsoft.powershell.utility\`); ok {
			key = c
			continue
		}
		next := builtinAliases[key]
		if next == "" && in.opts.Host != nil {
			next = lower(in.opts.Host.Alias(key))
		}
		if next == "" {
			return nil
		}
		key = next
	}
	return nil
}

func commandMissing(name string) *ErrorRecord {
	rec := newError(notFoundException, "CommandNotFoundException", "ObjectNotFound", name, "The term '%s' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.", name)
	rec.Blame = name
	return rec
}

// callWith runs a block with $_ set, in the scope the block was made in, and
// collects its output. This is how Where-Object and ForEach-Object run theirs.
func (in *Interp) callWith(b *Block, v any) ([]any, error) {
	var out []any
	err := in.runWith(b, v, func(x any) error {
		out = append(out, x)
		return in.charge(16, nil)
	})
	return out, err
}

func (in *Interp) runWith(b *Block, v any, emit emitter) error {
	if in.depth++; in.depth > in.opts.MaxDepth {
		in.depth--
		return callDepth()
	}
	top, src := in.top, in.src
	in.top, in.src = b.in, b.src
	old, had := in.top.vars["_"]
	in.top.set("_", v)
	body := b.body.bare
	if b.body.named {
		body = append(append(append([]stmt{}, b.body.begin...), b.body.process...), b.body.end...)
	}
	err := in.statements(body, func(x any) error {
		in.top, in.src = top, src // what comes next in the pipeline runs where it stands
		err := emit(x)
		in.top, in.src = b.in, b.src
		return err
	})
	if had {
		b.in.vars["_"] = old
	} else {
		delete(b.in.vars, "_")
	}
	in.top, in.src = top, src
	in.depth--
	var f *flow
	if errors.As(err, &f) && f.kind == "return" {
		return nil
	}
	return err
}

func callDepth() error {
	return newError("System.Management.Automation.ScriptCallDepthException", "CallDepthOverflow", "InvalidOperation", nil, "The script failed due to call depth overflow.")
}
