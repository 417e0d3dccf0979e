package views

import (
	"fmt"
	"time"

	"looksalive/cluster"
)

// Overview is "/": everything at once, worst first. trend comes from
// OverviewTrends and may be nil.
func Overview(s *cluster.Snapshot, trend Trends, q Query, now time.Time) Page {
	return Page{Title: "Overview", Path: "/", Nav: fleetNav(s, tabOverview), Live: true, Head: Head{Title: "All clusters"}}
}

// Clusters is "/clusters".
func Clusters(s *cluster.Snapshot, q Query, now time.Time) Page {
	return Page{Title: "Clusters", Path: "/clusters", Nav: fleetNav(s, tabClusters), Live: true, Head: Head{Title: "Clusters"}}
}

// ClusterPage is "/c/{cluster}". trend comes from ClusterTrends.
func ClusterPage(s *cluster.Snapshot, name string, trend Trends, q Query, now time.Time) (Page, error) {
	p := s.Cluster(name)
	if p == nil {
		return Page{}, fmt.Errorf("cluster %q: %w", name, cluster.ErrNotFound)
	}
	return Page{Title: name, Path: clusterPath(name), Nav: navFor(s, name, tabOverview), Live: true, Head: Head{Title: name}}, nil
}

// Nodes is "/nodes" for all clusters (name "") and "/c/{cluster}/nodes".
func Nodes(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	return list(s, name, "Nodes", "nodes", tabNodes)
}

// NodePage is "/c/{cluster}/nodes/{node}". trend comes from NodeTrends.
func NodePage(s *cluster.Snapshot, name, node string, trend Trends, q Query, now time.Time) (Page, error) {
	return list(s, name, node, "nodes", tabNodes)
}

// Roles is "/roles" and "/c/{cluster}/roles": all roles but virtual machines.
func Roles(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	return list(s, name, "Roles", "roles", tabRoles)
}

// VMs is "/vms" and "/c/{cluster}/vms".
func VMs(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	return list(s, name, "Virtual machines", "vms", tabVMs)
}

// Networks is "/networks" and "/c/{cluster}/networks".
func Networks(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	return list(s, name, "Networks", "networks", tabNetworks)
}

// Storage is "/storage" and "/c/{cluster}/storage": volumes, pools, drives, jobs.
func Storage(s *cluster.Snapshot, name string, q Query, now time.Time) (Page, error) {
	return list(s, name, "Storage", "storage", tabStorage)
}

// Faults is "/faults". past are the faults resolved lately.
func Faults(s *cluster.Snapshot, past []cluster.Fault, q Query, now time.Time) Page {
	return Page{Title: "Faults", Path: "/faults", Nav: fleetNav(s, tabFaults), Live: true, Head: Head{Title: "Live faults"}}
}

// FaultPage is "/faults/{id}". f may be open or resolved; s may not hold it.
func FaultPage(s *cluster.Snapshot, f cluster.Fault, q Query, now time.Time) Page {
	return Page{Title: f.Title, Path: fmt.Sprintf("/faults/%d", f.ID), Nav: fleetNav(s, tabFaults), Live: true, Head: Head{Title: f.Title}}
}

// Wall is "/wall".
func Wall(s *cluster.Snapshot, q Query, now time.Time) Page {
	return Page{Title: "Wall screen", Path: "/wall", Shell: ShellWall, Live: true}
}

// Missed is what changed while the browser was away, for the live socket to
// send after a reconnect: the element r-missed.
func Missed(changes []cluster.Fault, from, to, now time.Time) Region {
	return Region{ID: "r-missed", Class: "missed", Body: empty(calm("Reconnected", "Nothing missed."))}
}

func list(s *cluster.Snapshot, name, title, rest string, at tab) (Page, error) {
	path := "/" + rest
	if name != "" {
		if s.Cluster(name) == nil {
			return Page{}, fmt.Errorf("cluster %q: %w", name, cluster.ErrNotFound)
		}
		path = clusterPath(name, rest)
	}
	return Page{Title: title, Path: path, Nav: navFor(s, name, at), Live: true, Head: Head{Title: title}}, nil
}
