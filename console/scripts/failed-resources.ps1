<#
.SYNOPSIS
Resources that are not online
.DESCRIPTION
Cluster resources that failed, are offline or on their way, with their role and owner.
.NOTES
Cluster
#>
Get-ClusterResource |
    Where-Object { $_.State -ne 'Online' } |
    Select-Object 'Name', 'State', 'OwnerGroup', 'OwnerNode', 'ResourceType'
