package remoting_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
	"looksalive/remoting"
	"looksalive/simulator"
)

// definitionOf is the simulator's first cluster, or as many of its nodes as asked for.
func definitionOf(t testing.TB, sim *simulator.Simulator, https bool, nodes int) cluster.Definition {
	t.Helper()
	all := sim.Nodes()
	d := cluster.Definition{Name: all[0].Cluster, Access: cluster.Access{
		Transport: cluster.TransportHTTP, Auth: cluster.AuthNTLM,
		Read: cluster.Identity{User: all[0].User, Password: cluster.NewSecret(all[0].Password)},
	}}
	if https {
		d.Access.Transport, d.Access.Trust, d.Access.CA = cluster.TransportHTTPS, cluster.TrustCA, string(sim.CA())
	}
	for _, e := range all {
		if e.Cluster == d.Name && len(d.Nodes) < nodes {
			d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: e.Node, Address: address(e, https)})
		}
	}
	return d
}

func address(e simulator.Endpoint, https bool) string {
	raw := e.HTTP
	if https {
		raw = e.HTTPS
	}
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Host
}

// checkOf runs a check that takes what it tells along, and looks at each.
func checkOf(t testing.TB, sim *simulator.Simulator, d cluster.Definition, change func(*remoting.CheckOptions)) cluster.Check {
	t.Helper()
	var mu sync.Mutex
	told := 0
	o := remoting.CheckOptions{
		Definition: d, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Tell: func(c cluster.Check) {
			mu.Lock()
			defer mu.Unlock()
			told++
			if c.Done && told == 1 {
				t.Error("it was done before anything was told")
			}
		},
		Address: func(name, _ string) string {
			for _, e := range sim.Nodes() {
				if strings.EqualFold(e.Node, name) {
					return address(e, d.Access.Transport == cluster.TransportHTTPS)
				}
			}
			return name
		},
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := remoting.Check(ctx, o)
	if !c.Done {
		t.Error("the check is not done")
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(b) + remoting.Report(c); strings.Contains(text, d.Access.Read.Password.Reveal()) {
		t.Error("the check repeats the password")
	}
	for _, n := range c.Nodes {
		for _, s := range n.Steps {
			if s.State == cluster.StepWaiting || s.State == cluster.StepRunning || s.Title == "" || s.Detail == "" {
				t.Errorf("%s: step %s was left %v: %q", n.Address, s.Kind, s.State, s.Detail)
			}
		}
	}
	return c
}

func step(t testing.TB, n cluster.NodeCheck, kind cluster.StepKind) cluster.CheckStep {
	t.Helper()
	for _, s := range n.Steps {
		if s.Kind == kind {
			return s
		}
	}
	t.Fatalf("there is no step %s", kind)
	return cluster.CheckStep{}
}

func wantStep(t testing.TB, n cluster.NodeCheck, kind cluster.StepKind, state cluster.StepState, says ...string) {
	t.Helper()
	s := step(t, n, kind)
	if s.State != state {
		t.Errorf("%s: %s is %v, want %v: %s", n.Address, kind, s.State, state, s.Detail)
	}
	for _, what := range says {
		if !strings.Contains(s.Detail, what) {
			t.Errorf("%s: %s does not say %q: %s", n.Address, kind, what, s.Detail)
		}
	}
}

func TestCheckFindsTheWholeCluster(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	for name, https := range map[string]bool{"sealed over http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			d := definitionOf(t, sim, https, 1)
			c := checkOf(t, sim, d, nil)
			all := definitionOf(t, sim, https, 100)
			if c.Cluster != d.Name || len(c.Found) != len(all.Nodes) || len(c.Nodes) != len(all.Nodes) {
				t.Errorf("cluster %q, %d found, %d checked, want %q with %d", c.Cluster, len(c.Found), len(c.Nodes), d.Name, len(all.Nodes))
			}
			seen := map[string]bool{}
			for _, n := range c.Nodes {
				seen[n.Name] = true
				for _, s := range n.Steps {
					want := cluster.StepOK
					if s.Kind == cluster.StepTLS && !https || s.Kind == cluster.StepAct {
						want = cluster.StepSkipped
					}
					if s.State != want {
						t.Errorf("%s: %s is %v: %s", n.Name, s.Kind, s.State, s.Detail)
					}
				}
				if n.Mode != cluster.ModeLoop || n.Failed() || len(n.Facts) == 0 {
					t.Errorf("%s: mode %v, failed %v, facts %v", n.Name, n.Mode, n.Failed(), n.Facts)
				}
				if https && (n.Certificate == nil || !n.Certificate.Accepted) {
					t.Errorf("%s: certificate %+v", n.Name, n.Certificate)
				}
			}
			for _, f := range c.Found {
				if !seen[f.Name] || f.Address == "" {
					t.Errorf("%+v was not checked", f)
				}
			}
		})
	}
}

