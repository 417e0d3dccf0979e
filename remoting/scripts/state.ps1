# state.ps1: the cluster as this node sees it, from root/MSCluster.
# Windows PowerShell 5.1. No arguments.
#
# Answers one object, scripts.ClusterState: UtcNow, Denied [text], the cluster's
# common properties, and the lists Nodes, Networks, Interfaces, Groups, Resources,
# Volumes. States are the numbers of the FailoverClusters enumerations (-1 unknown),
# delays milliseconds, periods seconds, sizes bytes. A list that may not be read is
# empty and named in Denied; without the cluster object itself the script fails.
function Test-Denied($e) {
    for ($x = $e.Exception; $x; $x = $x.InnerException) {
        if ($x.HResult -in -2147024891, -2147217405, -2146233078) { return $true }
        if ("$($x.NativeErrorCode)" -in 'AccessDenied', '5') { return $true }
    }
    return $false
}
$denied = @{}
function Read-Part([string]$name, $read) {
    try { & $read } catch { if (Test-Denied $_) { $denied[$name] = $true } else { throw } }
}
function Read-Class([string]$class) { Get-CimInstance -Namespace root/MSCluster -ClassName $class }
# CIM keeps -1 as the uint32 4294967295.
function Get-Int($v) {
    if ($null -eq $v) { return 0 }
    $n = [long]$v
    if ($n -gt 2147483647 -and $n -le 4294967295) { $n -= 4294967296 }
    return $n
}
function Get-Guid($s) { if ("$s" -match '[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}') { $Matches[0].ToLowerInvariant() } else { '' } }

$c = @(Read-Class MSCluster_Cluster)[0]
if (!$c) { throw 'the cluster service on this node does not answer' }

# Site and rack: MSCluster_FaultDomain is a tree that is climbed by GetParent. It
# is climbed only where there is a site (1000) or a rack (2000) at all.
$places = @{}
Read-Part 'FaultDomains' {
    $domains = @(Read-Class MSCluster_FaultDomain)
    if (@($domains | Where-Object { $_.Type -in 1000, 2000 }).Count -eq 0) { return }
    foreach ($d in @($domains | Where-Object { $_.Type -eq 4000 })) {
        $place = @{ Site = ''; Rack = '' }
        $at = $d
        for ($level = 0; $at -and $level -lt 4; $level++) {
            if ($at.Type -eq 1000) { $place.Site = "$($at.Name)" }
            if ($at.Type -eq 2000) { $place.Rack = "$($at.Name)" }
            $at = try { (Invoke-CimMethod -InputObject $at -MethodName GetParent -Arguments @{ Flags = [uint32]0 }).Parent } catch { $null }
        }
        $places["$($d.Name)"] = $place
    }
}

$nodes = @(Read-Part 'Nodes' { Read-Class MSCluster_Node | ForEach-Object {
    $place = $places["$($_.Name)"]
    if (!$place) { $place = @{ Site = ''; Rack = '' } }
    @{
        Name = "$($_.Name)"; Id = Get-Int $_.Id; State = Get-Int $_.State
        StatusInformation = Get-Int $_.StatusInformation; NodeDrainStatus = Get-Int $_.NodeDrainStatus
        NodeWeight = Get-Int $_.NodeWeight; DynamicWeight = Get-Int $_.DynamicWeight
        BuildNumber = Get-Int $_.BuildNumber; Site = $place.Site; Rack = $place.Rack
        Model = "$($_.Model)"; Manufacturer = "$($_.Manufacturer)"; SerialNumber = "$($_.SerialNumber)"
    }
} })

$networks = @(Read-Part 'Networks' { Read-Class MSCluster_Network | ForEach-Object {
    $address = "$($_.Address)"
    $prefix = Get-Int (@($_.IPv4PrefixLengths)[0])
    if (!$address -and $_.IPv6Addresses) { $address = "$(@($_.IPv6Addresses)[0])"; $prefix = Get-Int (@($_.IPv6PrefixLengths)[0]) }
    @{
        Name = "$($_.Name)"; Id = "$($_.ID)"; State = Get-Int $_.State; Role = Get-Int $_.Role
        Metric = Get-Int $_.Metric; Address = $address; PrefixLength = $prefix
    }
} })

$interfaces = @(Read-Part 'Interfaces' { Read-Class MSCluster_NetworkInterface | ForEach-Object {
    @{
        Name = "$($_.Name)"; Node = "$($_.Node)"; Network = "$($_.Network)"
        Adapter = "$($_.Adapter)"; Address = "$($_.Address)"; State = Get-Int $_.State
    }
} })

$groups = @(Read-Part 'Groups' { Read-Class MSCluster_ResourceGroup | ForEach-Object {
    @{
        Name = "$($_.Name)"; Id = "$($_.Id)"; GroupType = Get-Int $_.GroupType; State = Get-Int $_.State
        StatusInformation = Get-Int $_.StatusInformation; OwnerNode = "$($_.OwnerNode)"; Priority = Get-Int $_.Priority
    }
} })

