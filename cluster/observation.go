package cluster

import "time"

// Question is what can be asked of a node.
type Question int

const (
	QuestionState     Question = iota // the whole cluster, from one node
	QuestionStorage                   // pool, drives, jobs, health faults, from one node
	QuestionVitals                    // this node, light
	QuestionInventory                 // this node, full
)

// Questions lists all of them.
var Questions = []Question{QuestionState, QuestionStorage, QuestionVitals, QuestionInventory}

var questions = words[Question]{QuestionState: "state", QuestionStorage: "storage", QuestionVitals: "vitals", QuestionInventory: "inventory"}

func (q Question) String() string                { return questions.word(q) }
func (q Question) MarshalText() ([]byte, error)  { return []byte(q.String()), nil }
func (q *Question) UnmarshalText(b []byte) error { return questions.parse(b, q) }

// Period is how often the question is asked.
func (q Question) Period() time.Duration {
	switch q {
	case QuestionStorage:
		return 30 * time.Second
	case QuestionInventory:
		return 60 * time.Second
	default:
		return 5 * time.Second
	}
}

// PeriodIn is how often the question is asked of a node that is asked in this mode.
// Where every question starts a powershell.exe of its own, which takes seconds of a
// processor, they come less often.
func (q Question) PeriodIn(m SessionMode) time.Duration {
	if m != ModeProcess {
		return q.Period()
	}
	switch q {
	case QuestionStorage:
		return 2 * time.Minute
	case QuestionInventory:
		return 5 * time.Minute
	default:
		return 30 * time.Second
	}
}

// OfCluster says whether one node answers for all.
func (q Question) OfCluster() bool { return q == QuestionState || q == QuestionStorage }

// Reach says whether a node answered us, and if not, why.
type Reach int

const (
	ReachUnknown      Reach = iota // not asked yet
	ReachOK                        // answered
	ReachNameNotFound              // DNS does not know the name
	ReachRefused                   // nothing listens on the port
	ReachTimeout                   // no answer in time
	ReachReset                     // the connection broke in the middle
	ReachCertificate               // the TLS certificate was not accepted
	ReachPassword                  // user name or password rejected
	ReachNoRights                  // signed in, but access denied
	ReachNotACluster               // answers, but is not a member of a cluster
	ReachBadAnswer                 // the answer made no sense
	ReachScriptFailed              // PowerShell reported an error
	ReachNotAsked                  // we hold back: the breaker is open
	ReachNoTicket                  // Kerberos did not work: domain controller, clock or name, not the password
)

var reaches = words[Reach]{
	ReachUnknown: "unknown", ReachOK: "ok", ReachNameNotFound: "name not found", ReachRefused: "connection refused",
	ReachTimeout: "timeout", ReachReset: "connection broken", ReachCertificate: "certificate not accepted",
	ReachPassword: "wrong user name or password", ReachNoRights: "no rights", ReachNotACluster: "not a cluster node",
	ReachBadAnswer: "answer not understood", ReachScriptFailed: "script failed", ReachNotAsked: "waiting before the next attempt",
	ReachNoTicket: "no Kerberos ticket",
}

func (r Reach) String() string                { return reaches.word(r) }
func (r Reach) MarshalText() ([]byte, error)  { return []byte(r.String()), nil }
func (r *Reach) UnmarshalText(b []byte) error { return reaches.parse(b, r) }

// OnTheWay says whether the attempt ended before the node could look at the
// question: on the network, at the listener, or at sign-in.
func (r Reach) OnTheWay() bool {
	switch r {
	case ReachNameNotFound, ReachRefused, ReachTimeout, ReachReset, ReachCertificate, ReachPassword, ReachNoTicket:
		return true
	}
	return false
}

// BreakerState is the state of the collector's circuit breaker for one node.
type BreakerState int

const (
	BreakerClosed BreakerState = iota
	BreakerHalfOpen
	BreakerOpen
)

var breakerStates = words[BreakerState]{BreakerClosed: "closed", BreakerHalfOpen: "half-open", BreakerOpen: "open"}

func (s BreakerState) String() string                { return breakerStates.word(s) }
func (s BreakerState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *BreakerState) UnmarshalText(b []byte) error { return breakerStates.parse(b, s) }

// Observation is what came of asking one node one question. A failure to
// answer is an observation too. If Reach is ReachOK, exactly the field that
// belongs to the question is set.
type Observation struct {
	Cluster  string        `json:"cluster"`
	Node     string        `json:"node"` // the node that was asked
	Question Question      `json:"question"`
	At       time.Time     `json:"at"`   // UTC, when the answer was complete
	Took     time.Duration `json:"took"` // from sending to complete
	Reach    Reach         `json:"reach"`
	Detail   string        `json:"detail,omitempty"` // for people, one sentence, no secrets
	Denied   []string      `json:"denied,omitempty"` // parts that could not be read for want of rights
	Mode     SessionMode   `json:"mode,omitempty"`   // how the question reached PowerShell
	Breaker  BreakerState  `json:"breaker"`
	RetryAt  time.Time     `json:"retryAt,omitzero"` // when an open breaker lets the next attempt through

	State     *State     `json:"state,omitempty"`
	Storage   *Storage   `json:"storage,omitempty"`
	Vitals    *Vitals    `json:"vitals,omitempty"`
	Inventory *Inventory `json:"inventory,omitempty"`
}

// OK says whether the question was answered.
func (o Observation) OK() bool { return o.Reach == ReachOK }
