package views

import (
	"net/url"
	"strconv"
	"strings"

	"looksalive/cluster"
)

// PageSize is how many rows a list shows at once.
const PageSize = 200

// Query is what a person chose on a page. It lives in the address, so that a
// link reproduces the screen.
type Query struct {
	Text    string // q: words a row must contain
	State   string // state: a health, as in the class names ("crit", "warn", …)
	Cluster string // cluster: of the fault list
	Ack     string // ack: "true" for acknowledged faults only, "false" for the others
	Sort    string // sort: key of a column
	Desc    bool   // dir=desc
	Page    int    // page: from 1
}

// ParseQuery reads a query string. Whatever makes no sense is ignored.
func ParseQuery(v url.Values) Query {
	q := Query{
		Text:    strings.TrimSpace(v.Get("q")),
		Cluster: v.Get("cluster"),
		Sort:    v.Get("sort"),
		Desc:    v.Get("dir") == "desc",
		Page:    1,
	}
	if _, ok := healthOf(v.Get("state")); ok {
		q.State = v.Get("state")
	}
	if ack := v.Get("ack"); ack == "true" || ack == "false" {
		q.Ack = ack
	}
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 {
		q.Page = n
	}
	return q
}

// Encode is the query string without "?", "" for the zero query.
func (q Query) Encode() string {
	v := url.Values{}
	set := func(key, value string) {
		if value != "" {
			v.Set(key, value)
		}
	}
	set("q", q.Text)
	set("state", q.State)
	set("cluster", q.Cluster)
	set("ack", q.Ack)
	set("sort", q.Sort)
	if q.Desc {
		v.Set("dir", "desc")
	}
	if q.Page > 1 {
		v.Set("page", strconv.Itoa(q.Page))
	}
	return v.Encode()
}

// on is the address of path with this query.
func (q Query) on(path string) string {
	if e := q.Encode(); e != "" {
		return path + "?" + e
	}
	return path
}

// wantsState says whether a row of this health is asked for.
func (q Query) wantsState(h cluster.Health) bool {
	want, ok := healthOf(q.State)
	return !ok || want == h
}

// matches says whether every word of the text occurs in one of the fields.
func (q Query) matches(fields ...string) bool {
	if q.Text == "" {
		return true
	}
	all := strings.ToLower(strings.Join(fields, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(q.Text)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
