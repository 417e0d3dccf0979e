package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"looksalive/cluster"
)

const (
	faultLimit    = 500
	faultLimitMax = 5000
)

type apiFaultList struct {
	Version uint64     `json:"version"`
	At      *time.Time `json:"at"`
	Seq     uint64     `json:"seq"` // highest so far: ask with after_seq to get what is newer
	Faults  []apiFault `json:"faults"`
}

type apiFault struct {
	ID       int64             `json:"id"`
	Seq      uint64            `json:"seq"`
	Cluster  string            `json:"cluster"`
	Kind     cluster.FaultKind `json:"kind"`
	Object   apiRef            `json:"object"`
	Node     *string           `json:"node"`
	Health   cluster.Health    `json:"health"`
	Open     bool              `json:"open"`
	Title    string            `json:"title"`
	Impact   *string           `json:"impact"`
	Detail   *string           `json:"detail"`
	CauseID  *int64            `json:"causeId"` // the open fault that explains this one
	Steps    []apiStep         `json:"steps"`
	Since    *time.Time        `json:"since"`
	Opened   *time.Time        `json:"opened"`
	Updated  *time.Time        `json:"updated"`
	Resolved *time.Time        `json:"resolved"`
	Age      *float64          `json:"ageSeconds"` // from since until resolved, or until now
	Seen     *apiSeen          `json:"acknowledgement"`
}

// apiSeen says who acknowledged a fault; a resolved one keeps it.
type apiSeen struct {
	At   *time.Time `json:"at"`
	By   *string    `json:"by"` // null where nobody signs in
	Note *string    `json:"note"`
}

type apiRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type apiStep struct {
	Text    string  `json:"text"`
	Command *string `json:"command"`
}

func (a *App) apiFaults(r *http.Request) (any, error) {
	m := momentOf(r)
	q, open, err := faultQuery(r.URL.Query())
	if err != nil {
		return nil, err
	}
	limit := q.Limit
	q.OpenOnly = open != nil && *open
	if open != nil && !*open {
		q.Limit = faultLimitMax // the store knows no "resolved only": the open ones are taken out here
	}
	faults, err := a.opt.Store.Faults(r.Context(), q)
	if err != nil {
		return nil, err
	}
	faults = slices.Clone(faults)
	if open != nil {
		faults = slices.DeleteFunc(faults, func(f cluster.Fault) bool { return f.Open() != *open })
	}
	if q.AfterSeq > 0 {
		slices.SortFunc(faults, func(x, y cluster.Fault) int { return cmp.Compare(x.Seq, y.Seq) })
	}
	return apiFaultList{m.snap.Version, utc(m.snap.At), m.snap.Seq, faultsOf(faults[:min(limit, len(faults))], m)}, nil
}

// faultQuery reads what was asked for; open is nil for "both".
func faultQuery(v url.Values) (q cluster.FaultQuery, open *bool, err error) {
	q = cluster.FaultQuery{Cluster: v.Get("cluster"), Node: v.Get("node"), Limit: faultLimit}
	switch s := v.Get("open"); s {
	case "":
	case "true", "false":
		open = known(s == "true", true)
	default:
		return q, nil, badRequest("open must be true or false.")
	}
	switch s := v.Get("ack"); s {
	case "":
	case "true", "false":
		q.Acked = known(s == "true", true)
	default:
		return q, nil, badRequest("ack must be true or false.")
	}
	if s := v.Get("after_seq"); s != "" {
		if q.AfterSeq, err = strconv.ParseUint(s, 10, 63); err != nil {
			return q, nil, badRequest("after_seq must be a number.")
		}
	}
	if s := v.Get("since"); s != "" {
		if q.Since, err = parseTime(s); err != nil {
			return q, nil, badRequest("since must be a time such as 2026-01-31T12:00:00Z.")
		}
	}
	if s := v.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > faultLimitMax {
			return q, nil, badRequest("limit must be a number from 1 to 5000.")
		}
	}
	return q, open, nil
}

func (a *App) apiFault(r *http.Request) (any, error) {
	m := momentOf(r)
	f, err := a.findFault(r.Context(), m.snap, param(r, "id"))
	if err != nil {
		return nil, err
	}
	return faultOf(f, m), nil
}

func faultsOf(faults []cluster.Fault, m moment) []apiFault {
	return each(faults, func(f cluster.Fault) apiFault { return faultOf(f, m) })
}

func faultOf(f cluster.Fault, m moment) apiFault {
	end := m.now
	if !f.Open() {
		end = f.Resolved
	}
	out := apiFault{
		ID: f.ID, Seq: f.Seq, Cluster: f.Cluster, Kind: f.Kind, Object: apiRef(f.Object), Node: nonZero(f.Node),
		Health: f.Health, Open: f.Open(), Title: f.Title, Impact: nonZero(f.Impact), Detail: nonZero(f.Detail),
		Since: utc(f.Since), Opened: utc(f.Opened), Updated: utc(f.Updated), Resolved: utc(f.Resolved), Age: age(f.Since, end),
		Steps: each(f.Steps, func(s cluster.Step) apiStep { return apiStep{s.Text, nonZero(s.Command)} }),
	}
	if !f.Acked.IsZero() {
		out.Seen = &apiSeen{utc(f.Acked), nonZero(f.AckedBy), nonZero(f.AckNote)}
	}
	if f.Cause != "" {
		for _, other := range m.snap.Faults {
			if other.Key() == f.Cause {
				out.CauseID = &other.ID
				break
			}
		}
	}
	return out
}
