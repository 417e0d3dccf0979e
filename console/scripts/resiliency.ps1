<#
.SYNOPSIS
Resiliency of virtual machines
.DESCRIPTION
How long virtual machines may run on an isolated node before they fail over, and when a node that comes and goes is quarantined.
.NOTES
Cluster
#>
Get-Cluster |
    Select-Object 'Name', 'ResiliencyLevel', 'ResiliencyDefaultPeriod', 'QuarantineThreshold', 'QuarantineDuration'
