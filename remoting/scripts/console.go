package scripts

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// What runs PowerShell that somebody typed. Neither is a question.
var (
	// Console is given to powershell.exe; it reads ConsoleInput. Its Text is
	// console.ps1 without the comment lines, because it has to fit on a command line.
	Console = load("console").stripped()
	// Records makes records of what the script puts out. It travels with the input.
	Records = load("console_records").stripped()
	// Plain does the same for powershell.exe -Command -, without frames: text only.
	Plain = load("console_plain").oneLine()
)

// ConsoleRequest is what Console is given, besides Records.
type ConsoleRequest struct {
	Script  string          `json:"script"`
	Args    json.RawMessage `json:"args,omitempty"` // one object: parameters by name
	Width   int             `json:"width"`          // characters in a line of text
	Verbose bool            `json:"verbose"`        // $VerbosePreference is Continue
}

type consoleLine struct {
	ConsoleRequest
	Records string `json:"records"`
}

// ConsoleInput is what is written to standard input: one line of base64. Then
// standard input must be closed.
func ConsoleInput(r ConsoleRequest) ([]byte, error) {
	b, err := json.Marshal(consoleLine{r, Records.Text})
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, base64.StdEncoding.EncodedLen(len(b))+1)
	return append(base64.StdEncoding.AppendEncode(out, b), '\n'), nil
}

// ParseConsoleInput reads what ConsoleInput wrote, the end of the line left out; ok is
// false if it is anything else.
func ParseConsoleInput(line string) (r ConsoleRequest, ok bool) {
	b, err := base64.StdEncoding.DecodeString(line)
	if err != nil {
		return r, false
	}
	var l consoleLine
	if json.Unmarshal(b, &l) != nil || l.Records != Records.Text {
		return r, false
	}
	return l.ConsoleRequest, true
}

// PlainRequest is what Plain is given.
type PlainRequest struct {
	ID      string          `json:"id"` // letters and digits; stands in the line that ends the output
	Script  string          `json:"script"`
	Args    json.RawMessage `json:"args,omitempty"`
	Verbose bool            `json:"verbose"`
}

// PlainInput is what is written to standard input for Plain, see ProcessInput.
func PlainInput(r PlainRequest) ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	out := append(append(append([]byte(nil), processHead...), Plain.Text...), processMiddle...)
	out = appendASCII(out, string(b))
	return append(out, "'\n\n"...), nil
}

// ParsePlainInput reads what PlainInput wrote; ok is false if it is anything else.
func ParsePlainInput(input string) (r PlainRequest, ok bool) {
	rest, ok := strings.CutPrefix(input, processHead+Plain.Text+processMiddle)
	if !ok {
		return r, false
	}
	data, ok := strings.CutSuffix(strings.TrimRight(rest, "\r\n"), "'")
	return r, ok && !strings.Contains(data, "'") && json.Unmarshal([]byte(data), &r) == nil
}

// What frames of Console say, by their status; console.ps1 describes them.
const (
	ConsoleReady  = "ready"
	ConsoleOutput = "out" // []ConsoleRecord
	ConsoleEnd    = "end" // ConsoleResult
	ConsoleError  = "err" // {"Message"}
)

// ConsoleRecord is one record of a frame of output. Which fields it has depends on Kind;
// console_records.ps1 describes them.
type ConsoleRecord struct {
	Kind     string   `json:"k"`
	Text     string   `json:"t,omitempty"`
	ID       string   `json:"i,omitempty"` // of an error: FullyQualifiedErrorId
	Type     string   `json:"y,omitempty"`
	Names    []string `json:"n,omitempty"`
	Values   []any    `json:"v,omitempty"`
	Activity string   `json:"a,omitempty"`
	Status   string   `json:"s,omitempty"`
	Percent  int      `json:"p"`
	Length   int64    `json:"b,omitempty"` // characters of a text that was cut
}

// Kinds of records.
const (
	RecordObject   = "o"
	RecordText     = "t"
	RecordError    = "e"
	RecordWarning  = "w"
	RecordVerbose  = "v"
	RecordDebug    = "d"
	RecordInfo     = "i"
	RecordProgress = "p"
	RecordCut      = "c"
)

// How much of one thing a record holds, in characters of text.
const (
	MaxRecordText     = 262144
	MaxRecordValue    = 4096
	MaxRecordProperty = 30 // properties
)

// ConsoleResult is how the script ended.
type ConsoleResult struct {
	Exit   int  `json:"Exit"`
	Failed bool `json:"Failed"` // by a terminating error, or it could not be parsed
	Errors int  `json:"Errors"` // written
}