func TestCheckWrongPasswordIsTriedOnce(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	for name, auth := range map[string]cluster.Auth{"NTLM": cluster.AuthNTLM, "Basic": cluster.AuthBasic} {
		t.Run(name, func(t *testing.T) {
			d := definitionOf(t, sim, true, 100)
			d.Access.Auth = auth
			d.Access.Read.Password = cluster.NewSecret("not the one")
			before := failures(sim, d)
			c := checkOf(t, sim, d, nil)
			if got := failures(sim, d) - before; got != 1 {
				t.Errorf("the wrong password was tried %d times", got)
			}
			failed, held := 0, 0
			for _, n := range c.Nodes {
				switch s := step(t, n, cluster.StepSignIn); s.State {
				case cluster.StepFailed:
					failed++
					if len(s.Fix) == 0 {
						t.Error("nothing says how to mend it")
					}
				case cluster.StepSkipped:
					held++
					wantStep(t, n, cluster.StepShell, cluster.StepSkipped, "not locked")
				}
			}
			if failed != 1 || held != len(d.Nodes)-1 {
				t.Errorf("%d rejected, %d held back, of %d", failed, held, len(d.Nodes))
			}
		})
	}
}

func TestCheckOfTheAccountForChanges(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	for name, x := range map[string]struct {
		user  string
		state cluster.StepState
		says  []string
		mend  string
	}{
		"none":          {"", cluster.StepSkipped, []string{"nothing can be changed"}, ""},
		"administrator": {definitionOf(t, sim, true, 1).Access.Read.User, cluster.StepOK, []string{"may open a remote shell", "full access", "is a local administrator"}, ""},
		"operator":      {"operator", cluster.StepPartial, []string{"has full access", "no local administrator"}, "Add-LocalGroupMember -SID S-1-5-32-544 -Member 'operator'"},
		"reader":        {"reader", cluster.StepPartial, []string{"no full access", "no local administrator"}, "Grant-ClusterAccess -User 'reader' -Full"},
		"no cluster":    {"no-cluster", cluster.StepPartial, []string{"could not be read"}, "Get-ClusterAccess"},
		"no remote":     {"no-remote", cluster.StepPartial, []string{"may not open a remote shell", "watching does not need it"}, "RootSDDL"},
	} {
		t.Run(name, func(t *testing.T) {
			d := definitionOf(t, sim, true, 1)
			if x.user != "" {
				d.Access.Act = &cluster.Identity{User: x.user, Password: cluster.NewSecret(sim.Nodes()[0].Account(x.user).Password)}
			}
			c := checkOf(t, sim, d, func(o *remoting.CheckOptions) { o.Only = []string{d.Nodes[0].Name} })
			wantStep(t, c.Nodes[0], cluster.StepAct, x.state, x.says...)
			var fix strings.Builder
			for _, f := range step(t, c.Nodes[0], cluster.StepAct).Fix {
				fix.WriteString(f.Command + "\n")
			}
			if !strings.Contains(fix.String(), x.mend) {
				t.Errorf("the steps do not say %q:\n%s", x.mend, fix.String())
			}
			if c.Nodes[0].Failed() {
				t.Error("the node could not be watched for it")
			}
			if report := remoting.Report(c); x.user == "operator" && strings.Contains(report, "operator") {
				t.Errorf("the report names it:\n%s", report)
			}
			if names := remoting.ShellNames(t, nodesOf(t, sim, true, cluster.AuthNTLM)[0]); len(names) > 0 {
				t.Errorf("%q were left on the node", names)
			}
		})
	}
}

func TestCheckTriesAWrongAccountForChangesOnce(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	d := definitionOf(t, sim, true, 100)
	d.Access.Act = &cluster.Identity{User: "operator", Password: cluster.NewSecret("not the one")}
	c := checkOf(t, sim, d, nil)
	if got := failures(sim, d); got != 1 {
		t.Errorf("the wrong password was tried %d times", got)
	}
	rejected, held := 0, 0
	for _, n := range c.Nodes {
		switch s := step(t, n, cluster.StepAct); s.State {
		case cluster.StepPartial:
			rejected++
			wantStep(t, n, cluster.StepAct, cluster.StepPartial, "rejected", "watching does not need it")
		case cluster.StepSkipped:
			held++
			wantStep(t, n, cluster.StepAct, cluster.StepSkipped, "not locked")
		}
		wantStep(t, n, cluster.StepSignIn, cluster.StepOK)
	}
	if rejected != 1 || held != len(d.Nodes)-1 {
		t.Errorf("%d rejected, %d held back, of %d", rejected, held, len(d.Nodes))
	}
}

