package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strconv"
	"strings"

	"looksalive/simulator/wsman"
)

// cmdArgument is what follows /c or /k.
func cmdArgument(args string) string {
	lower := strings.ToLower(args)
	for _, option := range []string{"/c", "/k", "/r"} {
		if i := strings.Index(lower, option); i >= 0 {
			return args[i+2:]
		}
	}
	return ""
}

// cmdShell is one cmd.exe while it runs a line.
type cmdShell struct {
	h      *host
	ctx    context.Context
	p      *wsman.Process
	dir    string
	env    map[string]string // upper case; what set and the shell's environment say
	code   int               // ERRORLEVEL
	exited bool
}

// handles are a command's standard input and output.
type handles struct {
	in       io.Reader
	out, err io.Writer
}

// cmd runs one line of cmd.exe.
func (h *host) cmd(ctx context.Context, p *wsman.Process, line string) int {
	ctx, ok := nested(ctx)
	if !ok {
		fmt.Fprint(p.Stderr, "Maximum setlocal recursion level reached.\r\n")
		return 1
	}
	s := &cmdShell{h: h, ctx: ctx, p: p, dir: h.startFolder(p), env: map[string]string{}}
	for name, v := range p.Env {
		s.env[strings.ToUpper(name)] = v
	}
	io := handles{p.Stdin, p.Stdout, p.Stderr}
	node, bad := parseCmd(expandCmd(stripCmd(line), s.variable))
	if bad != "" {
		fmt.Fprintf(p.Stderr, "%s was unexpected at this time.\r\n", bad)
		return 1
	}
	s.run(node, io)
	if ctx.Err() != nil {
		return terminated
	}
	return s.code
}

// startFolder is a shell's WorkingDirectory, or the account's own folder.
func (h *host) startFolder(p *wsman.Process) string {
	if p.Dir != "" {
		dir := expandCmd(p.Dir, func(name string) (string, bool) { return h.variable(p, name) })
		if full, err := fullPath(userFolder, dir); err == nil {
			if info, err := h.files().Stat(full); err == nil && info.Folder {
				return info.Path
			}
		}
	}
	return userFolder
}

