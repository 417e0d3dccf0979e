package views

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// maxTrendNodes bounds how many series one page draws: beyond it the numbers
// stand without their small chart.
const maxTrendNodes = 64

// sparkSteps is how many points a small chart has at most.
const sparkSteps = 60

var tileMetrics = []cluster.Metric{
	cluster.MetricCPU, cluster.MetricMemoryUsed,
	cluster.MetricNetRx, cluster.MetricNetTx, cluster.MetricLatency,
}

// OverviewTrends names the series Overview draws; none for a large fleet.
func OverviewTrends(s *cluster.Snapshot) []cluster.SeriesKey {
	var keys []cluster.SeriesKey
	n := 0
	for _, p := range s.Clusters {
		n += len(p.NodeNames())
		keys = append(keys, ClusterTrends(s, p.Cluster)...)
	}
	if n > maxTrendNodes {
		return nil
	}
	return keys
}

// ClusterTrends names the series ClusterPage draws.
func ClusterTrends(s *cluster.Snapshot, name string) []cluster.SeriesKey {
	p := s.Cluster(name)
	if p == nil || len(p.NodeNames()) > maxTrendNodes {
		return nil
	}
	var keys []cluster.SeriesKey
	for _, node := range p.NodeNames() {
		keys = append(keys, NodeTrends(name, node)...)
	}
	return keys
}

// NodeTrends names the series NodePage draws.
func NodeTrends(name, node string) []cluster.SeriesKey {
	keys := make([]cluster.SeriesKey, 0, len(tileMetrics))
	for _, m := range tileMetrics {
		keys = append(keys, cluster.SeriesKey{Cluster: name, Object: "node/" + node, Metric: m})
	}
	return keys
}

// leastSpan is the stretch of time a small chart shows at least: until there
// is that much history the line grows from the right.
const leastSpan = 5 * time.Minute

// bridged is how far the newest point of history may be away from now and
// still be joined to it: what is read from history is a little older than what
// is known.
const bridged = 45 * time.Second

// Spark is a small chart, drawn in a box of 120 by 40.
type Spark struct {
	Line, Area string // paths, "" when there is nothing to draw
	Dot        string // path of the value of now, "" when it is not known
	Label      string
}

// fold says how the values of several nodes at one time become one.
type fold int

const (
	foldMean fold = iota
	foldSum
	foldMax
)

// newSpark draws the series of metrics over the last TrendSpan, or since the
// first point where there is less, and ends in the value of now, NaN if that
// is not known. A gap in the data is a gap in the line. top fixes the upper
// end, 0 means the highest value.
func newSpark(trend Trends, metrics []cluster.Metric, how fold, top, value float64, now time.Time) Spark {
	var wanted []cluster.Series
	from, coarsest := now.Add(-leastSpan), 5*time.Second // raw samples come every 5 s
	for key, series := range trend {
		if !slices.Contains(metrics, key.Metric) {
			continue
		}
		wanted = append(wanted, series)
		coarsest = max(coarsest, series.Step)
		for _, pt := range series.Points {
			if pt.At.Before(from) && now.Sub(pt.At) <= TrendSpan {
				from = pt.At
			}
		}
	}
	// Twice the distance of points, so that no step is empty by chance.
	step := max(now.Sub(from)/sparkSteps, coarsest*2)
	if coarsest*sparkSteps >= TrendSpan { // rollups of a minute: one point a step
		step = max(now.Sub(from)/sparkSteps, coarsest)
	}
	steps := int(now.Sub(from)/step) + 1
	sums := make([]foldStep, steps)
	for _, series := range wanted {
		own := make([]foldStep, steps)
		for _, pt := range series.Points {
			if i := int(pt.At.Sub(from) / step); !pt.At.Before(from) && i < steps {
				own[i].add(pt.Mean)
			}
		}
		for i, o := range own {
			if o.n > 0 {
				sums[i].add(o.sum / float64(o.n))
			}
		}
	}
	values := make([]float64, steps)
	for i, b := range sums {
		values[i] = b.value(how)
	}
	if !math.IsNaN(value) {
		endIn(values, value, int(bridged/step))
	}
	s := drawSpark(values, top)
	if s.Line != "" {
		s.Label = "The last " + span(now.Sub(from))
	}
	return s
}

// foldStep gathers the values of one step.
type foldStep struct {
	sum, max float64
	n        int
}

func (f *foldStep) add(v float64) {
	f.sum += v
	f.max = max(f.max, v)
	f.n++
}

func (f foldStep) value(how fold) float64 {
	switch {
	case f.n == 0:
		return math.NaN()
	case how == foldMean:
		return f.sum / float64(f.n)
	case how == foldMax:
		return f.max
	default:
		return f.sum
	}
}

// endIn makes value the last one and joins it to the last known one before, if
// that is at most far steps away.
func endIn(values []float64, value float64, far int) {
	end := len(values) - 1
	values[end] = value
	last := end - 1
	for last >= 0 && math.IsNaN(values[last]) {
		last--
	}
	if last < 0 || end-last > far {
		return
	}
	for i := last + 1; i < end; i++ {
		values[i] = values[last] + (value-values[last])*float64(i-last)/float64(end-last)
	}
}

func drawSpark(values []float64, top float64) Spark {
	known := 0
	high := top
	for _, v := range values {
		if !math.IsNaN(v) {
			known++
			high = max(high, v)
		}
	}
	if known == 0 {
		return Spark{Label: "no history yet"}
	}
	if high == 0 {
		high = 1
	}
	var line, area strings.Builder
	open, run, lastX := false, 0, ""
	closeArea := func() {
		if run == 1 { // a point with nothing beside it: a line of no length, which has round ends
			line.WriteString("h0")
		}
		run = 0
		if open {
			area.WriteString("L" + lastX + " 40Z")
		}
		open = false
	}
	for i, v := range values {
		if math.IsNaN(v) {
			closeArea()
			continue
		}
		x := coordinate(float64(i) * 120 / float64(len(values)-1))
		y := coordinate(38 - 35*v/high)
		if open {
			line.WriteString("L" + x + " " + y)
			area.WriteString("L" + x + " " + y)
		} else {
			line.WriteString("M" + x + " " + y)
			area.WriteString("M" + x + " 40L" + x + " " + y)
		}
		open, lastX = true, x
		run++
	}
	closeArea()
	s := Spark{Line: line.String(), Area: area.String()}
	if v := values[len(values)-1]; !math.IsNaN(v) {
		s.Dot = "M120 " + coordinate(38-35*v/high) + "h0"
	}
	return s
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
