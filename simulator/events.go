package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// The logs the model writes to.
const (
	logSystem      = "System"
	logSecurity    = "Security"
	logApplication = "Application"
	logCluster     = "Microsoft-Windows-FailoverClustering/Operational"

	providerCluster  = "Microsoft-Windows-FailoverClustering"
	providerServices = "Service Control Manager"
	providerSecurity = "Microsoft-Windows-Security-Auditing"
	providerGeneral  = "Microsoft-Windows-Kernel-General"
	providerPower    = "Microsoft-Windows-Kernel-Power"
)

// Levels of events. Audits of the security log have none and read as information.
const (
	levelAudit, levelCritical, levelError, levelWarning, levelInfo = 0, 1, 2, 3, 4
)

// maxEvents is how many events a cluster keeps; the oldest go first, as in a log
// that overwrites.
const maxEvents = 4000

// logEvent is one event in the logs of some nodes.
type logEvent struct {
	at            time.Time
	record        int64
	id, level     int
	log, provider string
	message       string
	user          string // DOMAIN\user behind it, "" for none
	nodes         uint64 // the nodes that logged it, a bit for each index
}

// journal turns changes of the model into events: it compares what is with what was.
type journal struct {
	events []logEvent
	last   int64
	was    snapshot
}

// snapshot is what the journal compares.
type snapshot struct {
	nodes    []nodeShot
	roles    map[*simRole]roleShot
	res      map[*simResource]cluster.ResourceState
	nets     []cluster.NetworkState
	adapters map[[2]int]cluster.InterfaceState // network, node
	volumes  map[*simVolume]cluster.VolumeState
	quorate  bool
	witness  bool
}

type nodeShot struct {
	member     membership
	quarantine bool
	paused     bool
	drain      cluster.DrainStatus
	boot       time.Time
	step       time.Duration
	lost       bool
	services   map[string]bool
}

type roleShot struct {
	owner, target *simNode
	state         cluster.GroupState
	unmonitored   bool
}

func (c *simCluster) snapshot() snapshot {
	s := snapshot{roles: map[*simRole]roleShot{}, res: map[*simResource]cluster.ResourceState{}, adapters: map[[2]int]cluster.InterfaceState{}, volumes: map[*simVolume]cluster.VolumeState{}, quorate: c.quorate, witness: c.witnessOnline()}
	for _, n := range c.nodes {
		shot := nodeShot{n.member, !n.quarantinedUntil.IsZero(), n.paused, n.drain, n.boot, c.condOf(n).clockStep, n.lostQuorum, map[string]bool{}}
		for _, v := range c.installed() {
			shot.services[v.name] = c.serviceState(n, v.name) == "Running"
		}
		s.nodes = append(s.nodes, shot)
	}
	for _, r := range c.roles {
		s.roles[r] = roleShot{r.owner, r.target, r.state, r.status.Has(cluster.GroupUnmonitored)}
		for _, res := range r.resources {
			s.res[res] = res.state
		}
	}
	for _, net := range c.nets {
		s.nets = append(s.nets, c.networkState(net))
		for _, n := range c.nodes {
			if net.has[n.index] {
				s.adapters[[2]int{net.index, n.index}] = c.interfaceState(net, n)
			}
		}
	}
	for _, v := range c.volumes {
		s.volumes[v] = c.access(v)
	}
	return s
}

func bit(n *simNode) uint64 { return 1 << n.index }

// members are the nodes whose cluster service is in the membership.
func (c *simCluster) members() (bits uint64) {
	for _, n := range c.nodes {
		if n.active() {
			bits |= bit(n)
		}
	}
	return bits
}

// note adds an event to the logs of some nodes; those without power write nothing.
func (c *simCluster) note(nodes uint64, log, provider string, id, level int, format string, args ...any) *logEvent {
	for _, n := range c.nodes {
		if !c.powered(n) {
			nodes &^= bit(n)
		}
	}
	if nodes == 0 {
		return &logEvent{}
	}
	if len(c.journal.events) >= maxEvents {
		c.journal.events = slices.Delete(c.journal.events, 0, maxEvents/4)
	}
	c.journal.last++
	c.journal.events = append(c.journal.events, logEvent{at: c.now, record: c.journal.last, id: id, level: level, log: log, provider: provider, message: fmt.Sprintf(format, args...), nodes: nodes})
	return &c.journal.events[len(c.journal.events)-1]
}

