package console

import "strings"

type tokenKind int

const (
	tokenCommand  tokenKind = iota + 1 // a bare word where a command stands
	tokenWord                          // a bare word that looks like Verb-Noun elsewhere
	tokenInvoke                        // & or . before something that is no bare word
	tokenMember                        // the name behind a dot or ::
	tokenAssign                        // = += -= *= /= %= ++ --
	tokenOpen                          // (
	tokenRedirect                      // > or >> to a file
	tokenEnd                           // of a statement that ended with a member
)

type token struct {
	kind   tokenKind
	text   string
	spaced bool // white space stands before it
}

// lex finds in a PowerShell script what could do something. It knows quoting, comments
// and where commands stand (about_Parsing, about_Quoting_Rules of Windows PowerShell
// 5.1), not the whole grammar; in doubt it finds too much.
func lex(s string) []token {
	l := &lexer{s: s, start: true}
	l.run(false)
	return l.out
}

type lexer struct {
	s      string
	i      int
	out    []token
	start  bool // a command may stand here
	spaced bool
	comma  bool // it stood last
	depth  int
}

func (l *lexer) emit(kind tokenKind, text string) {
	l.out = append(l.out, token{kind, text, l.spaced})
}

// run reads to the end, or with nested past the parenthesis that closes $(.
func (l *lexer) run(nested bool) {
	if l.depth++; l.depth > 100 {
		l.emit(tokenInvoke, "deep nesting")
		l.i = len(l.s)
	}
	defer func() { l.depth-- }()
	open := 0
	for l.i < len(l.s) {
		c := l.s[l.i]
		rest := l.s[l.i:]
		switch {
		case c == '\n' || c == '\r' || c == ';':
			l.i++
			// Behind a comma at the end of a line an argument goes on, no command begins.
			l.start, l.spaced = c == ';' || !l.comma, true
			if n := len(l.out); n > 0 && l.out[n-1].kind == tokenMember && !l.comma {
				l.emit(tokenEnd, "") // what is assigned next is another thing
			}
			continue
		case c == ' ' || c == '\t':
			l.i++
			l.spaced = true
			continue
		case strings.HasPrefix(rest, "`\r\n"):
			l.i += 3
			continue
		case strings.HasPrefix(rest, "`\n"):
			l.i += 2
			continue
		case strings.HasPrefix(rest, "<#"):
			l.skipTo("#>")
		case c == '#':
			l.skipTo("\n")
			l.start = true
		case strings.HasPrefix(rest, "@'\n"), strings.HasPrefix(rest, "@'\r\n"):
			l.skipTo("\n'@")
			l.start = false
		case strings.HasPrefix(rest, "@\"\n"), strings.HasPrefix(rest, "@\"\r\n"):
			l.i += 2
			l.expand("\n\"@")
			l.start = false
		case c == '\'':
			l.single()
			l.start = false
		case c == '"':
			l.i++
			l.expand("\"")
			l.start = false
		case c == '(' || c == '{':
			if c == '(' {
				l.emit(tokenOpen, "(")
			}
			if c == '(' {
				open++
			}
			l.i++
			l.start = true
		case c == ')':
			l.i++
			if nested && open == 0 {
				l.start = false
				return
			}
			open--
			l.start = false
		case c == '}':
			l.i++
			l.start = true
		case strings.HasPrefix(rest, "&&"), strings.HasPrefix(rest, "||"):
			l.i += 2
			l.start = true
		case c == '|':
			l.i++
			l.start = true
		case c == '&':
			l.i++
			l.invoke("&")
		case c == '>':
			l.redirect()
		case c == '$':
			l.variable()
		case c == '[':
			l.i++
			l.start = false
		case c == ']':
			l.i++
			l.start = true // a cast may stand before a command's parenthesis
			if l.i < len(l.s) && (l.s[l.i] == '.' || l.s[l.i] == ':' || l.s[l.i] == ')') {
				l.start = false
			}
		case strings.HasPrefix(rest, "::"):
			l.i += 2
			l.member()
		case c == '.' && l.start && l.i+1 < len(l.s) && (l.s[l.i+1] == ' ' || l.s[l.i+1] == '\\' || l.s[l.i+1] == '/'):
			l.i++
			l.invoke(".")
		case c == '.' && !l.spaced:
			l.i++
			l.member()
		case strings.HasPrefix(rest, "++"), strings.HasPrefix(rest, "--"):
			l.emit(tokenAssign, rest[:2])
			l.i += 2
		case c == '=', strings.HasPrefix(rest, "+="), strings.HasPrefix(rest, "-="), strings.HasPrefix(rest, "*="), strings.HasPrefix(rest, "/="), strings.HasPrefix(rest, "%="):
			l.emit(tokenAssign, "=")
			l.i += strings.IndexByte(rest, '=') + 1
			l.start = true
		case c == ',' || c == '!' || c == '@' || c == ':' || c == '<' || c == '+' || c == '*' || c == '/' || c == ']':
			l.i++
			if c == '!' {
				l.start = true
			}
		default:
			l.word()
		}
		l.spaced, l.comma = false, c == ','
	}
}

