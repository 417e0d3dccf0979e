package handlers

import (
	"context"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

const (
	trendPoints = 60               // of a small chart
	trendAge    = 20 * time.Second // a small chart of an hour moves one point a minute
	trendYoung  = 2 * time.Second  // one with hardly a point yet is read again soon
	trendFew    = 5                // points that make a series young
	trendMax    = 4096             // series kept
)

// history reads the series that a page draws small. A live page is rendered
// several times a second; its history is read once in a while.
func (a *App) history(ctx context.Context, now time.Time, keys []cluster.SeriesKey) (views.Trends, error) {
	out := make(views.Trends, len(keys))
	missing := a.trends.take(keys, now, out)
	if len(missing) == 0 {
		return out, nil
	}
	series, err := a.opt.Store.Series(ctx, missing, now.Add(-views.TrendSpan), now, trendPoints)
	if err != nil {
		return nil, err
	}
	a.trends.put(missing, series, now)
	for _, s := range series {
		out[s.Key] = s
	}
	return out, nil
}

// trendCache keeps series that were read lately.
type trendCache struct {
	mu   sync.Mutex
	kept map[cluster.SeriesKey]trend
}

type trend struct {
	series cluster.Series
	at     time.Time
}

// age is how long the series may be shown before it is read again.
func (t trend) age() time.Duration {
	if len(t.series.Points) < trendFew {
		return trendYoung
	}
	return trendAge
}

// take fills out with what is kept and still good, and lists what is missing.
func (c *trendCache) take(keys []cluster.SeriesKey, now time.Time, out views.Trends) (missing []cluster.SeriesKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		t, ok := c.kept[k]
		if !ok || now.Sub(t.at) >= t.age() || now.Before(t.at) {
			missing = append(missing, k)
			continue
		}
		if len(t.series.Points) > 0 {
			out[k] = t.series
		}
	}
	return missing
}

// put remembers what was read, also that there was nothing to read.
func (c *trendCache) put(asked []cluster.SeriesKey, series []cluster.Series, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept)+len(asked) > trendMax {
		c.kept = make(map[cluster.SeriesKey]trend)
	}
	for _, k := range asked {
		c.kept[k] = trend{cluster.Series{Key: k}, now}
	}
	for _, s := range series {
		c.kept[s.Key] = trend{s, now}
	}
}
