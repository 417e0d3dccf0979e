// Package cluster is the language the rest of LooksAlive speaks: what a
// Windows failover cluster consists of, what was observed of it and when, and
// the rules that turn observations into faults. It is pure: no I/O, no clocks,
// no third-party code.
//
// The numbers of the enumerations are those of the FailoverClusters module
// (docs/design.md names the sources). In JSON they are words.
package cluster

import "errors"

// Errors that cross package borders.
var (
	ErrNotFound = errors.New("not found")
	ErrDenied   = errors.New("access denied")
	ErrExists   = errors.New("already exists")
	ErrFixed    = errors.New("comes from the configuration and cannot be changed here")
	ErrResolved = errors.New("is resolved already")
)
