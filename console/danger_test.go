package console

import (
	"testing"

	"looksalive/cluster"
)

func TestLook(t *testing.T) {
	reads := []string{
		"Get-ClusterNode",
		"Get-ClusterNode | Where-Object { $_.State -ne 'Up' } | Select-Object Name, State",
		"Get-Cluster | ft -AutoSize",
		"(Get-Cluster).SameSubnetThreshold",
		"$n = Get-ClusterNode\n$n | % { $_.Name.ToUpper() }",
		"# Stop-ClusterNode\nGet-Date <# Remove-Item #>",
		"'Stop-ClusterNode HV-01'",
		"@'\nStop-ClusterNode\n'@ | Out-String",
		"Get-Process 2>&1 > $null",
		"\"it is $(Get-Date) now\"",
		"if ((Get-Service ClusSvc).Status -eq 'Running') { 'ok' } else { 'no' }",
		"Get-WinEvent -FilterHashtable @{LogName='System'; StartTime=(Get-Date).AddHours(-1)} | group Id",
		"foreach ($n in Get-ClusterNode) { $n.Name }",
		"[math]::Round(3.5)",
		"hostname",
		"function Read-Part($x) { Get-Process $x }\nRead-Part pwsh",
		"Get-Counter '\\Processor(_Total)\\% Processor Time' | select -Expand CounterSamples",
	}
	for _, s := range reads {
		if d := Look(s); !d.OnlyReads {
			t.Errorf("%q only reads, but: %v", s, d.Changes)
		}
	}
	confirm := map[string]string{
		"Stop-ClusterNode HV-01":                               "Stop-ClusterNode",
		"get-clusternode | suspend-clusternode -Drain":         "suspend-clusternode",
		"(Get-Cluster).SameSubnetThreshold = 15":               ".SameSubnetThreshold =",
		"$c = Get-Cluster; $c.QuarantineThreshold += 1":        ".QuarantineThreshold =",
		"FailoverClusters\\Remove-ClusterGroup x":              "FailoverClusters\\Remove-ClusterGroup",
		"St`op-Service vmms":                                   "Stop-Service",
		"& 'Stop-Service' vmms":                                "& 'Stop-Service' vmms",
		"& $command":                                           "& $command",
		"iex $text":                                            "iex",
		"\"now $(Restart-Computer -Force)\"":                   "Restart-Computer",
		"gsv vmms | spsv":                                      "spsv",
		"Get-Process | ForEach-Object { $_.Kill() }":           ".Kill()",
		"Get-Service | ForEach-Object Stop-Service":            "Stop-Service",
		"shutdown /r /t 0":                                     "shutdown",
		"if ($true) { Clear-ClusterNode }":                     "Clear-ClusterNode",
		"1..3 | % { rm C:\\x }":                                "rm",
		"[IO.File]::Delete('C:\\x')":                           ".Delete()",
		"@\"\n$(Stop-Service x)\n\"@":                          "Stop-Service",
		"try { Set-Service x -StartupType Disabled } catch {}": "Set-Service",
		". C:\\x.ps1":                                          ". C:\\x.ps1",
		"$x = Stop-Service vmms -PassThru":                     "Stop-Service",
		"function Read-Part { Stop-Service x }; Read-Part":     "Stop-Service",
		"return Stop-Service vmms":                             "Stop-Service",
	}
	for s, what := range confirm {
		d := Look(s)
		if d.OnlyReads || !d.Confirm || len(d.Changes) == 0 || d.Changes[0].What != what {
			t.Errorf("%q: confirm %v, changes %v; want %q", s, d.Confirm, d.Changes, what)
		}
	}
	for _, s := range []string{"Start-ClusterNode HV-01", "Get-Date > C:\\x.txt", "MyTool.exe", "Resume-ClusterNode"} {
		if d := Look(s); d.OnlyReads || d.Confirm {
			t.Errorf("%q changes something without danger, but: %+v", s, d)
		}
	}
}

func TestPhraseNamesWhere(t *testing.T) {
	one := []cluster.Target{{Cluster: "A", Node: "HV-01"}}
	if got := LookAt("Stop-Service x", one).Phrase; got != "HV-01" {
		t.Errorf("phrase = %q", got)
	}
	if got := LookAt("Stop-Service x", append(one, cluster.Target{Cluster: "A", Node: "HV-02"})).Phrase; got != "2 nodes" {
		t.Errorf("phrase = %q", got)
	}
	if got := LookAt("Get-Service x", one).Phrase; got != "" {
		t.Errorf("a reading script wants %q", got)
	}
}

func FuzzLook(f *testing.F) {
	f.Add("Get-ClusterNode | % { \"$($_.Name)\" } # x\n@'\n'@")
	f.Fuzz(func(t *testing.T, s string) { Look(s) })
}
