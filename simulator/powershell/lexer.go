package powershell

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// parser reads source text. PowerShell's tokens depend on where they stand (an
// argument's word and an operator look alike), so the lexer's functions are
// asked for what the grammar expects at that place.
type parser struct {
	src   string
	pos   int
	depth int
}

// parseError ends parsing.
type parseError struct {
	id, message string
	span
}

func (e *parseError) Error() string { return e.message }

// deepest nesting of expressions and blocks; deeper text is refused.
const deepest = 300

func (p *parser) fail(id string, at span, message string) {
	if at.start >= len(p.src) { // at the end: blame the last thing that stands there
		at.start = max(len(strings.TrimRight(p.src, " \t\r\n"))-1, 0)
		at.end = at.start + 1
	}
	panic(&parseError{id, message, at})
}

// enter guards the Go stack against nested input; call the result to leave.
func (p *parser) enter() func() {
	if p.depth++; p.depth > deepest {
		p.fail("ScriptTooComplicated", p.here(1), "The script is nested too deeply.")
	}
	return func() { p.depth-- }
}

func (p *parser) here(n int) span { return span{p.pos, min(p.pos+n, len(p.src))} }

// after is the place behind what was read last: where something is missing.
func (p *parser) after() span {
	at := len(strings.TrimRight(p.src[:p.pos], " \t\r\n"))
	return span{at, at + 1}
}

func (p *parser) from(start int) span { return span{start, p.pos} }

// peek is the byte n places ahead, 0 at the end.
func (p *parser) peek(n int) byte {
	if p.pos+n < len(p.src) {
		return p.src[p.pos+n]
	}
	return 0
}

func (p *parser) rest() string { return p.src[p.pos:] }

func (p *parser) eof() bool { return p.pos >= len(p.src) }

// blank skips spaces, line continuations and comments, but no line ends.
func (p *parser) blank() {
	for !p.eof() {
		switch c := p.peek(0); {
		case c == ' ' || c == '\t' || c == '\f' || c == '\v':
			p.pos++
		case strings.HasPrefix(p.rest(), "\u00a0"):
			p.pos += 2
		case c == '`' && p.peek(1) == '\n':
			p.pos += 2
		case c == '`' && p.peek(1) == '\r':
			p.pos += 2
			if p.peek(0) == '\n' {
				p.pos++
			}
		case c == '<' && p.peek(1) == '#':
			end := strings.Index(p.rest()[2:], "#>")
			if end < 0 {
				p.fail("MissingTerminatorMultiLineComment", p.here(2), "The terminator '#>' is missing from the multiline comment.")
			}
			p.pos += end + 4
		case c == '#':
			for !p.eof() && p.peek(0) != '\n' && p.peek(0) != '\r' {
				p.pos++
			}
		default:
			return
		}
	}
}

// lines skips what blank skips, and line ends.
func (p *parser) lines() {
	for {
		p.blank()
		if c := p.peek(0); p.eof() || c != '\n' && c != '\r' {
			return
		}
		p.pos++
	}
}

// separators skips line ends and semicolons.
func (p *parser) separators() {
	for {
		p.lines()
		if p.peek(0) != ';' {
			return
		}
		p.pos++
	}
}

func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool { return isLetter(c) || isDigit(c) }

// word reads letters, digits and underscores.
func (p *parser) word() string {
	start := p.pos
	for isWord(p.peek(0)) {
		p.pos++
	}
	return p.src[start:p.pos]
}

// keyword is the word at this place, lower case, without reading it.
func (p *parser) keyword() string {
	i := p.pos
	for i < len(p.src) && (isWord(p.src[i]) || p.src[i] == '-') {
		i++
	}
	return strings.ToLower(p.src[p.pos:i])
}

// take reads the text if it stands here.
func (p *parser) take(text string) bool {
	if strings.HasPrefix(p.rest(), text) {
		p.pos += len(text)
		return true
	}
	return false
}

// expect reads the byte after blanks and line ends or fails.
func (p *parser) expect(c string, id, message string) {
	p.lines()
	if !p.take(c) {
		p.fail(id, p.after(), message)
	}
}

var multipliers = map[string]float64{"kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30, "tb": 1 << 40, "pb": 1 << 50}

// number reads a numeric literal; ok is false, and nothing is read, if there is
// none or if it runs into a word.
func (p *parser) number() (v any, ok bool) {
	start := p.pos
	v, n, ok := scanNumber(p.rest())
	if !ok {
		return nil, false
	}
	p.pos = start + n
	return v, true
}

// scanNumber reads a number at the start of s and says how long it is.
func scanNumber(s string) (v any, n int, ok bool) {
	i, hex := 0, false
	if len(s) > 2 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X') {
		hex = true
		for i = 2; i < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[i]) >= 0; i++ {
		}
	} else {
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) || i > 0 && i < len(s) && s[i] == '.' && (i+1 == len(s) || !isLetter(s[i+1]) && s[i+1] != '.') {
			for i++; i < len(s) && isDigit(s[i]); i++ {
			}
		}
		if i > 0 && i < len(s) && (s[i] == 'e' || s[i] == 'E') {
			j := i + 1
			if j < len(s) && (s[j] == '+' || s[j] == '-') {
				j++
			}
			if j < len(s) && isDigit(s[j]) {
				for i = j; i < len(s) && isDigit(s[i]); i++ {
				}
			}
		}
	}
	digits := s[:i]
	if digits == "" || digits == "." {
		return nil, 0, false
	}
	long := false
	if i < len(s) && (s[i] == 'l' || s[i] == 'L') {
		long, i = true, i+1
	}
	factor := 1.0
	if i+2 <= len(s) {
		if m, isMultiplier := multipliers[strings.ToLower(s[i:i+2])]; isMultiplier {
			factor, i = m, i+2
		}
	}
	if i < len(s) && (isWord(s[i])) {
		return nil, 0, false
	}
	if hex || !strings.ContainsAny(digits, ".eE") {
		var u uint64
		var err error
		if hex {
			u, err = strconv.ParseUint(digits[2:], 16, 64)
		} else {
			u, err = strconv.ParseUint(digits, 10, 63)
		}
		if err == nil && (factor == 1 || float64(u)*factor < math.MaxInt64) {
			n64 := int64(u) * int64(factor)
			if hex && len(digits) <= 10 && !long {
				return int(int32(uint32(u))) * int(factor), i, true
			}
			if !long && n64 <= math.MaxInt32 {
				return int(n64), i, true
			}
			return n64, i, true
		}
		if hex {
			return nil, 0, false
		}
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || long {
		return nil, 0, false
	}
	return f * factor, i, true
}
