package simulator

import (
	"errors"
	"io/fs"
	"strings"

	"looksalive/simulator/powershell"
)

// writingCmdlets change drive C: of the node.
func (s *console) writingCmdlets() []*powershell.Cmdlet {
	path := powershell.Param{Name: "Path", Aliases: []string{"LiteralPath", "PSPath", "FullName"}, Kind: powershell.KindStrings, Position: 1, Mandatory: true}
	content := []powershell.Param{path, {Name: "Value", Position: 2, Pipeline: true, Mandatory: true}, {Name: "Encoding", Kind: powershell.KindString}, {Name: "Force", Kind: powershell.KindSwitch}, {Name: "NoNewline", Kind: powershell.KindSwitch}}
	piped := path
	piped.Pipeline, piped.ByName = true, true
	return []*powershell.Cmdlet{
		{Name: "Set-Content", Class: commandsClass + "SetContentCommand", Module: managementModule, Params: content, Begin: s.emptyContent, Process: s.addContent},
		{Name: "Add-Content", Class: commandsClass + "AddContentCommand", Module: managementModule, Params: content, Process: s.addContent},
		{Name: "Remove-Item", Class: commandsClass + "RemoveItemCommand", Module: managementModule, Params: []powershell.Param{piped, {Name: "Recurse", Kind: powershell.KindSwitch}, {Name: "Force", Kind: powershell.KindSwitch}, {Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindBool}}, Process: s.removeItem},
	}
}

// emptyContent makes the file or empties it, before the first value.
func (s *console) emptyContent(call *powershell.Call) error { return s.append(call, nil, false) }

// addContent writes each value on a line of its own.
func (s *console) addContent(call *powershell.Call) error {
	var b strings.Builder
	for _, line := range call.Texts("Value") {
		b.WriteString(line)
		if !call.On("NoNewline") {
			b.WriteString("\r\n")
		}
	}
	return s.append(call, []byte(b.String()), true)
}

func (s *console) append(call *powershell.Call, data []byte, add bool) error {
	for _, word := range call.Texts("Path") {
		path, err := s.fullPath(word)
		if err == nil {
			err = s.h.files().Write(path, data, add)
		}
		if err != nil {
			rec := powershell.NewError("System.IO.IOException", "GetContentWriterIOError", "WriteError", word, err.Error())
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotFolder) {
				rec = powershell.NewError("System.IO.DirectoryNotFoundException", "GetContentWriterDirectoryNotFoundError", "ObjectNotFound", word, "Could not find a part of the path '"+path+"'.")
			}
			if err := call.Fail(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *console) removeItem(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		path, err := s.fullPath(word)
		if err == nil {
			if ok, err := call.Proceed("Remove File", path); err != nil || !ok {
				return err
			}
			err = s.h.files().Remove(path, call.On("Recurse"))
		}
		rec := pathMissing(word)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			rec = powershell.NewError("System.IO.IOException", "RemoveItemIOError", "WriteError", word, err.Error())
		}
		if err != nil {
			if err := call.Fail(rec); err != nil {
				return err
			}
		}
	}
	return nil
}
