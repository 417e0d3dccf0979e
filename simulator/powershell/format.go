package powershell

import (
	"strings"
	"time"
)

// View is how objects of a type are shown when nobody asks for a layout.
type View struct {
	// Table are the columns; without them the object is shown as a list.
	Table []Column
	// List are the properties of the list; empty means all.
	List []Column
	// AutoSize gives each column the width it needs; else a Column without a
	// Width gets an equal share of the line.
	AutoSize bool
	// Wrap shows long values on several lines.
	Wrap bool
	// Text shows the object as a text of its own.
	Text func(v any) string
	// Group is the line above a table; where it changes a new table begins.
	Group func(v any) string
}

// Column is a column of a table or a line of a list.
type Column struct {
	Label    string
	Property string          // name of the property; empty means Label
	Value    func(v any) any // instead of a property
	Width    int             // characters; 0: by the view
	Right    bool            // aligned right
}

// layout opens a formatted block: what Format-Table and its kin put out, and
// what the default formatting makes of the first object of its kind.
type layout struct {
	kind    string // table, list, wide, text
	columns []Column
	auto    bool // sized by the rows that come within the first moment
	full    bool // sized by all rows
	wrap    bool
	hide    bool // no headers
	perRow  int  // of wide
	group   func(v any) string
	byProps bool // made from properties, no view
	all     bool // a list of every property, not of the default ones
}

// entry is one object of a layout, ready to print.
type entry struct {
	cells []string
	group string
}

type layoutEnd struct{}

var layoutNames = map[string]string{"*powershell.layout": "FormatStartData", "*powershell.entry": "FormatEntryData", "*powershell.layoutEnd": "FormatEndData"}

// moment is how long rows are held back to find the width of their columns.
const moment = 300 * time.Millisecond

// Writer turns a stream of objects into lines of text, as Out-Default does.
type Writer struct {
	in    *Interp
	width int
	put   func(line string) error

	lay      *layout
	explicit bool
	typ      string
	seen     bool // objects were laid out before
	entries  []*entry
	since    time.Time
	open     bool // the opening and the header are printed
	group    string
	grouped  bool
	widths   []int
	row      []string // of wide
}

// NewWriter makes a Writer. put gets each line without its end.
func (in *Interp) NewWriter(width int, put func(line string) error) *Writer {
	if width <= 0 {
		width = in.opts.Width
	}
	return &Writer{in: in, width: max(width-1, 10), put: put} // the last column of a console stays free
}

// Write shows one object.
func (w *Writer) Write(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case *layout:
		if err := w.Close(); err != nil {
			return err
		}
		w.lay, w.explicit = v, true
		return nil
	case *entry:
		return w.add(v)
	case *layoutEnd:
		err := w.Close()
		w.seen = false
		return err
	case []any:
		for _, x := range v {
			if err := w.Write(x); err != nil {
				return err
			}
		}
		return nil
	case *List:
		return w.Write(append([]any{}, v.Items...))
	case *Hash:
		for _, e := range v.entries() {
			if err := w.object(e); err != nil {
				return err
			}
		}
		return nil
	}
	if text, ok := scalarLines(v); ok {
		if err := w.Flush(); err != nil {
			return err
		}
		return w.lines(text)
	}
	return w.object(v)
}

// scalarLines are values that are shown as they are, between tables too.
func scalarLines(v any) ([]string, bool) {
	switch v := v.(type) {
	case string, bool, Char, Enum, *Block, Type:
		return splitLines(toString(v)), true
	case *ErrorRecord:
		return v.Lines(), true
	case *Object:
		if v.Text != nil && v.TypeName() != "System.Management.Automation.PathInfo" && (len(v.props) == 0 || v.Types[0] == "System.Guid") {
			return splitLines(v.String()), true
		}
	}
	if isNumber(v) {
		return []string{toString(v)}, true
	}
	return nil, false
}

func splitLines(s string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n")
}

func (w *Writer) lines(list []string) error {
	for _, l := range list {
		if err := w.put(l); err != nil {
			return err
		}
	}
	return nil
}

// object lays out a raw object by the layout in force or a new one.
func (w *Writer) object(v any) error {
	typ := typeName(v)
	o, _ := v.(*Object)
	same := w.lay != nil && !w.explicit && (typ == w.typ || w.lay.byProps && o != nil && o.custom())
	if !same {
		mixed := w.seen && !w.explicit
		if err := w.Close(); err != nil {
			return err
		}
		lay := w.in.defaultLayout(v, mixed)
		if lay == nil {
			return nil
		}
		w.lay, w.explicit, w.typ, w.seen = lay, false, typ, true
	}
	e, err := w.in.entryFor(w.lay, v)
	if err != nil {
		return err
	}
	return w.add(e)
}

func (w *Writer) add(e *entry) error {
	if w.lay == nil {
		return nil
	}
	if len(w.entries) == 0 {
		w.since = w.in.opts.Now()
	}
	if w.open && w.grouped && e.group != w.group {
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	if w.open {
		return w.print(e)
	}
	w.entries = append(w.entries, e)
	if w.lay.full {
		return nil
	}
	if w.lay.auto && w.in.opts.Now().Sub(w.since) < moment {
		return nil
	}
	return w.Flush()
}

// Flush prints what was held back to size columns.
func (w *Writer) Flush() error {
	if w.lay == nil || len(w.entries) == 0 || w.lay.full && w.lay.kind == "table" {
		return nil
	}
	return w.release()
}

func (w *Writer) release() error {
	entries := w.entries
	w.entries = nil
	for i, e := range entries {
		if w.grouped && e.group != w.group {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
		if !w.open {
			part := entries[i:]
			if w.lay.group != nil {
				n := 1
				for n < len(part) && part[n].group == e.group {
					n++
				}
				part = part[:n]
			}
			if err := w.begin(part); err != nil {
				return err
			}
		}
		if err := w.print(e); err != nil {
			return err
		}
	}
	return nil
}

// begin prints the opening lines and the header of a table.
func (w *Writer) begin(entries []*entry) error {
	if !w.grouped {
		if err := w.put(""); err != nil {
			return err
		}
	}
	w.open = true
	if w.lay.group != nil {
		w.group, w.grouped = entries[0].group, true
		if err := w.lines([]string{"", "   " + w.group, ""}); err != nil {
			return err
		}
	}
	switch w.lay.kind {
	case "table":
		w.widths = tableWidths(w.lay, entries, w.width)
		return w.lines(w.header())
	case "list", "wide":
		if w.lay.kind == "wide" {
			w.startWide(entries)
		}
		return w.put("")
	}
	return nil
}

func (w *Writer) print(e *entry) error {
	switch w.lay.kind {
	case "table":
		return w.lines(w.tableRow(e.cells))
	case "list":
		return w.lines(append(w.listEntry(e.cells), ""))
	case "wide":
		return w.wide(e.cells)
	}
	return w.lines(splitLines(strings.Join(e.cells, "\n")))
}

func (w *Writer) endGroup() error {
	w.open = false
	if w.lay.kind == "wide" {
		if err := w.endRow(); err != nil {
			return err
		}
	}
	return w.put("")
}

// Close ends the block that is open.
func (w *Writer) Close() error {
	if w.lay != nil && len(w.entries) > 0 {
		if err := w.release(); err != nil {
			return err
		}
	}
	if w.lay != nil && (w.open || w.grouped) {
		if w.open {
			if err := w.endGroup(); err != nil {
				return err
			}
		}
		if err := w.put(""); err != nil {
			return err
		}
	}
	w.lay, w.open, w.grouped, w.widths, w.explicit = nil, false, false, nil, false
	return nil
}
