package main

import (
	"crypto/tls"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOwnCertificate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ownFile)
	now := time.Now()
	names := []string{"localhost", "127.0.0.1", "board.example.net"}
	first, err := ensureOwn(path, names, now)
	must(t, err)
	if first == "" {
		t.Fatal("no certificate was made")
	}
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the key can be read by others: %v", info.Mode())
	}
	pair, err := tls.LoadX509KeyPair(path, path)
	must(t, err)
	for _, n := range names {
		if err := pair.Leaf.VerifyHostname(n); err != nil {
			t.Error(err)
		}
	}
	for name, again := range map[string]struct {
		names []string
		at    time.Time
		made  bool
	}{
		"the same":       {names, now, false},
		"near its end":   {names, now.Add(ownValid - ownRenew + time.Hour), true},
		"another name":   {append(names, "wall.example.net"), now, true},
		"fewer names":    {names[:2], now, false},
		"a clock behind": {names, now.Add(-24 * time.Hour), true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ensureOwn(path, names, now)
			must(t, err)
			made, err := ensureOwn(path, again.names, again.at)
			must(t, err)
			if (made != "") != again.made {
				t.Errorf("made %q, want a new one: %v", made, again.made)
			}
		})
	}
}

func TestNewCertificateIsServedWithoutRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tls.pem")
	now := time.Now()
	_, err := ensureOwn(path, []string{"old.example.net"}, now)
	must(t, err)
	clock := now
	c := &certificate{certFile: path, keyFile: path, now: func() time.Time { return clock }}
	must(t, c.load())
	serves := func(name string) bool {
		t.Helper()
		pair, err := c.get(nil)
		must(t, err)
		return pair.Leaf.VerifyHostname(name) == nil
	}
	_, err = ensureOwn(path, []string{"new.example.net"}, now)
	must(t, err)
	must(t, os.Chtimes(path, now, now.Add(time.Second)))
	if !serves("old.example.net") {
		t.Error("the files are looked at each time")
	}
	clock = clock.Add(certCheck)
	if !serves("new.example.net") {
		t.Error("the new certificate is not served")
	}
	must(t, os.WriteFile(path, []byte("half a certi"), 0o600))
	must(t, os.Chtimes(path, now, now.Add(2*time.Second)))
	clock = clock.Add(certCheck)
	if !serves("new.example.net") {
		t.Error("a damaged file ends the service")
	}
}

func TestOwnCertificateIsRenewedWhileRunning(t *testing.T) {
	clock := time.Now()
	conf, fingerprint, err := listenTLS(config{Addr: "192.0.2.1:1"}, t.TempDir(), func() time.Time { return clock })
	must(t, err)
	if fingerprint == "" {
		t.Error("no certificate was made")
	}
	clock = clock.Add(ownValid - ownRenew + time.Hour)
	pair, err := conf.GetCertificate(nil)
	must(t, err)
	if left := pair.Leaf.NotAfter.Sub(clock); left < ownRenew {
		t.Errorf("the certificate ends in %v", left)
	}
	if err := pair.Leaf.VerifyHostname("192.0.2.1"); err != nil {
		t.Error(err)
	}
}

func TestPlainHTTPStaysOnThisMachine(t *testing.T) {
	for name, c := range map[string]struct {
		cfg    config
		secure bool
	}{
		"loopback":                {config{Addr: "127.0.0.1:1"}, false},
		"localhost":               {config{Addr: "localhost:1"}, false},
		"everywhere":              {config{Addr: ":1"}, true},
		"an address":              {config{Addr: "192.0.2.1:1"}, true},
		"told so":                 {config{Addr: ":1", PlainHTTP: true}, false},
		"loopback, a certificate": {config{Addr: "[::1]:1", CertFile: "x"}, true},
	} {
		if got := c.cfg.secure(); got != c.secure {
			t.Errorf("%s: TLS %v, want %v", name, got, c.secure)
		}
	}
}
