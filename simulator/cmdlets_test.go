package simulator

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

// consoleHost is a node of the first demo cluster whose time is the test's;
// call it inside a synctest bubble where something is waited for.
func consoleHost(t *testing.T) *host {
	t.Helper()
	return hostOf(t, DemoShapes()[0])
}

func hostOf(t *testing.T, shape Shape) *host {
	t.Helper()
	c := newCluster(shape, 1, time.Now())
	s := &Simulator{opts: Options{Now: time.Now}, clusters: []*simCluster{c}, log: discard}
	for _, n := range c.nodes {
		s.nodes = append(s.nodes, &endpoint{node: n})
	}
	return &host{sim: s, cluster: c, node: c.nodes[0]}
}

// ask runs a script in a process of its own: text without blanks at line ends,
// errors and warnings as CLIXML.
func ask(t *testing.T, h *host, script string) (out, errs string, code int) {
	t.Helper()
	out, errs, code = runLine(h, t.Context(), encoded(script), "")
	lines := strings.Split(strings.ReplaceAll(out, "\r", ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"), errs, code
}

func TestClusterTables(t *testing.T) {
	h := consoleHost(t)
	tests := []struct{ script, want string }{
		{"Get-Cluster", "\nName\n----\nEU-PROD-HCI01\n\n\n"},
		{"Get-ClusterNode", "\nName      State Type\n----      ----- ----\nHV-FRA-01 Up    Node\nHV-FRA-02 Up    Node\nHV-BER-01 Up    Node\nHV-BER-02 Up    Node\n\n\n"},
		{"Get-ClusterNode | Where-Object State -eq Up | Select-Object Name, State, NodeWeight -First 2", "\nName      State NodeWeight\n----      ----- ----------\nHV-FRA-01    Up          1\nHV-FRA-02    Up          1\n\n\n"},
		{"Get-ClusterGroup erp-db-01, 'Cluster Group'", "\nName          OwnerNode State\n----          --------- -----\nerp-db-01     HV-FRA-02 Online\nCluster Group HV-FRA-01 Online\n\n\n"},
		{"Get-ClusterGroup | ? { $_.GroupType -eq 'VirtualMachine' } | Group-Object OwnerNode -NoElement", "\nCount Name\n----- ----\n   12 HV-FRA-01\n   12 HV-FRA-02\n   12 HV-BER-01\n   12 HV-BER-02\n\n\n"},
		{"Get-ClusterResource -Name 'Cloud Witness'", "\nName          State  OwnerGroup    ResourceType\n----          -----  ----------    ------------\nCloud Witness Online Cluster Group Cloud Witness\n\n\n"},
		{"Get-ClusterGroup wiki-01 | Get-ClusterResource | ft Name, State", "\nName                                   State\n----                                   -----\nVirtual Machine wiki-01               Online\nVirtual Machine Configuration wiki-01 Online\n\n\n"},
		{"Get-ClusterNetwork", "\nName  State Metric Role\n----  ----- ------ ----\nMgmt  Up     70240 ClusterAndClient\nSMB-A Up     30250 Cluster\nSMB-B Up     30260 Cluster\n\n\n"},
		{"Get-ClusterNetworkInterface -Node HV-BER-01 -Network SMB-A", "\nName                          Node      Network State\n----                          ----      ------- -----\nHV-BER-01 - vEthernet (SMB-A) HV-BER-01 SMB-A   Up\n\n\n"},
		{"Get-ClusterQuorum", "\nCluster       QuorumResource\n-------       --------------\nEU-PROD-HCI01 Cloud Witness\n\n\n"},
		{"Get-ClusterSharedVolume | select -First 1", "\nName                               State  Node\n----                               -----  ----\nCluster Virtual Disk (CSV01-Infra) Online HV-FRA-01\n\n\n"},
		{"(Get-ClusterSharedVolume)[0].SharedVolumeInfo.Partition.PercentFree -gt 20", "True\n"},
		{"Get-Service vmms, ClusSvc | ft Name, Status, StartType", "\nName     Status StartType\n----     ------ ---------\nClusSvc Running Automatic\nvmms    Running Automatic\n\n\n"},
		{"Get-Service W32Time", "\nStatus   Name               DisplayName\n------   ----               -----------\nRunning  W32Time            Windows Time\n\n\n"},
		{"Get-VirtualDisk CSV02-Apps | select FriendlyName, HealthStatus, OperationalStatus", "\nFriendlyName HealthStatus OperationalStatus\n------------ ------------ -----------------\nCSV02-Apps   Healthy      OK\n\n\n"},
		{"Get-VirtualDisk CSV02-Apps | Out-String -Width 140", "\nFriendlyName ResiliencySettingName FaultDomainRedundancy OperationalStatus HealthStatus  Size FootprintOnPool StorageEfficiency\n------------ --------------------- --------------------- ----------------- ------------  ---- --------------- -----------------\nCSV02-Apps   Mirror                2                     OK                Healthy      16 TB           48 TB            33.33%\n\n\n\n"},
		{"Get-PhysicalDisk | group MediaType, HealthStatus | % { \"$($_.Name): $($_.Count)\" }", "SSD, Healthy: 48\n"},
		{"Get-StoragePool | % FriendlyName; @(Get-StorageJob).Count; @(Get-HealthFault).Count", "S2D on EU-PROD-HCI01\n0\n0\n"},
		{"Get-Volume | ? DriveType -eq Fixed | measure | % Count", "5\n"},
		{"(Get-CimInstance Win32_OperatingSystem).Caption; (Get-CimInstance Win32_Service -Filter \"Name='vmms'\").State; (gcim -Query 'SELECT Name FROM MSCluster_Node WHERE State = 0' -Namespace root/MSCluster).Count", "Microsoft Azure Stack HCI\nRunning\n4\n"},
		{"$env:COMPUTERNAME; hostname; whoami; [Environment]::MachineName", "HV-FRA-01\nHV-FRA-01\nsim\\looksalive\nHV-FRA-01\n"},
		{"(Get-Process vmwp).Count; (Get-Process -Name clussvc).Id -gt 4", "12\nTrue\n"},
		{"(Get-ComputerInfo).CsName; Get-ComputerInfo OsVersion | % OsVersion", "HV-FRA-01\n10.0.25398\n"},
		{"Get-ClusterFaultDomain -Type Site | % Name", "Frankfurt\nBerlin\n"},
		{"Import-Module FailoverClusters; (Get-Command Get-ClusterNode).Source; Test-Path variable:global:ProgressPreference; Test-Path C:\\nothing", "FailoverClusters\nTrue\nFalse\n"},
		{"Get-ClusterNode | ConvertTo-Json -Compress -Depth 1 | % Length | % { $_ -gt 400 }", "True\n"},
		{"Get-ClusterNode HV-FRA-01 | Format-List Name, State, FaultDomain", "\n\nName        : HV-FRA-01\nState       : Up\nFaultDomain : {Site:Frankfurt, Rack:FRA-R12}\n\n\n\n"},
	}
	for _, tt := range tests {
		out, errs, code := ask(t, h, tt.script)
		if out != tt.want || errs != "" || code != 0 {
			t.Errorf("%s\ngot\n%s\nwant\n%s\nerrors %s, code %d", tt.script, out, tt.want, errs, code)
		}
	}
}

func TestConsoleErrors(t *testing.T) {
	h := consoleHost(t)
	tests := []struct{ script, want string }{
		{"Get-Everything", "The term &apos;Get-Everything&apos; is not recognized as the name of a cmdlet"},
		{"Get-Service nope", `<S S="Error">Get-Service : Cannot find any service with service name &apos;nope&apos;._x000D__x000A_</S><S S="Error">At line:1 char:1_x000D__x000A_</S><S S="Error">+ Get-Service nope_x000D__x000A_</S><S S="Error">+ ~~~~~~~~~~~~~~~~_x000D__x000A_</S><S S="Error">    + CategoryInfo          : ObjectNotFound: (nope:String) [Get-Service], ServiceCommandException_x000D__x000A_</S><S S="Error">    + FullyQualifiedErrorId : NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand`},
		{"Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1135 }", "No events were found that match the specified selection criteria."},
		{"Get-ClusterGroup nope", "The cluster group could not be found"},
		{"Get-Cluster elsewhere", "The RPC server is unavailable"},
		{"(Get-Cluster).SameSubnetThreshold = 500", "Exception setting &quot;SameSubnetThreshold&quot;: &quot;Unable to save property changes for &apos;EU-PROD-HCI01&apos;."},
		{"(Get-Cluster).Name2 = 5", "The property &apos;Name2&apos; cannot be found on this object"},
		{"Move-ClusterGroup wiki-01 -Node nope", "The cluster node was not found"},
		{"Get-CimInstance Win32_Nope", "Invalid class"},
		{"Get-CimInstance Win32_Service -Filter 'Name ='", "Invalid query"},
		{"Get-HealthFault -ComputerName x", "A parameter cannot be found that matches parameter name &apos;ComputerName&apos;."},
		{"Test-NetConnection nowhere -Port 5985 -InformationLevel Quiet", `<S S="warning">Name resolution of nowhere failed</S>`},
		{"Restart-Service", "missing mandatory parameters: Name"},
		{"Get-VirtualDisk nope", "No MSFT_VirtualDisk objects found with property &apos;FriendlyName&apos; equal to &apos;nope&apos;."},
	}
	for _, tt := range tests {
		if _, errs, _ := ask(t, h, tt.script); !strings.Contains(errs, tt.want) || strings.Count(errs, "#< CLIXML") != 1 {
			t.Errorf("%s\ngot  %s\nwant %s", tt.script, errs, tt.want)
		}
	}
}

// TestClusterPropertiesAreSet: what is set is what the collector's questions
// see and what the heartbeats obey.
func TestClusterPropertiesAreSet(t *testing.T) {
	h := consoleHost(t)
	out, errs, _ := ask(t, h, "(Get-Cluster).SameSubnetThreshold = 15; $c = Get-Cluster; $c.CrossSiteDelay = 2000; $c.CrossSiteDelay; (Get-Cluster).SameSubnetThreshold; $c.QuarantineDuration = 600; (Get-ClusterNode HV-BER-02).NodeWeight = 0; (Get-ClusterGroup wiki-01).Priority = 3000")
	if out != "2000\n15\n" || errs != "" {
		t.Fatalf("%q %s", out, errs)
	}
	c := h.cluster
	s := c.answerState(h.node)
	if s.SameSubnetThreshold != 15 || s.CrossSiteDelay != 2000 || s.QuarantineDuration != 600 || s.Nodes[3].NodeWeight != 0 {
		t.Errorf("state: %d %d %d %d", s.SameSubnetThreshold, s.CrossSiteDelay, s.QuarantineDuration, s.Nodes[3].NodeWeight)
	}
	if got, want := c.routes[0].limit, c.policy.Between(c.nodes[0].Site, c.nodes[1].Site, true); got != want || want.Threshold != 15 {
		t.Errorf("the routes' limit is %+v, want %+v", got, want)
	}
	if r := h.cluster.roles[slices.IndexFunc(c.roles, func(r *simRole) bool { return r.name == "wiki-01" })]; r.priority != 3000 {
		t.Errorf("priority %d", r.priority)
	}
}

func TestServicesChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		state := func(name string) string {
			h.cluster.mu.Lock()
			defer h.cluster.mu.Unlock()
			return h.cluster.answerVitals(h.node, []string{name}).Services[0].State
		}
		out, errs, _ := ask(t, h, "Stop-Service vmms; (Get-Service vmms).Status; Stop-Service W32Time -PassThru | % Status")
		if out != "Stopped\nStopped\n" || errs != "" || state("vmms") != "Stopped" || state("W32Time") != "Stopped" || len(h.cluster.faults) != 2 {
			t.Fatalf("stopped: %q %s, vmms %s, W32Time %s", out, errs, state("vmms"), state("W32Time"))
		}
		if out, _, _ = ask(t, h, "Start-Service vmms -WhatIf; (Get-Service vmms).Status"); !strings.Contains(out, `What if: Performing the operation "Start-Service" on target "Hyper-V Virtual Machine Management (vmms)".`) || !strings.Contains(out, "Stopped") {
			t.Errorf("-WhatIf: %q", out)
		}
		out, errs, _ = ask(t, h, "Restart-Service vmms -Force; Start-Service W32Time; 'vmms','W32Time' | Get-Service | % Status")
		if out != "Running\nRunning\n" || errs != "" || len(h.cluster.faults) != 0 {
			t.Errorf("started: %q %s, faults %v", out, errs, h.cluster.faults)
		}
	})
}

func TestNodeIsDrainedAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		owned := func() (n int) {
			h.cluster.mu.Lock()
			defer h.cluster.mu.Unlock()
			for _, r := range h.cluster.roles {
				if r.isVM() && r.owner.Name == "HV-FRA-02" {
					n++
				}
			}
			return n
		}
		before := owned()
		start := time.Now()
		out, errs, _ := ask(t, h, "Suspend-ClusterNode HV-FRA-02 -Drain -Wait | % { \"$($_.State) $($_.DrainStatus)\" }")
		if out != "Paused Completed\n" || errs != "" || owned() != 0 || before == 0 || time.Since(start) < 5*time.Second {
			t.Fatalf("%q %s, %d machines left after %v", out, errs, owned(), time.Since(start))
		}
		out, errs, _ = ask(t, h, "Resume-ClusterNode HV-FRA-02 -Failback Immediate | % State; Start-Sleep 120; (Get-ClusterNode HV-FRA-02).State")
		if out != "Up\nUp\n" || errs != "" || owned() < before {
			t.Errorf("%q %s, %d machines, had %d", out, errs, owned(), before)
		}
		out, _, _ = ask(t, h, "Suspend-ClusterNode HV-FRA-02 | % { \"$($_.State) $($_.DrainStatus)\" }; Start-Sleep 30")
		if out != "Paused NotInitiated\n" || owned() < before {
			t.Errorf("paused only: %q, %d machines", out, owned())
		}
	})
}

func TestRoleMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		out, errs, _ := ask(t, h, "Move-ClusterGroup wiki-01 -Node HV-BER-02 | % { \"$($_.OwnerNode) $($_.State)\" }; Get-ClusterGroup 'Cluster Group' | Move-ClusterGroup -Node HV-FRA-02 | % { \"$($_.OwnerNode) $($_.State)\" }; Move-ClusterSharedVolume 'Cluster Virtual Disk (CSV01-Infra)' -Node HV-BER-01 | % Node")
		if out != "HV-BER-02 Online\nHV-FRA-02 Online\nHV-BER-01\n" || errs != "" {
			t.Errorf("%q %s", out, errs)
		}
		if owner := h.cluster.roles[0].owner.Name; owner != "HV-FRA-02" {
			t.Errorf("the core group is on %s", owner)
		}
	})
}

func TestNodeStopsAndStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		out, errs, _ := ask(t, h, "Stop-ClusterNode HV-BER-01 | % State; Start-Sleep 60; (Get-ClusterNode HV-BER-01).State; (Get-ClusterGroup | ? OwnerNode -eq HV-BER-01).Count; (Get-HealthFault).FaultType; (Get-VirtualDisk)[0].HealthStatus")
		if out != "Down\nDown\n0\nMicrosoft.Health.FaultType.Server.Down\nWarning\n" || errs != "" {
			t.Fatalf("%q %s", out, errs)
		}
		out, errs, _ = ask(t, h, "Start-ClusterNode HV-BER-01 | % State; (Get-StorageJob).Count; Get-StorageJob | select -First 1 | ft Name, JobState")
		if out != "Up\n4\n\nName   JobState\n----   --------\nRepair Running\n\n\n" || errs != "" {
			t.Errorf("%q %s", out, errs)
		}
		ask(t, h, "Stop-Service ClusSvc -Force")
		if _, errs, code := ask(t, h, "Get-ClusterNode"); !strings.Contains(errs, "The cluster service is not running.") || !strings.Contains(errs, "Get-ClusterNode,") && !strings.Contains(errs, "GetNodeCommand") || code != 1 {
			t.Errorf("without the service: %s", errs)
		}
	})
}

