<#
.SYNOPSIS
Cluster validation reports
.DESCRIPTION
The reports of past validations on each node, newest first.
.NOTES
Cluster
#>
Get-ChildItem -Path C:\Windows\Cluster\Reports -ErrorAction SilentlyContinue |
    Where-Object { $_.Name -like 'Validation Report*' -or $_.Name -like '*.htm' } |
    Sort-Object 'LastWriteTime' -Descending |
    Select-Object 'Name', 'LastWriteTime', 'Length'
