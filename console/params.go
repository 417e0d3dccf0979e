package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"looksalive/cluster"
)

// Param is a parameter of a saved script, as its param block declares it.
type Param struct {
	Name     string
	Kind     ParamKind
	Help     string   // from .PARAMETER of the script's help, or HelpMessage
	Required bool     // [Parameter(Mandatory)]
	Default  string   // literal, as it is entered; "" for none
	Choices  []string // [ValidateSet(…)]
	Min, Max *int64   // [ValidateRange(…)]
}

// ParamKind is what a parameter takes.
type ParamKind string

const (
	ParamString ParamKind = "string"
	ParamInt    ParamKind = "int"
	ParamBool   ParamKind = "bool"
	ParamChoice ParamKind = "choice"
)

// paramKinds are the types of PowerShell that a form can ask for.
var paramKinds = map[string]ParamKind{
	"": ParamString, "string": ParamString, "system.string": ParamString,
	"int": ParamInt, "int32": ParamInt, "int64": ParamInt, "long": ParamInt, "uint32": ParamInt, "byte": ParamInt, "system.int32": ParamInt, "system.int64": ParamInt,
	"bool": ParamBool, "boolean": ParamBool, "switch": ParamBool, "system.boolean": ParamBool,
}

// Params reads the param block a script begins with, behind comments and
// attributes; none is no error. The error says what cannot be asked for.
func Params(script string) ([]Param, error) {
	block, help, ok := paramBlock(script)
	if !ok {
		return nil, nil
	}
	var out []Param
	for _, part := range splitTop(block, ',') {
		if strings.TrimSpace(withoutComments(part)) == "" {
			continue
		}
		p, err := readParam(withoutComments(part))
		if err != nil {
			return nil, err
		}
		if text := help[strings.ToLower(p.Name)]; text != "" {
			p.Help = text
		}
		if slices.ContainsFunc(out, func(o Param) bool { return strings.EqualFold(o.Name, p.Name) }) {
			return nil, fmt.Errorf("the parameter %s is declared twice", p.Name)
		}
		out = append(out, p)
	}
	return out, nil
}

var (
	leading   = regexp.MustCompile(`^(?:\s+|#[^\n>][^\n]*\n|#\n|<#(?s:.*?)#>)`)
	paramWord = regexp.MustCompile(`(?i)^param\s*\(`)
	helpPart  = regexp.MustCompile(`(?im)^[ \t]*\.([a-z]+)(?:[ \t]+(\S+))?[ \t]*$`)
)

// paramBlock is the text between the parentheses, and what the comment-based help
// in front says of each parameter, by its name in lower case.
func paramBlock(script string) (block string, help map[string]string, ok bool) {
	help = map[string]string{}
	rest := strings.ReplaceAll(script, "\r\n", "\n")
	for {
		if m := leading.FindString(rest); m != "" {
			for name, text := range helpOf(m) {
				if p, isParam := strings.CutPrefix(name, "parameter "); isParam {
					help[p] = text
				}
			}
			rest = rest[len(m):]
			continue
		}
		if strings.HasPrefix(rest, "[") { // an attribute, as in [CmdletBinding()]
			end := closing(rest, 0)
			if end < 0 {
				return "", nil, false
			}
			rest = rest[end+1:]
			continue
		}
		break
	}
	m := paramWord.FindString(rest)
	if m == "" {
		return "", nil, false
	}
	end := closing(rest, len(m)-1)
	if end < 0 {
		return "", nil, false
	}
	return rest[len(m):end], help, true
}

// helpOf reads comment-based help: ".synopsis" and so on, by name in lower case.
func helpOf(comment string) map[string]string {
	out := map[string]string{}
	comment = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(comment), "<#"), "#>")
	marks := helpPart.FindAllStringSubmatchIndex(comment, -1)
	for i, m := range marks {
		end := len(comment)
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		name := strings.ToLower(comment[m[2]:m[3]])
		if m[4] >= 0 {
			name += " " + strings.ToLower(comment[m[4]:m[5]])
		}
		out[name] = strings.Join(strings.Fields(comment[m[1]:end]), " ")
	}
	return out
}

