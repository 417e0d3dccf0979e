package remoting_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// runner runs scripts on the first node of a simulation.
type runner struct {
	t    testing.TB
	sim  *simulator.Simulator
	c    *remoting.Client
	node remoting.Node
}

func newRunner(t testing.TB, change func(*remoting.Node)) *runner {
	t.Helper()
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	n.Act = &n.Identity
	act := n.Identity
	n.Act = &act
	if change != nil {
		change(&n)
	}
	return &runner{t: t, sim: sim, node: n, c: newClient(t, remoting.Options{Nodes: []remoting.Node{n}})}
}

func (r *runner) work(script string) cluster.RunWork {
	return cluster.RunWork{Target: cluster.Target{Cluster: r.node.Cluster, Node: r.node.Name}, Script: script}
}

// run runs to the end and keeps the events.
func (r *runner) run(w cluster.RunWork) ([]cluster.RunEvent, cluster.RunEvent) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute) // only a broken run reaches it
	defer cancel()
	var all []cluster.RunEvent
	end := r.c.Run(ctx, w, func(e cluster.RunEvent) error {
		if e.Target != w.Target || e.At.IsZero() {
			r.t.Errorf("the event does not say whose and when it is: %+v", e)
		}
		all = append(all, e)
		return nil
	})
	if end.Kind != cluster.RunEnded || end.Target != w.Target || end.At.IsZero() {
		r.t.Errorf("the end is no end: %+v", end)
	}
	return all, end
}

// short is what an event says, in a line.
func short(e cluster.RunEvent) string {
	switch e.Kind {
	case cluster.RunObject:
		return fmt.Sprintf("object %s %v %v", e.Object.Type, e.Object.Names, e.Object.Values)
	case cluster.RunProgress:
		return fmt.Sprintf("progress %s/%s/%d", e.Progress.Activity, e.Progress.Status, e.Progress.Percent)
	case cluster.RunError:
		first, rest, _ := strings.Cut(e.Text, "\r\n")
		if strings.Contains(rest, "first trouble") {
			first = "first trouble"
		}
		return "error " + first + " [" + e.ErrorID + "]"
	}
	return string(e.Kind) + " " + e.Text
}

func shorts(all []cluster.RunEvent) []string {
	out := []string{}
	for _, e := range all {
		out = append(out, short(e))
	}
	return out
}

func TestRunStreamsEverythingInOrder(t *testing.T) {
	r := newRunner(t, nil)
	w := r.work(`param([string]$Name, [int]$Count, [switch]$Loud)
'hello ' + $Name + ' ' + ($Count + 1) + ' ' + $Loud
Write-Verbose 'not shown'
Write-Verbose 'shown' -Verbose
Write-Warning 'careful'
Write-Error 'first trouble'
Write-Host 'from the host'
$DebugPreference = 'Continue'; Write-Debug 'a bug'
Write-Progress -Activity 'Working' -Status 'half' -PercentComplete 50
[pscustomobject]@{ A = 1; B = 'two'; C = $true; D = $null; E = @(1, 2, 3, 4, 5) } | Select-Object A, B, C, D, E
1/0
Get-NoSuchThing
42`)
	w.Args = json.RawMessage(`{"Name":"$(exit 9)'; throw \"x\"","Count":"41","Loud":true}`)
	all, end := r.run(w)
	want := []string{
		"text hello $(exit 9)'; throw \"x\" 42 True\n",
		"verbose shown", "warning careful",
	}
	got := shorts(all)
	if len(got) < len(want) || !cmp.Equal(got[:len(want)], want) {
		t.Errorf("begins wrongly: %s", cmp.Diff(want, got[:min(len(want), len(got))]))
	}
	text := strings.Join(got, "\n")
	at := -1
	for _, part := range []string{"first trouble", "information from the host", "debug a bug", "progress Working/half/50",
		"object Selected.System.Management.Automation.PSCustomObject [A B C D E] [1 two true <nil> {1, 2, 3, 4, ...}]",
		"error Attempted to divide by zero. [RuntimeException]", "Get-NoSuchThing", "[CommandNotFoundException]", "42\n"} {
		i := strings.Index(text[at+1:], part)
		if i < 0 {
			t.Errorf("%q is missing or too early in\n%s", part, text)
			continue
		}
		at += 1 + i
	}
	if end.State != cluster.RunDone || end.Exit != 0 || end.Detail != "" {
		t.Errorf("it ended %+v", end)
	}
}

