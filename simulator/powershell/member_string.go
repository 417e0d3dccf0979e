package powershell

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// stringMethod is the table of String's methods.
func (in *Interp) stringMethod(s, key string, args []any) (any, bool, error) {
	text := func(i int) string {
		if i < len(args) {
			return toString(args[i])
		}
		return ""
	}
	one := func(v any) (any, bool, error) {
		if len(args) < 1 {
			return nil, true, overload(key, len(args))
		}
		return v, true, nil
	}
	// A second argument of StartsWith and the like is a StringComparison.
	a, b := s, text(0)
	if len(args) == 2 && strings.Contains(lower(text(1)), "ignorecase") {
		a, b = lower(a), lower(b)
	}
	switch key {
	case "toupper", "toupperinvariant":
		return strings.ToUpper(s), true, in.charge(len(s), nil)
	case "tolower", "tolowerinvariant":
		return strings.ToLower(s), true, in.charge(len(s), nil)
	case "trim", "trimstart", "trimend":
		cut := " \t\r\n\v\f\u00a0"
		if len(args) > 0 {
			cut = ""
			for i := range args {
				cut += toText(args[i], "", 8)
			}
		}
		return trimmers[key](s, cut), true, nil
	case "contains":
		return one(strings.Contains(a, b))
	case "startswith":
		return one(strings.HasPrefix(a, b))
	case "endswith":
		return one(strings.HasSuffix(a, b))
	case "indexof", "lastindexof":
		if len(args) == 0 {
			return nil, true, overload("IndexOf", 0)
		}
		i := strings.Index(a, b)
		if key == "lastindexof" {
			i = strings.LastIndex(a, b)
		} else if len(args) == 2 && isNumber(args[1]) {
			from, err := in.intArg(args, 1)
			r := []rune(s)
			if err != nil || from < 0 || from > len(r) {
				return nil, true, thrown("IndexOf", 2, "ArgumentOutOfRangeException", "Index was out of range. Must be non-negative and less than the size of the collection.\r\nParameter name: startIndex")
			}
			rest := string(r[from:])
			if i = strings.Index(rest, b); i >= 0 {
				return from + len([]rune(rest[:i])), true, nil
			}
			return -1, true, nil
		}
		if i > 0 {
			i = len([]rune(a[:i]))
		}
		return i, true, nil
	case "replace":
		if len(args) != 2 {
			return nil, true, overload("Replace", len(args))
		}
		if text(0) == "" {
			return nil, true, thrown("Replace", 2, "ArgumentException", "String cannot be of zero length.\r\nParameter name: oldValue")
		}
		out := strings.ReplaceAll(s, text(0), text(1))
		return out, true, in.charge(len(out), nil)
	case "split":
		return in.splitMethod(s, args)
	case "substring":
		return in.substring(s, args)
	case "padleft", "padright":
		if len(args) == 0 {
			return nil, true, overload("PadLeft", 0)
		}
		n, err := in.intArg(args, 0)
		if err != nil {
			return nil, true, err
		}
		with := " "
		if len(args) > 1 {
			with = text(1)
		}
		missing := max(n-len([]rune(s)), 0)
		if err := in.charge(missing*len(with), nil); err != nil {
			return nil, true, err
		}
		if key == "padleft" {
			return strings.Repeat(with, missing) + s, true, nil
		}
		return s + strings.Repeat(with, missing), true, nil
	case "insert", "remove":
		if len(args) == 0 {
			return nil, true, overload("Insert", 0)
		}
		i, err := in.intArg(args, 0)
		r := []rune(s)
		if err != nil || i < 0 || i > len(r) {
			return nil, true, thrown(key, len(args), "ArgumentOutOfRangeException", "Specified argument was out of the range of valid values.\r\nParameter name: startIndex")
		}
		if key == "insert" {
			return string(r[:i]) + text(1) + string(r[i:]), true, nil
		}
		n := len(r) - i
		if len(args) > 1 {
			if n, err = in.intArg(args, 1); err != nil || n < 0 || i+n > len(r) {
				return nil, true, thrown("Remove", 2, "ArgumentOutOfRangeException", "Index and count must refer to a location within the string.\r\nParameter name: count")
			}
		}
		return string(r[:i]) + string(r[i+n:]), true, nil
	case "tochararray", "getenumerator":
		out := []any{}
		for _, c := range s {
			out = append(out, Char(c))
		}
		return out, true, in.charge(16*len(out), nil)
	case "normalize":
		return s, true, nil
	}
	return nil, false, nil
}

