package access_test

import (
	"fmt"
	"testing"

	"looksalive/cluster"
)

// Whoever tries wrong tokens, from elsewhere or from the same address, does not shut
// out a program with a good one.
func TestWrongTokensShutNobodyOut(t *testing.T) {
	s, _, _, _ := withAdmin(t)
	token, _, err := s.NewAPIToken(t.Context(), "backup", cluster.Viewer, "root")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		s.ByToken(t.Context(), "wrong", fmt.Sprint("192.0.2.", i%2))
	}
	for _, address := range []string{"192.0.2.0", "192.0.2.77"} {
		if who, ok := s.ByToken(t.Context(), token, address); !ok || who.Role != cluster.Viewer {
			t.Errorf("from %s: %v %v", address, who, ok)
		}
	}
}
