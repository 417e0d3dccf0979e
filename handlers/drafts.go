package handlers

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

const (
	draftAge     = 30 * time.Minute // of disuse, then what was entered is forgotten
	draftSweep   = time.Minute
	maxDrafts    = 32
	maxChecks    = 8 // running at a time
	checkTimeout = 10 * time.Minute
)

var (
	errBusy  = &HTTPError{Code: http.StatusServiceUnavailable, Msg: "Too many connections are being checked just now. Please try again in a minute."}
	errDraft = &HTTPError{Code: http.StatusNotFound, Msg: "This check is over, or was not used for 30 minutes. What was entered for it is forgotten.", Err: cluster.ErrNotFound}
)

// draft is a definition that is checked before it is saved. It is in memory
// alone, with the secrets that were entered for it.
type draft struct {
	id      string
	was     string             // the cluster it changes, "" for a new one
	changed time.Time          // when that was changed last, as the draft began
	entered cluster.Definition // with the secrets somebody entered, not with stored ones
	// vouched are nodes the stored cluster named itself, when it was asked with
	// stored secrets: it may go on to be asked there with them.
	vouched  []cluster.NodeDefinition
	left     []cluster.NodeDefinition // entered, and then left out in the list of nodes
	check    cluster.Check
	running  bool
	run      int // number of the check; a slow one that was replaced is not heard
	stop     context.CancelFunc
	began    time.Time
	took     time.Duration
	used     time.Time
	picked   map[string]bool // nodes somebody chose or left out, by name in lower case
	problems problems
	note     string
}

// drafts holds them.
type drafts struct {
	now  func() time.Time
	poke func(path string) // tells those who look at a draft

	mu     sync.Mutex
	all    map[string]*draft
	checks int // running
	wg     sync.WaitGroup
}

func newDrafts(now func() time.Time, poke func(string)) *drafts {
	return &drafts{now: now, poke: poke, all: map[string]*draft{}}
}

// runSweeps forgets what is not used any more until ctx ends, and then everything.
func (s *drafts) runSweeps(ctx context.Context) {
	tick := time.NewTicker(draftSweep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.mu.Lock()
			s.sweep()
			s.mu.Unlock()
		case <-ctx.Done():
			s.mu.Lock()
			for id := range s.all {
				s.drop(id)
			}
			s.mu.Unlock()
			s.wg.Wait()
			return
		}
	}
}

func (s *drafts) sweep() {
	for id, d := range s.all {
		if s.now().Sub(d.used) >= draftAge {
			s.drop(id)
		}
	}
}

// drop forgets a draft and stops its check.
func (s *drafts) drop(id string) {
	if d := s.all[id]; d != nil {
		if d.stop != nil {
			d.stop()
		}
		delete(s.all, id)
		s.poke(views.DraftPath(id))
	}
}

// forget is drop for those without the lock.
func (s *drafts) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(id)
}

// add makes a draft. The one longest unused gives way if there are too many.
func (s *drafts) add(was string, changed time.Time, entered cluster.Definition) *draft {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if len(s.all) >= maxDrafts {
		oldest := ""
		for id, d := range s.all {
			if oldest == "" || d.used.Before(s.all[oldest].used) {
				oldest = id
			}
		}
		s.drop(oldest)
	}
	d := &draft{id: rand.Text(), was: was, changed: changed, entered: entered, used: s.now(), picked: map[string]bool{}}
	s.all[d.id] = d
	return d
}

// get is a copy of a draft as it is. Use counts as use of it.
func (s *drafts) get(id string, use bool) (draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	d := s.all[id]
	if d == nil {
		return draft{}, errDraft
	}
	if use {
		d.used = s.now()
	}
	return *d, nil
}

// change changes a draft under the lock.
func (s *drafts) change(id string, f func(*draft)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.all[id]
	if d == nil {
		return errDraft
	}
	f(d)
	s.poke(views.DraftPath(id))
	return nil
}

// begin takes one of the places for checks; end gives it back.
func (s *drafts) begin() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.checks >= maxChecks {
		return errBusy
	}
	s.checks++
	return nil
}

func (s *drafts) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.checks--
}

