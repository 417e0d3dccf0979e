package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"looksalive/cluster"
	"looksalive/views"
)

// full is what a draft stands for, with the stored secrets that may be used for
// it; why says which may not.
func (a *App) full(d *draft) (def cluster.Definition, why []string, err error) {
	if d.was == "" {
		return d.entered, nil, nil
	}
	stored, err := a.definition(d.was)
	if err != nil {
		return def, nil, err
	}
	for _, v := range d.vouched {
		if !slices.ContainsFunc(stored.Nodes, func(n cluster.NodeDefinition) bool { return strings.EqualFold(where(n), where(v)) }) {
			stored.Nodes = append(slices.Clip(stored.Nodes), v)
		}
	}
	def, why = cluster.KeepSecrets(stored, d.entered)
	return def, why, nil
}

// checked validates a definition. That a stored secret must be entered again is
// said instead of that it is not there.
func checked(d cluster.Definition, why []string, entered int) problems {
	p, missing := validate(d, entered)
	if len(why) == 0 {
		return p
	}
	if len(why) == len(missing) {
		for i, at := range missing {
			p[at].Text = why[i]
		}
		return p
	}
	for _, w := range why {
		p.add("", "%s", w)
	}
	return p
}

// startCheck checks a draft, or says in it what must be entered first.
func (a *App) startCheck(id string) (ok bool, err error) {
	d, err := a.drafts.get(id, true)
	if err != nil {
		return false, err
	}
	def, why, err := a.full(&d)
	if err != nil {
		return false, err
	}
	if p := checked(def, why, len(def.Nodes)); len(p) > 0 {
		return false, a.drafts.change(id, func(d *draft) { d.problems = p })
	}
	return true, a.drafts.start(id, def, d.was != "" && !hasSecrets(d.entered), a.checking)
}

// hasSecrets says whether any secret was entered.
func hasSecrets(d cluster.Definition) bool {
	has := func(acc cluster.Access) bool {
		one := func(i cluster.Identity) bool { return !i.Password.IsZero() || !i.Keytab.IsZero() || !i.Key.IsZero() }
		return one(acc.Read) || acc.Act != nil && one(*acc.Act)
	}
	return has(d.Access) || slices.ContainsFunc(d.Nodes, func(n cluster.NodeDefinition) bool { return n.Access != nil && has(*n.Access) })
}

// withoutSecrets is a definition as if nothing secret had been entered.
func withoutSecrets(d cluster.Definition) cluster.Definition {
	strip := func(acc cluster.Access) cluster.Access {
		one := func(i cluster.Identity) cluster.Identity {
			return cluster.Identity{User: i.User, Certificate: i.Certificate}
		}
		acc.Read = one(acc.Read)
		if acc.Act != nil {
			act := one(*acc.Act)
			acc.Act = &act
		}
		return acc
	}
	d.Access, d.Nodes = strip(d.Access), slices.Clone(d.Nodes)
	for i := range d.Nodes {
		if own := d.Nodes[i].Access; own != nil {
			stripped := strip(*own)
			d.Nodes[i].Access = &stripped
		}
	}
	return d
}

// checkNow is POST /settings/clusters/{cluster}/check.
func (a *App) checkNow(w http.ResponseWriter, r *http.Request) error {
	stored, err := a.definition(param(r, "cluster"))
	if err != nil {
		return err
	}
	d := a.drafts.add(stored.Name, stored.Changed, withoutSecrets(stored))
	return a.toCheck(w, r, d.id)
}

// toCheck starts a check and leads to its page, or to the form if something must
// be entered first.
func (a *App) toCheck(w http.ResponseWriter, r *http.Request, id string) error {
	ok, err := a.startCheck(id)
	if err != nil {
		return err
	}
	if !ok {
		return see(w, r, views.DraftPath(id, "edit"))
	}
	return see(w, r, views.DraftPath(id))
}

// draftPage is "/settings/drafts/{id}", also for the live socket.
func (a *App) draftPage(r *http.Request) (views.Page, error) {
	m, id := momentOf(r), param(r, "id")
	d, err := a.drafts.get(id, false)
	if err != nil {
		return views.Page{}, err
	}
	v := views.Draft{ID: id, Was: d.was, Definition: withoutSecrets(d.entered), Check: d.check, Running: d.running, Began: d.began, Took: d.took,
		Choices: d.choices(), Name: d.name(), Problems: d.problems, Note: d.note}
	if d.was != "" {
		stored, err := a.definition(d.was)
		v.Fixed = err == nil && stored.Fixed
	}
	return views.DraftPage(m.snap, v, m.now), nil
}

