#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Gives an account what LooksAlive needs to watch this node, or takes it away again.

.DESCRIPTION
Run it in Windows PowerShell as an administrator, on every node; the right to read the
cluster counts for all of its nodes, so once is enough for that. It can be run again: what
is there already is left alone. One object is written for each right: Node, Grant, Target,
Result, Detail.

Each right is explained in docs/guide/least-privilege.md. Like everything in LooksAlive it
has not been run on a real Windows yet: look at -WhatIf first, and report what differs.

.PARAMETER Account
DOMAIN\name, name@domain, or the name of an account of this node. A group works as well.

.PARAMETER Grant
Which rights. Without it those that an account needs which only reads. HyperV and
Administrators are given only when they are named: they can also change things.

.PARAMETER ChangeCluster
The account also changes the cluster: full access to it instead of reading only.

.PARAMETER Remove
Takes the rights away, whoever gave them.

.EXAMPLE
.\grants.ps1 -Account 'CONTOSO\svc-looksalive' -WhatIf

.EXAMPLE
.\grants.ps1 -Account 'CONTOSO\svc-looksalive' -Grant Remote, Counters

.EXAMPLE
.\grants.ps1 -Account 'CONTOSO\svc-looksalive' -Remove
#>
[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [Parameter(Mandatory = $true, Position = 0)]
    [string]$Account,

    [Parameter(Position = 1)]
    [ValidateSet('Remote', 'Cluster', 'Counters', 'Services', 'Namespaces', 'HyperV', 'Administrators')]
    [string[]]$Grant = @('Remote', 'Cluster', 'Counters', 'Services', 'Namespaces'),

    [switch]$ChangeCluster,

    [switch]$Remove
)
$ErrorActionPreference = 'Stop'
$script:failed = $false

try {
    $sid = (New-Object Security.Principal.NTAccount $Account).Translate([Security.Principal.SecurityIdentifier])
} catch {
    throw "There is no account '$Account' here: $_"
}
$name = $sid.Translate([Security.Principal.NTAccount]).Value

# One right: whether it is there ($null when that cannot be told), how to give it, how to
# take it away. It says what came of it.
function Set-Right([string]$right, [string]$target, [scriptblock]$test, [scriptblock]$give, [scriptblock]$take) {
    $result = ''
    $detail = ''
    try {
        $has = & $test
        if ($Remove -and $has -eq $false) {
            $result = 'was not there'
        } elseif (!$Remove -and $has -eq $true) {
            $result = 'was there'
        } elseif ($Remove) {
            if ($PSCmdlet.ShouldProcess($target, "take $right away from $name")) {
                & $take | Out-Null
                $result = 'taken away'
            } else { $result = 'would be taken away' }
        } elseif ($PSCmdlet.ShouldProcess($target, "give $right to $name")) {
            & $give | Out-Null
            $result = 'given'
        } else { $result = 'would be given' }
    } catch {
        $result = 'FAILED'
        $detail = "$_"
        $script:failed = $true
    }
    [pscustomobject]@{ Node = $env:COMPUTERNAME; Grant = $right; Target = $target; Result = $result; Detail = $detail }
}

# Whether a list of rights allows the account all of a mask. $all is a bit that means everything.
function Test-Allowed($acl, [int]$mask, [int]$all) {
    foreach ($ace in $acl) {
        if ($ace.AceQualifier -ne 'AccessAllowed' -or $ace.SecurityIdentifier -ne $sid) { continue }
        if (($ace.AccessMask -band $mask) -eq $mask -or ($all -and ($ace.AccessMask -band $all))) { return $true }
    }
    return $false
}

# Groups are named by their SID: their names are translated in other languages.
function Set-Member([string]$right, [string]$group, [string]$groupSid) {
    Set-Right $right "group $group" {
        try { @(Get-LocalGroupMember -SID $groupSid | Where-Object { $_.SID -eq $sid }).Count -gt 0 }
        catch { $null } # it fails where a member of the group was deleted in its domain
    } {
        try { Add-LocalGroupMember -SID $groupSid -Member $sid.Value -Confirm:$false }
        catch { if ("$($_.FullyQualifiedErrorId)" -notlike 'MemberExists*') { throw } }
    } {
        try { Remove-LocalGroupMember -SID $groupSid -Member $sid.Value -Confirm:$false }
        catch { if ("$($_.FullyQualifiedErrorId)" -notlike 'MemberNotFound*') { throw } }
    }
}

# WinRM's own list decides who may open a remote command shell; it names administrators
# and nobody who signs in over the network besides. Read and Execute, 0xA0000000, is enough.
$rootSddl = 'WSMan:\localhost\Service\RootSDDL'
function Get-ShellRights {
    New-Object Security.AccessControl.CommonSecurityDescriptor $false, $false, (Get-Item -LiteralPath $rootSddl).Value
}
function Set-ShellRights($sd) {
    Set-Item -LiteralPath $rootSddl -Value $sd.GetSddlForm('All') -Force -Confirm:$false
}

