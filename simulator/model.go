package simulator

import (
	"fmt"
	"hash/fnv"
	"sync"
	"time"

	"looksalive/cluster"
)

// tick is the model's step: the default heartbeat delay.
const tick = time.Second

// simCluster is a cluster with state. Faults set its conditions, and step moves
// the state towards what a real cluster does under them. mu guards everything.
type simCluster struct {
	mu    sync.Mutex
	shape Shape
	seed  uint64
	now   time.Time

	policy     cluster.HeartbeatPolicy
	resiliency cluster.Resiliency
	nodes      []*simNode
	nets       []*simNetwork
	routes     []*route
	between    map[[2]*simNode][]*route
	roles      []*simRole
	volumes    []*simVolume
	drives     []*simDrive
	jobs       []*repairJob
	rebuilding []*simDrive        // gone drives whose copies the jobs make anew
	rebuilt    map[*simDrive]bool // those where that is done

	witnessName, witnessType, witnessPath string
	witnessWeight                         int
	witness                               *simResource // nil without one
	quorate                               bool         // some partition holds quorum
	quorumLostAt                          time.Time

	accounts []Account

	domains  []emptyDomain   // sites and racks that somebody made
	settings map[setting]any // what was set and changes nothing else

	journal  journal
	signedIn map[*simNode][]logEvent // sign-ins, by node

	faults    []*Fault // active ones, oldest first
	cond      conditions
	busy      bool      // something is still moving; set during step
	balanceAt time.Time // when the balancer looks again, zero: not
}

func newCluster(s Shape, seed uint64, now time.Time) *simCluster {
	s = s.withDefaults()
	c := &simCluster{shape: s, accounts: DefaultAccounts(), seed: seed ^ hash(s.Name), now: now, quorate: true}
	h, r := s.Heartbeat, s.Resiliency
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	c.policy = cluster.HeartbeatPolicy{
		SameSubnetDelay: ms(h.SameSubnetDelay), SameSubnetThreshold: h.SameSubnetThreshold,
		CrossSubnetDelay: ms(h.CrossSubnetDelay), CrossSubnetThreshold: h.CrossSubnetThreshold,
		CrossSiteDelay: ms(h.CrossSiteDelay), CrossSiteThreshold: h.CrossSiteThreshold,
		RouteHistoryLength: 40, PlumbAllCrossSubnetRoutes: h.PlumbAllCrossSubnetRoutes,
	}
	c.resiliency = cluster.Resiliency{
		Level: 2, DefaultPeriod: time.Duration(r.DefaultPeriod) * time.Second,
		QuarantineThreshold: r.QuarantineThreshold, QuarantineDuration: time.Duration(r.QuarantineDuration) * time.Second,
	}
	c.addNodes()
	c.addNetworks()
	c.addRoutes()
	c.indexRoutes()
	c.addStorage()
	c.addRoles()
	c.applyConditions()
	c.weigh()
	c.rebuilt = map[*simDrive]bool{}
	c.settings = map[setting]any{}
	c.signedIn = map[*simNode][]logEvent{}
	c.write()
	return c
}

// advance moves the cluster to now. A cluster where nothing moves gets there in
// one leap, so that a thousand quiet nodes cost nothing.
func (c *simCluster) advance(now time.Time) {
	for c.busy && !c.now.Add(tick).After(now) {
		c.step(c.now.Add(tick))
	}
	if !c.busy && now.After(c.now) {
		c.now = now
	}
}

func (c *simCluster) step(now time.Time) {
	c.now, c.busy = now, false
	c.beat()
	c.regroup()
	c.resilience()
	c.join()
	c.weigh()
	c.drain()
	c.moveRoles()
	c.balance()
	c.repair()
	c.write()
}

// moving notes that the state will change again without a new cause.
func (c *simCluster) moving() { c.busy = true }

// hash mixes its arguments into a number that is the same on every machine.
func hash(parts ...any) uint64 {
	h := fnv.New64a()
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			h.Write([]byte(v))
		case int:
			writeInt(h.Write, uint64(v))
		case int64:
			writeInt(h.Write, uint64(v))
		case uint64:
			writeInt(h.Write, v)
		default:
			fmt.Fprint(h, v)
		}
		h.Write([]byte{0xff})
	}
	return mix(h.Sum64())
}

func writeInt(write func([]byte) (int, error), v uint64) {
	b := [8]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24), byte(v >> 32), byte(v >> 40), byte(v >> 48), byte(v >> 56)}
	write(b[:])
}

// mix spreads the bits (splitmix64's finaliser).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// unit maps a hash to [0,1).
func unit(h uint64) float64 { return float64(h>>11) / (1 << 53) }

// guid makes a stable identifier that looks like Windows' own.
func guid(parts ...any) string {
	a, b := hash(parts...), hash(append(parts, "guid")...)
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), uint16(a>>48)&0xfff, uint16(b)&0x3fff|0x8000, b>>16)
}
