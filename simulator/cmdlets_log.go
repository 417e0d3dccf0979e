package simulator

import (
	"fmt"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

const reportsFolder = `C:\Windows\Cluster\Reports`

// logCmdlets write the cluster log.
func (s *console) logCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{{Name: "Get-ClusterLog", Class: clusterClass + "GetClusterLogCommand", Module: clusterModule, Params: []powershell.Param{
		{Name: "InputObject", Pipeline: true}, {Name: "Node", Kind: powershell.KindStrings}, {Name: "Destination", Kind: powershell.KindString}, {Name: "TimeSpan", Aliases: []string{"Span"}, Kind: powershell.KindInt},
		{Name: "UseLocalTime", Aliases: []string{"LocalTime", "lt"}, Kind: powershell.KindSwitch}, {Name: "Health", Kind: powershell.KindSwitch}, {Name: "SkipClusterState", Kind: powershell.KindSwitch}, {Name: "Cluster", Kind: powershell.KindString}},
		Process: s.getClusterLog}}
}

// getClusterLog writes a text file for each node: on the nodes themselves, or all
// into one folder here.
func (s *console) getClusterLog(call *powershell.Call) error {
	if err := s.reachCluster(call); err != nil {
		return err
	}
	wanted := call.Texts("Node")
	if o := from(call, "ClusterNode"); o != nil {
		wanted = append(wanted, o.String())
	}
	for _, name := range wanted {
		if s.findNode(name) == nil {
			return clusterFailure("ObjectNotFound", "An error occurred opening node '"+name+"'.\r\n    The cluster node was not found")
		}
	}
	type text struct{ node, text string }
	var texts []text
	err := s.change(func(c *simCluster) error {
		var since time.Time
		if minutes := call.Int("TimeSpan", 0); minutes > 0 {
			since = c.now.Add(-time.Duration(minutes) * time.Minute)
		}
		for _, n := range c.nodes {
			if c.powered(n) && (len(wanted) == 0 || anyFold(wanted, n.Name)) {
				texts = append(texts, text{n.Name, c.clusterLog(n, since)})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, t := range texts {
		files, path := s.h.files(), ""
		switch {
		case call.Has("Destination"):
			folder, err := s.fullPath(call.Text("Destination"))
			if err != nil {
				return pathMissing(call.Text("Destination"))
			}
			path = folder + `\` + t.node + "." + s.h.cluster.shape.Domain + "_cluster.log"
		case t.node == s.h.node.Name:
			path = reportsFolder + `\Cluster.log`
		default:
			continue // it is on that node's own disk
		}
		if err := files.Write(path, []byte(t.text), false); err != nil {
			return powershell.NewError("System.IO.IOException", "System.IO.IOException", "NotSpecified", path, err.Error())
		}
		info, err := files.Stat(path)
		if err != nil {
			return pathMissing(path)
		}
		if err := call.Write(fileObject(info, false)); err != nil {
			return err
		}
	}
	return nil
}

// clusterLog is the log of one node since a moment; zero: all of it. The lines
// have the form of Windows' own: process.thread::time level [component] text.
func (c *simCluster) clusterLog(n *simNode, since time.Time) string {
	var b strings.Builder
	line := func(at time.Time, level, text string) {
		fmt.Fprintf(&b, "%08x.%08x::%s %s %s\r\n", 0x1200+n.index*4, 0x1a00+hash(text)%4096, at.UTC().Format("2006/01/02-15:04:05.000"), level, text)
	}
	fmt.Fprintf(&b, "[===Version===]\r\nVersion: 10.0.%s\r\n\r\n[=== Cluster ===]\r\n%s\r\n\r\n[=== Nodes ===]\r\n", c.fullBuild(), c.shape.Name)
	for _, x := range c.nodes {
		state, _, _ := x.state()
		fmt.Fprintf(&b, "%d,%s,%s\r\n", x.id, x.Name, state)
	}
	b.WriteString("\r\n[=== Groups ===]\r\n")
	for _, r := range c.roles {
		fmt.Fprintf(&b, "%s,%s,%s\r\n", r.name, r.state, r.owner.Name)
	}
	b.WriteString("\r\n[=== Cluster Logs ===]\r\n")
	if since.IsZero() || n.boot.After(since) {
		line(n.boot.Add(30*time.Second), "INFO ", fmt.Sprintf("[CS] Starting clussvc.exe: node '%s', cluster '%s'", n.Name, c.shape.Name))
	}
	for _, e := range c.eventsOf(n) {
		if e.provider != providerCluster || e.at.Before(since) {
			continue
		}
		part := "[RCM]"
		switch e.id {
		case 1135, 1672, 1673, 1680, 1677, 1062:
			part = "[NM]"
		case 1125, 1127, 1129, 1130:
			part = "[TM]"
		case 1177, 1558, 1562:
			part = "[QUORUM]"
		case 5120, 5121, 5142:
			part = "[DCM]"
		}
		level := map[int]string{levelCritical: "ERR  ", levelError: "ERR  ", levelWarning: "WARN "}[e.level]
		if level == "" {
			level = "INFO "
		}
		first, _, _ := strings.Cut(e.message, "\r\n")
		line(e.at, level, part+" "+strings.TrimSpace(first))
	}
	for _, r := range c.routes {
		if (r.a == n || r.b == n) && r.lost() {
			line(c.now, "WARN ", fmt.Sprintf("[NETFTAPI] Signaled NetftRemoteUnreachable event, local address %s:3343 remote address %s:3343 <Delay>%d</Delay> <Threshold>%d</Threshold>", r.netA.address(r.a), r.netB.address(r.b), r.limit.Delay.Milliseconds(), r.limit.Threshold))
		}
	}
	return b.String()
}
