package simulator

import (
	"fmt"
	"net"
	"strings"
	"time"
)

// root/cimv2: the machine itself. Values come from the answers to vitals.ps1
// and inventory.ps1 where these have them.
func init() {
	define(nsCimv2, "Win32_OperatingSystem", `@ *Name BootDevice BuildNumber BuildType Caption CodeSet CountryCode CreationClassName CSCreationClassName CSDVersion
		CSName CurrentTimeZone:sint16 Debug:boolean Description Distributed:boolean EncryptionLevel:uint32 FreePhysicalMemory:uint64
		FreeSpaceInPagingFiles:uint64 FreeVirtualMemory:uint64 InstallDate:datetime LastBootUpTime:datetime LocalDateTime:datetime Locale Manufacturer
		MaxNumberOfProcesses:uint32 MaxProcessMemorySize:uint64 MUILanguages:string[] NumberOfLicensedUsers:uint32 NumberOfProcesses:uint32
		NumberOfUsers:uint32 OperatingSystemSKU:uint32 Organization OSArchitecture OSLanguage:uint32 OSProductSuite:uint32 OSType:uint16
		OtherTypeDescription PAEEnabled:boolean PortableOperatingSystem:boolean Primary:boolean ProductType:uint32 RegisteredUser SerialNumber
		ServicePackMajorVersion:uint16 ServicePackMinorVersion:uint16 SizeStoredInPagingFiles:uint64 Status SuiteMask:uint32 SystemDevice
		SystemDirectory SystemDrive TotalSwapSpaceSize:uint64 TotalVirtualMemorySize:uint64 TotalVisibleMemorySize:uint64 Version WindowsDirectory`, (*cimView).systemRows)
	define(nsCimv2, "Win32_ComputerSystem", `@ *Name AutomaticManagedPagefile:boolean BootupState Caption CreationClassName CurrentTimeZone:sint16 Description
		DNSHostName Domain DomainRole:uint16 HypervisorPresent:boolean InstallDate:datetime Manufacturer Model NameFormat NumberOfLogicalProcessors:uint32
		NumberOfProcessors:uint32 PartOfDomain:boolean PCSystemType:uint16 PrimaryOwnerName Roles:string[] Status SystemType TotalPhysicalMemory:uint64
		UserName WakeUpType:uint16 Workgroup`, (*cimView).computerRows)
	define(nsCimv2, "Win32_Service", `*Name AcceptPause:boolean AcceptStop:boolean Caption CheckPoint:uint32 CreationClassName DelayedAutoStart:boolean
		Description DesktopInteract:boolean DisplayName ErrorControl ExitCode:uint32 InstallDate:datetime PathName ProcessId:uint32
		ServiceSpecificExitCode:uint32 ServiceType Started:boolean StartMode StartName State Status SystemCreationClassName SystemName TagId:uint32
		WaitHint:uint32`, (*cimView).serviceRows)
	define(nsCimv2, "Win32_Processor", `*DeviceID AddressWidth:uint16 Architecture:uint16 Availability:uint16 Caption CpuStatus:uint16 CreationClassName
		CurrentClockSpeed:uint32 DataWidth:uint16 Description Family:uint16 L2CacheSize:uint32 L3CacheSize:uint32 LoadPercentage:uint16 Manufacturer
		MaxClockSpeed:uint32 Name NumberOfCores:uint32 NumberOfEnabledCore:uint32 NumberOfLogicalProcessors:uint32 PNPDeviceID ProcessorType:uint16 Role
		SocketDesignation Status StatusInfo:uint16 SystemCreationClassName SystemName ThreadCount:uint32 VirtualizationFirmwareEnabled:boolean`, (*cimView).processorRows)
	define(nsCimv2, "Win32_BIOS", `*Name *SMBIOSBIOSVersion *Version BIOSVersion:string[] Caption Description InstallDate:datetime Manufacturer
		PrimaryBIOS:boolean ReleaseDate:datetime SerialNumber SMBIOSMajorVersion:uint16 SMBIOSMinorVersion:uint16 SMBIOSPresent:boolean Status`, (*cimView).biosRows)
	define(nsCimv2, "Win32_LogicalDisk", `*DeviceID Access:uint16 BlockSize:uint64 Caption Compressed:boolean CreationClassName Description DriveType:uint32
		FileSystem FreeSpace:uint64 InstallDate:datetime MaximumComponentLength:uint32 MediaType:uint32 Name ProviderName Size:uint64 Status
		SupportsFileBasedCompression:boolean SystemCreationClassName SystemName VolumeDirty:boolean VolumeName VolumeSerialNumber`, (*cimView).diskRows)
	define(nsCimv2, "Win32_NetworkAdapterConfiguration", `*Index:uint32 Caption DefaultIPGateway:string[] Description DHCPEnabled:boolean DHCPServer DNSDomain
		DNSHostName DNSServerSearchOrder:string[] InterfaceIndex:uint32 IPAddress:string[] IPConnectionMetric:uint32 IPEnabled:boolean IPSubnet:string[]
		MACAddress MTU:uint32 ServiceName SettingID`, (*cimView).adapterRows)
}

