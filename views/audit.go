package views

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"looksalive/cluster"
)

// AuditPageSize is how many lines of the audit log are shown at once.
const AuditPageSize = 100

// auditTime is how a time stands in the address and in the field for it, in UTC.
const auditTime = "2006-01-02T15:04"

// AuditFilter is what somebody wants to see of the audit log, as it is in the address.
type AuditFilter struct {
	Who, Action, Object, Run, From, To string
	Before                             int64
}

// ParseAudit reads a filter. What makes no sense is ignored.
func ParseAudit(v url.Values) AuditFilter {
	get := func(key string) string { return strings.TrimSpace(v.Get(key)) }
	f := AuditFilter{Who: get("who"), Action: get("action"), Object: get("object"), Run: get("run")}
	for _, t := range []struct {
		to  *string
		key string
	}{{&f.From, "from"}, {&f.To, "to"}} {
		if _, err := time.Parse(auditTime, get(t.key)); err == nil {
			*t.to = get(t.key)
		}
	}
	if n, err := strconv.ParseInt(v.Get("before"), 10, 64); err == nil && n > 0 {
		f.Before = n
	}
	return f
}

// Query is the same for the store.
func (f AuditFilter) Query(limit int) cluster.AuditQuery {
	q := cluster.AuditQuery{Who: f.Who, Action: f.Action, Object: f.Object, Run: f.Run, Before: f.Before, Limit: limit}
	q.From, _ = time.Parse(auditTime, f.From) // zero for none
	q.To, _ = time.Parse(auditTime, f.To)
	return q
}