// cluster notes an event of the cluster service in the System log.
func (c *simCluster) noteCluster(nodes uint64, id, level int, format string, args ...any) {
	c.note(nodes, logSystem, providerCluster, id, level, format, args...)
}

// The sentences many network events end with.
const checkNetwork = "Run the Validate a Configuration wizard to check your network configuration. If the condition persists, check for hardware or software errors related to the network adapter. Also check for failures in any other network components to which the node is connected such as hubs, switches, or bridges."

// write compares the model with what it was and notes the differences. Texts and
// levels are those of "Failover Clustering system log events", Microsoft Learn.
func (c *simCluster) write() {
	was, is := c.journal.was, c.snapshot()
	c.journal.was = is
	if was.nodes == nil {
		return
	}
	for i, n := range c.nodes {
		c.writeNode(n, was.nodes[i], is.nodes[i])
	}
	if was.quorate && !is.quorate {
		for i, n := range c.nodes {
			if !was.nodes[i].lost && is.nodes[i].lost {
				c.noteCluster(bit(n), 1177, levelCritical, "The Cluster service is shutting down because quorum was lost. This could be due to the loss of network connectivity between some or all nodes in the cluster, or a failover of the witness disk. \r\n%s", checkNetwork)
			}
		}
	}
	c.writeNetworks(was, is)
	for _, r := range c.roles {
		if old, ok := was.roles[r]; ok {
			c.writeRole(r, old, is.roles[r], was, is)
		}
	}
	for _, v := range c.volumes {
		name := [2]any{v.Name, v.res.name}
		switch old, now := was.volumes[v], is.volumes[v]; {
		case old == now || !is.quorate:
		case now == cluster.VolumePaused:
			c.noteCluster(c.members(), 5120, levelWarning, "Cluster Shared Volume '%s' ('%s') has entered a paused state because of 'STATUS_CONNECTION_DISCONNECTED(c000020c)'. All I/O will temporarily be queued until a path to the volume is reestablished.", name[0], name[1])
		case now == cluster.VolumeUnavailable:
			c.noteCluster(c.members(), 5142, levelError, "Cluster Shared Volume '%s' ('%s') is no longer accessible from this cluster node because of error 'ERROR_TIMEOUT(1460)'. Please troubleshoot this node's connectivity to the storage device and network connectivity.", name[0], name[1])
		case now == cluster.VolumeBlockRedirected:
			c.noteCluster(c.members(), 5121, levelInfo, "Cluster Shared Volume '%s' ('%s') is no longer directly accessible from this cluster node. I/O access will be redirected to the storage device over the network to the node that owns the volume. If this results in degraded performance, please troubleshoot this node's connectivity to the storage device and I/O will resume to a healthy state once connectivity to the storage device is reestablished.", name[0], name[1])
		}
	}
	if was.witness && !is.witness && c.witness != nil {
		c.noteCluster(bit(c.roles[0].owner), 1558, levelWarning, "The cluster service detected a problem with the witness resource. The witness resource will be failed over to another node within the cluster in an attempt to reestablish access to cluster configuration data.")
		if c.witnessType == "File Share Witness" {
			c.noteCluster(bit(c.roles[0].owner), 1562, levelWarning, "File share witness resource '%s' failed a periodic health check on file share '%s'. Please ensure that file share '%[2]s' exists and is accessible by the cluster.", c.witnessName, c.witnessPath)
		}
	}
}

