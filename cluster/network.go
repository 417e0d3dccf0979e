package cluster

// NetworkState is ClusterNetworkState.
type NetworkState int

const (
	NetworkUnknown     NetworkState = -1
	NetworkUnavailable NetworkState = 0
	NetworkDown        NetworkState = 1
	NetworkPartitioned NetworkState = 2
	NetworkUp          NetworkState = 3
)

var networkStates = words[NetworkState]{NetworkUnknown: "Unknown", NetworkUnavailable: "Unavailable", NetworkDown: "Down", NetworkPartitioned: "Partitioned", NetworkUp: "Up"}

func (s NetworkState) String() string                { return networkStates.word(s) }
func (s NetworkState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *NetworkState) UnmarshalText(b []byte) error { return networkStates.parse(b, s) }

// NetworkRole is ClusterNetworkRole: 0 none, 1 cluster only, 3 cluster and client.
type NetworkRole int

const (
	RoleNone             NetworkRole = 0
	RoleCluster          NetworkRole = 1
	RoleClient           NetworkRole = 2
	RoleClusterAndClient NetworkRole = 3
)

var networkRoles = words[NetworkRole]{RoleNone: "None", RoleCluster: "Cluster", RoleClient: "Client", RoleClusterAndClient: "ClusterAndClient"}

func (s NetworkRole) String() string                { return networkRoles.word(s) }
func (s NetworkRole) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *NetworkRole) UnmarshalText(b []byte) error { return networkRoles.parse(b, s) }

// CarriesHeartbeats says whether the cluster sends heartbeats on the network.
func (s NetworkRole) CarriesHeartbeats() bool { return s == RoleCluster || s == RoleClusterAndClient }

// InterfaceState is ClusterNetworkInterfaceState.
type InterfaceState int

const (
	InterfaceUnknown     InterfaceState = -1
	InterfaceUnavailable InterfaceState = 0
	InterfaceFailed      InterfaceState = 1
	InterfaceUnreachable InterfaceState = 2
	InterfaceUp          InterfaceState = 3
)

var interfaceStates = words[InterfaceState]{InterfaceUnknown: "Unknown", InterfaceUnavailable: "Unavailable", InterfaceFailed: "Failed", InterfaceUnreachable: "Unreachable", InterfaceUp: "Up"}

func (s InterfaceState) String() string                { return interfaceStates.word(s) }
func (s InterfaceState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *InterfaceState) UnmarshalText(b []byte) error { return interfaceStates.parse(b, s) }

// Network is a cluster network: one subnet as the cluster groups it.
type Network struct {
	Name    string       `json:"name"`
	ID      string       `json:"id"`
	State   NetworkState `json:"state"`
	Role    NetworkRole  `json:"role"`
	Metric  int          `json:"metric"` // compare ranks only: the base differs by version
	Address string       `json:"address"`
	Prefix  int          `json:"prefixLength"`
}

// Interface is one node's adapter on one cluster network.
type Interface struct {
	Node    string         `json:"node"`
	Network string         `json:"network"`
	Name    string         `json:"name"`
	Adapter string         `json:"adapter"`
	Address string         `json:"address"`
	State   InterfaceState `json:"state"`
}