// closing is where the bracket at from is closed, -1 if it is not.
func closing(s string, from int) int {
	depth := 0
	for i := from; i < len(s); i++ {
		if end := skip(s, i); end > i {
			i = end - 1
			continue
		}
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// skip is the end of the string or comment that begins at i, else i.
func skip(s string, i int) int {
	until := func(from int, end string) int {
		if n := strings.Index(s[from:], end); n >= 0 {
			return from + n + len(end)
		}
		return len(s)
	}
	switch {
	case strings.HasPrefix(s[i:], "<#"):
		return until(i+2, "#>")
	case s[i] == '#':
		return until(i, "\n")
	case s[i] == '\'':
		for j := i + 1; j < len(s); j++ {
			if s[j] == '\'' {
				if j+1 < len(s) && s[j+1] == '\'' {
					j++
					continue
				}
				return j + 1
			}
		}
		return len(s)
	case s[i] == '"':
		for j := i + 1; j < len(s); j++ {
			switch {
			case s[j] == '`':
				j++
			case s[j] == '"' && j+1 < len(s) && s[j+1] == '"':
				j++
			case s[j] == '"':
				return j + 1
			}
		}
		return len(s)
	}
	return i
}

// splitTop splits at a separator outside of brackets, strings and comments.
func splitTop(s string, sep byte) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		if end := skip(s, i); end > i {
			i = end - 1
			continue
		}
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		case sep:
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}

func withoutComments(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		end := skip(s, i)
		switch {
		case end == i:
			b.WriteByte(s[i])
		case s[i] == '\'' || s[i] == '"':
			b.WriteString(s[i:end])
			i = end - 1
		default:
			b.WriteByte(' ')
			i = end - 1
		}
	}
	return b.String()
}

var (
	paramName = regexp.MustCompile(`^\$([A-Za-z_][A-Za-z0-9_]*)\s*(?:=\s*([\s\S]*))?$`)
	attribute = regexp.MustCompile(`^([A-Za-z][\w.]*)\s*\(([\s\S]*)\)$`)
)

// readParam reads one declaration without comments.
func readParam(s string) (Param, error) {
	p := Param{}
	kind, s := "", strings.TrimSpace(s)
	for strings.HasPrefix(s, "[") {
		end := closing(s, 0)
		if end < 0 {
			return p, fmt.Errorf("the param block is not closed")
		}
		inner := strings.TrimSpace(s[1:end])
		s = strings.TrimSpace(s[end+1:])
		if m := attribute.FindStringSubmatch(inner); m != nil {
			if err := p.attribute(strings.ToLower(strings.TrimSuffix(m[1], "Attribute")), m[2]); err != nil {
				return p, err
			}
			continue
		}
		kind = strings.ToLower(inner)
	}
	m := paramName.FindStringSubmatch(s)
	if m == nil {
		return p, fmt.Errorf("the param block has something that is no parameter: %s", short(s))
	}
	p.Name = m[1]
	k, ok := paramKinds[kind]
	if !ok {
		return p, fmt.Errorf("the parameter %s has the type [%s]; a form can ask for string, int and bool", p.Name, kind)
	}
	p.Kind = k
	if len(p.Choices) > 0 && k == ParamString {
		p.Kind = ParamChoice
	}
	if v, ok := literal(m[2]); ok {
		p.Default = v
		if p.Kind == ParamChoice && !slices.Contains(p.Choices, v) {
			return p, fmt.Errorf("the default of %s is none of its choices", p.Name)
		}
	}
	return p, nil
}

func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

func (p *Param) attribute(name, args string) error {
	switch name {
	case "parameter":
		for _, a := range splitTop(args, ',') {
			key, value, has := strings.Cut(a, "=")
			switch strings.ToLower(strings.TrimSpace(key)) {
			case "mandatory":
				p.Required = !has || strings.EqualFold(strings.TrimSpace(value), "$true") || strings.TrimSpace(value) == "1"
			case "helpmessage":
				p.Help, _ = literal(value)
			}
		}
	case "validateset":
		for _, a := range splitTop(args, ',') {
			if key, _, has := strings.Cut(a, "="); has && strings.EqualFold(strings.TrimSpace(key), "ignorecase") {
				continue
			}
			v, ok := literal(a)
			if !ok {
				return fmt.Errorf("ValidateSet lists something that is no plain text: %s", short(strings.TrimSpace(a)))
			}
			p.Choices = append(p.Choices, v)
		}
	case "validaterange":
		parts := splitTop(args, ',')
		if len(parts) != 2 {
			return nil // one of the named ranges of newer versions: the node checks it
		}
		for i, to := range []**int64{&p.Min, &p.Max} {
			n, err := strconv.ParseInt(strings.TrimSpace(parts[i]), 10, 64)
			if err != nil {
				return nil // computed: the node checks it
			}
			*to = &n
		}
	case "validatenotnullorempty":
		p.Required = p.Required || p.Default == ""
	}
	return nil
}

