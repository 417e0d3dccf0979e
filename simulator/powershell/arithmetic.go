package powershell

import (
	"math"
	"strings"
	"time"
)

func (in *Interp) bits(op string, l, r any) (any, error) {
	a, err := toInteger(l, "System.Int64")
	if err != nil {
		return nil, err
	}
	b, err := toInteger(r, "System.Int64")
	if err != nil {
		return nil, err
	}
	x, y := a.(int64), b.(int64)
	ln, _ := toNumber(l)
	rn, _ := toNumber(r)
	out := number{long: ln.long || rn.long}
	switch op {
	case "band":
		out.i = x & y
	case "bor":
		out.i = x | y
	case "bxor":
		out.i = x ^ y
	case "shl":
		if !ln.long {
			return int(int32(uint32(x) << (uint64(y) & 31))), nil
		}
		out.i = x << (uint64(y) & 63)
	case "shr":
		out.i = x >> (uint64(y) & 63)
	}
	return out.value(), nil
}

// interval is a..b.
func (in *Interp) interval(l, r any) (any, error) {
	a, err := toInteger(l, "System.Int32")
	if err != nil {
		return nil, err
	}
	b, err := toInteger(r, "System.Int32")
	if err != nil {
		return nil, err
	}
	from, to := a.(int), b.(int)
	count, by := to-from+1, 1
	if to < from {
		count, by = from-to+1, -1
	}
	if err := in.charge(count*16, nil); err != nil {
		return nil, err
	}
	out := make([]any, count)
	for i := range out {
		out[i] = from + i*by
	}
	return out, nil
}

func (in *Interp) arithmetic(op string, l, r any) (any, error) {
	if op == "+" {
		if v, done, err := in.addOther(l, r); done {
			return v, err
		}
	}
	if op == "*" {
		if v, done, err := in.repeat(l, r); done {
			return v, err
		}
	}
	if v, done, err := in.dateArithmetic(op, l, r); done {
		return v, err
	}
	for i, v := range []any{l, r} {
		switch v.(type) {
		case []any, *List, *Hash, *Object, *Block, time.Time, time.Duration, Type, *ErrorRecord, Version:
			if i == 0 {
				return nil, newError(runtimeException, "MethodNotFound", "InvalidOperation", nil, "Method invocation failed because [%s] does not contain a method named '%s'.", typeName(l), opMethods[op])
			}
			return nil, newError(runtimeException, "InvalidCast", "InvalidArgument", nil, "Cannot convert the %s value of type %q to type %q.", quoted(v), typeName(v), "System.Int32")
		}
	}
	a, err := in.numeric(l)
	if err != nil {
		return nil, err
	}
	b, err := in.numeric(r)
	if err != nil {
		return nil, err
	}
	return calculate(op, a, b)
}

var opMethods = map[string]string{"+": "op_Addition", "-": "op_Subtraction", "*": "op_Multiply", "/": "op_Division", "%": "op_Modulus"}

func calculate(op string, a, b number) (any, error) {
	if (op == "/" || op == "%") && !b.float && !a.float && b.i == 0 {
		return nil, newError(runtimeException, "RuntimeException", "NotSpecified", nil, "Attempted to divide by zero.")
	}
	if a.float || b.float {
		x, y := a.float64(), b.float64()
		switch op {
		case "+":
			return x + y, nil
		case "-":
			return x - y, nil
		case "*":
			return x * y, nil
		case "/":
			return x / y, nil
		}
		return math.Mod(x, y), nil
	}
	long := a.long || b.long
	x, y := a.i, b.i
	var i int64
	exact := true
	switch op {
	case "+":
		i = x + y
		exact = (i > x) == (y > 0)
	case "-":
		i = x - y
		exact = (i < x) == (y > 0)
	case "*":
		i = x * y
		exact = x == 0 || i/x == y && !(x == -1 && y == math.MinInt64)
	case "/":
		if y == -1 {
			return negate(number{i: x, long: long}.value()), nil
		}
		if x%y != 0 {
			return float64(x) / float64(y), nil
		}
		i = x / y
	case "%":
		if y == -1 {
			return number{long: long}.value(), nil
		}
		i = x % y
	}
	if !exact || !long && (i > math.MaxInt32 || i < math.MinInt32) {
		return calculate(op, number{f: float64(x), float: true}, number{f: float64(y), float: true})
	}
	return number{i: i, long: long}.value(), nil
}

