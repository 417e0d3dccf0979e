package remoting

import (
	"fmt"
	"maps"
	"slices"

	"looksalive/cluster"
)

// Set replaces the nodes that are asked. Nodes that are the same keep their warm
// sessions. The session of one that changed is closed, and the next question opens
// one with the new settings; its credential is tried again even if it was rejected.
// Questions under way on nodes that changed or are gone end with ReachNotAsked. The
// error lists every problem, and then nothing has changed. After Close it fails.
func (c *Client) Set(nodes []Node) error {
	if err := checkNodes(nodes); err != nil {
		return fmt.Errorf("remoting: %w", err)
	}
	c.setting.Lock()
	defer c.setting.Unlock()
	if c.ctx.Err() != nil {
		return fmt.Errorf("remoting: %w", errClosed)
	}
	// Only Set writes these, and it is alone.
	credentials := make(map[credentialKey]*credential)
	peers := make(map[key]*peer, len(nodes))
	ended := make(map[*peer]error)
	for _, n := range nodes {
		as := c.credentialOf(n, credentials)
		n.Identity = as.shared(n.Identity)
		demand := &onDemand{runs: make(chan struct{}, maxRuns)}
		if n.Act != nil {
			demand.act = c.credentialOf(n.acting(), credentials)
			shared := demand.act.shared(*n.Act)
			n.Act = &shared
		}
		old := c.peers[n.key()]
		switch {
		case old != nil && same(old.node, n):
			peers[n.key()] = old
			continue
		case old != nil:
			ended[old] = errChanged
			as.again(n.key())
			if demand.act != nil {
				demand.act.again(n.key())
			}
		}
		peers[n.key()] = newPeer(c, n, as)
		peers[n.key()].demand = demand
	}
	for k, p := range c.peers {
		if peers[k] == nil {
			ended[p] = errRemoved
		}
	}
	for k, as := range c.credentials {
		if credentials[k] == nil {
			as.retire() // before the sessions close: they must not sign in with it any more
		}
	}
	c.members.Lock()
	c.peers, c.credentials = peers, credentials
	c.members.Unlock()
	for p, why := range ended {
		p.stop(why)
		c.background(func() { p.shut(why) })
	}
	return nil
}

// credentialOf finds the credential of a node, or makes one.
func (c *Client) credentialOf(n Node, made map[credentialKey]*credential) *credential {
	k := n.credentialKey()
	if made[k] == nil {
		if made[k] = c.credentials[k]; made[k] == nil {
			made[k] = newCredential(n.Identity, c.opts.Now)
		}
	}
	return made[k]
}

// shared is an identity whose secrets are the credential's copy.
func (c *credential) shared(i cluster.Identity) cluster.Identity {
	user := i.User // as it was written
	i = c.identity
	i.User = user
	return i
}

// same says whether nothing about a node changed.
func same(a, b Node) bool {
	return a.Cluster == b.Cluster && a.Name == b.Name && a.URL == b.URL && a.Auth == b.Auth && a.Identity == b.Identity && sameAct(a.Act, b.Act) &&
		a.Kerberos.Realm == b.Kerberos.Realm && slices.Equal(a.Kerberos.KDCs, b.Kerberos.KDCs) &&
		a.Trust == b.Trust && a.Pin == b.Pin && a.ServerName == b.ServerName && a.RootCAs.Equal(b.RootCAs)
}

func sameAct(a, b *cluster.Identity) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// Retry lets a rejected credential be tried again on a node, or with node "" on all
// nodes of the cluster. That is one attempt: if it is rejected once more, it is
// stopped once more, here and wherever else it is used. The next question makes it;
// ErrNotFound says that there is no such node.
func (c *Client) Retry(clusterName, node string) error {
	found := false
	for k, p := range c.all() {
		if k.cluster == clusterName && (node == "" || k.node == node) {
			found = true
			p.credential.again(k)
			if p.demand.act != nil {
				p.demand.act.again(k)
			}
		}
	}
	if !found {
		return fmt.Errorf("remoting: %s %s: %w", clusterName, node, cluster.ErrNotFound)
	}
	return nil
}

// peer finds a node, nil if it is not asked.
func (c *Client) peer(clusterName, node string) *peer {
	c.members.RLock()
	defer c.members.RUnlock()
	return c.peers[key{clusterName, node}]
}

// all is a copy of the nodes as they are now.
func (c *Client) all() map[key]*peer {
	c.members.RLock()
	defer c.members.RUnlock()
	return maps.Clone(c.peers)
}
