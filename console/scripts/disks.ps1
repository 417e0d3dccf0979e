<#
.SYNOPSIS
Drives that are not healthy
.DESCRIPTION
Physical disks whose health is anything but Healthy, or all of them.
.PARAMETER All
Also those that are healthy
.NOTES
Storage
#>
param(
    [bool]$All = $false
)
Get-PhysicalDisk |
    Where-Object { $All -or $_.HealthStatus -ne 'Healthy' } |
    Sort-Object 'FriendlyName' |
    Select-Object 'FriendlyName', 'SerialNumber', 'MediaType', 'HealthStatus', 'OperationalStatus', 'Usage', 'Size'
