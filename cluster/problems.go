package cluster

import "strings"

// Problems is an error that lists everything that is wrong with what somebody
// entered, a sentence each, so that it can be mended at once.
type Problems []string

func (p Problems) Error() string { return strings.Join(p, "\n") }

// Err is p, or nil if there is none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
