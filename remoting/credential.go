package remoting

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	// firstTries is how many nodes try a password at the same time of which it is not
	// known yet whether it is right.
	firstTries = 2
	// tryLimit is how long a node that does not answer a sign-in keeps others waiting.
	tryLimit = 5 * time.Second
	// doubters is how many nodes must reject a password that was right, and none accept
	// it in between, before it counts as wrong: one may have lost its trust to the domain.
	doubters = 2
)

// credential is a domain's account with a password. Its failed sign-ins add up over
// all nodes: a thousand nodes tried at once with a wrong password lock it. So few
// try until one node accepts it, and when it was rejected nobody does for a while.
type credential struct {
	pause time.Duration // after a rejection
	now   func() time.Time

	mu       sync.Mutex
	right    bool         // it was accepted, and not rejected by several since
	trying   int          // nodes that sign in, as long as it is not known to be right
	rejected map[key]bool // the nodes that rejected it since it was accepted last
	until    time.Time    // before then it is not tried
	changed  chan struct{}
}

func newCredential(pause time.Duration, now func() time.Time) *credential {
	return &credential{pause: pause, now: now, rejected: make(map[key]bool), changed: make(chan struct{})}
}

// ofDomain says whether the node's user may be one of a domain. An account of the
// node itself is locked by attempts on this node alone.
func (n Node) ofDomain() bool {
	domain, user := account(n.User)
	return domain != "" && domain != "." || strings.Contains(user, "@")
}

// try waits for the turn to sign in. The caller must tell what came of it.
func (c *credential) try(ctx context.Context, node key) (tell func(error), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.right {
		if c.now().Before(c.until) {
			return nil, errHeldBack
		}
		if c.trying == 0 || c.trying < firstTries && len(c.rejected) == 0 {
			break
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
	if c.right {
		return func(err error) { c.settle(node, err, func() {}) }, nil
	}
	c.trying++
	free := sync.OnceFunc(func() { c.trying-- })
	late := time.AfterFunc(tryLimit, func() { c.settle(node, errNoAnswer, free) })
	return func(err error) {
		late.Stop()
		c.settle(node, err, free)
	}, nil
}

// settle takes note of what came of a sign-in, and lets those who wait look again.
func (c *credential) settle(node key, err error, free func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	free()
	switch {
	case err == nil:
		c.right = true
		clear(c.rejected)
	case errors.Is(err, errPassword):
		c.rejected[node] = true
		if !c.right || len(c.rejected) >= doubters {
			c.right, c.until = false, c.now().Add(c.pause)
		}
	}
	close(c.changed)
	c.changed = make(chan struct{})
}
