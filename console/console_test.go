package console

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// runner is the far end of a run, played by the test.
type runner func(ctx context.Context, w Work, emit func(cluster.RunEvent) error) cluster.RunEvent

func (f runner) Run(ctx context.Context, w Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
	return f(ctx, w, emit)
}

// book is an audit log in memory.
type book struct {
	mu    sync.Mutex
	lines []cluster.AuditEntry
	err   error
}

func (b *book) Audit(_ context.Context, e cluster.AuditEntry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, e)
	return b.err
}

func (b *book) actions() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, e := range b.lines {
		out = append(out, strings.TrimSpace(e.Action+" "+e.Outcome))
	}
	return out
}

var (
	hv1   = cluster.Target{Cluster: "A", Node: "HV-01"}
	hv2   = cluster.Target{Cluster: "A", Node: "HV-02"}
	admin = cluster.Who{Name: "ann", Role: cluster.Administrator}
)

func newConsole(t *testing.T, b *book, r runner, limits Limits) *Console {
	t.Helper()
	c, err := New(Options{
		Runner: r, Auditor: b, Dir: filepath.Join(t.TempDir(), "runs"), Limits: limits,
		Exists: func(x cluster.Target) error {
			if x != hv1 && x != hv2 {
				return cluster.ErrNotFound
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// drain reads a run to its end.
func drain(t *testing.T, r *Run) (events []cluster.RunEvent, missed bool) {
	t.Helper()
	var seq int64
	for {
		b, more := r.After(seq)
		events, missed, seq = append(events, b.Events...), missed || b.Missed, b.Next
		if b.Over {
			return events, missed
		}
		if len(b.Events) == 0 {
			<-more
		}
	}
}

func hello(_ context.Context, w Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
	if err := emit(cluster.RunEvent{Kind: cluster.RunText, Text: "hello from " + w.Target.Node}); err != nil {
		return cluster.RunEvent{State: cluster.RunFailed}
	}
	return cluster.RunEvent{State: cluster.RunDone}
}

func TestRunOnTwoNodes(t *testing.T) {
	var b book
	c := newConsole(t, &b, hello, Limits{})
	r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1, hv2}})
	if err != nil {
		t.Fatal(err)
	}
	events, missed := drain(t, r)
	if len(events) != 6 || missed {
		t.Errorf("%d events, missed %v: %v", len(events), missed, events)
	}
	for i, e := range events {
		if e.Seq != int64(i+1) {
			t.Errorf("event %d has number %d", i, e.Seq)
		}
	}
	if diff := cmp.Diff([]string{"run.started", "run.ended ok", "run.ended ok"}, b.actions()); diff != "" {
		t.Error(diff)
	}
	out, err := r.Output(hv2)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(out)
	out.Close()
	if string(text) != "hello from HV-02\n" {
		t.Errorf("output = %q", text)
	}
}

func TestWhoMayRunWhat(t *testing.T) {
	viewer, operator := cluster.Who{Role: cluster.Viewer}, cluster.Who{Role: cluster.Operator}
	one := []cluster.Target{hv1}
	for name, x := range map[string]struct {
		who  cluster.Who
		req  cluster.RunRequest
		want error
	}{
		"viewer":                         {viewer, cluster.RunRequest{Script: "Get-Date", Saved: "date", Targets: one}, cluster.ErrDenied},
		"operator types":                 {operator, cluster.RunRequest{Script: "Get-Date", Targets: one}, cluster.ErrDenied},
		"operator runs a saved one":      {operator, cluster.RunRequest{Script: "Get-Date", Saved: "date", Targets: one}, nil},
		"operator changes":               {operator, cluster.RunRequest{Script: "Stop-Service x", Saved: "s", Confirm: "HV-01", Targets: one}, cluster.ErrDenied},
		"administrator changes":          {admin, cluster.RunRequest{Script: "Stop-Service x", Targets: one}, ErrConfirm},
		"administrator confirms wrong":   {admin, cluster.RunRequest{Script: "Stop-Service x", Confirm: "yes", Targets: one}, ErrConfirm},
		"administrator confirms":         {admin, cluster.RunRequest{Script: "Stop-Service x", Confirm: "HV-01", Targets: one}, nil},
		"administrator starts something": {admin, cluster.RunRequest{Script: "Start-ClusterNode HV-01", Targets: one}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var b book
			c := newConsole(t, &b, hello, Limits{})
			r, err := c.Start(t.Context(), x.who, x.req)
			if !errors.Is(err, x.want) {
				t.Fatalf("error %v, want %v", err, x.want)
			}
			if err != nil {
				if diff := cmp.Diff([]string{"run.refused refused"}, b.actions()); diff != "" {
					t.Error(diff)
				}
				return
			}
			drain(t, r)
		})
	}
}

func TestProblemsAreListedTogether(t *testing.T) {
	var b book
	c := newConsole(t, &b, hello, Limits{})
	_, err := c.Start(t.Context(), admin, cluster.RunRequest{Targets: []cluster.Target{hv1, hv1, {Cluster: "B", Node: "X"}}})
	var p cluster.Problems
	if !errors.As(err, &p) || len(p) != 3 {
		t.Errorf("problems: %q", p)
	}
}

func TestNothingRunsWithoutAudit(t *testing.T) {
	b := book{err: errors.New("disk full")}
	c := newConsole(t, &b, func(context.Context, Work, func(cluster.RunEvent) error) cluster.RunEvent {
		t.Error("it ran")
		return cluster.RunEvent{}
	}, Limits{})
	if _, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1}}); err == nil {
		t.Error("no error")
	}
	if len(c.Runs()) != 0 {
		t.Error("the run is remembered")
	}
}

