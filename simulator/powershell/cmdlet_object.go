package powershell

import (
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
