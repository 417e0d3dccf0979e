package powershell

import (
	"sort"
	"strings"
)

// anyWildcard says whether s matches one of the patterns; no patterns match all.
func anyWildcard(patterns []string, s string) bool {
	for _, p := range patterns {
		if Wildcard(s, p) {
			return true
		}
	}
	return len(patterns) == 0
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
