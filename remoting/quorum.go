package remoting

import (
	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// Values of QuorumTypeValue that a witness follows from.
const (
	quorumFileShare = 2
	quorumStorage   = 3
)

// quorum: the type of the witness resource says most; without rights to read the
// resources QuorumTypeValue says at least whether and roughly what there is.
func quorum(s scripts.ClusterState) cluster.Quorum {
	q := cluster.Quorum{
		Dynamic: s.DynamicQuorumEnabled != 0, WitnessName: name(s.WitnessResource), WitnessPath: clean(s.QuorumPath, textLen),
		WitnessWeight: s.WitnessDynamicWeight, WitnessState: cluster.ResourceUnknown,
	}
	switch s.WitnessResourceType {
	case "File Share Witness":
		q.Witness = cluster.WitnessFileShare
	case "Cloud Witness":
		q.Witness = cluster.WitnessCloud
	case "":
		switch s.QuorumTypeValue {
		case quorumFileShare:
			q.Witness = cluster.WitnessFileShare
		case quorumStorage:
			q.Witness = cluster.WitnessDisk
		}
	default: // Physical Disk, and disks of other vendors
		q.Witness = cluster.WitnessDisk
	}
	for _, r := range s.Resources {
		if r.Name == s.WitnessResource && r.Name != "" {
			q.WitnessState = cluster.ResourceState(r.State)
		}
	}
	return q
}

func heartbeat(s scripts.ClusterState) cluster.HeartbeatPolicy {
	return cluster.HeartbeatPolicy{
		SameSubnetDelay: milliseconds(s.SameSubnetDelay), SameSubnetThreshold: s.SameSubnetThreshold,
		CrossSubnetDelay: milliseconds(s.CrossSubnetDelay), CrossSubnetThreshold: s.CrossSubnetThreshold,
		CrossSiteDelay: milliseconds(s.CrossSiteDelay), CrossSiteThreshold: s.CrossSiteThreshold,
		RouteHistoryLength: s.RouteHistoryLength, PlumbAllCrossSubnetRoutes: s.PlumbAllCrossSubnetRoutes != 0,
	}
}

func resiliency(s scripts.ClusterState) cluster.Resiliency {
	return cluster.Resiliency{
		Level: s.ResiliencyLevel, DefaultPeriod: seconds(s.ResiliencyDefaultPeriod),
		QuarantineThreshold: s.QuarantineThreshold, QuarantineDuration: seconds(s.QuarantineDuration),
	}
}