func failures(sim *simulator.Simulator, d cluster.Definition) int {
	n := 0
	for _, node := range d.Nodes {
		n += sim.FailedSignIns(node.Name)
	}
	return n
}

func TestCheckCertificates(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	d := definitionOf(t, sim, true, 1)
	d.Access.Trust, d.Access.CA = cluster.TrustSystem, ""
	c := checkOf(t, sim, d, nil)
	n := c.Nodes[0]
	wantStep(t, n, cluster.StepTLS, cluster.StepFailed, "not trusted here")
	wantStep(t, n, cluster.StepSignIn, cluster.StepSkipped, "TLS certificate")
	if n.Certificate == nil || n.Certificate.Accepted || n.Certificate.Pin == "" {
		t.Fatalf("the certificate is not shown: %+v", n.Certificate)
	}
	d.Access.Trust = cluster.TrustPin
	wantStep(t, checkOf(t, sim, d, nil).Nodes[0], cluster.StepTLS, cluster.StepFailed, "not confirmed")
	d.Nodes[0].Pin = n.Certificate.Pin
	n = checkOf(t, sim, d, nil).Nodes[0]
	wantStep(t, n, cluster.StepTLS, cluster.StepOK, "confirmed")
	wantStep(t, n, cluster.StepSignIn, cluster.StepOK)
}

func TestCheckTwoClusters(t *testing.T) {
	sim := start(t, simulator.Options{})
	d := definitionOf(t, sim, false, 1)
	for _, e := range sim.Nodes() {
		if e.Cluster != d.Name {
			d.Nodes = append(d.Nodes, cluster.NodeDefinition{Name: e.Node, Address: address(e, false)})
			break
		}
	}
	if len(d.Nodes) != 2 {
		t.Fatal("the simulation has one cluster only")
	}
	c := checkOf(t, sim, d, func(o *remoting.CheckOptions) { o.Only = []string{d.Nodes[0].Name, d.Nodes[1].Name} })
	failed := 0
	for _, n := range c.Nodes {
		if s := step(t, n, cluster.StepCluster); s.State == cluster.StepFailed {
			failed++
			if !strings.Contains(s.Detail, "two clusters") || len(s.Fix) == 0 {
				t.Errorf("it says %q", s.Detail)
			}
		}
	}
	if failed != 1 || len(c.Nodes) != 2 {
		t.Errorf("%d of %d nodes are of another cluster", failed, len(c.Nodes))
	}
}

func TestCheckByTheClustersName(t *testing.T) {
	sim := start(t, simulator.Options{})
	d := definitionOf(t, sim, false, 1)
	d.Nodes[0].Name = d.Name
	c := checkOf(t, sim, d, nil)
	wantStep(t, c.Nodes[0], cluster.StepCluster, cluster.StepPartial, "name of the cluster, not of a node")
	if len(c.Nodes) != len(c.Found)+1 {
		t.Errorf("%d nodes were checked, %d found", len(c.Nodes), len(c.Found))
	}
}

func TestCheckCancelled(t *testing.T) {
	sim := start(t, simulator.Options{Cost: simulator.Cost{ProcessStart: time.Hour}})
	ctx, cancel := context.WithCancel(t.Context())
	c := remoting.Check(ctx, remoting.CheckOptions{Definition: definitionOf(t, sim, false, 2), Tell: func(c cluster.Check) {
		for _, n := range c.Nodes {
			for _, s := range n.Steps {
				if s.Kind == cluster.StepPowerShell && s.State == cluster.StepRunning {
					cancel()
				}
			}
		}
	}})
	for _, n := range c.Nodes {
		wantStep(t, n, cluster.StepPowerShell, cluster.StepSkipped, "given up")
		wantStep(t, n, cluster.StepClock, cluster.StepSkipped, "given up")
	}
}

func TestCheckBadDefinition(t *testing.T) {
	c := remoting.Check(t.Context(), remoting.CheckOptions{Definition: cluster.Definition{Name: "c", Nodes: []cluster.NodeDefinition{{Name: "n1"}}}})
	wantStep(t, c.Nodes[0], cluster.StepName, cluster.StepFailed, "password are required")
	wantStep(t, c.Nodes[0], cluster.StepPort, cluster.StepSkipped)
}

