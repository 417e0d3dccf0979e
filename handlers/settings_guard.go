package handlers

import (
	"errors"
	"mime"
	"net/http"

	"looksalive/cluster"
	"looksalive/views"
)

// Bodies of settings hold some certificates and keytabs at most. What fits in
// maxForm is parsed in memory: no secret ever lands in a temporary file.
const (
	maxForm = 1 << 20
	maxFile = 256 << 10
)

var (
	errForeign   = &HTTPError{Code: http.StatusForbidden, Msg: "This was sent by a page of another site and was refused. Nothing was changed."}
	errTooLarge  = &HTTPError{Code: http.StatusRequestEntityTooLarge, Msg: "That is more than 1 MiB, which no certificate and no keytab is. Nothing was changed."}
	errElsewhere = &HTTPError{Code: http.StatusConflict, Msg: "The clusters of this server come from elsewhere and cannot be changed here."}
)

// write adapts a handler that changes a cluster: there must be a fleet, and the body
// is bounded.
func (a *App) write(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		if a.opt.Fleet == nil {
			return errElsewhere
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		return h(w, r)
	})
}

// fresh serves a page that changes without the snapshot: it is never kept.
func (a *App) fresh(p page) http.HandlerFunc {
	return a.handle(func(w http.ResponseWriter, r *http.Request) error {
		m := a.moment()
		v, err := p(r.WithContext(m.in(r.Context())))
		if err != nil {
			return err
		}
		return a.showPage(w, r, http.StatusOK, v, m)
	})
}

func (a *App) showPage(w http.ResponseWriter, r *http.Request, code int, v views.Page, m moment) error {
	body, err := a.render(r.Context(), v, m)
	if err != nil {
		return err
	}
	respond(w, r, code, htmlType, body)
	return nil
}

// readBody parses a form, with or without files.
func readBody(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "multipart/form-data":
		err = r.ParseMultipartForm(maxForm)
	case "application/x-www-form-urlencoded", "":
		err = r.ParseForm()
	default:
		return &HTTPError{Code: http.StatusUnsupportedMediaType, Msg: "Settings are sent as a form."}
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errTooLarge
	case err != nil:
		return badRequest("The form could not be read.")
	}
	return nil
}

// definition finds what is watched under a name.
func (a *App) definition(name string) (cluster.Definition, error) {
	if a.opt.Fleet != nil {
		for _, d := range a.opt.Fleet.Definitions() {
			if d.Name == name {
				return d, nil
			}
		}
	}
	return cluster.Definition{}, cluster.ErrNotFound
}

// see answers a request with an address to go to: loading that again does
// nothing twice.
func see(w http.ResponseWriter, r *http.Request, address string) error {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}
