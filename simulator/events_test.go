package simulator

import (
	"slices"
	"testing"
	"time"
)

// eventIDs are the ids in a node's log since the journal began, oldest first.
func (c *simCluster) eventIDs(n *simNode, log string) []int {
	var out []int
	for _, e := range c.eventsOf(n) {
		if e.log == log && e.record > 10000 {
			out = append(out, e.id)
		}
	}
	return out
}

// run moves the model on in seconds.
func (c *simCluster) pass(seconds int) {
	for range seconds {
		c.advance(c.now.Add(time.Second))
	}
}

// TestFaultsLeaveEvents: what happens to a cluster is in the System logs of the
// nodes that see it, by the ids of Microsoft's list.
func TestFaultsLeaveEvents(t *testing.T) {
	tests := []struct {
		kind, target string
		params       map[string]any
		seconds      int
		node         string // whose log
		want         []int  // must be there
		never        []int  // must not
		after        []int  // must be there once the fault is cleared
	}{
		{"node-down", "HV-BER-01", nil, 60, "HV-FRA-01", []int{1135}, []int{1673, 41}, nil},
		{"node-down", "HV-BER-01", nil, 60, "HV-BER-01", nil, []int{1135}, []int{12, 41, 6005, 6009, 7036}},
		{"node-isolated", "HV-BER-01", nil, 60, "HV-FRA-01", []int{1673}, []int{1135, 1672}, []int{1680}},
		{"node-isolated", "HV-BER-01", nil, 60, "HV-BER-01", []int{1673, 1681}, nil, []int{1680, 1682}},
		{"node-isolated", "HV-BER-01", nil, 400, "HV-FRA-01", []int{1673, 1135, 1682}, nil, nil},
		{"node-quarantined", "HV-BER-01", nil, 30, "HV-FRA-02", []int{1672}, []int{1135}, nil},
		{"network-partition", "SMB-A", nil, 30, "HV-FRA-01", []int{1129, 1125}, []int{1135}, nil},
		{"network-partition", "SMB-A", map[string]any{"node": "HV-BER-02"}, 30, "HV-FRA-01", []int{1127}, []int{1129}, nil},
		{"resource-failed", "Virtual Machine dc-fra-01", nil, 10, "HV-FRA-01", []int{1069, 1205}, nil, nil},
		{"witness-offline", "Cloud Witness", nil, 10, "HV-FRA-01", []int{1069, 1558}, []int{1562}, nil},
		{"service-stopped", "HV-FRA-02", map[string]any{"service": "vmms"}, 5, "HV-FRA-02", []int{7036}, []int{1135}, nil},
		{"clock-skew", "HV-FRA-02", nil, 5, "HV-FRA-02", []int{1}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.kind+" "+tt.node, func(t *testing.T) {
			c := newCluster(DemoShapes()[0], 1, noon)
			if got := c.eventIDs(c.node(tt.node), logSystem); len(got) > 0 {
				t.Fatalf("events before anything happened: %v", got)
			}
			f := c.cause(t, tt.kind, tt.target, tt.params)
			c.pass(tt.seconds)
			got := c.eventIDs(c.node(tt.node), logSystem)
			for _, id := range tt.want {
				if !slices.Contains(got, id) {
					t.Errorf("no event %d in %v", id, got)
				}
			}
			for _, id := range tt.never {
				if slices.Contains(got, id) {
					t.Errorf("event %d in %v", id, got)
				}
			}
			before := len(got)
			c.clear(f)
			c.pass(60)
			got = c.eventIDs(c.node(tt.node), logSystem)
			for _, id := range tt.after {
				if !slices.Contains(got[before:], id) {
					t.Errorf("no event %d after the fault in %v", id, got[before:])
				}
			}
		})
	}
}

// TestEventsAreBounded: a node that flaps for days fills no memory.
func TestEventsAreBounded(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	for i := range 3 * maxEvents {
		c.note(bit(c.nodes[0]), logSystem, providerServices, 7036, levelInfo, "event %d", i)
	}
	if n := len(c.journal.events); n > maxEvents || n < maxEvents/2 {
		t.Errorf("%d events kept, at most %d", n, maxEvents)
	}
	for range 1000 {
		c.noteSignIn(c.nodes[0], `SIM\looksalive`, true, c.now)
	}
	if n := len(c.signedIn[c.nodes[0]]); n > 50 {
		t.Errorf("%d sign-ins kept", n)
	}
}

// TestSignInsAreLogged: who signs in over the network is in the security log.
func TestSignInsAreLogged(t *testing.T) {
	s, _ := startTest(t, Options{})
	c := s.client(t, s.Nodes()[0])
	c.enumerate("root/cimv2", "SELECT Name FROM Win32_BIOS")
	cl := s.clusters[0]
	cl.mu.Lock()
	defer cl.mu.Unlock()
	for _, e := range cl.eventsOf(cl.nodes[0]) {
		if e.id == 4624 && e.log == logSecurity && e.user != "" {
			return
		}
	}
	t.Error("no event 4624")
}
