package remoting

import (
	"context"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

// actStep tries the account that changes things, by the same rules as the one that asks:
// one attempt, and none where a node rejected it. Nothing is changed with it. Whatever
// comes of it, the node can be watched: it never fails.
func (n *nodeCheck) actStep(ctx context.Context) {
	act := n.o.Definition.Of(n.def).Act
	limit := 2*n.o.Step + n.o.Limits.Open + n.o.Question
	n.try(ctx, cluster.StepAct, limit, func(ctx context.Context) outcome {
		if act == nil {
			return skipped("No account for changes is given: nothing can be changed from here.")
		}
		return n.tryAct(ctx, *act)
	})
}

// tryAct signs in, opens a shell, and asks in a session what the account may.
func (n *nodeCheck) tryAct(ctx context.Context, act cluster.Identity) outcome {
	node := n.node
	node.Identity = act
	// A client of its own: the other one knows the node by the account that asks.
	client, err := New(Options{Logger: n.o.Logger, Now: n.o.Now, Limits: n.o.Limits, Nodes: []Node{node}})
	if err != nil {
		return partial("What was entered for it cannot be used: " + clean(err.Error(), textLen))
	}
	defer func() {
		if err := client.Close(context.WithoutCancel(ctx)); err != nil {
			n.log.Info("check", "err", err)
		}
	}()
	as := &nodeCheck{checker: n.checker, i: n.i, def: n.def, node: node, peer: client.peer(node.Cluster, node.Name), log: n.log}
	l, err := newLane(node, as.peer.credential, n.o.Limits.Body)
	if err != nil {
		return actWithout(as.classified(err))
	}
	defer l.drop()
	n.fact("account for changes", act.User)
	if _, held, err := as.signIn(ctx, l); held != "" {
		return skipped(held)
	} else if err != nil {
		return actWithout(signInOutcome(err, node))
	}
	o, shell := as.tryShell(ctx, l)
	if shell == "" {
		return actWithout(o)
	}
	as.deleteShell(l, shell)
	access, _, err := as.askAccess(ctx)
	if err != nil {
		return actWithout(as.classified(err))
	}
	return actOutcome(access, node.User)
}

// actWithout is what went wrong with the account for changes. Watching needs it not.
func actWithout(o outcome) outcome {
	o.state = cluster.StepPartial
	o.detail += " Nothing can be changed from here until this is mended; watching does not need it."
	return o
}

// actOutcome says what an account that opened a session may change.
func actOutcome(a scripts.NodeAccess, user string) outcome {
	quoted := cluster.Quote(user)
	fix := []cluster.Step{}
	detail := "The account may open a remote shell"
	if user != "" {
		detail = clean(user, 100) + " may open a remote shell"
	}
	switch a.ClusterRights {
	case scripts.RightsFull:
		detail += " and has full access to the cluster."
	case scripts.RightsRead, scripts.RightsDenied:
		detail += ", but has no full access to the cluster: it cannot change roles, resources and nodes."
		fix = append(fix, cluster.Step{Text: "On any node of the cluster, once: give it full access.", Command: "Grant-ClusterAccess -User " + quoted + " -Full"},
			cluster.Step{Text: "See who may, and who is denied: that weighs more.", Command: "Get-ClusterAccess"})
	default:
		detail += ". Whether it has full access to the cluster could not be read."
		fix = append(fix, cluster.Step{Text: "On any node of the cluster: see who has.", Command: "Get-ClusterAccess"})
	}
	switch {
	case a.Administrator:
		detail += " It is a local administrator."
	case len(a.Groups) == 0:
		detail += " Whether it is a local administrator could not be read."
	default:
		detail += " It is no local administrator: it cannot change services, disks and the node itself."
		fix = append(fix, cluster.Step{Text: "On every node: make it a local administrator, if such changes are to be made from here.", Command: "Add-LocalGroupMember -SID S-1-5-32-544 -Member " + quoted})
	}
	if a.ClusterRights == scripts.RightsFull && a.Administrator {
		return good(detail)
	}
	return partial(detail, fix...)
}
