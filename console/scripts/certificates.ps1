<#
.SYNOPSIS
Certificates of WinRM
.DESCRIPTION
The listeners of WinRM and the certificates of the computer that may serve them, with the day they end.
.PARAMETER Days
Mark certificates that end within so many days
.NOTES
Security
#>
param(
    [ValidateRange(0, 3650)]
    [int]$Days = 60
)
$listeners = Get-ChildItem -Path WSMan:\localhost\Listener | ForEach-Object {
    Get-ChildItem -Path $_.PSPath | Where-Object { $_.Name -eq 'CertificateThumbprint' } | ForEach-Object { $_.Value }
}
Get-ChildItem -Path Cert:\LocalMachine\My |
    Where-Object { $_.HasPrivateKey } |
    Select-Object 'Subject', 'Thumbprint', 'NotAfter',
        @{ Name = 'EndsSoon'; Expression = { $_.NotAfter -lt (Get-Date).AddDays($Days) } },
        @{ Name = 'Listener'; Expression = { $listeners -contains $_.Thumbprint } }
