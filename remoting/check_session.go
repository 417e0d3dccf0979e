package remoting

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// checkShell is the name of the shells the check opens for itself. It is none of those
// that a watching client looks for.
const checkShell = "LooksAlive check"

// versionCommand makes PowerShell say its version and language mode, in a way that no
// policy forbids and cmd.exe leaves alone.
const versionCommand = `powershell.exe -NoLogo -NoProfile -NonInteractive -Command "'LooksAlive ' + $PSVersionTable.PSVersion + ' ' + $ExecutionContext.SessionState.LanguageMode"`

// identityKey tells identities apart.
type identityKey struct {
	auth cluster.Auth
	as   cluster.Identity
}

// gate sees to it that a secret is tried by one node at a time until one accepts it,
// and by none after one rejected it. A check is somebody who may have mistyped: it
// is stricter than watching, and also about accounts of the nodes themselves, whose
// passwords are the same on all of them as far as we were told.
type gate struct {
	turn chan struct{} // a token

	mu    sync.Mutex
	right bool
	wrong string // the node that rejected it
}

func (c *checker) gateOf(n Node) *gate {
	k := identityKey{n.Auth, n.Identity}
	k.as.User = strings.ToLower(k.as.User)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gates[k] == nil {
		c.gates[k] = &gate{turn: make(chan struct{}, 1)}
	}
	return c.gates[k]
}

// enter waits until the secret may be tried; by is the node that rejected it.
func (g *gate) enter(ctx context.Context) (leave func(error), by string, err error) {
	look := func() (bool, string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.right, g.wrong
	}
	if right, wrong := look(); right || wrong != "" {
		return func(error) {}, wrong, nil
	}
	select {
	case g.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, "", fmt.Errorf("%w while the account was tried on another node", ctxError(ctx))
	}
	if right, wrong := look(); right || wrong != "" {
		<-g.turn
		return func(error) {}, wrong, nil
	}
	return func(error) { <-g.turn }, "", nil
}

func (g *gate) settle(node string, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case errors.Is(err, errPassword):
		g.wrong, g.right = node, false
	case err == nil && g.wrong == "":
		g.right = true
	}
}

// sessionSteps are those that need the account. why says, if it is not "", why steps
// that were not tried were not, other than because the one before failed.
func (n *nodeCheck) sessionSteps(ctx context.Context) (why string) {
	l, err := newLane(n.node, n.peer.credential, n.client.opts.Limits.Body)
	if err != nil {
		n.set(cluster.StepSignIn, n.classified(err), 0)
		return ""
	}
	defer l.drop()
	n.fact("account", n.node.User)
	var held string
	ok := n.try(ctx, cluster.StepSignIn, n.o.Step+n.o.Limits.Open, func(ctx context.Context) outcome {
		o := outcome{}
		o, held = n.trySignIn(ctx, l)
		return o
	})
	if held != "" {
		return held
	}
	if !ok {
		return ""
	}
	shell := ""
	defer func() {
		if shell != "" {
			n.deleteShell(l, shell)
		}
	}()
	ok = n.try(ctx, cluster.StepShell, n.o.Step, func(ctx context.Context) outcome {
		var o outcome
		o, shell = n.tryShell(ctx, l)
		return o
	}) && n.try(ctx, cluster.StepPowerShell, n.o.Limits.Open, func(ctx context.Context) outcome { return n.tryPowerShell(ctx, l, shell) })
	if !ok {
		return ""
	}
	n.deleteShell(l, shell)
	shell = ""
	var access scripts.NodeAccess
	if n.try(ctx, cluster.StepLoop, n.o.Limits.Open+n.o.Question, func(ctx context.Context) outcome {
		var o outcome
		o, access = n.tryLoop(ctx)
		return o
	}) {
		n.accessSteps(ctx, access)
	}
	return ""
}

// trySignIn makes exactly one attempt. held says that the steps after it were not
// tried for the sake of the account.
func (n *nodeCheck) trySignIn(ctx context.Context, l *lane) (o outcome, held string) {
	answer, held, err := n.signIn(ctx, l)
	switch {
	case held != "":
		return skipped(held), held
	case err != nil:
		return signInOutcome(err, n.node), ""
	}
	n.factOfIdentify("Windows", answer)
	way := map[cluster.Auth]string{cluster.AuthNTLM: "NTLM", cluster.AuthKerberos: "Kerberos", cluster.AuthCertificate: "a client certificate", cluster.AuthBasic: "Basic"}[n.node.Auth]
	as := ""
	if n.node.User != "" {
		as = " as " + clean(n.node.User, 100)
	}
	detail := "Signed in" + as + " by " + way
	if l.conn != nil && l.conn.seal != nil {
		detail += ", every message is sealed"
	}
	return good(detail + "."), ""
}

