package views

import (
	"looksalive/cluster"
)

// SearchEntry is a line of the index the command palette searches, as JSON at
// "/search.json".
type SearchEntry struct {
	Label string `json:"label"`
	Kind  string `json:"kind"` // "page", "cluster", "node", "virtual machine", "role", "volume", "network", "fault"
	URL   string `json:"url"`
	Hint  string `json:"hint"` // where it is, such as the cluster's name
}

// SearchIndex lists everything that has an address: pages first, then faults,
// clusters and what belongs to them.
func SearchIndex(s *cluster.Snapshot) []SearchEntry {
	var out []SearchEntry
	for _, it := range fleetNav(s, "").Items {
		out = append(out, SearchEntry{it.Label, "page", it.Href, ""})
	}
	for _, f := range s.Faults {
		out = append(out, SearchEntry{f.Title, "fault", faultPath(f), f.Cluster})
	}
	for _, p := range s.Clusters {
		out = append(out, SearchEntry{p.Cluster, "cluster", clusterPath(p.Cluster), ""})
	}
	for _, p := range s.Clusters {
		for _, n := range p.NodeNames() {
			out = append(out, SearchEntry{n, "node", nodePath(p.Cluster, n), p.Cluster})
		}
		if p.State == nil {
			continue
		}
		find := func(list, name string) string { return Query{Text: name, Page: 1}.on(clusterPath(p.Cluster, list)) }
		for _, v := range p.State.Volumes {
			out = append(out, SearchEntry{v.Label(), "volume", find("storage", v.Label()), p.Cluster})
		}
		for _, n := range p.State.Networks {
			out = append(out, SearchEntry{n.Name, "network", find("networks", n.Name), p.Cluster})
		}
		for _, r := range p.State.Roles {
			kind, list := "role", "roles"
			if r.IsVM() {
				kind, list = "virtual machine", "vms"
			}
			out = append(out, SearchEntry{r.Name, kind, find(list, r.Name), p.Cluster + ", on " + r.Owner})
		}
	}
	return out
}
