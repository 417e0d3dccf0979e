package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// story lets something happen every few minutes and heal again. What and when
// follow from the seed alone.
type story struct {
	random *rand.Rand
	next   time.Time
	open   []chapter
}

type chapter struct {
	id   string
	ends time.Time
}

// plot is what may happen, how often in proportion, and for how long.
var plot = []struct {
	kind     string
	weight   int
	params   map[string]any
	from, to time.Duration
}{
	{"node-down", 3, nil, 90 * time.Second, 4 * time.Minute},
	{"node-isolated", 2, nil, 45 * time.Second, 2 * time.Minute},
	{"network-partition", 2, nil, time.Minute, 3 * time.Minute},
	{"packet-loss", 3, map[string]any{"percent": 35}, 2 * time.Minute, 5 * time.Minute},
	{"service-stopped", 3, map[string]any{"service": "vmms"}, time.Minute, 3 * time.Minute},
	{"clock-skew", 2, map[string]any{"seconds": 42}, 2 * time.Minute, 5 * time.Minute},
	{"disk-latency", 3, map[string]any{"factor": 45}, 2 * time.Minute, 4 * time.Minute},
	{"drive-failed", 2, nil, 2 * time.Minute, 6 * time.Minute},
	{"volume-filling", 3, map[string]any{"percent": 96, "minutes": 2}, 4 * time.Minute, 8 * time.Minute},
	{"certificate-expiring", 1, map[string]any{"days": 6}, 3 * time.Minute, 8 * time.Minute},
	{"witness-offline", 2, nil, time.Minute, 4 * time.Minute},
	{"winrm-refusing", 2, nil, time.Minute, 2 * time.Minute},
	{"resource-failed", 2, nil, time.Minute, 3 * time.Minute},
	{"node-maintenance", 3, nil, 3 * time.Minute, 6 * time.Minute},
}

func newStory(seed uint64, now time.Time) *story {
	r := rand.New(rand.NewPCG(seed, hash(seed, "story")))
	return &story{random: r, next: now.Add(50*time.Second + time.Duration(r.IntN(20))*time.Second)}
}

// tell ends what has lasted long enough and begins the next event. Two
// destructive ones never overlap, whoever caused them; nor does the story touch
// a cluster that has not recovered.
func (t *story) tell(s *Simulator, now time.Time) {
	kept := t.open[:0]
	for _, c := range t.open {
		if now.Before(c.ends) {
			kept = append(kept, c)
		} else if err := s.Clear(c.id); err != nil {
			s.log.Debug("story: already cleared", "id", c.id) // somebody did it by hand
		}
	}
	t.open = kept
	if now.Before(t.next) {
		return
	}
	t.next = now.Add(10 * time.Second) // if nothing comes of this one
	total := 0
	for _, p := range plot {
		total += p.weight
	}
	pick := t.random.IntN(total)
	watched := slices.DeleteFunc(slices.Clone(s.clusters), func(c *simCluster) bool { return c.shape.Unwatched })
	if len(watched) == 0 {
		return
	}
	c := watched[t.random.IntN(len(watched))]
	target := t.random.Uint64()
	lasts := t.random.Float64()
	for _, p := range plot {
		if pick -= p.weight; pick >= 0 {
			continue
		}
		k := kindByName(p.kind)
		if k.Destructive && !s.quiet() {
			return // something else, a little later
		}
		spec, ok := c.storySpec(k, p.params, target)
		if !ok {
			return
		}
		id, err := s.inject(spec, true)
		if err != nil {
			s.log.Debug("story: event left out", "kind", p.kind, "err", err)
			return
		}
		t.next = now.Add(2*time.Minute + time.Duration(t.random.IntN(150))*time.Second)
		t.open = append(t.open, chapter{id, now.Add(p.from + time.Duration(lasts*float64(p.to-p.from)))})
		return
	}
}

// quiet says whether no destructive fault is active and nothing is recovering.
func (s *Simulator) quiet() bool {
	for _, c := range s.clusters {
		c.mu.Lock()
		busy := c.busy
		for _, f := range c.faults {
			busy = busy || f.kind.Destructive
		}
		c.mu.Unlock()
		if busy {
			return false
		}
	}
	return true
}

// storySpec chooses a target. Of the resources only machines fail.
func (c *simCluster) storySpec(k *Kind, params map[string]any, pick uint64) (FaultSpec, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	targets := c.targets(k.TargetKind)
	if k.Kind == "resource-failed" {
		targets = targets[:0]
		for _, r := range c.roles {
			if r.isVM() {
				targets = append(targets, r.resources[0].name)
			}
		}
	}
	if len(targets) == 0 || len(c.nodes) < 2 {
		return FaultSpec{}, false
	}
	spec := FaultSpec{Kind: k.Kind, Cluster: c.shape.Name, Target: targets[pick%uint64(len(targets))], Params: map[string]any{}}
	for name, v := range params {
		spec.Params[name] = v
	}
	if k.Kind == "network-partition" { // for one node: a whole site is too much by itself
		spec.Params["node"] = c.nodes[pick>>32%uint64(len(c.nodes))].Name
	}
	return spec, true
}
