package remoting

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// errNoCluster is a node that is well, but no member of a cluster.
var errNoCluster = errors.New("the cluster service is not installed")

func decodeVitals(a answer, p *peer, o *cluster.Observation) error {
	v, err := decode[scripts.NodeVitals](a)
	if err != nil {
		return err
	}
	o.Denied = texts(v.Denied, nameLen)
	utc := parseTime(v.UtcNow)
	if utc.IsZero() {
		return fmt.Errorf("it tells no time: %w", errBadAnswer)
	}
	if !v.IsClusterNode && !slices.Contains(v.Denied, "Services") {
		return errNoCluster
	}
	p.memory.Store(v.LoopMemory)
	o.Vitals = &cluster.Vitals{
		UTC: utc, Skew: utc.Sub(a.sent.Add(a.received.Sub(a.sent) / 2)), SkewError: a.received.Sub(a.sent) / 2, Boot: parseTime(v.BootTime),
		CPU: v.CpuPercent, Cores: v.LogicalCPUs, MemoryTotal: v.MemoryTotal, MemoryFree: v.MemoryFree, VMs: v.RunningVMs,
		Adapters: convert(v.Adapters, func(a scripts.VitalsAdapter) cluster.Adapter {
			return cluster.Adapter{Name: name(a.Name), LinkBps: a.LinkBits, RxBps: a.RxBytes * 8, TxBps: a.TxBytes * 8}
		}),
		Services: convert(v.Services, func(s scripts.VitalsService) cluster.Service {
			return cluster.Service{Name: name(s.Name), Display: name(s.DisplayName), State: name(s.State), Start: name(s.StartMode)}
		}),
		Disk: cluster.DiskRates{
			ReadIOPS: v.ReadsPerSec, WriteIOPS: v.WritesPerSec, ReadBps: v.ReadBytes, WriteBps: v.WriteBytes,
			Latency: time.Duration(v.LatencySeconds * float64(time.Second)),
		},
	}
	return nil
}
