package simulator

import (
	"fmt"
	"testing"
	"time"

	"looksalive/cluster"
)

var noon = time.Date(2026, 3, 10, 11, 0, 0, 0, time.UTC)

// testCluster is a cluster of n nodes at noon, at rest.
func testCluster(t *testing.T, n int, change func(*Shape)) *simCluster {
	t.Helper()
	s := Shape{Name: "TEST-HCI", VMCount: 3 * n, MemoryGB: 256}
	for i := range n {
		s.Nodes = append(s.Nodes, NodeShape{Name: fmt.Sprintf("N%d", i+1)})
	}
	if change != nil {
		change(&s)
	}
	if err := checkShapes([]Shape{s}); err != nil {
		t.Fatal(err)
	}
	c := newCluster(s, 7, noon)
	c.run(10 * time.Second)
	return c
}

// run lets time pass.
func (c *simCluster) run(d time.Duration) { c.advance(c.now.Add(d)) }

// cause injects a fault the catalogue knows.
func (c *simCluster) cause(t *testing.T, kind, target string, params map[string]any) *Fault {
	t.Helper()
	f, err := c.newFault(FaultSpec{Kind: kind, Target: target, Params: params})
	if err != nil {
		t.Fatal(err)
	}
	f.ID = kind + target
	c.inject(f)
	return f
}

// TestQuorumTable is the table of "Understanding cluster and pool quorum":
// losses one after the other, with time to regroup, and two at once.
func TestQuorumTable(t *testing.T) {
	const either = "50/50"
	tests := []struct {
		nodes          int
		witness        string
		one, two, both string // survived: yes, no or either
		pool1, pool2   string // the same losses one after the other
		poolBoth       string
	}{
		{2, "none", either, "no", "no", "no", "no", "no"},
		{2, "cloud", "yes", "no", "no", "yes", "no", "no"},
		{3, "none", "yes", either, "no", "yes", "no", "no"},
		{3, "cloud", "yes", "yes", "no", "yes", "no", "no"},
		{4, "none", "yes", "yes", either, "yes", "no", "no"},
		{4, "cloud", "yes", "yes", "yes", "yes", "yes", "yes"},
		{5, "none", "yes", "yes", "yes", "yes", "yes", "yes"},
		{6, "cloud", "yes", "yes", "yes", "yes", "yes", "yes"},
	}
	outcomes := func(nodes int, witness string, losses int, atOnce bool, ask func(*simCluster) bool) string {
		seen := map[bool]bool{}
		for a := range nodes {
			for b := range nodes {
				if a == b || losses == 1 && b != (a+1)%nodes {
					continue
				}
				c := testCluster(t, nodes, func(s *Shape) { s.Witness = witness })
				survived := true
				for i, n := range []int{a, b}[:losses] {
					c.cause(t, "node-down", c.nodes[n].Name, nil)
					for range 60 {
						if atOnce && i < losses-1 {
							break
						}
						c.run(time.Second)
						survived = survived && ask(c) // forming again later is no survival
					}
				}
				seen[survived] = true
			}
		}
		switch {
		case seen[true] && seen[false]:
			return either
		case seen[true]:
			return "yes"
		default:
			return "no"
		}
	}
	quorum := func(c *simCluster) bool { return c.quorate }
	pool := func(c *simCluster) bool { return c.quorate && c.poolQuorum() }
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d nodes, witness %s", tt.nodes, tt.witness), func(t *testing.T) {
			for _, ask := range []struct {
				what   string
				losses int
				atOnce bool
				of     func(*simCluster) bool
				want   string
			}{
				{"one loss", 1, false, quorum, tt.one},
				{"then another", 2, false, quorum, tt.two},
				{"two at once", 2, true, quorum, tt.both},
				{"pool, one loss", 1, false, pool, tt.pool1},
				{"pool, then another", 2, false, pool, tt.pool2},
				{"pool, two at once", 2, true, pool, tt.poolBoth},
			} {
				got := outcomes(tt.nodes, tt.witness, ask.losses, ask.atOnce, ask.of)
				if got != ask.want {
					t.Errorf("%s: survives %s, want %s", ask.what, got, ask.want)
				}
			}
		})
	}
}

