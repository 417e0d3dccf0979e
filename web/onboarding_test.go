package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"looksalive/cluster"
	"looksalive/simulator"
)

// lab is simulated clusters that the product knows nothing of.
type lab struct {
	*simulator.Simulator
	t     testing.TB
	nodes map[string]simulator.Endpoint // by name
}

func startLab(t testing.TB, o simulator.Options) *lab {
	t.Helper()
	sim, err := simulator.Start(o)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = sim.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	l := &lab{Simulator: sim, t: t, nodes: map[string]simulator.Endpoint{}}
	for _, n := range sim.Nodes() {
		l.nodes[n.Node] = n
	}
	return l
}

// of lists the nodes of a cluster.
func (l *lab) of(clusterName string) (out []simulator.Endpoint) {
	for _, n := range l.Nodes() {
		if n.Cluster == clusterName {
			out = append(out, n)
		}
	}
	return out
}

func (l *lab) cause(kind, node string, params ...any) (mend func()) {
	l.t.Helper()
	spec := simulator.FaultSpec{Kind: kind, Target: node, Params: map[string]any{}}
	for i := 0; i < len(params); i += 2 {
		spec.Params[params[i].(string)] = params[i+1]
	}
	id, err := l.Inject(spec)
	must(l.t, err)
	return func() {
		l.t.Helper()
		must(l.t, l.Clear(id))
	}
}

// host is the host and port of a URL.
func host(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	must(t, err)
	return u.Host
}

