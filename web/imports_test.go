package main

import (
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the table of docs/design.md: what each of our packages may use,
// of ours and of other people's code. Test files are free.
var mayImport = map[string]struct{ ours, others []string }{
	"cluster":              {},
	"remoting":             {[]string{"cluster", "remoting/scripts"}, []string{"github.com/masterzen/winrm", "github.com/bodgit/ntlmssp", "github.com/jcmturner/gokrb5", "github.com/jcmturner/gofork"}},
	"remoting/scripts":     {},
	"simulator":            {[]string{"cluster", "remoting/scripts", "simulator/wsman", "simulator/powershell"}, nil},
	"simulator/powershell": {},
	"simulator/wsman":      {nil, []string{"golang.org/x/crypto"}},
	"collector":            {[]string{"cluster"}, []string{"github.com/sony/gobreaker", "golang.org/x/sync"}},
	"store":                {[]string{"cluster"}, []string{"modernc.org/sqlite"}},
	"vault":                {},
	"access":               {[]string{"cluster"}, []string{"golang.org/x/crypto"}},
	"console":              {[]string{"cluster"}, nil},
	"views":                {[]string{"cluster", "static"}, []string{"github.com/a-h/templ"}},
	"handlers":             {[]string{"cluster", "views", "static", "access", "console"}, []string{"github.com/go-chi/chi", "github.com/a-h/templ", "github.com/gorilla/websocket"}},
	"static":               {},
	"web":                  {[]string{"*"}, []string{"github.com/BurntSushi/toml", "golang.org/x/sync", "golang.org/x/term"}},
}

// TestImportRules keeps the packages apart as docs/design.md draws them.
func TestImportRules(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Standard", "-deps", "looksalive/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	standard := map[string]bool{}
	imports := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
			Standard   bool
		}
		if err := dec.Decode(&p); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		standard[p.ImportPath] = p.Standard
		if name, ours := strings.CutPrefix(p.ImportPath, "looksalive/"); ours {
			imports[name] = p.Imports
		}
	}
	if len(imports) == 0 {
		t.Fatal("found none of our packages")
	}
	for name, list := range imports {
		rule, known := mayImport[name]
		if !known {
			t.Errorf("package %s is in no row of the table in docs/design.md", name)
			continue
		}
		for _, imp := range list {
			if standard[imp] {
				continue
			}
			if our, ok := strings.CutPrefix(imp, "looksalive/"); ok {
				if !slices.Contains(rule.ours, our) && !slices.Contains(rule.ours, "*") {
					t.Errorf("%s imports %s, which the table in docs/design.md does not allow", name, our)
				}
			} else if !slices.ContainsFunc(rule.others, func(prefix string) bool { return strings.HasPrefix(imp, prefix) }) {
				t.Errorf("%s imports %s, which the table in docs/design.md does not allow", name, imp)
			}
		}
	}
}