func TestConnections(t *testing.T) {
	h := consoleHost(t)
	c := h.cluster
	tests := []struct{ script, want string }{
		{"(Test-NetConnection HV-BER-01).PingSucceeded", "True\n"},
		{"Test-NetConnection HV-BER-01 -Port 5985 | % { \"$($_.RemoteAddress) $($_.TcpTestSucceeded)\" }", "10.20.10.13 True\n"},
		{"Test-NetConnection hv-ber-01.sim.example -CommonTCPPort SMB -InformationLevel Quiet", "True\n"},
		{"Test-NetConnection 10.20.71.12 -Port 3343 -InformationLevel Quiet", "True\n"},
		{"tnc HV-FRA-02 -Port 80 -InformationLevel Quiet -WarningAction SilentlyContinue", "False\n"},
		{"Test-Connection HV-FRA-02 -Quiet", "True\n"},
		{"Test-NetConnection HV-BER-01", "\n\nComputerName           : HV-BER-01\nRemoteAddress          : 10.20.10.13\nInterfaceAlias         : vEthernet (Mgmt)\nSourceAddress          : 10.20.10.11\nPingSucceeded          : True\nPingReplyDetails (RTT) : 4 ms\n\n\n\n"},
		{"Test-NetConnection EU-PROD-HCI01 -Port 445", "\n\nComputerName     : EU-PROD-HCI01\nRemoteAddress    : 10.20.10.11\nRemotePort       : 445\nInterfaceAlias   : vEthernet (Mgmt)\nSourceAddress    : 10.20.10.11\nTcpTestSucceeded : True\n\n\n\n"},
	}
	for _, tt := range tests {
		if out, errs, _ := ask(t, h, tt.script); out != tt.want || errs != "" {
			t.Errorf("%s\ngot  %q %s\nwant %q", tt.script, out, errs, tt.want)
		}
	}
	c.cause(t, "node-down", "HV-BER-01", map[string]any{"how": "power"})
	c.cause(t, "winrm-refusing", "HV-FRA-02", nil)
	out, errs, _ := ask(t, h, "Test-Connection HV-BER-01 -Quiet; Test-NetConnection HV-FRA-02 -Port 5985 -InformationLevel Quiet; (Test-NetConnection HV-FRA-02).PingSucceeded")
	if out != "False\nFalse\nTrue\n" || !strings.Contains(errs, "TCP connect to (10.20.10.12 : 5985) failed") {
		t.Errorf("%q %s", out, errs)
	}
}

