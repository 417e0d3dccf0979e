# vitals.ps1: this node's own light facts. Windows PowerShell 5.1.
# Argument: scripts.VitalsArgs, an object with Services [names].
#
# Answers one object, scripts.NodeVitals: UtcNow, Denied [text], IsClusterNode (the
# service ClusSvc is installed), BootTime (ISO 8601 UTC), CpuPercent 0-100 of the
# whole machine, memory in bytes, rates and latency of the cluster shared volumes as
# this node sees them since the last time it was asked (0 the first time), RunningVMs,
# LoopMemory (working set of this powershell.exe), and the lists Adapters (LinkBits
# bits/s, the others bytes/s) and Services. What may not be read is named in Denied.
param($options)
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
# Counters whose class this Windows does not have (no Hyper-V, no cluster) are no error.
function Read-Counter([string]$class, [string]$filter) {
    $q = @{ ClassName = $class }
    if ($filter) { $q.Filter = $filter }
    try { Get-CimInstance @q } catch { if (Test-Denied $_) { throw } }
}

$os = Read-Part 'OperatingSystem' { Get-CimInstance Win32_OperatingSystem -Property @('LastBootUpTime', 'TotalVisibleMemorySize', 'FreePhysicalMemory') }
$computer = Read-Part 'ComputerSystem' { Get-CimInstance Win32_ComputerSystem -Property NumberOfLogicalProcessors }

# On a Hyper-V host the processor class shows the root partition only.
$cpu = [double](Read-Part 'Processor' {
    $total = @(Read-Counter Win32_PerfFormattedData_HvStats_HyperVHypervisorLogicalProcessor "Name='_Total'")[0]
    if ($total) { return $total.PercentTotalRunTime }
    $total = @(Read-Counter Win32_PerfFormattedData_PerfOS_Processor "Name='_Total'")[0]
    $total.PercentProcessorTime
})

# The formatted CSV counters round seconds per operation to whole seconds, so the raw
# ones are kept from one question to the next and compared. Where each question has a
# process of its own, process.ps1 brings them back as JSON.
$rates = @{ Reads = 0.0; Writes = 0.0; ReadBytes = 0.0; WriteBytes = 0.0; Latency = 0.0 }
Read-Part 'SharedVolumes' {
    $now = @{ Time = [decimal]0; Hz = [decimal]0; Reads = [decimal]0; Writes = [decimal]0; ReadBytes = [decimal]0; WriteBytes = [decimal]0; Busy = @{} }
    foreach ($v in @(Read-Counter Win32_PerfRawData_CsvFsPerfProvider_ClusterCSVFS)) {
        if (!$v -or $v.Name -eq '_Total') { continue }
        $now.Time = [decimal]$v.Timestamp_PerfTime; $now.Hz = [decimal]$v.Frequency_PerfTime
        $now.Reads += [decimal]$v.ReadsPersec; $now.Writes += [decimal]$v.WritesPersec
        $now.ReadBytes += [decimal]$v.ReadBytesPersec; $now.WriteBytes += [decimal]$v.WriteBytesPersec
        $now.Busy["$($v.Name)"] = @($v.AvgsecPerRead, $v.AvgsecPerRead_Base, $v.AvgsecPerWrite, $v.AvgsecPerWrite_Base)
    }
    $before = $global:LooksAliveCsv
    $global:LooksAliveCsv = $now
    if (!$before -or $now.Hz -le 0 -or $now.Time -le $before.Time) { return }
    $seconds = [double](($now.Time - $before.Time) / $now.Hz)
    foreach ($k in 'Reads', 'Writes', 'ReadBytes', 'WriteBytes') {
        $rate = [double]($now[$k] - [decimal]$before.$k) / $seconds
        if ($rate -gt 0) { $rates[$k] = $rate }
    }
    $ticks = 0.0
    $operations = 0.0
    foreach ($name in @($now.Busy.Keys)) {
        $a = $before.Busy.$name
        $b = $now.Busy[$name]
        if (!$a) { continue }
        foreach ($i in 0, 2) {
            # 32 bits wide: they wrap
            $t = ([long]$b[$i] - [long]$a[$i] + 4294967296) % 4294967296
            $n = ([long]$b[$i + 1] - [long]$a[$i + 1] + 4294967296) % 4294967296
            if ($n -gt 0) { $ticks += $t; $operations += $n }
        }
    }
    if ($operations -gt 0) { $rates.Latency = $ticks / [double]$now.Hz / $operations }
}

# Virtual machines are named by a GUID in this class, the host by its own name.
$running = Read-Part 'VirtualMachines' {
    try { @(Get-CimInstance -Namespace root/virtualization/v2 -ClassName Msvm_ComputerSystem -Filter 'EnabledState=2' -Property Name | Where-Object { $_.Name -match '^[0-9a-fA-F]{8}-' }).Count }
    catch { if (Test-Denied $_) { throw } else { 0 } }
}

$adapters = @(Read-Part 'Adapters' { Read-Counter Win32_PerfFormattedData_Tcpip_NetworkAdapter | ForEach-Object {
    @{
        Name = "$($_.Name)"; LinkBits = [long]$_.CurrentBandwidth
        RxBytesPerSec = [long]$_.BytesReceivedPersec; TxBytesPerSec = [long]$_.BytesSentPersec
    }
} })

# Win32_Service is asked by name; names that could break out of the filter are ignored.
$names = @('ClusSvc') + @($options.Services)
$filter = @($names | Where-Object { $_ -match '^[A-Za-z0-9_.$@-]{1,256}$' } | ForEach-Object { "Name='$_'" }) -join ' OR '
$found = @(Read-Part 'Services' { Get-CimInstance Win32_Service -Filter $filter -Property @('Name', 'DisplayName', 'State', 'StartMode') })
$services = @($found | Where-Object { $_.Name -in @($options.Services) } | ForEach-Object {
    @{ Name = "$($_.Name)"; DisplayName = "$($_.DisplayName)"; State = "$($_.State)"; StartMode = "$($_.StartMode)" }
})

$percent = if ($cpu -lt 0) { 0.0 } elseif ($cpu -gt 100) { 100.0 } else { $cpu }
$boot = if ($os.LastBootUpTime) { $os.LastBootUpTime.ToUniversalTime().ToString('o') } else { '' }
@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); Denied = @($denied.Keys | Sort-Object)
    IsClusterNode = [bool]@($found | Where-Object { $_.Name -eq 'ClusSvc' }).Count; BootTime = $boot
    CpuPercent = $percent; LogicalCPUs = [int]$computer.NumberOfLogicalProcessors
    MemoryTotal = [long]$os.TotalVisibleMemorySize * 1024; MemoryFree = [long]$os.FreePhysicalMemory * 1024
    ReadsPerSec = $rates.Reads; WritesPerSec = $rates.Writes
    ReadBytesPerSec = [long]$rates.ReadBytes; WriteBytesPerSec = [long]$rates.WriteBytes; LatencySeconds = $rates.Latency
    RunningVMs = [int]$running; LoopMemory = (Get-Process -Id $PID).WorkingSet64
    Adapters = $adapters; Services = $services
}
