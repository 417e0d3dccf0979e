package scripts

// The shapes below are what the scripts answer, one JSON object each. Names and
// numbers are those of the CIM classes behind them (root/MSCluster,
// root/Microsoft/Windows/Storage, root/cimv2); times are ISO 8601 in UTC; lists
// are always arrays, also with one or no element; sizes are bytes. A part that
// could not be read for want of rights is left empty and named in Denied.

// ClusterState answers state.ps1: root/MSCluster as one node sees it.
type ClusterState struct {
	UtcNow string   `json:"UtcNow"`
	Denied []string `json:"Denied"`

	Name                      string `json:"Name"`
	ClusterFunctionalLevel    int    `json:"ClusterFunctionalLevel"`
	ClusterUpgradeVersion     int    `json:"ClusterUpgradeVersion"`
	S2DEnabled                int    `json:"S2DEnabled"` // 0 or 1
	DynamicQuorumEnabled      int    `json:"DynamicQuorumEnabled"`
	WitnessDynamicWeight      int    `json:"WitnessDynamicWeight"`
	QuorumTypeValue           int    `json:"QuorumTypeValue"` // -1 unknown, 1 node, 2 file share witness, 3 storage, 4 none
	QuorumPath                string `json:"QuorumPath"`
	WitnessResource           string `json:"WitnessResource"`     // "" without witness
	WitnessResourceType       string `json:"WitnessResourceType"` // "File Share Witness", "Cloud Witness", "Physical Disk"
	SameSubnetDelay           int    `json:"SameSubnetDelay"`     // milliseconds
	SameSubnetThreshold       int    `json:"SameSubnetThreshold"` // missed heartbeats
	CrossSubnetDelay          int    `json:"CrossSubnetDelay"`
	CrossSubnetThreshold      int    `json:"CrossSubnetThreshold"`
	CrossSiteDelay            int    `json:"CrossSiteDelay"`
	CrossSiteThreshold        int    `json:"CrossSiteThreshold"`
	RouteHistoryLength        int    `json:"RouteHistoryLength"`
	PlumbAllCrossSubnetRoutes int    `json:"PlumbAllCrossSubnetRoutes"`
	ResiliencyLevel           int    `json:"ResiliencyLevel"`
	ResiliencyDefaultPeriod   int    `json:"ResiliencyDefaultPeriod"` // seconds
	QuarantineThreshold       int    `json:"QuarantineThreshold"`
	QuarantineDuration        int    `json:"QuarantineDuration"` // seconds

	Nodes      []StateNode      `json:"Nodes"`
	Networks   []StateNetwork   `json:"Networks"`
	Interfaces []StateInterface `json:"Interfaces"`
	Groups     []StateGroup     `json:"Groups"`
	Resources  []StateResource  `json:"Resources"`
	Volumes    []StateVolume    `json:"Volumes"`
}

// StateNode is MSCluster_Node with its fault domain.
type StateNode struct {
	Name              string `json:"Name"`
	Id                int    `json:"Id"`
	State             int    `json:"State"`
	StatusInformation int    `json:"StatusInformation"`
	NodeDrainStatus   int    `json:"NodeDrainStatus"`
	NodeWeight        int    `json:"NodeWeight"`
	DynamicWeight     int    `json:"DynamicWeight"`
	BuildNumber       int    `json:"BuildNumber"`
	Site              string `json:"Site"` // names of the parents, "" if none
	Rack              string `json:"Rack"`
	Model             string `json:"Model"`
	Manufacturer      string `json:"Manufacturer"`
	SerialNumber      string `json:"SerialNumber"`
}

// StateNetwork is MSCluster_Network.
type StateNetwork struct {
	Name         string `json:"Name"`
	Id           string `json:"Id"`
	State        int    `json:"State"`
	Role         int    `json:"Role"`
	Metric       int    `json:"Metric"`
	Address      string `json:"Address"`
	PrefixLength int    `json:"PrefixLength"`
}

// StateInterface is MSCluster_NetworkInterface.
type StateInterface struct {
	Name    string `json:"Name"`
	Node    string `json:"Node"`
	Network string `json:"Network"`
	Adapter string `json:"Adapter"`
	Address string `json:"Address"`
	State   int    `json:"State"`
}

// StateGroup is MSCluster_ResourceGroup.
type StateGroup struct {
	Name              string `json:"Name"`
	Id                string `json:"Id"`
	GroupType         int    `json:"GroupType"`
	State             int    `json:"State"`
	StatusInformation int    `json:"StatusInformation"`
	OwnerNode         string `json:"OwnerNode"`
	Priority          int    `json:"Priority"`
}

