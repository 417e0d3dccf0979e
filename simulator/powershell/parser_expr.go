package powershell

import (
	"strings"
)

// levels are the binary operators, loosest first.
var levels = []map[string]bool{
	set("and", "or", "xor"),
	set("band", "bor", "bxor"),
	comparisons(),
	set("+", "-"),
	set("*", "/", "%"),
	set("f"),
	set(".."),
}

func set(words ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

func comparisons() map[string]bool {
	m := set("is", "isnot", "as", "join", "shl", "shr")
	for _, op := range []string{"eq", "ne", "gt", "lt", "ge", "le", "like", "notlike", "match", "notmatch", "in", "notin", "contains", "notcontains", "split", "replace"} {
		m[op], m["i"+op], m["c"+op] = true, true, true
	}
	return m
}

// unaries are the named operators that stand before their operand.
var unaries = set("not", "bnot", "join", "split", "isplit", "csplit")

// expression reads a whole expression; list allows commas at its top.
func (p *parser) expression(list bool) expr { return p.binary(0, list) }

func (p *parser) binary(level int, list bool) expr {
	if level == len(levels) {
		if list {
			return p.list()
		}
		return p.unary()
	}
	left := p.binary(level+1, list)
	for n := 0; ; n++ {
		if n > 2000 {
			p.fail("ScriptTooComplicated", p.here(1), "The expression is too long.")
		}
		save := p.pos
		p.blank()
		at := p.pos
		op := p.operator()
		if op == "" || !levels[level][op] {
			p.pos = save
			return left
		}
		opAt := p.from(at)
		p.lines()
		if !p.startsExpression() {
			p.fail("ExpectedValueExpression", opAt, "You must provide a value expression following the '"+p.src[opAt.start:opAt.end]+"' operator.")
		}
		right := p.binary(level+1, list)
		left = &binaryExpr{span{left.at().start, right.at().end}, op, left, right, opAt}
	}
}

// operator reads a binary operator, lower case and without its dash.
func (p *parser) operator() string {
	switch c := p.peek(0); c {
	case '+', '*', '/', '%':
		if p.peek(1) == '=' || c == '+' && p.peek(1) == '+' {
			return ""
		}
		p.pos++
		return string(c)
	case '.':
		if p.peek(1) == '.' {
			p.pos += 2
			return ".."
		}
	case '-':
		if isLetter(p.peek(1)) {
			start := p.pos
			p.pos++
			op := strings.ToLower(p.word())
			for _, l := range levels {
				if l[op] {
					return op
				}
			}
			p.pos = start
			return ""
		}
		if p.peek(1) == '=' || p.peek(1) == '-' {
			return ""
		}
		p.pos++
		return "-"
	}
	return ""
}

// startsExpression says whether an operand can begin here.
func (p *parser) startsExpression() bool {
	switch c := p.peek(0); c {
	case '$', '(', '"', '\'', '[', '{', '!', ',':
		return true
	case '@':
		return p.peek(1) == '(' || p.peek(1) == '{' || p.peek(1) == '"' || p.peek(1) == '\'' || isLetter(p.peek(1))
	case '+', '-':
		if isLetter(p.peek(1)) {
			save := p.pos
			p.pos++
			op := strings.ToLower(p.word())
			p.pos = save
			return unaries[op]
		}
		return p.peek(1) == c || p.peek(1) == '$' || p.peek(1) == '(' || isDigit(p.peek(1)) || p.peek(1) == '.' || p.peek(1) == '[' || p.peek(1) == ' ' || p.peek(1) == '"' || p.peek(1) == '\''
	case '.':
		return isDigit(p.peek(1))
	default:
		if !isDigit(c) {
			return false
		}
		_, _, ok := scanNumber(p.rest())
		return ok
	}
}

// list reads unary expressions joined by commas.
func (p *parser) list() expr {
	first := p.unary()
	items := []expr{first}
	for {
		save := p.pos
		p.blank()
		if p.peek(0) != ',' {
			p.pos = save
			break
		}
		comma := p.here(1)
		p.pos++
		p.lines()
		if !p.startsExpression() {
			p.fail("MissingExpressionAfterToken", comma, "Missing expression after ','.")
		}
		items = append(items, p.unary())
	}
	if len(items) == 1 {
		return first
	}
	return &listExpr{p.from(first.at().start), items}
}

func (p *parser) unary() expr {
	defer p.enter()()
	p.blank()
	start := p.pos
	switch c := p.peek(0); {
	case c == '!':
		p.pos++
		p.lines()
		return p.operand("not", start)
	case c == ',':
		p.pos++
		p.lines()
		return p.operand(",", start)
	case (c == '+' || c == '-') && p.peek(1) == c:
		p.pos += 2
		p.blank()
		x := p.unary()
		return &stepExpr{p.from(start), string([]byte{c, c}), true, x}
	case (c == '+' || c == '-') && isLetter(p.peek(1)):
		p.pos++
		op := strings.ToLower(p.word())
		if unaries[op] {
			p.lines()
			return p.operand(op, start)
		}
		p.pos = start
		p.unexpected()
	case c == '+' || c == '-':
		p.pos++
		p.blank()
		return p.operand(string(c), start)
	case c == '[':
		return p.typeOrCast()
	}
	return p.postfix(p.primary(), false)
}

func (p *parser) operand(op string, start int) expr {
	if !p.startsExpression() {
		p.fail("MissingExpressionAfterOperator", span{start, p.pos}, "Missing expression after unary operator '"+strings.TrimSpace(p.src[start:p.pos])+"'.")
	}
	var x expr
	if op == "join" || strings.HasSuffix(op, "split") {
		x = p.list()
	} else {
		x = p.unary()
	}
	return &unaryExpr{p.from(start), op, x}
}

// typeName reads what stands in [ ]: names, dots, generic arguments and [].
func (p *parser) typeName() typeExpr {
	start := p.pos
	p.pos++
	level := 1
	for level > 0 {
		switch c := p.peek(0); {
		case c == '[':
			level++
		case c == ']':
			level--
		case isWord(c) || c == '.' || c == ',' || c == ' ' || c == '`' || c == '+':
		default:
			p.fail("EndSquareBracketExpectedAtEndOfAttribute", p.here(1), "Missing ] at end of attribute or type literal.")
		}
		p.pos++
	}
	name := strings.ReplaceAll(p.src[start+1:p.pos-1], " ", "")
	if name == "" {
		p.fail("MissingTypename", span{start, p.pos}, "Missing type name after '['.")
	}
	return typeExpr{p.from(start), name}
}

func (p *parser) typeOrCast() expr {
	start := p.pos
	t := p.typeName()
	if p.peek(0) == ':' && p.peek(1) == ':' {
		return p.postfix(&t, false)
	}
	save := p.pos
	p.blank()
	if p.startsExpression() && p.peek(0) != ',' && (p.peek(0) != '-' && p.peek(0) != '+' || isDigit(p.peek(1)) || p.peek(1) == '$' || p.peek(1) == '(') {
		x := p.unary()
		return &castExpr{p.from(start), t, x}
	}
	p.pos = save
	return p.postfix(&t, false)
}
