package cluster

import "time"

// SavedScript is PowerShell that somebody keeps under a name, to be run again. Its
// parameters are those of the param block in its text.
type SavedScript struct {
	Name        string    `json:"name"` // unique whatever the case of its letters
	Description string    `json:"description,omitempty"`
	Text        string    `json:"text"` // PowerShell 5.1
	By          string    `json:"by,omitempty"`
	Changed     time.Time `json:"changed,omitzero"`
}