func (v *cimView) systemRows() []row {
	c, n, g := v.c, v.n, v.gauges()
	inv := c.answerInventory(n, nil)
	total, free := n.memory>>10, g.memoryFree>>10
	page := total / 8
	sku := 8 // Datacenter Server
	if c.shape.AzureLocal {
		sku = 406
	}
	return []row{{
		"Name": inv.OS + `|C:\Windows|\Device\Harddisk0\Partition3`, "Caption": inv.OS, "Version": inv.Version, "BuildNumber": fmt.Sprint(c.build()),
		"BuildType": "Multiprocessor Free", "CreationClassName": "Win32_OperatingSystem", "CSCreationClassName": "Win32_ComputerSystem", "CSName": strings.ToUpper(n.Name),
		"BootDevice": `\Device\HarddiskVolume1`, "SystemDevice": `\Device\HarddiskVolume3`, "SystemDirectory": `C:\Windows\system32`, "SystemDrive": "C:", "WindowsDirectory": `C:\Windows`,
		"CodeSet": "1252", "CountryCode": "1", "Locale": "0409", "OSLanguage": 1033, "MUILanguages": []string{"en-US"}, "CurrentTimeZone": 0,
		"Debug": false, "Description": "", "Distributed": false, "EncryptionLevel": 256, "Manufacturer": "Microsoft Corporation", "Organization": "", "RegisteredUser": "Simulated",
		"InstallDate": n.boot.AddDate(0, -14, 0), "LastBootUpTime": n.boot, "LocalDateTime": c.clock(n, c.now),
		"TotalVisibleMemorySize": total, "FreePhysicalMemory": free, "TotalVirtualMemorySize": total + page, "FreeVirtualMemory": free + page,
		"SizeStoredInPagingFiles": page, "FreeSpaceInPagingFiles": page, "MaxNumberOfProcesses": uint32(1<<32 - 1), "MaxProcessMemorySize": int64(137438953344),
		"NumberOfLicensedUsers": 0, "NumberOfUsers": 1, "NumberOfProcesses": 120 + int(hash(n.Name, "processes")%40) + 2*g.machines,
		"OperatingSystemSKU": sku, "OSArchitecture": "64-bit", "OSProductSuite": 400, "SuiteMask": 400, "OSType": 18, "ProductType": 3, "PortableOperatingSystem": false, "Primary": true,
		"SerialNumber": "00454-00000-00000-AA" + n.serial[len(n.serial)-3:], "ServicePackMajorVersion": 0, "ServicePackMinorVersion": 0, "Status": "OK",
	}}
}

func (v *cimView) computerRows() []row {
	c, n := v.c, v.n
	return []row{{
		"Name": strings.ToUpper(n.Name), "Caption": strings.ToUpper(n.Name), "DNSHostName": n.Name, "CreationClassName": "Win32_ComputerSystem", "Description": "AT/AT COMPATIBLE",
		"Domain": c.shape.Domain, "PartOfDomain": true, "DomainRole": 3, "Manufacturer": n.maker, "Model": n.model, "SystemType": "x64-based PC", "PCSystemType": 4,
		"NumberOfProcessors": sockets, "NumberOfLogicalProcessors": c.shape.Cores * 2, "TotalPhysicalMemory": n.memory, "HypervisorPresent": true,
		"AutomaticManagedPagefile": true, "BootupState": "Normal boot", "CurrentTimeZone": 0, "PrimaryOwnerName": "Simulated",
		"Roles": []string{"LM_Workstation", "LM_Server", "NT", "Server_NT"}, "Status": "OK", "WakeUpType": 6,
	}}
}

const sockets = 2

// servicePaths are the programs behind the services; the others run in svchost.
var servicePaths = map[string]string{
	"ClusSvc": `C:\Windows\Cluster\clussvc.exe -s`, "vmms": `C:\Windows\system32\vmms.exe`, "vmcompute": `C:\Windows\system32\vmcompute.exe`,
	"himds": `C:\Program Files\AzureConnectedMachineAgent\himds.exe`, "HciCloudManagementSvc": `C:\Windows\system32\HciCloudManagementSvc.exe`,
}

func (v *cimView) serviceRows() []row {
	var out []row
	for _, s := range services {
		if s.azure && !v.c.shape.AzureLocal {
			continue
		}
		state := v.c.serviceState(v.n, s.name)
		running := state == "Running"
		path, kind := servicePaths[s.name], "Own Process"
		if path == "" {
			path, kind = `C:\Windows\System32\svchost.exe -k NetworkService -p`, "Share Process"
		}
		pid, exit := uint64(0), 0
		if running {
			pid = 1000 + hash(v.n.Name, "pid", s.name)%8000*4
		}
		out = append(out, row{
			"Name": s.name, "DisplayName": s.display, "Caption": s.display, "Description": s.display, "CreationClassName": "Win32_Service", "State": state,
			"Started": running, "StartMode": s.start, "AcceptStop": running, "AcceptPause": false, "DelayedAutoStart": false, "DesktopInteract": false,
			"ErrorControl": "Normal", "ExitCode": exit, "ServiceSpecificExitCode": 0, "CheckPoint": 0, "WaitHint": 0, "TagId": 0, "ProcessId": pid,
			"PathName": path, "ServiceType": kind, "StartName": "LocalSystem", "Status": "OK", "SystemCreationClassName": "Win32_ComputerSystem", "SystemName": strings.ToUpper(v.n.Name),
		})
	}
	return out
}

