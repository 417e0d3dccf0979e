package powershell

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Values are Go values: nil ($null), bool, string, int (Int32), int64 and the
// other integer kinds as of .NET, float64 (Double), Char, time.Time (DateTime),
// time.Duration (TimeSpan), []any (Object[]), *List, *Hash, *Object, *Block,
// Type, Enum, Version, *ErrorRecord.
type (
	// Char is a System.Char.
	Char rune
	// Type is a .NET type by its full name.
	Type struct{ Name string }
	// Enum is a value of an enumeration: it compares by name and by number.
	Enum struct {
		Type  string // full name
		Value int64
		Name  string
	}
	// Version is a System.Version; a part is -1 when it is not given.
	Version struct{ Major, Minor, Build, Revision int }
	// List is an ArrayList or a List<T>.
	List struct {
		Type  string
		Items []any
	}
	// Block is a script block with the scope it was made in.
	Block struct {
		body *blockBody
		in   *scope
		src  *source
	}
)

func (v Version) String() string {
	s := fmt.Sprintf("%d.%d", v.Major, v.Minor)
	if v.Build >= 0 {
		s += fmt.Sprintf(".%d", v.Build)
		if v.Revision >= 0 {
			s += fmt.Sprintf(".%d", v.Revision)
		}
	}
	return s
}

func (v Version) compare(w Version) int {
	for _, d := range []int{v.Major - w.Major, v.Minor - w.Minor, v.Build - w.Build, v.Revision - w.Revision} {
		if d != 0 {
			return d
		}
	}
	return 0
}

// number is any numeric value as an integer or a double.
type number struct {
	i     int64
	f     float64
	float bool
	long  bool // wider than Int32
}

func (n number) float64() float64 {
	if n.float {
		return n.f
	}
	return float64(n.i)
}

// toNumber unwraps numeric values; it converts nothing.
func toNumber(v any) (number, bool) {
	switch v := v.(type) {
	case int:
		return number{i: int64(v)}, true
	case int64:
		return number{i: v, long: true}, true
	case int32:
		return number{i: int64(v)}, true
	case int16:
		return number{i: int64(v)}, true
	case int8:
		return number{i: int64(v)}, true
	case uint8:
		return number{i: int64(v)}, true
	case uint16:
		return number{i: int64(v)}, true
	case uint32:
		return number{i: int64(v), long: true}, true
	case uint64:
		if v > math.MaxInt64 {
			return number{f: float64(v), float: true}, true
		}
		return number{i: int64(v), long: true}, true
	case float64:
		return number{f: v, float: true}, true
	case float32:
		return number{f: float64(v), float: true}, true
	}
	return number{}, false
}

func (n number) value() any {
	switch {
	case n.float:
		return n.f
	case n.long || n.i > math.MaxInt32 || n.i < math.MinInt32:
		return n.i
	default:
		return int(n.i)
	}
}

func negate(v any) any {
	n, ok := toNumber(v)
	if !ok {
		return v
	}
	if n.float {
		return -n.f
	}
	if n.i == math.MinInt64 {
		return -float64(n.i)
	}
	n.i = -n.i
	return n.value()
}

// typeName is the full .NET name of a value's type.
func typeName(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return "System.Boolean"
	case string:
		return "System.String"
	case Char:
		return "System.Char"
	case int, int32:
		return "System.Int32"
	case int64:
		return "System.Int64"
	case int16:
		return "System.Int16"
	case int8:
		return "System.SByte"
	case uint8:
		return "System.Byte"
	case uint16:
		return "System.UInt16"
	case uint32:
		return "System.UInt32"
	case uint64:
		return "System.UInt64"
	case float64:
		return "System.Double"
	case float32:
		return "System.Single"
	case time.Time:
		return "System.DateTime"
	case time.Duration:
		return "System.TimeSpan"
	case []any:
		return "System.Object[]"
	case *List:
		return v.Type
	case *Hash:
		if v.Ordered {
			return "System.Collections.Specialized.OrderedDictionary"
		}
		return "System.Collections.Hashtable"
	case *Object:
		return v.TypeName()
	case *Block:
		return "System.Management.Automation.ScriptBlock"
	case Type:
		return "System.RuntimeType"
	case Enum:
		return v.Type
	case Version:
		return "System.Version"
	case *ErrorRecord:
		return "System.Management.Automation.ErrorRecord"
	case *encoding:
		return "System.Text." + map[string]string{"utf8": "UTF8Encoding", "unicode": "UnicodeEncoding", "ascii": "ASCIIEncoding"}[v.name]
	case *layout, *entry, *layoutEnd:
		return "Microsoft.PowerShell.Commands.Internal.Format." + layoutNames[fmt.Sprintf("%T", v)]
	}
	return fmt.Sprintf("%T", v)
}

// truth is a value as a condition.
func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case string:
		return v != ""
	case Char:
		return v != 0
	case Enum:
		return v.Value != 0
	case []any:
		switch len(v) {
		case 0:
			return false
		case 1:
			if _, nested := v[0].([]any); nested {
				return true
			}
			return truth(v[0])
		}
		return true
	case *List:
		return truth(v.Items)
	}
	if n, ok := toNumber(v); ok {
		return n.i != 0 || n.f != 0
	}
	return true
}

// items unrolls what a pipeline unrolls: arrays and lists, not strings or hashtables.
func items(v any) ([]any, bool) {
	switch v := v.(type) {
	case []any:
		return v, true
	case *List:
		return v.Items, true
	}
	return nil, false
}

// asItems is a value as a list: nothing for $null, itself for a scalar.
func asItems(v any) []any {
	if l, ok := items(v); ok {
		return l
	}
	if v == nil {
		return nil
	}
	return []any{v}
}

// collapse is what a pipeline's output becomes in an expression.
func collapse(out []any) any {
	switch len(out) {
	case 0:
		return nil
	case 1:
		return out[0]
	}
	return out
}

func equalFold(a, b string) bool { return strings.EqualFold(a, b) }
