package handlers

import (
	"context"
	"io"
	"strings"

	"looksalive/cluster"
)

// AuditLog is where it is written down who did what.
type AuditLog interface {
	// Audit adds a line. Its number, hashes and, if zero, time are set.
	Audit(ctx context.Context, e cluster.AuditEntry) error
	// AuditEntries selects lines, newest first.
	AuditEntries(ctx context.Context, q cluster.AuditQuery) ([]cluster.AuditEntry, error)
	// VerifyAudit walks all lines and gives the hash of the last. An error that has
	// a method Line names the first line that is wrong.
	VerifyAudit(ctx context.Context) (lines int64, last string, err error)
	// ExportAudit writes all lines, oldest first, a JSON object a line.
	ExportAudit(ctx context.Context, w io.Writer) error
}

// audit writes down what whoever asks has done, or tried. e says what; who, role
// and address are those of ctx unless it says them.
func (a *App) audit(ctx context.Context, e cluster.AuditEntry) {
	if a.opt.Audit == nil {
		return
	}
	who := whoIn(ctx)
	if e.Who == "" {
		e.Who, e.Role = who.Name, who.Role
	}
	e.From = who.Address
	if e.Outcome == "" {
		e.Outcome = "ok"
	}
	// It was done: that the browser has left does not keep it out of the log.
	if err := a.opt.Audit.Audit(context.WithoutCancel(ctx), e); err != nil {
		a.log.Error("a line of the audit log could not be written", "action", e.Action, "object", e.Object, "who", e.Who, "err", err)
	}
}

// objectOf names a node of a cluster, or the cluster.
func objectOf(clusterName, node string) string {
	if node == "" {
		return clusterName
	}
	return clusterName + "/" + node
}

// auditSaved writes down a cluster as it is watched now, as the API tells it: that
// has no secrets.
func (a *App) auditSaved(ctx context.Context, was, name string) {
	e := cluster.AuditEntry{Action: "cluster.saved", Object: name}
	switch {
	case was == "":
		e.Action = "cluster.added"
	case was != name:
		e.Detail = "It was called " + was + "."
	}
	if d, err := a.definition(name); err == nil {
		e.Params = strings.TrimSpace(string(marshal(watchedOf(d))))
	}
	a.audit(ctx, e)
}
