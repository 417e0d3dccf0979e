package powershell

import (
	"strings"
)

// ends says whether a command ends here: | ; ) } & line end, end of text.
func (p *parser) ends() bool {
	switch p.peek(0) {
	case '|', ';', ')', '}', '\n', '\r', '&':
		return true
	}
	return p.eof()
}

// pipeline reads commands joined by |, after a first expression if given.
func (p *parser) pipeline(first expr) stmt {
	start := p.pos
	s := &pipeStmt{}
	if first != nil {
		start = first.at().start
		c := &command{x: first}
		p.redirections(c)
		c.span = p.from(start)
		s.cmds = append(s.cmds, c)
	} else {
		s.cmds = append(s.cmds, p.element())
	}
	for {
		save := p.pos
		p.blank()
		if p.peek(0) != '|' {
			p.pos = save
			break
		}
		if p.peek(1) == '|' {
			p.fail("InvalidEndOfLine", p.here(2), "The token '||' is not a valid statement separator in this version.")
		}
		bar := p.here(1)
		p.pos++
		p.lines()
		if p.ends() && p.peek(0) != '&' {
			p.fail("EmptyPipeElement", bar, "An empty pipe element is not allowed.")
		}
		s.cmds = append(s.cmds, p.element())
	}
	p.blank()
	if p.peek(0) == '&' {
		if p.peek(1) == '&' {
			p.fail("InvalidEndOfLine", p.here(2), "The token '&&' is not a valid statement separator in this version.")
		}
		p.fail("AmpersandNotAllowed", p.here(1), "The ampersand (&) character is not allowed. The & operator is reserved for future use; wrap an ampersand in double quotation marks (\"&\") to pass it as part of a string.")
	}
	s.span = span{start, p.trimmed(start)}
	return s
}

// trimmed is where the text before pos ends without blanks.
func (p *parser) trimmed(start int) int {
	end := p.pos
	for end > start && strings.IndexByte(" \t\r\n", p.src[end-1]) >= 0 {
		end--
	}
	return end
}

// element reads one element of a pipeline.
func (p *parser) element() *command {
	p.blank()
	start := p.pos
	c := &command{}
	switch {
	case p.peek(0) == '&' && p.peek(1) != '&':
		c.call = "&"
		p.pos++
		p.blank()
	case p.peek(0) == '.' && (p.peek(1) == ' ' || p.peek(1) == '{' || p.peek(1) == '$' || p.peek(1) == '(' || p.peek(1) == '\'' || p.peek(1) == '"'):
		c.call = "."
		p.pos++
		p.blank()
	case p.startsExpression():
		c.x = p.expression(true)
		p.redirections(c)
		c.span = p.from(start)
		return c
	}
	if p.ends() {
		p.fail("ExpectedExpression", p.here(1), "The expression after '"+c.call+"' in a pipeline element produced an object that was not valid.")
	}
	c.name = p.commandName(c.call != "")
	p.arguments(c)
	c.span = span{start, p.trimmed(start)}
	return c
}

func (p *parser) commandName(called bool) expr {
	switch p.peek(0) {
	case '$', '(', '{', '@':
		if !called && p.peek(0) != '$' {
			p.unexpected()
		}
		return p.postfix(p.primary(), true)
	case '"':
		return p.double()
	case '\'':
		return p.single()
	}
	return p.bareword()
}

// arguments reads what follows a command's name.
func (p *parser) arguments(c *command) {
	for {
		p.blank()
		if p.redirection(c) {
			continue
		}
		if p.ends() {
			return
		}
		start := p.pos
		if p.peek(0) == ',' {
			p.fail("MissingArgument", p.here(1), "Missing argument in parameter list.")
		}
		if dash := p.dash(); dash > 0 && (isLetter(p.peek(dash)) || p.peek(dash) == '?') {
			c.args = append(c.args, p.parameter(dash))
			continue
		}
		if strings.HasPrefix(p.rest(), "--%") {
			p.fail("NotSupported", p.here(3), "The stop-parsing token --% is not supported by this simulated PowerShell.")
		}
		x := p.argumentList()
		c.args = append(c.args, argument{span: p.from(start), value: x})
	}
}

// dash is the length of the dash at this place: a hyphen, or one of those that
// word processors make of it; 0 without one.
func (p *parser) dash() int {
	for _, d := range []string{"-", "\u2013", "\u2014", "\u2015"} {
		if strings.HasPrefix(p.rest(), d) {
			return len(d)
		}
	}
	return 0
}