// TestCheckSaysWhatIsWrong has the simulator set up a node wrongly in every way it can.
func TestCheckSaysWhatIsWrong(t *testing.T) {
	const (
		ok, partial, failed = cluster.StepOK, cluster.StepPartial, cluster.StepFailed
	)
	grant := "Grant-ClusterAccess -User "
	for name, x := range map[string]struct {
		fault  string
		params map[string]any
		plain  bool         // over http
		auth   cluster.Auth // NTLM if not set
		kind   cluster.StepKind
		state  cluster.StepState
		says   string
		mend   string // in the steps; "" nothing
	}{
		"expired":            {fault: "certificate-wrong", params: m{"problem": "expired"}, kind: cluster.StepTLS, state: failed, says: "only", mend: "New-SelfSignedCertificate"},
		"not yet valid":      {fault: "certificate-wrong", params: m{"problem": "not-yet-valid"}, kind: cluster.StepTLS, state: failed, says: "not valid yet", mend: "New-SelfSignedCertificate"},
		"wrong name":         {fault: "certificate-wrong", params: m{"problem": "wrong-name"}, kind: cluster.StepTLS, state: failed, says: "not for 127.0.0.1", mend: "-DnsName '127.0.0.1'"},
		"self-signed":        {fault: "certificate-wrong", params: m{"problem": "self-signed"}, kind: cluster.StepTLS, state: failed, says: "signed by", mend: "Thumbprint"},
		"no HTTPS":           {fault: "listener-wrong", params: m{"how": "no-https"}, kind: cluster.StepPort, state: failed, says: "Nothing listens", mend: "winrm"},
		"plain HTTP":         {fault: "listener-wrong", params: m{"how": "plain-http"}, kind: cluster.StepTLS, state: failed, says: "does not speak TLS", mend: "WSMan:\\localhost\\Listener"},
		"old TLS":            {fault: "listener-wrong", params: m{"how": "tls-1.1"}, kind: cluster.StepTLS, state: failed, says: "TLS 1.2", mend: "WSMan:\\localhost\\Listener"},
		"another server":     {fault: "listener-wrong", params: m{"how": "other-server"}, plain: true, kind: cluster.StepWinRM, state: failed, says: "not WinRM", mend: "winrm"},
		"no Negotiate":       {fault: "sign-in-off", params: m{"method": "negotiate"}, kind: cluster.StepWinRM, state: failed, says: "does not offer Negotiate", mend: "Auth\\Negotiate"},
		"no Basic":           {fault: "sign-in-off", params: m{"method": "basic"}, auth: cluster.AuthBasic, kind: cluster.StepWinRM, state: failed, says: "does not offer Basic", mend: "Auth\\Basic"},
		"password changed":   {fault: "password-changed", kind: cluster.StepSignIn, state: failed, says: "rejected", mend: "4625"},
		"locked":             {fault: "account-locked", plain: true, kind: cluster.StepSignIn, state: failed, says: "rejected", mend: "4625"},
		"no remote right":    {fault: "right-missing", params: m{"right": "remote"}, kind: cluster.StepShell, state: failed, says: "may not open a remote shell", mend: "RootSDDL"},
		"old PowerShell":     {fault: "powershell-restricted", params: m{"how": "old-version"}, kind: cluster.StepPowerShell, state: failed, says: "too old", mend: "5.1"},
		"no PowerShell":      {fault: "powershell-restricted", params: m{"how": "missing"}, kind: cluster.StepPowerShell, state: failed, says: "is not recognized", mend: "$PSVersionTable"},
		"constrained":        {fault: "powershell-restricted", params: m{"how": "constrained-language"}, kind: cluster.StepLoop, state: partial, says: "no loop here", mend: "AppLocker"},
		"no -EncodedCommand": {fault: "powershell-restricted", params: m{"how": "encoded-command"}, kind: cluster.StepLoop, state: partial, says: "no loop here", mend: "AppLocker"},
		"no cluster right":   {fault: "right-missing", params: m{"right": "cluster"}, kind: cluster.StepCluster, state: failed, says: "may not read the cluster", mend: grant},
		"no clustering":      {fault: "feature-missing", params: m{"feature": "cluster"}, kind: cluster.StepCluster, state: failed, says: "not installed", mend: "Name a node"},
		"evicted":            {fault: "feature-missing", params: m{"feature": "membership"}, kind: cluster.StepCluster, state: failed, says: "no cluster", mend: "Name a node"},
		"cluster stopped":    {fault: "service-stopped", params: m{"service": "ClusSvc"}, kind: cluster.StepCluster, state: failed, says: "does not run", mend: "Start-Service"},
		"no module":          {fault: "feature-missing", params: m{"feature": "module"}, kind: cluster.StepModule, state: partial, says: "not installed", mend: "Install-WindowsFeature"},
		"no storage right":   {fault: "right-missing", params: m{"right": "root/Microsoft/Windows/Storage"}, kind: cluster.StepCIM, state: partial, says: "may not read: root/Microsoft/Windows/Storage", mend: "root/Microsoft/Windows/Storage"},
		"no adapter right":   {fault: "right-missing", params: m{"right": "root/StandardCimv2"}, kind: cluster.StepCIM, state: partial, says: "root/StandardCimv2", mend: "root/StandardCimv2"},
		"no Hyper-V right":   {fault: "right-missing", params: m{"right": "root/virtualization/v2"}, kind: cluster.StepCIM, state: partial, says: "root/virtualization/v2", mend: "Hyper-V"},
		"no admin":           {fault: "right-missing", params: m{"right": "administrator"}, kind: cluster.StepAdmin, state: partial, says: "no local administrator. It may not read", mend: "Administrators"},
		"no history":         {fault: "feature-missing", params: m{"feature": "history"}, kind: cluster.StepHistory, state: ok, says: "2019"},
		"clock":              {fault: "clock-skew", params: m{"seconds": 90}, kind: cluster.StepClock, state: partial, says: "ahead of ours", mend: "w32tm"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := start(t, simulator.Options{HTTPS: true})
			d := definitionOf(t, sim, !x.plain, 1)
			d.Access.Auth = x.auth
			spec := simulator.FaultSpec{Kind: x.fault, Cluster: d.Name, Target: d.Nodes[0].Name, Params: x.params}
			if _, err := sim.Inject(spec); err != nil {
				t.Fatal(err)
			}
			c := checkOf(t, sim, d, func(o *remoting.CheckOptions) { o.Only = []string{d.Nodes[0].Name} })
			n := c.Nodes[0]
			wantStep(t, n, x.kind, x.state, x.says)
			s := step(t, n, x.kind)
			var fix strings.Builder
			for _, f := range s.Fix {
				fix.WriteString(f.Text + "\n" + f.Command + "\n")
			}
			if !strings.Contains(fix.String(), x.mend) || x.mend == "" && x.state != ok && x.state != failed {
				t.Errorf("the steps do not say %q:\n%s", x.mend, fix.String())
			}
			for _, earlier := range n.Steps {
				if earlier.Kind == x.kind {
					break
				}
				if earlier.State == failed {
					t.Errorf("%s failed already: %s", earlier.Kind, earlier.Detail)
				}
			}
			if x.kind == cluster.StepLoop && n.Mode != cluster.ModeProcess {
				t.Errorf("mode %v", n.Mode)
			}
			if x.kind == cluster.StepTLS && n.Certificate == nil && strings.HasPrefix(x.fault, "certificate") {
				t.Error("the certificate is not shown")
			}
		})
	}
}

