package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestAccounts(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	s := open(t, dir, c)
	ctx := t.Context()
	no := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	anna := cluster.Account{Name: "anna", Role: cluster.Administrator, Hash: "$argon2id$v=19$m=1,t=1,p=1$YQ$YQ", Created: c.t}
	zoe := cluster.Account{Name: "Zoë", Role: cluster.Viewer, Hash: "x", Created: c.t, LastSeen: c.t.Add(time.Hour), Disabled: true}
	session := func(id, account string) cluster.Session {
		return cluster.Session{ID: id, Hash: []byte("hash of " + id), Account: account, Created: c.t, LastSeen: c.t, Expires: c.t.Add(day), Address: "10.0.0.1", Agent: "Firefox"}
	}
	no(s.PutAccount(ctx, anna))
	no(s.PutAccount(ctx, zoe))
	no(s.PutSession(ctx, session("1", "ANNA")))
	no(s.PutSession(ctx, session("2", "zoË")))
	no(s.PutSession(ctx, session("3", "anna")))
	if err := s.PutSession(ctx, session("4", "nobody")); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("a session of nobody: %v", err)
	}
	anna.Name, anna.Role = "Anna", cluster.Operator // in other letters: the same
	no(s.PutAccount(ctx, anna))
	later := session("1", "Anna")
	later.LastSeen = c.t.Add(time.Minute)
	no(s.PutSession(ctx, later))
	no(s.DropSession(ctx, "3"))
	no(s.DropSession(ctx, "3")) // is not there any more
	token := cluster.APIToken{ID: "t1", Name: "backup", Hash: []byte("h"), Role: cluster.Operator, By: "anna", Created: c.t}
	no(s.PutAPIToken(ctx, token))
	token.Revoked = c.t.Add(time.Second)
	no(s.PutAPIToken(ctx, token))
	used := token
	used.Revoked, used.LastUsed = time.Time{}, c.t.Add(time.Hour) // was on its way
	no(s.PutAPIToken(ctx, used))
	token.LastUsed = used.LastUsed
	no(s.Close())

	s = open(t, dir, c)
	accounts, err := s.Accounts(ctx)
	no(err)
	if diff := cmp.Diff([]cluster.Account{anna, zoe}, accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	sessions, err := s.Sessions(ctx)
	no(err)
	if diff := cmp.Diff([]cluster.Session{later, session("2", "Zoë")}, sessions); diff != "" {
		t.Errorf("sessions (-want +got):\n%s", diff)
	}
	tokens, err := s.APITokens(ctx)
	no(err)
	if diff := cmp.Diff([]cluster.APIToken{token}, tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
	no(s.DropAccount(ctx, "zoË"))
	if err := s.DropAccount(ctx, "zoe"); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("dropped twice: %v", err)
	}
	if sessions, err = s.Sessions(ctx); err != nil || len(sessions) != 1 || sessions[0].ID != "1" {
		t.Errorf("sessions left: %+v %v", sessions, err)
	}
}
