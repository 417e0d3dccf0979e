package views

import "looksalive/cluster"

// OverviewTrends names the series the overview draws; none for a large fleet.
func OverviewTrends(s *cluster.Snapshot) []cluster.SeriesKey { return nil }

// ClusterTrends names the series the page of a cluster draws.
func ClusterTrends(s *cluster.Snapshot, name string) []cluster.SeriesKey { return nil }

// NodeTrends names the series the page of a node draws.
func NodeTrends(name, node string) []cluster.SeriesKey { return nil }
