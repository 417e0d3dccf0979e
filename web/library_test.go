package main

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/remoting"
	"looksalive/simulator"
	"looksalive/store"
)

// What the product asks changes nothing, so an operator may run it by hand, as the
// identity that reads.
func TestWhatTheProductAsksOnlyReads(t *testing.T) {
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	must(t, err)
	defer st.Close()
	library, err := openLibrary(st)
	must(t, err)
	all, err := library.All(t.Context())
	must(t, err)
	questions := 0
	for _, s := range all {
		if s.Question != "" {
			questions++
		}
		if !s.Danger.OnlyReads {
			t.Errorf("%s: %+v", s.Name, s.Danger.Changes)
		}
		if s.Question != "" && len(s.Params) > 0 {
			t.Errorf("%s asks for %v", s.Name, s.Params)
		}
	}
	if questions != 4 {
		t.Errorf("%d questions", questions)
	}
}

// Every built-in script runs to its end, without an error, on a node of each demo
// cluster and of the one to practise with.
func TestBuiltInScriptsRunOnSimulatedNodes(t *testing.T) {
	st, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	must(t, err)
	defer st.Close()
	library, err := openLibrary(st)
	must(t, err)
	all, err := library.All(t.Context())
	must(t, err)
	args := map[string]string{"Can a node reach a port": `{"ComputerName":"127.0.0.1","Port":445}`}
	silent := map[string]bool{ // nothing to say while all is well
		"Drives that are not healthy": true, "Errors in the event log": true, "Resources that are not online": true,
		"Why was a node removed": true, "Storage jobs": true, "Cluster validation reports": true,
	}

	lab := startLab(t, simulator.Options{Seed: 4, Shapes: append(simulator.DemoShapes(), simulator.PracticeShape())})
	tried := map[string]bool{}
	for _, e := range lab.Nodes() {
		if tried[e.Cluster] {
			continue
		}
		tried[e.Cluster] = true
		t.Run(e.Cluster, func(t *testing.T) {
			c, err := remoting.New(remoting.Options{Nodes: []remoting.Node{{
				Cluster: e.Cluster, Name: e.Node, URL: e.HTTP,
				Identity: cluster.Identity{User: e.User, Password: cluster.NewSecret(e.Password)},
			}}})
			must(t, err)
			defer func() { must(t, c.Close(context.Background())) }()
			for _, s := range all {
				t.Run(s.Name, func(t *testing.T) {
					events, end := runSaved(t, c, e, s, args[s.Name])
					shown := 0
					for _, event := range events {
						switch event.Kind {
						case cluster.RunError:
							t.Errorf("%s: %s", event.ErrorID, event.Text)
						case cluster.RunObject, cluster.RunText:
							shown++
						}
					}
					if end.State != cluster.RunDone || end.Exit != 0 {
						t.Errorf("it ended as %q with %d: %s", end.State, end.Exit, end.Detail)
					}
					if shown == 0 && !silent[s.Name] && !(e.Cluster == "EU-SQL-FC01" && s.Group == "Storage") {
						t.Error("it says nothing")
					}
				})
			}
		})
	}
	if len(tried) != 3 {
		t.Errorf("%d clusters", len(tried))
	}
}

func runSaved(t *testing.T, c *remoting.Client, e simulator.Endpoint, s console.Saved, args string) (events []cluster.RunEvent, end cluster.RunEvent) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // only a broken run reaches it
	defer cancel()
	end = c.Run(ctx, cluster.RunWork{Target: cluster.Target{Cluster: e.Cluster, Node: e.Node}, Script: s.Text, Args: json.RawMessage(args)},
		func(event cluster.RunEvent) error {
			events = append(events, event)
			return nil
		})
	return events, end
}
