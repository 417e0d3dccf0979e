package simulator

import (
	"testing"
	"time"

	"looksalive/cluster"
)

func machinesOf(c *simCluster, n *simNode) (all, unmonitored int) {
	for _, r := range c.roles {
		if r.isVM() && r.owner == n {
			all++
			if r.status&cluster.GroupUnmonitored != 0 {
				unmonitored++
			}
		}
	}
	return all, unmonitored
}

func TestIsolationRunsUnmonitoredThenFailsOver(t *testing.T) {
	c := testCluster(t, 4, nil)
	n := c.nodes[1]
	before, _ := machinesOf(c, n)
	c.cause(t, "node-isolated", n.Name, nil)
	c.run(21 * time.Second)
	state, status, _ := n.state()
	if state != cluster.NodeDown || status != cluster.StatusIsolated {
		t.Fatalf("after 20 missed heartbeats: %s, %s", state, status)
	}
	if all, unmonitored := machinesOf(c, n); all != before || unmonitored != before {
		t.Errorf("%d of %d machines left on the node, %d unmonitored", all, before, unmonitored)
	}
	if n.vote != 0 {
		t.Error("an isolated node votes")
	}
	c.run(237 * time.Second)
	if n.member != memberIsolated {
		t.Fatal("gave up before 240 seconds")
	}
	c.run(5 * time.Second)
	if n.member != memberDown {
		t.Fatal("still isolated after 240 seconds")
	}
	if all, _ := machinesOf(c, n); all != 0 {
		t.Errorf("%d machines did not fail over", all)
	}
	c.run(time.Minute)
	for _, r := range c.roles {
		if r.isVM() && r.state != cluster.GroupOnline {
			t.Errorf("%s is %s", r.name, r.state)
		}
	}
}

func TestIsolationEndsWithoutHarm(t *testing.T) {
	c := testCluster(t, 4, nil)
	n := c.nodes[2]
	before, _ := machinesOf(c, n)
	f := c.cause(t, "node-isolated", n.Name, nil)
	c.run(time.Minute)
	c.clear(f)
	c.run(2 * time.Second)
	all, unmonitored := machinesOf(c, n)
	if !n.active() || all != before || unmonitored != 0 {
		t.Errorf("active %v, %d of %d machines, %d unmonitored", n.active(), all, before, unmonitored)
	}
}

func TestQuarantineOnTheThirdIsolationInAnHour(t *testing.T) {
	flap := func(pause time.Duration) *simCluster {
		c := testCluster(t, 4, nil)
		for range 3 {
			f := c.cause(t, "node-isolated", "N3", nil)
			c.run(30 * time.Second)
			c.clear(f)
			c.run(pause)
		}
		return c
	}
	c := flap(5 * time.Minute)
	n := c.node("N3")
	if _, status, _ := n.state(); status != cluster.StatusQuarantined {
		t.Fatalf("third isolation: %s", status)
	}
	if all, _ := machinesOf(c, n); all != 0 {
		t.Errorf("%d machines on a quarantined node", all)
	}
	c.run(7200*time.Second - 6*time.Minute)
	if n.active() {
		t.Error("rejoined during quarantine")
	}
	c.run(2 * time.Minute)
	if !n.active() {
		t.Error("quarantine did not end after 7200 seconds")
	}
	if c := flap(31 * time.Minute); !c.node("N3").active() {
		t.Error("three isolations in more than an hour quarantined the node")
	}
}

func TestSilentDeathWaitsForTheResiliencyPeriod(t *testing.T) {
	for how, want := range map[string]time.Duration{"crash": time.Second, "power": 260 * time.Second} {
		c := testCluster(t, 4, nil)
		n := c.nodes[3]
		start := c.now
		c.cause(t, "node-down", n.Name, map[string]any{"how": how})
		for n.member != memberDown && c.now.Sub(start) < time.Hour {
			c.run(time.Second)
		}
		if got := c.now.Sub(start); got < want || got > want+2*time.Second {
			t.Errorf("%s: down after %v, want %v", how, got, want)
		}
	}
}

func TestLimitOfARoute(t *testing.T) {
	c := testCluster(t, 4, func(s *Shape) {
		for i := range s.Nodes {
			s.Nodes[i].Site = []string{"A", "A", "B", ""}[i]
		}
		s.Networks = []NetworkShape{{Name: "MA", Subnet: "10.1.0.0/24", Role: 3, Site: "A"}, {Name: "MB", Subnet: "10.2.0.0/24", Role: 3, Site: "B"}, {Name: "Stretched", Subnet: "10.3.0.0/24", Role: 1}, {Name: "iSCSI", Subnet: "10.4.0.0/24"}}
		s.Heartbeat = &HeartbeatShape{500, 10, 1000, 15, 2000, 20, false}
	})
	type key struct{ a, b, netA, netB string }
	got := map[key]time.Duration{}
	for _, r := range c.routes {
		got[key{r.a.Name, r.b.Name, r.netA.Name, r.netB.Name}] = r.limit.Tolerance()
	}
	want := map[key]time.Duration{
		{"N1", "N2", "MA", "MA"}:               5 * time.Second,
		{"N1", "N2", "Stretched", "Stretched"}: 5 * time.Second,
		{"N1", "N3", "MA", "MB"}:               40 * time.Second,
		{"N1", "N3", "Stretched", "Stretched"}: 40 * time.Second,
		{"N2", "N3", "MA", "MB"}:               40 * time.Second,
		{"N2", "N3", "Stretched", "Stretched"}: 40 * time.Second,
		{"N1", "N4", "Stretched", "Stretched"}: 40 * time.Second,
		{"N2", "N4", "Stretched", "Stretched"}: 40 * time.Second,
		{"N3", "N4", "Stretched", "Stretched"}: 40 * time.Second,
	}
	if len(got) != len(want) {
		t.Errorf("%d routes, want %d: %v", len(got), len(want), got)
	}
	for k, w := range want {
		if got[k] != w {
			t.Errorf("%v: %v, want %v", k, got[k], w)
		}
	}
}

func TestHeavyLossFlapsARoute(t *testing.T) {
	c := testCluster(t, 2, func(s *Shape) { s.Networks = []NetworkShape{{Name: "Only", Subnet: "10.1.0.0/24", Role: 3}} })
	c.cause(t, "packet-loss", "Only", map[string]any{"percent": 20})
	c.run(10 * time.Minute)
	if len(c.nodes[0].isolations)+len(c.nodes[1].isolations) > 0 {
		t.Error("20 % loss cost twenty heartbeats in a row")
	}
	c.clear(c.faults[0])
	c.cause(t, "packet-loss", "Only", map[string]any{"percent": 95})
	c.run(10 * time.Minute)
	if len(c.nodes[0].isolations)+len(c.nodes[1].isolations) == 0 {
		t.Error("95 % loss never cost twenty heartbeats in a row")
	}
}
