package simulator

import (
	"fmt"
	"slices"
	"strings"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

// spaceRights are the rights that open a CIM namespace.
var spaceRights = map[string]Right{
	strings.ToLower(nsCimv2): RightCimv2, strings.ToLower(nsStorage): RightStorage, strings.ToLower(nsNetwork): RightNetwork,
	strings.ToLower(nsHyperV): RightVirtualization, strings.ToLower(nsCluster): RightCluster,
}

// accessDenied is WBEM_E_ACCESS_DENIED as Get-CimInstance reports it.
func accessDenied() *psError {
	return &psError{message: "Access denied ", kind: cimException, line: "Get-CimInstance", category: "PermissionDenied: (:) [Get-CimInstance], CimException",
		id: "HRESULT 0x80041003,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand", hresult: -2147217405}
}

// deniedVitals takes out of an answer to vitals.ps1 what the account may not read
// and names it as the script does. The cluster's lock is held.
func (h *host) deniedVitals(v *scripts.NodeVitals) {
	if !h.may(RightCimv2) {
		v.Denied = append(v.Denied, "Adapters", "ComputerSystem", "OperatingSystem", "Processor", "SharedVolumes")
		v.BootTime, v.CpuPercent, v.LogicalCPUs, v.MemoryTotal, v.MemoryFree = "", 0, 0, 0, 0
		v.ReadsPerSec, v.WritesPerSec, v.ReadBytes, v.WriteBytes, v.LatencySeconds = 0, 0, 0, 0, 0
		v.Adapters = []scripts.VitalsAdapter{}
	}
	if !h.may(RightCimv2) || !h.may(RightServices) {
		v.Denied = append(v.Denied, "Services")
		v.Services, v.IsClusterNode = []scripts.VitalsService{}, false
	}
	if !h.may(RightVirtualization) {
		v.Denied = append(v.Denied, "VirtualMachines")
		v.RunningVMs = 0
	}
	slices.Sort(v.Denied)
}

// deniedInventory is deniedVitals for inventory.ps1. Its w32tm is for
// administrators only; for others the script tells what the registry holds.
func (h *host) deniedInventory(v *scripts.NodeInventory) {
	if !h.may(RightCimv2) {
		v.Denied = append(v.Denied, "BIOS", "ComputerSystem", "OperatingSystem", "Processor")
		_, revision, _ := strings.Cut(v.Build, ".")
		v.OS, v.Version, v.Build, v.Domain, v.Manufacturer, v.Model = "", "", "."+revision, "", "", ""
		v.SerialNumber, v.BIOSVersion, v.CPUName, v.Sockets, v.Cores, v.LogicalCPUs, v.Memory = "", "", "", 0, 0, 0, 0
	}
	if !h.may(RightNetwork) {
		v.Denied = append(v.Denied, "Adapters")
		v.Adapters = []scripts.InventoryAdapter{}
	}
	if !h.may(RightAdmin) {
		v.ClockSource = "time.windows.com,0x8"
	}
	slices.Sort(v.Denied)
}

// deniedStorage is deniedVitals for storage.ps1. The Health Service tells its
// faults to administrators only.
func (h *host) deniedStorage(v *scripts.StorageState) {
	if !h.may(RightStorage) {
		*v = scripts.StorageState{UtcNow: v.UtcNow, Denied: []string{"DriveNodes", "Drives", "Faults", "Jobs", "Pools", "VirtualDisks"}, Pools: []scripts.StoragePool{},
			VirtualDisks: []scripts.StorageVirtualDisk{}, Drives: []scripts.StorageDrive{}, Jobs: []scripts.StorageJob{}, Faults: []scripts.StorageFault{}}
		return
	}
	if !h.may(RightAdmin) && len(v.Pools) > 0 {
		v.Denied, v.Faults = append(v.Denied, "Faults"), []scripts.StorageFault{}
	}
}

// guard makes a cmdlet refuse an account that lacks the right for it.
func (s *console) guard(c *powershell.Cmdlet) *powershell.Cmdlet {
	reads := strings.HasPrefix(c.Name, "Get-") || strings.HasPrefix(c.Name, "Test-")
	var right Right
	var refuse func(call *powershell.Call) error
	switch {
	case c.Module == clusterModule:
		right = RightClusterFull
		if reads {
			right = RightCluster
		}
		refuse = func(*powershell.Call) error {
			rec := clusterFailure("AuthenticationError", "You do not have administrative privileges on the cluster. Contact your network administrator to request access.\r\n    Access is denied")
			rec.ID, rec.Exception.HResult = "ClusterAccessDenied", -2147024891
			return rec
		}
	case c.Module == hyperVModule:
		right = RightVirtualization
		refuse = func(call *powershell.Call) error {
			return powershell.NewError("Microsoft.HyperV.PowerShell.VirtualizationException", "AccessDenied", "PermissionDenied", nil, fmt.Sprintf("You do not have the required permission to complete this task. Contact the administrator of the authorization policy for the computer '%s'.", strings.ToUpper(s.h.node.Name)))
		}
	case c.Module == storageModule:
		right = RightStorage
		if c.Name == "Get-HealthFault" || c.Name == "Debug-StorageSubSystem" || !reads {
			right = RightAdmin
		}
		refuse = func(*powershell.Call) error {
			rec := powershell.NewError(cimException, "HRESULT 0x80041003", "PermissionDenied", nil, "Access denied ")
			rec.Exception.HResult = -2147217405
			return rec
		}
	case strings.HasSuffix(c.Name, "-Service"):
		right = RightAdmin
		if reads {
			right = RightServices
		}
		refuse = func(call *powershell.Call) error {
			message := "Cannot open Service Control Manager on computer '.'. This operation might require other privileges."
			if !reads {
				message = fmt.Sprintf("Service '%s' cannot be changed due to the following error: Cannot open %[1]s service on computer '.'.", strings.Join(call.Texts("Name"), "', '"))
			}
			return powershell.NewError("System.InvalidOperationException", "System.InvalidOperationException", "NotSpecified", nil, message)
		}
	case c.Name == "Restart-Computer", c.Name == "Stop-Computer":
		right = RightAdmin
		refuse = func(*powershell.Call) error {
			return powershell.NewError("System.UnauthorizedAccessException", "System.UnauthorizedAccessException", "PermissionDenied", nil, "Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED))")
		}
	default:
		return c
	}
	guarded, run := *c, c.Process
	guarded.Process = func(call *powershell.Call) error {
		if !s.h.allowed(right) {
			return refuse(call)
		}
		return run(call)
	}
	return &guarded
}
