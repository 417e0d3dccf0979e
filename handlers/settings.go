package handlers

import (
	"context"
	"net/http"

	"looksalive/cluster"
	"looksalive/views"
)

// settings is "/settings/clusters".
func (a *App) settings(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	w := views.Watched{Elsewhere: a.opt.Fleet == nil, Simulated: a.opt.Demo.On}
	if a.opt.Fleet != nil {
		w.Definitions = a.opt.Fleet.Definitions()
	}
	return views.Settings(m.snap, w, r.URL.Query().Get("note"), m.now), nil
}

// addForm is GET /settings/clusters/new.
func (a *App) addForm(r *http.Request) (views.Page, error) {
	if a.opt.Fleet == nil {
		return a.settings(r)
	}
	return views.AddCluster(momentOf(r).snap, views.NewClusterForm()), nil
}

// add is POST /settings/clusters/new: what was entered is checked, not saved.
func (a *App) add(w http.ResponseWriter, r *http.Request) error {
	form, entered, wrong, err := readForm(r, cluster.Definition{})
	if err != nil {
		return err
	}
	if wrong = append(wrong, checked(entered, nil, 0)...); len(wrong) > 0 {
		form.Problems = wrong
		m := a.moment()
		return a.showPage(w, r, http.StatusUnprocessableEntity, views.AddCluster(m.snap, form), m)
	}
	return a.toCheck(w, r, a.drafts.add("", entered.Changed, entered).id)
}

// editForm is GET /settings/clusters/{cluster}/edit.
func (a *App) editForm(r *http.Request) (views.Page, error) {
	m, name := momentOf(r), param(r, "cluster")
	if a.opt.Fleet == nil && m.snap.Cluster(name) != nil {
		return views.ElsewhereCluster(m.snap, name), nil
	}
	d, err := a.definition(name)
	if err != nil {
		return views.Page{}, err
	}
	if d.Fixed {
		return views.FixedCluster(m.snap, d, a.opt.Demo.On, m.now), nil
	}
	return views.EditCluster(m.snap, d, views.FormOf(d)), nil
}

// edit is POST /settings/clusters/{cluster}/edit: the changes are checked, not saved.
func (a *App) edit(w http.ResponseWriter, r *http.Request) error {
	stored, err := a.changeable(r)
	if err != nil {
		return err
	}
	form, entered, wrong, err := readForm(r, stored)
	if err != nil {
		return err
	}
	if entered.Name == "" {
		entered.Name = stored.Name
	}
	full, why := cluster.KeepSecrets(stored, entered)
	if wrong = append(wrong, checked(full, why, len(form.Nodes))...); len(wrong) > 0 {
		form.Problems = wrong
		form.Remembers(stored)
		m := a.moment()
		return a.showPage(w, r, http.StatusUnprocessableEntity, views.EditCluster(m.snap, stored, form), m)
	}
	return a.toCheck(w, r, a.drafts.add(stored.Name, stored.Changed, entered).id)
}

// changeable is the cluster of a request if it can be changed here.
func (a *App) changeable(r *http.Request) (cluster.Definition, error) {
	d, err := a.definition(param(r, "cluster"))
	if err == nil && d.Fixed {
		err = cluster.ErrFixed
	}
	if node := param(r, "node"); err == nil && node != "" && d.Node(node) == nil {
		err = cluster.ErrNotFound
	}
	return d, err
}

// pauses is POST …/pause and …/resume, of a cluster or of one of its nodes.
func (a *App) pauses(paused bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := a.pause(r, paused); err != nil {
			return err
		}
		if paused {
			return see(w, r, views.SettingsPath+"?note=paused")
		}
		return see(w, r, views.SettingsPath+"?note=resumed")
	}
}

func (a *App) pause(r *http.Request, paused bool) error {
	d, err := a.changeable(r)
	if err != nil {
		return err
	}
	node := param(r, "node")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
	defer cancel()
	if err := a.opt.Fleet.Pause(ctx, d.Name, node, paused); err != nil {
		return err
	}
	a.log.Info("asking was paused or resumed", "cluster", d.Name, "node", node, "paused", paused)
	a.audit(ctx, cluster.AuditEntry{Action: map[bool]string{true: "cluster.paused", false: "cluster.resumed"}[paused], Object: objectOf(d.Name, node)})
	a.hub.poke(views.SettingsPath)
	return nil
}

// removeForm is GET …/remove, of a cluster or of one of its nodes.
func (a *App) removeForm(r *http.Request) (views.Page, error) {
	d, err := a.changeable(r)
	if err != nil {
		return views.Page{}, err
	}
	return views.Remove(momentOf(r).snap, views.Removal{Cluster: d.Name, Node: param(r, "node")}), nil
}

// remove is POST …/remove.
func (a *App) remove(w http.ResponseWriter, r *http.Request) error {
	d, err := a.changeable(r)
	if err != nil {
		return err
	}
	if err := readBody(r); err != nil {
		return err
	}
	x := views.Removal{Cluster: d.Name, Node: param(r, "node"), Typed: r.PostForm.Get("confirm"), History: r.PostForm.Get("history")}
	var wrong problems
	if x.History != "keep" && x.History != "drop" {
		wrong.add("history", "Choose what happens to its history.")
	}
	if x.Typed != x.Name() {
		wrong.add("confirm", "Type the name exactly as it is: %s", x.Name())
	}
	if x.Node != "" && len(d.Nodes) == 1 {
		wrong.add("", "It is the last node. Remove the cluster instead.")
	}
	if len(wrong) > 0 {
		x.Problems = wrong
		m := a.moment()
		return a.showPage(w, r, http.StatusUnprocessableEntity, views.Remove(m.snap, x), m)
	}
	if err := a.removeIt(r.Context(), x.Cluster, x.Node, x.History == "keep"); err != nil {
		return err
	}
	note := map[string]string{"keep": "kept", "drop": "removed"}[x.History]
	if x.Node != "" {
		note = map[string]string{"keep": "node-kept", "drop": "node-removed"}[x.History]
	}
	return see(w, r, views.SettingsPath+"?note="+note)
}

func (a *App) removeIt(ctx context.Context, clusterName, node string, keep bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	if err := a.opt.Fleet.Remove(ctx, clusterName, node, keep); err != nil {
		return err
	}
	a.log.Info("a cluster or node was removed", "cluster", clusterName, "node", node, "history kept", keep)
	a.audit(ctx, cluster.AuditEntry{Action: "cluster.removed", Object: objectOf(clusterName, node), Detail: map[bool]string{true: "Its history was kept.", false: "Its history was dropped."}[keep]})
	a.hub.poke(views.SettingsPath)
	return nil
}
