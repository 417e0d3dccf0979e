package powershell

import (
	"errors"
	"strings"
)

// emitter takes the objects a statement puts out, one by one.
type emitter func(v any) error

// statements runs them in turn. An error that ends only its statement is
// reported and the next one runs, unless something catches it.
func (in *Interp) statements(list []stmt, emit emitter) error {
	for _, s := range list {
		if err := in.step(); err != nil {
			return err
		}
		err := in.statement(s, emit)
		if err == nil {
			continue
		}
		err = in.located(err, s.at())
		var f *failure
		if !errors.As(err, &f) || errors.Is(err, errCanceled) {
			return err
		}
		in.ok = false
		in.remember(f.rec)
		preference := in.preference("erroractionpreference")
		if preference == "stop" {
			f.script = true
		}
		if in.tryDepth > 0 || f.script {
			return f
		}
		if preference == "silentlycontinue" || preference == "ignore" {
			continue
		}
		if err := in.report(f.rec); err != nil {
			return err
		}
	}
	return nil
}

// collect runs a statement and keeps what it puts out.
func (in *Interp) collect(s stmt) ([]any, error) {
	var out []any
	err := in.statement(s, func(v any) error {
		out = append(out, v)
		return in.charge(16, nil)
	})
	return out, err
}

// valueOf is a statement's output as a value.
func (in *Interp) valueOf(s stmt) (any, error) {
	if p, ok := s.(*pipeStmt); ok && len(p.cmds) == 1 && p.cmds[0].x != nil && len(p.cmds[0].redirs) == 0 {
		v, err := in.expr(p.cmds[0].x) // a lone expression keeps its arrays as they are
		if err == nil {
			in.ok = true
		}
		return v, err
	}
	out, err := in.collect(s)
	return collapse(out), err
}

func (in *Interp) condition(s stmt) (bool, error) {
	v, err := in.valueOf(s)
	return truth(v), err
}

func (in *Interp) statement(s stmt, emit emitter) error {
	switch s := s.(type) {
	case *pipeStmt:
		return in.pipeline(s, emit)
	case *assignStmt:
		if err := in.assignment(s); err != nil {
			return err
		}
		in.ok = true
		return nil
	case *ifStmt:
		for i, c := range s.conds {
			yes, err := in.condition(c)
			if err != nil {
				return in.located(err, c.at())
			}
			if yes {
				return in.statements(s.blocks[i], emit)
			}
		}
		return in.statements(s.other, emit)
	case *loopStmt:
		return in.loop(s, emit)
	case *forStmt:
		return in.forLoop(s, emit)
	case *foreachStmt:
		return in.foreach(s, emit)
	case *switchStmt:
		return in.switchOver(s, emit)
	case *tryStmt:
		return in.try(s, emit)
	case *flowStmt:
		return in.jump(s, emit)
	case *funcStmt:
		in.top.define(lower(s.name), &Block{body: s.body, in: in.top, src: in.src})
		return nil
	}
	return unsupported("This statement")
}

func (in *Interp) try(s *tryStmt, emit emitter) (err error) {
	if s.finally != nil {
		defer func() {
			if ferr := in.statements(s.finally, emit); ferr != nil {
				err = ferr
			}
		}()
	}
	in.tryDepth++
	top, src, depth := in.top, in.src, in.depth
	err = in.statements(s.body, emit)
	in.tryDepth--
	in.top, in.src, in.depth = top, src, depth
	var f *failure
	if !errors.As(err, &f) || errors.Is(err, errCanceled) {
		return err
	}
	for _, c := range s.catches {
		if !in.catches(c, f.rec) {
			continue
		}
		old, had := in.top.vars["_"]
		in.top.set("_", f.rec)
		err := in.statements(c.body, emit)
		if had {
			in.top.vars["_"] = old
		} else {
			delete(in.top.vars, "_")
		}
		return err
	}
	return err
}

// catches says whether a catch clause names the error's exception.
func (in *Interp) catches(c catchClause, rec *ErrorRecord) bool {
	if len(c.types) == 0 {
		return true
	}
	for _, t := range c.types {
		full, ok := resolveType(t)
		if !ok {
			full = t
		}
		if strings.EqualFold(full, rec.Exception.Type) || full == "System.Exception" ||
			full == runtimeException && strings.HasPrefix(rec.Exception.Type, "System.Management.Automation.") {
			return true
		}
	}
	return false
}

func (in *Interp) jump(s *flowStmt, emit emitter) error {
	switch s.kind {
	case "break", "continue":
		return &flow{kind: s.kind, label: s.label}
	case "return":
		if s.value != nil {
			if err := in.statement(s.value, emit); err != nil {
				return err
			}
		}
		return &flow{kind: "return"}
	case "exit":
		code := 0
		if s.value != nil {
			v, err := in.valueOf(s.value)
			if err != nil {
				return err
			}
			n, err := toInteger(v, "System.Int32")
			if err == nil {
				code = n.(int)
			}
		}
		return &flow{kind: "exit", code: code}
	}
	return in.throw(s)
}

func (in *Interp) throw(s *flowStmt) error {
	var v any
	if s.value != nil {
		var err error
		if v, err = in.valueOf(s.value); err != nil {
			return err
		}
	} else if rec, ok := in.top.get("_"); ok {
		v = rec // throw alone in a catch block throws again
	}
	switch x := v.(type) {
	case *ErrorRecord:
		return &failure{rec: x, script: true}
	case *Object:
		if isType(x, "System.Exception") {
			rec := newError(x.TypeName(), toString(x.Get("Message")), "OperationStopped", nil, "%s", toString(x.Get("Message")))
			in.src.place(rec, s.span)
			return &failure{rec: rec, script: true}
		}
	}
	text := toString(v)
	if v == nil {
		text = "ScriptHalted"
	}
	rec := newError(runtimeException, text, "OperationStopped", v, "%s", text)
	in.src.place(rec, s.span)
	return &failure{rec: rec, script: true}
}
