package cluster

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Survivability says how many more nodes a cluster may lose and live.
type Survivability struct {
	Simultaneous int    // nodes that may be lost at the same instant
	Sequential   int    // nodes that may be lost one after the other, with time to settle
	Limit        string // the ceiling that limits, in words
	Known        bool   // false when the cluster has not told us enough
	Ceilings     []Ceiling
}

// Ceiling is one reason why no more than so many nodes may be lost.
type Ceiling struct {
	Name         string // "cluster quorum", "pool quorum", "data copies", "memory"
	Simultaneous int
	Sequential   int
	Known        bool   // false when the data for it is missing
	Detail       string // the numbers behind it
}

// Survive works out how many more node losses the cluster survives: the least
// of the ceilings that apply and are known. Memory and data are counted the
// same for both columns: whether there is time and room to rebuild in between
// is not known.
func Survive(p *Picture) Survivability {
	var out Survivability
	if p.State == nil || len(p.State.Nodes) == 0 {
		return out
	}
	s := p.State
	out.Ceilings = append(out.Ceilings, quorumCeiling(s))
	if s.S2D {
		out.Ceilings = append(out.Ceilings, poolCeiling(p), copiesCeiling(p))
	}
	if hasVMs(s) {
		out.Ceilings = append(out.Ceilings, memoryCeiling(p))
	}
	out.Known = out.Ceilings[0].Known
	first := true
	for _, c := range out.Ceilings {
		if !c.Known {
			continue
		}
		if first || c.Simultaneous < out.Simultaneous {
			out.Simultaneous = c.Simultaneous
			out.Limit = c.Name + ": " + c.Detail
		}
		if first || c.Sequential < out.Sequential {
			out.Sequential = c.Sequential
		}
		first = false
	}
	return out
}

// voting says whether the node takes part in the cluster now. A paused node does.
func (n Node) voting() bool {
	return n.State == NodeUp || n.State == NodePaused
}

// quorumCeiling counts votes. Votes that may vanish at the same instant are
// those present beyond the majority of all that count. One after the other,
// dynamic quorum recounts in between: down to the last node with a healthy
// witness; without one the step from two to one is a toss.
func quorumCeiling(s *State) Ceiling {
	c := Ceiling{Name: "cluster quorum", Known: true}
	q := s.Quorum
	witness := 0
	if q.Witness != WitnessNone {
		witness = 1
		if q.Dynamic {
			witness = q.WitnessWeight
		}
	}
	all, present, voters := witness, witness, 0
	if q.witnessDown() {
		present = 0
	}
	for _, n := range s.Nodes {
		w := n.Weight
		if q.Dynamic {
			w = n.DynamicWeight
		}
		all += w
		if n.voting() {
			present += w
			voters += min(n.Weight, 1)
		}
	}
	majority := all/2 + 1
	c.Simultaneous = clamp(present-majority, voters-1)
	c.Sequential = c.Simultaneous
	if q.Dynamic {
		after := voters - 2
		if q.Witness != WitnessNone && q.WitnessState == ResourceOnline {
			after = voters - 1
		}
		c.Sequential = max(clamp(after, voters-1), c.Simultaneous)
	}
	c.Detail = fmt.Sprintf("%d of %d votes present, %d needed", present, all, majority)
	return c
}

func clamp(n, most int) int { return max(min(n, most), 0) }

// poolCeiling follows Microsoft's table of pool quorum for Storage Spaces
// Direct, which depends on the number of servers and the witness and is not
// dynamic: what is out already has been used up. Beyond five servers the same
// rule goes on: half of the servers and one must stay.
func poolCeiling(p *Picture) Ceiling {
	s := p.State
	c := Ceiling{Name: "pool quorum", Known: true}
	n, out := len(s.Nodes), 0
	for _, node := range s.Nodes {
		if !node.voting() {
			out++
		}
	}
	witness := s.Quorum.Witness != WitnessNone && !s.Quorum.witnessDown()
	var may int
	switch {
	case n <= 1:
		may = 0
	case n == 2 && !witness:
		may = 0
	case n <= 3:
		may = 1
	case n == 4 && !witness:
		may = 1
	case n == 4:
		may = 2
	default:
		may = (n - 1) / 2
	}
	if p.Storage != nil {
		for _, pool := range p.Storage.Pools {
			if pool.ReadOnly {
				may = 0
			}
		}
	}
	c.Simultaneous = clamp(may-out, n)
	c.Sequential = c.Simultaneous
	c.Detail = fmt.Sprintf("of %s the pool may lack %d, and lacks %d", count(n, "server"), may, out)
	return c
}

