package powershell

import (
	"strings"
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
