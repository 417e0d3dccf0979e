package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestNodeHealth(t *testing.T) {
	node := func(change func(*Node)) func() *story {
		return func() *story { return begin(3, false).state(func(s *State) { change(&s.Nodes[1]) }) }
	}
	for _, c := range []struct {
		name string
		y    func() *story
		want Health
		why  string
	}{
		{"healthy", func() *story { return begin(3, false) }, Healthy, ""},
		{"down", node(func(n *Node) { n.State = NodeDown }), Critical, "down"},
		{"down long ago", func() *story { return begin(3, false).nodeDown().wait(time.Minute) }, Critical, "down, last known"},
		{"drained, then down", node(func(n *Node) { n.State, n.Drain = NodeDown, DrainCompleted }), Warning, "down, drained before"},
		{"isolated", func() *story {
			return begin(3, false).state(func(s *State) {
				s.Nodes[1].State, s.Nodes[1].Status = NodeDown, StatusIsolated
				s.Roles[3].Status, s.Roles[4].Status = GroupUnmonitored, GroupUnmonitored
			})
		}, Isolated, "isolated, 2 VMs unmonitored"},
		{"quarantined", node(func(n *Node) { n.State, n.Status = NodeDown, StatusQuarantined }), Quarantined, "quarantined until 2025-03-14 14:00:00 UTC"},
		{"isolated wins over quarantined", node(func(n *Node) { n.Status = StatusIsolated | StatusQuarantined }), Isolated, "isolated"},
		{"joining", node(func(n *Node) { n.State = NodeJoining }), Warning, "joining the cluster"},
		{"paused", node(func(n *Node) { n.State = NodePaused }), Maintenance, "paused"},
		{"draining", node(func(n *Node) { n.Status = StatusDrainInProgress }), Maintenance, "draining"},
		{"drain failed", node(func(n *Node) { n.State, n.Drain = NodePaused, DrainFailed }), Warning, "drain failed"},
		{"paused and silent", func() *story {
			return begin(3, false).state(func(s *State) { s.Nodes[1].State = NodePaused }).silent("HV-02", 3)
		}, NoData, "no data for 0 s: timeout"},
		{"paused with a stopped service", func() *story {
			return begin(3, false).state(func(s *State) { s.Nodes[1].State = NodePaused }).
				vitals("HV-02", func(v *Vitals) { v.Services[1].State = "Stopped" })
		}, Maintenance, "paused"},
		{"up and silent for us", func() *story {
			return begin(3, false).wait(40*time.Second).silent("HV-02", 3).state(func(*State) {})
		}, NoData, "no data for 40 s: timeout"},
		{"one failure is noise", func() *story { return begin(3, false).silent("HV-02", 1) }, Healthy, ""},
		{"vitals too old", func() *story { return begin(3, false).wait(16 * time.Second).state(func(*State) {}) }, NoData, "no data for 16 s"},
		{"vitals just not too old", func() *story { return begin(3, false).wait(15 * time.Second).state(func(*State) {}) }, Healthy, ""},
		{"state too old", func() *story { return begin(3, false).wait(16*time.Second).vitals("HV-02", func(*Vitals) {}) }, NoData, "cluster state is 16 s old"},
		{"unknown to the cluster", node(func(n *Node) { n.Name = "OTHER" }), NoData, "the cluster does not know it"},
		{"the cluster is not sure", node(func(n *Node) { n.State = NodeUnknown }), NoData, "the cluster does not say how it is"},
		{"service", func() *story {
			return begin(3, false).vitals("HV-02", func(v *Vitals) { v.Services[1].State = "Stopped" })
		}, Warning, "vmms is not running"},
		{"service, known from before: warning wins over no data", func() *story {
			return begin(3, false).vitals("HV-02", func(v *Vitals) { v.Services[1].State = "Stopped" }).silent("HV-02", 5)
		}, Warning, "vmms is not running"},
		{"clock", func() *story {
			return begin(3, false).vitals("HV-02", func(v *Vitals) { v.Skew = -6 * time.Minute })
		}, Critical, "clock is 6m0s off"},
		{"adapter", func() *story {
			return begin(3, false).state(func(s *State) { s.Interfaces[3].State = InterfaceFailed })
		}, Warning, "Storage failed"},
		{"certificate", func() *story {
			return begin(3, false).say(Observation{Node: "HV-02", Question: QuestionInventory, Reach: ReachOK, Inventory: &Inventory{
				Certificates: []Certificate{{Thumbprint: "A", NotAfter: noon.Add(-time.Hour), Listener: true}}}})
		}, Critical, "a certificate expired"},
	} {
		y := c.y()
		got, why := y.p.NodeHealth("HV-02", y.now)
		if got != c.want || why != c.why {
			t.Errorf("%s: %s %q, want %s %q", c.name, got, why, c.want, c.why)
		}
	}

	none := NewPicture("HQ", []string{"HV-01"})
	for name, want := range map[string]string{"HV-01": "not asked yet", "HV-09": "not among the nodes we ask"} {
		if h, why := none.NodeHealth(name, noon); h != NoData || why != want {
			t.Errorf("%s: %s %q", name, h, why)
		}
	}
	full := NewPicture("HQ", []string{"hv-01.corp.example"}).
		With(Observation{Node: "hv-01.corp.example", Reach: ReachOK, Question: QuestionState, At: noon, State: healthyState(1)}).
		With(Observation{Node: "hv-01.corp.example", Reach: ReachOK, Question: QuestionVitals, At: noon, Vitals: healthyVitals()})
	if h, why := full.NodeHealth("HV-01", noon); h != Healthy {
		t.Errorf("a node asked by its full name: %s %q", h, why)
	}
}