func TestCancelEndsAllTargets(t *testing.T) {
	var b book
	began := make(chan struct{}, 2)
	c := newConsole(t, &b, func(ctx context.Context, _ Work, _ func(cluster.RunEvent) error) cluster.RunEvent {
		began <- struct{}{}
		<-ctx.Done()
		return cluster.RunEvent{State: cluster.RunFailed, Detail: "given up"}
	}, Limits{Parallel: 1})
	r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Start-Sleep 600", Targets: []cluster.Target{hv1, hv2}})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	r.Cancel()
	drain(t, r)
	for _, s := range r.Status() {
		if s.State != cluster.RunCancelled {
			t.Errorf("%s is %s", s.Target.Node, s.State)
		}
	}
	if diff := cmp.Diff([]string{"run.started", "run.ended cancelled", "run.ended cancelled"}, b.actions()); diff != "" {
		t.Error(diff)
	}
}

func TestEndOfTheProgramInterrupts(t *testing.T) {
	var b book
	began := make(chan struct{})
	c := newConsole(t, &b, func(ctx context.Context, _ Work, _ func(cluster.RunEvent) error) cluster.RunEvent {
		close(began)
		<-ctx.Done()
		return cluster.RunEvent{State: cluster.RunFailed}
	}, Limits{})
	r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Start-Sleep 600", Targets: []cluster.Target{hv1}})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.Status()[0].State; got != cluster.RunInterrupted {
		t.Errorf("state = %s", got)
	}
	if _, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1}}); !errors.Is(err, ErrBusy) {
		t.Errorf("a run after the end: %v", err)
	}
}

func TestMuchOutputIsBoundedInMemoryAndWholeOnDisk(t *testing.T) {
	var b book
	line := strings.Repeat("x", 1000)
	const lines = 3000
	c := newConsole(t, &b, func(_ context.Context, _ Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
		for range lines {
			if err := emit(cluster.RunEvent{Kind: cluster.RunText, Text: line}); err != nil {
				return cluster.RunEvent{State: cluster.RunFailed}
			}
		}
		return cluster.RunEvent{State: cluster.RunDone}
	}, Limits{Window: 100 << 10})
	r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1}})
	if err != nil {
		t.Fatal(err)
	}
	drain(t, r)
	late, missed := drain(t, r)
	if !missed || len(late) > 110 || len(late) == 0 {
		t.Errorf("who comes late gets %d events, missed %v", len(late), missed)
	}
	out, err := r.Output(hv1)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if n, _ := io.Copy(io.Discard, out); n != lines*1001 {
		t.Errorf("%d bytes on disk", n)
	}
}

func TestTooMuchOutputEndsTheRun(t *testing.T) {
	var b book
	c := newConsole(t, &b, func(_ context.Context, _ Work, emit func(cluster.RunEvent) error) cluster.RunEvent {
		for {
			if err := emit(cluster.RunEvent{Kind: cluster.RunText, Text: strings.Repeat("x", 1000)}); err != nil {
				return cluster.RunEvent{State: cluster.RunFailed}
			}
		}
	}, Limits{Output: 1 << 20})
	r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1}})
	if err != nil {
		t.Fatal(err)
	}
	drain(t, r)
	if s := r.Status()[0]; s.State != cluster.RunFailed || !strings.Contains(s.Detail, "more than 1 MB") {
		t.Errorf("state %s: %s", s.State, s.Detail)
	}
}

func TestOldRunsAreForgotten(t *testing.T) {
	var b book
	c := newConsole(t, &b, hello, Limits{Keep: 2})
	var first *Run
	for range 4 {
		r, err := c.Start(t.Context(), admin, cluster.RunRequest{Script: "Get-Date", Targets: []cluster.Target{hv1}})
		if err != nil {
			t.Fatal(err)
		}
		drain(t, r)
		if first == nil {
			first = r
		}
	}
	c.work.Wait()
	if n := len(c.Runs()); n != 2 {
		t.Errorf("%d runs are remembered", n)
	}
	if _, err := c.Find(first.ID); !errors.Is(err, cluster.ErrNotFound) {
		t.Errorf("the first run: %v", err)
	}
}
