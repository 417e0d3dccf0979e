package remoting_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

func TestRestrictedNodesAreAskedByProcesses(t *testing.T) {
	shapes := oneNode()
	shapes[0].VMs = []simulator.VMShape{{Name: "Bücher-Übersicht 文書"}}
	sim := start(t, simulator.Options{Shapes: shapes})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	free := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
	want := make(map[cluster.Question]cluster.Observation)
	for _, q := range cluster.Questions {
		if want[q] = ask(t, free, n, q); !want[q].OK() || want[q].Mode != cluster.ModeLoop || want[q].Detail != "" {
			t.Fatalf("%v: %v %v %q", q, want[q].Reach, want[q].Mode, want[q].Detail)
		}
	}
	for how, say := range map[string]string{"constrained-language": "constrained language mode", "encoded-command": "EncodedCommand"} {
		t.Run(how, func(t *testing.T) {
			id, err := sim.Inject(simulator.FaultSpec{Kind: "powershell-restricted", Cluster: n.Cluster, Target: n.Name, Params: map[string]any{"how": how}})
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
			for _, q := range cluster.Questions {
				o := ask(t, c, n, q)
				if !o.OK() || o.Mode != cluster.ModeProcess || !strings.Contains(o.Detail, say) {
					t.Fatalf("%v: %v %v %q", q, o.Reach, o.Mode, o.Detail)
				}
				t.Log(o.Detail, o.Took)
				// What moves by itself is not compared: that it is there is enough.
				if diff := cmp.Diff(want[q].State, o.State, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("the state differs by the way it was asked: -loop +process\n%s", diff)
				}
				if diff := cmp.Diff(want[q].Inventory, o.Inventory); diff != "" {
					t.Errorf("the inventory differs: -loop +process\n%s", diff)
				}
				if (o.Vitals == nil) != (q != cluster.QuestionVitals) || o.Vitals != nil && (o.Vitals.MemoryTotal == 0 || len(o.Vitals.Services) != len(want[q].Vitals.Services)) {
					t.Errorf("vitals: %+v", o.Vitals)
				}
			}
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
			if names := remoting.ShellNames(t, n); len(names) != 1 {
				t.Errorf("%q are open, want the one of the loop from before", names)
			}
			if err := sim.Clear(id); err != nil {
				t.Fatal(err)
			}
		})
	}
	for _, how := range []string{"missing", "old-version"} {
		t.Run(how, func(t *testing.T) {
			id, err := sim.Inject(simulator.FaultSpec{Kind: "powershell-restricted", Cluster: n.Cluster, Target: n.Name, Params: map[string]any{"how": how}})
			if err != nil {
				t.Fatal(err)
			}
			c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}})
			o := ask(t, c, n, cluster.QuestionState)
			t.Log(o.Reach, o.Mode, o.Detail)
			if o.OK() && how == "missing" || !o.OK() && !strings.Contains(o.Detail, "PowerShell") && !strings.Contains(o.Detail, "powershell") {
				t.Errorf("%v %v %q", o.Reach, o.Mode, o.Detail)
			}
			if err := sim.Clear(id); err != nil {
				t.Fatal(err)
			}
		})
	}
}
