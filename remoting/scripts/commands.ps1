# commands.ps1: the names of the commands a node has, to complete what somebody types.
# Get-Command does not load a module that is not loaded: it reads what modules export
# from the cache of their analysis. Functions and cmdlets only, and no more than 8,000.
$names = @(Get-Command -CommandType @('Cmdlet', 'Function') -ErrorAction SilentlyContinue | ForEach-Object { $_.Name } | Where-Object { $_ -match '^[A-Za-z]+-[A-Za-z0-9]+$' } | Sort-Object -Unique | Select-Object -First 8000)
@{ Names = @($names) }
