package scripts

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProcessInputIsOneStatementOnOneLine(t *testing.T) {
	for _, want := range []ProcessRequest{
		{ID: "a1", Script: State.Text, Args: json.RawMessage("null")},
		{ID: "b2", Script: "'it''s' # \u2019 \u00e9 \U0001F600 \x00\x1f\x7f `\" $x\r\n\t", Args: json.RawMessage(`{"Services":["a'; exit; '\u2019"]}`), Kept: json.RawMessage(`{"Busy":{"V1":[1,2]}}`)},
	} {
		b, err := ProcessInput(want)
		if err != nil {
			t.Fatal(err)
		}
		line, rest, _ := strings.Cut(string(b), "\n")
		if rest != "\n" || strings.Count(strings.TrimPrefix(line, "& {"+Process.Text), "'") != 2 {
			t.Errorf("not one statement on one line and an empty line:\n%s", b)
		}
		for _, r := range line {
			if r < ' ' || r > '~' {
				t.Errorf("the character %q is not printable ASCII", r)
			}
		}
		got, ok := ParseProcessInput(string(b))
		if !ok {
			t.Fatalf("it is not recognised:\n%s", b)
		}
		var args, wantArgs any
		if json.Unmarshal(got.Args, &args) != nil || json.Unmarshal(want.Args, &wantArgs) != nil || !cmp.Equal(args, wantArgs) {
			t.Errorf("args %s, want %s", got.Args, want.Args)
		}
		if got.ID != want.ID || got.Script != want.Script || string(got.Kept) != string(want.Kept) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	for _, other := range []string{"", "Get-Date", "& {" + Process.Text + "} '{}'; exit '{}'", "& {" + Process.Text + "} '"} {
		if _, ok := ParseProcessInput(other); ok {
			t.Errorf("%.40q is taken for a request", other)
		}
	}
}

func TestProcessIsOneLine(t *testing.T) {
	if strings.ContainsAny(Process.Text, "\r\n#") || len(Process.Text) > 2000 {
		t.Errorf("%d characters: %s", len(Process.Text), Process.Text)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on the PATH")
	}
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "tree-sitter-powershell")); err != nil {
		t.Skip("tree-sitter-powershell is not installed: npm ci")
	}
	b, err := ProcessInput(ProcessRequest{ID: "a", Script: Vitals.Text, Args: json.RawMessage("null")})
	if err != nil {
		t.Fatal(err)
	}
	line := filepath.Join(t.TempDir(), "line.ps1")
	if err := os.WriteFile(line, b, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, e := range parse(t, line) {
		t.Errorf("column %d: PowerShell does not parse near %q", e.Column, e.Text)
	}
}

// What constrained language mode lets a script use: about_Language_Modes lists the
// types; only of these may methods be called. [pscustomobject] is in that list, yet its
// literals are refused (PowerShell issue 20767).
var (
	coreTypes   = "array bool datetime decimal double int long regex string timespan uint32 char"
	coreMethods = "ContainsKey IndexOf Matches Replace ToLowerInvariant ToString ToUniversalTime ToUpperInvariant Trim"
)

func TestQuestionsKeepToConstrainedLanguage(t *testing.T) {
	literal := regexp.MustCompile(`\[([A-Za-z]\w*(?:\.\w+)*)\](?:[@$'(]|::|\s*\$|\)|"| )`)
	method := regexp.MustCompile(`(?:\.|::)(\w+)\(`)
	for _, s := range []Script{State, Storage, Vitals, Inventory, Process} {
		code := regexp.MustCompile(`(?m)(^|\s)#.*$`).ReplaceAllString(s.Text, "")
		code = regexp.MustCompile(`-(?:replace|match|notmatch) '[^']*'`).ReplaceAllString(code, "")
		for _, m := range literal.FindAllStringSubmatch(code, -1) {
			if !strings.Contains(" "+coreTypes+" ", " "+strings.ToLower(m[1])+" ") {
				t.Errorf("%s.ps1 uses the type [%s]", s.Name, m[1])
			}
		}
		for _, m := range method.FindAllStringSubmatch(code, -1) {
			if !strings.Contains(" "+coreMethods+" ", " "+m[1]+" ") {
				t.Errorf("%s.ps1 calls the method %s", s.Name, m[1])
			}
		}
		if regexp.MustCompile(`(?i)New-Object|Add-Type|scriptblock\]`).MatchString(code) {
			t.Errorf("%s.ps1 makes objects of .NET", s.Name)
		}
	}
}
