// Package scripts holds the PowerShell that LooksAlive sends to nodes, one
// .ps1 file per question, and the shape of each answer. The text is fixed:
// arguments travel beside it as JSON, never inside it. Both ends of the wire
// import it, the client to ask and the simulator to recognise what is asked.
package scripts

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

//go:embed *.ps1
var files embed.FS

// Script is one question's PowerShell 5.1 text.
type Script struct {
	Name string // file name without .ps1
	Text string // exactly what is sent
	Hash string // of Text: names it to a loop that has it already
}

// The scripts, by what they ask.
var (
	State     = load("state")      // answers ClusterState
	Storage   = load("storage")    // answers StorageState
	Vitals    = load("vitals")     // answers NodeVitals
	Inventory = load("inventory")  // answers NodeInventory
	Check     = load("check")      // answers NodeAccess: the onboarding check
	Probe     = load("probe")      // answers Probes: what could not be verified without Windows
	Echo      = load("probe_echo") // answers Echoed
	Commands  = load("commands")   // answers NodeCommands
	// Loop is not a question: it is the line loop given to powershell.exe, which
	// then reads the others. Its Text is loop.ps1 without the comment lines,
	// because it has to fit on a command line.
	Loop = load("loop").stripped()
)

// Questions are the scripts that run inside the loop.
var Questions = []Script{State, Storage, Vitals, Inventory, Check, Probe, Echo, Commands}

// ByText finds the question with exactly this text.
func ByText(text string) (Script, bool) {
	for _, s := range Questions {
		if s.Text == text {
			return s, true
		}
	}
	return Script{}, false
}

// CommandLine is how the script is started on its own: Windows PowerShell with
// the text as -EncodedCommand (base64 of UTF-16LE). cmd.exe, through which WinRM
// starts programs, refuses more than 8,191 characters.
func (s Script) CommandLine() string {
	units := utf16.Encode([]rune(s.Text))
	b := make([]byte, 0, 2*len(units))
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return "powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand " + base64.StdEncoding.EncodeToString(b)
}

// stripped leaves out the lines that begin with "#". Only for scripts without
// here-strings that hold such lines, that is for loop.ps1.
func (s Script) stripped() Script {
	var b strings.Builder
	for line := range strings.Lines(s.Text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return hashed(s.Name, b.String())
}

func load(name string) Script {
	b, err := files.ReadFile(name + ".ps1")
	if err != nil {
		panic(fmt.Sprintf("scripts: %v", err)) // the file is embedded: only a build mistake gets here
	}
	return hashed(name, string(b))
}

func hashed(name, text string) Script {
	sum := sha256.Sum256([]byte(text))
	return Script{Name: name, Text: text, Hash: hex.EncodeToString(sum[:16])}
}
