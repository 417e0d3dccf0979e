package simulator

import "strings"

// cmd.exe reads a line in phases: variables first, then operators outside
// quotes, with ^ taking their meaning away.

// cmdNode is a command, or two joined by an operator.
type cmdNode struct {
	op          string // "&", "&&", "||", "|", or "" for a command
	left, right *cmdNode

	text   string // of a command, without its redirections
	group  *cmdNode
	when   []string // words of an if's condition; left is then, right is else
	stdout *redirect
	stderr *redirect
	stdin  string // file, "" without
}

// redirect is where a stream goes: a file, or the other stream.
type redirect struct {
	file  string
	add   bool // >>
	other bool // 2>&1, 1>&2
}

type cmdParser struct {
	s     []rune
	at    int
	depth int
}

// parseCmd reads a whole line; nil for an empty one. A syntax error names what
// cmd.exe would.
func parseCmd(line string) (*cmdNode, string) {
	p := &cmdParser{s: []rune(line)}
	n, bad := p.sequence("")
	if bad == "" && p.at < len(p.s) {
		bad = string(p.s[p.at])
	}
	return n, bad
}

// levels are the operators from the weakest to the strongest.
var levels = [][]string{{"&"}, {"||"}, {"&&"}, {"|"}}

func (p *cmdParser) sequence(end string) (*cmdNode, string) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > 32 {
		return nil, "("
	}
	return p.level(0, end)
}

func (p *cmdParser) level(l int, end string) (*cmdNode, string) {
	if l == len(levels) {
		return p.command(end)
	}
	left, bad := p.level(l+1, end)
	for bad == "" {
		op := p.operator()
		if op == "" || op != levels[l][0] {
			return left, ""
		}
		if left == nil {
			return nil, op
		}
		p.at += len(op)
		var right *cmdNode
		right, bad = p.level(l+1, end)
		if right == nil && bad == "" {
			if op == "&" {
				return left, "" // a trailing & is allowed
			}
			return nil, op
		}
		left = &cmdNode{op: op, left: left, right: right}
	}
	return nil, bad
}

func (p *cmdParser) operator() string {
	rest := string(p.s[p.at:min(p.at+2, len(p.s))])
	for _, op := range []string{"&&", "||", "&", "|"} {
		if strings.HasPrefix(rest, op) {
			return op
		}
	}
	return ""
}

func (p *cmdParser) spaces() {
	for p.at < len(p.s) && strings.ContainsRune(" \t,;=", p.s[p.at]) {
		p.at++
	}
}

// command reads one command with its redirections, or a group in parentheses.
func (p *cmdParser) command(end string) (*cmdNode, string) {
	p.spaces()
	n := &cmdNode{}
	var text strings.Builder
	if p.at < len(p.s) && p.s[p.at] == '(' {
		p.at++
		g, bad := p.sequence(")")
		if bad != "" || g == nil || p.at >= len(p.s) || p.s[p.at] != ')' {
			return nil, ")"
		}
		p.at++
		n.group = g
	}
	if n.group == nil && p.keyword("if") {
		return p.branch(end)
	}
	quoted := false
	for p.at < len(p.s) {
		r := p.s[p.at]
		if r == '"' {
			quoted = !quoted
		}
		if !quoted {
			switch {
			case r == '^':
				if p.at++; p.at < len(p.s) {
					text.WriteRune(p.s[p.at])
					p.at++
				}
				continue
			case p.operator() != "" || r == ')' && end == ")":
				return n.finish(text.String())
			case r == '>' || r == '<' || (r == '1' || r == '2') && p.at+1 < len(p.s) && p.s[p.at+1] == '>' && (p.at == 0 || strings.ContainsRune(" \t(&|)", p.s[p.at-1])):
				if bad := p.redirection(n); bad != "" {
					return nil, bad
				}
				continue
			}
		}
		text.WriteRune(r)
		p.at++
	}
	return n.finish(text.String())
}

// keyword takes a word that stands alone.
func (p *cmdParser) keyword(w string) bool {
	end := p.at + len(w)
	if end > len(p.s) || !strings.EqualFold(string(p.s[p.at:end]), w) || end < len(p.s) && !strings.ContainsRune(" \t(", p.s[end]) {
		return false
	}
	p.at = end
	return true
}

// branch reads what follows if: the condition, the command, and an else after
// a command in parentheses.
func (p *cmdParser) branch(end string) (*cmdNode, string) {
	n := &cmdNode{op: "if"}
	if bad := p.condition(n); bad != "" {
		return nil, bad
	}
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
	inGroup := p.at < len(p.s) && p.s[p.at] == '('
	var bad string
	if !inGroup {
		n.left, bad = p.level(0, end)
	} else if n.left, bad = p.command(end); bad == "" {
		if rest := strings.TrimLeft(n.left.text, " \t"); len(rest) >= 4 && strings.EqualFold(rest[:4], "else") {
			p.at -= len([]rune(n.left.text)) // it was read as the group's tail
			n.left.text = ""
			p.spaces()
			p.at += 4
			p.spaces()
			n.right, bad = p.level(0, end)
		}
	}
	if bad == "" && n.left == nil {
		bad = "newline"
	}
	return n, bad
}

