package simulator

import (
	"fmt"
	"strings"
	"time"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

// storageCmdlets show Storage Spaces Direct and the Health Service.
func (s *console) storageCmdlets() []*powershell.Cmdlet {
	list := func(name, kind string, more []powershell.Param, make func(*simCluster, *scripts.StorageState) []any) *powershell.Cmdlet {
		return &powershell.Cmdlet{Name: name, Class: name, Module: storageModule, Params: append([]powershell.Param{{Name: "InputObject", Pipeline: true}, {Name: "FriendlyName", Kind: powershell.KindStrings, Position: 1}, {Name: "HealthStatus", Kind: powershell.KindStrings}, {Name: "CimSession", Kind: powershell.KindString}}, more...), Process: func(call *powershell.Call) error {
			return s.storage(call, kind, make)
		}}
	}
	return []*powershell.Cmdlet{
		list("Get-StoragePool", "MSFT_StoragePool", []powershell.Param{{Name: "IsPrimordial", Kind: powershell.KindBool}}, storagePools),
		list("Get-VirtualDisk", "MSFT_VirtualDisk", nil, virtualDisks),
		list("Get-PhysicalDisk", "MSFT_PhysicalDisk", []powershell.Param{{Name: "SerialNumber", Kind: powershell.KindString}, {Name: "CanPool", Kind: powershell.KindBool}, {Name: "Usage", Kind: powershell.KindString}}, physicalDisks),
		{Name: "Get-StorageJob", Class: "Get-StorageJob", Module: storageModule, Params: []powershell.Param{{Name: "Name", Kind: powershell.KindStrings, Position: 1}, {Name: "JobState", Kind: powershell.KindString}, {Name: "CimSession", Kind: powershell.KindString}}, Process: func(call *powershell.Call) error {
			return s.storage(call, "MSFT_StorageJob", storageJobs)
		}},
		{Name: "Get-HealthFault", Class: "Get-HealthFault", Module: storageModule, Params: []powershell.Param{{Name: "CimSession", Kind: powershell.KindString}, {Name: "ReportName", Kind: powershell.KindString}}, Process: func(call *powershell.Call) error {
			return s.storage(call, "MSFT_HealthFault", healthFaults)
		}},
		{Name: "Get-Volume", Class: "Get-Volume", Module: storageModule, Params: []powershell.Param{{Name: "DriveLetter", Kind: powershell.KindStrings, Position: 1}, {Name: "FriendlyName", Aliases: []string{"FileSystemLabel"}, Kind: powershell.KindStrings}, {Name: "CimSession", Kind: powershell.KindString}}, Process: s.getVolume},
	}
}

var (
	healthWords = map[int]string{healthOK: "Healthy", healthWarning: "Warning", healthBad: "Unhealthy", healthUnknown: "Unknown"}
	opWords     = map[int]string{1: "Read-only", opOK: "OK", opDegraded: "Degraded", opPredictive: "Predictive Failure", opInService: "In Service", opLost: "Lost Communication", opDetached: "Detached", opIncomplete: "Incomplete", opFailedMedia: "Failed Media", opMaintenance: "In Maintenance Mode"}
	usageWords  = map[int]string{1: "Auto-Select", 2: "Manual-Select", 3: "Hot Spare", 4: "Retired", 5: "Journal"}
	mediaWords  = map[int]string{0: "Unspecified", 3: "HDD", 4: "SSD", 5: "SCM"}
	faultWords  = map[int]string{0: "Unknown", 2: "Information", 3: "Warning", 4: "Minor", 5: "Major", 6: "Critical", 7: "Fatal"}
)

// cimObject is an instance of a CIM class.
func cimObject(class string, pairs ...any) *powershell.Object {
	o := powershell.NewObject(cimType(class), append(pairs, "PSComputerName", nil)...)
	o.Types = []string{cimType(class), "Microsoft.Management.Infrastructure.CimInstance", "System.Object"}
	return o
}

// storage lists objects of a storage class and filters by what was asked for.
func (s *console) storage(call *powershell.Call, class string, make func(*simCluster, *scripts.StorageState) []any) error {
	matched := false
	err := s.read(call, func(c *simCluster) ([]any, error) {
		if fail := s.h.cimError(nsStorage); fail != nil {
			rec := powershell.NewError(fail.kind, "HRESULT 0x"+fmt.Sprintf("%08x", uint32(fail.hresult)), "NotSpecified", class, fail.message)
			rec.Exception.HResult = fail.hresult
			return nil, rec
		}
		state := c.answerStorage(s.h.node)
		var out []any
		for _, v := range make(c, &state) {
			o := v.(*powershell.Object)
			keep := true
			for _, p := range []string{"FriendlyName", "Name", "HealthStatus", "SerialNumber", "Usage", "JobState", "CanPool", "IsPrimordial"} {
				if call.Has(p) {
					keep = keep && anyWild(call.Texts(p), fmt.Sprint(o.Get(p)))
				}
			}
			if pool, ok := call.Value("InputObject").(*powershell.Object); ok && pool.TypeName() == cimType("MSFT_StoragePool") && pool.Get("IsPrimordial") == true && class == "MSFT_VirtualDisk" {
				keep = false
			}
			if keep {
				out, matched = append(out, o), true
			}
		}
		return out, nil
	})
	if err != nil || matched {
		return err
	}
	for _, p := range []string{"FriendlyName", "SerialNumber"} {
		for _, name := range call.Texts(p) {
			if strings.ContainsAny(name, "*?[") {
				continue
			}
			rec := powershell.NewError("Microsoft.PowerShell.Cmdletization.Cim.CimJobException", "CmdletizationQuery_NotFound_"+p, "ObjectNotFound", name,
				fmt.Sprintf("No %s objects found with property '%s' equal to '%s'.  Verify the value of the property and retry.", class, p, name))
			if err := call.Fail(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

func storagePools(c *simCluster, s *scripts.StorageState) []any {
	var out []any
	for _, p := range s.Pools {
		out = append(out, cimObject("MSFT_StoragePool", "FriendlyName", p.FriendlyName, "OperationalStatus", opWords[p.OperationalStatus[0]], "HealthStatus", healthWords[p.HealthStatus],
			"IsPrimordial", false, "IsReadOnly", p.IsReadOnly, "Size", uint64(p.Size), "AllocatedSize", uint64(p.AllocatedSize), "UniqueId", guid(c.seed, "pool"), "FaultDomainAwarenessDefault", "StorageScaleUnit", "IsClustered", true))
	}
	return out
}

func virtualDisks(c *simCluster, s *scripts.StorageState) []any {
	var out []any
	for _, d := range s.VirtualDisks {
		efficiency := ""
		if d.FootprintOnPool > 0 {
			efficiency = fmt.Sprintf("%.2f%%", 100*float64(d.Size)/float64(d.FootprintOnPool))
		}
		out = append(out, cimObject("MSFT_VirtualDisk", "FriendlyName", d.FriendlyName, "ResiliencySettingName", d.ResiliencySettingName, "FaultDomainRedundancy", uint16(max(d.NumberOfDataCopies-1, 0)), "OperationalStatus", opWords[d.OperationalStatus[0]], "HealthStatus", healthWords[d.HealthStatus],
			"Size", uint64(d.Size), "AllocatedSize", uint64(d.Size), "FootprintOnPool", uint64(d.FootprintOnPool), "StorageEfficiency", efficiency, "NumberOfDataCopies", uint16(d.NumberOfDataCopies), "PhysicalDiskRedundancy", uint16(max(d.NumberOfDataCopies-1, 0)), "ProvisioningType", "Fixed", "IsManualAttach", true, "Access", "Read/Write", "UniqueId", guid(c.seed, "virtual disk", d.FriendlyName)))
	}
	return out
}

func physicalDisks(c *simCluster, s *scripts.StorageState) []any {
	var out []any
	for i, d := range s.Drives {
		number := 1000*(c.nodeIndex(d.Node)+1) + d.SlotNumber + 1
		location := fmt.Sprintf("Integrated : Bus %d : Device 0 : Function 0 : Adapter 1 : Slot %d", i%4, d.SlotNumber)
		out = append(out, cimObject("MSFT_PhysicalDisk", "DeviceId", fmt.Sprint(number), "FriendlyName", d.FriendlyName, "SerialNumber", d.SerialNumber, "MediaType", mediaWords[d.MediaType], "CanPool", false, "OperationalStatus", opWords[d.OperationalStatus[0]], "HealthStatus", healthWords[d.HealthStatus],
			"Usage", usageWords[d.Usage], "Size", uint64(d.Size), "Model", d.Model, "FirmwareVersion", d.FirmwareVersion, "SlotNumber", uint16(d.SlotNumber), "PhysicalLocation", location, "BusType", "NVMe", "CannotPoolReason", "In a Pool", "UniqueId", d.UniqueId, "Description", d.Node))
	}
	return out
}

func (c *simCluster) nodeIndex(name string) int {
	if n := c.node(name); n != nil {
		return n.index
	}
	return 0
}

func storageJobs(_ *simCluster, s *scripts.StorageState) []any {
	var out []any
	for _, j := range s.Jobs {
		out = append(out, cimObject("MSFT_StorageJob", "Name", j.Name, "IsBackgroundTask", j.IsBackgroundTask, "ElapsedTime", time.Duration(j.ElapsedSeconds)*time.Second, "JobState", "Running",
			"PercentComplete", uint16(j.PercentComplete), "BytesProcessed", uint64(j.BytesProcessed), "BytesTotal", uint64(j.BytesTotal)))
	}
	return out
}

func healthFaults(_ *simCluster, s *scripts.StorageState) []any {
	var out []any
	for _, f := range s.Faults {
		var since any
		if t, err := time.Parse(time.RFC3339Nano, f.FaultTime); err == nil {
			since = t
		}
		out = append(out, cimObject("MSFT_HealthFault", "EventTime", since, "FaultId", f.FaultId, "FaultType", f.FaultType, "FaultingObjectDescription", f.FaultingObjectDescription, "FaultingObjectLocation", f.FaultingObjectLocation,
			"FaultingObjectType", f.FaultingObjectType, "FaultingObjectUniqueId", f.FaultingObjectUniqueId, "PerceivedSeverity", faultWords[f.PerceivedSeverity], "Reason", f.Reason, "RecommendedActions", texts(f.RecommendedActions)))
	}
	return out
}

// getVolume is the system disk and the cluster's volumes.
func (s *console) getVolume(call *powershell.Call) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		v := &cimView{sim: s.h.sim, c: c, n: s.h.node}
		var out []any
		add := func(letter any, label, system, health string, free, size uint64, path string) {
			if call.Has("DriveLetter") && (letter == nil || !anyWild(call.Texts("DriveLetter"), "C")) || call.Has("FriendlyName") && !anyWild(call.Texts("FriendlyName"), label) {
				return
			}
			status := "OK"
			if health != "Healthy" {
				status = "Degraded"
			}
			out = append(out, cimObject("MSFT_Volume", "DriveLetter", letter, "FriendlyName", label, "FileSystemLabel", label, "FileSystemType", system, "FileSystem", system, "DriveType", "Fixed", "HealthStatus", health, "OperationalStatus", status, "SizeRemaining", free, "Size", size, "Path", path))
		}
		for _, r := range v.diskRows() {
			add(powershell.Char('C'), fmt.Sprint(r["VolumeName"]), "NTFS", "Healthy", uint64(r["FreeSpace"].(int64)), uint64(r["Size"].(int64)), `\\?\Volume{`+guid(c.seed, "C", s.h.node.Name)+`}\`)
		}
		for _, x := range c.volumes {
			if !c.volumeOnline(x) {
				continue
			}
			health, _ := c.diskHealth(x)
			system := "CSVFS_ReFS"
			if c.shape.SAN {
				system, health = "CSVFS_NTFS", healthOK
			}
			add(nil, x.Name, system, healthWords[health], uint64(c.free(x, c.now)), uint64(x.size), `\\?\Volume{`+guid(c.seed, "volume", x.Name)+`}\`)
		}
		return out, nil
	})
}
