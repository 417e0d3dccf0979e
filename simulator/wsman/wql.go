package wsman

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

// WQL as WMI's data queries have it (Win32 documentation, "SELECT Statement for
// Data Queries" and "WHERE Clause"): SELECT * or properties FROM a class, WHERE
// with comparisons, LIKE, IS NULL, AND, OR, NOT and parentheses.

var errWQL = errors.New("not a WQL data query")

const (
	maxQuery      = 16 << 10
	maxQueryDepth = 64
)

// query is a parsed SELECT.
type query struct {
	class    string
	selected []string // nil: all
	where    condition
}

// condition is a node of a WHERE clause; nil is always true.
type condition interface {
	// bind finds the properties in the class; false when one is missing.
	bind(c *Class) bool
	holds(i Instance) bool
}

// parseWQL reads a query; bind it to its class before use.
func parseWQL(text string) (*query, error) {
	if len(text) > maxQuery || !utf8.ValidString(text) {
		return nil, errWQL
	}
	p := &wqlParser{rest: text}
	p.next()
	q := &query{}
	if !p.word("select") {
		return nil, errWQL
	}
	if !p.symbol("*") {
		for {
			name, ok := p.property()
			if !ok {
				return nil, errWQL
			}
			q.selected = append(q.selected, name)
			if !p.symbol(",") {
				break
			}
		}
	}
	if !p.word("from") || p.kind != wqlName {
		return nil, errWQL
	}
	q.class = p.token
	p.next()
	if p.word("where") {
		var err error
		if q.where, err = p.or(0); err != nil {
			return nil, err
		}
	}
	if p.kind != wqlEnd {
		return nil, fmt.Errorf("%w: near %q", errWQL, p.token)
	}
	return q, nil
}

// bind resolves the query against a class and returns the selected properties'
// positions, nil for all.
func (q *query) bind(c *Class) ([]int, error) {
	var selected []int
	for _, name := range q.selected {
		n := c.Property(name)
		if n < 0 {
			return nil, fmt.Errorf("%w: no property %q", errWQL, name)
		}
		selected = append(selected, n)
	}
	if q.where != nil && !q.where.bind(c) {
		return nil, fmt.Errorf("%w: unknown property in WHERE", errWQL)
	}
	return selected, nil
}

func (q *query) filter(list []Instance) []Instance {
	if q.where == nil {
		return list
	}
	var out []Instance
	for _, i := range list {
		if q.where.holds(i) {
			out = append(out, i)
		}
	}
	return out
}

const (
	wqlEnd = iota
	wqlName
	wqlString
	wqlNumber
	wqlSymbol
	wqlBad
)

// wqlParser is a recursive descent over tokens taken one ahead.
type wqlParser struct {
	rest, token string
	kind        int
}

func (p *wqlParser) next() {
	s := strings.TrimLeft(p.rest, " \t\r\n")
	if s == "" {
		p.rest, p.token, p.kind = "", "", wqlEnd
		return
	}
	take := func(n, kind int) { p.token, p.rest, p.kind = s[:n], s[n:], kind }
	isName := func(r rune) bool {
		return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r >= 0x80
	}
	switch c := s[0]; {
	case c == '\'' || c == '"':
		var b strings.Builder
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] == '\\' && i+1 < len(s):
				i++
				b.WriteByte(s[i])
			case s[i] == c:
				p.token, p.rest, p.kind = b.String(), s[i+1:], wqlString
				return
			default:
				b.WriteByte(s[i])
			}
		}
		take(len(s), wqlBad)
	case c >= '0' && c <= '9' || c == '-' || c == '+':
		n := strings.IndexFunc(s[1:], func(r rune) bool { return !isName(r) && r != '.' && r != '-' && r != '+' })
		if n < 0 {
			n = len(s) - 1
		}
		take(n+1, wqlNumber)
	case isName(rune(c)):
		n := strings.IndexFunc(s, func(r rune) bool { return !isName(r) })
		if n < 0 {
			n = len(s)
		}
		take(n, wqlName)
	case strings.HasPrefix(s, "<=") || strings.HasPrefix(s, ">=") || strings.HasPrefix(s, "<>") || strings.HasPrefix(s, "!="):
		take(2, wqlSymbol)
	case strings.IndexByte("=<>(),*.", c) >= 0:
		take(1, wqlSymbol)
	default:
		take(len(s), wqlBad)
	}
}

