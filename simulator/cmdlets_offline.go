package simulator

import (
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// offlineCmdlets take roles and resources offline and bring them back. What an
// administrator took offline stays so until somebody starts it.
func (s *console) offlineCmdlets() []*powershell.Cmdlet {
	params := func(more ...powershell.Param) []powershell.Param {
		return append(nameParams(
			powershell.Param{Name: "Wait", Kind: powershell.KindInt}, powershell.Param{Name: "IgnoreLocked", Kind: powershell.KindSwitch},
			powershell.Param{Name: "WhatIf", Kind: powershell.KindSwitch}, powershell.Param{Name: "Confirm", Kind: powershell.KindSwitch}), more...)
	}
	choose := powershell.Param{Name: "ChooseBestNode", Kind: powershell.KindSwitch}
	return []*powershell.Cmdlet{
		{Name: "Start-ClusterGroup", Class: clusterClass + "StartGroupCommand", Module: clusterModule, Params: params(choose), Process: s.eachGroup(false)},
		{Name: "Stop-ClusterGroup", Class: clusterClass + "StopGroupCommand", Module: clusterModule, Params: params(), Process: s.eachGroup(true)},
		{Name: "Start-ClusterResource", Class: clusterClass + "StartResourceCommand", Module: clusterModule, Params: params(choose), Process: s.eachResource(false)},
		{Name: "Stop-ClusterResource", Class: clusterClass + "StopResourceCommand", Module: clusterModule, Params: params(), Process: s.eachResource(true)},
	}
}

// subjects are the names of what a call works on: those of -Name and of the
// objects of the type that come through the pipeline.
func subjects(call *powershell.Call, typ string) []string {
	names := call.Texts("Name")
	for _, v := range asList(call.Value("InputObject")) {
		switch v := v.(type) {
		case string:
			names = append(names, v)
		case *powershell.Object:
			if v.TypeName() == clusterClass+typ {
				names = append(names, v.String())
			}
		}
	}
	return names
}

// change runs f on the model of a cluster whose service answers.
func (s *console) change(f func(c *simCluster) error) error {
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		if err := s.notMember(c); err != nil {
			return nil, err
		}
		if err := f(c); err != nil {
			return nil, err
		}
		c.moving()
		return nil, nil
	})
	return err
}

func (s *console) patience(call *powershell.Call) time.Duration {
	if call.Has("Wait") {
		return time.Duration(call.Int("Wait", 0)) * time.Second
	}
	return 5 * time.Minute
}

func (s *console) eachGroup(stop bool) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if err := s.reachCluster(call); err != nil {
			return err
		}
		for _, name := range subjects(call, "ClusterGroup") {
			var r *simRole
			err := s.change(func(c *simCluster) error {
				if r = s.groupOf(c, name); r == nil {
					return clusterFailure("ObjectNotFound", "An error occurred opening group '"+name+"'.\r\n    The cluster group could not be found")
				}
				return nil
			})
			if err != nil {
				return err
			}
			yes, err := call.Proceed(call.Name(), r.name)
			if err != nil || !yes {
				return err
			}
			if err := s.hold(call, r, stop); err != nil {
				return err
			}
			if err := s.read(call, func(c *simCluster) ([]any, error) { return []any{s.groupObject(c, r)}, nil }); err != nil {
				return err
			}
		}
		return nil
	}
}

// hold takes a role offline for good, or ends that.
func (s *console) hold(call *powershell.Call, r *simRole, stop bool) error {
	err := s.change(func(c *simCluster) error {
		r.held = stop
		for _, res := range r.resources {
			res.held = false
		}
		return nil
	})
	if err != nil || len(r.resources) == 0 {
		return err
	}
	return s.until(call, s.patience(call), func(c *simCluster) bool {
		if stop {
			return r.state == cluster.GroupOffline
		}
		return r.state != cluster.GroupOffline && r.state != cluster.GroupPending
	})
}

// findResource finds a resource by name, the role it is in too.
func (c *simCluster) findResource(name string) (*simRole, *simResource) {
	for _, r := range c.roles {
		for _, res := range r.resources {
			if strings.EqualFold(res.name, name) {
				return r, res
			}
		}
	}
	return nil, nil
}

func resourceMissing(name string) *powershell.ErrorRecord {
	rec := clusterFailure("ObjectNotFound", "An error occurred opening resource '"+name+"'.\r\n    The cluster resource could not be found")
	rec.ID = "ClusterResourceNotFound"
	return rec
}

func (s *console) eachResource(stop bool) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if err := s.reachCluster(call); err != nil {
			return err
		}
		for _, name := range subjects(call, "ClusterResource") {
			var r *simRole
			var res *simResource
			err := s.change(func(c *simCluster) error {
				if r, res = c.findResource(name); res == nil {
					return resourceMissing(name)
				}
				return nil
			})
			if err != nil {
				return err
			}
			yes, err := call.Proceed(call.Name(), res.name)
			if err != nil || !yes {
				return err
			}
			err = s.change(func(c *simCluster) error {
				switch {
				case stop:
					res.held = true
				case r.held: // the others of its role stay offline
					for _, other := range r.resources {
						other.held = other != res
					}
					r.held = false
					c.start(r, r.owner)
				default:
					res.held = false
				}
				return nil
			})
			if err != nil {
				return err
			}
			err = s.until(call, s.patience(call), func(*simCluster) bool {
				switch {
				case stop:
					return res.state == cluster.ResourceOffline
				}
				return res.state == cluster.ResourceOnline || res.state == cluster.ResourceFailed
			})
			if err != nil {
				return err
			}
			if err := s.read(call, func(c *simCluster) ([]any, error) { return []any{s.resourceObject(c, r, res)}, nil }); err != nil {
				return err
			}
		}
		return nil
	}
}
