package powershell

import (
	"strings"
	"time"
)

func (in *Interp) memberName(x expr) (string, error) {
	v, err := in.expr(x)
	return toString(v), err
}

func (in *Interp) memberValue(x *memberExpr) (any, error) {
	v, err := in.expr(x.x)
	if err != nil {
		return nil, err
	}
	name, err := in.memberName(x.name)
	if err != nil {
		return nil, err
	}
	if x.static {
		t, ok := v.(Type)
		if !ok {
			return nil, unsupported("A static member of a value")
		}
		return in.staticValue(t, name)
	}
	y, _, err := in.property(v, name)
	return y, err
}

// property reads a member of a value. Lists without such a member are asked
// element by element. What does not exist is $null.
func (in *Interp) property(v any, name string) (value any, found bool, err error) {
	key := lower(name)
	switch key {
	case "psobject":
		if v != nil {
			return in.psObject(v), true, nil
		}
	case "count", "length":
		if n, ok := size(v, key); ok {
			return n, true, nil
		}
	}
	switch x := v.(type) {
	case nil:
		return nil, false, nil
	case *Object:
		if p := x.Property(name); p != nil {
			return p.value(), true, nil
		}
	case *Hash:
		if y, ok := x.Get(name); ok {
			return y, true, nil
		}
		switch key {
		case "keys":
			return append([]any{}, x.keys...), true, nil
		case "values":
			return x.Values(), true, nil
		}
	case string:
	case time.Time:
		return dateProperty(x, key)
	case time.Duration:
		return spanProperty(x, key)
	case Enum:
		if key == "value__" {
			return int(x.Value), true, nil
		}
	case Version:
		if n, ok := map[string]int{"major": x.Major, "minor": x.Minor, "build": x.Build, "revision": x.Revision}[key]; ok {
			return n, true, nil
		}
	case Type:
		switch key {
		case "name":
			return shortType(x.Name), true, nil
		case "fullname":
			return x.Name, true, nil
		}
	case *ErrorRecord:
		return errorProperty(x, key)
	case *Block:
	case []any, *List:
		out := []any{}
		any := false
		list, _ := items(x)
		for _, e := range list {
			if err := in.step(); err != nil {
				return nil, false, err
			}
			y, ok, err := in.property(e, name)
			if err != nil {
				return nil, false, err
			}
			if !ok {
				continue
			}
			any = true
			if inner, isList := items(y); isList {
				out = append(out, inner...)
			} else {
				out = append(out, y)
			}
		}
		return collapse(out), any, nil
	}
	return nil, false, nil
}

// size is Count or Length: scalars count one.
func size(v any, key string) (int, bool) {
	switch x := v.(type) {
	case string:
		if key == "length" {
			return len([]rune(x)), true
		}
		return 1, true
	case []any:
		return len(x), true
	case *List:
		if key == "count" {
			return len(x.Items), true
		}
		return 0, false
	case *Hash:
		if _, have := x.Get(key); have {
			return 0, false
		}
		if key == "count" {
			return len(x.keys), true
		}
		return 1, true
	case *Object:
		if x.Property(key) != nil {
			return 0, false
		}
		return 1, !x.custom() // custom objects have no Count in 5.1
	case nil:
		return 0, true
	}
	return 1, true
}

// psObject is the hidden member PSObject: its Properties and TypeNames.
func (in *Interp) psObject(v any) *Object {
	list := []any{}
	for _, p := range in.properties(v) {
		o := NewObject("System.Management.Automation.PSNoteProperty", "MemberType", p.kind(), "IsSettable", p.Get == nil || p.Set != nil, "Name", p.Name, "Value", p.value(), "TypeNameOfValue", typeName(p.value()))
		list = append(list, o)
	}
	types := []any{}
	for _, t := range typeNames(v) {
		types = append(types, t)
	}
	return NewObject("System.Management.Automation.PSObject", "Properties", list, "TypeNames", types)
}

func typeNames(v any) []string {
	if o, ok := v.(*Object); ok {
		return o.Types
	}
	if isNumber(v) {
		return []string{typeName(v), "System.ValueType", "System.Object"}
	}
	return []string{typeName(v), "System.Object"}
}

