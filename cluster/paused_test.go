package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (y *story) pause(nodes ...string) *story {
	y.p = y.p.WithMembers(y.p.Members, nodes)
	return y
}

func TestPausedNode(t *testing.T) {
	y := begin(3, false).vitals("HV-02", func(v *Vitals) { v.Services[1].State = "Stopped" }).silent("HV-02", 5)
	if got := lines(Diagnose(y.p, y.now)); len(got) != 2 {
		t.Fatalf("before the pause: %q", got)
	}
	y.pause("HV-02").wait(time.Hour).state(func(*State) {}).vitals("HV-01", func(*Vitals) {}).vitals("HV-03", func(*Vitals) {})
	if got := lines(Diagnose(y.p, y.now)); got != nil {
		t.Errorf("faults of a node that is paused: %q", got)
	}
	if h, why := y.p.NodeHealth("HV-02", y.now); h != Paused || why != "not asked for 60 min" {
		t.Errorf("%s %q", h, why)
	}
	if h, why := y.p.Health(nil, y.now); h != Healthy || why != "1 node is paused" {
		t.Errorf("cluster: %s %q", h, why)
	}
	if u := y.p.Usage(y.now); u.NodesPaused != 1 || u.NodesFresh != 2 || u.NodesTotal != 3 {
		t.Errorf("%+v", u)
	}
	if v := y.p.Nodes["HV-02"]; v.Vitals == nil || v.Contact.Failures != 0 || v.Contact.LastTry.IsZero() {
		t.Errorf("what was known is lost, or failures still count: %+v", v)
	}
	y.nodeDown()
	if h, why := y.p.NodeHealth("HV-02", y.now); h != Critical || why != "down" {
		t.Errorf("the cluster calls it down: %s %q", h, why)
	}
	if f := Diagnose(y.p, y.now); len(f) == 0 || f[0].Kind != FaultNodeDown {
		t.Errorf("the cluster calls it down: %q", lines(f))
	}
	y.wait(time.Minute)
	if h, _ := y.p.NodeHealth("HV-02", y.now); h != Paused {
		t.Errorf("by an old word of the cluster it is %s", h)
	}
	y.pause()
	y.silent("HV-02", 1)
	for _, f := range Diagnose(y.p, y.now) {
		if f.Kind == FaultNodeUnreachable {
			t.Errorf("one failure after the pause: %s", line(f))
		}
	}
}

func TestPausedCluster(t *testing.T) {
	y := begin(2, false).nodeDown().silent("HV-01", 4).pause("HV-01", "HV-02").wait(3 * time.Hour)
	if got := lines(Diagnose(y.p, y.now)); got != nil {
		t.Errorf("faults: %q", got)
	}
	if h, why := y.p.Health(nil, y.now); h != Paused || why != "not asked for 3 h" {
		t.Errorf("%s %q", h, why)
	}
	if h, _ := y.p.NodeHealth("HV-02", y.now); h != Paused {
		t.Errorf("node is %s", h)
	}
	if h, why := NewPicture("HQ", []string{"HV-01"}).WithMembers([]string{"HV-01"}, []string{"hv-01.corp.example"}).Health(nil, noon); h != Paused || why != "not asked" {
		t.Errorf("never asked: %s %q", h, why)
	}
	y = begin(2, false)
	for range 3 {
		y.silent("HV-01", 1)
	}
	y.pause("HV-02").wait(time.Minute).silent("HV-01", 1)
	if got := lines(Diagnose(y.p, y.now)); len(got) == 0 || got[0] != "cluster-unreachable HQ Critical" {
		t.Errorf("the only node that is asked is silent: %q", got)
	}
}

func TestWithMembers(t *testing.T) {
	y := begin(3, false).vitals("HV-03", func(v *Vitals) { v.Skew = time.Hour }).denies("HV-02", QuestionInventory, "BIOS")
	p := y.p.WithMembers([]string{"HV-01", "HV-04"}, nil)
	if len(p.Nodes) != 1 || p.Nodes["HV-01"].Vitals == nil || len(p.Since) != 0 || p.State == nil {
		t.Errorf("%+v", p)
	}
	if len(y.p.Nodes) != 3 || len(y.p.Since) != 2 || len(y.p.Members) != 3 {
		t.Error("the picture before was changed")
	}
}

