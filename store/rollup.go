package store

import (
	"math"
	"slices"
)

// A rolled-up table has one row a window, timed by its start, and five columns
// a metric, numbered metric<<3 | field.
const (
	fieldMin = iota
	fieldMax
	fieldSum
	fieldLast
	fieldCount
	fields
)

// window is what is known of one stretch of time.
type window struct {
	start               int64 // milliseconds since 1970
	min, max, sum, last float64
	count               float64
}

// add takes one raw value.
func (w *window) add(v float64) {
	if w.count == 0 {
		w.min, w.max = v, v
	}
	w.min, w.max = min(w.min, v), max(w.max, v)
	w.sum += v
	w.last = v
	w.count++
}

// join takes a later window.
func (w *window) join(x window) {
	if w.count == 0 {
		w.min, w.max = x.min, x.max
	}
	w.min, w.max = min(w.min, x.min), max(w.max, x.max)
	w.sum += x.sum
	w.last = x.last
	w.count += x.count
}

// rollSamples folds samples into windows of step milliseconds, onto dst.
// Windows without a value do not exist.
func rollSamples(dst []window, times []int64, values []float64, step int64) []window {
	end := int64(math.MinInt64)
	for i, v := range values {
		if v != v {
			continue
		}
		if times[i] >= end {
			start := times[i] - times[i]%step
			end = start + step
			dst = append(dst, window{start: start})
		}
		dst[len(dst)-1].add(v)
	}
	return dst
}

// rollWindows folds windows, in order, into longer ones.
func rollWindows(dst []window, in []window, step int64) []window {
	end := int64(math.MinInt64)
	for _, w := range in {
		if w.start >= end {
			start := w.start - w.start%step
			end = start + step
			dst = append(dst, window{start: start})
		}
		dst[len(dst)-1].join(w)
	}
	return dst
}

// exact takes the rounding errors out of a sum of decimal numbers, which makes
// it exact and short to store.
func exact(sum float64) float64 {
	for _, f := range scales {
		if x := sum * f; math.Abs(x) < 1<<52 {
			if r := math.RoundToEven(x) / f; math.Abs(r-sum) <= math.Abs(sum)*1e-12 {
				return r
			}
		}
	}
	return sum
}

// metricWindows are the windows of one metric.
type metricWindows struct {
	metric  uint32
	windows []window
}

// rolledTable lays the windows of several metrics out as a table.
func rolledTable(list []metricWindows) table {
	var t table
	for _, m := range list {
		for _, w := range m.windows {
			t.times = append(t.times, w.start)
		}
	}
	slices.Sort(t.times)
	t.times = slices.Compact(t.times)
	for _, m := range list {
		var cols [fields][]float64
		for f := range cols {
			cols[f] = make([]float64, len(t.times))
		}
		k := 0
		for i, at := range t.times {
			values := [fields]float64{missing, missing, missing, missing, missing}
			if k < len(m.windows) && m.windows[k].start == at {
				w := m.windows[k]
				values = [fields]float64{w.min, w.max, exact(w.sum), w.last, w.count}
				k++
			}
			for f := range cols {
				cols[f][i] = values[f]
			}
		}
		for f, values := range cols {
			t.columns = append(t.columns, column{m.metric<<3 | uint32(f), values})
		}
	}
	return t
}

// readWindows decodes the windows of one metric of a rolled-up chunk, onto dst.
func (c *codec) readWindows(dst []window, v *chunkView, metric uint32) ([]window, error) {
	times, err := c.readTimes(v)
	if err != nil {
		return dst, err
	}
	var cols [fields][]float64
	for f := range cols {
		if cols[f], err = c.readColumn(nil, v, metric<<3|uint32(f)); err != nil {
			return dst, err
		}
		if cols[f] == nil {
			return dst, nil
		}
	}
	for i, at := range times {
		if n := cols[fieldCount][i]; n == n {
			dst = append(dst, window{at, cols[fieldMin][i], cols[fieldMax][i], cols[fieldSum][i], cols[fieldLast][i], n})
		}
	}
	return dst, nil
}
