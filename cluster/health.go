package cluster

// Health is the one state an object is shown in, in rising severity, so that
// the worst of several is their maximum.
type Health int

const (
	// Paused says nothing: nobody looks, because somebody wants it so. It is no
	// severity, and the worst of it and anything else is the other.
	Paused  Health = -1
	Healthy Health = iota - 1
	Maintenance
	NoData
	Warning
	Quarantined
	Isolated
	Critical
)

var healths = words[Health]{Paused: "Paused", Healthy: "Healthy", Maintenance: "Maintenance", NoData: "No data", Warning: "Warning", Quarantined: "Quarantined", Isolated: "Isolated", Critical: "Critical"}

func (h Health) String() string                { return healths.word(h) }
func (h Health) MarshalText() ([]byte, error)  { return []byte(h.String()), nil }
func (h *Health) UnmarshalText(b []byte) error { return healths.parse(b, h) }
