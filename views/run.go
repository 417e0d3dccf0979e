package views

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
)

// RunView is a run as its page shows it before the browser takes over.
type RunView struct {
	ID       string
	Who      string
	At       time.Time
	Saved    string
	Over     bool
	Mine     bool // may be cancelled by who looks at it
	Targets  []RunTarget
	Cmd      string
	Recalled bool
}

// RunTarget is how a run stands on one node.
type RunTarget struct {
	Cluster, Node string
	State         cluster.RunState
	Detail        string
	Exit          int
	Took          time.Duration
	Bytes         int64
	Errors        int
}

// runStates dresses the states of a run.
var runStates = map[cluster.RunState]State{
	cluster.RunWaiting:     {Class: "paused", Icon: "clock-16-regular", Word: "Waiting"},
	cluster.RunRunning:     {Class: "busy", Icon: "arrow-sync-16-regular", Word: "Running"},
	cluster.RunDone:        {Class: "ok", Icon: "checkmark-circle-16-filled", Word: "Done"},
	cluster.RunFailed:      {Class: "crit", Icon: "octagon", Word: "Failed"},
	cluster.RunCancelled:   {Class: "paused", Icon: "prohibited-16-filled", Word: "Cancelled"},
	cluster.RunTimedOut:    {Class: "warn", Icon: "clock-16-regular", Word: "Timed out"},
	cluster.RunInterrupted: {Class: "warn", Icon: "warning-16-filled", Word: "Interrupted"},
	cluster.RunRefused:     {Class: "crit", Icon: "prohibited-16-filled", Word: "Refused"},
}

func runState(s cluster.RunState) State {
	if st, ok := runStates[s]; ok {
		return st
	}
	return State{Class: "stale", Icon: "question-circle-16-regular", Word: sentence(string(s))}
}

// runTargets is what the script of the page needs to know of the targets, as JSON.
func (v RunView) targetsJSON() string {
	type target struct {
		Cluster string `json:"cluster"`
		Node    string `json:"node"`
	}
	list := []target{}
	for _, t := range v.Targets {
		list = append(list, target{t.Cluster, t.Node})
	}
	b, _ := json.Marshal(list) // strings
	return string(b)
}

// Outcome sums a run up in a state.
func (v RunView) Outcome() State {
	var worst cluster.RunState
	order := []cluster.RunState{cluster.RunRunning, cluster.RunWaiting, cluster.RunFailed, cluster.RunTimedOut, cluster.RunInterrupted, cluster.RunCancelled, cluster.RunDone}
	at := len(order)
	for _, t := range v.Targets {
		if i := slices.Index(order, t.State); i >= 0 && i < at {
			at, worst = i, t.State
		}
	}
	if worst == cluster.RunWaiting {
		worst = cluster.RunRunning
	}
	return runState(worst)
}

func (v RunView) where() string {
	var list []cluster.Target
	for _, t := range v.Targets {
		list = append(list, cluster.Target{Cluster: t.Cluster, Node: t.Node})
	}
	return Where(list)
}

// Where names targets in short: "HV-01", "HV-01, HV-02", "4 nodes of EU-PROD".
func Where(list []cluster.Target) string {
	clusters := map[string]bool{}
	var names []string
	for _, t := range list {
		clusters[t.Cluster] = true
		names = append(names, t.Node)
	}
	switch {
	case len(list) == 0:
		return "no node"
	case len(list) <= 2:
		return strings.Join(names, ", ")
	case len(clusters) == 1:
		return plural(len(list), "node") + " of " + list[0].Cluster
	default:
		return plural(len(list), "node") + " of " + plural(len(clusters), "cluster")
	}
}

// size is a number of bytes of output.
func outputSize(n int64) string {
	switch {
	case n < 1000:
		return plural(int(n), "byte")
	case n < 1000_000:
		return figures(float64(n)/1000) + " kB"
	case n < 1000_000_000:
		return figures(float64(n)/1e6) + " MB"
	default:
		return figures(float64(n)/1e9) + " GB"
	}
}

// took is how long a run took.
func took(d time.Duration) string {
	if d < time.Minute {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	}
	return duration(d.Truncate(time.Second))
}

// RunRow is a run in a list.
type RunRow struct {
	ID, Who, Saved, Script string
	At                     time.Time
	Targets                []RunTarget
}

func (r RunRow) view() RunView { return RunView{ID: r.ID, Targets: r.Targets} }

// firstLine is the first line of a script that says something.
func firstLine(script string) string {
	for line := range strings.Lines(script) {
		if t := strings.TrimSpace(line); t != "" && !strings.HasPrefix(t, "#") && !strings.HasPrefix(t, "<#") {
			return shortened(t, 80)
		}
	}
	return shortened(strings.TrimSpace(script), 80)
}

func shortened(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func (r RunRow) label() string {
	if r.Saved != "" {
		return r.Saved
	}
	return firstLine(r.Script)
}
