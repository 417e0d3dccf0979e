package console

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

func TestBuiltInScriptsOnlyRead(t *testing.T) {
	l, err := NewLibrary(LibraryOptions{BuiltIn: []Saved{{Question: "state", Group: "What LooksAlive asks", SavedScript: cluster.SavedScript{Name: "Cluster state", Text: "& $read"}}}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Errorf("only %d built-in scripts", len(all))
	}
	for _, s := range all {
		if !s.Danger.OnlyReads {
			t.Errorf("%s changes something: %v", s.Name, s.Danger.Changes)
		}
		if s.Question == "" && (s.Name == "" || s.Description == "" || s.Group == "" || strings.HasSuffix(s.Name, ".")) {
			t.Errorf("%q is not described: %q, group %q", s.Name, s.Description, s.Group)
		}
		for _, p := range s.Params {
			if p.Help == "" {
				t.Errorf("%s: the parameter %s has no help", s.Name, p.Name)
			}
			if p.Default == "" && !p.Required {
				t.Errorf("%s: the parameter %s has no default", s.Name, p.Name)
			}
		}
		if !s.BuiltIn {
			t.Errorf("%s may be changed", s.Name)
		}
	}
	if s, ok := l.Question("state"); !ok || s.Text != "& $read" {
		t.Errorf("the question state is %v", s)
	}
	c := newConsole(t, &book{}, nothing, Limits{})
	if c.opts.Reads = l.Reads; !c.LookAt("& $read", nil).OnlyReads || c.LookAt("& $read;", nil).OnlyReads || c.LookAt(all[0].Text+"; & $x", nil).OnlyReads {
		t.Error("a script that is not exactly one of the product's own is believed, or one that is, is not")
	}
	for _, name := range []string{"", "none"} {
		if s, ok := l.Question(name); ok {
			t.Errorf("the question %q is %q", name, s.Name)
		}
	}
}

var nothing runner = func(context.Context, Work, func(cluster.RunEvent) error) cluster.RunEvent {
	return cluster.RunEvent{Kind: cluster.RunEnded, State: cluster.RunDone}
}

func TestParams(t *testing.T) {
	n := func(v int64) *int64 { return &v }
	tests := map[string]struct {
		script string
		want   []Param
		wrong  string
	}{
		"none":          {script: "Get-Cluster"},
		"not the first": {script: "$x = 1\nparam($y)"},
		"empty":         {script: "param()"},
		"plain":         {script: "param($Name)", want: []Param{{Name: "Name", Kind: ParamString}}},
		"kinds": {script: "PARAM ( [string]$A='it''s, (1)' , [int] $B = 5, [switch]$C, [bool]$D = $true, [long]$E )", want: []Param{
			{Name: "A", Kind: ParamString, Default: "it's, (1)"}, {Name: "B", Kind: ParamInt, Default: "5"}, {Name: "C", Kind: ParamBool},
			{Name: "D", Kind: ParamBool, Default: "true"}, {Name: "E", Kind: ParamInt}}},
		"attributes": {script: "<#\r\n.SYNOPSIS\r\nX\r\n.PARAMETER hours\r\nHow far\r\nback\r\n#>\r\n# more\r\n[CmdletBinding(DefaultParameterSetName = 'a]')]\r\nparam(\r\n  # a comment, with ) and '\r\n  [Parameter(Mandatory, HelpMessage = \"Where\")]\r\n  [ValidateSet('a,b', \"c\")][string] $Where = 'c',\r\n  [ValidateRange(-1, 10)] [int]$Hours = -1\r\n)\r\n",
			want: []Param{{Name: "Where", Kind: ParamChoice, Help: "Where", Required: true, Default: "c", Choices: []string{"a,b", "c"}},
				{Name: "Hours", Kind: ParamInt, Help: "How far back", Default: "-1", Min: n(-1), Max: n(10)}}},
		"not mandatory": {script: "param([Parameter(Mandatory=$false, Position=0)]$A = \"$(Get-Date)\")", want: []Param{{Name: "A", Kind: ParamString}}},
		"another type":  {script: "param([datetime]$From)", wrong: "datetime"},
		"twice":         {script: "param($a, $A)", wrong: "twice"},
		"bad default":   {script: "param([ValidateSet('a')]$x = 'b')", wrong: "none of its choices"},
		"nonsense":      {script: "param(Get-Cluster)", wrong: "no parameter"},
		"not closed":    {script: "param($a, $b"},
		"bracket open":  {script: "param([string$a)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Params(test.script)
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) {
					t.Errorf("error %v does not say %q", err, test.wrong)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func FuzzParams(f *testing.F) {
	for _, s := range []string{"param($a)", "param([ValidateSet('a','b')][string]$x='a')", "<#.PARAMETER a\nx#>\n[CmdletBinding()]param([int]$a=1)", "param(\"", "[", "param([ValidateRange(1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		params, err := Params(s)
		if err != nil {
			return
		}
		for _, p := range params {
			if p.Name == "" || p.Kind == "" {
				t.Errorf("%q gives %+v", s, p)
			}
		}
	})
}

func TestValues(t *testing.T) {
	params, err := Params("param([Parameter(Mandatory)][string]$Name, [ValidateRange(1,9)][int]$N = 2, [bool]$All, [ValidateSet('x','y')][string]$Which)")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		entered map[string]string
		want    string
		wrong   []string
	}{
		"all":       {map[string]string{"Name": "'; Stop-Cluster #", "N": " 9 ", "All": "true", "Which": "y"}, `{"All":true,"N":9,"Name":"'; Stop-Cluster #","Which":"y"}`, nil},
		"the least": {map[string]string{"Name": " a ", "N": ""}, `{"Name":" a "}`, nil},
		"wrong": {map[string]string{"N": "10", "All": "maybe", "Which": "z", "Other": "1"}, "",
			[]string{"Enter Name.", "N has to be from 1 to 9.", "All has to be true or false.", "Which has to be one of x, y.", "The script has no parameter Other."}},
		"no number": {map[string]string{"Name": "a", "N": "1.5"}, "", []string{"N has to be a whole number."}},
		"long":      {map[string]string{"Name": strings.Repeat("a", 5000)}, "", []string{"Name is longer than 4,096 characters."}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Values(params, test.entered)
			var p cluster.Problems
			errors.As(err, &p)
			if d := cmp.Diff(test.wrong, []string(p)); d != "" {
				t.Error(d)
			}
			if string(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if got, err := Values(nil, nil); got != nil || err != nil {
		t.Errorf("nothing entered gives %s, %v", got, err)
	}
	for raw, want := range map[string]string{`{"Name":"a","N":3,"All":false,"Which":null}`: `{"All":false,"N":3,"Name":"a"}`, `{"Name":["a"]}`: "", `[1]`: "", `{}`: "", ``: "", `{"Name":"a","N":9007199254740993}`: ""} {
		if got, err := Arguments(params, json.RawMessage(raw)); string(got) != want || (want == "") != (err != nil) {
			t.Errorf("%s gives %s, %v; want %s", raw, got, err, want)
		}
	}
}

// shelf is a Store and an Auditor in memory.
type shelf struct {
	mu      sync.Mutex
	scripts []cluster.SavedScript
	lines   []cluster.AuditEntry
	broken  error // of the log
}

func (s *shelf) SavedScripts(context.Context) ([]cluster.SavedScript, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.scripts), nil
}

func (s *shelf) PutSavedScript(_ context.Context, was string, x cluster.SavedScript) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = slices.DeleteFunc(s.scripts, func(o cluster.SavedScript) bool { return strings.EqualFold(o.Name, was) && was != "" })
	s.scripts = append(s.scripts, x)
	return nil
}

func (s *shelf) DropSavedScript(_ context.Context, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts = slices.DeleteFunc(s.scripts, func(o cluster.SavedScript) bool { return strings.EqualFold(o.Name, name) })
	return nil
}

func (s *shelf) Audit(_ context.Context, e cluster.AuditEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.lines = append(s.lines, e)
	}
	return s.broken
}

func TestLibraryIsChangedByItsPeople(t *testing.T) {
	s := &shelf{}
	now := time.Date(2026, 3, 14, 15, 0, 0, 0, time.UTC)
	l, err := NewLibrary(LibraryOptions{Store: s, Auditor: s, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	anna, bert := cluster.Who{Name: "anna", Role: cluster.Administrator, Address: "10.0.0.1"}, cluster.Who{Name: "bert", Role: cluster.Administrator}
	otto := cluster.Who{Name: "otto", Role: cluster.Operator}
	script := func(name string) cluster.SavedScript {
		return cluster.SavedScript{Name: name, Text: "param([int]$N) Get-Cluster", By: "somebody else"}
	}
	if err := l.Put(ctx, anna, "", script(" Mine ")); err != nil {
		t.Fatal(err)
	}
	got, err := l.Find(ctx, "MINE")
	if err != nil || got.By != "anna" || got.Name != "Mine" || !got.Changed.Equal(now) || len(got.Params) != 1 || !got.Danger.OnlyReads {
		t.Errorf("%+v, %v", got, err)
	}
	builtIn := "Storage jobs"
	for what, test := range map[string]struct{ got, want error }{
		"an operator saves":             {l.Put(ctx, otto, "", script("x")), cluster.ErrDenied},
		"an operator deletes":           {l.Drop(ctx, otto, "mine"), cluster.ErrDenied},
		"another administrator changes": {l.Put(ctx, bert, "mine", script("mine")), cluster.ErrDenied},
		"a second of that name":         {l.Put(ctx, bert, "", script("MINE")), cluster.ErrExists},
		"as a built-in one":             {l.Put(ctx, anna, "", script(strings.ToUpper(builtIn))), cluster.ErrExists},
		"a built-in one changed":        {l.Put(ctx, anna, builtIn, script("x")), cluster.ErrFixed},
		"a built-in one deleted":        {l.Drop(ctx, anna, builtIn), cluster.ErrFixed},
		"none changed":                  {l.Put(ctx, anna, "none", script("x")), cluster.ErrNotFound},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v, want %v", what, test.got, test.want)
		}
	}
	var p cluster.Problems
	if err := l.Put(ctx, anna, "", cluster.SavedScript{Name: "a\u202eb", Text: "param([datetime]$x)", Description: strings.Repeat("x", 501)}); !errors.As(err, &p) || len(p) != 3 {
		t.Errorf("problems: %v", err)
	}
	s.broken = errors.New("disk full")
	if err := l.Put(ctx, anna, "mine", script("Changed")); !errors.Is(err, s.broken) || s.scripts[0].Name != "Mine" {
		t.Errorf("without a log: %v, %v", err, s.scripts)
	}
	s.broken = nil
	if err := l.Put(ctx, anna, "mine", script("Changed")); err != nil {
		t.Fatal(err)
	}
	if err := l.Drop(ctx, bert, "changed"); err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range s.lines {
		actions = append(actions, e.Who+" "+e.Action+" "+e.Object+" "+e.Detail)
	}
	if d := cmp.Diff([]string{"anna script.saved Mine ", "anna script.saved Changed was called mine", "bert script.deleted Changed "}, actions); d != "" {
		t.Error(d)
	}
	if len(s.scripts) != 0 {
		t.Errorf("left: %v", s.scripts)
	}
}
