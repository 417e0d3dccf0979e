package views

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestTargetText(t *testing.T) {
	for _, x := range [][2]string{{"EU-PROD", "HV-01"}, {"a/b", "c/d"}, {"ü %2F", "?x=&'\""}} {
		c, n, ok := ParseTarget(TargetText(x[0], x[1]))
		if !ok || c != x[0] || n != x[1] {
			t.Errorf("%v becomes %q, %q", x, c, n)
		}
	}
	for _, bad := range []string{"", "a", "/a", "a/", "%/a", "a/%zz"} {
		if c, n, ok := ParseTarget(bad); ok {
			t.Errorf("%q is %q, %q", bad, c, n)
		}
	}
}

func TestWhere(t *testing.T) {
	at := func(names ...string) (out []cluster.Target) {
		for _, n := range names {
			c, node, _ := strings.Cut(n, "/")
			out = append(out, cluster.Target{Cluster: c, Node: node})
		}
		return out
	}
	for want, targets := range map[string][]cluster.Target{
		"no node": nil, "N1": at("A/N1"), "N1, N2": at("A/N1", "B/N2"), "3 nodes of A": at("A/N1", "A/N2", "A/N3"), "3 nodes of 2 clusters": at("A/N1", "B/N2", "B/N3"),
	} {
		if got := Where(targets); got != want {
			t.Errorf("%v: %q, want %q", targets, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	for want, states := range map[string][]cluster.RunState{
		"Done": {cluster.RunDone, cluster.RunDone}, "Failed": {cluster.RunDone, cluster.RunFailed, cluster.RunTimedOut}, "Running": {cluster.RunFailed, cluster.RunWaiting},
		"Cancelled": {cluster.RunCancelled, cluster.RunDone}, "Timed out": {cluster.RunTimedOut, cluster.RunCancelled},
	} {
		v := RunView{}
		for _, s := range states {
			v.Targets = append(v.Targets, RunTarget{State: s})
		}
		if got := v.Outcome(); got.Word != want || got.Icon == "" || got.Class == "" {
			t.Errorf("%v: %+v, want %s", states, got, want)
		}
	}
	if got := runState("melted"); got.Word != "Melted" || got.Class != "stale" {
		t.Errorf("a state of another version: %+v", got)
	}
}

func TestAskedAddress(t *testing.T) {
	for path, want := range map[string]string{
		"/": "state vitals", "/c/A%2FB/nodes/N%201": "vitals state inventory", "/c/A": "state vitals storage", "/c/A/storage": "storage state", "/faults/7": "state storage vitals inventory",
		"/settings/clusters": "", "/console": "", "/wall": "", "/c/A/x": "", "": "state vitals",
	} {
		got := AskedAddress(path)
		if want == "" {
			if got != "" {
				t.Errorf("%s leads to %s", path, got)
			}
			continue
		}
		u, err := url.Parse(got)
		if err != nil || u.Path != AskedPath || u.Query().Get("q") != want {
			t.Errorf("%s leads to %s", path, got)
		}
		if c, n, ok := ParseTarget(u.Query().Get("target")); path == "/c/A%2FB/nodes/N%201" && (!ok || c != "A/B" || n != "N 1") {
			t.Errorf("%s leads to %s", path, got)
		}
	}
}

func TestPicker(t *testing.T) {
	s, now := healthy(), testNow
	name := s.Clusters[0].Cluster
	nodes := s.Clusters[0].NodeNames()
	clusters, roles := picker(s, Console{Picked: []cluster.Target{{Cluster: name, Node: nodes[1]}}, Role: TargetText(name, s.Clusters[0].State.Roles[0].Name)}, now)
	if len(clusters) != len(s.Clusters) || clusters[0].Count != "1 of "+string(rune('0'+len(nodes))) && len(nodes) < 10 || !clusters[0].Open {
		t.Errorf("%+v", clusters[0])
	}
	checked, chosen, offered := 0, 0, 0
	for _, c := range clusters {
		for _, n := range c.Nodes {
			if n.Checked {
				checked++
			}
			if n.State.Word == "" {
				t.Errorf("%s has no state", n.Name)
			}
		}
	}
	for _, r := range roles {
		for _, x := range r.Roles {
			offered++
			if x.Chosen {
				chosen++
			}
		}
	}
	if checked != 1 || chosen != 1 || offered > maxRolesOffered+1 {
		t.Errorf("%d nodes and %d roles chosen, of %d", checked, chosen, offered)
	}
}

func TestTimeoutChoices(t *testing.T) {
	chosen := func(d time.Duration) (out []string) {
		for _, c := range timeoutChoices(d) {
			if c.Chosen {
				out = append(out, c.Value+" "+c.Label)
			}
		}
		return out
	}
	for d, want := range map[time.Duration]string{0: "300 5 min", time.Hour: "3600 1 h", 90 * time.Second: "90 1 min 30 s"} {
		if diff := cmp.Diff([]string{want}, chosen(d)); diff != "" {
			t.Errorf("%s: %s", d, diff)
		}
	}
}

func TestFirstLine(t *testing.T) {
	for script, want := range map[string]string{"": "", "# a note\n\n  Get-Cluster  \nx": "Get-Cluster", "<# help #>": "<# help #>", strings.Repeat("ü", 100): strings.Repeat("ü", 79) + "…"} {
		if got := firstLine(script); got != want {
			t.Errorf("%q: %q", script, got)
		}
	}
}

// Whatever a node or a person wrote, the pages of the console keep it text.
func TestConsoleEscapes(t *testing.T) {
	const bad = `"></textarea><script>x</script>`
	c := Console{Script: bad, MayType: true, Phrase: bad, Problems: []string{bad}, Verdict: Verdict{Refused: bad, Changes: []Change{{bad, bad}}, As: []string{bad}},
		Run:    &RunView{ID: "1", Who: bad, Targets: []RunTarget{{Cluster: bad, Node: bad, State: cluster.RunFailed, Detail: bad}}},
		Recent: []RunRow{{ID: "1", Script: bad, Targets: []RunTarget{{Node: bad}}}}}
	saved := c
	saved.Saved = &SavedScript{Name: bad, Description: bad, Text: bad, Params: []ParamField{{Name: bad, Help: bad, Kind: "choice", Value: bad, Choices: []string{bad}}, {Name: bad, Kind: "string", Value: bad}, {Name: bad, Kind: "int", Min: bad, Max: bad}, {Name: bad, Kind: "bool"}}}
	s := healthy()
	for what, p := range map[string]Page{
		"console": ConsolePage(s, c, testNow), "saved": ConsolePage(s, saved, testNow), "runs": RunsPage(s, c.Recent, true, testNow),
		"scripts": ScriptsPage(s, []SavedScript{*saved.Saved}, true, ""), "form": ScriptFormPage(s, ScriptForm{Was: bad, Name: bad, Description: bad, Text: bad, Problems: []string{bad}}),
		"asked": AskedPage(s, []Asked{{Name: bad, Description: bad, Text: bad, Console: bad}}, bad),
	} {
		var b bytes.Buffer
		if err := Document(p, Env{Now: testNow}).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "<script>x") || strings.Count(b.String(), "</textarea>") > 1 {
			t.Errorf("%s does not escape", what)
		}
	}
}
