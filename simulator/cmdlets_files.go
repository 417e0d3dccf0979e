package simulator

import (
	"strings"

	"looksalive/simulator/powershell"
)

// fileCmdlets read drive C: of the node, and Test-Path variables too.
func (s *console) fileCmdlets() []*powershell.Cmdlet {
	path := powershell.Param{Name: "Path", Aliases: []string{"LiteralPath", "PSPath", "FullName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}
	required := path
	required.Mandatory = true
	return append(s.writingCmdlets(), []*powershell.Cmdlet{
		{Name: "Test-Path", Class: commandsClass + "TestPathCommand", Module: managementModule, Params: []powershell.Param{required, {Name: "PathType", Kind: powershell.KindString, Values: []string{"Any", "Container", "Leaf"}}}, Process: s.testPath},
		{Name: "Get-Content", Class: commandsClass + "GetContentCommand", Module: managementModule, Params: []powershell.Param{required, {Name: "Raw", Kind: powershell.KindSwitch}, {Name: "TotalCount", Aliases: []string{"First", "Head"}, Kind: powershell.KindInt}, {Name: "Tail", Aliases: []string{"Last"}, Kind: powershell.KindInt}}, Process: s.getContent},
		{Name: "Get-ChildItem", Class: commandsClass + "GetChildItemCommand", Module: managementModule, Params: []powershell.Param{path, {Name: "Filter", Kind: powershell.KindString, Position: 2}, {Name: "Name", Kind: powershell.KindSwitch}, {Name: "File", Kind: powershell.KindSwitch}, {Name: "Directory", Kind: powershell.KindSwitch}, {Name: "Force", Kind: powershell.KindSwitch}, {Name: "Recurse", Kind: powershell.KindSwitch}}, Process: s.getChildren},
	}...)
}

var fileView = &powershell.View{
	Table: []powershell.Column{{Label: "Mode", Width: 7}, {Label: "LastWriteTime", Width: 25, Right: true}, {Label: "Length", Width: 14, Right: true}, {Label: "Name"}},
	Group: func(v any) string { return "Directory: " + v.(*powershell.Object).Get("DirectoryName").(string) },
}

func (s *console) fullPath(word string) (string, error) { return fullPath(s.here(), word) }

func pathMissing(path string) *powershell.ErrorRecord {
	return powershell.NewError("System.Management.Automation.ItemNotFoundException", "PathNotFound", "ObjectNotFound", path, "Cannot find path '"+path+"' because it does not exist.")
}

func (s *console) testPath(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		drive, name, _ := strings.Cut(word, ":")
		there := false
		switch strings.ToLower(drive) {
		case "variable":
			name = strings.TrimPrefix(strings.ToLower(strings.TrimLeft(name, `\/`)), "global:")
			there = call.Interp().Defined(name)
		case "env":
			_, there = s.Environment(strings.ToLower(strings.TrimLeft(name, `\/`)))
		case "cert":
			there = strings.EqualFold(strings.Trim(name, `\`), `LocalMachine\My`)
		default:
			if in, known := s.inRegistry(word); known {
				there = in
				break
			}
			path, err := s.fullPath(word)
			if err != nil {
				break
			}
			info, err := s.h.files().Stat(path)
			kind := strings.ToLower(call.Text("PathType"))
			there = err == nil && (kind != "container" || info.Folder) && (kind != "leaf" || !info.Folder)
		}
		if err := call.Write(there); err != nil {
			return err
		}
	}
	return nil
}

func (s *console) getContent(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		path, err := s.fullPath(word)
		var data []byte
		if err == nil {
			data, err = s.h.files().Read(path)
		}
		if err != nil {
			if err := call.Fail(pathMissing(word)); err != nil {
				return err
			}
			continue
		}
		text := powershell.FileText(data)
		if call.On("Raw") {
			if err := call.Write(text); err != nil {
				return err
			}
			continue
		}
		lines := strings.Split(strings.TrimSuffix(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
		if call.Has("TotalCount") {
			lines = lines[:min(max(call.Int("TotalCount", 0), 0), len(lines))]
		}
		if call.Has("Tail") {
			lines = lines[max(len(lines)-max(call.Int("Tail", 0), 0), 0):]
		}
		for _, l := range lines {
			if err := call.Write(l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *console) getChildren(call *powershell.Call) error {
	words := call.Texts("Path")
	if words == nil {
		words = []string{"."}
	}
	for _, word := range words {
		known, err := s.certificates(call, word)
		if err == nil && !known {
			known, err = s.subkeys(call, word)
		}
		if err == nil && !known {
			known, err = s.listeners(call, word)
		}
		if err != nil {
			return err
		}
		if known {
			continue
		}
		pattern := call.Text("Filter")
		folder := word
		if i := strings.LastIndexAny(word, `\/`); strings.ContainsAny(word, "*?") {
			folder, pattern = word[:max(i, 0)], word[i+1:]
			if folder == "" {
				folder = "."
			}
		}
		path, err := s.fullPath(folder)
		var list []FileInfo
		if err == nil {
			list, err = s.h.files().List(path)
		}
		if err != nil {
			if err := call.Fail(pathMissing(word)); err != nil {
				return err
			}
			continue
		}
		for _, f := range list {
			if pattern != "" && !powershell.Wildcard(f.Name(), pattern) || call.On("File") && f.Folder || call.On("Directory") && !f.Folder {
				continue
			}
			if err := call.Write(fileObject(f, call.On("Name"))); err != nil {
				return err
			}
		}
	}
	return nil
}

func fileObject(f FileInfo, nameOnly bool) any {
	if nameOnly {
		return f.Name()
	}
	typ, mode, length := "System.IO.FileInfo", "-a----", any(int64(f.Size))
	if f.Folder {
		typ, mode, length = "System.IO.DirectoryInfo", "d-----", nil
	}
	o := powershell.NewObject(typ, "Mode", mode, "LastWriteTime", f.Modified, "Length", length, "Name", f.Name(), "FullName", f.Path, "DirectoryName", parent(f.Path), "Extension", extension(f.Name()), "PSIsContainer", f.Folder)
	o.Types = []string{typ, "System.IO.FileSystemInfo", "System.Object"}
	if f.Folder {
		o.Property("Length").Value = ""
	}
	name := f.Name()
	o.Text = func() string { return name }
	return o
}

func extension(name string) string {
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		return name[i:]
	}
	return ""
}
