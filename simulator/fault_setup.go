package simulator

import "strings"

// setupKinds is the part of the catalogue that keeps a node from being watched at
// all, or from being read as a whole: how its listeners, accounts, policies and
// features are set up.
var setupKinds = []Kind{
	{
		Kind: "certificate-wrong", TargetKind: "node",
		Description: "The certificate that the node's HTTPS listener shows is not one to be trusted. Connections that are open stay.",
		Params: []Param{{Name: "problem", Default: certExpired, Choices: []string{certExpired, certNotYet, certWrongName, certSelfSigned, certChangedKey},
			Description: "expired: three days ago; not-yet-valid: in three days; wrong-name: made out to another computer; self-signed: by no authority; changed-key: renewed, with another key than the one that was pinned"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).certificate = f.text("problem") },
	},
	{
		Kind: "listener-wrong", TargetKind: "node",
		Description: "WinRM does not listen as it should.",
		Params: []Param{{Name: "how", Default: listenerNoHTTPS, Choices: []string{listenerNoHTTPS, listenerNoHTTP, listenerPlain, listenerOldTLS, listenerOtherHTTP},
			Description: "no-https, no-http: nothing listens on that port; plain-http: no TLS on the port of HTTPS; tls-1.1: nothing newer; other-server: a web server that is not WinRM answers on both ports"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).listener = f.text("how") },
	},
	{
		Kind: "sign-in-off", TargetKind: "node", several: []string{"method"},
		Description: "A way to sign in is turned off in the node's WinRM service.",
		Params:      []Param{{Name: "method", Default: methodBasic, Choices: []string{methodNegotiate, methodBasic, methodCertificate}, Description: "as in winrm/config/service/auth"}},
		apply:       func(c *simCluster, f *Fault) { c.onNode(f).methods[f.text("method")] = true },
	},
	{
		Kind: "password-changed", TargetKind: "node", several: []string{"user"},
		Description: "The account has another password than the one we were told. Wrong ones are counted, and lock it.",
		Params:      []Param{{Name: "user", Default: user, Description: "the account's name"}},
		apply:       func(c *simCluster, f *Fault) { c.onNode(f).changed[strings.ToLower(f.text("user"))] = true },
	},
	{
		Kind: "account-locked", TargetKind: "node", several: []string{"user"},
		Description: "The account is locked or disabled: the right password is refused too.",
		Params:      []Param{{Name: "user", Default: user, Description: "the account's name"}},
		apply:       func(c *simCluster, f *Fault) { c.onNode(f).locked[strings.ToLower(f.text("user"))] = true },
	},
	{
		Kind: "right-missing", TargetKind: "node", several: []string{"user", "right"},
		Description: "The account lacks a right on the node that it has elsewhere.",
		Params: []Param{
			{Name: "user", Default: user, Description: "the account's name"},
			{Name: "right", Default: string(RightCluster), Choices: rightNames(),
				Description: "administrator: member of the node's Administrators; remote: may open remote shells; cluster, cluster-full: access to the cluster; services: may list services; the others: a CIM namespace"},
		},
		apply: func(c *simCluster, f *Fault) {
			c.onNode(f).taken[userRight{strings.ToLower(f.text("user")), Right(f.text("right"))}] = true
		},
	},
	{
		Kind: "powershell-restricted", TargetKind: "node",
		Description: "Windows PowerShell does not run as usual on the node. Processes that run already go on.",
		Params: []Param{{Name: "how", Default: shellConstrained, Choices: []string{shellConstrained, shellNoEncoded, shellOld, shellMissing},
			Description: "constrained-language: application control leaves cmdlets and core types only; encoded-command: whatever starts with -EncodedCommand is ended at once; old-version: PowerShell 4.0; missing: there is no powershell.exe"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).shell = f.text("how") },
	},
	{
		Kind: "feature-missing", TargetKind: "node", several: []string{"feature"},
		Description: "Something is not installed on the node.",
		Params: []Param{{Name: "feature", Default: featureModule, Choices: []string{featureModule, featureCluster, featureMember, featureHistory},
			Description: "module: the PowerShell module FailoverClusters; cluster: Failover Clustering, so the node is in no cluster; membership: it is installed, but the node is in no cluster (the others see it down); history: performance history"}},
		apply: func(c *simCluster, f *Fault) { c.onNode(f).missing[f.text("feature")] = true },
	},
}

// What may be missing on a node.
const (
	featureModule  = "module"
	featureCluster = "cluster"
	featureMember  = "membership"
	featureHistory = "history"
)

// lacks says whether something is missing on the node.
func (h *host) lacks(feature string) bool {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return h.cluster.condOf(h.node).missing[feature]
}

func rightNames() []string {
	var out []string
	for _, r := range AllRights() {
		out = append(out, string(r))
	}
	return out
}
