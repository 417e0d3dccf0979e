package views

import (
	"math"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// Tile is one number of now with its last hour.
type Tile struct {
	ID, Label   string
	Known       bool
	Value, Unit string
	Note        string
	Lock        bool  // the value may not be read
	AsOf        *Meta // set when the value may no longer be so
	Spark       Spark
}

// thin stands between a number and its unit where they are set in two sizes.
const thin = "\u202f"

// tile splits a formatted value such as "18.4 Gbit/s" at its unit.
func tile(id, label, formatted string, known bool, note string, spark Spark) Tile {
	t := Tile{ID: id, Label: label, Known: known, Note: note, Spark: spark}
	if !known {
		t.Value = noData
		return t
	}
	if v, ok := strings.CutSuffix(formatted, "%"); ok {
		t.Value, t.Unit = v, "%"
		return t
	}
	if v, unit, ok := strings.Cut(formatted, " "); ok {
		t.Value, t.Unit = v, thin+unit
	} else {
		t.Value = formatted
	}
	return t
}

// flow sums what nodes move now.
type flow struct {
	network bool // rx and tx are known
	storage bool // iops and latency are
	rx, tx  int64
	iops    float64
	latency time.Duration // worst
	on      string        // the node of the worst latency
}

func flowOf(p *cluster.Picture, names []string, now time.Time) flow {
	var f flow
	for _, name := range names {
		if p.VitalsStale(name, now) {
			continue
		}
		if p.IsPaused(name) {
			continue
		}
		v, _ := p.View(name)
		f.add(v, name)
	}
	return f
}

// add adds what a node that told its vitals moves, as far as it may be read.
func (f *flow) add(view cluster.NodeView, node string) {
	v := view.Vitals
	if !view.Lacks(cluster.QuestionVitals, "Adapters") {
		f.network = true
		for _, a := range v.Adapters {
			f.rx += a.RxBps
			f.tx += a.TxBps
		}
	}
	if view.Lacks(cluster.QuestionVitals, "SharedVolumes") {
		return
	}
	f.storage = true
	f.iops += v.Disk.ReadIOPS + v.Disk.WriteIOPS
	if v.Disk.Latency > f.latency {
		f.latency, f.on = v.Disk.Latency, node
	}
}

func (f flow) plus(g flow) flow {
	f.network, f.storage = f.network || g.network, f.storage || g.storage
	f.rx, f.tx, f.iops = f.rx+g.rx, f.tx+g.tx, f.iops+g.iops
	if g.latency > f.latency {
		f.latency, f.on = g.latency, g.on
	}
	return f
}

// fleetUsage adds up the clusters.
func fleetUsage(s *cluster.Snapshot, now time.Time) cluster.Usage {
	var all cluster.Usage
	for _, p := range s.Clusters {
		u := p.Usage(now)
		all.CPU += u.CPU * float64(u.NodesFresh)
		all.NodesFresh += u.NodesFresh
		all.MemoryUsed += u.MemoryUsed
		all.MemoryTotal += u.MemoryTotal
		all.MemoryKnown = all.MemoryKnown || u.MemoryKnown
		all.VMs += u.VMs
		all.VMsRunning += u.VMsRunning
		all.NodesUp += u.NodesUp
		all.NodesTotal += u.NodesTotal
		all.NodesPaused += u.NodesPaused
	}
	if all.NodesFresh > 0 {
		all.CPU /= float64(all.NodesFresh)
		all.CPUKnown = true
	}
	return all
}

func fleetTiles(s *cluster.Snapshot, u cluster.Usage, trend Trends, now time.Time) []Tile {
	var f flow
	for _, p := range s.Clusters {
		f = f.plus(flowOf(p, p.NodeNames(), now))
	}
	tiles := usageTiles(u, f, trend, true, lackOf(s.Clusters...), now)
	if u.NodesTotal > maxTrendNodes {
		for i := range tiles {
			tiles[i].Spark = Spark{} // nobody reads a thousand series for four small charts
		}
	}
	return tiles
}

// lack says why numbers of now that are not known are not, by the part of the vitals
// they come from.
type lack map[string]string

// lackOf says so of clusters: no access where every node that tells its vitals refuses
// a part, paused where nobody is asked.
func lackOf(list ...*cluster.Picture) lack {
	asked, told := false, 0
	denied := map[string]int{}
	for _, p := range list {
		asked = asked || !p.AllPaused()
		for _, name := range p.NodeNames() {
			v, _ := p.View(name)
			if p.IsPaused(name) || v.Vitals == nil {
				continue
			}
			told++
			for _, part := range vitalsParts {
				if v.Lacks(cluster.QuestionVitals, part) {
					denied[part]++
				}
			}
		}
	}
	l := lack{}
	for _, part := range vitalsParts {
		switch {
		case len(list) > 0 && !asked:
			l[part] = pausedWord
		case told > 0 && denied[part] == told:
			l[part] = noAccess
		}
	}
	return l
}

// The parts of the vitals the tiles are made of.
var vitalsParts = []string{"Processor", "OperatingSystem", "Adapters", "SharedVolumes"}

// usageTiles are the four numbers of now, of a fleet, a cluster or a node.
// Those that are not current are no point of the small charts.
func usageTiles(u cluster.Usage, f flow, trend Trends, current bool, lacks lack, now time.Time) []Tile {
	value := func(v float64, known bool) float64 {
		if !known || !current {
			return math.NaN()
		}
		return v
	}
	memory := ""
	if u.MemoryKnown {
		memory = binary(u.MemoryUsed) + " of " + binary(u.MemoryTotal)
	}
	cpu := ""
	if u.CPUKnown && u.NodesTotal > 1 {
		cpu = "mean of " + plural(u.NodesFresh, "node")
	}
	network, storage := "", ""
	if f.network {
		network = bits(f.rx) + " in, " + bits(f.tx) + " out"
	}
	if f.storage {
		storage = rate(f.iops) + " operations"
		if f.on != "" && u.NodesTotal > 1 {
			storage = "worst on " + f.on
		}
	}
	out := []Tile{
		tile("t-cpu", "CPU", percent(u.CPU), u.CPUKnown, cpu,
			newSpark(trend, []cluster.Metric{cluster.MetricCPU}, foldMean, 100, value(u.CPU, u.CPUKnown), now)),
		tile("t-memory", "Memory", percent(100*ratio(u.MemoryUsed, u.MemoryTotal)), u.MemoryKnown, memory,
			newSpark(trend, []cluster.Metric{cluster.MetricMemoryUsed}, foldSum, float64(u.MemoryTotal), value(float64(u.MemoryUsed), u.MemoryKnown), now)),
		tile("t-network", "Network", bits(f.rx+f.tx), f.network, network,
			newSpark(trend, []cluster.Metric{cluster.MetricNetRx, cluster.MetricNetTx}, foldSum, 0, value(float64(f.rx+f.tx), f.network), now)),
		tile("t-latency", "Storage latency", latency(f.latency), f.storage, storage,
			newSpark(trend, []cluster.Metric{cluster.MetricLatency}, foldMax, 0, value(f.latency.Seconds(), f.storage), now)),
	}
	for i, part := range vitalsParts {
		if word := lacks[part]; word != "" && !out[i].Known {
			out[i].Value = word
			if word == noAccess {
				out[i].Lock, out[i].Note = true, missingText(cluster.QuestionVitals, part)
			}
		}
	}
	return out
}

// InventoryTile is a count with its link on the page of a cluster.
type InventoryTile struct {
	ID, Label, Href, Icon string
	Value                 string
	Note                  string
	Title                 string // tip
	State                 *State // of the worst of them, nil when all is well
}

func inventoryTile(p *cluster.Picture, label, href, icon string, n int, note string, worst cluster.Health) InventoryTile {
	t := InventoryTile{ID: rowID("tile", label), Label: label, Href: href, Icon: icon, Value: strconv.Itoa(n), Note: note}
	if worst, _ = seen(p, worst, ""); worst != cluster.Healthy {
		st := stateOf(worst)
		t.State = &st
	}
	return t
}
