package views

import (
	"fmt"
	"math"
	"time"

	"looksalive/cluster"
)

var testNow = time.Date(2026, 11, 21, 20, 42, 7, 0, time.UTC)

const gib, tib = int64(1) << 30, int64(1) << 40

// hci is a cluster of n hyper-converged nodes over two sites, all well.
func hci(name, prefix string, n, vms int) *cluster.Picture {
	st := &cluster.State{
		Name: name, Level: 12, S2D: true,
		Quorum:     cluster.Quorum{Dynamic: true, Witness: cluster.WitnessCloud, WitnessName: "Cloud Witness", WitnessPath: "lookswitness01", WitnessState: cluster.ResourceOnline, WitnessWeight: 1},
		Heartbeat:  cluster.HeartbeatPolicy{SameSubnetDelay: time.Second, SameSubnetThreshold: 10, CrossSubnetDelay: time.Second, CrossSubnetThreshold: 20, CrossSiteDelay: time.Second, CrossSiteThreshold: 40},
		Resiliency: cluster.Resiliency{Level: 2, DefaultPeriod: 4 * time.Minute, QuarantineThreshold: 3, QuarantineDuration: 2 * time.Hour},
	}
	p := cluster.NewPicture(name, nil)
	for i := range n {
		node := fmt.Sprintf("%s-%02d", prefix, i+1)
		site := []string{"Frankfurt", "Berlin"}[i*2/max(n, 2)]
		p.Members = append(p.Members, node)
		st.Nodes = append(st.Nodes, cluster.Node{Name: node, ID: i + 1, Weight: 1, DynamicWeight: 1, Site: site, Rack: fmt.Sprintf("Rack %d", i%2+1), Build: "26100.32230", Manufacturer: "Contoso", Model: "R7625", Serial: "CZ2310" + node})
		p.Nodes[node] = nodeOf(i, testNow)
		for j, network := range []string{"Management", "SMB-A", "SMB-B"} {
			st.Interfaces = append(st.Interfaces, cluster.Interface{Node: node, Network: network, Name: node + " - " + network, Adapter: "Mellanox ConnectX-6 #" + fmt.Sprint(j+1), Address: fmt.Sprintf("10.%d.%d.%d", 10+i/2, 10+j, 11+i), State: cluster.InterfaceUp})
		}
	}
	for j, network := range []string{"Management", "SMB-A", "SMB-B"} {
		role := cluster.RoleCluster
		if j == 0 {
			role = cluster.RoleClusterAndClient
		}
		st.Networks = append(st.Networks, cluster.Network{Name: network, State: cluster.NetworkUp, Role: role, Metric: 70000 - 200*j, Address: fmt.Sprintf("10.10.%d.0", 10+j), Prefix: 24})
	}
	for i := range vms {
		owner := st.Nodes[i%n].Name
		st.Roles = append(st.Roles, cluster.Role{Name: fmt.Sprintf("%s-%02d", []string{"APP", "SQL", "WEB", "FILE", "DC"}[i%5], i/5+1), ID: fmt.Sprintf("vm-%d", i), Type: cluster.GroupVirtualMachine, Owner: owner, Priority: 2000,
			Resources: []cluster.Resource{{Name: "Virtual Machine", Type: "Virtual Machine", State: cluster.ResourceOnline, Owner: owner}, {Name: "Configuration", Type: "Virtual Machine Configuration", State: cluster.ResourceOnline, Owner: owner}}})
	}
	st.Roles = append(st.Roles, cluster.Role{Name: "Cluster Group", Type: cluster.GroupCluster, Owner: st.Nodes[0].Name, Priority: 3000, Resources: []cluster.Resource{{Name: "Cluster Name", State: cluster.ResourceOnline}}})
	for i := range min(n, 4) {
		size := 8 * tib
		st.Volumes = append(st.Volumes, cluster.Volume{Name: fmt.Sprintf("Cluster Virtual Disk (CSV-%02d)", i+1), Path: fmt.Sprintf(`C:\ClusterStorage\CSV-%02d`, i+1), ID: fmt.Sprintf("vol-%d", i), Owner: st.Nodes[i].Name, State: cluster.ResourceOnline, FileSystem: "CSVFS_ReFS", Size: size, Free: size * int64(46-9*i) / 100, Access: cluster.VolumeFileSystemRedirected})
	}
	p.State, p.StateAt, p.StateFrom = st, testNow.Add(-2*time.Second), st.Nodes[0].Name
	p.Storage, p.StorageAt, p.StorageFrom = storageOf(st), testNow.Add(-12*time.Second), st.Nodes[0].Name
	return p
}

