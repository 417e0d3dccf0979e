package scripts

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
)

// Process is no question: it runs one, given with it on standard input, in a
// powershell.exe of its own. Its Text is process.ps1 without comments, on one line.
var Process = load("process").oneLine()

// ProcessCommand starts the powershell.exe that reads ProcessInput. Nothing on it can
// be mistaken for an attack, and its length says nothing about the script's.
const ProcessCommand = "powershell.exe -NoLogo -NoProfile -NonInteractive -Command -"

// ProcessRequest is what Process is given.
type ProcessRequest struct {
	ID     string          `json:"id"`     // letters and digits; stands at both ends of the answer
	Script string          `json:"script"` // its text
	Args   json.RawMessage `json:"args"`   // the script's first argument
	// Kept is what the script asked to be kept for it at the end of the last answer.
	Kept json.RawMessage `json:"kept,omitempty"`
}

// ProcessAnswer is the JSON of an answer, as process.ps1 describes it.
type ProcessAnswer struct {
	Status    string          `json:"Status"` // "ok" or "err"
	Value     json.RawMessage `json:"Value"`
	Kept      json.RawMessage `json:"Kept"`
	Mode      string          `json:"Mode"` // FullLanguage, ConstrainedLanguage
	PSVersion string          `json:"PSVersion"`
}

// ProcessInput is what is written to standard input: one statement on one line, and
// the empty line that ends any statement. Then standard input must be closed.
func ProcessInput(r ProcessRequest) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(Process.Text)+len(b)+len(b)/8)
	out = append(append(append(out, processHead...), Process.Text...), processMiddle...)
	out = appendASCII(out, string(b))
	return append(out, "'\n\n"...), nil
}

const (
	processHead   = "& {"
	processMiddle = "} '"
)

// ParseProcessInput reads what ProcessInput wrote; ok is false if it is anything else.
func ParseProcessInput(input string) (r ProcessRequest, ok bool) {
	rest, ok := strings.CutPrefix(input, processHead+Process.Text+processMiddle)
	if !ok {
		return r, false
	}
	data, ok := strings.CutSuffix(strings.TrimRight(rest, "\r\n"), "'")
	return r, ok && !strings.Contains(data, "'") && json.Unmarshal([]byte(data), &r) == nil
}

// appendASCII appends JSON so that it is one line of printable ASCII, fit to stand in a
// PowerShell string with single quotes. PowerShell takes the typographic ones for
// the same, but those are not ASCII.
func appendASCII(out []byte, text string) []byte {
	const digits = "0123456789abcdef"
	for _, r := range text {
		switch {
		case r >= ' ' && r <= '~' && r != '\'':
			out = append(out, byte(r))
			continue
		case r < ' ': // json.Marshal leaves none
			out = append(out, ' ')
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			out = append(out, '\\', 'u', digits[u>>12], digits[u>>8&15], digits[u>>4&15], digits[u&15])
		}
	}
	return out
}

// oneLine joins the lines that are no comments. Each statement of the file ends with
// its own semicolon or brace.
func (s Script) oneLine() Script {
	var b strings.Builder
	for line := range strings.Lines(s.Text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(strings.TrimRight(line, "\r\n"))
		}
	}
	return hashed(s.Name, b.String())
}
