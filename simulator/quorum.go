package simulator

import (
	"slices"
	"time"
)

// witnessOnline says whether the witness can vote.
func (c *simCluster) witnessOnline() bool { return c.witness != nil && !c.cond.witnessOff }

// regroup removes the nodes that left or are no longer heard, lets the
// partition with the majority of the votes go on and stops the others.
func (c *simCluster) regroup() {
	var before, present []*simNode
	for _, n := range c.nodes {
		if n.active() {
			before = append(before, n)
			if c.serves(n) || c.silent(n) {
				present = append(present, n)
			}
		}
	}
	if len(before) == 0 {
		return
	}
	parts := c.partitions(present, c.hears)
	if len(parts) == 1 && len(present) == len(before) {
		return
	}
	c.moving()
	total := c.witnessWeight
	for _, n := range before {
		total += n.vote
	}
	if c.shape.StaticQuorum {
		total = c.staticVotes()
	}
	winner := c.winner(parts, total)
	for _, n := range before {
		if !slices.Contains(present, n) {
			c.setMember(n, memberDown)
		}
	}
	for i, p := range parts {
		switch {
		case i == winner:
		case winner >= 0 && len(p) == 1:
			c.isolate(p[0])
		default: // no majority: the cluster service terminates (event 1177)
			for _, n := range p {
				c.setMember(n, memberDown)
				n.lostQuorum = true
			}
		}
	}
	if winner < 0 && c.quorate {
		c.quorate, c.quorumLostAt = false, c.now
	}
}

// winner is the index of the partition that holds more than half of the votes,
// -1 if none does. The witness stands with the strongest partition that is
// really alive, at equal strength with the owner of the core group.
func (c *simCluster) winner(parts [][]*simNode, total int) int {
	best, bestVotes := -1, -1
	for i, p := range parts {
		votes, alive, core := 0, false, false
		for _, n := range p {
			votes += n.vote
			alive = alive || c.serves(n)
			core = core || c.roles[0].owner == n
		}
		if !alive {
			continue
		}
		if votes > bestVotes || votes == bestVotes && core {
			best, bestVotes = i, votes
		}
	}
	if best < 0 {
		return -1
	}
	if c.witnessOnline() {
		bestVotes += c.witnessWeight
	}
	if bestVotes*2 > total {
		return best
	}
	return -1
}

// staticVotes are the votes of a cluster without dynamic quorum.
func (c *simCluster) staticVotes() int {
	total := 0
	for _, n := range c.nodes {
		total += n.weight
	}
	if c.witness != nil {
		total++
	}
	return total
}

// weigh hands out the votes anew, as dynamic quorum does after each change:
// with an even number of nodes the witness votes, or, without one, one node
// does not; with an odd number every node votes and the witness does not.
// Source: "Understanding cluster and pool quorum", Microsoft.
func (c *simCluster) weigh() {
	if !c.quorate {
		return
	}
	if c.shape.StaticQuorum {
		c.witnessWeight = 0
		if c.witness != nil {
			c.witnessWeight = 1
		}
		for _, n := range c.nodes {
			n.vote = n.weight
		}
		return
	}
	var voters []*simNode
	for _, n := range c.nodes {
		n.vote = 0
		if n.active() && n.weight == 1 {
			voters = append(voters, n)
			n.vote = 1
		}
	}
	c.witnessWeight = 0
	if len(voters)%2 == 0 && len(voters) > 0 {
		if c.witnessOnline() {
			c.witnessWeight = 1
		} else {
			voters[len(voters)-1].vote = 0
		}
	}
}

// form brings a cluster without quorum back once enough nodes can talk.
func (c *simCluster) form() {
	var able []*simNode
	for _, n := range c.nodes {
		if c.serves(n) {
			able = append(able, n)
		}
	}
	lastTotal, nodes := c.witnessWeight, 0
	for _, n := range c.nodes {
		lastTotal += n.vote
		nodes += n.weight
	}
	for _, p := range c.partitions(able, c.hears) {
		last, all := 0, 0
		for _, n := range p {
			last += n.vote
			all += n.weight
		}
		total := nodes
		if c.witnessOnline() {
			last += c.witnessWeight
			if nodes%2 == 0 {
				all, total = all+1, total+1
			}
		}
		if last*2 <= lastTotal && all*2 <= total {
			continue
		}
		c.quorate, c.quorumLostAt = true, time.Time{}
		for _, n := range p {
			c.setMember(n, memberJoining)
			n.lostQuorum, n.joinAt = false, c.now.Add(joinTime)
		}
		return
	}
}

// partitions groups nodes that can talk, directly or through others.
func (c *simCluster) partitions(nodes []*simNode, talk func(a, b *simNode) bool) [][]*simNode {
	var parts [][]*simNode
	seen := map[*simNode]bool{}
	for _, start := range nodes {
		if seen[start] {
			continue
		}
		seen[start] = true
		part := []*simNode{start}
		for i := 0; i < len(part); i++ {
			for _, n := range nodes {
				if !seen[n] && talk(part[i], n) {
					seen[n] = true
					part = append(part, n)
				}
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// quorumType is MSCluster_Cluster.QuorumTypeValue.
func (c *simCluster) quorumType() int {
	switch c.shape.Witness {
	case "share", "cloud":
		return 2
	case "disk":
		return 3
	default:
		return 1
	}
}
