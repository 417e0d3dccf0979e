package cluster

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const canary = "Tr0ub4dor&3"
	s := NewSecret(canary)
	n := Identity{User: "u", Password: s, Keytab: s, Key: s}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", s, "pointer", &s, "node", n, "nodes", []Identity{n})
	}
	j, err := json.Marshal(map[string]any{"a": s, "b": &s, "node": []Secret{s}})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(j)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, s), fmt.Sprintf(verb, &s), fmt.Sprintf(verb, n), fmt.Sprintf(verb, &n))
	}
	for _, text := range texts {
		if strings.Contains(text, canary) || strings.Contains(text, fmt.Sprintf("%x", canary)) {
			t.Errorf("the password is printed: %s", text)
		}
	}
	if s.Reveal() != canary {
		t.Error("the password is lost")
	}
}
