package simulator

import (
	"fmt"
	"strings"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

// repairCmdlets are the rest of the Storage module: what is below and above the
// virtual disks, and what one does to them.
func (s *console) repairCmdlets() []*powershell.Cmdlet {
	sure := []powershell.Param{{Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch}}
	session := powershell.Param{Name: "CimSession", Kind: powershell.KindString}
	pipe := powershell.Param{Name: "InputObject", Pipeline: true}
	friendly := powershell.Param{Name: "FriendlyName", Kind: powershell.KindStrings, Position: 1}
	list := func(name, class string, make func(*simCluster, *scripts.StorageState) []any, more ...powershell.Param) *powershell.Cmdlet {
		return &powershell.Cmdlet{Name: name, Class: name, Module: storageModule, Params: append([]powershell.Param{pipe, friendly, session}, more...), Process: func(call *powershell.Call) error { return s.storage(call, class, make) }}
	}
	return []*powershell.Cmdlet{
		list("Get-StorageSubSystem", "MSFT_StorageSubSystem", s.subsystems),
		list("Get-StorageTier", "MSFT_StorageTier", storageTiers),
		list("Get-StorageNode", "MSFT_StorageNode", storageNodes, powershell.Param{Name: "Name", Kind: powershell.KindStrings}),
		list("Get-StorageScaleUnit", "MSFT_StorageScaleUnit", scaleUnits),
		list("Get-StorageFaultDomain", "MSFT_StorageScaleUnit", scaleUnits, powershell.Param{Name: "Type", Kind: powershell.KindString, Values: []string{"PhysicalDisk", "StorageEnclosure", "StorageScaleUnit", "StorageChassis", "StorageRack", "StorageSite"}}),
		{Name: "Debug-StorageSubSystem", Class: "Debug-StorageSubSystem", Module: storageModule, Params: []powershell.Param{pipe, {Name: "StorageSubSystemFriendlyName", Kind: powershell.KindString, Position: 1}, session}, Process: func(call *powershell.Call) error {
			return s.storage(call, "MSFT_StorageDiagnoseResult", healthFaults)
		}},
		{Name: "Repair-VirtualDisk", Class: "Repair-VirtualDisk", Module: storageModule, Params: append([]powershell.Param{pipe, friendly, session, {Name: "AsJob", Kind: powershell.KindSwitch}}, sure...), Process: s.repairDisk},
		{Name: "Enable-StorageMaintenanceMode", Class: "Enable-StorageMaintenanceMode", Module: storageModule, Params: append([]powershell.Param{pipe, session, {Name: "IgnoreDetachedVirtualDisks", Kind: powershell.KindSwitch}, {Name: "ValidateVirtualDisksHealthy", Kind: powershell.KindBool}}, sure...), Process: s.maintain(true)},
		{Name: "Disable-StorageMaintenanceMode", Class: "Disable-StorageMaintenanceMode", Module: storageModule, Params: append([]powershell.Param{pipe, session}, sure...), Process: s.maintain(false)},
		{Name: "Get-Disk", Class: "Get-Disk", Module: storageModule, Params: []powershell.Param{{Name: "Number", Kind: powershell.KindList, Position: 1, Pipeline: true}, friendlyNamed(), session}, Process: s.getDisk},
		{Name: "Get-Partition", Class: "Get-Partition", Module: storageModule, Params: []powershell.Param{pipe, {Name: "DriveLetter", Kind: powershell.KindStrings}, {Name: "DiskNumber", Kind: powershell.KindList, Position: 1}, session}, Process: s.getPartition},
		{Name: "Get-StorageReliabilityCounter", Class: "Get-StorageReliabilityCounter", Module: storageModule, Params: []powershell.Param{{Name: "PhysicalDisk", Pipeline: true, Mandatory: true}, session}, Process: s.getReliability},
	}
}

func friendlyNamed() powershell.Param {
	return powershell.Param{Name: "FriendlyName", Kind: powershell.KindStrings}
}

// subsystems are the node's own and, with Storage Spaces Direct, the cluster's.
func (s *console) subsystems(c *simCluster, state *scripts.StorageState) []any {
	add := func(out []any, name, model, health string, clustered bool) []any {
		status := "OK"
		if health != "Healthy" {
			status = "Degraded"
		}
		return append(out, cimObject("MSFT_StorageSubSystem", "FriendlyName", name, "HealthStatus", health, "OperationalStatus", status, "Model", model, "AutomaticClusteringEnabled", clustered, "UniqueId", guid(c.seed, "subsystem", name)))
	}
	out := add(nil, "Windows Storage on "+s.h.node.Name, "Windows Storage", "Healthy", false)
	if c.shape.SAN {
		return out
	}
	health, _, _ := c.poolHealth()
	worst := health
	for _, v := range c.volumes {
		h, _ := c.diskHealth(v)
		worst = max(worst, h)
	}
	if len(state.Faults) > 0 {
		worst = max(worst, healthWarning)
	}
	return add(out, "Clustered Windows Storage on "+c.shape.Name, "Clustered Windows Storage", healthWords[worst], true)
}

func storageTiers(c *simCluster, s *scripts.StorageState) []any {
	var out []any
	for _, d := range s.VirtualDisks {
		out = append(out, cimObject("MSFT_StorageTier", "FriendlyName", d.FriendlyName+"-MirrorOnSSD", "TierClass", "Capacity", "MediaType", "SSD", "ResiliencySettingName", d.ResiliencySettingName, "FaultDomainRedundancy", uint16(max(d.NumberOfDataCopies-1, 0)), "Size", uint64(d.Size), "FootprintOnPool", uint64(d.FootprintOnPool), "StorageEfficiency", fmt.Sprintf("%.2f%%", 100*float64(d.Size)/float64(max(d.FootprintOnPool, 1))), "UniqueId", guid(c.seed, "tier", d.FriendlyName)))
	}
	return out
}

func storageNodes(c *simCluster, _ *scripts.StorageState) []any {
	var out []any
	for _, n := range c.nodes {
		health, status := "Healthy", "Up"
		if !n.active() {
			health, status = "Unhealthy", "Down"
		}
		out = append(out, cimObject("MSFT_StorageNode", "Name", c.computer(n), "FriendlyName", n.Name, "HealthStatus", health, "OperationalStatus", status, "UniqueId", guid(c.seed, "storage node", n.Name)))
	}
	return out
}

// scaleUnits are the nodes as fault domains of the pool.
func scaleUnits(c *simCluster, _ *scripts.StorageState) []any {
	if c.shape.SAN {
		return nil
	}
	var out []any
	for _, n := range c.nodes {
		health, status := "Healthy", "OK"
		switch {
		case n.maintenance:
			health, status = "Warning", "In Maintenance Mode"
		case !n.active():
			health, status = "Warning", "Lost Communication"
		}
		out = append(out, cimObject("MSFT_StorageScaleUnit", "FriendlyName", n.Name, "Type", "StorageScaleUnit", "HealthStatus", health, "OperationalStatus", status, "Manufacturer", n.maker, "Model", n.model, "SerialNumber", n.serial, "PhysicalLocation", n.Rack, "UniqueId", guid(c.seed, "scale unit", n.Name)))
	}
	return out
}

// repairDisk starts the repair of a virtual disk: what drives that are gone held
// is made anew on the others.
func (s *console) repairDisk(call *powershell.Call) error {
	names := call.Texts("FriendlyName")
	if o, ok := call.Value("InputObject").(*powershell.Object); ok {
		names = append(names, fmt.Sprint(o.Get("FriendlyName")))
	}
	for _, name := range names {
		err := s.change(func(c *simCluster) error {
			v := c.volume(name)
			if v == nil || c.shape.SAN {
				return powershell.NewError("Microsoft.PowerShell.Cmdletization.Cim.CimJobException", "CmdletizationQuery_NotFound_FriendlyName", "ObjectNotFound", name, "No MSFT_VirtualDisk objects found with property 'FriendlyName' equal to '"+name+"'.  Verify the value of the property and retry.")
			}
			return nil
		})
		if err != nil {
			return err
		}
		yes, err := call.Proceed(call.Name(), name)
		if err != nil {
			return err
		}
		if !yes {
			continue
		}
		if err := s.change(func(c *simCluster) error { c.rebuild(); return nil }); err != nil {
			return err
		}
	}
	return nil
}

// maintain takes the drives of a node out of use, or gives them back. It refuses
// while a virtual disk has not all of its copies.
func (s *console) maintain(on bool) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		o, _ := call.Value("InputObject").(*powershell.Object)
		name := ""
		if o != nil {
			name = fmt.Sprint(o.Get("FriendlyName"))
		}
		n := s.findNode(name)
		if n == nil || o.TypeName() != cimType("MSFT_StorageScaleUnit") {
			return powershell.NewError("System.Management.Automation.ParameterBindingException", "InputObjectNotBound", "InvalidArgument", nil, "The input object cannot be bound to any parameters for the command either because the command does not take pipeline input or the input and its properties do not match any of the parameters that take pipeline input.")
		}
		yes, err := call.Proceed(call.Name(), name)
		if err != nil || !yes {
			return err
		}
		return s.change(func(c *simCluster) error {
			if on && !n.maintenance && call.Value("ValidateVirtualDisksHealthy") != false {
				for _, v := range c.volumes {
					if health, _ := c.diskHealth(v); health != healthOK {
						return powershell.NewError(cimException, "StorageWMI 50005", "NotSpecified", name, "The operation failed because one or more virtual disks are not healthy: "+v.Name)
					}
				}
			}
			n.maintenance = on
			return nil
		})
	}
}