// variable is an environment variable as a process of the node sees it.
func (h *host) variable(p *wsman.Process, name string) (string, bool) {
	for n, v := range p.Env {
		if strings.EqualFold(n, name) {
			return v, true
		}
	}
	domain, _, _ := strings.Cut(h.cluster.shape.Domain, ".")
	v, ok := map[string]string{
		"COMPUTERNAME": strings.ToUpper(h.node.Name), "USERNAME": h.userName(), "USERDOMAIN": strings.ToUpper(domain), "USERDNSDOMAIN": strings.ToUpper(h.cluster.shape.Domain),
		"USERPROFILE": userFolder, "TEMP": tempFolder, "TMP": tempFolder, "LOCALAPPDATA": userFolder + `\AppData\Local`, "APPDATA": userFolder + `\AppData\Roaming`,
		"HOMEDRIVE": "C:", "HOMEPATH": userFolder[2:], "SYSTEMDRIVE": "C:", "SYSTEMROOT": `C:\Windows`, "WINDIR": `C:\Windows`, "COMSPEC": `C:\Windows\system32\cmd.exe`,
		"PROGRAMFILES": `C:\Program Files`, "PROGRAMDATA": `C:\ProgramData`, "ALLUSERSPROFILE": `C:\ProgramData`, "PUBLIC": `C:\Users\Public`,
		"OS": "Windows_NT", "PROCESSOR_ARCHITECTURE": "AMD64", "NUMBER_OF_PROCESSORS": strconv.Itoa(h.cluster.shape.Cores * 2),
		"PATH": `C:\Windows\system32;C:\Windows;C:\Windows\System32\WindowsPowerShell\v1.0\`, "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.JS;.WSF;.MSC", "PROMPT": "$P$G",
	}[strings.ToUpper(name)]
	return v, ok
}

func (s *cmdShell) variable(name string) (string, bool) {
	switch upper := strings.ToUpper(name); upper {
	case "CD":
		return s.dir, true
	case "ERRORLEVEL":
		return strconv.Itoa(s.code), true
	default:
		if v, ok := s.env[upper]; ok {
			return v, true
		}
	}
	return s.h.variable(s.p, name)
}

// run carries out a node; s.code tells how it went.
func (s *cmdShell) run(n *cmdNode, io handles) {
	if n == nil || s.exited || s.ctx.Err() != nil {
		return
	}
	switch n.op {
	case "&":
		s.run(n.left, io)
		s.run(n.right, io)
	case "&&":
		if s.run(n.left, io); s.code == 0 {
			s.run(n.right, io)
		}
	case "||":
		if s.run(n.left, io); s.code != 0 {
			s.run(n.right, io)
		}
	case "|":
		var between bytes.Buffer
		first, second := io, io
		first.out = &bounded{w: &between}
		s.run(n.left, first)
		second.in = &between
		s.run(n.right, second)
	case "if":
		if s.holds(n.when) {
			s.run(n.left, io)
		} else {
			s.run(n.right, io)
		}
	default:
		s.command(n, io)
	}
}

// bounded takes what a node's disk could hold, and fails beyond it.
type bounded struct {
	w *bytes.Buffer
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.w.Len()+len(p) > diskBytes {
		return 0, errDiskFull
	}
	return b.w.Write(p)
}

// command runs one command, or a group, with its redirections.
func (s *cmdShell) command(n *cmdNode, io handles) {
	fail := func(err error) {
		fmt.Fprintf(io.err, "%s\r\n", cmdError(err))
		s.code = 1
	}
	if n.stdin != "" {
		data, err := s.read(n.stdin)
		if err != nil {
			fail(err)
			return
		}
		io.in = bytes.NewReader(data)
	}
	var saves []func() error
	open := func(r *redirect, other, own *streamWriter) error {
		switch {
		case r == nil:
			return nil
		case r.other:
			*own = *other
			return nil
		case strings.EqualFold(r.file, "nul"):
			own.Writer = discardWriter{}
			return nil
		}
		path, err := fullPath(s.dir, r.file)
		if err != nil {
			return err
		}
		if err := s.h.files().Write(path, nil, r.add); err != nil { // made or emptied before the command runs
			return err
		}
		b := &bytes.Buffer{}
		own.Writer = &bounded{w: b}
		saves = append(saves, func() error { return s.h.files().Write(path, b.Bytes(), true) })
		return nil
	}
	out, errs := streamWriter{io.out}, streamWriter{io.err}
	if err := open(n.stdout, &errs, &out); err != nil {
		fail(err)
		return
	}
	if err := open(n.stderr, &out, &errs); err != nil {
		fail(err)
		return
	}
	io.out, io.err = out.Writer, errs.Writer
	if n.group != nil {
		s.run(n.group, io)
	} else {
		s.code = s.execute(n.text, io)
	}
	for _, save := range saves {
		if err := save(); err != nil {
			fail(err)
		}
	}
}

type streamWriter struct{ io.Writer }

type discardWriter struct{}

func (discardWriter) Write(p []byte) (int, error) { return len(p), nil }

func (s *cmdShell) read(name string) ([]byte, error) {
	path, err := fullPath(s.dir, name)
	if err != nil {
		return nil, err
	}
	return s.h.files().Read(path)
}

// cmdError is how cmd.exe words an error of the disk.
func cmdError(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "The system cannot find the file specified."
	case errors.Is(err, fs.ErrExist):
		return "A subdirectory or file already exists."
	}
	return err.Error()
}

// holds evaluates an if's condition.
func (s *cmdShell) holds(when []string) bool {
	not, fold := false, false
	for ; len(when) > 0; when = when[1:] {
		switch strings.ToLower(when[0]) {
		case "not":
			not = !not
			continue
		case "/i":
			fold = true
			continue
		}
		break
	}
	result := false
	switch lower := strings.ToLower(when[0]); {
	case lower == "exist":
		if path, err := fullPath(s.dir, when[1]); err == nil {
			_, err = s.h.files().Stat(path)
			result = err == nil
		}
	case lower == "defined":
		_, result = s.variable(when[1])
	case lower == "errorlevel":
		n, _ := strconv.Atoi(when[1])
		result = s.code >= n
	default:
		a, op, b := when[0], strings.ToLower(when[1]), when[2]
		if fold {
			a, b = strings.ToLower(a), strings.ToLower(b)
		}
		n := strings.Compare(a, b)
		x, errA := strconv.Atoi(a)
		y, errB := strconv.Atoi(b)
		if op != "==" && errA == nil && errB == nil {
			n = x - y
		}
		result = map[string]bool{"==": n == 0, "equ": n == 0, "neq": n != 0, "lss": n < 0, "leq": n <= 0, "gtr": n > 0, "geq": n >= 0}[op]
	}
	return result != not
}

// assign is set's work.
func (s *cmdShell) assign(rest string, io handles) int {
	rest = strings.Trim(rest, `"`)
	name, value, found := strings.Cut(rest, "=")
	switch {
	case found && value == "":
		delete(s.env, strings.ToUpper(name))
	case found:
		next := maps.Clone(s.env)
		next[strings.ToUpper(name)] = value
		s.env = next
	default:
		v, ok := s.variable(strings.TrimSpace(name))
		if !ok {
			fmt.Fprintf(io.err, "Environment variable %s not defined\r\n", name)
			return 1
		}
		fmt.Fprintf(io.out, "%s=%s\r\n", strings.TrimSpace(name), v)
	}
	return 0
}

func (h *host) whoami() string {
	domain, _, _ := strings.Cut(h.cluster.shape.Domain, ".")
	if h.account != "" {
		return strings.ToLower(h.account)
	}
	return strings.ToLower(domain) + `\` + user
}

func (h *host) ipconfig() []string {
	c := h.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []string{"", "Windows IP Configuration", ""}
	for _, net := range c.nets {
		if !net.has[h.node.index] {
			continue
		}
		out = append(out, "", "Ethernet adapter "+adapterName(net)+":", "", "   Connection-specific DNS Suffix  . : "+c.shape.Domain)
		if c.unplugged(net, h.node) {
			out = append(out[:len(out)-1], "   Media State . . . . . . . . . . . : Media disconnected")
			continue
		}
		mask := net.prefix.Bits()
		m := ^uint32(0) << (32 - mask)
		out = append(out, "   IPv4 Address. . . . . . . . . . . : "+net.address(h.node),
			fmt.Sprintf("   Subnet Mask . . . . . . . . . . . : %d.%d.%d.%d", byte(m>>24), byte(m>>16), byte(m>>8), byte(m)))
	}
	return out
}
