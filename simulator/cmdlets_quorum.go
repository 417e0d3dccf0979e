package simulator

import (
	"slices"
	"strings"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

// quorumCmdlets configure the witness and where the nodes stand.
func (s *console) quorumCmdlets() []*powershell.Cmdlet {
	sure := []powershell.Param{{Name: "WhatIf", Kind: powershell.KindSwitch}, {Name: "Confirm", Kind: powershell.KindSwitch}}
	domain := append([]powershell.Param{{Name: "Name", Aliases: []string{"FaultDomain"}, Kind: powershell.KindStrings, Position: 1, Pipeline: true, ByName: true, Mandatory: true}, {Name: "CimSession", Kind: powershell.KindString}}, sure...)
	return []*powershell.Cmdlet{
		{Name: "Set-ClusterQuorum", Class: clusterClass + "SetClusterQuorumCommand", Module: clusterModule, Params: append([]powershell.Param{
			{Name: "InputObject", Pipeline: true}, {Name: "Cluster", Kind: powershell.KindString}, {Name: "NoWitness", Aliases: []string{"NodeMajority"}, Kind: powershell.KindSwitch},
			{Name: "FileShareWitness", Aliases: []string{"NodeAndFileShareMajority"}, Kind: powershell.KindString}, {Name: "DiskWitness", Aliases: []string{"NodeAndDiskMajority"}, Kind: powershell.KindString},
			{Name: "CloudWitness", Kind: powershell.KindSwitch}, {Name: "AccountName", Kind: powershell.KindString}, {Name: "AccessKey", Kind: powershell.KindString}, {Name: "Endpoint", Kind: powershell.KindString},
			{Name: "Credential"}}, sure...), Process: s.setQuorum},
		{Name: "New-ClusterFaultDomain", Class: "New-ClusterFaultDomain", Module: clusterModule, Params: append(slices.Clone(domain),
			powershell.Param{Name: "Type", Aliases: []string{"FaultDomainType"}, Kind: powershell.KindString, Mandatory: true, Values: []string{"Site", "Rack", "Chassis"}}, powershell.Param{Name: "Description", Kind: powershell.KindString}, powershell.Param{Name: "Location", Kind: powershell.KindString}), Process: s.newFaultDomain},
		{Name: "Set-ClusterFaultDomain", Class: "Set-ClusterFaultDomain", Module: clusterModule, Params: append(slices.Clone(domain), powershell.Param{Name: "Parent", Kind: powershell.KindString}), Process: s.setFaultDomain},
	}
}

// setWitness replaces the witness: its kind as in Shape.Witness, its path, and for
// a disk the resource that becomes it.
func (c *simCluster) setWitness(kind, path string) {
	core := c.roles[0]
	core.resources = slices.DeleteFunc(core.resources, func(r *simResource) bool { return r == c.witness })
	c.shape.Witness, c.witness, c.witnessName, c.witnessType, c.witnessPath = kind, nil, "", "", ""
	name := map[string]string{"cloud": "Cloud Witness", "share": "File Share Witness"}[kind]
	if name != "" {
		c.witness = &simResource{name: name, kind: name, core: true, state: cluster.ResourceOnline}
		c.witnessName, c.witnessType, c.witnessPath = name, name, path
		core.resources = append(core.resources, c.witness)
	}
	c.applyConditions()
	c.weigh()
}

func (s *console) setQuorum(call *powershell.Call) error {
	if err := s.reachCluster(call); err != nil {
		return err
	}
	kind, path := "", ""
	switch {
	case call.On("NoWitness"):
		kind = "none"
	case call.On("CloudWitness"):
		if call.Text("AccountName") == "" || call.Text("AccessKey") == "" {
			return clusterFailure("InvalidArgument", "The parameters AccountName and AccessKey are required for a cloud witness.")
		}
		end := call.Text("Endpoint")
		if end == "" {
			end = "core.windows.net"
		}
		kind, path = "cloud", call.Text("AccountName")+".blob."+end
	case call.Has("FileShareWitness"):
		kind, path = "share", call.Text("FileShareWitness")
		if !strings.HasPrefix(path, `\\`) || strings.Count(path, `\`) < 3 {
			return clusterFailure("InvalidArgument", "There was an error configuring the file share witness '"+path+"'.\r\n    Unable to save property changes for 'File Share Witness'.\r\n    The network path was not found")
		}
	case call.Has("DiskWitness"):
		rec := resourceMissing(call.Text("DiskWitness"))
		return rec
	default:
		return powershell.NewError("System.Management.Automation.ParameterBindingException", "AmbiguousParameterSet", "InvalidArgument", nil, "Parameter set cannot be resolved using the specified named parameters.")
	}
	yes, err := call.Proceed(call.Name(), s.h.cluster.shape.Name)
	if err != nil || !yes {
		return err
	}
	if err := s.change(func(c *simCluster) error { c.setWitness(kind, path); return nil }); err != nil {
		return err
	}
	return s.getQuorum(call)
}

// emptyDomain is a site or rack in which no node needs to stand.
type emptyDomain struct{ kind, name, parent string }

func (s *console) newFaultDomain(call *powershell.Call) error {
	for _, name := range call.Texts("Name") {
		kind := map[string]string{"site": "Site", "rack": "Rack", "chassis": "Chassis"}[strings.ToLower(call.Text("Type"))]
		yes, err := call.Proceed(call.Name(), name)
		if err != nil || !yes {
			return err
		}
		err = s.change(func(c *simCluster) error {
			if _, have := c.domainKind(name); have {
				return powershell.NewError(cimException, "HRESULT 0x800700b7", "NotSpecified", name, "Failed to create fault domain '"+name+"': Cannot create a file when that file already exists. ")
			}
			c.domains = append(c.domains, emptyDomain{kind: kind, name: name})
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.domainNamed(call, name); err != nil {
			return err
		}
	}
	return nil
}

// domainKind says what kind of fault domain has the name.
func (c *simCluster) domainKind(name string) (string, bool) {
	for _, n := range c.nodes {
		switch {
		case strings.EqualFold(n.Name, name):
			return "Node", true
		case n.Rack != "" && strings.EqualFold(n.Rack, name):
			return "Rack", true
		case n.Site != "" && strings.EqualFold(n.Site, name):
			return "Site", true
		}
	}
	for _, d := range c.domains {
		if strings.EqualFold(d.name, name) {
			return d.kind, true
		}
	}
	return "", false
}

func (s *console) domainNamed(call *powershell.Call, name string) error {
	return s.read(call, func(c *simCluster) ([]any, error) {
		var out []any
		for _, v := range c.faultDomains(nil) {
			if strings.EqualFold(v.(*powershell.Object).String(), name) {
				out = append(out, v)
			}
		}
		return out, nil
	})
}

func (s *console) setFaultDomain(call *powershell.Call) error {
	parent := call.Text("Parent")
	for _, name := range call.Texts("Name") {
		yes, err := call.Proceed(call.Name(), name)
		if err != nil || !yes {
			return err
		}
		err = s.change(func(c *simCluster) error {
			missing := func(name string) error {
				return powershell.NewError(cimException, "HRESULT 0x80070490", "NotSpecified", name, "Failed to find fault domain '"+name+"': Element not found. ")
			}
			kind, ok := c.domainKind(name)
			if !ok {
				return missing(name)
			}
			over, ok := c.domainKind(parent)
			if parent != "" && !ok {
				return missing(parent)
			}
			c.setParent(kind, name, over, parent)
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.domainNamed(call, name); err != nil {
			return err
		}
	}
	return nil
}

// setParent moves a node or rack under another fault domain; heartbeats follow
// the sites.
func (c *simCluster) setParent(kind, name, over, parent string) {
	siteOf := func(rack string) string {
		for _, n := range c.nodes {
			if strings.EqualFold(n.Rack, rack) {
				return n.Site
			}
		}
		for _, d := range c.domains {
			if d.kind == "Rack" && strings.EqualFold(d.name, rack) {
				return d.parent
			}
		}
		return ""
	}
	for _, n := range c.nodes {
		switch {
		case kind == "Node" && strings.EqualFold(n.Name, name):
			c.keepDomain("Rack", n.Rack, n.Site)
			c.keepDomain("Site", n.Site, "")
			n.Rack, n.Site = "", ""
			switch over {
			case "Rack":
				n.Rack, n.Site = parent, siteOf(parent)
			case "Site":
				n.Site = parent
			}
		case kind == "Rack" && strings.EqualFold(n.Rack, name):
			c.keepDomain("Site", n.Site, "")
			n.Site = parent
		}
	}
	for i := range c.domains {
		if c.domains[i].kind == kind && strings.EqualFold(c.domains[i].name, name) {
			c.domains[i].parent = parent
		}
	}
	c.relayRoutes()
}

// keepDomain remembers a fault domain that the last node may be leaving.
func (c *simCluster) keepDomain(kind, name, parent string) {
	if name != "" && !slices.ContainsFunc(c.domains, func(d emptyDomain) bool { return d.kind == kind && d.name == name }) {
		c.domains = append(c.domains, emptyDomain{kind, name, parent})
	}
}

// faultDomains are the sites, racks and nodes of the types asked for.
func (c *simCluster) faultDomains(types []string) []any {
	type domain struct {
		kind, name, parent string
		children           []any
	}
	var all []*domain
	find := func(kind, name, parent string) *domain {
		for _, d := range all {
			if d.kind == kind && d.name == name {
				return d
			}
		}
		d := &domain{kind: kind, name: name, parent: parent}
		all = append(all, d)
		return d
	}
	for _, n := range c.nodes {
		if n.Site != "" {
			find("Site", n.Site, "")
		}
	}
	for _, n := range c.nodes {
		if n.Rack != "" {
			find("Rack", n.Rack, n.Site)
		}
	}
	for _, d := range c.domains {
		find(d.kind, d.name, d.parent)
	}
	for _, n := range c.nodes {
		parent := n.Rack
		if parent == "" {
			parent = n.Site
		}
		find("Node", n.Name, parent)
	}
	for _, d := range all {
		for _, up := range all {
			if up.name == d.parent && up.kind != d.kind && d.parent != "" {
				up.children = append(up.children, d.name)
				break
			}
		}
	}
	var out []any
	for _, d := range all {
		if len(types) > 0 && !anyFold(types, d.kind) {
			continue
		}
		children := d.children
		if children == nil {
			children = []any{}
		}
		o := powershell.NewObject(clusterClass+"ClusterFaultDomain", "Name", d.name, "Type", powershell.Enum{Type: clusterClass + "FaultDomainType", Value: int64(map[string]int{"Site": 1000, "Rack": 2000, "Chassis": 3000, "Node": 4000}[d.kind]), Name: d.kind},
			"ParentName", d.parent, "ChildrenNames", children, "Location", "", "Description", "", "Id", guid(c.seed, "fault domain", d.kind, d.name))
		name := d.name
		o.Text = func() string { return name }
		out = append(out, o)
	}
	return out
}