func (in *Interp) splitMethod(s string, args []any) (any, bool, error) {
	if len(args) == 0 {
		args = []any{" \t\r\n"}
	}
	noEmpty := false
	limit := -1
	for _, a := range args[1:] {
		if isNumber(a) {
			n, err := toInteger(a, "System.Int32")
			if err != nil {
				return nil, true, err
			}
			limit = n.(int)
			continue
		}
		noEmpty = noEmpty || strings.EqualFold(toString(a), "RemoveEmptyEntries")
	}
	cut := ""
	for _, c := range asItems(args[0]) { // each character of the argument separates
		cut += toString(c)
	}
	out := []any{}
	add := func(part string) {
		if part != "" || !noEmpty {
			out = append(out, part)
		}
	}
	rest := s
	for limit < 0 || len(out) < limit-1 {
		i := strings.IndexAny(rest, cut)
		if i < 0 {
			break
		}
		add(rest[:i])
		_, n := utf8.DecodeRuneInString(rest[i:])
		rest = rest[i+n:]
	}
	add(rest)
	return out, true, in.charge(len(s)+16*len(out), nil)
}

func (in *Interp) substring(s string, args []any) (any, bool, error) {
	if len(args) == 0 || len(args) > 2 {
		return nil, true, overload("Substring", len(args))
	}
	r := []rune(s)
	from, err := in.intArg(args, 0)
	if err != nil {
		return nil, true, err
	}
	n := len(r) - from
	if len(args) == 2 {
		if n, err = in.intArg(args, 1); err != nil {
			return nil, true, err
		}
	}
	switch {
	case from < 0 || from > len(r):
		return nil, true, thrown("Substring", len(args), "ArgumentOutOfRangeException", "startIndex cannot be larger than length of string.\r\nParameter name: startIndex")
	case n < 0 || from+n > len(r):
		return nil, true, thrown("Substring", len(args), "ArgumentOutOfRangeException", "Index and length must refer to a location within the string.\r\nParameter name: length")
	}
	return string(r[from : from+n]), true, nil
}

// dateMethod is the table of DateTime's methods.
func (in *Interp) dateMethod(t time.Time, key string, args []any) (any, bool, error) {
	units := map[string]time.Duration{"adddays": 24 * time.Hour, "addhours": time.Hour, "addminutes": time.Minute, "addseconds": time.Second, "addmilliseconds": time.Millisecond, "addticks": 100}
	if unit, ok := units[key]; ok {
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		n, err := in.numeric(args[0])
		if err != nil {
			return nil, true, err
		}
		d := n.float64() * float64(unit)
		if math.Abs(d) > math.MaxInt64/2 {
			return nil, true, thrown(key, 1, "ArgumentOutOfRangeException", "Value to add was out of range.\r\nParameter name: value")
		}
		return t.Add(time.Duration(d)), true, nil
	}
	switch key {
	case "addmonths", "addyears":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		n, err := in.intArg(args, 0)
		if err != nil {
			return nil, true, err
		}
		if key == "addyears" {
			n *= 12
		}
		if n > 120000 || n < -120000 {
			return nil, true, thrown(key, 1, "ArgumentOutOfRangeException", "Months value must be between +/-120000.\r\nParameter name: months")
		}
		y, m, d := t.Date()
		last := time.Date(y, m+time.Month(n)+1, 0, 0, 0, 0, 0, t.Location()).Day()
		return time.Date(y, m+time.Month(n), min(d, last), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), t.Location()), true, nil
	case "add", "subtract":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		op := "+"
		if key == "subtract" {
			op = "-"
		}
		v, done, err := in.dateArithmetic(op, t, args[0])
		if !done {
			err = overload(key, 1)
		}
		return v, true, err
	case "touniversaltime":
		return t.UTC(), true, nil
	case "tolocaltime":
		if t.Location() == unspecified {
			t = wall(t)
		}
		return t.In(in.opts.Zone), true, nil
	case "toshortdatestring":
		return formatDate(t, "d"), true, nil
	case "toshorttimestring":
		return formatDate(t, "t"), true, nil
	case "tolongdatestring":
		return formatDate(t, "D"), true, nil
	case "tolongtimestring":
		return formatDate(t, "T"), true, nil
	case "tofiletime", "tofiletimeutc":
		return t.UnixNano()/100 + 116444736000000000, true, nil
	}
	return nil, false, nil
}

func (in *Interp) spanMethod(d time.Duration, key string, args []any) (any, bool, error) {
	switch key {
	case "add", "subtract":
		if len(args) != 1 {
			return nil, true, overload(key, len(args))
		}
		v, err := in.convert(args[0], "System.TimeSpan")
		if err != nil {
			return nil, true, err
		}
		if key == "add" {
			return d + v.(time.Duration), true, nil
		}
		return d - v.(time.Duration), true, nil
	case "duration":
		return max(d, -d), true, nil
	case "negate":
		return -d, true, nil
	}
	return nil, false, nil
}

func (in *Interp) arrayMethod(list []any, key string, args []any) (any, bool, error) {
	switch key {
	case "contains":
		if len(args) == 1 {
			return in.contains(list, args[0], true), true, nil
		}
		return nil, true, overload("Contains", len(args))
	case "indexof":
		if len(args) == 1 {
			return in.indexOf(list, args[0]), true, nil
		}
		return nil, true, overload("IndexOf", len(args))
	case "getenumerator":
		return list, true, nil
	case "clone":
		return append([]any{}, list...), true, in.charge(16*len(list), nil)
	case "getupperbound":
		return len(list) - 1, true, nil
	case "getlength", "getlowerbound":
		return map[string]int{"getlength": len(list)}[key], true, nil
	case "add", "remove", "removeat", "insert", "clear", "addrange":
		if key == "clear" {
			break
		}
		return nil, true, thrown(strings.ToUpper(key[:1])+key[1:], len(args), "NotSupportedException", "Collection was of a fixed size.")
	case "foreach", "where":
		if len(args) == 1 {
			if b, ok := args[0].(*Block); ok {
				return in.magic(list, key, b)
			}
		}
		return nil, true, unsupported("This use of the method ." + key + "()")
	}
	return nil, false, nil
}