// addOther is + on what is no number.
func (in *Interp) addOther(l, r any) (any, bool, error) {
	switch x := l.(type) {
	case nil:
		if r == nil {
			return nil, true, nil
		}
		if _, ok := r.(bool); !ok {
			return r, true, nil
		}
	case string:
		s := x + toString(r)
		return s, true, in.charge(len(s), nil)
	case Char:
		if _, ok := r.(string); ok {
			return toString(x) + r.(string), true, nil
		}
	case []any, *List:
		list := asItems(x)
		out := append(append(make([]any, 0, len(list)+1), list...), asAdded(r)...)
		return out, true, in.charge(16*len(out), nil)
	case *Hash:
		y, ok := r.(*Hash)
		if !ok {
			return nil, true, newError(runtimeException, "AddHashTableToNonHashTable", "InvalidOperation", nil, "A hash table can only be added to another hash table.")
		}
		out := x.clone()
		for _, k := range y.keys {
			if _, have := out.Get(k); have {
				return nil, true, newError(argumentException, "System.ArgumentException", "OperationStopped", nil, "Item has already been added. Key in dictionary: '%s'  Key being added: '%s'", toString(k), toString(k))
			}
			v, _ := y.Get(k)
			out.Set(k, v)
		}
		return out, true, in.charge(32*len(out.keys), nil)
	}
	return nil, false, nil
}

func asAdded(v any) []any {
	if l, ok := items(v); ok {
		return l
	}
	return []any{v}
}

// repeat is text * n and array * n.
func (in *Interp) repeat(l, r any) (any, bool, error) {
	text, isText := l.(string)
	list, isList := l.([]any)
	if !isText && !isList {
		return nil, false, nil
	}
	v, err := toInteger(r, "System.Int32")
	if err != nil {
		return nil, true, err
	}
	n := v.(int)
	if n < 0 {
		return nil, true, newError("System.ArgumentOutOfRangeException", "System.ArgumentOutOfRangeException", "OperationStopped", nil, "Specified argument was out of the range of valid values.")
	}
	size := len(text)
	if isList {
		size = 16 * len(list)
	}
	if size > 0 && n > math.MaxInt32/size {
		return nil, true, in.charge(math.MaxInt32, nil)
	}
	if err := in.charge(size*n, nil); err != nil {
		return nil, true, err
	}
	if isText {
		return strings.Repeat(text, n), true, nil
	}
	out := make([]any, 0, len(list)*n)
	for range n {
		if len(list) == 0 {
			break
		}
		out = append(out, list...)
	}
	return out, true, nil
}

func (in *Interp) dateArithmetic(op string, l, r any) (any, bool, error) {
	switch x := l.(type) {
	case time.Time:
		switch y := r.(type) {
		case time.Time:
			if op == "-" {
				return wall(x).Sub(wall(y)), true, nil
			}
		case time.Duration:
			switch op {
			case "+":
				return x.Add(y), true, nil
			case "-":
				return x.Add(-y), true, nil
			}
		case string:
			if v, err := in.convert(y, "System.TimeSpan"); err == nil {
				return in.dateArithmetic(op, l, v)
			}
			if v, err := in.convert(y, "System.DateTime"); err == nil && op == "-" {
				return in.dateArithmetic(op, l, v)
			}
		}
	case time.Duration:
		if y, ok := r.(time.Duration); ok {
			switch op {
			case "+":
				return x + y, true, nil
			case "-":
				return x - y, true, nil
			}
		}
	}
	return nil, false, nil
}
