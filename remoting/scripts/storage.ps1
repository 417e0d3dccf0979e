# storage.ps1: pools, virtual disks, drives, repair jobs and the Health Service's
# faults, from root/Microsoft/Windows/Storage. Windows PowerShell 5.1. No arguments.
#
# Answers one object, scripts.StorageState: UtcNow, Denied [text], and the lists
# Pools, VirtualDisks, Drives, Jobs, Faults. HealthStatus, OperationalStatus, Usage,
# MediaType, JobState and PerceivedSeverity are the numbers of the MSFT_ classes,
# sizes bytes, times ISO 8601 UTC ("" unknown). Faults' texts are in the node's
# language. A list that may not be read is empty and named in Denied.
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
function Read-Class([string]$class, [string]$filter) {
    $q = @{ Namespace = 'root/Microsoft/Windows/Storage'; ClassName = $class }
    if ($filter) { $q.Filter = $filter }
    Get-CimInstance @q
}
function Get-Long($v) { if ($null -eq $v) { [long]0 } elseif ([decimal]$v -gt [long]::MaxValue) { [long]::MaxValue } else { [long]$v } }
function Get-Time($t) { if ($t -is [DateTime]) { $t.ToUniversalTime().ToString('o') } else { '' } }

$pools = @(Read-Part 'Pools' { Read-Class MSFT_StoragePool 'IsPrimordial=FALSE' | ForEach-Object {
    @{
        FriendlyName = "$($_.FriendlyName)"; HealthStatus = [int]$_.HealthStatus
        OperationalStatus = @($_.OperationalStatus | ForEach-Object { [int]$_ }); IsReadOnly = [bool]$_.IsReadOnly
        Size = Get-Long $_.Size; AllocatedSize = Get-Long $_.AllocatedSize
    }
} })

$virtualDisks = @(Read-Part 'VirtualDisks' { Read-Class MSFT_VirtualDisk | ForEach-Object {
    @{
        FriendlyName = "$($_.FriendlyName)"; HealthStatus = [int]$_.HealthStatus
        OperationalStatus = @($_.OperationalStatus | ForEach-Object { [int]$_ })
        ResiliencySettingName = "$($_.ResiliencySettingName)"; NumberOfDataCopies = [int]$_.NumberOfDataCopies
        PhysicalDiskRedundancy = [int]$_.PhysicalDiskRedundancy; Size = Get-Long $_.Size; FootprintOnPool = Get-Long $_.FootprintOnPool
    }
} })

# Which node a drive is connected to stands in the association. Its references are
# compared by the id inside the object id: the rest of it differs by node.
$nodeOf = @{}
Read-Part 'DriveNodes' { foreach ($a in @(Read-Class MSFT_StorageNodeToPhysicalDisk)) {
    if (!$a.IsPhysicallyConnected) { continue }
    $disk = "$($a.PhysicalDiskObjectId) $($a.PhysicalDisk.ObjectId)"
    $node = "$($a.StorageNodeObjectId) $($a.StorageNode.ObjectId)"
    if ($disk -match 'PD:(\{[0-9a-fA-F-]+\})') {
        $id = $Matches[1].ToLowerInvariant()
        if ($node -match 'SN:([^" .]+)') { $nodeOf[$id] = $Matches[1] }
    }
} }
$drives = @(Read-Part 'Drives' { Read-Class MSFT_PhysicalDisk | ForEach-Object {
    $id = if ("$($_.ObjectId)" -match 'PD:(\{[0-9a-fA-F-]+\})') { $Matches[1].ToLowerInvariant() } else { '' }
    @{
        UniqueId = "$($_.UniqueId)"; FriendlyName = "$($_.FriendlyName)"; SerialNumber = "$($_.SerialNumber)".Trim()
        Model = "$($_.Model)".Trim(); FirmwareVersion = "$($_.FirmwareVersion)".Trim(); MediaType = [int]$_.MediaType
        Node = "$($nodeOf[$id])"; SlotNumber = [int]$_.SlotNumber; Usage = [int]$_.Usage; HealthStatus = [int]$_.HealthStatus
        OperationalStatus = @($_.OperationalStatus | ForEach-Object { [int]$_ }); Size = Get-Long $_.Size
    }
} })

$jobs = @(Read-Part 'Jobs' { Read-Class MSFT_StorageJob | ForEach-Object {
    # The type of ElapsedTime is datetime in interval form: a TimeSpan here.
    $elapsed = if ($_.ElapsedTime -is [TimeSpan]) { [long]$_.ElapsedTime.TotalSeconds } else { [long]0 }
    @{
        Name = "$($_.Name)"; JobState = [int]$_.JobState; PercentComplete = [int]$_.PercentComplete
        BytesProcessed = Get-Long $_.BytesProcessed; BytesTotal = Get-Long $_.BytesTotal
        ElapsedSeconds = $elapsed; IsBackgroundTask = [bool]$_.IsBackgroundTask
    }
} })

# Get-HealthFault came with 2019; before it Debug-StorageSubSystem answers the same
# objects. Neither says anything without Storage Spaces Direct.
$faults = @(Read-Part 'Faults' {
    $subsystem = @(Read-Class MSFT_StorageSubSystem | Where-Object { $_.AutomaticClusteringEnabled -or $_.Model -like 'Clustered*' })[0]
    if (!$subsystem) { return }
    $found = if (Get-Command Get-HealthFault -ErrorAction Ignore) { Get-HealthFault } else { $subsystem | Debug-StorageSubSystem }
    foreach ($f in @($found)) {
        $time = if ($f.FaultTime) { $f.FaultTime } else { $f.EventTime }
        @{
            FaultId = "$($f.FaultId)"; FaultType = "$($f.FaultType)"
            PerceivedSeverity = if ($f.PerceivedSeverity -as [int]) { [int]$f.PerceivedSeverity } elseif ("$($f.PerceivedSeverity)" -match 'Fatal|Critical|Major') { 6 } elseif ("$($f.PerceivedSeverity)" -match 'Minor|Warning') { 5 } else { 3 }
            Reason = "$($f.Reason)"; RecommendedActions = @($f.RecommendedActions | Where-Object { $_ } | ForEach-Object { "$_" })
            FaultingObjectUniqueId = "$($f.FaultingObjectUniqueId)"; FaultingObjectType = "$($f.FaultingObjectType)"
            FaultingObjectDescription = "$($f.FaultingObjectDescription)"; FaultingObjectLocation = "$($f.FaultingObjectLocation)"
            FaultTime = Get-Time $time
        }
    }
})

@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); Denied = @($denied.Keys | Sort-Object)
    Pools = $pools; VirtualDisks = $virtualDisks; Drives = $drives; Jobs = $jobs; Faults = $faults
}
