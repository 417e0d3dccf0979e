package remoting

import (
	"strings"

	"looksalive/cluster"
)

// What to type on a node, in Windows PowerShell as an administrator. Where the lines
// come from: winrm quickconfig, listeners and configSDDL: Microsoft, "Installation and
// configuration for Windows Remote Management"; the listener's certificate: the same
// and New-SelfSignedCertificate's reference; RootSDDL, which is what stands before the
// cmd shell (a session configuration does not), and that Remote Management Users is
// not in it by default: J. Borean, "Demystifying WinRM"; Grant-ClusterAccess and
// Get-ClusterAccess: their reference.

func fixName(host string) []cluster.Step {
	return []cluster.Step{
		{Text: "Ask the name service.", Command: "Resolve-DnsName -Name " + cluster.Quote(host)},
		{Text: "On the node: enter its name in DNS again.", Command: "Register-DnsClient"},
		{Text: "Or give the node's full name or its address."},
	}
}

var startWinRM = cluster.Step{Text: "On the node: start WinRM and let it listen.", Command: "winrm quickconfig -quiet"}

func fixListener(port string) []cluster.Step {
	if port == "5986" {
		return append([]cluster.Step{startWinRM}, fixHTTPS()...)
	}
	return []cluster.Step{
		startWinRM,
		{Text: "On the node: see what it listens on.", Command: "winrm enumerate winrm/config/listener"},
	}
}

func fixFirewall(port string) []cluster.Step {
	switch port {
	case "5985":
		return []cluster.Step{{Text: "On the node: let WinRM through its firewall.", Command: "Enable-NetFirewallRule -Name WINRM-HTTP-In-TCP"}}
	default:
		return []cluster.Step{{Text: "On the node: let WinRM through its firewall.", Command: "New-NetFirewallRule -DisplayName 'WinRM over HTTPS' -Direction Inbound -Protocol TCP -LocalPort " + port + " -Action Allow"}}
	}
}

const (
	newCertificate = `$c = New-SelfSignedCertificate -CertStoreLocation Cert:\LocalMachine\My -DnsName ([Net.Dns]::GetHostEntry('').HostName), $env:COMPUTERNAME`
	newListener    = `New-Item -Path WSMan:\localhost\Listener -Transport HTTPS -Address * -CertificateThumbPrint $c.Thumbprint -Force`
	setListener    = `Get-ChildItem WSMan:\localhost\Listener | Where-Object { $_.Keys -contains 'Transport=HTTPS' } | Remove-Item -Recurse -Force`
)

func fixHTTPS() []cluster.Step {
	return append([]cluster.Step{
		{Text: "On the node: make a certificate, or let $c be one of your authority for the node's full name.", Command: newCertificate},
		{Text: "On the node: let WinRM listen with it.", Command: newListener},
	}, fixFirewall("5986")...)
}

func fixCertificate(host string) []cluster.Step {
	return []cluster.Step{
		{Text: "On the node: make a certificate, better one of your authority, for the name it is asked by.", Command: `$c = New-SelfSignedCertificate -CertStoreLocation Cert:\LocalMachine\My -DnsName ` + cluster.Quote(host)},
		{Text: "On the node: take away the HTTPS listener with the old one.", Command: setListener},
		{Text: "On the node: let WinRM listen with the new one.", Command: newListener},
	}
}

func fixAuth(scheme string) []cluster.Step {
	steps := []cluster.Step{{Text: "On the node: let WinRM offer " + scheme + ".", Command: `Set-Item -Path WSMan:\localhost\Service\Auth\` + scheme + ` -Value $true`}}
	if scheme == "Basic" {
		steps = append(steps, cluster.Step{Text: "Better: choose Kerberos or NTLM for this cluster. Basic knows accounts of the node itself only, and needs no AllowUnencrypted over HTTPS."})
	}
	return steps
}

// fixSignIn is what to look at when a node rejects an account.
func fixSignIn(user string) []cluster.Step {
	domain, name := account(user)
	steps := []cluster.Step{{Text: "Enter the password again: it is not tried before."}}
	who := name
	if n, _, ok := strings.Cut(name, "@"); ok {
		who = n
	}
	if domain != "" && domain != "." || strings.Contains(name, "@") {
		steps = append(steps, cluster.Step{Text: "On a domain controller: see whether the account is locked, disabled or its password has expired.", Command: "Get-ADUser -Identity " + cluster.Quote(who) + " -Properties LockedOut, PasswordExpired, Enabled | Format-List Enabled, LockedOut, PasswordExpired"})
	} else {
		steps = append(steps, cluster.Step{Text: "On the node: see whether there is such an account. One of a domain is written DOMAIN\\user.", Command: "Get-LocalUser -Name " + cluster.Quote(who) + " | Format-List Name, Enabled, PasswordExpires"})
	}
	return append(steps, cluster.Step{Text: "On the node: Windows says why in its security log.", Command: "Get-WinEvent -FilterHashtable @{ LogName = 'Security'; Id = 4625 } -MaxEvents 5 | Format-List TimeCreated, Message"})
}

// fixShell lets an account open a remote shell without being an administrator. For
// winrs, as for us, the RootSDDL decides: Read and Execute.
func fixShell(user string) []cluster.Step {
	who := cluster.Quote(user)
	return []cluster.Step{
		{Text: "On the node: make the account a member of Remote Management Users.", Command: "Add-LocalGroupMember -SID S-1-5-32-580 -Member " + who},
		{Text: "On the node: give it Read and Execute on WinRM itself, which that group does not have by default.", Command: `$sid = (New-Object Security.Principal.NTAccount ` + who + `).Translate([Security.Principal.SecurityIdentifier])
$sd = New-Object Security.AccessControl.CommonSecurityDescriptor $false, $false, (Get-Item WSMan:\localhost\Service\RootSDDL).Value
$sd.DiscretionaryAcl.AddAccess('Allow', $sid, 0xA0000000, 'None', 'None')
Set-Item WSMan:\localhost\Service\RootSDDL -Value $sd.GetSddlForm('All') -Force`},
		{Text: "Or do the same in a window: add the account, tick Read and Execute.", Command: "winrm configSDDL default"},
		{Text: "On the node: see that remote shells are allowed at all.", Command: `Get-Item WSMan:\localhost\Shell\AllowRemoteShellAccess`},
	}
}

func fixQuota() []cluster.Step {
	return []cluster.Step{
		{Text: "On the node: see which shells are open, and whose.", Command: "Get-WSManInstance -ResourceURI shell -Enumerate"},
		{Text: "On the node: allow each user more of them (30 is usual).", Command: `Set-Item WSMan:\localhost\Shell\MaxShellsPerUser -Value 30`},
	}
}

func fixCluster(user string) []cluster.Step {
	return []cluster.Step{
		{Text: "On any node of the cluster, once: let the account read the cluster.", Command: "Grant-ClusterAccess -User " + cluster.Quote(user) + " -ReadOnly"},
		{Text: "See who may.", Command: "Get-ClusterAccess"},
	}
}
