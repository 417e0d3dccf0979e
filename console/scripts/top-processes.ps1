<#
.SYNOPSIS
Top processes
.DESCRIPTION
The processes that use the most processor time or memory.
.PARAMETER By
Sort by processor time or by memory
.PARAMETER Count
How many
.NOTES
Nodes and events
#>
param(
    [ValidateSet('CPU', 'Memory')]
    [string]$By = 'CPU',
    [ValidateRange(1, 100)]
    [int]$Count = 15
)
$property = 'CPU'
if ($By -eq 'Memory') { $property = 'WorkingSet64' }
Get-Process |
    Sort-Object -Property $property -Descending |
    Select-Object -First $Count -Property 'Name', 'Id', 'CPU', 'WorkingSet64', 'HandleCount'
