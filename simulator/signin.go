package simulator

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/simulator/wsman"
)

// signIns counts wrong passwords and locks accounts as a domain's policy does. An
// account of the domain is counted on all of its nodes together, a local one on
// each node by itself: its name holds the node's.
type signIns struct {
	threshold int           // wrong passwords until an account is locked
	window    time.Duration // after which wrong ones are forgotten and a lock ends

	mu     sync.Mutex
	failed map[string]int // by node, in lower case
	counts map[string]*signInCount
}

type signInCount struct {
	wrong  int
	last   time.Time // the last wrong one
	locked time.Time // zero: not locked
}

// lockout are Windows' suggested defaults beside the threshold (security baseline
// of Windows Server: 10 to 15 minutes).
const lockoutWindow = 15 * time.Minute

// attempt counts one and says whether the account gets in.
func (s *signIns) attempt(node string, a wsman.SignIn, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !a.Known {
		s.failed[strings.ToLower(node)]++
		return false
	}
	key := strings.ToLower(a.Account)
	c := s.counts[key]
	if c == nil {
		c = &signInCount{}
		s.counts[key] = c
	}
	if !c.locked.IsZero() && now.Sub(c.locked) >= s.window {
		*c = signInCount{}
	}
	if !a.Correct || !c.locked.IsZero() {
		s.failed[strings.ToLower(node)]++
	}
	switch {
	case !c.locked.IsZero():
		return false
	case a.Correct:
		c.wrong = 0
		return true
	}
	if now.Sub(c.last) >= s.window {
		c.wrong = 0
	}
	c.wrong++
	c.last = now
	if c.wrong >= s.threshold {
		c.locked = now
	}
	return false
}

// refused counts a sign-in that a node refuses whatever the password is.
func (s *signIns) refused(node string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[strings.ToLower(node)]++
}

// FailedSignIns is how many times somebody failed to sign in to a node, with a
// wrong password, as somebody unknown, or with a locked account.
func (s *Simulator) FailedSignIns(node string) int {
	s.signIns.mu.Lock()
	defer s.signIns.mu.Unlock()
	return s.signIns.failed[strings.ToLower(node)]
}

// LockedOut says whether too many wrong passwords locked an account, as a node
// sees it.
func (s *Simulator) LockedOut(node, user string) bool {
	e := s.endpointOf(node)
	if e == nil {
		return false
	}
	name := strings.ToLower(e.accountName(user))
	s.signIns.mu.Lock()
	defer s.signIns.mu.Unlock()
	c := s.signIns.counts[name]
	return c != nil && !c.locked.IsZero() && s.opts.Now().Sub(c.locked) < s.signIns.window
}

// Unlock forgets an account's wrong passwords, everywhere.
func (s *Simulator) Unlock(user string) {
	s.signIns.mu.Lock()
	defer s.signIns.mu.Unlock()
	for name := range s.signIns.counts {
		if strings.EqualFold(userOf(name), user) {
			delete(s.signIns.counts, name)
		}
	}
}

// SetPassword gives an account another password on every node, as an
// administrator who rotates it does. Open connections stay. An unknown user is
// cluster.ErrNotFound.
func (s *Simulator) SetPassword(user, password string) error {
	found := false
	for _, c := range s.clusters {
		c.mu.Lock()
		if a := c.account(user); a != nil {
			a.Password, found = password, true
		}
		c.mu.Unlock()
	}
	if !found {
		return fmt.Errorf("account %q: %w", user, cluster.ErrNotFound)
	}
	return nil
}

func (s *Simulator) endpointOf(node string) *endpoint {
	i := slices.IndexFunc(s.nodes, func(e *endpoint) bool { return strings.EqualFold(e.Node, node) })
	if i < 0 {
		return nil
	}
	return s.nodes[i]
}

// accountName is a user as the node names it: DOMAIN\user or NODE\user.
func (e *endpoint) accountName(user string) string {
	domain, _, _ := strings.Cut(e.cluster.shape.Domain, ".")
	e.cluster.mu.Lock()
	defer e.cluster.mu.Unlock()
	if a := e.cluster.account(user); a != nil && a.Local {
		domain = e.Node
	}
	return strings.ToUpper(domain) + `\` + user
}

// find looks an account up for the listener. While the password counts as
// changed, another one is expected.
func (e *endpoint) find(user string, local bool) (name, password string, ok bool) {
	c := e.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.account(user)
	if a == nil || a.Local != local {
		return "", "", false
	}
	if c.condOf(e.node).changed[strings.ToLower(a.User)] {
		return a.User, e.other, true
	}
	return a.User, a.Password, true
}

func (e *endpoint) signIn(a wsman.SignIn) bool {
	c := e.cluster
	c.mu.Lock()
	locked := a.Known && c.condOf(e.node).locked[strings.ToLower(userOf(a.Account))]
	c.mu.Unlock()
	if locked {
		e.sim.signIns.refused(e.Node)
		return false
	}
	in := e.sim.signIns.attempt(e.Node, a, e.sim.opts.Now())
	c.mu.Lock()
	c.noteSignIn(e.node, a.Account, in, e.sim.opts.Now())
	c.mu.Unlock()
	return in
}