// StateResource is MSCluster_Resource.
type StateResource struct {
	Name         string `json:"Name"`
	Type         string `json:"Type"`
	State        int    `json:"State"`
	OwnerGroup   string `json:"OwnerGroup"`
	OwnerNode    string `json:"OwnerNode"`
	CoreResource bool   `json:"CoreResource"`
}

// StateVolume is MSCluster_ClusterSharedVolume with its MSCluster_DiskPartition.
type StateVolume struct {
	Name       string `json:"Name"`       // resource name
	Path       string `json:"Path"`       // C:\ClusterStorage\…
	VolumeName string `json:"VolumeName"` // \\?\Volume{guid}\
	OwnerNode  string `json:"OwnerNode"`
	State      int    `json:"State"` // ClusterResourceState of the resource
	// WorstAccess is the worst ClusterSharedVolumeState any node has (0 unavailable,
	// 1 paused, 4 block redirected, 3 file system redirected, 2 direct).
	WorstAccess   int    `json:"WorstAccess"`
	FileSystem    string `json:"FileSystem"`
	Size          int64  `json:"Size"`
	Free          int64  `json:"Free"`
	InMaintenance bool   `json:"InMaintenance"`
}

// StorageState answers storage.ps1: root/Microsoft/Windows/Storage and the
// Health Service.
type StorageState struct {
	UtcNow       string               `json:"UtcNow"`
	Denied       []string             `json:"Denied"`
	Pools        []StoragePool        `json:"Pools"`
	VirtualDisks []StorageVirtualDisk `json:"VirtualDisks"`
	Drives       []StorageDrive       `json:"Drives"`
	Jobs         []StorageJob         `json:"Jobs"`
	Faults       []StorageFault       `json:"Faults"`
}

// StoragePool is MSFT_StoragePool without the primordial ones.
type StoragePool struct {
	FriendlyName      string `json:"FriendlyName"`
	HealthStatus      int    `json:"HealthStatus"`
	OperationalStatus []int  `json:"OperationalStatus"`
	IsReadOnly        bool   `json:"IsReadOnly"`
	Size              int64  `json:"Size"`
	AllocatedSize     int64  `json:"AllocatedSize"`
}

// StorageVirtualDisk is MSFT_VirtualDisk.
type StorageVirtualDisk struct {
	FriendlyName          string `json:"FriendlyName"`
	HealthStatus          int    `json:"HealthStatus"`
	OperationalStatus     []int  `json:"OperationalStatus"`
	ResiliencySettingName string `json:"ResiliencySettingName"`
	NumberOfDataCopies    int    `json:"NumberOfDataCopies"`
	// PhysicalDiskRedundancy is how many failures it stands: 2 of dual parity; 0 also
	// where it is not told.
	PhysicalDiskRedundancy int   `json:"PhysicalDiskRedundancy"`
	Size                   int64 `json:"Size"`
	FootprintOnPool        int64 `json:"FootprintOnPool"`
}

// StorageDrive is MSFT_PhysicalDisk with the node it is connected to.
type StorageDrive struct {
	UniqueId          string `json:"UniqueId"`
	FriendlyName      string `json:"FriendlyName"`
	SerialNumber      string `json:"SerialNumber"`
	Model             string `json:"Model"`
	FirmwareVersion   string `json:"FirmwareVersion"`
	MediaType         int    `json:"MediaType"` // 0 unspecified, 3 HDD, 4 SSD, 5 SCM
	Node              string `json:"Node"`
	SlotNumber        int    `json:"SlotNumber"`
	Usage             int    `json:"Usage"` // 1 auto-select, 2 manual-select, 3 hot spare, 4 retired, 5 journal
	HealthStatus      int    `json:"HealthStatus"`
	OperationalStatus []int  `json:"OperationalStatus"`
	Size              int64  `json:"Size"`
}

// StorageJob is MSFT_StorageJob. ElapsedSeconds is its ElapsedTime.
type StorageJob struct {
	Name             string `json:"Name"`
	JobState         int    `json:"JobState"`
	PercentComplete  int    `json:"PercentComplete"`
	BytesProcessed   int64  `json:"BytesProcessed"`
	BytesTotal       int64  `json:"BytesTotal"`
	ElapsedSeconds   int64  `json:"ElapsedSeconds"`
	IsBackgroundTask bool   `json:"IsBackgroundTask"`
}