func storageOf(st *cluster.State) *cluster.Storage {
	s := &cluster.Storage{Pools: []cluster.Pool{{Name: "S2D on " + st.Name, Health: cluster.StorageHealthy, Status: []string{"OK"}, Size: 122 * tib, Allocated: 97 * tib}}}
	for _, v := range st.Volumes {
		s.VirtualDisks = append(s.VirtualDisks, cluster.VirtualDisk{Name: v.Label(), Health: cluster.StorageHealthy, Status: []string{"OK"}, Resiliency: "Mirror", Copies: 3, Size: v.Size, Footprint: 3 * v.Size})
	}
	for i, n := range st.Nodes {
		for b := range 4 {
			s.Drives = append(s.Drives, cluster.Drive{ID: fmt.Sprintf("drive-%d-%d", i, b), Name: fmt.Sprintf("NVMe %d", b), Serial: fmt.Sprintf("S5JX%04d%02d", i, b), Model: "PM9A3 7.68TB", Firmware: "GDC7302Q", Media: "SSD", Node: n.Name, Slot: fmt.Sprint("Bay ", b+1), Usage: "AutoSelect", Health: cluster.StorageHealthy, Status: []string{"OK"}, Size: 7_681_501_126_656})
		}
	}
	return s
}

func nodeOf(i int, now time.Time) cluster.NodeView {
	total := 768 * gib
	return cluster.NodeView{
		Contact: cluster.Contact{Reach: cluster.ReachOK, LastTry: now.Add(-time.Second), LastOK: now.Add(-time.Second), Took: 43 * time.Millisecond},
		Vitals: &cluster.Vitals{UTC: now, Skew: time.Duration(7-3*i) * time.Millisecond, Boot: now.Add(-41 * 24 * time.Hour), CPU: 38 + float64(i*11%37), Cores: 128, MemoryTotal: total, MemoryFree: total * int64(34-i*3%17) / 100,
			Adapters: []cluster.Adapter{{Name: "SMB-A", LinkBps: 100e9, RxBps: 9_200_000_000 + int64(i)*711_000_000, TxBps: 8_100_000_000}, {Name: "SMB-B", LinkBps: 100e9, RxBps: 9_100_000_000, TxBps: 8_400_000_000}, {Name: "vEthernet (Management)", LinkBps: 25e9, RxBps: 412_000_000, TxBps: 188_000_000}},
			Disk:     cluster.DiskRates{ReadIOPS: 61_000 + float64(i)*9000, WriteIOPS: 22_400, ReadBps: 2_400_000_000, WriteBps: 910_000_000, Latency: time.Duration(640+i*210) * time.Microsecond},
			Services: []cluster.Service{{Name: "ClusSvc", Display: "Cluster Service", State: "Running", Start: "Auto"}, {Name: "vmms", Display: "Hyper-V Virtual Machine Management", State: "Running", Start: "Auto"}, {Name: "WinRM", Display: "Windows Remote Management", State: "Running", Start: "Auto"}, {Name: "W32Time", Display: "Windows Time", State: "Running", Start: "Auto"}, {Name: "wuauserv", Display: "Windows Update", State: "Stopped", Start: "Manual"}},
			VMs:      12},
		VitalsAt: now.Add(-time.Second),
		Inventory: &cluster.Inventory{OS: "Microsoft Windows Server 2025 Datacenter", Version: "10.0.26100", Build: "26100.32230", Domain: "corp.example", Manufacturer: "Contoso", Model: "R7625", Serial: fmt.Sprintf("CZ2310%02d", i), BIOS: "2.11 (2026-05-12)", CPUName: "AMD EPYC 9374F 32-Core Processor", Sockets: 2, Cores: 64, Threads: 128, Memory: total, PSVersion: "5.1.26100.1", ClockSource: "dc01.corp.example",
			Certificates: []cluster.Certificate{{Subject: "CN=hv.corp.example", Issuer: "CN=Corp Issuing CA 2", Thumbprint: "A1B2", NotAfter: now.Add(212 * 24 * time.Hour), Usage: []string{"Server Authentication"}, Listener: true}, {Subject: "CN=Azure Stack HCI", Issuer: "CN=Corp Issuing CA 2", Thumbprint: "C3D4", NotAfter: now.Add(140 * 24 * time.Hour), Usage: []string{"Client Authentication"}}}},
		InventoryAt: now.Add(-31 * time.Second),
	}
}

