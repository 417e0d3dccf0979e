package main

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"looksalive/simulator"
)

// The doctor says what to mend while it goes, and its report names nobody.
func TestDoctor(t *testing.T) {
	l := startLab(t, simulator.Options{Shapes: []simulator.Shape{simulator.PracticeShape()}})
	nodes := l.of("BRANCH-01")
	node := nodes[0]
	for name, c := range map[string]struct {
		user   string
		err    error
		said   string // while it goes
		report string
	}{
		"well":       {"looksalive", nil, "ok ", "mode: loop"},
		"no rights":  {"no-remote", errUnwell, "Remote Management Users", "failed"},
		"no cluster": {"no-cluster", errUnwell, "Grant-ClusterAccess", "failed"},
	} {
		t.Run(name, func(t *testing.T) {
			secret := writeFile(t, "secret", node.Account(c.user).Password)
			var report, progress bytes.Buffer
			err := run(t.Context(), []string{"doctor", "-transport", "http", "-user", c.user, "-password-file", secret, "-probe=false", host(t, node.HTTP), host(t, nodes[1].HTTP)}, os.Getenv, &report, &progress)
			if !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v\n%s", err, c.err, progress.String())
			}
			if !strings.Contains(progress.String(), c.said) {
				t.Errorf("it does not say %q:\n%s", c.said, progress.String())
			}
			if !strings.Contains(report.String(), c.report) {
				t.Errorf("the report does not say %q:\n%s", c.report, report.String())
			}
			for _, secret := range []string{node.Account(c.user).Password, node.Node, nodes[1].Node, c.user} {
				if strings.Contains(report.String(), secret) {
					t.Errorf("the report names %q:\n%s", secret, report.String())
				}
			}
		})
	}
}
