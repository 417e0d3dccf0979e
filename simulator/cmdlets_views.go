package simulator

import (
	"fmt"
	"strings"

	"looksalive/simulator/powershell"
)

// views are the tables and lists of the modules' format files. Cluster and
// storage tables size themselves; sizes stand to the right.
var views = map[string]*powershell.View{
	clusterClass + "Cluster":                                 sized("Name"),
	clusterClass + "ClusterNode":                             sized("Name State Type"),
	clusterClass + "ClusterGroup":                            sized("Name OwnerNode State"),
	clusterClass + "ClusterResource":                         sized("Name State OwnerGroup ResourceType"),
	clusterClass + "ClusterNetwork":                          sized("Name State Metric> Role"),
	clusterClass + "ClusterNetworkInterface":                 sized("Name Node Network State"),
	clusterClass + "ClusterQuorumSettings":                   sized("Cluster QuorumResource"),
	clusterClass + "ClusterSharedVolume":                     sized("Name State Node"),
	clusterClass + "ClusterFaultDomain":                      sized("Name Type ParentName ChildrenNames Location"),
	"System.ServiceProcess.ServiceController":                {Table: []powershell.Column{{Label: "Status", Width: 8}, {Label: "Name", Width: 18}, {Label: "DisplayName", Width: 38}}},
	"System.IO.FileSystemInfo":                               fileView,
	"Microsoft.WSMan.Management.WSManConfigContainerElement": wsmanView,
	"Microsoft.WSMan.Management.WSManConfigLeafElement":      wsmanLeafView,
	"System.Diagnostics.Process":                             processView,
	cimType("MSFT_StorageJob"):                               sized("Name IsBackgroundTask ElapsedTime JobState PercentComplete BytesProcessed BytesTotal"),
	cimType("MSFT_StoragePool"):                              sized("FriendlyName OperationalStatus HealthStatus IsPrimordial IsReadOnly Size> AllocatedSize>"),
	cimType("MSFT_VirtualDisk"):                              sized("FriendlyName ResiliencySettingName FaultDomainRedundancy OperationalStatus HealthStatus Size> FootprintOnPool> StorageEfficiency>"),
	cimType("MSFT_PhysicalDisk"):                             sized("Number=DeviceId FriendlyName SerialNumber MediaType CanPool OperationalStatus HealthStatus Usage Size>"),
	cimType("MSFT_Volume"):                                   sized("DriveLetter FriendlyName FileSystemType DriveType HealthStatus OperationalStatus SizeRemaining> Size>"),
	cimType("Win32_OperatingSystem"):                         even("SystemDirectory Organization BuildNumber RegisteredUser SerialNumber Version"),
	cimType("Win32_Service"):                                 even("ProcessId Name StartMode State Status ExitCode"),
	cimType("Win32_LogicalDisk"):                             even("DeviceID DriveType ProviderName VolumeName Size FreeSpace"),
	"Microsoft.PowerShell.NetConnectionResults.Ping":         listed("ComputerName RemoteAddress InterfaceAlias SourceAddress PingSucceeded PingReplyDetails_(RTT)=RTT"),
	"Microsoft.PowerShell.NetConnectionResults.Port":         listed("ComputerName RemoteAddress RemotePort InterfaceAlias SourceAddress TcpTestSucceeded"),
	"Microsoft.PowerShell.NetConnectionResults.PortAndPing":  listed("ComputerName RemoteAddress RemotePort InterfaceAlias SourceAddress PingSucceeded PingReplyDetails_(RTT)=RTT TcpTestSucceeded"),
	clusterClass + "ClusterParameter":                        sized("Object=ClusterObject Name Value Type=ParameterType"),
	clusterClass + "ClusterOwnerNodeList":                    sized("ClusterObject OwnerNodes"),
	clusterClass + "ClusterResourceDependency":               sized("Resource DependencyExpression"),
	clusterClass + "ClusterResourceType":                     sized("Name DisplayName"),
	clusterClass + "ClusterSharedVolumeState":                listed("BlockRedirectedIOReason FileSystemRedirectedIOReason Name Node StateInfo VolumeFriendlyName VolumeName"),
	clusterClass + "ClusterAccessRule":                       sized("IdentityReference AccessControlType ClusterRights"),
	hyperVClass + "VirtualMachine": {AutoSize: true, Table: []powershell.Column{{Label: "Name"}, {Label: "State"}, {Label: "CPUUsage(%)", Property: "CPUUsage"},
		{Label: "MemoryAssigned(M)", Value: func(v any) any { return v.(*powershell.Object).Get("MemoryAssigned").(int64) >> 20 }}, {Label: "Uptime"}, {Label: "Status"}, {Label: "Version"}}},
	hyperVClass + "VMHost": {AutoSize: true, Table: []powershell.Column{{Label: "Name"}, {Label: "LogicalProcessorCount"},
		{Label: "MemoryCapacity(M)", Value: func(v any) any { return float64(v.(*powershell.Object).Get("MemoryCapacity").(int64)) / (1 << 20) }}, {Label: "VirtualMachineMigrationEnabled"}}},
	hyperVClass + "VMSwitch":         sized("Name SwitchType NetAdapterInterfaceDescription"),
	cimType("MSFT_StorageSubSystem"): sized("FriendlyName HealthStatus OperationalStatus"),
	cimType("MSFT_StorageTier"):      sized("FriendlyName TierClass MediaType ResiliencySettingName FaultDomainRedundancy Size> FootprintOnPool> StorageEfficiency>"),
	cimType("MSFT_StorageNode"):      sized("Name HealthStatus OperationalStatus UniqueId"),
	cimType("MSFT_StorageScaleUnit"): sized("FriendlyName Type HealthStatus OperationalStatus"),
	cimType("MSFT_HealthFault"):      listed("Severity=PerceivedSeverity Reason RecommendedActions FaultType FaultingObjectDescription FaultingObjectLocation"),
	cimType("MSFT_Disk"): {AutoSize: true, Table: []powershell.Column{{Label: "Number"}, {Label: "Friendly Name", Property: "FriendlyName"}, {Label: "Serial Number", Property: "SerialNumber"}, {Label: "HealthStatus"}, {Label: "OperationalStatus"},
		{Label: "Total Size", Right: true, Value: func(v any) any { return bytesText(v.(*powershell.Object).Get("TotalSize")) }}, {Label: "Partition Style", Property: "PartitionStyle"}}},
	cimType("MSFT_Partition"): {AutoSize: true, Group: func(v any) string { return "DiskNumber: " + fmt.Sprint(v.(*powershell.Object).Get("DiskNumber")) }, Table: []powershell.Column{{Label: "PartitionNumber"}, {Label: "DriveLetter"}, {Label: "Offset"},
		{Label: "Size", Right: true, Value: func(v any) any { return bytesText(v.(*powershell.Object).Get("Size")) }}, {Label: "Type"}}},
	cimType("MSFT_StorageReliabilityCounter"): sized("DeviceId Temperature ReadErrorsUncorrected Wear PowerOnHours"),
	"Microsoft.Health.PerformanceHistory": {AutoSize: true, Group: func(v any) string {
		return "Object Description: " + fmt.Sprint(v.(*powershell.Object).Get("ObjectDescription"))
	}, Table: []powershell.Column{{Label: "Series"}, {Label: "Time"}, {Label: "Value", Right: true, Value: unitText}}},
	"Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSampleSet": {Wrap: true, Table: []powershell.Column{{Label: "Timestamp", Width: 25}, {Label: "CounterSamples", Property: "Readings"}}},
	"Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSample":    sized("Path InstanceName CookedValue>"),
	wsmanIdentity:                                                               listed("wsmid ProtocolVersion ProductVendor ProductVersion"),
	netType("MSFT_NetAdapter"):                                                  {Table: []powershell.Column{{Label: "Name", Width: 25}, {Label: "InterfaceDescription", Width: 38}, {Label: "ifIndex", Width: 7, Right: true}, {Label: "Status", Width: 12}, {Label: "MacAddress", Width: 17}, {Label: "LinkSpeed", Width: 10, Right: true}}},
	netType("MSFT_NetAdapterRdmaSettingData"):                                   {Table: []powershell.Column{{Label: "Name", Width: 25}, {Label: "InterfaceDescription", Width: 40}, {Label: "Enabled", Width: 10}, {Label: "Operational", Width: 11}, {Label: "PFC", Width: 10}, {Label: "ETS", Width: 10}}},
	netType("MSFT_NetAdapterStatisticsSettingData"):                             sized("Name ReceivedBytes> ReceivedUnicastPackets> SentBytes> SentUnicastPackets>"),
	netType("MSFT_NetIPAddress"):                                                listed("IPAddress InterfaceIndex InterfaceAlias AddressFamily Type PrefixLength PrefixOrigin SuffixOrigin AddressState SkipAsSource PolicyStore"),
	"Microsoft.DnsClient.Commands.DnsRecord_A":                                  {Table: []powershell.Column{{Label: "Name", Width: 46}, {Label: "Type", Width: 6}, {Label: "TTL", Width: 5}, {Label: "Section", Width: 10}, {Label: "IPAddress"}}},
	"System.Management.ManagementObject#root\\cimv2\\Win32_QuickFixEngineering": {Table: []powershell.Column{{Label: "Source", Width: 13}, {Label: "Description", Width: 16}, {Label: "HotFixID", Width: 13}, {Label: "InstalledBy", Width: 20}, {Label: "InstalledOn"}}},
	"Microsoft.Windows.ServerManager.Commands.Feature": {AutoSize: true, Table: []powershell.Column{{Label: "Display Name", Value: func(v any) any {
		o := v.(*powershell.Object)
		return fmt.Sprint(o.Get("Mark"), " ", o.Get("DisplayName"))
	}}, {Label: "Name"}, {Label: "Install State", Property: "InstallState", Right: true}}},
	"System.Security.Cryptography.X509Certificates.X509Certificate2": {Table: []powershell.Column{{Label: "Thumbprint", Width: 41}, {Label: "Subject"}}, Group: func(v any) string { return "PSParentPath: " + fmt.Sprint(v.(*powershell.Object).Get("PSParentPath")) }},
	"Microsoft.Win32.RegistryKey":                                    {Table: []powershell.Column{{Label: "Name", Property: "PSChildName", Width: 30}, {Label: "Property"}}},
	cimType("Win32_PingStatus"):                                      {Table: []powershell.Column{{Label: "Source", Width: 13}, {Label: "Destination", Width: 15}, {Label: "IPV4Address", Width: 16}, {Label: "IPV6Address", Width: 40}, {Label: "Bytes", Width: 8, Right: true}, {Label: "Time(ms)", Width: 8, Right: true}}},
	"System.Management.Automation.PSModuleInfo":                      {Table: []powershell.Column{{Label: "ModuleType", Width: 10}, {Label: "Version", Width: 10}, {Label: "Name", Width: 35}, {Label: "ExportedCommands"}}},
}

