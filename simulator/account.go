package simulator

import (
	"slices"
	"strings"
)

// Account is somebody who can sign in to the nodes of a simulation.
type Account struct {
	User     string  `json:"user"`            // without its domain
	Password string  `json:"-"`               // "" is replaced by one made at start
	Local    bool    `json:"local,omitempty"` // an account of each node by itself, not of the domain
	Rights   []Right `json:"rights"`
}

// Right is one thing an account may do on a node.
type Right string

// The rights. What an administrator may do besides is said by RightAdmin alone:
// it does not contain the others, so that they can be taken away one by one.
const (
	// RightAdmin is membership in the node's Administrators: the Health Service's
	// faults, performance history, changes, other people's shells.
	RightAdmin Right = "administrator"
	// RightRemote is the right to use WinRM's shells. Windows asks the service's
	// RootSDDL, which names administrators only: members of Remote Management Users
	// are let in by PowerShell's own endpoint, but not to winrs shells, until the
	// group is added there (WinRM's default as documented since 2012 R2;
	// github.com/diyan/pywinrm issues 275, 338, 362).
	RightRemote Right = "remote"
	// RightCluster is Grant-ClusterAccess -ReadOnly.
	RightCluster Right = "cluster"
	// RightClusterFull is Grant-ClusterAccess -Full.
	RightClusterFull Right = "cluster-full"
	// RightServices is the right to list services from a network logon, which the
	// Service Control Manager grants to administrators only (pywinrm issue 306).
	RightServices Right = "services"
	// The others open one CIM namespace each.
	RightCimv2          Right = "root/cimv2"
	RightStorage        Right = "root/Microsoft/Windows/Storage"
	RightNetwork        Right = "root/StandardCimv2"
	RightVirtualization Right = "root/virtualization/v2"
)

// AllRights is an administrator's.
func AllRights() []Right {
	return []Right{RightAdmin, RightRemote, RightCluster, RightClusterFull, RightServices, RightCimv2, RightStorage, RightNetwork, RightVirtualization}
}

// DefaultAccounts are those of a simulation that is given none.
func DefaultAccounts() []Account {
	return []Account{
		{User: user, Rights: AllRights()},
		// What can be granted without making somebody administrator of the node.
		{User: "reader", Rights: []Right{RightRemote, RightCluster, RightCimv2, RightNetwork}},
		{User: "operator", Rights: []Right{RightRemote, RightCluster, RightClusterFull, RightCimv2, RightStorage, RightNetwork, RightVirtualization, RightServices}},
		{User: "no-cluster", Rights: []Right{RightRemote, RightCimv2, RightNetwork}},
		{User: "no-remote", Rights: []Right{RightCluster, RightCimv2, RightNetwork}},
		{User: "local-admin", Local: true, Rights: AllRights()},
	}
}

// userOf is the name without the authority in front.
func userOf(account string) string { return account[strings.LastIndexByte(account, '\\')+1:] }

func (c *simCluster) account(user string) *Account {
	i := slices.IndexFunc(c.accounts, func(a Account) bool { return strings.EqualFold(a.User, user) })
	if i < 0 {
		return nil
	}
	return &c.accounts[i]
}

// userRight is a right of one user, to be taken away.
type userRight struct {
	user  string // lower case
	right Right
}

// may says whether an account has a right on a node; the machine itself, "", has
// every one. The cluster's lock is held.
func (c *simCluster) may(n *simNode, account string, r Right) bool {
	if account == "" {
		return true
	}
	a := c.account(userOf(account))
	return a != nil && slices.Contains(a.Rights, r) && !c.condOf(n).taken[userRight{strings.ToLower(a.User), r}]
}

// as is the host for one account.
func (h *host) as(account string) *host {
	base := h
	if h.base != nil {
		base = h.base
	}
	return &host{sim: h.sim, cluster: h.cluster, node: h.node, base: base, account: account}
}

// may asks for the host's account; the cluster's lock is held.
func (h *host) may(r Right) bool { return h.cluster.may(h.node, h.account, r) }

// allowed is may for whoever does not hold the lock.
func (h *host) allowed(r Right) bool {
	h.cluster.mu.Lock()
	defer h.cluster.mu.Unlock()
	return h.may(r)
}

// userName is the account without its domain, as %USERNAME% holds it.
func (h *host) userName() string {
	if h.account == "" {
		return user
	}
	return userOf(h.account)
}
