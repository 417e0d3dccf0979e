package remoting

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	maxSkew     = 5 * time.Minute // more than that between two clocks and Kerberos refuses (RFC 4120 section 8.2; Windows' default)
	noticedSkew = 5 * time.Second
	serviceOff  = 4 // Start of a service that is disabled
)

// accessSteps are those about what the account may read, from one answer of check.ps1
// and from asking the real questions once.
func (n *nodeCheck) accessSteps(ctx context.Context, a scripts.NodeAccess) {
	cleanAccess(&a)
	n.facts(a)
	given := func(f func() outcome) func(context.Context) outcome {
		return func(context.Context) outcome { return f() }
	}
	n.try(ctx, cluster.StepCluster, n.o.Step, given(func() outcome {
		o := clusterOutcome(a, n.node)
		if a.Cluster.Access == scripts.AccessOK {
			o = n.tellCluster(a, o)
		}
		return o
	}))
	n.try(ctx, cluster.StepModule, n.o.Step, given(func() outcome { return moduleOutcome(a) }))
	n.try(ctx, cluster.StepCIM, n.o.Step, given(func() outcome { return cimOutcome(a, n.node.User) }))
	var skew *cluster.Vitals
	n.try(ctx, cluster.StepAdmin, time.Duration(len(cluster.Questions))*n.o.Question, func(ctx context.Context) outcome {
		parts, failures, vitals := n.askAll(ctx, a)
		skew = vitals
		return adminOutcome(a, parts, failures, n.node.User)
	})
	n.try(ctx, cluster.StepStorage, n.o.Step, given(func() outcome { return storageOutcome(a, n.node.User) }))
	n.try(ctx, cluster.StepHistory, n.o.Step, given(func() outcome { return historyOutcome(a, n.node.User) }))
	n.try(ctx, cluster.StepClock, n.o.Step, given(func() outcome {
		if skew != nil {
			n.offset, n.offsetError = skew.Skew, skew.SkewError
		}
		return clockOutcome(n.offset, n.offsetError)
	}))
	n.actStep(ctx)
	if n.o.Probe && ctx.Err() == nil {
		n.probe(ctx)
	}
}

// skew notes how far the node's clock is from ours, as well as one answer tells.
func (n *nodeCheck) skew(utc string, a answer) {
	if t := parseTime(utc); !t.IsZero() {
		n.offsetError = a.received.Sub(a.sent) / 2
		n.offset = t.Sub(a.sent.Add(n.offsetError))
	}
}

// cleanAccess makes what a node said safe to show.
func cleanAccess(a *scripts.NodeAccess) {
	for _, s := range []*string{
		&a.ComputerName, &a.HostName, &a.DnsSuffix, &a.OS, &a.Build, &a.PSVersion, &a.LanguageMode, &a.User,
		&a.ServiceState, &a.Name, &a.ModuleVersion, &a.Cluster.Message, &a.Members.Message, &a.Storage.Message, &a.History.Message,
	} {
		*s = name(*s)
	}
	a.Nodes = a.Nodes[:min(len(a.Nodes), maxMembers)]
	for i := range a.Nodes {
		a.Nodes[i].Name = name(a.Nodes[i].Name)
	}
	a.Namespaces = a.Namespaces[:min(len(a.Namespaces), 20)]
	for i := range a.Namespaces {
		ns := &a.Namespaces[i]
		ns.Name, ns.Message = clean(ns.Name, 80), name(ns.Message)
	}
	a.Commands = texts(a.Commands[:min(len(a.Commands), 20)], 80)
	a.Groups = texts(a.Groups[:min(len(a.Groups), 50)], 80)
}

func (n *nodeCheck) facts(a scripts.NodeAccess) {
	n.changeNode(func(r *cluster.NodeCheck) { r.Name = a.ComputerName })
	n.fact("operating system", strings.TrimSpace(a.OS+" "+a.Build))
	host := a.HostName
	if a.DnsSuffix != "" {
		host += "." + a.DnsSuffix
	}
	n.fact("computer", a.ComputerName)
	n.fact("host name", host)
	n.fact("DNS suffix", a.DnsSuffix)
	n.fact("account on the node", a.User)
	n.fact("local administrator", map[bool]string{true: "yes", false: "no"}[a.Administrator])
	n.fact("groups", strings.Join(a.Groups, ", "))
	n.fact("cluster service", a.ServiceState)
	if a.ClusterFunctionalLevel != 0 {
		n.fact("cluster functional level", fmt.Sprint(a.ClusterFunctionalLevel))
	}
	if a.ModuleVersion != "" {
		n.fact("FailoverClusters", "v"+a.ModuleVersion) // 2.0.0.0 alone looks like an address
	}
	n.fact("cmdlets", strings.Join(a.Commands, ", "))
}

