package remoting

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	echoes      = 200       // requests of the probe for growth
	echoBytes   = 256 << 10 // of the probe for split output
	quickEcho   = 250 * time.Millisecond
	maxGrowth   = 32 << 20 // bytes
	signalCtrlC = shellURI + "/signal/ctrl_c"
	probeLimit  = 2 * time.Minute // of each probe, whatever happens
)

// probe tries what could not be verified without a real Windows (reference: what is
// marked as not verified in the comments of this package and its scripts). What it
// finds is for reports: it changes nothing of what is done.
func (n *nodeCheck) probe(ctx context.Context) {
	var idle sync.WaitGroup // it takes longest, and only waits
	defer idle.Wait()
	if n.o.Idle > 0 {
		idle.Go(func() { n.probeOne(ctx, n.o.Idle*2+probeLimit, n.probeIdle) })
	}
	for _, p := range []func(context.Context) []cluster.CheckProbe{
		n.probeLoop, n.probeShell, n.probePlain, n.probeWQL, n.probeCtrlC, n.probePoints,
	} {
		if ctx.Err() != nil {
			return
		}
		n.probeOne(ctx, probeLimit, p)
	}
}

// probeOne runs one probe and writes down what it found.
func (n *nodeCheck) probeOne(ctx context.Context, limit time.Duration, p func(context.Context) []cluster.CheckProbe) {
	found := func() (found []cluster.CheckProbe) {
		defer func() {
			if r := recover(); r != nil { // whatever a node sends must not end the program
				n.log.Error("probing panicked", "err", r)
			}
		}()
		one, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return p(one)
	}()
	n.changeNode(func(r *cluster.NodeCheck) { r.Unverified = append(r.Unverified, found...) })
}

// probeIdle gives two shells a short IdleTimeOut. One has a Receive outstanding all
// the time, the other is left alone.
func (n *nodeCheck) probeIdle(ctx context.Context) []cluster.CheckProbe {
	const (
		busy, busyWant = "IdleTimeOut while a Receive is outstanding", "the shell stays"
		left, leftWant = "IdleTimeOut of a shell nobody asks", "the shell is gone"
	)
	l, err := n.lane()
	if err != nil {
		return nil
	}
	defer l.drop()
	fail := func(err error) []cluster.CheckProbe { return []cluster.CheckProbe{n.notProbed(busy, busyWant, err)} }
	open := func() (string, error) {
		m := createShell(n.node.URL, checkShell)
		m.body = []byte(strings.Replace(string(m.body), shellIdle, fmt.Sprintf("PT%.3fS", n.o.Idle.Seconds()), 1))
		r, err := l.post(ctx, m)
		if err == nil && r.shellID == "" {
			err = fmt.Errorf("no shell id: %w", errBadAnswer)
		}
		if err != nil {
			return "", err
		}
		return r.shellID, nil
	}
	asked, err := open()
	if err != nil {
		return fail(err)
	}
	defer n.deleteShell(l, asked)
	alone, err := open()
	if err != nil {
		return fail(err)
	}
	defer n.deleteShell(l, alone)
	r, err := l.post(ctx, startCommand(n.node.URL, asked, "ping.exe -n 600 127.0.0.1 >nul"))
	if err != nil {
		return fail(err)
	}
	receive := receiveOutput(n.node.URL, asked, r.commandID)
	wait, cancel := context.WithTimeout(ctx, n.o.Idle*5/4)
	defer cancel()
	var gone error
	for gone == nil && wait.Err() == nil {
		_, err := l.post(wait, receive)
		var f *fault
		if err != nil && wait.Err() == nil && !(errors.As(err, &f) && f.Code == faultTimedOut) {
			gone = err
		}
	}
	if ctx.Err() != nil {
		return fail(ctxError(ctx))
	}
	after := fmt.Sprintf("after %s: ", n.o.Idle*5/4)
	said := func(err error) string {
		if err == nil {
			return after + "it is there"
		}
		_, detail := classify(err, n.node, "probe")
		return after + detail
	}
	if gone == nil { // it may have ended as the last Receive was given up
		_, gone = l.post(ctx, sendInput(n.node.URL, asked, r.commandID, "", false))
	}
	_, lost := l.post(ctx, startCommand(n.node.URL, alone, "ver"))
	return []cluster.CheckProbe{probed(busy, busyWant, said(gone), gone == nil), probed(left, leftWant, said(lost), isGone(lost))}
}

func isGone(err error) bool {
	var f *fault
	return errors.As(err, &f) && f.Code == faultShellGone
}

