package simulator

import (
	"strings"
	"testing"
	"time"
)

func TestParseShapesNamesEveryProblem(t *testing.T) {
	_, err := ParseShapes([]byte(`[
		{"name":"A","nodes":[{"name":"N1"},{"name":"N1"},{"name":"much too long a name"}],"witness":"disk","networks":[{"name":"X","subnet":"10.0.0.0/33","role":2,"site":"Moon"}]},
		{"nodes":[],"volumes":[{"name":"V","sizeTB":0}],"heartbeat":{"SameSubnetDelay":1000,"SameSubnetThreshold":500,"CrossSubnetDelay":1000,"CrossSubnetThreshold":20,"CrossSiteDelay":1000,"CrossSiteThreshold":20}}
	]`))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`node "N1" occurs twice`, `"much too long a name" is not a computer name`, "disk witness", "10.0.0.0/33", "role 2", `no node is at site "Moon"`, "cluster 2: no name", "0 nodes", `volume "V"`, "setting is 500"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not mentioned: %s\n%v", want, err)
		}
	}
	for text, want := range map[string]string{`{}`: "cannot unmarshal", `[]`: "no clusters", `[{"nam":"A"}]`: "unknown field", `[{"name":"A","nodes":[{"name":"N1"}]}] x`: "after the array"} {
		if _, err := ParseShapes([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	shapes, err := ParseShapes([]byte(`[{"name":"A","nodes":[{"name":"N1"}]}]`))
	if err != nil || len(shapes) != 1 {
		t.Fatal(err)
	}
	if c := newCluster(shapes[0], 1, noon); len(c.nodes) != 1 || len(c.answerState(c.nodes[0]).Volumes) != 1 {
		t.Error("the smallest shape makes no cluster")
	}
}

func TestDemo(t *testing.T) {
	shapes := DemoShapes()
	if err := checkShapes(shapes); err != nil {
		t.Fatal(err)
	}
	machines := 0
	for _, s := range shapes {
		c := newCluster(s, 1, noon)
		for _, r := range c.roles {
			if r.isVM() {
				machines++
			}
		}
		for _, n := range c.nodes { // one may fail and the rest still has room
			if free := c.memoryLeft(n); free < n.memory/4 {
				t.Errorf("%s: only %d GiB left", n.Name, free>>30)
			}
		}
	}
	if machines != 60 {
		t.Errorf("%d machines, want 60", machines)
	}
}

func TestShapesForNodes(t *testing.T) {
	for _, n := range []int{1, 2, 16, 17, 1000} {
		shapes := ShapesForNodes(n)
		if err := checkShapes(shapes); err != nil {
			t.Fatal(err)
		}
		count := 0
		for _, s := range shapes {
			count += len(s.Nodes)
		}
		if count != n || len(shapes) != (n+15)/16 {
			t.Errorf("%d nodes: %d in %d clusters", n, count, len(shapes))
		}
	}
}

func TestMeasureIsPlausible(t *testing.T) {
	for _, s := range append(DemoShapes(), ShapesForNodes(16)...) {
		c, again := newCluster(s, 5, noon), newCluster(s, 5, noon)
		other := newCluster(s, 6, noon)
		same := 0
		day, night := 0.0, 0.0
		for h := range 24 {
			at := noon.Add(time.Duration(h) * time.Hour)
			for i, n := range c.nodes {
				g := c.measure(n, at)
				if g.cpu < 0.5 || g.cpu > 95 || g.memoryFree <= 0 || g.memoryFree > n.memory || g.latency <= 0 || g.latency > 0.01 || g.reads <= 0 || g.writeBytes <= 0 {
					t.Fatalf("%s at %s: %+v", n.Name, at, g)
				}
				if a := again.measure(again.nodes[i], at); a.cpu != g.cpu || a.latency != g.latency {
					t.Fatal("same seed and time, other numbers")
				}
				if o := other.measure(other.nodes[i], at); o.cpu == g.cpu {
					same++
				}
				switch at.Hour() {
				case 9, 10, 14:
					day += g.cpu
				case 3, 4, 23:
					night += g.cpu
				}
			}
		}
		if same > 0 {
			t.Error("another seed, the same numbers")
		}
		if day < 1.5*night {
			t.Errorf("%s: no rhythm, %.0f by day and %.0f by night", s.Name, day, night)
		}
	}
}

func TestVolumesGrowAndNeverOverflow(t *testing.T) {
	c := newCluster(DemoShapes()[0], 1, noon)
	for _, v := range c.volumes {
		grew := 0
		last := c.used(v, noon)
		for d := range 365 {
			used := c.used(v, noon.AddDate(0, 0, d))
			if used < 0 || used > v.size {
				t.Fatalf("%s: %d of %d used", v.Name, used, v.size)
			}
			if used > last {
				grew++
			}
			last = used
		}
		if grew < 330 {
			t.Errorf("%s grew on %d of 365 days", v.Name, grew)
		}
	}
}
