// Package store keeps what was observed: the current picture, faults open and
// past, and the history of every number, in one SQLite file. It survives
// kill -9 at any moment: what was committed stays, and of the samples at most
// the last second is lost.
//
// One writer, many readers. Whoever holds the write lock (Store.turn) takes
// all reports that wait, applies them to the state in memory, writes them in
// one transaction and publishes the next snapshot.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"looksalive/cluster"
)

// Options say where and how long things are kept.
type Options struct {
	Dir       string           // directory of the database, created with mode 0700; required
	Logger    *slog.Logger     // nil discards
	Now       func() time.Time // nil means time.Now
	Retention Retention        // zero fields mean the defaults
	Sealer    Sealer           // of the secrets of definitions; nil refuses definitions that have some
}

// Store is an open database. All methods may be called concurrently.
type Store struct {
	now       func() time.Time
	log       *slog.Logger
	retention Retention
	sealer    Sealer
	lock      *sql.DB // holds the exclusive lock on the directory
	w, r      *sql.DB

	turn chan struct{} // the write lock: one slot, so that waiting can be given up

	mu       sync.Mutex
	queue    []*request                 // reports that wait for a commit
	reported map[string][]cluster.Fault // the faults of the newest report of a cluster
	ignored  map[nodeKey]bool           // whose reports are passed over; node "" for a whole cluster
	closed   bool

	// Owned by the holder of turn.
	pictures      map[string]*cluster.Picture
	names         []string // of the declared clusters, sorted
	known         map[string]*cluster.Picture
	open          map[string]map[string]cluster.Fault // open faults by cluster and Fault.Key
	changed       bool                                // pictures or faults, since the last snapshot
	faultsChanged bool                                // faults, since the last snapshot
	released      bool                                // the files are closed
	seq           uint64                              // last fault sequence number given
	faultID       int64                               // last fault number given
	dirty         dirty                               // what the database does not have yet
	wanted        map[string]wanted                   // by cluster
	doomed        map[uint32]bool                     // objects whose chunks are to be deleted
	sweeping      bool                                // something is
	sweepAt       int64                               // the chunk to go on from
	unscrubbed    bool                                // the write-ahead log may hold what was to be overwritten

	installation string // does not change

	codec codec
	stmts statements

	samples  *series
	snapshot atomic.Pointer[cluster.Snapshot]
	watchers watchers
	health   atomic.Pointer[error]
}

// Open opens or creates the database of a directory, brings it to the newest
// version, and rebuilds the current picture and the newest samples. It fails
// if another process uses the directory, if the database comes from a newer
// LooksAlive, or if the disk is full or read-only. A cluster appears in the
// snapshot as soon as it is declared (Members) or reported (Record).
func Open(ctx context.Context, opts Options) (_ *Store, err error) {
	if opts.Dir == "" {
		return nil, errors.New("store: Options.Dir is empty")
	}
	s := &Store{
		now: opts.Now, log: opts.Logger, retention: opts.Retention.withDefaults(), sealer: opts.Sealer,
		turn:     make(chan struct{}, 1),
		reported: map[string][]cluster.Fault{},
		pictures: map[string]*cluster.Picture{},
		known:    map[string]*cluster.Picture{},
		open:     map[string]map[string]cluster.Fault{},
		dirty:    newDirty(),
		ignored:  map[nodeKey]bool{},
		wanted:   map[string]wanted{},
		doomed:   map[uint32]bool{},
		watchers: watchers{chans: map[chan *cluster.Snapshot]struct{}{}},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.samples = newSeries(s.now, s.log)
	defer func() {
		if err != nil {
			s.release()
			err = fmt.Errorf("store %s: %w", opts.Dir, explain(err))
		}
	}()
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, err
	}
	if s.lock, err = lockDir(ctx, opts.Dir); err != nil {
		return nil, err
	}
	path := filepath.Join(opts.Dir, fileName)
	if err := createFile(path); err != nil {
		return nil, err
	}
	if s.w, s.r, err = openDB(ctx, path); err != nil {
		return nil, err
	}
	if err := migrate(ctx, s.w, migrations); err != nil {
		return nil, err
	}
	if err := s.stmts.prepare(ctx, s.w); err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	if err := s.keepHorizon(); err != nil {
		return nil, fmt.Errorf("reading how old the data is: %w", err)
	}
	if err := s.reseal(ctx); err != nil {
		return nil, fmt.Errorf("sealing the secrets with the newest key: %w", err)
	}
	if err := s.interrupted(ctx); err != nil {
		return nil, fmt.Errorf("recording interrupted runs: %w", err)
	}
	// What was to be overwritten when the program was killed may be in the log still.
	if _, err := s.truncate(busyTimeout); err != nil {
		return nil, err
	}
	s.snapshot.Store(&cluster.Snapshot{At: s.now().UTC(), Clusters: []*cluster.Picture{}, Faults: []cluster.Fault{}, Seq: s.seq})
	return s, nil
}

// load rebuilds the state in memory from the database.
func (s *Store) load(ctx context.Context) error {
	if err := s.loadPictures(ctx); err != nil {
		return fmt.Errorf("rebuilding the picture: %w", err)
	}
	if err := s.loadFaults(ctx); err != nil {
		return fmt.Errorf("reading the open faults: %w", err)
	}
	if err := s.samples.load(ctx, s.w); err != nil {
		return fmt.Errorf("rebuilding the newest samples: %w", err)
	}
	if err := s.loadDoomed(ctx); err != nil {
		return fmt.Errorf("reading what is to be deleted: %w", err)
	}
	if err := s.w.QueryRowContext(ctx, `SELECT id FROM installation`).Scan(&s.installation); err != nil {
		return fmt.Errorf("reading the installation's id: %w", err)
	}
	return nil
}

// Health is nil while everything recorded reaches the disk, else the reason
// why not. What does not reach the disk is still shown, and is written when
// the disk takes it again.
func (s *Store) Health() error {
	if p := s.health.Load(); p != nil {
		return *p
	}
	return nil
}

// Close writes what waits, ends all watches and closes the database. Calling
// it twice does no harm.
func (s *Store) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	err := s.commit(context.Background(), true)
	s.watchers.close()
	s.turn <- struct{}{}
	defer s.give()
	s.released = true
	return errors.Join(err, s.release())
}

// release closes the files; the lock last.
func (s *Store) release() error {
	var errs []error
	for _, db := range []*sql.DB{s.r, s.w, s.lock} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
