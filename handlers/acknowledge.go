package handlers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"looksalive/cluster"
	"looksalive/views"
)

// acknowledge is POST /faults/{id}/acknowledge.
func (a *App) acknowledge(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
	if err := readBody(r); err != nil {
		return err
	}
	f, err := a.setSeen(r, r.PostForm.Get("note"))
	if err != nil {
		return err
	}
	return see(w, r, views.FaultPath(f))
}

// unacknowledge is POST /faults/{id}/unacknowledge.
func (a *App) unacknowledge(w http.ResponseWriter, r *http.Request) error {
	f, err := a.setUnseen(r)
	if err != nil {
		return err
	}
	return see(w, r, views.FaultPath(f))
}

// sentAcknowledgement is the body of an acknowledgement, which may be left out.
type sentAcknowledgement struct {
	Note *string `json:"note"`
}

// apiAcknowledge is POST /api/v1/faults/{id}/acknowledgement.
func (a *App) apiAcknowledge(w http.ResponseWriter, r *http.Request) error {
	var sent sentAcknowledgement
	if r.ContentLength != 0 {
		r.Body = http.MaxBytesReader(w, r.Body, maxSignIn)
		if err := readJSON(r, &sent); err != nil {
			return err
		}
	}
	note := ""
	if sent.Note != nil {
		note = *sent.Note
	}
	f, err := a.setSeen(r, note)
	if err != nil {
		return err
	}
	m := a.moment()
	if f, err = a.findFault(r.Context(), m.snap, fmt.Sprint(f.ID)); err != nil {
		return err
	}
	respond(w, r, http.StatusOK, "application/json", marshal(faultOf(f, m)))
	return nil
}

// apiUnacknowledge is DELETE /api/v1/faults/{id}/acknowledgement.
func (a *App) apiUnacknowledge(w http.ResponseWriter, r *http.Request) error {
	if _, err := a.setUnseen(r); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setSeen acknowledges the fault of a request in the name of whoever asks.
func (a *App) setSeen(r *http.Request, note string) (cluster.Fault, error) {
	note, err := cleanNote(note)
	if err != nil {
		return cluster.Fault{}, err
	}
	return a.changeFault(r, cluster.AuditEntry{Action: "fault.acknowledged", Detail: note}, func(ctx context.Context, id int64) error {
		return a.opt.Store.Acknowledge(ctx, id, whoOf(r).Name, note)
	})
}

func (a *App) setUnseen(r *http.Request) (cluster.Fault, error) {
	return a.changeFault(r, cluster.AuditEntry{Action: "fault.unacknowledged"}, a.opt.Store.Unacknowledge)
}

// changeFault does something to the fault of a request and writes it down. It does
// not stop halfway because a browser leaves.
func (a *App) changeFault(r *http.Request, e cluster.AuditEntry, do func(ctx context.Context, id int64) error) (cluster.Fault, error) {
	f, err := a.findFault(r.Context(), a.snapshot(), param(r, "id"))
	if err != nil {
		return f, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), saveTimeout)
	defer cancel()
	if err := do(ctx, f.ID); err != nil {
		return f, err
	}
	e.Object, e.Text = objectOf(f.Cluster, f.Node), fmt.Sprintf("Fault %d: %s", f.ID, f.Title)
	a.audit(ctx, e)
	return f, nil
}

// cleanNote is a note as it is kept: one line of readable characters.
func cleanNote(note string) (string, error) {
	note = strings.Join(strings.Fields(note), " ")
	if n := utf8.RuneCountInString(note); n > cluster.MaxAckNote {
		return "", cluster.Problems{fmt.Sprintf("The note has %d characters, and may have %d.", n, cluster.MaxAckNote)}
	}
	if !utf8.ValidString(note) || strings.ContainsFunc(note, func(c rune) bool { return !unicode.IsGraphic(c) }) {
		return "", cluster.Problems{"The note has characters that cannot be read."}
	}
	return note, nil
}
