package cluster

import "time"

// FaultKind names a rule of Diagnose. Kinds are stable: they are stored, and
// appear in links and the API.
type FaultKind string

const (
	FaultNodeDown           FaultKind = "node-down"
	FaultNodeIsolated       FaultKind = "node-isolated"
	FaultNodeQuarantined    FaultKind = "node-quarantined"
	FaultNodeUnreachable    FaultKind = "node-unreachable" // from us; the cluster may be fine
	FaultClusterUnreachable FaultKind = "cluster-unreachable"
	FaultAccessLimited      FaultKind = "access-limited" // something cannot be read for want of rights
	FaultServiceStopped     FaultKind = "service-stopped"
	FaultResourceFailed     FaultKind = "resource-failed"
	FaultNetworkPartitioned FaultKind = "network-partitioned"
	FaultInterfaceFailed    FaultKind = "interface-failed"
	FaultVolumeFilling      FaultKind = "volume-filling"
	FaultVolumeOffline      FaultKind = "volume-offline"
	FaultStorageUnhealthy   FaultKind = "storage-unhealthy"
	FaultWitnessFailed      FaultKind = "witness-failed"
	FaultClockSkew          FaultKind = "clock-skew"
	FaultCertificate        FaultKind = "certificate-expiring"
	FaultLatency            FaultKind = "storage-latency"
	FaultHealthService      FaultKind = "health-service" // reported by the cluster's own Health Service
)

// Ref points at one object of a cluster.
type Ref struct {
	Kind string `json:"kind"` // "cluster", "node", "network", "interface", "role", "volume", "pool", "virtual disk", "drive", "service" and "certificate" (both named NODE/NAME), "health fault" (TYPE OBJECT)
	Name string `json:"name"`
}

// Step is one thing to try, in order. Command is PowerShell to copy, may be "".
type Step struct {
	Text    string `json:"text"`
	Command string `json:"command,omitempty"`
}

// Fault is something wrong, in words a tired engineer understands.
// Diagnose makes it; the store gives it ID, Opened, Resolved and Seq.
type Fault struct {
	ID      int64     `json:"id"`
	Cluster string    `json:"cluster"`
	Kind    FaultKind `json:"kind"`
	Object  Ref       `json:"object"`
	Node    string    `json:"node,omitempty"`  // the node it concerns, if one
	Health  Health    `json:"health"`          // how it is dressed; its order is the severity
	Title   string    `json:"title"`           // "HV-02 is down"
	Impact  string    `json:"impact"`          // "18 virtual machines restarted on 3 nodes"
	Detail  string    `json:"detail"`          // why we say so, with the numbers
	Cause   string    `json:"cause,omitempty"` // Key of the fault that explains this one
	Steps   []Step    `json:"steps,omitempty"`

	Since    time.Time `json:"since"`             // when it began, as far as known
	Opened   time.Time `json:"opened,omitzero"`   // when we recorded it
	Updated  time.Time `json:"updated,omitzero"`  // last change of its texts or severity
	Resolved time.Time `json:"resolved,omitzero"` // zero while open
	Seq      uint64    `json:"seq"`               // number of its last change; grows over all clusters

	// Somebody has seen it. That is of this ID alone: it ends when the fault gets worse,
	// and a fault that comes back has nobody's.
	Acked   time.Time `json:"acked,omitzero"`    // zero for nobody
	AckedBy string    `json:"ackedBy,omitempty"` // the account or token; "" where nobody signs in
	AckNote string    `json:"ackNote,omitempty"` // one line, at most MaxAckNote
}

// MaxAckNote is how many characters the note of an acknowledgement may have.
const MaxAckNote = 200

// Key identifies a fault while it is open: cluster, kind and object.
func (f Fault) Key() string {
	return f.Cluster + "|" + string(f.Kind) + "|" + f.Object.Kind + "|" + f.Object.Name
}

// Open says whether the fault still stands.
func (f Fault) Open() bool { return f.Resolved.IsZero() }

// Acknowledged says whether the fault stands and somebody has seen it.
func (f Fault) Acknowledged() bool { return f.Open() && !f.Acked.IsZero() }

// FaultQuery selects faults from history. Zero fields do not restrict.
type FaultQuery struct {
	Cluster  string
	Node     string
	OpenOnly bool
	Acked    *bool     // only those that are acknowledged, or only those that are not; nil for all
	Since    time.Time // opened, changed, acknowledged or resolved at or after
	AfterSeq uint64    // changed after this sequence number
	Limit    int       // 0 means 500
}
