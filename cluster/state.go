package cluster

// State is what one node said about the whole cluster (QuestionState).
// It is immutable once made.
type State struct {
	Name       string          `json:"name"` // the cluster's own name
	Level      int             `json:"functionalLevel"`
	Upgrade    int             `json:"upgradeVersion"`
	S2D        bool            `json:"storageSpacesDirect"`
	Quorum     Quorum          `json:"quorum"`
	Heartbeat  HeartbeatPolicy `json:"heartbeat"`
	Resiliency Resiliency      `json:"resiliency"`
	Nodes      []Node          `json:"nodes"`
	Networks   []Network       `json:"networks"`
	Interfaces []Interface     `json:"interfaces"`
	Roles      []Role          `json:"roles"`
	Volumes    []Volume        `json:"volumes"`
}

// Node finds a node by name.
func (s *State) Node(name string) (Node, bool) {
	if s != nil {
		for _, n := range s.Nodes {
			if n.Name == name {
				return n, true
			}
		}
	}
	return Node{}, false
}

// Storage is what one node said about the storage pool (QuestionStorage).
// On a cluster without Storage Spaces Direct the lists are empty.
type Storage struct {
	Pools        []Pool        `json:"pools"`
	VirtualDisks []VirtualDisk `json:"virtualDisks"`
	Drives       []Drive       `json:"drives"`
	Jobs         []StorageJob  `json:"jobs"`
	Faults       []HealthFault `json:"healthFaults"`
}
