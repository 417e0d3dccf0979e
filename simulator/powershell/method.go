package powershell

import (
	"strings"
	"time"
)

// call is a method call.
func (in *Interp) call(x *callExpr) (any, error) {
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	name, err := in.memberName(x.name)
	if err != nil {
		return nil, err
	}
	args := make([]any, len(x.args))
	for i, a := range x.args {
		if args[i], err = in.expr(a); err != nil {
			return nil, err
		}
	}
	if x.static {
		t, ok := v.(Type)
		if !ok {
			return nil, unsupported("A static method of a value")
		}
		if in.opts.Constrained && !CoreType(t.Name) {
			return nil, notInConstrained()
		}
		return in.staticCall(t, name, args)
	}
	if in.opts.Constrained && v != nil && !CoreType(typeName(v)) {
		return nil, notInConstrained()
	}
	if v == nil {
		return nil, newError(runtimeException, "InvokeMethodOnNull", "InvalidOperation", nil, "You cannot call a method on a null-valued expression.")
	}
	return in.method(v, name, args)
}

// method calls a method of a value; on a list that has none of that name, of
// each element.
func (in *Interp) method(v any, name string, args []any) (any, error) {
	key := lower(name)
	out, known, err := in.valueMethod(v, key, args)
	if known || err != nil {
		return out, err
	}
	if list, ok := items(v); ok && len(list) > 0 {
		results := []any{}
		for _, e := range list {
			if err := in.step(); err != nil {
				return nil, err
			}
			if e == nil {
				return nil, newError(runtimeException, "InvokeMethodOnNull", "InvalidOperation", nil, "You cannot call a method on a null-valued expression.")
			}
			y, err := in.method(e, name, args)
			if err != nil {
				return nil, err
			}
			if y != nil {
				results = append(results, y)
			}
		}
		return collapse(results), nil
	}
	return nil, newError(methodMissing, "MethodNotFound", "InvalidOperation", nil, "Method invocation failed because [%s] does not contain a method named '%s'.", typeName(v), name)
}

// overload is the error of a method called with the wrong number of arguments.
func overload(name string, n int) error {
	return newError("System.Management.Automation.MethodException", "MethodCountCouldNotFindBest", "NotSpecified", nil, "Cannot find an overload for %q and the argument count: \"%d\".", name, n)
}

// thrown is an exception inside a method.
func thrown(method string, n int, id, message string) error {
	return newError(methodException, id, "NotSpecified", nil, "Exception calling %q with \"%d\" argument(s): %q", method, n, message)
}

func (in *Interp) valueMethod(v any, key string, args []any) (out any, known bool, err error) {
	switch key {
	case "tostring":
		return in.toStringMethod(v, args)
	case "gettype":
		return Type{typeName(v)}, true, nil
	case "equals":
		if len(args) != 1 {
			return nil, true, overload("Equals", len(args))
		}
		return in.equal(v, args[0], true), true, nil
	case "gethashcode":
		return len(toString(v)), true, nil
	case "compareto":
		if len(args) != 1 {
			return nil, true, overload("CompareTo", len(args))
		}
		c, err := in.order(v, args[0], true)
		return c, true, err
	}
	switch x := v.(type) {
	case *Object:
		if m, ok := x.Methods[key]; ok {
			y, err := m.Call(args)
			return y, true, err
		}
	case string:
		return in.stringMethod(x, key, args)
	case time.Time:
		return in.dateMethod(x, key, args)
	case time.Duration:
		return in.spanMethod(x, key, args)
	case []any:
		return in.arrayMethod(x, key, args)
	case *List:
		return in.listMethod(x, key, args)
	case *Hash:
		return in.hashMethod(x, key, args)
	case *Block:
		switch key {
		case "invoke", "invokereturnasis":
			y, err := in.invoke(x, args)
			return collapse(y), true, err
		}
	case *encoding:
		return in.encodingMethod(x, key, args)
	}
	return nil, false, nil
}

func (in *Interp) toStringMethod(v any, args []any) (any, bool, error) {
	format := ""
	if len(args) > 0 {
		format = toString(args[0])
	}
	if o, ok := v.(*Object); ok {
		if m, ok := o.Methods["tostring"]; ok {
			y, err := m.Call(args)
			return y, true, err
		}
		return o.String(), true, nil
	}
	if format == "" {
		if t, ok := v.(time.Time); ok {
			return formatDate(t, "G"), true, nil
		}
		if _, isList := items(v); isList {
			return typeName(v), true, nil
		}
		return toString(v), true, nil
	}
	s, err := formatValue(v, format)
	return s, true, err
}

// argument conversions for method tables

func (in *Interp) intArg(args []any, i int) (int, error) {
	v, err := toInteger(args[i], "System.Int32")
	if err != nil {
		return 0, err
	}
	return v.(int), nil
}

var trimmers = map[string]func(string, string) string{
	"trim":      strings.Trim,
	"trimstart": strings.TrimLeft,
	"trimend":   strings.TrimRight,
}
