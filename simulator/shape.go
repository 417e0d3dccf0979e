package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
)

// Shape describes a cluster to be simulated. Names are checked, numbers have
// sensible defaults: the smallest useful shape is a name and some nodes.
type Shape struct {
	Name   string      `json:"name"`
	Domain string      `json:"domain,omitempty"` // DNS name; default "sim.example"
	Nodes  []NodeShape `json:"nodes"`
	// Networks in order of their metric. Default: Mgmt (role 3), SMB-A and SMB-B (role 1).
	Networks   []NetworkShape `json:"networks,omitempty"`
	Witness    string         `json:"witness,omitempty"`    // "none", "cloud", "share" or "disk"; default "cloud" with S2D, else "share"
	SAN        bool           `json:"san,omitempty"`        // volumes on a SAN instead of Storage Spaces Direct
	AzureLocal bool           `json:"azureLocal,omitempty"` // Arc and Azure services on every node
	// Unwatched says that the cluster is there to be added by hand: Endpoint says so too.
	Unwatched bool `json:"unwatched,omitempty"`
	// Windows is the version on all nodes: 2016, 2019, 2022 or 2025. Default: 2022, or
	// 23H2 on Azure Local.
	Windows string `json:"windows,omitempty"`
	// NoHistory turns off the performance history of Storage Spaces Direct.
	NoHistory bool `json:"noHistory,omitempty"`
	// StaticQuorum turns dynamic quorum off.
	StaticQuorum bool `json:"staticQuorum,omitempty"`

	VMs           []VMShape     `json:"vms,omitempty"`           // named machines
	VMCount       int           `json:"vmCount,omitempty"`       // machines in all; the rest get names from VMPrefix
	VMPrefix      string        `json:"vmPrefix,omitempty"`      // default: the cluster's name
	Roles         []RoleShape   `json:"roles,omitempty"`         // further roles: file servers, instances
	Volumes       []VolumeShape `json:"volumes,omitempty"`       // default: one per node
	DrivesPerNode int           `json:"drivesPerNode,omitempty"` // capacity drives; S2D only; default 8
	DriveTB       float64       `json:"driveTB,omitempty"`       // TB (10^12 bytes) each; default 7.68
	MemoryGB      int           `json:"memoryGB,omitempty"`      // GiB per node; default 512
	Cores         int           `json:"cores,omitempty"`         // physical, per node; default 32

	Heartbeat  *HeartbeatShape  `json:"heartbeat,omitempty"`  // default: Windows Server 2022's
	Resiliency *ResiliencyShape `json:"resiliency,omitempty"` // default: Windows Server 2022's
}

// NodeShape is one node of a shape.
type NodeShape struct {
	Name string `json:"name"`
	Site string `json:"site,omitempty"`
	Rack string `json:"rack,omitempty"`
}

// NetworkShape is a cluster network. One with a Site connects only the nodes there.
type NetworkShape struct {
	Name   string `json:"name"`
	Subnet string `json:"subnet"` // CIDR, e.g. 10.20.10.0/24
	Role   int    `json:"role"`   // 0 none, 1 cluster, 3 cluster and client
	Site   string `json:"site,omitempty"`
	Gbps   int    `json:"gbps,omitempty"` // link speed; default 25, or 10 with role 3
}

// VMShape is a virtual machine.
type VMShape struct {
	Name     string `json:"name"`
	MemoryGB int    `json:"memoryGB,omitempty"` // default: one of 4, 8, 16, 32 by name
	Priority int    `json:"priority,omitempty"` // default 2000
}

// RoleShape is a clustered role that is not a virtual machine.
type RoleShape struct {
	Name string `json:"name"`
	Kind string `json:"kind"` // "file server" or "sql"
}

// VolumeShape is a cluster shared volume.
type VolumeShape struct {
	Name    string  `json:"name"`
	SizeTB  float64 `json:"sizeTB"`  // TiB
	UsedPct float64 `json:"usedPct"` // percent in the middle of its growth
}

// HeartbeatShape are the NetFT settings: milliseconds and missed heartbeats.
type HeartbeatShape struct {
	SameSubnetDelay, SameSubnetThreshold   int
	CrossSubnetDelay, CrossSubnetThreshold int
	CrossSiteDelay, CrossSiteThreshold     int
	PlumbAllCrossSubnetRoutes              bool
}

// ResiliencyShape are the VM resiliency settings, in seconds and counts.
type ResiliencyShape struct {
	DefaultPeriod       int
	QuarantineThreshold int
	QuarantineDuration  int
}

// ParseShapes reads a JSON array of shapes and lists everything wrong with them at once.
func ParseShapes(text []byte) ([]Shape, error) {
	var shapes []Shape
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&shapes); err != nil {
		return nil, fmt.Errorf("cluster shapes: %w", err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("cluster shapes: text after the array")
	}
	return shapes, checkShapes(shapes)
}

