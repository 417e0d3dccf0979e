package cluster

import (
	"slices"
	"time"
)

// Metric names a number that is kept over time.
type Metric string

const (
	MetricCPU        Metric = "cpu"         // percent
	MetricMemoryUsed Metric = "memory.used" // bytes
	MetricMemory     Metric = "memory.total"
	MetricNetRx      Metric = "net.rx" // bits per second, all adapters
	MetricNetTx      Metric = "net.tx"
	MetricReadIOPS   Metric = "disk.read.iops"
	MetricWriteIOPS  Metric = "disk.write.iops"
	MetricReadBps    Metric = "disk.read.bytes"
	MetricWriteBps   Metric = "disk.write.bytes"
	MetricLatency    Metric = "disk.latency" // seconds
	MetricSkew       Metric = "clock.skew"   // seconds
	MetricVMs        Metric = "vms"          // count
	MetricPollTime   Metric = "poll.time"    // seconds
	MetricUsed       Metric = "size.used"    // bytes, of a volume or pool
	MetricSize       Metric = "size.total"   // bytes
)

// SeriesKey names one series. Object is "" for the cluster itself, else
// "node/NAME", "volume/NAME" or "pool/NAME".
type SeriesKey struct {
	Cluster string
	Object  string
	Metric  Metric
}

// Sample is one value of one series, to be stored with its observation's time.
type Sample struct {
	Object string
	Metric Metric
	Value  float64
}

// Point is one point of a chart. For raw data Min, Mean, Max and Last are equal.
type Point struct {
	At                   time.Time
	Min, Mean, Max, Last float64
	Count                int
}

// Series is a stretch of history of one key. Step is zero for raw samples.
// Gaps are gaps: a point stands only where there was data.
type Series struct {
	Key    SeriesKey
	Step   time.Duration
	Points []Point
}

// Samples are the numbers an observation carries. What the node would not let us
// read is a gap, not zero.
func Samples(o Observation) []Sample {
	if !o.OK() {
		return nil
	}
	node := "node/" + o.Node
	switch {
	case o.Vitals != nil:
		v := o.Vitals
		var rx, tx int64
		for _, a := range v.Adapters {
			rx += a.RxBps
			tx += a.TxBps
		}
		all := []Sample{
			{node, MetricCPU, v.CPU},
			{node, MetricMemoryUsed, float64(v.MemoryUsed())},
			{node, MetricMemory, float64(v.MemoryTotal)},
			{node, MetricNetRx, float64(rx)},
			{node, MetricNetTx, float64(tx)},
			{node, MetricReadIOPS, v.Disk.ReadIOPS},
			{node, MetricWriteIOPS, v.Disk.WriteIOPS},
			{node, MetricReadBps, float64(v.Disk.ReadBps)},
			{node, MetricWriteBps, float64(v.Disk.WriteBps)},
			{node, MetricLatency, v.Disk.Latency.Seconds()},
			{node, MetricSkew, v.Skew.Seconds()},
			{node, MetricVMs, float64(v.VMs)},
			{node, MetricPollTime, o.Took.Seconds()},
		}
		if len(o.Denied) == 0 {
			return all
		}
		return slices.DeleteFunc(all, func(s Sample) bool {
			part, ok := partOfMetric[s.Metric]
			return ok && slices.Contains(o.Denied, part)
		})
	case o.State != nil:
		var out []Sample
		for _, vol := range o.State.Volumes {
			out = append(out,
				Sample{"volume/" + vol.Name, MetricUsed, float64(vol.Used())},
				Sample{"volume/" + vol.Name, MetricSize, float64(vol.Size)})
		}
		return out
	case o.Storage != nil:
		var out []Sample
		for _, p := range o.Storage.Pools {
			out = append(out,
				Sample{"pool/" + p.Name, MetricUsed, float64(p.Allocated)},
				Sample{"pool/" + p.Name, MetricSize, float64(p.Size)})
		}
		return out
	}
	return nil
}

// partOfMetric is the part of the vitals each number comes from.
var partOfMetric = map[Metric]string{
	MetricCPU: "Processor", MetricMemoryUsed: "OperatingSystem", MetricMemory: "OperatingSystem",
	MetricNetRx: "Adapters", MetricNetTx: "Adapters", MetricReadIOPS: "SharedVolumes", MetricWriteIOPS: "SharedVolumes",
	MetricReadBps: "SharedVolumes", MetricWriteBps: "SharedVolumes", MetricLatency: "SharedVolumes", MetricVMs: "VirtualMachines",
}
