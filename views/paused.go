package views

import (
	"time"

	"looksalive/cluster"
)

const pausedWord = "paused"

const pauseIcon = "pause-16-filled"

// pausedNotice says that nothing of what is shown of a cluster is looked at any more.
func pausedNotice(p *cluster.Picture, now time.Time) *Notice {
	n := &Notice{Class: "info", Icon: pauseIcon, Title: "This cluster is paused: nothing is asked of it.", Text: "Nothing is known of it yet."}
	if !p.StateAt.IsZero() {
		n.Text, n.At = "What you see is the last picture, from", ago(p.StateAt, now)
	}
	return n
}

func pausedNodeNotice(v cluster.NodeView, now time.Time) *Notice {
	n := &Notice{Class: "info", Icon: pauseIcon, Title: "This node is paused: it is not asked.", Text: "What its cluster says of it goes on."}
	if !v.VitalsAt.IsZero() {
		n.Text, n.At = n.Text+" Its own values are the last known ones, from", ago(v.VitalsAt, now)
	}
	return n
}

// seen is the health of an object of a cluster as it may be shown: what a paused
// cluster told last is no health of now.
func seen(p *cluster.Picture, h cluster.Health, why string) (cluster.Health, string) {
	if !p.AllPaused() {
		return h, why
	}
	return cluster.Paused, joined(": ", "last known", why)
}

// seenAs is seen for the two values of a health rule at once.
func seenAs(p *cluster.Picture) func(cluster.Health, string) (cluster.Health, string) {
	return func(h cluster.Health, why string) (cluster.Health, string) { return seen(p, h, why) }
}

// watched leaves out the clusters that are paused.
func watched(list []*cluster.Picture) []*cluster.Picture {
	var out []*cluster.Picture
	for _, p := range list {
		if !p.AllPaused() {
			out = append(out, p)
		}
	}
	return out
}

// slowNotice says why the figures of a node come less often, nil if they do not.
func slowNotice(v cluster.NodeView) *Notice {
	if v.Contact.Mode != cluster.ModeProcess {
		return nil
	}
	return &Notice{Class: "info", Icon: "timer-16-regular",
		Title: "Slow mode: figures come every " + duration(cluster.QuestionVitals.PeriodIn(cluster.ModeProcess)) + ".",
		Text: "PowerShell's constrained language, or a policy against encoded commands, does not let one process answer all questions, so each question starts its own. " +
			"To make it fast, allow full language for the account that asks: with AppLocker or App Control for Business, a rule for it; then pause the node in the settings and let it go on."}
}
