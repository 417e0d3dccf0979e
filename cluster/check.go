package cluster

import "time"

// StepKind names one thing that has to work before a node can be watched, in the
// order they are tried. Kinds are stable: they appear in the API and in reports.
type StepKind string

const (
	StepName       StepKind = "name"       // its address is known to DNS
	StepPort       StepKind = "port"       // something listens on the WinRM port
	StepTLS        StepKind = "tls"        // chain, name, dates, or the pinned key
	StepWinRM      StepKind = "winrm"      // what listens is WinRM, and offers the wanted sign-in
	StepSignIn     StepKind = "sign-in"    // the account is accepted
	StepShell      StepKind = "shell"      // the account may open a remote shell
	StepPowerShell StepKind = "powershell" // Windows PowerShell 5.1 starts
	StepLoop       StepKind = "loop"       // the line loop works; else one process per question
	StepCluster    StepKind = "cluster"    // the node is in a cluster that lets itself be read
	StepModule     StepKind = "module"     // FailoverClusters is installed
	StepCIM        StepKind = "cim"        // the CIM namespaces can be read
	StepAdmin      StepKind = "admin"      // local administrator, where something needs it
	StepStorage    StepKind = "storage"    // Storage Spaces Direct, present or not
	StepHistory    StepKind = "history"    // performance history, present or not
	StepClock      StepKind = "clock"      // its clock and ours agree (Kerberos needs it)
	StepAct        StepKind = "act"        // the account that changes things, if there is one
)

// StepState is what came of a step.
type StepState int

const (
	StepWaiting StepState = iota
	StepRunning
	StepOK
	StepPartial // works, but less than it could: what is missing is in Detail and Fix
	StepFailed
	StepSkipped // an earlier step failed, or it does not apply; Detail says which
)

var stepStates = words[StepState]{StepWaiting: "waiting", StepRunning: "running", StepOK: "ok", StepPartial: "partial", StepFailed: "failed", StepSkipped: "skipped"}

func (s StepState) String() string                { return stepStates.word(s) }
func (s StepState) MarshalText() ([]byte, error)  { return []byte(s.String()), nil }
func (s *StepState) UnmarshalText(b []byte) error { return stepStates.parse(b, s) }

// CheckStep is one thing tried on one node, for people.
type CheckStep struct {
	Kind   StepKind      `json:"kind"`
	State  StepState     `json:"state"`
	Title  string        `json:"title"`            // "TLS certificate"
	Detail string        `json:"detail,omitempty"` // what was found, one or two sentences, no secrets
	Fix    []Step        `json:"fix,omitempty"`    // what to do and what to type on the node
	Took   time.Duration `json:"took,omitempty"`
	// Missing are the parts that cannot be read for want of rights, as in Observation.Denied.
	Missing []string `json:"missing,omitempty"`
}

// NodeCheck is all that was tried on one node.
type NodeCheck struct {
	Name        string       `json:"name"`    // as the node calls itself, "" before it said so
	Address     string       `json:"address"` // as it was asked
	Steps       []CheckStep  `json:"steps"`
	Certificate *NodeTLS     `json:"certificate,omitempty"` // what it showed, accepted or not
	Mode        SessionMode  `json:"mode"`
	Facts       []CheckFact  `json:"facts,omitempty"`      // versions and the like, for reports
	Unverified  []CheckProbe `json:"unverified,omitempty"` // see CheckProbe
}

// NodeTLS is the certificate a node showed.
type NodeTLS struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names,omitempty"` // it is made out to
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	Pin       string    `json:"pin"`      // see NodeDefinition.Pin
	SHA256    string    `json:"sha256"`   // of the whole certificate, hexadecimal
	SHA1      string    `json:"sha1"`     // of the whole certificate: what Windows calls its thumbprint
	Accepted  bool      `json:"accepted"` // by the trust that was chosen
}

// CheckFact is a name and a value for a report.
type CheckFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// CheckProbe is the test of something that could not be verified without a real
// Windows: what we expect, and what this node did.
type CheckProbe struct {
	Name     string `json:"name"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	OK       bool   `json:"ok"`
}

// Check is the state of checking a cluster that is to be watched. It grows while
// the check goes on; each value is complete in itself.
type Check struct {
	Cluster string      `json:"cluster"`         // as the cluster calls itself, "" before a node said so
	Nodes   []NodeCheck `json:"nodes"`           // those named first, then those the cluster named
	Found   []FoundNode `json:"found,omitempty"` // all members the cluster knows
	Done    bool        `json:"done"`
}

// FoundNode is a member the cluster told us of.
type FoundNode struct {
	Name    string    `json:"name"`
	Address string    `json:"address"` // where we would ask it: the one given, or its full name
	State   NodeState `json:"state"`
}

// Failed says whether a step failed that the next ones need.
func (n NodeCheck) Failed() bool {
	for _, s := range n.Steps {
		if s.State == StepFailed {
			return true
		}
	}
	return false
}

// SessionMode is how questions reach PowerShell on a node.
type SessionMode int

const (
	ModeUnknown SessionMode = iota // nothing was asked yet
	ModeLoop                       // one long-lived powershell.exe: fast
	// ModeProcess starts powershell.exe for each question, where policy forbids
	// the loop (constrained language, -EncodedCommand blocked). Asked less often.
	ModeProcess
)

var sessionModes = words[SessionMode]{ModeUnknown: "unknown", ModeLoop: "loop", ModeProcess: "process per question"}

func (m SessionMode) String() string                { return sessionModes.word(m) }
func (m SessionMode) MarshalText() ([]byte, error)  { return []byte(m.String()), nil }
func (m *SessionMode) UnmarshalText(b []byte) error { return sessionModes.parse(b, m) }
