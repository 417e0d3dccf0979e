package simulator

import (
	"fmt"
	"strings"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// setting is a property or parameter of something that is kept as it was set and
// changes nothing else in the model.
type setting struct {
	of   string // "cluster", "group …", "resource …"
	name string // lower case
}

// settingCmdlets show and set private properties, and what depends on what.
func (s *console) settingCmdlets() []*powershell.Cmdlet {
	sure := []powershell.Param{{Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch}}
	parameter := []powershell.Param{{Name: "InputObject", Pipeline: true}, {Name: "Name", Kind: powershell.KindStrings, Position: 1}, {Name: "Cluster", Kind: powershell.KindString}}
	return []*powershell.Cmdlet{
		{Name: "Get-ClusterParameter", Class: clusterClass + "GetClusterParameterCommand", Module: clusterModule, Params: parameter, Process: s.getParameter},
		{Name: "Set-ClusterParameter", Class: clusterClass + "SetClusterParameterCommand", Module: clusterModule, Params: append(append([]powershell.Param{}, parameter...), append([]powershell.Param{{Name: "Value", Position: 2}}, sure...)...), Process: s.setParameter},
		{Name: "Get-ClusterOwnerNode", Class: clusterClass + "GetOwnerNodeCommand", Module: clusterModule, Params: []powershell.Param{{Name: "InputObject", Pipeline: true}, {Name: "Resource", Kind: powershell.KindString}, {Name: "Group", Kind: powershell.KindString}, {Name: "Cluster", Kind: powershell.KindString}}, Process: s.getOwnerNode},
		{Name: "Get-ClusterResourceDependency", Class: clusterClass + "GetResourceDependencyCommand", Module: clusterModule, Params: []powershell.Param{{Name: "InputObject", Pipeline: true}, {Name: "Resource", Aliases: []string{"Name"}, Kind: powershell.KindString, Position: 1}, {Name: "Cluster", Kind: powershell.KindString}}, Process: s.getDependency},
		{Name: "Get-ClusterResourceType", Class: clusterClass + "GetResourceTypeCommand", Module: clusterModule, Params: nameParams(), Process: s.getResourceTypes},
		{Name: "Get-ClusterSharedVolumeState", Class: clusterClass + "GetSharedVolumeStateCommand", Module: clusterModule, Params: nameParams(powershell.Param{Name: "Node", Kind: powershell.KindString, Position: 2}), Process: s.getVolumeState},
		{Name: "Get-ClusterAvailableDisk", Class: clusterClass + "GetAvailableDiskCommand", Module: clusterModule, Params: []powershell.Param{{Name: "Cluster", Kind: powershell.KindString}, {Name: "InputObject", Pipeline: true}, {Name: "All", Kind: powershell.KindSwitch}, {Name: "Disk"}}, Process: func(call *powershell.Call) error {
			return s.inCluster(call, func(*simCluster) ([]any, error) { return nil, nil }) // every disk is in the cluster already
		}},
		{Name: "Get-ClusterAccess", Class: clusterClass + "GetClusterAccessCommand", Module: clusterModule, Params: []powershell.Param{{Name: "User", Kind: powershell.KindStrings, Position: 1}, {Name: "Cluster", Kind: powershell.KindString}, {Name: "InputObject", Pipeline: true}}, Process: s.getAccess},
	}
}

// kept makes a property that holds what is set; def is what it was.
func (s *console) kept(of, name string, def int) powershell.Property {
	key := setting{of, strings.ToLower(name)}
	return s.live(name, func(c *simCluster) any {
		if v, ok := c.settings[key]; ok {
			return v
		}
		return uint32(def)
	}, func(c *simCluster, n int) error { c.settings[key] = uint32(n); return nil })
}

// settingOf is a kept number, or def.
func (c *simCluster) settingOf(of, name string, def int) int {
	if v, ok := c.settings[setting{of, strings.ToLower(name)}].(uint32); ok {
		return int(v)
	}
	return def
}

// clusterDefaults are common properties of a cluster that the model only keeps,
// with the defaults of Windows Server 2019 and later.
var clusterDefaults = []struct {
	name  string
	value int
}{
	{"AutoBalancerMode", 2}, {"AutoBalancerLevel", 1}, {"BlockCacheSize", 1024}, {"ClusterLogLevel", 3}, {"ClusterLogSize", 1536}, {"CsvBalancer", 1}, {"DatabaseReadWriteMode", 0},
	{"DefaultNetworkRole", 2}, {"DrainOnShutdown", 1}, {"EnableSharedVolumes", 1}, {"GroupDependencyTimeout", 600}, {"HangRecoveryAction", 6}, {"LowerQuorumPriorityNodeId", 0}, {"MessageBufferLength", 50},
	{"MinimumPreemptorPriority", 1}, {"NetftIPSecEnabled", 1}, {"PlacementOptions", 0}, {"QuorumArbitrationTimeMax", 20}, {"SecurityLevel", 1}, {"SharedVolumeCompatibleFilters", 0}, {"ShutdownTimeoutInMinutes", 20}, {"UseClientAccessNetworksForSharedVolumes", 2},
}

// groupDefaults are those of a role.
var groupDefaults = []struct {
	name  string
	value int
}{{"AutoFailbackType", 0}, {"FailbackWindowStart", 4294967295}, {"FailbackWindowEnd", 4294967295}, {"FailoverPeriod", 6}, {"FailoverThreshold", 4294967295}, {"ResiliencyPeriod", 4294967295}, {"DefaultOwner", 0}, {"PersistentState", 1}}

// resourceDefaults are the failure policy and polling of a resource; 4294967295
// stands for the value of its type.
var resourceDefaults = []struct {
	name  string
	value int
}{
	{"RestartAction", 2}, {"RestartDelay", 500}, {"RestartPeriod", 900000}, {"RestartThreshold", 1}, {"RetryPeriodOnFailure", 3600000}, {"PendingTimeout", 180000}, {"DeadlockTimeout", 300000},
	{"IsAlivePollInterval", 4294967295}, {"LooksAlivePollInterval", 4294967295}, {"SeparateMonitor", 0}, {"ResourceSpecificData1", 0},
}

type parameterValue struct {
	name  string
	value any
}

// parametersOf are the private properties of a resource.
func (c *simCluster) parametersOf(r *simRole, res *simResource) []parameterValue {
	var out []parameterValue
	add := func(pairs ...any) {
		for i := 0; i < len(pairs); i += 2 {
			p := parameterValue{pairs[i].(string), pairs[i+1]}
			if v, ok := c.settings[setting{"parameter " + res.name, strings.ToLower(p.name)}]; ok {
				p.value = v
			}
			out = append(out, p)
		}
	}
	switch res.kind {
	case "Network Name":
		name := res.name
		if res.core {
			name = c.shape.Name
		}
		add("Name", strings.ToUpper(name), "DnsName", name, "DnsSuffix", c.shape.Domain, "HostRecordTTL", uint32(1200), "RegisterAllProvidersIP", uint32(0), "PublishPTRRecords", uint32(0), "RequireKerberos", uint32(1), "StatusNetBIOS", uint32(0), "StatusDNS", uint32(0), "StatusKerberos", uint32(0))
	case "IP Address":
		for _, net := range c.nets {
			if net.Role == int(cluster.RoleClusterAndClient) {
				add("Address", hostAddress(net.prefix, 10+len(r.name)%40*boolInt(!res.core)), "SubnetMask", "255.255.255.0", "Network", net.Name, "EnableDhcp", uint32(0), "OverrideAddressMatch", uint32(0), "ProbePort", uint32(0), "EnableNetBIOS", uint32(0))
				break
			}
		}
	case "Physical Disk":
		add("DiskIdType", uint32(1), "DiskIdGuid", "{"+guid(c.seed, "disk", res.name)+"}", "VirtualDiskId", "{"+guid(c.seed, "virtual disk", res.name)+"}", "MaintenanceMode", uint32(0), "DiskRunChkDsk", uint32(0))
	case "Virtual Machine", "Virtual Machine Configuration":
		add("VmID", guid(c.seed, "machine", r.name))
		if res.kind == "Virtual Machine" {
			add("OfflineAction", uint32(1), "ShutdownAction", uint32(0), "MigrationState", uint32(0), "CheckHeartbeat", uint32(1))
		} else {
			add("VmStoreRootPath", c.vmPath(r))
		}
	case "Cloud Witness":
		account, _, _ := strings.Cut(c.witnessPath, ".")
		add("AccountName", account, "EndpointInfo", strings.TrimPrefix(c.witnessPath, account+".blob."), "ContainerName", "msft-cloud-witness", "SequenceNumber", uint32(0))
	case "File Share Witness":
		add("SharePath", c.witnessPath, "ArbitrationDelay", uint32(6))
	}
	return out
}

func boolInt(b bool) int { return answerBit(b) }

// vmPath is where a machine's files are.
func (c *simCluster) vmPath(r *simRole) string {
	if r.volume == nil {
		return `C:\ProgramData\Microsoft\Windows\Hyper-V`
	}
	return `C:\ClusterStorage\` + r.volume.Name + `\` + r.name
}

func parameterObject(object string, p parameterValue) *powershell.Object {
	kind := "String"
	if _, number := p.value.(uint32); number {
		kind = "UInt32"
	}
	o := powershell.NewObject(clusterClass+"ClusterParameter", "ClusterObject", object, "Name", p.name, "IsReadOnly", false, "ParameterType", kind, "Value", p.value)
	return o
}

// resourcesNamed are the resources a call's pipeline object stands for.
func resourcesNamed(call *powershell.Call, typ, param string) []string {
	names := []string{}
	if n := call.Text(param); n != "" {
		names = append(names, n)
	}
	switch v := call.Value("InputObject").(type) {
	case string:
		names = append(names, v)
	case *powershell.Object:
		if v.TypeName() == clusterClass+typ {
			names = append(names, v.String())
		}
	}
	return names
}

func (s *console) getParameter(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var out []any
		var object string
		var list []parameterValue
		switch names := resourcesNamed(call, "ClusterResource", ""); {
		case len(names) > 0:
			r, res := c.findResource(names[0])
			if res == nil {
				return nil, resourceMissing(names[0])
			}
			object, list = res.name, c.parametersOf(r, res)
		default:
			object = c.shape.Name
			if o, ok := call.Value("InputObject").(*powershell.Object); ok {
				object = o.String()
			}
		}
		for _, p := range list {
			if call.Has("Name") && !anyWild(call.Texts("Name"), p.name) {
				continue
			}
			out = append(out, parameterObject(object, p))
		}
		for _, name := range call.Texts("Name") {
			if len(out) == 0 && !strings.ContainsAny(name, "*?") {
				return nil, clusterFailure("ObjectNotFound", fmt.Sprintf("Parameter '%s' does not exist on the cluster object '%s'.", name, object))
			}
		}
		return out, nil
	})
}

func (s *console) setParameter(call *powershell.Call) error {
	names := resourcesNamed(call, "ClusterResource", "")
	if len(names) == 0 {
		return clusterFailure("InvalidArgument", "An object to set the parameter on is required.")
	}
	values := map[string]any{}
	for _, name := range call.Texts("Name") {
		values[name] = call.Value("Value")
	}
	yes, err := call.Proceed(call.Name(), names[0])
	if err != nil || !yes {
		return err
	}
	return s.change(func(c *simCluster) error {
		r, res := c.findResource(names[0])
		if res == nil {
			return resourceMissing(names[0])
		}
		for name, v := range values {
			found := false
			for _, p := range c.parametersOf(r, res) {
				if !strings.EqualFold(p.name, name) {
					continue
				}
				found = true
				if _, number := p.value.(uint32); number {
					n, err := powershell.Int(v)
					if err != nil {
						return err
					}
					v = uint32(n)
				} else {
					v = fmt.Sprint(v)
				}
				c.settings[setting{"parameter " + res.name, strings.ToLower(name)}] = v
			}
			if !found {
				return clusterFailure("ObjectNotFound", fmt.Sprintf("Parameter '%s' does not exist on the cluster object '%s'.", name, res.name))
			}
		}
		return nil
	})
}

func (s *console) getOwnerNode(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		object := ""
		if names := resourcesNamed(call, "ClusterResource", "Resource"); len(names) > 0 {
			_, res := c.findResource(names[0])
			if res == nil {
				return nil, resourceMissing(names[0])
			}
			object = res.name
		} else if names := resourcesNamed(call, "ClusterGroup", "Group"); len(names) > 0 {
			r := s.groupOf(c, names[0])
			if r == nil {
				return nil, clusterFailure("ObjectNotFound", "An error occurred opening group '"+names[0]+"'.\r\n    The cluster group could not be found")
			}
			object = r.name
		}
		var owners []any
		for _, n := range c.nodes {
			owners = append(owners, named("ClusterNode", n.Name))
		}
		if call.Has("Group") || from(call, "ClusterGroup") != nil {
			owners = []any{} // no preferred owners
		}
		return []any{powershell.NewObject(clusterClass+"ClusterOwnerNodeList", "ClusterObject", object, "OwnerNodes", owners)}, nil
	})
}

// dependsOn is a resource's dependency expression.
func (r *simRole) dependsOn(res *simResource) string {
	of := func(kinds ...string) string {
		var out []string
		for _, kind := range kinds {
			for _, x := range r.resources {
				if x.kind == kind && x != res {
					out = append(out, "(["+x.name+"])")
				}
			}
		}
		return strings.Join(out, " and ")
	}
	switch res.kind {
	case "Network Name":
		return of("IP Address")
	case "File Server", "SQL Server":
		return of("Network Name", "Physical Disk")
	case "SQL Server Agent":
		return of("SQL Server")
	case "Virtual Machine":
		return of("Virtual Machine Configuration")
	}
	return ""
}

func (s *console) getDependency(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		names := resourcesNamed(call, "ClusterResource", "Resource")
		var out []any
		for _, r := range c.roles {
			for _, res := range r.resources {
				if len(names) == 0 || anyFold(names, res.name) {
					out = append(out, powershell.NewObject(clusterClass+"ClusterResourceDependency", "Resource", named("ClusterResource", res.name), "DependencyExpression", r.dependsOn(res)))
				}
			}
		}
		if len(out) == 0 && len(names) > 0 {
			return nil, resourceMissing(names[0])
		}
		return out, nil
	})
}

func (s *console) getResourceTypes(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		var list []any
		for _, name := range []string{"Cloud Witness", "DFS Replicated Folder", "DHCP Service", "Disjoint IPv4 Address", "Distributed File System", "Distributed Network Name", "Distributed Transaction Coordinator", "File Server", "File Share Witness", "Generic Application", "Generic Script", "Generic Service", "Health Service", "IP Address", "IPv6 Address", "iSCSI Target Server", "Network Name", "Physical Disk", "Scale Out File Server", "SDDC Management", "Storage Pool", "Storage QoS Policy Manager", "Storage Replica", "Task Scheduler", "Virtual Machine", "Virtual Machine Cluster WMI", "Virtual Machine Configuration", "Virtual Machine Replication Broker"} {
			list = append(list, named("ClusterResourceType", name, "DisplayName", name, "IsAlivePollInterval", uint32(60000), "LooksAlivePollInterval", uint32(5000), "PendingTimeout", uint32(180000), "DeadlockTimeout", uint32(300000), "Cluster", c.shape.Name))
		}
		return pick(call, "resource type", wanted(call), list)
	})
}

// getVolumeState tells how each node reaches each volume.
func (s *console) getVolumeState(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		names := subjects(call, "ClusterSharedVolume")
		var out []any
		for _, v := range c.volumes {
			if len(names) > 0 && !anyWild(names, v.res.name) {
				continue
			}
			for _, n := range c.nodes {
				if !n.active() || call.Has("Node") && !strings.EqualFold(call.Text("Node"), n.Name) {
					continue
				}
				way := c.access(v)
				if way == cluster.VolumeBlockRedirected && !c.withoutPath(n) {
					way = cluster.VolumeDirect
				}
				block := powershell.Enum{Type: clusterClass + "BlockRedirectedIOReason", Name: "NotBlockRedirected"}
				if way == cluster.VolumeBlockRedirected {
					block.Value, block.Name = 1, "NoDiskConnectivity"
				}
				file := powershell.Enum{Type: clusterClass + "FileSystemRedirectedIOReason", Name: "NotFileSystemRedirected"}
				if !c.shape.SAN && way == cluster.VolumeDirect {
					way = cluster.VolumeFileSystemRedirected // ReFS always is
					file.Value, file.Name = 32, "FileSystemReFs"
				}
				out = append(out, named("ClusterSharedVolumeState", v.res.name, "BlockRedirectedIOReason", block, "FileSystemRedirectedIOReason", file, "Node", n.Name,
					"StateInfo", enum("ClusterSharedVolumeStateInfo", way), "VolumeFriendlyName", v.Name, "VolumeName", `\\?\Volume{`+guid(c.seed, "volume", v.Name)+`}\`))
			}
		}
		if len(out) == 0 && len(names) > 0 {
			return nil, resourceMissing(names[0])
		}
		return out, nil
	})
}

// withoutPath says whether the node has lost its way to the SAN.
func (c *simCluster) withoutPath(n *simNode) bool {
	for _, net := range c.nets {
		if net.Role == int(cluster.RoleNone) && net.has[n.index] && c.unplugged(net, n) {
			return true
		}
	}
	return false
}

func (s *console) getAccess(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		domain, _, _ := strings.Cut(strings.ToUpper(c.shape.Domain), ".")
		var out []any
		add := func(who, rights string) {
			if !call.Has("User") || anyWild(call.Texts("User"), who) {
				out = append(out, powershell.NewObject(clusterClass+"ClusterAccessRule", "IdentityReference", who, "AccessControlType", "Allow", "ClusterRights", rights))
			}
		}
		add(`BUILTIN\Administrators`, "Full")
		add(`NT AUTHORITY\SYSTEM`, "Full")
		for _, a := range c.accounts {
			for _, r := range a.Rights {
				if r == RightCluster && !a.Local {
					rights := "ReadOnly"
					for _, x := range a.Rights {
						if x == RightClusterFull {
							rights = "Full"
						}
					}
					add(domain+`\`+a.User, rights)
				}
			}
		}
		return out, nil
	})
}
