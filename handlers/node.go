package handlers

import (
	"net/http"
	"slices"

	"looksalive/cluster"
	"looksalive/views"
)

func (a *App) nodes(r *http.Request) (views.Page, error) {
	m := momentOf(r)
	return views.Nodes(m.snap, param(r, "cluster"), query(r), m.now)
}

func (a *App) node(r *http.Request) (views.Page, error) {
	m, name, node := momentOf(r), param(r, "cluster"), param(r, "node")
	if _, err := findNode(m.snap, name, node); err != nil {
		return views.Page{}, err // before history is read for a name out of thin air
	}
	trends, err := a.history(r.Context(), m.now, views.NodeTrends(name, node))
	if err != nil {
		return views.Page{}, err
	}
	return views.NodePage(m.snap, name, node, trends, query(r), m.now)
}

// findNode is the picture of the cluster a node belongs to.
func findNode(s *cluster.Snapshot, name, node string) (*cluster.Picture, error) {
	p := s.Cluster(name)
	if p == nil || !slices.Contains(p.NodeNames(), node) {
		return nil, cluster.ErrNotFound
	}
	return p, nil
}
