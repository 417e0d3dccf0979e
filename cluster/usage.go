package cluster

import "time"

// Usage is what a cluster uses now, summed for the overview. A number whose
// Known field is false must be shown as "no data", not as zero.
type Usage struct {
	CPU      float64 // percent, mean over the nodes with fresh vitals
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

	NodesFresh int // nodes whose vitals went into the sums
}

// Usage sums up what the cluster uses at the time now.
func (p *Picture) Usage(now time.Time) Usage {
	var u Usage
	names := p.NodeNames()
	u.NodesTotal = len(names)
	for _, name := range names {
		v, _ := p.View(name)
		if v.vitalsStale(now) {
			continue
		}
		u.NodesFresh++
		u.CPU += v.Vitals.CPU
		u.MemoryUsed += v.Vitals.MemoryUsed()
		u.MemoryTotal += v.Vitals.MemoryTotal
	}
	if u.NodesFresh > 0 {
		u.CPU /= float64(u.NodesFresh)
		u.CPUKnown = true
		u.MemoryKnown = u.MemoryTotal > 0
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
