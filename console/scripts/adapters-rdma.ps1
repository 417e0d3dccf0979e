<#
.SYNOPSIS
Network adapters and RDMA
.DESCRIPTION
Each network adapter with its link, and whether RDMA is on and works.
.NOTES
Network
#>
$rdma = @{}
foreach ($r in Get-NetAdapterRdma) {
    $name = $r.Name
    $rdma[$name] = $r.Enabled
}
Get-NetAdapter |
    Sort-Object 'Name' |
    Select-Object 'Name', 'Status', 'LinkSpeed', 'InterfaceDescription', 'DriverVersion',
        @{ Name = 'Rdma'; Expression = { $rdma[$_.Name] } }