func TestClusterHealth(t *testing.T) {
	for _, c := range []struct {
		name string
		y    func() *story
		want Health
		why  string
	}{
		{"healthy", func() *story { return begin(3, false) }, Healthy, ""},
		{"not asked", func() *story { return &story{p: NewPicture("HQ", []string{"HV-01"}), now: noon} }, NoData, "not asked yet"},
		{"a consequence speaks through its cause", func() *story { return begin(3, false).nodeDown() }, Critical, "HV-02 is down"},
		{"several", func() *story {
			return begin(3, false).nodeDown().vitals("HV-03", func(v *Vitals) { v.Services[1].State = "Stopped" })
		}, Critical, "HV-02 is down, and 1 more"},
		{"silence proves nothing", func() *story {
			y := begin(2, false).wait(time.Minute)
			return y.silent("HV-01", 3).silent("HV-02", 3)
		}, NoData, "No node of HQ answers: timeout"},
		{"silence after a bad word", func() *story {
			y := begin(2, false).nodeDown().wait(time.Minute)
			return y.silent("HV-01", 3).silent("HV-02", 3)
		}, Critical, "HV-02 is down, and 1 more"},
		{"old", func() *story { return begin(2, false).wait(20 * time.Second) }, NoData, "no data for 20 s"},
		{"a node in maintenance", func() *story {
			return begin(3, false).state(func(s *State) { s.Nodes[1].State = NodePaused })
		}, Maintenance, "HV-02: paused"},
		{"a node we are not to ask", func() *story {
			return begin(2, false).state(func(s *State) { s.Nodes = append(s.Nodes, Node{Name: "HV-03"}) })
		}, Healthy, ""},
	} {
		y := c.y()
		got, why := y.p.Health(Diagnose(y.p, y.now), y.now)
		if got != c.want || why != c.why {
			t.Errorf("%s: %s %q, want %s %q", c.name, got, why, c.want, c.why)
		}
	}
	y := begin(2, false)
	others := []Fault{{Cluster: "other", Health: Critical}, {Cluster: "HQ", Health: Critical, Resolved: noon}}
	if h, _ := y.p.Health(others, noon); h != Healthy {
		t.Errorf("faults of others or of the past make it %s", h)
	}
}

