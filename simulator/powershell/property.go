package powershell

import (
	"time"
)

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