// TestScriptsInTheLoop: the line loop runs any text and answers as JSON.
func TestScriptsInTheLoop(t *testing.T) {
	h := consoleHost(t)
	var stdin strings.Builder
	for i, s := range []string{"param($a) Get-ClusterNode $a.node | Select-Object Name, State", "1..3", "$x = 5", "$x + 1", "Get-Nothing", "Write-Error soft; 'after'", "'one'", "if (", "Get-Date | Out-Null; [pscustomobject]@{ a = @{ b = 1 } }"} {
		stdin.WriteString(loopLineFor(i+1, s, map[string]any{"node": "HV-BER-*"}))
	}
	out, errs, code := runLine(h, t.Context(), scripts.Loop.CommandLine(), stdin.String())
	if code != 0 || errs != "" {
		t.Fatalf("code %d %s", code, errs)
	}
	var got []string
	for _, f := range readFrames(t, out)[1:] {
		text := string(f.body)
		if f.status == "err" {
			var e loopError
			if err := json.Unmarshal(f.body, &e); err != nil {
				t.Fatal(err)
			}
			text = e.Id
		}
		got = append(got, f.status+" "+text)
	}
	want := []string{`ok [{"Name":"HV-BER-01","State":0},{"Name":"HV-BER-02","State":0}]`, "ok [1,2,3]", "ok null", "ok 6", "err CommandNotFoundException", "err Microsoft.PowerShell.Commands.WriteErrorException", `ok "one"`, "err IfStatementMissingCondition", `ok {"a":{"b":1}}`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestOutputComesAsItIsMade: a line is there before the script goes on, and a
// killed script ends at once.
func TestOutputComesAsItIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		out, _, code := runLine(h, ctx, encoded("[pscustomobject]@{ n = 1 }; Start-Sleep 2; 'second'; Start-Sleep 60; 'never'"), "")
		if code != terminated || time.Since(start) != 3*time.Second || !strings.Contains(out, "n") || !strings.Contains(out, "second") || strings.Contains(out, "never") {
			t.Errorf("code %d after %v: %q", code, time.Since(start), out)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if out, _, _ := runLine(h, ctx, encoded("[pscustomobject]@{ n = 1 }; Start-Sleep 60"), ""); !strings.Contains(out, "n") {
			t.Errorf("nothing was there during the sleep: %q", out)
		}
	})
}

