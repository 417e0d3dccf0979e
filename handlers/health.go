package handlers

import (
	"net/http"

	"looksalive/cluster"
)

// apiAlive is the answer of /healthz.
type apiAlive struct {
	Status string `json:"status"`
	Build  string `json:"build"`
}

// apiReady is the answer of /readyz.
type apiReady struct {
	Status  string   `json:"status"`
	Store   bool     `json:"store"`
	Waiting []string `json:"waiting"` // clusters nobody has heard of yet
}

// healthz says that the process answers, nothing more: restarting it would
// not help against anything else.
func (a *App) healthz(w http.ResponseWriter, r *http.Request) {
	respond(w, r, http.StatusOK, "application/json", marshal(apiAlive{"ok", a.opt.Build}))
}

// readyz says whether the pages have something to show: the store works and
// of every cluster there is a first picture, or the reason why there is none.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	out := apiReady{Status: "ready", Store: true, Waiting: []string{}}
	if err := a.opt.Store.Health(); err != nil {
		a.log.Error("store is not healthy", "err", err)
		out.Store = false
	}
	snap := a.snapshot()
	for _, p := range snap.Clusters {
		if !heardOf(p) {
			out.Waiting = append(out.Waiting, p.Cluster)
		}
	}
	code := http.StatusOK
	if !out.Store || len(out.Waiting) > 0 || len(snap.Clusters) == 0 {
		out.Status, code = "not ready", http.StatusServiceUnavailable
	}
	respond(w, r, code, "application/json", marshal(out))
}

func heardOf(p *cluster.Picture) bool {
	if p.State != nil {
		return true
	}
	for _, v := range p.Nodes {
		if v.Contact.Failures > 0 {
			return true
		}
	}
	return false
}