func (p *wqlParser) word(w string) bool {
	if p.kind != wqlName || !strings.EqualFold(p.token, w) {
		return false
	}
	p.next()
	return true
}

func (p *wqlParser) symbol(s string) bool {
	if p.kind != wqlSymbol || p.token != s {
		return false
	}
	p.next()
	return true
}

// property is a name, with or without the class before it.
func (p *wqlParser) property() (string, bool) {
	if p.kind != wqlName {
		return "", false
	}
	name := p.token
	for p.next(); p.symbol("."); p.next() {
		if p.kind != wqlName {
			return "", false
		}
		name = p.token
	}
	return name, true
}

func (p *wqlParser) or(depth int) (condition, error) {
	left, err := p.and(depth)
	for err == nil && p.word("or") {
		var right condition
		right, err = p.and(depth)
		left = anyOf{left, right}
	}
	return left, err
}

func (p *wqlParser) and(depth int) (condition, error) {
	left, err := p.not(depth)
	for err == nil && p.word("and") {
		var right condition
		right, err = p.not(depth)
		left = allOf{left, right}
	}
	return left, err
}

func (p *wqlParser) not(depth int) (condition, error) {
	if depth > maxQueryDepth {
		return nil, errWQL
	}
	if p.word("not") {
		c, err := p.not(depth + 1)
		return negation{c}, err
	}
	if p.symbol("(") {
		c, err := p.or(depth + 1)
		if err == nil && !p.symbol(")") {
			err = errWQL
		}
		return c, err
	}
	return p.comparison()
}

var mirrored = map[string]string{"=": "=", "!=": "!=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

func (p *wqlParser) comparison() (condition, error) {
	if v, ok := p.constant(); ok { // 5 < ProcessId
		op := p.token
		if p.kind != wqlSymbol || mirrored[op] == "" {
			return nil, errWQL
		}
		p.next()
		name, ok := p.property()
		if !ok {
			return nil, errWQL
		}
		return &comparison{name: name, op: mirrored[op], value: v}, nil
	}
	name, ok := p.property()
	if !ok {
		return nil, errWQL
	}
	c := &comparison{name: name}
	switch {
	case p.word("is"):
		c.op = "="
		if p.word("not") {
			c.op = "!="
		}
		if !p.word("null") {
			return nil, errWQL
		}
		return c, nil
	case p.word("not"):
		if !p.word("like") {
			return nil, errWQL
		}
		c.op = "not like"
	case p.word("like"):
		c.op = "like"
	case p.kind == wqlSymbol && mirrored[p.token] != "":
		c.op = p.token
		p.next()
	default:
		return nil, errWQL
	}
	if c.value, ok = p.constant(); !ok {
		return nil, errWQL
	}
	if _, text := c.value.(string); strings.HasSuffix(c.op, "like") && !text {
		return nil, errWQL
	}
	return c, nil
}

// constant is a string, a number (as *big.Rat), TRUE, FALSE or NULL (nil).
func (p *wqlParser) constant() (v any, ok bool) {
	switch p.kind {
	case wqlString:
		v = p.token
	case wqlNumber:
		if len(p.token) > 40 { // 1e999999999 would be computed
			return nil, false
		}
		r, ok := new(big.Rat).SetString(p.token)
		if !ok || strings.ContainsAny(p.token, "eEpP") {
			return nil, false
		}
		v = r
	case wqlName:
		switch strings.ToLower(p.token) {
		case "true":
			v = true
		case "false":
			v = false
		case "null":
		default:
			return nil, false
		}
	default:
		return nil, false
	}
	p.next()
	return v, true
}
