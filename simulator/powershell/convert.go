package powershell

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// aliases are the short names of types, lower case, to full names.
var typeAliases = map[string]string{
	"string": "System.String", "char": "System.Char", "bool": "System.Boolean", "boolean": "System.Boolean",
	"int": "System.Int32", "int32": "System.Int32", "long": "System.Int64", "int64": "System.Int64", "int16": "System.Int16", "sbyte": "System.SByte",
	"byte": "System.Byte", "uint16": "System.UInt16", "uint32": "System.UInt32", "uint64": "System.UInt64",
	"double": "System.Double", "float": "System.Single", "single": "System.Single",
	"datetime": "System.DateTime", "timespan": "System.TimeSpan", "guid": "System.Guid", "version": "System.Version", "uri": "System.Uri",
	"array": "System.Array", "object": "System.Object", "hashtable": "System.Collections.Hashtable", "ordered": "System.Collections.Specialized.OrderedDictionary",
	"collections.hashtable": "System.Collections.Hashtable", "collections.arraylist": "System.Collections.ArrayList",
	"pscustomobject": CustomType, "psobject": "System.Management.Automation.PSObject", "management.automation.psobject": "System.Management.Automation.PSObject",
	"scriptblock": "System.Management.Automation.ScriptBlock", "switch": "System.Management.Automation.SwitchParameter", "regex": "System.Text.RegularExpressions.Regex",
	"math": "System.Math", "convert": "System.Convert", "environment": "System.Environment", "text.encoding": "System.Text.Encoding", "type": "System.Type",
	"void": "System.Void", "console": "System.Console", "exception": "System.Exception", "io.path": "System.IO.Path", "datetimekind": "System.DateTimeKind", "dayofweek": "System.DayOfWeek",
	"invalidoperationexception": "System.InvalidOperationException", "argumentexception": argumentException, "unauthorizedaccessexception": "System.UnauthorizedAccessException",
	"net.dns": "System.Net.Dns", "net.ipaddress": "System.Net.IPAddress", "ipaddress": "System.Net.IPAddress", "decimal": "System.Decimal", "bigint": "System.Numerics.BigInteger", "xml": "System.Xml.XmlDocument",
	"stringcomparison": "System.StringComparison", "text.stringbuilder": "System.Text.StringBuilder", "wmi": "System.Management.ManagementObject", "wmiclass": "System.Management.ManagementClass", "adsi": "System.DirectoryServices.DirectoryEntry",
	"cimclass": "Microsoft.Management.Infrastructure.CimClass", "ciminstance": "Microsoft.Management.Infrastructure.CimInstance", "runtimeexception": runtimeException,
}

// known are full type names, by lower case.
var knownTypes = func() map[string]string {
	m := map[string]string{}
	for _, full := range typeAliases {
		m[strings.ToLower(full)] = full
	}
	for _, full := range []string{notFoundException, bindingException, "System.Management.Automation.PSInvalidCastException", methodException, "System.DivideByZeroException", "System.FormatException", "System.OverflowException", "System.IO.FileNotFoundException",
		"System.Management.Automation.ErrorRecord", "System.Management.Automation.ItemNotFoundException", "Microsoft.PowerShell.Commands.WriteErrorException", "Microsoft.PowerShell.Commands.ServiceCommandException",
		"Microsoft.Management.Infrastructure.CimException", "System.TimeoutException", "System.NotSupportedException", "System.Collections.IDictionary", "System.Collections.IEnumerable", "System.ValueType", "System.Enum"} {
		m[strings.ToLower(full)] = full
	}
	return m
}()

// resolveType finds a type by the name in brackets.
func resolveType(name string) (string, bool) {
	lower := strings.ToLower(name)
	if element, ok := strings.CutSuffix(lower, "[]"); ok {
		full, ok := resolveType(element)
		return full + "[]", ok
	}
	if full, ok := typeAliases[lower]; ok {
		return full, true
	}
	if full, ok := knownTypes[lower]; ok {
		return full, true
	}
	if full, ok := knownTypes["system."+lower]; ok {
		return full, true
	}
	if strings.HasPrefix(strings.TrimPrefix(lower, "system."), "collections.generic.list[") && strings.HasSuffix(lower, "]") {
		inner := lower[strings.IndexByte(lower, '[')+1 : len(lower)-1]
		full, ok := resolveType(inner)
		return "System.Collections.Generic.List`1[[" + full + "]]", ok
	}
	return "", false
}

// bounds are the ranges of the integer types.
var bounds = map[string][2]float64{
	"System.Int32": {math.MinInt32, math.MaxInt32}, "System.Int64": {math.MinInt64, math.MaxInt64}, "System.Int16": {math.MinInt16, math.MaxInt16}, "System.SByte": {-128, 127},
	"System.Byte": {0, 255}, "System.UInt16": {0, math.MaxUint16}, "System.UInt32": {0, math.MaxUint32}, "System.UInt64": {0, math.MaxUint64},
}

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

