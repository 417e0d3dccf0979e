package powershell

import "strings"

// header is the header of a table: labels, as many lines as the longest needs,
// and dashes.
func (w *Writer) header() []string {
	if w.lay.hide {
		return nil
	}
	labels := make([][]string, len(w.lay.columns))
	dashes := make([]string, len(w.lay.columns))
	height := 0
	for i, c := range w.lay.columns {
		width := w.widths[i]
		if width <= 0 {
			continue
		}
		r := []rune(c.Label)
		dashes[i] = strings.Repeat("-", min(max(len(r), 0), width))
		for len(r) > width {
			labels[i] = append(labels[i], string(r[:width]))
			r = r[width:]
		}
		labels[i] = append(labels[i], string(r))
		height = max(height, len(labels[i]))
	}
	var out []string
	for n := range height {
		cells := make([]string, len(labels))
		for i := range labels {
			if n < len(labels[i]) {
				cells[i] = labels[i][n]
			}
		}
		out = append(out, w.join(cells))
	}
	return append(out, w.join(dashes))
}

// tableRow is one row; with -Wrap it may take several lines.
func (w *Writer) tableRow(cells []string) []string {
	if !w.lay.wrap {
		return []string{w.join(cells)}
	}
	parts := make([][]string, len(cells))
	height := 1
	for i, c := range cells {
		if w.widths[i] > 0 {
			parts[i] = wrapText(c, w.widths[i])
			height = max(height, len(parts[i]))
		}
	}
	var out []string
	for n := range height {
		line := make([]string, len(cells))
		for i := range parts {
			if n < len(parts[i]) {
				line[i] = parts[i][n]
			}
		}
		out = append(out, w.join(line))
	}
	return out
}

// join pads and cuts cells to the widths of their columns.
func (w *Writer) join(cells []string) string {
	var b strings.Builder
	first := true
	for i, c := range w.lay.columns {
		width := w.widths[i]
		if width <= 0 {
			continue
		}
		if !first {
			b.WriteByte(' ')
		}
		first = false
		b.WriteString(fitCell(cells[i], width, c.Right))
	}
	return b.String()
}

// fitCell makes a text exactly width long: cut with dots at the side it is not
// aligned to, padded with blanks.
func fitCell(s string, width int, right bool) string {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		s = s[:i] + "..."
	}
	r := []rune(s)
	if pad := width - len(r); pad >= 0 {
		if right {
			return strings.Repeat(" ", pad) + s
		}
		return s + strings.Repeat(" ", pad)
	}
	switch {
	case width <= 3 && right:
		return string(r[len(r)-width:])
	case width <= 3:
		return string(r[:width])
	case right:
		return "..." + string(r[len(r)-width+3:])
	}
	return string(r[:width-3]) + "..."
}

// listEntry is one object of a list.
func (w *Writer) listEntry(cells []string) []string {
	labels, values := []string{}, []string{}
	if w.lay.byProps {
		for i := 0; i+1 < len(cells); i += 2 {
			labels, values = append(labels, cells[i]), append(values, cells[i+1])
		}
	} else {
		for i, c := range w.lay.columns {
			labels, values = append(labels, c.Label), append(values, cells[i])
		}
	}
	widest := 0
	for _, l := range labels {
		widest = max(widest, len([]rune(l)))
	}
	if widest > w.width-5 {
		widest = max(w.width-5, 1)
	}
	indent := strings.Repeat(" ", widest+3)
	var out []string
	for i, l := range labels {
		head := fitCell(l, widest, false) + " : "
		for _, line := range wrapText(values[i], max(w.width-widest-3, 1)) {
			out = append(out, head+line)
			head = indent
		}
	}
	return out
}

// startWide sizes Format-Wide: two columns unless told otherwise.
func (w *Writer) startWide(entries []*entry) {
	n := w.lay.perRow
	if n == 0 {
		n = 2
		if w.lay.full {
			longest := 1
			for _, e := range entries {
				longest = max(longest, len([]rune(e.cells[0])))
			}
			n = max((w.width+1)/(longest+1), 1)
		}
	}
	n = min(n, max((w.width+1)/2, 1))
	w.widths = fitWidths(make([]int, n), w.width)
	w.row = nil
}

func (w *Writer) wide(cells []string) error {
	w.row = append(w.row, cells[0])
	if len(w.row) < len(w.widths) {
		return nil
	}
	return w.endRow()
}

func (w *Writer) endRow() error {
	if len(w.row) == 0 {
		return nil
	}
	var b strings.Builder
	for i, width := range w.widths {
		c := ""
		if i < len(w.row) {
			c = w.row[i]
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(fitCell(c, width, false))
	}
	w.row = nil
	return w.put(b.String())
}
