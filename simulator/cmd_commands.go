package simulator

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// execute runs one command of cmd.exe and returns its exit code.
func (s *cmdShell) execute(text string, io handles) int {
	text = strings.TrimPrefix(text, "@")
	lower := strings.ToLower(text)
	// echo prints what follows it as it stands, also without a blank between.
	for _, glued := range []string{"echo.", "echo:", "echo/", "echo("} {
		if strings.HasPrefix(lower, glued) {
			return say(io.out, text[len(glued):])
		}
	}
	word, _ := splitCommand(text)
	name := strings.ToLower(strings.TrimSuffix(strings.ToLower(word[strings.LastIndexAny(word, `\/`)+1:]), ".exe"))
	rest := afterWord(text)
	switch name {
	case "":
		return 0
	case "echo":
		return s.echo(rest, io)
	case "call":
		return s.execute(strings.TrimLeft(rest, " "), io)
	case "rem", "setlocal", "endlocal", "title", "color", "cls", "verify":
		return 0
	case "exit":
		s.exited = true
		fields := strings.Fields(strings.ToLower(rest))
		if len(fields) > 0 && fields[0] == "/b" {
			fields = fields[1:]
		}
		if len(fields) == 0 {
			return s.code
		}
		code, _ := strconv.Atoi(fields[0])
		return code
	case "set":
		return s.assign(strings.TrimLeft(rest, " "), io)
	case "powershell", "cmd":
		if name == "powershell" && s.h.shellNow() == shellMissing {
			break
		}
		inner := *s.p
		inner.CommandLine, inner.ViaCmd, inner.Dir = text, false, s.dir
		inner.Env = s.environment()
		inner.Stdin, inner.Stdout, inner.Stderr = io.in, io.out, io.err
		return s.h.Run(s.ctx, &inner)
	}
	if run := cmdCommands[name]; run != nil {
		return run(s, cmdWords(rest), io)
	}
	if code, ran := s.batch(word, io); ran {
		return code
	}
	fmt.Fprintf(io.err, "'%s' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", word)
	return 1
}

// batch runs a batch file from the node's disk, line by line.
func (s *cmdShell) batch(name string, st handles) (code int, ran bool) {
	lower := strings.ToLower(name)
	if !strings.HasSuffix(lower, ".bat") && !strings.HasSuffix(lower, ".cmd") {
		return 0, false
	}
	text, err := s.read(name)
	if err != nil {
		return 0, false
	}
	ctx, ok := nested(s.ctx)
	if !ok {
		fmt.Fprint(st.err, "Maximum setlocal recursion level reached.\r\n")
		return 1, true
	}
	inner := *s
	inner.ctx, inner.code = ctx, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimLeft(strings.TrimSpace(line), "@")
		if strings.HasPrefix(line, ":") || strings.HasPrefix(line, "::") || line == "" {
			continue
		}
		node, bad := parseCmd(expandCmd(line, inner.variable))
		if bad != "" {
			fmt.Fprintf(st.err, "%s was unexpected at this time.\r\n", bad)
			return 255, true
		}
		if inner.run(node, st); inner.exited || ctx.Err() != nil {
			break
		}
	}
	return inner.code, true
}

// afterWord is what follows the first word; echo keeps its blanks.
func afterWord(text string) string {
	if strings.HasPrefix(text, `"`) {
		if end := strings.Index(text[1:], `"`); end >= 0 {
			return text[end+2:]
		}
	}
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		return text[i:]
	}
	return ""
}

func (s *cmdShell) environment() map[string]string {
	out := map[string]string{}
	for k, v := range s.p.Env {
		out[k] = v
	}
	for k, v := range s.env {
		out[k] = v
	}
	return out
}

func say(w io.Writer, lines ...string) int {
	for _, l := range lines {
		if _, err := fmt.Fprintf(w, "%s\r\n", l); err != nil {
			return 1
		}
	}
	return 0
}

func (s *cmdShell) echo(rest string, io handles) int {
	if strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t") {
		rest = rest[1:]
	}
	switch strings.ToLower(strings.TrimSpace(rest)) {
	case "":
		return say(io.out, "ECHO is on.")
	case "on", "off":
		return 0
	}
	return say(io.out, rest)
}

// cmdWords splits arguments at blanks outside quotes and takes the quotes off.
func cmdWords(s string) []string {
	var out []string
	var b strings.Builder
	quoted, any := false, false
	for _, r := range s {
		switch {
		case r == '"':
			quoted, any = !quoted, true
		case !quoted && (r == ' ' || r == '\t'):
			if any {
				out = append(out, b.String())
			}
			b.Reset()
			any = false
		default:
			b.WriteRune(r)
			any = true
		}
	}
	if any {
		out = append(out, b.String())
	}
	return out
}

// options separates /x from names.
func options(words []string) (opts string, names []string) {
	for _, w := range words {
		if strings.HasPrefix(w, "/") || strings.HasPrefix(w, "-") && len(w) > 1 {
			opts += strings.ToLower(w) + " "
		} else {
			names = append(names, w)
		}
	}
	return opts, names
}

// cmdCommands are the commands besides those execute knows itself.
var cmdCommands map[string]func(s *cmdShell, words []string, io handles) int

