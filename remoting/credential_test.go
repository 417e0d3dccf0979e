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

func (d *domain) signIn(ctx context.Context, node string) error {
	tell, err := d.c.try(ctx, key{"c", node})
	switch {
	case errors.Is(err, errHeldBack):
		d.held.Add(1)
		return err
	case err != nil:
		return err
	}
	d.attempts.Add(1)
	time.Sleep(100 * time.Millisecond) // in the bubble
	return tell(d.says(node))
}

func (d *domain) all(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() { _ = d.signIn(ctx, fmt.Sprintf("n%d", i)) })
	}
	wg.Wait()
}

func inDomain(t *testing.T, says func(node string) error, f func(t *testing.T, d *domain)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, &domain{c: newCredential(cluster.Identity{}, time.Now), says: says})
	})
}

func right(string) error { return nil }
func wrong(string) error { return fmt.Errorf("signing in: %w", errPassword) }

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	inDomain(t, wrong, func(t *testing.T, d *domain) {
		for range 3 {
			d.all(t.Context())
			time.Sleep(24 * time.Hour) // time alone ends nothing
		}
		if n := d.attempts.Load(); n != 1 {
			t.Errorf("%d attempts, want 1", n)
		}
		d.c.again(key{"c", "n1"})
		d.all(t.Context())
		if n := d.attempts.Load(); n != 2 {
			t.Errorf("%d attempts after somebody asked to try again, want 2", n)
		}
		d.says = right
		for i := range 100 { // one of them has been rejected, and was not asked again for
			d.c.again(key{"c", fmt.Sprintf("n%d", i)})
		}
		if d.all(t.Context()); d.attempts.Load() != 102 {
			t.Errorf("with the right password %d of 100 nodes signed in", d.attempts.Load()-2)
		}
	})
}

func TestRightPasswordHoldsNobodyUp(t *testing.T) {
	inDomain(t, right, func(t *testing.T, d *domain) {
		for range 2 {
			start, before := time.Now(), d.attempts.Load()
			if d.all(t.Context()); d.attempts.Load() != before+100 || time.Since(start) > time.Second {
				t.Errorf("%d nodes signed in within %s", d.attempts.Load()-before, time.Since(start))
			}
			time.Sleep(time.Hour)
		}
	})
}

