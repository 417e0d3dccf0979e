package simulator

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// seen are the product's own three questions, as one node answers them.
type seen struct {
	state   scripts.ClusterState
	storage scripts.StorageState
	vitals  scripts.NodeVitals
}

func see(h *host) seen {
	c := h.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(h.sim.opts.Now())
	return seen{c.answerState(h.node), c.answerStorage(h.node), c.answerVitals(h.node, []string{"vmms", "ClusSvc", "W32Time"})}
}

func (s seen) node(name string) scripts.StateNode {
	for _, n := range s.state.Nodes {
		if n.Name == name {
			return n
		}
	}
	return scripts.StateNode{}
}

func (s seen) group(name string) scripts.StateGroup {
	for _, g := range s.state.Groups {
		if g.Name == name {
			return g
		}
	}
	return scripts.StateGroup{}
}

func (s seen) resource(name string) scripts.StateResource {
	for _, r := range s.state.Resources {
		if r.Name == name {
			return r
		}
	}
	return scripts.StateResource{}
}

func (s seen) owned(node string) (n int) {
	for _, g := range s.state.Groups {
		if g.OwnerNode == node && g.GroupType == int(cluster.GroupVirtualMachine) {
			n++
		}
	}
	return n
}

func (s seen) health() string {
	worst := 0
	for _, d := range s.storage.VirtualDisks {
		worst = max(worst, d.HealthStatus)
	}
	return fmt.Sprint(worst)
}

func (s seen) faults() string {
	var out []string
	for _, f := range s.storage.Faults {
		out = append(out, strings.TrimPrefix(f.FaultType, "Microsoft.Health.FaultType."))
	}
	return strings.Join(out, ",")
}

