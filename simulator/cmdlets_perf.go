package simulator

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"looksalive/simulator/powershell"
)

// perfCmdlets read counters: now, and the cluster's performance history.
func (s *console) perfCmdlets() []*powershell.Cmdlet {
	series := func(kind string) powershell.Param {
		return powershell.Param{Name: kind + "SeriesName", Kind: powershell.KindStrings}
	}
	return []*powershell.Cmdlet{
		{Name: "Get-Counter", Class: commandsClass + "GetCounterCommand", Module: "Microsoft.PowerShell.Diagnostics", Params: []powershell.Param{{Name: "Counter", Kind: powershell.KindStrings, Position: 1, Pipeline: true}, {Name: "SampleInterval", Kind: powershell.KindInt}, {Name: "MaxSamples", Kind: powershell.KindLong}, {Name: "Continuous", Kind: powershell.KindSwitch}, {Name: "ListSet", Kind: powershell.KindStrings}, {Name: "ComputerName", Kind: powershell.KindStrings}}, Process: s.getCounter},
		{Name: "Get-ClusterPerformanceHistory", Class: "Get-ClusterPerformanceHistory", Module: clusterModule, Params: []powershell.Param{{Name: "InputObject", Pipeline: true}, {Name: "TimeFrame", Kind: powershell.KindString, Values: []string{"MostRecent", "LastHour", "LastDay", "LastWeek", "LastMonth", "LastYear"}},
			{Name: "Cluster", Kind: powershell.KindString}, series("Cluster"), series("ClusterNode"), series("VM"), series("PhysicalDisk"), series("Volume"), series("NetAdapter")}, Process: s.getHistory},
	}
}

// reading is one series of performance history.
type reading struct {
	series, unit string
	at           func(time.Time) float64
}

// history are the series of what the call is about; its description, too.
func (s *console) history(c *simCluster, about *powershell.Object) (string, []reading) {
	sum := func(f func(n *simNode, g gauges) float64) func(time.Time) float64 {
		return func(at time.Time) float64 {
			total := 0.0
			for _, n := range c.nodes {
				if n.active() {
					total += f(n, c.measure(n, at))
				}
			}
			return total
		}
	}
	if about == nil || about.TypeName() == clusterClass+"Cluster" {
		up := 0.0
		for _, n := range c.nodes {
			if n.active() {
				up++
			}
		}
		return "Cluster " + c.shape.Name, []reading{
			{"ClusterNode.Cpu.Usage", "percent", func(at time.Time) float64 {
				return sum(func(_ *simNode, g gauges) float64 { return g.cpu })(at) / max(up, 1)
			}},
			{"ClusterNode.Memory.Total", "bytes", sum(func(n *simNode, _ gauges) float64 { return float64(n.memory) })},
			{"ClusterNode.Memory.Available", "bytes", sum(func(_ *simNode, g gauges) float64 { return float64(g.memoryFree) })},
			{"Volume.IOPS.Total", "per second", sum(func(_ *simNode, g gauges) float64 { return g.reads + g.writes })},
			{"Volume.Size.Total", "bytes", func(time.Time) float64 { return c.volumeBytes(func(v *simVolume) int64 { return v.size }) }},
			{"Volume.Size.Available", "bytes", func(at time.Time) float64 {
				return c.volumeBytes(func(v *simVolume) int64 { return c.free(v, at) })
			}},
		}
	}
	name := about.String()
	switch about.TypeName() {
	case clusterClass + "ClusterNode":
		n := s.findNode(name)
		if n == nil || !n.active() {
			return "ClusterNode " + name, nil
		}
		gauge := func(f func(gauges) float64) func(time.Time) float64 {
			return func(at time.Time) float64 { return f(c.measure(n, at)) }
		}
		return "ClusterNode " + name, []reading{
			{"ClusterNode.Cpu.Usage", "percent", gauge(func(g gauges) float64 { return g.cpu })},
			{"ClusterNode.Memory.Total", "bytes", func(time.Time) float64 { return float64(n.memory) }},
			{"ClusterNode.Memory.Available", "bytes", gauge(func(g gauges) float64 { return float64(g.memoryFree) })},
			{"ClusterNode.Memory.Usage", "bytes", gauge(func(g gauges) float64 { return float64(n.memory - g.memoryFree) })},
			{"NetAdapter.Bandwidth.Inbound", "bits per second", gauge(func(g gauges) float64 { return 8 * total(g.rx) })},
			{"NetAdapter.Bandwidth.Outbound", "bits per second", gauge(func(g gauges) float64 { return 8 * total(g.tx) })},
			{"PhysicalDisk.IOPS.Total", "per second", gauge(func(g gauges) float64 { return g.reads + g.writes })},
			{"PhysicalDisk.Latency.Average", "seconds", gauge(func(g gauges) float64 { return g.latency })},
		}
	case hyperVClass + "VirtualMachine":
		name = fmt.Sprint(about.Get("Name"))
		r := s.groupOf(c, name)
		if r == nil {
			return "VM " + name, nil
		}
		return "VM " + name, []reading{
			{"VM.Cpu.Usage", "percent", func(at time.Time) float64 {
				return clamp(r.load*30*rhythm(at)*(1+0.3*noise(hash(c.seed, r.name), at, 4*time.Minute)), 0, 100)
			}},
			{"VM.Memory.Assigned", "bytes", func(time.Time) float64 { return float64(r.memory) }},
		}
	case cimType("MSFT_Volume"), cimType("MSFT_VirtualDisk"), clusterClass + "ClusterSharedVolume":
		if label, ok := about.Get("FriendlyName").(string); ok {
			name = label
		}
		if v := c.volume(name); v != nil {
			return "Volume " + v.Name, []reading{
				{"Volume.Size.Total", "bytes", func(time.Time) float64 { return float64(v.size) }},
				{"Volume.Size.Available", "bytes", func(at time.Time) float64 { return float64(c.free(v, at)) }},
			}
		}
	}
	return name, nil
}

