package cluster

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password, key or keytab that does not let itself be printed: not by
// fmt, not by slog, not as JSON or text. The zero value is no secret.
type Secret struct{ value string }

const hidden = "[hidden]"

// NewSecret wraps a secret.
func NewSecret(s string) Secret { return Secret{s} }

// Reveal is the secret itself: for signing in and for sealing, nothing else.
func (s Secret) Reveal() string { return s.value }

// IsZero says that there is no secret.
func (s Secret) IsZero() bool { return s.value == "" }

func (Secret) String() string               { return hidden }
func (Secret) GoString() string             { return hidden }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, hidden) }
func (Secret) LogValue() slog.Value         { return slog.StringValue(hidden) }
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
