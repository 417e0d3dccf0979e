package cluster

import (
	"fmt"
	"time"
)

var noon = time.Date(2025, 3, 14, 12, 0, 0, 0, time.UTC)

const gb = 1 << 30

// healthyState is a cluster of n nodes on two networks with two virtual
// machines on each, one volume and a file share witness.
func healthyState(n int) *State {
	s := &State{
		Name: "HQ",
		Quorum: Quorum{Dynamic: true, Witness: WitnessFileShare, WitnessName: "File Share Witness",
			WitnessPath: `\\fs\w`, WitnessState: ResourceOnline, WitnessWeight: 1 - n%2},
		Resiliency: Resiliency{Level: 2, DefaultPeriod: 240 * time.Second, QuarantineThreshold: 3, QuarantineDuration: 2 * time.Hour},
		Networks: []Network{
			{Name: "LAN", State: NetworkUp, Role: RoleClusterAndClient, Address: "10.0.0.0"},
			{Name: "Storage", State: NetworkUp, Role: RoleCluster, Address: "10.0.1.0"},
		},
		Volumes: []Volume{{Name: "Cluster Virtual Disk (Vol1)", Path: `C:\ClusterStorage\Vol1`, Owner: "HV-01",
			State: ResourceOnline, Access: VolumeFileSystemRedirected, FileSystem: "CSVFS_ReFS", Size: 1000 * gb, Free: 500 * gb}},
		Roles: []Role{{Name: "Cluster Group", Type: GroupCluster, Owner: "HV-01"}},
	}
	vm := 0
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("HV-%02d", i)
		s.Nodes = append(s.Nodes, Node{Name: name, ID: i, Weight: 1, DynamicWeight: 1})
		for _, net := range s.Networks {
			s.Interfaces = append(s.Interfaces, Interface{Node: name, Network: net.Name, Name: name + " - " + net.Name, State: InterfaceUp})
		}
		for range 2 {
			vm++
			s.Roles = append(s.Roles, Role{Name: fmt.Sprintf("VM-%02d", vm), Type: GroupVirtualMachine, Owner: name,
				Resources: []Resource{{Name: fmt.Sprintf("Virtual Machine VM-%02d", vm), Type: "Virtual Machine", State: ResourceOnline, Owner: name}}})
		}
	}
	return s
}

func healthyVitals() *Vitals {
	return &Vitals{CPU: 20, MemoryTotal: 256 * gb, MemoryFree: 160 * gb, Services: []Service{
		{Name: "ClusSvc", Display: "Cluster Service", State: "Running", Start: "Auto"},
		{Name: "vmms", Display: "Hyper-V Virtual Machine Management", State: "Running", Start: "Auto"},
		{Name: "W32Time", Display: "Windows Time", State: "Running", Start: "Auto"},
		{Name: "vmcompute", Display: "Hyper-V Host Compute Service", State: "Stopped", Start: "Manual"},
	}}
}

func healthyStorage(n int) *Storage {
	s := &Storage{
		Pools:        []Pool{{Name: "S2D on HQ", Size: 40000 * gb, Allocated: 10000 * gb}},
		VirtualDisks: []VirtualDisk{{Name: "Vol1", Resiliency: "Mirror", Copies: 3, Size: 1000 * gb}},
	}
	for i := 1; i <= n; i++ {
		for k := 1; k <= 2; k++ {
			s.Drives = append(s.Drives, Drive{ID: fmt.Sprintf("{d-%d-%d}", i, k), Serial: fmt.Sprintf("S%d%d", i, k), Node: fmt.Sprintf("HV-%02d", i), Slot: fmt.Sprint(k), Usage: "AutoSelect", Media: "SSD"})
		}
	}
	return s
}

// story feeds observations into a picture, one after the other.
type story struct {
	p   *Picture
	now time.Time
	n   int
}

// begin is a healthy cluster of n nodes that has told everything at noon.
func begin(n int, s2d bool) *story {
	var members []string
	for i := 1; i <= n; i++ {
		members = append(members, fmt.Sprintf("HV-%02d", i))
	}
	y := &story{p: NewPicture("HQ", members), now: noon, n: n}
	s := healthyState(n)
	s.S2D = s2d
	y.state(func(t *State) { *t = *s })
	y.storage(func(t *Storage) {})
	for _, m := range members {
		y.vitals(m, func(*Vitals) {})
		y.say(Observation{Node: m, Question: QuestionInventory, Reach: ReachOK, Inventory: &Inventory{}})
	}
	return y
}

func (y *story) say(o Observation) *story {
	o.Cluster, o.At = "HQ", y.now
	y.p = y.p.With(o)
	return y
}

func (y *story) wait(d time.Duration) *story { y.now = y.now.Add(d); return y }

// state tells a state that differs from the last one by change.
func (y *story) state(change func(*State)) *story {
	s := healthyState(y.n)
	if y.p.State != nil {
		c := *y.p.State
		c.Nodes = append([]Node(nil), c.Nodes...)
		c.Networks = append([]Network(nil), c.Networks...)
		c.Interfaces = append([]Interface(nil), c.Interfaces...)
		c.Roles = append([]Role(nil), c.Roles...)
		c.Volumes = append([]Volume(nil), c.Volumes...)
		s = &c
	}
	change(s)
	return y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachOK, State: s})
}

func (y *story) storage(change func(*Storage)) *story {
	s := healthyStorage(y.n)
	change(s)
	return y.say(Observation{Node: "HV-01", Question: QuestionStorage, Reach: ReachOK, Storage: s})
}

func (y *story) vitals(node string, change func(*Vitals)) *story {
	v := healthyVitals()
	change(v)
	return y.say(Observation{Node: node, Question: QuestionVitals, Reach: ReachOK, Vitals: v})
}

func (y *story) silent(node string, times int) *story {
	for range times {
		y.say(Observation{Node: node, Question: QuestionVitals, Reach: ReachTimeout})
	}
	return y
}

// nodeDown is HV-02 killed: its machines moved, its adapters are gone.
func (y *story) nodeDown() *story {
	return y.state(func(s *State) {
		s.Nodes[1].State, s.Nodes[1].DynamicWeight = NodeDown, 0
		for i := range s.Roles {
			if s.Roles[i].Owner == "HV-02" {
				s.Roles[i].Owner = "HV-01"
			}
		}
		for i := range s.Interfaces {
			if s.Interfaces[i].Node == "HV-02" {
				s.Interfaces[i].State = InterfaceUnreachable
			}
		}
		for i := range s.Networks {
			s.Networks[i].State = NetworkPartitioned
		}
	})
}