func total(list []int64) float64 {
	sum := 0.0
	for _, v := range list {
		sum += float64(v)
	}
	return sum
}

func (c *simCluster) volumeBytes(f func(*simVolume) int64) float64 {
	sum := 0.0
	for _, v := range c.volumes {
		sum += float64(f(v))
	}
	return sum
}

// frames are the resolutions of performance history ("Performance history for
// Storage Spaces Direct", Microsoft Learn).
var frames = map[string][2]time.Duration{
	"lasthour": {10 * time.Second, time.Hour}, "lastday": {5 * time.Minute, 25 * time.Hour}, "lastweek": {15 * time.Minute, 8 * 24 * time.Hour},
	"lastmonth": {time.Hour, 35 * 24 * time.Hour}, "lastyear": {24 * time.Hour, 400 * 24 * time.Hour},
}

func (s *console) getHistory(call *powershell.Call) error {
	about, _ := call.Value("InputObject").(*powershell.Object)
	var names []string
	for _, kind := range []string{"Cluster", "ClusterNode", "VM", "PhysicalDisk", "Volume", "NetAdapter"} {
		names = append(names, call.Texts(kind+"SeriesName")...)
	}
	return s.inCluster(call, func(c *simCluster) ([]any, error) {
		if c.shape.SAN || c.shape.NoHistory || !c.hasHistory() {
			return nil, powershell.NewError("System.Management.Automation.RuntimeException", "PerformanceHistoryNotAvailable", "NotSpecified", nil, "Performance history is not available on this cluster: it needs Storage Spaces Direct of Windows Server 2019 or later.")
		}
		describe, list := s.history(c, about)
		frame, ok := frames[strings.ToLower(call.Text("TimeFrame"))]
		if !ok {
			frame = [2]time.Duration{10 * time.Second, 0}
		}
		end := c.now.Truncate(frame[0])
		var out []any
		for _, r := range list {
			if len(names) > 0 && !anyWild(names, r.series) {
				continue
			}
			for at := end.Add(-frame[1]); !at.After(end); at = at.Add(frame[0]) {
				out = append(out, powershell.NewObject("Microsoft.Health.PerformanceHistory", "Series", r.series, "Time", at, "Value", r.at(at), "Unit", r.unit, "MetricId", r.series, "ObjectDescription", describe))
			}
		}
		return out, nil
	})
}

