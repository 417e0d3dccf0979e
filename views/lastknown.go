package views

import (
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
)

// vitalsOf is what a node last told of itself, nil if it never did, and
// whether that can still be taken for the present. An answer that is young
// enough says nothing any more once the node failed to answer after it, or
// left its cluster without another word.
func vitalsOf(p *cluster.Picture, node string, now time.Time) (v *cluster.Vitals, at time.Time, current bool) {
	view, _ := p.View(node)
	if view.Vitals == nil {
		return nil, time.Time{}, false
	}
	current = !p.VitalsStale(node, now) && view.Contact.Failures == 0 && !p.IsPaused(node)
	if n, ok := p.State.Node(node); ok && n.State == cluster.NodeDown && now.Sub(view.VitalsAt) > cluster.QuestionVitals.PeriodIn(view.VitalsMode)*3/2 {
		current = false
	}
	return view.Vitals, view.VitalsAt, current
}

// asLastKnown pales a cell whose value may no longer be so; sorting puts it
// where unknown values are.
func (c Cell) asLastKnown() Cell {
	c.csv = c.plain() + " (last known)"
	c.Class = strings.TrimSpace(c.Class + " old")
	c.Last = true
	return c.by(-1)
}

const questionIcon = "question-circle-20-regular"

// staleNotice says why what is shown of a cluster may no longer be so, nil if
// it is fresh.
func staleNotice(p *cluster.Picture, now time.Time) *Notice {
	switch {
	case p.AllPaused():
		return pausedNotice(p, now)
	case p.State == nil:
		return &Notice{Class: "stale", Icon: questionIcon, Title: "No node of this cluster has answered yet.", Text: unreached(p)}
	case p.StateStale(now):
		return &Notice{Class: "stale", Icon: questionIcon, Title: "No fresh answer.",
			Text: "What you see is the last picture, from", At: ago(p.StateAt, now)}
	}
	return nil
}

// unreached says in plain words why nodes do not answer.
func unreached(p *cluster.Picture) string {
	var parts []string
	for _, name := range p.NodeNames() {
		if v, ok := p.View(name); ok && v.Contact.Reach != cluster.ReachOK && v.Contact.Reach != cluster.ReachUnknown {
			parts = append(parts, name+": "+v.Contact.Reach.String())
		}
	}
	if len(parts) == 0 {
		return "The first questions are on their way."
	}
	return strings.Join(parts, ", ")
}

// staleClusters is the notice above a list: of one cluster why it is stale, of
// the fleet which clusters are.
func staleClusters(list []*cluster.Picture, fleet bool, now time.Time) *Notice {
	if !fleet {
		return staleNotice(list[0], now)
	}
	return staleAmong(watched(list), "No fresh answer from", now, func(p *cluster.Picture) (bool, time.Time) {
		return p.StateStale(now), p.StateAt
	})
}

// staleStorage is the notice above pools and drives.
func staleStorage(list []*cluster.Picture, fleet bool, now time.Time) *Notice {
	var pooled []*cluster.Picture
	for _, p := range watched(list) {
		if p.State != nil && p.State.S2D || p.Storage != nil && len(p.Storage.Pools) > 0 {
			pooled = append(pooled, p)
		}
	}
	if fleet || len(pooled) == 0 {
		return staleAmong(pooled, "No fresh answer about the pools of", now, func(p *cluster.Picture) (bool, time.Time) {
			return p.StorageStale(now), p.StorageAt
		})
	}
	switch p := pooled[0]; {
	case p.Storage == nil:
		return &Notice{Class: "stale", Icon: questionIcon, Title: "No answer about the pool yet.", Text: "Drives and pools are asked every " + duration(cluster.QuestionStorage.PeriodIn(p.StateMode)) + "."}
	case p.StorageStale(now):
		return &Notice{Class: "stale", Icon: questionIcon, Title: "No fresh answer about the pool.", Text: "Values are the last known ones, from", At: ago(p.StorageAt, now)}
	}
	return nil
}

func staleAmong(list []*cluster.Picture, title string, now time.Time, stale func(*cluster.Picture) (bool, time.Time)) *Notice {
	const named = 4
	var names []string
	var oldest time.Time
	never := false
	for _, p := range list {
		is, at := stale(p)
		if !is {
			continue
		}
		names = append(names, p.Cluster)
		never = never || at.IsZero()
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	if len(names) == 0 {
		return nil
	}
	who := strings.Join(names[:min(named, len(names))], ", ")
	if rest := len(names) - named; rest > 0 {
		who += " and " + plural(rest, "more cluster")
	}
	n := &Notice{Class: "stale", Icon: questionIcon, Title: title + " " + who + ".", Text: "What is known of them is shown as it last was, the oldest from", At: ago(oldest, now)}
	if never {
		n.Text, n.At = "What is known of them is shown as it last was; of some, nothing is.", When{}
	}
	return n
}

// noticeRegion is the place above a page's content, empty without a notice.
func noticeRegion(list ...*Notice) Region {
	list = slices.DeleteFunc(list, func(n *Notice) bool { return n == nil })
	if len(list) == 0 {
		return Region{ID: "r-notice", Class: "wide hollow"}
	}
	return Region{ID: "r-notice", Class: "wide", Body: noticeList(list)}
}

// asOf heads values that may no longer be so.
func asOf(at, now time.Time, current bool) *Meta {
	if current || at.IsZero() {
		return nil
	}
	return &Meta{Text: "Last known,", At: ago(at, now)}
}
