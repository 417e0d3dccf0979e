package cluster

import (
	"fmt"
	"time"
)

// Health is the one state the whole cluster is shown in, and a short reason
// for people, "" when it is healthy. It is the worst of its open faults and of
// the nodes we ask. A cluster of which no node answers is NoData unless
// something worse was known of it: silence proves nothing.
func (p *Picture) Health(faults []Fault, now time.Time) (Health, string) {
	worst, why, more := Healthy, "", 0
	silent := ""
	for _, f := range faults {
		if f.Cluster != p.Cluster || !f.Open() {
			continue
		}
		h := f.Health
		if f.Kind == FaultClusterUnreachable {
			h, silent = NoData, f.Title
		}
		if f.Cause == "" {
			more++
		}
		// A cause speaks for what follows from it.
		if h > worst || h == worst && f.Cause == "" && why == "" {
			worst, why = h, f.Title
			if f.Cause != "" {
				if root := find(faults, f.Cause); root != nil {
					why = root.Title
				}
			}
		}
	}
	if silent != "" && worst == NoData {
		return NoData, silent
	}
	if worst > NoData && more > 1 {
		why += fmt.Sprintf(", and %d more", more-1)
	}
	if worst < NoData {
		switch {
		case p.State == nil:
			return NoData, "not asked yet"
		case p.StateStale(now):
			return NoData, "no data for " + ageText(now.Sub(p.StateAt))
		}
	}
	for _, name := range p.NodeNames() {
		if !p.Asked(name) {
			continue
		}
		if h, reason := p.NodeHealth(name, now); h > worst {
			worst, why = h, name+": "+reason
		}
	}
	return worst, why
}

func find(faults []Fault, key string) *Fault {
	for i := range faults {
		if faults[i].Key() == key {
			return &faults[i]
		}
	}
	return nil
}
