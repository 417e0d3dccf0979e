package powershell

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