// literal is a value that can be told from the text.
func literal(s string) (string, bool) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", false
	case strings.EqualFold(s, "$true"):
		return "true", true
	case strings.EqualFold(s, "$false"):
		return "false", true
	case s[0] == '\'' && skip(s, 0) == len(s) && len(s) > 1:
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
	case s[0] == '"' && skip(s, 0) == len(s) && len(s) > 1 && !strings.ContainsAny(s, "$`"):
		return strings.ReplaceAll(s[1:len(s)-1], `""`, `"`), true
	}
	if _, err := strconv.ParseInt(s, 10, 64); err == nil {
		return s, true
	}
	return "", false
}

// Values makes the JSON object with the arguments of a script from what was entered,
// by name of the parameter, or says everything that is wrong with it. What was left
// empty is left out: the script's own default holds.
func Values(params []Param, entered map[string]string) (json.RawMessage, error) {
	args := map[string]any{}
	var problems cluster.Problems
	for _, p := range params {
		v := strings.TrimSpace(entered[p.Name])
		if p.Kind == ParamString {
			v = entered[p.Name]
		}
		if v == "" {
			if p.Required {
				problems = append(problems, fmt.Sprintf("Enter %s.", p.Name))
			}
			continue
		}
		arg, wrong := p.value(v)
		if wrong != "" {
			problems = append(problems, wrong)
			continue
		}
		args[p.Name] = arg
	}
	for name := range entered {
		if !slices.ContainsFunc(params, func(p Param) bool { return p.Name == name }) {
			problems = append(problems, fmt.Sprintf("The script has no parameter %s.", short(name)))
		}
	}
	if err := problems.Err(); err != nil || len(args) == 0 {
		return nil, err
	}
	return json.Marshal(args)
}

func (p Param) value(v string) (arg any, wrong string) {
	switch p.Kind {
	case ParamInt:
		n, err := strconv.ParseInt(v, 10, 64)
		switch {
		case err != nil:
			return nil, fmt.Sprintf("%s has to be a whole number.", p.Name)
		case p.Min != nil && n < *p.Min || p.Max != nil && n > *p.Max:
			return nil, fmt.Sprintf("%s has to be from %d to %d.", p.Name, *p.Min, *p.Max)
		}
		return n, ""
	case ParamBool:
		b, err := strconv.ParseBool(strings.ToLower(v))
		if err != nil {
			return nil, fmt.Sprintf("%s has to be true or false.", p.Name)
		}
		return b, ""
	case ParamChoice:
		if !slices.Contains(p.Choices, v) {
			return nil, fmt.Sprintf("%s has to be one of %s.", p.Name, strings.Join(p.Choices, ", "))
		}
	}
	if len(v) > 4096 {
		return nil, fmt.Sprintf("%s is longer than 4,096 characters.", p.Name)
	}
	return v, ""
}

// Arguments checks a JSON object of arguments by the same rules.
func Arguments(params []Param, raw json.RawMessage) (json.RawMessage, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return Values(params, nil)
	}
	var given map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&given); err != nil {
		return nil, cluster.Problems{"The arguments have to be one object."}
	}
	entered := map[string]string{}
	for name, v := range given {
		switch v := v.(type) {
		case nil:
		case string:
			entered[name] = v
		case bool:
			entered[name] = strconv.FormatBool(v)
		case json.Number:
			entered[name] = v.String()
		default:
			return nil, cluster.Problems{fmt.Sprintf("%s has to be a text, a number, true or false.", short(name))}
		}
	}
	return Values(params, entered)
}
