package powershell

import (
	"math"
	"regexp"
	"strings"
	"time"
)

// binary applies an operator to two values. -and, -or, -is and -as are not here.
func (in *Interp) binary(op string, l, r any) (any, error) {
	base, sensitive := op, false
	switch op {
	case "+", "-", "*", "/", "%":
		return in.arithmetic(op, l, r)
	case "..":
		return in.interval(l, r)
	case "f":
		args, isList := items(r)
		if !isList {
			args = []any{r}
		}
		s, err := formatOperator(toString(l), args)
		return s, in.charge(len(s), err)
	case "join":
		s := toText(asItems(l), toString(r), 8)
		return s, in.charge(len(s), nil)
	case "xor":
		return truth(l) != truth(r), nil
	case "band", "bor", "bxor", "shl", "shr":
		return in.bits(op, l, r)
	case "contains", "in":
	default:
		if len(op) > 2 && (op[0] == 'c' || op[0] == 'i') {
			if _, ok := comparisonBases[op[1:]]; ok {
				base, sensitive = op[1:], op[0] == 'c'
			}
		}
	}
	switch base {
	case "contains", "notcontains":
		return in.contains(asItems(l), r, sensitive) == (base == "contains"), nil
	case "in", "notin":
		return in.contains(asItems(r), l, sensitive) == (base == "in"), nil
	case "split":
		return in.split(asItems(l), r, sensitive)
	case "replace":
		return in.replace(l, r, sensitive)
	}
	list, isList := items(l)
	if !isList {
		ok, err := in.compare(base, l, r, sensitive, true)
		return ok, err
	}
	out := []any{}
	for _, x := range list {
		if err := in.step(); err != nil {
			return nil, err
		}
		ok, err := in.compare(base, x, r, sensitive, false)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, x)
		}
	}
	return out, nil
}

var comparisonBases = set("eq", "ne", "gt", "lt", "ge", "le", "like", "notlike", "match", "notmatch", "in", "notin", "contains", "notcontains", "split", "replace")

func (in *Interp) contains(list []any, v any, sensitive bool) bool {
	for _, x := range list {
		if in.equal(x, v, sensitive) {
			return true
		}
	}
	return false
}

// compare is one comparison of scalars; matches says whether $Matches is set.
func (in *Interp) compare(op string, l, r any, sensitive, matches bool) (bool, error) {
	switch op {
	case "eq":
		return in.equal(l, r, sensitive), nil
	case "ne":
		return !in.equal(l, r, sensitive), nil
	case "like", "notlike":
		ok, err := in.like(toString(l), toString(r), sensitive)
		return ok == (op == "like"), err
	case "match", "notmatch":
		re, err := in.pattern(toString(r), sensitive)
		if err != nil {
			return false, err
		}
		text := toString(l)
		m := re.FindStringSubmatch(text)
		if m != nil && matches {
			in.setMatches(re, text)
		}
		return (m != nil) == (op == "match"), nil
	}
	c, err := in.order(l, r, sensitive)
	if err != nil {
		return false, err
	}
	switch op {
	case "gt":
		return c > 0, nil
	case "lt":
		return c < 0, nil
	case "ge":
		return c >= 0, nil
	case "le":
		return c <= 0, nil
	}
	return false, unsupported("The operator '-" + op + "'")
}

func (in *Interp) setMatches(re *regexp.Regexp, text string) {
	h := NewHash()
	at := re.FindStringSubmatchIndex(text)
	for i, name := range re.SubexpNames() {
		if at[2*i] < 0 {
			continue
		}
		var key any = i
		if name != "" {
			key = name
		}
		h.Set(key, text[at[2*i]:at[2*i+1]])
	}
	in.top.set("matches", h)
}

// equal is -eq on scalars: the right side is converted to the left side's type.
func (in *Interp) equal(l, r any, sensitive bool) bool {
	if l == nil || r == nil {
		return l == nil && r == nil
	}
	switch x := l.(type) {
	case string:
		return equalText(x, toString(r), sensitive)
	case Char:
		if n, ok := toNumber(r); ok {
			return float64(x) == n.float64()
		}
		return equalText(toString(x), toString(r), sensitive)
	case bool:
		return x == truth(r)
	case Enum:
		if s, ok := r.(string); ok {
			if n, err := in.numeric(s); err == nil && s != "" {
				return n.float64() == float64(x.Value)
			}
			return strings.EqualFold(x.Name, s)
		}
		if y, ok := r.(Enum); ok {
			return x.Value == y.Value
		}
		n, ok := toNumber(r)
		return ok && n.float64() == float64(x.Value)
	case Type:
		y, ok := r.(Type)
		return ok && x == y
	case *Object:
		if x == r {
			return true
		}
		if y, ok := r.(*Object); ok && (x.Text == nil || y.Text == nil) {
			return false
		}
		return x.Text != nil && equalText(x.String(), toString(r), sensitive)
	case []any, *Hash, *List, *Block, *ErrorRecord:
		return sameReference(l, r)
	}
	if _, isList := items(r); isList {
		return false
	}
	c, err := in.order(l, r, sensitive)
	return err == nil && c == 0
}

