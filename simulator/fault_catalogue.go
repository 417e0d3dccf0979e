package simulator

import (
	"slices"
	"time"

	"looksalive/cluster"
)

// kinds is the fault catalogue.
var kinds = slices.Concat(clusterKinds, setupKinds)

// clusterKinds is what happens to a cluster that works.
var clusterKinds = []Kind{
	{
		Kind: "node-down", TargetKind: "node", Destructive: true,
		Description: "The node stops: its roles restart elsewhere, its drives are missing, nothing answers there.",
		Params: []Param{{Name: "how", Default: offCrash, Choices: []string{offCrash, offPower},
			Description: "crash: the others know at once (bug check, reset connections); power: only missing heartbeats tell, so machines wait for the resiliency period"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).off = f.text("how") },
	},
	{
		Kind: "network-partition", TargetKind: "network", Destructive: true,
		Description: "The network breaks: between the sites (or halves), or for one node only.",
		Params:      []Param{{Name: "node", Default: "", Description: "the node that loses the network; empty: broken between the sites"}},
		apply: func(c *simCluster, f *Fault) {
			c.cond.cuts = append(c.cond.cuts, cut{net: c.network(f.Target), node: c.node(f.text("node")), rate: 1})
		},
	},
	{
		Kind: "packet-loss", TargetKind: "network",
		Description: "Packets get lost on a network; heartbeats too, and storage traffic slows down.",
		Params: []Param{
			{Name: "percent", Default: 40, Min: 1, Max: 99, Description: "share of packets lost"},
			{Name: "node", Default: "", Description: "only for this node; empty: for all"},
		},
		apply: func(c *simCluster, f *Fault) {
			net, rate := c.network(f.Target), f.number("percent")/100
			c.cond.cuts = append(c.cond.cuts, cut{net: net, node: c.node(f.text("node")), rate: rate})
			if net.Role != int(cluster.RoleNone) {
				c.cond.latency *= 1 + 4*rate
			} else {
				c.cond.latency *= 1 + 12*rate // iSCSI: every loss is a retry of a disk
			}
		},
	},
	{
		Kind: "node-isolated", TargetKind: "node", Destructive: true,
		Description: "The node loses every cluster network but keeps running: Isolated, its machines unmonitored, after the resiliency period they fail over. Remote management still works.",
		apply: func(c *simCluster, f *Fault) {
			c.cond.cuts = append(c.cond.cuts, cut{node: c.node(f.Target), rate: 1})
		},
	},
	{
		Kind: "node-quarantined", TargetKind: "node", Destructive: true,
		Description: "The node is locked out of the cluster as after three isolations within an hour; its machines move.",
		apply:       func(*simCluster, *Fault) {},
		begin:       func(c *simCluster, f *Fault) { c.quarantine(c.node(f.Target), f) },
		end: func(c *simCluster, f *Fault) {
			if n := c.node(f.Target); n.quarantinedBy == f {
				n.release()
			}
		},
	},
	{
		Kind: "service-stopped", TargetKind: "node", Destructive: true, several: []string{"service"},
		Description: "A Windows service is stopped. ClusSvc takes the node out of the cluster, WinRM makes it unreachable for us.",
		Params: []Param{{Name: "service", Default: "vmms", Choices: []string{"ClusSvc", "vmms", "WinRM", "vmcompute", "W32Time", "Winmgmt", "himds", "HciCloudManagementSvc"},
			Description: "the service's name"}},
		apply: func(c *simCluster, f *Fault) {
			on := c.onNode(f)
			on.stopped[f.text("service")] = true
			if f.text("service") == "WinRM" {
				on.winrm = "refused"
			}
		},
	},
	{
		Kind: "clock-skew", TargetKind: "node",
		Description: "The node's clock is wrong.",
		Params:      []Param{{Name: "seconds", Default: 90, Min: -86400, Max: 86400, Description: "ahead of the true time; negative: behind"}},
		apply: func(c *simCluster, f *Fault) {
			c.onNode(f).clockStep += time.Duration(f.number("seconds") * float64(time.Second))
		},
	},
	{
		Kind: "disk-latency", TargetKind: "node",
		Description: "Reads and writes on the node take much longer.",
		Params:      []Param{{Name: "factor", Default: 120, Min: 2, Max: 1000, Description: "how many times longer"}},
		apply:       func(c *simCluster, f *Fault) { c.onNode(f).latency *= f.number("factor") },
	},
	{
		Kind: "drive-failed", TargetKind: "drive", Destructive: true,
		Description: "A physical drive of the pool fails; virtual disks lose a copy until they are repaired.",
		Params:      []Param{{Name: "how", Default: "failed", Choices: []string{"failed", "lost", "predictive"}, Description: "failed media, lost communication, or a failure predicted"}},
		apply: func(c *simCluster, f *Fault) {
			for _, d := range c.drives {
				if d.serial == f.Target {
					c.cond.drives[d] = f.text("how")
				}
			}
		},
	},
	{
		Kind: "volume-filling", TargetKind: "volume",
		Description: "Something writes the volume full; it is deleted again when the fault is cleared.",
		Params: []Param{
			{Name: "percent", Default: 97, Min: 1, Max: 100, Description: "how full it gets"},
			{Name: "minutes", Default: 4, Min: 0, Max: 10080, Description: "how long that takes"},
		},
		apply: func(c *simCluster, f *Fault) {
			c.cond.fills[c.volume(f.Target)] = fill{f.Since, time.Duration(max(f.number("minutes"), 1.0/60) * float64(time.Minute)), f.number("percent") / 100}
		},
	},
	{
		Kind: "certificate-expiring", TargetKind: "node",
		Description: "The certificate of the node's WinRM listener ends soon; the key stays.",
		Params:      []Param{{Name: "days", Default: 5, Min: -30, Max: 365, Description: "days left; negative: it has ended"}},
		apply: func(c *simCluster, f *Fault) {
			on := c.onNode(f)
			on.certDays, on.certSet = int(f.number("days")), true
		},
	},
	{
		Kind: "witness-offline", TargetKind: "witness", Destructive: true,
		Description: "The witness cannot be reached; dynamic quorum takes its vote away.",
		apply:       func(c *simCluster, f *Fault) { c.cond.witnessOff = c.cond.witnessOff || c.witnessName == f.Target },
	},
	{
		Kind: "winrm-refusing", TargetKind: "node",
		Description: "Remote management of the node does not work, the cluster is fine.",
		Params: []Param{{Name: "how", Default: "refused", Choices: []string{"refused", "401", "hang", "slow"},
			Description: "refused: nothing listens; 401: no password is accepted; hang: connections are accepted and never answered; slow: answered, one byte in a second"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).winrm = f.text("how") },
	},
	{
		Kind: "resource-failed", TargetKind: "resource",
		Description: "A clustered resource fails and stays failed; its role is partly online or failed.",
		apply: func(c *simCluster, f *Fault) {
			for _, r := range c.roles {
				for _, res := range r.resources {
					if res.name == f.Target {
						c.cond.failed[res] = true
					}
				}
			}
		},
	},
	{
		Kind: "node-maintenance", TargetKind: "node",
		Description: "The node is paused and drained; when cleared it resumes and its roles come back.",
		Params:      []Param{{Name: "drain", Default: "yes", Choices: []string{"yes", "no"}, Description: "whether its roles move away"}},
		apply: func(c *simCluster, f *Fault) {
			on := c.onNode(f)
			on.drain, on.stay = true, f.text("drain") == "no"
		},
	},
}

func (c *simCluster) onNode(f *Fault) *nodeCondition { return c.condOf(c.node(f.Target)) }
