package simulator

import (
	"fmt"
	"net/netip"
	"strings"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// adapterCmdlets show the adapters of the node and their addresses, and turn
// adapters off and on.
func (s *console) adapterCmdlets() []*powershell.Cmdlet {
	name := powershell.Param{Name: "Name", Aliases: []string{"ifAlias", "InterfaceAlias"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true}
	session := powershell.Param{Name: "CimSession", Kind: powershell.KindString}
	sure := []powershell.Param{{Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindBool}, {Name: "PassThru", Kind: powershell.KindSwitch}}
	family := powershell.Param{Name: "AddressFamily", Kind: powershell.KindStrings}
	return []*powershell.Cmdlet{
		{Name: "Get-NetAdapter", Class: "Get-NetAdapter", Module: "NetAdapter", Params: []powershell.Param{name, session, {Name: "InterfaceDescription", Kind: powershell.KindStrings}, {Name: "Physical", Kind: powershell.KindSwitch}}, Process: s.adapters("MSFT_NetAdapter")},
		{Name: "Get-NetAdapterRdma", Class: "Get-NetAdapterRdma", Module: "NetAdapter", Params: []powershell.Param{name, session}, Process: s.adapters("MSFT_NetAdapterRdmaSettingData")},
		{Name: "Get-NetAdapterStatistics", Class: "Get-NetAdapterStatistics", Module: "NetAdapter", Params: []powershell.Param{name, session}, Process: s.adapters("MSFT_NetAdapterStatisticsSettingData")},
		{Name: "Get-NetIPAddress", Class: "Get-NetIPAddress", Module: "NetTCPIP", Params: []powershell.Param{{Name: "IPAddress", Kind: powershell.KindStrings, Position: 1}, {Name: "InterfaceAlias", Kind: powershell.KindStrings, ByName: true}, family, session}, Process: s.adapters("MSFT_NetIPAddress")},
		{Name: "Disable-NetAdapter", Class: "Disable-NetAdapter", Module: "NetAdapter", Params: append([]powershell.Param{name, session}, sure...), Process: s.switchAdapter(false)},
		{Name: "Enable-NetAdapter", Class: "Enable-NetAdapter", Module: "NetAdapter", Params: append([]powershell.Param{name, session}, sure...), Process: s.switchAdapter(true)},
		{Name: "Resolve-DnsName", Class: "Microsoft.DnsClient.Commands.ResolveDnsName", Module: "DnsClient", Params: []powershell.Param{{Name: "Name", Kind: powershell.KindString, Position: 1, Pipeline: true, Mandatory: true}, {Name: "Type", Kind: powershell.KindString, Position: 2}, {Name: "Server", Kind: powershell.KindStrings}}, Process: s.resolveName},
		{Name: "Test-WSMan", Class: "Microsoft.WSMan.Management.TestWSManCommand", Module: "Microsoft.WSMan.Management", Params: []powershell.Param{{Name: "ComputerName", Aliases: []string{"cn"}, Kind: powershell.KindString, Position: 1, Pipeline: true}, {Name: "Authentication", Kind: powershell.KindString}, {Name: "Port", Kind: powershell.KindInt}, {Name: "UseSSL", Kind: powershell.KindSwitch}, {Name: "Credential"}}, Process: s.testWSMan},
	}
}

const wsmanIdentity = "System.Xml.XmlElement#http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd#IdentifyResponse"

func netType(class string) string {
	return "Microsoft.Management.Infrastructure.CimInstance#" + "ROOT/StandardCimv2/" + class
}

func netObject(class string, pairs ...any) *powershell.Object {
	o := powershell.NewObject(netType(class), append(pairs, "PSComputerName", nil)...)
	o.Types = []string{netType(class), "Microsoft.Management.Infrastructure.CimInstance", "System.Object"}
	return o
}

// adapters lists the objects of a class, one for each adapter of the node.
func (s *console) adapters(class string) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		names := append(call.Texts("Name"), call.Texts("InterfaceAlias")...)
		matched := false
		err := s.read(call, func(c *simCluster) ([]any, error) {
			g := c.measure(s.h.node, c.now)
			var out []any
			for i, net := range c.nets {
				n := s.h.node
				if !net.has[n.index] {
					continue
				}
				alias, description := adapterName(net), adapterDescription(net)
				if net.index > 0 && net.Role == int(cluster.RoleClusterAndClient) {
					description += fmt.Sprintf(" #%d", net.index+1)
				}
				if len(names) > 0 && !anyWild(names, alias) || call.Has("InterfaceDescription") && !anyWild(call.Texts("InterfaceDescription"), description) {
					continue
				}
				matched = true
				up := !c.unplugged(net, n)
				status := "Up"
				if !up {
					status = "Disconnected"
					if f := c.disabled(net, n); f != nil {
						status = "Disabled"
					}
				}
				var o *powershell.Object
				switch class {
				case "MSFT_NetAdapter":
					speed := fmt.Sprintf("%d Gbps", net.Gbps)
					if !up {
						speed = "0 bps"
					}
					o = netObject(class, "Name", alias, "InterfaceDescription", description, "ifIndex", uint32(4+i*3), "InterfaceIndex", uint32(4+i*3), "Status", status, "MacAddress", c.mac(n, net), "LinkSpeed", speed, "Speed", uint64(net.Gbps)*1e9, "MediaConnectionState", map[bool]string{true: "Connected", false: "Disconnected"}[up], "AdminStatus", map[bool]string{true: "Up", false: "Down"}[status != "Disabled"], "MtuSize", uint32(1500), "DriverVersion", "24.10.26603.0", "DriverProvider", "Simulated Systems", "ifAlias", alias, "InterfaceAlias", alias, "VlanID", uint16(0), "FullDuplex", true)
				case "MSFT_NetAdapterRdmaSettingData":
					if net.Role != int(cluster.RoleCluster) || c.shape.SAN {
						continue
					}
					o = netObject(class, "Name", alias, "InterfaceDescription", description, "Enabled", true, "Operational", up, "PFC", "True", "ETS", "True")
				case "MSFT_NetAdapterStatisticsSettingData":
					seconds := c.now.Sub(n.boot).Seconds()
					o = netObject(class, "Name", alias, "ReceivedBytes", uint64(float64(g.rx[i])*seconds/2), "ReceivedUnicastPackets", uint64(float64(g.rx[i])*seconds/2/1400), "SentBytes", uint64(float64(g.tx[i])*seconds/2), "SentUnicastPackets", uint64(float64(g.tx[i])*seconds/2/1400), "ReceivedDiscardedPackets", uint64(0), "OutboundDiscardedPackets", uint64(0))
				case "MSFT_NetIPAddress":
					if call.Has("AddressFamily") && !anyFold(call.Texts("AddressFamily"), "IPv4") || !up {
						continue
					}
					addresses := []string{net.address(n)}
					if c.roles[0].owner == n && net.Role == int(cluster.RoleClusterAndClient) && c.quorate { // the cluster's own address is where its core group is
						addresses = append(addresses, hostAddress(net.prefix, 10))
					}
					for j, a := range addresses {
						if call.Has("IPAddress") && !anyFold(call.Texts("IPAddress"), a) {
							continue
						}
						out = append(out, netObject(class, "IPAddress", a, "InterfaceIndex", uint32(4+i*3), "InterfaceAlias", alias, "AddressFamily", "IPv4", "Type", "Unicast", "PrefixLength", uint8(net.prefix.Bits()), "PrefixOrigin", "Manual", "SuffixOrigin", "Manual", "AddressState", "Preferred", "SkipAsSource", j > 0, "PolicyStore", "ActiveStore"))
					}
					continue
				}
				out = append(out, o)
			}
			return out, nil
		})
		if err != nil || matched {
			return err
		}
		for _, n := range names {
			if !strings.ContainsAny(n, "*?[") {
				return call.Fail(noAdapter(n))
			}
		}
		return nil
	}
}

