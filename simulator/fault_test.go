package simulator

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// sample gives every kind a target, and says what must have happened meanwhile.
var samples = map[string]struct {
	target string
	params map[string]any
	after  time.Duration
	seen   func(*simCluster) bool
}{
	"node-down": {"HV-FRA-02", nil, time.Minute, func(c *simCluster) bool { return c.nodes[1].member == memberDown && c.ownedBy(c.nodes[1]) == 0 }},
	"network-partition": {"SMB-A", nil, time.Second, func(c *simCluster) bool {
		return c.networkState(c.network("SMB-A")) == cluster.NetworkPartitioned && c.nodes[3].active()
	}},
	"packet-loss":      {"SMB-B", map[string]any{"percent": 60}, time.Minute, func(c *simCluster) bool { return c.measure(c.nodes[0], c.now).latency > 0.0015 }},
	"node-isolated":    {"HV-BER-02", nil, time.Minute, func(c *simCluster) bool { return c.nodes[3].member == memberIsolated }},
	"node-quarantined": {"HV-BER-01", nil, time.Minute, func(c *simCluster) bool { return c.ownedBy(c.nodes[2]) == 0 }},
	"service-stopped": {"HV-FRA-01", map[string]any{"service": "ClusSvc"}, time.Minute, func(c *simCluster) bool {
		return c.serviceState(c.nodes[0], "ClusSvc") == "Stopped" && !c.nodes[0].active()
	}},
	"clock-skew":   {"HV-FRA-01", map[string]any{"seconds": -30.0}, 0, func(c *simCluster) bool { return c.now.Sub(c.clock(c.nodes[0], c.now)) > 29*time.Second }},
	"disk-latency": {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.measure(c.nodes[0], c.now).latency > 0.02 }},
	"drive-failed": {"", nil, 0, func(c *simCluster) bool {
		h, s := c.diskHealth(c.volumes[0])
		return h == healthWarning && s == opDegraded
	}},
	"volume-filling": {"CSV01-Infra", map[string]any{"percent": 100.0}, 5 * time.Minute, func(c *simCluster) bool { return c.free(c.volumes[0], c.now) == 0 }},
	"certificate-expiring": {"HV-FRA-01", nil, 0, func(c *simCluster) bool {
		return strings.HasPrefix(c.certificates(c.nodes[0], nil)[0].NotAfter, noon.AddDate(0, 0, 5).Format("2006-01-02"))
	}},
	"witness-offline": {"", nil, time.Second, func(c *simCluster) bool {
		return c.witnessWeight == 0 && c.roles[0].state == cluster.GroupPartialOnline
	}},
	"winrm-refusing":        {"HV-FRA-01", map[string]any{"how": "hang"}, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).winrm == "hang" }},
	"resource-failed":       {"Virtual Machine erp-app-01", nil, time.Second, func(c *simCluster) bool { return stateOf(c, "erp-app-01") == cluster.GroupPartialOnline }},
	"certificate-wrong":     {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).certificate == certExpired }},
	"listener-wrong":        {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).listener == listenerNoHTTPS }},
	"sign-in-off":           {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).methods[methodBasic] }},
	"password-changed":      {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).changed["looksalive"] }},
	"account-locked":        {"HV-FRA-01", map[string]any{"user": "reader"}, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).locked["reader"] }},
	"right-missing":         {"HV-FRA-01", map[string]any{"user": "reader"}, 0, func(c *simCluster) bool { return !c.may(c.nodes[0], `SIM\reader`, RightCluster) }},
	"powershell-restricted": {"HV-FRA-01", nil, 0, func(c *simCluster) bool { return c.condOf(c.nodes[0]).shell == shellConstrained }},
	"feature-missing": {"HV-FRA-01", map[string]any{"feature": featureCluster}, time.Minute, func(c *simCluster) bool {
		return c.nodes[0].member == memberDown && !c.answerVitals(c.nodes[0], nil).IsClusterNode
	}},
	"node-maintenance": {"HV-FRA-01", nil, 5 * time.Minute, func(c *simCluster) bool {
		state, status, drain := c.nodes[0].state()
		return state == cluster.NodePaused && status == cluster.StatusDrainCompleted && drain == cluster.DrainCompleted && c.ownedBy(c.nodes[0]) == 0
	}},
}