func TestRunEnds(t *testing.T) {
	r := newRunner(t, nil)
	for script, want := range map[string]cluster.RunEvent{
		"exit 3":                  {State: cluster.RunDone, Exit: 3},
		"'a'; exit 0":             {State: cluster.RunDone},
		"throw 'enough'; 'never'": {State: cluster.RunFailed, Exit: 1, Detail: "An error ended the script."},
		"if (":                    {State: cluster.RunFailed, Exit: 1, Detail: "An error ended the script."},
		"$ErrorActionPreference = 'Stop'; Get-Item C:\\nowhere; 'never'": {State: cluster.RunFailed, Exit: 1, Detail: "An error ended the script."},
		"Write-Error 'a'; 'goes on'":                                     {State: cluster.RunDone},
		"Read-Host 'Name'; 'goes on'":                                    {State: cluster.RunDone},
	} {
		all, end := r.run(r.work(script))
		if end.State != want.State || end.Exit != want.Exit || end.Detail != want.Detail {
			t.Errorf("%s: ended %q, exit %d, %q", script, end.State, end.Exit, end.Detail)
		}
		text := strings.Join(shorts(all), "\n")
		if strings.Contains(text, "never") && strings.Contains(text, "text never") {
			t.Errorf("%s: went on: %s", script, text)
		}
		if strings.Contains(script, "goes on") && !strings.Contains(text, "text goes on") {
			t.Errorf("%s: did not go on: %s", script, text)
		}
		if end.State == cluster.RunFailed && !strings.Contains(text, "error ") {
			t.Errorf("%s: no error among %q", script, text)
		}
	}
}

// A script that waits for a file goes on when another run writes it: what came
// before must have arrived by then.
func TestRunArrivesAsItIsProduced(t *testing.T) {
	r := newRunner(t, nil)
	const steps = 3
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	arrived := make(chan string, 100)
	ended := make(chan cluster.RunEvent, 1)
	go func() {
		ended <- r.c.Run(ctx, r.work(fmt.Sprintf(`foreach ($i in 1..%d) {
  "step $i"
  while (-not (Test-Path "C:\Windows\Temp\go$i.txt")) { Start-Sleep -Milliseconds 2 }
}`, steps)), func(e cluster.RunEvent) error {
			arrived <- e.Text
			return nil
		})
	}()
	for i := 1; i <= steps; i++ {
		select {
		case got := <-arrived:
			if got != fmt.Sprintf("step %d\n", i) {
				t.Fatalf("arrived: %q", got)
			}
		case end := <-ended:
			t.Fatalf("ended early: %+v", end)
		}
		w := r.work(fmt.Sprintf(`Set-Content -Path C:\Windows\Temp\go%d.txt -Value go`, i))
		if _, end := r.run(w); end.State != cluster.RunDone { // beside the first
			t.Fatalf("%+v", end)
		}
	}
	if end := <-ended; end.State != cluster.RunDone {
		t.Errorf("%+v", end)
	}
}

