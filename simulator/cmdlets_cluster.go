package simulator

import (
	"errors"
	"fmt"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/powershell"
)

func (s *console) clusterCmdlets() []*powershell.Cmdlet {
	return []*powershell.Cmdlet{
		{Name: "Get-Cluster", Class: clusterClass + "GetClusterCommand", Module: clusterModule, Params: []powershell.Param{{Name: "Name", Aliases: []string{"Cluster"}, Kind: powershell.KindString, Position: 1, Pipeline: true}, {Name: "Domain", Kind: powershell.KindString}}, Process: s.getCluster},
		{Name: "Get-ClusterQuorum", Class: clusterClass + "GetQuorumCommand", Module: clusterModule, Params: []powershell.Param{{Name: "Cluster", Kind: powershell.KindString}, {Name: "InputObject", Pipeline: true}}, Process: s.getQuorum},
		{Name: "Get-ClusterFaultDomain", Class: "Get-ClusterFaultDomain", Module: clusterModule, Params: nameParams(powershell.Param{Name: "Type", Kind: powershell.KindStrings}), Process: s.getFaultDomain},
	}
}

// live makes a property that reaches into the model: it can be read after the
// cmdlet ended, and set if there is a set.
func (s *console) live(name string, get func(*simCluster) any, set func(*simCluster, int) error) powershell.Property {
	c := s.h.cluster
	p := powershell.Property{Name: name, Get: func() any {
		c.mu.Lock()
		defer c.mu.Unlock()
		return get(c)
	}}
	if set == nil {
		return p
	}
	p.Set = func(v any) error {
		n, err := powershell.Int(v)
		if err != nil {
			return err
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.advance(s.h.sim.opts.Now())
		if err := s.notMember(c); err != nil {
			return err
		}
		if err := set(c, n); err != nil {
			return fmt.Errorf("Unable to save property changes for '%s'.\r\n    %w", c.shape.Name, err)
		}
		c.moving()
		s.h.sim.log.Info("cluster property set", "cluster", c.shape.Name, "node", s.h.node.Name, "property", name, "value", n)
		return nil
	}
	return p
}

// errParameter is ERROR_INVALID_PARAMETER.
var errParameter = errors.New("The parameter is incorrect")

// between sets a number within its limits.
func between(low, high int, put func(c *simCluster, n int)) func(*simCluster, int) error {
	return func(c *simCluster, n int) error {
		if n < low || n > high {
			return errParameter
		}
		put(c, n)
		return nil
	}
}

func (s *console) getCluster(call *powershell.Call) error {
	name := call.Text("Name")
	if name != "" && s.reachable(name) == nil {
		return clusterFailure("ConnectionError", "Check the spelling of the cluster name. Otherwise, there might be a problem with your network. Make sure the cluster nodes are turned on and connected to the network or contact your network administrator.\r\n    The RPC server is unavailable")
	}
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		return []any{s.clusterObject(c)}, nil
	})
}

func (s *console) reachable(name string) *simCluster {
	own := s.h.cluster.shape
	if name == "." || powershell.Wildcard(own.Name, name) || powershell.Wildcard(own.Name+"."+own.Domain, name) || s.findNode(name) != nil {
		return s.h.cluster
	}
	return nil
}