func stateOf(c *simCluster, role string) cluster.GroupState {
	for _, r := range c.roles {
		if r.name == role {
			return r.state
		}
	}
	return cluster.GroupUnknown
}

func TestEveryFaultHappensAndHeals(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.Kind, func(t *testing.T) {
			sample, ok := samples[k.Kind]
			if !ok {
				t.Fatal("no sample for this kind")
			}
			c := newCluster(DemoShapes()[0], 1, noon)
			c.run(10 * time.Second)
			before := comparable(c.state())
			target := sample.target
			if k.TargetKind == "drive" {
				target = c.drives[5].serial
			}
			f := c.cause(t, k.Kind, target, sample.params)
			c.run(sample.after)
			if !sample.seen(c) {
				t.Error("no consequence")
			}
			for _, v := range c.volumes {
				if free := c.free(v, c.now); free < 0 || free > v.size {
					t.Errorf("%s: %d bytes free", v.Name, free)
				}
			}
			c.clear(f)
			c.run(30 * time.Minute)
			if c.busy {
				t.Error("still not at rest after half an hour")
			}
			if diff := cmp.Diff(before, comparable(c.state())); diff != "" {
				t.Errorf("not as before (-before +after):\n%s", diff)
			}
		})
	}
}

// comparable leaves out what may differ after a recovery: who owns what, and
// how full the volumes are.
func comparable(s StateCluster) StateCluster {
	for i := range s.Nodes {
		s.Nodes[i].Roles = 0
	}
	for i := range s.Roles {
		s.Roles[i].Owner = ""
	}
	for i := range s.Volumes {
		s.Volumes[i].Free = 0
	}
	return s
}

func TestEveryFaultOnTheSANCluster(t *testing.T) {
	for _, k := range kinds {
		c := newCluster(DemoShapes()[1], 1, noon)
		c.run(10 * time.Second)
		targets := c.targets(k.TargetKind)
		if len(targets) == 0 {
			continue // a SAN cluster has no drives of its own
		}
		before := comparable(c.state())
		f := c.cause(t, k.Kind, targets[0], nil)
		c.run(3 * time.Minute)
		c.clear(f)
		c.run(30 * time.Minute)
		if diff := cmp.Diff(before, comparable(c.state())); diff != "" {
			t.Errorf("%s on %s: not as before (-before +after):\n%s", k.Kind, targets[0], diff)
		}
	}
}

func TestFaultIsRefused(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	c.cause(t, "witness-offline", "", nil)
	tests := []struct {
		spec FaultSpec
		want []string
	}{
		{FaultSpec{Kind: "earthquake"}, []string{`unknown kind "earthquake"`}},
		{FaultSpec{Kind: "clock-skew", Target: "HV-XXX", Params: map[string]any{"seconds": "a lot", "minutes": 3.0}},
			[]string{`no node "HV-XXX"`, "seconds must be a number from -86400 to 86400", `no parameter "minutes"`}},
		{FaultSpec{Kind: "packet-loss", Target: "Mgmt", Params: map[string]any{"percent": 100.0, "node": "HV-XXX"}},
			[]string{"percent must be a number from 1 to 99", `no node "HV-XXX"`}},
		{FaultSpec{Kind: "winrm-refusing", Target: "HV-FRA-01", Params: map[string]any{"how": "politely"}}, []string{"how must be one of refused, 401, hang"}},
		{FaultSpec{Kind: "witness-offline"}, []string{"is active already"}},
	}
	for _, tt := range tests {
		_, err := c.newFault(tt.spec)
		if err == nil {
			t.Errorf("%v: accepted", tt.spec)
			continue
		}
		for _, w := range tt.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%v: %v, want it to say %q", tt.spec, err, w)
			}
		}
	}
}

