package powershell

import (
	"strings"
	"time"
)

// view finds the view of an object by its types.
func (in *Interp) view(v any) *View {
	for _, t := range typeNames(v) {
		if in.opts.Host != nil {
			if view := in.opts.Host.View(t); view != nil {
				return view
			}
		}
		if view := builtinViews[t]; view != nil {
			return view
		}
	}
	return nil
}

// defaultLayout is how PowerShell shows an object nobody formatted: by its
// view, else up to four properties as a table, more as a list. An object of
// another kind in the same output is always a list.
func (in *Interp) defaultLayout(v any, mixed bool) *layout {
	if view := in.view(v); view != nil {
		switch {
		case view.Text != nil:
			return &layout{kind: "text", columns: []Column{{Value: func(v any) any { return view.Text(v) }}}}
		case view.Table != nil && !mixed:
			return &layout{kind: "table", columns: view.Table, auto: view.AutoSize, wrap: view.Wrap, group: view.Group}
		case view.List != nil:
			return &layout{kind: "list", columns: view.List}
		}
	}
	columns := in.shownColumns(v)
	switch {
	case len(columns) == 0:
		return nil
	case len(columns) <= 4 && !mixed:
		return in.aligned(&layout{kind: "table", columns: columns, auto: true, byProps: true}, v)
	}
	return &layout{kind: "list", columns: columns, byProps: true}
}

// shownColumns are the properties of the default display set, or all.
func (in *Interp) shownColumns(v any) []Column {
	var columns []Column
	if o, ok := v.(*Object); ok && len(o.Shown) > 0 {
		for _, name := range o.Shown {
			columns = append(columns, Column{Label: name})
		}
		return columns
	}
	return in.allColumns(v)
}

func (in *Interp) allColumns(v any) []Column {
	var columns []Column
	for _, p := range in.properties(v) {
		columns = append(columns, Column{Label: p.Name})
	}
	return columns
}

// aligned sets the columns of a table by the first object's values: numbers,
// truth values and enumerations stand to the right.
func (in *Interp) aligned(l *layout, v any) *layout {
	columns := append([]Column{}, l.columns...)
	for i := range columns {
		if columns[i].Right || columns[i].Width < 0 {
			continue
		}
		y, err := in.cell(&columns[i], v)
		if err != nil {
			continue
		}
		switch y.(type) {
		case bool, Char, Enum:
			columns[i].Right = true
		default:
			columns[i].Right = isNumber(y)
		}
	}
	l.columns = columns
	return l
}

// cell is the value of a column.
func (in *Interp) cell(c *Column, v any) (any, error) {
	if c.Value != nil {
		return c.Value(v), nil
	}
	name := c.Property
	if name == "" {
		name = c.Label
	}
	y, _, err := in.property(v, name)
	return y, err
}

// entryFor fills a layout with an object's values.
func (in *Interp) entryFor(l *layout, v any) (*entry, error) {
	e := &entry{}
	columns := l.columns
	if l.kind == "list" && l.byProps {
		columns = in.shownColumns(v)
		if l.all {
			columns = in.allColumns(v)
		}
	}
	for i := range columns {
		y, err := in.cell(&columns[i], v)
		if err != nil {
			return nil, err
		}
		text := display(y)
		if l.kind == "list" && l.byProps {
			e.cells = append(e.cells, columns[i].Label)
		}
		e.cells = append(e.cells, text)
		if err := in.charge(len(text), nil); err != nil {
			return nil, err
		}
	}
	if l.group != nil {
		e.group = l.group(v)
	}
	return e, nil
}

