package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

const (
	saveTimeout = 30 * time.Second
	seenTimeout = 3 * time.Second // for a saved cluster to appear in the picture
)

// saveDraft is POST /settings/drafts/{id}/save.
func (a *App) saveDraft(w http.ResponseWriter, r *http.Request) error {
	id := param(r, "id")
	if err := readBody(r); err != nil {
		return err
	}
	var moved bool
	var d draft
	err := a.drafts.change(id, func(x *draft) {
		x.used, x.note, x.problems = a.now(), "", nil
		if !x.running {
			moved = x.pick(r)
		}
		if x.was == "" {
			if x.entered.Name = strings.TrimSpace(r.PostForm.Get("name")); x.entered.Name == "" {
				x.entered.Name = x.check.Cluster
			}
		}
		d = *x
	})
	if err != nil {
		return err
	}
	if moved && len(d.entered.Nodes) > 0 {
		if err := a.drafts.change(id, func(d *draft) {
			d.note = "A node is to be asked where it was not checked yet, so it was checked again first. Nothing is saved yet."
		}); err != nil {
			return err
		}
		return a.toCheck(w, r, id)
	}
	wrong, def, err := a.beforeSave(&d, r.PostForm.Get("anyway") != "")
	if err != nil {
		return err
	}
	if len(wrong) == 0 {
		wrong, err = a.save(r.Context(), d.was, def)
	}
	switch {
	case err != nil:
		return err
	case len(wrong) > 0:
		if err := a.drafts.change(id, func(d *draft) { d.problems = wrong }); err != nil {
			return err
		}
		return see(w, r, views.DraftPath(id))
	}
	a.drafts.forget(id)
	note := "added"
	if d.was != "" {
		note = "changed"
	}
	return a.seeCluster(w, r, def.Name, note)
}

// beforeSave says what stands against saving a draft, or gives what is to be saved.
func (a *App) beforeSave(d *draft, anyway bool) (problems, cluster.Definition, error) {
	var p problems
	def, why, err := a.full(d)
	if err != nil {
		return nil, def, err
	}
	if d.was != "" {
		stored, err := a.definition(d.was)
		switch {
		case err != nil:
			return nil, def, err
		case stored.Fixed:
			return nil, def, cluster.ErrFixed
		case !stored.Changed.Equal(d.changed):
			p.add("", "Somebody else changed this cluster meanwhile. Discard this check and begin again.")
			return p, def, nil
		}
	}
	switch {
	case d.running:
		p.add("", "The check is still running.")
		return p, def, nil
	case !slices.ContainsFunc(d.choices(), func(c views.WatchChoice) bool { return c.Watch }):
		p.add("", "Choose at least one node to watch.")
		return p, def, nil
	case def.Name == "":
		p.add("name", "Enter a name: the cluster has not told its own.")
	}
	if !anyway && !d.works() {
		p.add("anyway", "No node works yet. Confirm that it shall be watched anyway.")
	}
	for _, x := range checked(def, why, len(def.Nodes)) {
		if !strings.HasPrefix(x.Field, "n") || x.Field == "name" {
			p = append(p, x)
		} else {
			p.add("", "%s", x.Text) // the fields of nodes are not on this page
		}
	}
	return p, def, nil
}

// works says whether one of the chosen nodes passed its check.
func (d *draft) works() bool {
	return slices.ContainsFunc(d.choices(), func(c views.WatchChoice) bool {
		return c.Watch && c.Checked != nil && len(c.Checked.Steps) > 0 && !c.Checked.Failed()
	})
}

// save hands a definition to the fleet. What is wrong with it are problems, not
// an error.
func (a *App) save(ctx context.Context, was string, d cluster.Definition) (problems, error) {
	err := a.saveError(ctx, was, d)
	var list cluster.Problems
	var p problems
	switch {
	case errors.As(err, &list):
		for _, text := range list {
			p.add("", "%s", text)
		}
		return p, nil
	case errors.Is(err, cluster.ErrExists):
		p.add("name", "There is a cluster of that name already.")
		return p, nil
	}
	return nil, err
}

func (a *App) saveError(ctx context.Context, was string, d cluster.Definition) error {
	// Half of it must not be done because a browser left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
	defer cancel()
	if err := a.opt.Fleet.Save(ctx, was, d); err != nil {
		return err
	}
	a.log.Info("the settings of a cluster were saved", "cluster", d.Name, "was", was, "nodes", len(d.Nodes))
	a.auditSaved(ctx, was, d.Name)
	a.hub.poke(views.SettingsPath)
	return nil
}

// seeCluster leads to the page of a cluster as soon as there is one.
func (a *App) seeCluster(w http.ResponseWriter, r *http.Request, name, note string) error {
	ctx, cancel := context.WithTimeout(r.Context(), seenTimeout)
	defer cancel()
	for snap := range a.opt.Store.Watch(ctx) {
		if snap != nil && snap.Cluster(name) != nil {
			return see(w, r, views.ClusterPath(name)+"?note="+note)
		}
	}
	return see(w, r, views.SettingsPath+"?note="+note)
}
