// Package scripts holds the PowerShell that LooksAlive sends to nodes, one
// .ps1 file per question, and the shape of each answer. The text is fixed:
// arguments travel beside it as JSON, never inside it. Both ends of the wire
// import it, the client to ask and the simulator to recognise what is asked.
package scripts

import (
	"embed"
	"fmt"
)

//go:embed *.ps1
var files embed.FS

// Script is one question's PowerShell 5.1 text.
type Script struct {
	Name string // file name without .ps1
	Text string // exactly what is sent
}

// The scripts, by what they ask.
var (
	State     = load("state")     // answers ClusterState
	Storage   = load("storage")   // answers StorageState
	Vitals    = load("vitals")    // answers NodeVitals
	Inventory = load("inventory") // answers NodeInventory
	// Loop is not a question: it is the line loop given to powershell.exe, which
	// then reads the others.
	Loop = load("loop")
)

// Questions are the scripts that run inside the loop.
var Questions = []Script{State, Storage, Vitals, Inventory}

// ByText finds the question with exactly this text.
func ByText(text string) (Script, bool) {
	for _, s := range Questions {
		if s.Text == text {
			return s, true
		}
	}
	return Script{}, false
}

func load(name string) Script {
	b, err := files.ReadFile(name + ".ps1")
	if err != nil {
		panic(fmt.Sprintf("scripts: %v", err)) // the file is embedded: only a build mistake gets here
	}
	return Script{Name: name, Text: string(b)}
}