// copiesCeiling finds the virtual disk that may lose the fewest servers.
func copiesCeiling(p *Picture) Ceiling {
	c := Ceiling{Name: "data copies"}
	if p.Storage == nil || len(p.Storage.VirtualDisks) == 0 {
		c.Detail = "no virtual disks known"
		if p.Lacks(QuestionStorage, "VirtualDisks") {
			c.Detail = "no access to virtual disks"
		}
		return c
	}
	out := 0
	for _, n := range p.State.Nodes {
		if !n.voting() {
			out++
		}
	}
	for i, d := range p.Storage.VirtualDisks {
		may, how := tolerance(d)
		switch h, why := VirtualDiskHealth(d); {
		case h == Critical:
			may, how = 0, why
		case h > Healthy:
			may, how = max(may-max(out, 1), 0), how+", now "+why
		case out > 0:
			may = max(may-out, 0) // not noticed yet, or not answered since
		}
		if i == 0 || may < c.Simultaneous {
			c.Simultaneous = may
			c.Detail = d.Name + " is a " + how
		}
	}
	c.Known = true
	c.Sequential = c.Simultaneous
	return c
}

// tolerance is how many servers a healthy virtual disk may lose. The two parities differ
// in PhysicalDiskRedundancy alone: 1 or 2 (MSFT_VirtualDisk's reference); where it is not
// told, one is assumed. Four copies, and parity in two, are nested resiliency on two
// servers.
func tolerance(d VirtualDisk) (int, string) {
	switch {
	case strings.EqualFold(d.Resiliency, "Mirror") && d.Copies == 2:
		return 1, "two-way mirror"
	case strings.EqualFold(d.Resiliency, "Mirror") && d.Copies == 3:
		return 2, "three-way mirror"
	case strings.EqualFold(d.Resiliency, "Mirror") && d.Copies > 3:
		return 1, "nested mirror"
	case strings.EqualFold(d.Resiliency, "Parity") && d.Copies > 1:
		return 1, "nested parity"
	case strings.EqualFold(d.Resiliency, "Parity") && d.Redundancy >= 2:
		return 2, "dual parity"
	case strings.EqualFold(d.Resiliency, "Parity") && d.Redundancy == 1:
		return 1, "single parity"
	case strings.EqualFold(d.Resiliency, "Parity"):
		return 1, "parity, counted as single"
	}
	return 0, "space without a second copy"
}

func hasVMs(s *State) bool {
	for _, r := range s.Roles {
		if r.IsVM() {
			return true
		}
	}
	return false
}

// memoryCeiling counts how many of the largest nodes may go so that what they
// use still fits into what the others have free. That is the same as: the
// memory of those that go is not more than all that is free now. The host's
// own use is counted as if it had to move too, which errs on the safe side.
func memoryCeiling(p *Picture) Ceiling {
	c := Ceiling{Name: "memory"}
	var totals []int64
	var free int64
	for _, n := range p.State.Nodes {
		if n.State != NodeUp {
			continue
		}
		v, _ := p.View(n.Name)
		if v.Vitals == nil || v.Vitals.MemoryTotal <= 0 {
			c.Detail = "not known of " + n.Name
			if v.Lacks(QuestionVitals, "OperatingSystem") {
				c.Detail = "no access on " + n.Name
			}
			return c
		}
		totals = append(totals, v.Vitals.MemoryTotal)
		free += max(v.Vitals.MemoryFree, 0)
	}
	slices.SortFunc(totals, func(a, b int64) int { return cmp.Compare(b, a) })
	var gone int64
	for _, t := range totals {
		gone += t
		if gone > free {
			break
		}
		c.Simultaneous++
	}
	c.Simultaneous = clamp(c.Simultaneous, len(totals)-1)
	c.Sequential = c.Simultaneous
	c.Known = len(totals) > 0
	if len(totals) > 0 {
		c.Detail = sizeText(free) + " free, the largest node has " + sizeText(totals[0])
	}
	return c
}
