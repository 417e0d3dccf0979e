package simulator

import (
	"fmt"
	"math"
	"time"

	"looksalive/cluster"
)

type simVolume struct {
	VolumeShape
	index int
	size  int64
	role  *simRole // the group that holds it
	res   *simResource
}

type simDrive struct {
	id, serial, name, model, firmware string
	node                              *simNode
	slot                              int
	media, usage                      int // as in MSFT_PhysicalDisk
	size                              int64
}

// repairJob restores the copies a virtual disk missed while a node or drive was away.
type repairJob struct {
	volume   *simVolume
	started  time.Time
	duration time.Duration
	total    int64
}

func (j *repairJob) progress(now time.Time) float64 {
	return min(max(float64(now.Sub(j.started))/float64(j.duration), 0), 1)
}

func (c *simCluster) addStorage() {
	for i, s := range c.shape.Volumes {
		c.volumes = append(c.volumes, &simVolume{VolumeShape: s, index: i, size: int64(s.SizeTB * (1 << 40))})
	}
	if c.shape.SAN {
		return
	}
	for _, n := range c.nodes {
		for slot := range c.shape.DrivesPerNode + 2 {
			h := hash(c.seed, "drive", n.Name, slot)
			d := &simDrive{node: n, slot: slot, media: 4, usage: 1, size: int64(c.shape.DriveTB * 1e12), firmware: "SN2A",
				id: fmt.Sprintf("eui.%016X", mix(h)), serial: fmt.Sprintf("S%09XN", h>>28), model: "SIM SSD-7680R", name: "SIM SSD-7680R"}
			if slot < 2 { // two cache devices in front
				d.usage, d.size, d.model, d.name, d.firmware = 5, 1_600_000_000_000, "SIM NVME-1600W", "SIM NVME-1600W", "NV31"
			}
			c.drives = append(c.drives, d)
		}
	}
}

// copies is how many the mirror keeps.
func (c *simCluster) copies() int { return min(len(c.nodes), 3) }

func (v *simVolume) resourceName(c *simCluster) string {
	if c.shape.SAN {
		return "Cluster Disk (" + v.Name + ")"
	}
	return "Cluster Virtual Disk (" + v.Name + ")"
}

func (c *simCluster) volume(name string) *simVolume {
	for _, v := range c.volumes {
		if v.Name == name || v.resourceName(c) == name {
			return v
		}
	}
	return nil
}

// used is how full a volume is. It follows from the time alone, so that a
// restart continues the curve: slow growth over about three months, then
// somebody cleans up; a little more during the day. On top comes what a fault fills.
func (c *simCluster) used(v *simVolume, now time.Time) int64 {
	h := hash(c.seed, "volume", v.Name)
	cycle := float64(70+h%50) * 86400
	phase := math.Mod(float64(now.Unix())/cycle+unit(h), 1)
	share := v.UsedPct/100 + 0.14*(phase-0.5) + 0.002*math.Sin(2*math.Pi*float64(now.Unix()%86400)/86400) +
		0.0005*noise(hash(h, "writes"), now, 10*time.Minute)
	if f, ok := c.cond.fills[v]; ok {
		reached := min(max(float64(now.Sub(f.since))/float64(f.over), 0), 1)
		share += max(f.target-share, 0) * reached
	}
	return min(max(int64(share*float64(v.size)), 0), v.size)
}

// free is never negative.
func (c *simCluster) free(v *simVolume, now time.Time) int64 { return v.size - c.used(v, now) }

// lostDomains counts the nodes whose drives are missing.
func (c *simCluster) lostDomains() int {
	lost := 0
	for _, n := range c.nodes {
		if !n.active() || n.maintenance {
			lost++
		}
	}
	return lost
}

// poolQuorum: half of the drives and one more; the witness decides an even split.
func (c *simCluster) poolQuorum() bool {
	there := (len(c.nodes) - c.lostDomains()) * 2
	return there > len(c.nodes) || there == len(c.nodes) && c.witnessOnline()
}

// volumeAttached says whether the virtual disks can be attached at all.
func (c *simCluster) volumeAttached() bool {
	return c.shape.SAN || c.poolQuorum() && c.lostDomains() < c.copies()
}

// volumeOnline says whether machines can use the volume. While it changes
// hands, input and output wait but do not fail.
func (c *simCluster) volumeOnline(v *simVolume) bool {
	return c.volumeAttached() && v.role.state != cluster.GroupFailed && v.role.state != cluster.GroupPartialOnline && v.role.state != cluster.GroupOffline
}

// failedDrives counts the drives a fault has taken.
func (c *simCluster) failedDrives() int {
	failed := 0
	for _, mode := range c.cond.drives {
		if mode == "failed" || mode == "lost" {
			failed++
		}
	}
	return failed
}

// repair starts and ends the jobs that bring copies back after a node returned.
// Their length is a fraction of the absence, so that a demo can see the end.
func (c *simCluster) repair() {
	if c.shape.SAN {
		return
	}
	for _, n := range c.nodes {
		switch {
		case (!n.active() && n.member != memberJoining || n.maintenance) && n.storageLost.IsZero():
			n.storageLost = c.now
		case n.active() && !n.maintenance && !n.storageLost.IsZero():
			away := c.now.Sub(n.storageLost)
			n.storageLost = time.Time{}
			c.startRepair(min(max(away/4, 30*time.Second), 8*time.Minute), min(away.Hours()/8+0.002, 1)/float64(len(c.nodes)))
		}
	}
	kept := c.jobs[:0]
	for _, j := range c.jobs {
		if j.progress(c.now) < 1 {
			kept = append(kept, j)
			c.moving()
		}
	}
	c.jobs = kept
	if len(c.jobs) == 0 && len(c.rebuilding) > 0 {
		for _, d := range c.rebuilding {
			c.rebuilt[d] = true
		}
		c.rebuilding = nil
	}
}

// missingCopies counts the drives that are gone and whose copies were not made
// anew on others.
func (c *simCluster) missingCopies() int {
	missing := 0
	for d, mode := range c.cond.drives {
		if (mode == "failed" || mode == "lost") && !c.rebuilt[d] {
			missing++
		}
	}
	return missing
}

// rebuild makes the copies of the drives that are gone anew on the others.
func (c *simCluster) rebuild() {
	for d, mode := range c.cond.drives {
		if (mode == "failed" || mode == "lost") && !c.rebuilt[d] {
			c.rebuilding = append(c.rebuilding, d)
		}
	}
	if len(c.rebuilding) > 0 && len(c.jobs) == 0 {
		c.startRepair(time.Minute, 0.02)
	}
}

// startRepair gives every virtual disk a job over that share of its data.
func (c *simCluster) startRepair(duration time.Duration, share float64) {
	c.jobs = nil
	for i, v := range c.volumes {
		total := int64(float64(c.used(v, c.now)) * share)
		c.jobs = append(c.jobs, &repairJob{volume: v, started: c.now, duration: duration + time.Duration(i)*7*time.Second, total: max(total, 1<<30)})
	}
	c.moving()
}