func (s *console) clusterObject(c *simCluster) *powershell.Object {
	o := powershell.NewObject(clusterClass+"Cluster", "Name", c.shape.Name, "Domain", c.shape.Domain, "Id", guid(c.seed, "cluster"))
	name := c.shape.Name
	o.Text = func() string { return name }
	ms := func(p func(*cluster.HeartbeatPolicy) *time.Duration) (func(*simCluster) any, func(*simCluster, int)) {
		return func(c *simCluster) any { return uint32(p(&c.policy).Milliseconds()) },
			func(c *simCluster, n int) { *p(&c.policy) = time.Duration(n) * time.Millisecond; c.relayRoutes() }
	}
	count := func(p func(*cluster.HeartbeatPolicy) *int) (func(*simCluster) any, func(*simCluster, int)) {
		return func(c *simCluster) any { return uint32(*p(&c.policy)) },
			func(c *simCluster, n int) { *p(&c.policy) = n; c.relayRoutes() }
	}
	add := func(name string, low, high int, get func(*simCluster) any, put func(*simCluster, int)) {
		o.Add(s.live(name, get, between(low, high, put)))
	}
	type policy = cluster.HeartbeatPolicy
	get, put := ms(func(p *policy) *time.Duration { return &p.SameSubnetDelay })
	add("SameSubnetDelay", 250, 2000, get, put)
	get, put = count(func(p *policy) *int { return &p.SameSubnetThreshold })
	add("SameSubnetThreshold", 3, 120, get, put)
	get, put = ms(func(p *policy) *time.Duration { return &p.CrossSubnetDelay })
	add("CrossSubnetDelay", 250, 4000, get, put)
	get, put = count(func(p *policy) *int { return &p.CrossSubnetThreshold })
	add("CrossSubnetThreshold", 3, 120, get, put)
	get, put = ms(func(p *policy) *time.Duration { return &p.CrossSiteDelay })
	add("CrossSiteDelay", 250, 4000, get, put)
	get, put = count(func(p *policy) *int { return &p.CrossSiteThreshold })
	add("CrossSiteThreshold", 3, 120, get, put)
	get, put = count(func(p *policy) *int { return &p.RouteHistoryLength })
	add("RouteHistoryLength", 2, 240, get, put)
	add("PlumbAllCrossSubnetRoutes", 0, 1, func(c *simCluster) any { return uint32(answerBit(c.policy.PlumbAllCrossSubnetRoutes)) }, func(c *simCluster, n int) {
		c.policy.PlumbAllCrossSubnetRoutes = n == 1
		c.relayRoutes()
	})
	add("ResiliencyLevel", 1, 2, func(c *simCluster) any { return uint32(c.resiliency.Level) }, func(c *simCluster, n int) { c.resiliency.Level = n })
	seconds := func(p func(*simCluster) *time.Duration) (func(*simCluster) any, func(*simCluster, int)) {
		return func(c *simCluster) any { return uint32(p(c).Seconds()) }, func(c *simCluster, n int) { *p(c) = time.Duration(n) * time.Second }
	}
	get, put = seconds(func(c *simCluster) *time.Duration { return &c.resiliency.DefaultPeriod })
	add("ResiliencyDefaultPeriod", 0, 1<<30, get, put)
	add("QuarantineThreshold", 1, 1000, func(c *simCluster) any { return uint32(c.resiliency.QuarantineThreshold) }, func(c *simCluster, n int) { c.resiliency.QuarantineThreshold = n })
	get, put = seconds(func(c *simCluster) *time.Duration { return &c.resiliency.QuarantineDuration })
	add("QuarantineDuration", 0, 1<<30, get, put)
	add("DynamicQuorum", 0, 1, func(c *simCluster) any { return uint32(1 - answerBit(c.shape.StaticQuorum)) }, func(c *simCluster, n int) { c.shape.StaticQuorum = n == 0; c.weigh() })
	o.Add(s.live("WitnessDynamicWeight", func(c *simCluster) any { return uint32(c.witnessWeight) }, nil))
	for _, d := range clusterDefaults {
		o.Add(s.kept("cluster", d.name, d.value))
	}
	state := c.answerState(s.h.node)
	o.Add(powershell.Property{Name: "ClusterFunctionalLevel", Value: uint32(state.ClusterFunctionalLevel)})
	o.Add(powershell.Property{Name: "ClusterUpgradeVersion", Value: uint32(state.ClusterUpgradeVersion)})
	o.Add(powershell.Property{Name: "S2DEnabled", Value: uint32(state.S2DEnabled)})
	o.Add(powershell.Property{Name: "SharedVolumesRoot", Value: `C:\ClusterStorage`})
	return o
}

func answerBit(on bool) int {
	if on {
		return 1
	}
	return 0
}

// relayRoutes lays the routes anew after the heartbeat settings changed; what
// was not heard before is not heard now.
func (c *simCluster) relayRoutes() {
	type key struct {
		a, b   *simNode
		na, nb *simNetwork
	}
	silence := map[key]time.Duration{}
	for _, r := range c.routes {
		silence[key{r.a, r.b, r.netA, r.netB}] = r.silence
	}
	c.routes = nil
	c.addRoutes()
	for _, r := range c.routes {
		r.silence = silence[key{r.a, r.b, r.netA, r.netB}]
	}
	c.indexRoutes()
}

func (s *console) getQuorum(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		o := powershell.NewObject(clusterClass+"ClusterQuorumSettings", "Cluster", c.shape.Name, "QuorumResource", nil, "QuorumType", powershell.Enum{Type: clusterClass + "ClusterQuorumType", Value: 1, Name: "Majority"}) // since 2016, whatever the witness
		if c.witness != nil {
			o.Property("QuorumResource").Value = s.resourceObject(c, c.roles[0], c.witness)
		}
		return []any{o}, nil
	})
}

func (s *console) getFaultDomain(call *powershell.Call) error {
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		out := c.faultDomains(call.Texts("Type"))
		return pick(call, "fault domain", wanted(call), out)
	})
}
