package powershell

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// pattern compiles a .NET regular expression. Go's engine is linear in the
// text; what it cannot do (look-around, back references) is refused by name.
func (in *Interp) pattern(text string, sensitive bool) (*regexp.Regexp, error) {
	prefix := "(?i)"
	if sensitive {
		prefix = ""
	}
	if re, ok := in.patterns[prefix+text]; ok {
		return re, nil
	}
	if len(text) > 10000 {
		return nil, unsupported("A regular expression of more than 10,000 characters")
	}
	re, err := regexp.Compile(prefix + strings.ReplaceAll(text, `\Z`, `\z`))
	if err != nil {
		for _, hint := range []string{"(?=", "(?!", "(?<=", "(?<!", "(?>", `\1`, `\2`, `\k<`, `\G`} {
			if strings.Contains(text, hint) {
				return nil, unsupported("'" + hint + "' in a regular expression")
			}
		}
		return nil, newError(argumentException, "System.ArgumentException", "OperationStopped", nil, "parsing %q - %s", text, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	if len(in.patterns) > 500 {
		clear(in.patterns)
	}
	in.patterns[prefix+text] = re
	return re, nil
}

// like is the wildcard match of -like: * ? [a-z] and ` as escape.
func (in *Interp) like(s, pattern string, sensitive bool) (bool, error) {
	if !strings.ContainsAny(pattern, "*?[`") {
		return equalText(s, pattern, sensitive), nil
	}
	re, err := in.pattern(wildcardText(pattern), sensitive)
	if err != nil {
		return false, newError("System.Management.Automation.WildcardPatternException", "RuntimeException", "OperationStopped", nil, "The specified wildcard character pattern is not valid: %s", pattern)
	}
	return re.MatchString(s), nil
}

// wildcardText makes a regular expression of a wildcard pattern.
func wildcardText(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	for text := pattern; text != ""; {
		_, n := utf8.DecodeRuneInString(text)
		switch text[0] {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteByte('.')
		case '`':
			text = text[n:]
			_, n = utf8.DecodeRuneInString(text)
			b.WriteString(regexp.QuoteMeta(text[:n]))
		case '[':
			end := strings.IndexByte(text, ']')
			if end < 2 {
				b.WriteString("[") // not valid, and refused as such
				break
			}
			b.WriteString("[" + strings.NewReplacer(`\`, `\\`, `^`, `\^`, `[`, `\[`).Replace(text[1:end]) + "]")
			n = end + 1
		default:
			b.WriteString(regexp.QuoteMeta(text[:n]))
		}
		text = text[n:]
	}
	b.WriteString(`\z`)
	return b.String()
}

// Wildcard says whether s matches a pattern as -like does, in any case.
func Wildcard(s, pattern string) bool {
	if !strings.ContainsAny(pattern, "*?[`") {
		return strings.EqualFold(s, pattern)
	}
	re, err := regexp.Compile("(?i)" + wildcardText(pattern))
	return err == nil && re.MatchString(s)
}

// replace is -replace: a pattern, or a pattern and its replacement.
func (in *Interp) replace(l, r any, sensitive bool) (any, error) {
	args := asItems(r)
	if len(args) == 0 || len(args) > 2 {
		return nil, newError(runtimeException, "BadReplaceArgument", "InvalidOperation", nil, "The -replace operator allows only two elements to follow it, not %d.", len(args))
	}
	re, err := in.pattern(toString(args[0]), sensitive)
	if err != nil {
		return nil, err
	}
	by := ""
	if len(args) == 2 {
		if _, isBlock := args[1].(*Block); isBlock {
			return nil, unsupported("A script block as replacement of -replace")
		}
		by = replacement(toString(args[1]))
	}
	list, isList := items(l)
	if !isList {
		s := re.ReplaceAllString(toString(l), by)
		return s, in.charge(len(s), nil)
	}
	out := make([]any, len(list))
	for i, x := range list {
		s := re.ReplaceAllString(toString(x), by)
		if err := in.charge(len(s), nil); err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}

var references = regexp.MustCompile(`\$(\$|&|\d+|\{[^}]*\})|\$`)

// replacement turns .NET's $1, ${name}, $& and $$ into Go's.
func replacement(s string) string {
	return references.ReplaceAllStringFunc(s, func(m string) string {
		switch {
		case m == "$" || m == "$$":
			return "$$"
		case m == "$&":
			return "${0}"
		case strings.HasPrefix(m, "${"):
			return m
		}
		return "${" + m[1:] + "}"
	})
}

// split is the binary -split: text and pattern, or pattern, count and options.
func (in *Interp) split(texts []any, r any, sensitive bool) (any, error) {
	args := asItems(r)
	out := []any{}
	if len(args) == 0 {
		return out, nil
	}
	limit := -1
	simple := false
	if len(args) > 1 {
		n, err := toInteger(args[1], "System.Int32")
		if err != nil {
			return nil, err
		}
		if n.(int) > 0 {
			limit = n.(int)
		}
	}
	if len(args) > 2 {
		if !strings.EqualFold(toString(args[2]), "SimpleMatch") {
			return nil, unsupported("The option '" + toString(args[2]) + "' of -split")
		}
		simple = true
	}
	text := toString(args[0])
	if _, isBlock := args[0].(*Block); isBlock {
		return nil, unsupported("A script block as separator of -split")
	}
	if simple {
		text = regexp.QuoteMeta(text)
	}
	re, err := in.pattern(text, sensitive)
	if err != nil {
		return nil, err
	}
	for _, t := range texts {
		s := toString(t)
		if err := in.charge(len(s)+16, nil); err != nil {
			return nil, err
		}
		out = append(out, splitKeeping(re, s, limit)...)
	}
	return out, nil
}

// splitKeeping splits and keeps what groups of the separator caught.
func splitKeeping(re *regexp.Regexp, s string, limit int) []any {
	var out []any
	from := 0
	for _, m := range re.FindAllStringSubmatchIndex(s, -1) {
		if limit > 0 && len(out) >= limit-1 {
			break
		}
		if m[1] == 0 && m[0] == 0 && m[1] == m[0] {
			out = append(out, "") // .NET splits before the first character too
		} else {
			out = append(out, s[from:m[0]])
		}
		for g := 2; g+1 < len(m); g += 2 {
			if m[g] >= 0 {
				out = append(out, s[m[g]:m[g+1]])
			}
		}
		from = m[1]
	}
	return append(out, s[from:])
}
