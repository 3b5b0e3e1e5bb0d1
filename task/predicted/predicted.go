// Package predicted writes predictions as CSV or Parquet beside the columns of the table that they are for, so that they can be
// joined with what else is known of a row.
package predicted

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
)

// Columns returns the numbers of the source's columns that the option --columns names: all of them for "all", none for
// "none". A column with the name of a prediction, such as one of an earlier prediction, is left out.
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
			return nil, task.Usagef("--columns: %s; want all, none, or names", task.Text(err))
		}
		if !slices.Contains(predictions, name) {
			columns = append(columns, i)
		}
	}
	return columns, nil
}

// IsParquet reports whether a file is to be written as Parquet, by the end of its name.
func IsParquet(path string) bool { return strings.EqualFold(filepath.Ext(path), ".parquet") }

// Table writes rows of a table and what is predicted for each.
type Table struct {
	reader  tabular.Reader
	block   tabular.Block
	row     int // of the block
	columns []int
	line    []string

	buffered *bufio.Writer
	csv      *csv.Writer

	parquet *parquet.Writer // nil for CSV
	types   []parquet.Type
	cells   []any
}

// New writes the header of CSV: the names of some columns of src, then those of the predictions. Close ends the table.
func New(w io.Writer, src tabular.Source, columns []int, predictions []string) (*Table, error) {
	t, err := begin(src, columns)
	if err != nil {
		return nil, err
	}
	t.buffered = bufio.NewWriter(w)
	t.csv = csv.NewWriter(t.buffered)
	for _, c := range columns {
		t.line = append(t.line, src.Columns()[c])
	}
	if err := t.csv.Write(append(t.line, predictions...)); err != nil {
		return nil, errors.Join(err, t.reader.Close())
	}
	return t, nil
}

// NewParquet is New for Parquet. The types of src's columns are those that [parquet.Infer] finds.
func NewParquet(ctx context.Context, w io.Writer, src tabular.Source, columns []int, predictions []parquet.Column) (*Table, error) {
	types, err := parquet.Infer(ctx, src, columns)
	if err != nil {
		return nil, err
	}
	t, err := begin(src, columns)
	if err != nil {
		return nil, err
	}
	t.types = types
	var all []parquet.Column
	for i, c := range columns {
		all = append(all, parquet.Column{Name: src.Columns()[c], Type: types[i]})
	}
	for _, c := range predictions {
		all, t.types = append(all, c), append(t.types, c.Type)
	}
	if t.parquet, err = parquet.NewWriter(w, all); err != nil {
		return nil, errors.Join(err, t.reader.Close())
	}
	return t, nil
}

func begin(src tabular.Source, columns []int) (*Table, error) {
	reader, err := src.Open()
	return &Table{reader: reader, columns: columns}, err
}

// Write writes the next row of the source, and its predictions after it.
func (t *Table) Write(predictions ...string) error {
	if len(t.columns) > 0 {
		for t.row == t.block.Rows {
			t.block.First += t.block.Rows
			if err := t.reader.Next(&t.block); err != nil {
				return err
			}
			if err := t.reader.Parse(&t.block); err != nil {
				return err
			}
			t.row = 0
		}
	}
	t.row++
	if t.parquet != nil {
		t.cells = t.cells[:0]
		for i, c := range t.columns {
			t.cells = append(t.cells, parquet.Cell(t.block.Cell(t.row-1, c), t.types[i]))
		}
		for i, p := range predictions {
			t.cells = append(t.cells, parquet.Cell([]byte(p), t.types[len(t.columns)+i]))
		}
		return t.parquet.Write(t.cells...)
	}
	t.line = t.line[:0]
	for _, c := range t.columns {
		t.line = append(t.line, string(t.block.Cell(t.row-1, c)))
	}
	return t.csv.Write(append(t.line, predictions...))
}

// Close writes what is buffered, and ends the reading.
func (t *Table) Close() error {
	if t.parquet != nil {
		return errors.Join(t.parquet.Close(), t.reader.Close())
	}
	t.csv.Flush()
	return errors.Join(t.csv.Error(), t.buffered.Flush(), t.reader.Close())
}
