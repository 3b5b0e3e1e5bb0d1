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

// New begins the table in a file, which w writes: Parquet if path ends in .parquet, else CSV, also for "". Its columns are
// some of src, then the predictions. In Parquet the types of src's columns are those that [parquet.Infer] finds. Close
// ends the table.
func New(ctx context.Context, w io.Writer, path string, src tabular.Source, columns []int, predictions []parquet.Column) (t *Table, err error) {
	t = &Table{columns: columns}
	if IsParquet(path) {
		if t.types, err = parquet.Infer(ctx, src, columns); err != nil {
			return nil, err
		}
	}
	if t.reader, err = src.Open(); err != nil {
		return nil, err
	}
	var all []parquet.Column
	for i, c := range columns {
		x := parquet.Column{Name: src.Columns()[c]}
		if t.types != nil {
			x.Type = t.types[i]
		}
		all = append(all, x)
	}
	all = append(all, predictions...)
	for _, c := range predictions {
		t.types = append(t.types, c.Type)
	}
	if IsParquet(path) {
		t.parquet, err = parquet.NewWriter(w, all)
	} else {
		t.buffered = bufio.NewWriter(w)
		t.csv = csv.NewWriter(t.buffered)
		for _, c := range all {
			t.line = append(t.line, c.Name)
		}
		err = t.csv.Write(t.line)
	}
	if err != nil {
		return nil, errors.Join(err, t.reader.Close())
	}
	return t, nil
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
