package tabular

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// codes describes cells of a column whose meaning may be lost: digits after a zero, and bytes that are no UTF-8.
type codes struct {
	zeros        int    // cells such as 01234
	zero         string // the first one
	foreign      int    // cells that are no UTF-8
	foreignCell  string // the first one
	foreignInRow int    // its row, counted from 1
}

// isCode reports whether a cell has digits after a zero, such as 01234.
func isCode(cell []byte) bool {
	b := trim(cell)
	return len(b) > 1 && b[0] == '0' && !slices.ContainsFunc(b, func(c byte) bool { return c < '0' || c > '9' })
}

// add adds a cell.
func (d *codes) add(row int, cell []byte) {
	if isCode(cell) {
		if d.zeros++; d.zeros == 1 {
			d.zero = example(trim(cell))
		}
	}
	if !utf8.Valid(cell) {
		if d.foreign++; d.foreign == 1 {
			d.foreignCell, d.foreignInRow = example(cell), row
		}
	}
}

// notUTF8 reports whether a cell of the block has bytes that are no UTF-8.
func (b *Block) notUTF8() bool {
	if utf8.Valid(b.text) { // that of all cells is the usual case; between cells may be parts of characters
		return false
	}
	for r := range b.Rows {
		for c := range b.columns {
			if !utf8.Valid(b.Cell(r, c)) {
				return true
			}
		}
	}
	return false
}

// merge adds the cells of later rows.
func (d *codes) merge(o codes) {
	if d.zeros == 0 {
		d.zero = o.zero
	}
	if d.foreign == 0 {
		d.foreignCell, d.foreignInRow = o.foreignCell, o.foreignInRow
	}
	d.zeros += o.zeros
	d.foreign += o.foreign
}

// warnings says what a column's codes look like.
func (d *codes) warnings(c *ColumnProfile, target bool) (warnings []Warning) {
	if d.zeros > 0 && c.Kind == Number && !target {
		warnings = append(warnings, Warning{Column: c.Name, Msg: fmt.Sprintf(
			"%s with a leading zero, such as %s, read as numbers: are they codes, so that the kind is category?",
			plural(d.zeros, "value"), quoted(d.zero))})
	}
	const advice = "save the file as UTF-8"
	if strings.ContainsRune(c.Name, utf8.RuneError) {
		warnings = append(warnings, Warning{Column: c.Name, Msg: "the name has bytes that are no UTF-8: " + advice})
	}
	if d.foreign > 0 {
		warnings = append(warnings, Warning{Column: c.Name, Msg: fmt.Sprintf("%s with bytes that are no UTF-8, such as %s in row %d: %s",
			plural(d.foreign, "value"), quoted(d.foreignCell), d.foreignInRow, advice)})
	}
	return warnings
}

// sentinel says that a number such as −999 in column c, apart from all others, looks like a mark of missing values. It
// returns "" if there is none.
func (s *tableSample) sentinel(c int, p *ColumnProfile) string {
	if p.Kind != Number {
		return ""
	}
	var values []float64
	for _, r := range s.rows {
		if v, ok := parseNumber([]byte(r.cells[c])); ok {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	const few = 20
	n := len(values)
	if n < few {
		return ""
	}
	for _, mark := range []float64{-99, -999, -9999, -99999, -999999, 999, 9999, 99999, 999999} {
		from, _ := slices.BinarySearch(values, mark)
		to, _ := slices.BinarySearch(values, math.Nextafter(mark, math.Inf(1)))
		count := to - from
		rest := values[:from]
		if mark < 0 {
			rest = values[to:]
		}
		if count < 2 || 100*count < n || len(rest) != n-count || len(rest) < 2 {
			continue
		}
		lowest, highest := rest[0], rest[len(rest)-1]
		apart := mark < 0 && lowest >= 0 || math.Min(math.Abs(mark-lowest), math.Abs(mark-highest)) > highest-lowest
		if apart && highest > lowest {
			return fmt.Sprintf("%v in %d of %d rows is apart from all other numbers: if it marks missing values, leave these cells empty", mark, count, n)
		}
	}
	return ""
}
