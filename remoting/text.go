package remoting

import (
	"strings"
	"unicode"
)

const (
	nameLen = 256  // characters of a name a node gives
	textLen = 2000 // characters of a text for people
)

// clean makes a node's string safe to log and show: control and direction
// characters go, white space becomes one blank, and it ends after limit characters.
func clean(s string, limit int) string {
	if isClean(s, limit) {
		return s
	}
	return scrub(s, limit)
}

func scrub(s string, limit int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			blank = b.Len() > 0
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			continue
		}
		if blank && n < limit {
			b.WriteByte(' ')
			n++
		}
		if blank = false; n >= limit {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// isClean says that clean would change nothing, for the names that nearly all are:
// short, printable ASCII, and no blanks but single ones between words.
func isClean(s string, limit int) bool {
	blank := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return len(s) <= limit && (!blank || s == "")
}

// texts cleans a list of strings.
func texts(in []string, limit int) []string {
	out := make([]string, 0, len(in))
	for _, s := range in {
		if s = clean(s, limit); s != "" {
			out = append(out, s)
		}
	}
	return out
}
