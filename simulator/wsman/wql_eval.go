package wsman

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"
	"time"
)

type (
	anyOf    struct{ a, b condition }
	allOf    struct{ a, b condition }
	negation struct{ a condition }
)

func (c anyOf) bind(k *Class) bool       { return c.a.bind(k) && c.b.bind(k) }
func (c allOf) bind(k *Class) bool       { return c.a.bind(k) && c.b.bind(k) }
func (c negation) bind(k *Class) bool    { return c.a.bind(k) }
func (c anyOf) holds(i Instance) bool    { return c.a.holds(i) || c.b.holds(i) }
func (c allOf) holds(i Instance) bool    { return c.a.holds(i) && c.b.holds(i) }
func (c negation) holds(i Instance) bool { return !c.a.holds(i) }

type comparison struct {
	name, op string
	value    any
	at       int
	kind     PropertyType
}

func (c *comparison) bind(k *Class) bool {
	if c.at = k.Property(c.name); c.at < 0 {
		return false
	}
	c.kind = k.Properties[c.at]
	return true
}

// holds compares as WMI does: text without regard to case, numbers and
// booleans also when they are quoted. A null property only equals NULL.
func (c *comparison) holds(i Instance) bool {
	v := i.Values[c.at]
	if c.value == nil {
		return (v == nil) == (c.op == "=")
	}
	if v == nil || c.kind.Array {
		return false
	}
	if s, ok := c.value.(string); ok && strings.HasSuffix(c.op, "like") {
		return like(strings.ToLower(cimText(v)), strings.ToLower(s)) == (c.op == "like")
	}
	n, ok := compare(v, c.value)
	if !ok {
		return false
	}
	switch c.op {
	case "=":
		return n == 0
	case "!=", "<>":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

// compare orders a property's value and a constant; ok is false when they are
// of kinds that cannot be compared.
func compare(v, constant any) (n int, ok bool) {
	switch v := v.(type) {
	case string:
		if s, ok := constant.(string); ok {
			return cmp.Compare(strings.ToLower(v), strings.ToLower(s)), true
		}
		return 0, false
	case bool:
		want, ok := constant.(bool)
		switch s := constant.(type) {
		case string:
			want, ok = strings.EqualFold(s, "true"), strings.EqualFold(s, "true") || strings.EqualFold(s, "false")
		case *big.Rat:
			want, ok = s.Sign() != 0, true
		}
		if !ok {
			return 0, false
		}
		return cmp.Compare(truth(v), truth(want)), true
	case time.Time:
		s, _ := constant.(string)
		t, ok := parseDMTF(s)
		return v.Truncate(time.Microsecond).Compare(t), ok
	case Reference, Instance:
		return 0, false
	}
	number, ok := new(big.Rat).SetString(cimText(v))
	if !ok {
		return 0, false
	}
	switch s := constant.(type) {
	case *big.Rat:
		return number.Cmp(s), true
	case bool:
		return number.Cmp(big.NewRat(int64(truth(s)), 1)), true
	case string:
		if r, ok := new(big.Rat).SetString(s); ok && len(s) <= 40 && !strings.ContainsAny(s, "eEpP") {
			return number.Cmp(r), true
		}
	}
	return 0, false
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parseDMTF reads 20260301123000.000000+060, the offset in minutes.
func parseDMTF(s string) (time.Time, bool) {
	if len(s) != 25 || s[21] != '+' && s[21] != '-' {
		return time.Time{}, false
	}
	var offset int
	if _, err := fmt.Sscanf(s[22:], "%03d", &offset); err != nil {
		return time.Time{}, false
	}
	t, err := time.Parse("20060102150405.000000", s[:21])
	if s[21] == '+' {
		offset = -offset
	}
	return t.Add(time.Duration(offset) * time.Minute), err == nil
}

// like matches WQL's patterns: % any text, _ one character, [a-z] and [^a-z]
// one of a set. Both are in lower case.
func like(s, pattern string) bool {
	text, pat := []rune(s), []rune(pattern)
	star, mark := -1, 0
	t, p := 0, 0
	for t < len(text) {
		if p < len(pat) && pat[p] == '%' {
			star, mark = p, t
			p++
			continue
		}
		if n, ok := matchOne(text[t], pat[p:]); ok {
			t, p = t+1, p+n
			continue
		}
		if star < 0 {
			return false
		}
		mark++
		t, p = mark, star+1
	}
	for p < len(pat) && pat[p] == '%' {
		p++
	}
	return p == len(pat)
}

// matchOne matches one character and returns the pattern's length that did.
func matchOne(r rune, pat []rune) (n int, ok bool) {
	switch {
	case len(pat) == 0:
		return 0, false
	case pat[0] == '_':
		return 1, true
	case pat[0] != '[':
		return 1, pat[0] == r
	}
	end := 1
	for end < len(pat) && pat[end] != ']' {
		end++
	}
	if end == len(pat) { // no set after all
		return 1, r == '['
	}
	set := pat[1:end]
	not := len(set) > 0 && set[0] == '^'
	if not {
		set = set[1:]
	}
	found := false
	for i := 0; i < len(set); i++ {
		if i+2 < len(set) && set[i+1] == '-' {
			found = found || set[i] <= r && r <= set[i+2]
			i += 2
		} else {
			found = found || set[i] == r
		}
	}
	return end + 1, found != not
}
