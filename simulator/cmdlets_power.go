package simulator

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"looksalive/simulator/powershell"
	"looksalive/simulator/wsman"
)

// rebootTime is how long a machine needs until it answers again.
const rebootTime = 90 * time.Second

// powerCmdlets restart and stop the machine.
func (s *console) powerCmdlets() []*powershell.Cmdlet {
	params := []powershell.Param{{Name: "ComputerName", Aliases: []string{"CN"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true}, {Name: "Force", Kind: powershell.KindSwitch}, {Name: "Wait", Kind: powershell.KindSwitch}, {Name: "Delay", Kind: powershell.KindInt}, {Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch}}
	return []*powershell.Cmdlet{
		{Name: "Restart-Computer", Class: commandsClass + "RestartComputerCommand", Module: managementModule, Params: params, Process: s.power},
		{Name: "Stop-Computer", Class: commandsClass + "StopComputerCommand", Module: managementModule, Params: params, Process: s.power},
	}
}

func (s *console) power(call *powershell.Call) error {
	verb := map[string]string{"Restart-Computer": "restart", "Stop-Computer": "stop"}[call.Name()]
	for _, name := range call.Texts("ComputerName") {
		if s.onlyHere(name) != nil {
			rec := powershell.NewError("System.InvalidOperationException", strings.ToUpper(verb[:1])+verb[1:]+"ComputerException", "OperationStopped", name, fmt.Sprintf("Failed to %s the computer %s with the following error message: Access is denied. (Exception from HRESULT: 0x80070005 (E_ACCESSDENIED)).", verb, name))
			return call.Fail(rec)
		}
	}
	n := s.h.node
	yes, err := call.Proceed(call.Name(), "localhost ("+strings.ToUpper(n.Name)+")")
	if err != nil || !yes {
		return err
	}
	kind := map[string]string{"restart": "restart", "stop": "power off"}[verb]
	s.locked(func(c *simCluster) ([]any, error) {
		n.orderly = true
		c.note(bit(n), logSystem, "User32", 1074, levelInfo, "The process C:\\Windows\\system32\\wbem\\wmiprvse.exe (%[1]s) has initiated the %[2]s of computer %[1]s on behalf of user %[3]s for the following reason: No title for this reason could be found\r\n Reason Code: 0x80070015\r\n Shutdown Type: %[2]s\r\n Comment: ", strings.ToUpper(n.Name), kind, s.h.whoami())
		c.note(bit(n), logSystem, "EventLog", 6006, levelInfo, "The Event log service was stopped.")
		return nil, nil
	})
	id, err := s.h.sim.Inject(FaultSpec{Kind: "node-down", Cluster: s.h.cluster.shape.Name, Target: n.Name, Params: map[string]any{"how": offCrash}})
	if err == nil && verb == "restart" {
		s.h.sim.clearAt(id, s.h.sim.opts.Now().Add(rebootTime))
	}
	return err
}

// clearAt ends a fault at a moment of the model's time.
func (s *Simulator) clearAt(id string, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ending = append(s.ending, chapter{id, at})
}

// endDue ends the faults whose time has come.
func (s *Simulator) endDue(now time.Time) {
	s.mu.Lock()
	var due []string
	kept := s.ending[:0]
	for _, c := range s.ending {
		if now.Before(c.ends) {
			kept = append(kept, c)
		} else {
			due = append(due, c.id)
		}
	}
	s.ending = kept
	s.mu.Unlock()
	for _, id := range due {
		if err := s.Clear(id); err != nil {
			s.log.Debug("already cleared", "id", id) // somebody did it by hand
		}
	}
}

// plainPrograms are those that print the same in PowerShell as in cmd.exe.
var plainPrograms = []string{"certutil", "find", "findstr", "chcp", "more", "timeout"}

// plain runs a program as cmd.exe does.
func (s *console) plain(name string) *powershell.Cmdlet {
	return &powershell.Cmdlet{Name: name, Application: true, Process: func(call *powershell.Call) error {
		line := name
		for _, a := range call.Texts("ArgumentList") {
			if strings.ContainsAny(a, " \t") {
				a = `"` + a + `"`
			}
			line += " " + a
		}
		var text bytes.Buffer
		call.Exit = s.h.cmd(call.Context(), &wsman.Process{CommandLine: line, Stdin: io.NopCloser(strings.NewReader("")), Stdout: &text, Stderr: &text}, line)
		return writeLines(call, text.String())
	}}
}

func writeLines(call *powershell.Call, text string) error {
	if text == "" {
		return nil
	}
	for _, line := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if err := call.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// ping asks another simulated machine for echoes.
func (s *console) ping(call *powershell.Call) error {
	count, name := 4, ""
	args := call.Texts("ArgumentList")
	for i := 0; i < len(args); i++ {
		switch strings.ToLower(args[i]) {
		case "-n":
			if i++; i < len(args) {
				count, _ = strconv.Atoi(args[i])
			}
		case "-w", "-l":
			i++
		case "-4", "-6", "-a":
		default:
			name = args[i]
		}
	}
	p := s.resolve(name)
	if p == nil {
		call.Exit = 1
		return call.Write("Ping request could not find host " + name + ". Please check the name and try again.")
	}
	s.reach(p)
	count = min(max(count, 1), 1000)
	lines := []string{"", fmt.Sprintf("Pinging %s [%s] with 32 bytes of data:", p.c.computer(p.node), p.address)}
	if err := writeLines(call, strings.Join(lines, "\r\n")); err != nil {
		return err
	}
	rtt, times := fmt.Sprintf("time=%dms", p.rtt), fmt.Sprintf("%dms", p.rtt)
	if p.rtt < 1 {
		rtt, times = "time<1ms", "0ms"
	}
	for i := range count {
		if i > 0 {
			if err := call.Wait(time.Second); err != nil {
				return err
			}
		}
		line := "Reply from " + p.address + ": bytes=32 " + rtt + " TTL=128"
		if !p.reached {
			line = "Request timed out."
		}
		if err := call.Write(line); err != nil {
			return err
		}
	}
	got := count
	if !p.reached {
		got, call.Exit = 0, 1
	}
	lines = []string{"", "Ping statistics for " + p.address + ":", fmt.Sprintf("    Packets: Sent = %d, Received = %d, Lost = %d (%d%% loss),", count, got, count-got, 100*(count-got)/count)}
	if got > 0 {
		lines = append(lines, "Approximate round trip times in milli-seconds:", "    Minimum = "+times+", Maximum = "+times+", Average = "+times)
	}
	return writeLines(call, strings.Join(lines, "\r\n"))
}

// w32tm is the tool of the time service.
func (s *console) w32tm(call *powershell.Call) error {
	args := strings.ToLower(strings.Join(call.Texts("ArgumentList"), " "))
	say := func(code int, lines ...string) error {
		call.Exit = code
		return writeLines(call, strings.Join(lines, "\r\n"))
	}
	var now time.Time
	var offset time.Duration
	stopped := false
	source := ""
	s.locked(func(c *simCluster) ([]any, error) {
		now = c.clock(s.h.node, c.now)
		offset = now.Sub(c.now)
		stopped = c.serviceState(s.h.node, "W32Time") != "Running"
		source = "dc-fra-01." + c.shape.Domain
		return nil, nil
	})
	options := strings.Fields(args)
	has := func(name string) bool { return anyFold(options, name) }
	if has("/stripchart") {
		return s.stripchart(call, options, offset)
	}
	switch {
	case !s.h.allowed(RightAdmin) && !has("/tz"):
		return say(-2147024891, "The following error occurred: Access is denied. (0x80070005)")
	case stopped && !has("/tz"):
		return say(-2147023834, "The following error occurred: The service has not been started. (0x80070426)")
	case has("/query") && has("/source"):
		return say(0, source)
	case has("/query") && has("/status"):
		const every = 1024 * time.Second
		synced := now.Truncate(every)
		lines := []string{"Leap Indicator: 0(no warning)", "Stratum: 4 (secondary reference - syncd by (S)NTP)", "Precision: -23 (119.209ns per tick)", "Root Delay: 0.0312500s", "Root Dispersion: 0.0425000s", "ReferenceId: 0x0A140A05 (source IP:  10.20.10.5)",
			"Last Successful Sync Time: " + synced.UTC().Format("1/2/2006 3:04:05 PM"), "Source: " + source, "Poll Interval: 10 (1024s)"}
		if has("/verbose") {
			lines = append(lines, "", fmt.Sprintf("Phase Offset: %.7fs", offset.Seconds()), "ClockRate: 0.0156250s", "State Machine: 2 (Sync)", "Time Source Flags: 0 (None)", "Server Role: 0 (None)", "Last Sync Error: 0 (The command completed successfully.)", fmt.Sprintf("Time since Last Good Sync Time: %.7fs", now.Sub(synced).Seconds()))
		}
		return say(0, append(lines, "")...)
	case has("/query") && has("/peers"):
		return say(0, "#Peers: 1", "", "Peer: "+source, "State: Active", "Time Remaining: 512.0000000s", "Mode: 3 (Client)", "Stratum: 3 (secondary reference - syncd by (S)NTP)", "PeerPoll Interval: 10 (1024s)", "HostPoll Interval: 10 (1024s)", "")
	case has("/resync"):
		if _, err := s.cure("clock-skew", s.h.node, nil); err != nil {
			return err
		}
		return say(0, "Sending resync command to local computer", "The command completed successfully.")
	case has("/tz"):
		return say(0, "Time zone: Current:TIME_ZONE_ID_UNKNOWN Bias: 0min (UTC=LocalTime+Bias)", `  [Standard Name:"Coordinated Universal Time" Bias:0min Date:(unspecified)]`, `  [Daylight Name:"Coordinated Universal Time" Bias:0min Date:(unspecified)]`)
	}
	return say(1, "The command "+args+" is unknown.")
}

// stripchart measures the clock against another computer's, every two seconds.
func (s *console) stripchart(call *powershell.Call, options []string, offset time.Duration) error {
	name, samples := "", 1<<30
	for _, o := range options {
		if v, ok := strings.CutPrefix(o, "/computer:"); ok {
			name = v
		}
		if v, ok := strings.CutPrefix(o, "/samples:"); ok {
			samples, _ = strconv.Atoi(v)
		}
	}
	p := s.resolve(name)
	if p == nil {
		call.Exit = -2147013895
		return call.Write("The following error occurred: No such host is known. (0x80072AF9)")
	}
	s.reach(p)
	p.c.mu.Lock()
	theirs := p.c.clock(p.node, p.c.now).Sub(p.c.now)
	p.c.mu.Unlock()
	if err := call.Write(fmt.Sprintf("Tracking %s [%s:123].", name, p.address)); err != nil {
		return err
	}
	for i := range samples {
		if i > 0 {
			if err := call.Wait(2 * time.Second); err != nil {
				return err
			}
		}
		now := s.h.time().Format("15:04:05")
		line := fmt.Sprintf("%s, %+.7fs", now, (theirs - offset).Seconds())
		if !p.reached {
			line = now + ", error: 0x800705B4"
		}
		if err := call.Write(line); err != nil {
			return err
		}
	}
	return nil
}
