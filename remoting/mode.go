package remoting

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"looksalive/cluster"
)

const (
	// How long a node where the loop did not start is asked without trying it again:
	// where it was refused, and where it just did not come in time.
	refusedPause = 4 * time.Hour
	slowPause    = 10 * time.Minute

	// So many requests are made of one session before it is replaced by a fresh one.
	// WinRM keeps something for each program (MaxConcurrentCommandsPerShell is 1,000).
	maxLoopRequests    = 20000
	maxProcessRequests = 500
)

// noStart is that a shell was opened and PowerShell did not start in it as it should.
type noStart struct {
	error
	sure bool // it was refused; else it may only be slow
}

func (e *noStart) Unwrap() error { return e.error }

// why is for people who will see that each question has a process of its own.
func (e *noStart) why() string {
	const so = " Each question starts a powershell.exe of its own."
	var (
		end *ended
		f   *fault
	)
	switch {
	case errors.As(e.error, &end) && end.text != "":
		return fmt.Sprintf("The loop ended at once: %s.", clean(strings.TrimRight(end.text, ". "), 300)) + so
	case errors.As(e.error, &end):
		return fmt.Sprintf("The loop ended at once with exit code %d, perhaps because -EncodedCommand is blocked.", end.code) + so
	case errors.As(e.error, &f):
		return fmt.Sprintf("WinRM did not start the loop (code %d), perhaps because -EncodedCommand is blocked.", f.Code) + so
	default:
		return "The loop did not start in time." + so
	}
}

// ended is a powershell.exe that ended without having answered.
type ended struct {
	code  int
	text  string // what it wrote to standard error
	early bool   // before it could answer anything
}

func (e *ended) Unwrap() error { return errEnded }

func (e *ended) Error() string {
	s := fmt.Sprintf("%v (exit code %d)", errEnded, e.code)
	if e.text != "" {
		s += ": " + e.text
	}
	return s
}

// classifyEnded says what the end of powershell.exe means for people.
func classifyEnded(err error) (cluster.Reach, string) {
	var e *ended
	if !errors.As(err, &e) || !e.early {
		return cluster.ReachReset, "PowerShell on the node ended by itself."
	}
	if e.text != "" {
		return cluster.ReachScriptFailed, "PowerShell on the node ended before it answered: " + clean(strings.TrimRight(e.text, ". "), 300) + "."
	}
	return cluster.ReachScriptFailed, fmt.Sprintf("PowerShell on the node ended before it answered, with exit code %d.", e.code)
}

// learned is what is known of a node's PowerShell from an earlier session.
type learned struct {
	why   string // the loop does not start; "" if it may
	until time.Time
}

// withoutLoop says why the loop is not tried now, "" if it is.
func (p *peer) withoutLoop() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mode.why != "" && p.client.opts.Now().Before(p.mode.until) {
		return p.mode.why
	}
	return ""
}

func (p *peer) rememberMode(why string, sure bool) {
	pause := slowPause
	if sure {
		pause = refusedPause
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = learned{why, p.client.opts.Now().Add(pause)}
	p.log.Info("no loop on this node: a process for each question", "err", why, "until", p.mode.until)
}

func (p *peer) forgetMode() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mode = learned{}
}
