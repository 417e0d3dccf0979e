package cluster

// WitnessKind is what stands behind the witness vote.
type WitnessKind int

const (
	WitnessNone WitnessKind = iota
	WitnessDisk
	WitnessFileShare
	WitnessCloud
)

var witnessKinds = words[WitnessKind]{WitnessNone: "None", WitnessDisk: "Disk", WitnessFileShare: "FileShare", WitnessCloud: "Cloud"}

func (k WitnessKind) String() string                { return witnessKinds.word(k) }
func (k WitnessKind) MarshalText() ([]byte, error)  { return []byte(k.String()), nil }
func (k *WitnessKind) UnmarshalText(b []byte) error { return witnessKinds.parse(b, k) }

// Quorum is the cluster's vote configuration. Node votes are on Node.
type Quorum struct {
	Dynamic       bool          `json:"dynamic"` // dynamic quorum on
	Witness       WitnessKind   `json:"witness"`
	WitnessName   string        `json:"witnessName"` // resource name, "" without witness
	WitnessPath   string        `json:"witnessPath"` // share, disk or account
	WitnessState  ResourceState `json:"witnessState"`
	WitnessWeight int           `json:"witnessDynamicWeight"` // vote the witness holds now, 0 or 1
}
