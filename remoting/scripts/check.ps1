# check.ps1: what the account that asks may read on this node, for the onboarding
# check. Windows PowerShell 5.1, also in constrained language. No arguments.
#
# Answers one object, scripts.NodeAccess: UtcNow, who the node is (ComputerName, and
# HostName with DnsSuffix as in DNS), what it runs, who asks (User, Administrator,
# Groups: SIDs of built-in groups, empty when they are not known), ClusterRights, what the
# cluster lets that account do (full, read, denied, "" when not known), the cluster service
# (ServiceState "" and ServiceStart 0 when not installed; 2 automatic, 3 manual, 4
# disabled), the cluster with its Nodes (Name, State as in root/MSCluster),
# ModuleVersion of FailoverClusters ("" when not installed), Commands (those of a few
# that are there) and how reading went: Cluster, Members, Storage, History and each of
# Namespaces has an Access: ok, denied, absent (no such namespace, class or feature),
# empty (readable, but nothing is shown), failed or skipped, and a Message.
function Get-Access($e) {
    for ($x = $e.Exception; $x; $x = $x.InnerException) {
        if ($x.HResult -in -2147024891, -2147217405, -2146233078) { return 'denied' }
        if ("$($x.NativeErrorCode)" -in 'AccessDenied', '5') { return 'denied' }
        if ($x.HResult -in -2147217394, -2147217392) { return 'absent' } # no such namespace, no such class
        if ("$($x.NativeErrorCode)" -in 'InvalidNamespace', 'InvalidClass') { return 'absent' }
    }
    return 'failed'
}
# Reads something: Access, Message and the Value read. Nothing it does throws.
function Read-Item($read) {
    $ErrorActionPreference = 'Stop'
    try {
        $v = @(& $read)
        @{ Access = $(if ($v.Count) { 'ok' } else { 'empty' }); Message = ''; Value = $v }
    } catch { @{ Access = Get-Access $_; Message = "$_"; Value = @() } }
}
function Get-Int($v) {
    if ($null -eq $v) { return 0 }
    $n = [long]$v
    if ($n -gt 2147483647 -and $n -le 4294967295) { $n -= 4294967296 }
    return $n
}

# The names as they are in effect: readable by everyone, without WMI.
$tcp = (Read-Item { Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters' }).Value[0]
$windows = (Read-Item { Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' }).Value[0]
$build = "$($windows.CurrentBuildNumber)"
if ($windows.UBR) { $build = "$build.$($windows.UBR)" }

# Types and methods that constrained language forbids: then these stay unknown.
$user = "$env:USERDOMAIN\$env:USERNAME"
$groups = @()
$known = @($user)
$administrator = $false
try {
    $me = [Security.Principal.WindowsIdentity]::GetCurrent()
    $user = "$($me.Name)"
    $all = @($me.Groups | ForEach-Object { "$($_.Value)" })
    $known = @($user, "$($me.User.Value)") + $all
    $groups = @($all | Where-Object { $_ -like 'S-1-5-32-*' -or $_ -eq 'S-1-5-114' })
    $administrator = $groups -contains 'S-1-5-32-544'
} catch { $groups = @() }

$service = (Read-Item { Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\ClusSvc' }).Value[0]
$serviceState = ''
if ($service) {
    $found = (Read-Item { Get-Service -Name ClusSvc }).Value[0]
    $serviceState = if ($found) { "$($found.Status)" } else { 'Unknown' }
}

$cluster = Read-Item { Get-CimInstance -Namespace root/MSCluster -ClassName MSCluster_Cluster }
$c = $cluster.Value[0]
$members = @{ Access = 'skipped'; Message = ''; Value = @() }
if ($cluster.Access -eq 'ok') { $members = Read-Item { Get-CimInstance -Namespace root/MSCluster -ClassName MSCluster_Node } }
$nodes = @($members.Value | ForEach-Object { @{ Name = "$($_.Name)"; State = Get-Int $_.State } })

$module = (Read-Item { Get-Module -ListAvailable -Name FailoverClusters }).Value[0]
$commands = @('Get-ClusterSharedVolumeState', 'Get-ClusterPerformanceHistory', 'Get-HealthFault', 'Debug-StorageSubSystem' | Where-Object { Get-Command $_ -ErrorAction Ignore })

# By SID where translating is allowed: names of groups are in the node's language.
$rights = ''
if ($module -and $cluster.Access -eq 'ok') {
    $rules = @((Read-Item { Get-ClusterAccess }).Value | Where-Object {
        $who = $_.IdentityReference
        $sid = ''
        try { $sid = "$($who.Translate([Security.Principal.SecurityIdentifier]).Value)" } catch { $sid = '' }
        $known -contains "$who" -or $known -contains $sid
    })
    $denied = @($rules | Where-Object { "$($_.AccessControlType)" -eq 'Deny' })
    $full = @($rules | Where-Object { "$($_.ClusterRights)" -eq 'Full' })
    if ($denied.Count) { $rights = 'denied' } elseif ($full.Count) { $rights = 'full' } elseif ($rules.Count) { $rights = 'read' }
}

$namespaces = @(foreach ($n in @(
    @('root/MSCluster', 'MSCluster_Cluster'), @('root/cimv2', 'Win32_OperatingSystem'),
    @('root/Microsoft/Windows/Storage', 'MSFT_StorageSubSystem'), @('root/StandardCimv2', 'MSFT_NetAdapter'),
    @('root/virtualization/v2', 'Msvm_ComputerSystem')
)) {
    $r = if ($n[0] -eq 'root/MSCluster') { $cluster } else { Read-Item { Get-CimInstance -Namespace $n[0] -ClassName $n[1] } }
    @{ Name = $n[0]; Class = $n[1]; Access = $r.Access; Message = $r.Message }
})

# Who may not read the pool is shown none. S2DEnabled says whether there should be one.
$s2d = Get-Int $c.S2DEnabled
$storage = @{ Access = 'absent'; Message = ''; Value = @() }
if ($s2d) { $storage = Read-Item { Get-CimInstance -Namespace root/Microsoft/Windows/Storage -ClassName MSFT_StoragePool -Filter 'IsPrimordial=FALSE' } }

# Performance history comes with Storage Spaces Direct and Windows Server 2019.
$history = @{ Access = 'absent'; Message = '' }
if ($s2d -and $commands -contains 'Get-ClusterPerformanceHistory') { $history = Read-Item { Get-ClusterPerformanceHistory } }

@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); ComputerName = "$env:COMPUTERNAME"
    HostName = "$($tcp.Hostname)"; DnsSuffix = "$($tcp.Domain)"
    OS = "$($windows.ProductName)"; Build = $build
    PSVersion = "$($PSVersionTable.PSVersion)"; LanguageMode = "$($ExecutionContext.SessionState.LanguageMode)"
    User = $user; Administrator = $administrator; Groups = $groups
    ServiceState = $serviceState; ServiceStart = Get-Int $service.Start
    Name = "$($c.Name)"; ClusterFunctionalLevel = Get-Int $c.ClusterFunctionalLevel; S2DEnabled = $s2d
    ClusterRights = $rights; Nodes = $nodes; ModuleVersion = "$($module.Version)"; Commands = $commands
    Cluster = @{ Access = $cluster.Access; Message = $cluster.Message }
    Members = @{ Access = $members.Access; Message = $members.Message }
    Storage = @{ Access = $storage.Access; Message = $storage.Message }
    History = @{ Access = $history.Access; Message = $history.Message }
    Namespaces = $namespaces
}
