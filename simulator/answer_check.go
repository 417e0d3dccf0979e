package simulator

import (
	"fmt"
	"strings"

	"looksalive/remoting/scripts"
)

// answerCheck is check.ps1: what the account may read. The cluster's lock is held,
// as for all below.
func (h *host) answerCheck() scripts.NodeAccess {
	c, n, w := h.cluster, h.node, h.cluster.windows()
	cond := c.condOf(n)
	domain, _, _ := strings.Cut(c.shape.Domain, ".")
	v := scripts.NodeAccess{
		UtcNow: utc(c.clock(n, c.now)), ComputerName: strings.ToUpper(n.Name), HostName: n.Name, DnsSuffix: c.shape.Domain, OS: w.product, Build: c.fullBuild(),
		PSVersion: h.psVersion(), LanguageMode: h.languageMode(), User: h.whoami(), Groups: []string{}, Nodes: []scripts.NodeSeen{}, Commands: []string{},
		Members: scripts.Access{Access: scripts.AccessSkipped}, Storage: scripts.Access{Access: scripts.AccessAbsent}, History: scripts.Access{Access: scripts.AccessAbsent},
	}
	if a := c.account(userOf(h.account)); a != nil && a.Local {
		domain = n.Name
	}
	v.User = strings.ToUpper(domain) + `\` + h.userName()
	if h.shell != shellConstrained { // there the script cannot ask
		v.Groups = h.groups()
		v.Administrator = h.may(RightAdmin)
	}
	if !cond.missing[featureCluster] {
		v.ServiceState, v.ServiceStart = "Unknown", 2
		if cond.missing[featureMember] {
			v.ServiceStart = 4
		}
		if h.may(RightServices) {
			v.ServiceState = c.serviceState(n, "ClusSvc")
		}
	}
	v.Cluster = accessOf(h.cimError(nsCluster))
	if v.Cluster.Access == scripts.AccessOK {
		state := c.answerState(n)
		v.Name, v.ClusterFunctionalLevel, v.S2DEnabled = state.Name, state.ClusterFunctionalLevel, state.S2DEnabled
		for _, x := range state.Nodes {
			v.Nodes = append(v.Nodes, scripts.NodeSeen{Name: x.Name, State: x.State})
		}
		v.Members = scripts.Access{Access: scripts.AccessOK}
	}
	module := !cond.missing[featureModule] && !cond.missing[featureCluster]
	if module {
		v.ModuleVersion = "2.0.0.0"
		v.Commands = append(v.Commands, "Get-ClusterSharedVolumeState")
	}
	if c.hasHistory() && !cond.missing[featureHistory] {
		v.Commands = append(v.Commands, "Get-ClusterPerformanceHistory")
	}
	if c.hasHistory() {
		v.Commands = append(v.Commands, "Get-HealthFault")
	}
	v.Commands = append(v.Commands, "Debug-StorageSubSystem")
	if module && v.Cluster.Access == scripts.AccessOK {
		v.ClusterRights = h.clusterRights()
	}
	for _, s := range [][2]string{{nsCluster, "MSCluster_Cluster"}, {nsCimv2, "Win32_OperatingSystem"}, {nsStorage, "MSFT_StorageSubSystem"}, {nsNetwork, "MSFT_NetAdapter"}, {nsHyperV, "Msvm_ComputerSystem"}} {
		a := accessOf(h.cimError(s[0]))
		v.Namespaces = append(v.Namespaces, scripts.NamespaceAccess{Name: s[0], Class: s[1], Access: a.Access, Message: a.Message})
	}
	if v.S2DEnabled == 1 {
		v.Storage = accessOf(h.cimError(nsStorage))
		if c.hasHistory() && !cond.missing[featureHistory] {
			v.History = h.historyAccess()
		}
	}
	return v
}

// clusterRights are those granted to the account itself or, where the script can ask for
// them, to its groups: Administrators have full access.
func (h *host) clusterRights() string {
	groups := h.shell != shellConstrained
	switch {
	case !h.may(RightClusterFull) && !h.may(RightAdmin):
		return scripts.RightsRead
	case h.may(RightAdmin) && !groups:
		return ""
	case !h.may(RightClusterFull):
		return scripts.RightsRead // it was taken away from them
	}
	return scripts.RightsFull
}

// historyAccess is how reading performance history goes: for administrators only,
// and there is none where it was turned off.
func (h *host) historyAccess() scripts.Access {
	switch {
	case !h.may(RightAdmin):
		return scripts.Access{Access: scripts.AccessDenied, Message: "Access is denied. "}
	case h.cluster.shape.NoHistory:
		return scripts.Access{Access: scripts.AccessEmpty}
	}
	return accessOf(h.cluster.memberError(h.node))
}

// groups are the built-in groups that the account's rights come from, by SID.
func (h *host) groups() []string {
	out := []string{"S-1-5-32-545"} // Users
	a := h.cluster.account(userOf(h.account))
	if h.may(RightAdmin) {
		out = append(out, "S-1-5-32-544") // Administrators
		if a != nil && a.Local {
			out = append(out, "S-1-5-114") // local account and member of Administrators
		}
		return out
	}
	if h.may(RightRemote) {
		out = append(out, "S-1-5-32-580") // Remote Management Users
	}
	if h.may(RightVirtualization) {
		out = append(out, "S-1-5-32-578") // Hyper-V Administrators
	}
	return out
}

// accessOf words an error as the scripts do.
func accessOf(fail *psError) scripts.Access {
	if fail == nil {
		return scripts.Access{Access: scripts.AccessOK}
	}
	a := scripts.Access{Access: scripts.AccessFailed, Message: fail.message}
	switch fail.hresult {
	case -2147024891, -2147217405:
		a.Access = scripts.AccessDenied
	case -2147217394, -2147217392:
		a.Access = scripts.AccessAbsent
	}
	return a
}

// answerProbe is probe.ps1. The classes here are as the scripts expect them, so
// every point that can be read is well; real nodes are asked for the truth.
func (h *host) answerProbe() scripts.Probes {
	c := h.cluster
	v := scripts.Probes{UtcNow: utc(c.clock(h.node, c.now)), Points: []scripts.ProbePoint{}}
	add := func(name, space, found string) {
		p := scripts.ProbePoint{Name: name, State: scripts.AccessOK, Found: found}
		if strings.HasPrefix(found, "no ") {
			p.State = scripts.AccessAbsent
		}
		if a := accessOf(h.cimError(space)); space != "" && a.Access != scripts.AccessOK {
			p.State, p.Found = a.Access, a.Message
		}
		v.Points = append(v.Points, p)
	}
	witness, drives := "keys of PartComponent: Name", "drive id: True, node name: True"
	if c.witness == nil {
		witness = "no witness"
	}
	if len(c.drives) == 0 {
		drives = "no drive"
	}
	add("fault-domain-parent", nsCluster, "returned 0, parent of type 2000")
	add("quorum-association", nsCluster, witness)
	add("volume-association", nsCluster, "keys of GroupComponent: Name; of PartComponent: Name")
	add("drive-association", nsStorage, drives)
	add("adapter-properties", nsNetwork, "10 properties")
	add("job-properties", nsStorage, "7 properties")
	add("node-properties", nsCluster, "11 properties")
	add("cluster-properties", nsCluster, "19 properties")
	listeners := "no HTTPS listener"
	if e := h.sim.endpointOf(h.node.Name); e != nil && e.shown() != nil {
		listeners = "2 listeners, certThumbprint of 40 characters"
	}
	add("listener-key", "", listeners)
	return v
}

func (h *host) answerEcho(bytes int) scripts.Echoed {
	c := h.cluster
	return scripts.Echoed{
		UtcNow: utc(c.clock(h.node, c.now)), Id: 4000 + int(hash(h.node.Name, fmt.Sprintf("%p", h))%20000), Memory: 92 << 20,
		Text: scripts.EchoText(min(max(bytes, 0), 1<<20)),
	}
}
