# probe.ps1: looks at what could not be verified without a real Windows.
# Windows PowerShell 5.1. No arguments. It reads only.
#
# Answers one object, scripts.Probes: UtcNow and the list Points, each with a Name
# that the client knows, Found (what is there, as text) and State: ok (as expected),
# different, denied, absent or failed.
function Get-State($e) {
    for ($x = $e.Exception; $x; $x = $x.InnerException) {
        if ($x -is [UnauthorizedAccessException] -or $x -is [Security.SecurityException]) { return 'denied' }
        if ($x.HResult -in -2147024891, -2147217405) { return 'denied' }
        if ("$($x.NativeErrorCode)" -in 'AccessDenied', '5') { return 'denied' }
        if ($x.HResult -in -2147217394, -2147217392 -or "$($x.NativeErrorCode)" -in 'InvalidNamespace', 'InvalidClass') { return 'absent' }
    }
    return 'failed'
}
# A point is what a block writes: first whether it is as expected ($null: there is
# nothing of the kind here), then what was found.
function Test-Point([string]$name, [scriptblock]$look) {
    try {
        $r = @(& $look)
        $state = if ($null -eq $r[0]) { 'absent' } elseif ($r[0]) { 'ok' } else { 'different' }
        [pscustomobject]@{ Name = $name; State = $state; Found = "$($r[1])" }
    } catch { [pscustomobject]@{ Name = $name; State = Get-State $_; Found = "$_" } }
}
# Do all instances of a class have these properties?
function Test-Properties([string]$namespace, [string]$class, [string[]]$wanted) {
    $have = @((Get-CimClass -Namespace $namespace -ClassName $class).CimClassProperties | ForEach-Object { "$($_.Name)" })
    $missing = @($wanted | Where-Object { $have -notcontains $_ })
    if ($missing.Count) { $false; 'missing: ' + ($missing -join ', ') } else { $true; "$($wanted.Count) properties" }
}
function Get-Keys($reference) { @($reference.CimInstanceProperties | Where-Object { $null -ne $_.Value } | ForEach-Object { "$($_.Name)" }) -join ', ' }

$points = @(
    Test-Point 'fault-domain-parent' {
        $site = @(Get-CimInstance -Namespace root/MSCluster -ClassName MSCluster_FaultDomain)
        $node = @($site | Where-Object { $_.Type -eq 4000 })[0]
        if (!$node) { $null; 'no fault domain of a node'; return }
        $r = Invoke-CimMethod -InputObject $node -MethodName GetParent -Arguments @{ Flags = [uint32]0 }
        [bool]($null -ne $r.ReturnValue); "returned $($r.ReturnValue), parent of type $($r.Parent.Type)"
    }
    Test-Point 'quorum-association' {
        $a = @(Get-CimInstance -Namespace root/MSCluster -ClassName MSCluster_ClusterToQuorumResource)[0]
        if (!$a) { $null; 'no witness'; return }
        $keys = Get-Keys $a.PartComponent
        ($keys -match 'Id|Name'); "keys of PartComponent: $keys"
    }
    Test-Point 'volume-association' {
        $a = @(Get-CimInstance -Namespace root/MSCluster -ClassName MSCluster_ClusterSharedVolumeToResource)[0]
        if (!$a) { $null; 'no cluster shared volume'; return }
        $volume = Get-Keys $a.GroupComponent
        $resource = Get-Keys $a.PartComponent
        ($volume -match 'Name' -and $resource -match 'Id|Name'); "keys of GroupComponent: $volume; of PartComponent: $resource"
    }
    Test-Point 'drive-association' {
        $a = @(Get-CimInstance -Namespace root/Microsoft/Windows/Storage -ClassName MSFT_StorageNodeToPhysicalDisk)[0]
        if (!$a) { $null; 'no drive'; return }
        $disk = "$($a.PhysicalDiskObjectId) $($a.PhysicalDisk.ObjectId)" -match 'PD:\{[0-9a-fA-F-]+\}'
        $node = "$($a.StorageNodeObjectId) $($a.StorageNode.ObjectId)" -match 'SN:[^" .]+'
        ($disk -and $node); "drive id: $disk, node name: $node"
    }
    Test-Point 'adapter-properties' { Test-Properties root/StandardCimv2 MSFT_NetAdapter @('Name', 'InterfaceDescription', 'InterfaceIndex', 'PermanentAddress', 'Speed', 'State', 'MediaConnectState', 'InterfaceOperationalStatus', 'DriverVersionString', 'HardwareInterface') }
    Test-Point 'job-properties' { Test-Properties root/Microsoft/Windows/Storage MSFT_StorageJob @('Name', 'JobState', 'PercentComplete', 'BytesProcessed', 'BytesTotal', 'ElapsedTime', 'IsBackgroundTask') }
    Test-Point 'node-properties' { Test-Properties root/MSCluster MSCluster_Node @('Name', 'Id', 'State', 'StatusInformation', 'NodeDrainStatus', 'NodeWeight', 'DynamicWeight', 'BuildNumber', 'Model', 'Manufacturer', 'SerialNumber') }
    Test-Point 'cluster-properties' { Test-Properties root/MSCluster MSCluster_Cluster @('Name', 'ClusterFunctionalLevel', 'ClusterUpgradeVersion', 'S2DEnabled', 'DynamicQuorumEnabled', 'WitnessDynamicWeight', 'QuorumTypeValue', 'SameSubnetDelay', 'SameSubnetThreshold', 'CrossSubnetDelay', 'CrossSubnetThreshold', 'CrossSiteDelay', 'CrossSiteThreshold', 'RouteHistoryLength', 'PlumbAllCrossSubnetRoutes', 'ResiliencyLevel', 'ResiliencyDefaultPeriod', 'QuarantineThreshold', 'QuarantineDuration') }
    Test-Point 'listener-key' {
        $path = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener'
        if (!(Test-Path -LiteralPath $path)) { $false; 'no such key'; return }
        $listeners = @(Get-ChildItem -LiteralPath $path)
        $https = @($listeners | Where-Object { "$($_.PSChildName)" -like '*HTTPS*' })
        if (!$https.Count) { $null; "$($listeners.Count) listeners, none for HTTPS"; return }
        $print = "$((Get-ItemProperty -LiteralPath $https[0].PSPath).certThumbprint)"
        [bool]$print; "$($listeners.Count) listeners, certThumbprint of $($print.Length) characters"
    }
)
[pscustomobject]@{ UtcNow = [DateTime]::UtcNow.ToString('o'); Points = $points }
