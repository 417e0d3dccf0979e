package views

import (
	"strings"

	"looksalive/cluster"
)

// noAccess stands for a value the account may not read.
const noAccess = "no access"

const lockIcon = "lock-closed-16-regular"

// access knows, by cluster, the page that says which grants are missing.
type access map[string]string

func accessOf(s *cluster.Snapshot) access {
	a := access{}
	for _, f := range s.Faults {
		if f.Kind == cluster.FaultAccessLimited && f.Open() {
			a[f.Cluster] = faultPath(f)
		}
	}
	return a
}

// cell stands where the part would be read from: a lock, the word, the missing grant
// as a tip, and a link to the steps.
func (a access) cell(p *cluster.Picture, q cluster.Question, part, class string) Cell {
	return Cell{Text: noAccess, Lock: true, Href: a[p.Cluster], Title: missingText(q, part), Class: strings.TrimSpace(class + " none")}.by(-1)
}

// fact is the same as a line of a list of facts.
func (a access) fact(p *cluster.Picture, label string, q cluster.Question, part string) Fact {
	st := State{Class: "stale", Icon: lockIcon, Word: noAccess}
	return Fact{Label: label, Value: noAccess, Href: a[p.Cluster], State: &st, Title: missingText(q, part)}
}

// empty stands where a list is empty because it may not be read.
func (a access) empty(p *cluster.Picture, q cluster.Question, part string) Empty {
	m := cluster.MissingPart(cluster.Part(q, part))
	e := Empty{State: State{Class: "stale", Icon: "lock-closed-20-regular"}, Title: "No access to " + m.Title, Text: m.Lost + " " + grantText(m.Grants)}
	if href := a[p.Cluster]; href != "" {
		e.Href, e.Link = href, "How to grant it"
	}
	return e
}

// notice stands above a list that lacks what may not be read, nil if it lacks nothing.
func (a access) notice(list []*cluster.Picture, q cluster.Question, parts ...string) *Notice {
	var titles, names, lost []string
	href := ""
	add := func(to *[]string, s string) {
		for _, old := range *to {
			if old == s {
				return
			}
		}
		*to = append(*to, s)
	}
	for _, p := range list {
		for _, part := range parts {
			if !p.Lacks(q, part) {
				continue
			}
			m := cluster.MissingPart(cluster.Part(q, part))
			add(&titles, m.Title)
			add(&lost, m.Lost)
			add(&names, p.Cluster)
			if href == "" {
				href = a[p.Cluster]
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	who := strings.Join(names[:min(4, len(names))], ", ")
	if rest := len(names) - 4; rest > 0 {
		who += " and " + plural(rest, "more cluster")
	}
	n := &Notice{Class: "warn", Icon: "lock-closed-20-regular", Title: "No access to " + strings.Join(titles, ", ") + " of " + who + ".", Text: strings.Join(lost, " ")}
	if href != "" {
		n.Href, n.Link = href, "How to grant it"
	}
	return n
}

// nodeNotice says what of one node may not be read, nil if all may.
func (a access) nodeNotice(p *cluster.Picture, node string) *Notice {
	parts := p.DeniedParts(node)
	if len(parts) == 0 {
		return nil
	}
	var titles []string
	for _, part := range parts {
		titles = append(titles, cluster.MissingPart(part).Title)
	}
	n := &Notice{Class: "warn", Icon: "lock-closed-20-regular", Title: "Not everything can be read here.",
		Text: "No access to " + strings.Join(titles, ", ") + ". " + grantText(cluster.GrantsFor(parts))}
	if href := a[p.Cluster]; href != "" {
		n.Href, n.Link = href, "How to grant it"
	}
	return n
}

func missingText(q cluster.Question, part string) string {
	m := cluster.MissingPart(cluster.Part(q, part))
	return m.Lost + " " + grantText(m.Grants)
}

func grantText(grants []cluster.Grant) string {
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = g.String()
	}
	if len(words) == 1 {
		return "Missing: " + words[0] + "."
	}
	return "Missing: one or more of " + strings.Join(words, ", ") + "."
}