// usedDraft is the same page, opened by a person: that counts as use.
func (a *App) usedDraft(r *http.Request) (views.Page, error) {
	if _, err := a.drafts.get(param(r, "id"), true); err != nil {
		return views.Page{}, err
	}
	return a.draftPage(r)
}

// draftForm is GET /settings/drafts/{id}/edit.
func (a *App) draftForm(r *http.Request) (views.Page, error) {
	m, id := momentOf(r), param(r, "id")
	d, err := a.drafts.get(id, true)
	if err != nil {
		return views.Page{}, err
	}
	f := draftAsForm(d)
	if full, _, err := a.full(&d); err == nil {
		f.Remembers(full)
	}
	f.Problems = d.problems
	return views.EditDraft(m.snap, id, d.was, d.name(), f), nil
}

// draftAsForm shows the first addresses of a new cluster as they were entered.
func draftAsForm(d draft) views.ClusterForm {
	f := views.FormOf(d.entered)
	if d.was != "" {
		return f
	}
	var addresses []string
	for i, n := range d.entered.Nodes {
		if n.Access != nil || n.Paused {
			return f
		}
		addresses = append(addresses, where(d.entered.Nodes[i]))
	}
	f.Addresses, f.Nodes = strings.Join(addresses, "\n"), nil
	return f
}

// changeDraft is POST /settings/drafts/{id}/edit.
func (a *App) changeDraft(w http.ResponseWriter, r *http.Request) error {
	id := param(r, "id")
	d, err := a.drafts.get(id, true)
	if err != nil {
		return err
	}
	form, entered, found, err := readForm(r, d.entered)
	if err != nil {
		return err
	}
	for i, n := range entered.Nodes { // an address that stayed keeps the key that was confirmed
		for _, old := range d.entered.Nodes {
			if n.Pin == "" && strings.EqualFold(where(n), where(old)) {
				entered.Nodes[i].Pin = old.Pin
			}
		}
	}
	entered = keepTyped(d.entered, entered)
	d.entered, d.vouched = entered, nil
	full, why, err := a.full(&d)
	if err != nil {
		return err
	}
	if found = append(found, checked(full, why, len(form.Nodes))...); len(found) > 0 {
		form.Problems = found
		form.Remembers(full)
		m := a.moment()
		return a.showPage(w, r, http.StatusUnprocessableEntity, views.EditDraft(m.snap, id, d.was, d.name(), form), m)
	}
	err = a.drafts.change(id, func(d *draft) {
		d.entered, d.vouched, d.check, d.problems, d.note = entered, nil, cluster.Check{}, nil, ""
		d.picked, d.left = map[string]bool{}, nil
	})
	if err != nil {
		return err
	}
	return a.toCheck(w, r, id)
}

// keepTyped keeps secrets that were typed into this very draft although the
// addresses changed: nobody but who typed them has the draft.
func keepTyped(was, now cluster.Definition) cluster.Definition {
	old := was.Nodes
	was.Nodes = slices.Clone(now.Nodes)
	for i := range was.Nodes {
		n := &was.Nodes[i]
		j := slices.IndexFunc(old, func(o cluster.NodeDefinition) bool { return strings.EqualFold(o.Name, n.Name) })
		if j < 0 || old[j].Access == nil || n.Access == nil {
			if n.Access != nil {
				n.Access = &cluster.Access{}
			}
			continue
		}
		n.Access = old[j].Access
	}
	kept, _ := cluster.KeepSecrets(was, now)
	return kept
}

// pick reads which nodes are to be watched and where they are. moved says that
// one of them is to be asked elsewhere than it was checked.
func (d *draft) pick(r *http.Request) (moved bool) {
	byName := map[string]views.WatchChoice{}
	for _, c := range d.choices() {
		byName[c.Name] = c
	}
	picked := maps.Clone(d.picked)
	var nodes, left []cluster.NodeDefinition
	for i := 0; i < 2*maxNodes && r.PostForm.Has(field(i, "node")); i++ {
		c, ok := byName[r.PostForm.Get(field(i, "node"))]
		if !ok {
			continue // the list has changed since
		}
		on := r.PostForm.Get(field(i, "watch")) != ""
		picked[strings.ToLower(c.Name)] = on
		address := strings.TrimSpace(r.PostForm.Get(field(i, "address")))
		n := cluster.NodeDefinition{Name: c.Name}
		old := d.before(c)
		if old != nil {
			n = *old
			n.Name = c.Name
		}
		n.Address = address
		if !on {
			if old != nil {
				left = append(left, n)
			}
			continue
		}
		if !strings.EqualFold(address, c.Address) || c.Checked == nil {
			moved = true
		}
		nodes = append(nodes, n)
	}
	d.picked = picked
	if len(nodes) > 0 { // without any there is nothing to check, and nothing to save
		d.entered.Nodes, d.left = nodes, left
	}
	return moved
}

