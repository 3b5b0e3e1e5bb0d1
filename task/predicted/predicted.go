// Package predicted is what the command predict of several tasks shares: it lists the pictures that are read, and writes
// predictions as CSV, TSV, JSON lines or Parquet beside the columns of the table that they are for, so that they can be
// joined with what else is known of a row.
package predicted

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task/message"
)

// Columns returns the numbers of the source's columns that the option --columns names: all of them for "all", none for
// "none". A column with the name of a prediction, such as one of an earlier prediction, is left out, and none is there twice.
func Columns(src tabular.Source, asked, predictions []string) ([]int, error) {
	names := src.Columns()
	switch {
	case slices.Equal(asked, []string{"all"}) && !slices.Contains(names, "all"):
		asked = names
	case slices.Equal(asked, []string{"none"}) && !slices.Contains(names, "none"):
		asked = nil
	}
	var columns []int
	for _, name := range asked {
		i, err := tabular.FindColumn(src, name)
		if err != nil {
			return nil, message.Usagef("--columns: %s; want all, none, or names", message.Text(err))
		}
		if !slices.Contains(predictions, name) && !slices.Contains(columns, i) {
			columns = append(columns, i)
		}
	}
	return columns, nil
}

// Table writes rows of a table and what is predicted for each.
type Table struct {
	columns []int
	next    func() (rowOf, error, bool) // nil without columns of the source
	stop    func()
	out     *rowWriter
}

// rowOf is a row of a block.
type rowOf struct {
	block *tabular.Block
	row   int
}

// rowsOf returns the rows of a table. An error is the last element.
func rowsOf(ctx context.Context, src tabular.Source) iter.Seq2[rowOf, error] {
	stopped := errors.New("stopped")
	return func(yield func(rowOf, error) bool) {
		err := tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
			if !yield(rowOf{b, row}, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && err != stopped {
			yield(rowOf{}, err)
		}
	}
}

// New begins the table in a file, which w writes. The end of path says the format: .csv (also ""), .tsv or .jsonl, each
// also with .gz, or .parquet. Its columns are some of src, then the predictions; without columns src may be nil. In
// Parquet and JSON lines the types of src's columns are those that [parquet.Infer] finds. Close ends the table.
func New(ctx context.Context, w io.Writer, path string, src tabular.Source, columns []int,
	predictions []parquet.Column) (t *Table, err error) {
	f, err := formatOf(path)
	if err != nil {
		return nil, err
	}
	all, err := columnsOf(ctx, f, src, columns)
	if err != nil {
		return nil, err
	}
	t = &Table{columns: columns, stop: func() {}}
	if t.out, err = newRowWriter(w, f, append(all, predictions...)); err != nil {
		return nil, err
	}
	if len(columns) > 0 {
		t.next, t.stop = iter.Pull2(rowsOf(ctx, src))
	}
	return t, nil
}

// columnsOf returns columns of a table with the types that a format needs.
func columnsOf(ctx context.Context, f format, src tabular.Source, columns []int) (list []parquet.Column, err error) {
	types := make([]parquet.Type, len(columns))
	if f.typed() && len(columns) > 0 {
		if types, err = parquet.Infer(ctx, src, columns); err != nil {
			return nil, err
		}
	}
	for i, c := range columns {
		t := types[i]
		if f.json && (t == parquet.Date || t == parquet.Timestamp) { // JSON has no times: the text stays as it is
			t = parquet.String
		}
		list = append(list, parquet.Column{Name: src.Columns()[c], Type: t})
	}
	return list, nil
}

// Copy writes all rows of a table to the file at path, which w writes, and returns their number. The format and the types
// are those that [New] says.
func Copy(ctx context.Context, w io.Writer, path string, src tabular.Source) (rows int, err error) {
	f, err := formatOf(path)
	if err != nil {
		return 0, err
	}
	numbers := make([]int, len(src.Columns()))
	for i := range numbers {
		numbers[i] = i
	}
	columns, err := columnsOf(ctx, f, src, numbers)
	if err != nil {
		return 0, err
	}
	out, err := newRowWriter(w, f, columns)
	if err != nil {
		return 0, err
	}
	err = tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		rows++
		return out.write(func(column int) []byte { return b.Cell(row, column) })
	})
	return rows, errors.Join(err, out.close())
}

// Write writes the next row of the source, and its predictions after it. It returns an error if the source has no more
// rows.
func (t *Table) Write(predictions ...string) error {
	var at rowOf
	if t.next != nil {
		var err error
		var ok bool
		if at, err, ok = t.next(); err == nil && !ok {
			err = errors.New("the table has changed while it was read: it has fewer rows")
		}
		if err != nil {
			return err
		}
	}
	return t.out.write(func(column int) []byte {
		if column < len(t.columns) {
			return at.block.Cell(at.row, t.columns[column])
		}
		return []byte(predictions[column-len(t.columns)])
	})
}

// Close writes what is buffered, and ends the reading.
func (t *Table) Close() error {
	t.stop()
	return t.out.close()
}