// because adds the node's own words.
func because(message string) string {
	if message == "" {
		return ""
	}
	return " It says: " + strings.TrimRight(message, ".") + "."
}

func clusterOutcome(a scripts.NodeAccess, node Node) outcome {
	none := cluster.Step{Text: "Name a node of a cluster instead."}
	see := cluster.Step{Text: "On the node: see whether the cluster service runs.", Command: "Get-Service -Name ClusSvc"}
	switch {
	case a.Cluster.Access == scripts.AccessOK && a.Members.Access != scripts.AccessOK:
		return partial("A node of the cluster "+a.Name+", whose members may not be read."+because(a.Members.Message), fixCluster(node.User)...)
	case a.Cluster.Access == scripts.AccessOK:
		var members []string
		for _, m := range a.Nodes {
			members = append(members, m.Name+" ("+cluster.NodeState(m.State).String()+")")
		}
		return good(fmt.Sprintf("A node of the cluster %s: %s.", a.Name, strings.Join(members, ", ")))
	case a.Cluster.Access == scripts.AccessDenied:
		return failed("The account may not read the cluster.", append(fixCluster(node.User), cluster.GrantNamespaces.Step(node.User))...)
	case a.ServiceState == "":
		return failed("This is no node of a cluster: failover clustering is not installed on it.", none)
	case a.ServiceStart == serviceOff:
		return failed("Failover clustering is installed, but this is a node of no cluster: the cluster service is disabled.", none)
	case a.ServiceState != "Running":
		return failed("The cluster service does not run here: "+a.ServiceState+".", see, cluster.Step{Text: "On the node: start it, if nobody stopped it on purpose.", Command: "Start-Service -Name ClusSvc"})
	default:
		return failed("The cluster service runs, but does not answer."+because(a.Cluster.Message), see)
	}
}

func moduleOutcome(a scripts.NodeAccess) outcome {
	if a.ModuleVersion != "" {
		return good("FailoverClusters v" + a.ModuleVersion + " is installed.")
	}
	o := partial("The PowerShell module FailoverClusters is not installed. Each node's access to the shared volumes is then taken from a coarser sign, and faults of the Health Service may be missing.",
		cluster.Step{Text: "On the node: install it. It needs no restart.", Command: "Install-WindowsFeature -Name RSAT-Clustering-PowerShell"})
	o.missing = []string{cluster.Part(cluster.QuestionState, "VolumeAccess")}
	return o
}

// namespaceGrants is what is missing where a namespace cannot be read.
var namespaceGrants = map[string]cluster.Grant{"root/cimv2": cluster.GrantServices, "root/virtualization/v2": cluster.GrantHyperV}

func cimOutcome(a scripts.NodeAccess, user string) outcome {
	var readable, absent, missing, failures []string
	var grants []cluster.Grant
	for _, ns := range a.Namespaces {
		switch ns.Access {
		case scripts.AccessOK:
			readable = append(readable, ns.Name)
		case scripts.AccessAbsent:
			absent = append(absent, ns.Name)
		case scripts.AccessDenied, scripts.AccessEmpty: // who may not read Hyper-V or storage is shown nothing
			missing = append(missing, ns.Name)
			grant, ok := namespaceGrants[ns.Name]
			if !ok {
				grant = cluster.GrantNamespaces
			}
			if !slices.Contains(grants, grant) {
				grants = append(grants, grant)
			}
		default:
			failures = append(failures, ns.Name+because(ns.Message))
		}
	}
	var said []string
	say := func(what string, names []string) {
		if len(names) > 0 {
			said = append(said, what+strings.Join(names, ", ")+".")
		}
	}
	say("Readable: ", readable)
	say("The account may not read: ", missing)
	say("Not on this node: ", absent)
	say("Does not answer: ", failures)
	o := outcome{state: cluster.StepOK, detail: strings.Join(said, " "), fix: stepsOf(grants, user)}
	if len(missing) > 0 || len(failures) > 0 {
		o.state = cluster.StepPartial
	}
	if len(a.Namespaces) == 0 {
		o = partial("The node did not say what it can read.")
	}
	return o
}

func stepsOf(grants []cluster.Grant, user string) []cluster.Step {
	var out []cluster.Step
	for _, g := range grants {
		out = append(out, g.Step(user))
	}
	return out
}

