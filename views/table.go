package views

import (
	"cmp"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"

	"looksalive/cluster"
)

// Table is a list as rows of cells; it is written as a table, as stacked cards
// on a phone, and as CSV. Sorting, filtering and paging happen here, on the
// server, from the query.
type Table struct {
	Label string // what it lists, for screen readers
	Class string
	Cols  []Col
	Rows  []Row
	None  Empty // what stands there without rows

	Locked bool // it has no rows because they may not be read

	Sort  string // key of the column it is sorted by, "" for its own order
	Desc  bool
	Pager *Pager

	all []Row // every row that fits, also those on other pages of the list
}

// Col is a column. A column with a key can be sorted by.
type Col struct {
	Key, Label string
	Class      string
	Href       string // sorts by it; "" when the table cannot be sorted
	Sorted     string // "ascending", "descending" or ""
}

// Row is a row. ID is stable over time: morphing finds the row again by it.
type Row struct {
	ID     string
	Health cluster.Health
	Cells  []Cell
}

// Cell is a cell. Which fields are set decides how it looks.
type Cell struct {
	Text  string
	Href  string
	Sub   string // second, smaller line
	Tone  string // class that colours Sub
	State *State // shape in front of the text
	Chip  bool   // the state as a chip instead of shape and text
	Meter *Meter
	At    *When
	Strip []Glyph
	Last  bool   // last known: it may no longer be so
	Lock  bool   // the value may not be read
	Title string // tip, where a lock or a tag needs explaining
	Tag   string // small word behind the text
	// Console is the console with what the cell names filled in; only those who may
	// use it see the way there.
	Console string
	Class   string // "r" right, "num", "mono", "full" whole line on a phone

	num   float64
	isNum bool
	csv   string // for CSV when it differs from Text
}

// by makes the cell sort by a number.
func (c Cell) by(v float64) Cell {
	c.num, c.isNum = v, true
	return c
}

func (c Cell) plain() string {
	switch {
	case c.csv != "":
		return c.csv
	case c.At != nil && c.At.ISO != "":
		return c.At.ISO
	case c.Meter != nil && c.Text == "":
		return c.Meter.Text
	default:
		return c.Text
	}
}

// Meter is a share with its bar.
type Meter struct {
	Known bool
	Text  string // "58%"
	Width string // of 100, for the bar
	Tone  string // "", "w" from 80 %, "c" from 90 %
	Note  string // "412 of 768 GiB"
}

func meter(share float64, known bool, note string) *Meter {
	if !known {
		return &Meter{Text: noData, Width: "0"}
	}
	v := min(max(share*100, 0), 100)
	m := &Meter{Known: true, Text: percent(v), Width: strconv.FormatFloat(v, 'f', 1, 64), Note: note}
	switch {
	case v >= 90:
		m.Tone = "c"
	case v >= 80:
		m.Tone = "w"
	}
	return m
}

func (m *Meter) cell(share float64) Cell {
	if !m.Known {
		share = -1
	}
	return Cell{Meter: m, Class: "m"}.by(share)
}

// Glyph is a node as a small square.
type Glyph struct {
	Href, Title string
	State       State
}

// ratio is part of whole, 0 without a whole.
func ratio[T int | int64 | float64](part, whole T) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// Pager leads through the pages of a long list.
type Pager struct {
	Text       string // "201 to 400 of 1,284"
	Prev, Next string // addresses, "" at an end
}

// arrange filters, sorts and cuts the rows as the query asks. The rows come in
// the list's own order, which an empty sort keeps.
func (t *Table) arrange(q Query, path string) {
	t.Rows = slices.DeleteFunc(t.Rows, func(r Row) bool { return !q.wantsState(r.Health) || !r.matches(q) })
	t.sort(q, path)
	t.all = t.Rows
	total := len(t.Rows)
	if total <= PageSize {
		return
	}
	page := min(max(q.Page, 1), (total+PageSize-1)/PageSize)
	from, to := (page-1)*PageSize, min(page*PageSize, total)
	t.Rows = t.Rows[from:to]
	t.Pager = &Pager{Text: count(from+1) + " to " + count(to) + " of " + count(total)}
	if page > 1 {
		q.Page = page - 1
		t.Pager.Prev = q.on(path)
	}
	if to < total {
		q.Page = page + 1
		t.Pager.Next = q.on(path)
	}
}

func (t *Table) sort(q Query, path string) {
	for i := range t.Cols {
		c := &t.Cols[i]
		if c.Key == "" {
			continue
		}
		next := q
		next.Sort, next.Desc, next.Page = c.Key, false, 1
		if q.Sort == c.Key {
			c.Sorted = "ascending"
			next.Desc = !q.Desc
			if q.Desc {
				c.Sorted = "descending"
			}
			slices.SortStableFunc(t.Rows, func(a, b Row) int {
				n := compare(a.Cells[i], b.Cells[i])
				if q.Desc {
					n = -n
				}
				return n
			})
		}
		c.Href = next.on(path)
	}
}

func compare(a, b Cell) int {
	if a.isNum || b.isNum {
		return cmp.Compare(a.num, b.num)
	}
	return natural(a.plain(), b.plain())
}

// natural compares texts without case, and runs of digits by their value, so
// that node 2 comes before node 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		da, db := digits(a), digits(b)
		if da > 0 && db > 0 {
			na, nb := strings.TrimLeft(a[:da], "0"), strings.TrimLeft(b[:db], "0")
			if n := cmp.Or(cmp.Compare(len(na), len(nb)), strings.Compare(na, nb)); n != 0 {
				return n
			}
			a, b = a[da:], b[db:]
			continue
		}
		if n := cmp.Compare(lower(a[0]), lower(b[0])); n != 0 {
			return n
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

func (r Row) matches(q Query) bool {
	if q.Text == "" {
		return true
	}
	var fields []string
	for _, c := range r.Cells {
		fields = append(fields, c.Text, c.Sub)
		if c.State != nil {
			fields = append(fields, c.State.Word)
		}
	}
	return q.matches(fields...)
}

// rowID makes an id out of names, which may hold anything.
func rowID(parts ...string) string {
	h := fnv.New64a()
	for _, p := range parts {
		io.WriteString(h, p)
		h.Write([]byte{0})
	}
	return "i" + strconv.FormatUint(h.Sum64(), 36)
}

// Table is the whole list of the page for CSV, not only the part that is
// shown; header is nil for a page without one. Cells a spreadsheet would take
// for a formula are made harmless.
func (p Page) Table() (header []string, rows [][]string) {
	if p.table == nil {
		return nil, nil
	}
	for _, c := range p.table.Cols {
		header = append(header, c.Label)
	}
	for _, r := range p.table.all {
		row := make([]string, len(r.Cells))
		for i, c := range r.Cells {
			row[i] = harmless(c.plain())
		}
		rows = append(rows, row)
	}
	return header, rows
}

// harmless puts an apostrophe before what a spreadsheet would compute: names
// come from managed machines (OWASP, "CSV Injection").
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
