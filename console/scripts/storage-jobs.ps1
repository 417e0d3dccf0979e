<#
.SYNOPSIS
Storage jobs
.DESCRIPTION
Repairs and rebalancing that go on. As long as there are any, no second server may go down.
.NOTES
Storage
#>
Get-StorageJob |
    Select-Object 'Name', 'JobState', 'PercentComplete', 'BytesProcessed', 'BytesTotal', 'ElapsedTime'