$byKey = @{}
$resources = @(Read-Part 'Resources' { Read-Class MSCluster_Resource | ForEach-Object {
    $r = @{
        Name = "$($_.Name)"; Type = "$($_.Type)"; State = Get-Int $_.State
        OwnerGroup = "$($_.OwnerGroup)"; OwnerNode = "$($_.OwnerNode)"; CoreResource = [bool]$_.CoreResource
    }
    $byKey[$r.Name] = $r
    if ($_.Id) { $byKey["$($_.Id)"] = $r }
    $r
} })
# An association holds only the key of what it points to: name or id by version.
function Find-Resource($ref) {
    foreach ($key in "$($ref.Id)", "$($ref.Name)") { if ($key -and $byKey[$key]) { return $byKey[$key] } }
}

$witness = $null
Read-Part 'Witness' { @(Read-Class MSCluster_ClusterToQuorumResource)[0] } | ForEach-Object { $witness = Find-Resource $_.PartComponent }
if (!$witness) { $witness = $resources | Where-Object { $_.Type -in 'File Share Witness', 'Cloud Witness' } | Select-Object -First 1 }

# The worst access of any node: unavailable 0, paused 1, block redirected 4, file
# system redirected 3, direct 2. Without the cmdlet it follows from FaultState.
$access = @{}
if (Get-Command Get-ClusterSharedVolumeState -ErrorAction Ignore) {
    Read-Part 'VolumeAccess' { foreach ($s in @(Get-ClusterSharedVolumeState)) {
        $id = Get-Guid $s.VolumeName
        $rank = [array]::IndexOf(@(0, 1, 4, 3, 2), [int]$s.StateInfo)
        if ($rank -ge 0 -and (!$access.ContainsKey($id) -or $rank -lt $access[$id])) { $access[$id] = $rank }
    } }
}
$volumes = @(Read-Part 'Volumes' {
    $owner = @{}
    foreach ($a in @(Read-Class MSCluster_ClusterSharedVolumeToResource)) { $owner["$($a.GroupComponent.Name)"] = Find-Resource $a.PartComponent }
    $partitions = @{}
    foreach ($p in @(Read-Class MSCluster_DiskPartition)) { $partitions[(Get-Guid $p.VolumeGuid)] = $p }
    foreach ($v in @(Read-Class MSCluster_ClusterSharedVolume)) {
        $id = Get-Guid $v.VolumeName
        $p = $partitions[$id]
        $r = $owner["$($v.Name)"]
        $fault = Get-Int $v.FaultState # bits: 1 no direct IO, 2 no access, 4 in maintenance, 8 dismounted
        $worst = if ($access.ContainsKey($id)) { @(0, 1, 4, 3, 2)[$access[$id]] } elseif ($fault -band 10) { 0 } elseif ($fault -band 1) { 3 } else { 2 }
        @{
            Name = if ($r) { $r.Name } else { "$($v.Name)" }; Path = "$($v.Name)"; VolumeName = "$($v.VolumeName)"
            OwnerNode = if ($r) { $r.OwnerNode } else { '' }; State = if ($r) { $r.State } else { -1 }
            WorstAccess = $worst; FileSystem = "$($p.FileSystem)"
            Size = (Get-Int $p.TotalSize) * 1048576; Free = (Get-Int $p.FreeSpace) * 1048576 # the class counts megabytes
            InMaintenance = [bool]($fault -band 4)
        }
    }
})

@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); Denied = @($denied.Keys | Sort-Object)
    Name = "$($c.Name)"; ClusterFunctionalLevel = Get-Int $c.ClusterFunctionalLevel
    ClusterUpgradeVersion = Get-Int $c.ClusterUpgradeVersion; S2DEnabled = Get-Int $c.S2DEnabled
    DynamicQuorumEnabled = Get-Int $c.DynamicQuorumEnabled; WitnessDynamicWeight = Get-Int $c.WitnessDynamicWeight
    QuorumTypeValue = Get-Int $c.QuorumTypeValue; QuorumPath = "$($c.QuorumPath)"
    WitnessResource = "$($witness.Name)"; WitnessResourceType = "$($witness.Type)"
    SameSubnetDelay = Get-Int $c.SameSubnetDelay; SameSubnetThreshold = Get-Int $c.SameSubnetThreshold
    CrossSubnetDelay = Get-Int $c.CrossSubnetDelay; CrossSubnetThreshold = Get-Int $c.CrossSubnetThreshold
    CrossSiteDelay = Get-Int $c.CrossSiteDelay; CrossSiteThreshold = Get-Int $c.CrossSiteThreshold
    RouteHistoryLength = Get-Int $c.RouteHistoryLength; PlumbAllCrossSubnetRoutes = Get-Int $c.PlumbAllCrossSubnetRoutes
    ResiliencyLevel = Get-Int $c.ResiliencyLevel; ResiliencyDefaultPeriod = Get-Int $c.ResiliencyDefaultPeriod
    QuarantineThreshold = Get-Int $c.QuarantineThreshold; QuarantineDuration = Get-Int $c.QuarantineDuration
    Nodes = $nodes; Networks = $networks; Interfaces = $interfaces
    Groups = $groups; Resources = $resources; Volumes = $volumes
}
