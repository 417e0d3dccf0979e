package simulator

import (
	"math"
	"time"

	"looksalive/cluster"
)

// noise wanders between -1 and 1, smoothly, and depends on nothing but its
// arguments: two octaves of value noise.
func noise(seed uint64, now time.Time, period time.Duration) float64 {
	octave := func(p time.Duration, salt string) float64 {
		at := now.UnixNano()
		step := at / int64(p)
		x := float64(at%int64(p)) / float64(p)
		s := x * x * (3 - 2*x)
		a, b := unit(hash(seed, salt, step)), unit(hash(seed, salt, step+1))
		return (a+(b-a)*s)*2 - 1
	}
	return 0.7*octave(period, "a") + 0.3*octave(period/7, "b")
}

// rhythm is the working day, from 0.3 at night to 1 before and after noon;
// weekends are quiet.
func rhythm(now time.Time) float64 {
	local := now.UTC().Add(time.Hour) // Central Europe, where the demo stands
	h := float64(local.Hour()) + float64(local.Minute())/60 + float64(local.Second())/3600
	hump := func(at, width float64) float64 { return math.Exp(-(h - at) * (h - at) / (2 * width * width)) }
	day := 0.30 + 0.62*hump(10.5, 2.2) + 0.55*hump(15, 2.4)
	if d := local.Weekday(); d == time.Saturday || d == time.Sunday {
		day = 0.30 + (day-0.30)*0.25
	}
	return min(day, 1)
}

// backup is the nightly run over the storage, 0 to 1.
func backup(now time.Time) float64 {
	h := float64(now.UTC().Hour()) + float64(now.UTC().Minute())/60
	return math.Exp(-(h - 1.5) * (h - 1.5) / 0.5)
}

// gauges are a node's performance counters at one moment.
type gauges struct {
	cpu        float64 // percent
	memoryFree int64
	reads      float64 // per second
	writes     float64
	readBytes  int64
	writeBytes int64
	latency    float64 // seconds
	machines   int     // running
	rx, tx     []int64 // bytes per second, by network
}

// measure computes them. They depend on what runs on the node, the hour, and
// noise; never on when somebody asked before.
func (c *simCluster) measure(n *simNode, now time.Time) gauges {
	h := hash(c.seed, "perf", n.Name)
	day, night := rhythm(now), backup(now)
	cores, io := 1.2, 40.0
	var g gauges
	for _, r := range c.roles {
		if r.owner != n || !r.isVM() || r.state != cluster.GroupOnline {
			continue
		}
		g.machines++
		busy := 0.15 + day*(0.85+0.45*noise(hash(h, r.name), now, 4*time.Minute))
		cores += r.load * busy
		io += r.load * (180*busy + 500*night)
	}
	repairing := float64(len(c.jobs))
	cores += 0.8 * repairing
	threads := float64(c.shape.Cores * 2)
	g.cpu = clamp(100*cores*2/threads+1.5*noise(h, now, 20*time.Second), 0.5, 99.5)
	wobble := 1 + 0.25*noise(hash(h, "io"), now, 30*time.Second)
	g.reads = max(io*0.65*wobble, 1)
	g.writes = max(io*0.35*wobble, 1)
	g.readBytes = int64(g.reads * (14 + 20*night) * 1024)
	g.writeBytes = int64(g.writes * 18 * 1024)
	slow := c.condOf(n).latency * c.cond.latency * (1 + 0.4*repairing)
	g.latency = (0.0006 + 0.0005*day + 0.0004*night) * (1 + 0.3*noise(hash(h, "latency"), now, 15*time.Second)) * slow
	if slow > 2 { // who waits longer does less
		g.reads, g.writes = g.reads/math.Sqrt(slow), g.writes/math.Sqrt(slow)
		g.readBytes, g.writeBytes = int64(float64(g.readBytes)/math.Sqrt(slow)), int64(float64(g.writeBytes)/math.Sqrt(slow))
	}
	g.memoryFree = max(c.memoryLeft(n)-int64(float64(2<<30)*(1+noise(hash(h, "memory"), now, 3*time.Minute))), n.memory/200)
	c.traffic(n, now, &g, cores, repairing)
	return g
}

// traffic spreads the bytes over the adapters: clients on the routed networks,
// copies of what is written and repair on the storage networks.
func (c *simCluster) traffic(n *simNode, now time.Time, g *gauges, cores, repairing float64) {
	h := hash(c.seed, "net", n.Name)
	storage := 0
	for _, net := range c.nets {
		if net.Role != int(cluster.RoleClusterAndClient) && net.has[n.index] {
			storage++
		}
	}
	for i, net := range c.nets {
		rx, tx := 0.0, 0.0
		wobble := 1 + 0.35*noise(hash(h, i), now, 25*time.Second)
		switch {
		case !net.has[n.index] || c.unplugged(net, n):
		case net.Role == int(cluster.RoleClusterAndClient):
			rx, tx = cores*1.1e6*wobble, cores*1.6e6*wobble
		case net.Role == int(cluster.RoleNone): // iSCSI
			rx, tx = float64(g.readBytes)*wobble, float64(g.writeBytes)*wobble
		case c.shape.SAN: // heartbeats and cluster database only
			rx, tx = 9e3*wobble, 9e3*wobble
		default:
			copies := float64(c.copies() - 1)
			rx = (float64(g.writeBytes)*copies + float64(g.readBytes)*0.7 + repairing*9e7) * wobble / float64(storage)
			tx = rx * (0.95 + 0.1*noise(hash(h, "tx"), now, time.Minute))
		}
		limit := float64(net.Gbps) * 1e9 / 8 * 0.97
		g.rx = append(g.rx, int64(clamp(rx, 0, limit)))
		g.tx = append(g.tx, int64(clamp(tx, 0, limit)))
	}
}

func clamp(v, low, high float64) float64 { return min(max(v, low), high) }

// clock is the node's own time: a little drift that is corrected every so
// often, and what a fault adds. Without W32Time nobody corrects it.
func (c *simCluster) clock(n *simNode, now time.Time) time.Time {
	cond := c.condOf(n)
	drift := time.Duration(4e6 * noise(hash(c.seed, "clock", n.Name), now, 17*time.Minute))
	for _, f := range c.faults {
		if f.Target == n.Name && f.Kind == "service-stopped" && f.text("service") == "W32Time" {
			drift += now.Sub(f.Since) / 20000 // 50 parts in a million
		}
	}
	return now.Add(drift + cond.clockStep)
}
