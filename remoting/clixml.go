package remoting

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// What powershell.exe writes to standard error when it was not started from a console
// is CLIXML (MS-PSRP 2.2.5): "#< CLIXML" and documents of serialized objects. Only the
// lines of text of two streams are taken out; an object is never rebuilt.
const clixmlHead = "#< CLIXML"

const clixmlText = 4000 // bytes of the text of an error that are kept

// errorText is what standard error says, for people: the text of errors, or else of
// warnings; all of it where it is plain text. What cannot be read is left out.
func errorText(stderr []byte) string {
	plain, errs, warnings := splitCLIXML(stderr)
	text := errs
	if strings.TrimSpace(text) == "" {
		text = plain
	}
	if strings.TrimSpace(text) == "" {
		text = warnings
	}
	// An error is printed with the place where it happened; that is in our script.
	if i := strings.Index(text, "\nAt line:"); i > 0 {
		text = text[:i]
	}
	// Before the message stands what was invoked: a command's name, or a line of ours.
	if invoked, message, ok := strings.Cut(text, " : "); ok && strings.ContainsAny(invoked, "$;={") {
		text = message
	}
	return clean(text, 500)
}

// splitCLIXML tells plain text from documents, which may be mixed and cut off.
func splitCLIXML(b []byte) (plain, errs, warnings string) {
	var p, e, w strings.Builder
	for len(b) > 0 {
		before, rest, found := bytes.Cut(b, []byte("<Objs "))
		keep(&p, strings.ReplaceAll(string(before), clixmlHead, ""))
		if !found {
			break
		}
		const end = "</Objs>"
		i := bytes.Index(rest, []byte(end))
		document := append([]byte("<Objs "), rest[:max(i, 0)]...)
		if i < 0 {
			document = append([]byte("<Objs "), rest...)
			b = nil
		} else {
			document = append(document, end...)
			b = rest[i+len(end):]
		}
		// A document that is broken is understood as far as it goes.
		_ = walkXML(document, func(element, int) error { return nil }, func(el, parent element, text []byte) error {
			if string(el.local()) != "S" || string(parent.local()) != "Objs" {
				return nil
			}
			switch strings.ToLower(el.attr("S")) {
			case "error":
				keep(&e, unescapeCLIXML(string(text)))
			case "warning":
				keep(&w, unescapeCLIXML(string(text)))
			}
			return nil
		})
	}
	return p.String(), e.String(), w.String()
}

func keep(b *strings.Builder, s string) {
	b.WriteString(s[:min(len(s), clixmlText-b.Len())])
}

// unescapeCLIXML undoes _xHHHH_, which stands for one UTF-16 unit, once: what comes
// out of it is not looked at again.
func unescapeCLIXML(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var (
		b     strings.Builder
		units []uint16
	)
	flush := func() {
		b.WriteString(string(utf16.Decode(units)))
		units = units[:0]
	}
	for s != "" {
		if u, ok := clixmlUnit(s); ok {
			units = append(units, u)
			s = s[len("_xHHHH_"):]
			continue
		}
		flush()
		n := strings.Index(s[1:], "_x") + 1
		if n == 0 {
			n = len(s)
		}
		b.WriteString(s[:n])
		s = s[n:]
	}
	flush()
	return b.String()
}

func clixmlUnit(s string) (uint16, bool) {
	if len(s) < 7 || s[0] != '_' || s[1] != 'x' || s[6] != '_' {
		return 0, false
	}
	var u uint16
	for _, c := range []byte(s[2:6]) {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | uint16(c)
	}
	return u, true
}