// san is a cluster of two nodes on a SAN with a file share witness.
func san(name, prefix string) *cluster.Picture {
	p := hci(name, prefix, 2, 11)
	p.State.S2D, p.Storage, p.StorageAt = false, nil, time.Time{}
	p.State.Quorum.Witness, p.State.Quorum.WitnessPath = cluster.WitnessFileShare, `\\fs01.corp.example\witness$`
	for i := range p.State.Nodes {
		p.State.Nodes[i].Site, p.State.Nodes[i].Rack = "", ""
	}
	return p
}

func healthy() *cluster.Snapshot {
	return &cluster.Snapshot{Version: 7, At: testNow, Seq: 11, Clusters: []*cluster.Picture{hci("EU-PROD-HCI01", "HV-EU", 4, 48), san("US-SQL-FC01", "SQL-US")}}
}

// troubled has one of everything that can be wrong.
func troubled() *cluster.Snapshot {
	s := &cluster.Snapshot{Version: 8, At: testNow, Seq: 31}
	a, b, c, d := hci("EU-PROD-HCI01", "HV-EU", 8, 96), hci("US-PROD-HCI01", "HV-US", 8, 90), san("EU-EDGE-STO01", "HV-STO"), hci("APAC-PROD-HCI01", "HV-SIN", 6, 64)
	a.State.Nodes[5].State, a.State.Nodes[5].Status = cluster.NodeDown, cluster.StatusIsolated
	for i := range a.State.Interfaces {
		if a.State.Interfaces[i].Node == "HV-EU-06" {
			a.State.Interfaces[i].State = cluster.InterfaceUnreachable
		}
	}
	a.State.Networks[2].State = cluster.NetworkPartitioned
	b.State.Nodes[4].State, b.State.Nodes[4].DynamicWeight = cluster.NodeDown, 0
	b.State.Nodes[1].State, b.State.Nodes[1].Status, b.State.Nodes[1].Drain = cluster.NodePaused, cluster.StatusDrainInProgress, cluster.DrainInProgress
	b.State.Roles[3].State, b.State.Roles[9].State = cluster.GroupFailed, cluster.GroupOffline
	v := c.Nodes["HV-STO-02"]
	v.VitalsAt = testNow.Add(-6 * time.Minute)
	v.Contact = cluster.Contact{Reach: cluster.ReachTimeout, Detail: "No answer within 10 s.", LastTry: testNow.Add(-20 * time.Second), LastOK: testNow.Add(-6 * time.Minute), Failures: 9, Since: testNow.Add(-6 * time.Minute), Breaker: cluster.BreakerOpen, RetryAt: testNow.Add(41 * time.Second)}
	v.Denied = []string{"inventory/Certificates"}
	c.Nodes["HV-STO-02"] = v
	d.State.Volumes[1].Free = d.State.Volumes[1].Size * 6 / 100
	d.Storage.Drives[14].Health, d.Storage.Drives[14].Status = cluster.StorageWarning, []string{"Predictive Failure"}
	d.Storage.Jobs = []cluster.StorageJob{{Name: "Repair", State: "Running", Percent: 42, Done: 3 * tib, Total: 7 * tib, Elapsed: 41 * time.Minute}}
	d.State.Nodes[3].State, d.State.Nodes[3].Status = cluster.NodeDown, cluster.StatusQuarantined
	s.Clusters = []*cluster.Picture{d, c, a, hci("EU-PROD-HCI02", "HV-FRB", 10, 120), san("EU-SQL-FC01", "SQL-EU"), b}
	s.Faults = faultsOf()
	return s
}

