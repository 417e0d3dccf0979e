package powershell

import (
	"math"
	"math/rand/v2"
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
			return c.noHop()
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

// noHop is why a session over the network cannot go on to another computer: the
// sign-in is not passed on (the double hop).
func (c *Call) noHop() error {
	for _, name := range c.Texts("ComputerName") {
		rec := newError("System.Management.Automation.Remoting.PSRemotingTransportException", "1312,PSSessionStateBroken", "OpenError", name, "[%s] Connecting to remote server %[1]s failed with the following error message : WinRM cannot process the request. The following error with errorcode 0x8009030e occurred while using Kerberos authentication: A specified logon session does not exist. It may already have been terminated. For more information, see the about_Remote_Troubleshooting Help topic.", name)
		if err := c.Fail(rec); err != nil {
			return err
		}
	}
	return nil
}
