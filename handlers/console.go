package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/views"
)

// consoleRoutes are the pages on which PowerShell is run. What is run decides
// console.Console again: who may run what, and what has to be confirmed.
func (a *App) consoleRoutes(viewer, operator, admin gate) {
	operator.page("/console", a.consolePage)
	operator.post("/console/look", a.handle(a.look))
	admin.get("/console/commands", a.handle(a.commands))
	operator.page("/console/runs", a.runsPage)
	operator.post("/console/runs", a.handle(a.startRun))
	operator.page("/console/runs/{id}", a.runPage)
	operator.get("/console/runs/{id}/live", a.handle(a.runLive))
	operator.post("/console/runs/{id}/cancel", a.handle(a.cancelRun))
	operator.get("/console/runs/{id}/output/{n}", a.handle(a.runOutput))
	operator.page("/console/scripts", a.scriptsPage)
	admin.page("/console/scripts/new", a.newScriptPage)
	admin.post("/console/scripts/new", a.handle(a.addScript))
	admin.post("/console/scripts/draft", a.handle(a.draftScript))
	operator.page("/console/scripts/{name}", a.scriptPage)
	admin.page("/console/scripts/{name}/edit", a.editScriptPage)
	admin.post("/console/scripts/{name}/edit", a.handle(a.changeScript))
	admin.post("/console/scripts/{name}/delete", a.handle(a.deleteScript))
	viewer.page("/asked", a.askedPage)
	a.runRoutes(operator)
}

var errNoConsole = &HTTPError{Code: http.StatusNotFound, Msg: "This server was started without a console."}

// maxRun bounds a request for a run: a script of 64 KiB, escaped, and its targets.
const maxRun = 1 << 20

// consolePage is "/console". What its address names is filled in.
func (a *App) consolePage(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	if a.opt.Console == nil {
		return views.ConsoleMissing(m.snap), nil
	}
	q := r.URL.Query()
	c := views.Console{Script: q.Get("script"), Verbose: q.Get("verbose") != "", Picked: a.picked(m, q)}
	if name := q.Get("saved"); name != "" && a.opt.Library != nil {
		s, err := a.opt.Library.Find(r.Context(), name)
		if err != nil {
			return views.Page{}, err
		}
		c.Script = s.Text
	}
	if a.ownerOf(m.snap, q.Get("role")) != (cluster.Target{}) {
		c.Role = q.Get("role")
	}
	return a.consoleOf(r, c), nil
}

// picked are the targets an address names. A cluster stands for its first node that
// answers: most questions to a cluster need to be asked only once.
func (a *App) picked(m moment, q url.Values) []cluster.Target {
	var out []cluster.Target
	for _, text := range q["target"] {
		name, node, ok := views.ParseTarget(text)
		if !ok {
			continue
		}
		if _, err := findNode(m.snap, name, node); err == nil {
			out = append(out, cluster.Target{Cluster: name, Node: node})
		}
	}
	if p := m.snap.Cluster(q.Get("cluster")); p != nil {
		nodes := p.NodeNames()
		i := slices.IndexFunc(nodes, func(n string) bool {
			v, ok := p.View(n)
			return ok && v.Contact.Reach == cluster.ReachOK
		})
		if i >= 0 {
			out = append(out, cluster.Target{Cluster: p.Cluster, Node: nodes[i]})
		}
	}
	return out
}

// ownerOf is the node that owns a role now, the zero Target if none does.
func (a *App) ownerOf(s *cluster.Snapshot, role string) cluster.Target {
	name, group, ok := views.ParseTarget(role)
	if p := s.Cluster(name); ok && p != nil && p.State != nil {
		for _, g := range p.State.Roles {
			if g.Name == group && g.Owner != "" {
				return cluster.Target{Cluster: name, Node: g.Owner}
			}
		}
	}
	return cluster.Target{}
}

// consoleOf completes what the console shows and makes its page.
func (a *App) consoleOf(r *http.Request, c views.Console) views.Page {
	m, who := momentOf(r), whoOf(r)
	c.MayType = who.May(cluster.Administrator)
	script, saved := c.Script, ""
	if c.Saved != nil {
		script, saved = c.Saved.Text, c.Saved.Name
	}
	targets := c.Picked
	if t := a.ownerOf(m.snap, c.Role); t != (cluster.Target{}) && !slices.Contains(targets, t) {
		targets = append(slices.Clone(targets), t)
	}
	c.Verdict = a.verdict(who, script, saved, targets)
	for _, run := range a.opt.Console.Runs() {
		if run.Who.Name == who.Name && len(c.Recent) < 20 {
			c.Recent = append(c.Recent, runRow(run))
		}
	}
	return views.ConsolePage(m.snap, c, m.now)
}

// verdict says what a script does, where and as whom, before it is run.
func (a *App) verdict(who cluster.Who, script, saved string, targets []cluster.Target) views.Verdict {
	if script == "" {
		return views.Verdict{Empty: true}
	}
	d := a.opt.Console.LookAt(script, targets)
	v := views.Verdict{OnlyReads: d.OnlyReads, Phrase: d.Phrase, Where: views.Where(targets), As: a.identities(targets, !d.OnlyReads)}
	for _, c := range d.Changes {
		v.Changes = append(v.Changes, views.Change{What: c.What, Why: c.Why})
	}
	switch {
	case who.May(cluster.Administrator):
	case saved == "":
		v.Refused = "Running what was typed needs the role administrator."
	case !d.OnlyReads:
		v.Refused = "Running a script that changes things needs the role administrator."
	}
	return v
}

