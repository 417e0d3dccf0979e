package simulator

import (
	"fmt"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// healthFaults is what the cluster's own Health Service would report. Reasons,
// actions and types are those of Microsoft's list; the drives of a node that is
// down are not reported one by one, its own fault explains them.
func (c *simCluster) healthFaults() []scripts.StorageFault {
	out := []scripts.StorageFault{}
	add := func(kind string, severity int, object, objectType, location string, since time.Time, reason, action string) {
		out = append(out, scripts.StorageFault{
			FaultId: guid(c.seed, kind, object, since.Unix()), FaultType: "Microsoft.Health.FaultType." + kind, PerceivedSeverity: severity,
			Reason: reason, RecommendedActions: []string{action}, FaultingObjectUniqueId: guid(c.seed, objectType, object),
			FaultingObjectType: "Microsoft.Health.EntityType." + objectType, FaultingObjectDescription: object,
			FaultingObjectLocation: location, FaultTime: utc(since),
		})
	}
	down := false
	for _, n := range c.nodes {
		_, status, _ := n.state()
		switch {
		case status.Has(cluster.StatusQuarantined):
			add("Server.Quarantined", 6, n.Name, "Server", n.Rack, n.memberSince, "The server is quarantined by the cluster due to recurring failures.", "Replace the server or fix the network.")
		case status.Has(cluster.StatusIsolated):
			add("Server.Isolated", 6, n.Name, "Server", n.Rack, n.memberSince, "The server is isolated from the cluster due to connectivity issues.", "If isolation persists, check the network(s) or migrate workloads to other nodes.")
		case n.member == memberDown:
			add("Server.Down", 6, n.Name, "Server", n.Rack, n.memberSince, "The server cannot be reached.", "Start or replace server.")
		default:
			continue
		}
		down = true
	}
	for _, d := range c.drives {
		where := fmt.Sprintf("%s, slot %d", d.node.Name, d.slot)
		what := fmt.Sprintf("%s %s", d.model, d.serial)
		switch since := c.faultSince("drive-failed", d.serial); c.cond.drives[d] {
		case "failed":
			add("PhysicalDisk.FailedMedia", 6, what, "PhysicalDisk", where, since, "The physical disk has failed.", "Replace the physical disk.")
		case "lost":
			add("PhysicalDisk.LostCommunication", 6, what, "PhysicalDisk", where, since, "Connectivity has been lost to the physical disk.", "Check that the physical disk is working and properly connected.")
		case "predictive":
			add("PhysicalDisk.PredictiveFailure", 4, what, "PhysicalDisk", where, since, "A failure of the physical disk is predicted to occur soon.", "Replace the physical disk.")
		}
	}
	for _, v := range c.volumes {
		switch health, status := c.diskHealth(v); {
		case health == healthBad:
			add("VirtualDisks.NoRedundancy", 6, v.Name, "VirtualDisk", "", c.now.Truncate(time.Hour), "Some data on this volume has no copy left.", "Bring the missing drives back.")
		case status == opInService, !down && status == opDegraded:
			add("VirtualDisks.NeedsRepair", 3, v.Name, "VirtualDisk", "", c.now.Truncate(time.Hour), "Some data on this volume is not fully resilient. It remains accessible.", "Restoring resiliency of the data.")
		}
		if used := float64(c.used(v, c.now)) / float64(v.size); used >= 0.90 {
			severity := 4
			if used >= 0.95 {
				severity = 6
			}
			add("Volume.Capacity", severity, v.Name, "Volume", "", c.faultSince("volume-filling", v.Name), "The volume is running out of available space.", "Expand the volume or migrate workloads to other volumes.")
		}
	}
	if c.witness != nil && c.cond.witnessOff {
		add("ClusterQuorumWitness.Error", 6, c.witnessName, "Cluster", "", c.faultSince("witness-offline", c.witnessName), "The cluster is one server failure away from going down.", "Check the witness resource, and restart as needed. Start or replace failed servers.")
	}
	for _, net := range c.nets {
		for _, n := range c.nodes {
			if n.active() && net.has[n.index] && c.unplugged(net, n) {
				add("NetworkInterface.Missing", 5, n.Name+" "+adapterName(net), "NetworkInterface", n.Name, c.faultSince("network-partition", net.Name), fmt.Sprintf("The server %s has missing network adapter(s) connected to cluster network %s.", n.Name, net.Name), "Connect the server to the missing cluster network.")
			}
		}
	}
	return out
}

// faultSince is when the injected fault behind an observation began; without
// one, the start of the hour.
func (c *simCluster) faultSince(kind, target string) time.Time {
	for _, f := range c.faults {
		if f.Kind == kind && f.Target == target {
			return f.Since
		}
	}
	return c.now.Truncate(time.Hour)
}
