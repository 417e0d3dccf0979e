package cluster

import (
	"strings"
	"time"
)

// The conditions below are the single thresholds and tests the states and the
// faults are built from, so that a node's colour and its fault never disagree.

// Clock thresholds. Kerberos refuses tickets at five minutes by default, so
// that alarms. Windows supports accuracies of 1 s, 50 ms and 1 ms under rising
// conditions; the loosest of them is where we warn: a network round trip alone
// may hide tens of milliseconds, and nothing on a cluster breaks below it.
const (
	SkewWarning  = time.Second
	SkewCritical = 5 * time.Minute
)

// LatencyWarning is the mean latency of the cluster shared volumes, as a node
// sees it, above which guests feel it. latencySpan is how long it must stand:
// three answers in a row, whatever the jitter.
const (
	LatencyWarning = 50 * time.Millisecond
	latencySpan    = 8 * time.Second
)

// Remaining life of a certificate at which it warns and alarms.
const (
	CertificateWarning  = 30 * 24 * time.Hour
	CertificateCritical = 7 * 24 * time.Hour
)

// failuresToDoubt is how many attempts in a row must fail before a node counts
// as unreachable: one lost answer is noise.
const failuresToDoubt = 3

// out says whether the node takes no part in the cluster and runs no roles.
// An isolated node is not out: its virtual machines still run on it.
func (n Node) out() bool {
	return !n.Status.Has(StatusIsolated) && (n.State == NodeDown || n.Status.Has(StatusQuarantined))
}

// InMaintenance says whether somebody took the node out of service on purpose.
func (n Node) InMaintenance() bool {
	return !n.out() && !n.Status.Has(StatusIsolated) &&
		(n.State == NodePaused || n.Status.Has(StatusDrainInProgress) || n.Drain == DrainInProgress)
}

// drained says whether the node had been emptied before.
func (n Node) drained() bool { return n.Status.Has(StatusDrainCompleted) || n.Drain == DrainCompleted }

func (n Node) drainFailed() bool { return n.Status.Has(StatusDrainFailed) || n.Drain == DrainFailed }

// key names an interface within its cluster.
func (i Interface) key() string {
	if i.Name != "" {
		return i.Name
	}
	return i.Node + " on " + i.Network
}

func (d Drive) key() string {
	for _, s := range []string{d.ID, d.Serial} {
		if s != "" {
			return s
		}
	}
	return d.Name
}

// internal says whether the role is the cluster's own housekeeping.
func (r Role) internal() bool {
	switch r.Type {
	case GroupCluster, GroupAvailableStorage, GroupCSV, GroupStoragePool:
		return true
	}
	return false
}

// trouble says whether a role needs a fault of its own, which of its resources
// failed, and in a few words why. A shared volume's group has none: the volume has.
func (r Role) trouble() (Health, []string, string) {
	if r.Type == GroupCSV {
		return Healthy, nil, ""
	}
	var failed []string
	for _, res := range r.Resources {
		if res.State == ResourceFailed && !isWitness(res) {
			failed = append(failed, res.Name)
		}
	}
	switch {
	case r.State == GroupFailed:
		return Critical, failed, "failed"
	case len(failed) > 0:
		return Warning, failed, "has a failed resource"
	case r.Status.Has(GroupResourcesLacking):
		return Warning, nil, "cannot start: resources are lacking"
	case r.Status.Has(GroupEmbeddedFailure):
		return Warning, nil, "reports trouble inside the guest"
	case r.Status.Has(GroupNetworkFailure):
		return Warning, nil, "lost its network"
	}
	return Healthy, nil, ""
}

// isWitness says whether a resource is a witness by its type. A disk witness
// is an ordinary disk; the quorum names it.
func isWitness(r Resource) bool {
	return strings.HasSuffix(r.Type, "Witness")
}

// away says whether nobody can use the volume.
func (v Volume) away() (Health, string) {
	switch {
	case v.InMaint:
		return Healthy, ""
	case v.State == ResourceFailed:
		return Critical, "failed"
	case v.State == ResourceOffline:
		return Critical, "offline"
	case v.State != ResourceOnline && v.State != ResourceInherited:
		return Healthy, "" // on its way up or down, or unknown
	case v.Access == VolumeUnavailable:
		return Critical, "not available on at least one node"
	case v.Access == VolumePaused:
		return Critical, "paused, so input and output wait"
	}
	return Healthy, ""
}

// redirected says whether input and output take a detour that is not by design.
// A volume with ReFS is always file system redirected.
func (v Volume) redirected() (string, bool) {
	switch {
	case v.InMaint:
		return "", false
	case v.Access == VolumeBlockRedirected:
		return "block redirected", true
	case v.Access == VolumeFileSystemRedirected && !strings.Contains(strings.ToUpper(v.FileSystem), "REFS"):
		return "file system redirected", true
	}
	return "", false
}

// share is how much of the volume is used, 0 to 1.
func (v Volume) share() float64 {
	if v.Size <= 0 {
		return 0
	}
	return float64(v.Used()) / float64(v.Size)
}

func (v Volume) filling(was bool) bool {
	return v.share() >= VolumeWarning || was && v.share() >= volumeCalm
}

// witnessDown says whether there is a witness and it cannot vote.
func (q Quorum) witnessDown() bool {
	return q.Witness != WitnessNone && (q.WitnessState == ResourceFailed || q.WitnessState == ResourceOffline)
}

// serviceHealth judges one service. Only one that starts by itself should run;
// one that is just starting is given its time.
func serviceHealth(s Service) Health {
	if s.Start != "Auto" || s.State != "Stopped" && s.State != "Paused" {
		return Healthy
	}
	if strings.EqualFold(s.Name, "ClusSvc") {
		return Critical
	}
	return Warning
}

// skewHealth judges a clock by what is certain: a slow answer makes the
// middle of the request a poor guess of when the node looked at its clock.
func skewHealth(v Vitals) Health {
	switch d := v.Skew.Abs() - v.SkewError; {
	case d >= SkewCritical:
		return Critical
	case d >= SkewWarning:
		return Warning
	}
	return Healthy
}

// certificateHealth judges one certificate of a node. One that has a younger
// sister, or that expired long ago without anybody binding it, is litter.
func certificateHealth(c Certificate, all []Certificate, now time.Time) Health {
	if c.NotAfter.IsZero() {
		return Healthy
	}
	left := c.NotAfter.Sub(now)
	if left > CertificateWarning {
		return Healthy
	}
	if !c.Listener {
		if left < -CertificateWarning {
			return Healthy
		}
		for _, o := range all {
			if o.Subject == c.Subject && o.Thumbprint != c.Thumbprint && o.NotAfter.After(c.NotAfter) {
				return Healthy
			}
		}
	}
	if left <= CertificateCritical && (c.Listener || left > 0) {
		return Critical
	}
	return Warning
}
