// Package predicted writes predictions as CSV beside the columns of the table that they are for, so that they can be
// joined with what else is known of a row.
package predicted

import (
	"bufio"
	"encoding/csv"
	"errors"
	"io"
	"slices"

	"github.com/lamina-ml/lamina/recipe"
	"github.com/lamina-ml/lamina/tabular"
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
		i := slices.Index(names, name)
		if i < 0 {
			if s := recipe.Suggest(name, names); s != "" {
				return nil, task.Usagef("--columns: %s has no column %q (did you mean %q?); want all, none, or names", src.Name(), name, s)
			}
			return nil, task.Usagef("--columns: %s has no column %q; want all, none, or some of %s", src.Name(), name, task.Some(names))
		}
		if !slices.Contains(predictions, name) {
			columns = append(columns, i)
		}
	}
	return columns, nil
}

// Table writes rows of a table and what is predicted for each.
type Table struct {
	buffered *bufio.Writer
	csv      *csv.Writer
	reader   tabular.Reader
	block    tabular.Block
	row      int // of the block
	columns  []int
	line     []string
}

// New writes the header: the names of some columns of src, then those of the predictions. Close ends the table.
func New(w io.Writer, src tabular.Source, columns []int, predictions []string) (*Table, error) {
	reader, err := src.Open()
	if err != nil {
		return nil, err
	}
	t := &Table{buffered: bufio.NewWriter(w), reader: reader, columns: columns}
	t.csv = csv.NewWriter(t.buffered)
	for _, c := range columns {
		t.line = append(t.line, src.Columns()[c])
	}
	if err := t.csv.Write(append(t.line, predictions...)); err != nil {
		return nil, errors.Join(err, reader.Close())
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
	t.line = t.line[:0]
	for _, c := range t.columns {
		t.line = append(t.line, string(t.block.Cell(t.row, c)))
	}
	t.row++
	return t.csv.Write(append(t.line, predictions...))
}

// Close writes what is buffered, and ends the reading.
func (t *Table) Close() error {
	t.csv.Flush()
	return errors.Join(t.csv.Error(), t.buffered.Flush(), t.reader.Close())
}
