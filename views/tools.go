package views

import (
	"slices"
	"strconv"

	"looksalive/cluster"
)

// Tools is the bar above a list.
type Tools struct {
	Action      string // path of the list
	Text        string
	Placeholder string
	Hidden      []Hidden // what else was chosen and must be kept
	Chips       []StateChip
	Clear       string // address without filters, "" when there are none
}

// Hidden is a form field that is not seen.
type Hidden struct{ Name, Value string }

// StateChip filters by one state; taken again it lets everything through.
type StateChip struct {
	State State
	Count string
	Href  string
	On    bool
}

// newTools makes the bar for rows that were not filtered yet.
func newTools(path, placeholder string, rows []Row, q Query) Tools {
	t := Tools{Action: path, Text: q.Text, Placeholder: placeholder}
	counts := map[cluster.Health]int{}
	for _, r := range rows {
		counts[r.Health]++
	}
	for _, h := range bySeverity {
		st := stateOf(h)
		on := q.State == st.Class
		if counts[h] == 0 && !on {
			continue
		}
		to := q
		to.State, to.Page = st.Class, 1
		if on {
			to.State = ""
		}
		t.Chips = append(t.Chips, StateChip{State: st, Count: strconv.Itoa(counts[h]), Href: to.on(path), On: on})
	}
	if q.Text != "" || q.State != "" || q.Ack != "" {
		without := q
		without.Text, without.State, without.Ack, without.Page = "", "", "", 1
		t.Clear = without.on(path)
	}
	for _, h := range []Hidden{{"state", q.State}, {"cluster", q.Cluster}, {"ack", q.Ack}, {"sort", q.Sort}} {
		if h.Value != "" {
			t.Hidden = append(t.Hidden, h)
		}
	}
	if q.Desc {
		t.Hidden = append(t.Hidden, Hidden{"dir", "desc"})
	}
	return t
}

func (t Tools) region() Region {
	return Region{ID: "r-tools", Class: "filters wide no-print", Body: tools(t)}
}

// worstFirst sorts rows by severity, then naturally by their first cell.
func worstFirst(rows []Row) {
	slices.SortStableFunc(rows, func(a, b Row) int {
		if a.Health != b.Health {
			return int(b.Health) - int(a.Health)
		}
		return natural(a.Cells[0].Text, b.Cells[0].Text)
	})
}

// filtered is what stands in a list whose filter lets nothing through.
func filtered(q Query, otherwise Empty, path string) Empty {
	if q.Text == "" && q.State == "" && q.Ack == "" {
		return otherwise
	}
	return Empty{State: State{Class: "quiet", Icon: "search-20-regular"}, Title: "Nothing matches",
		Text: "No row fits what was chosen.", Href: Query{Cluster: q.Cluster, Page: 1}.on(path), Link: "Show everything"}
}
