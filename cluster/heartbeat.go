package cluster

import "time"

// HeartbeatPolicy holds the NetFT settings of a cluster.
// Delays are between two heartbeats; thresholds are missed heartbeats in a row.
type HeartbeatPolicy struct {
	SameSubnetDelay           time.Duration `json:"sameSubnetDelay"`
	SameSubnetThreshold       int           `json:"sameSubnetThreshold"`
	CrossSubnetDelay          time.Duration `json:"crossSubnetDelay"`
	CrossSubnetThreshold      int           `json:"crossSubnetThreshold"`
	CrossSiteDelay            time.Duration `json:"crossSiteDelay"`
	CrossSiteThreshold        int           `json:"crossSiteThreshold"`
	RouteHistoryLength        int           `json:"routeHistoryLength"`
	PlumbAllCrossSubnetRoutes bool          `json:"plumbAllCrossSubnetRoutes"`
}

// Resiliency holds the settings that decide how long virtual machines may run
// on a node that lost the cluster, and when a flapping node is locked out.
type Resiliency struct {
	Level               int           `json:"level"` // 1 isolate on special heartbeat, 2 always isolate
	DefaultPeriod       time.Duration `json:"defaultPeriod"`
	QuarantineThreshold int           `json:"quarantineThreshold"` // isolations within an hour
	QuarantineDuration  time.Duration `json:"quarantineDuration"`
}

// PolicyClass names which pair of settings applies between two nodes.
type PolicyClass int

const (
	SameSubnet PolicyClass = iota
	CrossSubnet
	CrossSite
)

var policyClasses = words[PolicyClass]{SameSubnet: "SameSubnet", CrossSubnet: "CrossSubnet", CrossSite: "CrossSite"}

func (c PolicyClass) String() string               { return policyClasses.word(c) }
func (c PolicyClass) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Limit is how long a node may be silent on a route before the route counts as lost.
type Limit struct {
	Class     PolicyClass
	Delay     time.Duration
	Threshold int
}

// Tolerance is delay times threshold.
func (l Limit) Tolerance() time.Duration { return l.Delay * time.Duration(l.Threshold) }

// Between says which limit applies to a route between two nodes. Different
// sites win over everything; a node without a site counts as being at another
// site than one that has one.
func (p HeartbeatPolicy) Between(siteA, siteB string, sameSubnet bool) Limit {
	switch {
	case siteA != siteB:
		return Limit{CrossSite, p.CrossSiteDelay, p.CrossSiteThreshold}
	case !sameSubnet:
		return Limit{CrossSubnet, p.CrossSubnetDelay, p.CrossSubnetThreshold}
	default:
		return Limit{SameSubnet, p.SameSubnetDelay, p.SameSubnetThreshold}
	}
}
