package cluster

import "time"

// Snapshot is the whole current picture: every cluster and every open fault.
// It is immutable and shared; nobody may change what it points to.
type Snapshot struct {
	Version  uint64     // grows with every snapshot published
	At       time.Time  // when it was published
	Clusters []*Picture // by name
	Faults   []Fault    // open ones: worst first, then newest
	Seq      uint64     // highest fault sequence number so far
}

// Cluster finds a picture by name, nil if there is none.
func (s *Snapshot) Cluster(name string) *Picture {
	for _, p := range s.Clusters {
		if p.Cluster == name {
			return p
		}
	}
	return nil
}

// FaultsOf lists the open faults of one cluster.
func (s *Snapshot) FaultsOf(name string) []Fault {
	var out []Fault
	for _, f := range s.Faults {
		if f.Cluster == name {
			out = append(out, f)
		}
	}
	return out
}

// Report is what the collector hands to the store after each observation: the
// observation itself, the picture it led to, and all faults of that cluster.
type Report struct {
	Observation Observation
	Picture     *Picture
	Faults      []Fault
}