func isNumber(v any) bool {
	_, ok := toNumber(v)
	return ok
}

// quoted is a value as error messages show it.
func quoted(v any) string {
	if v == nil {
		return "null"
	}
	return `"` + toString(v) + `"`
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

// numeric reads a value as a number, strings by their text.
func (in *Interp) numeric(v any) (number, error) {
	if n, ok := toNumber(v); ok {
		return n, nil
	}
	switch x := v.(type) {
	case nil:
		return number{}, nil
	case bool:
		if x {
			return number{i: 1}, nil
		}
		return number{}, nil
	case Char:
		return number{i: int64(x)}, nil
	case Enum:
		return number{i: x.Value}, nil
	case string:
		s := strings.TrimSpace(x)
		if s == "" {
			return number{}, nil
		}
		sign := 1
		if s[0] == '-' || s[0] == '+' {
			if s[0] == '-' {
				sign = -1
			}
			s = s[1:]
		}
		s = strings.ReplaceAll(s, ",", "")
		if v, n, ok := scanNumber(s); ok && n == len(s) {
			if sign < 0 {
				v = negate(v)
			}
			num, _ := toNumber(v)
			return num, nil
		}
	}
	return number{}, newError(castException, "InvalidCastFromStringToInteger", "InvalidArgument", nil, "Cannot convert value %s to type \"System.Int32\". Error: \"Input string was not in a correct format.\"", quoted(v))
}

func toInteger(v any, full string) (any, error) {
	limit := bounds[full]
	fail := func(reason string) error {
		return newError(castException, "InvalidCastFromStringToInteger", "InvalidArgument", nil, "Cannot convert value %s to type %q. Error: %q", quoted(v), full, reason)
	}
	switch v.(type) {
	case []any, *List, *Hash, *Object, *Block, time.Time, *ErrorRecord:
		return nil, newError(castException, "ConvertToFinalInvalidCastException", "InvalidArgument", nil, "Cannot convert the %s value of type %q to type %q.", quoted(v), typeName(v), full)
	}
	n, err := (*Interp)(nil).numeric(v)
	if err != nil {
		return nil, fail("Input string was not in a correct format.")
	}
	f := n.float64()
	if n.float {
		f = math.RoundToEven(n.f)
		if !(f >= limit[0] && f <= limit[1]) {
			return nil, fail("Value was either too large or too small for an " + shortType(full) + ".")
		}
		if f < math.MaxInt64 {
			n.i = int64(f)
		} else if full == "System.UInt64" && f < math.MaxUint64 {
			return uint64(f), nil
		} else {
			return nil, fail("Value was either too large or too small for an " + shortType(full) + ".")
		}
	} else if f < limit[0] || f > limit[1] {
		return nil, fail("Value was either too large or too small for an " + shortType(full) + ".")
	}
	switch full {
	case "System.Int64":
		return n.i, nil
	case "System.Int16":
		return int16(n.i), nil
	case "System.SByte":
		return int8(n.i), nil
	case "System.Byte":
		return uint8(n.i), nil
	case "System.UInt16":
		return uint16(n.i), nil
	case "System.UInt32":
		return uint32(n.i), nil
	case "System.UInt64":
		return uint64(n.i), nil
	}
	return int(n.i), nil
}

// isType is the operator -is.
func isType(v any, full string) bool {
	if v == nil {
		return false
	}
	if full == "System.Object" {
		return true
	}
	name := typeName(v)
	if strings.EqualFold(name, full) {
		return true
	}
	switch full {
	case "System.Array":
		_, ok := v.([]any)
		return ok
	case "System.Collections.IEnumerable":
		_, ok := items(v)
		return ok
	case "System.Collections.IDictionary":
		_, ok := v.(*Hash)
		return ok
	case "System.Enum":
		_, ok := v.(Enum)
		return ok
	case "System.ValueType":
		switch v.(type) {
		case bool, Char, time.Time, time.Duration, Enum:
			return true
		}
		return isNumber(v)
	case "System.Management.Automation.PSObject", CustomType:
		o, ok := v.(*Object)
		return ok && o.custom()
	}
	if o, ok := v.(*Object); ok {
		for _, t := range o.Types {
			if strings.EqualFold(t, full) {
				return true
			}
		}
	}
	return false
}

func (in *Interp) typeNotFound(name string) error {
	return newError(runtimeException, "TypeNotFound", "InvalidOperation", nil, "Unable to find type [%s].", name)
}

// Int is a value as [int] makes it; for setters of a host's properties.
func Int(v any) (int, error) {
	n, err := toInteger(v, "System.Int32")
	if err != nil {
		return 0, err
	}
	return n.(int), nil
}
