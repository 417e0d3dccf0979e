package simulator

import (
	"regexp"
	"strings"

	"looksalive/simulator/powershell"
)

// What can keep Windows PowerShell from running as usual.
const (
	shellConstrained = "constrained-language"
	shellNoEncoded   = "encoded-command"
	shellOld         = "old-version"
	shellMissing     = "missing"
)

// shellNow is what is wrong with PowerShell on the node now. A process keeps what
// it found when it started.
func (h *host) shellNow() string {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return h.cluster.condOf(h.node).shell
}

// psVersion is what $PSVersionTable says in this process.
func (h *host) psVersion() string {
	if h.shell == shellOld {
		return "4.0"
	}
	return psVersion(h.cluster)
}

func (h *host) languageMode() string {
	if h.shell == shellConstrained {
		return "ConstrainedLanguage"
	}
	return "FullLanguage"
}

// staticCall is a call of a static method, as in [Text.UTF8Encoding]::new($false).
var staticCall = regexp.MustCompile(`\[([A-Za-z_][\w.\[\],]*)\]::(\w+)\(`)

// refuses says how a script that the simulator knows only as a whole fails in this
// process, nil if it does not. Only calls of static methods are looked at, and not
// those whose failure the script catches.
func (h *host) refuses(text string) *psError {
	if h.shell != shellConstrained && h.shell != shellOld {
		return nil
	}
	code := uncaught(withoutStrings(text))
	for _, m := range staticCall.FindAllStringSubmatchIndex(code, -1) {
		typ, method := code[m[2]:m[3]], code[m[4]:m[5]]
		fail := &psError{kind: runtimeException, hresult: -2146233087, line: strings.TrimSpace(lineAt(code, m[0]))}
		switch {
		case h.shell == shellConstrained && !powershell.CoreType(typ):
			fail.message = "Cannot invoke method. Method invocation is supported only on core types in this language mode."
			fail.id, fail.category = "MethodInvocationNotSupportedInConstrainedLanguage", "InvalidOperation: (:) [], RuntimeException"
			return fail
		case h.shell == shellOld && strings.EqualFold(method, "new"): // came with 5.0
			fail.message = "Method invocation failed because [System." + strings.TrimPrefix(typ, "System.") + "] does not contain a method named 'new'."
			fail.id, fail.category = "MethodNotFound", "InvalidOperation: (new:String) [], RuntimeException"
			return fail
		}
	}
	return nil
}

func lineAt(text string, at int) string {
	start := strings.LastIndexByte(text[:at], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return line
}

// withoutStrings leaves out comments and what stands between single quotes; double
// quotes may hold code.
func withoutStrings(text string) string {
	var b strings.Builder
	quoted, double, comment := false, false, false
	for i := 0; i < len(text); i++ {
		ch := text[i]
		switch {
		case comment:
			comment = ch != '\n'
			if comment {
				continue
			}
		case quoted:
			quoted = ch != '\''
			if quoted {
				continue
			}
		case ch == '\'' && !double:
			quoted = true
		case ch == '"':
			double = !double
		case ch == '#' && !double && (i == 0 || strings.IndexByte(" \t\r\n;{(", text[i-1]) >= 0):
			comment = true
			continue
		}
		b.WriteByte(ch)
	}
	return b.String()
}

var (
	tryBlock   = regexp.MustCompile(`\btry\s*\{`)
	catchBlock = regexp.MustCompile(`^\s*catch\s*\{`)
)

// uncaught leaves out the blocks whose errors are caught and not thrown again.
func uncaught(code string) string {
	for from := 0; ; {
		at := tryBlock.FindStringIndex(code[from:])
		if at == nil {
			return code
		}
		open := from + at[1]
		end := closing(code, open)
		after := catchBlock.FindStringIndex(code[end:])
		if after != nil {
			handler := code[end+after[1] : closing(code, end+after[1])]
			if !strings.Contains(handler, "throw") {
				code = code[:open] + code[end-1:]
			}
		}
		from = open
	}
}

// closing is the index behind the brace that closes the one before at.
func closing(code string, at int) int {
	for depth := 1; at < len(code); at++ {
		switch code[at] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return at + 1
			}
		}
	}
	return len(code)
}
