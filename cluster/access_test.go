package cluster

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// denies tells the question again, with parts that could not be read.
func (y *story) denies(node string, q Question, parts ...string) *story {
	o := Observation{Node: node, Question: q, Reach: ReachOK, Denied: parts}
	switch q {
	case QuestionState:
		o.State = y.p.State
	case QuestionStorage:
		o.Storage = y.p.Storage
	case QuestionVitals:
		o.Vitals = healthyVitals()
	case QuestionInventory:
		o.Inventory = &Inventory{}
	}
	return y.say(o)
}

// Every part a script can be denied has a grant, and none is named that no script has.
func TestGrantsNameThePartsOfTheScripts(t *testing.T) {
	var want []string
	for _, q := range Questions {
		text, err := os.ReadFile(filepath.Join("..", "remoting", "scripts", q.String()+".ps1"))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`Read-Part '(\w+)'`).FindAllSubmatch(text, -1) {
			want = append(want, Part(q, string(m[1])))
		}
	}
	var got []string
	for part, m := range missing {
		got = append(got, part)
		if m.Title == "" || !strings.HasSuffix(m.Lost, ".") || len(m.Grants) == 0 || !slices.IsSorted(m.Grants) {
			t.Errorf("%s: %+v", part, m)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestGrantSteps(t *testing.T) {
	for g := GrantRemote; g <= GrantAdmin; g++ {
		s := g.Step(`CORP\o'hara`)
		if s.Text == "" || !strings.Contains(s.Command, `'CORP\o''hara'`) {
			t.Errorf("%s: %+v", g, s)
		}
		if s := g.Step(""); !strings.Contains(s.Command, `'DOMAIN\account'`) {
			t.Errorf("%s: %+v", g, s)
		}
	}
	if diff := cmp.Diff([]Grant{GrantCluster, GrantCounters, GrantServices, GrantNamespaces, GrantAdmin}, GrantsFor([]string{"storage/Faults", "vitals/Processor", "state/Nodes"})); diff != "" {
		t.Error(diff)
	}
	if m := MissingPart("state/Later"); m.Title != "Later" || len(m.Grants) == 0 {
		t.Errorf("a part of a newer script: %+v", m)
	}
}

func TestDeniedIsKeptPerQuestion(t *testing.T) {
	y := begin(2, false)
	y.denies("HV-01", QuestionInventory, "Certificates", "Adapters").denies("HV-01", QuestionVitals, "Adapters").denies("HV-01", QuestionState, "Volumes")
	if diff := cmp.Diff([]string{"state/Volumes", "vitals/Adapters", "inventory/Adapters", "inventory/Certificates"}, y.p.Nodes["HV-01"].Denied); diff != "" {
		t.Error(diff)
	}
	if v := y.p.Nodes["HV-01"]; !v.Lacks(QuestionVitals, "Adapters") || v.Lacks(QuestionVitals, "Certificates") || !y.p.Lacks(QuestionState, "Volumes") || y.p.Lacks(QuestionStorage, "Pools") {
		t.Errorf("%v", v.Denied)
	}
	first := y.now
	y.wait(5*time.Second).denies("HV-01", QuestionInventory).denies("HV-01", QuestionVitals, "Adapters")
	y.say(Observation{Node: "HV-02", Question: QuestionState, Reach: ReachOK, State: healthyState(2)})
	if diff := cmp.Diff([]string{"vitals/Adapters"}, y.p.DeniedParts("HV-01")); diff != "" {
		t.Errorf("with all rights for the full facts, and another node that speaks for the cluster: %s", diff)
	}
	if got := y.p.Since["denied/HV-01|vitals/Adapters"]; got != first {
		t.Errorf("denied since %s, want %s", got, first)
	}
	if y.p.Routine(Observation{Node: "HV-01", Question: QuestionVitals, Reach: ReachOK, Vitals: healthyVitals()}) {
		t.Error("that a right was given is called routine")
	}
}

func TestAccessLimited(t *testing.T) {
	one := func(y *story) Fault {
		t.Helper()
		faults := Diagnose(y.p, y.now)
		if len(faults) != 1 || faults[0].Kind != FaultAccessLimited || faults[0].Health != NoData {
			t.Fatalf("faults are %q", lines(faults))
		}
		return faults[0]
	}
	y := begin(3, true)
	for _, n := range y.p.Members {
		y.denies(n, QuestionVitals, "Processor")
	}
	y.denies("HV-02", QuestionInventory, "Certificates").denies("HV-01", QuestionStorage, "Drives")
	f := one(y)
	if want := "Access is denied by the cluster to drives; on every node to processor load; on HV-02 to certificates."; f.Detail != want {
		t.Errorf("detail is %q, want %q", f.Detail, want)
	}
	if f.Since != noon || !strings.Contains(f.Impact, "A drive that fails is not noticed.") {
		t.Errorf("%+v", f)
	}
	var commands []string
	for _, s := range f.Steps {
		word, _, _ := strings.Cut(s.Command, "\n")
		commands = append(commands, word)
	}
	want := []string{
		`Grant-ClusterAccess -User 'DOMAIN\account' -ReadOnly`, `Add-LocalGroupMember -Group 'Performance Monitor Users' -Member 'DOMAIN\account'`,
		`Enable-ServerManagerStandardUserRemoting -User 'DOMAIN\account' -Force`,
		`$sid = ([Security.Principal.NTAccount]'DOMAIN\account').Translate([Security.Principal.SecurityIdentifier])`,
		`Add-LocalGroupMember -Group 'Administrators' -Member 'DOMAIN\account'`, "",
	}
	if diff := cmp.Diff(want, commands); diff != "" {
		t.Error(diff)
	}
	if h, why := y.p.Health([]Fault{f}, y.now); h != Healthy || why != "no access to drives, processor load and 1 more" {
		t.Errorf("cluster: %s %q", h, why)
	}
	if h, why := y.p.NodeHealth("HV-03", y.now); h != Healthy || why != "no access to processor load" {
		t.Errorf("node: %s %q", h, why)
	}

	y = begin(3, false)
	for range 3 {
		y.say(Observation{Node: "HV-03", Question: QuestionVitals, Reach: ReachNoRights})
	}
	faults := Diagnose(y.p, y.now)
	if diff := cmp.Diff([]string{"access-limited HQ No data", "node-unreachable HV-03 No data <- access-limited HQ"}, lines(faults)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(faults[0].Impact, "Nothing is known from HV-03.") || !strings.Contains(faults[0].Steps[0].Command, "Remote Management Users") {
		t.Errorf("%+v", faults[0])
	}

	for _, n := range y.p.Members {
		for range 3 {
			y.say(Observation{Node: n, Question: QuestionVitals, Reach: ReachNoRights})
		}
	}
	if got := lines(Diagnose(y.p, y.now)); got[0] != "cluster-unreachable HQ Critical" || slices.ContainsFunc(got, func(l string) bool { return strings.HasPrefix(l, "access-limited") }) {
		t.Errorf("nothing can be read anywhere: %q", got)
	}
}

// What cannot be read is neither zero nor healthy.
func TestDeniedIsUnknown(t *testing.T) {
	y := begin(2, true)
	y.say(Observation{Node: "HV-01", Question: QuestionVitals, Reach: ReachOK, Vitals: &Vitals{}, Denied: []string{"Processor", "OperatingSystem"}})
	u := y.p.Usage(y.now)
	if u.CPU != 20 || u.NodesFresh != 1 || u.MemoryTotal != 256*gb || !u.CPUDenied || !u.MemoryDenied {
		t.Errorf("%+v", u)
	}
	var got []Metric
	for _, s := range Samples(Observation{Node: "HV-01", Question: QuestionVitals, Reach: ReachOK, Vitals: healthyVitals(), Denied: []string{"Processor", "OperatingSystem", "Adapters", "SharedVolumes", "VirtualMachines"}}) {
		got = append(got, s.Metric)
	}
	if diff := cmp.Diff([]Metric{MetricSkew, MetricPollTime}, got); diff != "" {
		t.Error(diff)
	}
	if c := memoryCeiling(y.p); c.Known || c.Detail != "no access on HV-01" {
		t.Errorf("%+v", c)
	}
	y.say(Observation{Node: "HV-01", Question: QuestionStorage, Reach: ReachOK, Storage: &Storage{}, Denied: []string{"VirtualDisks"}})
	if c := copiesCeiling(y.p); c.Known || c.Detail != "no access to virtual disks" {
		t.Errorf("%+v", c)
	}
	y.say(Observation{Node: "HV-01", Question: QuestionState, Reach: ReachOK, State: &State{Name: "HQ"}, Denied: []string{"Nodes"}})
	if h, why := y.p.NodeHealth("HV-02", y.now); h != NoData || why != "no access to the states of the nodes" {
		t.Errorf("%s %q", h, why)
	}
}