// StorageFault is MSFT_StorageDiagnoseResult as Get-HealthFault returns it.
type StorageFault struct {
	FaultId                   string   `json:"FaultId"`
	FaultType                 string   `json:"FaultType"`
	PerceivedSeverity         int      `json:"PerceivedSeverity"`
	Reason                    string   `json:"Reason"`
	RecommendedActions        []string `json:"RecommendedActions"`
	FaultingObjectUniqueId    string   `json:"FaultingObjectUniqueId"`
	FaultingObjectType        string   `json:"FaultingObjectType"`
	FaultingObjectDescription string   `json:"FaultingObjectDescription"`
	FaultingObjectLocation    string   `json:"FaultingObjectLocation"`
	FaultTime                 string   `json:"FaultTime"`
}

// NodeVitals answers vitals.ps1. Its argument is VitalsArgs.
type NodeVitals struct {
	UtcNow         string          `json:"UtcNow"`
	Denied         []string        `json:"Denied"`
	IsClusterNode  bool            `json:"IsClusterNode"` // the service ClusSvc is installed
	BootTime       string          `json:"BootTime"`
	CpuPercent     float64         `json:"CpuPercent"` // hypervisor total where there is one
	LogicalCPUs    int             `json:"LogicalCPUs"`
	MemoryTotal    int64           `json:"MemoryTotal"`
	MemoryFree     int64           `json:"MemoryFree"`
	ReadsPerSec    float64         `json:"ReadsPerSec"` // cluster shared volumes, this node's view
	WritesPerSec   float64         `json:"WritesPerSec"`
	ReadBytes      int64           `json:"ReadBytesPerSec"`
	WriteBytes     int64           `json:"WriteBytesPerSec"`
	LatencySeconds float64         `json:"LatencySeconds"`
	RunningVMs     int             `json:"RunningVMs"`
	LoopMemory     int64           `json:"LoopMemory"` // working set of the answering powershell.exe
	Adapters       []VitalsAdapter `json:"Adapters"`
	Services       []VitalsService `json:"Services"`
}

// VitalsArgs are the services to look at.
type VitalsArgs struct {
	Services []string `json:"Services"`
}

// VitalsAdapter is Win32_PerfFormattedData_Tcpip_NetworkAdapter.
type VitalsAdapter struct {
	Name     string `json:"Name"`
	LinkBits int64  `json:"LinkBits"`
	RxBytes  int64  `json:"RxBytesPerSec"`
	TxBytes  int64  `json:"TxBytesPerSec"`
}

// VitalsService is Win32_Service.
type VitalsService struct {
	Name        string `json:"Name"`
	DisplayName string `json:"DisplayName"`
	State       string `json:"State"` // not localised: Running, Stopped, Start Pending …
	StartMode   string `json:"StartMode"`
}

// NodeInventory answers inventory.ps1.
type NodeInventory struct {
	UtcNow       string                 `json:"UtcNow"`
	Denied       []string               `json:"Denied"`
	OS           string                 `json:"OS"`
	Version      string                 `json:"Version"`
	Build        string                 `json:"Build"` // with update revision: 20348.2762
	Domain       string                 `json:"Domain"`
	Manufacturer string                 `json:"Manufacturer"`
	Model        string                 `json:"Model"`
	SerialNumber string                 `json:"SerialNumber"`
	BIOSVersion  string                 `json:"BIOSVersion"`
	CPUName      string                 `json:"CPUName"`
	Sockets      int                    `json:"Sockets"`
	Cores        int                    `json:"Cores"`
	LogicalCPUs  int                    `json:"LogicalCPUs"`
	Memory       int64                  `json:"Memory"`
	PSVersion    string                 `json:"PSVersion"`
	ClockSource  string                 `json:"ClockSource"` // "" when not readable
	Certificates []InventoryCertificate `json:"Certificates"`
	Adapters     []InventoryAdapter     `json:"Adapters"`
}

// InventoryCertificate is one of Cert:\LocalMachine\My.
type InventoryCertificate struct {
	Subject    string   `json:"Subject"`
	Issuer     string   `json:"Issuer"`
	Thumbprint string   `json:"Thumbprint"`
	NotBefore  string   `json:"NotBefore"`
	NotAfter   string   `json:"NotAfter"`
	Usage      []string `json:"Usage"` // OIDs of the enhanced key usage
	WinRM      bool     `json:"WinRM"` // bound to the WinRM HTTPS listener
}

// InventoryAdapter is MSFT_NetAdapter, physical ones.
type InventoryAdapter struct {
	Name          string   `json:"Name"`
	Description   string   `json:"Description"`
	MacAddress    string   `json:"MacAddress"`
	LinkBits      int64    `json:"LinkBits"`
	Status        string   `json:"Status"` // Up, Disconnected, Disabled …
	DriverVersion string   `json:"DriverVersion"`
	Addresses     []string `json:"Addresses"`
	Rdma          bool     `json:"Rdma"`
}