// TestChangesAreSeen: every cmdlet that changes something changes what the
// product's questions are answered with, and its opposite changes it back.
func TestChangesAreSeen(t *testing.T) {
	service := func(s seen, name string) string {
		for _, v := range s.vitals.Services {
			if v.Name == name {
				return v.State
			}
		}
		return ""
	}
	tests := []struct {
		do    string
		shows func(seen) string
		want  string
		undo  string
		back  string // what is shown then; "" means as before
	}{
		{"Suspend-ClusterNode HV-BER-01 -Drain -Wait", func(s seen) string {
			n := s.node("HV-BER-01")
			return fmt.Sprint(n.State, n.NodeDrainStatus, s.owned("HV-BER-01") == 0)
		}, "2 2 true", "Resume-ClusterNode HV-BER-01 -Failback Immediate", ""},
		{"Suspend-ClusterNode HV-BER-01", func(s seen) string {
			return fmt.Sprint(s.node("HV-BER-01").State, s.owned("HV-BER-01") > 0)
		}, "2 true", "Resume-ClusterNode HV-BER-01", ""},
		{"Stop-ClusterNode HV-BER-01", func(s seen) string {
			return fmt.Sprint(s.node("HV-BER-01").State, s.node("HV-BER-01").DynamicWeight, " "+s.health()+" ["+s.faults()+"]")
		}, "1 0 1 [Server.Down]", "Start-ClusterNode HV-BER-01; Start-Sleep 600", ""},
		{"Move-ClusterGroup wiki-01 -Node HV-FRA-01", func(s seen) string { return s.group("wiki-01").OwnerNode }, "HV-FRA-01", "Move-ClusterVirtualMachineRole wiki-01 -Node HV-BER-02", ""},
		{"Move-ClusterSharedVolume 'Cluster Virtual Disk (CSV01-Infra)' -Node HV-BER-02", func(s seen) string { return s.state.Volumes[0].OwnerNode }, "HV-BER-02", "Move-ClusterSharedVolume 'Cluster Virtual Disk (CSV01-Infra)' -Node HV-FRA-01", ""},
		{"Stop-ClusterGroup wiki-01; Start-Sleep 120", func(s seen) string {
			return fmt.Sprint(cluster.GroupState(s.group("wiki-01").State), cluster.ResourceState(s.resource("Virtual Machine wiki-01").State))
		}, "Offline Offline", "Start-ClusterGroup wiki-01", ""},
		{"Stop-ClusterResource 'Virtual Machine wiki-01'; Start-Sleep 120", func(s seen) string {
			return fmt.Sprint(cluster.GroupState(s.group("wiki-01").State), cluster.ResourceState(s.resource("Virtual Machine wiki-01").State))
		}, "PartialOnline Offline", "Start-ClusterResource 'Virtual Machine wiki-01'", ""},
		{"Stop-VM dc-fra-01; Start-Sleep 120", func(s seen) string {
			return fmt.Sprint(cluster.GroupState(s.group("dc-fra-01").State), s.vitals.RunningVMs)
		}, "Offline 11", "Start-VM dc-fra-01", ""},
		{"Stop-ClusterResource 'Cluster Virtual Disk (CSV01-Infra)'", func(s seen) string {
			failed := 0
			for _, g := range s.state.Groups {
				if g.State == int(cluster.GroupFailed) {
					failed++
				}
			}
			return fmt.Sprint(s.state.Volumes[0].WorstAccess, failed > 0)
		}, "0 true", "Start-ClusterResource 'Cluster Virtual Disk (CSV01-Infra)'; Start-Sleep 60", ""},
		{"Stop-Service vmms", func(s seen) string { return service(s, "vmms") }, "Stopped", "Start-Service vmms", ""},
		{"Stop-Service W32Time", func(s seen) string { return service(s, "W32Time") }, "Stopped", "Restart-Service W32Time", ""},
		{`Set-ClusterQuorum -FileShareWitness \\fs01.sim.example\w`, func(s seen) string {
			return fmt.Sprint(s.state.WitnessResourceType, " ", s.state.QuorumPath, " ", s.state.WitnessDynamicWeight)
		}, `File Share Witness \\fs01.sim.example\w 1`, "Set-ClusterQuorum -CloudWitness -AccountName simwitness -AccessKey k -Endpoint core.example", ""},
		{"Set-ClusterQuorum -NoWitness", func(s seen) string {
			votes := s.state.WitnessDynamicWeight
			for _, n := range s.state.Nodes {
				votes += n.DynamicWeight
			}
			return fmt.Sprint(s.state.WitnessResource, votes, s.state.QuorumTypeValue) // one node gives up its vote
		}, "3 1", "Set-ClusterQuorum -CloudWitness -AccountName simwitness -AccessKey k", "Cloud Witness5 2"},
		{"(Get-ClusterNode HV-BER-02).NodeWeight = 0", func(s seen) string {
			return fmt.Sprint(s.node("HV-BER-02").NodeWeight, s.node("HV-BER-02").DynamicWeight, s.state.WitnessDynamicWeight)
		}, "0 0 0", "(Get-ClusterNode HV-BER-02).NodeWeight = 1", ""},
		{"(Get-Cluster).SameSubnetThreshold = 15; (Get-Cluster).QuarantineThreshold = 5; (Get-Cluster).DynamicQuorum = 0", func(s seen) string {
			return fmt.Sprint(s.state.SameSubnetThreshold, s.state.QuarantineThreshold, s.state.DynamicQuorumEnabled)
		}, "15 5 0", "(Get-Cluster).SameSubnetThreshold = 20; (Get-Cluster).QuarantineThreshold = 3; (Get-Cluster).DynamicQuorum = 1", ""},
		{"(Get-ClusterNetwork SMB-B).Role = 0", func(s seen) string { return fmt.Sprint(s.state.Networks[2].Role) }, "0", "(Get-ClusterNetwork SMB-B).Role = 1", ""},
		{"(Get-ClusterGroup wiki-01).Priority = 3000", func(s seen) string { return fmt.Sprint(s.group("wiki-01").Priority) }, "3000", "(Get-ClusterGroup wiki-01).Priority = 1000", ""},
		{"Set-ClusterFaultDomain -Name HV-FRA-01 -Parent BER-R03", func(s seen) string { return s.node("HV-FRA-01").Site + " " + s.node("HV-FRA-01").Rack }, "Berlin BER-R03", "Set-ClusterFaultDomain -Name HV-FRA-01 -Parent FRA-R12", ""},
		{"Get-StorageScaleUnit -FriendlyName HV-BER-01 | Enable-StorageMaintenanceMode", func(s seen) string {
			away := 0
			for _, d := range s.storage.Drives {
				if d.HealthStatus != 0 {
					away++
				}
			}
			return fmt.Sprint(away, " ", s.health())
		}, "12 1", "Get-StorageScaleUnit -FriendlyName HV-BER-01 | Disable-StorageMaintenanceMode; Start-Sleep 600", ""},
		{"Disable-NetAdapter 'vEthernet (SMB-A)'; Start-Sleep 30", func(s seen) string {
			for _, i := range s.state.Interfaces {
				if i.Node == "HV-FRA-01" && i.Network == "SMB-A" {
					return fmt.Sprint(i.State, " ", s.faults())
				}
			}
			return ""
		}, "1 NetworkInterface.Missing", "Enable-NetAdapter 'vEthernet (SMB-A)'; Start-Sleep 30", ""},
	}
	for _, tt := range tests {
		t.Run(tt.do, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := consoleHost(t)
				before := tt.shows(see(h))
				if before == tt.want {
					t.Fatalf("it shows %q before", before)
				}
				if _, errs, _ := ask(t, h, strings.ReplaceAll(tt.do, ";", " -WhatIf;")+" -WhatIf"); !strings.Contains(tt.do, " = ") && !strings.Contains(tt.do, "Start-Sleep") && (errs != "" || tt.shows(see(h)) != before) {
					t.Errorf("-WhatIf changed it to %q: %s", tt.shows(see(h)), errs)
				}
				if _, errs, _ := ask(t, h, tt.do); errs != "" {
					t.Fatal(errs)
				}
				if got := tt.shows(see(h)); got != tt.want {
					t.Errorf("shows %q, want %q", got, tt.want)
				}
				back := tt.back
				if back == "" {
					back = before
				}
				if _, errs, _ := ask(t, h, tt.undo); errs != "" {
					t.Fatal(errs)
				}
				time.Sleep(5 * time.Second)
				if got := tt.shows(see(h)); got != back {
					t.Errorf("after %s it shows %q, want %q", tt.undo, got, back)
				}
			})
		})
	}
}

