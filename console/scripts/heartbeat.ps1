<#
.SYNOPSIS
Heartbeat thresholds
.DESCRIPTION
After how many missed heartbeats, and after how many milliseconds each, the cluster gives a node up: in one subnet, across subnets and across sites.
.NOTES
Cluster
#>
Get-Cluster |
    Select-Object 'Name', 'SameSubnetDelay', 'SameSubnetThreshold', 'CrossSubnetDelay', 'CrossSubnetThreshold',
        'CrossSiteDelay', 'CrossSiteThreshold', 'RouteHistoryLength'
