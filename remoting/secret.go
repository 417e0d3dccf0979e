package remoting

import (
	"fmt"
	"io"
	"log/slog"
)

// Secret is a password that does not let itself be printed: not by fmt, not by
// slog, not as JSON or text.
type Secret struct{ value string }

const redacted = "[hidden]"

// NewSecret wraps a password.
func NewSecret(s string) Secret { return Secret{s} }

func (s Secret) reveal() string { return s.value }

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
