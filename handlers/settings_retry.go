package handlers

import (
	"context"
	"net/http"

	"looksalive/cluster"
	"looksalive/views"
)

// retry is POST …/retry, of a cluster or of one of its nodes: a password that was
// rejected is tried once more, because somebody set it right elsewhere. Clusters that
// cannot be changed here have passwords as well.
func (a *App) retry(w http.ResponseWriter, r *http.Request) error {
	d, err := a.definition(param(r, "cluster"))
	if err != nil {
		return err
	}
	node := param(r, "node")
	if node != "" && d.Node(node) == nil {
		return cluster.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
	defer cancel()
	if err := a.opt.Fleet.Retry(ctx, d.Name, node); err != nil {
		return err
	}
	a.log.Info("a password is tried again", "cluster", d.Name, "node", node)
	a.audit(ctx, cluster.AuditEntry{Action: "cluster.retried", Object: objectOf(d.Name, node)})
	if node != "" {
		return see(w, r, views.NodePath(d.Name, node))
	}
	return see(w, r, views.SettingsPath+"?note=retried")
}