// start checks a draft with the secrets in full, which the draft itself need not
// have. A check that still runs is stopped.
func (s *drafts) start(id string, full cluster.Definition, stored bool, check checkFunc) error {
	if err := s.begin(); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), checkTimeout) // it outlives the request; dropping the draft ends it
	var run int
	err := s.change(id, func(d *draft) {
		if d.stop != nil {
			d.stop()
		}
		d.run++
		run = d.run
		d.stop, d.running, d.began, d.took = stop, true, s.now(), 0
		d.check, d.problems = cluster.Check{}, nil
		s.wg.Add(1)
	})
	if err != nil {
		stop()
		s.end()
		return err
	}
	go func() {
		defer s.wg.Done()
		defer s.end()
		defer stop()
		current := func(f func(*draft)) {
			_ = s.change(id, func(d *draft) { // gone: nobody wants to know
				if d.run == run {
					f(d)
				}
			})
		}
		result, err := check(ctx, full, func(c cluster.Check) { current(func(d *draft) { d.check = c }) })
		current(func(d *draft) {
			d.running, d.took = false, s.now().Sub(d.began)
			if err != nil {
				d.problems.add("", "The check itself failed. The log of the server says why.")
				return
			}
			d.check = result
			if stored {
				d.vouch(result)
			}
		})
	}()
	return nil
}

// vouch remembers the nodes the cluster named.
func (d *draft) vouch(c cluster.Check) {
	d.vouched = nil
	for _, f := range c.Found {
		d.vouched = append(d.vouched, cluster.NodeDefinition{Name: f.Name, Address: f.Address})
	}
}

// checkFunc is Fleet.Check that cannot panic.
type checkFunc func(context.Context, cluster.Definition, func(cluster.Check)) (cluster.Check, error)

func (a *App) checking(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) (c cluster.Check, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.log.Error("panic while checking", "cluster", d.Name, "err", p, "stack", string(debug.Stack()))
			err = errors.New("panic while checking")
		}
	}()
	return a.opt.Fleet.Check(ctx, d, tell), nil
}

// choices are the nodes that may be watched: those the cluster named, or those
// that were entered as long as it named none.
func (d *draft) choices() []views.WatchChoice {
	var out []views.WatchChoice
	pick := func(name string, otherwise bool) bool {
		if p, ok := d.picked[strings.ToLower(name)]; ok {
			return p
		}
		return otherwise
	}
	for _, f := range d.check.Found {
		c := views.WatchChoice{Name: f.Name, Address: f.Address, State: f.State, Checked: d.checkOf(f.Name, f.Address)}
		n := d.named(f.Name)
		switch {
		case n != nil:
			c.Address = n.Address
			if n.Address != "" {
				c.Checked = d.checkOf(f.Name, n.Address)
			}
		case d.was != "":
			c.Tag = "new"
		}
		c.Watch = pick(f.Name, n != nil || d.was == "")
		out = append(out, c)
	}
	for _, n := range d.entered.Nodes {
		c := views.WatchChoice{Name: n.Name, Address: n.Address, Checked: d.checkOf(n.Name, where(n))}
		if c.Checked != nil && c.Checked.Name != "" && d.was == "" {
			c.Name = c.Checked.Name // it said itself how it is called
		}
		if slices.ContainsFunc(out, func(o views.WatchChoice) bool { return strings.EqualFold(o.Name, c.Name) }) {
			continue
		}
		if len(d.check.Found) > 0 {
			c.Tag = "not in the cluster"
		}
		c.Watch = pick(c.Name, len(d.check.Found) == 0 || d.was != "")
		out = append(out, c)
	}
	for _, n := range d.left {
		if !slices.ContainsFunc(out, func(o views.WatchChoice) bool { return strings.EqualFold(o.Name, n.Name) }) {
			out = append(out, views.WatchChoice{Name: n.Name, Address: n.Address, Checked: d.checkOf(n.Name, where(n))})
		}
	}
	return out
}

// named finds an entered node, whatever the case of its letters.
func (d *draft) named(name string) *cluster.NodeDefinition {
	for i := range d.entered.Nodes {
		if strings.EqualFold(d.entered.Nodes[i].Name, name) {
			return &d.entered.Nodes[i]
		}
	}
	return nil
}

// checkOf finds the check of a node by where it was asked, or by how it calls itself.
func (d *draft) checkOf(name, address string) *cluster.NodeCheck {
	for _, same := range []func(cluster.NodeCheck) bool{
		func(c cluster.NodeCheck) bool { return strings.EqualFold(c.Address, address) },
		func(c cluster.NodeCheck) bool { return strings.EqualFold(c.Name, name) },
	} {
		if i := slices.IndexFunc(d.check.Nodes, same); i >= 0 {
			return &d.check.Nodes[i]
		}
	}
	return nil
}

func where(n cluster.NodeDefinition) string {
	if n.Address != "" {
		return n.Address
	}
	return n.Name
}

// name is what the cluster is called, or will be.
func (d *draft) name() string {
	if d.entered.Name != "" {
		return d.entered.Name
	}
	return d.check.Cluster
}
