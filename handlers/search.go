package handlers

import (
	"net/http"

	"looksalive/views"
)

// search is the index of the command palette.
func (a *App) search(w http.ResponseWriter, r *http.Request) {
	respondTagged(w, r, "application/json", marshal(views.SearchIndex(a.snapshot())))
}
