package powershell

import (
	"math"
	"strings"
	"unicode/utf16"
)

// encoding is a System.Text.Encoding.
type encoding struct{ name string }

func byteArray(b []byte) []any {
	out := make([]any, len(b))
	for i, c := range b {
		out[i] = c
	}
	return out
}

func (in *Interp) bytes(v any) ([]byte, error) {
	list := asItems(v)
	out := make([]byte, len(list))
	for i, x := range list {
		y, err := toInteger(x, "System.Byte")
		if err != nil {
			return nil, err
		}
		out[i] = y.(uint8)
	}
	return out, nil
}

func (in *Interp) mathCall(t Type, name string, args []any) (any, error) {
	if len(args) == 0 {
		return nil, overload(name, 0)
	}
	n := make([]number, len(args))
	for i, a := range args {
		var err error
		if n[i], err = in.numeric(a); err != nil {
			return nil, err
		}
	}
	x := n[0].float64()
	switch lower(name) {
	case "round":
		if len(n) > 1 && !n[1].float && n[1].i >= 0 && n[1].i <= 15 {
			p := math.Pow10(int(n[1].i))
			if math.Abs(x) > 1e15/p {
				return x, nil
			}
			return roundDigits(math.RoundToEven(roundDigits(x*p, 15))/p, 15), nil
		}
		return math.RoundToEven(x), nil
	case "floor":
		return math.Floor(x), nil
	case "ceiling":
		return math.Ceil(x), nil
	case "truncate":
		return math.Trunc(x), nil
	case "sqrt":
		return math.Sqrt(x), nil
	case "pow":
		if len(n) == 2 {
			return math.Pow(x, n[1].float64()), nil
		}
	case "log":
		if len(n) == 2 {
			return math.Log(x) / math.Log(n[1].float64()), nil
		}
		return math.Log(x), nil
	case "log10":
		return math.Log10(x), nil
	case "exp":
		return math.Exp(x), nil
	case "abs":
		if !n[0].float && n[0].i < 0 {
			return negate(n[0].value()), nil
		}
		if !n[0].float {
			return n[0].value(), nil
		}
		return math.Abs(x), nil
	case "sign":
		switch {
		case x > 0:
			return 1, nil
		case x < 0:
			return -1, nil
		}
		return 0, nil
	case "max", "min":
		if len(n) == 2 {
			y := n[1].float64()
			pick := n[0]
			if lower(name) == "max" && y > x || lower(name) == "min" && y < x {
				pick = n[1]
			}
			if n[0].float || n[1].float {
				return pick.float64(), nil
			}
			return pick.value(), nil
		}
	default:
		return nil, in.staticMissing(t, name+"()")
	}
	return nil, overload(name, len(args))
}

// encodingMethod is GetBytes and GetString.
func (in *Interp) encodingMethod(e *encoding, key string, args []any) (any, bool, error) {
	if len(args) != 1 {
		return nil, true, overload(key, len(args))
	}
	switch key {
	case "getbytes":
		s := toString(args[0])
		if err := in.charge(32*len(s), nil); err != nil {
			return nil, true, err
		}
		if e.name == "unicode" {
			var b []byte
			for _, u := range utf16.Encode([]rune(s)) {
				b = append(b, byte(u), byte(u>>8))
			}
			return byteArray(b), true, nil
		}
		return byteArray([]byte(s)), true, nil
	case "getstring":
		b, err := in.bytes(args[0])
		if err != nil {
			return nil, true, err
		}
		if e.name == "unicode" {
			u := make([]uint16, len(b)/2)
			for i := range u {
				u[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
			}
			return string(utf16.Decode(u)), true, nil
		}
		return strings.ToValidUTF8(string(b), "\ufffd"), true, nil
	case "getbytecount":
		return len(toString(args[0])), true, nil
	}
	return nil, false, nil
}
