package simulator

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// host runs the programs of one node's shells. It knows powershell.exe and a
// little of cmd.exe; what it does not know fails as on Windows.
type host struct {
	sim     *Simulator
	cluster *simCluster
	node    *simNode

	base     *host  // the node's own host when this one is an account's
	shell    string // what is wrong with PowerShell in this process
	account  string // DOMAIN\user whose programs run; "" is the machine itself
	diskOnce sync.Once
	disk     *files
}

// files is the node's disk.
func (h *host) files() *files {
	if h.base != nil {
		return h.base.files()
	}
	h.diskOnce.Do(func() { h.disk = &files{now: h.time} })
	return h.disk
}

// exists says whether Windows would find the program without cmd.exe.
func (h *host) exists(p *wsman.Process) bool {
	switch program(p.CommandLine) {
	case "powershell":
		return h.shellNow() != shellMissing
	case "cmd", "hostname", "whoami", "ipconfig", "certutil", "find", "findstr", "ping", "timeout", "chcp", "more":
		return true
	}
	return false
}

// program is the name of a command line's program: no folder, no extension.
func program(line string) string {
	word, _ := splitCommand(line)
	word = strings.ToLower(word[strings.LastIndexAny(word, `\/`)+1:])
	return strings.TrimSuffix(word, ".exe")
}

// Run starts a program, or cmd.exe with the line when it is to interpret it.
func (h *host) Run(ctx context.Context, p *wsman.Process) int {
	if p.User != "" {
		h = h.as(p.User)
	}
	if p.ViaCmd {
		return h.cmd(ctx, p, p.CommandLine)
	}
	_, rest := splitCommand(p.CommandLine)
	switch program(p.CommandLine) {
	case "powershell":
		if !wait(ctx, h.sim.opts.Cost.ProcessStart) {
			return terminated
		}
		return h.powershell(ctx, p, rest)
	case "cmd":
		return h.cmd(ctx, p, cmdArgument(rest))
	}
	return h.cmd(ctx, p, p.CommandLine)
}

type depthKey struct{}

// nested counts how deep programs start programs, which a file that runs itself
// would do for ever.
func nested(ctx context.Context) (context.Context, bool) {
	depth, _ := ctx.Value(depthKey{}).(int)
	return context.WithValue(ctx, depthKey{}, depth+1), depth < 16
}

// terminated is the exit code of a process that was killed (STATUS_CONTROL_C_EXIT).
const terminated = -1073741510

// splitCommand takes the first word, quoted or not, off a command line.
func splitCommand(line string) (first, rest string) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, `"`) {
		if end := strings.Index(line[1:], `"`); end >= 0 {
			return line[1 : end+1], strings.TrimSpace(line[end+2:])
		}
	}
	first, rest, _ = strings.Cut(line, " ")
	return first, strings.TrimSpace(rest)
}

// wait sleeps unless ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// psError is a terminating PowerShell error.
type psError struct {
	message, kind, id, category string
	hresult                     int32
	line                        string // the script line it is blamed on
}

const (
	cimException     = "Microsoft.Management.Infrastructure.CimException"
	commandNotFound  = "System.Management.Automation.CommandNotFoundException"
	runtimeException = "System.Management.Automation.RuntimeException"
)

// answer runs one of the questions and returns its JSON object.
func (h *host) answer(s scripts.Script, args json.RawMessage) ([]byte, *psError) {
	if s == scripts.Commands {
		return h.commandNames(), nil
	}
	c := h.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance(h.sim.opts.Now())
	if err := h.scriptError(s); err != nil {
		return nil, err
	}
	var v any
	switch s {
	case scripts.State:
		v = c.answerState(h.node)
	case scripts.Storage:
		state := c.answerStorage(h.node)
		h.deniedStorage(&state)
		v = state
	case scripts.Inventory:
		for _, e := range h.sim.nodes {
			if e.node == h.node {
				inventory := c.answerInventory(h.node, e.shown())
				inventory.PSVersion = h.psVersion()
				h.deniedInventory(&inventory)
				v = inventory
			}
		}
	case scripts.Check:
		v = h.answerCheck()
	case scripts.Probe:
		v = h.answerProbe()
	case scripts.Echo:
		var a scripts.EchoArgs
		if fail := arguments(args, &a); fail != nil {
			return nil, fail
		}
		v = h.answerEcho(a.Bytes)
	default:
		var a scripts.VitalsArgs
		if fail := arguments(args, &a); fail != nil {
			return nil, fail
		}
		vitals := c.answerVitals(h.node, a.Services)
		h.deniedVitals(&vitals)
		v = vitals
	}
	return h.pad(v), nil
}

func arguments(args json.RawMessage, into any) *psError {
	if len(args) == 0 || json.Unmarshal(args, into) == nil {
		return nil
	}
	return &psError{message: "Cannot process argument transformation.", kind: "System.Management.Automation.ParameterBindingArgumentTransformationException", id: "ParameterArgumentTransformationError"}
}

// scriptError is why a question fails as a whole; the cluster's lock is held. Of
// the storage namespace state.ps1's like is told in Denied instead.
func (h *host) scriptError(s scripts.Script) *psError {
	if fail := h.refuses(s.Text); fail != nil {
		return fail
	}
	switch {
	case s == scripts.State:
		return h.cimError(nsCluster)
	case s == scripts.Storage && !h.may(RightStorage):
		return nil
	case s == scripts.Storage:
		return h.cimError(nsStorage)
	case s == scripts.Check, s == scripts.Probe, s == scripts.Echo:
		return nil
	}
	return h.cimError("")
}

// memberError is why a node cannot answer for the cluster. With the cluster
// service stopped the provider finds no endpoint of it; out of the membership
// the service refuses.
func (c *simCluster) memberError(n *simNode) *psError {
	failed := func(message string, code uint16) *psError {
		return &psError{message: message, kind: cimException, line: "Get-CimInstance",
			id: "HRESULT 0x8007" + hex4(code) + ",Microsoft.Management.Infrastructure.CimCmdlets.GetCimInstanceCommand", hresult: int32(uint32(0x80070000) | uint32(code))}
	}
	switch {
	case c.serviceState(n, "ClusSvc") != "Running" || !c.quorate:
		return failed("There are no more endpoints available from the endpoint mapper. ", 0x06d9)
	case !n.active():
		return failed("The cluster node is not ready to perform the requested operation. ", 0x13d0)
	}
	return nil
}

func hex4(v uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

// pad encodes an answer and lengthens it to Cost.PadAnswer with a property that
// no reader asks for.
func (h *host) pad(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // our own structs of strings and numbers
	}
	if missing := h.sim.opts.Cost.PadAnswer - len(b); missing > 12 {
		filler := make([]byte, 0, missing)
		for i := uint64(0); len(filler) < missing-10; i++ { // hex digits: compresses like names and numbers do
			filler = append(filler, hex4(uint16(mix(i)))...)
		}
		b = append(b[:len(b)-1], `,"Pad":"`...)
		b = append(append(b, filler[:missing-10]...), `"}`...)
	}
	return b
}