// fill types into the field with this id.
func (b *browser) fill(id, value string) {
	b.t.Helper()
	b.until("the field "+id, fmt.Sprintf(`!!document.getElementById(%q)`, id))
	eval[bool](b, fmt.Sprintf(`(() => { const f = document.getElementById(%q); f.value = %q;
		f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, id, value))
}

// choose clicks what has this id.
func (b *browser) choose(id string) {
	b.t.Helper()
	b.until("the control "+id, fmt.Sprintf(`!!document.getElementById(%q)`, id))
	eval[bool](b, fmt.Sprintf(`(() => { document.getElementById(%q).click(); return true })()`, id))
}

// tryCluster fills the form for a new cluster and waits until the check has ended.
func (b *browser) tryCluster(p *product, how, address, user, password string, more func()) {
	b.t.Helper()
	b.open(p.url + "/settings/clusters/new")
	b.fill("f-addresses", address)
	b.choose("f-" + how)
	b.fill("f-user", user)
	b.fill("f-password", password)
	if more != nil {
		more()
	}
	b.choose("form-check")
	b.checked()
}

func (b *browser) checked() {
	b.t.Helper()
	b.until("the end of the check", `document.querySelector("#check-progress")?.dataset.checkRunning === "false"`)
}

// step tells how a step stands on the first node, and all its text.
func (b *browser) step(kind cluster.StepKind) (state, text string) {
	b.t.Helper()
	const find = `document.querySelector('[data-step="%s"]')`
	at := fmt.Sprintf(find, kind)
	return eval[string](b, at+`?.dataset.state ?? "is not there"`), eval[string](b, at+`?.textContent ?? ""`)
}

// Every way in which adding a cluster can fail is met over the wire, and the page
// says at which step, why, and what to type.
func TestOnboardingSaysWhatIsWrong(t *testing.T) {
	l := startLab(t, simulator.Options{})
	p := startProduct(t, "-real")
	b := newBrowser(t)
	hci := l.of("EU-PROD-HCI01")[0]
	const tls, sealed = "https-ntlm", "http-ntlm"
	trustCA := func() { b.choose("f-trust-ca"); b.fill("f-ca", string(l.CA())) }

	for _, c := range []struct {
		name        string
		how         string
		address     string // "" means the node's
		user, wrong string // "" means looksalive with its password
		kind        string // what is broken, with its parameters
		params      []any
		more        func()
		step        cluster.StepKind
		state       cluster.StepState
		text        string // is said, in the detail or as the mending
	}{
		{name: "unknown name", how: sealed, address: "no-such-host.invalid", step: cluster.StepName, state: cluster.StepFailed, text: "no-such-host.invalid"},
		{name: "nothing listens", how: sealed, kind: "service-stopped", params: []any{"service", "WinRM"}, step: cluster.StepPort, state: cluster.StepFailed, text: "WinRM"},
		{name: "no HTTPS listener", how: tls, kind: "listener-wrong", params: []any{"how", "no-https"}, step: cluster.StepPort, state: cluster.StepFailed, text: "New-Item"},
		{name: "no TLS on the port", how: tls, kind: "listener-wrong", params: []any{"how", "plain-http"}, step: cluster.StepTLS, state: cluster.StepFailed, text: "TLS"},
		{name: "old TLS", how: tls, kind: "listener-wrong", params: []any{"how", "tls-1.1"}, step: cluster.StepTLS, state: cluster.StepFailed, text: "1.2"},
		{name: "unknown authority", how: tls, step: cluster.StepTLS, state: cluster.StepFailed, text: "authority"},
		{name: "expired", how: tls, more: trustCA, kind: "certificate-wrong", params: []any{"problem", "expired"}, step: cluster.StepTLS, state: cluster.StepFailed, text: "valid"},
		{name: "wrong name", how: tls, more: trustCA, kind: "certificate-wrong", params: []any{"problem", "wrong-name"}, step: cluster.StepTLS, state: cluster.StepFailed, text: "made out to"},
		{name: "not WinRM", how: sealed, kind: "listener-wrong", params: []any{"how", "other-server"}, step: cluster.StepWinRM, state: cluster.StepFailed, text: "WinRM"},
		{name: "no Negotiate", how: sealed, kind: "sign-in-off", params: []any{"method", "negotiate"}, step: cluster.StepWinRM, state: cluster.StepFailed, text: "Negotiate"},
		{name: "wrong password", how: sealed, wrong: "not-the-password", step: cluster.StepSignIn, state: cluster.StepFailed, text: "password"},
		{name: "no remote shells", how: sealed, user: "no-remote", step: cluster.StepShell, state: cluster.StepFailed, text: "Remote Management Users"},
		{name: "no PowerShell", how: sealed, kind: "powershell-restricted", params: []any{"how", "missing"}, step: cluster.StepPowerShell, state: cluster.StepFailed, text: "powershell.exe"},
		{name: "old PowerShell", how: sealed, kind: "powershell-restricted", params: []any{"how", "old-version"}, step: cluster.StepPowerShell, state: cluster.StepFailed, text: "5.1"},
		{name: "constrained language", how: sealed, kind: "powershell-restricted", params: []any{"how", "constrained-language"}, step: cluster.StepLoop, state: cluster.StepPartial, text: "constrained"},
		{name: "no cluster access", how: sealed, user: "no-cluster", step: cluster.StepCluster, state: cluster.StepFailed, text: "Grant-ClusterAccess"},
		{name: "no cluster", how: sealed, kind: "feature-missing", params: []any{"feature", "cluster"}, step: cluster.StepCluster, state: cluster.StepFailed, text: "cluster"},
		{name: "no module", how: sealed, kind: "feature-missing", params: []any{"feature", "module"}, step: cluster.StepModule, state: cluster.StepPartial, text: "RSAT-Clustering-PowerShell"},
		{name: "no storage namespace", how: sealed, user: "reader", step: cluster.StepCIM, state: cluster.StepPartial, text: "Storage"},
		{name: "no administrator", how: sealed, user: "reader", step: cluster.StepAdmin, state: cluster.StepPartial, text: "dministrator"},
		{name: "clock", how: sealed, kind: "clock-skew", params: []any{"seconds", 600.0}, step: cluster.StepClock, state: cluster.StepPartial, text: "minutes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.kind != "" {
				defer l.cause(c.kind, hci.Node, c.params...)()
			}
			address, user := c.address, c.user
			if address == "" {
				address = host(t, hci.HTTP)
				if c.how == tls {
					address = host(t, hci.HTTPS)
				}
			}
			if user == "" {
				user = "looksalive"
			}
			password := hci.Account(user).Password
			if c.wrong != "" {
				password = c.wrong
			}
			before := l.FailedSignIns(hci.Node)
			b.tryCluster(p, c.how, address, user, password, c.more)
			state, text := b.step(c.step)
			if state != c.state.String() || !strings.Contains(text, c.text) {
				t.Errorf("step %s is %s, want %s with %q:\n%s", c.step, state, c.state, c.text, strings.Join(strings.Fields(text), " "))
			}
			if body := eval[string](b, `document.documentElement.outerHTML`); strings.Contains(body, password) {
				t.Error("the password is on the page")
			}
			want := before
			if c.wrong != "" {
				want++
			}
			if got := l.FailedSignIns(hci.Node); got != want {
				t.Errorf("%d failed sign-ins, want %d: a check must not lock an account", got-before, want-before)
			}
		})
	}
	b.quiet("onboarding")
}

// The whole way of a cluster: added by one node, watched, paused, its password
// changed without a restart, removed.
func TestOnboardingJourney(t *testing.T) {
	l := startLab(t, simulator.Options{Shapes: []simulator.Shape{simulator.PracticeShape()}})
	dir := t.TempDir()
	p := startProductIn(t, dir, "-real")
	b := newBrowser(t)
	nodes := l.of("BRANCH-01")
	one, two := nodes[0], nodes[1]

	b.open(p.url + "/")
	b.until("an invitation to add a cluster", `!!document.querySelector('a[href="/settings/clusters/new"], a[href="/settings/clusters"]')`)
	b.open(p.url + "/settings/clusters")
	b.choose("add-first")
	b.until("the form", `location.pathname === "/settings/clusters/new"`)
	b.tryCluster(p, "https-ntlm", host(t, one.HTTPS)+"\n"+host(t, two.HTTPS), one.User, one.Password, nil)

	// The certificate is not believed: its key is confirmed, not skipped.
	if state, _ := b.step(cluster.StepTLS); state != "failed" {
		t.Fatalf("an unknown authority is %s", state)
	}
	b.choose("trust-button")
	b.until("an objection: nothing was ticked", says("Confirm that you compared the key"))
	eval[bool](b, `(() => { for (const c of document.querySelectorAll("#keys input[type=checkbox]")) c.checked = true; return true })()`)
	b.choose("trust-button")
	b.until("the check with confirmed keys", `document.querySelector("#check-progress")?.dataset.checkRunning === "false" && document.querySelector('[data-step="tls"]')?.dataset.state === "ok"`)
	b.choose("draft-save")
	b.until("the cluster's page", says("BRANCH-01"))
	b.until("both nodes", fmt.Sprintf(`location.pathname.startsWith("/c/BRANCH-01") && document.body.textContent.includes(%q) && document.body.textContent.includes(%q)`, one.Node, two.Node))
	answered := func(node string) {
		t.Helper()
		eventually(t, node+" answers", func() bool {
			n := get[struct {
				Contact struct{ Reach string } `json:"contact"`
			}](p, "/api/v1/nodes/BRANCH-01/"+node)
			return n.Contact.Reach == "ok"
		})
	}
	answered(one.Node)
	answered(two.Node)

	// A password that changes on the nodes is seen, tried once, and replaced.
	must(t, l.SetPassword(one.User, "a new password of the domain"))
	b.open(p.url + "/settings/clusters/BRANCH-01/edit")
	b.fill("f-password", "a new password of the domain")
	b.choose("form-check")
	b.checked()
	b.choose("draft-save")
	b.until("the saved cluster", `location.pathname.startsWith("/c/BRANCH-01") || location.pathname === "/settings/clusters"`)
	answered(one.Node)

	// It is still there after a restart.
	p.stop()
	p = startProductIn(t, dir, "-real")
	answered(two.Node)

	b.open(p.url + "/settings/clusters")
	eval[bool](b, `(() => { document.querySelector('[data-cluster="BRANCH-01"] [data-do="pause"]').click(); return true })()`)
	b.until("the pause", `!!document.querySelector('[data-cluster="BRANCH-01"] [data-do="resume"]')`)
	b.open(p.url + "/c/BRANCH-01")
	b.until("paused nodes", `document.body.textContent.toLowerCase().includes("paused")`)

	b.open(p.url + "/settings/clusters/BRANCH-01/remove")
	b.choose("f-history-drop")
	b.fill("f-confirm", "BRANCH")
	b.choose("remove-button")
	b.until("an objection to the wrong name", `!!document.querySelector('#f-confirm[aria-invalid="true"]')`)
	b.forget() // the browser logs the refused form
	b.choose("f-history-drop")
	b.fill("f-confirm", "BRANCH-01")
	b.choose("remove-button")
	b.until("the list without it", `location.pathname === "/settings/clusters" && !document.querySelector('[data-cluster="BRANCH-01"]')`)
	b.quiet("the journey of a cluster")
}
