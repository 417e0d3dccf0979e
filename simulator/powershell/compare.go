package powershell

import (
	"regexp"
	"strings"
	"time"
)

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
