package handlers

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"looksalive/access"
	"looksalive/cluster"
	"looksalive/store"
)

const passphrase = "four words in a row"

// people are accounts of each role, each signed in in one browser, and programs.
type people struct {
	service *access.Service
	name    map[cluster.UserRole]string
	cookie  map[cluster.UserRole]string
	session map[cluster.UserRole]string
	token   map[cluster.UserRole]string
	tokenID map[cluster.UserRole]string
}

// newPeople makes them, and has the App ask who is there.
func newPeople(t testing.TB, o *Options) *people {
	t.Helper()
	s, err := access.New(context.Background(), access.Options{Store: o.Store.(*store.Store), Now: o.Now, Cost: access.Cost{Memory: 64, Passes: 1}, Idle: 10 * time.Minute, Age: 30 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	o.Access, o.Audit = s, o.Store.(*store.Store)
	p := &people{service: s, name: map[cluster.UserRole]string{cluster.Viewer: "vera", cluster.Operator: "olaf", cluster.Administrator: "anna"},
		cookie: map[cluster.UserRole]string{}, session: map[cluster.UserRole]string{}, token: map[cluster.UserRole]string{}, tokenID: map[cluster.UserRole]string{}}
	for role, name := range p.name {
		if err := s.Add(context.Background(), name, passphrase, role); err != nil {
			t.Fatal(err)
		}
		p.signIn(t, role)
		text, token, err := s.NewAPIToken(context.Background(), "of "+name, role, "anna")
		if err != nil {
			t.Fatal(err)
		}
		p.token[role], p.tokenID[role] = text, token.ID
	}
	return p
}

// testCookie is the cookie of the server that all fixtures are asked as.
const testCookie = cookieName + "-8686"

// signIn begins another session for the account of a role.
func (p *people) signIn(t testing.TB, role cluster.UserRole) {
	t.Helper()
	cookie, session, err := p.service.SignIn(context.Background(), p.name[role], passphrase, access.Client{Address: "192.0.2.9", Agent: "Firefox/140.0 (Windows NT 10.0)"})
	if err != nil {
		t.Fatal(err)
	}
	p.cookie[role], p.session[role] = testCookie+"="+cookie, session.ID
}

// as has all requests of the fixture come from somebody of a role.
func (f *fixture) as(p *people, role cluster.UserRole) *fixture {
	f.cookie = p.cookie[role]
	return f
}

// newSignedIn is a fixture over a fleet in which somebody of a role asks.
func newSignedIn(t *testing.T, fleet *memoryFleet, role cluster.UserRole) (*fixture, *people) {
	t.Helper()
	var p *people
	f := newSettings(t, fleet, func(o *Options) { p = newPeople(t, o) })
	return f.as(p, role), p
}

// asked is a request with the cookie of whoever the fixture is.
func (f *fixture) asked(r *http.Request) {
	if r.Header.Get("Authorization") != "" { // each program has its own address: who tries too often has to wait
		f.programs++
		r.RemoteAddr = fmt.Sprintf("198.51.%d.%d:9", f.programs/250, f.programs%250)
	}
	if f.cookie != "" && r.Header.Get("Cookie") == "" && r.Header.Get("Authorization") == "" {
		r.Header.Set("Cookie", f.cookie)
	}
}

// audited are the lines of the audit log, oldest first.
func (f *fixture) audited() []cluster.AuditEntry {
	f.t.Helper()
	list, err := f.store.AuditEntries(context.Background(), cluster.AuditQuery{Limit: 1000})
	if err != nil {
		f.t.Fatal(err)
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}