// on is the address of a path with this filter.
func (f AuditFilter) on(path string) string {
	v := url.Values{}
	for _, p := range [][2]string{{"who", f.Who}, {"action", f.Action}, {"object", f.Object}, {"run", f.Run}, {"from", f.From}, {"to", f.To}} {
		if p[1] != "" {
			v.Set(p[0], p[1])
		}
	}
	if f.Before > 0 {
		v.Set("before", strconv.FormatInt(f.Before, 10))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

func (f AuditFilter) at(seq int64) AuditFilter { f.Before = seq; return f }

func (f AuditFilter) any() bool { return f.at(0) != AuditFilter{} }

// ofRun is the address of all lines of one run.
func ofRun(run string) string { return AuditFilter{Run: run}.on(AuditPath) }

// AuditCheck is the result of verifying the audit log.
type AuditCheck struct {
	Asked  bool
	Lines  int64  // that are sound
	Last   string // hash of the last of them
	Broken int64  // the first line that is not sound, 0 for none
	Why    string // what is wrong with it
}

// Audit is what the page of the audit log shows.
type Audit struct {
	Off     bool // nothing is written down
	Filter  AuditFilter
	Entries []cluster.AuditEntry // may be one more than a page: then there are older ones
	Check   AuditCheck
}

// auditRow is one line.
type auditRow struct {
	Seq, Who, Role, Action, Object string
	At                             When
	Outcome                        State
	Text, Params, Detail           string
	Facts                          []Meta
	Run, Hash                      string
}

// auditView is the list with the ways on.
type auditView struct {
	Filter        AuditFilter
	Rows          []auditRow
	Older, Newest string // addresses, "" for none
}

// AuditPage is "/settings/audit".
func AuditPage(s *cluster.Snapshot, v Audit, now time.Time) Page {
	p := accountsPage(s, "Audit log", AuditPath, Crumb{"Audit log", AuditPath})
	if v.Off {
		p.Regions = []Region{{ID: "r-main", Class: "narrow", Body: card("Audit log", "", empty(unknown("Nothing is written down", "This server was started without an audit log.")))}}
		return p
	}
	p.Head.Tabs = settingsTabs(AuditPath)
	p.Head.Sub = "Who did what, newest first. Lines are only ever added."
	p.Head.Actions = []Action{
		{Label: "Verify", Href: AuditPath + "?verify=1", Icon: "shield-checkmark-16-regular"},
		{Label: "CSV", Href: v.Filter.at(0).on(AuditPath + ".csv"), Icon: "arrow-download-16-regular"},
		{Label: "JSON lines", Href: AuditPath + ".jsonl", Icon: "arrow-download-16-regular"},
	}
	list := auditView{Filter: v.Filter}
	if len(v.Entries) > AuditPageSize {
		v.Entries = v.Entries[:AuditPageSize]
		list.Older = v.Filter.at(v.Entries[AuditPageSize-1].Seq).on(AuditPath)
	}
	if v.Filter.Before > 0 {
		list.Newest = v.Filter.at(0).on(AuditPath)
	}
	for _, e := range v.Entries {
		list.Rows = append(list.Rows, newAuditRow(e, now))
	}
	p.Regions = []Region{
		{ID: "r-check", Class: "wide"},
		{ID: "r-tools", Class: "wide no-print", Body: auditTools(v.Filter, p.Head.Actions)},
		{ID: "r-list", Class: "wide", Body: auditList(list)},
	}
	if v.Check.Asked {
		p.Regions[0].Body = auditChecked(v.Check)
	}
	return p
}

// auditStates dresses an outcome.
var auditStates = map[string]cluster.Health{
	"ok": cluster.Healthy, string(cluster.RunDone): cluster.Healthy, string(cluster.RunFailed): cluster.Critical, string(cluster.RunRefused): cluster.Warning,
	string(cluster.RunCancelled): cluster.Maintenance, string(cluster.RunTimedOut): cluster.Warning, string(cluster.RunInterrupted): cluster.Warning,
}

func newAuditRow(e cluster.AuditEntry, now time.Time) auditRow {
	r := auditRow{
		Seq: strconv.FormatInt(e.Seq, 10), Who: visible(e.Who), Role: e.Role.String(), Action: visible(e.Action), Object: visible(e.Object), At: onDate(e.At, now),
		Text: visible(e.Text), Params: visible(e.Params), Detail: visible(e.Detail), Run: e.Run, Hash: e.Hash,
	}
	if r.Who == "" {
		r.Who = "nobody"
	}
	if e.Outcome != "" {
		h, ok := auditStates[e.Outcome]
		if !ok {
			h = cluster.NoData
		}
		r.Outcome = stateOf(h).named(visible(e.Outcome))
	}
	add := func(label, value string) {
		if value != "" {
			r.Facts = append(r.Facts, Meta{Text: label, At: When{Text: value}})
		}
	}
	add("Line", r.Seq)
	add("Time", e.At.UTC().Format("2 Jan 2006, 15:04:05.000")+" UTC")
	add("Role", e.Role.String())
	add("Address", visible(e.From))
	if e.Exit != nil {
		add("Exit code", strconv.Itoa(*e.Exit))
	}
	if e.TookMS > 0 {
		add("Took", latency(time.Duration(e.TookMS)*time.Millisecond))
	}
	if e.Bytes > 0 {
		add("Output", binary(e.Bytes))
	}
	return r
}

// visible writes out characters that would hide or turn around what stands there:
// control characters, and those of bidirectional text ("Trojan Source",
// CVE-2021-42574).
func visible(s string) string {
	if !strings.ContainsFunc(s, hides) {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		switch {
		case !hides(c):
			b.WriteRune(c)
		case c < 0x20:
			b.WriteRune('\u2400' + c) // its control picture
		default:
			fmt.Fprintf(&b, "⟨%U⟩", c)
		}
	}
	return b.String()
}

func hides(c rune) bool {
	return c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c))
}

// auditColumns are those of the CSV file.
var auditColumns = []string{"Line", "Time", "Who", "Role", "Address", "Action", "Object", "Run", "Outcome", "Detail", "Exit code", "Took ms", "Bytes", "Text", "Parameters", "Hash"}

// AuditHeader is the first line of the CSV file, and AuditRecord one of the others:
// nothing in it is a formula.
func AuditHeader() []string { return auditColumns }

// AuditRecord is a line of the audit log as a line of CSV.
func AuditRecord(e cluster.AuditEntry) []string {
	exit := ""
	if e.Exit != nil {
		exit = strconv.Itoa(*e.Exit)
	}
	out := []string{strconv.FormatInt(e.Seq, 10), e.At.UTC().Format(time.RFC3339Nano), e.Who, e.Role.String(), e.From, e.Action, e.Object, e.Run, e.Outcome, e.Detail,
		exit, strconv.FormatInt(e.TookMS, 10), strconv.FormatInt(e.Bytes, 10), e.Text, e.Params, e.Hash}
	for i, s := range out {
		if i != 10 { // an exit code below zero is a number
			out[i] = harmless(s)
		}
	}
	return out
}
