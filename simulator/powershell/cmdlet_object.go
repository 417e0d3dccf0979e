package powershell

import (
	"errors"
	"strings"
)

var objectCmdlets = []*Cmdlet{
	{Name: "Where-Object", Class: "Microsoft.PowerShell.Commands.WhereObjectCommand", Module: "Microsoft.PowerShell.Core", Params: whereParams(), Process: where},
	{Name: "ForEach-Object", Class: "Microsoft.PowerShell.Commands.ForEachObjectCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{
		pipelineInput, {Name: "Process", Aliases: []string{"MemberName"}, Kind: KindList, Rest: true, Mandatory: true}, {Name: "Begin", Kind: KindBlock}, {Name: "End", Kind: KindBlock}, {Name: "ArgumentList", Kind: KindList},
	}, Begin: forEachBegin, Process: forEach, End: forEachEnd},
	{Name: "Select-Object", Class: "Microsoft.PowerShell.Commands.SelectObjectCommand", Params: []Param{
		pipelineInput, {Name: "Property", Kind: KindList, Position: 1}, {Name: "ExcludeProperty", Kind: KindStrings}, {Name: "ExpandProperty", Kind: KindString},
		{Name: "First", Kind: KindInt}, {Name: "Last", Kind: KindInt}, {Name: "Skip", Kind: KindInt}, {Name: "SkipLast", Kind: KindInt}, {Name: "Unique", Kind: KindSwitch}, {Name: "Index", Kind: KindList}, {Name: "Wait", Kind: KindSwitch},
	}, Begin: selectBegin, Process: selectProcess, End: selectEnd},
}

var whereOperators = []string{"EQ", "NE", "GT", "LT", "GE", "LE", "Like", "NotLike", "Match", "NotMatch", "Contains", "NotContains", "In", "NotIn", "Is", "IsNot",
	"CEQ", "CNE", "CLike", "CNotLike", "CMatch", "CNotMatch", "CContains", "CIn", "CGT", "CLT", "CGE", "CLE"}

func whereParams() []Param {
	list := []Param{pipelineInput, {Name: "FilterScript", Aliases: []string{"Property"}, Position: 1, Mandatory: true}, {Name: "Value", Position: 2}, {Name: "Not", Kind: KindSwitch}}
	for _, op := range whereOperators {
		p := Param{Name: op, Kind: KindSwitch}
		if len(op) < 4 && op[0] != 'C' {
			p.Aliases = []string{"I" + op}
		}
		list = append(list, p)
	}
	return list
}

func where(c *Call) error {
	v, ok := c.input()
	if !ok {
		return nil
	}
	in := c.in
	filter := c.Value("FilterScript")
	if b, isBlock := filter.(*Block); isBlock {
		out, err := in.callWith(b, v)
		if err != nil || !truth(collapse(out)) {
			return err
		}
		return c.Write(v)
	}
	left, _, err := in.property(v, toString(filter))
	if err != nil {
		return err
	}
	op := ""
	for _, name := range whereOperators {
		if c.On(name) {
			op = lower(name)
		}
	}
	var result any = truth(left)
	switch {
	case op == "is" || op == "isnot":
		full, known := resolveType(strings.Trim(c.Text("Value"), "[]"))
		if !known {
			return in.typeNotFound(c.Text("Value"))
		}
		result = isType(left, full) == (op == "is")
	case op != "":
		if result, err = in.binary(op, left, c.Value("Value")); err != nil {
			return err
		}
	case c.Has("Value"):
		return newError("System.Management.Automation.PSArgumentException", "OperatorNotSpecified", "InvalidArgument", nil, "The specified operator requires both the -Property and -Value parameters. Provide values for both parameters, and then try the command again.")
	}
	if truth(result) != c.On("Not") {
		return c.Write(v)
	}
	return nil
}

// forEachState are the script blocks of one ForEach-Object.
type forEachState struct {
	begin, end *Block
	process    []*Block
	member     string
	args       []any
}

func forEachBegin(c *Call) error {
	s := &forEachState{begin: c.Block("Begin"), end: c.Block("End"), args: asItems(c.Value("ArgumentList"))}
	c.State = s
	var list []any
	for _, v := range asItems(c.Value("Process")) {
		list = append(list, asItems(v)...)
	}
	for i, v := range list {
		b, ok := v.(*Block)
		if !ok {
			if i == 0 {
				s.member = toString(v)
				s.args = append(s.args, list[1:]...)
				break
			}
			return bindError("CannotConvertArgumentNoMessage", "Cannot bind parameter 'RemainingScripts'. Cannot convert the %s value of type %q to type %q.", quoted(v), typeName(v), "System.Management.Automation.ScriptBlock")
		}
		s.process = append(s.process, b)
	}
	if len(s.process) > 1 && s.begin == nil {
		s.begin, s.process = s.process[0], s.process[1:]
	}
	if len(s.process) > 1 && s.end == nil {
		n := len(s.process) - 1
		s.end, s.process = s.process[n], s.process[:n]
	}
	if s.begin != nil {
		return c.in.runWith(s.begin, nil, c.Write)
	}
	return nil
}

