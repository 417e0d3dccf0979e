<#
.SYNOPSIS
Can a node reach a port
.DESCRIPTION
Tries a TCP connection from each chosen node, for example to a witness, a domain controller or another node.
.PARAMETER ComputerName
Name or address to connect to
.PARAMETER Port
445 is SMB, 3343 the cluster, 5985 and 5986 are WinRM
.NOTES
Network
#>
param(
    [Parameter(Mandatory = $true)]
    [string]$ComputerName,
    [ValidateRange(1, 65535)]
    [int]$Port = 445
)
Test-NetConnection -ComputerName $ComputerName -Port $Port |
    Select-Object 'ComputerName', 'RemoteAddress', 'RemotePort', 'SourceAddress', 'TcpTestSucceeded'
