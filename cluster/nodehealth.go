package cluster

import "time"

// NodeHealth is the one state a node is shown in at the time now, and a short
// reason for people, "" when it is healthy.
func (p *Picture) NodeHealth(name string, now time.Time) (Health, string) {
	n, ok := p.State.Node(name)
	if !ok || p.VitalsStale(name, now) {
		return NoData, "no data"
	}
	if n.State == NodeDown {
		return Critical, "down"
	}
	return Healthy, ""
}

// Health is the one state the whole cluster is shown in, from its open faults,
// and a short reason for people.
func (p *Picture) Health(faults []Fault, now time.Time) (Health, string) {
	if p.StateStale(now) {
		return NoData, "no data"
	}
	worst, why := Healthy, ""
	for _, f := range faults {
		if f.Cluster == p.Cluster && f.Open() && f.Health > worst {
			worst, why = f.Health, f.Title
		}
	}
	return worst, why
}