// getDisk lists the boot disk and the disks of the volumes that are here.
func (s *console) getDisk(call *powershell.Call) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		add := func(number int, name, serial, health, status, style string, size uint64, clustered bool) {
			if call.Has("Number") && !anyFold(call.Texts("Number"), fmt.Sprint(number)) || call.Has("FriendlyName") && !anyWild(call.Texts("FriendlyName"), name) {
				return
			}
			out = append(out, cimObject("MSFT_Disk", "Number", uint32(number), "DiskNumber", uint32(number), "FriendlyName", name, "SerialNumber", serial, "HealthStatus", health, "OperationalStatus", status, "TotalSize", size, "Size", size, "PartitionStyle", style, "IsClustered", clustered, "IsBoot", !clustered, "IsOffline", status == "Offline", "BusType", map[bool]string{true: "Spaces", false: "RAID"}[clustered && !c.shape.SAN]))
		}
		add(0, "SIM BOSS-S2", "BOSS"+s.h.node.serial, "Healthy", "Online", "GPT", 480_000_000_000, false)
		for i, v := range c.volumes {
			if v.role.owner != s.h.node {
				continue
			}
			health, status := "Healthy", "Online"
			if !c.volumeOnline(v) {
				health, status = "Unknown", "Offline"
			}
			name := v.Name
			if c.shape.SAN {
				name = "SIM SAN LUN"
			}
			add(i+1, name, "{"+guid(c.seed, "disk", v.Name)+"}", health, status, "GPT", uint64(v.size), true)
		}
		return out, nil
	})
}