func (v *cimView) processorRows() []row {
	var out []row
	for i := range sockets {
		out = append(out, row{
			"DeviceID": fmt.Sprintf("CPU%d", i), "SocketDesignation": fmt.Sprintf("CPU %d", i+1), "Name": cpuName, "Caption": "Intel64 Family 6 Model 106 Stepping 6",
			"Description": "Intel64 Family 6 Model 106 Stepping 6", "Manufacturer": "GenuineIntel", "CreationClassName": "Win32_Processor", "AddressWidth": 64, "DataWidth": 64, "Architecture": 9,
			"Availability": 3, "CpuStatus": 1, "CurrentClockSpeed": 2600, "MaxClockSpeed": 2600, "Family": 179, "L2CacheSize": 1280 * v.c.shape.Cores / sockets, "L3CacheSize": 49152,
			"LoadPercentage": int(v.gauges().cpu), "NumberOfCores": v.c.shape.Cores / sockets, "NumberOfEnabledCore": v.c.shape.Cores / sockets,
			"NumberOfLogicalProcessors": v.c.shape.Cores * 2 / sockets, "ThreadCount": v.c.shape.Cores * 2 / sockets, "ProcessorType": 3, "Role": "CPU", "Status": "OK", "StatusInfo": 3,
			"SystemCreationClassName": "Win32_ComputerSystem", "SystemName": strings.ToUpper(v.n.Name), "VirtualizationFirmwareEnabled": true,
		})
	}
	return out
}

func (v *cimView) biosRows() []row {
	return []row{{
		"Name": biosVersion, "Caption": biosVersion, "Description": biosVersion, "SMBIOSBIOSVersion": biosVersion, "BIOSVersion": []string{"SIM - 1", biosVersion}, "Version": "SIM - 1",
		"Manufacturer": v.n.maker, "SerialNumber": v.n.serial, "PrimaryBIOS": true, "ReleaseDate": time.Date(2025, 11, 4, 0, 0, 0, 0, time.UTC),
		"SMBIOSMajorVersion": 3, "SMBIOSMinorVersion": 3, "SMBIOSPresent": true, "Status": "OK",
	}}
}

// diskRows is the system disk; it is no part of the model and hardly changes.
func (v *cimView) diskRows() []row {
	const size = 446 << 30
	h := hash(v.c.seed, "system disk", v.n.Name)
	used := (60 + h%40) << 30
	return []row{{
		"DeviceID": "C:", "Name": "C:", "Caption": "C:", "Description": "Local Fixed Disk", "CreationClassName": "Win32_LogicalDisk", "DriveType": 3, "MediaType": 12, "Access": 0,
		"FileSystem": "NTFS", "Size": int64(size), "FreeSpace": int64(size - used), "Compressed": false, "MaximumComponentLength": 255, "SupportsFileBasedCompression": true,
		"SystemCreationClassName": "Win32_ComputerSystem", "SystemName": strings.ToUpper(v.n.Name), "VolumeName": "System", "VolumeSerialNumber": fmt.Sprintf("%08X", uint32(h)), "VolumeDirty": false,
	}}
}

func (v *cimView) adapterRows() []row {
	var out []row
	for _, nw := range v.c.nets {
		if !nw.has[v.n.index] {
			continue
		}
		up := !v.c.unplugged(nw, v.n)
		r := row{
			"Index": nw.index + 1, "InterfaceIndex": nw.index + 4, "Caption": fmt.Sprintf("[%08d] %s", nw.index+1, adapterDescription(nw)), "Description": adapterDescription(nw),
			"DHCPEnabled": false, "IPEnabled": up, "MACAddress": strings.ReplaceAll(v.c.mac(v.n, nw), "-", ":"), "ServiceName": "VMSNPXYMP", "SettingID": "{" + strings.ToUpper(guid(v.c.seed, "adapter", v.n.Name, nw.Name)) + "}",
		}
		if up {
			r["IPAddress"] = []string{nw.address(v.n)}
			r["IPSubnet"] = []string{net.IP(net.CIDRMask(nw.prefix.Bits(), 32)).String()}
			r["DNSDomain"], r["DNSHostName"], r["IPConnectionMetric"] = v.c.shape.Domain, v.n.Name, 25
			if nw.Role == 3 {
				r["DefaultIPGateway"], r["DNSServerSearchOrder"] = []string{hostAddress(nw.prefix, 1)}, []string{hostAddress(nw.prefix, 2), hostAddress(nw.prefix, 3)}
			}
		}
		out = append(out, r)
	}
	return out
}
