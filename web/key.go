package main

import (
	"crypto/rand"
	"encoding/base64"

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
