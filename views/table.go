package views

// Table is a list as rows of cells; it is written as a table, as cards on a
// phone, and as CSV.
type Table struct {
	Cols []Col
	Rows []Row
}

// Col is a column.
type Col struct{ Key, Label string }

// Row is a row.
type Row struct {
	ID    string
	Cells []Cell
}

// Cell is a cell.
type Cell struct{ Text string }

// Table is the list of the page for CSV, header first, nil for a page without
// one. Cells that a spreadsheet would take for a formula are made harmless.
func (p Page) Table() (header []string, rows [][]string) {
	if p.table == nil {
		return nil, nil
	}
	for _, c := range p.table.Cols {
		header = append(header, c.Label)
	}
	return header, rows
}
