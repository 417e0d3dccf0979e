package powershell

import (
	"encoding/csv"
	"regexp"
	"strings"
)

var textCmdlets = []*Cmdlet{
	{Name: "ConvertTo-Json", Class: "Microsoft.PowerShell.Commands.ConvertToJsonCommand", Params: []Param{{Name: "InputObject", Pipeline: true, Position: 1}, {Name: "Depth", Kind: KindInt}, {Name: "Compress", Kind: KindSwitch}}, Process: hold, End: func(c *Call) error {
		depth := c.Int("Depth", 2)
		if depth < 1 || depth > 100 {
			return bindError("ParameterArgumentValidationError", "Cannot validate argument on parameter 'Depth'. The %d argument is not in the range 1 to 100. Supply an argument that is in the range and then try the command again.", depth)
		}
		if len(c.held()) == 0 {
			return nil
		}
		v := collapse(c.held())
		s, err := c.in.toJSON(v, depth, c.On("Compress"))
		if err != nil {
			return err
		}
		return c.Write(s)
	}},
	{Name: "ConvertFrom-Json", Class: "Microsoft.PowerShell.Commands.ConvertFromJsonCommand", Params: []Param{{Name: "InputObject", Kind: KindString, Pipeline: true, Position: 1, Mandatory: true}}, Process: hold, End: func(c *Call) error {
		var lines []string
		for _, v := range c.held() {
			lines = append(lines, toString(v))
		}
		v, err := c.in.fromJSON(strings.Join(lines, "\n"))
		if err != nil {
			return err
		}
		return c.Write(v) // an array comes as one object in 5.1
	}},
	{Name: "ConvertTo-Csv", Class: "Microsoft.PowerShell.Commands.ConvertToCsvCommand", Params: []Param{{Name: "InputObject", Pipeline: true}, {Name: "NoTypeInformation", Aliases: []string{"NTI"}, Kind: KindSwitch}, {Name: "Delimiter", Kind: KindString, Position: 1}}, Process: toCSV},
	{Name: "ConvertFrom-Csv", Class: "Microsoft.PowerShell.Commands.ConvertFromCsvCommand", Params: []Param{{Name: "InputObject", Kind: KindStrings, Pipeline: true, Mandatory: true}, {Name: "Delimiter", Kind: KindString, Position: 1}, {Name: "Header", Kind: KindStrings}}, Process: func(c *Call) error {
		list, _ := c.State.([]any)
		c.State = append(list, asItems(c.Value("InputObject"))...)
		return nil
	}, End: fromCSV},
	{Name: "Select-String", Class: "Microsoft.PowerShell.Commands.SelectStringCommand", Params: []Param{pipelineInput, {Name: "Pattern", Kind: KindStrings, Position: 1, Mandatory: true}, {Name: "SimpleMatch", Kind: KindSwitch}, {Name: "CaseSensitive", Kind: KindSwitch}, {Name: "NotMatch", Kind: KindSwitch}, {Name: "Quiet", Kind: KindSwitch}, {Name: "AllMatches", Kind: KindSwitch}}, Begin: func(c *Call) error { c.State = &selectString{}; return nil }, Process: selectStrings, End: func(c *Call) error {
		if s := c.State.(*selectString); c.On("Quiet") && s.found {
			return c.Write(true)
		}
		return nil
	}},
}

type csvState struct{ names []string }

func toCSV(c *Call) error {
	v, ok := c.input()
	if !ok || v == nil {
		return nil
	}
	delimiter := ","
	if c.Has("Delimiter") {
		delimiter = c.Text("Delimiter")
	}
	quote := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	s, _ := c.State.(*csvState)
	if s == nil {
		s = &csvState{}
		c.State = s
		if !c.On("NoTypeInformation") {
			if err := c.Write("#TYPE " + typeName(v)); err != nil {
				return err
			}
		}
		var heads []string
		for _, p := range c.in.properties(v) {
			s.names = append(s.names, p.Name)
			heads = append(heads, quote(p.Name))
		}
		if err := c.Write(strings.Join(heads, delimiter)); err != nil {
			return err
		}
	}
	var cells []string
	for _, name := range s.names {
		y, _, err := c.in.property(v, name)
		if err != nil {
			return err
		}
		text := display(y)
		if _, isList := items(y); isList {
			text = typeName(y)
		}
		if y == nil {
			cells = append(cells, "")
			continue
		}
		cells = append(cells, quote(text))
	}
	return c.Write(strings.Join(cells, delimiter))
}

func fromCSV(c *Call) error {
	var lines []string
	for _, v := range c.held() {
		if s := toString(v); !strings.HasPrefix(s, "#TYPE") {
			lines = append(lines, s)
		}
	}
	r := csv.NewReader(strings.NewReader(strings.Join(lines, "\n")))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	if d := []rune(c.Text("Delimiter")); len(d) == 1 && strings.ContainsRune(",;\t|: ", d[0]) {
		r.Comma = d[0]
	} else if len(d) > 0 {
		return unsupported("The delimiter '" + string(d) + "'")
	}
	rows, err := r.ReadAll()
	if err != nil {
		return newError(argumentException, "System.ArgumentException", "InvalidData", nil, "%v", err)
	}
	heads := c.Texts("Header")
	if heads == nil {
		if len(rows) == 0 {
			return nil
		}
		heads, rows = rows[0], rows[1:]
	}
	for _, row := range rows {
		o := &Object{Types: []string{CustomType, "System.Object"}}
		for i, h := range heads {
			var v any
			if i < len(row) {
				v = row[i]
			}
			o.Add(Property{Name: h, Value: v})
		}
		if err := c.Write(o); err != nil {
			return err
		}
	}
	return nil
}

type selectString struct {
	line  int
	found bool
}

func selectStrings(c *Call) error {
	v, ok := c.input()
	if !ok {
		return nil
	}
	s := c.State.(*selectString)
	for _, x := range asItems(v) {
		s.line++
		line := toString(x)
		hit := ""
		matched := false
		for _, p := range c.Texts("Pattern") {
			if c.On("SimpleMatch") {
				p = regexp.QuoteMeta(p)
			}
			re, err := c.in.pattern(p, c.On("CaseSensitive"))
			if err != nil {
				return err
			}
			if at := re.FindStringIndex(line); at != nil {
				matched, hit = true, p
				break
			}
		}
		if matched == c.On("NotMatch") {
			continue
		}
		s.found = true
		if c.On("Quiet") {
			continue
		}
		o := NewObject("Microsoft.PowerShell.Commands.MatchInfo", "IgnoreCase", !c.On("CaseSensitive"), "LineNumber", s.line, "Line", line, "Filename", "InputStream", "Path", "InputStream", "Pattern", hit)
		o.Text = func() string { return line }
		if err := c.Write(o); err != nil {
			return err
		}
	}
	return nil
}
