package simulator

import (
	"fmt"
	"strings"

	"looksalive/simulator/powershell"
)

// views are the tables and lists of the modules' format files. Cluster and
// storage tables size themselves; sizes stand to the right.
var views = map[string]*powershell.View{
	clusterClass + "Cluster":                                sized("Name"),
	clusterClass + "ClusterNode":                            sized("Name State Type"),
	clusterClass + "ClusterGroup":                           sized("Name OwnerNode State"),
	clusterClass + "ClusterResource":                        sized("Name State OwnerGroup ResourceType"),
	clusterClass + "ClusterNetwork":                         sized("Name State Metric> Role"),
	clusterClass + "ClusterNetworkInterface":                sized("Name Node Network State"),
	clusterClass + "ClusterQuorumSettings":                  sized("Cluster QuorumResource"),
	clusterClass + "ClusterSharedVolume":                    sized("Name State Node"),
	clusterClass + "ClusterFaultDomain":                     sized("Name Type ParentName ChildrenNames Location"),
	"System.ServiceProcess.ServiceController":               {Table: []powershell.Column{{Label: "Status", Width: 8}, {Label: "Name", Width: 18}, {Label: "DisplayName", Width: 38}}},
	"System.IO.FileSystemInfo":                              fileView,
	"System.Diagnostics.Process":                            processView,
	cimType("MSFT_StorageJob"):                              sized("Name IsBackgroundTask ElapsedTime JobState PercentComplete BytesProcessed BytesTotal"),
	cimType("MSFT_StoragePool"):                             sized("FriendlyName OperationalStatus HealthStatus IsPrimordial IsReadOnly Size> AllocatedSize>"),
	cimType("MSFT_VirtualDisk"):                             sized("FriendlyName ResiliencySettingName FaultDomainRedundancy OperationalStatus HealthStatus Size> FootprintOnPool> StorageEfficiency>"),
	cimType("MSFT_PhysicalDisk"):                            sized("Number=DeviceId FriendlyName SerialNumber MediaType CanPool OperationalStatus HealthStatus Usage Size>"),
	cimType("MSFT_Volume"):                                  sized("DriveLetter FriendlyName FileSystemType DriveType HealthStatus OperationalStatus SizeRemaining> Size>"),
	cimType("Win32_OperatingSystem"):                        even("SystemDirectory Organization BuildNumber RegisteredUser SerialNumber Version"),
	cimType("Win32_Service"):                                even("ProcessId Name StartMode State Status ExitCode"),
	cimType("Win32_LogicalDisk"):                            even("DeviceID DriveType ProviderName VolumeName Size FreeSpace"),
	"Microsoft.PowerShell.NetConnectionResults.Ping":        listed("ComputerName RemoteAddress InterfaceAlias SourceAddress PingSucceeded PingReplyDetails_(RTT)=RTT"),
	"Microsoft.PowerShell.NetConnectionResults.Port":        listed("ComputerName RemoteAddress RemotePort InterfaceAlias SourceAddress TcpTestSucceeded"),
	"Microsoft.PowerShell.NetConnectionResults.PortAndPing": listed("ComputerName RemoteAddress RemotePort InterfaceAlias SourceAddress PingSucceeded PingReplyDetails_(RTT)=RTT TcpTestSucceeded"),
	"System.Management.Automation.PSModuleInfo":             {Table: []powershell.Column{{Label: "ModuleType", Width: 10}, {Label: "Version", Width: 10}, {Label: "Name", Width: 35}, {Label: "ExportedCommands"}}},
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
