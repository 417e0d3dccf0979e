package cluster

// NodeState is ClusterNodeState of the FailoverClusters module (numbers as in Windows).
type NodeState int

const (
	NodeUnknown NodeState = -1
	NodeUp      NodeState = 0
	NodeDown    NodeState = 1
	NodePaused  NodeState = 2
	NodeJoining NodeState = 3
)

var nodeStates = words[NodeState]{NodeUnknown: "Unknown", NodeUp: "Up", NodeDown: "Down", NodePaused: "Paused", NodeJoining: "Joining"}

func (s NodeState) String() string                { return nodeStates.word(s) }
func (s NodeState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *NodeState) UnmarshalText(b []byte) error { return nodeStates.parse(b, s) }

// NodeStatus is ClusterNodeStatusInformation, a bit field.
type NodeStatus int

const (
	StatusNormal          NodeStatus = 0
	StatusIsolated        NodeStatus = 1
	StatusQuarantined     NodeStatus = 2
	StatusDrainInProgress NodeStatus = 4
	StatusDrainCompleted  NodeStatus = 8
	StatusDrainFailed     NodeStatus = 16
	StatusAvoidPlacement  NodeStatus = 32
)

var nodeStatusBits = flagWords[NodeStatus]{
	{StatusIsolated, "Isolated"}, {StatusQuarantined, "Quarantined"},
	{StatusDrainInProgress, "DrainInProgress"}, {StatusDrainCompleted, "DrainCompleted"},
	{StatusDrainFailed, "DrainFailed"}, {StatusAvoidPlacement, "AvoidPlacement"},
}

func (s NodeStatus) String() string                { return nodeStatusBits.join(s, "Normal") }
func (s NodeStatus) Words() []string               { return nodeStatusBits.split(s, "Normal") }
func (s NodeStatus) Has(bit NodeStatus) bool       { return s&bit != 0 }
func (s NodeStatus) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *NodeStatus) UnmarshalText(b []byte) error { return nodeStatusBits.parse(b, s, "Normal") }

// DrainStatus is ClusterNodeDrainStatus.
type DrainStatus int

const (
	DrainNotInitiated DrainStatus = 0
	DrainInProgress   DrainStatus = 1
	DrainCompleted    DrainStatus = 2
	DrainFailed       DrainStatus = 3
)

var drainStatuses = words[DrainStatus]{DrainNotInitiated: "NotInitiated", DrainInProgress: "InProgress", DrainCompleted: "Completed", DrainFailed: "Failed"}

func (s DrainStatus) String() string                { return drainStatuses.word(s) }
func (s DrainStatus) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *DrainStatus) UnmarshalText(b []byte) error { return drainStatuses.parse(b, s) }

// Node is a cluster member as the cluster itself sees it.
type Node struct {
	Name          string      `json:"name"`
	ID            int         `json:"id"`
	State         NodeState   `json:"state"`
	Status        NodeStatus  `json:"statusInformation"`
	Drain         DrainStatus `json:"drainStatus"`
	Weight        int         `json:"nodeWeight"`    // configured vote, 0 or 1
	DynamicWeight int         `json:"dynamicWeight"` // vote it holds now, 0 or 1
	Site          string      `json:"site"`          // "" when no site is assigned
	Rack          string      `json:"rack"`
	Build         string      `json:"build"`
	Model         string      `json:"model"`
	Manufacturer  string      `json:"manufacturer"`
	Serial        string      `json:"serial"`
}
