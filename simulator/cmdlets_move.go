package simulator

import (
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// moveCmdlets move roles between nodes.
func (s *console) moveCmdlets() []*powershell.Cmdlet {
	params := func() []powershell.Param {
		return []powershell.Param{
			{Name: "Name", Aliases: []string{"VMName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}, {Name: "Node", Kind: powershell.KindString, Position: 2}, {Name: "Cluster", Kind: powershell.KindString},
			{Name: "MigrationType", Kind: powershell.KindString, Values: []string{"TurnOff", "Quick", "Shutdown", "ShutdownForce", "Live"}}, {Name: "Wait", Kind: powershell.KindInt}, {Name: "IgnoreLocked", Kind: powershell.KindSwitch},
			{Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch},
		}
	}
	return []*powershell.Cmdlet{
		{Name: "Move-ClusterGroup", Class: clusterClass + "MoveGroupCommand", Module: clusterModule, Params: params(), Process: s.moveEach(s.groupOf)},
		{Name: "Move-ClusterVirtualMachineRole", Class: clusterClass + "MoveVMRoleCommand", Module: clusterModule, Params: params(), Process: s.moveEach(s.groupOf)},
		{Name: "Move-ClusterSharedVolume", Class: clusterClass + "MoveSharedVolumeCommand", Module: clusterModule, Params: params(), Process: s.moveEach(s.volumeGroupOf)},
	}
}

func (s *console) groupOf(c *simCluster, name string) *simRole {
	for _, r := range c.roles {
		if strings.EqualFold(r.name, name) {
			return r
		}
	}
	return nil
}

func (s *console) volumeGroupOf(c *simCluster, name string) *simRole {
	for _, v := range c.volumes {
		if strings.EqualFold(v.res.name, name) || strings.EqualFold(v.Name, name) {
			return v.role
		}
	}
	return nil
}

func (s *console) moveEach(find func(*simCluster, string) *simRole) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if err := s.reachCluster(call); err != nil {
			return err
		}
		for _, name := range call.Texts("Name") {
			if err := s.moveOne(call, name, find); err != nil {
				return err
			}
		}
		return nil
	}
}

func (s *console) moveOne(call *powershell.Call, name string, find func(*simCluster, string) *simRole) error {
	var r *simRole
	var to *simNode
	volume := call.Name() == "Move-ClusterSharedVolume"
	failure := func(text string) error {
		return clusterFailure("NotSpecified", "An error occurred while moving the clustered role '"+name+"'.\r\n    "+text)
	}
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		if err := s.notMember(c); err != nil {
			return nil, err
		}
		if r = find(c, name); r == nil {
			return nil, clusterFailure("ObjectNotFound", "An error occurred opening group '"+name+"'.\r\n    The cluster group could not be found")
		}
		if target := call.Text("Node"); target != "" {
			if to = s.findNode(target); to == nil {
				return nil, clusterFailure("ObjectNotFound", "An error occurred opening node '"+target+"'.\r\n    The cluster node was not found")
			}
		} else if to = c.place(r); to == nil {
			return nil, failure("The operation failed because either the specified cluster node is not the owner of the group, or the node is not a possible owner of the group")
		}
		switch {
		case !to.active():
			return nil, failure("The cluster node is not available")
		case to.paused:
			return nil, failure("The specified node is paused")
		case r.isVM() && to != r.owner && c.memoryLeft(to) < r.memory:
			return nil, failure("There is not enough memory in the system to start the virtual machine on the node '" + to.Name + "'")
		case r.target != nil || r.state == cluster.GroupPending:
			return nil, failure("The cluster group is already moving")
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	yes, err := call.Proceed(strings.ReplaceAll(call.Name(), "-", " "), name)
	if err != nil || !yes {
		return err
	}
	s.locked(func(c *simCluster) ([]any, error) {
		switch {
		case to == r.owner:
		case r.state == cluster.GroupOnline && (r.isVM() || len(r.resources) == 1 && r.kind == cluster.GroupCSV):
			c.migrate(r, to)
		case r.state == cluster.GroupOffline || len(r.resources) == 0:
			r.owner = to // what does not run only changes hands
		default:
			c.start(r, to)
		}
		return nil, nil
	})
	longest := 5 * time.Minute
	if call.Has("Wait") {
		longest = time.Duration(call.Int("Wait", 0)) * time.Second
	}
	if err := s.until(call, longest, func(*simCluster) bool { return r.target == nil && r.state != cluster.GroupPending }); err != nil {
		return err
	}
	if volume {
		return s.read(call, func(c *simCluster) ([]any, error) {
			return []any{named("ClusterSharedVolume", r.resources[0].name, "State", enum("ClusterResourceState", r.resources[0].state), "Node", r.owner.Name)}, nil
		})
	}
	return s.read(call, func(c *simCluster) ([]any, error) { return []any{s.groupObject(c, r)}, nil })
}
