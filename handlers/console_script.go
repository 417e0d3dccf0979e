package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"looksalive/cluster"
	"looksalive/console"
	"looksalive/views"
)

// savedScript finds a script of the library.
func (a *App) savedScript(ctx context.Context, name string) (console.Saved, error) {
	if a.opt.Library == nil {
		return console.Saved{}, cluster.ErrNotFound
	}
	return a.opt.Library.Find(ctx, name)
}

// scriptView is a script as the pages show it, with what was entered for its
// parameters; nil stands for their defaults.
func (a *App) scriptView(who cluster.Who, s console.Saved, entered map[string]string) views.SavedScript {
	v := views.SavedScript{
		Name: s.Name, Description: s.Description, Text: s.Text, Group: s.Group, By: s.By, OnlyReads: s.Danger.OnlyReads,
		BuiltIn: s.BuiltIn, Mine: !s.BuiltIn && who.May(cluster.Administrator),
	}
	if !s.Changed.IsZero() {
		v.At = views.Ago(s.Changed, a.now())
	}
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	for _, p := range s.Params {
		f := views.ParamField{Name: p.Name, Help: p.Help, Kind: string(p.Kind), Required: p.Required, Value: p.Default, Choices: p.Choices, Min: number(p.Min), Max: number(p.Max)}
		if value, ok := entered[p.Name]; ok {
			f.Value = value
		}
		v.Params = append(v.Params, f)
	}
	return v
}

// enteredArgs turns arguments back into what was entered.
func enteredArgs(args json.RawMessage) map[string]string {
	var values map[string]any
	if json.Unmarshal(args, &values) != nil {
		return nil
	}
	out := map[string]string{}
	for name, v := range values {
		switch v := v.(type) {
		case string:
			out[name] = v
		case bool:
			out[name] = strconv.FormatBool(v)
		case float64:
			out[name] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	return out
}

// scriptsPage is "/console/scripts".
func (a *App) scriptsPage(r *http.Request) (views.Page, error) {
	m, who := momentOf(r), whoOf(r)
	if a.opt.Console == nil || a.opt.Library == nil {
		return views.ConsoleMissing(m.snap), nil
	}
	all, err := a.opt.Library.All(r.Context())
	if err != nil {
		return views.Page{}, err
	}
	var list []views.SavedScript
	for _, s := range all {
		if s.Danger.OnlyReads || who.May(cluster.Administrator) {
			list = append(list, a.scriptView(who, s, nil))
		}
	}
	return views.ScriptsPage(m.snap, list, who.May(cluster.Administrator), r.URL.Query().Get("note")), nil
}

// scriptPage is "/console/scripts/{name}": the console with a saved script.
func (a *App) scriptPage(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	if a.opt.Console == nil {
		return views.Page{}, errNoConsole
	}
	s, err := a.savedScript(r.Context(), param(r, "name"))
	if err != nil {
		return views.Page{}, err
	}
	v := a.scriptView(whoOf(r), s, nil)
	return a.consoleOf(r, views.Console{Saved: &v, Picked: a.picked(m, r.URL.Query())}), nil
}

func (a *App) newScriptPage(r *http.Request) (views.Page, error) {
	if a.opt.Console == nil || a.opt.Library == nil {
		return views.Page{}, errNoConsole
	}
	return views.ScriptFormPage(momentOf(r).snap, views.ScriptForm{}), nil
}

// draftScript is POST /console/scripts/draft: the form with what is in the editor.
func (a *App) draftScript(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Library == nil {
		return errNoConsole
	}
	if err := readRun(w, r); err != nil {
		return err
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusOK, views.ScriptFormPage(m.snap, views.ScriptForm{Text: unixLines(r.PostForm.Get("script"))}), m)
}

func (a *App) editScriptPage(r *http.Request) (views.Page, error) {
	s, err := a.savedScript(r.Context(), param(r, "name"))
	if err != nil {
		return views.Page{}, err
	}
	if s.BuiltIn {
		return views.Page{}, cluster.ErrFixed
	}
	return views.ScriptFormPage(momentOf(r).snap, views.ScriptForm{Was: s.Name, Name: s.Name, Description: s.Description, Text: s.Text}), nil
}

func (a *App) addScript(w http.ResponseWriter, r *http.Request) error {
	return a.putScript(w, r, "")
}

func (a *App) changeScript(w http.ResponseWriter, r *http.Request) error {
	return a.putScript(w, r, param(r, "name"))
}

// putScript saves what was entered, or shows it again with what is wrong.
func (a *App) putScript(w http.ResponseWriter, r *http.Request, was string) error {
	if a.opt.Library == nil {
		return errNoConsole
	}
	if err := readRun(w, r); err != nil {
		return err
	}
	f := views.ScriptForm{Was: was, Name: r.PostForm.Get("name"), Description: r.PostForm.Get("description"), Text: unixLines(r.PostForm.Get("script"))}
	err := a.opt.Library.Put(r.Context(), whoOf(r), was, cluster.SavedScript{Name: f.Name, Description: f.Description, Text: f.Text})
	var problems cluster.Problems
	switch {
	case err == nil:
		return see(w, r, views.ScriptsPath+"?note=script-saved")
	case errors.As(err, &problems):
		f.Problems = problems
	case errors.Is(err, cluster.ErrExists):
		f.Problems = []string{"There is a script of that name already."}
	case errors.Is(err, cluster.ErrDenied):
		return &HTTPError{Code: http.StatusForbidden, Msg: "This script is kept by somebody else. Save a copy of your own.", Err: err}
	default:
		return err
	}
	m := a.moment()
	return a.showPage(w, r, http.StatusUnprocessableEntity, views.ScriptFormPage(m.snap, f), m)
}

// deleteScript is POST /console/scripts/{name}/delete.
func (a *App) deleteScript(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Library == nil {
		return errNoConsole
	}
	if err := a.opt.Library.Drop(r.Context(), whoOf(r), param(r, "name")); err != nil {
		return err
	}
	return see(w, r, views.ScriptsPath+"?note=script-deleted")
}

// askedPage is "/asked?q=…&target=…": the scripts the product asks its questions with.
func (a *App) askedPage(r *http.Request) (views.Page, error) {
	m, q := momentOf(r), r.URL.Query()
	if a.opt.Library == nil {
		return views.Page{}, errNoRoute
	}
	target, of := url.Values{}, ""
	name, node, ok := views.ParseTarget(q.Get("target"))
	switch {
	case ok:
		target.Set("target", q.Get("target"))
		of = fmt.Sprintf(" for %s of %s", node, name)
	case q.Get("target") != "":
		if name, err := url.PathUnescape(q.Get("target")); err == nil {
			target.Set("cluster", name)
			of = " for " + name
		}
	}
	var list []views.Asked
	for _, question := range strings.Fields(q.Get("q")) {
		s, ok := a.opt.Library.Question(question)
		if !ok || len(list) >= 8 {
			continue
		}
		x := views.Asked{Name: s.Name, Description: s.Description, Text: s.Text}
		if a.opt.Console != nil && whoOf(r).May(cluster.Operator) {
			x.Console = views.ScriptPath(s.Name)
			if len(target) > 0 {
				x.Console += "?" + target.Encode()
			}
		}
		list = append(list, x)
	}
	return views.AskedPage(m.snap, list, of), nil
}
