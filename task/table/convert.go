package table

import (
	"context"
	"io"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/task/predicted"
)

// Convert writes the table in a file, in any format that trainings read, to another file. The end of its name says the
// format: .csv, .tsv or .jsonl, each also with .gz, or .parquet. It returns the number of rows. In Parquet and JSON lines
// the columns get types, see [parquet.Infer]. It returns an error if the file exists, unless force is set.
func Convert(ctx context.Context, from, to string, force bool) (rows int, err error) {
	src, err := (&dataOptions{}).open(from)
	if err != nil {
		return 0, err
	}
	if err := predicted.CheckOut(to, force, from); err != nil {
		return 0, err
	}
	err = atomicfile.Write(to, func(w io.Writer) (err error) {
		rows, err = predicted.Copy(ctx, w, to, src)
		return err
	})
	return rows, err
}
