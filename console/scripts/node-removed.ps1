<#
.SYNOPSIS
Why was a node removed
.DESCRIPTION
Events of the cluster service about nodes that were removed, isolated or quarantined and about lost quorum, newest first.
.PARAMETER Hours
How far back to look
.NOTES
Nodes and events
#>
param(
    [ValidateRange(1, 720)]
    [int]$Hours = 24
)
# 1135 removed from membership, 1177 quorum lost, 1672 quarantined, 1673 isolated, 1675 join refused,
# 1676 quarantined here, 1680 and 1682 back, 1681 roles unmonitored
$filter = @{
    LogName      = 'System'
    ProviderName = 'Microsoft-Windows-FailoverClustering'
    Id           = 1135, 1177, 1672, 1673, 1675, 1676, 1680, 1681, 1682
    StartTime    = (Get-Date).AddHours(-$Hours)
}
Get-WinEvent -FilterHashtable $filter -ErrorAction SilentlyContinue |
    Select-Object 'TimeCreated', 'Id', 'LevelDisplayName', 'Message'
