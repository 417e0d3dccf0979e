# inventory.ps1: this node's slow facts. Windows PowerShell 5.1. No arguments.
#
# Answers one object, scripts.NodeInventory: UtcNow, Denied [text], operating system,
# hardware and firmware, Build with its update revision ("20348.2762"), Memory in
# bytes, ClockSource as w32tm names it ("" when not readable), and the lists
# Certificates (LocalMachine\My; Usage holds OIDs; WinRM says whether the HTTPS
# listener uses it) and Adapters (physical ones; LinkBits bits/s; Status Up,
# Disconnected, Disabled or Down). What may not be read is empty and named in Denied.
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

$os = Read-Part 'OperatingSystem' { Get-CimInstance Win32_OperatingSystem -Property @('Caption', 'Version', 'BuildNumber') }
$computer = Read-Part 'ComputerSystem' { Get-CimInstance Win32_ComputerSystem -Property @('Domain', 'Manufacturer', 'Model', 'NumberOfLogicalProcessors', 'TotalPhysicalMemory') }
$bios = @(Read-Part 'BIOS' { Get-CimInstance Win32_BIOS -Property @('SerialNumber', 'SMBIOSBIOSVersion') })[0]
$cpus = @(Read-Part 'Processor' { Get-CimInstance Win32_Processor -Property @('Name', 'NumberOfCores') })
$revision = Read-Part 'Revision' { (Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion').UBR }

# w32tm names the source as it was configured; where it may not be asked, the registry
# holds at least what was configured.
$clock = Read-Part 'ClockSource' {
    $source = ''
    $tool = Join-Path $env:SystemRoot 'System32\w32tm.exe'
    try { $source = @(& $tool '/query' '/source')[0] } catch { $source = '' }
    if ($LASTEXITCODE -eq 0 -and $source) { return "$source".Trim() }
    (Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters').NtpServer
}

$bound = @(Read-Part 'Listeners' {
    $listeners = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\Listener'
    if (Test-Path -LiteralPath $listeners) {
        Get-ChildItem -LiteralPath $listeners | Where-Object { $_.PSChildName -like '*+HTTPS' } | ForEach-Object { "$((Get-ItemProperty -LiteralPath $_.PSPath).certThumbprint)" -replace '[^0-9a-fA-F]', '' }
    }
} | Where-Object { $_ })
$certificates = @(Read-Part 'Certificates' {
    foreach ($cert in @(Get-ChildItem -LiteralPath 'Cert:\LocalMachine\My')) {
        $usage = @($cert.Extensions | ForEach-Object { $_.EnhancedKeyUsages } | Where-Object { $_ } | ForEach-Object { "$($_.Value)" })
        @{
            Subject = "$($cert.Subject)"; Issuer = "$($cert.Issuer)"; Thumbprint = "$($cert.Thumbprint)"
            NotBefore = $cert.NotBefore.ToUniversalTime().ToString('o'); NotAfter = $cert.NotAfter.ToUniversalTime().ToString('o')
            Usage = @($usage); WinRM = $cert.Thumbprint -in $bound
        }
    }
})

$adapters = @(Read-Part 'Adapters' {
    $net = 'root/StandardCimv2'
    $addresses = @{}
    foreach ($a in @(Get-CimInstance -Namespace $net -ClassName MSFT_NetIPAddress -Property @('InterfaceIndex', 'IPAddress'))) {
        $addresses["$($a.InterfaceIndex)"] = @($addresses["$($a.InterfaceIndex)"]) + "$($a.IPAddress)"
    }
    $rdma = @{}
    try {
        foreach ($r in @(Get-CimInstance -Namespace $net -ClassName MSFT_NetAdapterRdmaSettingData)) {
            if ($r.Enabled) { $rdma["$($r.InterfaceDescription)"] = $true }
        }
    } catch { if (Test-Denied $_) { throw } } # no such class: no RDMA
    foreach ($a in @(Get-CimInstance -Namespace $net -ClassName MSFT_NetAdapter -Filter 'HardwareInterface=TRUE')) {
        @{
            Name = "$($a.Name)"; Description = "$($a.InterfaceDescription)"
            MacAddress = ("$($a.PermanentAddress)" -replace '[^0-9a-fA-F]', '' -replace '(..)(?!$)', '$1-').ToUpperInvariant()
            LinkBits = if ($a.Speed -and [decimal]$a.Speed -lt [long]::MaxValue) { [long]$a.Speed } else { [long]0 }
            Status = if ($a.State -eq 3) { 'Disabled' } elseif ($a.MediaConnectState -eq 2) { 'Disconnected' } elseif ($a.InterfaceOperationalStatus -eq 1) { 'Up' } else { 'Down' }
            DriverVersion = "$($a.DriverVersionString)"
            Addresses = @($addresses["$($a.InterfaceIndex)"] | Where-Object { $_ }); Rdma = [bool]$rdma["$($a.InterfaceDescription)"]
        }
    }
})

$build = "$($os.BuildNumber)"
if ($revision) { $build = "$build.$revision" }
@{
    UtcNow = [DateTime]::UtcNow.ToString('o'); Denied = @($denied.Keys | Sort-Object)
    OS = "$($os.Caption)"; Version = "$($os.Version)"; Build = $build; Domain = "$($computer.Domain)"
    Manufacturer = "$($computer.Manufacturer)"; Model = "$($computer.Model)"
    SerialNumber = "$($bios.SerialNumber)".Trim(); BIOSVersion = "$($bios.SMBIOSBIOSVersion)"
    CPUName = "$($cpus[0].Name)".Trim(); Sockets = $cpus.Count; Cores = [int]($cpus | Measure-Object NumberOfCores -Sum).Sum
    LogicalCPUs = [int]$computer.NumberOfLogicalProcessors; Memory = [long]$computer.TotalPhysicalMemory
    PSVersion = "$($PSVersionTable.PSVersion)"; ClockSource = "$clock"
    Certificates = $certificates; Adapters = $adapters
}
