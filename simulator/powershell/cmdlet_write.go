package powershell

import (
	"strings"
	"time"
)

var writeCmdlets = []*Cmdlet{
	{Name: "Write-Output", Class: "Microsoft.PowerShell.Commands.WriteOutputCommand", Params: []Param{{Name: "InputObject", Pipeline: true, Rest: true, Mandatory: true}, {Name: "NoEnumerate", Kind: KindSwitch}}, Process: func(c *Call) error {
		v := c.Value("InputObject")
		if c.On("NoEnumerate") {
			return c.Write(v)
		}
		if list, ok := items(v); ok {
			return c.WriteAll(list)
		}
		return c.Write(v)
	}},
	{Name: "Write-Host", Class: "Microsoft.PowerShell.Commands.WriteHostCommand", Params: []Param{{Name: "Object", Pipeline: true, Rest: true}, {Name: "NoNewline", Kind: KindSwitch}, {Name: "Separator"},
		{Name: "ForegroundColor", Kind: KindString, Values: colours}, {Name: "BackgroundColor", Kind: KindString, Values: colours}}, Process: func(c *Call) error {
		separator := " "
		if c.Has("Separator") {
			separator = c.Text("Separator")
		}
		text := toText(c.Value("Object"), separator, 8)
		if h, ok := c.Value("Object").(*Hash); ok {
			text = toString(h)
		}
		if t, ok := c.Value("Object").(time.Time); ok {
			text = display(t)
		}
		if !c.On("NoNewline") {
			text += "\r\n"
		}
		return c.in.host(text)
	}},
	{Name: "Write-Error", Class: "", Params: []Param{{Name: "Message", Aliases: []string{"Msg"}, Kind: KindString, Position: 1, Pipeline: true}, {Name: "Exception"}, {Name: "ErrorRecord"}, {Name: "ErrorId", Kind: KindString}, {Name: "Category", Kind: KindString}, {Name: "TargetObject"}, {Name: "RecommendedAction", Kind: KindString}}, Process: writeError},
	{Name: "Write-Warning", Class: "Microsoft.PowerShell.Commands.WriteWarningCommand", Params: messageParam, Process: func(c *Call) error { return c.Warn(c.Text("Message")) }},
	{Name: "Write-Verbose", Class: "Microsoft.PowerShell.Commands.WriteVerboseCommand", Params: messageParam, Process: func(c *Call) error { return c.Verbose(c.Text("Message")) }},
	{Name: "Write-Debug", Class: "Microsoft.PowerShell.Commands.WriteDebugCommand", Params: messageParam, Process: func(c *Call) error {
		if !c.On("Debug") && c.in.preference("debugpreference") != "continue" {
			return nil
		}
		return c.in.say(c.in.out.Debug, c.Text("Message"))
	}},
	{Name: "Write-Information", Class: "Microsoft.PowerShell.Commands.WriteInformationCommand", Params: []Param{{Name: "MessageData", Aliases: []string{"Message"}, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Tags", Kind: KindStrings, Position: 2}}, Process: func(c *Call) error {
		action := lower(c.Text("InformationAction"))
		if action == "" {
			action = c.in.preference("informationpreference")
		}
		if action != "continue" {
			return nil
		}
		return c.in.say(c.in.out.Information, c.Text("MessageData"))
	}},
	{Name: "Write-Progress", Class: "Microsoft.PowerShell.Commands.WriteProgressCommand", Params: []Param{{Name: "Activity", Kind: KindString, Position: 1, Mandatory: true}, {Name: "Status", Kind: KindString, Position: 2}, {Name: "Id", Kind: KindInt, Position: 3}, {Name: "PercentComplete", Kind: KindInt}, {Name: "SecondsRemaining", Kind: KindInt}, {Name: "CurrentOperation", Kind: KindString}, {Name: "ParentId", Kind: KindInt}, {Name: "Completed", Kind: KindSwitch}, {Name: "SourceId", Kind: KindInt}}, Process: func(c *Call) error {
		if c.in.out.Progress == nil || c.in.preference("progresspreference") != "continue" {
			return nil
		}
		return c.in.hosted(c.in.out.Progress(Progress{c.Text("Activity"), c.Text("Status"), c.Int("PercentComplete", -1), c.On("Completed")}))
	}},
}

var colours = []string{"Black", "DarkBlue", "DarkGreen", "DarkCyan", "DarkRed", "DarkMagenta", "DarkYellow", "Gray", "DarkGray", "Blue", "Green", "Cyan", "Red", "Magenta", "Yellow", "White"}

var messageParam = []Param{{Name: "Message", Aliases: []string{"Msg"}, Kind: KindString, Position: 1, Pipeline: true, Mandatory: true}}

// writeError writes in the name of who called it: the function, or the script.
func writeError(c *Call) error {
	if rec, ok := c.Value("ErrorRecord").(*ErrorRecord); ok {
		return c.Fail(rec)
	}
	message := c.Text("Message")
	rec := newError("Microsoft.PowerShell.Commands.WriteErrorException", "Microsoft.PowerShell.Commands.WriteErrorException", "NotSpecified", c.Value("TargetObject"), "%s", message)
	if x, ok := c.Value("Exception").(*Object); ok {
		rec.Exception = Exception{Type: x.TypeName(), Message: toString(x.Get("Message")), HResult: hresultException}
		rec.ID = x.TypeName()
		if message != "" {
			rec.Details = message
		}
	}
	if id := c.Text("ErrorId"); id != "" {
		rec.ID = id
	}
	if category := c.Text("Category"); category != "" {
		rec.Category = category
	}
	rec.Activity = "Write-Error"
	if len(c.in.callers) > 0 {
		caller := c.in.callers[len(c.in.callers)-1]
		rec.Blame = caller.name
		caller.src.place(rec, caller.at)
		if rec.Category == "NotSpecified" && rec.ID == rec.Exception.Type {
			rec.ID += "," + caller.name
		}
	} else {
		rec.Blame = strings.TrimSpace(c.in.src.text)
		rec.Line = -1 // errors of the script itself have no position
	}
	return c.Fail(rec)
}

// caller is a function that is running, where it was called.
type caller struct {
	name string
	at   span
	src  *source
}
