package cluster

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// accessLimited finds what nodes do not let us read. It is one fault for the whole
// cluster: the same account lacks the same rights on every node, and one list of
// grants mends it. Nodes of which nothing can be read are listed in it too, unless no
// node answers at all.
func accessLimited(d *diagnosis) {
	nodesOf := map[string][]string{} // by part
	var parts, closed []string
	var since time.Time
	earliest := func(t time.Time) {
		if !t.IsZero() && (since.IsZero() || t.Before(since)) {
			since = t
		}
	}
	total := 0
	d.members(func(member, shown string, v NodeView) {
		total++
		if v.Contact.doubtful() && v.Contact.Reach == ReachNoRights && d.silent == "" {
			closed = append(closed, shown)
			earliest(v.Contact.Since)
			return
		}
		for _, part := range d.p.DeniedParts(member) {
			if nodesOf[part] == nil {
				parts = append(parts, part)
			}
			nodesOf[part] = append(nodesOf[part], shown)
			earliest(d.p.Since["denied/"+member+"|"+part])
		}
	})
	if len(parts) == 0 && len(closed) == 0 {
		return
	}
	slices.SortFunc(parts, compareParts)
	f := Fault{
		Cluster: d.p.Cluster, Kind: FaultAccessLimited, Object: Ref{"cluster", d.p.Cluster}, Health: NoData,
		Title:  "Not everything in " + d.p.Cluster + " can be read: the account lacks rights",
		Impact: lostWithout(parts, closed), Since: since,
	}
	var where []string
	if len(closed) > 0 {
		where = append(where, "on "+listed(closed)+" to everything")
	}
	byPlace := map[string][]string{}
	for _, part := range parts {
		place := "on " + listed(nodesOf[part])
		switch question, _, _ := strings.Cut(part, "/"); {
		case question == QuestionState.String() || question == QuestionStorage.String():
			place = "by the cluster" // whichever node answers for it
		case len(nodesOf[part]) == total && total > 1:
			place = "on every node"
		}
		if byPlace[place] == nil {
			where = append(where, place)
		}
		byPlace[place] = append(byPlace[place], MissingPart(part).Title)
	}
	for i, place := range where {
		if titles := byPlace[place]; titles != nil {
			where[i] += " to " + strings.Join(titles, ", ")
		}
	}
	f.Detail = "Access is denied " + strings.Join(where, "; ") + "."
	grants := GrantsFor(parts)
	if len(closed) > 0 {
		grants = append(grants, GrantRemote, GrantCluster)
		slices.Sort(grants)
		grants = slices.Compact(grants)
		d.limited = f.Key()
	}
	for _, g := range grants {
		f.Steps = append(f.Steps, g.Step(""))
	}
	f.Steps = append(f.Steps, Step{Text: "Rights of groups count from the next sign-in: pause the cluster in the settings for a minute, or wait for its sessions to be renewed."})
	d.add(f)
}

// lostWithout says what is not known or not noticed, the most important first.
func lostWithout(parts, closed []string) string {
	const most = 4
	var lost []string
	if len(closed) > 0 {
		lost = append(lost, "Nothing is known from "+listed(closed)+".")
	}
	for _, part := range parts {
		if l := MissingPart(part).Lost; !slices.Contains(lost, l) {
			lost = append(lost, l)
		}
	}
	if rest := len(lost) - most; rest > 1 {
		lost = append(lost[:most:most], fmt.Sprintf("So it is with %d more things.", rest))
	}
	return strings.Join(lost, " ")
}
