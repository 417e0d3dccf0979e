package cluster

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

// Survive works out how many more node losses the cluster survives.
func Survive(p *Picture) Survivability { return Survivability{} }
