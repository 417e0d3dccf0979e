package powershell

import (
	"math"
	"strings"
	"time"
)

// bounds are the ranges of the integer types.
var bounds = map[string][2]float64{
	"System.Int32": {math.MinInt32, math.MaxInt32}, "System.Int64": {math.MinInt64, math.MaxInt64}, "System.Int16": {math.MinInt16, math.MaxInt16}, "System.SByte": {-128, 127},
	"System.Byte": {0, 255}, "System.UInt16": {0, math.MaxUint16}, "System.UInt32": {0, math.MaxUint32}, "System.UInt64": {0, math.MaxUint64},
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

// Int is a value as [int] makes it; for setters of a host's properties.
func Int(v any) (int, error) {
	n, err := toInteger(v, "System.Int32")
	if err != nil {
		return 0, err
	}
	return n.(int), nil
}
