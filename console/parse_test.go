package console

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The built-in scripts are PowerShell, says the grammar of tree-sitter.
func TestBuiltInScriptsParse(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("no node on the PATH")
	}
	own, err := filepath.Glob("scripts/*.ps1")
	if err != nil || len(own) < 15 {
		t.Fatal(own, err)
	}
	out, err := exec.CommandContext(t.Context(), "node", append([]string{filepath.FromSlash("../remoting/scripts/testdata/parse.mjs")}, own...)...).CombinedOutput()
	if err != nil && strings.Contains(string(out), "ERR_MODULE_NOT_FOUND") {
		t.Skip("the node modules are not installed: npm ci")
	}
	if err != nil || strings.TrimSpace(string(out)) != "[]" {
		t.Errorf("%v: %s", err, out)
	}
}
