package cluster

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// IsPaused says that a node is not asked because somebody wants it so.
func (p *Picture) IsPaused(node string) bool {
	return slices.ContainsFunc(p.Paused, func(n string) bool { return SameNode(n, node) })
}

// AllPaused says that nothing is asked of the cluster because somebody wants it so.
func (p *Picture) AllPaused() bool {
	return len(p.Members) > 0 && !slices.ContainsFunc(p.Members, func(m string) bool { return !p.IsPaused(m) })
}

// WithMembers is the picture after it was changed whom to ask: of nodes that are
// gone nothing is kept. The attempts to reach a node that is paused are no longer
// counted, so that it is not called silent when it is asked again.
func (p *Picture) WithMembers(members, paused []string) *Picture {
	q := *p
	q.Members, q.Paused = slices.Clone(members), slices.Clone(paused)
	q.Nodes = make(map[string]NodeView, len(p.Nodes))
	for name, v := range p.Nodes {
		if !slices.Contains(members, name) {
			continue
		}
		if q.IsPaused(name) {
			v.Contact = v.Contact.rested()
		}
		q.Nodes[name] = v
	}
	if q.AllPaused() {
		q.StateContact = q.StateContact.rested()
	}
	q.Since = maps.Clone(p.Since)
	maps.DeleteFunc(q.Since, func(key string, _ time.Time) bool {
		source, _, _ := strings.Cut(key, "|")
		_, node, ofNode := strings.Cut(source, "/")
		return ofNode && !slices.Contains(members, node)
	})
	return &q
}

func (c Contact) rested() Contact {
	c.Failures, c.Since, c.Breaker, c.RetryAt = 0, time.Time{}, BreakerClosed, time.Time{}
	return c
}
