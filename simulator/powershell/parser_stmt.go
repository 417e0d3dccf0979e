package powershell

import (
	"strings"
)

// parse reads a whole script.
func parse(src string) (body *blockBody, err error) {
	p := &parser{src: src}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *parseError:
			err = r
		default:
			panic(r)
		}
	}()
	body = p.blockInside("")
	if !p.eof() {
		p.unexpected()
	}
	return body, nil
}

// statements reads up to the closing text (not read) or the end.
func (p *parser) statements(closing string) []stmt {
	defer p.enter()()
	var out []stmt
	for {
		p.separators()
		if p.eof() || closing != "" && strings.HasPrefix(p.rest(), closing) {
			return out
		}
		out = append(out, p.statement())
		p.blank()
		if c := p.peek(0); !p.eof() && c != ';' && c != '\n' && c != '\r' && (closing == "" || !strings.HasPrefix(p.rest(), closing)) {
			switch out[len(out)-1].(type) {
			case *pipeStmt, *assignStmt, *flowStmt:
				p.unexpected()
			}
		}
	}
}

// braces reads { statements }.
func (p *parser) braces(after string) []stmt {
	p.lines()
	if p.peek(0) != '{' {
		p.fail("MissingStatementBlock", p.here(1), "Missing statement block after "+after+".")
	}
	start := p.pos
	p.pos++
	body := p.statements("}")
	if !p.take("}") {
		p.fail("MissingEndCurlyBrace", span{start, start + 1}, "Missing closing '}' in statement block or type definition.")
	}
	return body
}

// paren reads ( pipeline ).
func (p *parser) paren(word string) stmt {
	p.lines()
	if !p.take("(") {
		p.fail("MissingOpenParenthesisInIfStatement", p.here(1), "Missing '(' after '"+word+"' in "+word+" statement.")
	}
	p.lines()
	if p.peek(0) == ')' || p.eof() {
		p.fail("IfStatementMissingCondition", p.here(1), "Missing condition in "+word+" statement after '"+word+" ('.")
	}
	s := p.statement()
	p.lines()
	if !p.take(")") {
		p.fail("MissingEndParenthesisAfterStatement", p.after(), "Missing closing ')' after expression in '"+word+"' statement.")
	}
	return s
}

// unsupportedWords are statements this subset does not have.
var unsupportedWords = set("class", "enum", "using", "trap", "workflow", "parallel", "sequence", "inlinescript", "data", "configuration", "dynamicparam", "filter", "define", "from", "var")

func (p *parser) statement() stmt {
	defer p.enter()()
	p.separators()
	start := p.pos
	label := ""
	if p.peek(0) == ':' && isLetter(p.peek(1)) {
		p.pos++
		label = strings.ToLower(p.word())
		p.lines()
	}
	word := p.keyword()
	next := func() { p.pos += len(word) }
	switch word {
	case "if":
		next()
		return p.ifStatement(start)
	case "while":
		next()
		cond := p.paren("while")
		body := p.braces("while ( condition )")
		return &loopStmt{span: p.from(start), label: label, cond: cond, body: body}
	case "do":
		next()
		body := p.braces("do")
		p.lines()
		end := p.keyword()
		if end != "while" && end != "until" {
			p.fail("MissingWhileOrUntilInDoWhile", p.here(1), "Missing while or until keyword in do loop.")
		}
		p.pos += len(end)
		return &loopStmt{span: p.from(start), label: label, cond: p.paren(end), body: body, post: true, untilTrue: end == "until"}
	case "for":
		next()
		return p.forStatement(start, label)
	case "foreach":
		next()
		return p.foreachStatement(start, label)
	case "switch":
		next()
		return p.switchStatement(start, label)
	case "try":
		next()
		return p.tryStatement(start)
	case "function":
		next()
		return p.function(start)
	case "return", "throw", "exit":
		next()
		s := &flowStmt{kind: word}
		p.blank()
		if !p.ends() {
			s.value = p.statement()
		}
		s.span = p.from(start)
		return s
	case "break", "continue":
		next()
		p.blank()
		s := &flowStmt{kind: word}
		if isLetter(p.peek(0)) {
			s.label = strings.ToLower(p.word())
		}
		s.span = p.from(start)
		return s
	}
	if unsupportedWords[word] && (p.peekAfter(word) == ' ' || p.peekAfter(word) == '{') {
		p.fail("NotSupported", p.here(len(word)), "The '"+word+"' statement is not supported by this simulated PowerShell.")
	}
	if label != "" {
		p.unexpected()
	}
	if !p.startsExpression() {
		if c := p.peek(0); c == ')' || c == '}' || c == '|' || c == ']' || c == '=' || p.eof() {
			p.unexpected()
		}
		return p.pipeline(nil)
	}
	x := p.expression(true)
	save := p.pos
	p.blank()
	for _, op := range []string{"=", "+=", "-=", "*=", "/=", "%="} {
		if !p.take(op) {
			continue
		}
		opAt := span{p.pos - len(op), p.pos}
		if !assignable(x) {
			p.fail("InvalidLeftHandSide", x.at(), "The assignment expression is not valid. The input to an assignment operator must be an object that is able to accept assignments, such as a variable or a property.")
		}
		p.lines()
		if p.ends() && p.peek(0) != '&' {
			p.fail("ExpectedValueExpression", opAt, "You must provide a value expression following the '"+op+"' operator.")
		}
		value := p.statement()
		return &assignStmt{span{start, p.trimmed(start)}, x, op, value}
	}
	p.pos = save
	return p.pipeline(x)
}

