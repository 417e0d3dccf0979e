package cluster

import (
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
	slices.Sort(parts)
	f := Fault{
		Cluster: d.p.Cluster, Kind: FaultAccessLimited, Object: Ref{"cluster", d.p.Cluster}, Health: NoData,
		Title: "Not everything in " + d.p.Cluster + " can be read: the account lacks rights",
		Since: since,
	}
	var lost, detail []string
	if len(closed) > 0 {
		lost = append(lost, "Nothing is known from "+listed(closed)+".")
		detail = append(detail, "everything on "+listed(closed))
	}
	for _, part := range parts {
		m := MissingPart(part)
		if !slices.Contains(lost, m.Lost) {
			lost = append(lost, m.Lost)
		}
		question, name, _ := strings.Cut(part, "/")
		text := m.Title + " (" + name + " of " + question + ")"
		switch {
		case question == QuestionState.String() || question == QuestionStorage.String():
			// whichever node answers, it is the cluster that is asked
		case len(nodesOf[part]) == total && total > 1:
			text += " on every node"
		default:
			text += " on " + listed(nodesOf[part])
		}
		detail = append(detail, text)
	}
	f.Impact = strings.Join(lost, " ")
	f.Detail = "Access was denied to " + strings.Join(detail, "; ") + "."
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
