package powershell

import "sort"

var variableCmdlets = []*Cmdlet{
	{Name: "Get-Variable", Class: "Microsoft.PowerShell.Commands.GetVariableCommand", Params: []Param{{Name: "Name", Kind: KindStrings, Position: 1, Pipeline: true}, {Name: "ValueOnly", Kind: KindSwitch}, {Name: "Scope", Kind: KindString}}, Process: getVariable},
	{Name: "Set-Variable", Class: "Microsoft.PowerShell.Commands.SetVariableCommand", Params: setParams, Process: setVariable},
	{Name: "New-Variable", Class: "Microsoft.PowerShell.Commands.NewVariableCommand", Params: setParams, Process: setVariable},
	{Name: "Remove-Variable", Class: "Microsoft.PowerShell.Commands.RemoveVariableCommand", Params: []Param{{Name: "Name", Kind: KindStrings, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Force", Kind: KindSwitch}}, Process: func(c *Call) error {
		for _, name := range c.Texts("Name") {
			if readOnly[lower(name)] {
				return c.Fail(newError("System.Management.Automation.SessionStateUnauthorizedAccessException", "VariableNotRemovable", "WriteError", name, "Cannot remove variable %s because it is constant or read-only. If the variable is read-only, try the operation again specifying the Force option.", name))
			}
			if _, ok := c.in.top.get(lower(name)); !ok {
				if err := c.Fail(variableMissing(name)); err != nil {
					return err
				}
			}
			delete(c.in.top.vars, lower(name))
		}
		return nil
	}},
	{Name: "Tee-Object", Class: "Microsoft.PowerShell.Commands.TeeObjectCommand", Params: []Param{pipelineInput, {Name: "Variable", Kind: KindString, Mandatory: true}}, Process: func(c *Call) error {
		v, ok := c.input()
		if !ok {
			return nil
		}
		if err := hold(c); err != nil {
			return err
		}
		return c.Write(v)
	}, End: func(c *Call) error { return c.in.setVariable("", c.Text("Variable"), collapse(c.held())) }},
}

var setParams = []Param{{Name: "Name", Kind: KindStrings, Position: 1, Mandatory: true}, {Name: "Value", Position: 2, Pipeline: true}, {Name: "Scope", Kind: KindString}, {Name: "Force", Kind: KindSwitch}, {Name: "PassThru", Kind: KindSwitch}}

func setVariable(c *Call) error {
	scope := lower(c.Text("Scope"))
	switch scope {
	case "", "local", "global", "script", "0":
	default:
		return unsupported("The scope '" + scope + "'")
	}
	if scope == "0" {
		scope = "local"
	}
	for _, name := range c.Texts("Name") {
		if err := c.in.setVariable(scope, name, c.Value("Value")); err != nil {
			return err
		}
	}
	return nil
}

func variableMissing(name string) *ErrorRecord {
	return newError("System.Management.Automation.ItemNotFoundException", "VariableNotFound", "ObjectNotFound", name, "Cannot find a variable with the name '%s'.", name)
}

func getVariable(c *Call) error {
	patterns := c.Texts("Name")
	seen := map[string]bool{}
	var names []string
	for s := c.in.top; s != nil; s = s.parent {
		for name := range s.vars {
			if !seen[name] && anyWildcard(patterns, name) {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	for _, name := range []string{"true", "false", "null", "psversiontable", "host", "error"} {
		for _, p := range patterns {
			if Wildcard(name, p) && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	sort.Strings(names)
	for _, name := range names {
		v, err := c.in.variable("", name)
		if err != nil {
			return err
		}
		if !c.On("ValueOnly") {
			v = NewObject("System.Management.Automation.PSVariable", "Name", name, "Value", v)
		}
		if err := c.Write(v); err != nil {
			return err
		}
	}
	for _, p := range patterns {
		if !seen[lower(p)] && len(names) == 0 {
			if err := c.Fail(variableMissing(p)); err != nil {
				return err
			}
		}
	}
	return nil
}