func (l *lexer) skipTo(end string) {
	if n := strings.Index(l.s[l.i:], end); n >= 0 {
		l.i += n + len(end)
	} else {
		l.i = len(l.s)
	}
}

// single skips a '…' string; ” in it is one quote.
func (l *lexer) single() {
	l.i++
	for l.i < len(l.s) {
		if l.s[l.i] == '\'' {
			if l.i++; l.i >= len(l.s) || l.s[l.i] != '\'' {
				return
			}
		}
		l.i++
	}
}

// expand reads a string in which $( ) is carried out.
func (l *lexer) expand(end string) {
	for l.i < len(l.s) {
		switch {
		case strings.HasPrefix(l.s[l.i:], end):
			l.i += len(end)
			if end == "\"" && l.i < len(l.s) && l.s[l.i] == '"' {
				l.i++
				continue
			}
			return
		case l.s[l.i] == '`':
			l.i += 2
		case strings.HasPrefix(l.s[l.i:], "$("):
			l.i += 2
			l.start = true
			l.run(true)
		default:
			l.i++
		}
	}
	l.i = len(l.s)
}

// variable reads $name, ${name}, $( and leaves what follows.
func (l *lexer) variable() {
	l.i++
	l.start = false
	switch {
	case l.i >= len(l.s):
	case l.s[l.i] == '(':
		l.i++
		l.start = true
		l.run(true)
	case l.s[l.i] == '{':
		l.skipTo("}")
	default:
		for l.i < len(l.s) && (isWord(l.s[l.i]) || l.s[l.i] == ':' && l.i+1 < len(l.s) && isWord(l.s[l.i+1]) || strings.IndexByte("?^$", l.s[l.i]) >= 0) {
			l.i++
		}
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// member reads the name behind a dot.
func (l *lexer) member() {
	from := l.i
	for l.i < len(l.s) && isWord(l.s[l.i]) {
		l.i++
	}
	l.start = false
	l.emit(tokenMember, l.s[from:l.i])
}

// invoke is the call operator: with a bare word behind it, that is the command.
func (l *lexer) invoke(operator string) {
	for l.i < len(l.s) && (l.s[l.i] == ' ' || l.s[l.i] == '\t') {
		l.i++
	}
	if l.i < len(l.s) && (l.s[l.i] == '{' || operator == "&" && isWord(l.s[l.i])) {
		l.start = true // a block is read like any other, a word as a command
		return
	}
	end := min(l.i+30, len(l.s))
	what, _, _ := strings.Cut(l.s[l.i:end], "\n")
	l.emit(tokenInvoke, operator+" "+strings.TrimSpace(what))
	l.start = false
}

// redirect reads > and what it goes to; $null and another stream are no file.
func (l *lexer) redirect() {
	for l.i < len(l.s) && l.s[l.i] == '>' {
		l.i++
	}
	rest := strings.TrimLeft(l.s[l.i:], " \t")
	if strings.HasPrefix(rest, "&") {
		l.i += strings.IndexByte(l.s[l.i:], '&') + 1
		return
	}
	if !strings.HasPrefix(strings.ToLower(rest), "$null") {
		l.emit(tokenRedirect, ">")
	}
}

// word reads a bare word. A backtick before a letter changes nothing.
func (l *lexer) word() {
	var b strings.Builder
	for l.i < len(l.s) && strings.IndexByte(" \t\r\n;|&(){}[]<>,'\"$=", l.s[l.i]) < 0 {
		if l.s[l.i] == '`' {
			l.i++
			continue
		}
		b.WriteByte(l.s[l.i])
		l.i++
	}
	text := b.String()
	if text == "" { // a character nothing else took
		l.i++
		return
	}
	after := strings.TrimLeft(l.s[l.i:], " \t")
	switch {
	case l.start && strings.HasPrefix(after, "="): // the key of a hash table, and no part of what stood before
		l.emit(tokenWord, text)
	case l.start && (text[0] == '-' || '0' <= text[0] && text[0] <= '9'): // a number, an operator
		l.start = text[0] == '-'
	case l.start:
		l.emit(tokenCommand, text)
		l.start = languageWord[strings.ToLower(text)]
	case text[0] == '-': // a parameter or an operator; a parenthesis or a command may follow an operator
	default:
		l.emit(tokenWord, text)
	}
}

// languageWord are words behind which a command may stand.
var languageWord = map[string]bool{"return": true, "else": true, "do": true, "try": true, "finally": true, "throw": true, "in": true, "exit": true, "begin": true, "process": true, "end": true}
