package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGrantsParse runs the grammar over the script of the guide, which people are told
// to run as administrators.
func TestGrantsParse(t *testing.T) {
	missing := t.Skipf
	if os.Getenv("CI") == "true" {
		missing = t.Fatalf
	}
	if _, err := exec.LookPath("node"); err != nil {
		missing("no node on the PATH")
	}
	if _, err := os.Stat(filepath.Join("..", "..", "node_modules", "tree-sitter-powershell")); err != nil {
		missing("tree-sitter-powershell is not installed: npm ci")
	}
	file := filepath.Join("..", "..", "docs", "guide", "grants.ps1")
	if _, err := os.ReadFile(file); err != nil { // so that a cached result is not taken for it when it changes
		t.Fatal(err)
	}
	for _, e := range parse(t, file) {
		t.Errorf("%s:%d:%d: PowerShell does not parse near %q", e.File, e.Row, e.Column, e.Text)
	}
}
