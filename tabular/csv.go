package tabular

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lamina-ml/lamina/internal/kernel/decimal"
)

// maxRecord is the largest record of a CSV or JSON lines file, in bytes. A quote that is never closed would otherwise
// make the rest of the file one record.
const maxRecord = 64 << 20

// headSize is the size of the beginning in which the header and the delimiter are found.
const headSize = 1 << 20

// csvFile is a CSV or TSV table.
//
// The format is RFC 4180's, with the liberties that pandas takes: lines end in \n or \r\n; a cell that begins with a
// quote ends with one, and two quotes inside are one; a quote elsewhere is an ordinary character; blank lines are
// skipped. A first line "sep=;" names the delimiter, as in Excel.
type csvFile struct {
	file
	comma   byte
	start   int64 // where the rows begin, after a byte order mark and the header
	columns []string
	index   bool // the header has no name for the first column, as pandas writes the index of a table
}

func (c *csvFile) Columns() []string { return c.columns }

// openCSV reads the beginning of f: it recognizes the delimiter and the header.
func openCSV(f file, o Options) (*csvFile, error) {
	c := &csvFile{file: f, comma: o.Comma}
	head, err := c.head(headSize)
	if err != nil {
		return nil, err
	}
	if err := checkText(f.name, head); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		head, c.start = head[3:], 3
	}
	if comma, size := separatorLine(head); size > 0 {
		if c.comma == 0 {
			c.comma = comma
		}
		head, c.start = head[size:], c.start+int64(size)
	}
	if c.comma == 0 {
		c.comma = delimiter(head)
	}
	first, size, err := c.record(head)
	if err != nil {
		return nil, err
	}
	if size >= len(head) && len(head)+int(c.start) == headSize {
		return nil, &Error{File: f.name, Msg: fmt.Sprintf("the first line is longer than %d MiB: is this a table?", headSize>>20)}
	}
	if len(first) == 0 {
		return nil, &Error{File: f.name, Msg: "the file is empty, want a header and rows"}
	}
	switch {
	case o.NoHeader, !o.Header && looksLikeRow(first) && !c.countsColumns(first, head[size:]):
		for i := range first {
			c.columns = append(c.columns, fmt.Sprintf("column%d", i+1))
		}
	default:
		c.columns = columnNames(first)
		c.index = strings.TrimSpace(first[0]) == ""
		c.start += int64(size)
	}
	return c, nil
}

// separatorLine returns the delimiter that a first line such as "sep=;" names, which Excel writes and reads, and the size of
// that line; 0 if there is none.
func separatorLine(head []byte) (comma byte, size int) {
	line, _, found := bytes.Cut(head, []byte("\n"))
	name, ok := bytes.CutPrefix(bytes.TrimSuffix(line, []byte("\r")), []byte("sep="))
	if !ok || !found || len(name) != 1 {
		return 0, 0
	}
	return name[0], len(line) + 1
}

// checkText returns an error if head is the beginning of a file that is no UTF-8 or ASCII text, or has no line feeds.
func checkText(name string, head []byte) error {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return &Error{File: name, Msg: "the text is UTF-16: save it as UTF-8"}
	}
	if i := bytes.IndexByte(head, 0); i >= 0 {
		return &Error{File: name, Msg: fmt.Sprintf("byte %d is zero: this is no CSV or JSON lines, which are text", i+1)}
	}
	if bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0 {
		return &Error{File: name, Msg: "its lines end with a carriage return alone, as in old Mac files; want line feeds (tr '\\r' '\\n' writes them)"}
	}
	return nil
}

// looksLikeRow reports whether the first record is a row rather than a header: at least half of its cells are numbers.
func looksLikeRow(cells []string) bool {
	numbers := 0
	for _, s := range cells {
		if _, ok := parseNumber([]byte(s)); ok {
			numbers++
		}
	}
	return numbers > 0 && 2*numbers >= len(cells)
}

// countsColumns reports whether the first record is a header of numbers: 0, 1, 2, … as pandas names the columns of an
// array, or at least four that follow each other, such as years. A table of such rows has a second one, in the text
// that follows.
func (c *csvFile) countsColumns(first []string, text []byte) bool {
	from, n := counted(first)
	second, _, err := c.record(text)
	if err != nil {
		return false
	}
	_, alike := counted(second)
	return (n >= 4 || n == 3 && from == 0) && alike < n
}

