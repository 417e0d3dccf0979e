package simulator

import (
	"fmt"
	"net/netip"
	"strings"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// networkCmdlets test connections between simulated machines.
func (s *console) networkCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{
		{Name: "Test-NetConnection", Class: "Test-NetConnection", Module: "NetTCPIP", Params: []powershell.Param{
			{Name: "ComputerName", Aliases: []string{"RemoteAddress", "cn"}, Kind: powershell.KindString, Position: 1, Pipeline: true, ByName: true}, {Name: "Port", Aliases: []string{"RemotePort"}, Kind: powershell.KindInt, ByName: true},
			{Name: "CommonTCPPort", Kind: powershell.KindString, Position: 2, Values: []string{"HTTP", "RDP", "SMB", "WINRM"}}, {Name: "InformationLevel", Kind: powershell.KindString, Values: []string{"Quiet", "Detailed"}},
		}, Process: s.testConnection},
		{Name: "Test-Connection", Class: commandsClass + "TestConnectionCommand", Module: managementModule, Params: []powershell.Param{
			{Name: "ComputerName", Aliases: []string{"cn"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true, Mandatory: true}, {Name: "Count", Kind: powershell.KindInt}, {Name: "Quiet", Kind: powershell.KindSwitch},
		}, Process: s.testPing},
	}
}

// contact is another simulated machine as this one sees it on the network.
type contact struct {
	node    *simNode
	c       *simCluster
	address string
	net     *simNetwork // of this node, nil: none leads there
	rtt     int         // milliseconds
	reached bool
}

// resolve finds a machine by name or address, as the domain's DNS would.
func (s *console) resolve(name string) *contact {
	short, _, _ := strings.Cut(strings.ToLower(name), ".")
	if name == "localhost" || name == "." {
		short = strings.ToLower(s.h.node.Name)
	}
	address, isAddress := netip.ParseAddr(name)
	for _, c := range s.h.sim.clusters {
		for _, n := range c.nodes {
			if isAddress != nil && strings.ToLower(n.Name) == short {
				return &contact{node: n, c: c}
			}
			for _, net := range c.nets {
				if isAddress == nil && net.has[n.index] && net.address(n) == address.String() {
					return &contact{node: n, c: c, address: name}
				}
			}
		}
		if isAddress != nil && strings.ToLower(c.shape.Name) == short { // the cluster's name is where its core group is
			c.mu.Lock()
			owner := c.roles[0].owner
			c.mu.Unlock()
			return &contact{node: owner, c: c}
		}
	}
	return nil
}

// reach looks whether a packet gets there and back. Machines of another
// cluster are routed from one management network to the other.
func (s *console) reach(p *contact) {
	own := s.h.cluster
	managed := func(c *simCluster, n *simNode) *simNetwork {
		for _, net := range c.nets {
			if net.has[n.index] && net.Role == int(cluster.RoleClusterAndClient) {
				return net
			}
		}
		return nil
	}
	if own != p.c { // one lock at a time: two need an order
		own.mu.Lock()
		p.net = managed(own, s.h.node)
		mine := p.net != nil && own.powered(s.h.node) && !own.unplugged(p.net, s.h.node)
		own.mu.Unlock()
		p.c.mu.Lock()
		defer p.c.mu.Unlock()
		net := managed(p.c, p.node)
		if net == nil {
			return
		}
		if p.address == "" {
			p.address = net.address(p.node)
		}
		p.reached = mine && p.c.powered(p.node) && !p.c.unplugged(net, p.node)
		p.rtt = 1
		return
	}
	own.mu.Lock()
	defer own.mu.Unlock()
	for _, net := range own.nets {
		if !net.has[s.h.node.index] || !net.has[p.node.index] || p.address != "" && net.address(p.node) != p.address || p.address == "" && net.Role == int(cluster.RoleNone) {
			continue
		}
		p.net = net
		p.address = net.address(p.node)
		p.reached = p.node == s.h.node || own.powered(p.node) && !own.unplugged(net, p.node) && !own.unplugged(net, s.h.node) && !own.splitBetween(net, s.h.node, p.node)
		break
	}
	if p.net == nil { // no subnet in common: through the routers
		mine, theirs := managed(own, s.h.node), managed(own, p.node)
		if mine == nil || theirs == nil {
			return
		}
		p.net, p.address = mine, theirs.address(p.node)
		p.reached = own.powered(p.node) && !own.unplugged(theirs, p.node) && !own.unplugged(mine, s.h.node)
	}
	if p.node.Site != s.h.node.Site {
		p.rtt = 4
	}
}

// listens says whether something accepts connections on the port there.
func (p *contact) listens(port int) bool {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	cond := p.c.condOf(p.node)
	switch port {
	case 5985, 5986, 47001:
		return cond.winrm != "refused"
	case 135, 139, 445, 3389:
		return true
	case 3343:
		return p.c.serviceState(p.node, "ClusSvc") == "Running"
	case 2179, 6600:
		return p.c.serviceState(p.node, "vmms") == "Running"
	}
	return false
}

func (s *console) testConnection(call *powershell.Call) error {
	name := call.Text("ComputerName")
	if name == "" {
		return powershell.NewError("System.Management.Automation.PSNotSupportedException", "NotSupported", "NotImplemented", nil, "Test-NetConnection without -ComputerName asks a server on the internet, which this simulated network does not reach.")
	}
	quiet := strings.EqualFold(call.Text("InformationLevel"), "Quiet")
	port := call.Int("Port", 0)
	if common := call.Text("CommonTCPPort"); common != "" {
		port = map[string]int{"http": 80, "rdp": 3389, "smb": 445, "winrm": 5985}[strings.ToLower(common)]
	}
	p := s.resolve(name)
	if p == nil {
		if err := call.Warn("Name resolution of " + name + " failed"); err != nil {
			return err
		}
		if quiet {
			return call.Write(false)
		}
		if port > 0 {
			return call.Write(connection("Port", "ComputerName", name, "RemoteAddress", nil, "RemotePort", port, "InterfaceAlias", "", "SourceAddress", nil, "TcpTestSucceeded", false))
		}
		return call.Write(connection("Ping", "ComputerName", name, "RemoteAddress", nil, "InterfaceAlias", "", "SourceAddress", nil, "PingSucceeded", false, "RTT", nil))
	}
	s.reach(p)
	alias, source := "", any(nil)
	if p.net != nil {
		alias, source = adapterName(p.net), p.net.address(s.h.node)
	}
	rtt := any(nil)
	if p.reached {
		rtt = fmt.Sprintf("%d ms", p.rtt)
	}
	if port > 0 {
		open := p.reached && p.listens(port)
		if open && quiet {
			return call.Write(true)
		}
		if open {
			return call.Write(connection("Port", "ComputerName", name, "RemoteAddress", p.address, "RemotePort", port, "InterfaceAlias", alias, "SourceAddress", source, "TcpTestSucceeded", true))
		}
		if err := call.Warn(fmt.Sprintf("TCP connect to (%s : %d) failed", p.address, port)); err != nil {
			return err
		}
		if !p.reached {
			if err := call.Warn("Ping to " + p.address + " failed with status: TimedOut"); err != nil {
				return err
			}
		}
		if quiet {
			return call.Write(false)
		}
		return call.Write(connection("PortAndPing", "ComputerName", name, "RemoteAddress", p.address, "RemotePort", port, "InterfaceAlias", alias, "SourceAddress", source, "PingSucceeded", p.reached, "RTT", rtt, "TcpTestSucceeded", false))
	}
	if !p.reached {
		if err := call.Warn("Ping to " + p.address + " failed with status: TimedOut"); err != nil {
			return err
		}
	}
	if quiet {
		return call.Write(p.reached)
	}
	return call.Write(connection("Ping", "ComputerName", name, "RemoteAddress", p.address, "InterfaceAlias", alias, "SourceAddress", source, "PingSucceeded", p.reached, "RTT", rtt))
}

func connection(kind string, pairs ...any) *powershell.Object {
	o := powershell.NewObject("Microsoft.PowerShell.NetConnectionResults."+kind, pairs...)
	o.Types = append(o.Types, "TestNetConnectionResult")
	return o
}

func (s *console) testPing(call *powershell.Call) error {
	all := true
	for _, name := range call.Texts("ComputerName") {
		p := s.resolve(name)
		if p != nil {
			s.reach(p)
		}
		if p == nil || !p.reached {
			all = false
			if call.On("Quiet") {
				continue
			}
			reason := "Error due to lack of resources"
			if p == nil {
				reason = "No such host is known"
			}
			if err := call.Fail(powershell.NewError("System.Net.NetworkInformation.PingException", "TestConnectionException", "ResourceUnavailable", name, "Testing connection to computer '"+name+"' failed: "+reason)); err != nil {
				return err
			}
			continue
		}
		for range min(max(call.Int("Count", 4), 1), 100) {
			if call.On("Quiet") {
				break
			}
			if err := call.Write(cimObject("Win32_PingStatus", "Source", strings.ToUpper(s.h.node.Name), "Destination", name, "IPV4Address", p.address, "Bytes", 32, "Time(ms)", p.rtt)); err != nil {
				return err
			}
		}
	}
	if call.On("Quiet") {
		return call.Write(all)
	}
	return nil
}