func (c *simCluster) writeNode(n *simNode, was, is nodeShot) {
	others := c.members() &^ bit(n)
	if was.member != is.member {
		switch is.member {
		case memberDown:
			if !is.quarantine {
				c.noteCluster(others, 1135, levelCritical, "Cluster node '%s' was removed from the active failover cluster membership. The Cluster service on this node may have stopped. This could also be due to the node having lost communication with other active nodes in the failover cluster. Run the Validate a Configuration wizard to check your network configuration. If the condition persists, check for hardware or software errors related to the network adapters on this node. Also check for failures in any other network components to which the node is connected such as hubs, switches, or bridges.", n.Name)
			}
		case memberIsolated:
			c.noteCluster(others|bit(n), 1673, levelWarning, "Cluster node '%s' has entered the isolated state.", n.Name)
			if names := c.machinesOn(n); names != "" {
				c.noteCluster(bit(n), 1681, levelWarning, "Virtual machines on node '%s' have entered an unmonitored state. The virtual machines health will be monitored again once the node returns from an isolated state or may failover if the node does not return. The virtual machine no longer being monitored are: %s.", n.Name, names)
			}
		case memberUp:
			if was.member == memberIsolated {
				c.noteCluster(others|bit(n), 1680, levelInfo, "Cluster node '%s' has exited the isolated state.", n.Name)
				if names := c.machinesOn(n); names != "" {
					c.noteCluster(bit(n), 1682, levelInfo, "Node '%s' has rejoined the cluster and the following virtual machines running on that node are once again having their health state monitored: %s.", n.Name, names)
				}
				break
			}
			c.note(bit(n), logCluster, providerCluster, 1062, levelInfo, "This node successfully joined the failover cluster '%s'.", c.shape.Name)
		}
	}
	if !was.quarantine && is.quarantine {
		until := n.quarantinedUntil.UTC().Format("2006/01/02-15:04:05.000")
		c.noteCluster(others|bit(n), 1672, levelCritical, "Cluster node '%s' has been quarantined. The node experienced '%d' consecutive failures within a short amount of time and has been removed from the cluster to avoid further disruptions. The node will be quarantined until '%s' and then the node will automatically attempt to re-join the cluster. \r\nRefer to the System and Application event logs to determine the issues on this node. When the issue is resolved, quarantine can be manually cleared to allow the node to rejoin with the 'Start-ClusterNode –ClearQuarantine' Windows PowerShell cmdlet.\r\n\r\nNode Name : %[1]s\r\nNumber of consecutive cluster membership loses: %[2]d\r\nTime quarantine will be automatically cleared: %[3]s",
			n.Name, max(len(n.isolations), c.resiliency.QuarantineThreshold), until)
	}
	if was.drain != is.drain && is.drain == cluster.DrainFailed {
		c.noteCluster(bit(n), 1677, levelError, "Node drain failed on Cluster node %s. \r\nReference the node's System and Application event logs and cluster logs to investigate the cause of the drain failure. When the problem is resolved, you can retry the drain operation.", n.Name)
	}
	if was.boot != is.boot {
		c.writeBoot(n)
	}
	if was.step != is.step {
		before, after := utc(c.now.Add(was.step)), utc(c.now.Add(is.step))
		c.note(bit(n), logSystem, providerGeneral, 1, levelInfo, "The system time has changed to %s from %s.\r\n\r\nChange Reason: An application or system component changed the time.", after, before)
	}
	for _, v := range c.installed() {
		switch old, now := was.services[v.name], is.services[v.name]; {
		case old && !now:
			c.note(bit(n), logSystem, providerServices, 7036, levelInfo, "The %s service entered the stopped state.", v.display)
		case !old && now:
			c.note(bit(n), logSystem, providerServices, 7036, levelInfo, "The %s service entered the running state.", v.display)
		}
	}
}

// writeBoot is what a machine logs when it starts.
func (c *simCluster) writeBoot(n *simNode) {
	for _, e := range c.bootEvents(n, !n.orderly) {
		c.note(bit(n), e.log, e.provider, e.id, e.level, "%s", e.message)
	}
	n.orderly = false
}

func (c *simCluster) bootEvents(n *simNode, crashed bool) []logEvent {
	add := func(out []logEvent, provider string, id, level int, format string, args ...any) []logEvent {
		return append(out, logEvent{at: n.boot, log: logSystem, provider: provider, id: id, level: level, message: fmt.Sprintf(format, args...), nodes: bit(n)})
	}
	out := add(nil, providerGeneral, 12, levelInfo, "The operating system started at system time %s.", utc(n.boot))
	if crashed {
		out = add(out, providerPower, 41, levelCritical, "The system has rebooted without cleanly shutting down first. This error could be caused if the system stopped responding, crashed, or lost power unexpectedly.")
	}
	out = add(out, "EventLog", 6009, levelInfo, "Microsoft (R) Windows (R) 10.00. %d  Multiprocessor Free.", c.build())
	return add(out, "EventLog", 6005, levelInfo, "The Event log service was started.")
}