// signIn makes one attempt, unless another node rejected the same account: held says so.
// The answer is to Identify.
func (n *nodeCheck) signIn(ctx context.Context, l *lane) (answer []byte, held string, err error) {
	g := n.gateOf(n.node)
	leave, by, err := g.enter(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { leave(err) }()
	if by != "" {
		return nil, clean(by, nameLen) + " rejected this user name or password. So that the account is not locked, it is not tried here.", nil
	}
	step, cancel := context.WithTimeout(ctx, n.o.Step)
	defer cancel()
	if l.eachRequest() {
		answer, err = l.once(step, []byte(identifyBody)) // the first request signs in
	} else {
		if l.conn, err = l.connect(step); err == nil {
			err = l.signIn(step)
		}
		if err == nil {
			// That it signed in is known; who answers is a fact more.
			answer, _ = l.once(step, []byte(identifyBody))
		} else {
			l.drop()
		}
	}
	if step.Err() != nil && err != nil {
		err = ctxError(step)
	}
	g.settle(n.def.Name, err)
	return answer, "", err
}

// signInOutcome says why a node did not let us in.
func signInOutcome(err error, node Node) outcome {
	_, detail := classify(err, node, "")
	switch {
	case errors.Is(err, errPassword) && node.Auth == cluster.AuthCertificate:
		return failed("The node rejected the client certificate: it is not mapped to an account, its authority is not trusted there, or WinRM does not offer certificates.",
			cluster.Step{Text: "On the node: let WinRM accept certificates.", Command: `Set-Item -Path WSMan:\localhost\Service\Auth\Certificate -Value $true`},
			cluster.Step{Text: "On the node: see which certificates are mapped to which accounts.", Command: `Get-ChildItem WSMan:\localhost\ClientCertificate`})
	case errors.Is(err, errPassword) && node.Auth == cluster.AuthKerberos:
		return failed(detail+" It was tried once.", fixKerberos(err, node)...)
	case errors.Is(err, errPassword):
		return failed(detail+" It does not say why: a wrong password, an account that is locked, disabled or expired, or one that may not sign in over the network. It was tried once.", fixSignIn(node.User)...)
	case errors.Is(err, errForbidden):
		return failed(detail, fixShell(node.User)...)
	case errors.Is(err, errNoBasic):
		return failed(detail, fixAuth("Basic")...)
	case errors.Is(err, errNoNegotiate):
		return failed(detail, fixAuth("Negotiate")...)
	case node.Auth == cluster.AuthKerberos:
		return failed(detail, fixKerberos(err, node)...)
	default:
		return failed(detail)
	}
}

func (n *nodeCheck) tryShell(ctx context.Context, l *lane) (outcome, string) {
	r, err := l.post(ctx, createShell(n.node.URL, checkShell))
	if err == nil && r.shellID == "" {
		err = fmt.Errorf("no shell id: %w", errBadAnswer)
	}
	if err != nil {
		return shellOutcome(err, n.node), ""
	}
	return good("The account may open a remote shell."), r.shellID
}

// shellOutcome says why there is no shell.
func shellOutcome(err error, node Node) outcome {
	_, detail := classify(err, node, "")
	var f *fault
	switch {
	case errors.As(err, &f) && (f.Code == faultDenied || f.Subcode == "AccessDenied"), errors.Is(err, errForbidden):
		return failed("The account signed in, but may not open a remote shell. It must be an administrator of the node, or a member of Remote Management Users that has Read and Execute on WinRM.", fixShell(node.User)...)
	case errors.As(err, &f) && (f.Code == faultQuota || f.Code == faultOperations):
		return failed(detail, fixQuota()...)
	case errors.As(err, &f):
		return failed(detail, fixShell(node.User)[3])
	}
	return failed(detail)
}

func (n *nodeCheck) tryPowerShell(ctx context.Context, l *lane, shell string) outcome {
	text, err := n.runProgram(ctx, l, shell, versionCommand)
	if err != nil {
		return n.classified(err)
	}
	return n.powerShellOutcome(text)
}

// powerShellOutcome reads what versionCommand said.
func (n *nodeCheck) powerShellOutcome(text string) outcome {
	_, said, found := strings.Cut(text, "LooksAlive ")
	version, mode, _ := strings.Cut(clean(said, 80), " ")
	mode, _, _ = strings.Cut(mode, " ")
	if !found || version == "" {
		if text = clean(text, 200); text == "" {
			text = "nothing"
		}
		return failed("PowerShell did not tell its version. What came instead: "+text,
			cluster.Step{Text: "On the node, as this account: see what happens.", Command: versionCommand})
	}
	n.fact("PowerShell", version)
	n.fact("language mode", mode)
	if !atLeast51(version) {
		return failed("PowerShell "+version+" is too old: Windows PowerShell 5.1 is needed.", cluster.Step{Text: "Install Windows Management Framework 5.1; Windows Server 2016 and later have it."})
	}
	return good("Windows PowerShell " + version + ", " + mode + ".")
}

func atLeast51(version string) bool {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, err := strconv.Atoi(major)
	b, _ := strconv.Atoi(minor) // none is 0
	return err == nil && (a > 5 || a == 5 && b >= 1)
}

// runProgram runs one program in a shell, with nothing on standard input, and returns what
// it wrote, at most 64 KB of it.
func (n *nodeCheck) runProgram(ctx context.Context, l *lane, shell, line string) (string, error) {
	r, err := l.post(ctx, startCommand(n.node.URL, shell, line))
	if err == nil && r.commandID == "" {
		err = fmt.Errorf("no command id: %w", errBadAnswer)
	}
	if err != nil {
		return "", err
	}
	id := r.commandID
	// PowerShell may wait for the end of its input; if it has ended already, the answer
	// is a fault (232, the pipe is being closed), and what it said is there all the same.
	if _, err := l.post(ctx, sendInput(n.node.URL, shell, id, "", true)); err != nil && !errors.As(err, new(*fault)) {
		return "", err
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if _, err := l.post(end, terminate(n.node.URL, shell, id)); err != nil {
			n.log.Debug("terminate", "err", err)
		}
	}()
	var out strings.Builder
	for range 1000 {
		r, err := l.post(ctx, receiveOutput(n.node.URL, shell, id))
		var f *fault
		if errors.As(err, &f) && f.Code == faultTimedOut {
			continue
		}
		if err != nil {
			return "", err
		}
		for _, s := range r.streams {
			if out.Len() < 64<<10 {
				out.Write(s.data)
			}
		}
		if r.state == stateDone {
			return out.String(), nil
		}
	}
	return "", fmt.Errorf("it never ends: %w", errBadAnswer)
}

// deleteShell leaves nothing behind.
func (n *nodeCheck) deleteShell(l *lane, shell string) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if _, err := l.post(ctx, deleteShell(n.node.URL, shell)); err != nil {
		n.log.Debug("delete shell", "err", err)
	}
}

