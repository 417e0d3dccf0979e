package remoting

import (
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"crypto/x509"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const evil = `CONTOSO\o'brien`

var checked = Node{Name: "HV-01", URL: "https://hv-01.contoso.example:5986/wsman", Identity: cluster.Identity{User: evil}}

// commands are all that a step says to type.
func commands(o outcome) string {
	var b strings.Builder
	for _, s := range o.fix {
		b.WriteString(s.Text + "\n" + s.Command + "\n")
	}
	return b.String()
}

// expect is what a table test wants of an outcome.
type expect struct {
	got    outcome
	state  cluster.StepState
	says   []string // in the detail
	repair []string // in the steps to mend it
}

func (e expect) check(t *testing.T) {
	t.Helper()
	if e.got.state != e.state {
		t.Errorf("state %v, want %v: %s", e.got.state, e.state, e.got.detail)
	}
	for _, s := range e.says {
		if !strings.Contains(e.got.detail, s) {
			t.Errorf("the detail does not say %q: %s", s, e.got.detail)
		}
	}
	for _, s := range e.repair {
		if !strings.Contains(commands(e.got), s) {
			t.Errorf("the steps do not say %q:\n%s", s, commands(e.got))
		}
	}
	if e.got.state == cluster.StepFailed && !strings.HasSuffix(e.got.detail, ".") && !strings.HasSuffix(e.got.detail, "?") {
		t.Errorf("no sentence: %s", e.got.detail)
	}
	if strings.Contains(commands(e.got), "'"+evil+"'") {
		t.Errorf("a user's name is not quoted:\n%s", commands(e.got))
	}
}

func TestCheckPortTexts(t *testing.T) {
	op := func(err error) error { return &net.OpError{Op: "dial", Err: err} }
	for name, e := range map[string]expect{
		"refused": {portOutcome(op(syscall.ECONNREFUSED), checked, "5985", "5986", false), cluster.StepFailed,
			[]string{"Nothing listens on port 5985", "WinRM"}, []string{"winrm quickconfig"}},
		"refused with the other open": {portOutcome(op(syscall.ECONNREFUSED), checked, "5986", "5985", true), cluster.StepFailed,
			[]string{"Nothing listens on port 5986", "Port 5985 does answer", "over HTTP."}, []string{"New-SelfSignedCertificate", "WSMan:\\localhost\\Listener", "-LocalPort 5986", "choose HTTP", "Nothing switches"}},
		"the better one is open": {portOutcome(op(syscall.ECONNREFUSED), checked, "5985", "5986", true), cluster.StepFailed,
			[]string{"Port 5986 does answer"}, []string{"Choose HTTPS"}},
		"firewall": {portOutcome(op(timeoutError{}), checked, "5985", "5986", false), cluster.StepFailed,
			[]string{"firewall"}, []string{"Enable-NetFirewallRule -Name WINRM-HTTP-In-TCP", "winrm quickconfig"}},
		"firewall of HTTPS": {portOutcome(op(timeoutError{}), checked, "5986", "5985", false), cluster.StepFailed,
			[]string{"firewall"}, []string{"New-NetFirewallRule", "-LocalPort 5986"}},
		"no route": {portOutcome(op(syscall.EHOSTUNREACH), checked, "5986", "5985", false), cluster.StepFailed,
			[]string{"no route"}, []string{"gateway"}},
	} {
		t.Run(name, func(t *testing.T) { e.check(t) })
	}
}

type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func TestCheckTLSTexts(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	c := cluster.NodeTLS{Subject: "CN=hv-01", Issuer: "CN=Contoso CA", Names: []string{"hv-01.contoso.example"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.AddDate(1, 0, 0), Pin: "sha256/new", SHA1: "AB12"}
	with := func(f func(*cluster.NodeTLS)) cluster.NodeTLS { x := c; f(&x); return x }
	pinned := checked
	pinned.Trust, pinned.Pin = cluster.TrustPin, "sha256/old"
	const host = "hv-01.contoso.example"
	for name, e := range map[string]expect{
		"accepted": {tlsOutcome(nil, checked, host, c, now), cluster.StepOK, []string{"accepted", "2027-03-01", "Contoso CA"}, nil},
		"pinned":   {tlsOutcome(nil, pinned, host, c, now), cluster.StepOK, []string{"confirmed"}, nil},
		"ends soon": {tlsOutcome(nil, checked, host, with(func(x *cluster.NodeTLS) { x.NotAfter = now.AddDate(0, 0, 9) }), now), cluster.StepPartial,
			[]string{"only until 2026-03-10"}, []string{"New-SelfSignedCertificate", "-DnsName 'hv-01.contoso.example'"}},
		"another authority": {tlsOutcome(x509.UnknownAuthorityError{}, checked, host, c, now), cluster.StepFailed,
			[]string{"not trusted here: CN=Contoso CA"}, []string{"PEM", "trust this key", "Thumbprint"}},
		"self-signed": {tlsOutcome(x509.UnknownAuthorityError{}, checked, host, with(func(x *cluster.NodeTLS) { x.Issuer = x.Subject }), now), cluster.StepFailed,
			[]string{"signed by the node itself"}, []string{"trust this key"}},
		"another name": {tlsOutcome(x509.HostnameError{}, checked, "10.0.0.1", c, now), cluster.StepFailed,
			[]string{"not for 10.0.0.1", "made out to hv-01.contoso.example"}, []string{"by a name of its certificate", "'10.0.0.1'"}},
		"no names": {tlsOutcome(x509.HostnameError{}, checked, host, with(func(x *cluster.NodeTLS) { x.Names = nil }), now), cluster.StepFailed,
			[]string{"made out to nobody", "CN=hv-01"}, nil},
		"expired": {tlsOutcome(x509.CertificateInvalidError{Reason: x509.Expired}, checked, host, with(func(x *cluster.NodeTLS) { x.NotAfter = now.AddDate(0, 0, -1) }), now), cluster.StepFailed,
			[]string{"to 2026-02-28 only"}, []string{"New-Item -Path WSMan:\\localhost\\Listener", "Remove-Item"}},
		"not yet valid": {tlsOutcome(x509.CertificateInvalidError{Reason: x509.Expired}, checked, host, with(func(x *cluster.NodeTLS) { x.NotBefore = now.AddDate(0, 0, 1) }), now), cluster.StepFailed,
			[]string{"not valid yet"}, nil},
		"no key yet":  {tlsOutcome(&pinError{shown: "sha256/new"}, pinned, host, c, now), cluster.StepFailed, []string{"not confirmed yet"}, []string{"AB12"}},
		"another key": {tlsOutcome(&pinError{"sha256/old", "sha256/new"}, pinned, host, c, now), cluster.StepFailed, []string{"sha256/new instead of sha256/old"}, []string{"AB12"}},
	} {
		t.Run(name, func(t *testing.T) { e.check(t) })
	}
}

func TestCheckWinRMTexts(t *testing.T) {
	both := []string{"Negotiate", "Basic"}
	for name, e := range map[string]expect{
		"NTLM":                 {winrmOutcome(401, "Microsoft-HTTPAPI/2.0", both, cluster.AuthNTLM, "5985"), cluster.StepOK, []string{"Negotiate, Basic"}, nil},
		"certificate":          {winrmOutcome(401, "", nil, cluster.AuthCertificate, "5986"), cluster.StepOK, nil, nil},
		"Kerberos":             {winrmOutcome(401, "", []string{"Kerberos"}, cluster.AuthKerberos, "5986"), cluster.StepOK, nil, nil},
		"no Basic":             {winrmOutcome(401, "", []string{"Negotiate"}, cluster.AuthBasic, "5986"), cluster.StepFailed, []string{"does not offer Basic", "Negotiate"}, []string{`Service\Auth\Basic -Value $true`}},
		"only Basic":           {winrmOutcome(401, "", []string{"Basic"}, cluster.AuthNTLM, "5986"), cluster.StepFailed, []string{"does not offer Negotiate", "Nothing weaker"}, []string{`Service\Auth\Negotiate`}},
		"only Basic, Kerberos": {winrmOutcome(401, "", []string{"Basic"}, cluster.AuthKerberos, "5986"), cluster.StepFailed, []string{"does not offer Kerberos"}, []string{`Service\Auth\Kerberos`}},
		"no sign-in":           {winrmOutcome(401, "", nil, cluster.AuthNTLM, "5986"), cluster.StepFailed, []string{"no sign-in at all"}, nil},
		"another server":       {winrmOutcome(200, "nginx", nil, cluster.AuthNTLM, "5985"), cluster.StepFailed, []string{"(nginx) is not WinRM", "status 200"}, []string{"quickconfig"}},
		"elsewhere":            {winrmOutcome(302, "IIS", nil, cluster.AuthNTLM, "5986"), cluster.StepFailed, []string{"we do not follow"}, nil},
		"HTTP.sys only":        {winrmOutcome(404, "Microsoft-HTTPAPI/2.0", nil, cluster.AuthNTLM, "5985"), cluster.StepFailed, []string{"WinRM does not", "404"}, []string{"quickconfig"}},
		"a hostile name":       {winrmOutcome(200, "x\r\n\u202eevil", nil, cluster.AuthNTLM, "5985"), cluster.StepFailed, []string{"(x evil)"}, nil},
	} {
		t.Run(name, func(t *testing.T) { e.check(t) })
	}
}

func TestCheckSignInAndShellTexts(t *testing.T) {
	as := func(user string, auth cluster.Auth) Node {
		n := checked
		n.User, n.Auth = user, auth
		return n
	}
	for name, e := range map[string]expect{
		"password": {signInOutcome(errPassword, checked), cluster.StepFailed, []string{"rejected", "locked", "tried once"},
			[]string{"Get-ADUser -Identity 'o''brien'", "Id = 4625", "Enter the password again"}},
		"password of a UPN":   {signInOutcome(errPassword, as("o'brien@contoso.example", cluster.AuthNTLM)), cluster.StepFailed, nil, []string{"Get-ADUser -Identity 'o''brien'"}},
		"password, local":     {signInOutcome(errPassword, as("o'brien", cluster.AuthBasic)), cluster.StepFailed, nil, []string{"Get-LocalUser -Name 'o''brien'"}},
		"certificate":         {signInOutcome(errPassword, as("", cluster.AuthCertificate)), cluster.StepFailed, []string{"client certificate"}, []string{"Auth\\Certificate", "ClientCertificate"}},
		"may not use WinRM":   {signInOutcome(errForbidden, checked), cluster.StepFailed, []string{"may not use WinRM"}, []string{"S-1-5-32-580"}},
		"weak":                {signInOutcome(errWeak, checked), cluster.StepFailed, []string{"nothing weaker"}, nil},
		"Basic":               {signInOutcome(errNoBasic, as("x", cluster.AuthBasic)), cluster.StepFailed, nil, []string{`Auth\Basic`}},
		"Kerberos":            {signInOutcome(errors.New("KDC"), as("x@Y", cluster.AuthKerberos)), cluster.StepFailed, nil, []string{"setspn -Q HOST/'hv-01.contoso.example'", "w32tm"}},
		"shell denied":        {shellOutcome(&fault{Code: faultDenied}, checked), cluster.StepFailed, []string{"may not open a remote shell", "Read and Execute"}, []string{"-SID S-1-5-32-580 -Member 'CONTOSO\\o''brien'", "RootSDDL", "winrm configSDDL default"}},
		"too many shells":     {shellOutcome(&fault{Code: faultQuota}, checked), cluster.StepFailed, []string{"too many"}, []string{"MaxShellsPerUser", "Get-WSManInstance -ResourceURI shell -Enumerate"}},
		"another fault":       {shellOutcome(&fault{Code: 42, Reason: "why."}, checked), cluster.StepFailed, []string{"42", "why"}, []string{"AllowRemoteShellAccess"}},
		"shells, broken lane": {shellOutcome(errLane, checked), cluster.StepFailed, []string{"broke"}, nil},
	} {
		t.Run(name, func(t *testing.T) { e.check(t) })
	}
}

func TestCheckSaysWhatKerberosFound(t *testing.T) {
	n := checked
	n.User, n.Auth = "x@contoso.example", cluster.AuthKerberos
	withKeytab := n
	withKeytab.Keytab = cluster.NewSecret("k")
	because := func(what kerberosFailure) error {
		return &kerberosError{what: what, user: n.User, realm: "CONTOSO.EXAMPLE", spn: "HTTP/hv-01.contoso.example", addrs: []string{"dc-1:88"}}
	}
	const spn, account, clock, password = "setspn -Q", "Get-ADUser -Identity 'x'", "w32tm /query /status", "Enter the password again"
	all := []string{spn, account, clock, password}
	for name, c := range map[string]struct {
		err  error
		node Node
		says string
		fix  []string // and none of the others of all
	}{
		"password":       {because(kerberosPassword), n, "rejected the password", []string{account, password}},
		"keytab":         {because(kerberosPassword), withKeytab, "after it was made", []string{account, "ktpass"}},
		"remembered":     {&rejection{here: true, cause: errPassword}, n, "rejected the password", []string{account, password}},
		"no account":     {because(kerberosUser), n, "no account", []string{account}},
		"locked":         {because(kerberosRevoked), n, "locked", []string{account, "Unlock-ADAccount"}},
		"expired":        {because(kerberosExpired), n, "expired", []string{account}},
		"clock":          {because(kerberosClock), n, "clocks", []string{clock}},
		"SPN":            {because(kerberosSPN), n, "does not know the service", []string{spn}},
		"another's name": {because(kerberosModified), n, "cannot open the ticket", []string{spn, "Test-ComputerSecureChannel"}},
		"address":        {because(kerberosAddress), n, "not the IP address", []string{"full name"}},
		"no KDC":         {because(kerberosNoKDC), n, "No domain controller", []string{"_kerberos._tcp"}},
		"unreachable":    {because(kerberosUnreachable), n, "reachable on TCP port 88", []string{"Test-NetConnection"}},
		"realm":          {because(kerberosNoRealm), n, "needs a realm", []string{"capitals"}},
		"AES":            {&kerberosError{what: kerberosEtype}, n, "AES", []string{"Set-ADUser -Identity 'x' -KerberosEncryptionType"}},
		"AES of a node":  {because(kerberosEtype), n, "AES", []string{"Set-ADComputer -Identity 'hv-01' -KerberosEncryptionType"}},
		"not let in":     {because(kerberosTicket), n, "did not accept", []string{"S-1-5-32-580"}},
		"unknown":        {because(kerberosOther), n, "code", []string{spn, clock}},
	} {
		t.Run(name, func(t *testing.T) {
			o := signInOutcome(c.err, c.node)
			var fix strings.Builder
			for _, s := range o.fix {
				fix.WriteString(s.Text + "\n" + s.Command + "\n")
			}
			if o.state != cluster.StepFailed || !strings.Contains(o.detail, c.says) || strings.Contains(o.detail, "does not say why") {
				t.Errorf("%v %q", o.state, o.detail)
			}
			for _, what := range append(c.fix, all...) {
				if want := slices.Contains(c.fix, what); strings.Contains(fix.String(), what) != want {
					t.Errorf("%q is among the steps: %v, want %v\n%s", what, !want, want, fix.String())
				}
			}
		})
	}
}

// access is what check.ps1 answers on a healthy node, changed.
func access(f func(*scripts.NodeAccess)) scripts.NodeAccess {
	ok := scripts.Access{Access: scripts.AccessOK}
	a := scripts.NodeAccess{
		UtcNow: "2026-01-01T00:00:00Z", ComputerName: "HV-01", DnsSuffix: "contoso.example", ServiceState: "Running", ServiceStart: 2,
		Name: "EU-PROD", S2DEnabled: 1, ModuleVersion: "2.0.0.0", Nodes: []scripts.NodeSeen{{Name: "HV-01"}, {Name: "HV-02", State: 1}},
		Cluster: ok, Members: ok, Storage: ok, History: ok, Namespaces: []scripts.NamespaceAccess{
			{Name: "root/MSCluster", Access: scripts.AccessOK}, {Name: "root/cimv2", Access: scripts.AccessOK},
			{Name: "root/Microsoft/Windows/Storage", Access: scripts.AccessOK}, {Name: "root/virtualization/v2", Access: scripts.AccessOK},
		},
	}
	if f != nil {
		f(&a)
	}
	return a
}

func TestCheckAccessTexts(t *testing.T) {
	denied := scripts.Access{Access: scripts.AccessDenied}
	grant := "Grant-ClusterAccess -User 'CONTOSO\\o''brien' -ReadOnly"
	type a = scripts.NodeAccess
	for name, e := range map[string]expect{
		"member":         {clusterOutcome(access(nil), checked), cluster.StepOK, []string{"EU-PROD: HV-01 (Up), HV-02 (Down)"}, nil},
		"cluster denied": {clusterOutcome(access(func(x *a) { x.Cluster = denied }), checked), cluster.StepFailed, []string{"may not read the cluster"}, []string{grant}},
		"members denied": {clusterOutcome(access(func(x *a) { x.Members = denied }), checked), cluster.StepPartial, []string{"members may not be read"}, []string{grant}},
		"no cluster": {clusterOutcome(access(func(x *a) { x.Cluster.Access = scripts.AccessAbsent; x.ServiceState, x.ServiceStart = "", 0 }), checked), cluster.StepFailed,
			[]string{"no node of a cluster"}, nil},
		"evicted":     {clusterOutcome(access(func(x *a) { x.Cluster.Access = scripts.AccessFailed; x.ServiceState, x.ServiceStart = "Stopped", 4 }), checked), cluster.StepFailed, []string{"disabled"}, nil},
		"stopped":     {clusterOutcome(access(func(x *a) { x.Cluster.Access = scripts.AccessFailed; x.ServiceState = "Stopped" }), checked), cluster.StepFailed, []string{"does not run here: Stopped"}, []string{"Start-Service -Name ClusSvc"}},
		"silent":      {clusterOutcome(access(func(x *a) { x.Cluster = scripts.Access{Access: scripts.AccessFailed, Message: "kaputt"} }), checked), cluster.StepFailed, []string{"It says: kaputt."}, nil},
		"module":      {moduleOutcome(access(nil)), cluster.StepOK, []string{"2.0.0.0"}, nil},
		"no module":   {moduleOutcome(access(func(x *a) { x.ModuleVersion = "" })), cluster.StepPartial, nil, []string{"Install-WindowsFeature -Name RSAT-Clustering-PowerShell"}},
		"namespaces":  {cimOutcome(access(nil), evil), cluster.StepOK, []string{"Readable: root/MSCluster, root/cimv2"}, nil},
		"one denied":  {cimOutcome(access(func(x *a) { x.Namespaces[2].Access = scripts.AccessDenied }), evil), cluster.StepPartial, []string{"may not read: root/Microsoft/Windows/Storage"}, []string{"'CONTOSO\\o''brien'", "root/Microsoft/Windows/Storage"}},
		"no Hyper-V":  {cimOutcome(access(func(x *a) { x.Namespaces[3].Access = scripts.AccessAbsent }), evil), cluster.StepOK, []string{"Not on this node: root/virtualization/v2"}, nil},
		"Hyper-V":     {cimOutcome(access(func(x *a) { x.Namespaces[3].Access = scripts.AccessEmpty }), evil), cluster.StepPartial, nil, []string{"Hyper-V Administrators"}},
		"broken WMI":  {cimOutcome(access(func(x *a) { x.Namespaces[1].Access = scripts.AccessFailed; x.Namespaces[1].Message = "kaputt" }), evil), cluster.StepPartial, []string{"Does not answer: root/cimv2 It says: kaputt"}, nil},
		"no admin":    {adminOutcome(access(nil), nil, nil, evil), cluster.StepOK, []string{"no local administrator, and nothing"}, nil},
		"admin":       {adminOutcome(access(func(x *a) { x.Administrator = true }), nil, nil, evil), cluster.StepOK, []string{"need not be"}, nil},
		"admin taken": {adminOutcome(access(func(x *a) { x.Groups = []string{"S-1-5-114"} }), []string{"storage/Faults"}, nil, evil), cluster.StepPartial, []string{"takes that away", "faults of the Health Service"}, []string{"Administrators"}},
		"no counters": {adminOutcome(access(nil), []string{"vitals/Processor"}, []string{"state.ps1 failed."}, evil), cluster.StepPartial, []string{"processor load", "Not answered: state.ps1 failed."}, []string{"Performance Monitor Users"}},
		"S2D":         {storageOutcome(access(nil), evil), cluster.StepOK, []string{"in use"}, nil},
		"no S2D":      {storageOutcome(access(func(x *a) { x.S2DEnabled = 0 }), evil), cluster.StepOK, []string{"not in use"}, nil},
		"hidden pool": {storageOutcome(access(func(x *a) { x.Storage.Access = scripts.AccessEmpty }), evil), cluster.StepPartial, []string{"may not read its pool"}, []string{"Administrators"}},
		"no question": {storageOutcome(access(func(x *a) { x.Cluster = denied }), evil), cluster.StepSkipped, nil, nil},
		"history":     {historyOutcome(access(nil), evil), cluster.StepOK, []string{"keeps performance history"}, nil},
		"2016":        {historyOutcome(access(func(x *a) { x.History.Access = scripts.AccessAbsent }), evil), cluster.StepOK, []string{"2019"}, nil},
		"history off": {historyOutcome(access(func(x *a) { x.History.Access = scripts.AccessEmpty }), evil), cluster.StepPartial, nil, []string{"Start-ClusterPerformanceHistory"}},
		"no history":  {historyOutcome(access(func(x *a) { x.History = denied }), evil), cluster.StepPartial, []string{"may not read"}, nil},
		"clock":       {clockOutcome(time.Second, time.Second), cluster.StepOK, []string{"agree within 1s"}, nil},
		"clock ahead": {clockOutcome(90*time.Second, time.Second), cluster.StepPartial, []string{"1m30s ahead of ours"}, []string{"w32tm /resync"}},
		"clock far":   {clockOutcome(-6*time.Minute, time.Second), cluster.StepPartial, []string{"6m0s behind ours", "Kerberos"}, nil},
	} {
		t.Run(name, func(t *testing.T) { e.check(t) })
	}
}

func TestQuoted(t *testing.T) {
	for in, want := range map[string]string{
		`DOM\user`: `'DOM\user'`, `o'brien`: `'o''brien'`, "a’; Remove-Item": "'a’’; Remove-Item'", "$(x)": "'$(x)'",
	} {
		if got := cluster.Quote(in); got != want {
			t.Errorf("cluster.Quote(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestReportTellsNobodyWho(t *testing.T) {
	c := cluster.Check{
		Cluster: "EU-PROD", Done: true,
		Found: []cluster.FoundNode{{Name: "HV-02", Address: "hv-02.corp.contoso.example"}, {Name: "HV-03", Address: "10.9.9.9:5986"}, {Name: "HV-04", Address: "10.9.9.9:5987"}},
		Nodes: []cluster.NodeCheck{{
			Name: "HV-01", Address: "hv-01.corp.contoso.example:5986",
			Steps: []cluster.CheckStep{
				{Kind: cluster.StepName, State: cluster.StepOK, Title: "Name", Detail: "hv-01.corp.contoso.example is 10.1.2.3 or fd00::12."},
				{Kind: cluster.StepSignIn, State: cluster.StepFailed, Title: "Sign-in", Detail: `The node rejected CONTOSO\jane; see HV-02 and dc7.corp.contoso.example.`},
				{Kind: cluster.StepShell, Title: "Remote shell", Detail: "provided for S-1-5-21-1-2-3-500 and S-1-5-32-544"},
			},
			Certificate: &cluster.NodeTLS{Subject: "CN=hv-01", Issuer: "CN=Contoso Root,O=Contoso Ltd", Names: []string{"hv-01.corp.contoso.example"}, Pin: "sha256/abc", SHA1: "AB12", SHA256: "cd34"},
			Facts: []cluster.CheckFact{
				{Name: "account", Value: `CONTOSO\jane`}, {Name: "account on the node", Value: `CONTOSO\jane`}, {Name: "DNS suffix", Value: "corp.contoso.example"},
				{Name: "PowerShell", Value: "5.1.20348.2762"}, {Name: "operating system", Value: "Windows Server 2022 20348.2762"},
			},
			Unverified: []cluster.CheckProbe{{Name: "ctrl_c", Expected: "ends", Found: "it ended on HV-01", OK: true}},
		}},
	}
	got := Report(c)
	for _, secret := range []string{"hv-01", "hv-02", "contoso", "jane", "eu-prod", "hv-03", "10.1.2.3", "10.9.9.9", "fd00", "1-2-3-500", "dc7", "root", "ltd"} {
		if strings.Contains(strings.ToLower(got), secret) {
			t.Errorf("the report says %q:\n%s", secret, got)
		}
	}
	for _, want := range []string{"Cluster: cluster-1", "5.1.20348.2762", "20348.2762", "provided", "S-1-5-32-544", "failed   Sign-in", `rejected domain-`, "see node-2", "LooksAlive check", "Member: node-3 at address-", "Member: node-4 at address-", "as wanted ctrl_c", "on node-1", "mode: unknown"} {
		if !strings.Contains(got, want) {
			t.Errorf("the report does not say %q:\n%s", want, got)
		}
	}
	if again := Report(c); again != got {
		t.Error("the report is not the same each time")
	}
}