// NodeAccess answers check.ps1: who a node is and what the account that asks may
// read on it.
type NodeAccess struct {
	UtcNow       string `json:"UtcNow"`
	ComputerName string `json:"ComputerName"`
	HostName     string `json:"HostName"`  // as in DNS, without the suffix
	DnsSuffix    string `json:"DnsSuffix"` // its primary one, "" if there is none
	OS           string `json:"OS"`
	Build        string `json:"Build"` // with update revision: 20348.2762
	PSVersion    string `json:"PSVersion"`
	LanguageMode string `json:"LanguageMode"` // FullLanguage, ConstrainedLanguage …

	User          string   `json:"User"` // DOMAIN\user
	Administrator bool     `json:"Administrator"`
	Groups        []string `json:"Groups"`        // SIDs S-1-5-32-… and S-1-5-114; empty when not known
	ClusterRights string   `json:"ClusterRights"` // of its own or its groups: one of Rights…, "" not known

	ServiceState           string     `json:"ServiceState"` // of ClusSvc: Running, Stopped …, Unknown; "" not installed
	ServiceStart           int        `json:"ServiceStart"` // 2 automatic, 3 manual, 4 disabled (in no cluster), 0 not installed
	Name                   string     `json:"Name"`         // of the cluster
	ClusterFunctionalLevel int        `json:"ClusterFunctionalLevel"`
	S2DEnabled             int        `json:"S2DEnabled"` // 0 or 1
	Nodes                  []NodeSeen `json:"Nodes"`
	ModuleVersion          string     `json:"ModuleVersion"` // of FailoverClusters, "" not installed
	Commands               []string   `json:"Commands"`      // those of a few optional ones that are there

	Cluster    Access            `json:"Cluster"` // MSCluster_Cluster
	Members    Access            `json:"Members"` // MSCluster_Node
	Storage    Access            `json:"Storage"` // the pool; absent without Storage Spaces Direct
	History    Access            `json:"History"` // performance history
	Namespaces []NamespaceAccess `json:"Namespaces"`
}

// NodeSeen is a member as root/MSCluster knows it.
type NodeSeen struct {
	Name  string `json:"Name"`
	State int    `json:"State"`
}

// What came of reading something.
const (
	AccessOK      = "ok"
	AccessDenied  = "denied"
	AccessAbsent  = "absent" // no such namespace, class or feature
	AccessEmpty   = "empty"  // readable, but nothing is shown
	AccessFailed  = "failed"
	AccessSkipped = "skipped"
)

// What a cluster lets an account do, by Get-ClusterAccess. Any entry that denies counts:
// which of its rights it denies is not told apart.
const (
	RightsFull   = "full"
	RightsRead   = "read"
	RightsDenied = "denied"
)

// Access is one of these, and the node's own text, in its language, unless all is well.
type Access struct {
	Access  string `json:"Access"`
	Message string `json:"Message"`
}

// NamespaceAccess is a CIM namespace, tried with one of its classes.
type NamespaceAccess struct {
	Name    string `json:"Name"`
	Class   string `json:"Class"`
	Access  string `json:"Access"`
	Message string `json:"Message"`
}

// Probes answers probe.ps1.
type Probes struct {
	UtcNow string       `json:"UtcNow"`
	Points []ProbePoint `json:"Points"`
}

// ProbePoint is one thing that was looked at.
type ProbePoint struct {
	Name  string `json:"Name"`  // fault-domain-parent …
	State string `json:"State"` // ok, different, denied, absent or failed
	Found string `json:"Found"`
}

// EchoArgs is the argument of probe_echo.ps1.
type EchoArgs struct {
	Bytes int `json:"Bytes"` // of the text, at most 1 MiB
}

// Echoed answers probe_echo.ps1.
type Echoed struct {
	UtcNow string `json:"UtcNow"`
	Id     int    `json:"Id"`     // of the process
	Memory int64  `json:"Memory"` // bytes, its working set
	Text   string `json:"Text"`   // see EchoText
}

// EchoText is the text probe_echo.ps1 says: n characters, always the same ones.
func EchoText(n int) string {
	b := make([]byte, n)
	for i := range b {
		k := int64(i)
		b[i] = "0123456789abcdef"[(k*k+7*k)>>2%65521%16]
	}
	return string(b)
}

// NodeCommands answers commands.ps1.
type NodeCommands struct {
	Names []string `json:"Names"` // of cmdlets and functions, sorted
}