// counted returns the first of the numbers in a record, and how many there are; 0 unless each is the one before it plus
// 1.
func counted(cells []string) (from float64, n int) {
	for _, s := range cells {
		v, ok := parseNumber([]byte(s))
		switch {
		case !ok:
			continue
		case n == 0:
			from = v
		case v != from+float64(n):
			return 0, 0
		}
		n++
	}
	return from, n
}

// columnNames returns the names in a header without spaces around them. A column without a name is called after its
// position, and a repeated name gets a number, as in pandas: a, a.1, a.2.
func columnNames(header []string) []string {
	names := make([]string, len(header))
	seen := map[string]bool{}
	for i, s := range header {
		s = strings.ToValidUTF8(strings.TrimSpace(s), "\ufffd")
		if s == "" {
			s = fmt.Sprintf("column%d", i+1)
		}
		name := s
		for k := 1; seen[name]; k++ {
			name = fmt.Sprintf("%s.%d", s, k)
		}
		seen[name] = true
		names[i] = name
	}
	return names
}

// delimiter returns the character that separates the cells in head: the one of comma, semicolon, tab and vertical bar
// that occurs equally often, and most often, in the first records; a comma if there is none.
func delimiter(head []byte) byte {
	const records = 30
	best, most := byte(','), 0
	for _, comma := range []byte{'\t', ',', ';', '|'} {
		c := &csvFile{comma: comma}
		cells, equal := 0, true
		rest := head
		for range records {
			record, size, err := c.record(rest)
			if err != nil || len(record) == 0 || size == len(rest) && len(head) >= headSize {
				break
			}
			equal = equal && (cells == 0 || cells == len(record))
			cells = len(record)
			rest = rest[size:]
		}
		if equal && cells-1 > most {
			best, most = comma, cells-1
		}
	}
	return best
}

// record returns the cells of the first record of text that is not blank, and the number of bytes up to its end.
func (c *csvFile) record(text []byte) (cells []string, size int, err error) {
	for from := 0; from < len(text); {
		end := c.boundary(text[from:], 1)
		record := text[from:][:end.size]
		if end.size == 0 { // the last record may lack its line feed
			record = append(bytes.Clone(text[from:]), '\n')
			if end = c.boundary(record, 1); end.size == 0 {
				return nil, 0, &Error{File: c.name, Msg: "a quote of the first record is not closed"}
			}
		}
		size = min(from+end.size, len(text))
		if end.rows == 1 {
			b := &Block{Raw: bytes.Clone(record), Rows: 1}
			if err := c.split(b, 0); err != nil {
				return nil, 0, err
			}
			for i := range b.cells {
				s := b.cells[i]
				cells = append(cells, string(b.text[s.From:s.To]))
			}
			return cells, size, nil
		}
		from += end.size
	}
	return nil, size, nil
}

// extent is the size of some complete records: bytes, and rows without blank lines.
type extent struct {
	size, rows int
	more       bool // further complete records follow, which are for the next block
}

// boundary returns the extent of the complete records of text, which begins with one. With limit > 0 it stops after
// that many lines.
func (c *csvFile) boundary(text []byte, limit int) extent {
	if limit == 0 && bytes.IndexByte(text, '"') < 0 {
		return c.unquoted(text)
	}
	var e extent
	lines := 0
	for at := 0; at < len(text); { // at is the beginning of a line that is outside quotes
		end := c.endOfRecord(text, at)
		if end < 0 {
			break
		}
		if !blank(text[at:end]) {
			e.rows++
		}
		at = end
		e.size = end
		if lines++; lines == limit {
			break
		}
	}
	return e
}

// unquoted is boundary for text without quotes: the records end with the lines.
func (c *csvFile) unquoted(text []byte) extent {
	size := bytes.LastIndexByte(text, '\n') + 1
	text = text[:size]
	if size == 0 {
		return extent{}
	}
	rows := 0
	for at := 0; at < size; {
		end := at + bytes.IndexByte(text[at:], '\n') + 1
		if !blank(text[at:end]) {
			rows++
		}
		at = end
	}
	return extent{size: size, rows: rows}
}

// endOfRecord returns the position behind the line feed that ends the record at position at, −1 if it is incomplete.
func (c *csvFile) endOfRecord(text []byte, at int) int {
	newline := -1 // the first one at from or later; found once for all quotes before it
	for from := at; ; {
		if newline < from {
			i := bytes.IndexByte(text[from:], '\n')
			if i < 0 {
				return -1
			}
			newline = from + i
		}
		quote := bytes.IndexByte(text[from:newline], '"')
		if quote < 0 {
			return newline + 1
		}
		quote += from
		if quote != at && text[quote-1] != c.comma {
			from = quote + 1 // an ordinary character
			continue
		}
		closing := closingQuote(text, quote+1)
		if closing < 0 {
			return -1
		}
		from = closing + 1
		// A quote directly behind the closing one is a part of the cell; see split.
	}
}

