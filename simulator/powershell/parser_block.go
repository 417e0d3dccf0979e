package powershell

import (
	"strings"
)

// block reads a script block { … }.
func (p *parser) block() expr {
	defer p.enter()()
	start := p.pos
	p.pos++
	body := p.blockInside("}")
	if !p.take("}") {
		p.fail("MissingEndCurlyBrace", span{start, start + 1}, "Missing closing '}' in statement block or type definition.")
	}
	body.text = p.src[start+1 : p.pos-1]
	return &blockExpr{p.from(start), body}
}

// blockInside reads param, begin, process, end or plain statements.
func (p *parser) blockInside(closing string) *blockBody {
	b := &blockBody{}
	start := p.pos
	p.separators()
	save := p.pos
	for p.peek(0) == '[' { // attributes of the block stand before param
		name := p.attribute()
		if name == "cmdletbinding" {
			b.advanced = true
		}
		p.separators()
	}
	if p.keyword() == "param" {
		p.pos += len("param")
		p.paramBlock(b)
	} else {
		p.pos, b.advanced = save, false
	}
	for {
		p.separators()
		word := p.keyword()
		if word == "dynamicparam" {
			p.fail("NotSupported", p.here(len(word)), "The 'dynamicparam' block is not supported by this simulated PowerShell.")
		}
		if word != "begin" && word != "process" && word != "end" {
			break
		}
		q := *p
		q.pos += len(word)
		q.lines()
		if q.peek(0) != '{' {
			break
		}
		p.pos += len(word)
		body := p.braces("'" + word + "' keyword")
		b.named = true
		switch word {
		case "begin":
			b.begin = body
		case "process":
			b.process, b.hasProcess = body, true
		case "end":
			b.end = body
		}
	}
	if !b.named {
		b.bare = p.statements(closing)
	} else if p.separators(); !p.eof() && !strings.HasPrefix(p.rest(), closing) {
		p.fail("MissingNamedBlocks", p.here(1), "Script command clause 'process' has already been defined.")
	}
	b.span = p.from(start)
	return b
}

// attribute reads [Name(…)] and returns the name in lower case; if it is no
// attribute but an expression nothing is read and "" is returned.
func (p *parser) attribute() string {
	save := p.pos
	p.pos++
	p.blank()
	name := strings.ToLower(p.dottedWord())
	p.blank()
	if p.peek(0) != '(' {
		p.pos = save
		q := *p
		q.typeName()
		p.pos = q.pos
		return ""
	}
	level := 0
	for {
		switch c := p.peek(0); {
		case p.eof():
			p.fail("EndSquareBracketExpectedAtEndOfAttribute", span{save, save + 1}, "Missing ] at end of attribute or type literal.")
		case c == '(':
			level++
		case c == ')':
			level--
		case c == '\'':
			p.single()
			continue
		case c == '"':
			p.double()
			continue
		}
		p.pos++
		if level == 0 {
			break
		}
	}
	p.blank()
	if !p.take("]") {
		p.fail("EndSquareBracketExpectedAtEndOfAttribute", p.here(1), "Missing ] at end of attribute or type literal.")
	}
	return strings.TrimSuffix(name, "attribute")
}

func (p *parser) dottedWord() string {
	start := p.pos
	for isWord(p.peek(0)) || p.peek(0) == '.' {
		p.pos++
	}
	return p.src[start:p.pos]
}

func (p *parser) paramBlock(b *blockBody) {
	b.hasParams = true
	p.expect("(", "MissingOpenParenthesisAfterKeyword", "Missing opening '(' after keyword 'param'.")
	for p.lines(); p.peek(0) != ')'; p.lines() {
		if len(b.params) > 0 {
			p.expect(",", "MissingEndParenthesisInFunctionParameterList", "Missing ')' in function parameter list.")
			p.lines()
		}
		if p.eof() {
			p.fail("MissingEndParenthesisInFunctionParameterList", p.after(), "Missing ')' in function parameter list.")
		}
		d := p.paramDecl(b)
		b.params = append(b.params, d)
	}
	p.pos++
}