func field(i int, name string) string { return "w" + strconv.Itoa(i) + "." + name }

// before is what was entered about a node: under its name, or where it is asked.
func (d *draft) before(c views.WatchChoice) *cluster.NodeDefinition {
	if n := d.named(c.Name); n != nil {
		return n
	}
	for i, n := range d.entered.Nodes {
		if strings.EqualFold(where(n), c.Address) {
			return &d.entered.Nodes[i]
		}
	}
	for i, n := range d.left {
		if strings.EqualFold(n.Name, c.Name) {
			return &d.left[i]
		}
	}
	return nil
}

// checkAgain is POST /settings/drafts/{id}/check.
func (a *App) checkAgain(w http.ResponseWriter, r *http.Request) error {
	id := param(r, "id")
	if err := readBody(r); err != nil {
		return err
	}
	err := a.drafts.change(id, func(d *draft) {
		d.note = ""
		d.pick(r)
		if d.was == "" && r.PostForm.Has("name") {
			d.entered.Name = strings.TrimSpace(r.PostForm.Get("name"))
		}
	})
	if err != nil {
		return err
	}
	return a.toCheck(w, r, id)
}

// trust is POST /settings/drafts/{id}/trust: somebody compared keys and vouches
// for them.
func (a *App) trust(w http.ResponseWriter, r *http.Request) error {
	id := param(r, "id")
	if err := readBody(r); err != nil {
		return err
	}
	refused := ""
	var trusted []cluster.NodeDefinition
	err := a.drafts.change(id, func(d *draft) {
		if d.running {
			refused = "The check is still running."
			return
		}
		for i := 0; i < 2*maxNodes && r.PostForm.Has(fmt.Sprintf("key%d.host", i)); i++ {
			get := func(name string) string { return r.PostForm.Get(fmt.Sprintf("key%d.%s", i, name)) }
			if get("ok") == "" {
				continue
			}
			c := d.checkOf("", get("host"))
			if c == nil || c.Certificate == nil || c.Certificate.Pin != get("pin") {
				refused = "The key of " + get("host") + " is another one than the one that was shown. Compare it again."
				return
			}
			trusted = append(trusted, cluster.NodeDefinition{Name: c.Name, Address: c.Address, Pin: c.Certificate.Pin})
		}
		if len(trusted) == 0 {
			refused = "Confirm that you compared the key: tick the box beside it."
			return
		}
		d.entered.Access.Trust, d.entered.Access.CA = cluster.TrustPin, ""
		d.entered.Nodes = slices.Clone(d.entered.Nodes)
		for _, t := range trusted {
			d.pin(t)
		}
	})
	if err != nil {
		return err
	}
	if refused != "" {
		if err := a.drafts.change(id, func(d *draft) { d.problems = problems{{Text: refused}} }); err != nil {
			return err
		}
		return see(w, r, views.DraftPath(id))
	}
	d, err := a.drafts.get(id, true)
	if err != nil {
		return err
	}
	for _, t := range trusted {
		a.log.Warn("the key of a node was confirmed by hand", "cluster", d.name(), "node", t.Name, "address", t.Address, "pin", t.Pin)
		a.audit(r.Context(), cluster.AuditEntry{Action: "key.trusted", Object: objectOf(d.name(), where(t)), Text: t.Pin})
	}
	return a.toCheck(w, r, id)
}

// pin writes a confirmed key down.
func (d *draft) pin(t cluster.NodeDefinition) {
	for i := range d.entered.Nodes {
		n := &d.entered.Nodes[i]
		if !strings.EqualFold(where(*n), t.Address) {
			continue
		}
		n.Pin = t.Pin
		if n.Access != nil {
			own := *n.Access
			own.Trust, own.CA = cluster.TrustPin, ""
			n.Access = &own
		}
		return
	}
	if t.Name == "" {
		t.Name = cluster.NameOf(t.Address)
	}
	d.entered.Nodes = append(d.entered.Nodes, t)
}

// discard is POST /settings/drafts/{id}/discard.
func (a *App) discard(w http.ResponseWriter, r *http.Request) error {
	d, err := a.drafts.get(param(r, "id"), false)
	if err != nil {
		return err
	}
	a.drafts.forget(d.id)
	return see(w, r, views.SettingsPath+"?note=discarded")
}