// askAll puts the real questions once. parts are those that may not be read, failures
// what went wrong otherwise.
func (n *nodeCheck) askAll(ctx context.Context, a scripts.NodeAccess) (parts, failures []string, vitals *cluster.Vitals) {
	for _, q := range cluster.Questions {
		if q.OfCluster() && a.Cluster.Access != scripts.AccessOK {
			continue // said already
		}
		one, cancel := context.WithTimeout(ctx, n.o.Question)
		o := n.client.Ask(one, n.node.Cluster, n.node.Name, q)
		cancel()
		for _, d := range o.Denied {
			parts = append(parts, cluster.Part(q, d))
		}
		if !o.OK() {
			failures = append(failures, o.Detail)
		}
		if o.Vitals != nil {
			vitals = o.Vitals
		}
		n.fact("question "+q.String(), fmt.Sprintf("%s in %d ms", o.Reach, o.Took.Milliseconds()))
	}
	return parts, failures, vitals
}

// adminOutcome says what the account cannot read, and which rights are missing for
// that: seldom all of an administrator's.
func adminOutcome(a scripts.NodeAccess, parts, failures []string, user string) outcome {
	who := "The account is no local administrator"
	if a.Administrator {
		who = "The account is a local administrator"
	} else if slices.Contains(a.Groups, "S-1-5-114") { // "Local account and member of Administrators group"
		who = "The account is one of the node itself and an administrator, but Windows takes that away from it over the network"
	}
	if len(parts) == 0 && len(failures) == 0 {
		if a.Administrator {
			return good(who + ". It need not be: see the documentation for the rights that are enough.")
		}
		return good(who + ", and nothing that is asked needs one.")
	}
	detail := who + "."
	if len(parts) > 0 {
		var titles []string
		for _, p := range parts {
			titles = append(titles, cluster.MissingPart(p).Title)
		}
		detail += " It may not read: " + strings.Join(titles, ", ") + "."
	}
	if len(failures) > 0 {
		detail += " Not answered: " + strings.Join(failures, " ")
	}
	o := partial(detail, stepsOf(cluster.GrantsFor(parts), user)...)
	o.missing = parts
	return o
}

func storageOutcome(a scripts.NodeAccess, user string) outcome {
	grants := stepsOf([]cluster.Grant{cluster.GrantCluster, cluster.GrantNamespaces, cluster.GrantAdmin}, user)
	switch {
	case a.Cluster.Access != scripts.AccessOK:
		return skipped("The cluster could not be asked.")
	case a.S2DEnabled == 0:
		return good("Storage Spaces Direct is not in use. Pools and drives are shown as far as there are any.")
	case a.Storage.Access == scripts.AccessOK:
		return good("Storage Spaces Direct is in use, and its pool can be read.")
	case a.Storage.Access == scripts.AccessFailed:
		return partial("Storage Spaces Direct is in use, but its pool cannot be read." + because(a.Storage.Message))
	default:
		o := partial("Storage Spaces Direct is in use, but the account may not read its pool.", grants...)
		o.missing = []string{cluster.Part(cluster.QuestionStorage, "Pools")}
		return o
	}
}

func historyOutcome(a scripts.NodeAccess, user string) outcome {
	switch {
	case a.Cluster.Access != scripts.AccessOK:
		return skipped("The cluster could not be asked.")
	case a.S2DEnabled == 0:
		return good("No performance history: it comes with Storage Spaces Direct. What is measured from now on is kept here.")
	case a.History.Access == scripts.AccessOK:
		return good("The cluster keeps performance history.")
	case a.History.Access == scripts.AccessAbsent:
		return good("This Windows keeps no performance history: it came with Windows Server 2019. What is measured from now on is kept here.")
	case a.History.Access == scripts.AccessDenied:
		return partial("The account may not read the cluster's performance history. What is measured from now on is kept here.", cluster.GrantAdmin.Step(user))
	default:
		return partial("The cluster's performance history does not answer."+because(a.History.Message)+" What is measured from now on is kept here.",
			cluster.Step{Text: "On any node: start it.", Command: "Start-ClusterPerformanceHistory"})
	}
}

// clockOutcome compares two clocks; about is how wrong the difference may be.
func clockOutcome(offset, about time.Duration) outcome {
	fix := []cluster.Step{
		{Text: "On the node: see where it takes its time from.", Command: "w32tm /query /status"},
		{Text: "On the node: have it ask now.", Command: "w32tm /resync"},
		{Text: "See that the clock of this machine is right."},
	}
	far := max(offset.Abs()-about, 0)
	way := "ahead of"
	if offset < 0 {
		way = "behind"
	}
	detail := "The node's clock is " + offset.Abs().Round(100*time.Millisecond).String() + " " + way + " ours"
	switch {
	case far > maxSkew:
		return partial(detail+". Kerberos refuses more than five minutes.", fix...)
	case far > noticedSkew:
		return partial(detail+". Times of events are that much off.", fix...)
	}
	return good("The node's clock and ours agree" + agreement(offset) + ".")
}

func agreement(offset time.Duration) string {
	if offset.Abs() < 100*time.Millisecond {
		return ""
	}
	return " within " + offset.Abs().Round(100*time.Millisecond).String()
}