func (p *parser) paramDecl(b *blockBody) paramDecl {
	start := p.pos
	var d paramDecl
	for p.lines(); p.peek(0) == '['; p.lines() {
		at := p.pos
		name := p.attribute()
		inside := p.src[at:p.pos]
		switch name {
		case "":
			d.typ = strings.ToLower(strings.ReplaceAll(inside[1:len(inside)-1], " ", ""))
		case "parameter":
			b.advanced = true
			p.parameterAttribute(inside, at, &d)
		case "alias":
			d.aliases = append(d.aliases, quotedWords(inside)...)
		case "validaterange", "validateset", "validatepattern", "validatenotnullorempty", "validatenotnull":
			d.checks = append(d.checks, p.validation(name, inside, at))
		case "allownull":
			d.allowNull = true
		case "allowemptystring":
			d.allowEmpty = true
		case "allowemptycollection":
		default:
			p.fail("NotSupported", span{at, p.pos}, "The attribute '"+name+"' is not supported by this simulated PowerShell.")
		}
	}
	if p.peek(0) != '$' {
		p.fail("MissingEndParenthesisInFunctionParameterList", p.after(), "Missing ')' in function parameter list.")
	}
	d.name = p.variable(false).name
	p.lines()
	if p.peek(0) == '=' {
		p.pos++
		p.lines()
		d.def = p.expression(false)
	}
	d.span = p.from(start)
	return d
}

// parameterAttribute reads the few settings of [Parameter(…)] that matter here.
func (p *parser) parameterAttribute(text string, at int, d *paramDecl) {
	inside := text[strings.IndexByte(text, '(')+1 : strings.LastIndexByte(text, ')')]
	for _, part := range strings.Split(inside, ",") {
		key, value, given := strings.Cut(strings.TrimSpace(part), "=")
		on := !given || !strings.EqualFold(strings.TrimSpace(value), "$false")
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "mandatory":
			d.mandatory = on
		case "valuefrompipeline":
			d.pipeline = on
		case "valuefrompipelinebypropertyname":
			d.byName = on
		case "position":
			v, _, ok := scanNumber(strings.TrimSpace(value))
			n, isInt := v.(int)
			if !ok || !isInt {
				p.fail("NotSupported", span{at, p.pos}, "The position '"+value+"' is not supported by this simulated PowerShell.")
			}
			d.position = n + 1
		case "helpmessage", "":
		default:
			p.fail("NotSupported", span{at, p.pos}, "The parameter setting '"+strings.TrimSpace(key)+"' is not supported by this simulated PowerShell.")
		}
	}
}

// quotedWords lists the strings of an attribute.
func quotedWords(text string) []string {
	var out []string
	p := &parser{src: text}
	for !p.eof() {
		switch p.peek(0) {
		case '\'':
			out = append(out, p.single().(*constExpr).value.(string))
		case '"':
			if c, ok := p.double().(*constExpr); ok {
				out = append(out, c.value.(string))
			}
		default:
			p.pos++
		}
	}
	return out
}

// function reads function name [(params)] { … }.
func (p *parser) function(start int) stmt {
	p.lines()
	nameStart := p.pos
	for !p.wordEnds() {
		p.pos++
	}
	name := p.src[nameStart:p.pos]
	if name == "" {
		p.fail("MissingNameAfterKeyword", p.here(1), "Missing name after function keyword.")
	}
	for _, prefix := range []string{"global:", "script:", "local:"} {
		if strings.HasPrefix(strings.ToLower(name), prefix) {
			name = name[len(prefix):]
		}
	}
	p.lines()
	var head blockBody
	if p.peek(0) == '(' {
		p.paramBlock(&head)
		p.lines()
	}
	if p.peek(0) != '{' {
		p.fail("MissingFunctionBody", p.here(1), "Missing function body in function declaration.")
	}
	body := p.block().(*blockExpr).body
	if head.hasParams {
		body.params, body.hasParams, body.advanced = head.params, true, body.advanced || head.advanced
	}
	return &funcStmt{p.from(start), name, body}
}
