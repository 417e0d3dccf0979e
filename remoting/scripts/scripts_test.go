package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// shapes says which Go type each question answers.
var shapes = map[string]any{
	State.Name: ClusterState{}, Storage.Name: StorageState{}, Vitals.Name: NodeVitals{}, Inventory.Name: NodeInventory{},
	Check.Name: NodeAccess{}, Probe.Name: Probes{}, Echo.Name: Echoed{}, Commands.Name: NodeCommands{},
}

func TestEveryFieldOfTheShapeIsAnswered(t *testing.T) {
	for _, s := range Questions {
		code := regexp.MustCompile(`(?m)^\s*#.*$`).ReplaceAllString(s.Text, "")
		for _, field := range fields(reflect.TypeOf(shapes[s.Name])) {
			if !regexp.MustCompile(`\b` + field + `\s*=`).MatchString(code) {
				t.Errorf("%s.ps1 does not answer %q", s.Name, field)
			}
		}
	}
}

// fields lists the JSON names of a struct and of the structs it holds.
func fields(t reflect.Type) []string {
	var out []string
	for f := range t.Fields() {
		out = append(out, f.Tag.Get("json"))
		if e := f.Type; e.Kind() == reflect.Slice && e.Elem().Kind() == reflect.Struct {
			out = append(out, fields(e.Elem())...)
		}
	}
	return out
}

func TestScriptsAreASCIIWithHeaders(t *testing.T) {
	for _, s := range append([]Script{{Name: "loop", Text: Loop.Text}, {Name: "loop", Text: Console.Text}, {Name: "loop", Text: Records.Text}, {Name: "loop", Text: Plain.Text}}, Questions...) {
		for i, r := range s.Text {
			if r > 126 || r < 32 && r != '\n' {
				t.Errorf("%s.ps1 has the character %q at byte %d", s.Name, r, i)
				break
			}
		}
		if s.Name != "loop" && !strings.HasPrefix(s.Text, "# "+s.Name+".ps1: ") {
			t.Errorf("%s.ps1 has no header comment", s.Name)
		}
	}
}

func TestByText(t *testing.T) {
	for _, s := range Questions {
		if got, ok := ByText(s.Text); !ok || got.Name != s.Name {
			t.Errorf("ByText(%s) = %q, %v", s.Name, got.Name, ok)
		}
	}
	if _, ok := ByText("Get-Date"); ok {
		t.Error("ByText knows a script that is not ours")
	}
}

func TestLoopFitsOnACommandLine(t *testing.T) {
	for _, s := range []Script{Loop, Console} {
		if n := len(s.CommandLine()); n >= 8000 {
			t.Errorf("the command line of %s.ps1 has %d characters, cmd.exe refuses more than 8191", s.Name, n)
		}
	}
	if strings.HasPrefix(Loop.Text, "#") || !strings.HasPrefix(Loop.Text, "begin{") {
		t.Errorf("the loop's comments are not stripped: %.60q", Loop.Text)
	}
}

// TestScriptsParse runs a PowerShell grammar over the scripts. It needs Node and
// the packages of package.json; in CI they must be there.
func TestScriptsParse(t *testing.T) {
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("no node on the PATH")
	}
	modules := filepath.Join("..", "..", "node_modules")
	for _, dir := range []string{"tree-sitter-powershell", "web-tree-sitter"} {
		if _, err := os.Stat(filepath.Join(modules, dir)); err != nil {
			missing("%s is not installed: npm ci", dir)
		}
	}
	broken := filepath.Join(t.TempDir(), "broken.ps1")
	if err := os.WriteFile(broken, []byte("if ($true { 'no' }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := parse(t, broken); len(got) == 0 {
		t.Error("the parser finds no error in a broken script")
	}
	own, err := filepath.Glob("*.ps1")
	if err != nil || len(own) != len(Questions)+5 { // loop, process, and three of the console
		t.Fatalf("found %q, %v", own, err)
	}
	for _, e := range parse(t, own...) {
		t.Errorf("%s:%d:%d: PowerShell does not parse near %q", e.File, e.Row, e.Column, e.Text)
	}
}

type parseError struct {
	File        string
	Row, Column int
	Text        string
}

func parse(t *testing.T, files ...string) []parseError {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join("testdata", "parse.mjs")}, files...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parse.mjs: %v", err)
	}
	var errs []parseError
	if err := json.Unmarshal(out, &errs); err != nil {
		t.Fatalf("parse.mjs printed %q: %v", out, err)
	}
	return errs
}

// TestScriptsCompile has PowerShell itself compile the scripts, where it is installed.
func TestScriptsCompile(t *testing.T) {
	pwsh, err := exec.LookPath("pwsh")
	if err != nil {
		t.Skip("no pwsh on the PATH")
	}
	own, err := filepath.Glob("*.ps1")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range own {
		check := `$e = $null; [void][Management.Automation.Language.Parser]::ParseFile((Resolve-Path -LiteralPath $args[0]), [ref]$null, [ref]$e); $e | ForEach-Object { "$($_.Extent.StartLineNumber): $($_.Message)" }`
		out, err := exec.CommandContext(t.Context(), pwsh, "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", "& {"+check+"} '"+file+"'").CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != "" {
			t.Errorf("%s: %v\n%s", file, err, out)
		}
	}
}
