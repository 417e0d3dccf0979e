package cluster

import (
	"cmp"
	"strings"
	"time"
)

// VolumeState is ClusterSharedVolumeState.
type VolumeState int

const (
	VolumeUnavailable          VolumeState = 0
	VolumePaused               VolumeState = 1
	VolumeDirect               VolumeState = 2
	VolumeFileSystemRedirected VolumeState = 3
	VolumeBlockRedirected      VolumeState = 4
)

var volumeStates = words[VolumeState]{VolumeUnavailable: "Unavailable", VolumePaused: "Paused", VolumeDirect: "Direct", VolumeFileSystemRedirected: "FileSystemRedirected", VolumeBlockRedirected: "BlockRedirected"}

func (s VolumeState) String() string                { return volumeStates.word(s) }
func (s VolumeState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *VolumeState) UnmarshalText(b []byte) error { return volumeStates.parse(b, s) }

// Volume is a cluster shared volume (CSV). Sizes are bytes.
type Volume struct {
	Name       string        `json:"name"` // resource name
	Path       string        `json:"path"` // mount point below C:\ClusterStorage
	ID         string        `json:"id"`
	Owner      string        `json:"owner"` // coordinator node
	State      ResourceState `json:"state"` // of the resource
	FileSystem string        `json:"fileSystem"`
	Size       int64         `json:"size"`
	Free       int64         `json:"free"`
	InMaint    bool          `json:"inMaintenance"`
	// Access is the worst state any node has to the volume.
	Access VolumeState `json:"access"`
}

// Label is the name people use: the last part of the mount point, or else the
// resource's name, which on many clusters is "Cluster Virtual Disk (…)".
func (v Volume) Label() string {
	return cmp.Or(v.Path[strings.LastIndexByte(v.Path, '\\')+1:], v.Name)
}

// Used is Size minus Free, never below zero.
func (v Volume) Used() int64 { return max(v.Size-v.Free, 0) }

// StorageHealth is HealthStatus of the storage classes.
type StorageHealth int

const (
	StorageHealthy   StorageHealth = 0
	StorageWarning   StorageHealth = 1
	StorageUnhealthy StorageHealth = 2
	StorageUnknown   StorageHealth = 5
)

var storageHealths = words[StorageHealth]{StorageHealthy: "Healthy", StorageWarning: "Warning", StorageUnhealthy: "Unhealthy", StorageUnknown: "Unknown"}

func (s StorageHealth) String() string                { return storageHealths.word(s) }
func (s StorageHealth) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *StorageHealth) UnmarshalText(b []byte) error { return storageHealths.parse(b, s) }

// Pool is a storage pool. Sizes are bytes of raw capacity.
type Pool struct {
	Name      string        `json:"name"`
	Health    StorageHealth `json:"health"`
	Status    []string      `json:"operationalStatus"`
	ReadOnly  bool          `json:"readOnly"`
	Size      int64         `json:"size"`
	Allocated int64         `json:"allocated"`
}

// VirtualDisk is a space carved from a pool.
type VirtualDisk struct {
	Name       string        `json:"name"`
	Health     StorageHealth `json:"health"`
	Status     []string      `json:"operationalStatus"`
	Resiliency string        `json:"resiliency"` // Mirror, Parity, Simple
	Copies     int           `json:"dataCopies"`
	Redundancy int           `json:"redundancy"` // failures it stands when all is well; 0 also where not told
	Size       int64         `json:"size"`
	Footprint  int64         `json:"footprint"` // bytes taken from the pool
}

// Drive is a physical disk of the pool.
type Drive struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Serial   string        `json:"serial"`
	Model    string        `json:"model"`
	Firmware string        `json:"firmware"`
	Media    string        `json:"media"` // HDD, SSD, SCM
	Node     string        `json:"node"`
	Slot     string        `json:"slot"`
	Usage    string        `json:"usage"` // AutoSelect, Journal, Retired …
	Health   StorageHealth `json:"health"`
	Status   []string      `json:"operationalStatus"`
	Size     int64         `json:"size"`
}

// StorageJob is a running repair, rebalance or similar.
type StorageJob struct {
	Name      string        `json:"name"`
	State     string        `json:"state"`
	Percent   int           `json:"percentComplete"`
	Done      int64         `json:"bytesProcessed"`
	Total     int64         `json:"bytesTotal"`
	Elapsed   time.Duration `json:"elapsed"`
	Permanent bool          `json:"background"`
}

// HealthFault is one fault of the cluster's own Health Service
// (MSFT_StorageDiagnoseResult). Texts are in the node's language.
type HealthFault struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"` // Microsoft.Health.FaultType.…
	Severity    int       `json:"perceivedSeverity"`
	Reason      string    `json:"reason"`
	Actions     []string  `json:"recommendedActions"`
	ObjectID    string    `json:"objectId"`
	ObjectType  string    `json:"objectType"`
	Description string    `json:"objectDescription"`
	Location    string    `json:"objectLocation"`
	Time        time.Time `json:"time"`
}