// unitText shows a value of performance history with a unit people read.
func unitText(v any) any {
	o := v.(*powershell.Object)
	n, _ := o.Get("Value").(float64)
	scale := func(units []string, by float64) string {
		i := 0
		for n >= by && i < len(units)-1 {
			n, i = n/by, i+1
		}
		return fmt.Sprintf("%.2f %s", n, units[i])
	}
	switch o.Get("Unit") {
	case "percent":
		return fmt.Sprintf("%.2f %%", n)
	case "bytes":
		return scale([]string{"B", "KB", "MB", "GB", "TB", "PB"}, 1024)
	case "bits per second":
		return scale([]string{"bps", "Kbps", "Mbps", "Gbps"}, 1000)
	case "seconds":
		return fmt.Sprintf("%.2f ms", n*1000)
	}
	return fmt.Sprintf("%.0f /s", n)
}

var counterPath = regexp.MustCompile(`^(?:\\\\([^\\]+))?\\([^\\(]+?)(?:\(([^)]*)\))?\\(.+)$`)

// counters are those people type, by set and counter in lower case. The values
// are by instance.
func (s *console) counters(c *simCluster, set, counter string) (values map[string]float64, known bool) {
	n := s.h.node
	g := c.measure(n, c.now)
	one := func(v float64) (map[string]float64, bool) { return map[string]float64{"": v}, true }
	all := func(v float64) (map[string]float64, bool) { return map[string]float64{"_total": v}, true }
	switch set + `\` + counter {
	case `processor\% processor time`, `processor information\% processor time`, `processor information\% processor utility`, `hyper-v hypervisor logical processor\% total run time`:
		return all(g.cpu)
	case `memory\available mbytes`:
		return one(float64(g.memoryFree >> 20))
	case `memory\available bytes`:
		return one(float64(g.memoryFree))
	case `memory\% committed bytes in use`:
		return one(100 * float64(n.memory-g.memoryFree) / float64(n.memory))
	case `system\system up time`:
		return one(c.clock(n, c.now).Sub(n.boot).Seconds())
	case `system\processor queue length`:
		return one(float64(int(g.cpu / 25)))
	case `physicaldisk\avg. disk sec/transfer`, `physicaldisk\avg. disk sec/read`, `physicaldisk\avg. disk sec/write`, `cluster csvfs\avg. sec/read`, `cluster csvfs\avg. sec/write`:
		return all(g.latency)
	case `physicaldisk\disk transfers/sec`:
		return all(g.reads + g.writes)
	case `physicaldisk\disk reads/sec`, `cluster csvfs\reads/sec`:
		return all(g.reads)
	case `physicaldisk\disk writes/sec`, `cluster csvfs\writes/sec`:
		return all(g.writes)
	case `physicaldisk\disk read bytes/sec`:
		return all(float64(g.readBytes))
	case `physicaldisk\disk write bytes/sec`:
		return all(float64(g.writeBytes))
	case `physicaldisk\current disk queue length`:
		return all(float64(int((g.reads + g.writes) * g.latency)))
	case `logicaldisk\% free space`:
		return map[string]float64{"c:": 71.4}, true
	case `network interface\bytes total/sec`, `network adapter\bytes total/sec`, `network interface\bytes received/sec`, `network interface\bytes sent/sec`:
		out := map[string]float64{}
		for i, net := range c.nets {
			if net.has[n.index] {
				rx, tx := float64(g.rx[i]), float64(g.tx[i])
				switch counter {
				case "bytes received/sec":
					tx = 0
				case "bytes sent/sec":
					rx = 0
				}
				out[strings.ToLower(strings.NewReplacer("#", "_", "(", "[", ")", "]").Replace(adapterDescription(net)))] += rx + tx
			}
		}
		return out, true
	case `windows time service\computed time offset`:
		return one(float64(c.clock(n, c.now).Sub(c.now).Microseconds()))
	case `hyper-v virtual machine health summary\health ok`:
		return one(float64(g.machines))
	}
	return nil, false
}

func (s *console) getCounter(call *powershell.Call) error {
	if call.Has("ListSet") {
		for _, set := range []string{"Processor", "Memory", "PhysicalDisk", "LogicalDisk", "Network Interface", "System", "Cluster CSVFS", "Windows Time Service", "Hyper-V Hypervisor Logical Processor"} {
			if anyWild(call.Texts("ListSet"), set) {
				if err := call.Write(powershell.NewObject("Microsoft.PowerShell.Commands.GetCounter.CounterSet", "CounterSetName", set, "MachineName", ".", "CounterSetType", "MultiInstance", "Description", "", "Paths", []any{})); err != nil {
					return err
				}
			}
		}
		return nil
	}
	paths := call.Texts("Counter")
	if paths == nil {
		paths = []string{`\Network Interface(*)\Bytes Total/sec`, `\Processor(_Total)\% Processor Time`, `\Memory\% Committed Bytes In Use`, `\PhysicalDisk(_Total)\Current Disk Queue Length`}
	}
	samples := 1
	if n, ok := call.Value("MaxSamples").(int64); ok {
		samples = int(min(max(n, 1), 100000))
	}
	if call.On("Continuous") {
		samples = 1 << 30
	}
	for i := range samples {
		if i > 0 {
			if err := call.Wait(time.Duration(max(call.Int("SampleInterval", 1), 1)) * time.Second); err != nil {
				return err
			}
		}
		if err := s.sample(call, paths); err != nil {
			return err
		}
	}
	return nil
}

func (s *console) sample(call *powershell.Call, paths []string) error {
	invalid := ""
	var out []any
	_, err := s.locked(func(c *simCluster) ([]any, error) {
		at := c.clock(s.h.node, c.now)
		for _, p := range paths {
			m := counterPath.FindStringSubmatch(p)
			if m == nil {
				invalid = p
				continue
			}
			values, known := s.counters(c, strings.ToLower(m[2]), strings.ToLower(m[4]))
			found := false
			for _, instance := range slices.Sorted(maps.Keys(values)) {
				if m[3] != "" && !powershell.Wildcard(instance, m[3]) {
					continue
				}
				found = true
				path := `\\` + strings.ToLower(s.h.node.Name) + `\` + strings.ToLower(m[2])
				if instance != "" {
					path += "(" + instance + ")"
				}
				path += `\` + strings.ToLower(m[4])
				o := powershell.NewObject("Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSample", "Path", path, "InstanceName", instance, "CookedValue", values[instance], "Timestamp", at, "Status", uint32(0))
				out = append(out, o)
			}
			if !known || !found {
				invalid = p
			}
		}
		return []any{}, nil
	})
	if err != nil {
		return err
	}
	if invalid != "" {
		return powershell.NewError("System.Exception", "CounterApiError", "InvalidResult", nil, "The specified counter path could not be interpreted: "+invalid)
	}
	var text strings.Builder
	for _, v := range out {
		o := v.(*powershell.Object)
		fmt.Fprintf(&text, "%s :\n%v\n\n", o.Get("Path"), o.Get("CookedValue"))
	}
	set := powershell.NewObject("Microsoft.PowerShell.Commands.GetCounter.PerformanceCounterSampleSet", "Timestamp", out[0].(*powershell.Object).Get("Timestamp"), "CounterSamples", out, "Readings", strings.TrimRight(text.String(), "\n")+"\n")
	return call.Write(set)
}
