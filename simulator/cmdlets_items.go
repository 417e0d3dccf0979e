package simulator

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

// itemCmdlets change drive C: and the current folder.
func (s *console) itemCmdlets() []*powershell.Cmdlet {
	path := powershell.Param{Name: "Path", Aliases: []string{"LiteralPath", "PSPath", "FullName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}
	sure := []powershell.Param{{Name: "Force", Kind: powershell.KindSwitch}, {Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindBool}}
	return []*powershell.Cmdlet{
		{Name: "Get-Item", Class: commandsClass + "GetItemCommand", Module: managementModule, Params: []powershell.Param{path, {Name: "Force", Kind: powershell.KindSwitch}}, Process: s.getItem},
		{Name: "New-Item", Class: commandsClass + "NewItemCommand", Module: managementModule, Params: append([]powershell.Param{path, {Name: "ItemType", Aliases: []string{"Type"}, Kind: powershell.KindString}, {Name: "Name", Kind: powershell.KindString}, {Name: "Value"}}, sure...), Process: s.newItem},
		{Name: "Get-Location", Class: commandsClass + "GetLocationCommand", Module: managementModule, Process: func(call *powershell.Call) error { return call.Write(s.location()) }},
		{Name: "Set-Location", Class: commandsClass + "SetLocationCommand", Module: managementModule, Params: []powershell.Param{path, {Name: "PassThru", Kind: powershell.KindSwitch}}, Process: s.setLocation},
	}
}

func (s *console) location() *powershell.Object {
	at := s.here()
	o := powershell.NewObject("System.Management.Automation.PathInfo", "Drive", "C", "Provider", `Microsoft.PowerShell.Core\FileSystem`, "ProviderPath", at, "Path", at)
	o.Text = func() string { return at }
	return o
}

// here is the current folder.
func (s *console) here() string {
	if s.folder != "" {
		return s.folder
	}
	return userFolder
}

// ReadFile and WriteFile are the disk for scripts that write to files.
func (s *console) ReadFile(path string) ([]byte, error) {
	full, err := s.fullPath(path)
	if err != nil {
		return nil, err
	}
	return s.h.files().Read(full)
}

func (s *console) WriteFile(path string, data []byte, add bool) error {
	full, err := s.fullPath(path)
	if err == nil {
		err = s.h.files().Write(full, data, add)
	}
	if errors.Is(err, errNotFolder) {
		return errors.New("Could not find a part of the path '" + path + "'.")
	}
	return err
}

func (s *console) getItem(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		if key, ok := hive(word); ok {
			if there, _ := s.inRegistry(word); !there {
				if err := call.Fail(pathMissing(word)); err != nil {
					return err
				}
				continue
			}
			if err := call.Write(s.keyObject(word, key)); err != nil {
				return err
			}
			continue
		}
		full, err := s.fullPath(word)
		var info FileInfo
		if err == nil {
			info, err = s.h.files().Stat(full)
		}
		if err != nil {
			if err := call.Fail(pathMissing(word)); err != nil {
				return err
			}
			continue
		}
		if err := call.Write(fileObject(info, false)); err != nil {
			return err
		}
	}
	return nil
}

// keyObject is a key of the registry.
func (s *console) keyObject(path, key string) *powershell.Object {
	var names []any
	s.locked(func(c *simCluster) ([]any, error) {
		for _, v := range s.registry(c)[key] {
			names = append(names, v.name)
		}
		return nil, nil
	})
	full := `HKEY_LOCAL_MACHINE\` + strings.Trim(path[strings.IndexByte(path+`\`, '\\'):], `\`)
	o := powershell.NewObject("Microsoft.Win32.RegistryKey", "Name", full, "Property", names, "PSChildName", full[strings.LastIndexByte(full, '\\')+1:], "PSPath", `Microsoft.PowerShell.Core\Registry::`+full, "ValueCount", len(names))
	o.Text = func() string { return full }
	return o
}

func (s *console) newItem(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		if n := call.Text("Name"); n != "" {
			word = strings.TrimRight(word, `\`) + `\` + n
		}
		yes, err := call.Proceed("Create "+map[bool]string{true: "Directory", false: "File"}[strings.EqualFold(call.Text("ItemType"), "Directory")], "Destination: "+word)
		if err != nil {
			return err
		}
		if !yes {
			continue
		}
		full, err := s.fullPath(word)
		if err != nil {
			return pathMissing(word)
		}
		if strings.EqualFold(call.Text("ItemType"), "Directory") {
			err = s.h.files().MakeFolder(full)
			if errors.Is(err, fs.ErrExist) && call.On("Force") {
				err = nil
			}
		} else if _, have := s.h.files().Stat(full); have == nil && !call.On("Force") {
			err = fs.ErrExist
		} else {
			text := ""
			if call.Has("Value") {
				text = call.Text("Value")
			}
			err = s.h.files().Write(full, []byte(text), false)
		}
		if err != nil {
			message, id := err.Error(), "NewItemIOError"
			if errors.Is(err, fs.ErrExist) {
				message, id = "An item with the specified name "+full+" already exists.", "DirectoryExist"
			}
			if err := call.Fail(powershell.NewError("System.IO.IOException", id, "ResourceExists", full, message)); err != nil {
				return err
			}
			continue
		}
		info, err := s.h.files().Stat(full)
		if err != nil {
			return pathMissing(word)
		}
		if err := call.Write(fileObject(info, false)); err != nil {
			return err
		}
	}
	return nil
}

func (s *console) setLocation(call *powershell.Call) error {
	for _, word := range call.Texts("Path") {
		full, err := s.fullPath(word)
		var info FileInfo
		if err == nil {
			info, err = s.h.files().Stat(full)
		}
		if err != nil || !info.Folder {
			return pathMissing(word)
		}
		s.folder = info.Path
	}
	if call.On("PassThru") {
		return call.Write(s.location())
	}
	return nil
}

// certificates lists Cert:\LocalMachine\My and its parents.
func (s *console) certificates(call *powershell.Call, path string) (known bool, err error) {
	rest, ok := strings.CutPrefix(strings.ToLower(strings.TrimPrefix(path, `Microsoft.PowerShell.Security\Certificate::`)), "cert:")
	if !ok {
		return false, nil
	}
	rest = strings.Trim(strings.ReplaceAll(rest, "/", `\`), `\`)
	thumb := ""
	switch {
	case rest == `localmachine\my` || rest == `localmachine\my\*`:
	case strings.HasPrefix(rest, `localmachine\my\`):
		thumb = rest[len(`localmachine\my\`):]
	case rest == `localmachine\root` || rest == `localmachine\ca` || rest == `currentuser\my`:
		return true, nil
	default:
		return true, call.Fail(pathMissing(path))
	}
	found := false
	err = s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, e := range s.h.sim.nodes {
			if e.node != s.h.node {
				continue
			}
			for _, x := range c.certificates(e.node, e.shown()) {
				if thumb != "" && !strings.EqualFold(x.Thumbprint, thumb) {
					continue
				}
				found = true
				from, _ := time.Parse(time.RFC3339Nano, x.NotBefore)
				to, _ := time.Parse(time.RFC3339Nano, x.NotAfter)
				usage := []any{}
				for _, oid := range x.Usage {
					usage = append(usage, map[string]string{"1.3.6.1.5.5.7.3.1": "Server Authentication (1.3.6.1.5.5.7.3.1)", "1.3.6.1.5.5.7.3.2": "Client Authentication (1.3.6.1.5.5.7.3.2)"}[oid])
				}
				dns := strings.TrimPrefix(x.Subject, "CN=")
				o := powershell.NewObject("System.Security.Cryptography.X509Certificates.X509Certificate2", "PSPath", `Microsoft.PowerShell.Security\Certificate::LocalMachine\My\`+x.Thumbprint, "PSParentPath", `Microsoft.PowerShell.Security\Certificate::LocalMachine\My`, "PSChildName", x.Thumbprint,
					"EnhancedKeyUsageList", usage, "DnsNameList", []any{dns}, "FriendlyName", "", "NotAfter", to, "NotBefore", from, "HasPrivateKey", true, "SerialNumber", x.Thumbprint[:32], "Thumbprint", x.Thumbprint, "Version", 3, "Issuer", x.Issuer, "Subject", x.Subject)
				subject := x.Subject
				o.Text = func() string { return "[Subject]\n  " + subject }
				out = append(out, o)
			}
		}
		return out, nil
	})
	if err == nil && !found && thumb != "" {
		err = call.Fail(pathMissing(path))
	}
	return true, err
}

// subkeys lists the keys under one of the registry.
func (s *console) subkeys(call *powershell.Call, path string) (known bool, err error) {
	key, ok := hive(path)
	if !ok {
		return false, nil
	}
	if there, _ := s.inRegistry(path); !there {
		return true, call.Fail(pathMissing(path))
	}
	var under []string
	s.locked(func(c *simCluster) ([]any, error) {
		for k := range s.registry(c) {
			if parent(k) == key && k != key {
				under = append(under, k)
			}
		}
		return nil, nil
	})
	for _, k := range slices.Sorted(slices.Values(under)) {
		if err := call.Write(s.keyObject(`HKLM:\`+k, k)); err != nil {
			return true, err
		}
	}
	return true, nil
}
