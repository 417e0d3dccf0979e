package views

import "looksalive/cluster"

// State is a health as it is dressed: always colour, shape and word together.
type State struct {
	Health cluster.Health
	Class  string // colour
	Icon   string // shape, name in the sprite
	Glyph  string // shape inside a small square, "" for the healthy dot
	Word   string
}

var states = map[cluster.Health]State{
	cluster.Critical:    {cluster.Critical, "crit", "octagon", "dismiss-16-filled", "Critical"},
	cluster.Isolated:    {cluster.Isolated, "iso", "plug-disconnected-16-filled", "plug-disconnected-16-filled", "Isolated"},
	cluster.Quarantined: {cluster.Quarantined, "quar", "prohibited-16-filled", "prohibited-16-filled", "Quarantined"},
	cluster.Warning:     {cluster.Warning, "warn", "warning-16-filled", "important-16-filled", "Warning"},
	cluster.NoData:      {cluster.NoData, "stale", "question-circle-16-regular", "question-16-filled", "No data"},
	cluster.Maintenance: {cluster.Maintenance, "maint", "wrench-16-filled", "wrench-16-filled", "Maintenance"},
	cluster.Healthy:     {cluster.Healthy, "ok", "checkmark-circle-16-filled", "", "Healthy"},
	cluster.Paused:      {cluster.Paused, "paused", pauseIcon, pauseIcon, "Paused"},
}

// bySeverity lists the healths worst first, and those nobody looks at last.
var bySeverity = []cluster.Health{
	cluster.Critical, cluster.Isolated, cluster.Quarantined, cluster.Warning,
	cluster.NoData, cluster.Maintenance, cluster.Healthy, cluster.Paused,
}

// stateOf dresses a health. An unknown one is shown as "No data": our
// ignorance must never look like health.
func stateOf(h cluster.Health) State {
	if s, ok := states[h]; ok {
		return s
	}
	return states[cluster.NoData]
}

// named is the state with a word of its own, such as "Paused".
func (s State) named(word string) State {
	if word != "" {
		s.Word = word
	}
	return s
}

func healthOf(class string) (cluster.Health, bool) {
	for h, s := range states {
		if s.Class == class {
			return h, true
		}
	}
	return 0, false
}
