package cluster

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Below VolumeWarning a volume that was filling counts so until it has fallen
// under this share, so that a volume at the border does not open and close a
// fault with every answer.
const volumeCalm = 0.88

// sinceAfter carries the times of the oddities that still stand and stamps the
// new ones. source says whose answer this is: only its own keys are replaced.
// Without a change the map itself is returned, so the usual case costs nothing.
func sinceAfter(old map[string]time.Time, source string, keys []string, at time.Time) map[string]time.Time {
	prefix := source + "|"
	had := 0
	for k := range old {
		if strings.HasPrefix(k, prefix) {
			had++
		}
	}
	same := had == len(keys)
	for i := 0; same && i < len(keys); i++ {
		_, same = old[prefix+keys[i]]
	}
	if same {
		return old
	}
	out := maps.Clone(old)
	if out == nil {
		out = map[string]time.Time{}
	}
	maps.DeleteFunc(out, func(k string, _ time.Time) bool { return strings.HasPrefix(k, prefix) })
	for _, k := range keys {
		if t, ok := old[prefix+k]; ok {
			out[prefix+k] = t
		} else {
			out[prefix+k] = at
		}
	}
	return out
}

func (p *Picture) since(source, key string, otherwise time.Time) time.Time {
	if t, ok := p.Since[source+"|"+key]; ok {
		return t
	}
	return otherwise
}

func (p *Picture) stateSince(key string) time.Time   { return p.since("state", key, p.StateAt) }
func (p *Picture) storageSince(key string) time.Time { return p.since("storage", key, p.StorageAt) }

// sustained says whether the oddity of a node's vitals has stood for at least
// span, from the first answer that showed it to the last.
func (p *Picture) sustained(member, key string, span time.Duration) (time.Time, bool) {
	since, ok := p.Since["vitals/"+member+"|"+key]
	return since, ok && p.Nodes[member].VitalsAt.Sub(since) >= span
}

// stateOddities lists what in a state is not as it should be.
func stateOddities(s *State, old map[string]time.Time) []string {
	var keys []string
	for _, n := range s.Nodes {
		switch {
		case n.Status.Has(StatusIsolated):
			keys = append(keys, "isolated/"+n.Name)
		case n.Status.Has(StatusQuarantined):
			keys = append(keys, "quarantined/"+n.Name)
		case n.State == NodeDown:
			keys = append(keys, "down/"+n.Name)
		}
	}
	for _, n := range s.Networks {
		if n.State != NetworkUp {
			keys = append(keys, "network/"+n.Name+"/"+n.State.String())
		}
	}
	for _, i := range s.Interfaces {
		if i.State != InterfaceUp {
			keys = append(keys, "interface/"+i.key()+"/"+i.State.String())
		}
	}
	for _, r := range s.Roles {
		if bad, _, _ := r.trouble(); bad > Healthy {
			keys = append(keys, "role/"+r.Name)
		}
	}
	for _, v := range s.Volumes {
		if h, _ := v.away(); h > Healthy {
			keys = append(keys, "volume/"+v.Name+"/away")
		}
		if _, redirected := v.redirected(); redirected {
			keys = append(keys, "volume/"+v.Name+"/redirected")
		}
		_, was := old["state|volume/"+v.Name+"/full"]
		if v.filling(was) {
			keys = append(keys, "volume/"+v.Name+"/full")
		}
	}
	if s.Quorum.witnessDown() {
		keys = append(keys, "witness")
	}
	return keys
}

func storageOddities(s *Storage) []string {
	var keys []string
	for _, p := range s.Pools {
		if h, _ := PoolHealth(p); h > Maintenance {
			keys = append(keys, "pool/"+p.Name)
		}
	}
	for _, d := range s.VirtualDisks {
		if h, _ := VirtualDiskHealth(d); h > Maintenance {
			keys = append(keys, "virtual disk/"+d.Name)
		}
	}
	for _, d := range s.Drives {
		if h, _ := DriveHealth(d); h > Maintenance {
			keys = append(keys, "drive/"+d.key())
		}
	}
	for _, f := range s.Faults {
		if k := "health/" + f.key(); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	return keys
}

func vitalsOddities(node string, v *Vitals) []string {
	var keys []string
	for _, s := range v.Services {
		if serviceHealth(s) > Healthy {
			keys = append(keys, "service/"+s.Name)
		}
	}
	if skewHealth(*v) > Healthy {
		keys = append(keys, "skew")
	}
	if v.Disk.Latency >= LatencyWarning {
		keys = append(keys, "latency")
	}
	return keys
}

// heldAfter remembers which roles a node owned before it left the cluster.
func heldAfter(p *Picture, s *State) map[string][]string {
	var out map[string][]string
	for _, n := range s.Nodes {
		if !n.out() {
			continue
		}
		held, ok := p.Held[n.Name]
		if !ok && p.State != nil {
			held = rolesOwned(p.State, n.Name)
		}
		if out == nil {
			out = map[string][]string{}
		}
		out[n.Name] = held
	}
	return out
}

func rolesOwned(s *State, node string) []string {
	var names []string
	for _, r := range s.Roles {
		if SameNode(r.Owner, node) && !r.internal() {
			names = append(names, r.Name)
		}
	}
	return names
}
