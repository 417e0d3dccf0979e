package simulator

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// oneProcess asks a question by process.ps1 and reads its answer.
func oneProcess(t *testing.T, h *host, s string, args, kept any) (a scripts.ProcessAnswer, errs string) {
	t.Helper()
	raw := func(v any) json.RawMessage {
		if v == nil {
			return nil
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	in, err := scripts.ProcessInput(scripts.ProcessRequest{ID: "q7", Script: s, Args: raw(args), Kept: raw(kept)})
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := runLine(h, t.Context(), scripts.ProcessCommand, string(in))
	if code != 0 {
		t.Fatalf("exit code %d, %q, %q", code, out, errs)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(out, "\r\n"), "\r\n") {
		if len(line) > 76 {
			t.Errorf("a line of %d characters", len(line))
		}
	}
	text := strings.ReplaceAll(out, "\r\n", "")
	if text == "" {
		return a, errs
	}
	var n int
	if _, err := fmt.Sscanf(text, "<<LA1:q7:%d:", &n); err != nil {
		t.Fatalf("%v: %.80q", err, text)
	}
	head := fmt.Sprintf("<<LA1:q7:%d:", n)
	body, ok := strings.CutSuffix(strings.TrimPrefix(text, head), ":q7:LA1>>")
	if !ok || len(body) != n || regexp.MustCompile(`[^!-~]`).MatchString(body) {
		t.Fatalf("%d characters, want %d: %.200q", len(body), n, text)
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil {
		t.Fatal(err)
	}
	return a, errs
}

func TestPowerShellThatIsRestricted(t *testing.T) {
	loop := loopLineFor(1, scripts.State.Text, nil)
	const noMethods = "Cannot invoke method. Method invocation is supported only on core types in this language mode."
	tests := []struct {
		how, errs     string // of the loop
		code          int
		mode, version string // of a process by itself
	}{
		{shellConstrained, noMethods, 1, "ConstrainedLanguage", "5.1.25398.2110"},
		{shellNoEncoded, "", 1, "FullLanguage", "5.1.25398.2110"},
		{shellOld, "does not contain a method named &apos;new&apos;", 1, "FullLanguage", "4.0"},
	}
	for _, tt := range tests {
		h := testHost(t, Cost{})
		h.cluster.cause(t, "powershell-restricted", "HV-FRA-01", map[string]any{"how": tt.how})
		out, errs, code := runLine(h, t.Context(), scripts.Loop.CommandLine(), loop)
		if out != "" || code != tt.code || !strings.Contains(errs, tt.errs) || tt.errs == "" && errs != "" {
			t.Errorf("%s, loop: %q, %q, %d", tt.how, out, errs, code)
		}
		if tt.how == shellConstrained && (!strings.HasPrefix(errs, "#< CLIXML\r\n") || !strings.Contains(errs, "FullyQualifiedErrorId : MethodInvocationNotSupportedInConstrainedLanguage")) {
			t.Errorf("loop: %q", errs)
		}
		for _, s := range []scripts.Script{scripts.State, scripts.Storage, scripts.Vitals, scripts.Inventory, scripts.Check} {
			a, errs := oneProcess(t, h, s.Text, nil, nil)
			if a.Status != "ok" || a.Mode != tt.mode || a.PSVersion != tt.version || errs != "" {
				t.Errorf("%s, %s: %s, %s, %s, %.200s, %q", tt.how, s.Name, a.Status, a.Mode, a.PSVersion, a.Value, errs)
			}
		}
		a, _ := oneProcess(t, h, scripts.Echo.Text, scripts.EchoArgs{Bytes: 9}, nil)
		if failed := a.Status == "err"; failed != (tt.how != shellNoEncoded) { // it builds its text with a StringBuilder
			t.Errorf("%s, echo: %s %s", tt.how, a.Status, a.Value)
		}
	}
	h := testHost(t, Cost{})
	h.cluster.cause(t, "powershell-restricted", "HV-FRA-01", map[string]any{"how": shellMissing})
	if out, errs, code := runLine(h, t.Context(), scripts.ProcessCommand, ""); out != "" || code != 1 || !strings.HasPrefix(errs, "'powershell.exe' is not recognized as an internal or external command") {
		t.Errorf("missing: %q, %q, %d", out, errs, code)
	}
	if h.exists(&wsman.Process{CommandLine: "powershell.exe"}) || !h.exists(&wsman.Process{CommandLine: "cmd.exe"}) {
		t.Error("without cmd.exe in between, Windows finds it")
	}
}

func TestOneProcessPerQuestion(t *testing.T) {
	h := testHost(t, Cost{})
	args := scripts.VitalsArgs{Services: []string{"vmms"}}
	a, _ := oneProcess(t, h, scripts.Vitals.Text, args, nil)
	var first, second scripts.NodeVitals
	if err := json.Unmarshal(a.Value, &first); err != nil || len(first.Services) != 1 || first.ReadsPerSec != 0 || len(a.Kept) < 10 {
		t.Errorf("%v, %+v, kept %s", err, first, a.Kept)
	}
	earlier := map[string]any{"Time": h.time().UnixNano()/100 - 20_000_000}
	a, _ = oneProcess(t, h, scripts.Vitals.Text, args, earlier)
	if err := json.Unmarshal(a.Value, &second); err != nil || second.ReadsPerSec == 0 {
		t.Errorf("with what was kept: %v, %+v", err, second)
	}
	a, _ = oneProcess(t, h, "'grün ' + $args[0].n + ' \U0001F600'", map[string]int{"n": 4}, map[string]int{"x": 1})
	var text string
	if err := json.Unmarshal(a.Value, &text); err != nil || text != "grün 4 😀" || string(a.Kept) != `{"x":1}` || a.Mode != "FullLanguage" {
		t.Errorf("%s, kept %s, %s", a.Value, a.Kept, a.Mode)
	}
	a, _ = oneProcess(t, h.as(`SIM\no-cluster`), scripts.State.Text, nil, nil)
	var fail loopError
	if err := json.Unmarshal(a.Value, &fail); err != nil || a.Status != "err" || uint32(fail.HResult) != 0x80041003 || fail.Type != "CimException" {
		t.Errorf("%s %+v %v", a.Status, fail, err)
	}
}

// TestTypedInput: powershell.exe -Command - reads statement by statement.
func TestTypedInput(t *testing.T) {
	tests := []struct {
		in, out, errs string
		code          int
	}{
		{"'a'\r\n'b'\n", "a\r\nb\r\n", "", 0},
		{"$x = 5\n$x + 1", "6\r\n", "", 0}, // the last line needs no end
		{"if ($true) {\n'yes'\n}\n\n'after'\n", "yes\r\nafter\r\n", "", 0},
		{"if ($true) {\n'lost'\n}", "", "", 0}, // no empty line behind it
		{"if ($true) {\n'lost too'\n}\n", "", "", 0},
		{"'one' )\n'two'\n", "two\r\n", "", 0}, // what does not parse is dropped
		{"Get-Everything\n'still here'\n", "still here\r\n", "Get-Everything : The term 'Get-Everything' is not recognized", 0},
		{"$ErrorActionPreference = 'Stop'\nGet-Everything\n'goes on'\n", "goes on\r\n", "Get-Everything :", 0},
		{"exit 3\n'never'\n", "", "", 3},
		{"", "", "", 0},
	}
	for _, tt := range tests {
		h := testHost(t, Cost{})
		out, errs, code := runLine(h, t.Context(), "powershell.exe -NoProfile -Command -", tt.in)
		if out != tt.out || code != tt.code || !strings.Contains(errs, tt.errs) || tt.errs == "" && errs != "" || strings.Contains(errs, "CLIXML") {
			t.Errorf("%q: %q, %q, %d; want %q, %q, %d", tt.in, out, errs, code, tt.out, tt.errs, tt.code)
		}
	}
}

func TestConstrainedLanguage(t *testing.T) {
	h := testHost(t, Cost{})
	h.cluster.cause(t, "powershell-restricted", "HV-FRA-01", nil)
	tests := []struct{ script, out, id string }{
		{"$ExecutionContext.SessionState.LanguageMode", "ConstrainedLanguage\r\n", ""},
		{"(Get-ClusterNode).Name[0].Substring(0, 2).ToLower()", "hv\r\n", ""},
		{"[DateTime]::UtcNow.AddDays(1).GetType; (Get-Date '2026-03-01').AddDays(1).Day", "2\r\n", ""},
		{"[Math]::Max(1, 2)", "", "MethodInvocationNotSupportedInConstrainedLanguage"},
		{"[Collections.Generic.List[string]]::new()", "", "MethodInvocationNotSupportedInConstrainedLanguage"},
		{"[Convert]::ToBase64String([byte[]](1, 2))", "", "MethodInvocationNotSupportedInConstrainedLanguage"},
		{"(Get-Service vmms).Refresh()", "", "MethodInvocationNotSupportedInConstrainedLanguage"},
		{"New-Object Collections.ArrayList", "", "CannotCreateTypeConstrainedLanguage,Microsoft.PowerShell.Commands.NewObjectCommand"},
		{"[string]::Join('-', 'a', 'b')", "a-b\r\n", ""},
	}
	for _, tt := range tests {
		out, errs, _ := runLine(h, t.Context(), encoded(tt.script), "")
		if out != tt.out || !strings.Contains(errs, tt.id) || tt.id == "" && errs != "" {
			t.Errorf("%s: %q, %.400q", tt.script, out, errs)
		}
	}
	// What a script catches does not end it.
	h.shell = shellConstrained
	for text, refused := range map[string]bool{
		"$a = [Math]::Max(1, 2)":                              true,
		"try { [Math]::Max(1, 2) } catch { $a = 1 }":          false,
		"try { [Math]::Max(1, 2) } catch { throw }":           true,
		"# [Math]::Max(1, 2)\n'[Math]::Max(1)'":               false,
		"[regex]::Matches('a', 'b'); [string]::Join('', 'a')": false,
	} {
		if got := h.refuses(text) != nil; got != refused {
			t.Errorf("%q: refused %t", text, got)
		}
	}
}
