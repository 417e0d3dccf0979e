<#
.SYNOPSIS
Cluster shared volumes: how each node reaches them
.DESCRIPTION
Direct, redirected or blocked, for each volume and node, with the reason. Redirected volumes are slow.
.NOTES
Storage
#>
Get-ClusterSharedVolumeState |
    Sort-Object 'Name', 'Node' |
    Select-Object 'Name', 'Node', 'StateInfo', 'FileSystemRedirectedIOReason', 'BlockRedirectedIOReason'
