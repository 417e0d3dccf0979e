package access_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/store"
)

// clock is set by the test.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

const password = "correct horse battery"

var (
	cheap = access.Cost{Memory: 8, Passes: 1}
	here  = access.Client{Address: "192.0.2.1", Agent: "Browser/1"}
)

func openStore(t *testing.T, dir string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func start(t *testing.T, dir string, c *clock) *access.Service {
	t.Helper()
	st := openStore(t, dir)
	t.Cleanup(func() { st.Close() })
	return serve(t, st, c)
}

func serve(t *testing.T, st access.Store, c *clock) *access.Service {
	t.Helper()
	s, err := access.New(t.Context(), access.Options{Store: st, Now: c.now, Cost: cheap, Token: cluster.NewSecret("token from outside")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// withAdmin is a service with the administrator ann, who is signed in.
func withAdmin(t *testing.T) (s *access.Service, c *clock, cookie string, session cluster.Session) {
	t.Helper()
	c = &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	s = start(t, t.TempDir(), c)
	secret, needed := s.SetUp()
	if !needed {
		t.Fatal("a new service needs no administrator")
	}
	cookie, session, err := s.First(t.Context(), secret, "Ann", password, here)
	if err != nil {
		t.Fatal(err)
	}
	return s, c, cookie, session
}

func TestFirstAdministratorOnce(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	s := start(t, t.TempDir(), c)
	old, _ := s.SetUp()
	secret, _ := s.SetUp()
	ctx := t.Context()
	if _, _, err := s.First(ctx, old, "ann", password, here); !errors.Is(err, access.ErrLink) {
		t.Errorf("a link that was replaced: %v", err)
	}
	var problems cluster.Problems
	if _, _, err := s.First(ctx, secret, "", "short", here); !errors.As(err, &problems) || len(problems) != 2 {
		t.Errorf("a bad name and a short password: %v", err)
	}
	if _, _, err := s.First(ctx, secret, "ann", password, here); err != nil {
		t.Fatalf("the link is lost by a mistake: %v", err)
	}
	if _, _, err := s.First(ctx, secret, "eve", password, here); !errors.Is(err, access.ErrLink) {
		t.Errorf("the link a second time: %v", err)
	}
	if _, needed := s.SetUp(); needed {
		t.Error("a second administrator is asked for")
	}
}

func TestSignIn(t *testing.T) {
	s, _, _, _ := withAdmin(t)
	ctx := t.Context()
	cookie, session, err := s.SignIn(ctx, " ANN ", password, here)
	if err != nil {
		t.Fatal(err)
	}
	who, ok := s.ByCookie(ctx, cookie, here.Address)
	if !ok || who.Name != "Ann" || who.Role != cluster.Administrator || who.Session != session.ID {
		t.Errorf("who = %+v, %v", who, ok)
	}
	for name, try := range map[string][2]string{"wrong password": {"Ann", "not the password"}, "nobody": {"bob", password}, "empty": {"", ""}} {
		if _, _, err := s.SignIn(ctx, try[0], try[1], here); !errors.Is(err, access.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := s.ByCookie(ctx, cookie+"x", here.Address); ok {
		t.Error("another cookie is accepted")
	}
	ended := s.Ended(session.ID)
	if err := s.SignOut(ctx, session.ID); err != nil {
		t.Fatal(err)
	}
	<-ended
	<-s.Ended(session.ID) // also for who asks later
	if _, ok := s.ByCookie(ctx, cookie, here.Address); ok {
		t.Error("the cookie opens after signing out")
	}
}

func TestSessionsOutliveTheProgramAndEnd(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	st := openStore(t, dir)
	s := serve(t, st, c)
	secret, _ := s.SetUp()
	cookie, _, err := s.First(t.Context(), secret, "ann", password, here)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, dir, c)
	if _, ok := s.ByCookie(t.Context(), cookie, ""); !ok {
		t.Fatal("the session is lost by a restart")
	}
	for range 4 { // used each week, it goes on to its age
		c.forward(7*24*time.Hour - time.Minute)
		if _, ok := s.ByCookie(t.Context(), cookie, ""); !ok {
			t.Fatal("a session in use ends")
		}
	}
	c.forward(3 * 24 * time.Hour)
	if _, ok := s.ByCookie(t.Context(), cookie, ""); ok {
		t.Error("a session of 31 days goes on")
	}
	cookie, _, err = s.SignIn(t.Context(), "ann", password, here)
	if err != nil {
		t.Fatal(err)
	}
	c.forward(8 * 24 * time.Hour)
	if _, ok := s.ByCookie(t.Context(), cookie, ""); ok {
		t.Error("a session nobody used for 8 days goes on")
	}
}

func TestGuessingIsSlow(t *testing.T) {
	s, c, _, _ := withAdmin(t)
	ctx := t.Context()
	var soon access.TooSoon
	tries := 0
	for ; tries < 50; tries++ {
		_, _, err := s.SignIn(ctx, "ann", "a wrong password", here)
		if errors.As(err, &soon) {
			break
		}
	}
	if tries != 5 {
		t.Errorf("%d attempts before a pause", tries)
	}
	if _, _, err := s.SignIn(ctx, "ann", password, here); !errors.As(err, &soon) {
		t.Errorf("the right password while waiting: %v", err)
	}
	other := access.Client{Address: "192.0.2.9"}
	if _, _, err := s.SignIn(ctx, "ann", password, other); err != nil {
		t.Errorf("somebody else's mistakes lock her out: %v", err)
	}
	c.forward(soon.After)
	if _, _, err := s.SignIn(ctx, "ann", password, here); err != nil {
		t.Errorf("after the pause: %v", err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	s, _, cookie, _ := withAdmin(t)
	ctx := t.Context()
	if err := s.Add(ctx, "bob", password, cluster.Viewer); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"removed": s.Remove(ctx, "ann"), "disabled": s.SetDisabled(ctx, "ANN", true), "demoted": s.SetRole(ctx, "ann", cluster.Operator),
	} {
		if !errors.Is(err, access.ErrLast) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok := s.ByCookie(ctx, cookie, ""); !ok {
		t.Error("refused, but signed out")
	}
	if err := s.SetRole(ctx, "bob", cluster.Administrator); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove(ctx, "ann"); err != nil {
		t.Errorf("one of two: %v", err)
	}
	if _, ok := s.ByCookie(ctx, cookie, ""); ok {
		t.Error("a removed account is still signed in")
	}
}

func TestChangesEndSessions(t *testing.T) {
	for name, change := range map[string]func(context.Context, *access.Service) error{
		"disabled": func(ctx context.Context, s *access.Service) error { return s.SetDisabled(ctx, "bob", true) },
		"demoted":  func(ctx context.Context, s *access.Service) error { return s.SetRole(ctx, "bob", cluster.Viewer) },
		"password": func(ctx context.Context, s *access.Service) error {
			return s.SetPassword(ctx, "bob", "another good password", "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, _, _, _ := withAdmin(t)
			ctx := t.Context()
			if err := s.Add(ctx, "bob", password, cluster.Operator); err != nil {
				t.Fatal(err)
			}
			cookie, session, err := s.SignIn(ctx, "bob", password, here)
			if err != nil {
				t.Fatal(err)
			}
			if err := change(ctx, s); err != nil {
				t.Fatal(err)
			}
			<-s.Ended(session.ID)
			if _, ok := s.ByCookie(ctx, cookie, ""); ok {
				t.Error("the session goes on")
			}
		})
	}
}

func TestOwnPasswordKeepsTheOwnSession(t *testing.T) {
	s, _, cookie, session := withAdmin(t)
	ctx := t.Context()
	other, _, err := s.SignIn(ctx, "ann", password, here)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.CheckPassword(ctx, "ann", "wrong", here); !errors.Is(err, access.ErrWrong) {
		t.Errorf("a wrong password: %v", err)
	}
	if err := s.SetPassword(ctx, "ann", "another good password", session.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.ByCookie(ctx, cookie, ""); !ok {
		t.Error("signed out by the own change")
	}
	if _, ok := s.ByCookie(ctx, other, ""); ok {
		t.Error("another session goes on with the old password")
	}
}

func TestTokens(t *testing.T) {
	s, _, _, _ := withAdmin(t)
	ctx := t.Context()
	text, token, err := s.NewAPIToken(ctx, "backup", cluster.Viewer, "ann")
	if err != nil {
		t.Fatal(err)
	}
	if who, ok := s.ByToken(ctx, text, ""); !ok || who.Name != "token backup" || who.Role != cluster.Viewer {
		t.Errorf("who = %+v, %v", who, ok)
	}
	if who, ok := s.ByToken(ctx, "token from outside", ""); !ok || who.Role != cluster.Administrator {
		t.Errorf("the token of the environment: %+v, %v", who, ok)
	}
	for _, bad := range []string{"", "la_", text + "x"} {
		if _, ok := s.ByToken(ctx, bad, ""); ok {
			t.Errorf("token %q is accepted", bad)
		}
	}
	if err := s.Revoke(ctx, token.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.ByToken(ctx, text, ""); ok {
		t.Error("a revoked token is accepted")
	}
	if err := s.Revoke(ctx, token.ID); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("revoked twice: %v", err)
	}
}

func TestNoSecretIsOnDisk(t *testing.T) {
	c := &clock{at: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	s := start(t, dir, c)
	secret, _ := s.SetUp()
	cookie, _, err := s.First(t.Context(), secret, "ann", password, here)
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := s.NewAPIToken(t.Context(), "x", cluster.Viewer, "ann")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) == 0 {
		t.Fatal("no files")
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for name, canary := range map[string]string{"password": password, "cookie": cookie, "token": token, "link": secret} {
			if strings.Contains(string(b), canary) {
				t.Errorf("the %s is in %s", name, filepath.Base(f))
			}
		}
	}
}

func BenchmarkSignIn(b *testing.B) {
	st, err := store.Open(b.Context(), store.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer st.Close()
	s, err := access.New(b.Context(), access.Options{Store: st})
	if err != nil {
		b.Fatal(err)
	}
	secret, _ := s.SetUp()
	if _, _, err := s.First(b.Context(), secret, "ann", password, here); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.SignIn(b.Context(), "ann", password, here); err != nil {
			b.Fatal(err)
		}
	}
}
