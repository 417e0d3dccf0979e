package cluster

import "time"

// Usage is what a cluster uses now, summed for the overview. A number whose
// Known field is false must be shown as "no data", not as zero.
type Usage struct {
	CPU      float64 // percent, mean over the nodes with fresh vitals that tell it
	CPUKnown bool

	MemoryUsed  int64 // bytes, over the nodes with fresh vitals
	MemoryTotal int64
	MemoryKnown bool

	StorageUsed  int64 // bytes: of the pools with Storage Spaces Direct, else of the volumes
	StorageTotal int64
	StorageKnown bool // also when the last answer is old: capacity moves slowly

	VMs        int // virtual machine roles
	VMsRunning int // of these online
	NodesUp    int // nodes the cluster calls Up
	NodesTotal int
	StateKnown bool // VMs and NodesUp come from a fresh state

	NodesFresh  int // nodes whose processor load went into the mean
	NodesPaused int // nodes that are not asked because somebody wants it so

	CPUDenied, MemoryDenied bool // some node would not let us read it
}

// Usage sums up what the cluster uses at the time now.
func (p *Picture) Usage(now time.Time) Usage {
	var u Usage
	names := p.NodeNames()
	u.NodesTotal = len(names)
	for _, name := range names {
		v, _ := p.View(name)
		if p.IsPaused(name) {
			u.NodesPaused++
			continue
		}
		if v.vitalsStale(now) {
			continue
		}
		if v.Lacks(QuestionVitals, "Processor") {
			u.CPUDenied = true
		} else {
			u.NodesFresh++
			u.CPU += v.Vitals.CPU
		}
		if v.Lacks(QuestionVitals, "OperatingSystem") {
			u.MemoryDenied = true
			continue
		}
		u.MemoryUsed += v.Vitals.MemoryUsed()
		u.MemoryTotal += v.Vitals.MemoryTotal
	}
	u.MemoryKnown = u.MemoryTotal > 0
	if u.NodesFresh > 0 {
		u.CPU /= float64(u.NodesFresh)
		u.CPUKnown = true
	}
	if p.State != nil {
		u.StateKnown = !p.StateStale(now)
		for _, n := range p.State.Nodes {
			if n.State == NodeUp {
				u.NodesUp++
			}
		}
		for _, r := range p.State.Roles {
			if !r.IsVM() {
				continue
			}
			u.VMs++
			if r.State == GroupOnline {
				u.VMsRunning++
			}
		}
	}
	u.StorageUsed, u.StorageTotal = p.storageUse()
	u.StorageKnown = u.StorageTotal > 0
	return u
}

func (p *Picture) storageUse() (used, total int64) {
	if p.Storage != nil && len(p.Storage.Pools) > 0 {
		for _, pool := range p.Storage.Pools {
			used += pool.Allocated
			total += pool.Size
		}
		return used, total
	}
	if p.State == nil || p.State.S2D {
		return 0, 0
	}
	for _, v := range p.State.Volumes {
		used += v.Used()
		total += v.Size
	}
	return used, total
}
