package remoting

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	maxXMLDepth    = 64
	maxXMLElements = 20000
)

// element is a start tag. Its parts are cut from the answer, not copied.
type element struct {
	name  []byte // with its prefix
	attrs []byte // as they stand in the tag
}

// local is the name without its prefix. Prefixes are not resolved: no two elements
// that are looked at differ in their namespace only.
func (e element) local() []byte { return local(e.name) }

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i > 0 && i < len(name)-1 {
		return name[i+1:]
	}
	return name
}

// walkXML visits the elements of an answer. It knows of XML what answers consist
// of, and costs a tenth of encoding/xml, which can do far more. text is what stands
// directly before the end tag. A document type declaration is refused: no answer of
// WinRM has one.
func walkXML(b []byte, begin func(e element, depth int) error, end func(e, parent element, text []byte) error) error {
	bad := func(what string) error { return fmt.Errorf("XML: %s: %w", what, errBadAnswer) }
	var (
		open     []element
		text     []byte
		elements int
	)
	closed := func() error {
		e, parent := open[len(open)-1], element{}
		if open = open[:len(open)-1]; len(open) > 0 {
			parent = open[len(open)-1]
		}
		err := end(e, parent, text)
		text = nil
		return err
	}
	for len(b) > 0 {
		run, rest, tag := bytes.Cut(b, []byte("<"))
		run, ok := resolve(run)
		if !ok {
			return bad("an unknown entity")
		}
		text = joined(text, run)
		if b = rest; !tag {
			break
		}
		switch {
		case bytes.HasPrefix(b, []byte("?")):
			_, b, ok = bytes.Cut(b, []byte("?>"))
		case bytes.HasPrefix(b, []byte("!--")):
			_, b, ok = bytes.Cut(b[3:], []byte("-->"))
		case bytes.HasPrefix(b, []byte("![CDATA[")):
			run, b, ok = bytes.Cut(b[len("![CDATA["):], []byte("]]>"))
			text = joined(text, run)
		case bytes.HasPrefix(b, []byte("!")):
			return bad("a document type declaration")
		case bytes.HasPrefix(b, []byte("/")):
			run, b, ok = bytes.Cut(b[1:], []byte(">"))
			if !ok || len(open) == 0 || !bytes.Equal(bytes.TrimRight(run, " \t\r\n"), open[len(open)-1].name) {
				return bad("an end without its beginning")
			}
			if err := closed(); err != nil {
				return err
			}
		default:
			var e element
			var empty bool
			if e, b, empty, ok = startTag(b); !ok {
				return bad("a broken tag")
			}
			if elements++; elements > maxXMLElements || len(open) >= maxXMLDepth {
				return fmt.Errorf("too many or too deep elements: %w", errTooLarge)
			}
			if err := begin(e, len(open)); err != nil {
				return err
			}
			open, text = append(open, e), nil
			if empty {
				if err := closed(); err != nil {
					return err
				}
			}
		}
		if !ok {
			return bad("it ends within something")
		}
	}
	if len(open) > 0 {
		return bad("it ends too early")
	}
	if elements == 0 {
		return bad("empty")
	}
	return nil
}

// joined appends without touching the answer the first run was cut from.
func joined(text, run []byte) []byte {
	if len(text) == 0 {
		return run
	}
	return append(text[:len(text):len(text)], run...)
}

// startTag reads a tag from behind its "<".
func startTag(b []byte) (e element, rest []byte, empty, ok bool) {
	quote := byte(0)
	for i, c := range b {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return e, nil, false, false
		case c == '>':
			tag := b[:i]
			tag, empty = bytes.CutSuffix(tag, []byte("/"))
			e.name = tag
			if n := bytes.IndexAny(tag, " \t\r\n"); n >= 0 {
				e.name, e.attrs = tag[:n], tag[n:]
			}
			return e, b[i+1:], empty, len(e.name) > 0 && !bytes.ContainsAny(e.name, `"'=&/`)
		}
	}
	return e, nil, false, false
}

// attr is the value of an attribute by its local name, "" if there is none.
func (e element) attr(name string) string {
	for rest := e.attrs; ; {
		key, value, ok := bytes.Cut(rest, []byte("="))
		value = bytes.TrimLeft(value, " \t\r\n")
		if !ok || len(value) == 0 || value[0] != '"' && value[0] != '\'' {
			return ""
		}
		value, rest, ok = bytes.Cut(value[1:], value[:1])
		if !ok {
			return ""
		}
		if string(local(bytes.TrimSpace(key))) != name {
			continue
		}
		if value, ok = resolve(value); !ok {
			return ""
		}
		return string(value)
	}
}

// resolve replaces the references to characters; ok is false if one is unknown.
func resolve(b []byte) (out []byte, ok bool) {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b, true
	}
	for ; i >= 0; i = bytes.IndexByte(b, '&') {
		out = append(out, b[:i]...)
		name, rest, ended := bytes.Cut(b[i+1:], []byte(";"))
		r := reference(name)
		if !ended || r < 0 {
			return nil, false
		}
		out, b = utf8.AppendRune(out, r), rest
	}
	return append(out, b...), true
}

// reference is the character a reference stands for, -1 if there is none.
func reference(name []byte) rune {
	switch string(name) {
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "amp":
		return '&'
	case "apos":
		return '\''
	case "quot":
		return '"'
	}
	if len(name) < 2 || name[0] != '#' {
		return -1
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' { // X it must not be
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	if err != nil || n > utf8.MaxRune {
		return -1
	}
	return rune(n)
}
