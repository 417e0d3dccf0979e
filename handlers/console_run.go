package handlers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/views"
)

// runsPage is "/console/runs".
func (a *App) runsPage(r *http.Request) (views.Page, error) {
	m, who := momentOf(r), whoOf(r)
	if a.opt.Console == nil {
		return views.ConsoleMissing(m.snap), nil
	}
	var rows []views.RunRow
	for _, run := range a.opt.Console.Runs() {
		if mayRead(who, run) {
			rows = append(rows, runRow(run))
		}
	}
	return views.RunsPage(m.snap, rows, who.May(cluster.Administrator), m.now), nil
}

// mayRead says who sees a run: what a script wrote may hold anything, so only who ran
// it and administrators.
func mayRead(who cluster.Who, run *console.Run) bool {
	return who.May(cluster.Administrator) || who.May(cluster.Operator) && who.Name == run.Who.Name && who.Name != ""
}

// runOf finds the run of a request. One that may not be read is not there.
func (a *App) runOf(r *http.Request) (*console.Run, error) {
	if a.opt.Console == nil {
		return nil, errNoConsole
	}
	run, err := a.opt.Console.Find(param(r, "id"))
	if err == nil && mayRead(whoOf(r), run) {
		return run, nil
	}
	return nil, &HTTPError{Code: http.StatusNotFound, Msg: "There is no such run, or its output is no longer kept.", Err: err}
}

// runPage is "/console/runs/{id}": the console with what was run, and its output.
func (a *App) runPage(r *http.Request) (views.Page, error) {
	if a.opt.Console == nil {
		return views.Page{}, errNoConsole
	}
	run, err := a.runOf(r)
	if err != nil {
		return views.Page{}, err
	}
	c := views.Console{
		Script: run.Request.Script, Picked: run.Request.Targets, Timeout: run.Request.Timeout, Verbose: run.Request.Verbose,
		Run: &views.RunView{ID: run.ID, Who: run.Who.Name, At: run.Begun, Saved: run.Request.Saved, Over: run.Over(), Mine: true, Targets: runTargets(run)},
	}
	if run.Request.Saved != "" {
		if s, err := a.savedScript(r.Context(), run.Request.Saved); err == nil && s.Text == run.Request.Script {
			v := a.scriptView(whoOf(r), s, enteredArgs(run.Request.Args))
			c.Saved = &v
		}
	}
	return a.consoleOf(r, c), nil
}

// startRun is POST /console/runs. A program of ours asks for JSON: it is told the
// address of the run, or what is to be typed; anybody else is led there.
func (a *App) startRun(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Console == nil {
		return errNoConsole
	}
	if err := readRun(w, r); err != nil {
		return err
	}
	asked, shown, err := a.askedRun(r)
	if err == nil {
		var run *console.Run
		if run, err = a.opt.Console.Start(r.Context(), whoOf(r), asked); err == nil {
			if wantsJSON(r) {
				respond(w, r, http.StatusCreated, "application/json", marshal(map[string]any{"id": run.ID, "address": views.RunPath(run.ID), "targets": asked.Targets}))
				return nil
			}
			return see(w, r, views.RunPath(run.ID))
		}
	}
	var problems cluster.Problems
	confirm := errors.Is(err, console.ErrConfirm)
	if !confirm && !errors.As(err, &problems) {
		err = runError(err)
		if wantsJSON(r) {
			writeProblem(w, r, asHTTP(err))
			return nil
		}
		return err
	}
	phrase := ""
	if confirm {
		phrase = a.opt.Console.LookAt(asked.Script, asked.Targets).Phrase
	}
	if wantsJSON(r) {
		// The page asked what stands against it and is answered: browsers write every
		// other status into their console as an error.
		respond(w, r, http.StatusOK, "application/json", marshal(map[string]any{"phrase": phrase, "problems": append([]string{}, problems...)}))
		return nil
	}
	shown.Problems = problems
	if confirm {
		shown.Phrase = phrase
		shown.Problems = []string{"It changes something and has to be confirmed: type " + phrase + " below and run it again."}
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusUnprocessableEntity, a.consoleOf(r.WithContext(m.in(r.Context())), shown), m)
}

