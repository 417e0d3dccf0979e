package wsman

import (
	"cmp"
	"context"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A shell's idle time-out cannot be shorter.
const minIdleTimeOut = time.Minute

// shell is one open winrs shell.
type shell struct {
	srv                       *Server
	id, name, owner, clientIP string
	dir, in, out              string
	env                       map[string]string
	idle                      time.Duration
	created                   time.Time
	ctx                       context.Context
	cancel                    context.CancelFunc

	mu       sync.Mutex
	lastUsed time.Time
	busy     int // requests being carried out; the shell is not idle meanwhile
	closed   bool
	timer    *time.Timer
	commands map[string]*command
}

// create opens a shell from a rsp:Shell element.
func (s *Server) create(c *caller, body *element) (*shell, *fault) {
	sh := &shell{srv: s, owner: c.account, clientIP: c.ip, commands: map[string]*command{},
		name: cmp.Or(body.attr("Name"), body.value(nsRSP, "Name")), dir: body.value(nsRSP, "WorkingDirectory"),
		in: body.value(nsRSP, "InputStreams"), out: body.value(nsRSP, "OutputStreams"),
		idle: s.o.IdleTimeOut, created: s.o.Now()}
	sh.lastUsed = sh.created
	if v := body.value(nsRSP, "IdleTimeOut"); v != "" {
		d, ok := parseDuration(v)
		if !ok {
			return nil, faultParameter("IdleTimeOut")
		}
		sh.idle = max(d, minIdleTimeOut)
	}
	if e := body.child(nsRSP, "Environment"); e != nil {
		sh.env = map[string]string{}
		for _, v := range e.children {
			if n := v.attr("Name"); n != "" {
				sh.env[n] = v.text
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sh.id = chosenID(body.attr("ShellId"), func(id string) bool { return s.shells[id] != nil })
	n := 0
	for _, other := range s.shells {
		if other.owner == c.account {
			n++
		}
	}
	if n >= s.o.MaxShellsPerUser {
		return nil, faultShellQuota(s.o.MaxShellsPerUser)
	}
	if s.closed {
		return nil, faultAborted()
	}
	sh.ctx, sh.cancel = context.WithCancel(s.ctx)
	sh.timer = time.AfterFunc(sh.idle, sh.expire)
	s.shells[sh.id] = sh
	return sh, nil
}

// find returns the caller's shell named by the request's selector, marked busy
// until release.
func (s *Server) find(c *caller, r *request) (*shell, *fault) { return s.findShell(c, r, false) }

// findShell is find; with anybody, an administrator finds other people's too.
func (s *Server) findShell(c *caller, r *request, anybody bool) (*shell, *fault) {
	id, ok := r.selectors["ShellId"]
	if !ok {
		return nil, faultNeedsShell()
	}
	s.mu.Lock()
	sh := s.shells[strings.ToUpper(id)]
	s.mu.Unlock()
	if sh == nil {
		return nil, faultNoShell(id)
	}
	if sh.owner != c.account && !(anybody && s.o.Administrator(c.account)) {
		return nil, faultDenied()
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return nil, faultNoShell(id)
	}
	sh.busy++
	sh.timer.Stop()
	return sh, nil
}

func (sh *shell) release() {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	sh.busy--
	sh.lastUsed = sh.srv.o.Now()
	if sh.busy == 0 && !sh.closed {
		sh.timer.Reset(sh.idle)
	}
}

// expire is the idle timer's end.
func (sh *shell) expire() {
	sh.mu.Lock()
	idle := sh.busy == 0
	sh.closed = sh.closed || idle
	sh.mu.Unlock()
	if idle { // else a request came in between, and release starts the timer again
		sh.srv.o.Logger.Debug("shell timed out", "node", sh.srv.o.Machine, "shell", sh.id)
		sh.close()
	}
}

// close ends the shell and every process in it.
func (sh *shell) close() {
	sh.srv.mu.Lock()
	delete(sh.srv.shells, sh.id)
	sh.srv.mu.Unlock()
	sh.mu.Lock()
	commands := sh.commands
	sh.closed, sh.commands = true, nil
	sh.timer.Stop()
	sh.mu.Unlock()
	sh.cancel()
	sh.srv.leave(sh.owner, len(commands))
	for _, c := range commands {
		c.terminate()
	}
}

// command returns one of the shell's commands.
func (sh *shell) command(id string) (*command, *fault) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if c := sh.commands[strings.ToUpper(id)]; c != nil {
		return c, nil
	}
	return nil, faultNoCommand(id)
}

// chosenID is the id a client proposes (MS-WSMV 2.2.4.7, protocol 2.2), or a
// new one when it proposes none, none that is a UUID, or one in use.
func chosenID(proposed string, used func(string) bool) string {
	id := strings.ToUpper(strings.TrimPrefix(strings.TrimSpace(proposed), "uuid:"))
	if !uuidText.MatchString(id) || used(id) {
		return newUUID()
	}
	return id
}

var uuidText = regexp.MustCompile(`^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$`)

// start runs a program in the shell; id is the client's proposal.
func (sh *shell) start(id string, p *Process) (*command, *fault) {
	s := sh.srv
	switch {
	case len(p.CommandLine) > maxCreateProcess:
		return nil, faultTooLong()
	case !p.ViaCmd && !s.o.Exists(p):
		return nil, faultNoProgram()
	}
	c := newCommand(sh.ctx)
	c.console = !p.PipeStdin
	p.Env, p.Dir, p.User = sh.env, sh.dir, sh.owner
	p.Stdin = inReader{c}
	p.Stdout = &outWriter{c, "stdout", s.o.OutputBuffer}
	p.Stderr = &outWriter{c, "stderr", s.o.OutputBuffer}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	switch {
	case sh.closed:
		return nil, faultNoShell(sh.id)
	case len(sh.commands) >= s.o.MaxCommandsPerShell:
		return nil, faultQuota(2150859241, "commands", s.o.MaxCommandsPerShell)
	}
	if !s.track(sh.owner) {
		return nil, faultAborted()
	}
	c.id = chosenID(id, func(id string) bool { return sh.commands[id] != nil })
	sh.commands[c.id] = c
	go func() {
		defer s.running.Done()
		defer c.cancel()
		code := 1
		if p.ViaCmd && len(p.CommandLine) > maxCmdLine {
			_, _ = p.Stderr.Write([]byte("The command line is too long.\r\n"))
		} else {
			code = s.o.Host.Run(c.ctx, p)
		}
		c.exit(code)
	}()
	return c, nil
}

// Lengths of a command line: CreateProcess's limit and cmd.exe's.
const (
	maxCreateProcess = 32767
	maxCmdLine       = 8191
)

// forget removes a command after Signal terminate.
func (sh *shell) forget(c *command) {
	sh.mu.Lock()
	_, open := sh.commands[c.id]
	delete(sh.commands, c.id)
	sh.mu.Unlock()
	if open {
		sh.srv.leave(sh.owner, 1)
	}
	c.terminate()
}

// write adds the rsp:Shell element that Create, Get and Enumerate answer with.
func (sh *shell) write(w *writer) {
	now := sh.srv.o.Now()
	sh.mu.Lock()
	inactive := now.Sub(sh.lastUsed)
	if sh.busy > 0 {
		inactive = 0
	}
	sh.mu.Unlock()
	w.raw(`<rsp:Shell xmlns:rsp="`, nsRSP, `">`).
		element("rsp:ShellId", sh.id).
		element("rsp:Name", sh.name).
		element("rsp:ResourceUri", shellURI).
		element("rsp:Owner", sh.owner).
		element("rsp:ClientIP", sh.clientIP).
		element("rsp:WorkingDirectory", sh.dir).
		element("rsp:IdleTimeOut", seconds(sh.idle)).
		element("rsp:InputStreams", sh.in).
		element("rsp:OutputStreams", sh.out).
		element("rsp:ShellRunTime", elapsed(now.Sub(sh.created))).
		element("rsp:ShellInactivity", elapsed(inactive)).
		raw(`</rsp:Shell>`)
}

func (sh *shell) info() ShellInfo {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return ShellInfo{ID: sh.id, Name: sh.name, Owner: sh.owner, ClientIP: sh.clientIP,
		Created: sh.created, LastUsed: sh.lastUsed, IdleTimeOut: sh.idle, Commands: len(sh.commands)}
}
