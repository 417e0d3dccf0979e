package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"looksalive/cluster"
	"looksalive/collector"
	"looksalive/handlers"
	"looksalive/remoting"
	"looksalive/store"
	"looksalive/views"
)

// Limits of the HTTP server. A websocket leaves them behind when it is upgraded.
const (
	readHeaderTimeout = 10 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	stopTimeout       = 10 * time.Second // for everything to end in order
)

// serve runs the product until ctx ends. Listeners are bound first, then
// things start from the far end of the data's way to the near one; they stop
// in reverse.
func serve(ctx context.Context, cfg config, stdout, stderr io.Writer) error {
	level, err := cfg.level()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: level}))

	dir, removeDir, err := dataDir(cfg.Data)
	if err != nil {
		return err
	}
	defer removeDir()

	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", cfg.Addr, err)
	}
	defer listener.Close()

	fleet, err := newFleet(cfg, log)
	if err != nil {
		return err
	}
	defer fleet.close()

	st, err := store.Open(ctx, store.Options{Dir: dir, Logger: log})
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("closing the store", "err", err)
		}
	}()
	for _, p := range fleet.members {
		if err := st.Members(ctx, p.Cluster, p.Members); err != nil {
			return err
		}
	}

	// The client tells the collector at once when a node's session breaks; the
	// collector is made after the client, hence the late binding.
	var wake func(clusterName, node string)
	client, err := remoting.New(remoting.Options{
		Nodes: fleet.nodes, Logger: log,
		OnLost: func(clusterName, node string) { wake(clusterName, node) },
	})
	if err != nil {
		return err
	}
	coll, err := collector.New(collector.Options{
		Clusters: known(st.Snapshot(), fleet.members), Ask: client, Sink: st, Logger: log,
	})
	if err != nil {
		return err
	}
	wake = coll.Wake

	app, err := handlers.New(handlers.Options{
		Store: st, Build: buildID(), Demo: views.Demo{On: fleet.simulated, ControlURL: fleet.control},
		Logger: log, AllowedHosts: cfg.Hosts,
	})
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: app, ReadHeaderTimeout: readHeaderTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}

	// Two lives: what fills the store must end before the store's last flush.
	storeCtx, stopStore := context.WithCancel(context.WithoutCancel(ctx))
	defer stopStore()
	storeDone := make(chan error, 1)
	go func() { storeDone <- st.Run(storeCtx) }()

	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() error { return fleet.run(gctx) })
	group.Go(func() error { return coll.Run(gctx) })
	group.Go(func() error { return app.Run(gctx) })
	group.Go(func() error {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	group.Go(func() error {
		<-gctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
		defer cancel()
		err := errors.Join(server.Shutdown(stop), client.Close(stop))
		if err != nil {
			log.Warn("not everything ended in order", "err", err)
		}
		return nil
	})
	fmt.Fprintln(stdout, fleet.banner("http://"+listener.Addr().String()))

	err = group.Wait()
	stopStore()
	if storeErr := <-storeDone; err == nil {
		err = storeErr
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// dataDir makes the directory; the returned function removes a temporary one.
func dataDir(dir string) (string, func(), error) {
	if dir != tempData {
		return dir, func() {}, nil
	}
	tmp, err := os.MkdirTemp("", "looksalive-")
	if err != nil {
		return "", nil, err
	}
	return tmp, func() { os.RemoveAll(tmp) }, nil
}

// known are the pictures to start from: what the store remembers of each
// cluster, or an empty picture, with the members as configured now.
func known(snap *cluster.Snapshot, members []*cluster.Picture) []*cluster.Picture {
	out := make([]*cluster.Picture, 0, len(members))
	for _, m := range members {
		p := *m
		if old := snap.Cluster(m.Cluster); old != nil {
			p = *old
			p.Members = m.Members
		}
		out = append(out, &p)
	}
	return out
}
