package powershell

import (
	"context"
	"strings"
	"time"
)

// Result is how a script ended that RunNamed ran.
type Result struct {
	// Exit is N after exit N, 1 after an error that ended the script, else
	// $LASTEXITCODE or 0.
	Exit int
	// Failed is that an error ended it, or that it could not be parsed.
	Failed bool
}

// RunNamed executes a script as Run does, with arguments by name, as
// PowerShell.AddParameters binds them. Names without a parameter are in $args.
func (in *Interp) RunNamed(ctx context.Context, script string, args *Hash, out Streams) Result {
	in.named = []word{}
	if args != nil {
		for _, k := range args.Keys() {
			v, _ := args.Get(k)
			in.named = append(in.named, word{param: toString(k), value: v, has: true})
		}
	}
	defer func() { in.named = nil }()
	code := in.Run(ctx, script, nil, out)
	r := Result{Exit: code, Failed: in.failed}
	if !in.exited && !in.failed {
		r.Exit = 0
		if n, ok := toNumber(in.lastExit); ok {
			r.Exit = int(n.i)
		}
	}
	return r
}

// Builtins are the names of the cmdlets every interpreter has.
func Builtins() []string {
	var names []string
	for _, c := range builtins {
		names = append(names, c.Name)
	}
	return names
}

// Record is an object as a row.
type Record struct {
	Type   string
	Names  []string
	Values []any // string, float64, bool or nil
}

// recordList is how many elements of a list are told ($FormatEnumerationLimit).
const recordList = 4

// RecordOf is an object as a row of at most most properties: those PowerShell shows,
// or else all. ok is false for what is text only: strings, numbers, dates, arrays,
// and what Format-Table and its kin put out.
func (in *Interp) RecordOf(v any, most int) (r Record, ok bool) {
	switch v := v.(type) {
	case nil, time.Time, []any, *List, *layout, *entry, *layoutEnd:
		return r, false
	case *Hash:
		for _, k := range v.Keys() {
			if len(r.Names) < most {
				x, _ := v.Get(k)
				r.Names, r.Values = append(r.Names, toString(k)), append(r.Values, recordValue(x))
			}
		}
		r.Type = typeName(v)
		return r, len(r.Names) > 0
	case *Object:
		if _, scalar := scalarLines(v); scalar {
			return r, false
		}
		names := v.Shown
		if len(names) == 0 {
			names = v.Names()
		}
		for _, name := range names[:min(len(names), most)] {
			r.Names, r.Values = append(r.Names, name), append(r.Values, recordValue(v.Get(name)))
		}
		r.Type = v.TypeName()
		return r, len(r.Names) > 0
	}
	return r, false
}

// recordValue is a property's value as a string, a number, true, false or nil.
func recordValue(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case time.Time:
		return v.Format("2006-01-02T15:04:05.0000000-07:00")
	case string:
		return v
	case Enum, Char:
		return toString(v)
	}
	if list, ok := items(v); ok {
		var parts []string
		for i, x := range list {
			if i == recordList {
				parts = append(parts, "...")
				break
			}
			parts = append(parts, toString(x))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	if n, ok := toNumber(v); ok && isNumber(v) {
		return n.float64()
	}
	return toString(v)
}
