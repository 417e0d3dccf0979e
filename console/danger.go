package console

import (
	"fmt"
	"slices"
	"strings"

	"looksalive/cluster"
)

// Danger is what reading a script says of what it does. It is a guard rail for people
// who are in a hurry, and decides which identity is used; it is no wall against
// somebody who wants to hide something: who may run what was typed may do
// anything on the node that the account may.
type Danger struct {
	// OnlyReads: every command is known to change nothing, and there is nothing in
	// it that cannot be told from the text.
	OnlyReads bool
	// Changes are the commands and constructs that change something or may, in the
	// order of the script, each once, and why each is here.
	Changes []Change
	// Confirm says that one of them is dangerous enough to be confirmed.
	Confirm bool
	// Phrase is what has to be typed then; "" if nothing has.
	Phrase string
}

// Change is one thing in a script that changes something, or may.
type Change struct {
	What string // Stop-ClusterNode
	Why  string // "stops something"
}

// LookAt reads a script that is to run on these targets.
func LookAt(script string, targets []cluster.Target) Danger {
	d := Look(script)
	switch {
	case !d.Confirm || len(targets) == 0:
	case len(targets) == 1:
		d.Phrase = targets[0].Node
	default:
		d.Phrase = fmt.Sprintf("%d nodes", len(targets))
	}
	return d
}

// Look reads a script.
func Look(script string) Danger {
	d := Danger{OnlyReads: true}
	seen := map[string]bool{}
	note := func(what, why string, confirm bool) {
		d.OnlyReads = false
		d.Confirm = d.Confirm || confirm
		if k := strings.ToLower(what); !seen[k] {
			seen[k] = true
			d.Changes = append(d.Changes, Change{what, why})
		}
	}
	tokens := lex(script)
	own := map[string]bool{} // functions of the script: what they do is read where they stand
	for i, t := range tokens[:max(len(tokens)-1, 0)] {
		if word := strings.ToLower(t.text); t.kind == tokenCommand && (word == "function" || word == "filter") {
			own[strings.ToLower(tokens[i+1].text)] = true
		}
	}
	for i, t := range tokens {
		switch t.kind {
		case tokenCommand:
			if own[strings.ToLower(t.text)] {
				continue
			}
			if why, confirm, changes := ofCommand(t.text); changes {
				note(t.text, why, confirm)
			}
		case tokenWord: // an argument may name a command, as in ForEach-Object Stop-Service
			if verb, _, ok := verbOf(t.text); ok && dangerousVerbs[verb] != "" {
				note(t.text, dangerousVerbs[verb], true)
			}
		case tokenInvoke:
			note(t.text, "runs what cannot be told from the text", true)
		case tokenMember:
			next := token{}
			if i+1 < len(tokens) {
				next = tokens[i+1]
			}
			switch {
			case next.kind == tokenAssign:
				note("."+t.text+" =", "sets a property", true)
			case next.kind == tokenOpen && !next.spaced && !harmlessMethods[strings.ToLower(t.text)]:
				note("."+t.text+"()", "calls a method that may change something", true)
			}
		case tokenRedirect:
			note(t.text, "writes a file", false)
		}
	}
	return d
}

// verbOf splits Verb-Noun, without a module before it.
func verbOf(name string) (verb, noun string, ok bool) {
	name = name[strings.LastIndexByte(name, '\\')+1:]
	verb, noun, ok = strings.Cut(strings.ToLower(name), "-")
	return verb, noun, ok && verb != "" && noun != "" && !strings.ContainsAny(verb, ".$/0123456789")
}

// ofCommand says what a command does, as far as its name tells.
func ofCommand(name string) (why string, confirm, changes bool) {
	lower := strings.ToLower(name[strings.LastIndexByte(name, '\\')+1:])
	lower = strings.TrimSuffix(lower, ".exe")
	if full, ok := aliases[lower]; ok {
		lower = full
	}
	if slices.Contains(readers, lower) {
		return "", false, false
	}
	if slices.Contains(writers, lower) {
		return "writes or changes something", false, true
	}
	if dynamic[lower] {
		return "runs what cannot be told from the text", true, true
	}
	if verb, noun, ok := verbOf(lower); ok {
		if why := dangerousVerbs[verb]; why != "" {
			return why, true, true
		}
		if readingVerbs[verb] && noun != "" {
			return "", false, false
		}
		return "may change something", false, true
	}
	if dangerousPrograms[lower] {
		return "is dangerous", true, true
	}
	return "is a program we do not know", false, true
}

// dangerousVerbs are those whose commands have to be confirmed.
var dangerousVerbs = map[string]string{
	"stop": "stops something", "remove": "removes something", "clear": "clears something", "restart": "restarts something",
	"suspend": "suspends something", "set": "sets something", "disable": "switches something off", "move": "moves something",
	"reset": "resets something", "uninstall": "uninstalls something", "format": "formats something", "initialize": "wipes something",
	"dismount": "takes something off", "disconnect": "disconnects something", "revoke": "takes rights away", "block": "blocks something",
	"unregister": "unregisters something", "rename": "renames something", "repair": "repairs something", "lock": "locks something",
	"resize": "changes a size", "update": "updates something",
}

var readingVerbs = map[string]bool{
	"get": true, "select": true, "where": true, "sort": true, "group": true, "measure": true, "convertto": true, "convertfrom": true,
	"test": true, "compare": true, "find": true, "resolve": true, "search": true, "show": true, "trace": true, "join": true, "split": true,
}