func probed(what, expected, found string, ok bool) cluster.CheckProbe {
	return cluster.CheckProbe{Name: what, Expected: expected, Found: clean(found, textLen), OK: ok}
}

// notProbed is a probe that came to nothing.
func (n *nodeCheck) notProbed(what, expected string, err error) cluster.CheckProbe {
	_, detail := classify(err, n.node, "probe")
	return probed(what, expected, "Not answered: "+detail, false)
}

func (n *nodeCheck) echo(ctx context.Context, size int) (scripts.Echoed, time.Duration, error) {
	args, _ := json.Marshal(scripts.EchoArgs{Bytes: size}) // a number does not fail
	a, err := n.peer.ask(ctx, scripts.Echo, args)
	if err != nil {
		return scripts.Echoed{}, 0, err
	}
	e, err := decode[scripts.Echoed](a)
	return e, a.received.Sub(a.sent), err
}

// probeLoop measures the warm session.
func (n *nodeCheck) probeLoop(ctx context.Context) []cluster.CheckProbe {
	const (
		atOnce, atOnceWant = "lines through the pipe", "each line reaches PowerShell at once, and Receive returns within milliseconds of a Flush: a question in a warm session takes less than 250 ms beside the way there and back"
		split, splitWant   = "output cut anywhere", "an answer of 256 KB arrives whole"
		growth, growWant   = "working set", "powershell.exe grows by less than 32 MB in 200 requests"
	)
	if mode, _ := n.mode(); mode != cluster.ModeLoop {
		return []cluster.CheckProbe{probed(atOnce, atOnceWant, "There is no loop on this node.", false)}
	}
	first, _, err := n.echo(ctx, 0) // the text of the script travels with it
	if err != nil {
		return []cluster.CheckProbe{n.notProbed(atOnce, atOnceWant, err)}
	}
	var took []time.Duration
	last := first
	for range echoes {
		e, t, err := n.echo(ctx, 0)
		if err != nil {
			return []cluster.CheckProbe{n.notProbed(atOnce, atOnceWant, err)}
		}
		took, last = append(took, t), e
	}
	slices.Sort(took)
	median, slowest := took[len(took)/2], took[len(took)-1]
	grown := last.Memory - first.Memory
	out := []cluster.CheckProbe{
		probed(atOnce, atOnceWant, fmt.Sprintf("%d questions: median %d ms, slowest %d ms", len(took), median.Milliseconds(), slowest.Milliseconds()), median < quickEcho),
		probed(growth, growWant, fmt.Sprintf("from %d KB to %d KB", first.Memory>>10, last.Memory>>10), grown < maxGrowth && first.Id == last.Id),
	}
	big, t, err := n.echo(ctx, echoBytes)
	if err != nil {
		return append(out, n.notProbed(split, splitWant, err))
	}
	return append(out, probed(split, splitWant, fmt.Sprintf("%d characters in %d ms", len(big.Text), t.Milliseconds()), big.Text == scripts.EchoText(echoBytes)))
}

// probeShell opens a shell of its own and looks at how Windows describes it.
func (n *nodeCheck) probeShell(ctx context.Context) []cluster.CheckProbe {
	const (
		idle, idleWant = "IdleTimeOut", "the answer to Create repeats " + shellIdle
		list, listWant = "names of shells", "Enumerate lists our shell with its name"
	)
	l, err := n.lane()
	if err != nil {
		return nil
	}
	defer l.drop()
	created := createShell(n.node.URL, checkShell)
	body, err := l.once(ctx, created.body)
	if err != nil {
		return []cluster.CheckProbe{n.notProbed(idle, idleWant, err)}
	}
	r, err := parseReply(body)
	if err == nil && r.fault != nil {
		err = r.fault
	}
	if err == nil && r.shellID == "" {
		err = fmt.Errorf("no shell id: %w", errBadAnswer)
	}
	if err != nil {
		return []cluster.CheckProbe{n.notProbed(idle, idleWant, err)}
	}
	defer n.deleteShell(l, r.shellID)
	said := textsOf(body, "IdleTimeOut")
	out := []cluster.CheckProbe{probed(idle, idleWant, "it says: "+strings.Join(said, ", "), slices.ContainsFunc(said, isShellIdle))}

	body, err = l.once(ctx, enumerate(n.node.URL, shellURI, ""))
	if err != nil {
		return append(out, n.notProbed(list, listWant, err))
	}
	ids, names := textsOf(body, "ShellId"), textsOf(body, "Name")
	listed := slices.ContainsFunc(ids, func(id string) bool { return strings.EqualFold(id, r.shellID) })
	named := slices.Contains(names, checkShell)
	return append(out, probed(list, listWant, fmt.Sprintf("%d shells, ours among them: %t, with its name: %t%s", len(ids), listed, named, faultIn(body)), listed && named))
}

