package powershell

import (
	"strings"
)

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
			if err := s.write(c, withFields(x, out, len(s.fields) > 0)); err != nil {
				return err
			}
		}
		return nil
	}
	return s.write(c, out)
}

// withFields gives an expanded object the properties selected beside it.
func withFields(v, fields any, any bool) any {
	o, isObject := v.(*Object)
	extra, ok := fields.(*Object)
	if !any || !isObject || !ok {
		return v
	}
	out := *o
	out.props = append([]Property{}, o.props...)
	for _, p := range extra.props {
		if out.Property(p.Name) == nil {
			out.props = append(out.props, p)
		}
	}
	return &out
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
