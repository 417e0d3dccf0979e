package handlers

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestSeriesOf(t *testing.T) {
	at := func(sec int) time.Time { return time.Unix(int64(sec), 0) }
	point := func(sec int, v float64) cluster.Point {
		return cluster.Point{At: at(sec), Min: v - 1, Mean: v, Max: v + 1, Last: v, Count: 1}
	}
	p := func(v float64) *float64 { return &v }
	node := cluster.SeriesKey{Cluster: "C", Object: "node/N", Metric: cluster.MetricCPU}
	for name, tt := range map[string]struct {
		in    cluster.Series
		times []float64
		means []*float64
		mode  cluster.SessionMode
	}{
		"nothing":           {cluster.Series{}, []float64{}, []*float64{}, cluster.ModeLoop},
		"raw, 15 s is near": {cluster.Series{Points: []cluster.Point{point(0, 1), point(15, 2)}}, []float64{0, 15}, []*float64{p(1), p(2)}, cluster.ModeLoop},
		"raw, 16 s is far":  {cluster.Series{Points: []cluster.Point{point(0, 1), point(16, 2)}}, []float64{0, 7.5, 16}, []*float64{p(1), nil, p(2)}, cluster.ModeLoop},
		"asked less, 90 s":  {cluster.Series{Points: []cluster.Point{point(0, 1), point(90, 2), point(181, 3)}}, []float64{0, 90, 135, 181}, []*float64{p(1), p(2), nil, p(3)}, cluster.ModeProcess},
		"steps":             {cluster.Series{Step: time.Minute, Points: []cluster.Point{point(0, 1), point(120, 2), point(300, 3)}}, []float64{0, 120, 195, 300}, []*float64{p(1), p(2), nil, p(3)}, cluster.ModeLoop},
		"no number":         {cluster.Series{Points: []cluster.Point{point(0, math.NaN()), point(5, math.Inf(1))}}, []float64{0, 5}, []*float64{nil, nil}, cluster.ModeLoop},
	} {
		got := seriesOf(node, tt.in, tt.mode)
		if d := cmp.Diff(tt.times, got.Time); d != "" {
			t.Errorf("%s: times: %s", name, d)
		}
		if d := cmp.Diff(tt.means, got.Mean); d != "" {
			t.Errorf("%s: means: %s", name, d)
		}
		if len(got.Min) != len(got.Time) || len(got.Max) != len(got.Time) {
			t.Errorf("%s: arrays differ in length", name)
		}
	}
}

// How often numbers come is known from the node that gives them.
func TestModeOf(t *testing.T) {
	p := &cluster.Picture{Members: []string{"N1", "N2"}, StateMode: cluster.ModeLoop, StorageMode: cluster.ModeProcess,
		Nodes: map[string]cluster.NodeView{"N1": {VitalsMode: cluster.ModeProcess}, "N2": {VitalsMode: cluster.ModeLoop}}}
	for object, want := range map[string]cluster.SessionMode{
		"node/N1": cluster.ModeProcess, "node/N2": cluster.ModeLoop, "node/none": cluster.ModeUnknown, "pool/P": cluster.ModeProcess, "volume/V": cluster.ModeLoop,
	} {
		if got := modeOf(p, object); got != want {
			t.Errorf("%s: %v, want %v", object, got, want)
		}
	}
}

// Samples of the fixture come back through the API with their unit.
func TestSeriesAnswer(t *testing.T) {
	now := start
	f := newFixtureAt(t, func() time.Time { return now }, nil)
	for i := range 3 {
		now = now.Add(5 * time.Second)
		f.vitals("AUE-01", "HV-01", float64(20+i))
	}
	now = now.Add(time.Second)
	w := f.get("/api/v1/series?cluster=AUE-01&object=node/HV-01&metric=cpu,vms&from=" + start.Format(time.RFC3339))
	var got apiSeriesList
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || len(got.Series) != 2 {
		t.Fatalf("%d %v: %s", w.Code, err, w.Body)
	}
	cpu := got.Series[0]
	if cpu.Metric != cluster.MetricCPU || cpu.Unit != "percent" || got.Series[1].Metric != cluster.MetricVMs {
		t.Errorf("series: %+v", got.Series)
	}
	if n := len(cpu.Mean); n < 3 || cpu.Mean[n-1] == nil || *cpu.Mean[n-1] != 22 || cpu.Time[n-1] != float64(now.Unix()-1) {
		t.Errorf("CPU load: %+v", cpu)
	}
}

// History is read once in a while, however often a live page is made.
func TestTrendsAreKept(t *testing.T) {
	now := start
	counted := &countingStore{}
	app := &App{opt: Options{Store: counted}}
	keys := []cluster.SeriesKey{{Cluster: "C", Object: "node/N", Metric: cluster.MetricCPU}, {Cluster: "C", Object: "node/N", Metric: cluster.MetricVMs}}
	ask := func(keys []cluster.SeriesKey, want int) {
		t.Helper()
		got, err := app.history(t.Context(), now, keys)
		if err != nil || counted.asked != want || len(got) != 1 {
			t.Errorf("%d series, asked %d times for one, want %d (%v)", len(got), counted.asked, want, err)
		}
	}
	ask(keys[:1], 1)
	ask(keys[:1], 1)
	ask(keys, 2) // only the other one, which has no data
	ask(keys, 2)
	now = now.Add(trendYoung)
	ask(keys, 3) // that one may have data by now
	now = now.Add(trendAge)
	ask(keys, 5)
	now = start // a clock that was set back
	ask(keys, 7)
}

// countingStore has one series, and counts how many were asked for.
type countingStore struct {
	Store
	asked int
}

func (s *countingStore) Series(_ context.Context, keys []cluster.SeriesKey, from, to time.Time, points int) ([]cluster.Series, error) {
	s.asked += len(keys)
	var out []cluster.Series
	for _, k := range keys {
		if k.Metric == cluster.MetricCPU {
			out = append(out, cluster.Series{Key: k, Points: make([]cluster.Point, trendFew)})
		}
	}
	return out, nil
}
