package cluster

import (
	"fmt"
	"slices"
	"time"
)

// Health is the one state the whole cluster is shown in, and a short reason
// for people, "" when it is healthy. It is the worst of its open faults and of
// the nodes we ask. A cluster of which no node answers is NoData unless
// something worse was known of it: silence proves nothing. One that is paused as a
// whole is Paused, whatever was known of it; nodes that are paused count only by what
// the cluster says of them, and are named in the reason when there is no other. That
// something cannot be read makes nothing worse, but is said too.
func (p *Picture) Health(faults []Fault, now time.Time) (Health, string) {
	if p.AllPaused() {
		return Paused, notAsked(p.lastTry(), now)
	}
	worst, why, more := Healthy, "", 0
	silent := ""
	for _, f := range faults {
		if f.Cluster != p.Cluster || !f.Open() || f.Kind == FaultAccessLimited {
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
	if worst == Healthy {
		why = p.unseen()
	}
	return worst, why
}

// unseen says what of a healthy cluster is not looked at, "" for nothing.
func (p *Picture) unseen() string {
	paused := 0
	var denied []string
	for _, m := range p.Members {
		if p.IsPaused(m) {
			paused++
			continue
		}
		for _, part := range p.DeniedParts(m) {
			if !slices.Contains(denied, part) {
				denied = append(denied, part)
			}
		}
	}
	slices.SortFunc(denied, compareParts)
	what := noAccess(denied)
	switch {
	case paused == 0:
		return what
	case what != "":
		what = "; " + what
	}
	if paused == 1 {
		return "1 node is paused" + what
	}
	return count(paused, "node") + " are paused" + what
}

// lastTry is when any node was asked last.
func (p *Picture) lastTry() time.Time {
	var last time.Time
	for _, v := range p.Nodes {
		if v.Contact.LastTry.After(last) {
			last = v.Contact.LastTry
		}
	}
	return last
}

func find(faults []Fault, key string) *Fault {
	for i := range faults {
		if faults[i].Key() == key {
			return &faults[i]
		}
	}
	return nil
}