func forEach(c *Call) error {
	s := c.State.(*forEachState)
	v, ok := c.input()
	if !ok && c.piped {
		return nil
	}
	for _, b := range s.process {
		if err := c.in.runWith(b, v, c.Write); err != nil {
			return err
		}
	}
	if s.member == "" || !ok {
		return nil
	}
	y, found, err := c.in.property(v, s.member)
	if err == nil && !found && v != nil {
		if y2, err2 := c.in.method(v, s.member, s.args); err2 == nil {
			y, found = y2, true
		}
	}
	if err != nil || y == nil {
		return err
	}
	return c.WriteAll(asItems(y))
}

func forEachEnd(c *Call) error {
	if s := c.State.(*forEachState); s.end != nil {
		return c.in.runWith(s.end, nil, c.Write)
	}
	return nil
}

// field is a property as commands take it: a name, a pattern, a script block,
// or a hashtable with Name and Expression.
type field struct {
	name       string
	expression any // *Block or string
	wildcard   bool
	descending bool
	width      int
	align      string
	format     string
}

func (in *Interp) fields(v any) ([]field, error) {
	var out []field
	for _, x := range asItems(v) {
		switch x := x.(type) {
		case *Hash:
			f, err := hashField(x)
			if err != nil {
				return nil, err
			}
			out = append(out, f)
		case *Block:
			out = append(out, field{name: x.body.text, expression: x})
		default:
			s := toString(x)
			out = append(out, field{name: s, expression: s, wildcard: strings.ContainsAny(s, "*?[")})
		}
	}
	return out, nil
}

func hashField(h *Hash) (field, error) {
	var f field
	for _, k := range h.keys {
		v, _ := h.Get(k)
		key := lower(toString(k))
		is := func(full string) bool { return key != "" && strings.HasPrefix(full, key) }
		switch {
		case is("name"), is("label"):
			f.name = toString(v)
		case is("expression"):
			f.expression = v
			if _, ok := v.(*Block); !ok {
				f.expression = toString(v)
			}
		case is("width"):
			n, err := toInteger(v, "System.Int32")
			if err != nil {
				return f, err
			}
			f.width = min(max(n.(int), 0), 1000)
		case is("alignment"):
			f.align = lower(toString(v))
		case is("formatstring"):
			f.format = toString(v)
		case is("descending"):
			f.descending = truth(v)
		case is("ascending"):
			f.descending = !truth(v)
		default:
			return f, newError("System.NotSupportedException", "DictionaryKeyIllegal", "InvalidArgument", nil, "The %s key is not valid.", toString(k))
		}
	}
	if f.expression == nil {
		return f, newError("System.NotSupportedException", "DictionaryKeyMissing", "InvalidArgument", nil, "The key Expression is missing.")
	}
	if f.name == "" {
		if b, ok := f.expression.(*Block); ok {
			f.name = b.body.text
		} else {
			f.name = toString(f.expression)
		}
	}
	return f, nil
}

// value is the field of an object. Errors of a script block make it $null.
func (in *Interp) fieldValue(f field, v any) (any, error) {
	b, ok := f.expression.(*Block)
	if !ok {
		y, _, err := in.property(v, toString(f.expression))
		return y, err
	}
	depth := in.tryDepth
	in.tryDepth++ // what fails inside is not shown, the value is $null
	top, src, level := in.top, in.src, in.depth
	out, err := in.callWith(b, v)
	in.tryDepth = depth
	var f2 *failure
	if errors.As(err, &f2) {
		in.top, in.src, in.depth = top, src, level
		return nil, nil
	}
	return collapse(out), err
}

// selectState counts what Select-Object has seen.
type selectState struct {
	fields      []field
	skip        int
	first, last int
	index       map[int]bool
	n           int
	held        []any
	seen        map[string]bool
	exclude     []string
}