// builtinViews are those of Windows PowerShell for the types made here.
var builtinViews = map[string]*View{
	"System.DateTime":                         {Text: func(v any) string { return formatDate(v.(time.Time), "F") }},
	"System.Collections.DictionaryEntry":      {Table: []Column{{Label: "Name", Property: "Key", Width: 30}, {Label: "Value"}}, List: []Column{{Label: "Name", Property: "Key"}, {Label: "Value"}}},
	"System.Version":                          {Table: []Column{{Label: "Major", Width: 6}, {Label: "Minor", Width: 6}, {Label: "Build", Width: 6}, {Label: "Revision", Width: 8}}},
	"System.Management.Automation.PSVariable": {Table: []Column{{Label: "Name", Width: 30}, {Label: "Value"}}},
	"Microsoft.PowerShell.Commands.GroupInfo": {Table: []Column{{Label: "Count", Width: 5, Right: true}, {Label: "Name", Width: 25}, {Label: "Group"}}},
	"Microsoft.PowerShell.Commands.GroupInfoNoElement": {
		Table: []Column{{Label: "Count", Width: 5, Right: true}, {Label: "Name", Width: 25}}},
	"Microsoft.PowerShell.Commands.GenericMeasureInfo": {List: []Column{{Label: "Count"}, {Label: "Average"}, {Label: "Sum"}, {Label: "Maximum"}, {Label: "Minimum"}, {Label: "Property"}}},
	"Microsoft.PowerShell.Commands.MemberDefinition": {
		Table: []Column{{Label: "Name"}, {Label: "MemberType"}, {Label: "Definition"}}, AutoSize: true,
		Group: func(v any) string { return "TypeName: " + toString(v.(*Object).Get("TypeName")) }},
	"System.Management.Automation.CmdletInfo":       {Table: []Column{{Label: "CommandType", Width: 15}, {Label: "Name", Width: 50}, {Label: "Version", Width: 10}, {Label: "Source"}}},
	"Microsoft.PowerShell.Commands.MatchInfo":       {Text: func(v any) string { return toString(v.(*Object).Get("Line")) }},
	"Microsoft.PowerShell.Commands.TextMeasureInfo": {List: []Column{{Label: "Lines"}, {Label: "Words"}, {Label: "Characters"}, {Label: "Property"}}},
	"System.TimeSpan": {List: []Column{{Label: "Days"}, {Label: "Hours"}, {Label: "Minutes"}, {Label: "Seconds"}, {Label: "Milliseconds"}, {Label: "Ticks"},
		{Label: "TotalDays"}, {Label: "TotalHours"}, {Label: "TotalMinutes"}, {Label: "TotalSeconds"}, {Label: "TotalMilliseconds"}}},
	"System.Management.Automation.PathInfo": {Table: []Column{{Label: "Path"}}},
}

// tableWidths decides how wide each column is; -1 hides it.
func tableWidths(l *layout, entries []*entry, total int) []int {
	widths := make([]int, len(l.columns))
	for i, c := range l.columns {
		widths[i] = max(c.Width, 0)
		if (l.auto || l.full) && c.Width == 0 {
			widths[i] = len([]rune(c.Label))
			for _, e := range entries {
				for _, line := range splitLines(e.cells[i])[:1] {
					widths[i] = max(widths[i], len([]rune(line)))
				}
			}
			widths[i] = max(widths[i], 1)
		}
	}
	return fitWidths(widths, total)
}

// fitWidths shares the line out: columns without a width get equal parts of
// what is left; what does not fit is cut from the right.
func fitWidths(widths []int, total int) []int {
	sum := func() int {
		n, shown := 0, 0
		for _, w := range widths {
			if w > 0 {
				n += w
				shown++
			}
		}
		return n + max(shown-1, 0)
	}
	var open []int
	for i, w := range widths {
		if w == 0 {
			open = append(open, i)
			widths[i] = 1
		}
	}
	for left := total - sum(); left > 0 && len(open) > 0; {
		for _, i := range open {
			if left == 0 {
				break
			}
			widths[i]++
			left--
		}
	}
	for i := len(widths) - 1; i >= 0; i-- {
		excess := sum() - total
		if excess <= 0 {
			break
		}
		if widths[i]-excess >= 1 {
			widths[i] -= excess
			break
		}
		widths[i] = -1
	}
	return widths
}

// wrapText breaks a text at words into lines of at most width; words that are
// longer are cut.
func wrapText(s string, width int) []string {
	var out []string
	for _, line := range splitLines(s) {
		var b []rune
		flush := func() {
			out = append(out, strings.TrimRight(string(b), " "))
			b = b[:0]
		}
		for _, w := range words(line) {
			r := []rune(w)
			if len(b)+len([]rune(strings.TrimRight(w, " "))) > width && len(b) > 0 && len(r) <= width {
				flush()
			}
			for _, c := range r {
				if len(b) == width {
					if c == ' ' {
						continue
					}
					flush()
				}
				b = append(b, c)
			}
		}
		flush()
	}
	return out
}

// words splits a line after its blanks.
func words(line string) []string {
	var out []string
	from := 0
	for i := 0; i+1 < len(line); i++ {
		if line[i] == ' ' && line[i+1] != ' ' {
			out = append(out, line[from:i+1])
			from = i + 1
		}
	}
	return append(out, line[from:])
}
