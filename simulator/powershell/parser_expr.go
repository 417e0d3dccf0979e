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

// primary reads a value without operators.
func (p *parser) primary() expr {
	start := p.pos
	switch c := p.peek(0); {
	case c == '$' && p.peek(1) == '(':
		return p.subexpression()
	case c == '$':
		return p.variable(false)
	case c == '"':
		return p.double()
	case c == '\'':
		return p.single()
	case c == '(':
		p.pos++
		p.lines()
		if p.peek(0) == ')' {
			p.fail("ExpectedExpression", p.here(1), "An expression was expected after '('.")
		}
		body := p.statement()
		p.lines()
		if !p.take(")") {
			p.fail("MissingEndParenthesisInExpression", p.after(), "Missing closing ')' in expression.")
		}
		return &parenExpr{p.from(start), body}
	case c == '@' && p.peek(1) == '(':
		p.pos += 2
		body := p.statements(")")
		if !p.take(")") {
			p.fail("MissingEndParenthesisInExpression", p.after(), "Missing closing ')' in expression.")
		}
		return &arrayExpr{p.from(start), body}
	case c == '@' && p.peek(1) == '{':
		return p.hash()
	case c == '@' && (p.peek(1) == '"' || p.peek(1) == '\''):
		return p.hereString()
	case c == '@' && isLetter(p.peek(1)):
		p.fail("SplattingNotPermitted", p.here(2), "The splatting operator '@' cannot be used to reference variables in an expression. '@"+p.keywordAt(1)+"' can be used only as an argument to a command. To reference variables in an expression use '$"+p.keywordAt(1)+"'.")
	case c == '{':
		return p.block()
	case isDigit(c) || c == '.':
		if v, ok := p.number(); ok {
			return &constExpr{span: p.from(start), value: v}
		}
	}
	p.unexpected()
	return nil
}

func (p *parser) keywordAt(n int) string {
	q := parser{src: p.src, pos: p.pos + n}
	return q.word()
}

// unexpected fails with the token that stands here.
func (p *parser) unexpected() {
	start := p.pos
	if p.eof() {
		p.fail("ExpectedExpression", p.here(1), "An expression was expected.")
	}
	q := *p
	if c := q.peek(0); c == '-' || isWord(c) {
		q.pos++
		for isWord(q.peek(0)) || q.peek(0) == '-' {
			q.pos++
		}
	} else {
		q.pos++
		for q.pos < len(q.src) && q.src[q.pos]&0xc0 == 0x80 {
			q.pos++
		}
	}
	p.fail("UnexpectedToken", span{start, q.pos}, "Unexpected token '"+p.src[start:q.pos]+"' in expression or statement.")
}

// postfix reads members, calls, indexes, ++ and -- that follow without a gap.
// In arguments words end at other places and ++ is text.
func (p *parser) postfix(x expr, argument bool) expr {
	start := x.at().start
	for n := 0; ; n++ {
		if n > 2000 {
			p.fail("ScriptTooComplicated", p.here(1), "The expression is too long.")
		}
		switch c := p.peek(0); {
		case c == '.' && (isLetter(p.peek(1)) || p.peek(1) == '$' || p.peek(1) == '(' || p.peek(1) == '"' || p.peek(1) == '\''):
			p.pos++
			x = p.member(start, x, false)
		case c == ':' && p.peek(1) == ':':
			p.pos += 2
			x = p.member(start, x, true)
		case c == '[':
			p.pos++
			p.lines()
			if p.peek(0) == ']' {
				p.fail("MissingArrayIndexExpression", p.here(1), "Array index expression is missing or not valid.")
			}
			index := p.expression(true)
			p.lines()
			if !p.take("]") {
				p.fail("EndSquareBracketExpectedAtEndOfAttribute", p.here(1), "Missing ] at end of attribute or type literal.")
			}
			x = &indexExpr{p.from(start), x, index}
		case !argument && (c == '+' || c == '-') && p.peek(1) == c:
			if _, isVar := x.(*varExpr); !isVar {
				if _, isMember := x.(*memberExpr); !isMember {
					return x
				}
			}
			p.pos += 2
			x = &stepExpr{p.from(start), string([]byte{c, c}), false, x}
		default:
			return x
		}
	}
}

func (p *parser) member(start int, x expr, static bool) expr {
	nameStart := p.pos
	var name expr
	switch c := p.peek(0); {
	case c == '$':
		name = p.primary()
	case c == '(', c == '"', c == '\'':
		name = p.primary()
	default:
		w := p.word()
		if w == "" {
			p.fail("MissingPropertyName", p.here(1), "Missing property name after reference operator.")
		}
		name = &constExpr{span: p.from(nameStart), value: w}
	}
	nameAt := p.from(nameStart)
	if p.peek(0) != '(' {
		return &memberExpr{p.from(start), x, name, static, nameAt}
	}
	p.pos++
	var args []expr
	for p.lines(); p.peek(0) != ')'; p.lines() {
		if len(args) > 0 {
			if !p.take(",") {
				p.fail("MissingEndParenthesisInMethodCall", p.after(), "Missing ')' in method call.")
			}
			p.lines()
		}
		if !p.startsExpression() {
			p.fail("MissingExpressionAfterToken", p.here(1), "Missing expression after '"+p.src[p.pos-1:p.pos]+"'.")
		}
		args = append(args, p.expression(false))
	}
	p.pos++
	return &callExpr{p.from(start), x, name, args, static}
}

// hash reads @{ key = value; … }.
func (p *parser) hash() expr {
	defer p.enter()()
	start := p.pos
	p.pos += 2
	h := &hashExpr{}
	for p.separators(); p.peek(0) != '}'; p.separators() {
		if p.eof() {
			p.fail("MissingEndCurlyBrace", span{start, start + 2}, "Missing closing '}' in statement block or type definition.")
		}
		h.keys = append(h.keys, p.hashKey())
		p.blank()
		if p.peek(0) != '=' {
			p.fail("MissingEqualsInHashLiteral", p.here(1), "Missing '=' operator after key in hash literal.")
		}
		p.pos++
		p.lines()
		if p.peek(0) == '}' || p.peek(0) == ';' || p.eof() {
			p.fail("MissingStatementAfterKeyInHash", p.here(1), "Missing statement after '=' in hash literal.")
		}
		h.values = append(h.values, p.statement())
		p.blank()
		if c := p.peek(0); c != '}' && c != ';' && c != '\n' && c != '\r' && !p.eof() {
			p.unexpected()
		}
	}
	p.pos++
	h.span = p.from(start)
	return h
}

func (p *parser) hashKey() expr {
	start := p.pos
	if isLetter(p.peek(0)) {
		for isWord(p.peek(0)) {
			p.pos++
		}
		return &constExpr{span: p.from(start), value: p.src[start:p.pos]}
	}
	if !p.startsExpression() {
		p.unexpected()
	}
	return p.unary()
}