func init() {
	cmdCommands = map[string]func(*cmdShell, []string, handles) int{
		"hostname": func(s *cmdShell, _ []string, io handles) int { return say(io.out, s.h.node.Name) },
		"whoami":   func(s *cmdShell, _ []string, io handles) int { return say(io.out, s.h.whoami()) },
		"ipconfig": func(s *cmdShell, _ []string, io handles) int { return say(io.out, s.h.ipconfig()...) },
		"ver": func(s *cmdShell, _ []string, io handles) int {
			return say(io.out, "", "Microsoft Windows [Version 10.0."+s.h.cluster.fullBuild()+"]")
		},
		"chcp": func(_ *cmdShell, words []string, io handles) int {
			if len(words) == 0 {
				words = []string{"65001"}
			}
			return say(io.out, "Active code page: "+words[0])
		},
		"type": (*cmdShell).typeFiles, "more": (*cmdShell).typeFiles,
		"del": (*cmdShell).del, "erase": (*cmdShell).del,
		"md": (*cmdShell).mkdir, "mkdir": (*cmdShell).mkdir, "rd": (*cmdShell).rmdir, "rmdir": (*cmdShell).rmdir,
		"cd": (*cmdShell).chdir, "chdir": (*cmdShell).chdir, "dir": (*cmdShell).list,
		"copy": (*cmdShell).copy, "move": (*cmdShell).move, "ren": (*cmdShell).rename, "rename": (*cmdShell).rename,
		"find": (*cmdShell).find, "findstr": (*cmdShell).find,
		"certutil": (*cmdShell).certutil, "timeout": (*cmdShell).timeout, "ping": (*cmdShell).ping,
	}
}

// each calls do with every path and returns 1 if one of them failed.
func (s *cmdShell) each(names []string, io handles, do func(path string) error) int {
	code := 0
	for _, name := range names {
		path, err := fullPath(s.dir, name)
		if err == nil {
			err = do(path)
		}
		if err != nil {
			fmt.Fprintf(io.err, "%s\r\n", cmdError(err))
			code = 1
		}
	}
	if len(names) == 0 {
		fmt.Fprint(io.err, "The syntax of the command is incorrect.\r\n")
		return 1
	}
	return code
}

// find prints the lines that hold a text; findstr takes it without quotes too.
func (s *cmdShell) find(words []string, st handles) int {
	opts, names := options(words)
	if len(names) == 0 {
		return s.each(nil, st, nil)
	}
	want := names[0]
	var text []byte
	if len(names) == 1 {
		text, _ = io.ReadAll(io.LimitReader(st.in, diskBytes))
	} else if code := s.each(names[1:], st, func(path string) error {
		data, err := s.h.files().Read(path)
		text = append(text, data...)
		return err
	}); code != 0 {
		return code
	}
	found := 1
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\r\n")
		hit := strings.Contains(line, want)
		if strings.Contains(opts, "/i") {
			hit = strings.Contains(strings.ToLower(line), strings.ToLower(want))
		}
		if hit != strings.Contains(opts, "/v") {
			found = 0
			say(st.out, line)
		}
	}
	return found
}

// certutil decodes, as upload tricks use it.
func (s *cmdShell) certutil(words []string, io handles) int {
	opts, names := options(words)
	if !strings.Contains(opts, "decode") || len(names) != 2 {
		fmt.Fprint(io.err, "CertUtil: Unknown arg\r\n")
		return 1
	}
	err := func() error {
		text, err := s.read(names[0])
		if err != nil {
			return err
		}
		var b strings.Builder
		for line := range bytes.Lines(text) {
			if !bytes.HasPrefix(line, []byte("-----")) {
				b.WriteString(base64Only(string(line)))
			}
		}
		data, err := base64.StdEncoding.DecodeString(b.String())
		if err != nil {
			return errors.New("The data is invalid.")
		}
		to, err := fullPath(s.dir, names[1])
		if err == nil {
			if _, there := s.h.files().Stat(to); there == nil && !strings.Contains(opts, "-f ") {
				return errors.New("The file exists.")
			}
			err = s.h.files().Write(to, data, false)
		}
		return err
	}()
	if err != nil {
		say(io.out, "DecodeToFile returned "+cmdError(err), "CertUtil: -decode command FAILED", "CertUtil: "+cmdError(err))
		return 1
	}
	return say(io.out, "CertUtil: -decode command completed successfully.")
}

func (s *cmdShell) timeout(words []string, io handles) int {
	i := slices.IndexFunc(words, func(w string) bool { n, err := strconv.Atoi(w); return err == nil && n >= 0 })
	if i < 0 {
		return s.each(nil, io, nil)
	}
	n, _ := strconv.Atoi(words[i])
	wait(s.ctx, time.Duration(min(n, 99999))*time.Second)
	return 0
}

// ping is how batch files wait: ping -n 6 127.0.0.1 takes five seconds.
func (s *cmdShell) ping(words []string, io handles) int {
	n, target := 4, ""
	for i := 0; i < len(words); i++ {
		if strings.EqualFold(words[i], "-n") && i+1 < len(words) {
			n, _ = strconv.Atoi(words[i+1])
			i++
		} else if !strings.HasPrefix(words[i], "-") {
			target = words[i]
		}
	}
	local := target == "127.0.0.1" || strings.EqualFold(target, "localhost") || strings.EqualFold(target, s.h.node.Name)
	if !local {
		say(io.out, fmt.Sprintf("Ping request could not find host %s. Please check the name and try again.", target))
		return 1
	}
	say(io.out, "", fmt.Sprintf("Pinging %s with 32 bytes of data:", target))
	for i := range min(n, 1000) {
		if i > 0 && !wait(s.ctx, time.Second) {
			return 1
		}
		if say(io.out, "Reply from 127.0.0.1: bytes=32 time<1ms TTL=128") != 0 {
			return 1
		}
	}
	return 0
}
