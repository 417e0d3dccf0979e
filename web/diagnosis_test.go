package main

import (
	"slices"
	"testing"
)

// breakage is one thing the simulator can do to a cluster, and the fault it
// must lead to over the real wire.
type breakage struct {
	kind, cluster, target string
	params                []any
	want                  string // kind of the fault
	about                 string // name of its object or node
}

// Breakages of one round hurt different objects, so that none hides another.
var rounds = map[string][]breakage{
	"storage and services": {
		{kind: "service-stopped", cluster: demoCluster, target: "HV-FRA-01", params: []any{"service", "vmms"}, want: "service-stopped", about: "HV-FRA-01"},
		{kind: "clock-skew", cluster: demoCluster, target: "HV-FRA-02", params: []any{"seconds", 90}, want: "clock-skew", about: "HV-FRA-02"},
		{kind: "disk-latency", cluster: demoCluster, target: "HV-BER-01", want: "storage-latency", about: "HV-BER-01"},
		{kind: "volume-filling", cluster: demoCluster, target: "CSV02-Apps", params: []any{"minutes", 0}, want: "volume-filling", about: "CSV02-Apps"},
		{kind: "witness-offline", cluster: "EU-SQL-FC01", want: "witness-failed", about: ""},
		{kind: "certificate-expiring", cluster: "EU-SQL-FC01", target: "SQL-FRA-01", want: "certificate-expiring", about: "SQL-FRA-01"},
		{kind: "winrm-refusing", cluster: "EU-SQL-FC01", target: "SQL-FRA-02", want: "node-unreachable", about: "SQL-FRA-02"},
	},
	"nodes and networks": {
		{kind: "node-quarantined", cluster: demoCluster, target: "HV-BER-02", want: "node-quarantined", about: "HV-BER-02"},
		{kind: "network-partition", cluster: demoCluster, target: "SMB-A", want: "network-partitioned", about: "SMB-A"},
		{kind: "node-isolated", cluster: "EU-SQL-FC01", target: "SQL-FRA-02", want: "node-isolated", about: "SQL-FRA-02"},
	},
	"a role and a node": {
		{kind: "node-down", cluster: demoCluster, target: "HV-FRA-02", want: "node-down", about: "HV-FRA-02"},
		{kind: "resource-failed", cluster: "EU-SQL-FC01", target: "", want: "resource-failed", about: ""},
	},
}

// TestEveryBreakageIsDiagnosed breaks what can be broken and expects the right
// fault, and after mending an empty list.
func TestEveryBreakageIsDiagnosed(t *testing.T) {
	type fault struct {
		Cluster, Kind, Node string
		Object              struct{ Name string }
	}
	type list struct{ Faults []fault }
	for name, round := range rounds {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := startProduct(t)
			waitForPictures(t, p)
			var clear []func()
			for _, b := range round {
				if b.kind == "resource-failed" {
					b.target = anyResource(p, b.cluster)
				}
				clear = append(clear, p.inject(b.kind, b.cluster, b.target, b.params...))
			}
			for _, b := range round {
				eventually(t, b.kind+" to be seen as "+b.want, func() bool {
					return slices.ContainsFunc(get[list](p, "/api/v1/faults?open=true").Faults, func(f fault) bool {
						return f.Kind == b.want && f.Cluster == b.cluster && (b.about == "" || f.Object.Name == b.about || f.Node == b.about)
					})
				})
			}
			for _, c := range clear {
				c()
			}
			eventually(t, "an empty list after mending", func() bool {
				return len(get[list](p, "/api/v1/faults?open=true").Faults) == 0
			})
		})
	}
}

// anyResource names a resource the simulator lets us break.
func anyResource(p *product, cluster string) string {
	type state struct {
		Clusters []struct {
			Name  string
			Roles []struct {
				Type      string
				Resources []struct{ Name string }
			}
		}
	}
	for _, c := range getFrom[state](p.t, p.control+"/state").Clusters {
		for _, r := range c.Roles {
			if c.Name == cluster && r.Type == "FileServer" {
				return r.Resources[0].Name
			}
		}
	}
	p.t.Fatalf("%s has no file server", cluster)
	return ""
}