// tryLoop opens a real session and asks what the account may read. How the session
// came about says whether there is a loop.
func (n *nodeCheck) tryLoop(ctx context.Context) (outcome, scripts.NodeAccess) {
	access, a, err := n.askAccess(ctx)
	if err != nil {
		return n.classified(err), access
	}
	n.skew(access.UtcNow, a)
	mode, why := n.mode()
	n.changeNode(func(r *cluster.NodeCheck) { r.Mode = mode })
	if mode == cluster.ModeProcess {
		return partial("There is no loop here: "+why+" A new powershell.exe answers each question, which is slower, so it is asked less often.",
			cluster.Step{Text: "On the node: see the language mode of this account (FullLanguage is needed) and what AppLocker or App Control forbids.", Command: "$ExecutionContext.SessionState.LanguageMode"},
			cluster.Step{Text: "On the node: see what AppLocker blocked.", Command: "Get-WinEvent -LogName 'Microsoft-Windows-AppLocker/MSI and Script' -MaxEvents 20 | Format-List TimeCreated, Message"}), access
	}
	return good("One powershell.exe answers all questions."), access
}

// askAccess asks check.ps1 in a session, which it opens if there is none.
func (n *nodeCheck) askAccess(ctx context.Context) (access scripts.NodeAccess, a answer, err error) {
	if a, err = n.peer.ask(ctx, scripts.Check, noArgs); err == nil {
		access, err = decode[scripts.NodeAccess](a)
	}
	if err == nil && access.UtcNow == "" {
		err = fmt.Errorf("it is not check.ps1's: %w", errBadAnswer)
	}
	if errors.Is(err, errPassword) {
		n.gateOf(n.node).settle(n.def.Name, err)
	}
	return access, a, err
}

// mode is how the open session asks, and why not by the loop.
func (n *nodeCheck) mode() (cluster.SessionMode, string) {
	n.peer.mu.Lock()
	defer n.peer.mu.Unlock()
	if s := n.peer.sess; s != nil {
		return s.mode, s.why
	}
	return cluster.ModeLoop, "" // it answered, and ended since
}

func (n *nodeCheck) factOfIdentify(name string, answer []byte) {
	if said := identified(answer); said != "" {
		n.fact(name, said)
	}
}
