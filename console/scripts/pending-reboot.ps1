<#
.SYNOPSIS
Pending restarts
.DESCRIPTION
Whether Windows waits for a restart, and why: servicing, Windows Update, or files that are to be replaced.
.NOTES
Nodes and events
#>
$servicing = Test-Path -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending'
$update = Test-Path -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
$session = Get-ItemProperty -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
$os = Get-CimInstance -ClassName Win32_OperatingSystem
[pscustomobject]@{
    Pending       = $servicing -or $update -or [bool]$session.PendingFileRenameOperations
    Servicing     = $servicing
    WindowsUpdate = $update
    Files         = @($session.PendingFileRenameOperations | Where-Object { $_ }).Count
    LastBoot      = $os.LastBootUpTime
}
