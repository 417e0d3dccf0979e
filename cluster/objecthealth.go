package cluster

import (
	"fmt"
	"strings"
)

// Shares of a volume in use at which it warns and alarms: the defaults of the
// Health Service (System.Storage.Volume.CapacityThreshold.Warning and .Critical).
const (
	VolumeWarning  = 0.90
	VolumeCritical = 0.95
)

// VolumeHealth is the state of a cluster shared volume and why.
func VolumeHealth(v Volume) (Health, string) {
	if v.InMaint {
		return Maintenance, "in maintenance"
	}
	if h, why := v.away(); h > Healthy {
		return h, why
	}
	full := fmt.Sprintf("%d%% full", int(v.share()*100)) // never rounded up over a border
	switch {
	case v.share() >= VolumeCritical:
		return Critical, full
	case v.share() >= VolumeWarning:
		return Warning, full
	case v.State != ResourceOnline && v.State != ResourceInherited:
		return Warning, strings.ToLower(v.State.String())
	}
	if how, ok := v.redirected(); ok {
		return Warning, how
	}
	return Healthy, ""
}

// RoleHealth is the state of a role and why. A role that was switched off is
// healthy: nobody wants it to run.
func RoleHealth(r Role) (Health, string) {
	switch {
	case r.State == GroupFailed:
		return Critical, "failed"
	case r.Status.Has(GroupUnmonitored):
		return Isolated, "runs unmonitored on an isolated node"
	case r.Status.Has(GroupResourcesLacking):
		return Warning, "cannot start: resources are lacking"
	case r.Status.Has(GroupNetworkFailure):
		return Warning, "its network failed"
	case r.Status.Has(GroupEmbeddedFailure):
		return Warning, "trouble inside the guest"
	case r.Status.Has(GroupAntiAffinity):
		return Warning, "held offline by an anti-affinity rule"
	case r.Status.Has(GroupWaitingToStart), r.Status.Has(GroupQueued), r.Status.Has(GroupWaitingDependencies):
		return Warning, "waits"
	case r.State == GroupPartialOnline:
		return Warning, "partly online"
	case r.State == GroupPending:
		return Warning, "pending"
	case r.State == GroupUnknown:
		return NoData, "state unknown"
	case r.State == GroupOffline:
		return Healthy, "offline"
	}
	return Healthy, ""
}

// NetworkHealth is the state of a cluster network and why.
func NetworkHealth(n Network) (Health, string) {
	switch n.State {
	case NetworkUp:
		return Healthy, ""
	case NetworkPartitioned:
		return Warning, "partitioned: some nodes cannot reach each other on it"
	case NetworkDown:
		if n.Role.CarriesHeartbeats() {
			return Critical, "down"
		}
		return Warning, "down"
	case NetworkUnavailable:
		return NoData, "unavailable: the nodes on it are down"
	default:
		return NoData, "state unknown"
	}
}

// InterfaceHealth is the state of one node's adapter on a cluster network and why.
func InterfaceHealth(i Interface) (Health, string) {
	switch i.State {
	case InterfaceUp:
		return Healthy, ""
	case InterfaceFailed:
		return Warning, "failed"
	case InterfaceUnreachable:
		return Warning, "unreachable from other nodes"
	case InterfaceUnavailable:
		return NoData, "unavailable: its node is down"
	default:
		return NoData, "state unknown"
	}
}

// PoolHealth is the state of a storage pool and why.
func PoolHealth(p Pool) (Health, string) {
	if p.ReadOnly {
		return Critical, "read-only" + statusWords(p.Status)
	}
	return storageHealth(p.Health, p.Status)
}

// VirtualDiskHealth is the state of a virtual disk and why.
func VirtualDiskHealth(d VirtualDisk) (Health, string) {
	if hasStatus(d.Status, "detached") || hasStatus(d.Status, "no redundancy") {
		return Critical, strings.ToLower(strings.Join(d.Status, ", "))
	}
	return storageHealth(d.Health, d.Status)
}

// DriveHealth is the state of a drive and why.
func DriveHealth(d Drive) (Health, string) {
	if hasStatus(d.Status, "maintenance") {
		return Maintenance, "in maintenance mode"
	}
	h, why := storageHealth(d.Health, d.Status)
	if h == Healthy && strings.EqualFold(d.Usage, "Retired") {
		return Warning, "retired: its data is being moved off"
	}
	return h, why
}

func storageHealth(h StorageHealth, status []string) (Health, string) {
	switch h {
	case StorageHealthy:
		return Healthy, ""
	case StorageWarning:
		return Warning, "degraded" + statusWords(status)
	case StorageUnhealthy:
		return Critical, "unhealthy" + statusWords(status)
	default:
		return NoData, "health unknown" + statusWords(status)
	}
}

func statusWords(status []string) string {
	if len(status) == 0 || (len(status) == 1 && strings.EqualFold(status[0], "OK")) {
		return ""
	}
	return ": " + strings.Join(status, ", ")
}

func hasStatus(status []string, part string) bool {
	for _, s := range status {
		if strings.Contains(squeeze(s), squeeze(part)) {
			return true
		}
	}
	return false
}

// squeeze makes "Lost Communication" and "LostCommunication" the same.
func squeeze(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
