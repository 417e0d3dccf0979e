package cluster

// GroupState is ClusterGroupState.
type GroupState int

const (
	GroupUnknown       GroupState = -1
	GroupOnline        GroupState = 0
	GroupOffline       GroupState = 1
	GroupFailed        GroupState = 2
	GroupPartialOnline GroupState = 3
	GroupPending       GroupState = 4
)

var groupStates = words[GroupState]{GroupUnknown: "Unknown", GroupOnline: "Online", GroupOffline: "Offline", GroupFailed: "Failed", GroupPartialOnline: "PartialOnline", GroupPending: "Pending"}

func (s GroupState) String() string                { return groupStates.word(s) }
func (s GroupState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *GroupState) UnmarshalText(b []byte) error { return groupStates.parse(b, s) }

// GroupStatus is the StatusInformation bit field of a group.
type GroupStatus int

const (
	GroupLocked              GroupStatus = 1
	GroupPreempted           GroupStatus = 2
	GroupQueued              GroupStatus = 4
	GroupResourcesLacking    GroupStatus = 8
	GroupWaitingToStart      GroupStatus = 16
	GroupEmbeddedFailure     GroupStatus = 32
	GroupAntiAffinity        GroupStatus = 64
	GroupNetworkFailure      GroupStatus = 128
	GroupUnmonitored         GroupStatus = 256
	GroupWaitingDependencies GroupStatus = 4096
)

var groupStatusBits = flagWords[GroupStatus]{
	{GroupLocked, "Locked"}, {GroupPreempted, "Preempted"}, {GroupQueued, "Queued"},
	{GroupResourcesLacking, "PhysicalResourcesLacking"}, {GroupWaitingToStart, "WaitingToStart"},
	{GroupEmbeddedFailure, "EmbeddedFailure"}, {GroupAntiAffinity, "OfflineAntiAffinityConflict"},
	{GroupNetworkFailure, "NetworkFailure"}, {GroupUnmonitored, "Unmonitored"},
	{GroupWaitingDependencies, "WaitingForDependencies"},
}

func (s GroupStatus) String() string                { return groupStatusBits.join(s, "Normal") }
func (s GroupStatus) Has(bit GroupStatus) bool      { return s&bit != 0 }
func (s GroupStatus) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *GroupStatus) UnmarshalText(b []byte) error { return groupStatusBits.parse(b, s, "Normal") }

// GroupType is ClusterGroupType; only the types we treat specially have constants.
type GroupType int

const (
	GroupCluster          GroupType = 1
	GroupAvailableStorage GroupType = 2
	GroupCSV              GroupType = 4
	GroupStoragePool      GroupType = 5
	GroupFileServer       GroupType = 100
	GroupGenericService   GroupType = 108
	GroupVirtualMachine   GroupType = 111
	GroupISCSITarget      GroupType = 113
	GroupScaleOutFile     GroupType = 114
	GroupReplicaBroker    GroupType = 115
	GroupUpdating         GroupType = 117
	GroupStorageReplica   GroupType = 119
	GroupInfraFileServer  GroupType = 122
	GroupCoreSddc         GroupType = 123
	GroupUserManager      GroupType = 124
	GroupTypeUnknown      GroupType = 9999
)

var groupTypes = words[GroupType]{
	GroupCluster: "Cluster", GroupAvailableStorage: "AvailableStorage", GroupCSV: "ClusterSharedVolume",
	GroupStoragePool: "StoragePool", GroupFileServer: "FileServer", GroupGenericService: "GenericService",
	GroupVirtualMachine: "VirtualMachine", GroupISCSITarget: "iSCSITarget", GroupScaleOutFile: "ScaleoutFileServer",
	GroupReplicaBroker: "VMReplicaBroker", GroupUpdating: "ClusterAwareUpdating", GroupStorageReplica: "StorageReplica",
	GroupInfraFileServer: "InfrastructureFileServer", GroupCoreSddc: "CoreSddc", GroupUserManager: "UserManager",
	GroupTypeUnknown: "Other",
}

func (s GroupType) String() string                { return groupTypes.word(s) }
func (s GroupType) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *GroupType) UnmarshalText(b []byte) error { return groupTypes.parse(b, s) }

// Role is a cluster group: the unit that moves between nodes. A virtual machine is one.
type Role struct {
	Name      string      `json:"name"`
	ID        string      `json:"id"`
	Type      GroupType   `json:"type"`
	State     GroupState  `json:"state"`
	Status    GroupStatus `json:"statusInformation"`
	Owner     string      `json:"owner"`
	Priority  int         `json:"priority"` // 0 no auto start, 1000 low, 2000 medium, 3000 high
	Resources []Resource  `json:"resources"`
}

// IsVM says whether the role is a virtual machine.
func (r Role) IsVM() bool { return r.Type == GroupVirtualMachine }

// ResourceState is ClusterResourceState.
type ResourceState int

const (
	ResourceUnknown        ResourceState = -1
	ResourceInherited      ResourceState = 0
	ResourceInitializing   ResourceState = 1
	ResourceOnline         ResourceState = 2
	ResourceOffline        ResourceState = 3
	ResourceFailed         ResourceState = 4
	ResourcePending        ResourceState = 128
	ResourceOnlinePending  ResourceState = 129
	ResourceOfflinePending ResourceState = 130
)

var resourceStates = words[ResourceState]{
	ResourceUnknown: "Unknown", ResourceInherited: "Inherited", ResourceInitializing: "Initializing",
	ResourceOnline: "Online", ResourceOffline: "Offline", ResourceFailed: "Failed",
	ResourcePending: "Pending", ResourceOnlinePending: "OnlinePending", ResourceOfflinePending: "OfflinePending",
}

func (s ResourceState) String() string                { return resourceStates.word(s) }
func (s ResourceState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *ResourceState) UnmarshalText(b []byte) error { return resourceStates.parse(b, s) }

// Resource is one cluster resource inside a role.
type Resource struct {
	Name  string        `json:"name"`
	Type  string        `json:"type"` // the resource type's own name, e.g. "Virtual Machine"
	State ResourceState `json:"state"`
	Owner string        `json:"owner"`
	Core  bool          `json:"core"`
}
