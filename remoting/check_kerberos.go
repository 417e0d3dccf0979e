package remoting

import (
	"errors"
	"strings"

	"looksalive/cluster"
)

// fixKerberos is what to look at when Kerberos does not work: at the cause that was
// found, or at the usual ones where none was. setspn and ktpass are documented
// with Windows' commands, Set-ADUser, Set-ADComputer, Unlock-ADAccount and Get-ADUser with the module
// ActiveDirectory, Test-ComputerSecureChannel with Windows PowerShell 5.1.
func fixKerberos(err error, node Node) []cluster.Step {
	host, _ := hostPort(node.URL)
	domain, name := account(node.User)
	who, at, found := strings.Cut(name, "@")
	if found {
		domain = at
	}
	quoted := cluster.Quote(who)
	spn := cluster.Step{Text: "See that the domain knows the node's service under this name, once; HTTP is answered for by HOST.", Command: "setspn -Q HOST/" + cluster.Quote(host)}
	clock := cluster.Step{Text: "On the node: see that its clock agrees with the domain within five minutes.", Command: "w32tm /query /status"}
	realm := cluster.Step{Text: "Give the realm in capitals and the domain controllers, or have them in krb5.conf."}
	state := cluster.Step{Text: "On a domain controller: see whether the account is there, enabled, not locked, and its password valid.", Command: "Get-ADUser -Identity " + quoted + " -Properties LockedOut, PasswordExpired, Enabled | Format-List Enabled, LockedOut, PasswordExpired"}
	fullName := cluster.Step{Text: "Give the node's full name as its address, not an IP address."}

	var e *kerberosError
	what := kerberosOther
	switch {
	case errors.As(err, &e):
		what = e.what
	case errors.Is(err, errPassword):
		what = kerberosPassword // it is remembered, not why
	}
	switch what {
	case kerberosNoRealm:
		return []cluster.Step{realm}
	case kerberosNoKDC, kerberosRealm:
		in := cluster.Quote("_kerberos._tcp." + strings.ToLower(kerberosRealmOf(e, domain)))
		return []cluster.Step{realm, {Text: "See which domain controllers DNS knows.", Command: "Resolve-DnsName -Type SRV -Name " + in}}
	case kerberosUnreachable:
		controller := "dc"
		if len(e.addrs) > 0 {
			controller = hostOf(e.addrs[0])
		}
		return []cluster.Step{{Text: "See whether the domain controller can be reached.", Command: "Test-NetConnection -Port 88 -ComputerName " + cluster.Quote(controller)}, realm}
	case kerberosClock:
		if e.node {
			return []cluster.Step{clock, {Text: "See that the clock of this machine is right."}}
		}
		return []cluster.Step{{Text: "See that the clock of this machine is right."}, {Text: "On the domain controller: see where it takes its time from.", Command: clock.Command}}
	case kerberosUser:
		return []cluster.Step{state, {Text: "Write the account as user@domain, with the name it has in the domain."}}
	case kerberosPassword:
		if !node.Keytab.IsZero() {
			return []cluster.Step{state, {Text: "On a domain controller: make a new keytab. This sets a new password.", Command: "ktpass /princ " + cluster.Quote(who+"@"+strings.ToUpper(kerberosRealmOf(e, domain))) + " /mapuser " + quoted + " /crypto AES256-SHA1 /ptype KRB5_NT_PRINCIPAL /pass +rndPass /out looksalive.keytab"}}
		}
		return []cluster.Step{{Text: "Enter the password again: it is not tried before."}, state}
	case kerberosKeytab:
		return []cluster.Step{{Text: "Give a keytab that has an AES key for this account, written as in the keytab."}, {Text: "See what is in it.", Command: "klist -ket looksalive.keytab"}}
	case kerberosExpired:
		return []cluster.Step{state, {Text: "Set a new password, and enter it here."}}
	case kerberosRevoked:
		return []cluster.Step{state, {Text: "On a domain controller: unlock it, once it is known why it was locked.", Command: "Unlock-ADAccount -Identity " + quoted}}
	case kerberosSPN:
		return []cluster.Step{spn, fullName}
	case kerberosModified:
		return []cluster.Step{spn, {Text: "On the node: see whether the domain still trusts it.", Command: "Test-ComputerSecureChannel"}}
	case kerberosAddress:
		return []cluster.Step{fullName}
	case kerberosEtype:
		if e.spn != "" { // a ticket for the node was asked for
			short, _, _ := strings.Cut(host, ".")
			return []cluster.Step{{Text: "On a domain controller: let the node's account use AES, and restart the node.", Command: "Set-ADComputer -Identity " + cluster.Quote(short) + " -KerberosEncryptionType AES128, AES256"}}
		}
		return []cluster.Step{{Text: "On a domain controller: let the account use AES, and set its password again after that.", Command: "Set-ADUser -Identity " + quoted + " -KerberosEncryptionType AES128, AES256"}}
	case kerberosTicket:
		return fixShell(node.User)
	}
	return []cluster.Step{spn, clock, realm}
}

// kerberosRealmOf is the realm that was asked, or the account's domain.
func kerberosRealmOf(e *kerberosError, domain string) string {
	if e != nil && e.realm != "" {
		return e.realm
	}
	return domain
}