func sameReference(l, r any) bool {
	switch x := l.(type) {
	case []any:
		y, ok := r.([]any)
		return ok && len(x) == len(y) && len(x) > 0 && &x[0] == &y[0]
	case *Hash:
		y, ok := r.(*Hash)
		return ok && x == y
	case *List:
		y, ok := r.(*List)
		return ok && x == y
	case *Block:
		y, ok := r.(*Block)
		return ok && x == y
	case *ErrorRecord:
		y, ok := r.(*ErrorRecord)
		return ok && x == y
	}
	return false
}

func equalText(a, b string, sensitive bool) bool {
	if sensitive {
		return a == b
	}
	return strings.EqualFold(a, b)
}

// order compares two scalars: -1, 0 or 1.
func (in *Interp) order(l, r any, sensitive bool) (int, error) {
	sign := func(less, more bool) int {
		switch {
		case less:
			return -1
		case more:
			return 1
		}
		return 0
	}
	cannot := func() error {
		return newError(runtimeException, "NotIcomparable", "InvalidOperation", nil, "Cannot compare %s because it is not IComparable.", quoted(l))
	}
	if l == nil || r == nil {
		if l == nil && r == nil {
			return 0, nil
		}
		if n, ok := toNumber(l); ok {
			return sign(n.float64() < 0, n.float64() > 0), nil
		}
		if n, ok := toNumber(r); ok {
			return sign(0 < n.float64(), 0 > n.float64()), nil
		}
		return sign(l == nil, r == nil), nil
	}
	switch x := l.(type) {
	case string:
		return compareText(x, toString(r), sensitive), nil
	case time.Time:
		v, err := in.convert(r, "System.DateTime")
		if err != nil {
			return 0, err
		}
		y := wall(v.(time.Time))
		return wall(x).Compare(y), nil
	case time.Duration:
		v, err := in.convert(r, "System.TimeSpan")
		if err != nil {
			return 0, err
		}
		return sign(x < v.(time.Duration), x > v.(time.Duration)), nil
	case Version:
		v, err := in.convert(r, "System.Version")
		if err != nil {
			return 0, err
		}
		c := x.compare(v.(Version))
		return sign(c < 0, c > 0), nil
	case *Object:
		if x.Text != nil {
			return compareText(x.String(), toString(r), sensitive), nil
		}
		return 0, cannot()
	case []any, *List, *Hash, *Block, Type, *ErrorRecord:
		return 0, cannot()
	}
	if e, ok := l.(Enum); ok {
		if s, isText := r.(string); isText {
			if _, err := in.numeric(s); err != nil {
				return compareText(e.Name, s, false), nil
			}
		}
	}
	a, err := in.numeric(l)
	if err != nil {
		return 0, err
	}
	switch r.(type) {
	case *Object, *Hash, *Block, []any, *List, time.Time, time.Duration, Version, Type:
		return 0, newError(runtimeException, "ComparisonFailure", "InvalidOperation", nil, "Could not compare %s to %s. Error: \"Cannot convert the %s value of type %q to type %q.\"", quoted(l), quoted(r), quoted(r), typeName(r), typeName(l))
	}
	b, err := in.numeric(r)
	if err != nil {
		return 0, newError(runtimeException, "ComparisonFailure", "InvalidOperation", nil, "Could not compare %s to %s. Error: \"Cannot convert value %s to type %q. Error: \"Input string was not in a correct format.\"\"", quoted(l), quoted(r), quoted(r), typeName(l))
	}
	if a.float || b.float {
		x, y := a.float64(), b.float64()
		return sign(x < y, x > y), nil
	}
	return sign(a.i < b.i, a.i > b.i), nil
}

// wall compares DateTimes by what their clocks show, as .NET does.
func wall(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// compareText orders text by culture: letters before case.
func compareText(a, b string, sensitive bool) int {
	if c := strings.Compare(collate(a), collate(b)); c != 0 {
		return c
	}
	if !sensitive {
		return 0
	}
	return -strings.Compare(a, b) // lower case sorts before upper
}

// collate approximates the word sort of Windows: hyphens count little,
// punctuation before digits before letters.
func collate(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "'", "").Replace(s)) + "\x00" + strings.ToLower(s)
}

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
