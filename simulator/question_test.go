package simulator

import (
	"strings"
	"testing"

	"looksalive/remoting/scripts"
	"looksalive/simulator/powershell"
)

// byHand runs a script as the console does, and keeps what it put out.
func byHand(t *testing.T, h *host, text string, args *powershell.Hash) (out []any, errs []string, r powershell.Result) {
	t.Helper()
	in := h.typedInterpreter(120)
	r = h.runNamed(t.Context(), in, text, args, powershell.Streams{
		Success: func(v any) error { out = append(out, v); return nil },
		Error:   func(e *powershell.ErrorRecord) error { errs = append(errs, strings.Join(e.Lines(), "\n")); return nil },
	})
	return out, errs, r
}

// TestQuestionsByHand: a question that somebody runs answers with a hashtable, and with
// what stands in it in place of its parameter.
func TestQuestionsByHand(t *testing.T) {
	h := consoleHost(t)
	vitals := func(set string) string { return strings.Replace(scripts.Vitals.Text, "param($options)\n", set, 1) }
	given := powershell.NewHash()
	services := powershell.NewHash()
	services.Set("Services", []any{"vmms", "ClusSvc"})
	given.Set("options", services)
	tests := map[string]struct {
		text string
		args *powershell.Hash
		key  string
		want int // elements of the list under key
	}{
		"state":                         {scripts.State.Text, nil, "Nodes", 4},
		"storage":                       {strings.TrimSpace(scripts.Storage.Text), nil, "Pools", 1},
		"inventory, as a form sends it": {strings.ReplaceAll(scripts.Inventory.Text, "\n", "\r\n"), nil, "Adapters", 3},
		"state, stopped by errors":      {"$ErrorActionPreference = 'Stop'\n" + scripts.State.Text, nil, "Volumes", 4},
		"vitals without services":       {scripts.Vitals.Text, nil, "Services", 0},
		"vitals with a parameter":       {scripts.Vitals.Text, given, "Services", 2},
		"vitals that stand alone":       {vitals("$options = @{ Services = 'vmms', 'ClusSvc', 'no''such' }\n"), nil, "Services", 2},
		"vitals of one service":         {vitals("$options = @{ Services = 'WinRM' }\n"), nil, "Services", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out, errs, r := byHand(t, h, tt.text, tt.args)
			if len(out) != 1 || len(errs) > 0 || r != (powershell.Result{}) {
				t.Fatalf("%d objects, errors %v, %+v", len(out), errs, r)
			}
			table, ok := out[0].(*powershell.Hash)
			if !ok {
				t.Fatalf("%T", out[0])
			}
			v, _ := table.Get(tt.key)
			list, ok := v.([]any)
			if !ok || len(list) != tt.want {
				t.Fatalf("%s: %T of %d, want %d", tt.key, v, len(list), tt.want)
			}
			if len(list) > 0 {
				if _, ok := list[0].(*powershell.Hash); !ok {
					t.Errorf("an element is a %T", list[0])
				}
			}
		})
	}
	// Anything else is interpreted.
	for _, text := range []string{vitals("$options = @{ Services = (exit 7) }\n"), vitals("exit 7\n"), scripts.State.Text + "exit 7\n", "exit 7\n" + scripts.State.Text} {
		if _, _, r := byHand(t, h, text, nil); r.Exit == 0 {
			t.Errorf("%.300s…\nwas taken for a question", text)
		}
	}
}

// TestQuestionsByHandFail: an answer that cannot be given is an error of the script.
func TestQuestionsByHandFail(t *testing.T) {
	s, c := startTest(t, Options{})
	if _, err := s.Inject(FaultSpec{Kind: "service-stopped", Target: "HV-FRA-01", Params: map[string]any{"service": "ClusSvc"}}); err != nil {
		t.Fatal(err)
	}
	s.settle(c)
	h := &host{sim: s, cluster: s.clusters[0], node: s.clusters[0].nodes[0]}
	out, errs, r := byHand(t, h, scripts.State.Text, nil)
	if len(out) != 0 || !r.Failed || r.Exit != 1 || len(errs) != 1 || !strings.Contains(errs[0], "Get-CimInstance : There are no more endpoints available from the endpoint mapper.") ||
		!strings.Contains(errs[0], "FullyQualifiedErrorId : HRESULT 0x800706d9,Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand") {
		t.Errorf("%d objects, errors %v, %+v", len(out), errs, r)
	}
}

// TestArgumentsOfScripts: what a parameter does not take ends the script before it does
// anything.
func TestArgumentsOfScripts(t *testing.T) {
	tests := []struct {
		script, name string
		value        any
		want         string
	}{
		{"param([ValidateRange(0, 3650)][int]$Days = 60) 'ran'", "Days", 99999, "Cannot validate argument on parameter 'Days'. The 99999 argument is greater than the maximum allowed range of 3650. Supply an argument that is less than or equal to 3650 and then try the command again.\n" +
			"    + CategoryInfo          : InvalidData: (:) [], ParameterBindingValidationException\n    + FullyQualifiedErrorId : ParameterArgumentValidationError"},
		{"param([ValidateSet('a', 'b')]$Kind = 'a') 'ran'", "kind", "c", "The argument \"c\" does not belong to the set \"a,b\""},
		{"param([int]$Count) 'ran'", "Count", "many", "Cannot process argument transformation on parameter 'Count'."},
		{"param([Parameter(Mandatory = $true)][string]$Name, $Other) 'ran'", "Other", 1, "Cannot process command because of one or more missing mandatory parameters: Name."},
		{"param([Parameter()]$Name) 'ran'", "Nope", 1, "A parameter cannot be found that matches parameter name 'Nope'.\n    + CategoryInfo"},
	}
	for _, tt := range tests {
		args := powershell.NewHash()
		args.Set(tt.name, tt.value)
		out, errs, r := byHand(t, consoleHost(t), tt.script, args)
		if len(out) != 0 || len(errs) != 1 || !strings.Contains(errs[0], tt.want) || !r.Failed {
			t.Errorf("%s with %v\ngot  %v %v %+v\nwant %s", tt.script, tt.value, out, errs, r, tt.want)
		}
	}
	args := powershell.NewHash()
	args.Set("Days", 3650)
	if out, errs, r := byHand(t, consoleHost(t), tests[0].script, args); len(out) != 1 || len(errs) > 0 || r.Failed {
		t.Errorf("what it takes: %v %v %+v", out, errs, r)
	}
}
