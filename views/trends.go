package views

import (
	"math"
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

// Spark is a small chart, drawn in a box of 120 by 40.
type Spark struct {
	Line, Area string // paths, "" when there is not enough to draw
	Label      string
}

// fold says how the values of several nodes at one time become one.
type fold int

const (
	foldMean fold = iota
	foldSum
	foldMax
)

// newSpark draws the series of metrics over the last TrendSpan. A gap in the
// data is a gap in the line. top fixes the upper end, 0 means the highest value.
func newSpark(trend Trends, metrics []cluster.Metric, how fold, top float64, now time.Time) Spark {
	step := TrendSpan / sparkSteps
	from := now.Add(-TrendSpan)
	type bucket struct {
		sum, max float64
		series   int
	}
	var buckets [sparkSteps]bucket
	for key, series := range trend {
		wanted := false
		for _, m := range metrics {
			wanted = wanted || key.Metric == m
		}
		if !wanted {
			continue
		}
		var sum [sparkSteps]float64
		var n [sparkSteps]int
		for _, pt := range series.Points {
			i := int(pt.At.Sub(from) / step)
			if pt.At.Before(from) || i >= sparkSteps {
				continue
			}
			sum[i] += pt.Mean
			n[i]++
		}
		for i := range n {
			if n[i] > 0 {
				v := sum[i] / float64(n[i])
				buckets[i].sum += v
				buckets[i].max = max(buckets[i].max, v)
				buckets[i].series++
			}
		}
	}
	values := make([]float64, sparkSteps)
	for i, b := range buckets {
		switch {
		case b.series == 0:
			values[i] = math.NaN()
		case how == foldMean:
			values[i] = b.sum / float64(b.series)
		case how == foldMax:
			values[i] = b.max
		default:
			values[i] = b.sum
		}
	}
	return drawSpark(values, top)
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
	if known < 2 {
		return Spark{Label: "no history yet"}
	}
	if high == 0 {
		high = 1
	}
	var line, area strings.Builder
	open, lastX := false, ""
	closeArea := func() {
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
	}
	closeArea()
	return Spark{Line: line.String(), Area: area.String(), Label: "The last hour"}
}

func coordinate(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
