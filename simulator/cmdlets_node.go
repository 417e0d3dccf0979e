package simulator

import (
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// nodeCmdlets pause, resume, stop and start cluster nodes.
func (s *console) nodeCmdlets() []*powershell.Cmdlet {
	params := func(more ...powershell.Param) []powershell.Param {
		return append([]powershell.Param{
			{Name: "Name", Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}, {Name: "Cluster", Kind: powershell.KindString},
			{Name: "Wait", Kind: powershell.KindSwitch}, {Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch},
		}, more...)
	}
	return []*powershell.Cmdlet{
		{Name: "Suspend-ClusterNode", Class: clusterClass + "SuspendNodeCommand", Module: clusterModule, Params: params(powershell.Param{Name: "Drain", Kind: powershell.KindSwitch}, powershell.Param{Name: "ForceDrain", Kind: powershell.KindSwitch}), Process: s.eachNode(s.suspend)},
		{Name: "Resume-ClusterNode", Class: clusterClass + "ResumeNodeCommand", Module: clusterModule, Params: params(powershell.Param{Name: "Failback", Kind: powershell.KindString, Position: 2, Values: []string{"NoFailback", "Immediate", "Policy"}}), Process: s.eachNode(s.resume)},
		{Name: "Stop-ClusterNode", Class: clusterClass + "StopNodeCommand", Module: clusterModule, Params: params(), Process: s.eachNode(s.stopNode)},
		{Name: "Start-ClusterNode", Class: clusterClass + "StartNodeCommand", Module: clusterModule, Params: params(powershell.Param{Name: "ClearQuarantine", Aliases: []string{"CQ"}, Kind: powershell.KindSwitch}), Process: s.eachNode(s.startNode)},
	}
}

// eachNode runs a change for every node named, this one without a name, and
// puts the node out as it is then.
func (s *console) eachNode(change func(*powershell.Call, *simNode) error) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if err := s.reachCluster(call); err != nil {
			return err
		}
		names := call.Texts("Name")
		if names == nil {
			names = []string{s.h.node.Name}
		}
		for _, name := range names {
			n := s.findNode(name)
			if n == nil {
				if err := failCluster(call, name, "An error occurred opening node '"+name+"'.\r\n    The cluster node was not found"); err != nil {
					return err
				}
				continue
			}
			yes, err := call.Proceed(strings.ReplaceAll(call.Name(), "-", " "), n.Name)
			if err != nil {
				return err
			}
			if !yes {
				continue
			}
			if err := change(call, n); err != nil {
				return err
			}
			if err := s.read(call, func(c *simCluster) ([]any, error) { return []any{s.nodeObject(c, n)}, nil }); err != nil {
				return err
			}
		}
		return nil
	}
}

// cause injects a fault in the administrator's name.
func (s *console) cause(kind string, n *simNode, params map[string]any) error {
	_, err := s.h.sim.Inject(FaultSpec{Kind: kind, Cluster: s.h.cluster.shape.Name, Target: n.Name, Params: params})
	if err != nil && !strings.Contains(err.Error(), "is active already") {
		return err
	}
	return nil
}

// cure clears the faults of that kind at the node, whoever injected them, and
// says whether there were any.
func (s *console) cure(kind string, n *simNode, match func(*Fault) bool) (bool, error) {
	c := s.h.cluster
	var ids []string
	c.mu.Lock()
	for _, f := range c.faults {
		if f.Kind == kind && f.Target == n.Name && (match == nil || match(f)) {
			ids = append(ids, f.ID)
		}
	}
	c.mu.Unlock()
	for _, id := range ids {
		if err := s.h.sim.Clear(id); err != nil {
			return true, err
		}
	}
	return len(ids) > 0, nil
}

// until waits, second by second of the model's time, until ready says so.
func (s *console) until(call *powershell.Call, longest time.Duration, ready func(*simCluster) bool) error {
	for waited := time.Duration(0); ; waited += time.Second {
		done := false
		if _, err := s.locked(func(c *simCluster) ([]any, error) { done = ready(c); return nil, nil }); err != nil {
			return err
		}
		if done || waited >= longest {
			return nil
		}
		if err := call.Wait(time.Second); err != nil {
			return err
		}
	}
}

func (s *console) member(n *simNode) error {
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		if err := s.notMember(c); err != nil {
			return nil, err
		}
		if !n.active() {
			return nil, clusterFailure("NotSpecified", "Unable to change the state of the node '"+n.Name+"'.\r\n    The cluster node is not up")
		}
		return nil, nil
	})
	return err
}

func (s *console) suspend(call *powershell.Call, n *simNode) error {
	if err := s.member(n); err != nil {
		return err
	}
	drain := "no"
	if call.On("Drain") || call.On("ForceDrain") {
		drain = "yes"
		if _, err := s.cure("node-maintenance", n, func(f *Fault) bool { return f.text("drain") == "no" }); err != nil {
			return err
		}
	}
	if err := s.cause("node-maintenance", n, map[string]any{"drain": drain}); err != nil {
		return err
	}
	if !call.On("Wait") {
		return s.until(call, 2*time.Second, func(*simCluster) bool { return n.paused })
	}
	return s.until(call, time.Hour, func(*simCluster) bool { return n.paused && n.drain != cluster.DrainInProgress })
}

func (s *console) resume(call *powershell.Call, n *simNode) error {
	if err := s.member(n); err != nil {
		return err
	}
	if strings.EqualFold(call.Text("Failback"), "NoFailback") {
		s.locked(func(c *simCluster) ([]any, error) {
			for _, r := range c.roles {
				if r.drainedFrom == n {
					r.drainedFrom = nil
				}
			}
			return nil, nil
		})
	}
	if _, err := s.cure("node-maintenance", n, nil); err != nil {
		return err
	}
	return s.until(call, 2*time.Second, func(*simCluster) bool { return !n.paused })
}

func (s *console) stopNode(call *powershell.Call, n *simNode) error {
	if err := s.cause("service-stopped", n, map[string]any{"service": "ClusSvc"}); err != nil {
		return err
	}
	return s.until(call, 5*time.Second, func(*simCluster) bool { return !n.active() })
}

func (s *console) startNode(call *powershell.Call, n *simNode) error {
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		switch {
		case !c.powered(n):
			return nil, clusterFailure("NotSpecified", "Unable to start the Cluster service on node '"+n.Name+"'.\r\n    The RPC server is unavailable")
		case !n.quarantinedUntil.IsZero() && !call.On("ClearQuarantine"):
			return nil, clusterFailure("NotSpecified", "Unable to start the Cluster service on node '"+n.Name+"'.\r\n    The cluster node is quarantined and cannot be started before its quarantine ends; use -ClearQuarantine")
		}
		n.release()
		c.moving()
		return nil, nil
	})
	if err != nil {
		return err
	}
	if _, err := s.cure("node-quarantined", n, nil); err != nil {
		return err
	}
	if _, err := s.cure("service-stopped", n, func(f *Fault) bool { return f.text("service") == "ClusSvc" }); err != nil {
		return err
	}
	return s.until(call, 15*time.Second, func(*simCluster) bool { return n.active() })
}