func (p *parser) peekAfter(word string) byte { return p.peek(len(word)) }

func assignable(x expr) bool {
	switch x := x.(type) {
	case *varExpr, *memberExpr, *indexExpr:
		return true
	case *castExpr:
		return assignable(x.x)
	case *listExpr:
		for _, i := range x.items {
			if !assignable(i) {
				return false
			}
		}
		return true
	}
	return false
}

func (p *parser) ifStatement(start int) stmt {
	s := &ifStmt{}
	for {
		s.conds = append(s.conds, p.paren("if"))
		s.blocks = append(s.blocks, p.braces("if ( condition )"))
		save := p.pos
		p.lines()
		switch p.keyword() {
		case "elseif":
			p.pos += len("elseif")
			continue
		case "else":
			p.pos += len("else")
			s.other = p.braces("'else' keyword")
			if s.other == nil {
				s.other = []stmt{}
			}
		default:
			p.pos = save
		}
		s.span = p.from(start)
		return s
	}
}

func (p *parser) forStatement(start int, label string) stmt {
	s := &forStmt{label: label}
	p.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing opening '(' after keyword 'for'.")
	part := func(closing byte) stmt {
		p.blank()
		p.lines()
		if p.peek(0) == closing || p.peek(0) == ')' {
			return nil
		}
		return p.statement()
	}
	s.init = part(';')
	p.blank()
	if p.take(";") {
		s.cond = part(';')
		p.blank()
		if p.take(";") {
			s.next = part(')')
		}
	}
	p.expect(")", "MissingEndParenthesisAfterStatement", "Missing closing ')' after expression in 'for' statement.")
	s.body = p.braces("for ( … )")
	s.span = p.from(start)
	return s
}

func (p *parser) foreachStatement(start int, label string) stmt {
	s := &foreachStmt{label: label}
	p.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing opening '(' after keyword 'foreach'.")
	p.lines()
	if p.peek(0) != '$' {
		p.fail("MissingVariableNameAfterForeach", p.here(1), "Missing variable name after foreach.")
	}
	s.name = *p.variable(false)
	p.lines()
	if p.keyword() != "in" {
		p.fail("MissingInInForeach", p.here(1), "Missing 'in' after variable in foreach loop.")
	}
	p.pos += 2
	p.lines()
	s.in = p.statement()
	p.expect(")", "MissingEndParenthesisAfterForeach", "Missing closing ')' after expression in foreach loop.")
	s.body = p.braces("foreach ( … )")
	s.span = p.from(start)
	return s
}

func (p *parser) switchStatement(start int, label string) stmt {
	s := &switchStmt{label: label}
	for {
		p.lines()
		if p.peek(0) != '-' {
			break
		}
		p.pos++
		at := p.pos
		switch strings.ToLower(p.word()) {
		case "wildcard":
			s.wildcard = true
		case "regex":
			s.regex = true
		case "exact":
			s.exact = true
		case "casesensitive":
			s.caseSens = true
		default:
			p.fail("NotSupported", p.from(at-1), "The switch parameter '"+p.src[at-1:p.pos]+"' is not supported by this simulated PowerShell.")
		}
	}
	s.value = p.paren("switch")
	p.expect("{", "MissingCurlyBraceInSwitchStatement", "Missing opening '{' in switch statement.")
	for p.separators(); p.peek(0) != '}'; p.separators() {
		if p.eof() {
			p.fail("MissingEndCurlyBrace", p.here(1), "Missing closing '}' in statement block or type definition.")
		}
		var test expr
		if p.keyword() == "default" {
			p.pos += len("default")
		} else if test = p.argument(); test == nil {
			p.unexpected()
		}
		s.tests = append(s.tests, test)
		s.blocks = append(s.blocks, p.braces("switch clause"))
	}
	p.pos++
	s.span = p.from(start)
	return s
}

func (p *parser) tryStatement(start int) stmt {
	s := &tryStmt{body: p.braces("'try' keyword")}
	for {
		save := p.pos
		p.lines()
		if p.keyword() != "catch" {
			p.pos = save
			break
		}
		p.pos += len("catch")
		var c catchClause
		for {
			p.lines()
			if p.take(",") {
				continue
			}
			if p.peek(0) != '[' {
				break
			}
			c.types = append(c.types, p.typeName().name)
		}
		c.body = p.braces("'catch' keyword")
		s.catches = append(s.catches, c)
	}
	save := p.pos
	p.lines()
	if p.keyword() == "finally" {
		p.pos += len("finally")
		if s.finally = p.braces("'finally' keyword"); s.finally == nil {
			s.finally = []stmt{}
		}
	} else {
		p.pos = save
	}
	if s.catches == nil && s.finally == nil {
		p.fail("MissingCatchOrFinally", p.here(1), "The Try statement is missing its Catch or Finally block.")
	}
	s.span = p.from(start)
	return s
}
