package handlers

import (
	"net/http"

	"looksalive/views"
)

func (a *App) roles(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Roles(m.snap, param(r, "cluster"), query(r), m.now)
}

func (a *App) vms(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.VMs(m.snap, param(r, "cluster"), query(r), m.now)
}
