package powershell

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// convert is a cast to the type of that full name.
func (in *Interp) convert(v any, full string) (any, error) {
	if element, ok := strings.CutSuffix(full, "[]"); ok {
		list := asItems(v)
		out := make([]any, 0, len(list))
		for _, x := range list {
			y, err := in.convert(x, element)
			if err != nil {
				return nil, err
			}
			out = append(out, y)
		}
		return out, nil
	}
	if _, integer := bounds[full]; integer {
		return toInteger(v, full)
	}
	bad := func(reason string) error {
		return newError(castException, "InvalidCastParseTargetInvocation", "InvalidArgument", nil, "Cannot convert value %s to type %q.%s", quoted(v), full, reason)
	}
	switch full {
	case "System.Object", "System.Management.Automation.PSObject":
		return v, nil
	case "System.Void":
		return nil, nil
	case "System.String":
		return toText(v, " ", 8), nil
	case "System.Boolean", "System.Management.Automation.SwitchParameter":
		if s, ok := v.(string); ok && full == "System.Management.Automation.SwitchParameter" && s != "" {
			return nil, bad("")
		}
		return truth(v), nil
	case "System.Char":
		if s := []rune(toString(v)); len(s) == 1 && !isNumber(v) {
			return Char(s[0]), nil
		}
		if n, ok := toNumber(v); ok && n.float64() >= 0 && n.float64() <= 0xffff {
			return Char(rune(n.float64())), nil
		}
		return nil, bad(" Error: \"String must be exactly one character long.\"")
	case "System.Double", "System.Single":
		n, err := in.numeric(v)
		if err != nil {
			return nil, bad(" Error: \"Input string was not in a correct format.\"")
		}
		if full == "System.Single" {
			return float32(n.float64()), nil
		}
		return n.float64(), nil
	case "System.DateTime":
		switch v := v.(type) {
		case time.Time:
			return v, nil
		case string:
			if t, ok := parseDate(v, in.opts.Zone, in.now()); ok {
				return t, nil
			}
			return nil, bad(" Error: \"String was not recognized as a valid DateTime.\"")
		}
		if n, ok := toNumber(v); ok && !n.float && n.i >= 0 {
			return ticksToTime(n.i), nil
		}
		return nil, bad("")
	case "System.TimeSpan":
		switch v := v.(type) {
		case time.Duration:
			return v, nil
		case string:
			if d, ok := parseSpan(v); ok {
				return d, nil
			}
			return nil, bad(" Error: \"String was not recognized as a valid TimeSpan.\"")
		}
		if n, ok := toNumber(v); ok && !n.float && math.Abs(n.float64()) < math.MaxInt64/100 {
			return time.Duration(n.i) * 100, nil
		}
		return nil, bad("")
	case "System.Version":
		if x, ok := v.(Version); ok {
			return x, nil
		}
		if x, ok := parseVersion(toString(v)); ok {
			return x, nil
		}
		return nil, bad("")
	case "System.Guid":
		if s := strings.ToLower(strings.Trim(toString(v), "{}")); guidText.MatchString(s) {
			return newGuid(s), nil
		}
		return nil, bad(" Error: \"Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).\"")
	case "System.Array":
		if l, ok := items(v); ok {
			return l, nil
		}
		return []any{v}, nil
	case CustomType:
		switch v := v.(type) {
		case *Hash:
			return v.custom(), nil
		}
		return v, nil
	case "System.Collections.Hashtable", "System.Collections.IDictionary":
		if h, ok := v.(*Hash); ok {
			return h, nil
		}
		return nil, bad("")
	case "System.Collections.Specialized.OrderedDictionary":
		if h, ok := v.(*Hash); ok {
			h.Ordered = true
			return h, nil
		}
		return nil, bad("")
	case "System.Collections.ArrayList":
		return &List{full, append([]any(nil), asItems(v)...)}, nil
	case "System.Management.Automation.ScriptBlock":
		if b, ok := v.(*Block); ok {
			return b, nil
		}
		return nil, bad("")
	case "System.Type":
		if t, ok := v.(Type); ok {
			return t, nil
		}
		if name, ok := resolveType(toString(v)); ok {
			return Type{name}, nil
		}
		return nil, bad("")
	case "System.Text.RegularExpressions.Regex":
		if _, err := in.pattern(toString(v), true); err != nil {
			return nil, err
		}
		o := NewObject(full)
		text := toString(v)
		o.Text = func() string { return text }
		return o, nil
	}
	if strings.HasPrefix(full, "System.Collections.Generic.List`1") {
		element, _ := strings.CutSuffix(full[strings.Index(full, "[[")+2:], "]]")
		l := &List{Type: full}
		for _, x := range asItems(v) {
			y, err := in.convert(x, element)
			if err != nil {
				return nil, err
			}
			l.Items = append(l.Items, y)
		}
		return l, nil
	}
	if strings.HasSuffix(full, "Exception") {
		return newException(full, toString(v)), nil
	}
	return nil, unsupported("A conversion to the type [" + full + "]")
}

var guidText = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func newGuid(s string) *Object {
	o := &Object{Types: []string{"System.Guid", "System.ValueType", "System.Object"}, Text: func() string { return s }}
	o.Add(Property{Name: "Guid", Value: s, Kind: "ScriptProperty"})
	return o
}

func newException(full, message string) *Object {
	o := NewObject(full, "Message", message, "InnerException", nil, "HResult", hresultException)
	o.Types = []string{full, "System.Exception", "System.Object"}
	for i := range o.props {
		o.props[i].Kind = "Property"
	}
	o.Text = func() string { return full + ": " + message }
	return o
}

func parseVersion(s string) (Version, bool) {
	v := Version{-1, -1, -1, -1}
	parts := strings.Split(strings.TrimSpace(s), ".")
	if len(parts) < 2 || len(parts) > 4 {
		return v, false
	}
	for i, p := range []*int{&v.Major, &v.Minor, &v.Build, &v.Revision} {
		if i < len(parts) {
			n, err := strconv.ParseInt(parts[i], 10, 32)
			if err != nil || n < 0 {
				return v, false
			}
			*p = int(n)
		}
	}
	return v, true
}

// The .NET epoch is the year 1; a tick is 100 ns.
const unixEpochTicks = 621355968000000000

func ticksToTime(ticks int64) time.Time {
	ticks -= unixEpochTicks
	return time.Unix(ticks/1e7, ticks%1e7*100).In(unspecified)
}

// Date is a value as [datetime], as a cast makes it.
func (in *Interp) Date(v any) (time.Time, error) {
	y, err := in.convert(v, "System.DateTime")
	if err != nil {
		return time.Time{}, err
	}
	return y.(time.Time), nil
}
