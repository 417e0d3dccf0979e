package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	ownValid  = 397 * 24 * time.Hour
	ownRenew  = 30 * 24 * time.Hour // before the end
	ownFile   = "tls.pem"           // certificate and key, in the data directory
	certCheck = time.Minute         // how often files are looked at for a new certificate
)

// certificate serves the certificate of the dashboard: that of two files, read again
// when they change, or one of its own.
type certificate struct {
	certFile, keyFile string
	own               []string // names that one of our own is made out to; nil for other people's
	now               func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	changed time.Time // of the files
	looked  time.Time
}

// listenTLS is the configuration of the listener. The text is the fingerprint of a
// certificate that was made, "" if none was.
func listenTLS(cfg config, dir string, now func() time.Time) (*tls.Config, string, error) {
	c := &certificate{certFile: cfg.CertFile, keyFile: cfg.CertKeyFile, now: now}
	said := ""
	if c.certFile == "" {
		host, _, _ := net.SplitHostPort(cfg.Addr) // it was checked
		c.certFile = filepath.Join(dir, ownFile)
		c.keyFile = c.certFile
		c.own = names(host, cfg.Hosts)
		made, err := ensureOwn(c.certFile, c.own, now())
		if err != nil {
			return nil, "", fmt.Errorf("a certificate of our own: %w", err)
		}
		said = made
	}
	if err := c.load(); err != nil {
		return nil, "", err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: c.get}, said, nil
}

// names are what a certificate of our own is made out to.
func names(host string, more []string) []string {
	out := []string{"localhost", "127.0.0.1", "::1"}
	if h, err := os.Hostname(); err == nil {
		out = append(out, h)
	}
	if ip := net.ParseIP(host); host != "" && (ip == nil || !ip.IsUnspecified()) {
		out = append(out, host)
	}
	addresses, _ := net.InterfaceAddrs() // without them the name remains
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			out = append(out, n.IP.String())
		}
	}
	out = append(out, more...)
	slices.Sort(out)
	return slices.Compact(out)
}

// ensureOwn makes a self-signed certificate unless there is one that still holds for
// these names. It returns the fingerprint of a new one.
func ensureOwn(path string, names []string, now time.Time) (fingerprint string, err error) {
	if old, err := tls.LoadX509KeyPair(path, path); err == nil && holds(old.Leaf, names, now) {
		return "", nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return "", err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "LooksAlive", Organization: []string{"self-signed"}},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(ownValid),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return "", err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return "", err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return "", err
	}
	return colons(sha256.Sum256(der)), nil
}

// holds says whether a certificate can still be shown under all these names.
func holds(c *x509.Certificate, names []string, now time.Time) bool {
	if c == nil || now.Before(c.NotBefore) || now.Add(ownRenew).After(c.NotAfter) {
		return false
	}
	for _, n := range names {
		if c.VerifyHostname(n) != nil {
			return false
		}
	}
	return true
}

// colons writes a fingerprint as browsers show it.
func colons(sum [sha256.Size]byte) string {
	parts := make([]string, len(sum))
	for i, b := range sum {
		parts[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(parts, ":")
}

// load reads the files. c.mu is held, or nobody else knows c yet.
func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate of the dashboard: %w", err)
	}
	c.changed = newest(c.certFile, c.keyFile)
	c.current, c.looked = &pair, c.now()
	return nil
}

func newest(files ...string) time.Time {
	var t time.Time
	for _, f := range files {
		if info, err := os.Stat(f); err == nil && info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t
}

// get gives the certificate, and the new one once the files have changed. While they
// are being written, or make no sense, the old one stays.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= certCheck {
		c.looked = now
		made := ""
		if c.own != nil {
			made, _ = ensureOwn(c.certFile, c.own, now) // well before its end: if it fails, the old one still holds
		}
		if made != "" || newest(c.certFile, c.keyFile) != c.changed {
			_ = c.load() // the certificate that works is kept
		}
	}
	if c.current == nil {
		return nil, errors.New("no certificate")
	}
	return c.current, nil
}