// TestOtherStreams: progress and warnings are records of standard error, what
// Write-Host says is text.
func TestOtherStreams(t *testing.T) {
	h := consoleHost(t)
	out, errs, code := ask(t, h, "Write-Host hi; Write-Warning 'a & b'; Write-Progress Copying -Status half -PercentComplete 50; Write-Verbose v -Verbose; exit 4")
	if out != "hi\n" || code != 4 || strings.Count(errs, "#< CLIXML") != 1 || !strings.Contains(errs, `<S S="warning">a &amp; b</S>`) || !strings.Contains(errs, "<AV>Copying</AV><AI>0</AI><Nil /><PI>-1</PI><PC>50</PC><T>Processing</T><SR>-1</SR><SD>half</SD>") || !strings.Contains(errs, `<S S="verbose">v</S>`) {
		t.Errorf("%q %d %s", out, code, errs)
	}
}

// TestSANHasNoPool: cmdlets of Storage Spaces Direct find nothing there.
func TestSANHasNoPool(t *testing.T) {
	h := hostOf(t, DemoShapes()[1])
	out, errs, _ := ask(t, h, "@(Get-StoragePool).Count; @(Get-PhysicalDisk).Count; (Get-ClusterSharedVolume).Count; (Get-ClusterQuorum).QuorumType; (Get-Service).Count")
	if out != "0\n0\n3\nMajority\n6\n" || errs != "" {
		t.Errorf("%q %s", out, errs)
	}
	if got := cluster.GroupState(h.cluster.roles[0].state); got != cluster.GroupOnline {
		t.Errorf("core group %v", got)
	}
}

// FuzzConsole: no text harms a simulated node.
func FuzzConsole(f *testing.F) {
	for _, s := range []string{"Get-ClusterNode | ? State -eq Up | ft *", "(Get-Cluster).SameSubnetThreshold = 15", "Get-ClusterGroup | Move-ClusterGroup -Node HV-BER-01 -WhatIf", "Suspend-ClusterNode -Drain -WhatIf; Get-Service | Restart-Service -WhatIf", "Get-CimInstance Win32_Service -Filter \"Name like 'v%'\" | fl", "Get-Volume | select *", "Test-NetConnection HV-FRA-02 -Port 5985", "Get-Process | sort CPU -Descending | select -First 3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, script string) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		h := consoleHost(t)
		in := powershell.New(powershell.Options{Host: newConsole(h), Now: h.time, MaxSteps: 20_000, MaxOutput: 1 << 20, MaxMemory: 4 << 20, Wait: func(time.Duration) <-chan time.Time {
			c := make(chan time.Time, 1)
			c <- time.Time{}
			return c
		}})
		w := in.NewWriter(0, func(string) error { return nil })
		in.Run(ctx, script, nil, powershell.Streams{Success: w.Write, Error: func(e *powershell.ErrorRecord) error { e.Lines(); return nil }})
		w.Close()
	})
}
