package simulator

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// powershell runs powershell.exe with these arguments.
func (h *host) powershell(ctx context.Context, p *wsman.Process, args string) int {
	ctx, ok := nested(ctx)
	if !ok {
		fmt.Fprint(p.Stderr, "The call depth was exceeded.\r\n")
		return 1
	}
	text, found := "", false
	for args != "" && !found {
		var word string
		word, args = splitCommand(args)
		option := strings.ToLower(strings.TrimLeft(word, "-/"))
		switch {
		case !strings.HasPrefix(word, "-") && !strings.HasPrefix(word, "/"):
			text, found = strings.TrimSpace(word+" "+args), true
		case option == "e" || option == "ec" || option != "" && strings.HasPrefix("encodedcommand", option):
			encoded, _ := splitCommand(args)
			var err error
			if text, err = decodeCommand(encoded); err != nil {
				fmt.Fprint(p.Stderr, "Cannot process the command because the value specified with -EncodedCommand is not properly encoded. The value must be Base64 encoded.\r\n")
				return 1
			}
			found = true
		case option != "" && strings.HasPrefix("command", option):
			text, found = unquote(args), true
		case option == "file" || option == "f":
			file, _ := splitCommand(args)
			if path, err := fullPath(h.startFolder(p), file); err == nil {
				if b, err := h.files().Read(path); err == nil {
					text, found = string(b), true
					continue
				}
			}
			fmt.Fprintf(p.Stderr, "The argument '%s' to the -File parameter does not exist. Provide the path to an existing '.ps1' file as an argument to the -File parameter.\r\n", file)
			return -196608
		case len(option) > 1 && strings.HasPrefix("executionpolicy", option) || option == "ep" || option == "inputformat" || option == "outputformat" || option == "version" || option == "windowstyle" || option == "w":
			_, args = splitCommand(args)
		}
	}
	if text == scripts.Loop.Text {
		return h.loop(ctx, p)
	}
	if !found || text == "-" {
		b, err := io.ReadAll(io.LimitReader(p.Stdin, 1<<20)) // a script on standard input
		if err != nil {
			return terminated
		}
		text = string(b)
	}
	if !wait(ctx, h.sim.opts.Cost.ScriptTime) {
		return terminated
	}
	return h.once(ctx, p, text)
}

// silence is what clients put before a script so that no progress records are
// written; progress is what would turn standard error into CLIXML.
var silence = regexp.MustCompile(`(?i)^(\s*(\$ProgressPreference\s*=\s*['"]SilentlyContinue['"]|if\s*\(Test-Path variable:global:ProgressPreference\)\s*\{[^}]*\})\s*(;|\r?\n|$))+\s*`)

// once runs a text as a whole program.
func (h *host) once(ctx context.Context, p *wsman.Process, text string) int {
	body := strings.TrimLeft(text, " \r\n\t")
	body = body[len(silence.FindString(body)):]
	for _, s := range scripts.Questions {
		if strings.TrimSpace(s.Text) != strings.TrimSpace(body) {
			continue
		}
		b, fail := h.answer(s, nil)
		if fail != nil {
			writeCLIXML(p.Stderr, fail)
			return 1
		}
		fmt.Fprintf(p.Stdout, "%s\r\n", b)
		return 0
	}
	if word, rest := splitCommand(body); program(word) == "powershell" && !strings.Contains(strings.TrimSpace(body), "\n") {
		return h.powershell(ctx, p, rest) // one PowerShell in another, as Ansible starts its own
	}
	if code, known := h.fileScript(ctx, p, body); known {
		return code
	}
	return h.unrecognised(ctx, p, body)
}

// unrecognised runs a text that is neither one of our questions nor a file
// script of somebody's client.
func (h *host) unrecognised(ctx context.Context, p *wsman.Process, text string) int {
	run := h.interpret(ctx, text)
	for _, line := range run.out {
		if _, err := fmt.Fprintf(p.Stdout, "%s\r\n", line); err != nil {
			return terminated
		}
	}
	if ctx.Err() != nil {
		return terminated
	}
	for _, e := range run.errors {
		writeCLIXML(p.Stderr, e)
	}
	if run.fail != nil {
		writeCLIXML(p.Stderr, run.fail)
		return 1
	}
	return run.code
}

func decodeCommand(encoded string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(b)%2 != 0 || len(b) == 0 {
		return "", fmt.Errorf("not base64 of UTF-16")
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i]) | uint16(b[2*i+1])<<8
	}
	return string(utf16.Decode(units)), nil
}

// result is what came of interpreting some lines of PowerShell.
type result struct {
	out    []string
	errors []*psError // non-terminating
	fail   *psError   // ended it
	code   int
	exited bool
}