// condition reads [not] [/i] exist FILE, defined NAME, errorlevel N or A == B.
func (p *cmdParser) condition(n *cmdNode) string {
	word := func() (w, lower string) {
		w, ok := p.conditionWord()
		if ok {
			n.when = append(n.when, w)
		}
		return w, strings.ToLower(w)
	}
	_, lower := word()
	for lower == "not" || lower == "/i" {
		_, lower = word()
	}
	if lower != "exist" && lower != "defined" && lower != "errorlevel" {
		if op, lower := word(); !comparisons[lower] {
			if op == "" {
				op = "newline"
			}
			return op
		}
	}
	if w, _ := word(); w == "" {
		return "newline"
	}
	return ""
}

var comparisons = map[string]bool{"==": true, "equ": true, "neq": true, "lss": true, "leq": true, "gtr": true, "geq": true}

// conditionWord reads one word of a condition, or ==.
func (p *cmdParser) conditionWord() (string, bool) {
	for p.at < len(p.s) && (p.s[p.at] == ' ' || p.s[p.at] == '\t') {
		p.at++
	}
	start, quoted := p.at, false
	for p.at < len(p.s) {
		r := p.s[p.at]
		if r == '=' && !quoted && p.at+1 < len(p.s) && p.s[p.at+1] == '=' {
			if p.at == start {
				p.at += 2
			}
			break
		}
		if !quoted && (r == ' ' || r == '\t' || r == '(' && p.at > start) {
			break
		}
		quoted = quoted != (r == '"')
		p.at++
	}
	return string(p.s[start:p.at]), p.at > start
}

func (n *cmdNode) finish(text string) (*cmdNode, string) {
	n.text = strings.TrimLeft(text, " \t")
	if n.text == "" && n.group == nil && n.stdout == nil {
		return nil, ""
	}
	return n, ""
}

// redirection reads >file, >>file, 2>file, 2>&1, <file.
func (p *cmdParser) redirection(n *cmdNode) string {
	target := &n.stdout
	if p.s[p.at] == '1' || p.s[p.at] == '2' {
		if p.s[p.at] == '2' {
			target = &n.stderr
		}
		p.at++
	}
	input := p.s[p.at] == '<'
	p.at++
	r := &redirect{}
	if !input && p.at < len(p.s) && p.s[p.at] == '>' {
		r.add = true
		p.at++
	}
	if !input && p.at+1 < len(p.s) && p.s[p.at] == '&' && (p.s[p.at+1] == '1' || p.s[p.at+1] == '2') {
		p.at += 2
		r.other = true
		*target = r
		return ""
	}
	for p.at < len(p.s) && strings.ContainsRune(" \t", p.s[p.at]) {
		p.at++
	}
	start, quoted := p.at, false
	for p.at < len(p.s) && (quoted || !strings.ContainsRune(" \t&|<>()", p.s[p.at])) {
		quoted = quoted != (p.s[p.at] == '"')
		p.at++
	}
	r.file = strings.ReplaceAll(string(p.s[start:p.at]), `"`, "")
	switch {
	case r.file == "" && p.at < len(p.s):
		return string(p.s[p.at])
	case r.file == "":
		return "newline"
	case input:
		n.stdin = r.file
	default:
		*target = r
	}
	return ""
}

// expandCmd replaces %NAME%. Unknown names stay as they are, as on a command line.
func expandCmd(line string, get func(name string) (string, bool)) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(line, "%")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, closed := strings.Cut(rest, "%")
		if v, ok := get(name); closed && ok && name != "" {
			b.WriteString(v)
			line = after
			continue
		}
		b.WriteByte('%')
		line = rest
	}
}

// stripCmd is cmd.exe's rule for the text after /c: the quotes around the whole
// are taken off unless they are the only two and hold the name of a program.
func stripCmd(line string) string {
	line = strings.TrimLeft(line, " \t")
	if !strings.HasPrefix(line, `"`) {
		return line
	}
	last := strings.LastIndexByte(line, '"')
	if strings.Count(line, `"`) == 2 && !strings.ContainsAny(line, `&<>()@^|`) {
		if name := line[1:last]; strings.Contains(name, " ") && strings.HasSuffix(strings.ToLower(name), ".exe") && strings.Contains(name, `\`) {
			return line
		}
	}
	if last == 0 {
		return line[1:]
	}
	return line[1:last] + line[last+1:]
}
