package simulator

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// machineCmdlets tell of the machine: processes, events, facts, modules.
func (s *console) machineCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{
		{Name: "Get-Process", Class: commandsClass + "GetProcessCommand", Module: managementModule, Params: []powershell.Param{{Name: "Name", Aliases: []string{"ProcessName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}, {Name: "Id", Kind: powershell.KindList}}, Process: s.getProcess},
		{Name: "Get-ComputerInfo", Class: commandsClass + "GetComputerInfoCommand", Module: managementModule, Params: []powershell.Param{{Name: "Property", Kind: powershell.KindStrings, Position: 1}}, Process: s.computerInfo},
		{Name: "Import-Module", Class: commandsClass + "ImportModuleCommand", Module: "Microsoft.PowerShell.Core", Params: []powershell.Param{{Name: "Name", Kind: powershell.KindStrings, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Force", Kind: powershell.KindSwitch}, {Name: "PassThru", Kind: powershell.KindSwitch}}, Process: s.importModule},
		{Name: "Get-Module", Class: commandsClass + "GetModuleCommand", Module: "Microsoft.PowerShell.Core", Params: []powershell.Param{{Name: "Name", Kind: powershell.KindStrings, Position: 1, Pipeline: true}, {Name: "ListAvailable", Kind: powershell.KindSwitch}}, Process: s.getModule},
	}
}

// programs are console programs that PowerShell starts.
func (s *console) programs() []*powershell.Cmdlet {
	var out []*powershell.Cmdlet
	for _, name := range []string{"hostname", "whoami", "ipconfig"} {
		out = append(out, &powershell.Cmdlet{Name: name, Application: true, Process: func(call *powershell.Call) error {
			var text bytes.Buffer
			call.Exit = s.program(name, call.Texts("ArgumentList"), &text)
			return writeLines(call, text.String())
		}})
	}
	for _, name := range plainPrograms {
		out = append(out, s.plain(name))
	}
	return append(out, &powershell.Cmdlet{Name: "ping", Application: true, Process: s.ping}, &powershell.Cmdlet{Name: "w32tm", Application: true, Process: s.w32tm})
}

func (s *console) program(name string, args []string, out *bytes.Buffer) int {
	if len(args) > 0 && (name != "ipconfig" || len(args) > 1 || !strings.EqualFold(args[0], "/all")) {
		fmt.Fprintf(out, "%s: the arguments %q are not supported by this simulated machine.\r\n", name, args)
		return 1
	}
	switch name {
	case "hostname":
		fmt.Fprintf(out, "%s\r\n", s.h.node.Name)
	case "whoami":
		fmt.Fprintf(out, "%s\r\n", s.h.whoami())
	default:
		fmt.Fprintf(out, "%s\r\n", strings.Join(s.h.ipconfig(), "\r\n"))
	}
	return 0
}

var processView = &powershell.View{Table: []powershell.Column{
	{Label: "Handles", Property: "HandleCount", Width: 7, Right: true},
	{Label: "NPM(K)", Width: 7, Right: true, Value: func(v any) any { return v.(*powershell.Object).Get("NPM").(int64) / 1024 }},
	{Label: "PM(K)", Width: 8, Right: true, Value: func(v any) any { return v.(*powershell.Object).Get("PM").(int64) / 1024 }},
	{Label: "WS(K)", Width: 10, Right: true, Value: func(v any) any { return v.(*powershell.Object).Get("WS").(int64) / 1024 }},
	{Label: "CPU(s)", Width: 10, Right: true, Value: func(v any) any { return fmt.Sprintf("%.2f", v.(*powershell.Object).Get("CPU")) }},
	{Label: "Id", Width: 6, Right: true}, {Label: "SI", Width: 3, Right: true}, {Label: "ProcessName"},
}}

// getProcess lists the processes that follow from the model: the services that
// run, a worker for each virtual machine, a few of Windows' own.
func (s *console) getProcess(call *powershell.Call) error {
	names := call.Texts("Name")
	found := map[string]bool{}
	err := s.read(call, func(c *simCluster) ([]any, error) {
		n := s.h.node
		now := c.clock(n, c.now)
		up := now.Sub(n.boot).Seconds()
		var out []any
		add := func(name, of string, id int, memory int64, share float64) {
			h := hash(c.seed, n.Name, "process", name, of)
			if id == 0 {
				id = 400 + int(h%12000)*4
			}
			if names != nil && !anyWild(names, name) || call.Has("Id") && !anyWild(call.Texts("Id"), fmt.Sprint(id)) {
				return
			}
			for _, p := range names {
				found[p] = found[p] || powershell.Wildcard(name, p)
			}
			memory += int64(h>>8) % (memory/3 + 1)
			o := powershell.NewObject("System.Diagnostics.Process", "Name", name, "ProcessName", name, "Id", id, "SI", 0, "SessionId", 0, "HandleCount", int(150+h>>16%900), "Handles", int(150+h>>16%900),
				"WS", memory, "WorkingSet64", memory, "PM", memory*3/4, "PrivateMemorySize64", memory*3/4, "NPM", int64(8+h>>24%60)*1024, "CPU", up*share*(0.5+unit(h)), "StartTime", n.boot.Add(time.Duration(h%90)*time.Second), "Responding", true, "MachineName", ".")
			o.Text = func() string { return "System.Diagnostics.Process (" + name + ")" }
			out = append(out, o)
		}
		running := func(service string) bool { return c.serviceState(n, service) == "Running" }
		if running("ClusSvc") {
			add("clussvc", "", 0, 90<<20, 0.004)
			add("rhs", "1", 0, 40<<20, 0.001)
			add("rhs", "2", 0, 24<<20, 0.0005)
			if !c.shape.SAN {
				add("healthpih", "", 0, 180<<20, 0.006)
			}
		}
		add("csrss", "", 0, 6<<20, 0.0002)
		if running("himds") && c.shape.AzureLocal {
			add("himds", "", 0, 48<<20, 0.001)
		}
		add("lsass", "", 0, 40<<20, 0.002)
		add("powershell", fmt.Sprint(now.Unix()/60), 0, 92<<20, 0.00001)
		add("services", "", 0, 12<<20, 0.0008)
		for i := range 14 {
			add("svchost", fmt.Sprint(i), 0, int64(10+i*4)<<20, 0.0006)
		}
		add("System", "", 4, 1<<20, 0.03)
		if running("vmcompute") {
			add("vmcompute", "", 0, 14<<20, 0.0004)
		}
		if running("vmms") {
			add("vmms", "", 0, 60<<20, 0.002)
		}
		for _, r := range c.roles {
			if r.isVM() && r.owner == n && (r.state == cluster.GroupOnline || r.status.Has(cluster.GroupUnmonitored)) {
				add("vmwp", r.name, 0, 40<<20, 0.003)
			}
		}
		if running("Winmgmt") {
			add("WmiPrvSE", "", 0, 40<<20, 0.004)
		}
		return out, nil
	})
	for _, p := range names {
		if err == nil && !found[p] && !strings.ContainsAny(p, "*?[") {
			err = call.Fail(powershell.NewError(commandsClass+"ProcessCommandException", "NoProcessFoundForGivenName", "ObjectNotFound", p, "Cannot find a process with the name \""+p+"\". Verify the process name and call the cmdlet again."))
		}
	}
	return err
}

func (s *console) computerInfo(call *powershell.Call) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		v := &cimView{sim: s.h.sim, c: c, n: s.h.node}
		system, computer, bios := v.systemRows()[0], v.computerRows()[0], v.biosRows()[0]
		o := powershell.NewObject("Microsoft.PowerShell.Commands.ComputerInfo")
		add := func(name string, value any) {
			if names := call.Texts("Property"); names == nil || anyWild(names, name) {
				o.Add(powershell.Property{Name: name, Value: value})
			}
		}
		add("WindowsProductName", system["Caption"])
		add("WindowsSystemRoot", system["WindowsDirectory"])
		add("BiosSMBIOSBIOSVersion", bios["SMBIOSBIOSVersion"])
		add("BiosSeralNumber", bios["SerialNumber"])
		for _, p := range []string{"Name", "DNSHostName", "Domain", "Manufacturer", "Model", "NumberOfLogicalProcessors", "NumberOfProcessors", "PartOfDomain"} {
			add("Cs"+p, computer[p])
		}
		add("CsTotalPhysicalMemory", uint64(s.h.node.memory))
		add("OsName", system["Caption"])
		for _, p := range []string{"Version", "BuildNumber"} {
			add("Os"+p, system[p])
		}
		add("OsLastBootUpTime", s.h.node.boot)
		add("OsLocalDateTime", c.clock(s.h.node, c.now))
		add("OsUptime", c.clock(s.h.node, c.now).Sub(s.h.node.boot))
		add("OsTotalVisibleMemorySize", uint64(s.h.node.memory>>10))
		add("OsFreePhysicalMemory", uint64(v.gauges().memoryFree>>10))
		add("OsArchitecture", "64-bit")
		add("HyperVisorPresent", true)
		add("TimeZone", "(UTC) Coordinated Universal Time")
		return []any{o}, nil
	})
}

// modules are those the cmdlets here belong to.
func (s *console) modules() []string {
	return []string{"CimCmdlets", "DnsClient", clusterModule, hyperVModule, "Microsoft.PowerShell.Diagnostics", "NetAdapter", "ServerManager", managementModule, "Microsoft.PowerShell.Utility", "NetTCPIP", storageModule}
}

func (s *console) importModule(call *powershell.Call) error {
	for _, name := range call.Texts("Name") {
		if !anyWild(s.modules(), name) && !anyFold(s.modules(), name) {
			rec := powershell.NewError("System.IO.FileNotFoundException", "Modules_ModuleNotFound", "ResourceUnavailable", name, "The specified module '"+name+"' was not loaded because no valid module file was found in any module directory.")
			if err := call.Fail(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *console) getModule(call *powershell.Call) error {
	for _, name := range s.modules() {
		if names := call.Texts("Name"); names != nil && !anyWild(names, name) {
			continue
		}
		var exported []any
		for _, command := range s.Commands() {
			if s.table[strings.ToLower(command)].Module == name {
				exported = append(exported, command)
			}
		}
		o := powershell.NewObject("System.Management.Automation.PSModuleInfo", "ModuleType", "Manifest", "Version", powershell.Version{Major: 2, Minor: 0, Build: 0, Revision: 0}, "Name", name, "ExportedCommands", exported)
		o.Text = func() string { return name }
		if err := call.Write(o); err != nil {
			return err
		}
	}
	return nil
}
