package remoting_test

import (
	"context"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// much is a script that writes lines of about 10 KB.
func much(lines int) string {
	return `$line = ((1..2000 | ForEach-Object { $_ * 7919 % 99991 }) -join ' ').Substring(0, 10000)
for ($i = 0; $i -lt ` + strconv.Itoa(lines) + `; $i++) { "$i $line" }`
}

func TestRunHoldsLittleOfMuchOutput(t *testing.T) {
	r := newRunner(t, nil)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute) // only a broken run reaches it
	defer cancel()
	lines := 5500
	if raced {
		lines /= 5
	}
	var bytes, most int64
	next := 0
	end := r.c.Run(ctx, r.work(much(lines)), func(e cluster.RunEvent) error {
		bytes += int64(len(e.Text))
		for line := range strings.Lines(e.Text) {
			n, _, _ := strings.Cut(line, " ")
			if n != strconv.Itoa(next) || !strings.HasSuffix(line, "\n") {
				t.Errorf("line %d begins %.20q", next, line)
			}
			next++
		}
		if next%200 < 5 {
			runtime.ReadMemStats(&now)
			most = max(most, int64(now.HeapAlloc)-int64(before.HeapAlloc))
		}
		return nil
	})
	if end.State != cluster.RunDone || next != lines || bytes < int64(lines)*9900 || end.Bytes != bytes {
		t.Errorf("%d lines, %d bytes: %+v", next, bytes, end)
	}
	// Of both ends of the wire.
	if most > 24<<20 {
		t.Errorf("the heap grew by %d MB", most>>20)
	}
	t.Logf("%d MB, the heap grew by at most %d MB", bytes>>20, most>>20)
}

