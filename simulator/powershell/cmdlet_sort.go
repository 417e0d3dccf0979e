package powershell

import (
	"slices"
	"strings"
)

var sortCmdlets = []*Cmdlet{
	{Name: "Sort-Object", Class: "Microsoft.PowerShell.Commands.SortObjectCommand", Params: []Param{
		pipelineInput, {Name: "Property", Kind: KindList, Position: 1}, {Name: "Descending", Kind: KindSwitch}, {Name: "Unique", Kind: KindSwitch}, {Name: "CaseSensitive", Kind: KindSwitch}, {Name: "Culture", Kind: KindString},
	}, Process: hold, End: sortEnd},
	{Name: "Group-Object", Class: "Microsoft.PowerShell.Commands.GroupObjectCommand", Params: []Param{
		pipelineInput, {Name: "Property", Kind: KindList, Position: 1}, {Name: "NoElement", Kind: KindSwitch}, {Name: "AsHashTable", Aliases: []string{"AHT"}, Kind: KindSwitch}, {Name: "AsString", Kind: KindSwitch}, {Name: "CaseSensitive", Kind: KindSwitch},
	}, Process: hold, End: groupEnd},
	{Name: "Measure-Object", Class: "Microsoft.PowerShell.Commands.MeasureObjectCommand", Params: []Param{
		pipelineInput, {Name: "Property", Kind: KindStrings, Position: 1}, {Name: "Sum", Kind: KindSwitch}, {Name: "Average", Kind: KindSwitch}, {Name: "Minimum", Kind: KindSwitch}, {Name: "Maximum", Kind: KindSwitch},
		{Name: "Line", Kind: KindSwitch}, {Name: "Word", Kind: KindSwitch}, {Name: "Character", Kind: KindSwitch},
	}, Process: hold, End: measureEnd},
	{Name: "Compare-Object", Class: "Microsoft.PowerShell.Commands.CompareObjectCommand", Params: []Param{
		{Name: "ReferenceObject", Kind: KindList, Position: 1, Mandatory: true}, {Name: "DifferenceObject", Kind: KindList, Position: 2, Pipeline: true}, {Name: "Property", Kind: KindList}, {Name: "IncludeEqual", Kind: KindSwitch}, {Name: "ExcludeDifferent", Kind: KindSwitch}, {Name: "PassThru", Kind: KindSwitch}, {Name: "CaseSensitive", Kind: KindSwitch},
	}, Process: compareHold, End: compareEnd},
}

// hold keeps the pipeline's objects until the end.
func hold(c *Call) error {
	v, ok := c.input()
	if !ok {
		return nil
	}
	list, _ := c.State.([]any)
	c.State = append(list, v)
	return c.in.charge(16, nil)
}

func (c *Call) held() []any {
	list, _ := c.State.([]any)
	return list
}

// keyed is an object with the values it is ordered by.
type keyed struct {
	v    any
	keys []any
}

func (c *Call) keyed(fields []field) ([]keyed, error) {
	list := c.held()
	out := make([]keyed, len(list))
	for i, v := range list {
		out[i].v = v
		if len(fields) == 0 {
			out[i].keys = []any{v}
		}
		for _, f := range fields {
			y, err := c.in.fieldValue(f, v)
			if err != nil {
				return nil, err
			}
			out[i].keys = append(out[i].keys, y)
		}
	}
	return out, nil
}

// rank orders two values of any kind: $null first, what cannot be compared by its text.
func (in *Interp) rank(a, b any, sensitive bool) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return -1
		}
		return 1
	}
	if isNumber(a) && isNumber(b) || typeName(a) == typeName(b) {
		if c, err := in.order(a, b, sensitive); err == nil {
			return c
		}
	}
	return compareText(toString(a), toString(b), sensitive)
}

func sortEnd(c *Call) error {
	in := c.in
	fields, err := in.fields(c.Value("Property"))
	if err != nil {
		return err
	}
	list, err := c.keyed(fields)
	if err != nil {
		return err
	}
	down, sensitive := c.On("Descending"), c.On("CaseSensitive")
	compare := func(a, b keyed) int {
		for i := range a.keys {
			r := in.rank(a.keys[i], b.keys[i], sensitive)
			if r != 0 {
				if down != (i < len(fields) && fields[i].descending) {
					return -r
				}
				return r
			}
		}
		return 0
	}
	slices.SortStableFunc(list, func(a, b keyed) int {
		in.steps++
		return compare(a, b)
	})
	if err := in.step(); err != nil {
		return err
	}
	for i, k := range list {
		if c.On("Unique") && i > 0 && compare(list[i-1], k) == 0 {
			continue
		}
		if err := c.Write(k.v); err != nil {
			return err
		}
	}
	return nil
}

func groupEnd(c *Call) error {
	fields, err := c.in.fields(c.Value("Property"))
	if err != nil {
		return err
	}
	list, err := c.keyed(fields)
	if err != nil {
		return err
	}
	type group struct {
		name   string
		values []any
		items  []any
	}
	var groups []*group
	index := map[string]*group{}
	for _, k := range list {
		var names []string
		for _, v := range k.keys {
			names = append(names, toString(v))
		}
		name := strings.Join(names, ", ")
		key := name
		if !c.On("CaseSensitive") {
			key = lower(name)
		}
		g := index[key]
		if g == nil {
			g = &group{name: name, values: k.keys}
			index[key] = g
			groups = append(groups, g)
		}
		g.items = append(g.items, k.v)
	}
	if c.On("AsHashTable") {
		h := NewHash()
		for _, g := range groups {
			var key any = g.name
			if !c.On("AsString") && len(g.values) == 1 && g.values[0] != nil {
				key = g.values[0]
			}
			h.Set(key, g.items)
		}
		return c.Write(h)
	}
	for _, g := range groups {
		typ := "Microsoft.PowerShell.Commands.GroupInfo"
		o := NewObject(typ, "Values", g.values, "Count", len(g.items), "Group", g.items, "Name", g.name)
		if c.On("NoElement") {
			o.Types = append([]string{typ + "NoElement"}, o.Types...)
			o.Property("Group").Value = []any{}
		}
		for i := range o.props {
			o.props[i].Kind = "Property"
		}
		if err := c.Write(o); err != nil {
			return err
		}
	}
	return nil
}
