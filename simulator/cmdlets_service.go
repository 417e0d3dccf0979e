package simulator

import (
	"fmt"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

// serviceCmdlets look at and change Windows services.
func (s *console) serviceCmdlets() []*powershell.Cmdlet {
	change := func() []powershell.Param {
		return []powershell.Param{
			{Name: "Name", Aliases: []string{"ServiceName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true, Mandatory: true}, {Name: "DisplayName", Kind: powershell.KindStrings},
			{Name: "Force", Kind: powershell.KindSwitch}, {Name: "NoWait", Kind: powershell.KindSwitch}, {Name: "PassThru", Kind: powershell.KindSwitch}, {Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch},
		}
	}
	return []*powershell.Cmdlet{
		{Name: "Get-Service", Class: commandsClass + "GetServiceCommand", Module: managementModule, Params: []powershell.Param{
			{Name: "Name", Aliases: []string{"ServiceName"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}, {Name: "DisplayName", Kind: powershell.KindStrings}, {Name: "ComputerName", Aliases: []string{"Cn"}, Kind: powershell.KindStrings},
		}, Process: s.getService},
		{Name: "Start-Service", Class: commandsClass + "StartServiceCommand", Module: managementModule, Params: change(), Process: s.changeService},
		{Name: "Stop-Service", Class: commandsClass + "StopServiceCommand", Module: managementModule, Params: change(), Process: s.changeService},
		{Name: "Restart-Service", Class: commandsClass + "RestartServiceCommand", Module: managementModule, Params: change(), Process: s.changeService},
	}
}

func (s *console) serviceObject(c *simCluster, n *simNode, v service) *powershell.Object {
	state := powershell.Enum{Type: "System.ServiceProcess.ServiceControllerStatus", Value: 4, Name: "Running"}
	running := c.serviceState(n, v.name) == "Running"
	if !running {
		state.Value, state.Name = 1, "Stopped"
	}
	start := powershell.Enum{Type: "System.ServiceProcess.ServiceStartMode", Value: 2, Name: "Automatic"}
	if v.start == "Manual" {
		start.Value, start.Name = 3, "Manual"
	}
	o := powershell.NewObject("System.ServiceProcess.ServiceController", "Name", v.name, "DisplayName", v.display, "Status", state, "StartType", start,
		"CanStop", running, "CanShutdown", running, "CanPauseAndContinue", false, "MachineName", ".", "ServiceName", v.name, "RequiredServices", []any{}, "DependentServices", []any{})
	name := v.name
	o.Text = func() string { return name }
	return o
}

func (c *simCluster) installed() []service {
	var out []service
	for _, v := range services {
		if !v.azure || c.shape.AzureLocal {
			out = append(out, v)
		}
	}
	return out
}

func serviceMissing(name string) *powershell.ErrorRecord {
	return powershell.NewError(commandsClass+"ServiceCommandException", "NoServiceFoundForGivenName", "ObjectNotFound", name, "Cannot find any service with service name '"+name+"'.")
}

func (s *console) getService(call *powershell.Call) error {
	nodes := []*simNode{s.h.node}
	if names := call.Texts("ComputerName"); names != nil {
		nodes = nil
		for _, name := range names {
			n := s.findNode(name)
			if name == "." || strings.EqualFold(name, "localhost") {
				n = s.h.node
			}
			powered := false
			if n != nil {
				s.locked(func(c *simCluster) ([]any, error) { powered = c.powered(n); return nil, nil })
			}
			if !powered {
				return powershell.NewError("System.InvalidOperationException", "System.InvalidOperationException", "NotSpecified", nil, "Cannot open Service Control Manager on computer '"+name+"'. This operation might require other privileges.")
			}
			nodes = append(nodes, n)
		}
	}
	names, displays := call.Texts("Name"), call.Texts("DisplayName")
	found := map[string]bool{}
	err := s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, n := range nodes {
			for _, v := range c.installed() {
				if names != nil && !anyWild(names, v.name) || displays != nil && !anyWild(displays, v.display) {
					continue
				}
				for _, p := range names {
					found[p] = found[p] || powershell.Wildcard(v.name, p)
				}
				out = append(out, s.serviceObject(c, n, v))
			}
		}
		return out, nil
	})
	for _, p := range names {
		if err == nil && !found[p] && !strings.ContainsAny(p, "*?[") {
			err = call.Fail(serviceMissing(p))
		}
	}
	return err
}

// changeService is Start-, Stop- and Restart-Service: a stopped service is the
// model's fault "service-stopped", starting it ends that fault.
func (s *console) changeService(call *powershell.Call) error {
	for _, pattern := range call.Texts("Name") {
		found := false
		for _, v := range s.h.cluster.installed() {
			if !powershell.Wildcard(v.name, pattern) {
				continue
			}
			found = true
			if err := s.changeOne(call, v); err != nil {
				return err
			}
		}
		if !found && !strings.ContainsAny(pattern, "*?[") {
			if err := call.Fail(serviceMissing(pattern)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *console) changeOne(call *powershell.Call, v service) error {
	n := s.h.node
	verb, _, _ := strings.Cut(call.Name(), "-")
	yes, err := call.Proceed(call.Name(), fmt.Sprintf("%s (%s)", v.display, v.name))
	if err != nil || !yes {
		return err
	}
	running := func() (on bool) {
		s.locked(func(c *simCluster) ([]any, error) { on = c.serviceState(n, v.name) == "Running"; return nil, nil })
		return on
	}
	if verb != "Start" && running() {
		if err := s.cause("service-stopped", n, map[string]any{"service": v.name}); err != nil {
			return err
		}
		if err := s.until(call, 3*time.Second, func(c *simCluster) bool { return v.name != "ClusSvc" || !n.active() }); err != nil {
			return err
		}
	}
	if verb != "Stop" {
		if _, err := s.cure("service-stopped", n, func(f *Fault) bool { return f.text("service") == v.name }); err != nil {
			return err
		}
		if err := call.Wait(time.Second / 2); err != nil {
			return err
		}
		if !running() {
			rec := powershell.NewError(commandsClass+"ServiceCommandException", "StartServiceFailed", "OpenError", v.name, fmt.Sprintf("Failed to start service '%s (%s)'.", v.display, v.name))
			if err := call.Fail(rec); err != nil {
				return err
			}
			return nil
		}
	}
	if call.On("PassThru") {
		return s.read(call, func(c *simCluster) ([]any, error) { return []any{s.serviceObject(c, n, v)}, nil })
	}
	return nil
}
