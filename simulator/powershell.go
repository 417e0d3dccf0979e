package simulator

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"regexp"
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
	if shell := h.shellNow(); shell != h.shell {
		h = h.as(h.account)
		h.shell = shell
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
			if h.shell == shellNoEncoded {
				return 1 // ended before it could say anything
			}
			encoded, _ := splitCommand(args)
			var err error
			if text, err = decodeCommand(encoded); err != nil {
				fmt.Fprint(p.Stderr, "Cannot process the command because the value specified with -EncodedCommand is not properly encoded. The value must be Base64 encoded.\r\n")
				return 1
			}
			found = true
		case option != "" && strings.HasPrefix("command", option):
			text, found = strings.ReplaceAll(unquote(args), `\"`, `"`), true
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
	if text == scripts.Console.Text {
		return h.onDemand(ctx, p)
	}
	if text == "-" {
		return h.typed(ctx, p)
	}
	if !found {
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
	return h.script(ctx, p, text)
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

// time is the node's own clock.
func (h *host) time() time.Time {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return h.cluster.clock(h.node, h.sim.opts.Now()).UTC()
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return strings.ReplaceAll(s[1:len(s)-1], string(s[0])+string(s[0]), string(s[0]))
	}
	return s
}
