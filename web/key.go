package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"

	"looksalive/vault"
)

// openVault opens what seals credentials. A temporary data directory gets a key that
// is as short-lived.
func openVault(cfg config, dir string) (*vault.Vault, error) {
	o := vault.Options{KeyFile: cfg.KeyFile, Key: cfg.key.Reveal(), DataDir: dir}
	if o.KeyFile == "" && o.Key == "" {
		var key [32]byte
		_, _ = rand.Read(key[:]) // does not fail
		o.Key = base64.StdEncoding.EncodeToString(key[:])
	}
	return vault.Open(o)
}

// runKey puts a new key before those in the key file. At its next start the program
// seals everything with it.
func runKey(args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	fs := flag.NewFlagSet("looksalive key", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.Usage = func() { fmt.Fprintln(stderr, "looksalive key rotate   put a new key before those in the key file") }
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.Arg(0) != "rotate" {
		fs.Usage()
		return errors.New("key: rotate?")
	}
	cfg, err := loadConfig([]string{"-real"}, getenv, stderr)
	if err != nil {
		return err
	}
	if err := vault.Rotate(vault.Options{KeyFile: cfg.KeyFile, Key: cfg.key.Reveal(), DataDir: cfg.Data}); err != nil {
		return fmt.Errorf("key: %w", err)
	}
	_, err = fmt.Fprintf(stdout, "A new key is in %s. Start LooksAlive once to seal all credentials with it; then the old ones can be taken out.\n", cfg.KeyFile)
	return err
}
