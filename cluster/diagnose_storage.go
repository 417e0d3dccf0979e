package cluster

import (
	"fmt"
	"strings"
)

func (d *diagnosis) storage() *Storage {
	if d.p.Storage == nil {
		return &Storage{}
	}
	return d.p.Storage
}

// poolsUnhealthy finds storage pools that are read-only, degraded or unhealthy.
func poolsUnhealthy(d *diagnosis) {
	for _, p := range d.storage().Pools {
		h, why := PoolHealth(p)
		if h <= Maintenance {
			continue
		}
		since := d.p.storageSince("pool/" + p.Name)
		f := Fault{
			Kind: FaultStorageUnhealthy, Object: Ref{"pool", p.Name}, Health: h,
			Title:  "Storage pool " + p.Name + " is " + why,
			Impact: "It holds " + count(len(d.storage().VirtualDisks), "virtual disk") + ".",
			Detail: d.storageSays("pool health "+p.Health.String()+statusWords(p.Status), since),
			Cause:  d.anyNodeCause(),
			Steps: []Step{
				{"See the pool and why.", "Get-StoragePool -FriendlyName " + Quote(p.Name) + " | Format-List HealthStatus, OperationalStatus, ReadOnlyReason"},
				{"See its drives.", "Get-StoragePool -FriendlyName " + Quote(p.Name) + " | Get-PhysicalDisk"},
			},
			Since: since,
		}
		if p.ReadOnly {
			f.Impact += " Nothing can be written, and after a restart nothing is brought online."
		}
		d.add(f)
	}
}

// drivesUnhealthy finds drives in trouble. Those of a node that is out or in
// maintenance follow from it and are counted there.
func drivesUnhealthy(d *diagnosis) {
	for _, drive := range d.storage().Drives {
		h, why := DriveHealth(drive)
		if h <= Maintenance || drive.Node != "" && (d.nodeCause(drive.Node) != "" || d.inMaintenance(drive.Node)) {
			continue
		}
		since := d.p.storageSince("drive/" + drive.key())
		where := drive.Node
		if drive.Slot != "" {
			where += ", slot " + drive.Slot
		}
		if where == "" {
			where = "an unknown place"
		}
		f := Fault{
			Kind: FaultStorageUnhealthy, Object: Ref{"drive", drive.key()}, Node: drive.Node, Health: h,
			Title:  "A drive in " + where + " is " + why,
			Impact: "The copies on it are missing or at risk until they are rebuilt elsewhere.",
			Detail: d.storageSays(sentences(drive.Media, drive.Model, "serial", drive.Serial)+", "+sizeText(drive.Size)+", usage "+drive.Usage+", health "+drive.Health.String()+statusWords(drive.Status), since),
			Steps: []Step{
				{"See the drive.", "Get-PhysicalDisk -SerialNumber " + Quote(drive.Serial) + " | Format-List *"},
				{"See its error and wear counters.", "Get-PhysicalDisk -SerialNumber " + Quote(drive.Serial) + " | Get-StorageReliabilityCounter"},
				{"Let its light blink before pulling it.", "Get-PhysicalDisk -SerialNumber " + Quote(drive.Serial) + " | Enable-PhysicalDiskIdentification"},
			},
			Since: since,
		}
		d.add(f)
	}
}

// virtualDisksUnhealthy finds virtual disks that lost copies of their data.
func virtualDisksUnhealthy(d *diagnosis) {
	for _, disk := range d.storage().VirtualDisks {
		h, why := VirtualDiskHealth(disk)
		if h <= Maintenance {
			continue
		}
		since := d.p.storageSince("virtual disk/" + disk.Name)
		f := Fault{
			Kind: FaultStorageUnhealthy, Object: Ref{"virtual disk", disk.Name}, Health: h,
			Title:  "Virtual disk " + disk.Name + " is " + why,
			Impact: "Fewer copies of its data than wanted are in step: take no other node down until repair has ended.",
			Detail: d.storageSays(fmt.Sprintf("%s, %s, health %s%s", disk.Resiliency, copiesText(disk), disk.Health, statusWords(disk.Status)), since),
			Cause:  d.diskCause(),
			Steps: []Step{
				{"See the state of all virtual disks.", "Get-VirtualDisk"},
				{"See repair under way.", "Get-StorageJob"},
				{"Start repair if none runs and all nodes are back.", "Repair-VirtualDisk -FriendlyName " + Quote(disk.Name)},
			},
			Since: since,
		}
		if h == Critical {
			f.Impact = "Its data is not protected any more, or not there: what lives on it is in danger."
		}
		if j := d.jobs(); j != "" {
			f.Impact += " " + j
		}
		if n := d.maintenanceNodes(); f.Cause == "" && h == Warning && len(n) > 0 {
			f.Impact += " That is to be expected while " + listed(n) + " is in maintenance."
		}
		d.add(f)
	}
}

