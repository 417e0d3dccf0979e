package powershell

import (
	"sort"
	"strings"
)

// methodNames are shown by Get-Member for the types with methods here.
var methodNames = map[string][]string{
	"System.String":   {"Contains", "EndsWith", "IndexOf", "Insert", "LastIndexOf", "PadLeft", "PadRight", "Remove", "Replace", "Split", "StartsWith", "Substring", "ToCharArray", "ToLower", "ToUpper", "Trim", "TrimEnd", "TrimStart"},
	"System.DateTime": {"Add", "AddDays", "AddHours", "AddMilliseconds", "AddMinutes", "AddMonths", "AddSeconds", "AddTicks", "AddYears", "Subtract", "ToFileTime", "ToLocalTime", "ToLongDateString", "ToLongTimeString", "ToShortDateString", "ToShortTimeString", "ToUniversalTime"},
}

func getMember(c *Call) error {
	v, ok := c.input()
	if !ok || v == nil {
		return nil
	}
	seen := c.State.(map[string]bool)
	typ := typeName(v)
	if seen[typ] {
		return nil
	}
	seen[typ] = true
	type member struct{ name, kind, definition string }
	var list []member
	methods := append([]string{"Equals", "GetHashCode", "GetType", "ToString"}, methodNames[typ]...)
	if o, ok := v.(*Object); ok {
		for _, m := range o.Methods {
			if m.Name != "" {
				methods = append(methods, m.Name)
			}
		}
	}
	for _, m := range methods {
		list = append(list, member{m, "Method", m + "()"})
	}
	for _, p := range c.in.properties(v) {
		y := p.value()
		t := shortTypeAlias(typeName(y))
		d := t + " " + p.Name
		switch {
		case p.kind() == "NoteProperty":
			d += "=" + toString(y)
		case p.Get != nil && p.Set == nil:
			d += " {get;}"
		default:
			d += " {get;set;}"
		}
		list = append(list, member{p.Name, p.kind(), d})
	}
	order := map[string]int{"AliasProperty": 0, "Method": 1, "NoteProperty": 2, "Property": 3, "ScriptProperty": 4}
	sort.SliceStable(list, func(a, b int) bool {
		if list[a].kind != list[b].kind {
			return order[list[a].kind] < order[list[b].kind]
		}
		return lower(list[a].name) < lower(list[b].name)
	})
	names, kinds := c.Texts("Name"), c.Texts("MemberType")
	for _, m := range list {
		if !anyWildcard(names, m.name) || !wantedKind(kinds, m.kind) {
			continue
		}
		o := NewObject("Microsoft.PowerShell.Commands.MemberDefinition", "TypeName", typ, "Name", m.name, "MemberType", Enum{"System.Management.Automation.PSMemberTypes", int64(order[m.kind] + 1), m.kind}, "Definition", m.definition)
		if err := c.Write(o); err != nil {
			return err
		}
	}
	return nil
}

func wantedKind(kinds []string, kind string) bool {
	if len(kinds) == 0 {
		return true
	}
	for _, k := range kinds {
		if equalFold(k, kind) || equalFold(k, "All") || equalFold(k, "Properties") && strings.HasSuffix(kind, "Property") || equalFold(k, "Methods") && kind == "Method" {
			return true
		}
	}
	return false
}

func shortTypeAlias(full string) string {
	switch full {
	case "":
		return "object"
	case "System.String", "System.Boolean", "System.Int32", "System.Int64", "System.Double", "System.DateTime", "System.TimeSpan", "System.Object[]":
		return map[string]string{"System.String": "string", "System.Boolean": "bool", "System.Int32": "int", "System.Int64": "long", "System.Double": "double", "System.DateTime": "datetime", "System.TimeSpan": "timespan", "System.Object[]": "Object[]"}[full]
	}
	return shortType(full)
}

func newObject(c *Call) error {
	name := c.Text("TypeName")
	full, ok := resolveType(name)
	if !ok {
		return newError("System.Management.Automation.PSArgumentException", "TypeNotFound", "InvalidType", nil, "Cannot find type [%s]: verify that the assembly containing this type is loaded.", name)
	}
	if c.in.opts.Constrained && !CoreType(full) {
		return newError("System.Management.Automation.PSNotSupportedException", "CannotCreateTypeConstrainedLanguage", "PermissionDenied", nil, "Cannot create type. Only core types are supported in this language mode.")
	}
	args := asItems(c.Value("ArgumentList"))
	v, err := c.in.construct(full, args)
	if err != nil {
		return err
	}
	if h, ok := c.Value("Property").(*Hash); ok {
		o, isObject := v.(*Object)
		if !isObject {
			return unsupported("New-Object -Property for the type [" + full + "]")
		}
		for _, k := range h.keys {
			y, _ := h.Get(k)
			o.Add(Property{Name: toString(k), Value: y})
		}
	}
	return c.Write(v)
}

func addMember(c *Call) error {
	o, ok := c.Value("InputObject").(*Object)
	if !ok {
		return unsupported("Add-Member on an object of the type [" + typeName(c.Value("InputObject")) + "]")
	}
	add := func(name string, v any) error {
		if o.Property(name) != nil && !c.On("Force") {
			return c.Fail(newError("System.InvalidOperationException", "MemberAlreadyExists", "InvalidOperation", o, "Cannot add a member with the name %q because a member with that name already exists. To overwrite the member anyway, add the Force parameter to your command.", name))
		}
		o.Add(Property{Name: name, Value: v})
		return nil
	}
	kind := c.Text("MemberType")
	switch {
	case c.Has("NotePropertyName"):
		if err := add(c.Text("NotePropertyName"), c.Value("NotePropertyValue")); err != nil {
			return err
		}
	case c.Has("NotePropertyMembers"):
		h := c.Value("NotePropertyMembers").(*Hash)
		for _, k := range h.keys {
			v, _ := h.Get(k)
			if err := add(toString(k), v); err != nil {
				return err
			}
		}
	case equalFold(kind, "NoteProperty"):
		if err := add(c.Text("Name"), c.Value("Value")); err != nil {
			return err
		}
	case equalFold(kind, "ScriptProperty"):
		b, ok := c.Value("Value").(*Block)
		if !ok {
			return bindError("CannotConvertArgumentNoMessage", "Cannot bind parameter 'Value'. A script block is required.")
		}
		in := c.in
		o.Add(Property{Name: c.Text("Name"), Kind: "ScriptProperty", Get: func() any {
			sc := newScope(b.in)
			sc.set("this", o)
			out, err := in.callWith(&Block{body: b.body, in: sc, src: b.src}, nil)
			if err != nil {
				return nil
			}
			return collapse(out)
		}})
	default:
		return unsupported("Add-Member -MemberType " + kind)
	}
	if c.On("PassThru") {
		return c.Write(o)
	}
	return nil
}
