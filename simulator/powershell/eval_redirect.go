package powershell

import (
	"errors"
)

// redirected applies > and 2>: to $null, to a file, and 2>&1; only what a command
// puts out goes to files. done writes the file, nil if there is none.
func (in *Interp) redirected(c *command, next emitter) (out emitter, done func() error, err error) {
	for _, r := range c.redirs {
		if r.to != "" {
			if r.to != "&1" {
				return nil, nil, in.located(unsupported("The redirection '"+r.from+">"+r.to+"'"), r.span)
			}
			continue
		}
		v, err := in.expr(r.target)
		if err != nil {
			return nil, nil, err
		}
		if v != nil && r.from != "1" && r.from != "*" {
			return nil, nil, in.located(unsupported("Redirecting '"+r.from+">' to a file"), r.span)
		}
		switch {
		case v != nil:
			var list []any
			next = func(v any) error { list = append(list, v); return in.charge(16, nil) }
			done = func() error {
				text, err := in.shown(list, 0)
				if err != nil {
					return err
				}
				return in.located(in.writeText(toString(v), text, r.app), r.span)
			}
		case r.from == "1" || r.from == "*":
			next = discard
		}
	}
	return next, done, nil
}

// muted changes the streams for a command with redirections; call the result afterwards.
func (in *Interp) muted(c *command, next emitter) func() {
	saved := in.out
	for _, r := range c.redirs {
		errs := func(*ErrorRecord) error { return nil }
		text := func(string) error { return nil }
		if r.to == "&1" {
			errs = func(rec *ErrorRecord) error { return next(rec) }
			text = func(s string) error { return next(s) }
		}
		if r.from == "2" || r.from == "*" {
			in.out.Error = errs
		}
		if r.from == "3" || r.from == "*" {
			in.out.Warning = text
		}
		if r.from == "4" || r.from == "*" {
			in.out.Verbose = text
		}
		if r.from == "6" || r.from == "*" {
			in.out.Information = text
			in.out.Host = text
		}
	}
	return func() { in.out = saved }
}

// mutedStage redirects the streams while its stage runs.
type mutedStage struct {
	in   *Interp
	c    *command
	st   stage
	next emitter
}

func (m *mutedStage) run(f func() error) error {
	defer m.in.muted(m.c, m.next)()
	err := f()
	var fl *failure
	if errors.As(err, &fl) && !fl.script && m.in.tryDepth == 0 { // a terminating error is an error too
		m.in.src.place(fl.rec, m.c.span)
		m.in.remember(fl.rec)
		m.in.errored = true
		return m.in.report(fl.rec)
	}
	return err
}

func (m *mutedStage) begin() error { return m.run(m.st.begin) }

func (m *mutedStage) process(v any) error { return m.run(func() error { return m.st.process(v) }) }

func (m *mutedStage) end() error { return m.run(m.st.end) }