func checkShapes(shapes []Shape) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(shapes) == 0 {
		bad("no clusters")
	}
	seen := map[string]string{}
	for i, s := range shapes {
		who := s.Name
		if s.Name == "" {
			who = fmt.Sprintf("cluster %d", i+1)
			bad("%s: no name", who)
		}
		unique := func(kind, name string) {
			key := kind + "|" + strings.ToLower(name)
			if _, dup := seen[key]; dup {
				bad("%s: %s %q occurs twice", who, strings.Fields(kind)[0], name)
			}
			seen[key] = who
		}
		unique("cluster", s.Name)
		if len(s.Nodes) == 0 || len(s.Nodes) > 64 {
			bad("%s: %d nodes, must be 1 to 64", who, len(s.Nodes))
		}
		sites := map[string]bool{"": true}
		for _, n := range s.Nodes {
			if n.Name == "" || len(n.Name) > 15 || strings.ContainsAny(n.Name, " .\\/:") {
				bad("%s: node name %q is not a computer name (1 to 15 characters, no spaces or dots)", who, n.Name)
			}
			unique("node", n.Name)
			sites[n.Site] = true
		}
		for _, n := range s.Networks {
			unique("network of "+who, n.Name)
			if p, err := netip.ParsePrefix(n.Subnet); err != nil || !p.Addr().Is4() || p.Bits() > 26 {
				bad("%s: network %q: subnet %q is not an IPv4 prefix of /26 or wider", who, n.Name, n.Subnet)
			}
			if n.Role != 0 && n.Role != 1 && n.Role != 3 {
				bad("%s: network %q: role %d, must be 0, 1 or 3", who, n.Name, n.Role)
			}
			if !sites[n.Site] {
				bad("%s: network %q: no node is at site %q", who, n.Name, n.Site)
			}
		}
		switch s.Witness {
		case "", "none", "cloud", "share":
		case "disk":
			if !s.SAN {
				bad("%s: a disk witness does not work with Storage Spaces Direct", who)
			}
		default:
			bad("%s: witness %q, must be none, cloud, share or disk", who, s.Witness)
		}
		for _, v := range s.VMs {
			unique("role of "+who, v.Name)
			if v.Name == "" {
				bad("%s: a virtual machine has no name", who)
			}
		}
		for _, r := range s.Roles {
			unique("role of "+who, r.Name)
			if r.Kind != "file server" && r.Kind != "sql" {
				bad("%s: role %q: kind %q, must be file server or sql", who, r.Name, r.Kind)
			}
		}
		for _, v := range s.Volumes {
			unique("volume of "+who, v.Name)
			if v.SizeTB <= 0 || v.UsedPct < 0 || v.UsedPct > 100 {
				bad("%s: volume %q: size must be above 0 and usedPct 0 to 100", who, v.Name)
			}
		}
		if _, known := windowsVersions[s.Windows]; s.Windows != "" && !known {
			bad("%s: Windows %q, must be 2016, 2019, 2022 or 2025", who, s.Windows)
		}
		if s.VMCount < 0 || s.VMCount > 5000 || s.DrivesPerNode < 0 || s.DrivesPerNode > 64 || s.DriveTB < 0 || s.MemoryGB < 0 || s.Cores < 0 {
			bad("%s: a count is negative or too large (at most 5000 machines, 64 drives per node)", who)
		}
		if h := s.Heartbeat; h != nil {
			for _, v := range [][3]int{{h.SameSubnetDelay, 250, 2000}, {h.CrossSubnetDelay, 250, 4000}, {h.CrossSiteDelay, 250, 4000},
				{h.SameSubnetThreshold, 3, 120}, {h.CrossSubnetThreshold, 3, 120}, {h.CrossSiteThreshold, 3, 120}} {
				if v[0] < v[1] || v[0] > v[2] {
					bad("%s: a heartbeat setting is %d, must be %d to %d", who, v[0], v[1], v[2])
				}
			}
		}
		if r := s.Resiliency; r != nil && (r.DefaultPeriod < 0 || r.QuarantineThreshold < 1 || r.QuarantineDuration < 0) {
			bad("%s: resiliency: periods must not be negative, the threshold at least 1", who)
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("cluster shapes: %w", errors.Join(errs...))
	}
	return nil
}

// withDefaults fills what a shape leaves open.
func (s Shape) withDefaults() Shape {
	set := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	if s.Domain == "" {
		s.Domain = "sim.example"
	}
	if s.Witness == "" {
		s.Witness = map[bool]string{false: "cloud", true: "share"}[s.SAN]
	}
	if s.VMPrefix == "" {
		s.VMPrefix = s.Name
	}
	set(&s.DrivesPerNode, 8)
	set(&s.MemoryGB, 512)
	set(&s.Cores, 32)
	if s.DriveTB == 0 {
		s.DriveTB = 7.68
	}
	if len(s.Networks) == 0 {
		s.Networks = []NetworkShape{
			{Name: "Mgmt", Subnet: "10.40.10.0/24", Role: 3},
			{Name: "SMB-A", Subnet: "10.40.71.0/24", Role: 1},
			{Name: "SMB-B", Subnet: "10.40.72.0/24", Role: 1},
		}
	}
	if len(s.Volumes) == 0 {
		for i := range s.Nodes {
			s.Volumes = append(s.Volumes, VolumeShape{Name: fmt.Sprintf("Volume%02d", i+1), SizeTB: 8, UsedPct: 55})
		}
	}
	if s.Heartbeat == nil {
		s.Heartbeat = &HeartbeatShape{1000, 20, 1000, 20, 1000, 20, false}
	}
	if s.Resiliency == nil {
		s.Resiliency = &ResiliencyShape{240, 3, 7200}
	}
	return s
}