// properties are all properties of a value.
func (in *Interp) properties(v any) []Property {
	fixed := func(names ...string) []Property {
		var out []Property
		for _, n := range names {
			out = append(out, Property{Name: n, Get: func() any { y, _, _ := in.property(v, n); return y }})
		}
		return out
	}
	switch x := v.(type) {
	case *Object:
		return x.props
	case *Hash:
		return fixed("IsReadOnly", "IsFixedSize", "IsSynchronized", "Keys", "Values", "SyncRoot", "Count")
	case string:
		return fixed("Length")
	case time.Time:
		return fixed("DateTime", "Date", "Day", "DayOfWeek", "DayOfYear", "Hour", "Kind", "Millisecond", "Minute", "Month", "Second", "Ticks", "TimeOfDay", "Year")
	case time.Duration:
		return fixed("Days", "Hours", "Minutes", "Seconds", "Milliseconds", "Ticks", "TotalDays", "TotalHours", "TotalMinutes", "TotalSeconds", "TotalMilliseconds")
	case Version:
		return fixed("Major", "Minor", "Build", "Revision", "MajorRevision", "MinorRevision")
	case *ErrorRecord:
		return fixed("Exception", "TargetObject", "CategoryInfo", "FullyQualifiedErrorId", "ErrorDetails", "InvocationInfo", "ScriptStackTrace", "PipelineIterationInfo")
	case []any, *List:
		return fixed("Count", "Length")
	case Enum:
		return fixed("value__")
	case Type:
		return fixed("Name", "FullName")
	}
	return nil
}

func dateProperty(t time.Time, key string) (any, bool, error) {
	switch key {
	case "year":
		return t.Year(), true, nil
	case "month":
		return int(t.Month()), true, nil
	case "day":
		return t.Day(), true, nil
	case "hour":
		return t.Hour(), true, nil
	case "minute":
		return t.Minute(), true, nil
	case "second":
		return t.Second(), true, nil
	case "millisecond":
		return t.Nanosecond() / 1e6, true, nil
	case "dayofweek":
		return Enum{"System.DayOfWeek", int64(t.Weekday()), t.Weekday().String()}, true, nil
	case "dayofyear":
		return t.YearDay(), true, nil
	case "ticks":
		return wall(t).UnixNano()/100 + unixEpochTicks, true, nil
	case "date":
		y, m, d := t.Date()
		return time.Date(y, m, d, 0, 0, 0, 0, t.Location()), true, nil
	case "timeofday":
		y, m, d := t.Date()
		return t.Sub(time.Date(y, m, d, 0, 0, 0, 0, t.Location())), true, nil
	case "kind":
		return dateKind(t), true, nil
	case "datetime":
		return formatDate(t, "F"), true, nil
	}
	return nil, false, nil
}

func spanProperty(d time.Duration, key string) (any, bool, error) {
	switch key {
	case "days":
		return int(d / (24 * time.Hour)), true, nil
	case "hours":
		return int(d/time.Hour) % 24, true, nil
	case "minutes":
		return int(d/time.Minute) % 60, true, nil
	case "seconds":
		return int(d/time.Second) % 60, true, nil
	case "milliseconds":
		return int(d/time.Millisecond) % 1000, true, nil
	case "ticks":
		return int64(d) / 100, true, nil
	case "totaldays":
		return d.Hours() / 24, true, nil
	case "totalhours":
		return d.Hours(), true, nil
	case "totalminutes":
		return d.Minutes(), true, nil
	case "totalseconds":
		return d.Seconds(), true, nil
	case "totalmilliseconds":
		return float64(d) / 1e6, true, nil
	}
	return nil, false, nil
}

func errorProperty(e *ErrorRecord, key string) (any, bool, error) {
	switch key {
	case "exception":
		x := newException(e.Exception.Type, e.Exception.Message)
		x.Property("HResult").Value = int(e.Exception.HResult)
		return x, true, nil
	case "fullyqualifiederrorid":
		return e.ID, true, nil
	case "targetobject":
		return e.Target, true, nil
	case "categoryinfo":
		o := NewObject("System.Management.Automation.ErrorCategoryInfo", "Category", e.Category, "Activity", e.Activity, "Reason", shortType(e.Exception.Type), "TargetName", toString(e.Target), "TargetType", shortType(typeName(e.Target)))
		o.Text = e.CategoryInfo
		return o, true, nil
	case "invocationinfo":
		return NewObject("System.Management.Automation.InvocationInfo", "MyCommand", e.Activity, "ScriptLineNumber", e.Line, "OffsetInLine", e.Char, "Line", e.Source, "PositionMessage", e.Position()), true, nil
	case "errordetails", "pipelineiterationinfo":
		return nil, true, nil
	case "scriptstacktrace":
		return "at <ScriptBlock>, <No file>: line " + toString(max(e.Line, 1)), true, nil
	}
	return nil, false, nil
}

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
		return in.staticCall(t, name, args)
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
