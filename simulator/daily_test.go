package simulator

import (
	"strings"
	"testing"
	"testing/synctest"
)

// dailyLines are what a cluster administrator types, and the text that comes of it
// on HV-FRA-01 of the first demo cluster; blank lines and blanks at line ends are
// left out. Each runs in a process of its own on a cluster of its own. "error: …"
// is a part of what must be on standard error.
var dailyLines = []struct{ line, want string }{
	// The cluster.
	{"(Get-Cluster).Name", "EU-PROD-HCI01"},
	{"Get-Cluster | fl SameSubnetDelay, SameSubnetThreshold, Cross*", "SameSubnetDelay      : 1000|SameSubnetThreshold  : 20|CrossSubnetDelay     : 1000|CrossSubnetThreshold : 20|CrossSiteDelay       : 1000|CrossSiteThreshold   : 20"},
	{"(Get-Cluster).SameSubnetThreshold = 15; (Get-Cluster).SameSubnetThreshold", "15"},
	{"(Get-Cluster).QuarantineDuration", "7200"},
	{"(Get-Cluster).AutoBalancerMode = 0; (Get-Cluster).AutoBalancerMode", "0"},
	{"(Get-Cluster).BlockCacheSize", "1024"},
	{"(Get-Cluster).SamSubnetThreshold = 20", "error: The property &apos;SamSubnetThreshold&apos; cannot be found on this object"},
	{"Get-Cluster | Select-Object -ExpandProperty DynamicQuorum", "1"},
	{"Get-Cluster -Name nowhere", "error: The RPC server is unavailable"},
	{"Get-ClusterQuorum", "Cluster       QuorumResource|-------       --------------|EU-PROD-HCI01 Cloud Witness"},
	{"(Get-ClusterQuorum).QuorumType", "Majority"},
	{"Set-ClusterQuorum -NoWitness | % { \"$($_.Cluster) [$($_.QuorumResource)]\" }", "EU-PROD-HCI01 []"},
	{`Set-ClusterQuorum -FileShareWitness \\fs01.sim.example\w | % QuorumResource | % Name`, "File Share Witness"},
	{"Set-ClusterQuorum -CloudWitness -AccountName acc -AccessKey k; Get-ClusterResource 'Cloud Witness' | Get-ClusterParameter AccountName | % Value", "Cluster       QuorumResource|-------       --------------|EU-PROD-HCI01 Cloud Witness|acc"},
	{"Set-ClusterQuorum -FileShareWitness fs01", "error: There was an error configuring the file share witness"},
	{"Get-ClusterAccess | ? ClusterRights -eq ReadOnly | % IdentityReference", `SIM\reader|SIM\no-remote`},
	{"Get-ClusterFaultDomain | group Type -NoElement | ft -HideTableHeaders", "    2 Site|    4 Rack|    4 Node"},
	{"Get-ClusterFaultDomain HV-FRA-01 | % ParentName", "FRA-R12"},
	{"Set-ClusterFaultDomain -Name FRA-R12 -Parent Berlin; (Get-ClusterFaultDomain Berlin).ChildrenNames -join ','", "Name    Type ParentName ChildrenNames Location|----    ---- ---------- ------------- --------|FRA-R12 Rack Berlin     {HV-FRA-01}|FRA-R12,BER-R03,BER-R05"},
	{"New-ClusterFaultDomain -Type Site -Name Munich | % Name", "Munich"},

	// Nodes.
	{"Get-ClusterNode", "Name      State Type|----      ----- ----|HV-FRA-01 Up    Node|HV-FRA-02 Up    Node|HV-BER-01 Up    Node|HV-BER-02 Up    Node"},
	{"Get-ClusterNode | ? State -ne Up", ""},
	{"Get-ClusterNode | Where-Object { $_.State -eq 'Up' } | Measure-Object | % Count", "4"},
	{"Get-ClusterNode | ft Name, NodeWeight, DynamicWeight -AutoSize", "Name      NodeWeight DynamicWeight|----      ---------- -------------|HV-FRA-01          1             1|HV-FRA-02          1             1|HV-BER-01          1             1|HV-BER-02          1             1"},
	{"(Get-ClusterNode HV-BER-02).NodeWeight = 0; (Get-ClusterNode HV-BER-02).DynamicWeight", "0"},
	{"Get-ClusterNode -Name HV-BER-* | % Name", "HV-BER-01|HV-BER-02"},
	{"Get-ClusterNode hv-ber-01.sim.example | % Name", "HV-BER-01"},
	{"Get-ClusterNode nope", "error: An error occurred opening node &apos;nope&apos;."},
	{"Get-ClusterNode nope -ErrorAction SilentlyContinue; $Error[0].FullyQualifiedErrorId; $Error[0].CategoryInfo.Category", "Get-ClusterNode,Microsoft.FailoverClusters.PowerShell.GetNodeCommand|ObjectNotFound"},
	{"Get-ClusterNode HV-FRA-01 | select Name, StatusInformation, DrainStatus", "Name      StatusInformation  DrainStatus|----      -----------------  -----------|HV-FRA-01            Normal NotInitiated"},
	{"Suspend-ClusterNode HV-BER-01 -Drain -WhatIf", `What if: Performing the operation "Suspend ClusterNode" on target "HV-BER-01".`},
	{"Suspend-ClusterNode -Name HV-BER-01 -Drain -Wait; Get-ClusterGroup | ? OwnerNode -eq HV-BER-01 | measure | % Count", "Name      State  Type|----      -----  ----|HV-BER-01 Paused Node|0"},
	{"Suspend-ClusterNode HV-BER-01 -Drain -Wait | Out-Null; Resume-ClusterNode HV-BER-01 -Failback Immediate | % State", "Up"},
	{"Stop-ClusterNode HV-BER-01 | % State; (Get-ClusterNode HV-BER-01).DynamicWeight", "Down|0"},
	{"Stop-ClusterNode HV-BER-01 | Out-Null; Start-ClusterNode HV-BER-01 -ClearQuarantine | % State", "Up"},
	{"Start-ClusterNode HV-BER-01 -CQ | % State", "Up"},
	{"Clear-NodeQuarantine HV-BER-01", "error: The term &apos;Clear-NodeQuarantine&apos; is not recognized as the name of a cmdlet, function, script file, or operable program."},

	// Roles and resources.
	{"Get-ClusterGroup 'Cluster Group'", "Name          OwnerNode State|----          --------- -----|Cluster Group HV-FRA-01 Online"},
	{"Get-ClusterGroup | ? State -ne Online | % Name", "Available Storage"},
	{"Get-ClusterGroup | Group-Object OwnerNode -NoElement | Sort-Object Name | % { \"$($_.Name) $($_.Count)\" }", "HV-BER-01 15|HV-BER-02 14|HV-FRA-01 14|HV-FRA-02 15"},
	{"Get-ClusterGroup | ? GroupType -eq VirtualMachine | sort Priority -Descending | select -First 1 -ExpandProperty Priority", "3000"},
	{"(Get-ClusterGroup wiki-01).Priority = 3000; (Get-ClusterGroup wiki-01).Priority", "3000"},
	{"(Get-ClusterGroup wiki-01).AutoFailbackType = 1; (Get-ClusterGroup wiki-01).AutoFailbackType", "1"},
	{"Get-ClusterGroup nope", "error: The cluster group could not be found"},
	{"Move-ClusterGroup wiki-01 -Node HV-FRA-01", "Name    OwnerNode State|----    --------- -----|wiki-01 HV-FRA-01 Online"},
	{"Move-ClusterVirtualMachineRole -Name wiki-01 -Node HV-FRA-02 -MigrationType Live | % OwnerNode | % Name", "HV-FRA-02"},
	{"Get-ClusterGroup 'Cluster Group' | Move-ClusterGroup -Node HV-BER-02 | % OwnerNode | % Name", "HV-BER-02"},
	{"Stop-ClusterGroup wiki-01; Start-Sleep 90; (Get-ClusterGroup wiki-01).State", "Name    OwnerNode State|----    --------- -----|wiki-01 HV-BER-02 Offline|Offline"},
	{"Stop-ClusterGroup wiki-01 | Start-ClusterGroup | % State", "Online"},
	{"Stop-ClusterGroup wiki-01 -WhatIf; (Get-ClusterGroup wiki-01).State", `What if: Performing the operation "Stop-ClusterGroup" on target "wiki-01".|Online`},
	{"Get-ClusterResource | ? State -eq Failed", ""},
	{"Get-ClusterResource 'Cluster Name'", "Name         State  OwnerGroup    ResourceType|----         -----  ----------    ------------|Cluster Name Online Cluster Group Network Name"},
	{"Get-ClusterResource | ? ResourceType -eq 'Virtual Machine' | measure | % Count", "48"},
	{"Get-ClusterResource nope", "error: The cluster resource could not be found"},
	{"(Get-ClusterResource 'Cluster Name').RestartThreshold = 3; (Get-ClusterResource 'Cluster Name').RestartThreshold", "3"},
	{"Stop-ClusterResource 'Virtual Machine wiki-01' | % State; (Get-ClusterGroup wiki-01).State; Start-ClusterResource 'Virtual Machine wiki-01' | % State", "Offline|PartialOnline|Online"},
	{"Get-ClusterResource 'Cluster Name' | Get-ClusterParameter HostRecordTTL | % Value", "1200"},
	{"Get-ClusterResource 'Cluster Name' | Set-ClusterParameter HostRecordTTL 300; Get-ClusterResource 'Cluster Name' | Get-ClusterParameter -Name HostRecordTTL | % Value", "300"},
	{"Get-ClusterResource 'Cluster IP Address' | Get-ClusterParameter Address, SubnetMask | ft Name, Value -HideTableHeaders", "Address    10.20.10.10|SubnetMask 255.255.255.0"},
	{"Get-ClusterResource 'Cluster Name' | Get-ClusterParameter Nope", "error: Parameter &apos;Nope&apos; does not exist on the cluster object &apos;Cluster Name&apos;."},
	{"Get-ClusterResourceDependency 'Cluster Name' | % DependencyExpression", "([Cluster IP Address])"},
	{"Get-ClusterOwnerNode -Resource 'Cluster Name' | % { $_.OwnerNodes.Count }", "4"},
	{"Get-ClusterResourceType 'Cloud Witness' | % IsAlivePollInterval", "60000"},
	{"Get-ClusterAvailableDisk", ""},

	// Networks.
	{"Get-ClusterNetwork | ft Name, Role, Address -AutoSize", "Name              Role Address|----              ---- -------|Mgmt  ClusterAndClient 10.20.10.0|SMB-A          Cluster 10.20.71.0|SMB-B          Cluster 10.20.72.0"},
	{"(Get-ClusterNetwork SMB-B).Role = 0; (Get-ClusterNetwork SMB-B).Role", "None"},
	{"(Get-ClusterNetwork SMB-B).Role = 2", "error: Unable to save property changes"},
	{"Get-ClusterNetworkInterface | ? State -ne Up", ""},
	{"Get-ClusterNetworkInterface -Node HV-FRA-01 | % Address", "10.20.10.11|10.20.71.11|10.20.72.11"},

	// Volumes and storage.
	{"Get-ClusterSharedVolume | ft Name, OwnerNode, State", "Name                                   OwnerNode  State|----                                   ---------  -----|Cluster Virtual Disk (CSV01-Infra)     HV-FRA-01 Online|Cluster Virtual Disk (CSV02-Apps)      HV-FRA-02 Online|Cluster Virtual Disk (CSV03-Databases) HV-BER-01 Online|Cluster Virtual Disk (CSV04-Desktops)  HV-BER-02 Online"},
	{"Get-ClusterSharedVolume | select -Expand SharedVolumeInfo | select FriendlyVolumeName -First 1", `FriendlyVolumeName|------------------|C:\ClusterStorage\CSV01-Infra`},
	{"Get-ClusterSharedVolume | select Name, @{n='FreeGB';e={[math]::Round($_.SharedVolumeInfo.Partition.FreeSpace/1GB)}} | ? FreeGB -lt 10", ""},
	{"Get-ClusterSharedVolumeState | group StateInfo -NoElement | % { \"$($_.Name) $($_.Count)\" }", "FileSystemRedirected 16"},
	{"Get-ClusterSharedVolumeState -Name 'Cluster Virtual Disk (CSV02-Apps)' -Node HV-BER-01 | % FileSystemRedirectedIOReason", "FileSystemReFs"},
	{"Move-ClusterSharedVolume 'Cluster Virtual Disk (CSV01-Infra)' -Node HV-BER-01 | % Node", "HV-BER-01"},
	{"Get-StoragePool S2D* | ft FriendlyName, HealthStatus, OperationalStatus, IsReadOnly", "FriendlyName         HealthStatus OperationalStatus IsReadOnly|------------         ------------ ----------------- ----------|S2D on EU-PROD-HCI01 Healthy      OK                     False"},
	{"Get-VirtualDisk | ? HealthStatus -ne Healthy", ""},
	{"Get-VirtualDisk | % FriendlyName", "CSV01-Infra|CSV02-Apps|CSV03-Databases|CSV04-Desktops"},
	{"Get-PhysicalDisk | group HealthStatus -NoElement | % { \"$($_.Name) $($_.Count)\" }", "Healthy 48"},
	{"Get-PhysicalDisk | ? Usage -eq Journal | measure | % Count", "8"},
	{"Get-PhysicalDisk | select -First 1 | Get-StorageReliabilityCounter | % { $_.Wear -lt 20 }", "True"},
	{"Get-StorageJob", ""},
	{"Get-HealthFault", ""},
	{"Get-StorageSubSystem Cluster* | % HealthStatus", "Healthy"},
	{"Get-StorageSubSystem Cluster* | Debug-StorageSubSystem", ""},
	{"Get-StorageTier | select -First 1 -Expand FriendlyName", "CSV01-Infra-MirrorOnSSD"},
	{"Get-StorageNode | ? OperationalStatus -ne Up", ""},
	{"Get-StorageFaultDomain -Type StorageScaleUnit | ? FriendlyName -eq HV-BER-01 | Enable-StorageMaintenanceMode; (Get-PhysicalDisk | ? OperationalStatus -eq 'In Maintenance Mode').Count", "12"},
	{"Get-Volume -FriendlyName CSV02-Apps | % FileSystemType", "CSVFS_ReFS"},
	{"Get-Volume -DriveLetter C | % HealthStatus", "Healthy"},
	{"Get-Disk 0 | % PartitionStyle", "GPT"},
	{"Get-Partition -DriveLetter C | % Type", "Basic"},
	{"Repair-VirtualDisk nope", "error: No MSFT_VirtualDisk objects found"},

	// Services, processes, the machine.
	{"Get-Service vmms, ClusSvc, WinRM | % { \"$($_.Name) $($_.Status)\" }", "ClusSvc Running|vmms Running|WinRM Running"},
	{"Get-Service | ? { $_.StartType -eq 'Automatic' -and $_.Status -ne 'Running' }", ""},
	{"Restart-Service vmms -Force -PassThru", "Status   Name               DisplayName|------   ----               -----------|Running  vmms               Hyper-V Virtual Machine Management"},
	{"Stop-Service W32Time; (Get-Service W32Time).Status; Start-Service W32Time; (Get-Service W32Time).Status", "Stopped|Running"},
	{"Get-Service nope", "error: Cannot find any service with service name &apos;nope&apos;."},
	{"Get-Process clussvc | % ProcessName", "clussvc"},
	{"Get-Process | sort WS -Descending | select -First 1 | % { $_.WS -gt 50MB }", "True"},
	{"(Get-CimInstance Win32_OperatingSystem).BuildNumber", "25398"},
	{"Get-CimInstance Win32_Service -Filter \"Name='ClusSvc'\" | % State", "Running"},
	{"Get-CimInstance -Namespace root/MSCluster MSCluster_Node | % Name", "HV-FRA-01|HV-FRA-02|HV-BER-01|HV-BER-02"},
	{"Get-CimInstance Win32_OperatingSystem -ComputerName HV-FRA-02", "error: A specified logon session does not exist."},
	{"(Get-CimInstance Win32_BIOS).SMBIOSBIOSVersion", "2.19.1"},
	{"hostname", "HV-FRA-01"},
	{"whoami", `sim\looksalive`},
	{"ipconfig | sls 'IPv4' | % { $_.Line.Split(':')[1].Trim() }", "10.20.10.11|10.20.71.11|10.20.72.11"},
	{"$env:COMPUTERNAME", "HV-FRA-01"},
	{"(Get-Date).GetType().Name", "DateTime"},
	{"Get-Date -Format yyyy", "2000"},
	{"(Get-Date) - (Get-CimInstance Win32_OperatingSystem).LastBootUpTime | % { $_.TotalDays -gt 2 }", "True"},
	{"(Get-ComputerInfo).CsDomain", "sim.example"},
	{"Get-HotFix | measure | % Count", "3"},
	{"Get-WindowsFeature Failover-Clustering | % InstallState", "Installed"},
	{"Get-TimeZone | % Id", "UTC"},
	{"w32tm /query /source", "dc-fra-01.sim.example"},
	{"(w32tm /query /status)[0]", "Leap Indicator: 0(no warning)"},
	{"Stop-Service W32Time; w32tm /query /status; $LASTEXITCODE -ne 0", "The following error occurred: The service has not been started. (0x80070426)|True"},
	{`Get-ChildItem Cert:\LocalMachine\My | % Subject`, "CN=hv-fra-01.sim.example|CN=hv-fra-01.sim.example|CN=CLIUSR|CN=AzureStackHCI-HV-FRA-01"},
	{`Get-ChildItem Cert:\LocalMachine\My | ? { $_.NotAfter -lt (Get-Date).AddDays(30) }`, ""},
	{`Get-ChildItem WSMan:\localhost\Listener | % { "$($_.Name) $($_.Keys)" }`, "Listener_1084132640 Transport=HTTP Address=*"},
	{`(dir WSMan:/localhost/listener | dir | ? Name -eq Port).Value`, "5985"},
	{`dir WSMan:\localhost\Listener\*HTTPS`, `error: Cannot find path &apos;WSMan:\localhost\Listener\*HTTPS&apos; because it does not exist.`},
	{`(Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion').ProductName`, "Azure Stack HCI"},
	{`Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'`, "False"},
	{`Test-Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'`, "False"},
	{`Get-ItemPropertyValue 'HKLM:\SYSTEM\CurrentControlSet\Control\SecureBoot\Servicing' UEFICA2023Status`, "NotStarted"},
	{`Get-ItemProperty HKLM:\Nope`, `error: Cannot find path &apos;HKLM:\Nope&apos; because it does not exist.`},

	// Hyper-V.
	{"Get-VM | measure | % Count", "12"},
	{"Get-VM dc-fra-01 | ft Name, State, Status", "Name        State Status|----        ----- ------|dc-fra-01 Running Operating normally"},
	{"Get-VM wiki-01", "error: Hyper-V was unable to find a virtual machine with name &quot;wiki-01&quot;."},
	{"(Get-VMHost).LogicalProcessorCount", "96"},
	{"Get-VM | measure MemoryAssigned -Sum | % { $_.Sum / 1GB }", "216"},
	{"Stop-VM dc-fra-01 -Force; (Get-VM dc-fra-01).State; Start-VM dc-fra-01 -Passthru | % State", "Off|Running"},
	{"Stop-Service vmms; Get-VM", "error: Hyper-V Virtual Machine Management service is not running"},
	{"Get-VMSwitch | % SwitchType", "External"},

	// The network from here.
	{"Test-NetConnection HV-FRA-02 -Port 5985 | % TcpTestSucceeded", "True"},
	{"Test-NetConnection -ComputerName HV-BER-01 -CommonTCPPort WINRM -InformationLevel Quiet", "True"},
	{"Test-NetConnection nowhere -InformationLevel Quiet -WarningAction SilentlyContinue", "False"},
	{"Test-Connection HV-BER-01 -Count 2 | % IPV4Address", "10.20.10.13|10.20.10.13"},
	{"Test-Connection HV-BER-01 -Quiet", "True"},
	{"Test-WSMan HV-FRA-02 | % ProductVendor", "Microsoft Corporation"},
	{"Resolve-DnsName EU-PROD-HCI01 | % IPAddress", "10.20.10.10"},
	{"Get-NetAdapter | ? Status -ne Up", ""},
	{"Get-NetAdapter | % { \"$($_.Name) $($_.LinkSpeed)\" }", "vEthernet (Mgmt) 10 Gbps|vEthernet (SMB-A) 25 Gbps|vEthernet (SMB-B) 25 Gbps"},
	{"Get-NetAdapterRdma | ? Enabled | % Name", "vEthernet (SMB-A)|vEthernet (SMB-B)"},
	{"Get-NetIPAddress -AddressFamily IPv4 | % IPAddress", "10.20.10.11|10.20.10.10|10.20.71.11|10.20.72.11"},
	{"(ping -n 1 HV-FRA-02)[1]", "Pinging hv-fra-02.sim.example [10.20.10.12] with 32 bytes of data:"},
	{"Invoke-Command -ComputerName HV-FRA-02 { hostname }", "error: [HV-FRA-02] Connecting to remote server HV-FRA-02 failed"},

	// Events and logs.
	{"(Get-WinEvent -LogName System -MaxEvents 3).Count", "3"},
	{"Get-WinEvent -ListLog System | % LogMode", "Circular"},
	{"Get-WinEvent -FilterHashtable @{ LogName = 'System'; Level = 1, 2, 3 }", "error: No events were found that match the specified selection criteria."},
	{"Get-WinEvent -LogName Nope", "error: There is not an event log on the localhost computer that matches &quot;Nope&quot;."},
	{"Stop-ClusterNode HV-BER-01 | Out-Null; Start-Sleep 9; Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1135 } | % { $_.LevelDisplayName; $_.ProviderName; $_.Message.Substring(0, 76) }", "Critical|Microsoft-Windows-FailoverClustering|Cluster node 'HV-BER-01' was removed from the active failover cluster member"},
	{"Restart-Service vmms; Start-Sleep 2; Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = 'Service Control Manager'; StartTime = (Get-Date).AddMinutes(-5) } | ? Message -like '*Virtual Machine Management*' | % Id | select -Unique", "7036"},
	{"Move-ClusterGroup git-01 -Node HV-FRA-02 | Out-Null; Start-Sleep 1; (Get-WinEvent Microsoft-Windows-FailoverClustering/Operational | ? Id -eq 1641).Message", "Clustered role 'git-01' is moving to cluster node 'HV-FRA-02'."},
	{"Get-WinEvent -LogName System -FilterXPath '*[System[(EventID=6005)]]' | % Message", "The Event log service was started."},
	{"Get-EventLog System -Newest 1 | % Source", "EventLog"},
	{`Get-ClusterLog -TimeSpan 5 -Destination C:\Windows\Temp | % Name`, "HV-FRA-01.sim.example_cluster.log|HV-FRA-02.sim.example_cluster.log|HV-BER-01.sim.example_cluster.log|HV-BER-02.sim.example_cluster.log"},
	{`Get-ClusterLog -Node HV-FRA-01 | Out-Null; Get-Content C:\Windows\Cluster\Reports\Cluster.log | sls '^\[===Version' | % Line`, "[===Version===]"},

	// Counters.
	{`(Get-Counter '\Processor(_Total)\% Processor Time').CounterSamples.Path`, `\\hv-fra-01\processor(_total)\% processor time`},
	{`(Get-Counter '\Memory\Available MBytes').CounterSamples[0].CookedValue -gt 1000`, "True"},
	{`Get-Counter '\Nope\Nope'`, "error: The specified counter path could not be interpreted"},
	{"Get-ClusterNode HV-FRA-02 | Get-ClusterPerf -ClusterNodeSeriesName ClusterNode.Cpu.Usage -TimeFrame LastDay | measure Value -Average | % Count", "301"},
	{"Get-ClusterPerf | % Series | select -First 1", "ClusterNode.Cpu.Usage"},

	// The language around them.
	{"Get-ClusterNode | Select-Object Name, State | ConvertTo-Json -Compress", `[{"Name":"HV-FRA-01","State":0},{"Name":"HV-FRA-02","State":0},{"Name":"HV-BER-01","State":0},{"Name":"HV-BER-02","State":0}]`},
	{"Get-ClusterNode | select Name -First 1 | ConvertTo-Csv -NoTypeInformation", `"Name"|"HV-FRA-01"`},
	{"Get-ClusterNode | select Name -First 1 | ConvertTo-Html -Fragment", "<table>|<colgroup><col/></colgroup>|<tr><th>Name</th></tr>|<tr><td>HV-FRA-01</td></tr>|</table>"},
	{"$p = @{ Name = 'HV-BER-01' }; Get-ClusterNode @p | % Name", "HV-BER-01"},
	{"foreach ($n in Get-ClusterNode) { '{0,-10}{1}' -f $n.Name, $n.State }", "HV-FRA-01 Up|HV-FRA-02 Up|HV-BER-01 Up|HV-BER-02 Up"},
	{"try { Get-ClusterGroup nope -ErrorAction Stop } catch { $_.Exception.GetType().Name } finally { 'done' }", "ClusterCmdletException|done"},
	{"function Get-Owner { param([Parameter(ValueFromPipeline)]$Group) begin { $n = 0 } process { $n++; \"$($Group.Name)=$($Group.OwnerNode)\" } end { $n } }; Get-ClusterGroup wiki-01, git-01 | Get-Owner", "wiki-01=HV-BER-02|git-01=HV-FRA-01|2"},
	{"switch -Wildcard ((Get-ClusterNode).Name) { 'HV-FRA*' { 'F' } 'HV-BER*' { 'B' } }", "F|F|B|B"},
	{"$t = @\"\nNodes: $((Get-ClusterNode).Count)\n\"@; $t", "Nodes: 4"},
	{"Compare-Object (Get-ClusterNode).Name 'HV-FRA-01','HV-XXX-01' | ? SideIndicator -eq '=>' | % InputObject", "HV-XXX-01"},
	{"Get-ClusterNode | Get-Unique | measure | % Count", "4"},
	{"$null -eq (Get-ClusterNode nope -ea 0)", "True"},
	{"hostname | Out-Null; $LASTEXITCODE", "0"},
	{"Get-Everything; $?", "error: The term &apos;Get-Everything&apos; is not recognized as the name of a cmdlet"},
	{`Get-ClusterNode | select Name, State | Export-Csv C:\Windows\Temp\n.csv -NoTypeInformation; (Import-Csv C:\Windows\Temp\n.csv)[3].Name`, "HV-BER-02"},
	{`Get-ClusterNode > C:\Windows\Temp\n.txt; (Get-Content C:\Windows\Temp\n.txt)[1..3] | % Trim`, "Name      State Type|----      ----- ----|HV-FRA-01 Up    Node"},
	{`'a' | Out-File C:\Windows\Temp\a.txt; 'b' | Out-File C:\Windows\Temp\a.txt -Append; gc C:\Windows\Temp\a.txt`, "a|b"},
	{`New-Item -ItemType Directory C:\Temp | % Name; cd C:\Temp; (pwd).Path; Remove-Item C:\Temp; Test-Path C:\Temp`, `Temp|C:\Temp|False`},
	{"Get-Command *-ClusterNode | % Name", "Get-ClusterNode|Resume-ClusterNode|Start-ClusterNode|Stop-ClusterNode|Suspend-ClusterNode"},
	{"Get-ClusterGroup | Sort-Object OwnerNode, Name | Format-Table Name -GroupBy OwnerNode | Out-String -Stream | sls 'OwnerNode:' | % { $_.Line.Trim() }", "OwnerNode: HV-BER-01|OwnerNode: HV-BER-02|OwnerNode: HV-FRA-01|OwnerNode: HV-FRA-02"},
}

func TestDailyLines(t *testing.T) {
	if len(dailyLines) < 150 {
		t.Fatalf("%d lines, want 150 at least", len(dailyLines))
	}
	for _, tt := range dailyLines {
		t.Run(tt.line, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out, errs, _ := ask(t, consoleHost(t), tt.line)
				if part, fails := strings.CutPrefix(tt.want, "error: "); fails {
					if flat := strings.ReplaceAll(errs, "_x000D__x000A_</S><S S=\"Error\">", ""); !strings.Contains(flat, part) {
						t.Errorf("errors %s\nwant %s", errs, part)
					}
					return
				}
				var lines []string
				for _, l := range strings.Split(out, "\n") {
					if strings.TrimSpace(l) != "" {
						lines = append(lines, l)
					}
				}
				if got := strings.Join(lines, "|"); got != tt.want || errs != "" {
					t.Errorf("got  %s\nwant %s\nerrors %s", got, tt.want, errs)
				}
			})
		})
	}
}