// runError dresses why a run was refused.
func runError(err error) error {
	switch {
	case errors.Is(err, console.ErrBusy):
		return &HTTPError{Code: http.StatusTooManyRequests, Msg: "Too many runs are under way. Wait until one has ended, or cancel one.", Err: err}
	case errors.Is(err, cluster.ErrDenied):
		text, _, _ := strings.Cut(err.Error(), ":")
		return &HTTPError{Code: http.StatusForbidden, Msg: strings.ToUpper(text[:1]) + text[1:] + ". The attempt is in the audit log.", Err: err}
	}
	return err
}

func wantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

// askedRun reads what is to be run, and as the form shows it again. The text of a
// saved script is the library's, whatever else was sent.
func (a *App) askedRun(r *http.Request) (cluster.RunRequest, views.Console, error) {
	f, snap := r.PostForm, a.snapshot()
	limit, err := seconds(f.Get("timeout"))
	if err != nil {
		return cluster.RunRequest{}, views.Console{}, err
	}
	req := cluster.RunRequest{Script: unixLines(f.Get("script")), Timeout: limit, Verbose: f.Get("verbose") != "", Confirm: strings.TrimSpace(f.Get("confirm"))}
	var problems cluster.Problems
	for _, text := range f["target"] {
		name, node, ok := views.ParseTarget(text)
		if !ok {
			return req, views.Console{}, badRequest("A target must be CLUSTER/NODE.")
		}
		req.Targets = append(req.Targets, cluster.Target{Cluster: name, Node: node})
	}
	shown := views.Console{Script: req.Script, Picked: slices.Clone(req.Targets), Timeout: limit, Verbose: req.Verbose, Role: f.Get("role")}
	if shown.Role != "" {
		t := a.ownerOf(snap, shown.Role)
		switch {
		case t == (cluster.Target{}):
			_, role, _ := views.ParseTarget(shown.Role)
			problems = append(problems, fmt.Sprintf("No node owns the role %s just now.", role))
		case !slices.Contains(req.Targets, t):
			req.Targets = append(req.Targets, t)
		}
	}
	if name := f.Get("saved"); name != "" {
		s, err := a.savedScript(r.Context(), name)
		if err != nil {
			return req, shown, err
		}
		values := map[string]string{}
		for key, list := range f {
			if param, ok := strings.CutPrefix(key, "p."); ok && len(list) > 0 {
				values[param] = list[len(list)-1] // a box that is not ticked sends its hidden "false" alone
			}
		}
		v := a.scriptView(whoOf(r), s, values)
		shown.Saved = &v
		req.Script, req.Saved = s.Text, s.Name
		args, err := console.Values(s.Params, values)
		var wrong cluster.Problems
		if errors.As(err, &wrong) {
			problems = append(problems, wrong...)
		} else if err != nil {
			return req, shown, err
		}
		req.Args = args
	}
	return req, shown, problems.Err()
}

// unixLines undoes what forms do to the ends of lines.
func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

// cancelRun is POST /console/runs/{id}/cancel.
func (a *App) cancelRun(w http.ResponseWriter, r *http.Request) error {
	run, err := a.runOf(r)
	if err != nil {
		return err
	}
	run.Cancel()
	if wantsJSON(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return see(w, r, views.RunPath(run.ID))
}

// outputTimeout is how long a slow reader may take for a large output.
const outputTimeout = 30 * time.Minute

// runOutput is GET /console/runs/{id}/output/{n}: all that the n-th target wrote.
func (a *App) runOutput(w http.ResponseWriter, r *http.Request) error {
	run, err := a.runOf(r)
	if err != nil {
		return err
	}
	status := run.Status()
	n, err := strconv.Atoi(param(r, "n"))
	if err != nil || n < 0 || n >= len(status) {
		return cluster.ErrNotFound
	}
	t := status[n].Target
	out, err := run.Output(t)
	if err != nil {
		return err
	}
	defer out.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(outputTimeout)) // not every writer can
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+fileName(t.Node+"-"+run.Begun.Format("20060102-150405")+".txt")+`"`)
	h.Set("Cache-Control", personal)
	if r.Method == http.MethodHead {
		return nil
	}
	if _, err := io.Copy(w, out); err != nil {
		panic(http.ErrAbortHandler) // the beginning was sent: only breaking off tells
	}
	return nil
}
