<#
.SYNOPSIS
Errors in the event log
.DESCRIPTION
Errors and critical events of the last hours, newest first.
.PARAMETER Log
Which log
.PARAMETER Hours
How far back to look
.PARAMETER Most
At most so many events
.NOTES
Nodes and events
#>
param(
    [ValidateSet('System', 'Application', 'Microsoft-Windows-FailoverClustering/Operational', 'Microsoft-Windows-Hyper-V-VMMS-Admin', 'Microsoft-Windows-StorageSpaces-Driver/Operational')]
    [string]$Log = 'System',
    [ValidateRange(1, 168)]
    [int]$Hours = 1,
    [ValidateRange(1, 1000)]
    [int]$Most = 100
)
$filter = @{ LogName = $Log; Level = 1, 2; StartTime = (Get-Date).AddHours(-$Hours) }
Get-WinEvent -FilterHashtable $filter -MaxEvents $Most -ErrorAction SilentlyContinue |
    Select-Object 'TimeCreated', 'Id', 'LevelDisplayName', 'ProviderName', 'Message'