// closingQuote returns the position of the quote that ends a cell whose text begins at from, −1 if there is none.
func closingQuote(text []byte, from int) int {
	for {
		i := bytes.IndexByte(text[from:], '"')
		if i < 0 {
			return -1
		}
		from += i
		if from+1 == len(text) || text[from+1] != '"' {
			return from
		}
		from += 2
	}
}

// blank reports whether a line, with its line feed, is empty.
func blank(line []byte) bool { return len(line) == 1 || len(line) == 2 && line[0] == '\r' }

// Open begins a pass.
func (c *csvFile) Open() (Reader, error) {
	r, err := c.open(c.start)
	if err != nil {
		return nil, err
	}
	return &csvReader{csvFile: c, lines: lines{r: r, name: c.name}}, nil
}

type csvReader struct {
	*csvFile
	lines lines
}

func (r *csvReader) Next(b *Block) error {
	return r.lines.next(b, func(text []byte) extent { return r.boundary(text, 0) })
}

func (r *csvReader) Parse(b *Block) error { return r.split(b, len(r.columns)) }

func (r *csvReader) Close() error { return r.lines.r.Close() }

// split finds the cells of b.Raw, which consists of complete records. columns is the number of cells of each row, 0 for
// any number.
//
// The text of a quoted cell is moved together where it contains two quotes for one.
func (c *csvFile) split(b *Block, columns int) error {
	n := len(b.Raw)
	raw := append(b.Raw, padding[:]...)
	b.Raw = raw[:n]
	b.Reset(b.Raw, columns)
	b.cells = slices.Grow(b.cells, columns*b.Rows+1)
	if columns > 0 && bytes.IndexByte(b.Raw, '"') < 0 && c.splitUnquoted(b, raw) {
		return nil
	}
	return c.splitAny(b, raw, columns)
}

// splitAny is split, which has prepared b, for every text. raw is b.Raw with its padding.
func (c *csvFile) splitAny(b *Block, raw []byte, columns int) error {
	n, row := len(b.Raw), 0
	for at := 0; at < n; {
		if raw[at] == '\n' {
			at++
			continue
		}
		if raw[at] == '\r' && raw[at+1] == '\n' {
			at += 2
			continue
		}
		first := len(b.cells)
		for {
			var from, to int
			if raw[at] == '"' {
				from, to, at = c.quoted(raw[:n], at)
			} else {
				from = at
				at = find(raw, at, c.comma)
				to = at
			}
			if at >= n || raw[at] == '\n' {
				if to > from && to == at && raw[to-1] == '\r' {
					to--
				}
				b.cells = append(b.cells, cell{From: uint32(from), To: uint32(to)})
				at++
				break
			}
			b.cells = append(b.cells, cell{From: uint32(from), To: uint32(to)})
			at++ // the delimiter
		}
		row++
		if got := len(b.cells) - first; columns > 0 && got != columns {
			return &Error{Row: row, Msg: ragged(got, columns)}
		}
	}
	if columns > 0 && row != b.Rows {
		return &Error{Msg: fmt.Sprintf("%d rows in a block of %d", row, b.Rows)}
	}
	return nil
}

// padding is what follows the text of a block, so that words can be read from each position.
var padding [64]byte

// splitUnquoted is split for text without quotes, which it takes with its padding. It reports false, and leaves b without
// cells, unless each row has b.columns cells.
func (c *csvFile) splitUnquoted(b *Block, raw []byte) bool {
	count := b.columns * b.Rows
	cells := b.cells[:count+1]
	b.separators = slices.Grow(b.separators[:0], len(raw)/64)[:len(raw)/64]
	decimal.Separators(raw[:len(raw)/64*64], c.comma, b.separators)
	from, next, first := 0, 0, 0 // of the next cell: its position, its index, the index of its row's first cell
	for i, hits := range b.separators {
		for ; hits != 0; hits &= hits - 1 {
			at := 64*i + bits.TrailingZeros64(hits)
			if next == len(cells) {
				return false
			}
			cells[next] = cell{From: uint32(from), To: uint32(at)}
			next++
			if raw[at] == '\n' {
				last := &cells[next-1]
				if at > from && raw[at-1] == '\r' {
					last.To--
				}
				if next-first == 1 && last.From == last.To { // a blank line
					next = first
				} else if next-first != b.columns {
					return false
				}
				first = next
			}
			from = at + 1
		}
	}
	if next != count {
		return false
	}
	b.cells = cells[:count]
	return true
}