type m = map[string]any

func TestCheckProbes(t *testing.T) {
	sim := start(t, simulator.Options{HTTPS: true})
	for name, https := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			d := definitionOf(t, sim, https, 1)
			c := checkOf(t, sim, d, func(o *remoting.CheckOptions) {
				o.Probe, o.Step, o.Idle = true, 2*time.Second, time.Second
				o.Only = []string{d.Nodes[0].Name}
			})
			if n := len(c.Nodes[0].Unverified); n < 15 {
				t.Errorf("%d probes", n)
			}
			for _, p := range c.Nodes[0].Unverified {
				t.Logf("%v %s: %s", p.OK, p.Name, p.Found)
				if p.Name == "IdleTimeOut of a shell nobody asks" {
					if p.OK { // Windows takes nothing below a minute, and neither does the simulator
						t.Error("a shell was gone before its time")
					}
				} else if !p.OK && p.Name != "lines through the pipe" { // that one depends on how busy we are
					t.Errorf("%s: wanted %s, found %s", p.Name, p.Expected, p.Found)
				}
			}
		})
	}
}

func TestCheckLeavesNothingBehind(t *testing.T) {
	sim := start(t, simulator.Options{})
	d := definitionOf(t, sim, false, 1)
	only := func(o *remoting.CheckOptions) { o.Only = []string{d.Nodes[0].Name} }
	checkOf(t, sim, d, only)
	c := checkOf(t, sim, d, func(o *remoting.CheckOptions) { only(o); o.Probe, o.Idle, o.Step = true, -1, 2*time.Second })
	for _, p := range c.Nodes[0].Unverified {
		if p.Name == "names of shells" && !strings.HasPrefix(p.Found, "2 shells") {
			t.Errorf("beside the session and the probe itself there is more: %s", p.Found)
		}
	}
}