// identities says as whom the targets would be asked, a sentence for each user.
func (a *App) identities(targets []cluster.Target, changes bool) []string {
	if a.opt.Fleet == nil {
		return nil
	}
	defs := a.opt.Fleet.Definitions()
	var order []string
	nodes := map[string][]cluster.Target{}
	for _, t := range targets {
		i := slices.IndexFunc(defs, func(d cluster.Definition) bool { return d.Name == t.Cluster })
		if i < 0 {
			continue
		}
		acc := defs[i].Access
		for _, n := range defs[i].Nodes {
			if n.Name == t.Node && n.Access != nil {
				acc = *n.Access
			}
		}
		as := "the user that reads, " + identityName(acc, acc.Read)
		if changes && acc.Act != nil {
			as = "the user that changes, " + identityName(acc, *acc.Act)
		} else if changes {
			as = "" // nothing falls back to the other one
		}
		if nodes[as] == nil {
			order = append(order, as)
		}
		nodes[as] = append(nodes[as], t)
	}
	var out []string
	for _, as := range order {
		if as == "" {
			out = append(out, "On "+views.Where(nodes[as])+" it would not be run: no user is set there that changes things.")
			continue
		}
		out = append(out, "On "+views.Where(nodes[as])+" as "+as+".")
	}
	return out
}

func identityName(acc cluster.Access, i cluster.Identity) string {
	if acc.Auth == cluster.AuthCertificate || i.User == "" {
		return "by certificate"
	}
	return i.User
}

// look is POST /console/look: what the browser shows while somebody types.
func (a *App) look(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Console == nil {
		return errNoConsole
	}
	if err := readRun(w, r); err != nil {
		return err
	}
	m := a.moment()
	script, saved := r.PostForm.Get("script"), r.PostForm.Get("saved")
	if saved != "" {
		s, err := a.savedScript(r.Context(), saved)
		if err != nil {
			return err
		}
		script = s.Text
	}
	var targets []cluster.Target
	for _, text := range r.PostForm["target"] {
		if name, node, ok := views.ParseTarget(text); ok {
			targets = append(targets, cluster.Target{Cluster: name, Node: node})
		}
	}
	if t := a.ownerOf(m.snap, r.PostForm.Get("role")); t != (cluster.Target{}) && !slices.Contains(targets, t) {
		targets = append(targets, t)
	}
	buf := getBuffer()
	defer putBuffer(buf)
	if err := views.LookFragment(a.verdict(whoOf(r), script, saved, targets)).Render(r.Context(), buf); err != nil {
		return err
	}
	respond(w, r, http.StatusOK, htmlType, slices.Clone(buf.Bytes()))
	return nil
}

// readRun parses a form of the console, which may be large.
func readRun(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRun)
	var large *http.MaxBytesError
	switch err := r.ParseForm(); {
	case errors.As(err, &large):
		return &HTTPError{Code: http.StatusRequestEntityTooLarge, Msg: "That is more than a script may have. Nothing was run."}
	case err != nil:
		return badRequest("The form could not be read.")
	}
	return nil
}

// commandsTimeout bounds how long a node is asked for its cmdlets.
const commandsTimeout = 20 * time.Second

// commands is GET /console/commands?target=…: the names the editor completes.
func (a *App) commands(w http.ResponseWriter, r *http.Request) error {
	names := []string{}
	name, node, ok := views.ParseTarget(r.URL.Query().Get("target"))
	if !ok {
		return badRequest("target must be CLUSTER/NODE.")
	}
	m := a.moment()
	if _, err := findNode(m.snap, name, node); err != nil {
		return err
	}
	if a.opt.Commands != nil {
		ctx, cancel := context.WithTimeout(r.Context(), commandsTimeout)
		defer cancel()
		list, err := a.opt.Commands(ctx, cluster.Target{Cluster: name, Node: node})
		switch {
		case errors.Is(err, context.DeadlineExceeded), err == nil:
			names = append(names, list...)
		default:
			// The node cannot be asked: the editor goes without, the page says of
			// the node why.
			a.log.Debug("no command names for the editor", "cluster", name, "node", node, "err", err)
		}
	}
	respond(w, r, http.StatusOK, "application/json", marshal(names))
	return nil
}

// runRow is a run as lists show it.
func runRow(run *console.Run) views.RunRow {
	return views.RunRow{ID: run.ID, Who: run.Who.Name, Saved: run.Request.Saved, Script: run.Request.Script, At: run.Begun, Targets: runTargets(run)}
}

func runTargets(run *console.Run) []views.RunTarget {
	var out []views.RunTarget
	for _, s := range run.Status() {
		out = append(out, views.RunTarget{Cluster: s.Target.Cluster, Node: s.Target.Node, State: s.State, Detail: s.Detail, Exit: s.Exit, Took: s.Took, Bytes: s.Bytes, Errors: s.Errors})
	}
	return out
}

// seconds reads a number of seconds, 0 for none.
func seconds(s string) (time.Duration, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > int(24*time.Hour/time.Second) {
		return 0, badRequest("The time limit must be a number of seconds.")
	}
	return time.Duration(n) * time.Second, nil
}
