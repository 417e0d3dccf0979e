package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"looksalive/store"
)

// runAudit verifies or exports the audit log, also while the program runs.
func runAudit(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("looksalive audit", flag.ContinueOnError)
	fs.SetOutput(stderr)
	data := fs.String("data", "", "data `directory` (default that of real clusters)")
	fs.Usage = func() {
		fmt.Fprint(stderr, "looksalive audit [flags] verify   walk the hash chain of the audit log\nlooksalive audit [flags] export   write it as JSON lines\n\n")
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	dir := *data
	if dir == "" {
		cfg, err := loadConfig([]string{"-real"}, getenv, stderr)
		if err != nil {
			return err
		}
		dir = cfg.Data
	}
	log, err := store.OpenAudit(ctx, dir)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	defer log.Close()
	switch fs.Arg(0) {
	case "verify":
		lines, last, err := log.Verify(ctx)
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
		_, err = fmt.Fprintf(stdout, "%d lines, unbroken. The last hash is %s\n", lines, last)
		return err
	case "export":
		return log.Export(ctx, stdout)
	}
	fs.Usage()
	return errors.New("audit: verify or export?")
}
