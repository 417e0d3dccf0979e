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

var kindTypes = map[Kind]string{KindAny: "System.Object", KindString: "System.String", KindStrings: "System.String[]", KindInt: "System.Int32", KindLong: "System.Int64", KindSwitch: "System.Management.Automation.SwitchParameter",
	KindBool: "System.Boolean", KindBlock: "System.Management.Automation.ScriptBlock", KindList: "System.Object[]", KindDate: "System.DateTime", KindHash: "System.Collections.Hashtable"}

// set converts a value to the parameter's kind and keeps it.
func (in *Interp) set(call *Call, p *Param, v any) error {
	y, err := in.fit(p, v)
	if err != nil {
		return err
	}
	call.bound[lower(p.Name)] = y
	return nil
}

func (in *Interp) fit(p *Param, v any) (any, error) {
	cannot := func(err error) error {
		reason := ""
		if err != nil {
			reason = " " + strings.TrimSuffix(err.Error(), "") + ""
		}
		if reason == "" {
			reason = " Cannot convert value " + quoted(v) + " to type \"" + kindTypes[p.Kind] + "\"."
		}
		rec := bindError("CannotConvertArgumentNoMessage", "Cannot bind parameter '%s'.%s", p.Name, reason)
		return rec
	}
	var y any
	var err error
	switch p.Kind {
	case KindAny:
		y = v
	case KindString:
		if list, ok := items(v); ok && len(list) != 1 {
			return nil, bindError("CannotConvertArgument", "Cannot convert 'System.Object[]' to the type 'System.String' required by parameter '%s'. Specified method is not supported.", p.Name)
		}
		y = toString(v)
	case KindStrings:
		list := []any{}
		for _, x := range asItems(v) {
			list = append(list, toString(x))
		}
		y = list
	case KindList:
		y = asAdded(v)
	case KindSwitch, KindBool:
		if s, ok := v.(string); ok {
			return nil, bindError("CannotConvertArgumentNoMessage", "Cannot process argument transformation on parameter '%s'. Cannot convert value %s to type %q. Boolean parameters accept only Boolean values and numbers, such as $True, $False, 1 or 0.", p.Name, quoted(s), kindTypes[p.Kind])
		}
		y = truth(v)
	case KindInt:
		y, err = in.convert(v, "System.Int32")
	case KindLong:
		y, err = in.convert(v, "System.Int64")
	case KindDate:
		y, err = in.convert(v, "System.DateTime")
	case KindBlock:
		if b, ok := v.(*Block); ok {
			y = b
		} else {
			return nil, cannot(nil)
		}
	case KindHash:
		if h, ok := v.(*Hash); ok {
			y = h
		} else {
			return nil, cannot(nil)
		}
	}
	if err != nil {
		return nil, cannot(err)
	}
	if len(p.Values) > 0 {
		for _, x := range asItems(y) {
			if !oneOf(p.Values, toString(x)) {
				return nil, bindError("ParameterArgumentValidationError", "Cannot validate argument on parameter '%s'. The argument %q does not belong to the set %q specified by the ValidateSet attribute. Supply an argument that is in the set and then try the command again.", p.Name, toString(x), strings.Join(p.Values, ","))
			}
		}
	}
	return y, nil
}

func oneOf(list []string, s string) bool {
	for _, x := range list {
		if equalFold(x, s) {
			return true
		}
	}
	return false
}

// bindInput binds a pipeline object; ok is false if no parameter takes it and
// an error was written.
func (in *Interp) bindInput(c *Call, v any) (ok bool, err error) {
	c.bound = map[string]any{}
	for k, x := range c.fixed {
		c.bound[k] = x
	}
	accepts, bound := false, false
	for i := range c.cmd.Params {
		p := &c.cmd.Params[i]
		if _, have := c.bound[lower(p.Name)]; have {
			continue
		}
		if p.ByName {
			accepts = true
			if o, isObject := v.(*Object); isObject {
				for _, name := range append([]string{p.Name}, p.Aliases...) {
					prop := o.Property(name)
					if prop == nil {
						continue
					}
					if y, err := in.fit(p, prop.value()); err == nil {
						c.bound[lower(p.Name)], bound = y, true
					}
					break
				}
				if bound {
					continue
				}
			}
		}
		if p.Pipeline {
			accepts = true
			if _, isObject := v.(*Object); isObject && p.ByName && (p.Kind == KindString || p.Kind == KindStrings) {
				continue // an object without that property is no name
			}
			if y, err := in.fit(p, v); err == nil {
				c.bound[lower(p.Name)], bound = y, true
			}
		}
	}
	if accepts && bound {
		return true, nil
	}
	rec := bindError("InputObjectNotBound", "The input object cannot be bound to any parameters for the command either because the command does not take pipeline input or the input and its properties do not match any of the parameters that take pipeline input.")
	rec.Target = v
	return false, c.Fail(rec)
}

// missing is the error of a mandatory parameter that was not given.
func (c *Call) missing() error {
	var names []string
	for _, p := range c.cmd.Params {
		if _, ok := c.bound[lower(p.Name)]; p.Mandatory && !ok {
			names = append(names, p.Name)
		}
	}
	if names == nil {
		return nil
	}
	return bindError("MissingMandatoryParameter", "Cannot process command because of one or more missing mandatory parameters: %s.", strings.Join(names, " "))
}
