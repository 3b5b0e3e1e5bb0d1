package table

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task"
)

// Convert writes the table in a file, in any format that trainings read, to another file, as Parquet, CSV or TSV: the end
// of its name says which. It returns the number of rows. In Parquet the columns get types, see [parquet.Infer].
func Convert(ctx context.Context, from, to string) (rows int, err error) {
	comma := ','
	switch ext := strings.ToLower(filepath.Ext(to)); ext {
	case ".csv", ".parquet":
	case ".tsv", ".tab":
		comma = '\t'
	default:
		return 0, task.Usagef("%s: no format has the ending %q; want .parquet, .csv or .tsv", to, ext)
	}
	src, err := (&dataOptions{}).open(from)
	if err != nil {
		return 0, err
	}
	counted := &counted{Source: src, rows: &rows}
	err = atomicfile.Write(to, func(w io.Writer) error {
		if strings.EqualFold(filepath.Ext(to), ".parquet") {
			return parquet.Convert(ctx, w, counted)
		}
		return writeCSV(ctx, w, counted, comma)
	})
	return rows, err
}

func writeCSV(ctx context.Context, w io.Writer, src tabular.Source, comma rune) error {
	buffered := bufio.NewWriter(w)
	out := csv.NewWriter(buffered)
	out.Comma = comma
	if err := out.Write(src.Columns()); err != nil {
		return err
	}
	line := make([]string, len(src.Columns()))
	err := tabular.Each(ctx, src, func(b *tabular.Block, row int) error {
		for c := range line {
			line[c] = string(b.Cell(row, c))
		}
		return out.Write(line)
	})
	out.Flush()
	return errors.Join(err, out.Error(), buffered.Flush())
}

// counted is a table that counts the rows of its last pass.
type counted struct {
	tabular.Source
	rows *int
}

func (c *counted) Open() (tabular.Reader, error) {
	*c.rows = 0
	r, err := c.Source.Open()
	return &countedReader{r, c.rows}, err
}

type countedReader struct {
	tabular.Reader
	rows *int
}

func (r *countedReader) Next(b *tabular.Block) error {
	err := r.Reader.Next(b)
	if err == nil {
		*r.rows += b.Rows
	}
	return err
}
