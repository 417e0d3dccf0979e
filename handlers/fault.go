package handlers

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

// pastSpan is how long a resolved fault stays on the live list.
const pastSpan = 2 * time.Hour

func (a *App) faults(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	past, err := a.past.get(r.Context(), a.opt.Store, m)
	if err != nil {
		return views.Page{}, err
	}
	return views.Faults(m.snap, past, query(r), a.me(r.Context()), m.now), nil
}

func (a *App) fault(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	f, err := a.findFault(r.Context(), m.snap, param(r, "id"))
	if err != nil {
		return views.Page{}, err
	}
	return views.FaultPage(m.snap, f, query(r), a.me(r.Context()), m.now), nil
}

// findFault looks among the open faults, then in history.
func (a *App) findFault(ctx context.Context, s *cluster.Snapshot, id string) (cluster.Fault, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return cluster.Fault{}, cluster.ErrNotFound
	}
	for _, f := range s.Faults {
		if f.ID == n {
			return f, nil
		}
	}
	return a.opt.Store.Fault(ctx, n)
}

// pastCache keeps the lately resolved faults, which change only when the
// fault sequence does: a live list is rendered every few seconds.
type pastCache struct {
	mu     sync.Mutex
	seq    uint64
	filled bool
	faults []cluster.Fault
}

// get lists the faults resolved within pastSpan before the moment. History may
// be ahead of the snapshot: what the snapshot does not know yet is left out,
// or a fault would stand in both lists.
func (c *pastCache) get(ctx context.Context, s Store, m moment) ([]cluster.Fault, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.filled || c.seq != m.snap.Seq {
		all, err := s.Faults(ctx, cluster.FaultQuery{Since: m.now.Add(-pastSpan)})
		if err != nil {
			return nil, err
		}
		c.faults, c.seq, c.filled = all, m.snap.Seq, true
	}
	var past []cluster.Fault
	for _, f := range c.faults {
		if !f.Open() && f.Seq <= m.snap.Seq && m.now.Sub(f.Resolved) <= pastSpan {
			past = append(past, f)
		}
	}
	return past, nil
}
