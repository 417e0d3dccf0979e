package powershell

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"strings"
	"time"
)

var utilityCmdlets = []*Cmdlet{
	{Name: "Get-Date", Class: "Microsoft.PowerShell.Commands.GetDateCommand", Params: []Param{
		{Name: "Date", Aliases: []string{"LastWriteTime"}, Kind: KindDate, Position: 1, Pipeline: true}, {Name: "Format", Kind: KindString}, {Name: "UFormat", Kind: KindString}, {Name: "DisplayHint", Kind: KindString},
		{Name: "Year", Kind: KindInt}, {Name: "Month", Kind: KindInt}, {Name: "Day", Kind: KindInt}, {Name: "Hour", Kind: KindInt}, {Name: "Minute", Kind: KindInt}, {Name: "Second", Kind: KindInt}, {Name: "Millisecond", Kind: KindInt},
	}, Process: getDate},
	{Name: "Start-Sleep", Class: "Microsoft.PowerShell.Commands.StartSleepCommand", Params: []Param{{Name: "Seconds", Kind: KindInt, Position: 1, Pipeline: true}, {Name: "Milliseconds", Aliases: []string{"m"}, Kind: KindInt}}, Process: func(c *Call) error {
		if !c.Has("Seconds") && !c.Has("Milliseconds") {
			return bindError("MissingMandatoryParameter", "Cannot process command because of one or more missing mandatory parameters: Seconds.")
		}
		return c.Wait(time.Duration(c.Int("Seconds", 0))*time.Second + time.Duration(c.Int("Milliseconds", 0))*time.Millisecond)
	}},
	{Name: "New-TimeSpan", Class: "Microsoft.PowerShell.Commands.NewTimeSpanCommand", Params: []Param{{Name: "Start", Kind: KindDate, Position: 1, Pipeline: true}, {Name: "End", Kind: KindDate, Position: 2}, {Name: "Days", Kind: KindInt}, {Name: "Hours", Kind: KindInt}, {Name: "Minutes", Kind: KindInt}, {Name: "Seconds", Kind: KindInt}}, Process: newTimeSpan},
	{Name: "Get-Member", Class: "Microsoft.PowerShell.Commands.GetMemberCommand", Params: []Param{pipelineInput, {Name: "Name", Kind: KindStrings, Position: 1}, {Name: "MemberType", Aliases: []string{"Type"}, Kind: KindStrings}, {Name: "Force", Kind: KindSwitch}}, Begin: func(c *Call) error { c.State = map[string]bool{}; return nil }, Process: getMember},
	{Name: "Get-Command", Class: "Microsoft.PowerShell.Commands.GetCommandCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{{Name: "Name", Kind: KindStrings, Position: 1, Pipeline: true}, {Name: "Module", Kind: KindStrings}, {Name: "Verb", Kind: KindStrings}, {Name: "Noun", Kind: KindStrings}, {Name: "CommandType", Aliases: []string{"Type"}, Kind: KindStrings}}, Process: getCommand},
	{Name: "Get-Alias", Class: "Microsoft.PowerShell.Commands.GetAliasCommand", Params: []Param{{Name: "Name", Kind: KindStrings, Position: 1, Pipeline: true}}, Process: getAlias},
	{Name: "New-Object", Class: "Microsoft.PowerShell.Commands.NewObjectCommand", Params: []Param{{Name: "TypeName", Kind: KindString, Position: 1, Mandatory: true}, {Name: "ArgumentList", Aliases: []string{"Args"}, Kind: KindList, Position: 2}, {Name: "Property", Kind: KindHash}}, Process: newObject},
	{Name: "Add-Member", Class: "Microsoft.PowerShell.Commands.AddMemberCommand", Params: []Param{{Name: "InputObject", Pipeline: true, Mandatory: true}, {Name: "MemberType", Aliases: []string{"Type"}, Kind: KindString, Position: 1}, {Name: "Name", Kind: KindString, Position: 2}, {Name: "Value", Position: 3}, {Name: "NotePropertyName", Kind: KindString}, {Name: "NotePropertyValue"}, {Name: "NotePropertyMembers", Kind: KindHash}, {Name: "PassThru", Kind: KindSwitch}, {Name: "Force", Kind: KindSwitch}}, Process: addMember},
	{Name: "Get-Random", Class: "Microsoft.PowerShell.Commands.GetRandomCommand", Params: []Param{{Name: "Maximum", Position: 1}, {Name: "Minimum"}, {Name: "InputObject", Kind: KindList, Pipeline: true}, {Name: "Count", Kind: KindInt}}, Process: randomHold, End: getRandom},
	{Name: "New-Guid", Class: "New-Guid", Process: func(c *Call) error { return c.Write(newRandomGuid()) }},
	{Name: "Invoke-Expression", Class: "Microsoft.PowerShell.Commands.InvokeExpressionCommand", Params: []Param{{Name: "Command", Kind: KindString, Position: 1, Pipeline: true, Mandatory: true}}, Process: func(c *Call) error {
		v, err := c.in.createBlock(c.Text("Command"))
		if err != nil {
			return err
		}
		b := v.(*Block)
		st := &blockStage{in: c.in, block: b, sc: c.in.top, emit: c.Write}
		return st.run(nil)
	}},
	{Name: "Invoke-Command", Class: "Microsoft.PowerShell.Commands.InvokeCommandCommand", Module: "Microsoft.PowerShell.Core", Params: []Param{{Name: "ScriptBlock", Aliases: []string{"Command"}, Kind: KindBlock, Position: 1, Mandatory: true}, {Name: "ComputerName", Aliases: []string{"Cn"}, Kind: KindStrings}, {Name: "ArgumentList", Aliases: []string{"Args"}, Kind: KindList}, {Name: "NoNewScope", Kind: KindSwitch}}, Process: func(c *Call) error {
		if c.Has("ComputerName") {
			return unsupported("The parameter -ComputerName of Invoke-Command")
		}
		b := c.Block("ScriptBlock")
		st := &blockStage{in: c.in, block: b, sc: newScope(b.in), emit: c.Write}
		if err := st.bindValues(NewHash(), asItems(c.Value("ArgumentList"))); err != nil {
			return err
		}
		return st.run(nil)
	}},
	{Name: "Measure-Command", Class: "Microsoft.PowerShell.Commands.MeasureCommandCommand", Params: []Param{{Name: "Expression", Kind: KindBlock, Position: 1, Mandatory: true}}, Process: func(c *Call) error {
		start := c.in.opts.Now()
		if err := c.in.runWith(c.Block("Expression"), nil, discard); err != nil {
			return err
		}
		return c.Write(c.in.opts.Now().Sub(start))
	}},
	{Name: "Join-Path", Class: "Microsoft.PowerShell.Commands.JoinPathCommand", Module: "Microsoft.PowerShell.Management", Params: []Param{{Name: "Path", Aliases: []string{"PSPath"}, Kind: KindStrings, Position: 1, Pipeline: true, Mandatory: true}, {Name: "ChildPath", Kind: KindString, Position: 2, Mandatory: true}}, Process: func(c *Call) error {
		for _, p := range c.Texts("Path") {
			if err := c.Write(strings.TrimRight(p, `\/`) + `\` + strings.TrimLeft(c.Text("ChildPath"), `\/`)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "Split-Path", Class: "Microsoft.PowerShell.Commands.SplitPathCommand", Module: "Microsoft.PowerShell.Management", Params: []Param{{Name: "Path", Kind: KindStrings, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Leaf", Kind: KindSwitch}, {Name: "Parent", Kind: KindSwitch}, {Name: "Qualifier", Kind: KindSwitch}}, Process: splitPath},
}

func getDate(c *Call) error {
	t := c.in.now()
	if d, ok := c.Value("Date").(time.Time); ok {
		t = d
	}
	part := func(name string, now int) int { return c.Int(name, now) }
	if c.Has("Year") || c.Has("Month") || c.Has("Day") || c.Has("Hour") || c.Has("Minute") || c.Has("Second") || c.Has("Millisecond") {
		ms := t.Nanosecond()
		if c.Has("Millisecond") {
			ms = part("Millisecond", 0) * 1e6
		}
		t = time.Date(part("Year", t.Year()), time.Month(part("Month", int(t.Month()))), part("Day", t.Day()), part("Hour", t.Hour()), part("Minute", t.Minute()), part("Second", t.Second()), ms, t.Location())
	}
	switch {
	case c.Has("Format"):
		switch f := c.Text("Format"); strings.ToLower(f) {
		case "filedate":
			return c.Write(formatDate(t, "yyyyMMdd"))
		case "filedatetime":
			return c.Write(formatDate(t, "yyyyMMddTHHmmssffff"))
		case "filedateuniversal":
			return c.Write(formatDate(t.UTC(), "yyyyMMdd\\Z"))
		case "filedatetimeuniversal":
			return c.Write(formatDate(t.UTC(), "yyyyMMddTHHmmssffff\\Z"))
		default:
			return c.Write(formatDate(t, f))
		}
	case c.Has("UFormat"):
		s, err := unixFormat(t, c.Text("UFormat"))
		if err != nil {
			return err
		}
		return c.Write(s)
	}
	return c.Write(t)
}

var unixLetters = map[byte]string{'Y': "yyyy", 'y': "yy", 'm': "MM", 'd': "dd", 'H': "HH", 'I': "hh", 'M': "mm", 'S': "ss", 'p': "tt", 'A': "dddd", 'a': "ddd", 'B': "MMMM", 'b': "MMM", 'h': "MMM", 'R': "HH:mm", 'T': "HH:mm:ss", 'D': "MM/dd/yy", 'x': "MM/dd/yy", 'F': "yyyy-MM-dd", 'Z': "zz", 'r': "hh:mm:ss tt", 'c': "ddd dd MMM yyyy HH:mm:ss", 'e': "%d"}

func unixFormat(t time.Time, f string) (string, error) {
	var b strings.Builder
	f = strings.TrimPrefix(f, "+")
	for i := 0; i < len(f); i++ {
		if f[i] != '%' || i+1 == len(f) {
			b.WriteByte(f[i])
			continue
		}
		i++
		switch l := f[i]; l {
		case '%':
			b.WriteByte('%')
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 's': // 5.1 counts local seconds, with a fraction
			b.WriteString(doubleText(float64(wall(t).UnixMicro()) / 1e6))
		case 'j':
			fmt.Fprintf(&b, "%03d", t.YearDay())
		case 'u':
			b.WriteString(toString((int(t.Weekday())+6)%7 + 1))
		default:
			letters, ok := unixLetters[l]
			if !ok {
				return "", unsupported("%" + string(l) + " in -UFormat")
			}
			b.WriteString(formatDate(t, letters))
		}
	}
	return b.String(), nil
}

func newTimeSpan(c *Call) error {
	if c.Has("Start") || c.Has("End") {
		start, end := c.in.now(), c.in.now()
		if t, ok := c.Value("Start").(time.Time); ok {
			start = t
		}
		if t, ok := c.Value("End").(time.Time); ok {
			end = t
		}
		return c.Write(wall(end).Sub(wall(start)))
	}
	return c.Write(time.Duration(c.Int("Days", 0)%100000)*24*time.Hour + time.Duration(c.Int("Hours", 0)%2400000)*time.Hour + time.Duration(c.Int("Minutes", 0))*time.Minute + time.Duration(c.Int("Seconds", 0))*time.Second)
}

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

// anyWildcard says whether s matches one of the patterns; no patterns match all.
func anyWildcard(patterns []string, s string) bool {
	for _, p := range patterns {
		if Wildcard(s, p) {
			return true
		}
	}
	return len(patterns) == 0
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

func (in *Interp) commandNames() []string {
	var names []string
	for _, c := range builtins {
		names = append(names, c.Name)
	}
	if in.opts.Host != nil {
		names = append(names, in.opts.Host.Commands()...)
	}
	sort.Slice(names, func(a, b int) bool { return lower(names[a]) < lower(names[b]) })
	return names
}

// CommandNames lists every command a script can call, sorted: what a console
// completes from.
func (in *Interp) CommandNames() []string { return in.commandNames() }

func getCommand(c *Call) error {
	patterns := c.Texts("Name")
	found := map[string]bool{}
	write := func(kind, name, source string) error {
		verb, noun, _ := strings.Cut(name, "-")
		types := c.Texts("CommandType")
		if found[lower(name)] || !anyWildcard(c.Texts("Module"), source) || !anyWildcard(c.Texts("Verb"), verb) || !anyWildcard(c.Texts("Noun"), noun) || len(types) > 0 && !oneOf(types, kind) && !oneOf(types, "All") {
			return nil
		}
		found[lower(name)] = true
		version := any(nil)
		if kind == "Cmdlet" || kind == "Function" && source != "" {
			version = Version{3, 1, 0, 0}
			if !strings.HasPrefix(source, "Microsoft.PowerShell") {
				version = Version{2, 0, 0, 0}
			}
		}
		o := NewObject("System.Management.Automation.CmdletInfo", "CommandType", Enum{"System.Management.Automation.CommandTypes", 8, kind}, "Name", name, "Version", version, "Source", source, "ModuleName", source)
		o.Text = func() string { return name }
		return c.Write(o)
	}
	wanted := func(name string) bool { return anyWildcard(patterns, name) }
	for s := c.in.top; s != nil; s = s.parent {
		for name := range s.funcs {
			if wanted(name) {
				if err := write("Function", name, ""); err != nil {
					return err
				}
			}
		}
	}
	for _, name := range c.in.commandNames() {
		if !wanted(name) {
			continue
		}
		cmd := c.in.cmdlet(name)
		if cmd == nil {
			continue
		}
		kind, shown := "Cmdlet", cmd.Name
		if cmd.Application {
			kind, shown = "Application", cmd.Name+".exe"
		}
		if err := write(kind, shown, cmd.Module); err != nil {
			return err
		}
	}
	for _, p := range patterns {
		if cmd := c.in.cmdlet(p); cmd != nil && !found[lower(cmd.Name)] && !found[lower(cmd.Name)+".exe"] {
			kind, shown := "Alias", p+" -> "+cmd.Name
			if cmd.Application {
				kind, shown = "Application", cmd.Name+".exe"
			}
			if err := write(kind, shown, ""); err != nil {
				return err
			}
			continue
		}
		if !strings.ContainsAny(p, "*?[") && c.in.cmdlet(p) == nil && c.in.top.function(lower(p)) == nil {
			rec := commandMissing(p)
			rec.Blame, rec.Activity = "Get-Command", "Get-Command"
			rec.ID += ",Microsoft.PowerShell.Commands.GetCommandCommand"
			if err := c.Fail(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func getAlias(c *Call) error {
	var names []string
	for name := range builtinAliases {
		if anyWildcard(c.Texts("Name"), name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		target := builtins[builtinAliases[name]].Name
		o := NewObject("System.Management.Automation.CmdletInfo", "CommandType", Enum{"System.Management.Automation.CommandTypes", 1, "Alias"}, "Name", name+" -> "+target, "Version", nil, "Source", "", "Definition", target)
		if err := c.Write(o); err != nil {
			return err
		}
	}
	return nil
}

func newObject(c *Call) error {
	name := c.Text("TypeName")
	full, ok := resolveType(name)
	if !ok {
		return newError("System.Management.Automation.PSArgumentException", "TypeNotFound", "InvalidType", nil, "Cannot find type [%s]: verify that the assembly containing this type is loaded.", name)
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

func randomHold(c *Call) error {
	list, _ := c.State.([]any)
	c.State = append(list, asItems(c.Value("InputObject"))...)
	return nil
}

func getRandom(c *Call) error {
	if list := c.held(); len(list) > 0 {
		list = append([]any{}, list...)
		rand.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
		return c.WriteAll(list[:min(max(c.Int("Count", 1), 0), len(list))])
	}
	low, high := number{}, number{i: math.MaxInt32}
	for name, n := range map[string]*number{"Minimum": &low, "Maximum": &high} {
		if c.Has(name) {
			x, err := c.in.numeric(c.Value(name))
			if err != nil {
				return err
			}
			*n = x
		}
	}
	if low.float64() >= high.float64() {
		return newError("System.Management.Automation.PSArgumentException", "MinGreaterThanOrEqualMax", "InvalidArgument", nil, "The Minimum value (%s) cannot be greater than or equal to the Maximum value (%s).", toString(low.value()), toString(high.value()))
	}
	if low.float || high.float {
		return c.Write(low.float64() + rand.Float64()*(high.float64()-low.float64()))
	}
	return c.Write(number{i: low.i + int64(rand.Uint64N(uint64(high.i-low.i))), long: low.long || high.long}.value())
}

func splitPath(c *Call) error {
	for _, p := range c.Texts("Path") {
		trimmed := strings.TrimRight(p, `\/`)
		i := strings.LastIndexAny(trimmed, `\/`)
		out := trimmed[:max(i, 0)]
		switch {
		case c.On("Leaf"):
			out = trimmed[i+1:]
		case c.On("Qualifier"):
			out, _, _ = strings.Cut(p, `\`)
		case strings.HasSuffix(out, ":"):
			out += `\`
		}
		if err := c.Write(out); err != nil {
			return err
		}
	}
	return nil
}
