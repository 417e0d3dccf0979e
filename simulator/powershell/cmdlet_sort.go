package powershell

import (
	"math"
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

func measureEnd(c *Call) error {
	if c.On("Line") || c.On("Word") || c.On("Character") {
		return measureText(c)
	}
	names := c.Texts("Property")
	if len(names) == 0 {
		return c.measure("", c.held())
	}
	for _, name := range names {
		var values []any
		found := false
		for _, v := range c.held() {
			y, ok, err := c.in.property(v, name)
			if err != nil {
				return err
			}
			found = found || ok
			if ok && y != nil {
				values = append(values, y)
			}
		}
		if !found {
			if err := c.Fail(newError("System.Management.Automation.PSArgumentException", "GenericMeasurePropertyNotFound", "InvalidArgument", nil, "The property %q cannot be found in the input for any objects.", name)); err != nil {
				return err
			}
			continue
		}
		if err := c.measure(name, values); err != nil {
			return err
		}
	}
	return nil
}

func (c *Call) measure(name string, values []any) error {
	numbers := c.On("Sum") || c.On("Average")
	sum, n := 0.0, 0
	var low, high any
	for _, v := range values {
		if numbers {
			x, err := c.in.numeric(v)
			if err != nil || !isNumber(v) && typeName(v) != "System.String" {
				rec := newError("System.Management.Automation.PSInvalidCastException", "NonNumericInputObject", "InvalidType", v, "Input object %s is not numeric.", quoted(v))
				if err := c.Fail(rec); err != nil {
					return err
				}
				continue
			}
			sum += x.float64()
		}
		n++
		if n == 1 || c.in.rank(v, low, false) < 0 {
			low = v
		}
		if n == 1 || c.in.rank(v, high, false) > 0 {
			high = v
		}
	}
	o := NewObject("Microsoft.PowerShell.Commands.GenericMeasureInfo", "Count", n, "Average", nil, "Sum", nil, "Maximum", nil, "Minimum", nil, "Property", nil)
	put := func(key string, on bool, v any) {
		if x, ok := toNumber(v); ok && key != "Count" {
			v = x.float64()
		}
		if on && n > 0 {
			o.Property(key).Value = v
		}
	}
	put("Sum", c.On("Sum"), sum)
	put("Average", c.On("Average"), sum/math.Max(float64(n), 1))
	put("Maximum", c.On("Maximum"), high)
	put("Minimum", c.On("Minimum"), low)
	if name != "" {
		o.Property("Property").Value = name
	}
	for i := range o.props {
		o.props[i].Kind = "Property"
	}
	return c.Write(o)
}

func measureText(c *Call) error {
	lines, words, characters := 0, 0, 0
	for _, v := range c.held() {
		s := toString(v)
		lines += len(splitLines(s))
		words += len(strings.Fields(s))
		characters += len([]rune(s))
	}
	o := NewObject("Microsoft.PowerShell.Commands.TextMeasureInfo", "Lines", nil, "Words", nil, "Characters", nil, "Property", nil)
	for name, n := range map[string]int{"Line": lines, "Word": words, "Character": characters} {
		if c.On(name) {
			o.Property(name + "s").Value = n
		}
	}
	return c.Write(o)
}

func compareHold(c *Call) error {
	list, _ := c.State.([]any)
	c.State = append(list, asItems(c.Value("DifferenceObject"))...)
	return nil
}

// compareEnd pairs equal objects; what has no pair stands on one side.
func compareEnd(c *Call) error {
	fields, err := c.in.fields(c.Value("Property"))
	if err != nil {
		return err
	}
	key := func(v any) (string, error) {
		if len(fields) == 0 {
			return toString(v), nil
		}
		s := ""
		for _, f := range fields {
			y, err := c.in.fieldValue(f, v)
			if err != nil {
				return "", err
			}
			s += toString(y) + "\x00"
		}
		return s, nil
	}
	fold := func(s string) string {
		if c.On("CaseSensitive") {
			return s
		}
		return lower(s)
	}
	left := map[string]int{}
	reference := asItems(c.Value("ReferenceObject"))
	for _, v := range reference {
		k, err := key(v)
		if err != nil {
			return err
		}
		left[fold(k)]++
	}
	write := func(v any, side string) error {
		if side == "==" && !c.On("IncludeEqual") || side != "==" && c.On("ExcludeDifferent") {
			return nil
		}
		if c.On("PassThru") {
			return c.Write(v)
		}
		o := &Object{Types: []string{CustomType, "System.Object"}}
		if len(fields) == 0 {
			o.Add(Property{Name: "InputObject", Value: v})
		}
		for _, f := range fields {
			y, err := c.in.fieldValue(f, v)
			if err != nil {
				return err
			}
			o.Add(Property{Name: f.name, Value: y})
		}
		o.Add(Property{Name: "SideIndicator", Value: side})
		return c.Write(o)
	}
	var extra []any
	matched := map[string]int{}
	for _, v := range c.held() {
		k, err := key(v)
		if err != nil {
			return err
		}
		if left[fold(k)] > 0 {
			left[fold(k)]--
			matched[fold(k)]++
			if err := write(v, "=="); err != nil {
				return err
			}
			continue
		}
		extra = append(extra, v)
	}
	for _, v := range extra {
		if err := write(v, "=>"); err != nil {
			return err
		}
	}
	for _, v := range reference {
		k, err := key(v)
		if err != nil {
			return err
		}
		if matched[fold(k)] > 0 {
			matched[fold(k)]--
			continue
		}
		if err := write(v, "<="); err != nil {
			return err
		}
	}
	return nil
}
