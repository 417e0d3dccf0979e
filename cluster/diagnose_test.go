package cluster

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// line is a fault in one line: kind object health <- cause.
func line(f Fault) string {
	s := string(f.Kind) + " " + f.Object.Name + " " + f.Health.String()
	if f.Cause != "" {
		parts := strings.Split(f.Cause, "|")
		s += " <- " + parts[1] + " " + parts[3]
	}
	return s
}

func lines(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, line(f))
	}
	return out
}

var diagnoses = []struct {
	name string
	y    func() *story
	want []string
	says []string // found in the text of the first fault
}{
	{name: "healthy", y: func() *story { return begin(4, true) }},
	{
		name: "node down explains what follows from it",
		y: func() *story {
			y := begin(4, true).wait(5*time.Second).nodeDown().silent("HV-02", 3)
			y.vitals("HV-02", func(v *Vitals) { v.Services[0].State = "Stopped" }).silent("HV-02", 3)
			return y.storage(func(s *Storage) {
				s.VirtualDisks[0].Health, s.VirtualDisks[0].Status = StorageWarning, []string{"Degraded"}
				for i := range s.Drives {
					if s.Drives[i].Node == "HV-02" {
						s.Drives[i].Health, s.Drives[i].Status = StorageWarning, []string{"Lost Communication"}
					}
				}
				s.Faults = []HealthFault{
					{ID: "1", Type: "Microsoft.Health.FaultType.Server.Down", Severity: 6, ObjectID: "x", Description: "Server HV-02", Reason: "The server cannot be reached."},
					{ID: "2", Type: "Microsoft.Health.FaultType.PhysicalDisk.LostCommunication", Severity: 6, ObjectID: "{d-2-1}", Location: "Server HV-02, slot 1", Reason: "Lost."},
				}
			})
		},
		want: []string{
			"health-service PhysicalDisk.LostCommunication {d-2-1} Critical <- node-down HV-02",
			"node-down HV-02 Critical",
			"service-stopped HV-02/ClusSvc Critical <- node-down HV-02",
			"interface-failed HV-02 - LAN Warning <- node-down HV-02",
			"interface-failed HV-02 - Storage Warning <- node-down HV-02",
			"network-partitioned LAN Warning <- node-down HV-02",
			"network-partitioned Storage Warning <- node-down HV-02",
			"storage-unhealthy Vol1 Warning <- node-down HV-02",
			"node-unreachable HV-02 No data <- node-down HV-02",
		},
	},
	{
		name: "where its machines are",
		y: func() *story {
			return begin(4, false).wait(5 * time.Second).nodeDown().wait(5 * time.Second).state(func(s *State) {
				for i := range s.Roles {
					if s.Roles[i].Name == "VM-03" {
						s.Roles[i].Owner = "HV-03"
					}
					if s.Roles[i].Name == "VM-04" {
						s.Roles[i].State = GroupPending
					}
				}
				for i := range s.Interfaces {
					s.Interfaces[i].State = InterfaceUp
				}
				s.Networks[0].State, s.Networks[1].State = NetworkUp, NetworkUp
			})
		},
		want: []string{"node-down HV-02 Critical"},
		says: []string{"It held 2 virtual machines: now 1 on HV-03. Not back yet: VM-04 (Pending).", "The cluster survives the loss of", "2025-03-14 12:00:05 UTC", "Start-ClusterNode -Name 'HV-02'"},
	},
	{
		name: "a drained node that goes down was expected",
		y: func() *story {
			return begin(4, false).state(func(s *State) { s.Nodes[1].State, s.Nodes[1].Drain = NodeDown, DrainCompleted })
		},
		want: []string{"node-down HV-02 Warning"},
	},
	{
		name: "isolated",
		y: func() *story {
			return begin(4, false).state(func(s *State) {
				s.Nodes[1].State, s.Nodes[1].Status = NodeDown, StatusIsolated
				for i := range s.Roles {
					if s.Roles[i].Owner == "HV-02" {
						s.Roles[i].Status = GroupUnmonitored
					}
				}
			}).wait(5 * time.Second)
		},
		want: []string{"node-isolated HV-02 Isolated"},
		says: []string{"2 virtual machines run unmonitored: VM-03 and VM-04. They fail over at 2025-03-14 12:04:00 UTC unless HV-02 returns first (240 s after it was isolated)."},
	},
	{
		name: "isolated, and its time is over",
		y: func() *story {
			return begin(4, false).state(func(s *State) {
				s.Nodes[1].Status = StatusIsolated
				s.Roles[3].Status = GroupUnmonitored
			}).wait(5 * time.Minute).state(func(*State) {})
		},
		want: []string{"node-isolated HV-02 Isolated"},
		says: []string{"1 virtual machine runs unmonitored: VM-03.", "ended at 2025-03-14 12:04:00 UTC"},
	},
	{
		name: "quarantined",
		y: func() *story {
			return begin(4, false).state(func(s *State) { s.Nodes[1].State, s.Nodes[1].Status = NodeDown, StatusQuarantined })
		},
		want: []string{"node-quarantined HV-02 Quarantined"},
		says: []string{"may not rejoin before 2025-03-14 14:00:00 UTC", "Start-ClusterNode -Name 'HV-02' -ClearQuarantine"},
	},
	{
		name: "two failures are noise",
		y:    func() *story { return begin(4, false).silent("HV-02", 2) },
	},
	{
		name: "up for the cluster, silent for us",
		y:    func() *story { return begin(4, false).silent("HV-02", 3) },
		want: []string{"node-unreachable HV-02 No data"},
		says: []string{"HV-02 does not answer us: timeout", "The cluster calls it Up."},
	},
	{
		name: "nobody answers",
		y: func() *story {
			y := begin(2, false).wait(time.Minute)
			return y.silent("HV-01", 3).silent("HV-02", 3)
		},
		want: []string{
			"cluster-unreachable HQ Critical",
			"node-unreachable HV-01 No data <- cluster-unreachable HQ",
			"node-unreachable HV-02 No data <- cluster-unreachable HQ",
		},
		says: []string{"No node of HQ answers: timeout", "All 2 nodes"},
	},
	{
		name: "nobody ever answered: a setting, not an event",
		y: func() *story {
			y := &story{p: NewPicture("HQ", []string{"HV-01"}), now: noon}
			for range 3 {
				y.say(Observation{Node: "HV-01", Question: QuestionVitals, Reach: ReachPassword})
			}
			return y
		},
		want: []string{
			"cluster-unreachable HQ No data",
			"node-unreachable HV-01 No data <- cluster-unreachable HQ",
		},
	},
	{
		name: "nodes answer, the cluster does not",
		y: func() *story {
			y := begin(2, false).wait(time.Minute)
			for range 3 {
				y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachNoRights})
			}
			return y.vitals("HV-01", func(*Vitals) {}).vitals("HV-02", func(*Vitals) {})
		},
		want: []string{"cluster-unreachable HQ Critical"},
		says: []string{"HQ does not tell its state: no rights", "Grant-ClusterAccess"},
	},
	{
		name: "services",
		y: func() *story {
			return begin(2, false).vitals("HV-01", func(v *Vitals) { v.Services[0].State, v.Services[1].State = "Stopped", "Stopped" })
		},
		want: []string{"service-stopped HV-01/ClusSvc Critical", "service-stopped HV-01/vmms Warning"},
	},
	{
		name: "maintenance suppresses what follows from it",
		y: func() *story {
			return begin(4, true).state(func(s *State) {
				s.Nodes[1].State, s.Nodes[1].Drain = NodePaused, DrainCompleted
				s.Interfaces[2].State = InterfaceFailed
			}).vitals("HV-02", func(v *Vitals) { v.Services[1].State = "Stopped"; v.Skew = time.Hour }).silent("HV-02", 3).
				storage(func(s *Storage) { s.Drives[2].Health = StorageWarning })
		},
	},
	{
		name: "a network down explains its adapters",
		y: func() *story {
			return begin(2, false).state(func(s *State) {
				s.Networks[1].State = NetworkDown
				s.Interfaces[1].State, s.Interfaces[3].State = InterfaceFailed, InterfaceUnreachable
			})
		},
		want: []string{
			"network-partitioned Storage Critical",
			"interface-failed HV-01 - Storage Warning <- network-partitioned Storage",
			"interface-failed HV-02 - Storage Warning <- network-partitioned Storage",
		},
		says: []string{"Heartbeats go on over 1 other network."},
	},
	{
		name: "a failed adapter explains the partition",
		y: func() *story {
			return begin(3, false).state(func(s *State) {
				s.Networks[1].State = NetworkPartitioned
				s.Interfaces[1].State, s.Interfaces[3].State = InterfaceFailed, InterfaceUnreachable
			})
		},
		want: []string{
			"interface-failed HV-01 - Storage Warning",
			"interface-failed HV-02 - Storage Warning <- network-partitioned Storage",
			"network-partitioned Storage Warning <- interface-failed HV-01 - Storage",
		},
	},
	{
		name: "witness",
		y: func() *story {
			return begin(2, false).state(func(s *State) {
				s.Quorum.WitnessState = ResourceFailed
				s.Roles[0].State = GroupPartialOnline
				s.Roles[0].Resources = []Resource{{Name: "File Share Witness", Type: "File Share Witness", State: ResourceFailed}}
			})
		},
		want: []string{"witness-failed HQ Critical"},
		says: []string{"one more vote", "Start-ClusterResource -Name 'File Share Witness'"},
	},
	{
		name: "witness of a larger cluster",
		y: func() *story {
			return begin(5, false).state(func(s *State) { s.Quorum.WitnessState = ResourceFailed })
		},
		want: []string{"witness-failed HQ Warning"},
	},
	{
		name: "failed role and failed resource",
		y: func() *story {
			return begin(2, false).state(func(s *State) {
				s.Roles[1].State = GroupFailed
				s.Roles[2].State = GroupPartialOnline
				s.Roles[2].Resources = []Resource{{Name: "IP Address", State: ResourceFailed}}
				s.Roles[3].State = GroupOffline
			})
		},
		want: []string{"resource-failed VM-01 Critical", "resource-failed VM-02 Warning"},
	},
	{
		name: "volumes",
		y: func() *story {
			return begin(2, false).state(func(s *State) {
				v := s.Volumes[0]
				s.Volumes = nil
				for _, c := range []struct {
					name string
					edit func(*Volume)
				}{
					{"full", func(v *Volume) { v.Free = 50 * gb }},
					{"filling", func(v *Volume) { v.Free = 100 * gb }},
					{"just not", func(v *Volume) { v.Free = 101 * gb }},
					{"offline", func(v *Volume) { v.State, v.Size = ResourceOffline, 0 }},
					{"paused", func(v *Volume) { v.Access = VolumePaused }},
					{"serviced", func(v *Volume) { v.State, v.InMaint = ResourceOffline, true }},
					{"detour", func(v *Volume) { v.Access = VolumeBlockRedirected }},
					{"ntfs detour", func(v *Volume) { v.FileSystem = "CSVFS_NTFS" }},
				} {
					x := v
					x.Name, x.Path = "Cluster Virtual Disk ("+c.name+")", `C:\ClusterStorage\`+c.name
					c.edit(&x)
					s.Volumes = append(s.Volumes, x)
				}
			})
		},
		want: []string{
			"volume-filling full Critical",
			"volume-offline offline Critical",
			"volume-offline paused Critical",
			"storage-unhealthy detour Warning",
			"storage-unhealthy ntfs detour Warning",
			"volume-filling filling Warning",
		},
		says: []string{"Volume full is 95% full", "50 GB of 1000 GB are free"},
	},
	{
		name: "a volume that falls a little below the border is still filling",
		y: func() *story {
			return begin(2, false).
				state(func(s *State) { s.Volumes[0].Free = 99 * gb }).
				wait(5 * time.Second).state(func(s *State) { s.Volumes[0].Free = 110 * gb })
		},
		want: []string{"volume-filling Vol1 Warning"},
		says: []string{"89% full"},
	},
	{
		name: "a volume that falls well below is not",
		y: func() *story {
			return begin(2, false).
				state(func(s *State) { s.Volumes[0].Free = 99 * gb }).
				wait(5 * time.Second).state(func(s *State) { s.Volumes[0].Free = 130 * gb })
		},
	},
	{
		name: "storage: a detached disk explains its volume, a drive the lost copies",
		y: func() *story {
			return begin(4, true).state(func(s *State) { s.Volumes[0].State = ResourceFailed }).storage(func(s *Storage) {
				s.VirtualDisks[0].Health, s.VirtualDisks[0].Status = StorageUnknown, []string{"Detached"}
				s.VirtualDisks = append(s.VirtualDisks, VirtualDisk{Name: "Vol2", Resiliency: "Mirror", Copies: 3, Health: StorageWarning})
				s.Drives[0].Health, s.Drives[0].Status = StorageUnhealthy, []string{"IO Error"}
			})
		},
		want: []string{
			"storage-unhealthy {d-1-1} Critical",
			"storage-unhealthy Vol1 Critical <- storage-unhealthy {d-1-1}",
			"volume-offline Vol1 Critical <- storage-unhealthy Vol1",
			"storage-unhealthy Vol2 Warning <- storage-unhealthy {d-1-1}",
		},
	},
	{
		name: "pool",
		y:    func() *story { return begin(4, true).storage(func(s *Storage) { s.Pools[0].ReadOnly = true }) },
		want: []string{"storage-unhealthy S2D on HQ Critical"},
	},
	{
		name: "clocks, in two answers in a row",
		y: func() *story {
			y := begin(4, false)
			for range 2 {
				y.wait(5*time.Second).
					vitals("HV-01", func(v *Vitals) { v.Skew = -SkewCritical }).
					vitals("HV-02", func(v *Vitals) { v.Skew = SkewWarning }).
					vitals("HV-03", func(v *Vitals) { v.Skew, v.SkewError = 3*SkewWarning, 2*SkewWarning+1 }) // too slow an answer to be sure
			}
			return y.vitals("HV-04", func(v *Vitals) { v.Skew = time.Hour })
		},
		want: []string{"clock-skew HV-01 Critical", "clock-skew HV-02 Warning"},
		says: []string{"5m0s behind ours"},
	},
	{
		name: "our own clock",
		y: func() *story {
			y := begin(2, false)
			for range 2 {
				y.wait(5 * time.Second)
				for _, n := range []string{"HV-01", "HV-02"} {
					y.vitals(n, func(v *Vitals) { v.Skew = 3 * time.Second })
				}
			}
			return y
		},
		want: []string{"clock-skew HV-01 Warning", "clock-skew HV-02 Warning"},
		says: []string{"the clock of this dashboard may be the wrong one"},
	},
	{
		name: "slow storage must last",
		y: func() *story {
			y := begin(2, false)
			for i := range 3 {
				y.wait(4500*time.Millisecond).vitals("HV-01", func(v *Vitals) { v.Disk.Latency = LatencyWarning })
				if i > 0 {
					y.vitals("HV-02", func(v *Vitals) { v.Disk.Latency = time.Second })
				}
			}
			return y
		},
		want: []string{"storage-latency HV-01 Warning"},
	},
	{
		name: "certificates",
		y: func() *story {
			day := 24 * time.Hour
			c := func(name string, left time.Duration, listener bool) Certificate {
				return Certificate{Subject: "CN=" + name, Thumbprint: name, NotAfter: noon.Add(left), Listener: listener}
			}
			renewed := c("new", 300*day, false)
			renewed.Subject = "CN=old"
			return begin(2, false).say(Observation{Node: "HV-01", Question: QuestionInventory, Reach: ReachOK, Inventory: &Inventory{Certificates: []Certificate{
				c("A", 31*day, true), c("B", 30*day, true), c("C", 7*day, false), c("D", -day, true), c("E", -day, false), c("F", -400*day, false),
				c("old", day, false), renewed, {Thumbprint: "no date"},
			}}})
		},
		want: []string{
			"certificate-expiring HV-01/C Critical", "certificate-expiring HV-01/D Critical",
			"certificate-expiring HV-01/B Warning", "certificate-expiring HV-01/E Warning",
		},
	},
	{
		name: "health service: one per type and object, informational ones left out, own ones not twice",
		y: func() *story {
			const p = "Microsoft.Health.FaultType."
			return begin(4, true).state(func(s *State) { s.Volumes[0].Free = 10 * gb }).storage(func(s *Storage) {
				s.Drives[0].Health = StorageUnhealthy
				s.Faults = []HealthFault{
					{ID: "1", Type: p + "StoragePool.PoolCapacityThresholdExceeded", Severity: 4, ObjectID: "pool", Reason: "Filling."},
					{ID: "2", Type: p + "StoragePool.PoolCapacityThresholdExceeded", Severity: 4, ObjectID: "pool", Reason: "Filling."},
					{ID: "3", Type: p + "VirtualDisks.NeedsRepair", Severity: 3, ObjectID: "vd"},
					{ID: "4", Type: p + "VirtualDisks.LastCopy", Severity: 3, ObjectID: "vd", Reason: "Last copy."},
					{ID: "5", Type: strings.ToLower(p) + "Volume.Capacity", Severity: 6, ObjectID: "v", Description: "Volume Cluster Virtual Disk (Vol1)", Reason: "Low."},
					{ID: "6", Type: p + "PhysicalDisk.FailedMedia", Severity: 6, ObjectID: "{D-1-1}", Reason: "Media failed.", Actions: []string{"Replace it."}},
					{ID: "7", Type: "Vendor.Unheard", Severity: 7, ObjectID: "z", Description: "Something"},
				}
			})
		},
		want: []string{
			"health-service Vendor.Unheard z Critical",
			"health-service VirtualDisks.LastCopy vd Critical",
			"storage-unhealthy {d-1-1} Critical",
			"volume-filling Vol1 Critical",
			"health-service StoragePool.PoolCapacityThresholdExceeded pool Warning",
		},
	},
}

func TestDiagnose(t *testing.T) {
	for _, c := range diagnoses {
		t.Run(c.name, func(t *testing.T) {
			y := c.y()
			got := Diagnose(y.p, y.now)
			if diff := cmp.Diff(c.want, lines(got)); diff != "" {
				t.Error(diff)
			}
			if len(got) > 0 {
				text := got[0].Title + "\n" + got[0].Impact + "\n" + got[0].Detail
				for _, s := range got[0].Steps {
					text += "\n" + s.Command
				}
				for _, want := range c.says {
					if !strings.Contains(text, want) {
						t.Errorf("%q is not in:\n%s", want, text)
					}
				}
			}
		})
	}
}

// TestFaultsAreWhole checks every fault of every story: texts, ages, causes.
func TestFaultsAreWhole(t *testing.T) {
	kinds := map[FaultKind]bool{}
	for _, c := range diagnoses {
		y := c.y()
		faults := Diagnose(y.p, y.now)
		keys := map[string]Fault{}
		for _, f := range faults {
			if _, twice := keys[f.Key()]; twice {
				t.Errorf("%s: %s twice", c.name, f.Key())
			}
			keys[f.Key()] = f
			kinds[f.Kind] = true
			if f.Cluster != "HQ" || f.Title == "" || f.Detail == "" || len(f.Steps) == 0 || f.Health == Healthy {
				t.Errorf("%s: %s is not whole: %+v", c.name, line(f), f)
			}
			if f.Since.IsZero() || f.Since.After(y.now) {
				t.Errorf("%s: %s since %s", c.name, line(f), f.Since)
			}
		}
		for _, f := range faults {
			for hops := 0; f.Cause != ""; hops++ {
				cause, ok := keys[f.Cause]
				if !ok || hops > len(faults) {
					t.Errorf("%s: the chain of causes of %s ends nowhere", c.name, line(f))
					break
				}
				f = cause
			}
		}
	}
	for _, k := range []FaultKind{FaultNodeDown, FaultNodeIsolated, FaultNodeQuarantined, FaultNodeUnreachable, FaultClusterUnreachable,
		FaultServiceStopped, FaultResourceFailed, FaultNetworkPartitioned, FaultInterfaceFailed, FaultVolumeFilling, FaultVolumeOffline,
		FaultStorageUnhealthy, FaultWitnessFailed, FaultClockSkew, FaultCertificate, FaultLatency, FaultHealthService} {
		if !kinds[k] {
			t.Errorf("no story has a fault of kind %s", k)
		}
	}
}

// TestFaultsStandStill: the same facts told again, later, are the same faults,
// or every answer would look like news.
func TestFaultsStandStill(t *testing.T) {
	for _, c := range diagnoses {
		if strings.Contains(c.name, "answer") || strings.Contains(c.name, "noise") || strings.Contains(c.name, "clocks") || strings.Contains(c.name, "last") {
			continue // these are about time passing
		}
		y := c.y()
		before := Diagnose(y.p, y.now)
		y.wait(5 * time.Second).state(func(*State) {})
		y.say(Observation{Node: "HV-01", Question: QuestionStorage, Reach: ReachOK, Storage: y.p.Storage})
		for m, v := range y.p.Nodes {
			if v.Contact.Failures > 0 {
				y.silent(m, 1)
			} else {
				y.say(Observation{Node: m, Question: QuestionVitals, Reach: ReachOK, Vitals: v.Vitals})
			}
		}
		if diff := cmp.Diff(before, Diagnose(y.p, y.now)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestDiagnoseIsDeterministic(t *testing.T) {
	for _, c := range diagnoses {
		y := c.y()
		want := Diagnose(y.p, y.now)
		for range 5 {
			if diff := cmp.Diff(want, Diagnose(y.p, y.now)); diff != "" {
				t.Fatalf("%s: %s", c.name, diff)
			}
		}
		if y.p.State == nil {
			continue
		}
		q, s := *y.p, *y.p.State
		s.Nodes = slices.Clone(s.Nodes)
		rand.Shuffle(len(s.Nodes), func(i, j int) { s.Nodes[i], s.Nodes[j] = s.Nodes[j], s.Nodes[i] })
		q.State = &s
		if diff := cmp.Diff(lines(want), lines(Diagnose(&q, y.now))); diff != "" {
			t.Errorf("%s, nodes in another order: %s", c.name, diff)
		}
	}
}

func TestOldDataIsCalledLastKnown(t *testing.T) {
	y := begin(3, false).nodeDown().vitals("HV-03", func(v *Vitals) { v.Services[1].State = "Stopped" }).wait(16 * time.Second)
	for _, f := range Diagnose(y.p, y.now) {
		if !strings.Contains(f.Detail, "last known") {
			t.Errorf("%s does not say so: %s", line(f), f.Detail)
		}
	}
}

// TestCommandsExist: only cmdlets the reference names; one that does not exist,
// or that destroys, must never be offered.
func TestCommandsExist(t *testing.T) {
	known := strings.Fields(`Get-Cluster Get-ClusterNode Start-ClusterNode Get-ClusterNetworkInterface Get-ClusterLog Get-ClusterQuorum
		Get-ClusterGroup Start-ClusterGroup Get-ClusterResource Start-ClusterResource Get-ClusterSharedVolume Get-ClusterSharedVolumeState
		Grant-ClusterAccess Get-WinEvent Test-NetConnection Test-WSMan Resolve-DnsName Get-Service Start-Service Add-LocalGroupMember
		Get-ChildItem Get-CimInstance Get-NetAdapter Get-SmbMultichannelConnection Get-StorageJob Get-VirtualDisk Repair-VirtualDisk
		Get-StoragePool Get-PhysicalDisk Get-StorageReliabilityCounter Enable-PhysicalDiskIdentification Get-HealthFault Get-VM Get-VMSnapshot
		Format-List Format-Table Sort-Object Select-Object Test-Path`)
	cmdlet := regexp.MustCompile(`\b[A-Z][a-z]+-[A-Z][A-Za-z]+\b`)
	quoted := regexp.MustCompile(`'[^']*'`)
	for _, c := range diagnoses {
		y := c.y()
		for _, f := range Diagnose(y.p, y.now) {
			for _, s := range f.Steps {
				for _, name := range cmdlet.FindAllString(quoted.ReplaceAllString(s.Command, "''"), -1) {
					if !slices.Contains(known, name) {
						t.Errorf("%s offers %s", line(f), name)
					}
				}
			}
		}
	}
}

func TestRoutineLeavesAHealthyClusterHealthy(t *testing.T) {
	vitals := func(change func(*Vitals)) Observation {
		v := healthyVitals()
		change(v)
		return Observation{Cluster: "HQ", Node: "HV-02", Question: QuestionVitals, Reach: ReachOK, Vitals: v}
	}
	calm := vitals(func(v *Vitals) { v.CPU, v.MemoryFree = 99, 0 })
	stopped := vitals(func(v *Vitals) { v.Services[1].State = "Stopped" })
	skewed := vitals(func(v *Vitals) { v.Skew = time.Hour })
	slow := vitals(func(v *Vitals) { v.Disk.Latency = time.Second })
	silence := Observation{Cluster: "HQ", Node: "HV-02", Question: QuestionVitals, Reach: ReachTimeout}
	inventory := Observation{Cluster: "HQ", Node: "HV-02", Question: QuestionInventory, Reach: ReachOK, Inventory: &Inventory{}}
	for _, c := range []struct {
		name    string
		before  *story
		o       Observation
		routine bool
	}{
		{"nothing new", begin(3, true), calm, true},
		{"a service stopped", begin(3, true), stopped, false},
		{"the clock went wrong", begin(3, true).say(skewed), skewed, false},
		{"the clock is right again", begin(3, true).say(skewed), calm, true},
		{"storage is slow", begin(3, true).say(slow).wait(time.Minute), slow, false},
		{"silence", begin(3, true), silence, false},
		{"after silence", begin(3, true).say(silence), calm, false},
		{"another question", begin(3, true), inventory, false},
		{"the first answer", &story{p: NewPicture("HQ", []string{"HV-02"}), now: noon}, calm, false},
	} {
		faultsBefore := Diagnose(c.before.p, c.before.now)
		if got := c.before.p.Routine(c.o); got != c.routine {
			t.Errorf("%s: routine %v", c.name, got)
		}
		after := c.before.say(c.o)
		if faults := Diagnose(after.p, after.now); c.routine && len(faultsBefore) == 0 && len(faults) > 0 {
			t.Errorf("%s: it brought %v", c.name, faults)
		}
	}
}

func BenchmarkNodeHealth(b *testing.B) {
	y := begin(16, true)
	b.ReportAllocs()
	for b.Loop() {
		for _, name := range y.p.NodeNames() {
			y.p.NodeHealth(name, y.now)
		}
	}
}

func BenchmarkDiagnose(b *testing.B) {
	y := begin(16, true)
	y.state(func(s *State) {
		for len(s.Roles) < 200 {
			r := s.Roles[1+len(s.Roles)%32]
			s.Roles = append(s.Roles, r)
		}
	})
	b.Run("healthy", func(b *testing.B) {
		for b.Loop() {
			Diagnose(y.p, y.now)
		}
	})
	b.Run("node down", func(b *testing.B) {
		y.nodeDown()
		for b.Loop() {
			Diagnose(y.p, y.now)
		}
	})
	b.Run("With", func(b *testing.B) {
		o := Observation{Cluster: "HQ", Node: "HV-01", Question: QuestionState, Reach: ReachOK, State: y.p.State, At: y.now}
		for b.Loop() {
			y.p.With(o)
		}
	})
}