func (p *parser) parameter(dash int) argument {
	start := p.pos
	p.pos += dash
	nameStart := p.pos
	for isWord(p.peek(0)) || p.peek(0) == '-' || p.peek(0) == '?' {
		p.pos++
	}
	a := argument{param: p.src[nameStart:p.pos]}
	if p.peek(0) == ':' {
		p.pos++
		p.blank()
		if p.ends() {
			p.fail("ParameterRequiresArgument", p.from(start), "Parameter '"+p.src[start:p.pos]+"' requires an argument.")
		}
		a.value, a.colon = p.argumentList(), true
	}
	a.span = p.from(start)
	return a
}

// argumentList reads an argument, or several joined by commas.
func (p *parser) argumentList() expr {
	start := p.pos
	items := []expr{p.argument()}
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
		if p.ends() {
			p.fail("MissingArgument", comma, "Missing argument in parameter list.")
		}
		items = append(items, p.argument())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &listExpr{p.from(start), items}
}

// wordEnds says whether an argument's word ends here.
func (p *parser) wordEnds() bool {
	switch p.peek(0) {
	case ' ', '\t', '\n', '\r', ';', '|', '&', '(', ')', '{', '}', ',', '<', '>':
		return true
	}
	return p.eof()
}

func (p *parser) argument() expr {
	start := p.pos
	switch c := p.peek(0); {
	case c == '"' || c == '\'':
		var x expr
		if c == '"' {
			x = p.double()
		} else {
			x = p.single()
		}
		if p.wordEnds() {
			return x
		}
		if p.peek(0) == '.' && isLetter(p.peek(1)) || p.peek(0) == '[' {
			return p.postfix(x, true)
		}
		p.pos = start
		return p.bareword()
	case c == '@' && isLetter(p.peek(1)):
		v := p.variable(false)
		return v
	case c == '$' || c == '(' || c == '@' && strings.IndexByte(`({"'`, p.peek(1)) >= 0 && !p.eof():
		if c == '$' && p.peek(1) != '(' && p.peek(1) != '{' && !isWord(p.peek(1)) && p.peek(1) != '?' && p.peek(1) != '$' {
			return p.bareword()
		}
		x := p.postfix(p.primary(), true)
		if p.wordEnds() || c == '(' || c == '@' {
			return x
		}
		p.pos = start
		return p.bareword()
	case c == '{':
		return p.block()
	case isDigit(c) || (c == '-' || c == '+') && (isDigit(p.peek(1)) || p.peek(1) == '.') || c == '.' && isDigit(p.peek(1)):
		sign := 0
		if c == '-' || c == '+' {
			sign = 1
		}
		if v, n, ok := scanNumber(p.rest()[sign:]); ok {
			p.pos += sign + n
			if p.wordEnds() {
				if c == '-' {
					v = negate(v)
				}
				return &constExpr{span: p.from(start), value: v, bare: true}
			}
			p.pos = start
		}
	}
	return p.bareword()
}

// bareword reads a word without quotes; it is expanded like a double-quoted string.
func (p *parser) bareword() expr {
	defer p.enter()()
	start := p.pos
	t := &text{p: p}
	for !p.wordEnds() {
		switch p.peek(0) {
		case '"':
			x := p.double()
			if c, ok := x.(*constExpr); ok {
				t.b.WriteString(c.value.(string))
			} else {
				t.add(x)
			}
		case '\'':
			t.b.WriteString(p.single().(*constExpr).value.(string))
		default:
			t.char()
		}
	}
	if p.pos == start {
		p.unexpected()
	}
	x := t.expr(p.from(start))
	if c, ok := x.(*constExpr); ok {
		c.bare = true
	}
	return x
}

// redirections reads all that stand here.
func (p *parser) redirections(c *command) {
	for {
		save := p.pos
		p.blank()
		if !p.redirection(c) {
			p.pos = save
			return
		}
	}
}

func (p *parser) redirection(c *command) bool {
	start := p.pos
	r := redirection{from: "1"}
	if n := p.peek(0); (n >= '1' && n <= '6' || n == '*') && p.peek(1) == '>' {
		r.from = string(n)
		p.pos++
	}
	if p.peek(0) == '<' {
		p.fail("RedirectionNotSupported", p.here(1), "The '<' operator is reserved for future use.")
	}
	if !p.take(">") {
		p.pos = start
		return false
	}
	r.app = p.take(">")
	if p.peek(0) == '&' && isDigit(p.peek(1)) {
		r.to = p.src[p.pos : p.pos+2]
		p.pos += 2
	} else {
		p.blank()
		if p.ends() {
			p.fail("MissingFileSpecification", p.from(start), "Missing file specification after redirection operator.")
		}
		r.target = p.argument()
	}
	r.span = p.from(start)
	c.redirs = append(c.redirs, r)
	return true
}
