<#
.SYNOPSIS
Time service
.DESCRIPTION
Whether the time service runs, where it gets the time from, and how far it believes to be off, in microseconds.
.NOTES
Nodes and events
#>
$service = Get-Service -Name W32Time
$settings = Get-ItemProperty -Path HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters
$counter = Get-CimInstance -ClassName Win32_PerfFormattedData_Counters_WindowsTimeService -ErrorAction SilentlyContinue
[pscustomobject]@{
    Service    = $service.Status
    Source     = $settings.Type
    Servers    = $settings.NtpServer
    OffsetUs   = $counter.ComputedTimeOffset
    NodeTime   = Get-Date
}
