package powershell

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf16"
)

// Files is what a Host may be too: a disk. Paths are as the script gives them.
// Text is written as UTF-8, by > and Out-File too, where Windows PowerShell
// writes UTF-16.
type Files interface {
	ReadFile(path string) ([]byte, error)
	WriteFile(path string, data []byte, add bool) error
}

var (
	filePath    = Param{Name: "FilePath", Aliases: []string{"Path", "LiteralPath", "PSPath"}, Kind: KindString, Position: 1, Mandatory: true}
	contentPath = Param{Name: "Path", Aliases: []string{"LiteralPath", "PSPath"}, Kind: KindString, Position: 1, Mandatory: true}
	textOptions = []Param{{Name: "Encoding", Kind: KindString}, {Name: "Force", Kind: KindSwitch}, {Name: "NoClobber", Kind: KindSwitch}, {Name: "WhatIf", Kind: KindSwitch}, {Name: "Confirm", Kind: KindSwitch}}
	csvOptions  = []Param{{Name: "NoTypeInformation", Aliases: []string{"NTI"}, Kind: KindSwitch}, {Name: "Delimiter", Kind: KindString, Position: 2}}
)

var fileCmdlets = []*Cmdlet{
	{Name: "Out-File", Class: "Microsoft.PowerShell.Commands.OutFileCommand", Params: append([]Param{pipelineInput, filePath, {Name: "Append", Kind: KindSwitch}, {Name: "Width", Kind: KindInt}, {Name: "NoNewline", Kind: KindSwitch}}, textOptions...), Process: gather, End: outFile},
	{Name: "Export-Csv", Class: "Microsoft.PowerShell.Commands.ExportCsvCommand", Params: append(append([]Param{pipelineInput, contentPath, {Name: "Append", Kind: KindSwitch}}, csvOptions...), textOptions...), Process: exportCSV, End: exportEnd},
	{Name: "Import-Csv", Class: "Microsoft.PowerShell.Commands.ImportCsvCommand", Params: []Param{{Name: "Path", Aliases: []string{"LiteralPath", "PSPath"}, Kind: KindString, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Delimiter", Kind: KindString, Position: 2}, {Name: "Header", Kind: KindStrings}, {Name: "Encoding", Kind: KindString}}, Process: importCSV},
	{Name: "ConvertTo-Html", Class: "Microsoft.PowerShell.Commands.ConvertToHtmlCommand", Params: []Param{pipelineInput, {Name: "Property", Kind: KindList, Position: 1}, {Name: "Title", Kind: KindString}, {Name: "Fragment", Kind: KindSwitch}}, Process: gather, End: toHTML},
	{Name: "Get-Unique", Class: "Microsoft.PowerShell.Commands.GetUniqueCommand", Params: []Param{pipelineInput, {Name: "AsString", Kind: KindSwitch}, {Name: "OnType", Kind: KindSwitch}}, Process: func(c *Call) error {
		v, ok := c.input()
		if !ok {
			return nil
		}
		if last, ok := c.State.(string); ok && last == toString(v) {
			return nil
		}
		c.State = toString(v)
		return c.Write(v)
	}},
	{Name: "Clear-Host", Class: "Clear-Host", Process: func(*Call) error { return nil }},
	{Name: "Get-Host", Class: "Microsoft.PowerShell.Commands.GetHostCommand", Process: func(c *Call) error {
		return c.Write(NewObject("System.Management.Automation.Internal.Host.InternalHost", "Name", "ConsoleHost", "Version", c.in.version(), "CurrentCulture", "en-US", "CurrentUICulture", "en-US"))
	}},
	{Name: "Get-Culture", Class: "Microsoft.PowerShell.Commands.GetCultureCommand", Process: func(c *Call) error {
		o := NewObject("System.Globalization.CultureInfo", "LCID", 1033, "Name", "en-US", "DisplayName", "English (United States)")
		o.Text = func() string { return "en-US" }
		return c.Write(o)
	}},
}

// gather keeps what comes through the pipeline until its end.
func gather(c *Call) error {
	v, ok := c.input()
	if !ok {
		return nil
	}
	list, _ := c.State.([]any)
	c.State = append(list, asItems(v)...)
	return c.in.charge(16, nil)
}

// writeText puts a text into a file of the host's.
func (in *Interp) writeText(path, text string, add bool) error {
	disk, ok := in.opts.Host.(Files)
	if !ok {
		return newError("System.Management.Automation.DriveNotFoundException", "DriveNotFound", "ObjectNotFound", path, "Cannot find a drive for the path '%s'.", path)
	}
	if err := disk.WriteFile(path, []byte(text), add); err != nil {
		return newError("System.IO.IOException", "FileOpenFailure", "OpenError", path, "%v", err)
	}
	return nil
}

// shown is a list as Out-Default would print it.
func (in *Interp) shown(list []any, width int) (string, error) {
	var b strings.Builder
	w := in.NewWriter(width, func(line string) error {
		b.WriteString(line + "\r\n")
		return in.charge(len(line), nil)
	})
	for _, v := range list {
		if err := w.Write(v); err != nil {
			return "", err
		}
	}
	err := w.Close()
	return b.String(), err
}

func (c *Call) target() (path string, ok bool, err error) {
	path = c.Text("FilePath") + c.Text("Path")
	ok, err = c.Proceed(c.Name(), path)
	return path, ok, err
}

func outFile(c *Call) error {
	path, ok, err := c.target()
	if err != nil || !ok {
		return err
	}
	list, _ := c.State.([]any)
	text, err := c.in.shown(list, c.Int("Width", 0))
	if err != nil {
		return err
	}
	if c.On("NoNewline") {
		text = strings.ReplaceAll(text, "\r\n", "")
	}
	return c.in.writeText(path, text, c.On("Append"))
}

// exportCSV collects the lines ConvertTo-Csv makes.
func exportCSV(c *Call) error {
	into, _ := c.State.(*csvFile)
	if into == nil {
		into = &csvFile{}
		c.State = into
	}
	emit, state := c.emit, c.State
	c.emit, c.State = func(v any) error { into.lines = append(into.lines, toString(v)); return nil }, into.state
	err := toCSV(c)
	into.state, _ = c.State.(*csvState)
	c.emit, c.State = emit, state
	return err
}

type csvFile struct {
	state *csvState
	lines []string
}

func exportEnd(c *Call) error {
	path, ok, err := c.target()
	if err != nil || !ok {
		return err
	}
	into, _ := c.State.(*csvFile)
	if into == nil {
		into = &csvFile{}
	}
	lines, add := into.lines, c.On("Append")
	if disk, ok := c.in.opts.Host.(Files); ok && add {
		if have, err := disk.ReadFile(path); err == nil && len(have) > 0 { // no second header
			if len(lines) > 0 && strings.HasPrefix(lines[0], "#TYPE ") {
				lines = lines[1:]
			}
			lines = lines[min(1, len(lines)):]
		}
	}
	return c.in.writeText(path, strings.Join(append(lines, ""), "\r\n"), add)
}

func importCSV(c *Call) error {
	path := c.Text("Path")
	disk, ok := c.in.opts.Host.(Files)
	var data []byte
	if ok {
		var err error
		data, err = disk.ReadFile(path)
		ok = err == nil
	}
	if !ok {
		return newError("System.IO.FileNotFoundException", "FileOpenFailure", "OpenError", path, "Could not find file '%s'.", path)
	}
	lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(FileText(data), "\r\n", "\n"), "\n"), "\n")
	if len(lines) > 0 && strings.HasPrefix(lines[0], "#TYPE ") {
		lines = lines[1:]
	}
	var list []any
	for _, l := range lines {
		list = append(list, l)
	}
	from := builtins["convertfrom-csv"]
	c.bound["inputobject"] = list
	if from.Process != nil {
		if err := from.Process(c); err != nil {
			return err
		}
	}
	if from.End != nil {
		return from.End(c)
	}
	return nil
}

// FileText is the text of a file: UTF-8, or UTF-16 with its mark in front.
func FileText(data []byte) string {
	if len(data) >= 2 && data[0] == 0xff && data[1] == 0xfe {
		units := make([]uint16, (len(data)-2)/2)
		for i := range units {
			units[i] = uint16(data[2+2*i]) | uint16(data[3+2*i])<<8
		}
		return string(utf16.Decode(units))
	}
	return strings.TrimPrefix(string(data), "\ufeff")
}

// toHTML writes the table of ConvertTo-Html.
func toHTML(c *Call) error {
	list, _ := c.State.([]any)
	var names []string
	for _, v := range asItems(c.Value("Property")) {
		names = append(names, toString(v))
	}
	if names == nil && len(list) > 0 {
		for _, p := range c.in.properties(list[0]) {
			names = append(names, p.Name)
		}
	}
	title := c.Text("Title")
	if title == "" {
		title = "HTML TABLE"
	}
	var lines []string
	if !c.On("Fragment") {
		lines = append(lines, `<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"  "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">`, `<html xmlns="http://www.w3.org/1999/xhtml">`, "<head>", "<title>"+html.EscapeString(title)+"</title>", "</head><body>")
	}
	lines = append(lines, "<table>", "<colgroup>"+strings.Repeat("<col/>", len(names))+"</colgroup>")
	head := ""
	for _, n := range names {
		head += "<th>" + html.EscapeString(n) + "</th>"
	}
	lines = append(lines, "<tr>"+head+"</tr>")
	for _, v := range list {
		row := ""
		for _, n := range names {
			y, _, err := c.in.property(v, n)
			if err != nil {
				return err
			}
			row += "<td>" + html.EscapeString(fmt.Sprint(toString(y))) + "</td>"
		}
		lines = append(lines, "<tr>"+row+"</tr>")
	}
	lines = append(lines, "</table>")
	if !c.On("Fragment") {
		lines = append(lines, "</body></html>")
	}
	for _, l := range lines {
		if err := c.Write(l); err != nil {
			return err
		}
	}
	return nil
}