// TestQuorumIsLost: stopping node after node ends in a cluster that stops, and
// says so in the logs of the node that is left.
func TestQuorumIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		if _, errs, _ := ask(t, h, "Set-ClusterQuorum -NoWitness; (Get-Cluster).DynamicQuorum = 0; Stop-ClusterNode HV-BER-01; Stop-ClusterNode HV-BER-02; Start-Sleep 30"); errs != "" {
			t.Fatal(errs)
		}
		_, errs, _ := ask(t, h, "Get-ClusterNode")
		if !strings.Contains(errs, "The cluster service is not running.") {
			t.Errorf("two of four without a witness still answer: %s", errs)
		}
		out, errs, _ := ask(t, h, "(Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1177 }).LevelDisplayName; (Get-Service ClusSvc).Status")
		if out != "Critical\nStopped\n" || errs != "" {
			t.Errorf("%q %s", out, errs)
		}
	})
}

// TestDriveIsRepaired: a failed drive's copies are made anew on others, after
// which only the drive itself is bad.
func TestDriveIsRepaired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		h.cluster.cause(t, "drive-failed", h.cluster.drives[5].serial, nil)
		if got := see(h).health(); got != "1" {
			t.Fatalf("virtual disks %s with a failed drive", got)
		}
		out, errs, _ := ask(t, h, "Get-VirtualDisk | Repair-VirtualDisk; @(Get-StorageJob).Count; Start-Sleep 300; @(Get-StorageJob).Count; @(Get-VirtualDisk | ? HealthStatus -ne Healthy).Count; (Get-PhysicalDisk | ? HealthStatus -ne Healthy).Usage")
		if out != "4\n0\n0\nRetired\n" || errs != "" {
			t.Errorf("%q %s", out, errs)
		}
	})
}

// TestRestartComputer: the node goes, is back after a while with a new start time
// and says in its log who asked for it.
func TestRestartComputer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := consoleHost(t)
		other := &host{sim: h.sim, cluster: h.cluster, node: h.cluster.nodes[1]}
		boot := see(h).vitals.BootTime
		ask(t, h, "Restart-Computer -Force")
		time.Sleep(10 * time.Second)
		if n := see(other).node("HV-FRA-01"); n.State != int(cluster.NodeDown) {
			t.Errorf("the others see state %d", n.State)
		}
		for range int((rebootTime + time.Minute).Seconds()) {
			time.Sleep(time.Second)
			h.sim.Advance(time.Now())
		}
		out, errs, _ := ask(t, h, "(Get-ClusterNode HV-FRA-01).State; (Get-WinEvent -FilterHashtable @{ LogName = 'System'; Id = 1074, 41, 6005 }).Id")
		if out != "Up\n6005\n1074\n" || errs != "" { // an orderly start: no 41
			t.Errorf("%q %s", out, errs)
		}
		if now := see(h).vitals.BootTime; now == boot {
			t.Error("the start time did not change")
		}
	})
}