func TestRunIsCancelled(t *testing.T) {
	for name, script := range map[string]string{
		"tight loop": "'on'; while ($true) { $n++ }",
		"sleep":      "'on'; Start-Sleep -Seconds 3600",
		"output":     "'on'; while ($true) { 'x' * 1000 }",
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, nil)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			once := sync.OnceFunc(cancel)
			begun := time.Now()
			end := r.c.Run(ctx, r.work(script), func(e cluster.RunEvent) error {
				once()
				return nil
			})
			if end.State != cluster.RunCancelled || end.Detail != "It was cancelled." {
				t.Errorf("%+v", end)
			}
			t.Logf("ended %v after it began", time.Since(begun))
			if names := remoting.ShellNames(t, r.node); len(names) > 0 {
				t.Errorf("shells are left: %q", names)
			}
		})
	}
}

// What a cancelled script would do next is not done: it counts in a file, and once the
// run has ended the file stays as it is.
func TestCancelEndsTheProcess(t *testing.T) {
	r := newRunner(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := r.c.Run(ctx, r.work(`$n = 0; while ($true) { $n++; Set-Content -Path C:\Windows\Temp\n.txt -Value $n; if ($n -eq 20) { 'twenty' } }`), func(cluster.RunEvent) error {
		cancel()
		return nil
	})
	if end.State != cluster.RunCancelled {
		t.Fatalf("%+v", end)
	}
	read := func() string {
		all, end := r.run(r.work(`Get-Content C:\Windows\Temp\n.txt`))
		if end.State != cluster.RunDone || len(all) == 0 {
			t.Fatalf("%q %+v", shorts(all), end)
		}
		return all[0].Text
	}
	if a, b := read(), read(); a != b {
		t.Errorf("it counts on: %s, then %s", a, b)
	}
}

func TestRunTimesOut(t *testing.T) {
	r := newRunner(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // is meant to be reached
	defer cancel()
	end := r.c.Run(ctx, r.work("Start-Sleep -Seconds 3600"), func(cluster.RunEvent) error { return nil })
	if end.State != cluster.RunTimedOut || !strings.HasPrefix(end.Detail, "It took longer than it may") {
		t.Errorf("%+v", end)
	}
}

func TestRunStopsWhenOutputIsRefused(t *testing.T) {
	r := newRunner(t, nil)
	full := errors.New("the disk is full")
	calls := 0
	end := r.c.Run(t.Context(), r.work("while ($true) { 'x' * 1000 }"), func(cluster.RunEvent) error {
		calls++
		return full
	})
	if end.State != cluster.RunFailed || !strings.Contains(end.Detail, "the disk is full") || calls != 1 {
		t.Errorf("%d calls, %+v", calls, end)
	}
}

func TestNoMoreThanTwoRunsOnANode(t *testing.T) {
	r := newRunner(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	begun := make(chan int, 3)
	ended := make(chan cluster.RunEvent, 3)
	script := `'begun'; while (-not (Test-Path C:\Windows\Temp\all.txt)) { Start-Sleep -Milliseconds 2 }`
	var stops []context.CancelFunc
	for i := range 2 {
		one, stop := context.WithCancel(ctx)
		stops = append(stops, stop)
		defer stop()
		go func() {
			ended <- r.c.Run(one, r.work(script), func(cluster.RunEvent) error { begun <- i; return nil })
		}()
	}
	<-begun
	<-begun
	third, stopThird := context.WithTimeout(ctx, 20*time.Millisecond) // is meant to be reached
	defer stopThird()
	end := r.c.Run(third, r.work("'third'"), func(cluster.RunEvent) error { t.Error("the third began"); return nil })
	if end.State != cluster.RunTimedOut || !strings.Contains(end.Detail, "while other runs on this node were under way") {
		t.Errorf("%+v", end)
	}
	stops[0]()
	if end := <-ended; end.State != cluster.RunCancelled {
		t.Errorf("%+v", end)
	}
	if _, end := r.run(r.work("Set-Content -Path C:\\Windows\\Temp\\all.txt -Value x")); end.State != cluster.RunDone {
		t.Errorf("%+v", end)
	}
	if end := <-ended; end.State != cluster.RunDone {
		t.Errorf("%+v", end)
	}
}
