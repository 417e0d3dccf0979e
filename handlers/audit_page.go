package handlers

import (
	"encoding/csv"
	"errors"
	"net/http"
	"strconv"
	"time"

	"looksalive/cluster"
	"looksalive/views"
)

const (
	auditLimitMax = 1000
	exportTimeout = 10 * time.Minute // longer than a page may take: a log grows for years
)

// auditPage is "/settings/audit".
func (a *App) auditPage(r *http.Request) (views.Page, error) {
	m, q := momentOf(r), r.URL.Query()
	v := views.Audit{Off: a.opt.Audit == nil, Filter: views.ParseAudit(q)}
	if v.Off {
		return views.AuditPage(m.snap, v, m.now), nil
	}
	if q.Has("verify") {
		check, err := a.verified(r)
		if err != nil {
			return views.Page{}, err
		}
		v.Check = check
	}
	var err error
	if v.Entries, err = a.opt.Audit.AuditEntries(r.Context(), v.Filter.Query(views.AuditPageSize+1)); err != nil {
		return views.Page{}, err
	}
	return views.AuditPage(m.snap, v, m.now), nil
}

// verified walks the whole log. A broken line is an answer, not an error.
func (a *App) verified(r *http.Request) (views.AuditCheck, error) {
	lines, last, err := a.opt.Audit.VerifyAudit(r.Context())
	c := views.AuditCheck{Asked: true, Lines: lines, Last: last}
	var broken interface {
		error
		Line() (seq int64, why string)
	}
	if errors.As(err, &broken) {
		c.Broken, c.Why = broken.Line()
		a.log.Error("the audit log is broken", "line", c.Broken, "err", err)
		return c, nil
	}
	return c, err
}

var errNoAudit = &HTTPError{Code: http.StatusConflict, Msg: "This server was started without an audit log."}

// slowly gives an answer more time than a page has.
func slowly(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(exportTimeout)) // not every writer can
}

// auditLines is the whole log as JSON lines, oldest first, for "/settings/audit.jsonl"
// and "/api/v1/audit.jsonl".
func (a *App) auditLines(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Audit == nil {
		return errNoAudit
	}
	slowly(w)
	a.exported(w, r, "application/x-ndjson", "audit.jsonl")
	if r.Method == http.MethodHead {
		return nil
	}
	if err := a.opt.Audit.ExportAudit(r.Context(), w); err != nil {
		return a.brokenOff(r, err)
	}
	return nil
}

// exported is written down as well: the log says who took it away.
func (a *App) exported(w http.ResponseWriter, r *http.Request, kind, name string) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", personal)
	if r.Method != http.MethodHead {
		a.audit(r.Context(), cluster.AuditEntry{Action: "audit.exported", Object: name})
	}
}

// brokenOff ends an answer whose beginning was sent: only breaking off tells.
func (a *App) brokenOff(r *http.Request, err error) error {
	if r.Context().Err() == nil {
		a.log.Error("the audit log could not be exported", "err", err)
	}
	panic(http.ErrAbortHandler)
}

// auditTable is "/settings/audit.csv": the lines that were chosen, newest first.
func (a *App) auditTable(w http.ResponseWriter, r *http.Request) error {
	if a.opt.Audit == nil {
		return errNoAudit
	}
	filter := views.ParseAudit(r.URL.Query())
	q := filter.Query(auditLimitMax)
	part, err := a.opt.Audit.AuditEntries(r.Context(), q)
	if err != nil {
		return err
	}
	slowly(w)
	a.exported(w, r, "text/csv; charset=utf-8", "audit.csv")
	if r.Method == http.MethodHead {
		return nil
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	err = out.Write(views.AuditHeader())
	for err == nil && len(part) > 0 {
		for _, e := range part {
			if err = out.Write(views.AuditRecord(e)); err != nil {
				break
			}
		}
		if q.Before = part[len(part)-1].Seq; err == nil {
			part, err = a.opt.Audit.AuditEntries(r.Context(), q)
		}
	}
	if out.Flush(); err == nil {
		err = out.Error()
	}
	if err != nil {
		return a.brokenOff(r, err)
	}
	return nil
}

// apiAudit is GET /api/v1/audit: lines, newest first.
func (a *App) apiAudit(r *http.Request) (any, error) {
	if a.opt.Audit == nil {
		return nil, errNoAudit
	}
	v := r.URL.Query()
	q := cluster.AuditQuery{Who: v.Get("who"), Action: v.Get("action"), Object: v.Get("object"), Run: v.Get("run")}
	var err error
	for _, t := range []struct {
		to  *time.Time
		key string
	}{{&q.From, "from"}, {&q.To, "to"}} {
		if s := v.Get(t.key); s != "" {
			if *t.to, err = parseTime(s); err != nil {
				return nil, badRequest(t.key + " must be a time such as 2026-01-31T12:00:00Z.")
			}
		}
	}
	if s := v.Get("before"); s != "" {
		if q.Before, err = strconv.ParseInt(s, 10, 64); err != nil || q.Before < 1 {
			return nil, badRequest("before must be a number from 1.")
		}
	}
	if s := v.Get("limit"); s != "" {
		if q.Limit, err = strconv.Atoi(s); err != nil || q.Limit < 1 || q.Limit > auditLimitMax {
			return nil, badRequest("limit must be a number from 1 to 1000.")
		}
	}
	list, err := a.opt.Audit.AuditEntries(r.Context(), q)
	if err != nil {
		return nil, err
	}
	return apiAuditList{Lines: each(list, auditLineOf)}, nil
}

type apiAuditList struct {
	Lines []apiAuditLine `json:"lines"`
}

// apiAuditLine has the names of the exported lines.
type apiAuditLine struct {
	Seq     int64            `json:"seq"`
	At      time.Time        `json:"at"`
	Who     *string          `json:"who"`
	Role    cluster.UserRole `json:"role"`
	From    *string          `json:"from"`
	Action  string           `json:"action"`
	Object  *string          `json:"object"`
	Run     *string          `json:"run"`
	Text    *string          `json:"text"`
	Params  *string          `json:"params"`
	Outcome *string          `json:"outcome"`
	Detail  *string          `json:"detail"`
	Exit    *int             `json:"exit"`
	TookMS  *int64           `json:"tookMs"`
	Bytes   *int64           `json:"bytes"`
	Prev    *string          `json:"prev"`
	Hash    string           `json:"hash"`
}

func auditLineOf(e cluster.AuditEntry) apiAuditLine {
	return apiAuditLine{Seq: e.Seq, At: e.At.UTC(), Who: nonZero(e.Who), Role: e.Role, From: nonZero(e.From), Action: e.Action, Object: nonZero(e.Object), Run: nonZero(e.Run),
		Text: nonZero(e.Text), Params: nonZero(e.Params), Outcome: nonZero(e.Outcome), Detail: nonZero(e.Detail), Exit: e.Exit, TookMS: nonZero(e.TookMS),
		Bytes: nonZero(e.Bytes), Prev: nonZero(e.Prev), Hash: e.Hash}
}
