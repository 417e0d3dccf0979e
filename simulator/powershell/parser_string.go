package powershell

import (
	"strings"
	"unicode/utf8"
)

// single reads a single-quoted string.
func (p *parser) single() expr {
	start := p.pos
	p.pos++
	var b strings.Builder
	for {
		end := strings.IndexByte(p.rest(), '\'')
		if end < 0 {
			p.fail("TerminatorExpectedAtEndOfString", span{start, min(start+1, len(p.src))}, "The string is missing the terminator: '.")
		}
		b.WriteString(p.rest()[:end])
		p.pos += end + 1
		if p.peek(0) != '\'' {
			return &constExpr{span: p.from(start), value: b.String()}
		}
		b.WriteByte('\'')
		p.pos++
	}
}

// double reads a double-quoted string.
func (p *parser) double() expr {
	defer p.enter()()
	start := p.pos
	p.pos++
	t := &text{p: p}
	for {
		switch {
		case p.eof():
			p.fail("TerminatorExpectedAtEndOfString", span{start, min(start+1, len(p.src))}, "The string is missing the terminator: \".")
		case p.peek(0) == '"' && p.peek(1) == '"':
			t.b.WriteByte('"')
			p.pos += 2
		case p.peek(0) == '"':
			p.pos++
			return t.expr(p.from(start))
		default:
			t.char()
		}
	}
}

// hereString reads @' … '@ or @" … "@; the quote stands at pos+1.
func (p *parser) hereString() expr {
	defer p.enter()()
	start, quote := p.pos, p.peek(1)
	p.pos += 2
	p.blankOnly()
	p.take("\r")
	if !p.take("\n") {
		p.fail("UnexpectedCharactersAfterHereStringHeader", p.here(1), "No characters are allowed after a here-string header but before the end of the line.")
	}
	end := -1
	for _, mark := range []string{"\r\n" + string(quote) + "@", "\n" + string(quote) + "@"} {
		if strings.HasPrefix(p.src[p.pos-1:], "\n"+string(quote)+"@") {
			end = 0 // empty
			break
		}
		if i := strings.Index(p.rest(), mark); i >= 0 && (end < 0 || i < end) {
			end = i
		}
	}
	if end < 0 {
		p.fail("TerminatorExpectedAtEndOfString", span{start, start + 2}, "The string is missing the terminator: "+string(quote)+"@.")
	}
	stop := p.pos + end
	t := &text{p: p}
	if quote == '\'' {
		t.b.WriteString(p.src[p.pos:stop])
		p.pos = stop
	}
	for p.pos < stop {
		t.char()
	}
	p.pos = max(p.pos, stop)
	p.pos += strings.IndexByte(p.rest(), '@') + 1
	return t.expr(p.from(start))
}

func (p *parser) blankOnly() {
	for p.peek(0) == ' ' || p.peek(0) == '\t' {
		p.pos++
	}
}

// text collects a string with expansions.
type text struct {
	p     *parser
	b     strings.Builder
	parts []expr
}

var escapes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '0': 0, 'a': 7, 'b': 8, 'f': 12, 'v': 11}

// char reads one character, escape or expansion.
func (t *text) char() {
	p := t.p
	switch c := p.peek(0); {
	case c == '`' && p.pos+1 < len(p.src):
		p.pos++
		if e, ok := escapes[p.peek(0)]; ok {
			t.b.WriteByte(e)
			p.pos++
			return
		}
		t.rune()
	case c == '$' && p.peek(1) == '(':
		t.add(p.subexpression())
	case c == '$' && (isWord(p.peek(1)) || p.peek(1) == '{' || p.peek(1) == '?' || p.peek(1) == ':'):
		start := p.pos
		if p.peek(1) == ':' {
			t.b.WriteByte('$')
			p.pos++
			return
		}
		v := p.variable(true)
		if p.peek(0) == ':' && p.src[p.pos-1] != '}' && v.scope == "" && p.peek(1) != ':' && v.name != "?" {
			p.fail("InvalidVariableReferenceWithDrive", span{start, p.pos + 1}, "Variable reference is not valid. ':' was not followed by a valid variable name character. Consider using ${} to delimit the name.")
		}
		t.add(v)
	default:
		t.rune()
	}
}

func (t *text) rune() {
	_, n := utf8.DecodeRuneInString(t.p.rest())
	t.b.WriteString(t.p.rest()[:n])
	t.p.pos += n
}

func (t *text) add(e expr) {
	t.flush()
	t.parts = append(t.parts, e)
}

func (t *text) flush() {
	if t.b.Len() > 0 {
		t.parts = append(t.parts, &constExpr{value: t.b.String()})
		t.b.Reset()
	}
}

func (t *text) expr(at span) expr {
	if len(t.parts) == 0 {
		return &constExpr{span: at, value: t.b.String()}
	}
	t.flush()
	return &textExpr{at, t.parts}
}

// variable reads $name, ${name}, $scope:name and the special ones. In text a
// name ends before a colon that no name follows.
func (p *parser) variable(inText bool) *varExpr {
	start := p.pos
	p.pos++ // $ or @
	v := &varExpr{splat: p.src[start] == '@'}
	switch c := p.peek(0); {
	case c == '{':
		end := strings.IndexByte(p.rest(), '}')
		if end < 0 {
			p.fail("IncompleteDollarVariableReference", p.from(start), "Incomplete variable reference token.")
		}
		v.name = p.rest()[1:end]
		p.pos += end + 1
		if scope, name, ok := strings.Cut(v.name, ":"); ok && scope != "" {
			v.scope, v.name = strings.ToLower(scope), name
		}
	case c == '?' || c == '$' || c == '^':
		v.name = string(c)
		p.pos++
	default:
		v.name = p.word()
		if v.name == "" {
			p.fail("UnexpectedToken", span{start, min(start+1, len(p.src))}, "Unexpected token '"+p.src[start:min(start+1, len(p.src))]+"' in expression or statement.")
		}
		if p.peek(0) == ':' && isWord(p.peek(1)) {
			p.pos++
			v.scope, v.name = strings.ToLower(v.name), p.word()
		}
	}
	v.span = p.from(start)
	return v
}

// subexpression reads $( … ).
func (p *parser) subexpression() expr {
	start := p.pos
	p.pos += 2
	body := p.statements(")")
	if !p.take(")") {
		p.fail("MissingEndParenthesisInSubexpression", p.after(), "Missing closing ')' in subexpression.")
	}
	return &subExpr{p.from(start), body}
}
