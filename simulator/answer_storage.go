package simulator

import (
	"looksalive/remoting/scripts"
)

// Numbers of the storage classes (MSFT_VirtualDisk, MSFT_PhysicalDisk,
// MSFT_StoragePool: OperationalStatus and HealthStatus).
const (
	opOK, opDegraded, opPredictive, opInService, opLost = 2, 3, 5, 11, 13
	opDetached, opIncomplete, opFailedMedia             = 0xD002, 0xD003, 0xD004
	opMaintenance                                       = 0xD00A // "In Maintenance Mode"; the number is in no published list
	healthOK, healthWarning, healthBad, healthUnknown   = 0, 1, 2, 5
)

// driveHealth is a drive's HealthStatus, OperationalStatus and Usage.
func (c *simCluster) driveHealth(d *simDrive) (health, status, usage int) {
	switch c.cond.drives[d] {
	case "failed":
		return healthBad, opFailedMedia, 4
	case "lost":
		return healthWarning, opLost, 4
	case "predictive":
		return healthWarning, opPredictive, d.usage
	}
	if d.node.maintenance && d.node.active() {
		return healthWarning, opMaintenance, d.usage
	}
	if !d.node.active() {
		return healthWarning, opLost, d.usage
	}
	return healthOK, opOK, d.usage
}

// diskHealth is a virtual disk's HealthStatus and OperationalStatus: it misses
// copies, is being repaired, or is gone.
func (c *simCluster) diskHealth(v *simVolume) (health, status int) {
	lost, copies := c.lostDomains(), c.copies()
	switch {
	case !c.volumeAttached():
		return healthUnknown, opDetached
	case copies == 1 && c.missingCopies() > 0: // no copy elsewhere
		return healthBad, opDegraded
	case lost > 0:
		return healthWarning, opIncomplete
	}
	for _, j := range c.jobs {
		if j.volume == v {
			return healthWarning, opInService
		}
	}
	if c.missingCopies() > 0 {
		return healthWarning, opDegraded
	}
	return healthOK, opOK
}

// poolHealth is the pool's HealthStatus and OperationalStatus, and whether it is read-only.
func (c *simCluster) poolHealth() (health, status int, readOnly bool) {
	switch {
	case !c.poolQuorum():
		return healthBad, 1, true // read-only for want of drives
	case c.lostDomains() > 0 || c.failedDrives() > 0:
		return healthWarning, opDegraded, false
	default:
		return healthOK, opOK, false
	}
}

// answerStorage is root/Microsoft/Windows/Storage and the Health Service. On a
// cluster without Storage Spaces Direct there is no pool to tell of.
func (c *simCluster) answerStorage(n *simNode) scripts.StorageState {
	s := scripts.StorageState{
		UtcNow: utc(c.clock(n, c.now)), Denied: []string{}, Pools: []scripts.StoragePool{}, VirtualDisks: []scripts.StorageVirtualDisk{},
		Drives: []scripts.StorageDrive{}, Jobs: []scripts.StorageJob{}, Faults: []scripts.StorageFault{},
	}
	if c.shape.SAN {
		return s
	}
	pool := scripts.StoragePool{FriendlyName: "S2D on " + c.shape.Name}
	status := 0
	pool.HealthStatus, status, pool.IsReadOnly = c.poolHealth()
	pool.OperationalStatus = []int{status}
	for _, v := range c.volumes {
		health, status := c.diskHealth(v)
		footprint := v.size * int64(c.copies())
		pool.AllocatedSize += footprint
		s.VirtualDisks = append(s.VirtualDisks, scripts.StorageVirtualDisk{
			FriendlyName: v.Name, HealthStatus: health, OperationalStatus: []int{status}, ResiliencySettingName: "Mirror",
			NumberOfDataCopies: c.copies(), PhysicalDiskRedundancy: c.copies() - 1, Size: v.size, FootprintOnPool: footprint,
		})
	}
	for _, d := range c.drives {
		health, status, usage := c.driveHealth(d)
		if d.usage != 5 {
			pool.Size += d.size
		}
		s.Drives = append(s.Drives, scripts.StorageDrive{
			UniqueId: d.id, FriendlyName: d.name, SerialNumber: d.serial, Model: d.model, FirmwareVersion: d.firmware, MediaType: d.media,
			Node: d.node.Name, SlotNumber: d.slot, Usage: usage, HealthStatus: health, OperationalStatus: []int{status}, Size: d.size,
		})
	}
	pool.AllocatedSize = min(pool.AllocatedSize, pool.Size)
	s.Pools = append(s.Pools, pool)
	for _, j := range c.jobs {
		done := j.progress(c.now)
		s.Jobs = append(s.Jobs, scripts.StorageJob{
			Name: "Repair", JobState: 4, PercentComplete: int(done * 100), BytesProcessed: int64(done * float64(j.total)), BytesTotal: j.total,
			ElapsedSeconds: int64(c.now.Sub(j.started).Seconds()), IsBackgroundTask: true,
		})
	}
	s.Faults = c.healthFaults()
	return s
}