func noAdapter(name string) *powershell.ErrorRecord {
	return powershell.NewError("Microsoft.PowerShell.Cmdletization.Cim.CimJobException", "CmdletizationQuery_NotFound_Name", "ObjectNotFound", name, "No MSFT_NetAdapter objects found with property 'Name' equal to '"+name+"'.  Verify the value of the property and retry.")
}

// disabled is the fault by which a node's adapter is off.
func (c *simCluster) disabled(net *simNetwork, n *simNode) *Fault {
	for _, f := range c.faults {
		if f.Kind == "network-partition" && f.Target == net.Name && f.text("node") == n.Name {
			return f
		}
	}
	return nil
}

// switchAdapter turns an adapter off, which is the model's fault
// "network-partition" of this node, or on again.
func (s *console) switchAdapter(on bool) func(*powershell.Call) error {
	return func(call *powershell.Call) error {
		if !s.h.allowed(RightAdmin) {
			return powershell.NewError(cimException, "Windows System Error 5", "PermissionDenied", nil, "Access is denied. ")
		}
		for _, name := range call.Texts("Name") {
			found := false
			for _, net := range s.h.cluster.nets {
				if !net.has[s.h.node.index] || !powershell.Wildcard(adapterName(net), name) {
					continue
				}
				found = true
				yes, err := call.Proceed(call.Name(), adapterName(net))
				if err != nil {
					return err
				}
				if !yes {
					continue
				}
				var fault *Fault
				s.locked(func(c *simCluster) ([]any, error) { fault = c.disabled(net, s.h.node); return nil, nil })
				switch {
				case on && fault != nil:
					err = s.h.sim.Clear(fault.ID)
				case !on && fault == nil:
					_, err = s.h.sim.Inject(FaultSpec{Kind: "network-partition", Cluster: s.h.cluster.shape.Name, Target: net.Name, Params: map[string]any{"node": s.h.node.Name}})
				}
				if err != nil {
					return err
				}
			}
			if !found && !strings.ContainsAny(name, "*?[") {
				if err := call.Fail(noAdapter(name)); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

func (s *console) resolveName(call *powershell.Call) error {
	name := call.Text("Name")
	p := s.resolve(name)
	if _, err := netip.ParseAddr(name); err == nil {
		p = nil // no reverse zone
	}
	if p == nil {
		rec := powershell.NewError("System.ComponentModel.Win32Exception", "DNS_ERROR_RCODE_NAME_ERROR", "ResourceUnavailable", name, name+" : DNS name does not exist")
		return call.Fail(rec)
	}
	address, full := p.address, p.c.computer(p.node)
	if short, _, _ := strings.Cut(name, "."); strings.EqualFold(short, p.c.shape.Name) {
		full = strings.ToLower(p.c.shape.Name) + "." + p.c.shape.Domain
		for _, net := range p.c.nets {
			if net.Role == int(cluster.RoleClusterAndClient) {
				address = hostAddress(net.prefix, 10)
				break
			}
		}
	} else if address == "" {
		for _, net := range p.c.nets {
			if net.has[p.node.index] && net.Role == int(cluster.RoleClusterAndClient) {
				address = net.address(p.node)
				break
			}
		}
	}
	return call.Write(powershell.NewObject("Microsoft.DnsClient.Commands.DnsRecord_A", "Name", full, "Type", "A", "TTL", uint32(1200), "Section", "Answer", "IPAddress", address))
}

// testWSMan asks another node's WinRM to identify itself.
func (s *console) testWSMan(call *powershell.Call) error {
	name := call.Text("ComputerName")
	if name == "" {
		name = s.h.node.Name
	}
	port := call.Int("Port", 5985)
	if call.On("UseSSL") && !call.Has("Port") {
		port = 5986
	}
	fail := func(code uint32, message string) error {
		rec := powershell.NewError("System.InvalidOperationException", "WsManError", "InvalidOperation", name, fmt.Sprintf(`<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="%d" Machine="%s"><f:Message>%s</f:Message></f:WSManFault>`, code, s.h.cluster.computer(s.h.node), message))
		return call.Fail(rec)
	}
	p := s.resolve(name)
	if p == nil {
		return fail(2150859193, "The WinRM client cannot process the request because the server name cannot be resolved. ")
	}
	s.reach(p)
	switch {
	case !p.reached:
		return fail(2150859046, "WinRM cannot complete the operation. Verify that the specified computer name is valid, that the computer is accessible over the network, and that a firewall exception for the WinRM service is enabled and allows access from this computer. By default, the WinRM firewall exception for public profiles limits access to remote computers within the same local subnet. ")
	case !p.listens(port):
		return fail(2150858770, "The client cannot connect to the destination specified in the request. Verify that the service on the destination is running and is accepting requests. Consult the logs and documentation for the WS-Management service running on the destination, most commonly IIS or WinRM. If the destination is the WinRM service, run the following command on the destination to analyze and configure the WinRM service: \"winrm quickconfig\". ")
	}
	version := "OS: 0.0.0 SP: 0.0 Stack: 3.0"
	if call.Has("Authentication") {
		version = fmt.Sprintf("OS: 10.0.%d SP: 0.0 Stack: 3.0", p.c.build())
	}
	return call.Write(powershell.NewObject(wsmanIdentity, "wsmid", "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd", "ProtocolVersion", "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd", "ProductVendor", "Microsoft Corporation", "ProductVersion", version))
}
