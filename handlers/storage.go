package handlers

import (
	"net/http"

	"looksalive/views"
)

func (a *App) storage(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Storage(m.snap, param(r, "cluster"), query(r), m.now)
}