# A WMI namespace: Enable Account and Remote Enable, 0x21.
function Get-NamespaceRights([string]$namespace) {
    $old = Invoke-WmiMethod -Namespace $namespace -Path '__SystemSecurity=@' -Name GetSD
    New-Object Security.AccessControl.CommonSecurityDescriptor $true, $false, ([byte[]]$old.SD), 0
}
function Set-NamespaceRights([string]$namespace, $sd) {
    $new = New-Object byte[] $sd.BinaryLength
    $sd.GetBinaryForm($new, 0)
    $r = Invoke-WmiMethod -Namespace $namespace -Path '__SystemSecurity=@' -Name SetSD -ArgumentList (, $new)
    if ($r.ReturnValue) { throw "WMI answered $($r.ReturnValue)." }
}
function Test-Namespace([string]$namespace) {
    $parent, $leaf = ($namespace -replace '/[^/]+$'), ($namespace -replace '^.*/')
    @(Get-WmiObject -Namespace $parent -Class __NAMESPACE -Filter "Name='$leaf'").Count -gt 0
}

# Services come first: taking them away also ends the membership in Remote Management
# Users, which is then no surprise to what follows.
if ($Grant -contains 'Services') {
    Set-Right 'Services' 'service control manager, root/cimv2' {
        # The cmdlet does nothing twice, so it does no harm where this cannot tell.
        if (((& sc.exe sdshow scmanager) -join '') -like "*$($sid.Value)*") { $true } else { $null }
    } {
        Enable-ServerManagerStandardUserRemoting -User $name -Force -Confirm:$false
    } {
        Disable-ServerManagerStandardUserRemoting -User $name -Force -Confirm:$false
    }
}

if ($Grant -contains 'Remote') {
    Set-Member 'Remote' 'Remote Management Users' 'S-1-5-32-580'
    Set-Right 'Remote' 'WinRM, RootSDDL' {
        Test-Allowed (Get-ShellRights).DiscretionaryAcl 0xA0000000 0x10000000
    } {
        $sd = Get-ShellRights
        $sd.DiscretionaryAcl.AddAccess('Allow', $sid, 0xA0000000, 'None', 'None')
        Set-ShellRights $sd
    } {
        $sd = Get-ShellRights
        [void]$sd.DiscretionaryAcl.RemoveAccess('Allow', $sid, 0xA0000000, 'None', 'None')
        Set-ShellRights $sd
    }
}

if ($Grant -contains 'Counters') {
    Set-Member 'Counters' 'Performance Monitor Users' 'S-1-5-32-558'
}

if ($Grant -contains 'Namespaces') {
    foreach ($ns in 'root/MSCluster', 'root/Microsoft/Windows/Storage', 'root/StandardCimv2') {
        if (!(Test-Namespace $ns)) {
            [pscustomobject]@{ Node = $env:COMPUTERNAME; Grant = 'Namespaces'; Target = $ns; Result = 'skipped'; Detail = 'This node has no such namespace.' }
            continue
        }
        Set-Right 'Namespaces' $ns {
            Test-Allowed (Get-NamespaceRights $ns).DiscretionaryAcl 0x21 0
        } {
            $sd = Get-NamespaceRights $ns
            $sd.DiscretionaryAcl.AddAccess('Allow', $sid, 0x21, 'ContainerInherit', 'None')
            Set-NamespaceRights $ns $sd
        } {
            $sd = Get-NamespaceRights $ns
            [void]$sd.DiscretionaryAcl.RemoveAccess('Allow', $sid, 0x21, 'ContainerInherit', 'None')
            Set-NamespaceRights $ns $sd
        }
    }
}

if ($Grant -contains 'Cluster') {
    $wanted = if ($ChangeCluster) { 'full' } else { 'read only' }
    Set-Right 'Cluster' "the cluster, $wanted" {
        $rules = @(Get-ClusterAccess | Where-Object { "$($_.IdentityReference)" -eq $name -and "$($_.AccessControlType)" -eq 'Allow' })
        if ($ChangeCluster -and !$Remove) { $rules = @($rules | Where-Object { "$($_.ClusterRights)" -like '*Full*' }) }
        $rules.Count -gt 0
    } {
        if ($ChangeCluster) { Grant-ClusterAccess -User $name -Full } else { Grant-ClusterAccess -User $name -ReadOnly }
    } {
        Remove-ClusterAccess -User $name
    }
}

if ($Grant -contains 'HyperV') {
    Set-Member 'HyperV' 'Hyper-V Administrators' 'S-1-5-32-578'
}

if ($Grant -contains 'Administrators') {
    Set-Member 'Administrators' 'Administrators' 'S-1-5-32-544'
}

if ($script:failed) { exit 1 }
