package powershell

import (
	"errors"
	"sort"
	"strings"
)

// common are the parameters every cmdlet and advanced function has.
var common = []Param{
	{Name: "ErrorAction", Aliases: []string{"ea"}, Kind: KindString, Values: []string{"SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore"}},
	{Name: "WarningAction", Aliases: []string{"wa"}, Kind: KindString, Values: []string{"SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore"}},
	{Name: "InformationAction", Aliases: []string{"infa"}, Kind: KindString},
	{Name: "Verbose", Aliases: []string{"vb"}, Kind: KindSwitch},
	{Name: "Debug", Aliases: []string{"db"}, Kind: KindSwitch},
	{Name: "ErrorVariable", Aliases: []string{"ev"}, Kind: KindString},
	{Name: "WarningVariable", Aliases: []string{"wv"}, Kind: KindString},
	{Name: "OutVariable", Aliases: []string{"ov"}, Kind: KindString},
}

// word is one argument of a command line, evaluated.
type word struct {
	span
	param string
	value any
	has   bool // a value came with it
	bare  bool
}

// words evaluates the arguments; splatted variables become several.
func (in *Interp) words(c *command) ([]word, error) {
	var out []word
	for _, a := range c.args {
		if v, ok := a.value.(*varExpr); ok && v.splat {
			x, err := in.variable(v.scope, v.name)
			if err != nil {
				return nil, err
			}
			switch x := x.(type) {
			case *Hash:
				for _, k := range x.keys {
					y, _ := x.Get(k)
					out = append(out, word{span: a.span, param: toString(k), value: y, has: true})
				}
			default:
				for _, y := range asItems(x) {
					out = append(out, word{span: a.span, value: y, has: true})
				}
			}
			continue
		}
		w := word{span: a.span, param: a.param}
		if a.value != nil {
			v, err := in.expr(a.value)
			if err != nil {
				return nil, err
			}
			w.value, w.has = v, true
			if k, ok := a.value.(*constExpr); ok {
				w.bare = k.bare
			}
		}
		out = append(out, w)
	}
	return out, nil
}

func bindError(id, format string, args ...any) *ErrorRecord {
	return newError(bindingException, id, "InvalidArgument", nil, format, args...)
}

// match finds the parameter a name means: exact, alias, or the only one that
// begins so.
func match(params []Param, name string) (*Param, error) {
	var found []*Param
	for _, list := range [][]Param{params, common} {
		for i := range list {
			p := &list[i]
			if equalFold(p.Name, name) {
				return p, nil
			}
			for _, a := range p.Aliases {
				if equalFold(a, name) {
					return p, nil
				}
			}
			if len(p.Name) > len(name) && equalFold(p.Name[:len(name)], name) {
				found = append(found, p)
			}
		}
		if len(found) == 1 && len(list) == len(params) {
			return found[0], nil
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, bindError("NamedParameterNotFound", "A parameter cannot be found that matches parameter name '%s'.", name)
	}
	var names []string
	for _, p := range found {
		names = append(names, "-"+p.Name)
	}
	return nil, bindError("AmbiguousParameter", "Parameter cannot be processed because the parameter name '%s' is ambiguous. Possible matches include: %s.", name, strings.Join(names, " "))
}

// cmdletCommand binds the arguments of a cmdlet and makes its stage.
func (in *Interp) cmdletCommand(c *command, cmd *Cmdlet, emit emitter, piped bool) (stage, error) {
	call := &Call{in: in, cmd: cmd, at: c.span, src: in.src, bound: map[string]any{}, emit: emit, piped: piped, typed: cmd.Name}
	if name, ok := c.name.(*constExpr); ok {
		call.typed = toString(name.value)
	}
	st := &cmdletStage{in, call, cmd}
	call.owner = st
	if cmd.Application {
		words, err := in.words(c)
		if err != nil {
			return nil, err
		}
		args := []any{}
		for i, w := range words {
			switch {
			case w.param != "":
				args = append(args, in.src.text[c.args[min(i, len(c.args)-1)].start:c.args[min(i, len(c.args)-1)].end])
			default:
				args = append(args, asItems(w.value)...)
			}
		}
		call.bound["argumentlist"] = args
		return st, nil
	}
	if err := in.bind(call, c); err != nil {
		var rec *ErrorRecord
		if errors.As(err, &rec) {
			call.finish(rec)
		}
		return nil, err
	}
	return st, nil
}

func (in *Interp) bind(call *Call, c *command) error {
	words, err := in.words(c)
	if err != nil {
		return err
	}
	params := call.cmd.Params
	at := func(err error, w word) error {
		var rec *ErrorRecord
		if errors.As(err, &rec) {
			in.src.place(rec, w.span)
		}
		return err
	}
	var positional []word
	for i := 0; i < len(words); i++ {
		w := words[i]
		if w.param == "" {
			positional = append(positional, w)
			continue
		}
		p, err := match(params, w.param)
		if err != nil {
			return at(err, w)
		}
		v := w.value
		switch {
		case p.Kind == KindSwitch && !w.has:
			v = true
		case p.Kind == KindSwitch:
		case !w.has:
			if i+1 >= len(words) || words[i+1].param != "" && words[i+1].span.end > 0 {
				return at(bindError("MissingArgument", "Missing an argument for parameter '%s'. Specify a parameter of type '%s' and try again.", p.Name, kindTypes[p.Kind]), w)
			}
			i++
			v = words[i].value
		}
		if _, twice := call.bound[lower(p.Name)]; twice {
			return at(bindError("ParameterAlreadyBound", "Cannot bind parameter because parameter '%s' is specified more than once. To provide multiple values to parameters that can accept multiple values, use the array syntax. For example, \"-parameter value1,value2,value3\".", p.Name), w)
		}
		if err := in.set(call, p, v); err != nil {
			return at(err, w)
		}
	}
	if err := in.bindPositional(call, params, positional); err != nil {
		return err
	}
	call.fixed = map[string]any{}
	for k, v := range call.bound {
		call.fixed[k] = v
	}
	call.action, call.warning, call.verbose = lower(call.Text("ErrorAction")), lower(call.Text("WarningAction")), call.On("Verbose")
	call.errorVar, call.outVar = strings.TrimPrefix(call.Text("ErrorVariable"), "+"), strings.TrimPrefix(call.Text("OutVariable"), "+")
	if v := call.Text("WarningVariable"); v != "" {
		return unsupported("The parameter -WarningVariable")
	}
	return nil
}

func (in *Interp) bindPositional(call *Call, params []Param, given []word) error {
	var free []*Param
	var rest *Param
	for i := range params {
		p := &params[i]
		if _, bound := call.bound[lower(p.Name)]; bound {
			continue
		}
		if p.Rest {
			rest = p
		} else if p.Position > 0 {
			free = append(free, p)
		}
	}
	sort.SliceStable(free, func(a, b int) bool { return free[a].Position < free[b].Position })
	var left []any
	for i, w := range given {
		switch {
		case i < len(free):
			if err := in.set(call, free[i], w.value); err != nil {
				var rec *ErrorRecord
				if errors.As(err, &rec) {
					in.src.place(rec, w.span)
				}
				return err
			}
		case rest != nil:
			left = append(left, w.value)
		default:
			rec := bindError("PositionalParameterNotFound", "A positional parameter cannot be found that accepts argument '%s'.", toString(w.value))
			return rec
		}
	}
	if rest != nil && len(left) > 0 {
		var v any = left
		if len(left) == 1 {
			v = left[0]
		}
		return in.set(call, rest, v)
	}
	return nil
}
