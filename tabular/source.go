package tabular

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/lamina-ml/lamina/internal/kernel/decimal"
)

// Source is a table that can be read any number of times: a file, or rows in memory. Columns have names; a cell is a
// piece of text, which is empty if the value is missing.
type Source interface {
	// Name names the table in errors, usually the file.
	Name() string
	// Columns returns the names of the columns, which all differ.
	Columns() []string
	// Open begins a pass over the rows.
	Open() (Reader, error)
}

// Reader is one pass over a [Source]. One goroutine calls Next and Close; several may call Parse concurrently, each with
// another block.
type Reader interface {
	// Next reads the raw data of the next rows into b.Raw, whose memory it reuses, and sets b.Rows to their number. At the
	// end it returns io.EOF. The row of a [*Error] that it returns counts from 1 in the block.
	Next(b *Block) error
	// Parse splits b.Raw into b.Rows rows of cells, with [Block].Add. The row of a [*Error] that it returns counts from 1
	// in the block.
	Parse(b *Block) error
	Close() error
}

// Block is some consecutive rows of a table. A [Reader] fills it, and reuses its memory for later rows.
type Block struct {
	Raw   []byte // the rows as the file has them; Parse may change it
	Rows  int    // the number of rows
	First int    // the number of rows before the block
	Extra any    // what a Reader keeps between Next and Parse

	columns int
	text    []byte // the bytes of all cells
	cells   []cell // row by row

	separators []uint64 // a bit for each byte of text, 1 at delimiters and line feeds

	values []float64 // what numbers returned last
	others []int
}

// cell is the place of a cell in the block's text.
type cell = decimal.Span

// Reset removes the cells of b. Those that are added next lie in text, in rows of that many columns.
func (b *Block) Reset(text []byte, columns int) {
	b.text, b.columns, b.cells = text, columns, b.cells[:0]
}

// Add adds the next cell, the bytes from, …, to−1 of the text.
func (b *Block) Add(from, to int) {
	b.cells = append(b.cells, cell{From: uint32(from), To: uint32(to)})
}

// Cell returns a cell, with row counted from 0 in the block. It is valid until the block is filled again.
func (b *Block) Cell(row, column int) []byte {
	c := b.cells[row*b.columns+column]
	return b.text[c.From:c.To:c.To]
}

// Error is an error of a table: it names the file and, where it concerns one, the row and the column.
type Error struct {
	File   string
	Row    int    // counted from 1, after the header; 0 if the error concerns no row
	Column string // empty if the error concerns no column
	Msg    string
}

func (e *Error) Error() string {
	s := "tabular: " + e.File
	if e.Row > 0 {
		s += fmt.Sprintf(": row %d", e.Row)
	}
	if e.Column != "" {
		if e.Row > 0 {
			s += ", column " + quoted(e.Column)
		} else {
			s += ": column " + quoted(e.Column)
		}
	}
	return s + ": " + e.Msg
}

// blockSize is the size of the blocks in which files are read, in bytes. What a pass computes may depend on it, by
// rounding, and depends on nothing else.
const blockSize = 1 << 18

// scan reads src once. work is called for each block, concurrently, with a state of type T that it may fill; merge is
// called for the same pairs, one after the other in the order of the rows. A state is used again after its merge.
func scan[T any](ctx context.Context, src Source, work, merge func(b *Block, state *T) error) error {
	type slot struct {
		block Block
		state T
		err   error
		done  chan struct{}
	}
	reader, err := src.Open()
	if err != nil {
		return err
	}
	defer reader.Close()
	workers := runtime.GOMAXPROCS(0)
	slots := make([]slot, workers+2)
	jobs := make(chan *slot, len(slots))
	var group sync.WaitGroup
	defer group.Wait()
	defer close(jobs)
	for i := range slots {
		slots[i].done = make(chan struct{}, 1)
	}
	for range workers {
		group.Go(func() {
			for s := range jobs {
				if s.err = reader.Parse(&s.block); s.err == nil {
					s.err = work(&s.block, &s.state)
				}
				s.done <- struct{}{}
			}
		})
	}
	rows, next, oldest, ended := 0, 0, 0, false
	for {
		for !ended && next-oldest < len(slots) {
			s := &slots[next%len(slots)]
			s.block.First = rows
			if err := reader.Next(&s.block); err == io.EOF {
				ended = true
				break
			} else if err != nil {
				ended = true
				s.err = err
				s.done <- struct{}{}
				next++
				break
			}
			rows += s.block.Rows
			next++
			jobs <- s
		}
		if oldest == next {
			return nil
		}
		s := &slots[oldest%len(slots)]
		oldest++
		<-s.done
		if s.err == nil {
			s.err = ctx.Err()
		}
		if s.err == nil {
			s.err = merge(&s.block, &s.state)
		}
		if s.err != nil {
			return located(s.err, src, &s.block)
		}
	}
}

// located adds the file, and the rows before the block, to an error of that block.
func located(err error, src Source, b *Block) error {
	if e, ok := err.(*Error); ok {
		e.File = src.Name()
		if e.Row > 0 {
			e.Row += b.First
		}
	}
	return err
}

// records is a table in memory.
type records struct {
	name    string
	columns []string
	rows    [][]string
}

// FromRecords returns a table in memory, such as encoding/csv reads. The name is for errors. It returns an error if
// names are equal or a row has another number of cells. The source refers to the slices, which must not be changed.
func FromRecords(name string, columns []string, rows [][]string) (Source, error) {
	seen := map[string]bool{}
	for _, c := range columns {
		if seen[c] {
			return nil, &Error{File: name, Column: c, Msg: "two columns have this name"}
		}
		seen[c] = true
	}
	for i, r := range rows {
		if len(r) != len(columns) {
			return nil, &Error{File: name, Row: i + 1, Msg: ragged(len(r), len(columns))}
		}
	}
	return &records{name, columns, rows}, nil
}

func ragged(got, want int) string {
	return fmt.Sprintf("it has %s, want %d, one for each column", plural(got, "cell"), want)
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (r *records) Name() string          { return r.name }
func (r *records) Columns() []string     { return r.columns }
func (r *records) Open() (Reader, error) { return &recordReader{records: r}, nil }

type recordReader struct {
	*records
	at int
}

func (r *recordReader) Next(b *Block) error {
	const rows = 8192
	n := min(rows, len(r.rows)-r.at)
	if n == 0 {
		return io.EOF
	}
	b.Rows = n
	r.at += n
	return nil
}

func (r *recordReader) Parse(b *Block) error {
	b.Raw = b.Raw[:0]
	b.Reset(nil, len(r.columns))
	for _, row := range r.rows[b.First:][:b.Rows] {
		for _, s := range row {
			b.Add(len(b.Raw), len(b.Raw)+len(s))
			b.Raw = append(b.Raw, s...)
		}
	}
	b.text = b.Raw
	return nil
}

func (r *recordReader) Close() error { return nil }
