package store

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"looksalive/cluster"
	"looksalive/vault"
)

const canary = "canary-7f3a-"

const testKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func newVault(t testing.TB, key string) *vault.Vault {
	t.Helper()
	v, err := vault.Open(vault.Options{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// recorder is a vault that remembers every blob it ever made.
type recorder struct {
	*vault.Vault
	mu    sync.Mutex
	blobs [][]byte
}

func (r *recorder) Seal(plain []byte, place string) ([]byte, error) {
	blob, err := r.Vault.Seal(plain, place)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.blobs = append(r.blobs, bytes.Clone(blob))
	return blob, err
}

// files reads all files of a directory as one text.
func files(t testing.TB, dir string) []byte {
	t.Helper()
	var all []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		all = append(all, data...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// sealedNow are the blobs that belong on disk.
func sealedNow(t testing.TB, s *Store) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := each(t.Context(), s.r, `SELECT data FROM secret`, nil, func(scan func(...any) error) error {
		var blob []byte
		err := scan(&blob)
		out[string(blob)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// leftovers counts the blobs in the files that should not be there any more.
func (r *recorder) leftovers(t testing.TB, s *Store, dir string) (left int) {
	t.Helper()
	all, now := files(t, dir), sealedNow(t, s)
	if bytes.Contains(all, []byte(canary)) {
		t.Fatal("a secret is in the files in clear")
	}
	for blob := range now {
		if !bytes.Contains(all, []byte(blob[12:28])) {
			t.Fatal("the search does not find what is there")
		}
	}
	for _, blob := range r.blobs {
		// Pieces are enough to know it by: a long one lies on several pages.
		if !now[string(blob)] && (bytes.Contains(all, blob[12:28]) || bytes.Contains(all, blob[len(blob)-16:])) {
			left++
		}
	}
	return left
}

// A secret is nowhere in clear, and one that was replaced or removed nowhere at all:
// not in the database, its log or its index, not in what is logged, not in errors.
func TestCanary(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	r := &recorder{Vault: newVault(t, testKey)}
	var log bytes.Buffer
	open := func() *Store {
		s, err := Open(t.Context(), Options{Dir: dir, Now: c.now, Sealer: r, Logger: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	ctx := t.Context()
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{}
	count := 0
	secret := func() cluster.Secret { // of many sizes: keytabs and keys fill pages
		count++
		return cluster.NewSecret(canary + strings.Repeat("x", random.IntN([]int{20, 300, 3000}[random.IntN(3)])) + fmt.Sprint(count))
	}
	check := func(what string) {
		t.Helper()
		if n := r.leftovers(t, s, dir); n > 0 {
			t.Fatalf("%s: %d old blobs are still in the files", what, n)
		}
	}
	for round := range 100 {
		c.t = c.t.Add(1e9)
		if err := s.Record(ctx, cluster.Report{Observation: vitals("alpha", "HV-01", c.t, float64(round))}); err != nil {
			t.Fatal(err)
		}
		if err := s.commit(ctx, true); err != nil { // other pages of the log
			t.Fatal(err)
		}
		d := cluster.Definition{Name: fmt.Sprintf("c%d", random.IntN(6)), Access: cluster.Access{Read: cluster.Identity{Password: secret(), Keytab: secret()}}}
		for n := range random.IntN(12) {
			d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: fmt.Sprintf("HV-%02d", n),
				Access: &cluster.Access{Read: cluster.Identity{Key: secret()}, Act: &cluster.Identity{Password: secret()}}})
		}
		var err error
		was := ""
		if len(names) > 0 {
			was = names[random.IntN(len(names))]
		}
		switch op := random.IntN(8); {
		case op == 0 && was != "":
			err = s.DropDefinition(ctx, was, random.IntN(2) == 0)
		case op == 1 && was != "":
			err = s.DropNode(ctx, was, "HV-00", false)
		case op == 2:
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open()
		default:
			for _, n := range names {
				if n == d.Name {
					was = n
				}
			}
			err = s.PutDefinition(ctx, was, d)
		}
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		names = names[:0]
		defs, err := s.Definitions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range defs {
			names = append(names, d.Name)
			if d.Locked {
				t.Fatalf("round %d: %s is locked", round, d.Name)
			}
		}
		check(fmt.Sprintf("round %d", round))
	}
	// With another key: everything is sealed anew at the start.
	if len(sealedNow(t, s)) == 0 {
		t.Fatal("nothing is left to seal with another key")
	}
	before := sealedNow(t, s)
	s.Close()
	r.Vault = newVault(t, strings.Repeat("fedcba9876543210", 4)+","+testKey)
	s = open()
	for blob := range sealedNow(t, s) {
		if before[blob] {
			t.Fatal("a secret is still sealed with the older key")
		}
	}
	check("after another key")
	s.Close()
	r.Vault = newVault(t, strings.Repeat("fedcba9876543210", 4))
	s = open()
	defer s.Close()
	defs, err := s.Definitions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range defs {
		if d.Locked || !strings.HasPrefix(d.Access.Read.Password.Reveal(), canary) {
			t.Errorf("%s cannot be opened with the new key alone", d.Name)
		}
		if err := s.DropDefinition(ctx, d.Name, true); err != nil {
			t.Fatal(err)
		}
	}
	if left := sealedNow(t, s); len(left) > 0 {
		t.Errorf("%d secrets without a definition", len(left))
	}
	check("after all are gone")

	// Errors.
	bad := cluster.Definition{Name: "bad", Access: cluster.Access{Read: cluster.Identity{User: "u", Password: cluster.NewSecret(canary)}}}
	s.sealer = nil
	errs := []error{s.PutDefinition(ctx, "", bad), s.PutDefinition(ctx, "nobody", bad)}
	bad.Name = ""
	errs = append(errs, s.PutDefinition(ctx, "", bad))
	for _, err := range errs {
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("error %v", err)
		}
	}
	if strings.Contains(log.String(), canary) {
		t.Error("a secret is in the log")
	}
}