func selectBegin(c *Call) error {
	fields, err := c.in.fields(c.Value("Property"))
	if err != nil {
		return err
	}
	s := &selectState{fields: fields, skip: c.Int("Skip", 0), first: c.Int("First", -1), last: c.Int("Last", -1), seen: map[string]bool{}, exclude: c.Texts("ExcludeProperty")}
	for _, name := range []string{"First", "Last", "Skip"} {
		if c.Int(name, 0) < 0 {
			return bindError("ParameterArgumentValidationError", "Cannot validate argument on parameter '%s'. The %d argument is less than the minimum allowed range of 0. Supply an argument that is greater than or equal to 0 and then try the command again.", name, c.Int(name, 0))
		}
	}
	if c.Has("Index") {
		s.index = map[int]bool{}
		for _, v := range asItems(c.Value("Index")) {
			n, err := toInteger(v, "System.Int32")
			if err != nil {
				return err
			}
			s.index[n.(int)] = true
		}
	}
	c.State = s
	return nil
}

func selectProcess(c *Call) error {
	s := c.State.(*selectState)
	v, ok := c.input()
	if !ok {
		return nil
	}
	if s.last >= 0 || c.Int("SkipLast", 0) > 0 {
		s.held = append(s.held, v)
		if s.last >= 0 && len(s.held) > s.last+s.skip {
			s.held = s.held[1:]
		}
		return nil
	}
	n := s.n
	s.n++
	if s.index != nil {
		if s.index[n] {
			return s.pass(c, v)
		}
		return nil
	}
	if n < s.skip {
		return nil
	}
	if s.first < 0 {
		return s.pass(c, v)
	}
	if n-s.skip < s.first {
		if err := s.pass(c, v); err != nil {
			return err
		}
	}
	if n-s.skip+1 >= s.first {
		return c.Enough()
	}
	return nil
}

func selectEnd(c *Call) error {
	s := c.State.(*selectState)
	list := s.held
	if s.last >= 0 {
		list = list[:max(len(list)-s.skip, 0)]
	} else if n := c.Int("SkipLast", 0); n > 0 {
		list = list[:max(len(list)-n, 0)]
	}
	for _, v := range list {
		if err := s.pass(c, v); err != nil {
			return err
		}
	}
	return nil
}

// pass makes the selected object of one and writes it.
func (s *selectState) pass(c *Call, v any) error {
	out := v
	if len(s.fields) > 0 || len(s.exclude) > 0 && !c.Has("ExpandProperty") {
		var err error
		if out, err = c.in.project(s.fields, s.exclude, v); err != nil {
			return err
		}
	}
	if name := c.Text("ExpandProperty"); name != "" {
		y, found, err := c.in.property(v, name)
		if err != nil {
			return err
		}
		if !found {
			rec := newError("System.Management.Automation.PSArgumentException", "ExpandPropertyNotFound", "InvalidArgument", v, "Property %q cannot be found.", name)
			return c.Fail(rec)
		}
		list, isList := items(y)
		if !isList {
			list = []any{y}
		}
		for _, x := range list {
			if err := s.write(c, x); err != nil {
				return err
			}
		}
		return nil
	}
	return s.write(c, out)
}

func (s *selectState) write(c *Call, v any) error {
	if c.On("Unique") {
		key := typeName(v) + "\x00" + toString(v)
		if s.seen[key] {
			return nil
		}
		s.seen[key] = true
	}
	return c.Write(v)
}

// project makes a new object with the fields of another.
func (in *Interp) project(fields []field, exclude []string, v any) (any, error) {
	typ := typeName(v)
	if typ == CustomType || strings.HasPrefix(typ, "Selected.") {
		typ = strings.TrimPrefix(typ, "Selected.")
	}
	o := &Object{Types: []string{"Selected." + typ, CustomType, "System.Object"}}
	excluded := func(name string) bool {
		for _, p := range exclude {
			if Wildcard(name, p) {
				return true
			}
		}
		return false
	}
	if len(fields) == 0 {
		fields = []field{{name: "*", wildcard: true}}
	}
	for _, f := range fields {
		if f.wildcard {
			for _, p := range in.properties(v) {
				if Wildcard(p.Name, f.name) && !excluded(p.Name) && o.Property(p.Name) == nil {
					o.Add(Property{Name: p.Name, Value: p.value()})
				}
			}
			continue
		}
		if excluded(f.name) {
			continue
		}
		y, err := in.fieldValue(f, v)
		if err != nil {
			return nil, err
		}
		name := f.name
		if src, ok := v.(*Object); ok && f.expression == any(f.name) {
			if p := src.Property(name); p != nil {
				name = p.Name
			}
		}
		if o.Property(name) == nil {
			o.Add(Property{Name: name, Value: y})
		}
	}
	return o, in.charge(64+48*len(o.props), nil)
}