// interpret runs the daily one-liners a person tries first. Everything else is
// an unknown command, as Windows says it.
func (h *host) interpret(ctx context.Context, text string) result {
	var run result
	for _, line := range statements(text) {
		if ctx.Err() != nil {
			return run
		}
		run.code = 0
		h.statement(ctx, line, &run)
		if run.fail != nil {
			run.code = 1
			return run
		}
		if run.exited {
			return run
		}
	}
	return run
}

func (h *host) statement(ctx context.Context, line string, run *result) {
	word, rest := splitCommand(line)
	say := func(s string) { run.out = append(run.out, s) }
	c := h.cluster
	switch lower := strings.ToLower(line); {
	case strings.HasPrefix(lower, "$progresspreference"), strings.HasPrefix(lower, "$erroractionpreference"), strings.HasPrefix(line, "#"):
		return
	case lower == "$psversiontable.psversion":
		v := strings.Split(psVersion(c), ".")
		say("")
		say("Major  Minor  Build  Revision")
		say("-----  -----  -----  --------")
		say(fmt.Sprintf("%-6s %-6s %-6s %-8s", v[0], v[1], v[2], v[3]))
		say("")
		return
	case lower == "$psversiontable.psversion.tostring()", lower == `"$($psversiontable.psversion)"`:
		say(psVersion(c))
		return
	case lower == "$env:computername", lower == "[environment]::machinename", lower == "[system.environment]::machinename":
		say(strings.ToUpper(h.node.Name))
		return
	case lower == "(get-date).touniversaltime().tostring('o')":
		say(utc(h.time()))
		return
	}
	switch strings.ToLower(word) {
	case "hostname", "hostname.exe":
		say(h.node.Name)
	case "whoami", "whoami.exe":
		say(h.whoami())
	case "ipconfig", "ipconfig.exe":
		for _, l := range h.ipconfig() {
			say(l)
		}
	case "write-output", "echo", "write-host", "write":
		say(unquote(rest))
	case "write-error":
		run.errors = append(run.errors, &psError{message: unquote(rest), kind: "Microsoft.PowerShell.Commands.WriteErrorException", id: "Microsoft.PowerShell.Commands.WriteErrorException", category: "NotSpecified: (:) [Write-Error], WriteErrorException", line: line})
		run.code = 1
	case "throw":
		run.fail = &psError{message: unquote(rest), kind: runtimeException, id: unquote(rest), category: "OperationStopped: (" + unquote(rest) + ":String) [], RuntimeException", line: line}
	case "get-date":
		say("")
		say(h.time().Format("Monday, January 2, 2006 3:04:05 PM"))
		say("")
	case "start-sleep":
		h.sleep(ctx, rest)
	case "exit":
		code, _ := strconv.Atoi(strings.TrimSpace(rest))
		run.code, run.exited = code, true
	default:
		if strings.HasPrefix(line, "'") && strings.HasSuffix(line, "'") || strings.HasPrefix(line, `"`) && strings.HasSuffix(line, `"`) {
			say(unquote(line)) // a string is its own output
			return
		}
		run.fail = &psError{kind: commandNotFound, id: "CommandNotFoundException", hresult: -2146233087, line: line, category: "ObjectNotFound: (" + word + ":String) [], CommandNotFoundException",
			message: "The term '" + word + "' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again."}
	}
}

// sleep is Start-Sleep N, -Seconds N or -Milliseconds N.
func (h *host) sleep(ctx context.Context, args string) {
	unit := time.Second
	word, rest := splitCommand(args)
	if strings.HasPrefix(word, "-") {
		if strings.HasPrefix(strings.ToLower(word), "-m") {
			unit = time.Millisecond
		}
		word = rest
	}
	if n, err := strconv.ParseFloat(word, 64); err == nil && n > 0 {
		wait(ctx, time.Duration(n*float64(unit)))
	}
}

// time is the node's own clock.
func (h *host) time() time.Time {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return h.cluster.clock(h.node, h.sim.opts.Now()).UTC()
}

// statements splits a text at line ends and semicolons outside quotes.
func statements(text string) []string {
	var out []string
	var b strings.Builder
	quote := rune(0)
	flush := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for _, r := range text {
		switch {
		case quote == 0 && (r == ';' || r == '\n'):
			flush()
			continue
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case r == quote:
			quote = 0
		}
		b.WriteRune(r)
	}
	flush()
	return out
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return strings.ReplaceAll(s[1:len(s)-1], string(s[0])+string(s[0]), string(s[0]))
	}
	return s
}
