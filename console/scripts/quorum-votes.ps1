<#
.SYNOPSIS
Quorum and votes
.DESCRIPTION
Each node with its vote and the vote the cluster gives it at this moment.
.NOTES
Cluster
#>
Get-ClusterNode |
    Select-Object 'Name', 'State', 'StatusInformation', 'NodeWeight', 'DynamicWeight', 'FaultDomain'
