package simulator

import (
	"fmt"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

const (
	hyperVModule = "Hyper-V"
	hyperVClass  = "Microsoft.HyperV.PowerShell."
)

// hyperVCmdlets see the machines of this node only, as Hyper-V does.
func (s *console) hyperVCmdlets() []*powershell.Cmdlet {
	names := func(more ...powershell.Param) []powershell.Param {
		return append([]powershell.Param{{Name: "Name", Aliases: []string{"VMName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}, {Name: "ComputerName", Kind: powershell.KindStrings}}, more...)
	}
	change := func() []powershell.Param {
		return names(powershell.Param{Name: "Force", Kind: powershell.KindSwitch}, powershell.Param{Name: "TurnOff", Kind: powershell.KindSwitch}, powershell.Param{Name: "Save", Kind: powershell.KindSwitch}, powershell.Param{Name: "Passthru", Kind: powershell.KindSwitch}, powershell.Param{Name: "WhatIf", Kind: powershell.KindSwitch}, powershell.Param{Name: "Confirm", Kind: powershell.KindSwitch})
	}
	class := func(name string) string { return "Microsoft.HyperV.PowerShell.Commands." + name }
	return []*powershell.Cmdlet{
		{Name: "Get-VM", Class: class("GetVM"), Module: hyperVModule, Params: names(powershell.Param{Name: "ClusterObject"}, powershell.Param{Name: "Id", Kind: powershell.KindString}), Process: s.getVM},
		{Name: "Get-VMHost", Class: class("GetVMHost"), Module: hyperVModule, Params: names(), Process: s.getVMHost},
		{Name: "Get-VMSwitch", Class: class("GetVMSwitch"), Module: hyperVModule, Params: names(), Process: s.getVMSwitch},
		{Name: "Start-VM", Class: class("StartVM"), Module: hyperVModule, Params: change(), Process: s.eachVM(false)},
		{Name: "Stop-VM", Class: class("StopVM"), Module: hyperVModule, Params: change(), Process: s.eachVM(true)},
		{Name: "Restart-VM", Class: class("RestartVM"), Module: hyperVModule, Params: change(), Process: s.eachVM(true)},
	}
}

// hyperV fails as the module does when its service does not run.
func (s *console) hyperV(call *powershell.Call) error {
	for _, name := range call.Texts("ComputerName") {
		if s.onlyHere(name) != nil {
			return powershell.NewError("Microsoft.HyperV.PowerShell.VirtualizationException", "Unspecified", "NotSpecified", nil, "The operation on computer '"+name+"' failed: WinRM cannot process the request. The following error with errorcode 0x8009030e occurred while using Kerberos authentication: A specified logon session does not exist. It may already have been terminated.")
		}
	}
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		if c.serviceState(s.h.node, "vmms") != "Running" {
			return nil, powershell.NewError("Microsoft.HyperV.PowerShell.VirtualizationException", "Unspecified", "NotSpecified", nil, "The operation on computer '"+strings.ToUpper(s.h.node.Name)+"' failed: The Hyper-V Virtual Machine Management service is not running, or you do not have the required permission.")
		}
		return nil, nil
	})
	return err
}

func (s *console) vmObject(c *simCluster, r *simRole) *powershell.Object {
	now := c.clock(s.h.node, c.now)
	state, status := powershell.Enum{Type: hyperVClass + "VMState", Value: 2, Name: "Running"}, "Operating normally"
	switch {
	case r.target != nil:
		state = powershell.Enum{Type: hyperVClass + "VMState", Value: 2, Name: "Running"}
		status = "Migrating, " + fmt.Sprintf("%d%% complete", int(100-100*max(r.movedTill.Sub(c.now), 0)/max(2*time.Second+time.Duration(r.memory>>33)*time.Second, 1)))
	case r.state == cluster.GroupPending:
		state = powershell.Enum{Type: hyperVClass + "VMState", Value: 4, Name: "Starting"}
	case r.status.Has(cluster.GroupEmbeddedFailure):
		state = powershell.Enum{Type: hyperVClass + "VMState", Value: 32, Name: "PausedCritical"}
		status = "Critical"
	case r.state != cluster.GroupOnline && !r.status.Has(cluster.GroupUnmonitored):
		state = powershell.Enum{Type: hyperVClass + "VMState", Value: 3, Name: "Off"}
	}
	running := state.Value == 2 || state.Value == 32
	assigned, uptime, cpu := int64(0), time.Duration(0), 0
	if running {
		assigned = r.memory
		uptime = max(now.Sub(s.h.node.boot)-2*time.Minute, 0).Truncate(time.Second)
		cpu = int(clamp(r.load*30*rhythm(c.now), 0, 99))
	}
	o := powershell.NewObject(hyperVClass+"VirtualMachine", "Name", r.name, "VMName", r.name, "State", state, "CPUUsage", cpu, "MemoryAssigned", assigned, "MemoryStartup", r.memory, "MemoryDemand", assigned*7/10, "Uptime", uptime, "Status", status, "Version", c.vmVersion(),
		"ProcessorCount", max(int(r.memory>>32), 1), "Generation", 2, "IsClustered", true, "DynamicMemoryEnabled", false, "ReplicationState", powershell.Enum{Type: hyperVClass + "VMReplicationState", Name: "Disabled"}, "Heartbeat", powershell.Enum{Type: hyperVClass + "VMHeartbeatStatus", Value: 2, Name: map[bool]string{true: "OkApplicationsHealthy", false: "NoContact"}[running]},
		"ComputerName", strings.ToUpper(s.h.node.Name), "Id", guid(c.seed, "machine", r.name), "VMId", guid(c.seed, "machine", r.name), "Path", c.vmPath(r), "ConfigurationLocation", c.vmPath(r), "CheckpointType", powershell.Enum{Type: hyperVClass + "CheckpointType", Value: 3, Name: "Production"}, "AutomaticStopAction", powershell.Enum{Type: hyperVClass + "StopAction", Value: 2, Name: "Save"})
	name := r.name
	o.Text = func() string { return "VirtualMachine (Name = '" + name + "')" }
	return o
}

// vmVersion is the configuration version of new machines by the hosts' Windows.
func (c *simCluster) vmVersion() string {
	switch b := c.build(); {
	case b >= 25398:
		return "11.0"
	case b >= 20348:
		return "10.0"
	case b >= 17763:
		return "9.0"
	}
	return "8.0"
}

func vmMissing(name string) *powershell.ErrorRecord {
	return powershell.NewError("Microsoft.HyperV.PowerShell.VirtualizationException", "InvalidParameter", "InvalidArgument", name, "Hyper-V was unable to find a virtual machine with name \""+name+"\".")
}

// machinesNamed are the machines on this node that fit the names.
func (s *console) machinesNamed(call *powershell.Call, names []string) ([]*simRole, error) {
	var found []*simRole
	matched := map[string]bool{}
	s.locked(func(c *simCluster) ([]any, error) {
		for _, r := range c.roles {
			if !r.isVM() || r.owner != s.h.node || names != nil && !anyWild(names, r.name) {
				continue
			}
			for _, n := range names {
				matched[n] = matched[n] || powershell.Wildcard(r.name, n)
			}
			found = append(found, r)
		}
		return nil, nil
	})
	for _, n := range names {
		if !matched[n] && !strings.ContainsAny(n, "*?[") {
			if err := call.Fail(vmMissing(n)); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func (s *console) getVM(call *powershell.Call) error {
	if err := s.hyperV(call); err != nil {
		return err
	}
	names := call.Texts("Name")
	if o, ok := call.Value("Name").(*powershell.Object); ok {
		names = []string{o.String()}
	}
	found, err := s.machinesNamed(call, names)
	if err != nil {
		return err
	}
	return s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, r := range found {
			out = append(out, s.vmObject(c, r))
		}
		return out, nil
	})
}

func (s *console) getVMHost(call *powershell.Call) error {
	if err := s.hyperV(call); err != nil {
		return err
	}
	return s.read(call, func(c *simCluster) ([]any, error) {
		name := strings.ToUpper(s.h.node.Name)
		o := powershell.NewObject(hyperVClass+"VMHost", "Name", name, "ComputerName", name, "LogicalProcessorCount", c.shape.Cores*2, "MemoryCapacity", s.h.node.memory, "VirtualMachinePath", `C:\ProgramData\Microsoft\Windows\Hyper-V`, "VirtualHardDiskPath", `C:\Users\Public\Documents\Hyper-V\Virtual Hard Disks`,
			"FullyQualifiedDomainName", c.shape.Domain, "MacAddressMinimum", "00155D0A1400", "MacAddressMaximum", "00155D0A14FF", "MaximumStorageMigrations", 2, "MaximumVirtualMachineMigrations", 2, "VirtualMachineMigrationEnabled", true,
			"VirtualMachineMigrationAuthenticationType", powershell.Enum{Type: hyperVClass + "MigrationAuthenticationType", Value: 1, Name: "Kerberos"}, "VirtualMachineMigrationPerformanceOption", powershell.Enum{Type: hyperVClass + "VMMigrationPerformance", Value: 2, Name: "SMB"}, "NumaSpanningEnabled", true, "EnableEnhancedSessionMode", false)
		o.Text = func() string { return name }
		return []any{o}, nil
	})
}

func (s *console) getVMSwitch(call *powershell.Call) error {
	if err := s.hyperV(call); err != nil {
		return err
	}
	return s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, net := range c.nets {
			if !net.has[s.h.node.index] || net.Role != int(cluster.RoleClusterAndClient) || call.Has("Name") && !anyWild(call.Texts("Name"), net.Name) {
				continue
			}
			out = append(out, powershell.NewObject(hyperVClass+"VMSwitch", "Name", net.Name, "SwitchType", powershell.Enum{Type: hyperVClass + "VMSwitchType", Value: 2, Name: "External"}, "NetAdapterInterfaceDescription", "Teamed-Interface", "EmbeddedTeamingEnabled", true, "AllowManagementOS", true, "Id", guid(c.seed, "switch", net.Name), "ComputerName", strings.ToUpper(s.h.node.Name)))
		}
		return out, nil
	})
}

// eachVM is Start-, Stop- and Restart-VM. A stopped machine's role is offline in
// the cluster, and stays so.
func (s *console) eachVM(stop bool) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if err := s.hyperV(call); err != nil {
			return err
		}
		names := call.Texts("Name")
		found, err := s.machinesNamed(call, names)
		if err != nil {
			return err
		}
		for _, r := range found {
			yes, err := call.Proceed(call.Name(), r.name)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
			off := false
			s.locked(func(*simCluster) ([]any, error) { off = r.state == cluster.GroupOffline; return nil, nil })
			switch {
			case stop && off && call.Name() == "Stop-VM":
				if err := call.Warn("The virtual machine is already in the specified state."); err != nil {
					return err
				}
				continue
			case !stop && !off:
				if err := call.Warn("The virtual machine is already in the specified state."); err != nil {
					return err
				}
				continue
			}
			if err := s.hold(call, r, stop); err != nil {
				return err
			}
			if call.Name() == "Restart-VM" {
				if err := s.hold(call, r, false); err != nil {
					return err
				}
			}
			if call.On("Passthru") {
				if err := s.read(call, func(c *simCluster) ([]any, error) { return []any{s.vmObject(c, r)}, nil }); err != nil {
					return err
				}
			}
		}
		return nil
	}
}
