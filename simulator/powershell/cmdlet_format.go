package powershell

import "strings"

var formatCmdlets = []*Cmdlet{
	{Name: "Format-Table", Class: "Microsoft.PowerShell.Commands.FormatTableCommand", Params: formatParams(Param{Name: "AutoSize", Kind: KindSwitch}, Param{Name: "Wrap", Kind: KindSwitch}, Param{Name: "HideTableHeaders", Kind: KindSwitch}),
		Begin: formatBegin, Process: func(c *Call) error { return formatProcess(c, "table") }, End: formatEnd},
	{Name: "Format-List", Class: "Microsoft.PowerShell.Commands.FormatListCommand", Params: formatParams(),
		Begin: formatBegin, Process: func(c *Call) error { return formatProcess(c, "list") }, End: formatEnd},
	{Name: "Format-Wide", Class: "Microsoft.PowerShell.Commands.FormatWideCommand", Params: formatParams(Param{Name: "AutoSize", Kind: KindSwitch}, Param{Name: "Column", Kind: KindInt}),
		Begin: formatBegin, Process: func(c *Call) error { return formatProcess(c, "wide") }, End: formatEnd},
	{Name: "Out-String", Class: "Microsoft.PowerShell.Commands.OutStringCommand", Params: []Param{pipelineInput, {Name: "Width", Kind: KindInt}, {Name: "Stream", Kind: KindSwitch}}, Begin: outBegin, Process: outProcess, End: outEnd},
	{Name: "Out-Host", Class: "Microsoft.PowerShell.Commands.OutHostCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{pipelineInput}, Begin: outBegin, Process: outProcess, End: outEnd},
	{Name: "Out-Default", Class: "Microsoft.PowerShell.Commands.OutDefaultCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{pipelineInput}, Process: func(c *Call) error {
		if v, ok := c.input(); ok {
			return c.Write(v)
		}
		return nil
	}},
	{Name: "Out-Null", Class: "Microsoft.PowerShell.Commands.OutNullCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{pipelineInput}, Process: func(*Call) error { return nil }},
}

func formatParams(more ...Param) []Param {
	return append([]Param{pipelineInput, {Name: "Property", Kind: KindList, Position: 1}, {Name: "GroupBy"}, {Name: "Force", Kind: KindSwitch}, {Name: "View", Kind: KindString}}, more...)
}

// formatState is the layout of a Format- cmdlet, made at the first object.
type formatState struct {
	fields []field
	lay    *layout
}

func formatBegin(c *Call) error {
	if c.Has("View") {
		return unsupported("The parameter -View")
	}
	fields, err := c.in.fields(c.Value("Property"))
	c.State = &formatState{fields: fields}
	return err
}

func formatProcess(c *Call, kind string) error {
	v, ok := c.input()
	if !ok || v == nil {
		return nil
	}
	if list, isList := items(v); isList && c.Has("InputObject") { // -InputObject $list
		for _, x := range list {
			if err := formatOne(c, kind, x); err != nil {
				return err
			}
		}
		return nil
	}
	if h, ok := v.(*Hash); ok && len(c.State.(*formatState).fields) == 0 {
		for _, e := range h.entries() {
			if err := formatOne(c, kind, e); err != nil {
				return err
			}
		}
		return nil
	}
	return formatOne(c, kind, v)
}

func formatOne(c *Call, kind string, v any) error {
	s := c.State.(*formatState)
	switch v.(type) {
	case *layout, *entry, *layoutEnd:
		return c.Write(v) // formatted already
	case nil:
		return nil
	}
	if s.lay == nil {
		if len(s.fields) == 0 {
			if _, scalar := scalarLines(v); scalar {
				return c.Write(v)
			}
		}
		lay, err := c.makeLayout(kind, s.fields, v)
		if err != nil || lay == nil {
			return err
		}
		s.lay = lay
		if err := c.Write(lay); err != nil {
			return err
		}
	}
	e, err := c.in.entryFor(s.lay, v)
	if err != nil {
		return err
	}
	return c.Write(e)
}

func formatEnd(c *Call) error {
	if c.State.(*formatState).lay == nil {
		return nil
	}
	return c.Write(&layoutEnd{})
}

func (c *Call) makeLayout(kind string, fields []field, v any) (*layout, error) {
	in := c.in
	lay := &layout{kind: kind, auto: true, full: c.On("AutoSize"), wrap: c.On("Wrap"), hide: c.On("HideTableHeaders"), perRow: c.Int("Column", 0)}
	if c.Has("GroupBy") {
		by, err := in.fields(c.Value("GroupBy"))
		if err != nil || len(by) == 0 {
			return nil, err
		}
		lay.group = func(v any) string {
			y, _ := in.fieldValue(by[0], v)
			return by[0].name + ": " + display(y)
		}
	}
	view := in.view(v)
	switch {
	case len(fields) > 0:
		lay.columns = in.columns(fields, v)
		if kind == "list" && len(fields) == 1 && fields[0].name == "*" {
			lay.byProps, lay.all = true, true
		}
	case kind == "table" && view != nil && view.Table != nil:
		lay.columns, lay.auto = view.Table, view.AutoSize
		if lay.full {
			for i := range lay.columns {
				lay.columns = append([]Column{}, lay.columns...)
				lay.columns[i].Width = 0
			}
		}
		if lay.group == nil {
			lay.group = view.Group
		}
		return lay, nil
	case kind == "list" && view != nil && view.List != nil:
		lay.columns = view.List
		return lay, nil
	case kind == "wide":
		lay.columns = in.shownColumns(v)[:min(1, len(in.shownColumns(v)))]
		if o, ok := v.(*Object); ok && o.Property("Name") != nil {
			lay.columns = []Column{{Label: "Name"}}
		}
	default:
		lay.columns, lay.byProps = in.shownColumns(v), kind == "list"
		if kind == "table" && len(lay.columns) > 10 {
			lay.columns = lay.columns[:10]
		}
	}
	if len(lay.columns) == 0 {
		return nil, nil
	}
	switch kind {
	case "table":
		return in.aligned(lay, v), nil
	case "wide":
		lay.columns = lay.columns[:1]
		lay.auto = false
	}
	return lay, nil
}

// columns makes the columns of the properties somebody asked for.
func (in *Interp) columns(fields []field, v any) []Column {
	var out []Column
	for _, f := range fields {
		if f.wildcard {
			for _, p := range in.properties(v) {
				if Wildcard(p.Name, f.name) {
					out = append(out, Column{Label: p.Name})
				}
			}
			continue
		}
		col := Column{Label: f.name, Width: f.width}
		if name, ok := f.expression.(string); ok && name == f.name {
			if o, isObject := v.(*Object); isObject {
				if p := o.Property(name); p != nil {
					col.Label = p.Name
				}
			}
		}
		switch f.align {
		case "right":
			col.Right = true
		case "left":
			col.Width = max(col.Width, 0)
		}
		col.Value = func(v any) any {
			y, err := in.fieldValue(f, v)
			if err != nil {
				return nil
			}
			if f.format != "" && y != nil {
				if strings.Contains(f.format, "{0") {
					if s, err := formatOperator(f.format, []any{y}); err == nil {
						return s
					}
				} else if s, err := formatValue(y, f.format); err == nil {
					return s
				}
			}
			return y
		}
		out = append(out, col)
	}
	return out
}

// outState is the text Out-String collects or Out-Host shows.
type outState struct {
	w *Writer
	b strings.Builder
}

func outBegin(c *Call) error {
	s := &outState{}
	s.w = c.in.NewWriter(c.Int("Width", 0), func(line string) error {
		switch {
		case c.cmd.Name == "Out-Host":
			return c.in.host(line + "\r\n")
		case c.On("Stream"):
			return c.Write(line)
		}
		s.b.WriteString(line + "\r\n")
		return c.in.charge(len(line)+2, nil)
	})
	c.State = s
	return nil
}

func outProcess(c *Call) error {
	v, ok := c.input()
	if !ok {
		return nil
	}
	return c.State.(*outState).w.Write(v)
}

func outEnd(c *Call) error {
	s := c.State.(*outState)
	if err := s.w.Close(); err != nil {
		return err
	}
	if c.cmd.Name == "Out-String" && !c.On("Stream") {
		return c.Write(s.b.String())
	}
	return nil
}