// cimType is the type name of a CIM object's instances.
func cimType(class string) string {
	space := nsStorage
	switch {
	case strings.HasPrefix(class, "Win32_"):
		space = nsCimv2
	case strings.HasPrefix(class, "MSCluster_"):
		space = nsCluster
	}
	return "Microsoft.Management.Infrastructure.CimInstance#" + space + "/" + class
}

// columns reads "Name", "Name>" (aligned right) and "Label=Property"; an
// underscore stands for a blank.
func columns(text string) []powershell.Column {
	var out []powershell.Column
	for _, word := range strings.Fields(text) {
		word, right := strings.CutSuffix(strings.ReplaceAll(word, "_", " "), ">")
		label, property, _ := strings.Cut(word, "=")
		c := powershell.Column{Label: label, Property: property, Right: right}
		if name := label; strings.Contains(name, "Size") || name == "FootprintOnPool" {
			c.Value = func(v any) any { return bytesText(v.(*powershell.Object).Get(name)) }
			if !right {
				c.Value = nil
			}
		}
		out = append(out, c)
	}
	return out
}

func sized(text string) *powershell.View {
	return &powershell.View{Table: columns(text), AutoSize: true}
}

func even(text string) *powershell.View { return &powershell.View{Table: columns(text)} }

func listed(text string) *powershell.View { return &powershell.View{List: columns(text)} }

// bytesText is a size as the storage cmdlets' tables show it: "1.5 TB".
func bytesText(v any) any {
	n, ok := v.(uint64)
	if !ok {
		return v
	}
	units := []string{"B", "KB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for f >= 1024 && i < len(units)-1 {
		f, i = f/1024, i+1
	}
	s := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.2f", f), "0"), ".")
	return s + " " + units[i]
}
