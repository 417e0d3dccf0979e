package handlers

import (
	"net/http"

	"looksalive/views"
)

func (a *App) overview(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	trends, err := a.history(r.Context(), m.now, views.OverviewTrends(m.snap))
	if err != nil {
		return views.Page{}, err
	}
	return views.Overview(m.snap, trends, query(r), m.now), nil
}

func (a *App) clusters(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Clusters(m.snap, query(r), m.now), nil
}

func (a *App) cluster(r *http.Request) (views.Page, error) {
	m, name := momentOf(r), param(r, "cluster")
	trends, err := a.history(r.Context(), m.now, views.ClusterTrends(m.snap, name))
	if err != nil {
		return views.Page{}, err
	}
	page, err := views.ClusterPage(m.snap, name, trends, query(r), m.now)
	return page.WithNote(r.URL.Query().Get("note"), ""), err
}

func (a *App) wall(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Wall(m.snap, query(r), m.now), nil
}