func copiesText(v VirtualDisk) string {
	if v.Copies == 1 {
		return "1 data copy"
	}
	return fmt.Sprintf("%d data copies", v.Copies)
}

// diskCause explains lost copies: a node that is out, else a drive in trouble.
func (d *diagnosis) diskCause() string {
	if c := d.anyNodeCause(); c != "" {
		return c
	}
	for _, kind := range []string{"pool", "drive"} {
		for i := range d.faults {
			if f := &d.faults[i]; f.Kind == FaultStorageUnhealthy && f.Object.Kind == kind && f.Health >= Warning {
				return f.Key()
			}
		}
	}
	return ""
}

// jobs says whether repair is under way, without the moving numbers.
func (d *diagnosis) jobs() string {
	n := 0
	for _, j := range d.storage().Jobs {
		if j.Percent < 100 {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return count(n, "storage job") + " under way."
}

func (d *diagnosis) maintenanceNodes() []string {
	var out []string
	for _, n := range d.s.Nodes {
		if n.InMaintenance() {
			out = append(out, n.Name)
		}
	}
	return out
}

// volumesOffline finds shared volumes that cannot be used.
func volumesOffline(d *diagnosis) {
	for _, v := range d.s.Volumes {
		h, why := v.away()
		if h == Healthy {
			continue
		}
		since := d.p.stateSince("volume/" + v.Name + "/away")
		f := Fault{
			Kind: FaultVolumeOffline, Object: Ref{"volume", v.Label()}, Health: h,
			Title:  "Volume " + v.Label() + " is " + why,
			Impact: "Virtual machines with disks on " + v.place() + " stop or wait.",
			Detail: d.stateSays("resource "+v.State.String()+", worst access of a node "+v.Access.String()+", coordinator "+v.Owner, since),
			Cause:  d.volumeCause(v),
			Steps: []Step{
				{"See every node's access to it.", "Get-ClusterSharedVolume -Name " + Quote(v.Name) + " | Get-ClusterSharedVolumeState"},
				{"See why (5120 paused, 5142 no longer accessible, 1038 reservation lost).", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=5120,5142,5150,1034,1035,1037,1038} -MaxEvents 20"},
			},
			Since: since,
		}
		if v.State != ResourceOnline {
			f.Steps = append(f.Steps, Step{"Bring it online once the reason is gone.", "Start-ClusterResource -Name " + Quote(v.Name)})
		}
		d.add(f)
	}
}

func (v Volume) place() string {
	if v.Path != "" {
		return v.Path
	}
	return v.Name
}

// volumeCause explains a volume by its virtual disk or pool, or by a node that
// lost its access when it was isolated.
func (d *diagnosis) volumeCause(v Volume) string {
	for i := range d.faults {
		f := &d.faults[i]
		if f.Kind == FaultStorageUnhealthy && f.Health == Critical &&
			(f.Object.Kind == "pool" || f.Object.Kind == "virtual disk" && v.carves(f.Object.Name)) {
			return f.Key()
		}
	}
	if v.State == ResourceOnline || v.State == ResourceInherited {
		return d.anyNodeCause() // the volume itself is up: only some node lost it
	}
	return d.nodeCause(v.Owner)
}

// carves says whether the volume stands on this virtual disk: the resource is
// called "Cluster Virtual Disk (NAME)" unless somebody renamed it.
func (v Volume) carves(disk string) bool {
	return v.Name == disk || strings.HasSuffix(v.Name, "("+disk+")")
}

// volumesRedirected finds volumes whose input and output take a detour.
func volumesRedirected(d *diagnosis) {
	for _, v := range d.s.Volumes {
		how, ok := v.redirected()
		if h, _ := v.away(); !ok || h > Healthy {
			continue
		}
		since := d.p.stateSince("volume/" + v.Name + "/redirected")
		d.add(Fault{
			Kind: FaultStorageUnhealthy, Object: Ref{"volume", v.Label()}, Health: Warning,
			Title:  "Volume " + v.Label() + " is " + how,
			Impact: "Input and output of at least one node go over the network to " + v.Owner + ": slower, and dependent on it.",
			Detail: d.stateSays("worst access of a node "+v.Access.String()+", file system "+v.FileSystem, since),
			Cause:  d.anyNodeCause(),
			Steps: []Step{
				{"See which node, and the reason.", "Get-ClusterSharedVolume -Name " + Quote(v.Name) + " | Get-ClusterSharedVolumeState | Format-List Node, StateInfo, FileSystemRedirectedIOReason, BlockRedirectedIOReason"},
				{"See when it began.", "Get-WinEvent -FilterHashtable @{LogName='System';ProviderName='Microsoft-Windows-FailoverClustering';Id=5121,5124,5125,5136} -MaxEvents 20"},
			},
			Since: since,
		})
	}
}

// volumesFilling finds volumes that run out of space.
func volumesFilling(d *diagnosis) {
	for _, v := range d.s.Volumes {
		_, was := d.p.Since["state|volume/"+v.Name+"/full"]
		if !v.filling(was) {
			continue
		}
		since := d.p.stateSince("volume/" + v.Name + "/full")
		f := Fault{
			Kind: FaultVolumeFilling, Object: Ref{"volume", v.Label()}, Health: Warning,
			Title:  fmt.Sprintf("Volume %s is %d%% full", v.Label(), int(v.share()*100)),
			Impact: sizeText(max(v.Free, 0)) + " of " + sizeText(v.Size) + " are free on " + v.place() + ". When nothing is left, virtual machines on it pause.",
			Detail: d.stateSays(fmt.Sprintf("at or above %.0f%%, where the Health Service warns; it alarms at %.0f%%", VolumeWarning*100, VolumeCritical*100), since),
			Steps: []Step{
				{"See what takes the space.", "Get-ChildItem " + Quote(v.place()) + " -Recurse -File | Sort-Object Length -Descending | Select-Object -First 20 Length, FullName"},
				{"Look for forgotten checkpoints on each node.", "Get-VM | Get-VMSnapshot"},
			},
			Since: since,
		}
		if v.share() >= VolumeCritical {
			f.Health = Critical
		}
		if d.s.S2D {
			f.Steps = append(f.Steps, Step{"See whether the pool has room to extend it.", "Get-StoragePool -IsPrimordial $false | Format-Table FriendlyName, Size, AllocatedSize"})
		}
		d.add(f)
	}
}

// storageSlow finds nodes whose shared volumes answer slowly, for some time.
func storageSlow(d *diagnosis) {
	d.members(func(member, shown string, v NodeView) {
		if v.Vitals == nil || v.Vitals.Disk.Latency < LatencyWarning || d.inMaintenance(member) {
			return
		}
		since, ok := d.p.sustained(member, "latency", latencySpan)
		if !ok {
			return
		}
		// The next lower step of a coarse ladder: a text that moved with every
		// answer would look like news.
		step := LatencyWarning
		for step*2 <= v.Vitals.Disk.Latency {
			step *= 2
		}
		f := Fault{
			Kind: FaultLatency, Object: Ref{"node", shown}, Node: shown, Health: Warning,
			Title:  "Storage is slow on " + shown + ": above " + step.String(),
			Impact: "Everything on " + shown + " waits for its disks.",
			Detail: d.vitalsSay("mean latency of reads and writes on the shared volumes is above "+step.String()+", we warn from "+LatencyWarning.String(), member, since),
			Cause:  d.nodeCause(member),
			Steps: []Step{
				{"Look for a slow drive.", "Get-PhysicalDisk | Get-StorageReliabilityCounter | Sort-Object ReadLatencyMax -Descending"},
				{"See whether repair takes the bandwidth.", "Get-StorageJob"},
				{"See the storage network's connections.", "Get-SmbMultichannelConnection"},
			},
			Since: since,
		}
		if vms := d.vmsOn(shown, func(r Role) bool { return r.State == GroupOnline }); len(vms) > 0 {
			f.Impact = count(len(vms), "virtual machine") + " on " + shown + " wait for their disks: " + listed(vms) + "."
		}
		d.add(f)
	})
}
