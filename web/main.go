// Command web is LooksAlive: it wires the packages together, starts them and
// stops them in reverse. Without configuration it watches simulated clusters.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "looksalive:", err)
		os.Exit(1)
	}
}

// run is the whole program: args without the program's name, the environment
// as a function, and where to write. It returns when ctx ends or something
// that cannot be repaired fails.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "simulator":
			return runSimulator(ctx, args[1:], stdout, stderr)
		case "doctor":
			return runDoctor(ctx, args[1:], getenv, stdout, stderr)
		case "audit":
			return runAudit(ctx, args[1:], getenv, stdout, stderr)
		case "key":
			return runKey(args[1:], getenv, stdout, stderr)
		}
	}
	cfg, err := loadConfig(args, getenv, stderr)
	if err != nil {
		return err
	}
	return serve(ctx, cfg, stdout, stderr)
}