// readers are commands that read although their verb does not say so.
var readers = []string{
	"foreach-object", "where-object", "write-output", "write-host", "write-verbose", "write-warning", "write-error", "write-debug",
	"write-information", "write-progress", "out-string", "out-null", "out-default", "out-host", "format-table", "format-list", "format-wide",
	"format-custom", "format-hex", "start-sleep", "new-timespan", "new-object", "set-strictmode", "import-module", "debug-storagesubsystem",
	"debug-volume", "debug-fileshare", "hostname", "whoami", "ipconfig", "systeminfo", "quser", "ping", "tracert", "nslookup", "netstat",
	"set-variable", "clear-variable", "new-variable", "remove-variable", "select-xml", "tee-object", "new-cimsession", "remove-cimsession",
	// words of the language
	"if", "else", "elseif", "foreach", "for", "while", "do", "until", "switch", "try", "catch", "finally", "throw", "return", "break",
	"continue", "exit", "param", "begin", "process", "end", "function", "filter", "in", "trap", "data", "default",
}

// writers change something, but are no danger to a cluster.
var writers = []string{"out-file", "add-content", "set-content", "tee-object", "export-csv", "export-clixml", "new-item", "copy-item", "out-printer", "set-location", "push-location", "pop-location"}

// dynamic commands run what the text of the script does not show.
var dynamic = map[string]bool{"invoke-expression": true, "invoke-command": true, "invoke-cimmethod": true, "invoke-wmimethod": true, "start-process": true, "start-job": true, "invoke-item": true, "invoke-webrequest": true, "invoke-restmethod": true, "powershell": true, "pwsh": true, "cmd": true, "wmic": true, "rundll32": true, "mshta": true, "cscript": true, "wscript": true}

var dangerousPrograms = map[string]bool{"shutdown": true, "format": true, "diskpart": true, "cluster": true, "sc": true, "net": true, "taskkill": true, "reg": true, "bcdedit": true, "netsh": true, "fsutil": true, "cipher": true, "logoff": true, "wevtutil": true, "winrm": true, "icacls": true, "takeown": true}

// aliases of Windows PowerShell 5.1 that matter here, from Get-Alias.
var aliases = map[string]string{
	"?": "where-object", "where": "where-object", "%": "foreach-object", "foreach": "foreach-object", "select": "select-object", "sort": "sort-object",
	"group": "group-object", "measure": "measure-object", "ft": "format-table", "fl": "format-list", "fw": "format-wide", "echo": "write-output", "write": "write-output",
	"gc": "get-content", "cat": "get-content", "type": "get-content", "gci": "get-childitem", "ls": "get-childitem", "dir": "get-childitem", "gcm": "get-command",
	"gm": "get-member", "gps": "get-process", "ps": "get-process", "gsv": "get-service", "gwmi": "get-wmiobject", "gcim": "get-ciminstance", "gp": "get-itemproperty",
	"gv": "get-variable", "help": "get-help", "man": "get-help", "h": "get-history", "history": "get-history", "pwd": "get-location", "gl": "get-location", "compare": "compare-object", "diff": "compare-object",
	"sleep": "start-sleep", "tee": "tee-object", "oh": "out-host", "fc": "format-custom", "sls": "select-string", "ipmo": "import-module", "gu": "get-unique",
	"rm": "remove-item", "ri": "remove-item", "del": "remove-item", "erase": "remove-item", "rd": "remove-item", "rmdir": "remove-item",
	"kill": "stop-process", "spps": "stop-process", "spsv": "stop-service", "sasv": "start-service", "cp": "copy-item", "copy": "copy-item", "cpi": "copy-item",
	"mv": "move-item", "mi": "move-item", "move": "move-item", "ren": "rename-item", "rni": "rename-item", "ni": "new-item", "mkdir": "new-item", "md": "new-item",
	"sc": "set-content", "ac": "add-content", "si": "set-item", "sp": "set-itemproperty", "rp": "remove-itemproperty", "clc": "clear-content", "cls": "out-null", "clear": "out-null",
	"iex": "invoke-expression", "icm": "invoke-command", "ii": "invoke-item", "saps": "start-process", "start": "start-process", "iwr": "invoke-webrequest", "curl": "invoke-webrequest", "wget": "invoke-webrequest", "irm": "invoke-restmethod", "icim": "invoke-cimmethod", "iwmi": "invoke-wmimethod", "sajb": "start-job",
	"cd": "set-location", "chdir": "set-location", "sl": "set-location", "pushd": "push-location", "popd": "pop-location", "epcsv": "export-csv", "sv": "set-variable", "set": "set-variable", "rcim": "remove-ciminstance", "scim": "set-ciminstance",
}

var harmlessMethods = func() map[string]bool {
	m := map[string]bool{}
	for name := range strings.FieldsSeq(`tostring split trim trimstart trimend replace substring contains startswith endswith toupper tolower padleft padright
		adddays addhours addminutes addseconds addmonths addyears addmilliseconds subtract gettype equals compareto indexof lastindexof insert join format round
		floor ceiling abs min max parse tryparse touniversaltime tolocaltime toshortdatestring isnullorempty isnullorwhitespace containskey getenumerator where foreach
		tochararray count length add getvalue new now matches match ismatch frombase64string tobase64string toint32 toint64 todouble pow sqrt truncate`) {
		m[name] = true
	}
	return m
}()