func TestDynamicWeights(t *testing.T) {
	weights := func(c *simCluster) string {
		s := ""
		for _, n := range c.nodes {
			s += fmt.Sprint(n.vote)
		}
		return fmt.Sprintf("%s+%d", s, c.witnessWeight)
	}
	tests := []struct {
		nodes   int
		witness string
		down    []string
		want    string
	}{
		{4, "cloud", nil, "1111+1"},
		{4, "none", nil, "1110+0"},
		{3, "cloud", nil, "111+0"},
		{3, "none", nil, "111+0"},
		{4, "cloud", []string{"N2"}, "1011+0"},
		{4, "cloud", []string{"N2", "N4"}, "1010+1"},
		{4, "none", []string{"N1", "N2"}, "0010+0"},
	}
	for _, tt := range tests {
		c := testCluster(t, tt.nodes, func(s *Shape) { s.Witness = tt.witness })
		for _, n := range tt.down {
			c.cause(t, "node-down", n, nil)
			c.run(time.Minute)
		}
		if got := weights(c); got != tt.want {
			t.Errorf("%d nodes, witness %s, down %v: votes %s, want %s", tt.nodes, tt.witness, tt.down, got, tt.want)
		}
	}
	c := testCluster(t, 4, nil)
	c.cause(t, "witness-offline", "", nil)
	c.run(5 * time.Second)
	if got := weights(c); got != "1110+0" {
		t.Errorf("witness offline: votes %s, want 1110+0", got)
	}
}

func TestPartitionStopsTheSmallerSide(t *testing.T) {
	c := testCluster(t, 4, func(s *Shape) {
		for i := range s.Nodes {
			s.Nodes[i].Site = []string{"A", "A", "B", "B"}[i]
		}
	})
	faults := []*Fault{}
	for _, net := range c.nets {
		faults = append(faults, c.cause(t, "network-partition", net.Name, nil))
	}
	c.run(19 * time.Second)
	if !c.nodes[3].active() {
		t.Fatal("removed before 20 heartbeats were missed")
	}
	c.run(10 * time.Second)
	for i, n := range c.nodes {
		want := i < 2 // the side that owns the core group gets the witness
		if n.active() != want {
			t.Errorf("%s: active %v, want %v", n.Name, n.active(), want)
		}
		if got := c.serviceState(n, "ClusSvc"); (got == "Running") != want {
			t.Errorf("%s: ClusSvc %s", n.Name, got)
		}
	}
	if err := c.memberError(c.nodes[2]); err == nil {
		t.Error("a node that lost quorum answers for the cluster")
	}
	c.run(time.Minute)
	for _, r := range c.roles {
		if !r.owner.active() || r.isVM() && r.state != cluster.GroupOnline {
			t.Errorf("%s: %s on %s", r.name, r.state, r.owner.Name)
		}
	}
	for _, f := range faults {
		c.clear(f)
	}
	c.run(20 * time.Second)
	for _, n := range c.nodes {
		if !n.active() {
			t.Errorf("%s did not rejoin", n.Name)
		}
	}
}

func TestClusterFormsAgain(t *testing.T) {
	c := testCluster(t, 4, nil)
	var faults []*Fault
	for _, n := range c.nodes {
		faults = append(faults, c.cause(t, "node-down", n.Name, nil))
	}
	c.run(time.Minute)
	if c.quorate {
		t.Fatal("quorum without nodes")
	}
	c.clear(faults[0])
	c.run(time.Minute)
	if c.quorate {
		t.Error("one of four formed the cluster alone")
	}
	for _, f := range faults[1:] {
		c.clear(f)
	}
	c.run(2 * time.Minute)
	for _, r := range c.roles {
		if len(r.resources) > 0 && r.state != cluster.GroupOnline {
			t.Errorf("%s is %s", r.name, r.state)
		}
	}
}

func TestStaticQuorumNeedsMoreThanHalf(t *testing.T) {
	for losses, want := range map[int]bool{1: true, 2: false} {
		c := testCluster(t, 4, func(s *Shape) { s.Witness, s.StaticQuorum = "none", true })
		for _, n := range c.nodes[:losses] {
			c.cause(t, "node-down", n.Name, nil)
			c.run(time.Minute)
		}
		if c.quorate != want {
			t.Errorf("%d of 4 static votes lost: quorum %v", losses, c.quorate)
		}
	}
}
