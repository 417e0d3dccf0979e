package views

import "looksalive/cluster"

// SearchEntry is a line of the index the command palette searches, as JSON at
// "/search.json".
type SearchEntry struct {
	Label string `json:"label"`
	Kind  string `json:"kind"` // "cluster", "node", "virtual machine", "role", "volume", "network", "fault", "page"
	URL   string `json:"url"`
	Hint  string `json:"hint"` // where it is, such as the cluster's name
}

// SearchIndex lists everything that has an address.
func SearchIndex(s *cluster.Snapshot) []SearchEntry { return []SearchEntry{} }
