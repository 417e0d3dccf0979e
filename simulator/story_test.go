package simulator

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// tellHours runs the story alone, without a network, and records what happens.
func tellHours(t *testing.T, seed uint64, hours int) []string {
	t.Helper()
	now := noon
	s := &Simulator{opts: Options{Now: func() time.Time { return now }}, log: discard, story: newStory(seed, now)}
	for _, shape := range DemoShapes() {
		s.clusters = append(s.clusters, newCluster(shape, seed, now))
	}
	var told []string
	active := map[string]bool{}
	for range hours * 3600 {
		now = now.Add(time.Second)
		s.Advance(now)
		destructive := 0
		for _, c := range s.clusters {
			if !c.quorate {
				t.Fatalf("%s lost quorum after %v", c.shape.Name, told)
			}
			for _, f := range c.faults {
				if f.kind.Destructive {
					destructive++
				}
				if !active[f.ID] {
					active[f.ID] = true
					told = append(told, fmt.Sprint(now.Sub(noon), " ", f.Kind, " ", f.Target))
				}
				if now.Sub(f.Since) > 9*time.Minute {
					t.Fatalf("%s does not heal", f.Kind)
				}
			}
		}
		if destructive > 1 {
			t.Fatalf("two destructive faults at once after %v", told)
		}
	}
	return told
}

func TestStory(t *testing.T) {
	told := tellHours(t, 3, 6)
	first, _, _ := strings.Cut(told[0], " ")
	if d, err := time.ParseDuration(first); err != nil || d < 45*time.Second || d > 2*time.Minute {
		t.Errorf("the first event: %s", told[0])
	}
	if len(told) < 50 || len(told) > 180 {
		t.Errorf("%d events in six hours", len(told))
	}
	kinds := map[string]bool{}
	for _, e := range told {
		kinds[strings.Fields(e)[1]] = true
	}
	if len(kinds) < 10 {
		t.Errorf("only %d kinds of events: %v", len(kinds), kinds)
	}
	if again := tellHours(t, 3, 1); again[0] != told[0] || again[len(again)-1] != told[len(again)-1] {
		t.Error("the same seed told another story")
	}
	if other := tellHours(t, 4, 1); strings.Join(other, ",") == strings.Join(told[:len(other)], ",") {
		t.Error("another seed told the same story")
	}
}

// TestQuietClustersCostNothing bounds the work, not the time: a thousand nodes
// at rest do not step.
func TestQuietClustersCostNothing(t *testing.T) {
	var all []*simCluster
	for _, s := range ShapesForNodes(1000) {
		c := newCluster(s, 1, noon)
		c.run(10 * time.Second)
		all = append(all, c)
	}
	for _, c := range all {
		if c.busy {
			t.Fatalf("%s is not at rest", c.shape.Name)
		}
		c.run(240 * time.Hour)
		if c.busy || !c.now.Equal(noon.Add(240*time.Hour+10*time.Second)) {
			t.Fatalf("%s did not leap", c.shape.Name)
		}
	}
}

func BenchmarkAnswerState16Nodes(b *testing.B) {
	c := newCluster(ShapesForNodes(16)[0], 1, noon)
	for b.Loop() {
		c.answerState(c.nodes[0])
	}
}

func BenchmarkAnswerVitals(b *testing.B) {
	c := newCluster(ShapesForNodes(16)[0], 1, noon)
	for b.Loop() {
		c.answerVitals(c.nodes[0], []string{"ClusSvc", "vmms", "WinRM"})
	}
}

func BenchmarkBusyStep16Nodes(b *testing.B) {
	c := newCluster(ShapesForNodes(16)[0], 1, noon)
	for b.Loop() {
		c.step(c.now.Add(tick))
	}
}