// find returns the position of the next delimiter or line feed from at on. text must contain one, and seven more bytes.
func find(text []byte, at int, comma byte) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	commas := uint64(comma) * ones
	for at+8 <= len(text) {
		v := binary.LittleEndian.Uint64(text[at:])
		x, y := v^commas, v^('\n'*ones)
		if hit := ((x-ones)&^x | (y-ones)&^y) & highs; hit != 0 { // the lowest bit is that of the first zero byte
			return at + bits.TrailingZeros64(hit)/8
		}
		at += 8
	}
	return at
}

// quoted returns the place of the text of the quoted cell at position at, and the position of the delimiter or line
// feed behind it. Characters between the closing quote and the delimiter belong to the cell.
func (c *csvFile) quoted(text []byte, at int) (from, to, end int) {
	from = at + 1
	closing := closingQuote(text, from)
	if closing < 0 { // boundary has found it
		return from, len(text), len(text)
	}
	to = closing
	if inside := text[from:closing]; bytes.IndexByte(inside, '"') >= 0 {
		w := from
		for r := from; r < closing; r++ {
			text[w] = text[r]
			w++
			if text[r] == '"' {
				r++
			}
		}
		to = w
	}
	end = closing + 1
	for end < len(text) && text[end] != c.comma && text[end] != '\n' {
		end++
	}
	last := end
	if end > closing+1 && text[end-1] == '\r' && (end == len(text) || text[end] == '\n') {
		last--
	}
	to += copy(text[to:], text[closing+1:last])
	return from, to, end
}

// lines reads a text file in blocks of complete records.
type lines struct {
	r     io.ReadCloser
	name  string
	rest  []byte // the beginning of the record that the next block begins with
	rows  int
	ended bool
	more  bool // rest begins with a complete record
}

// next fills b with complete records, whose extent in a text complete returns.
func (l *lines) next(b *Block, complete func(text []byte) extent) error {
	b.Raw = append(b.Raw[:0], l.rest...)
	l.rest = l.rest[:0]
	const slack = 1 + len(padding) // for a line feed and what split appends
	size := blockSize
	for {
		if !l.ended && !l.more {
			from := len(b.Raw)
			if need := max(size, from+blockSize/2); cap(b.Raw) < need+slack {
				b.Raw = append(make([]byte, 0, need+slack), b.Raw...)
			}
			n, err := io.ReadFull(l.r, b.Raw[from:cap(b.Raw)-slack])
			b.Raw = b.Raw[:from+n]
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				l.ended = true
				if len(b.Raw) > 0 && b.Raw[len(b.Raw)-1] != '\n' {
					b.Raw = append(b.Raw, '\n')
				}
			} else if err != nil {
				return fmt.Errorf("tabular: %s: after %s: %w", l.name, plural(l.rows, "row"), err)
			}
		}
		e := complete(b.Raw)
		l.more = e.more
		if e.size == 0 && l.ended {
			if len(b.Raw) > 0 {
				return &Error{Row: l.rows - b.First + 1, Msg: "a quote is not closed until the end of the file"}
			}
			return io.EOF
		}
		if e.rows == 0 && e.size > 0 { // blank lines only
			b.Raw = b.Raw[:copy(b.Raw, b.Raw[e.size:])]
			if l.ended && len(b.Raw) == 0 {
				return io.EOF
			}
			continue
		}
		if e.size == 0 {
			if len(b.Raw) > maxRecord {
				return &Error{Row: l.rows - b.First + 1,
					Msg: fmt.Sprintf("the record is longer than %d MiB: is a quote not closed?", maxRecord>>20)}
			}
			size = 2 * len(b.Raw)
			continue
		}
		l.rest = append(l.rest, b.Raw[e.size:]...)
		b.Raw = b.Raw[:e.size]
		b.Rows = e.rows
		l.rows += e.rows
		return nil
	}
}

// validUTF8 returns cell as a string; bytes that are no UTF-8 become U+FFFD, so that the string survives JSON.
func validUTF8(cell []byte) string {
	if utf8.Valid(cell) {
		return string(cell)
	}
	return string(bytes.ToValidUTF8(cell, []byte("\ufffd")))
}