func faultsOf() []cluster.Fault {
	ago := func(d time.Duration) time.Time { return testNow.Add(-d) }
	f := func(id int64, c string, k cluster.FaultKind, kind, name, node string, h cluster.Health, title, impact, detail string, since time.Duration) cluster.Fault {
		return cluster.Fault{ID: id, Cluster: c, Kind: k, Object: cluster.Ref{Kind: kind, Name: name}, Node: node, Health: h, Title: title, Impact: impact, Detail: detail, Since: ago(since), Opened: ago(since - 4*time.Second), Updated: ago(since - 4*time.Second), Seq: uint64(id)}
	}
	down := f(11, "US-PROD-HCI01", cluster.FaultNodeDown, "node", "HV-US-05", "HV-US-05", cluster.Critical, "HV-US-05 is down", "11 virtual machines restarted on 4 other nodes", "Seven nodes call it Down since 20:38:02. It does not answer us either: no answer in time.", 4*time.Minute)
	down.Steps = []cluster.Step{{Text: "Look at the power state over the management controller."}, {Text: "See why the cluster service left.", Command: "Get-WinEvent -ComputerName HV-US-05 -LogName System -MaxEvents 40 |\n  Where-Object ProviderName -like '*FailoverClustering*'"}, {Text: "Start the service once the cause is gone.", Command: "Start-ClusterNode -Name HV-US-05"}}
	service := f(12, "US-PROD-HCI01", cluster.FaultServiceStopped, "service", "vmms", "HV-US-05", cluster.Critical, "Cluster service does not run on HV-US-05", "Nothing can be managed there", "", 4*time.Minute)
	service.Cause = down.Key()
	network := f(13, "US-PROD-HCI01", cluster.FaultInterfaceFailed, "interface", "SMB-A", "HV-US-05", cluster.Warning, "SMB-A of HV-US-05 is unreachable", "One of 3 routes is missing", "", 4*time.Minute)
	network.Cause = down.Key()
	isolated := f(14, "EU-PROD-HCI01", cluster.FaultNodeIsolated, "node", "HV-EU-06", "HV-EU-06", cluster.Isolated, "HV-EU-06 is isolated", "12 virtual machines run unmonitored and fail over in less than 4 min", "All 21 routes to HV-EU-06 were lost within 2 s. The node itself still answers us, so its power is on: the network is the likely cause.", 101*time.Second)
	isolated.Steps = []cluster.Step{{Text: "See the adapters of the node as the cluster sees them.", Command: "Get-ClusterNetworkInterface -Node HV-EU-06 | Format-Table Network, Adapter, State"}}
	return []cluster.Fault{
		down, service, network, isolated,
		f(15, "APAC-PROD-HCI01", cluster.FaultNodeQuarantined, "node", "HV-SIN-04", "HV-SIN-04", cluster.Quarantined, "HV-SIN-04 is quarantined", "Left the cluster 3 times within an hour", "", 46*time.Minute),
		f(16, "APAC-PROD-HCI01", cluster.FaultVolumeFilling, "volume", "CSV-02", "", cluster.Warning, "Volume CSV-02 is 94% full", "492 GiB left for 16 virtual machines", "", 26*time.Hour),
		f(17, "APAC-PROD-HCI01", cluster.FaultStorageUnhealthy, "drive", "NVMe 2", "HV-SIN-04", cluster.Warning, "Drive in bay 3 of HV-SIN-04 predicts failure", "The pool keeps full resiliency", "", 3*time.Hour),
		f(18, "EU-EDGE-STO01", cluster.FaultNodeUnreachable, "node", "HV-STO-02", "HV-STO-02", cluster.NoData, "HV-STO-02 does not answer us", "Its numbers are 6 min old. The cluster counts it as up", "Nine attempts in a row timed out.", 6*time.Minute),
	}
}

