package cluster

import "time"

// AuditEntry is one line of the audit log. Lines are only ever added; each holds the
// hash of the one before, so that a changed or missing line shows.
type AuditEntry struct {
	Seq     int64     `json:"seq"` // 1, 2, 3 … without a gap
	At      time.Time `json:"at"`
	Who     string    `json:"who"` // account, "token NAME", or "" for nobody
	Role    UserRole  `json:"role"`
	From    string    `json:"from,omitempty"`    // network address
	Action  string    `json:"action"`            // "run.started", "sign-in", "cluster.saved" …
	Object  string    `json:"object,omitempty"`  // what it was done to: a cluster, a node, an account
	Run     string    `json:"run,omitempty"`     // ties the lines of one run together
	Text    string    `json:"text,omitempty"`    // exactly what was run or changed, no secrets
	Params  string    `json:"params,omitempty"`  // JSON of the parameters, secrets masked
	Outcome string    `json:"outcome,omitempty"` // "ok", "refused", "failed", "cancelled", "timed out", "interrupted"
	Detail  string    `json:"detail,omitempty"`
	Exit    *int      `json:"exit,omitempty"`
	TookMS  int64     `json:"tookMs,omitempty"`
	Bytes   int64     `json:"bytes,omitempty"` // of output
	Prev    string    `json:"prev"`            // Hash of the line before, "" for the first
	Hash    string    `json:"hash"`            // SHA-256, hexadecimal, over all other fields in their canonical form
}

// AuditQuery selects lines, newest first. Zero fields do not restrict.
type AuditQuery struct {
	Who, Action, Object, Run string
	From, To                 time.Time
	Before                   int64 // lines with a smaller Seq
	Limit                    int   // 0 means 200
}
