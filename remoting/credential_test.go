package remoting

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"looksalive/cluster"
)

// domain is 100 nodes that sign in with one credential; what each says is up to
// the test. It counts.
type domain struct {
	c        *credential
	says     func(node string) error
	attempts atomic.Int64
	held     atomic.Int64
}

func (d *domain) signIn(ctx context.Context, node string) {
	tell, err := d.c.try(ctx, key{"c", node})
	switch {
	case errors.Is(err, errHeldBack):
		d.held.Add(1)
		return
	case err != nil:
		return
	}
	d.attempts.Add(1)
	time.Sleep(100 * time.Millisecond) // in the bubble
	tell(d.says(node))
}

func (d *domain) all(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { d.signIn(ctx, fmt.Sprintf("n%d", i)) })
	}
	wg.Wait()
}

func inDomain(t *testing.T, says func(node string) error, f func(t *testing.T, d *domain)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, &domain{c: newCredential(5*time.Minute, time.Now), says: says})
	})
}

func wrong(string) error { return fmt.Errorf("signing in: %w", errPassword) }

func TestWrongPasswordIsTriedFewTimesInAll(t *testing.T) {
	inDomain(t, wrong, func(t *testing.T, d *domain) {
		for minute := range 11 { // every breaker lets one question through each minute
			d.all(t.Context())
			if n, most := d.attempts.Load(), int64(firstTries+minute/5); n > most {
				t.Errorf("%d attempts after %d minutes, want at most %d", n, minute, most)
			}
			time.Sleep(time.Minute)
		}
		d.says = func(string) error { return nil }
		time.Sleep(5 * time.Minute)
		before := d.attempts.Load()
		if d.all(t.Context()); d.attempts.Load() != before+100 {
			t.Errorf("with the right password %d of 100 nodes signed in", d.attempts.Load()-before)
		}
	})
}

func TestRightPasswordHoldsNobodyUp(t *testing.T) {
	inDomain(t, func(string) error { return nil }, func(t *testing.T, d *domain) {
		start := time.Now()
		if d.all(t.Context()); d.attempts.Load() != 100 || time.Since(start) > time.Second {
			t.Errorf("%d nodes signed in within %s", d.attempts.Load(), time.Since(start))
		}
	})
}

func TestOneNodeWithoutTrustBlamesNobodyElse(t *testing.T) {
	bad := map[string]bool{"n7": true}
	inDomain(t, func(n string) error {
		if bad[n] {
			return wrong(n)
		}
		return nil
	}, func(t *testing.T, d *domain) {
		d.signIn(t.Context(), "n1")
		for range 10 {
			d.signIn(t.Context(), "n7")
		}
		if d.signIn(t.Context(), "n2"); d.held.Load() != 0 {
			t.Error("one node's rejection holds back the others")
		}
		bad["n8"] = true
		d.signIn(t.Context(), "n7")
		d.signIn(t.Context(), "n8")
		if d.signIn(t.Context(), "n2"); d.held.Load() != 1 {
			t.Error("two nodes reject the password, and a third one tries it")
		}
	})
}

func TestNodesThatHangDoNotBlockTheSignIn(t *testing.T) {
	inDomain(t, func(n string) error {
		if n == "n1" || n == "n2" {
			time.Sleep(time.Minute)
			return errNoAnswer
		}
		return nil
	}, func(t *testing.T, d *domain) {
		start := time.Now()
		var hanging sync.WaitGroup
		for _, n := range []string{"n1", "n2"} {
			hanging.Go(func() { d.signIn(t.Context(), n) })
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.c.try(ctx, key{"c", "n3"}); !errors.Is(err, errNoAnswer) {
			t.Errorf("a third one tries an unknown password: %v", err)
		}
		if d.signIn(t.Context(), "n3"); time.Since(start) > tryLimit+time.Second {
			t.Errorf("the third one waited %s", time.Since(start))
		}
		hanging.Wait()
		if d.c.trying != 0 {
			t.Errorf("%d are thought to be trying still", d.c.trying)
		}
	})
}

func TestOfDomain(t *testing.T) {
	for user, want := range map[string]bool{`CORP\reader`: true, "reader@corp.example": true, "reader": false, `.\reader`: false} {
		if got := (Node{Identity: cluster.Identity{User: user}}).ofDomain(); got != want {
			t.Errorf("%s: %v", user, got)
		}
	}
}