// machinesOn names the virtual machines of a node.
func (c *simCluster) machinesOn(n *simNode) string {
	var names []string
	for _, r := range c.roles {
		if r.isVM() && r.owner == n {
			names = append(names, r.name)
		}
	}
	return strings.Join(names, ", ")
}

func (c *simCluster) writeNetworks(was, is snapshot) {
	owner := bit(c.roles[0].owner)
	for i, net := range c.nets {
		if old, now := was.nets[i], is.nets[i]; old != now {
			switch now {
			case cluster.NetworkPartitioned:
				c.noteCluster(owner, 1129, levelError, "Cluster network '%s' is partitioned. Some attached failover cluster nodes cannot communicate with each other over the network. The failover cluster was not able to determine the location of the failure. %s", net.Name, checkNetwork)
			case cluster.NetworkDown:
				c.noteCluster(owner, 1130, levelError, "Cluster network '%s' is down. None of the available nodes can communicate using this network. %s", net.Name, checkNetwork)
			}
		}
		for _, n := range c.nodes {
			key := [2]int{net.index, n.index}
			old, now := was.adapters[key], is.adapters[key]
			switch {
			case old == now:
			case now == cluster.InterfaceFailed:
				c.noteCluster(owner, 1127, levelError, "Cluster network interface '%s' for cluster node '%s' on network '%s' failed. %s", interfaceName(n, net), n.Name, net.Name, checkNetwork)
			case now == cluster.InterfaceUnreachable:
				c.noteCluster(owner, 1125, levelWarning, "Cluster network interface '%s' for cluster node '%s' on network '%s' is unreachable by at least one other cluster node attached to the network. The failover cluster was not able to determine the location of the failure. %s", interfaceName(n, net), n.Name, net.Name, checkNetwork)
			}
		}
	}
}

// writeRole notes failures in the System log and the moves of a role in the
// cluster's own.
func (c *simCluster) writeRole(r *simRole, was, is roleShot, before, after snapshot) {
	at := bit(r.owner)
	op := func(id int, format string, args ...any) {
		c.note(at, logCluster, providerCluster, id, levelInfo, format, args...)
	}
	for _, res := range r.resources {
		old, now := before.res[res], after.res[res]
		if _, known := before.res[res]; !known || old == now {
			continue
		}
		if now == cluster.ResourceFailed {
			c.noteCluster(at, 1069, levelError, "Cluster resource '%s' of type '%s' in clustered role '%s' failed.\r\n\r\nBased on the failure policies for the resource and role, the cluster service may try to bring the resource online on this node or move the group to another node of the cluster and then restart it.  Check the resource and group state using Failover Cluster Manager or the Get-ClusterResource Windows PowerShell cmdlet.", res.name, res.kind, r.name)
		}
		op(1637, "Cluster resource '%s' in clustered role '%s' has transitioned from state %s to state %s.", res.name, r.name, old, now)
	}
	switch {
	case was.target == nil && is.target != nil:
		op(1641, "Clustered role '%s' is moving to cluster node '%s'.", r.name, is.target.Name)
	case was.owner != is.owner && was.target == nil && is.state == cluster.GroupPending:
		op(1153, "The Cluster service is attempting to fail over the clustered role '%s' from node '%s' to node '%s'.", r.name, was.owner.Name, is.owner.Name)
		if was.unmonitored && !is.unmonitored {
			c.noteCluster(c.members(), 1682, levelInfo, "Virtual machine '%s' which was unmonitored on the isolated node '%s' has been failed over to another node. The health of the virtual machine is once again being monitored.", r.name, was.owner.Name)
		}
	}
	if was.state == is.state {
		return
	}
	switch is.state {
	case cluster.GroupPending:
		op(1200, "The Cluster service is attempting to bring the clustered role '%s' online.", r.name)
	case cluster.GroupOnline:
		op(1201, "The Cluster service successfully brought the clustered role '%s' online.", r.name)
	case cluster.GroupOffline:
		if c.quorate {
			op(1204, "The Cluster service successfully brought the clustered role '%s' offline.", r.name)
		}
	case cluster.GroupFailed, cluster.GroupPartialOnline:
		if !r.held && !slices.ContainsFunc(r.resources, func(x *simResource) bool { return x.held }) {
			c.noteCluster(at, 1205, levelError, "The Cluster service failed to bring clustered role '%s' completely online or offline. One or more resources may be in a failed state. This may impact the availability of the clustered role.", r.name)
		}
	}
}

