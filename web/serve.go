package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"looksalive/console"
	"looksalive/handlers"
	"looksalive/simulator"
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
	url := address(listener, "http")
	if cfg.secure() {
		conf, fingerprint, err := listenTLS(cfg, dir, time.Now)
		if err != nil {
			return err
		}
		listener, url = tls.NewListener(listener, conf), address(listener, "https")
		if fingerprint != "" {
			log.Info("a certificate of our own was made", "sha256", fingerprint)
		}
	}

	fixed, demo, addresses := cfg.definitions, views.Demo{}, addressBook(nil)
	simulation := func(ctx context.Context) error { <-ctx.Done(); return nil }
	if !cfg.Real {
		sim, err := simulate(simulator.Options{
			Shapes: append(simulator.DemoShapes(), simulator.PracticeShape()), Story: cfg.Story, Control: true, Logger: log,
		})
		if err != nil {
			return err
		}
		defer sim.close()
		fixed, demo, addresses, simulation = sim.definitions, views.Demo{On: true, ControlURL: sim.control}, sim.addresses, sim.run
	}

	seals, err := openVault(cfg, dir)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, store.Options{Dir: dir, Logger: log, Sealer: seals})
	if err != nil {
		return err
	}
	defer func() {
		if err := st.Close(); err != nil {
			log.Error("closing the store", "err", err)
		}
	}()
	fleet, err := loadFleet(ctx, st, fixed, log)
	if err != nil {
		return err
	}
	fleet.addresses = addresses
	installation, err := st.Installation(ctx)
	if err != nil {
		return err
	}
	if err := fleet.start(ctx, installation); err != nil {
		return err
	}

	people, err := letIn(ctx, st, cfg.token, &demo, log)
	if err != nil {
		return err
	}
	library, err := openLibrary(st)
	if err != nil {
		return err
	}
	runs, err := console.New(console.Options{
		Runner: fleet.client, Auditor: st, Dir: filepath.Join(dir, "runs"), Exists: fleet.runnable, Reads: library.Reads, Logger: log,
	})
	if err != nil {
		return err
	}
	app, err := handlers.New(handlers.Options{
		Store: st, Fleet: fleet, Access: people, Audit: st, Console: runs, Library: library, Commands: fleet.commands,
		Build: buildID(), Demo: demo, Logger: log, AllowedHosts: cfg.Hosts,
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
	group.Go(func() error { return simulation(gctx) })
	group.Go(func() error { return fleet.coll.Run(gctx) })
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
		err := errors.Join(runs.Close(stop), server.Shutdown(stop), fleet.client.Close(stop))
		if err != nil {
			log.Warn("not everything ended in order", "err", err)
		}
		return nil
	})
	fmt.Fprint(stdout, banner(url, demo)+"\n"+firstLink(people, url))

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

// dataDir makes the directory, which only its owner can read; the returned function removes a temporary one.
func dataDir(dir string) (string, func(), error) {
	if dir != tempData {
		return dir, func() {}, os.MkdirAll(dir, 0o700)
	}
	tmp, err := os.MkdirTemp("", "looksalive-")
	if err != nil {
		return "", nil, err
	}
	return tmp, func() { os.RemoveAll(tmp) }, nil
}

// banner is the one line printed at the start.
func banner(url string, demo views.Demo) string {
	if !demo.On {
		return fmt.Sprintf("LooksAlive is at %s", url)
	}
	return fmt.Sprintf("LooksAlive is at %s (simulated clusters; break something at %s)", url, demo.ControlURL)
}

// buildID tells a browser that its page is from an older build.
func buildID() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