func (s *console) getPartition(call *powershell.Call) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		disk := ""
		if o, ok := call.Value("InputObject").(*powershell.Object); ok {
			disk = fmt.Sprint(o.Get("Number"))
		}
		add := func(number, part int, letter any, offset, size uint64, kind string) {
			text := ""
			if l, ok := letter.(powershell.Char); ok {
				text = string(rune(l))
			}
			if disk != "" && disk != fmt.Sprint(number) || call.Has("DiskNumber") && !anyFold(call.Texts("DiskNumber"), fmt.Sprint(number)) || call.Has("DriveLetter") && !anyFold(call.Texts("DriveLetter"), text) {
				return
			}
			out = append(out, cimObject("MSFT_Partition", "DiskNumber", uint32(number), "PartitionNumber", uint32(part), "DriveLetter", letter, "Offset", offset, "Size", size, "Type", kind))
		}
		add(0, 1, nil, 1048576, 209715200, "System")
		add(0, 2, nil, 210763776, 16777216, "Reserved")
		add(0, 3, powershell.Char('C'), 227540992, 479_000_000_000, "Basic")
		for i, v := range c.volumes {
			if v.role.owner == s.h.node && c.volumeOnline(v) {
				add(i+1, 2, nil, 33554432, uint64(v.size)-33554432, "Basic")
			}
		}
		return out, nil
	})
}

func (s *console) getReliability(call *powershell.Call) error {
	o, _ := call.Value("PhysicalDisk").(*powershell.Object)
	return s.read(call, func(c *simCluster) ([]any, error) {
		for _, d := range c.drives {
			if o == nil || d.serial != fmt.Sprint(o.Get("SerialNumber")) {
				continue
			}
			h := hash(c.seed, "wear", d.serial)
			bad := uint64(0)
			if strings.Contains(c.cond.drives[d], "fail") {
				bad = 41
			}
			return []any{cimObject("MSFT_StorageReliabilityCounter", "DeviceId", o.Get("DeviceId"), "Temperature", uint8(31+h%9), "ReadErrorsUncorrected", bad, "ReadErrorsTotal", bad, "WriteErrorsUncorrected", uint64(0), "Wear", uint8(2+h>>8%12), "PowerOnHours", uint32(6000+h>>16%20000))}, nil
		}
		return nil, nil
	})
}
