package powershell

import (
	"errors"
	"sort"
	"strings"
)

// scope holds variables and functions by lower-case name.
type scope struct {
	vars   map[string]any
	types  map[string]string // full type names of variables that were declared with one
	funcs  map[string]*Block
	parent *scope
}

func newScope(parent *scope) *scope { return &scope{vars: map[string]any{}, parent: parent} }

func (s *scope) get(name string) (any, bool) {
	for ; s != nil; s = s.parent {
		if v, ok := s.vars[name]; ok {
			return v, true
		}
	}
	return nil, false
}

func (s *scope) set(name string, v any) { s.vars[name] = v }

func (s *scope) function(name string) *Block {
	for ; s != nil; s = s.parent {
		if b, ok := s.funcs[name]; ok {
			return b
		}
	}
	return nil
}

func (s *scope) define(name string, b *Block) {
	if s.funcs == nil {
		s.funcs = map[string]*Block{}
	}
	s.funcs[name] = b
}

func lower(s string) string { return strings.ToLower(s) }

// source is a text with its lines, for positions.
type source struct {
	text  string
	lines []int // where each line starts
}

func newSource(text string) *source {
	s := &source{text: text, lines: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// place fills a record's position from a span.
func (s *source) place(rec *ErrorRecord, at span) {
	if rec.Line != 0 || s == nil || at.start > len(s.text) || s.text == "" {
		return
	}
	n := sort.SearchInts(s.lines, at.start+1) - 1
	from := s.lines[n]
	to := len(s.text)
	if n+1 < len(s.lines) {
		to = s.lines[n+1] - 1
	}
	rec.Source = strings.TrimRight(s.text[from:to], "\r\n")
	rec.Line = n + 1
	rec.Char = len([]rune(s.text[from:at.start])) + 1
	end := min(max(at.end, at.start), to, from+len(rec.Source))
	rec.Length = len([]rune(s.text[at.start:max(end, at.start)]))
}

// located gives an error the position it has not yet.
func (in *Interp) located(err error, at span) error {
	if err == nil {
		return nil
	}
	err = asFailure(err)
	var f *failure
	if errors.As(err, &f) {
		in.src.place(f.rec, at)
	}
	return err
}

func (in *Interp) parseRecord(err error) *ErrorRecord {
	var p *parseError
	if !errors.As(err, &p) {
		return runtimeError("ParseException", "ParserError", "%v", err)
	}
	rec := newError("System.Management.Automation.ParentContainsErrorRecordException", p.id, "ParserError", nil, "%s", p.message)
	rec.Parse = true
	in.src.place(rec, p.span)
	return rec
}

// variable reads one; the automatic ones first.
func (in *Interp) variable(scopeName, name string) (any, error) {
	name = lower(name)
	switch scopeName {
	case "env":
		return in.environment(name), nil
	case "", "local", "private", "variable", "using", "script", "global":
	case "function":
		if b := in.top.function(name); b != nil {
			return b, nil
		}
		return nil, nil
	default:
		return nil, newError("System.Management.Automation.DriveNotFoundException", "DriveNotFound", "ObjectNotFound", scopeName, "Cannot find drive. A drive with the name '%s' does not exist.", scopeName)
	}
	switch name {
	case "null":
		return nil, nil
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "psitem":
		name = "_"
	case "?":
		return in.ok, nil
	case "error":
		return &List{"System.Collections.ArrayList", in.errors}, nil
	case "lastexitcode":
		return in.lastExit, nil
	case "psversiontable":
		return in.versionTable(), nil
	case "executioncontext":
		mode := Enum{"System.Management.Automation.PSLanguageMode", 0, "FullLanguage"}
		if in.opts.Constrained {
			mode.Value, mode.Name = 3, "ConstrainedLanguage"
		}
		return NewObject("System.Management.Automation.EngineIntrinsics", "SessionState", NewObject("System.Management.Automation.SessionState", "LanguageMode", mode)), nil
	case "host":
		return NewObject("System.Management.Automation.Internal.Host.InternalHost", "Name", "ConsoleHost", "Version", in.version()), nil
	case "pwd":
		o := NewObject("System.Management.Automation.PathInfo", "Path", `C:\Users\`+shortUser(in.opts.User))
		o.Text = func() string { return toString(o.Get("Path")) }
		return o, nil
	}
	s := in.top
	if scopeName == "global" || scopeName == "script" {
		s = in.global
	}
	v, _ := s.get(name)
	return v, nil
}

func (in *Interp) version() Version {
	v, _ := parseVersion(in.opts.Version)
	return v
}

func (in *Interp) versionTable() *Hash {
	h := NewHash()
	v := in.version()
	h.Set("PSVersion", v)
	h.Set("PSEdition", "Desktop")
	h.Set("PSCompatibleVersions", []any{Version{1, 0, -1, -1}, Version{2, 0, -1, -1}, Version{3, 0, -1, -1}, Version{4, 0, -1, -1}, Version{5, 0, -1, -1}, v})
	h.Set("BuildVersion", Version{10, 0, v.Build, v.Revision})
	h.Set("CLRVersion", Version{4, 0, 30319, 42000})
	h.Set("WSManStackVersion", Version{3, 0, -1, -1})
	h.Set("PSRemotingProtocolVersion", Version{2, 3, -1, -1})
	h.Set("SerializationVersion", Version{1, 1, 0, 1})
	return h
}

func (in *Interp) environment(name string) any {
	if v, ok := in.env[name]; ok {
		return v
	}
	if in.opts.Host != nil {
		if v, ok := in.opts.Host.Environment(name); ok {
			return v
		}
	}
	switch name {
	case "computername":
		return in.opts.ComputerName
	case "username":
		return shortUser(in.opts.User)
	}
	return nil
}

// readOnly are variables a script cannot set.
var readOnly = set("null", "true", "false", "?", "error", "psversiontable", "host", "pid", "home", "pshome", "psculture", "psuiculture", "shellid", "psitem")

// setVariable assigns; a variable declared with a type converts.
func (in *Interp) setVariable(scopeName, name string, v any) error {
	name = lower(name)
	switch scopeName {
	case "env":
		in.env[name] = toString(v)
		return nil
	case "", "local", "private", "variable", "script", "global":
	default:
		return unsupported("Assigning to a variable of the scope '" + scopeName + "'")
	}
	if name == "null" {
		return nil
	}
	if readOnly[name] {
		return newError("System.Management.Automation.SessionStateUnauthorizedAccessException", "VariableNotWritable", "WriteError", name, "Cannot overwrite variable %s because it is read-only or constant.", name)
	}
	if name == "lastexitcode" {
		in.lastExit = v
		return nil
	}
	s := in.top
	if scopeName == "global" || scopeName == "script" {
		s = in.global
	}
	if full := s.types[name]; full != "" {
		var err error
		if v, err = in.convert(v, full); err != nil {
			return err
		}
	}
	s.set(name, v)
	return nil
}

// preference reads a preference variable, e.g. "erroractionpreference".
func (in *Interp) preference(name string) string {
	v, _ := in.top.get(name)
	return lower(toString(v))
}

// Defined says whether a global variable has been set.
func (in *Interp) Defined(name string) bool {
	_, ok := in.global.vars[lower(name)]
	return ok
}