func resolved() []cluster.Fault {
	return []cluster.Fault{
		{ID: 5, Cluster: "EU-PROD-HCI02", Kind: cluster.FaultNodeDown, Object: cluster.Ref{Kind: "node", Name: "HV-FRB-07"}, Node: "HV-FRB-07", Health: cluster.Critical, Title: "HV-FRB-07 is down", Since: testNow.Add(-29 * time.Minute), Opened: testNow.Add(-29 * time.Minute), Resolved: testNow.Add(-25 * time.Minute), Seq: 30},
		{ID: 4, Cluster: "EU-SQL-FC01", Kind: cluster.FaultWitnessFailed, Object: cluster.Ref{Kind: "cluster", Name: "EU-SQL-FC01"}, Health: cluster.Warning, Title: "File share witness is offline", Since: testNow.Add(-100 * time.Minute), Opened: testNow.Add(-100 * time.Minute), Resolved: testNow.Add(-88 * time.Minute), Seq: 28},
	}
}

// stale is a fleet nobody has heard of for six minutes.
func stale() *cluster.Snapshot {
	s := healthy()
	for _, p := range s.Clusters {
		p.StateAt = testNow.Add(-6 * time.Minute)
		p.StorageAt = testNow.Add(-6 * time.Minute)
		for name, v := range p.Nodes {
			v.VitalsAt, v.Contact.Reach, v.Contact.LastOK = testNow.Add(-6*time.Minute), cluster.ReachRefused, testNow.Add(-6*time.Minute)
			v.Contact.Detail = "Nothing listens on port 5985."
			p.Nodes[name] = v
		}
	}
	return s
}

// unasked is a fleet right after the start.
func unasked() *cluster.Snapshot {
	return &cluster.Snapshot{At: testNow, Clusters: []*cluster.Picture{cluster.NewPicture("EU-PROD-HCI01", []string{"HV-EU-01", "HV-EU-02"})}}
}

// limited is a fleet of which much may not be read: of the first cluster what its
// nodes say of themselves, of the second what the clusters say.
func limited() *cluster.Snapshot {
	s := healthy()
	now := testNow.Add(-time.Second)
	a, b := s.Clusters[0], s.Clusters[1]
	for _, n := range a.Members {
		a = a.With(cluster.Observation{Node: n, Question: cluster.QuestionVitals, At: now, Reach: cluster.ReachOK, Vitals: &cluster.Vitals{UTC: now},
			Denied: []string{"OperatingSystem", "ComputerSystem", "Processor", "SharedVolumes", "VirtualMachines", "Adapters", "Services"}})
		a = a.With(cluster.Observation{Node: n, Question: cluster.QuestionInventory, At: now, Reach: cluster.ReachOK, Inventory: &cluster.Inventory{PSVersion: "5.1"},
			Denied: []string{"OperatingSystem", "ComputerSystem", "BIOS", "Processor", "Revision", "ClockSource", "Listeners", "Certificates", "Adapters"}})
	}
	a = a.With(cluster.Observation{Node: a.Members[0], Question: cluster.QuestionStorage, At: now, Reach: cluster.ReachOK, Storage: &cluster.Storage{},
		Denied: []string{"Pools", "VirtualDisks", "DriveNodes", "Drives", "Jobs", "Faults"}})
	b = b.With(cluster.Observation{Node: b.Members[0], Question: cluster.QuestionState, At: now, Reach: cluster.ReachOK, State: &cluster.State{Name: b.Cluster},
		Denied: []string{"FaultDomains", "Nodes", "Networks", "Interfaces", "Groups", "Resources", "Witness", "VolumeAccess", "Volumes"}})
	s.Clusters = []*cluster.Picture{a, b}
	for i, p := range s.Clusters {
		for _, f := range cluster.Diagnose(p, testNow) {
			f.ID, f.Seq = int64(41+i), uint64(41+i)
			s.Faults = append(s.Faults, f)
		}
	}
	return s
}

