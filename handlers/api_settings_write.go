package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"looksalive/cluster"
)

// apiSettings is GET /api/v1/settings/clusters.
func (a *App) apiSettings(w http.ResponseWriter, r *http.Request) {
	a.handle(func(w http.ResponseWriter, r *http.Request) error {
		out := apiWatchedList{Elsewhere: a.opt.Fleet == nil, Clusters: []apiWatched{}}
		if a.opt.Fleet != nil {
			out.Clusters = each(a.opt.Fleet.Definitions(), watchedOf)
		}
		respond(w, r, http.StatusOK, "application/json", marshal(out))
		return nil
	})(w, r)
}

// sent reads the definition in the body of a request.
func sent(r *http.Request) (cluster.Definition, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return cluster.Definition{}, &HTTPError{Code: http.StatusUnsupportedMediaType, Msg: "Send application/json."}
	}
	var s sentCluster
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields() // a secret under a wrong name must not be dropped unseen
	err := dec.Decode(&s)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("more than one value")
		}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return cluster.Definition{}, errTooLarge
	case err != nil:
		// What went wrong could quote the body: only where it is said.
		return cluster.Definition{}, badRequest("The body is not a cluster as openapi.json describes it." + place(err))
	}
	return s.definition(), nil
}

// place names the field that is wrong, without its value.
func place(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field != "" {
		return " See the field " + kind.Field + "."
	}
	return ""
}

// wanted is the definition of a request with the stored secrets that may be used,
// or all that is wrong with it.
func wanted(was cluster.Definition, d cluster.Definition, needName bool) (cluster.Definition, error) {
	d.Changed = was.Changed
	full, why := cluster.KeepSecrets(was, d)
	p := checked(full, why, len(full.Nodes))
	if needName && d.Name == "" {
		p.add("name", "Enter the name of the cluster.")
	}
	return full, p.list().Err()
}

// apiCheck is POST /api/v1/settings/clusters/check: a line of JSON for each state
// of the check, as it goes on. A definition with the name of a watched cluster
// may leave out the secrets that are stored.
func (a *App) apiCheck(w http.ResponseWriter, r *http.Request) error {
	d, err := sent(r)
	if err != nil {
		return err
	}
	was, err := a.definition(d.Name)
	if err != nil {
		was = cluster.Definition{}
	}
	full, err := wanted(was, d, false)
	if err != nil {
		return err
	}
	if err := a.drafts.begin(); err != nil {
		return err
	}
	defer a.drafts.end()
	ctx, cancel := context.WithTimeout(r.Context(), checkTimeout)
	defer cancel()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	rc := http.NewResponseController(w)
	_ = rc.SetWriteDeadline(time.Now().Add(checkTimeout)) // longer than a page may take; not every writer can
	tell := func(c cluster.Check) {
		if _, err := w.Write(marshal(checkStateOf(c))); err != nil {
			cancel() // nobody listens
			return
		}
		_ = rc.Flush() // what cannot be flushed comes at the end
	}
	c, err := a.checking(ctx, full, func(c cluster.Check) {
		if !c.Done {
			tell(c)
		}
	})
	if err != nil {
		return http.ErrAbortHandler // the beginning was sent: only breaking off tells
	}
	tell(c)
	return nil
}

// apiAdd is POST /api/v1/settings/clusters/{cluster}.
func (a *App) apiAdd(w http.ResponseWriter, r *http.Request) error {
	d, err := sent(r)
	if err != nil {
		return err
	}
	d.Name = param(r, "cluster")
	if d, err = wanted(cluster.Definition{}, d, true); err != nil {
		return err
	}
	return a.apiSave(w, r, http.StatusCreated, "", d)
}

// apiChange is PUT /api/v1/settings/clusters/{cluster}. Another name in the body
// renames it.
func (a *App) apiChange(w http.ResponseWriter, r *http.Request) error {
	was, err := a.changeable(r)
	if err != nil {
		return err
	}
	d, err := sent(r)
	if err != nil {
		return err
	}
	if d.Name == "" {
		d.Name = was.Name
	}
	if d, err = wanted(was, d, true); err != nil {
		return err
	}
	return a.apiSave(w, r, http.StatusOK, was.Name, d)
}

func (a *App) apiSave(w http.ResponseWriter, r *http.Request, code int, was string, d cluster.Definition) error {
	if err := a.saveError(r.Context(), was, d); err != nil {
		return err
	}
	saved, err := a.definition(d.Name)
	if err != nil {
		return err
	}
	respond(w, r, code, "application/json", marshal(watchedOf(saved)))
	return nil
}

// apiRemove is DELETE of a cluster or of one of its nodes, with ?history=keep or
// drop: it must be said.
func (a *App) apiRemove(w http.ResponseWriter, r *http.Request) error {
	d, err := a.changeable(r)
	if err != nil {
		return err
	}
	history := r.URL.Query().Get("history")
	if history != "keep" && history != "drop" {
		return badRequest("history must be keep or drop.")
	}
	node := param(r, "node")
	if node != "" && len(d.Nodes) == 1 {
		return cluster.Problems{"It is the last node. Remove the cluster instead."}
	}
	if err := a.removeIt(r.Context(), d.Name, node, history == "keep"); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// apiPause is POST …/pause and …/resume.
func (a *App) apiPause(paused bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := a.pause(r, paused); err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}