// A password that was right and is changed in the domain: all connections break at
// once, and all nodes sign in anew.
func TestChangedPasswordIsTriedTwice(t *testing.T) {
	inDomain(t, right, func(t *testing.T, d *domain) {
		d.all(t.Context())
		time.Sleep(time.Hour)
		d.says = wrong
		before := d.attempts.Load()
		for range 3 {
			d.all(t.Context())
		}
		if n := d.attempts.Load() - before; n != doubters {
			t.Errorf("%d attempts with the old password, want %d", n, doubters)
		}
		d.c.again(key{"c", "n99"})
		if d.all(t.Context()); d.attempts.Load() != before+doubters+1 {
			t.Error("after that one attempt is not enough to stop it again")
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
		_ = d.signIn(t.Context(), "n1")
		for range 10 {
			var r *rejection
			if err := d.signIn(t.Context(), "n7"); !errors.As(err, &r) || !r.here || !r.elsewhere {
				t.Errorf("n7 is told %v", err)
			}
		}
		if n := d.attempts.Load(); n != 2 {
			t.Errorf("n7 rejected it, and was given it %d times", n-1)
		}
		if err := d.signIn(t.Context(), "n2"); err != nil {
			t.Errorf("one node's rejection holds back the others: %v", err)
		}
		bad["n8"], bad["n9"] = true, true
		_ = d.signIn(t.Context(), "n8")
		_ = d.signIn(t.Context(), "n3")
		if _ = d.signIn(t.Context(), "n9"); d.held.Load() != 0 {
			t.Error("rejections count together though a node accepted it in between")
		}
		bad["n10"] = true
		_ = d.signIn(t.Context(), "n10")
		var r *rejection
		if err := d.signIn(t.Context(), "n2"); !errors.As(err, &r) || r.here || r.by.node != "n10" {
			t.Errorf("two nodes in a row reject the password, and a third one tries it: %v", err)
		}
		if err := d.signIn(t.Context(), "n7"); !errors.Is(err, errPassword) {
			t.Errorf("n7 no longer knows that it rejected it: %v", err)
		}
		// Somebody tries again on a node that is well.
		d.c.again(key{"c", "n2"})
		_ = d.signIn(t.Context(), "n2")
		for _, n := range []string{"n1", "n3", "n4"} {
			if err := d.signIn(t.Context(), n); err != nil {
				t.Errorf("after that %s: %v", n, err)
			}
		}
		if err := d.signIn(t.Context(), "n8"); !errors.Is(err, errPassword) {
			t.Errorf("n8 was not asked to try again: %v", err)
		}
	})
}

func TestNodesThatHangDoNotBlockTheSignIn(t *testing.T) {
	inDomain(t, func(n string) error {
		if n == "n1" {
			time.Sleep(time.Minute)
			return errNoAnswer
		}
		return nil
	}, func(t *testing.T, d *domain) {
		start := time.Now()
		var hanging sync.WaitGroup
		hanging.Go(func() { _ = d.signIn(t.Context(), "n1") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := d.c.try(ctx, key{"c", "n2"}); !errors.Is(err, errNoAnswer) {
			t.Errorf("a second one tries an unknown password: %v", err)
		}
		if _ = d.signIn(t.Context(), "n2"); time.Since(start) > tryLimit+time.Second {
			t.Errorf("the second one waited %s", time.Since(start))
		}
		hanging.Wait()
		if d.c.trying || d.c.undecided != 0 {
			t.Error("somebody is thought to be trying still")
		}
	})
}

// Domain controllers that take long: few attempts are under way, none the less.
func TestSlowRejectionsStayFew(t *testing.T) {
	inDomain(t, func(n string) error { time.Sleep(time.Minute); return wrong(n) }, func(t *testing.T, d *domain) {
		if d.all(t.Context()); d.attempts.Load() > maxUndecided {
			t.Errorf("%d attempts, want at most %d", d.attempts.Load(), maxUndecided)
		}
	})
}

func TestRetiredCredentialIsNotUsed(t *testing.T) {
	inDomain(t, right, func(t *testing.T, d *domain) {
		_ = d.signIn(t.Context(), "n1")
		d.c.retire()
		if err := d.signIn(t.Context(), "n1"); !errors.Is(err, errClosed) || d.attempts.Load() != 1 {
			t.Errorf("it was used: %v", err)
		}
	})
}

func TestWhoSharesACredential(t *testing.T) {
	for _, c := range []struct {
		user string
		auth cluster.Auth
		want bool
	}{
		{`CORP\reader`, cluster.AuthNTLM, true},
		{"reader@corp.example", cluster.AuthNTLM, true},
		{"reader", cluster.AuthNTLM, true}, // may be a domain's
		{`.\reader`, cluster.AuthNTLM, false},
		{`hv-01\reader`, cluster.AuthNTLM, false},
		{"reader", cluster.AuthBasic, false},
		{"reader", cluster.AuthKerberos, true},
		{"", cluster.AuthCertificate, false},
	} {
		n := Node{Name: "HV-01", Auth: c.auth, Identity: cluster.Identity{User: c.user}}
		if got := n.shared(); got != c.want {
			t.Errorf("%s, %s: %v", c.user, c.auth, got)
		}
	}
	a := Node{Name: "a", Identity: cluster.Identity{User: `CORP\Reader`, Password: cluster.NewSecret("p")}}
	b, other := a, a
	b.Name, b.User = "b", `corp\reader`
	if other.Password = cluster.NewSecret("q"); a.credentialKey() != b.credentialKey() || a.credentialKey() == other.credentialKey() {
		t.Error("the same account with the same password is one credential, with another password another")
	}
}