// noteSignIn keeps who signed in to a node; the security log holds the last ones.
func (c *simCluster) noteSignIn(n *simNode, account string, correct bool, now time.Time) {
	const maxSignIns = 50
	if kept := c.signedIn[n]; len(kept) >= maxSignIns {
		c.signedIn[n] = slices.Clone(kept[maxSignIns/4:])
	}
	e := logEvent{at: now, id: 4624, level: levelAudit, log: logSecurity, provider: providerSecurity, nodes: bit(n), user: account}
	if !correct {
		e.id = 4625
	}
	c.journal.last++
	e.record = c.journal.last
	c.signedIn[n] = append(c.signedIn[n], e)
}

// signInText is the message of 4624 and 4625, shortened to what is known.
func signInText(e logEvent) string {
	domain, name, ok := strings.Cut(e.user, `\`)
	if !ok {
		domain, name = "", e.user
	}
	if e.id == 4624 {
		return fmt.Sprintf("An account was successfully logged on.\r\n\r\nSubject:\r\n\tSecurity ID:\t\tS-1-0-0\r\n\tAccount Name:\t\t-\r\n\tAccount Domain:\t\t-\r\n\tLogon ID:\t\t0x0\r\n\r\nLogon Information:\r\n\tLogon Type:\t\t3\r\n\r\nNew Logon:\r\n\tAccount Name:\t\t%s\r\n\tAccount Domain:\t\t%s", name, domain)
	}
	return fmt.Sprintf("An account failed to log on.\r\n\r\nLogon Type:\t\t\t3\r\n\r\nAccount For Which Logon Failed:\r\n\tAccount Name:\t\t%s\r\n\tAccount Domain:\t\t%s\r\n\r\nFailure Information:\r\n\tFailure Reason:\t\tUnknown user name or bad password.\r\n\tStatus:\t\t\t0xC000006D", name, domain)
}

// eventsOf are the events in the logs of a node, oldest first.
func (c *simCluster) eventsOf(n *simNode) []logEvent {
	var out []logEvent
	if !c.journal.booted(n) { // the start before the simulation's own
		out = c.bootEvents(n, false)
		for _, v := range c.installed() {
			out = append(out, logEvent{at: n.boot.Add(9 * time.Second), log: logSystem, provider: providerServices, id: 7036, level: levelInfo, message: "The " + v.display + " service entered the running state.", nodes: bit(n)})
		}
		out = append(out, logEvent{at: n.boot.Add(31 * time.Second), log: logCluster, provider: providerCluster, id: 1062, level: levelInfo, message: "This node successfully joined the failover cluster '" + c.shape.Name + "'.", nodes: bit(n)})
	}
	noon := n.boot.Truncate(24 * time.Hour).Add(12 * time.Hour)
	for at := noon; !at.After(c.now); at = at.Add(24 * time.Hour) {
		if at.After(n.boot) {
			out = append(out, logEvent{at: at, log: logSystem, provider: "EventLog", id: 6013, level: levelInfo, message: fmt.Sprintf("The system uptime is %d seconds.", int(at.Sub(n.boot).Seconds())), nodes: bit(n)})
		}
	}
	for i := range out {
		out[i].record = int64(i + 1)
	}
	for _, e := range c.journal.events {
		if e.nodes&bit(n) != 0 {
			e.record += 10000
			out = append(out, e)
		}
	}
	for _, e := range c.signedIn[n] {
		e.record += 10000
		e.message = signInText(e)
		out = append(out, e)
	}
	slices.SortStableFunc(out, func(a, b logEvent) int { return a.at.Compare(b.at) })
	return out
}

// booted says whether the journal holds a start of the node.
func (j *journal) booted(n *simNode) bool {
	return slices.ContainsFunc(j.events, func(e logEvent) bool { return e.id == 12 && e.provider == providerGeneral && e.nodes == bit(n) })
}