// paused is a fleet of which one cluster and one node are not asked, for three hours.
func paused() *cluster.Snapshot {
	s := healthy()
	old := testNow.Add(-3 * time.Hour)
	for i, p := range s.Clusters {
		off := p.Members[1:2]
		if i == 1 {
			off = p.Members
			p.StateAt, p.StorageAt = old, old
		}
		for _, n := range off {
			v := p.Nodes[n]
			v.VitalsAt, v.InventoryAt, v.Contact.LastTry, v.Contact.LastOK = old, old, old, old
			p.Nodes[n] = v
		}
		s.Clusters[i] = p.WithMembers(p.Members, off)
	}
	return s
}

// slow is a cluster whose nodes start a process for each question.
func slow() *cluster.Snapshot {
	s := healthy()
	p := s.Clusters[0]
	p.StateMode, p.StateAt, p.StorageMode = cluster.ModeProcess, testNow.Add(-25*time.Second), cluster.ModeProcess
	for n, v := range p.Nodes {
		v.Contact.Mode, v.VitalsMode, v.InventoryMode = cluster.ModeProcess, cluster.ModeProcess, cluster.ModeProcess
		v.VitalsAt = testNow.Add(-25 * time.Second)
		p.Nodes[n] = v
	}
	return s
}

// big is a fleet of 1,000 nodes.
func big() *cluster.Snapshot {
	s := &cluster.Snapshot{At: testNow, Faults: faultsOf()}
	for i := range 125 {
		s.Clusters = append(s.Clusters, hci(fmt.Sprintf("CL-%03d", i), fmt.Sprintf("HV-%03d", i), 8, 40))
	}
	return s
}

// hostile has names that try to break out of the page.
func hostile() *cluster.Snapshot {
	const evil = `"><img src=x onerror=alert(1)> style="x" /?#&`
	s := healthy()
	p := s.Clusters[0]
	p.Cluster, p.State.Name = evil, evil
	for i := range p.State.Nodes {
		old := p.State.Nodes[i].Name
		p.State.Nodes[i].Name = old + evil
		p.Nodes[old+evil] = p.Nodes[old]
	}
	p.State.Roles[0].Name, p.State.Volumes[0].Path, p.State.Networks[0].Name = evil, evil, evil
	for i := range p.State.Roles {
		p.State.Roles[i].Owner = p.State.Nodes[0].Name
	}
	s.Faults = faultsOf()[:1]
	s.Faults[0].Cluster, s.Faults[0].Title, s.Faults[0].Node, s.Faults[0].Impact = evil, evil, p.State.Nodes[0].Name, evil
	s.Faults[0].Steps = []cluster.Step{{Text: evil, Command: evil}}
	return s
}

// trendsFor makes an hour of plausible history with a gap.
func trendsFor(keys []cluster.SeriesKey) Trends {
	t := Trends{}
	for n, k := range keys {
		base, swing := 44.0, 16.0
		switch k.Metric {
		case cluster.MetricMemoryUsed:
			base, swing = 500*float64(gib), 20*float64(gib)
		case cluster.MetricNetRx, cluster.MetricNetTx:
			base, swing = 9e9, 4e9
		case cluster.MetricLatency:
			base, swing = 0.0012, 0.0007
		}
		s := cluster.Series{Key: k, Step: time.Minute}
		for i := range 60 {
			if i >= 22 && i <= 24 {
				continue
			}
			v := base + swing*math.Sin(float64(i)/7+float64(n%5)/3) + swing/4*math.Sin(float64(i*i))
			s.Points = append(s.Points, cluster.Point{At: testNow.Add(time.Duration(i-60) * time.Minute), Min: v, Mean: v, Max: v, Last: v, Count: 12})
		}
		t[k] = s
	}
	return t
}