// While its output is not taken, a script stands still: it counts in a file, and the
// number in it stops growing long before the script's end.
func TestRunWaitsForWhoTakesItsOutput(t *testing.T) {
	r := newRunner(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	held := make(chan struct{})
	ended := make(chan cluster.RunEvent, 1)
	first := true
	go func() {
		ended <- r.c.Run(ctx, r.work(strings.Replace(much(100000), `"$i $line"`, `Set-Content -Path C:\Windows\Temp\i.txt -Value $i; "$i" + $line.Substring($i % 4000, 3000)`, 1)),
			func(cluster.RunEvent) error {
				if first {
					first = false
					close(held)
					<-ctx.Done()
				}
				return nil
			})
	}()
	<-held
	same, last := 0, ""
	for same < 30 {
		all, end := r.run(r.work(`Get-Content C:\Windows\Temp\i.txt`))
		if end.State != cluster.RunDone {
			t.Fatalf("%+v", end)
		}
		if same++; len(all) != 1 || all[0].Text != last {
			same = 0
			if len(all) == 1 {
				last = all[0].Text
			}
		}
	}
	if n, err := strconv.Atoi(strings.TrimSpace(last)); err != nil || n > 50000 {
		t.Errorf("it went on to %q while nobody took its output", last)
	} else {
		t.Logf("it stood still after %d lines", n)
	}
	cancel()
	if end := <-ended; end.State != cluster.RunCancelled {
		t.Errorf("%+v", end)
	}
}

func TestRunCutsAnEndlessText(t *testing.T) {
	r := newRunner(t, nil)
	all, end := r.run(r.work("'x' * 3000000; 'after'"))
	if len(all) != 3 || all[0].Kind != cluster.RunText || len(all[0].Text) > 300000 || all[1].Kind != cluster.RunCut || all[1].Bytes != 3000000 || all[2].Text != "after\n" {
		t.Errorf("%d events, %+v", len(all), end)
	}
}

func TestRunWhereTheConsoleDoesNotStart(t *testing.T) {
	for _, how := range []string{"constrained-language", "encoded-command", "old-version"} {
		t.Run(how, func(t *testing.T) {
			r := newRunner(t, nil)
			if _, err := r.sim.Inject(simulator.FaultSpec{Kind: "powershell-restricted", Cluster: r.node.Cluster, Target: r.node.Name, Params: map[string]any{"how": how}}); err != nil {
				t.Fatal(err)
			}
			w := r.work("param($Name) \"hello $Name\"\nWrite-Warning 'careful'\nWrite-Error 'trouble'\n'last'")
			w.Args = []byte(`{"Name":"it's } \"; exit 9 \u2019"}`)
			all, end := r.run(w)
			text := ""
			for _, e := range all {
				text += e.Text
			}
			if end.State != cluster.RunDone || end.Exit != 0 || len(all) < 2 || all[0].Kind != cluster.RunInfo || !strings.Contains(all[0].Text, "text only") {
				t.Errorf("%q %+v", text, end)
			}
			for _, part := range []string{"hello it's } \"; exit 9 \u2019\n", "WARNING: careful\n", "last\n", "trouble"} {
				if !strings.Contains(text, part) {
					t.Errorf("%q is missing in %q", part, text)
				}
			}
			if strings.Contains(text, "LA1") || strings.Count(text, "hello it's") != 1 {
				t.Errorf("%q", text)
			}
			if _, end := r.run(r.work("exit 4")); end.State != cluster.RunDone || end.Exit != 4 {
				t.Errorf("exit: %+v", end)
			}
			if _, end := r.run(r.work("throw 'enough'")); end.State != cluster.RunFailed || end.Exit != 1 {
				t.Errorf("throw: %+v", end)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end = r.c.Run(ctx, r.work("'on'; while ($true) { $n++ }"), func(e cluster.RunEvent) error {
				if e.Kind == cluster.RunText {
					cancel()
				}
				return nil
			})
			if end.State != cluster.RunCancelled {
				t.Errorf("cancelled: %+v", end)
			}
		})
	}
}

func TestRunAsWhom(t *testing.T) {
	who := func(r *runner, act bool) (string, cluster.RunEvent) {
		w := r.work("$env:USERNAME")
		w.Act = act
		all, end := r.run(w)
		return strings.Join(shorts(all), "\n"), end
	}
	r := newRunner(t, func(n *remoting.Node) { n.Act = nil })
	if text, end := who(r, true); end.State != cluster.RunFailed || text != "" || !strings.Contains(end.Detail, "no account that may") {
		t.Errorf("without one that may: %q %+v", text, end)
	}
	if text, end := who(r, false); end.State != cluster.RunDone || text == "" {
		t.Errorf("reading: %q %+v", text, end)
	}
	r = newRunner(t, func(n *remoting.Node) { n.Act.Password = cluster.NewSecret("not the password") })
	if text, end := who(r, true); end.State != cluster.RunFailed || text != "" || !strings.Contains(end.Detail, "password") || strings.Contains(end.Detail, "not the password") {
		t.Errorf("with a wrong password: %q %+v", text, end)
	}
	if _, end := who(r, true); end.State != cluster.RunFailed {
		t.Errorf("once more: %+v", end)
	}
	if o := ask(t, r.c, r.node, cluster.QuestionVitals); !o.OK() {
		t.Errorf("the one that reads: %v %s", o.Reach, o.Detail)
	}
	r = newRunner(t, nil)
	n := r.node
	actor := r.sim.Nodes()[0].Account("operator")
	n.Act = &cluster.Identity{User: actor.User, Password: cluster.NewSecret(actor.Password)}
	if err := r.c.Set([]remoting.Node{n}); err != nil {
		t.Fatal(err)
	}
	acts, end := who(r, true)
	reads, other := who(r, false)
	if end.State != cluster.RunDone || other.State != cluster.RunDone || acts != "text operator\n" || reads == acts {
		t.Errorf("acts as %q %+v, reads as %q %+v", acts, end, reads, other)
	}
}

func TestRunThatCannotBegin(t *testing.T) {
	r := newRunner(t, nil)
	w := r.work("1")
	w.Target.Node = "other"
	if end := r.c.Run(t.Context(), w, nil); end.State != cluster.RunFailed || !strings.HasPrefix(end.Detail, "No node") {
		t.Errorf("%+v", end)
	}
	for _, args := range []string{`[1]`, `"x"`, `{`, `1`} {
		w := r.work("1")
		w.Args = []byte(args)
		if end := r.c.Run(t.Context(), w, nil); end.State != cluster.RunFailed || !strings.HasPrefix(end.Detail, "The parameters") {
			t.Errorf("%s: %+v", args, end)
		}
	}
	if _, err := r.sim.Inject(simulator.FaultSpec{Kind: "winrm-refusing", Cluster: r.node.Cluster, Target: r.node.Name, Params: map[string]any{"how": "refused"}}); err != nil {
		t.Fatal(err)
	}
	if _, end := r.run(r.work("1")); end.State != cluster.RunFailed || !strings.HasPrefix(end.Detail, "Nothing listens on port") {
		t.Errorf("%+v", end)
	}
}

func TestRunEndsWithTheNode(t *testing.T) {
	r := newRunner(t, nil)
	end := r.c.Run(t.Context(), r.work("'on'; Start-Sleep -Seconds 3600"), func(cluster.RunEvent) error { return r.c.Set(nil) })
	if end.State != cluster.RunFailed || !strings.HasPrefix(end.Detail, "The node was removed") {
		t.Errorf("%+v", end)
	}
	if names := remoting.ShellNames(t, r.node); len(names) > 0 {
		t.Errorf("shells are left: %q", names)
	}
}

func TestCompleteAsksOnceAnHour(t *testing.T) {
	var hours atomic.Int64
	sim := start(t, simulator.Options{Shapes: oneNode()})
	n := nodesOf(t, sim, false, cluster.AuthNTLM)[0]
	p, u := newProxy(t, n.URL)
	n.URL = u
	c := newClient(t, remoting.Options{Nodes: []remoting.Node{n}, Now: func() time.Time { return time.Date(2026, 1, 1, int(hours.Load()), 0, 0, 0, time.UTC) }})
	target := cluster.Target{Cluster: n.Cluster, Node: n.Name}
	for range 2 {
		names, err := c.Complete(t.Context(), target, "get-clustern")
		if err != nil || len(names) < 2 || names[0] != "Get-ClusterNetwork" {
			t.Errorf("%q %v", names, err)
		}
	}
	before := p.requests.Load()
	if _, err := c.Complete(t.Context(), target, "Where"); err != nil || p.requests.Load() > before+1 { // a Receive may be on its way
		t.Errorf("%v, %d requests", err, p.requests.Load()-before)
	}
	hours.Store(2)
	if _, err := c.Complete(t.Context(), target, "Where"); err != nil || p.requests.Load() < before+1 {
		t.Errorf("%v, %d requests", err, p.requests.Load()-before)
	}
	if _, err := c.Complete(t.Context(), cluster.Target{Cluster: "C1", Node: "other"}, ""); err == nil {
		t.Error("a node that is not there")
	}
}
