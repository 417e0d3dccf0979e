package handlers

import (
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

const (
	seriesSpan      = 3 * time.Hour // when from is not given
	seriesPoints    = 400
	seriesPointsMax = 4000
	seriesMax       = 16 // metrics in one question
)

// units are what the numbers of a metric count. A metric that is not here is
// not known to the API.
var units = map[cluster.Metric]string{
	cluster.MetricCPU: "percent", cluster.MetricMemoryUsed: "bytes", cluster.MetricMemory: "bytes",
	cluster.MetricNetRx: "bits per second", cluster.MetricNetTx: "bits per second",
	cluster.MetricReadIOPS: "per second", cluster.MetricWriteIOPS: "per second",
	cluster.MetricReadBps: "bytes per second", cluster.MetricWriteBps: "bytes per second",
	cluster.MetricLatency: "seconds", cluster.MetricSkew: "seconds", cluster.MetricPollTime: "seconds",
	cluster.MetricVMs: "count", cluster.MetricUsed: "bytes", cluster.MetricSize: "bytes",
}

type apiSeriesList struct {
	Cluster string      `json:"cluster"`
	Object  string      `json:"object"`
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Series  []apiSeries `json:"series"`
}

// apiSeries has arrays of equal length, as chart libraries want them. Where
// data is missing one row of nulls stands, so that no line is drawn across.
type apiSeries struct {
	Metric cluster.Metric `json:"metric"`
	Unit   string         `json:"unit"`
	Step   *float64       `json:"stepSeconds"` // null for raw samples
	Time   []float64      `json:"time"`        // seconds since 1970
	Min    []*float64     `json:"min"`
	Mean   []*float64     `json:"mean"`
	Max    []*float64     `json:"max"`
}

func (a *App) apiSeries(r *http.Request) (any, error) {
	m := momentOf(r)
	keys, from, to, points, err := seriesQuery(r.URL.Query(), m.now)
	if err != nil {
		return nil, err
	}
	p := m.snap.Cluster(keys[0].Cluster)
	if p == nil {
		return nil, noCluster
	}
	found, err := a.opt.Store.Series(r.Context(), keys, from, to, points)
	if err != nil {
		return nil, err
	}
	byKey := make(map[cluster.SeriesKey]cluster.Series, len(found))
	for _, s := range found {
		byKey[s.Key] = s
	}
	out := apiSeriesList{keys[0].Cluster, keys[0].Object, from.UTC(), to.UTC(), []apiSeries{}}
	for _, k := range keys {
		out.Series = append(out.Series, seriesOf(k, byKey[k], modeOf(p, k.Object)))
	}
	return out, nil
}

func seriesQuery(v url.Values, now time.Time) (keys []cluster.SeriesKey, from, to time.Time, points int, err error) {
	fail := func(msg string) ([]cluster.SeriesKey, time.Time, time.Time, int, error) {
		return nil, from, to, 0, badRequest(msg)
	}
	if v.Get("cluster") == "" {
		return fail("cluster is required.")
	}
	for _, list := range v["metric"] {
		for name := range strings.SplitSeq(list, ",") {
			if _, ok := units[cluster.Metric(name)]; !ok {
				return fail("metric must name metrics this API knows, such as cpu or memory.used.")
			}
			keys = append(keys, cluster.SeriesKey{Cluster: v.Get("cluster"), Object: v.Get("object"), Metric: cluster.Metric(name)})
		}
	}
	if len(keys) == 0 || len(keys) > seriesMax {
		return fail("metric is required, and at most 16 of them.")
	}
	to, points = now, seriesPoints
	if s := v.Get("to"); s != "" {
		if to, err = parseTime(s); err != nil {
			return fail("to must be a time such as 2026-01-31T12:00:00Z, or seconds since 1970.")
		}
	}
	from = to.Add(-seriesSpan)
	if s := v.Get("from"); s != "" {
		if from, err = parseTime(s); err != nil {
			return fail("from must be a time such as 2026-01-31T12:00:00Z, or seconds since 1970.")
		}
	}
	if !from.Before(to) {
		return fail("from must be before to.")
	}
	if s := v.Get("points"); s != "" {
		if points, err = strconv.Atoi(s); err != nil || points < 1 || points > seriesPointsMax {
			return fail("points must be a number from 1 to 4000.")
		}
	}
	return keys, from, to, points, nil
}

// parseTime reads RFC 3339 or seconds since 1970.
func parseTime(s string) (time.Time, error) {
	if sec, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(sec, 0), nil
	}
	return time.Parse(time.RFC3339, s)
}

// modeOf is how the node is asked that an object's numbers come from: how often they come.
func modeOf(p *cluster.Picture, object string) cluster.SessionMode {
	kind, name, _ := strings.Cut(object, "/")
	switch kind {
	case "node":
		v, _ := p.View(name)
		return v.VitalsMode
	case "pool":
		return p.StorageMode
	default:
		return p.StateMode
	}
}

func seriesOf(k cluster.SeriesKey, s cluster.Series, mode cluster.SessionMode) apiSeries {
	out := apiSeries{Metric: k.Metric, Unit: units[k.Metric], Step: nonZero(s.Step.Seconds()),
		Time: []float64{}, Min: []*float64{}, Mean: []*float64{}, Max: []*float64{}}
	gap := gapAfter(k, s.Step, mode)
	add := func(at time.Time, min, mean, max *float64) {
		out.Time = append(out.Time, float64(at.UnixMilli())/1000)
		out.Min, out.Mean, out.Max = append(out.Min, min), append(out.Mean, mean), append(out.Max, max)
	}
	for i, p := range s.Points {
		if i > 0 && p.At.Sub(s.Points[i-1].At) > gap {
			add(s.Points[i-1].At.Add(gap/2), nil, nil, nil)
		}
		add(p.At, finite(p.Min), finite(p.Mean), finite(p.Max))
	}
	return out
}

// gapAfter is how long two points may be apart and still belong together.
func gapAfter(k cluster.SeriesKey, step time.Duration, mode cluster.SessionMode) time.Duration {
	switch {
	case step > 0:
		return step * 5 / 2
	case strings.HasPrefix(k.Object, "pool/"):
		return cluster.StaleAfterIn(cluster.QuestionStorage, mode)
	default: // the state comes as often as the vitals
		return cluster.StaleAfterIn(cluster.QuestionVitals, mode)
	}
}

// finite is null for what JSON cannot say.
func finite(v float64) *float64 {
	return known(v, !math.IsNaN(v) && !math.IsInf(v, 0))
}
