package handlers

import (
	"net/http"

	"looksalive/views"
)

func (a *App) networks(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Networks(m.snap, param(r, "cluster"), query(r), m.now)
}