// isShellIdle compares durations, not their spelling: Windows writes PT180.000S.
func isShellIdle(s string) bool {
	var a, b float64
	_, errA := fmt.Sscanf(s, "PT%fS", &a)
	_, errB := fmt.Sscanf(shellIdle, "PT%fS", &b)
	return errA == nil && errB == nil && a == b
}

// probeCtrlC starts something that takes long, in pipe mode, and interrupts it. That it
// has no effect there is what others saw (MetricsHub/winrm-java, PR 144).
func (n *nodeCheck) probeCtrlC(ctx context.Context) []cluster.CheckProbe {
	const what, want = "ctrl_c in pipe mode", "it has no effect, so programs are ended by terminate"
	limit := n.o.Step / 5
	l, err := n.lane()
	if err != nil {
		return nil
	}
	defer l.drop()
	fail := func(err error) []cluster.CheckProbe { return []cluster.CheckProbe{n.notProbed(what, want, err)} }
	r, err := l.post(ctx, createShell(n.node.URL, checkShell))
	if err != nil {
		return fail(err)
	}
	shell := r.shellID
	defer n.deleteShell(l, shell)
	r, err = l.post(ctx, startCommand(n.node.URL, shell, "ping.exe -n 60 127.0.0.1"))
	if err != nil {
		return fail(err)
	}
	command := r.commandID
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if _, err := l.post(end, terminate(n.node.URL, shell, command)); err != nil {
			n.log.Debug("terminate", "err", err)
		}
	}()
	kill := terminate(n.node.URL, shell, command)
	kill.body = []byte(strings.Replace(string(kill.body), signalKill, signalCtrlC, 1))
	start := n.o.Now()
	if _, err := l.post(ctx, kill); err != nil {
		return fail(err)
	}
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for range 1000 {
		r, err := l.post(wait, receiveOutput(n.node.URL, shell, command))
		switch {
		case err != nil && wait.Err() != nil && ctx.Err() == nil:
			return []cluster.CheckProbe{probed(what, want, fmt.Sprintf("the program still runs after %s", limit), true)}
		case err != nil:
			return fail(err)
		case r.state == stateDone:
			return []cluster.CheckProbe{probed(what, want, fmt.Sprintf("it ended after %d ms with code %d", n.o.Now().Sub(start).Milliseconds(), r.exitCode), false)}
		}
	}
	return fail(fmt.Errorf("it never ends: %w", errBadAnswer))
}

// points are those of probe.ps1, and what we expect of them.
var points = []struct{ name, what, want string }{
	{"fault-domain-parent", "parents of fault domains", "MSCluster_FaultDomain.GetParent takes Flags and returns the parent"},
	{"quorum-association", "keys of MSCluster_ClusterToQuorumResource", "PartComponent holds the Id or Name of the resource"},
	{"volume-association", "keys of MSCluster_ClusterSharedVolumeToResource", "GroupComponent holds the Name of the volume, PartComponent the Id or Name of the resource"},
	{"drive-association", "keys of MSFT_StorageNodeToPhysicalDisk", "they hold PD:{id} of the drive and SN:name of the node"},
	{"adapter-properties", "properties of MSFT_NetAdapter", "those that inventory.ps1 reads"},
	{"job-properties", "properties of MSFT_StorageJob", "those that storage.ps1 reads"},
	{"node-properties", "properties of MSCluster_Node", "those that state.ps1 reads"},
	{"cluster-properties", "properties of MSCluster_Cluster", "those that state.ps1 reads"},
	{"listener-key", "WinRM's listeners in the registry", "the key WSMAN\\Listener has one below it for HTTPS, with certThumbprint"},
}

func (n *nodeCheck) probePoints(ctx context.Context) []cluster.CheckProbe {
	a, err := n.peer.ask(ctx, scripts.Probe, noArgs)
	var answer scripts.Probes
	if err == nil {
		answer, err = decode[scripts.Probes](a)
	}
	var out []cluster.CheckProbe
	for _, p := range points {
		if err != nil {
			out = append(out, n.notProbed(p.what, p.want, err))
			continue
		}
		found := probed(p.what, p.want, "the node did not say", false)
		for _, got := range answer.Points {
			if got.Name == p.name {
				state, text := clean(got.State, 40), clean(got.Found, nameLen)
				found = probed(p.what, p.want, state+": "+text, state == "ok")
			}
		}
		out = append(out, found)
	}
	return out
}