// An answer counts as the present for three periods of the way it was asked for.
func TestStaleFollowsTheMode(t *testing.T) {
	y := begin(1, true)
	tell := func(m SessionMode) {
		y.say(Observation{Node: "HV-01", Question: QuestionVitals, Reach: ReachOK, Mode: m, Vitals: healthyVitals()})
		y.say(Observation{Node: "HV-01", Question: QuestionInventory, Reach: ReachOK, Mode: m, Inventory: &Inventory{}})
		y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachOK, Mode: m, State: healthyState(1)})
		y.say(Observation{Node: "HV-01", Question: QuestionStorage, Reach: ReachOK, Mode: m, Storage: healthyStorage(1)})
	}
	for mode, want := range map[SessionMode][]time.Duration{
		ModeLoop:    {15 * time.Second, 3 * time.Minute, 15 * time.Second, 90 * time.Second},
		ModeUnknown: {15 * time.Second, 3 * time.Minute, 15 * time.Second, 90 * time.Second},
		ModeProcess: {90 * time.Second, 15 * time.Minute, 90 * time.Second, 6 * time.Minute},
	} {
		tell(mode)
		for i, stale := range []func(time.Time) bool{
			func(at time.Time) bool { return y.p.VitalsStale("HV-01", at) },
			func(at time.Time) bool { return y.p.InventoryStale("HV-01", at) },
			y.p.StateStale, y.p.StorageStale,
		} {
			if stale(y.now.Add(want[i])) || !stale(y.now.Add(want[i]+time.Second)) {
				t.Errorf("%s: answer %d is not stale exactly after %s", mode, i, want[i])
			}
		}
	}
	// The node has a loop again: what it said before is as young as it was.
	tell(ModeProcess)
	y.wait(40 * time.Second).say(Observation{Node: "HV-01", Question: QuestionInventory, Reach: ReachOK, Mode: ModeLoop, Inventory: &Inventory{}})
	if y.p.VitalsStale("HV-01", y.now) {
		t.Error("vitals that are due only now are called stale")
	}
}

func TestHealthServiceFoldsMissingInterfaces(t *testing.T) {
	said := HealthFault{Type: "Microsoft.Health.FaultType.NetworkInterface.Missing", Severity: 6, ObjectID: "{0f-1}", Reason: `服务器HV-02没有连接到群集网络“Storage”的网络适配器。`, Actions: []string{"Check the adapter."}}
	y := begin(3, true).state(func(s *State) { s.Interfaces[3].State, s.Interfaces[1].State = InterfaceFailed, InterfaceFailed }).
		storage(func(s *Storage) { s.Faults = []HealthFault{said} })
	faults := Diagnose(y.p, y.now)
	if diff := cmp.Diff([]string{"interface-failed HV-01 - Storage Warning", "interface-failed HV-02 - Storage Warning"}, lines(faults)); diff != "" {
		t.Fatal(diff)
	}
	if len(faults[0].Steps) != 3 || len(faults[1].Steps) != 4 {
		t.Errorf("the advice went to the wrong fault: %d and %d steps", len(faults[0].Steps), len(faults[1].Steps))
	}
	y.state(func(s *State) { s.Interfaces[3].State, s.Interfaces[1].State = InterfaceUp, InterfaceUp })
	if diff := cmp.Diff([]string{"health-service NetworkInterface.Missing {0f-1} Critical"}, lines(Diagnose(y.p, y.now))); diff != "" {
		t.Errorf("without a fault of our own: %s", diff)
	}
}

func TestParityIsToldApart(t *testing.T) {
	for _, c := range []struct {
		disk   VirtualDisk
		want   int
		detail string
	}{
		{VirtualDisk{Copies: 1}, 1, "Archive is a parity, counted as single"},
		{VirtualDisk{Copies: 1, Redundancy: 1}, 1, "Archive is a single parity"},
		{VirtualDisk{Copies: 1, Redundancy: 2}, 2, "Archive is a dual parity"},
		{VirtualDisk{Copies: 1, Redundancy: 2, Health: StorageWarning, Status: []string{"Degraded"}}, 1, "Archive is a dual parity, now degraded: Degraded"},
		{VirtualDisk{Copies: 2, Redundancy: 1}, 1, "Archive is a nested parity"},
	} {
		c.disk.Name, c.disk.Resiliency = "Archive", "Parity"
		y := begin(5, true).storage(func(s *Storage) { s.VirtualDisks = []VirtualDisk{c.disk} })
		if got := copiesCeiling(y.p); got.Simultaneous != c.want || got.Detail != c.detail {
			t.Errorf("%+v: %+v", c.disk, got)
		}
	}
}
