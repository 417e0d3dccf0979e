// Package handlers is the web side of LooksAlive: every route, the live
// socket and the JSON API. It asks the Store, lets views build what is seen,
// and decides headers and status codes. It observes nothing itself.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/console"
	"looksalive/views"
)

// Store is what the pages, the socket and the API need to know.
type Store interface {
	// Snapshot is the newest picture. It is shared and never changes; nil
	// before there is one.
	Snapshot() *cluster.Snapshot
	// Watch hands out the newest snapshot and then each newer one, skipping
	// those a slow reader missed, until ctx ends.
	Watch(ctx context.Context) <-chan *cluster.Snapshot
	// Series reads history in about the given number of points per key.
	Series(ctx context.Context, keys []cluster.SeriesKey, from, to time.Time, points int) ([]cluster.Series, error)
	// Faults reads open and past faults.
	Faults(ctx context.Context, q cluster.FaultQuery) ([]cluster.Fault, error)
	// Fault reads one fault; cluster.ErrNotFound if there is none.
	Fault(ctx context.Context, id int64) (cluster.Fault, error)
	// Acknowledge writes down that somebody has seen an open fault, Unacknowledge
	// takes it back. Both return when everybody who watches knows. Errors:
	// cluster.ErrNotFound, ErrResolved.
	Acknowledge(ctx context.Context, id int64, by, note string) error
	Unacknowledge(ctx context.Context, id int64) error
	// Health says whether data can be read and written.
	Health() error
}

// Fleet is what is watched and how it is reached: it can be checked, added to and
// changed. Errors: cluster.ErrNotFound, ErrExists, ErrFixed, and cluster.Problems
// for what somebody entered.
type Fleet interface {
	// Definitions are sorted by name. Secrets are in them, but never print.
	Definitions() []cluster.Definition
	// Check tries a definition that need not be watched, step by step. tell gets
	// each state of it, from one goroutine at a time; the last is also returned.
	Check(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check
	// Save begins to watch a definition, or to watch it as it is now. was is the
	// name it had, "" for a new one.
	Save(ctx context.Context, was string, d cluster.Definition) error
	// Pause stops or resumes asking a node, "" for the whole cluster.
	Pause(ctx context.Context, clusterName, node string, paused bool) error
	// Retry tries a password once more that nodes rejected, on one node or, with "", on
	// the whole cluster. It does not wait for what comes of it.
	Retry(ctx context.Context, clusterName, node string) error
	// Remove ends watching a node, "" for the whole cluster.
	Remove(ctx context.Context, clusterName, node string, keepHistory bool) error
}

// Options say what an App serves.
type Options struct {
	Store  Store            // required
	Fleet  Fleet            // nil: the settings say that clusters come from elsewhere
	Build  string           // a browser that sees it change reloads the page
	Demo   views.Demo       // the banner over simulated clusters
	Logger *slog.Logger     // nil discards
	Now    func() time.Time // nil means time.Now

	Access *access.Service // nil: no sign-in, and everybody may do everything
	Audit  AuditLog        // nil: nothing is written down

	Console *console.Console // nil: nothing can be run
	Library *console.Library // nil: there are no saved scripts
	// Commands lists the names of the commands a node has, for the editor to
	// complete. nil: it completes none.
	Commands func(ctx context.Context, t cluster.Target) ([]string, error)

	// AllowedHosts are the names browsers may use for this server, without
	// port. Loopback names and IP addresses always may: a page that rebinds
	// its own name to our address cannot pretend those.
	AllowedHosts []string
	// AnyHost switches the check of names off, for a server behind a proxy
	// that does it.
	AnyHost bool

	MaxSockets int // live sockets at a time; 0 means 5000
	MaxTopics  int // different pages watched at a time; 0 means 1000
}

// App serves everything under one http.Handler.
type App struct {
	opt       Options
	log       *slog.Logger
	now       func() time.Time
	mux       *chi.Mux
	pages     map[string]page             // by route pattern: the socket renders the same pages
	least     map[string]cluster.UserRole // who may see a page, by route pattern
	hub       *hub
	drafts    *drafts
	origin    *http.CrossOriginProtection
	hosts     map[string]bool
	trends    trendCache
	past      pastCache
	documents documentCache

	runSockets runSockets
}

// New checks the options and lays out the routes. The sockets live while Run runs.
func New(opt Options) (*App, error) {
	if opt.Store == nil {
		return nil, errors.New("handlers: a Store is required")
	}
	a := &App{opt: opt, log: opt.Logger, now: opt.Now, pages: map[string]page{}, least: map[string]cluster.UserRole{}, hosts: map[string]bool{}}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.now == nil {
		a.now = time.Now
	}
	for _, h := range opt.AllowedHosts {
		a.hosts[hostName(h)] = true
	}
	if a.opt.MaxSockets == 0 {
		a.opt.MaxSockets = 5000
	}
	if a.opt.MaxTopics == 0 {
		a.opt.MaxTopics = 1000
	}
	a.hub = newHub(a)
	a.drafts = newDrafts(a.now, a.hub.poke)
	a.origin = http.NewCrossOriginProtection()
	a.mux = a.routes()
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// Run feeds the live sockets until ctx ends, then closes each with code 1001
// (going away) and returns when all are gone. It returns nil then: an end
// that was asked for is no error.
func (a *App) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	var sweeps sync.WaitGroup
	sweeps.Go(func() { a.drafts.runSweeps(ctx) })
	defer sweeps.Wait()
	a.runSockets.open(ctx)
	defer a.runSockets.close()
	defer stop()
	return a.hub.run(ctx)
}
