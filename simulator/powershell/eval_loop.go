package powershell

import (
	"errors"
)

// loopEnd says what a body's error means to its loop.
func loopEnd(err error, label string) (leave bool, _ error) {
	var f *flow
	if !errors.As(err, &f) || f.kind != "break" && f.kind != "continue" || f.label != "" && f.label != label {
		return true, err
	}
	return f.kind == "break", nil
}

func (in *Interp) loop(s *loopStmt, emit emitter) error {
	for first := true; ; first = false {
		if err := in.step(); err != nil {
			return err
		}
		if !s.post || !first {
			yes, err := in.condition(s.cond)
			if err != nil {
				return in.located(err, s.cond.at())
			}
			if yes == s.untilTrue {
				return nil
			}
		}
		if err := in.statements(s.body, emit); err != nil {
			if leave, err := loopEnd(err, s.label); leave || err != nil {
				return err
			}
		}
	}
}

func discard(any) error { return nil }

func (in *Interp) forLoop(s *forStmt, emit emitter) error {
	if s.init != nil {
		if err := in.statement(s.init, discard); err != nil {
			return err
		}
	}
	for {
		if err := in.step(); err != nil {
			return err
		}
		if s.cond != nil {
			if yes, err := in.condition(s.cond); err != nil || !yes {
				return err
			}
		}
		if err := in.statements(s.body, emit); err != nil {
			if leave, err := loopEnd(err, s.label); leave || err != nil {
				return err
			}
		}
		if s.next != nil {
			if err := in.statement(s.next, discard); err != nil {
				return err
			}
		}
	}
}

func (in *Interp) foreach(s *foreachStmt, emit emitter) error {
	v, err := in.valueOf(s.in)
	if err != nil {
		return err
	}
	list := asItems(v)
	for _, x := range list {
		if err := in.step(); err != nil {
			return err
		}
		if err := in.setVariable(s.name.scope, s.name.name, x); err != nil {
			return err
		}
		if err := in.statements(s.body, emit); err != nil {
			if leave, err := loopEnd(err, s.label); leave || err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *Interp) switchOver(s *switchStmt, emit emitter) error {
	v, err := in.valueOf(s.value)
	if err != nil {
		return err
	}
	list, isList := items(v)
	if !isList {
		list = []any{v}
	}
	old, had := in.top.vars["_"]
	defer func() {
		if had {
			in.top.vars["_"] = old
		} else {
			delete(in.top.vars, "_")
		}
	}()
	for _, x := range list {
		in.top.set("_", x)
		matched := false
		for i, test := range s.tests {
			if test == nil {
				continue
			}
			yes, err := in.switchTest(s, test, x)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
			matched = true
			if err := in.statements(s.blocks[i], emit); err != nil {
				leave, err := loopEnd(err, s.label)
				if leave || err != nil {
					return err
				}
				break // continue: the next value
			}
		}
		for i, test := range s.tests {
			if test != nil || matched {
				continue
			}
			if err := in.statements(s.blocks[i], emit); err != nil {
				if leave, err := loopEnd(err, s.label); leave || err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (in *Interp) switchTest(s *switchStmt, test expr, x any) (bool, error) {
	t, err := in.expr(test)
	if err != nil {
		return false, err
	}
	if b, ok := t.(*Block); ok {
		out, err := in.callWith(b, x)
		return truth(collapse(out)), err
	}
	switch {
	case s.regex:
		return in.compare("match", x, t, s.caseSens, true)
	case s.wildcard:
		return in.compare("like", x, t, s.caseSens, false)
	}
	return in.equal(x, t, s.caseSens), nil
}