func TestNodeDownMovesMachines(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	n := c.node("HV-FRA-01")
	moved := 0
	for _, r := range c.roles {
		if r.owner == n && r.isVM() {
			moved++
		}
	}
	c.cause(t, "node-down", n.Name, nil)
	c.run(2 * time.Second)
	pending := 0
	for _, r := range c.roles {
		if r.isVM() && r.state == cluster.GroupPending {
			pending++
			if r.resources[0].state != cluster.ResourceOnlinePending {
				t.Errorf("%s: its resource is %s", r.name, r.resources[0].state)
			}
		}
		if r.owner == n {
			t.Errorf("%s still belongs to the dead node", r.name)
		}
	}
	if moved == 0 || pending != moved {
		t.Errorf("%d machines pending, want %d", pending, moved)
	}
	c.run(time.Minute)
	for _, r := range c.roles {
		if r.isVM() && r.state != cluster.GroupOnline {
			t.Errorf("%s is %s", r.name, r.state)
		}
	}
}

func TestNoRoomLeavesMachinesOffline(t *testing.T) {
	c := testCluster(t, 2, func(s *Shape) {
		s.MemoryGB, s.VMCount = 128, 0
		s.VMs = []VMShape{{"a", 64, 0}, {"b", 64, 0}}
	})
	f := c.cause(t, "node-down", "N1", nil)
	c.run(time.Minute)
	if got := stateOf(c, "a"); got != cluster.GroupOffline {
		t.Errorf("a machine without room is %s", got)
	}
	c.clear(f)
	c.run(2 * time.Minute)
	if got := stateOf(c, "a"); got != cluster.GroupOnline {
		t.Errorf("with room again it is %s", got)
	}
}

func TestRepairAfterReturn(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	f := c.cause(t, "node-down", "HV-BER-02", nil)
	c.run(2 * time.Minute)
	s := c.answerStorage(c.nodes[0])
	if s.VirtualDisks[0].OperationalStatus[0] != opIncomplete || s.Pools[0].HealthStatus != healthWarning {
		t.Errorf("a node away: disk %v, pool %d", s.VirtualDisks[0].OperationalStatus, s.Pools[0].HealthStatus)
	}
	if len(s.Faults) != 1 || s.Faults[0].FaultType != "Microsoft.Health.FaultType.Server.Down" {
		t.Errorf("Health Service: %+v", s.Faults)
	}
	c.clear(f)
	c.run(20 * time.Second)
	s = c.answerStorage(c.nodes[0])
	if len(s.Jobs) != len(c.volumes) || s.VirtualDisks[0].OperationalStatus[0] != opInService {
		t.Errorf("returned: %d jobs, disk %v", len(s.Jobs), s.VirtualDisks[0].OperationalStatus)
	}
	c.run(10 * time.Minute)
	s = c.answerStorage(c.nodes[0])
	if len(s.Jobs) != 0 || s.VirtualDisks[0].HealthStatus != healthOK || len(s.Faults) != 0 {
		t.Errorf("repaired: %d jobs, health %d, faults %v", len(s.Jobs), s.VirtualDisks[0].HealthStatus, s.Faults)
	}
}

func TestDrainAndFailBack(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	n := c.node("HV-BER-01")
	before, _ := machinesOf(c, n)
	f := c.cause(t, "node-maintenance", n.Name, nil)
	c.run(10 * time.Second)
	migrating := 0
	for _, r := range c.roles {
		if r.target != nil {
			migrating++
		}
		if r.isVM() && r.state != cluster.GroupOnline {
			t.Errorf("%s is %s during a drain", r.name, r.state)
		}
	}
	if left, _ := machinesOf(c, n); migrating == 0 || migrating > 2 || left == 0 {
		t.Errorf("after 10 seconds %d machines move, %d are left", migrating, left)
	}
	c.run(5 * time.Minute)
	if left, _ := machinesOf(c, n); left != 0 || n.vote != 1 {
		t.Errorf("drained: %d machines left, vote %d", left, n.vote)
	}
	c.clear(f)
	c.run(5 * time.Minute)
	if after, _ := machinesOf(c, n); after != before {
		t.Errorf("resumed: %d of %d machines came back", after, before)
	}
}