// magic is .ForEach({ }) and .Where({ }).
func (in *Interp) magic(list []any, key string, b *Block) (any, bool, error) {
	out := []any{}
	for _, v := range list {
		y, err := in.callWith(b, v)
		if err != nil {
			return nil, true, err
		}
		switch {
		case key == "foreach":
			out = append(out, y...)
		case truth(collapse(y)):
			out = append(out, v)
		}
	}
	return out, true, nil
}

func (in *Interp) indexOf(list []any, v any) int {
	for i, x := range list {
		if in.equal(x, v, true) {
			return i
		}
	}
	return -1
}

func (in *Interp) listMethod(l *List, key string, args []any) (any, bool, error) {
	generic := strings.Contains(l.Type, "Generic")
	need := func(n int) error {
		if len(args) != n {
			return overload(strings.ToUpper(key[:1])+key[1:], len(args))
		}
		return nil
	}
	switch key {
	case "add":
		if err := need(1); err != nil {
			return nil, true, err
		}
		l.Items = append(l.Items, args[0])
		if generic {
			return nil, true, in.charge(16, nil)
		}
		return len(l.Items) - 1, true, in.charge(16, nil)
	case "addrange":
		if err := need(1); err != nil {
			return nil, true, err
		}
		l.Items = append(l.Items, asItems(args[0])...)
		return nil, true, in.charge(16*len(asItems(args[0])), nil)
	case "clear":
		l.Items = nil
		return nil, true, nil
	case "insert":
		if err := need(2); err != nil {
			return nil, true, err
		}
		i, err := in.intArg(args, 0)
		if err != nil || i < 0 || i > len(l.Items) {
			return nil, true, thrown("Insert", 2, "ArgumentOutOfRangeException", "Index must be within the bounds of the List.\r\nParameter name: index")
		}
		l.Items = append(l.Items[:i:i], append([]any{args[1]}, l.Items[i:]...)...)
		return nil, true, in.charge(16*len(l.Items), nil)
	case "removeat", "remove":
		if err := need(1); err != nil {
			return nil, true, err
		}
		i := in.indexOf(l.Items, args[0])
		if key == "removeat" {
			var err error
			if i, err = in.intArg(args, 0); err != nil || i < 0 || i >= len(l.Items) {
				return nil, true, thrown("RemoveAt", 1, "ArgumentOutOfRangeException", "Index was out of range. Must be non-negative and less than the size of the collection.\r\nParameter name: index")
			}
		}
		if i >= 0 {
			l.Items = append(l.Items[:i:i], l.Items[i+1:]...)
		}
		if generic && key == "remove" {
			return i >= 0, true, nil
		}
		return nil, true, nil
	case "toarray":
		return append([]any{}, l.Items...), true, in.charge(16*len(l.Items), nil)
	case "reverse":
		for i, j := 0, len(l.Items)-1; i < j; i, j = i+1, j-1 {
			l.Items[i], l.Items[j] = l.Items[j], l.Items[i]
		}
		return nil, true, nil
	case "contains", "indexof", "getenumerator", "foreach", "where":
		return in.arrayMethod(l.Items, key, args)
	}
	return nil, false, nil
}

func (in *Interp) hashMethod(h *Hash, key string, args []any) (any, bool, error) {
	arg := func(n int) error {
		if len(args) != n {
			return overload(strings.ToUpper(key[:1])+key[1:], len(args))
		}
		return nil
	}
	switch key {
	case "containskey", "contains":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		_, ok := h.Get(args[0])
		return ok, true, nil
	case "containsvalue":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		return in.contains(h.Values(), args[0], true), true, nil
	case "add":
		if err := arg(2); err != nil {
			return nil, true, err
		}
		if _, have := h.Get(args[0]); have {
			return nil, true, thrown("Add", 2, "ArgumentException", "Item has already been added. Key in dictionary: '"+toString(args[0])+"'  Key being added: '"+toString(args[0])+"'")
		}
		h.Set(args[0], args[1])
		return nil, true, in.charge(32, nil)
	case "remove":
		if err := arg(1); err != nil {
			return nil, true, err
		}
		h.Delete(args[0])
		return nil, true, nil
	case "clear":
		*h = Hash{Ordered: h.Ordered, values: map[string]any{}}
		return nil, true, nil
	case "clone":
		return h.clone(), true, in.charge(32*len(h.keys), nil)
	case "getenumerator":
		return h.entries(), true, in.charge(64*len(h.keys), nil)
	}
	return nil, false, nil
}
