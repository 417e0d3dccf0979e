package cluster

import (
	"encoding/json"
	"time"
)

// Target is a node on which something is run.
type Target struct {
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
}

// RunRequest asks for PowerShell on one or many nodes.
type RunRequest struct {
	Targets []Target        `json:"targets"`
	Script  string          `json:"script"`            // PowerShell 5.1 text
	Args    json.RawMessage `json:"args,omitempty"`    // one object: parameters by name, as data
	Saved   string          `json:"saved,omitempty"`   // name of the saved script it is, "" when typed
	Timeout time.Duration   `json:"timeout"`           // of each target; 0 means 5 minutes
	Verbose bool            `json:"verbose,omitempty"` // also what it writes with Write-Verbose
	Confirm string          `json:"confirm,omitempty"` // what somebody typed to confirm a dangerous one
}

// RunWork is what one node is to do of a RunRequest.
type RunWork struct {
	Target  Target
	Script  string          // PowerShell 5.1 text
	Args    json.RawMessage // one object: parameters by name, as data; nil for none
	Act     bool            // as the identity that may change things (Access.Act); else as the one that reads
	Timeout time.Duration   // what was asked for; the context of the run ends it
	Verbose bool            // also what it writes with Write-Verbose
}

// RunKind says what a RunEvent brings.
type RunKind string

const (
	RunStarted  RunKind = "started"
	RunObject   RunKind = "object"  // Object: one object of the output
	RunText     RunKind = "text"    // Text: lines of output, formatted as the console would
	RunError    RunKind = "error"   // Text, and ErrorID
	RunWarning  RunKind = "warning" // Text
	RunVerbose  RunKind = "verbose" // Text
	RunDebug    RunKind = "debug"   // Text
	RunInfo     RunKind = "information"
	RunProgress RunKind = "progress" // Progress
	RunCut      RunKind = "cut"      // more was written than is shown: Bytes says how much so far
	RunEnded    RunKind = "ended"    // State, Exit, Detail
)

// RunState is how a run on one target stands.
type RunState string

const (
	RunWaiting     RunState = "waiting"
	RunRunning     RunState = "running"
	RunDone        RunState = "done"
	RunFailed      RunState = "failed" // a terminating error, or the node could not be asked
	RunCancelled   RunState = "cancelled"
	RunTimedOut    RunState = "timed out"
	RunInterrupted RunState = "interrupted" // we ended while it ran
	RunRefused     RunState = "refused"
)

// RunEvent is something that happened to a run on one target. Seq counts the events
// of a run from 1; whoever lost the connection asks for those after the last seen.
type RunEvent struct {
	Seq      int64          `json:"seq"`
	At       time.Time      `json:"at"`
	Target   Target         `json:"target"`
	Kind     RunKind        `json:"kind"`
	Text     string         `json:"text,omitempty"` // as the node sent it; shown as text only
	ErrorID  string         `json:"errorId,omitempty"`
	Object   *RunRecord     `json:"object,omitempty"`
	Progress *RunProgressed `json:"progress,omitempty"`
	State    RunState       `json:"state,omitempty"`
	Exit     int            `json:"exit,omitempty"`
	Detail   string         `json:"detail,omitempty"`
	Bytes    int64          `json:"bytes,omitempty"`
}

// RunRecord is an object as a row: the properties PowerShell would show, in their order.
type RunRecord struct {
	Type   string   `json:"type"` // full name of the .NET type
	Names  []string `json:"names"`
	Values []any    `json:"values"` // string, float64, bool or nil
}

// RunProgressed is a progress record.
type RunProgressed struct {
	Activity string `json:"activity"`
	Status   string `json:"status,omitempty"`
	Percent  int    `json:"percent"` // -1 when unknown
}
