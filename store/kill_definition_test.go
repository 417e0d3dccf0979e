package store

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/vault"
)

// numbered is a definition whose every part has the number of the change that wrote it.
func numbered(name string, n int64) cluster.Definition {
	secret := func(what string) cluster.Secret {
		return cluster.NewSecret(fmt.Sprintf("%s%s %d", canary, what, n))
	}
	d := cluster.Definition{Name: name, Access: cluster.Access{
		Read: cluster.Identity{User: fmt.Sprint(n), Password: secret("read")},
		Act:  &cluster.Identity{User: fmt.Sprint(n), Password: secret("act")}}}
	for i := range n % 5 {
		d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: fmt.Sprintf("HV-%02d", i),
			Access: &cluster.Access{Read: cluster.Identity{User: fmt.Sprint(n), Password: secret("node")}}})
	}
	return d
}

// definingChild adds, changes, renames and removes one definition until it is killed. It
// says each change by number before it begins and when it was acknowledged. The number of
// a change decides what it is: every seventh removes.
func definingChild(dir, start string) error {
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return err
	}
	ctx := context.Background()
	key, err := vault.Open(vault.Options{Key: testKey})
	if err != nil {
		return err
	}
	s, err := Open(ctx, Options{Dir: dir, Now: func() time.Time { return at }, Sealer: key})
	if err != nil {
		return err
	}
	list, err := s.Definitions(ctx)
	if err != nil {
		return err
	}
	was, n := "", int64(0)
	if len(list) > 0 {
		was = list[0].Name
	}
	if text := os.Getenv(childDir + "_FIRST"); text != "" {
		if _, err := fmt.Sscan(text, &n); err != nil {
			return err
		}
	}
	for ; ; n++ {
		if was != "" && n%7 == 6 {
			fmt.Printf("B %d\n", n)
			if err := s.DropDefinition(ctx, was, false); err != nil {
				return err
			}
			fmt.Printf("A %d\n", n)
			was = ""
			continue
		}
		name := []string{"alpha", "beta"}[n/2%2]
		fmt.Printf("B %d\n", n)
		if err := s.PutDefinition(ctx, was, numbered(name, n)); err != nil {
			return err
		}
		fmt.Printf("A %d\n", n)
		was = name
		if err := s.Members(ctx, name, []string{"HV-01"}, nil); err != nil {
			return err
		}
		var faults []cluster.Fault
		if n%3 != 0 {
			faults = append(faults, fault(name, "HV-01"))
		}
		at = at.Add(time.Minute)
		if err := s.Record(ctx, cluster.Report{Observation: vitals(name, "HV-01", at, float64(n)), Faults: faults}); err != nil {
			return err
		}
		if err := s.commit(ctx, true); err != nil {
			return err
		}
		if _, err := s.tidy(ctx); err != nil {
			return err
		}
	}
}

// TestKillWhileDefining kills a process in the middle of changing definitions: what is
// there afterwards is the old or the new state, whole.
func TestKillWhileDefining(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	dir, c := t.TempDir(), newClock()
	first := int64(0)
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childDir+"_START="+c.t.Format(time.RFC3339), childDir+"_MODE=definitions", childDir+"_FIRST="+fmt.Sprint(first))
		cmd.Stderr = os.Stderr
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		begun, done := int64(-1), int64(-1)
		most := 10 + random.IntN(60)
		lines := bufio.NewScanner(pipe)
		for n := 0; lines.Scan(); n++ {
			var kind string
			var number int64
			if _, err := fmt.Sscan(lines.Text(), &kind, &number); err != nil {
				break // cut off by the kill
			}
			if kind == "B" {
				begun = number
			} else {
				done = number
			}
			if n == most {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("round %d: the child ended by itself: %v", round, err)
		}
		c.t = c.t.Add(2 * time.Hour)
		if bytes.Contains(files(t, dir), []byte(canary)) {
			t.Fatal("a secret is in the files in clear")
		}
		verifyDefinition(t, dir, c, done, begun)
		first = begun + 1
	}
}

func verifyDefinition(t *testing.T, dir string, c *clock, done, begun int64) {
	t.Helper()
	s := openSealed(t, dir, c, newVault(t, testKey))
	defer s.Close()
	list := definitions(t, s)
	name := ""
	switch len(list) {
	case 0:
		if done%7 != 6 && begun%7 != 6 {
			t.Fatalf("no definition after change %d, begun %d", done, begun)
		}
	case 1:
		d := list[0]
		name = d.Name
		var n int64
		if _, err := fmt.Sscan(d.Access.Read.User, &n); err != nil || n != done && n != begun {
			t.Fatalf("change %s %v, want %d or %d", d.Access.Read.User, err, done, begun)
		}
		want := numbered([]string{"alpha", "beta"}[n/2%2], n)
		want.Changed = d.Changed
		if got := fmt.Sprint(d.Locked, parts(d)); got != fmt.Sprint(false, parts(want)) {
			t.Fatalf("change %d is there in part:\n%s\n%s", n, got, parts(want))
		}
	default:
		t.Fatalf("%d definitions", len(list))
	}
	// All that is known is known under that name alone.
	for _, query := range []string{`SELECT cluster FROM object`, `SELECT cluster FROM observation`, `SELECT name FROM cluster`, `SELECT cluster FROM memory`} {
		err := each(t.Context(), s.r, query, nil, func(scan func(...any) error) error {
			var of string
			err := scan(&of)
			if of != name {
				t.Errorf("%s: something of %q, where %q is defined", query, of, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	faults, err := s.Faults(t.Context(), cluster.FaultQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		if f.Cluster != name {
			t.Errorf("a fault of %q, where %q is defined", f.Cluster, name)
		}
	}
	tidyAll(t, s)
	if n := rows(t, s, `SELECT count(*) FROM chunk WHERE (id & 16777215) NOT IN (SELECT id FROM object)`); n != 0 {
		t.Errorf("%d chunks of nothing", n)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// parts lists what a definition says, with its secrets.
func parts(d cluster.Definition) string {
	var b strings.Builder
	fmt.Fprint(&b, d.Name)
	slots(&d, func(at slot, secret *cluster.Secret) { fmt.Fprint(&b, "; ", at, " ", secret.Reveal()) })
	for _, n := range d.Nodes {
		fmt.Fprint(&b, "; ", n.Name, n.Access.Read.User)
	}
	return b.String()
}
