package remoting

import (
	"context"
	"fmt"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	namesFor  = time.Hour // how long the names of a node's commands are kept
	maxCmds   = 10000
	maxHits   = 200 // names one completion gives
	namesTook = 30 * time.Second
)

// Complete lists the commands of a node whose names begin with prefix, in any case,
// sorted, at most 200. The node is asked once an hour. ErrNotFound says that there is
// no such node; any other error is that it could not be asked.
func (c *Client) Complete(ctx context.Context, t cluster.Target, prefix string) ([]string, error) {
	p := c.peer(t.Cluster, t.Node)
	if p == nil {
		return nil, fmt.Errorf("remoting: %s %s: %w", t.Cluster, t.Node, cluster.ErrNotFound)
	}
	names, err := p.commands(ctx)
	if err != nil {
		_, detail := classify(err, p.node, scripts.Commands.Name)
		return nil, fmt.Errorf("remoting: the commands of %s: %s: %w", clean(t.Node, nameLen), detail, err)
	}
	var out []string
	for _, name := range names {
		if len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) && len(out) < maxHits {
			out = append(out, name)
		}
	}
	return out, nil
}

// commands are the names as they were within the last hour. Two who ask at the same time
// may both ask the node: the second finds its session busy and waits there.
func (p *peer) commands(ctx context.Context) ([]string, error) {
	n := &p.demand.names
	n.mu.Lock()
	names, fresh := n.names, p.client.opts.Now().Before(n.until)
	n.mu.Unlock()
	if fresh {
		return names, nil
	}
	ctx, cancel := context.WithTimeout(ctx, namesTook)
	defer cancel()
	a, err := p.ask(ctx, scripts.Commands, noArgs)
	if err != nil {
		return nil, err
	}
	got, err := decode[scripts.NodeCommands](a)
	if err != nil {
		return nil, err
	}
	names = texts(got.Names[:min(len(got.Names), maxCmds)], 100)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.names, n.until = names, p.client.opts.Now().Add(namesFor)
	return names, nil
}
