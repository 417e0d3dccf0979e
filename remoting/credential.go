package remoting

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
)

const (
	// sureFor is how long after a node accepted a credential any number of nodes may
	// sign in with it at the same time. Later one goes ahead again: the password may
	// have been changed, and a thousand nodes that find out at once lock the account.
	sureFor = 2 * time.Second
	// tryLimit is how long a node that does not answer a sign-in keeps others waiting.
	tryLimit = 5 * time.Second
	// maxUndecided is how many nodes may have been given a password of which it is not
	// known whether it is right, and not have answered.
	maxUndecided = 2
	// doubters is how many nodes must reject a credential that was right, and none accept
	// it in between, before it counts as wrong: one may have lost its trust to the domain.
	doubters = 2
)

// credential is an account with its secret, and what is known about it. Its failed
// sign-ins add up over all nodes that hold it to be the same account, and too many
// lock it. So these are the rules:
//
//  1. A node that rejected it is not given it again.
//  2. If no node accepted it so far, one rejection stops it everywhere.
//  3. If another node did, a rejection stops it on the rejecting node only: that node
//     may have lost its trust to the domain. A second node that rejects it, before
//     any accepts it again, stops it everywhere: it was changed in the domain.
//  4. Until it is known, or known again (sureFor), to be right, one node at a time
//     tries it.
//
// A stop ends when the secret is changed (it is another credential then), when the
// settings of the node are changed, or when somebody asks to try again. That is one
// attempt: rule 2 holds for what comes of it. Time alone ends nothing.
type credential struct {
	identity cluster.Identity // the one copy that all its nodes share
	now      func() time.Time

	pair func() (*tls.Certificate, error) // of the identity, read once

	mu        sync.Mutex
	tickets   map[string]*tickets // of Kerberos, by where they come from
	right     time.Time           // when it was accepted last; zero if never, or after a stop
	rejected  map[key]bool        // the nodes that rejected it
	doubts    int                 // rejections since it was accepted last
	stopped   bool
	by        key // the node whose rejection stopped it
	retired   bool
	trying    bool // a node has its turn
	undecided int  // nodes that were given it and have not answered
	changed   chan struct{}
}

func newCredential(i cluster.Identity, now func() time.Time) *credential {
	return &credential{
		identity: i, now: now, rejected: make(map[key]bool), changed: make(chan struct{}),
		pair: sync.OnceValues(func() (*tls.Certificate, error) { return keyPair(i) }),
	}
}

// credentialKey tells credentials apart by what a domain controller counts.
type credentialKey struct {
	node key // of an account of the node itself; zero for one that nodes share
	as   cluster.Identity
}

func (n Node) credentialKey() credentialKey {
	k := credentialKey{as: n.Identity}
	k.as.User = strings.ToLower(k.as.User)
	if !n.shared() {
		k.node = n.key()
	}
	return k
}

// shared says whether other nodes may know the node's user as the same account. An
// account of the node itself is locked by attempts on that node alone. For a name
// without a domain Windows looks among the node's own accounts and then in its domain
// (support.microsoft.com/kb/103390), so it may be a domain's; Basic and client
// certificates are for accounts of the node itself (Microsoft Learn, "Authentication
// for Remote Connections").
func (n Node) shared() bool {
	domain, _ := account(n.User)
	qualified := domain != "" || strings.Contains(n.User, "@")
	switch {
	case n.Auth == cluster.AuthKerberos:
		return true
	case n.Auth == cluster.AuthCertificate, n.Auth == cluster.AuthBasic && !qualified:
		return false
	}
	return domain != "." && !strings.EqualFold(domain, n.Name)
}

// rejection is a credential that a node rejected.
type rejection struct {
	by        key
	here      bool // by the node it is about; else it is held back from it
	elsewhere bool // other nodes accept it
	cause     error
}

func (e *rejection) Unwrap() error { return e.cause }

func (e *rejection) Error() string {
	if e.here {
		return errPassword.Error()
	}
	return errHeldBack.Error() + " (" + e.by.node + ")"
}

func (e *rejection) Is(target error) bool {
	return target == errPassword && e.here || target == errHeldBack && !e.here
}

// held says why the node is not given the credential, nil if it may be.
func (c *credential) held(node key) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.heldLocked(node)
}

func (c *credential) heldLocked(node key) error {
	if c.retired {
		return errClosed
	}
	return c.rejectionOf(node)
}

// refused says whether it was rejected, and does not mind that no node has it any more:
// a connection that it opened is still closed with it, or its shell stays on the node.
func (c *credential) refused(node key) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rejectionOf(node)
}

// rejectionOf is why the node is not given it, for what nodes said. c.mu is held.
func (c *credential) rejectionOf(node key) error {
	switch {
	case c.rejected[node]:
		return &rejection{by: node, here: true, elsewhere: !c.stopped && !c.right.IsZero()}
	case c.stopped:
		return &rejection{by: c.by}
	}
	return nil
}

// try waits for the turn to sign in. The caller must tell what came of it.
func (c *credential) try(ctx context.Context, node key) (tell func(error) error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if err := c.heldLocked(node); err != nil {
			return nil, err
		}
		if !c.right.IsZero() && c.doubts == 0 && c.now().Sub(c.right) < sureFor {
			return func(err error) error { return c.settle(node, err) }, nil
		}
		if !c.trying && c.undecided < maxUndecided {
			return c.turn(node), nil
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			err = fmt.Errorf("%w while the password was tried on other nodes", ctxError(ctx))
		}
		c.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}

// turn lets a node go ahead. c.mu is held.
func (c *credential) turn(node key) (tell func(error) error) {
	c.trying = true
	c.undecided++
	// Both run with c.mu held.
	pass := sync.OnceFunc(func() { c.trying = false; c.tellAll() })
	late := time.AfterFunc(tryLimit, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		pass()
	})
	decided := sync.OnceFunc(func() { c.undecided-- })
	return func(err error) error {
		late.Stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		pass()
		decided()
		return c.settleLocked(node, err) // before anybody else can take the turn
	}
}

// tellAll lets those who wait look again. c.mu is held.
func (c *credential) tellAll() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// settle takes note of what came of a sign-in, and returns it with what is known of
// the credential now.
func (c *credential) settle(node key, err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.settleLocked(node, err)
}

func (c *credential) settleLocked(node key, err error) error {
	defer c.tellAll()
	switch {
	case err == nil:
		// A late success of one node does not lift what others' rejections stopped.
		if !c.stopped {
			c.right, c.doubts = c.now(), 0
		}
	case errors.Is(err, errPassword):
		c.rejected[node] = true
		c.doubts++
		if c.right.IsZero() || c.doubts >= doubters {
			if !c.stopped {
				c.by = node
			}
			c.stopped, c.right = true, time.Time{}
		}
		return &rejection{by: node, here: true, elsewhere: !c.stopped, cause: err}
	}
	return err
}

// again lets a node try once more. If the credential was stopped, those that did not
// reject it may try as well, one at a time, until one rejection stops it again.
func (c *credential) again(node key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rejected, node)
	c.stopped, c.doubts = false, 0
	for _, t := range c.tickets {
		t.again()
	}
	c.tellAll()
}

// retire ends the use of a credential that no node has any more: nobody signs in with
// it, and what is open may only be closed.
func (c *credential) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
	c.tellAll()
}
