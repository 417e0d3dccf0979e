package access

import (
	"context"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// SignIn begins a session. The cookie's value is returned once and not kept. The
// error is ErrWrong, TooSoon, or that the store cannot write.
func (s *Service) SignIn(ctx context.Context, name, password string, from Client) (cookie string, _ cluster.Session, err error) {
	if wait := s.tries.wait(name, from.Address); wait > 0 {
		return "", cluster.Session{}, TooSoon{wait}
	}
	s.mu.Lock()
	a, known := s.accounts[key(name)]
	s.mu.Unlock()
	hash := a.Hash
	if !known || a.Disabled {
		hash = s.dummy // takes as long
	}
	ok, err := s.verify(ctx, hash, password)
	if err != nil {
		return "", cluster.Session{}, fmt.Errorf("signing in: %w", err)
	}
	if !ok || !known || a.Disabled {
		s.tries.failed(name, from.Address)
		return "", cluster.Session{}, ErrWrong
	}
	s.tries.succeeded(name, from.Address)
	s.mu.Lock()
	defer s.mu.Unlock()
	if now, ok := s.accounts[key(name)]; !ok || now.Disabled || now.Hash != a.Hash { // changed meanwhile
		return "", cluster.Session{}, ErrWrong
	}
	return s.begin(ctx, a, from)
}

// begin makes a session of an account. s.mu is held.
func (s *Service) begin(ctx context.Context, a cluster.Account, from Client) (string, cluster.Session, error) {
	s.sweep(ctx)
	cookie, hash := newSecret()
	now := s.now()
	x := &session{ended: make(chan struct{}), Session: cluster.Session{
		ID: newID(), Hash: hash, Account: a.Name, Created: now, LastSeen: now, Expires: now.Add(s.opts.Age),
		Address: from.Address, Agent: cut(from.Agent, 200),
	}}
	if err := s.opts.Store.PutSession(ctx, x.Session); err != nil {
		return "", cluster.Session{}, err
	}
	s.sessions[string(hash)] = x
	return cookie, x.Session, nil
}

func cut(s string, most int) string {
	s = strings.ToValidUTF8(s, "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

// sweep ends the sessions whose time is over. s.mu is held.
func (s *Service) sweep(ctx context.Context) {
	for _, x := range s.sessions {
		if s.over(x) {
			s.end(ctx, x)
		}
	}
}

func (s *Service) over(x *session) bool {
	now := s.now()
	return now.After(x.Expires) || now.Sub(x.LastSeen) > s.opts.Idle
}

// end forgets a session. If the store cannot, it is still over here. s.mu is held.
func (s *Service) end(ctx context.Context, x *session) {
	if _, ok := s.sessions[string(x.Hash)]; !ok {
		return
	}
	delete(s.sessions, string(x.Hash))
	close(x.ended)
	if err := s.opts.Store.DropSession(ctx, x.ID); err != nil {
		s.opts.Logger.Error("a session that ended is still in the store", "session", x.ID, "err", err)
	}
}

// seenEvery is how exactly LastSeen is kept.
const seenEvery = time.Minute

// ByCookie says whose session a cookie is.
func (s *Service) ByCookie(ctx context.Context, cookie, address string) (cluster.Who, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, ok := s.sessions[string(hashOf(cookie))]
	if !ok {
		return cluster.Who{}, false
	}
	a, ok := s.accounts[key(x.Account)]
	if !ok || a.Disabled || s.over(x) {
		s.end(ctx, x)
		return cluster.Who{}, false
	}
	if now := s.now(); now.Sub(x.LastSeen) >= seenEvery {
		x.LastSeen, a.LastSeen = now, now
		s.accounts[key(a.Name)] = a
		if err := s.opts.Store.PutSession(ctx, x.Session); err != nil {
			s.opts.Logger.Warn("session not updated", "session", x.ID, "err", err)
		}
	}
	return cluster.Who{Name: a.Name, Role: a.Role, Session: x.ID, Address: address}, true
}

// ByToken says who a program is. The environment's token is an administrator.
func (s *Service) ByToken(ctx context.Context, token, address string) (cluster.Who, bool) {
	if who, ok := s.byMadeToken(ctx, token, address); ok {
		return who, true // it cannot be guessed: whoever else tries from there does not shut it out
	}
	// The environment's may be a poor one: it is not to be guessed quickly.
	if s.tries.wait("", address) > 0 {
		return cluster.Who{}, false
	}
	if env := s.opts.Token; !env.IsZero() && subtle.ConstantTimeCompare(hashOf(token), hashOf(env.Reveal())) == 1 {
		return cluster.Who{Name: "token of the environment", Role: cluster.Administrator, Address: address}, true
	}
	s.tries.failed("", address)
	return cluster.Who{}, false
}

func (s *Service) byMadeToken(ctx context.Context, token, address string) (cluster.Who, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[string(hashOf(token))]
	if !ok {
		return cluster.Who{}, false
	}
	if now := s.now(); now.Sub(t.LastUsed) >= seenEvery {
		t.LastUsed = now
		s.tokens[string(t.Hash)] = t
		if err := s.opts.Store.PutAPIToken(ctx, t); err != nil {
			s.opts.Logger.Warn("token not updated", "token", t.ID, "err", err)
		}
	}
	return cluster.Who{Name: "token " + t.Name, Role: t.Role, Address: address}, true
}

// Ended is closed when a session is over: its sockets are closed then. For a session
// that is not known it is closed already, for none ("") it never is.
func (s *Service) Ended(sessionID string) <-chan struct{} {
	if sessionID == "" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.ID == sessionID {
			return x.ended
		}
	}
	over := make(chan struct{})
	close(over)
	return over
}

// SignOut ends a session by its id; cluster.ErrNotFound if there is none.
func (s *Service) SignOut(ctx context.Context, sessionID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.ID == sessionID {
			s.end(ctx, x)
			return nil
		}
	}
	return fmt.Errorf("session %q: %w", sessionID, cluster.ErrNotFound)
}

// Sessions lists who is signed in, newest first.
func (s *Service) Sessions() []cluster.Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []cluster.Session
	for _, x := range s.sessions {
		if !s.over(x) {
			out = append(out, x.Session)
		}
	}
	slices.SortFunc(out, func(a, b cluster.Session) int { return b.Created.Compare(a.Created) })
	return out
}
