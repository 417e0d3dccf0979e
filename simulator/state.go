package simulator

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// State is the simulation at one moment, as GET /state answers it.
type State struct {
	Simulated bool           `json:"simulated"` // always true
	Now       time.Time      `json:"now"`
	Clusters  []StateCluster `json:"clusters"`
	Faults    []Fault        `json:"faults"` // active, oldest first
	Users     []string       `json:"users"`  // of the accounts
}

// StateCluster is one cluster.
type StateCluster struct {
	Name          string         `json:"name"`
	Unwatched     bool           `json:"unwatched"` // it is there to be added by hand
	Quorum        bool           `json:"quorum"`
	WitnessWeight int            `json:"witnessWeight"`
	Witness       string         `json:"witness"` // resource name, "" without
	Nodes         []StateNode    `json:"nodes"`
	Networks      []StateNetwork `json:"networks"`
	Roles         []StateRole    `json:"roles"`
	Volumes       []StateVolume  `json:"volumes"`
	Drives        []StateDrive   `json:"drives"`
	Jobs          int            `json:"jobs"` // storage jobs that run
	// Practice is how to add a cluster by hand that is there for it; nil for the others.
	Practice *StatePractice `json:"practice,omitempty"`
}

// StatePractice is what somebody types who adds a cluster by hand.
type StatePractice struct {
	CA       string         `json:"ca"`    // PEM: signed the certificates of the nodes
	Nodes    []StateAddress `json:"nodes"` // one is enough
	Accounts []StateAccount `json:"accounts"`
}

// StateAddress is where a node listens, host:port.
type StateAddress struct {
	Node  string `json:"node"`
	HTTP  string `json:"http"`
	HTTPS string `json:"https"`
}

// StateAccount can sign in to a node that does not exist.
type StateAccount struct {
	User     string  `json:"user"`
	Password string  `json:"password"`
	Rights   []Right `json:"rights"`
}

// StateNode is one node. Service is what its own cluster service does.
type StateNode struct {
	Name    string             `json:"name"`
	Site    string             `json:"site"`
	State   cluster.NodeState  `json:"state"`
	Status  cluster.NodeStatus `json:"statusInformation"`
	Vote    int                `json:"dynamicWeight"`
	Service string             `json:"service"`
	WinRM   string             `json:"winrm"` // answers, refused, 401, hang, slow, or what listener-wrong says
	Roles   int                `json:"roles"`
}

// StateNetwork is one network.
type StateNetwork struct {
	Name  string               `json:"name"`
	State cluster.NetworkState `json:"state"`
}

// StateRole is one role.
type StateRole struct {
	Name      string              `json:"name"`
	Type      cluster.GroupType   `json:"type"`
	Owner     string              `json:"owner"`
	State     cluster.GroupState  `json:"state"`
	Status    cluster.GroupStatus `json:"statusInformation"`
	Resources []StateResource     `json:"resources"`
}

// StateResource is one resource.
type StateResource struct {
	Name  string                `json:"name"`
	State cluster.ResourceState `json:"state"`
}

// StateVolume is one volume.
type StateVolume struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
	Free int64  `json:"free"`
}

// StateDrive is one drive of the pool.
type StateDrive struct {
	Serial string                `json:"serial"`
	Node   string                `json:"node"`
	Health cluster.StorageHealth `json:"health"`
}

// State describes the whole simulation now.
func (s *Simulator) State() any { return s.state() }

func (s *Simulator) state() State {
	out := State{Simulated: true, Now: s.opts.Now().UTC(), Clusters: []StateCluster{}, Faults: []Fault{}, Users: []string{}}
	for _, a := range s.opts.Accounts {
		out.Users = append(out.Users, a.User)
	}
	for _, c := range s.clusters {
		c.mu.Lock()
		c.advance(s.opts.Now())
		out.Clusters = append(out.Clusters, c.state())
		for _, f := range c.faults {
			out.Faults = append(out.Faults, *f)
		}
		c.mu.Unlock()
	}
	for i := range out.Clusters {
		if out.Clusters[i].Unwatched {
			out.Clusters[i].Practice = s.practice(out.Clusters[i].Name)
		}
	}
	slices.SortStableFunc(out.Faults, func(a, b Fault) int { return cmp.Compare(a.Since.UnixNano(), b.Since.UnixNano()) })
	return out
}

func (s *Simulator) practice(clusterName string) *StatePractice {
	p := &StatePractice{CA: string(s.CA()), Nodes: []StateAddress{}, Accounts: []StateAccount{}}
	for _, e := range s.Nodes() {
		if e.Cluster != clusterName {
			continue
		}
		host := func(address string) string {
			return strings.TrimSuffix(address[strings.LastIndex(address, "//")+2:], "/wsman")
		}
		at := StateAddress{Node: e.Node, HTTP: host(e.HTTP)}
		if e.HTTPS != "" {
			at.HTTPS = host(e.HTTPS)
		}
		p.Nodes = append(p.Nodes, at)
		if len(p.Accounts) == 0 {
			for _, a := range e.Accounts {
				p.Accounts = append(p.Accounts, StateAccount{a.User, a.Password, a.Rights})
			}
		}
	}
	return p
}

func (c *simCluster) state() StateCluster {
	out := StateCluster{Name: c.shape.Name, Unwatched: c.shape.Unwatched, Quorum: c.quorate, WitnessWeight: c.witnessWeight, Witness: c.witnessName, Jobs: len(c.jobs),
		Nodes: []StateNode{}, Networks: []StateNetwork{}, Roles: []StateRole{}, Volumes: []StateVolume{}, Drives: []StateDrive{}}
	for _, n := range c.nodes {
		state, status, _ := n.state()
		winrm := cmp.Or(c.condOf(n).winrm, c.condOf(n).listener, "answers")
		if !c.powered(n) {
			winrm = "refused"
		}
		out.Nodes = append(out.Nodes, StateNode{n.Name, n.Site, state, status, n.vote, c.serviceState(n, "ClusSvc"), winrm, c.ownedBy(n)})
	}
	for _, n := range c.nets {
		out.Networks = append(out.Networks, StateNetwork{n.Name, c.networkState(n)})
	}
	for _, r := range c.roles {
		sr := StateRole{r.name, r.kind, r.owner.Name, r.state, r.status, []StateResource{}}
		for _, res := range r.resources {
			sr.Resources = append(sr.Resources, StateResource{res.name, res.state})
		}
		out.Roles = append(out.Roles, sr)
	}
	for _, v := range c.volumes {
		out.Volumes = append(out.Volumes, StateVolume{v.Name, v.size, c.free(v, c.now)})
	}
	for _, d := range c.drives {
		health, _, _ := c.driveHealth(d)
		out.Drives = append(out.Drives, StateDrive{d.serial, d.node.Name, cluster.StorageHealth(health)})
	}
	return out
}