func TestObjectHealth(t *testing.T) {
	type got struct {
		Health Health
		Why    string
	}
	pair := func(h Health, why string) got { return got{h, why} }
	vol := healthyState(1).Volumes[0]
	with := func(edit func(*Volume)) Volume { v := vol; edit(&v); return v }
	for _, c := range []struct{ got, want got }{
		{pair(VolumeHealth(vol)), got{Healthy, ""}},
		{pair(VolumeHealth(with(func(v *Volume) { v.Free = 50 * gb }))), got{Critical, "95% full"}},
		{pair(VolumeHealth(with(func(v *Volume) { v.Free = 51 * gb }))), got{Warning, "94% full"}},
		{pair(VolumeHealth(with(func(v *Volume) { v.State = ResourceOnlinePending }))), got{Warning, "onlinepending"}},
		{pair(VolumeHealth(with(func(v *Volume) { v.State, v.InMaint = ResourceFailed, true }))), got{Maintenance, "in maintenance"}},
		{pair(VolumeHealth(with(func(v *Volume) { v.Access = VolumeUnavailable }))), got{Critical, "not available on at least one node"}},
		{pair(RoleHealth(Role{State: GroupOnline})), got{Healthy, ""}},
		{pair(RoleHealth(Role{State: GroupOffline})), got{Healthy, "offline"}},
		{pair(RoleHealth(Role{State: GroupFailed, Status: GroupUnmonitored})), got{Critical, "failed"}},
		{pair(RoleHealth(Role{Status: GroupUnmonitored})), got{Isolated, "runs unmonitored on an isolated node"}},
		{pair(RoleHealth(Role{State: GroupUnknown})), got{NoData, "state unknown"}},
		{pair(NetworkHealth(Network{State: NetworkDown, Role: RoleCluster})), got{Critical, "down"}},
		{pair(NetworkHealth(Network{State: NetworkDown})), got{Warning, "down"}},
		{pair(NetworkHealth(Network{State: NetworkUnavailable})), got{NoData, "unavailable: the nodes on it are down"}},
		{pair(InterfaceHealth(Interface{State: InterfaceUp})), got{Healthy, ""}},
		{pair(InterfaceHealth(Interface{State: InterfaceUnreachable})), got{Warning, "unreachable from other nodes"}},
		{pair(PoolHealth(Pool{ReadOnly: true, Status: []string{"Incomplete"}})), got{Critical, "read-only: Incomplete"}},
		{pair(PoolHealth(Pool{Health: StorageUnknown})), got{NoData, "health unknown"}},
		{pair(VirtualDiskHealth(VirtualDisk{Status: []string{"OK"}})), got{Healthy, ""}},
		{pair(VirtualDiskHealth(VirtualDisk{Health: StorageUnhealthy, Status: []string{"NoRedundancy"}})), got{Critical, "noredundancy"}},
		{pair(DriveHealth(Drive{Health: StorageWarning, Status: []string{"In Maintenance Mode"}})), got{Maintenance, "in maintenance mode"}},
		{pair(DriveHealth(Drive{Usage: "Retired"})), got{Warning, "retired: its data is being moved off"}},
		{pair(DriveHealth(Drive{Health: StorageWarning, Status: []string{"Predictive Failure"}})), got{Warning, "degraded: Predictive Failure"}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestUsage(t *testing.T) {
	y := begin(3, true).state(func(s *State) {
		s.Nodes[2].State = NodeDown
		s.Roles[1].State = GroupOffline
	}).vitals("HV-01", func(v *Vitals) { v.CPU = 40 }).wait(16*time.Second).
		vitals("HV-01", func(v *Vitals) { v.CPU = 40 }).vitals("HV-02", func(v *Vitals) { v.CPU = 10 })
	want := Usage{
		CPU: 25, CPUKnown: true, MemoryUsed: 2 * 96 * gb, MemoryTotal: 2 * 256 * gb, MemoryKnown: true,
		StorageUsed: 10000 * gb, StorageTotal: 40000 * gb, StorageKnown: true,
		VMs: 6, VMsRunning: 5, NodesUp: 2, NodesTotal: 3, NodesFresh: 2,
	}
	if diff := cmp.Diff(want, y.p.Usage(y.now)); diff != "" {
		t.Error(diff)
	}
	san := begin(2, false).p
	san.Storage = nil
	if u := san.Usage(noon); u.StorageUsed != 500*gb || u.StorageTotal != 1000*gb || !u.StateKnown {
		t.Errorf("%+v", u)
	}
	if u := NewPicture("x", []string{"a"}).Usage(noon); u != (Usage{NodesTotal: 1}) {
		t.Errorf("of nothing known: %+v", u)
	}
}

func TestSince(t *testing.T) {
	y := begin(3, false)
	if y.p.Since != nil || y.p.Held != nil {
		t.Errorf("a healthy cluster remembers %v %v", y.p.Since, y.p.Held)
	}
	y.wait(5 * time.Second).nodeDown()
	down := y.now
	y.wait(5 * time.Second).state(func(*State) {})
	y.wait(5*time.Second).vitals("HV-01", func(v *Vitals) { v.Skew = time.Hour })
	if got := y.p.stateSince("down/HV-02"); got != down {
		t.Errorf("down since %s, want %s", got, down)
	}
	if diff := cmp.Diff([]string{"VM-03", "VM-04"}, y.p.Held["HV-02"]); diff != "" {
		t.Error(diff)
	}
	y.vitals("HV-01", func(*Vitals) {})
	if _, ok := y.p.Since["vitals/HV-01|skew"]; ok {
		t.Error("a clock that is right again is still remembered")
	}
	y.state(func(s *State) { *s = *healthyState(3) })
	if len(y.p.Since) != 0 || y.p.Held != nil {
		t.Errorf("after all is well again: %v %v", y.p.Since, y.p.Held)
	}
}

func TestAnErrorAboutTheClusterIsNotTheNodes(t *testing.T) {
	y := begin(2, false)
	y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachScriptFailed})
	if c := y.p.Nodes["HV-01"].Contact; c.Failures != 0 || c.Reach != ReachOK {
		t.Errorf("contact %+v", c)
	}
	if c := y.p.StateContact; c.Failures != 1 || c.Reach != ReachScriptFailed {
		t.Errorf("state contact %+v", c)
	}
	y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachRefused})
	if c := y.p.Nodes["HV-01"].Contact; c.Failures != 1 {
		t.Errorf("contact %+v", c)
	}
}

func TestSameNode(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"HV-01", "hv-01", true}, {"HV-01", "hv-01.corp.example", true}, {"hv-01.corp.example", "HV-01", true},
		{"hv-01.a.example", "hv-01.b.example", false}, {"HV-01", "HV-011", false}, {"HV-01", "", false},
	} {
		if got := SameNode(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %t", c.a, c.b, got)
		}
	}
}
