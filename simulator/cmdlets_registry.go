package simulator

import (
	"fmt"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

// registry is what of HKEY_LOCAL_MACHINE people look at; keys are lower case and
// without the hive. Keys that tell of a pending restart are there only when one is.
func (s *console) registry(c *simCluster) map[string][]parameterValue {
	w, n := c.windows(), s.h.node
	keys := map[string][]parameterValue{
		`software\microsoft\windows nt\currentversion`: {{"ProductName", w.product}, {"CurrentBuild", fmt.Sprint(w.build)}, {"CurrentBuildNumber", fmt.Sprint(w.build)}, {"UBR", w.revision}, {"CurrentMajorVersionNumber", 10}, {"CurrentMinorVersionNumber", 0},
			{"EditionID", "ServerDatacenter"}, {"InstallationType", "Server Core"}, {"SystemRoot", `C:\Windows`}, {"RegisteredOrganization", ""}},
		`software\microsoft\windows\currentversion\component based servicing`:          {},
		`software\microsoft\windows\currentversion\windowsupdate\auto update`:          {},
		`software\microsoft\windows\currentversion\windowsupdate\auto update\results`:  {},
		`system\currentcontrolset\control\session manager`:                             {{"BootExecute", []any{"autocheck autochk *"}}, {"CriticalSectionTimeout", 2592000}},
		`system\currentcontrolset\control\computername\activecomputername`:             {{"ComputerName", strings.ToUpper(n.Name)}},
		`system\currentcontrolset\control\computername\computername`:                   {{"ComputerName", strings.ToUpper(n.Name)}},
		`system\currentcontrolset\services\w32time\parameters`:                         {{"Type", "NT5DS"}, {"NtpServer", "time.windows.com,0x8"}},
		`system\currentcontrolset\services\tcpip\parameters`:                           {{"Hostname", n.Name}, {"Domain", c.shape.Domain}, {"NV Hostname", n.Name}},
		`system\currentcontrolset\control\secureboot\servicing`:                        {{"UEFICA2023Status", "NotStarted"}},
		`software\microsoft\powershell\3\powershellengine`:                             {{"PowerShellVersion", psVersion(c)}},
		`system\currentcontrolset\control\terminal server`:                             {{"fDenyTSConnections", 0}},
		`software\microsoft\windows\currentversion\policies\system`:                    {{"LocalAccountTokenFilterPolicy", 1}, {"EnableLUA", 1}},
		`software\microsoft\windows\currentversion\setup\state`:                        {{"ImageState", "IMAGE_STATE_COMPLETE"}},
		`system\currentcontrolset\services\clussvc`:                                    {{"DisplayName", "Cluster Service"}, {"Start", 2}, {"ImagePath", `C:\Windows\Cluster\clussvc.exe -s`}},
		`software\microsoft\windows\currentversion\windowsupdate`:                      {},
		`system\currentcontrolset\control\session manager\memory management`:           {{"PagingFiles", []any{`?:\pagefile.sys`}}},
		`software\microsoft\windows\currentversion\windowsupdate\services`:             {},
		`software\microsoft\windows\currentversion\component based servicing\sessions`: {},
		`software\microsoft\windows\currentversion\component based servicing\packages`: {},
		`software\microsoft\windows\currentversion\windowsupdate\auto update\lastwait`: {},
		`system\currentcontrolset\control\computername`:                                {},
		`system\currentcontrolset\control`:                                             {},
		`system\currentcontrolset\services`:                                            {},
		`software\microsoft\windows\currentversion`:                                    {{"ProgramFilesDir", `C:\Program Files`}, {"CommonFilesDir", `C:\Program Files\Common Files`}},
		`software\microsoft\windows`:                                                   {},
		`software\microsoft`:                                                           {},
		`software`:                                                                     {},
		`system`:                                                                       {},
		`cluster`:                                                                      {{"ClusterName", c.shape.Name}, {"ClusterInstanceID", guid(c.seed, "cluster")}},
	}
	if c.condOf(n).missing[featureCluster] || c.condOf(n).missing[featureMember] {
		delete(keys, `cluster`)
	}
	return keys
}

// hive takes the root off a path of the registry.
func hive(path string) (key string, ok bool) {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "Microsoft.PowerShell.Core\\"), "Registry::")
	lower := strings.ToLower(path)
	for _, root := range []string{`hklm:`, `hkey_local_machine`} {
		if rest, found := strings.CutPrefix(lower, root); found {
			return strings.Trim(strings.ReplaceAll(rest, "/", `\`), `\`), true
		}
	}
	return "", false
}

// inRegistry says whether a path of the registry exists; known is false for others.
func (s *console) inRegistry(path string) (there, known bool) {
	key, known := hive(path)
	if !known {
		return false, false
	}
	s.locked(func(c *simCluster) ([]any, error) {
		_, there = s.registry(c)[key]
		there = there || key == ""
		return nil, nil
	})
	return there, true
}

func (s *console) registryCmdlets() []*powershell.Cmdlet {
	path := powershell.Param{Name: "Path", Aliases: []string{"LiteralPath", "PSPath"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, Mandatory: true}
	name := powershell.Param{Name: "Name", Aliases: []string{"PSProperty"}, Kind: powershell.KindStrings, Position: 2}
	return []*powershell.Cmdlet{
		{Name: "Get-ItemProperty", Class: commandsClass + "GetItemPropertyCommand", Module: managementModule, Params: []powershell.Param{path, name}, Process: s.getProperty},
		{Name: "Get-ItemPropertyValue", Class: commandsClass + "GetItemPropertyValueCommand", Module: managementModule, Params: []powershell.Param{path, name}, Process: s.getProperty},
		{Name: "Get-HotFix", Class: commandsClass + "GetHotFixCommand", Module: managementModule, Params: []powershell.Param{{Name: "Id", Aliases: []string{"HFID"}, Kind: powershell.KindStrings, Position: 1}, {Name: "ComputerName", Kind: powershell.KindStrings}}, Process: s.hotFixes},
		{Name: "Get-TimeZone", Class: commandsClass + "GetTimeZoneCommand", Module: managementModule, Process: func(call *powershell.Call) error {
			o := powershell.NewObject("System.TimeZoneInfo", "Id", "UTC", "DisplayName", "(UTC) Coordinated Universal Time", "StandardName", "Coordinated Universal Time", "DaylightName", "Coordinated Universal Time", "BaseUtcOffset", time.Duration(0), "SupportsDaylightSavingTime", false)
			o.Text = func() string { return "(UTC) Coordinated Universal Time" }
			return call.Write(o)
		}},
		{Name: "Get-WindowsFeature", Class: "Get-WindowsFeature", Module: "ServerManager", Params: []powershell.Param{{Name: "Name", Kind: powershell.KindStrings, Position: 1, Pipeline: true}}, Process: s.features},
	}
}

func (s *console) getProperty(call *powershell.Call) error {
	for _, path := range call.Texts("Path") {
		key, ok := hive(path)
		if !ok {
			if err := call.Fail(pathMissing(path)); err != nil {
				return err
			}
			continue
		}
		var values []parameterValue
		found := false
		s.locked(func(c *simCluster) ([]any, error) { values, found = s.registry(c)[key]; return nil, nil })
		if !found {
			if err := call.Fail(pathMissing(strings.ReplaceAll(path, "HKLM:", "HKLM:"))); err != nil {
				return err
			}
			continue
		}
		if err := s.writeProperties(call, path, key, values); err != nil {
			return err
		}
	}
	return nil
}

func (s *console) writeProperties(call *powershell.Call, path, key string, values []parameterValue) error {
	o := powershell.NewObject(powershell.CustomType)
	for _, v := range values {
		if call.Has("Name") && !anyWild(call.Texts("Name"), v.name) {
			continue
		}
		if call.Name() == "Get-ItemPropertyValue" {
			if err := call.Write(v.value); err != nil {
				return err
			}
		}
		o.Add(powershell.Property{Name: v.name, Value: v.value})
	}
	full := `HKEY_LOCAL_MACHINE\` + strings.Trim(path[strings.IndexByte(path+`\`, '\\'):], `\`)
	for _, name := range call.Texts("Name") {
		if o.Property(name) == nil && !strings.ContainsAny(name, "*?[") {
			return call.Fail(powershell.NewError("System.Management.Automation.PSArgumentException", "System.Management.Automation.PSArgumentException", "InvalidArgument", name, "Property "+name+" does not exist at path "+full+"."))
		}
	}
	if call.Name() == "Get-ItemPropertyValue" || len(o.Names()) == 0 {
		return nil
	}
	child := full[strings.LastIndexByte(full, '\\')+1:]
	for _, p := range [][2]string{{"PSPath", `Microsoft.PowerShell.Core\Registry::` + full}, {"PSParentPath", `Microsoft.PowerShell.Core\Registry::` + parent(full)}, {"PSChildName", child}, {"PSDrive", "HKLM"}, {"PSProvider", `Microsoft.PowerShell.Core\Registry`}} {
		o.Add(powershell.Property{Name: p[0], Value: p[1]})
	}
	return call.Write(o)
}

// hotFixes are the updates of the build the node runs.
func (s *console) hotFixes(call *powershell.Call) error {
	for _, name := range call.Texts("ComputerName") {
		if err := s.onlyHere(name); err != nil {
			return err
		}
	}
	found := false
	err := s.read(call, func(c *simCluster) ([]any, error) {
		w := c.windows()
		var out []any
		for i, kind := range []string{"Update", "Security Update", "Security Update"} {
			id := fmt.Sprintf("KB50%05d", (w.build*7+w.revision*(3-i))%100000)
			if call.Has("Id") && !anyWild(call.Texts("Id"), id) {
				continue
			}
			found = true
			on := s.h.node.boot.AddDate(0, 0, -30*(2-i)).Truncate(24 * time.Hour)
			out = append(out, powershell.NewObject("System.Management.ManagementObject#root\\cimv2\\Win32_QuickFixEngineering", "Source", strings.ToUpper(s.h.node.Name), "CSName", strings.ToUpper(s.h.node.Name), "Description", kind, "HotFixID", id, "InstalledBy", `NT AUTHORITY\SYSTEM`, "InstalledOn", on))
		}
		return out, nil
	})
	if err == nil && !found {
		err = call.Fail(powershell.NewError("System.ArgumentException", "GetHotFixNoEntriesFound", "ObjectNotFound", nil, "Cannot find the requested hotfix on the 'localhost' computer. Verify the input and run the command again."))
	}
	return err
}

// features are the roles the model knows to be there or missing.
func (s *console) features(call *powershell.Call) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		missing := c.condOf(s.h.node).missing
		var out []any
		for _, f := range []struct {
			name, display string
			installed     bool
		}{
			{"Data-Center-Bridging", "Data Center Bridging", true}, {"Failover-Clustering", "Failover Clustering", !missing[featureCluster]}, {"File-Services", "File and iSCSI Services", true},
			{"FS-FileServer", "File Server", true}, {"Hyper-V", "Hyper-V", true}, {"Hyper-V-PowerShell", "Hyper-V Module for Windows PowerShell", true},
			{"RSAT-Clustering-PowerShell", "Failover Cluster Module for Windows PowerShell", !missing[featureModule]}, {"Web-Server", "Web Server (IIS)", false},
		} {
			if call.Has("Name") && !anyWild(call.Texts("Name"), f.name) {
				continue
			}
			state, mark := "Available", "[ ]"
			if f.installed {
				state, mark = "Installed", "[X]"
			}
			o := powershell.NewObject("Microsoft.Windows.ServerManager.Commands.Feature", "DisplayName", f.display, "Name", f.name, "InstallState", powershell.Enum{Type: "Microsoft.Windows.ServerManager.Commands.InstallState", Name: state}, "Installed", f.installed, "FeatureType", "Feature", "Mark", mark)
			name := f.name
			o.Text = func() string { return name }
			out = append(out, o)
		}
		return out, nil
	})
}
