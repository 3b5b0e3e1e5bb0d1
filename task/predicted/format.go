package predicted

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/atomicfile"
	"github.com/lamina-ml/lamina/tabular/parquet"
	"github.com/lamina-ml/lamina/task/message"
)

// format is the format of a file that is written.
type format struct {
	comma   rune // of text with a line for each row; 0 in the other formats
	json    bool // JSON lines: an object for each row
	parquet bool
	gzip    bool
}

// typed reports whether the columns have types: a number is not written as a text.
func (f format) typed() bool { return f.json || f.parquet }

// formatOf returns the format that the end of a file's name says; CSV for "".
func formatOf(path string) (format, error) {
	if path == "" {
		return format{comma: ','}, nil
	}
	name := strings.ToLower(filepath.Base(path))
	var f format
	plain, packed := strings.CutSuffix(name, ".gz")
	f.gzip = packed
	ext := filepath.Ext(plain)
	switch ext {
	case ".csv":
		f.comma = ','
	case ".tsv", ".tab":
		f.comma = '\t'
	case ".jsonl", ".ndjson":
		f.json = true
	case ".parquet":
		f.parquet = true
	}
	if f == (format{gzip: packed}) || f.parquet && packed {
		if packed {
			ext += ".gz"
		}
		return f, message.Usagef("%s: no format has the ending %q; want .csv, .tsv or .jsonl, each also with .gz, or .parquet", path, ext)
	}
	return f, nil
}

// IsTyped reports whether a file is written in a format whose columns have types, by the end of its name: Parquet or JSON
// lines.
func IsTyped(path string) bool {
	f, _ := formatOf(path)
	return f.typed()
}

// Probability returns the text of a probability: with four decimals for people; exact, for programs, with seven digits,
// which is the precision of a network's output. See [IsTyped].
func Probability(p float64, exact bool) string {
	if exact {
		return strconv.FormatFloat(p, 'g', 7, 64)
	}
	return strconv.FormatFloat(p, 'f', 4, 64)
}

// CheckOut returns an error unless a table may be written to a file: for an ending that names no format, for one of the
// files that are read, for a file that exists unless force is set, and for a folder in which nothing can be written.
func CheckOut(path string, force bool, inputs ...string) error {
	if _, err := formatOf(path); err != nil {
		return err
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return atomicfile.Check(path)
	}
	if err != nil {
		return err
	}
	if err := CheckInputs(path, inputs...); err != nil {
		return err
	}
	if !force {
		return message.Advise(fmt.Errorf("%s exists", path), "Choose another name, or replace it with --force.")
	}
	return atomicfile.Check(path)
}

// CheckInputs returns an error if a file that is to be written is one of those that are read.
func CheckInputs(path string, inputs ...string) error {
	info, err := os.Stat(path)
	if err != nil { // there is none
		return nil
	}
	for _, input := range inputs {
		if in, err := os.Stat(input); err == nil && os.SameFile(in, info) {
			return message.Advise(fmt.Errorf("%s is the file that is read", path), "Choose another name for what is written.")
		}
	}
	return nil
}

// rowWriter writes the rows of a table in a format.
type rowWriter struct {
	format
	columns []parquet.Column

	packed   *gzip.Writer // nil unless format.gzip
	buffered *bufio.Writer
	csv      *csv.Writer
	parquet  *parquet.Writer
	line     []string
	cells    []any
}

// newRowWriter begins a table with these columns; the types are those of typed formats.
func newRowWriter(w io.Writer, f format, columns []parquet.Column) (*rowWriter, error) {
	r := &rowWriter{format: f, columns: columns}
	if f.parquet {
		var err error
		r.parquet, err = parquet.NewWriter(w, columns)
		return r, err
	}
	if f.gzip {
		r.packed = gzip.NewWriter(w)
		w = r.packed
	}
	r.buffered = bufio.NewWriter(w)
	if f.json {
		return r, nil
	}
	r.csv = csv.NewWriter(r.buffered)
	r.csv.Comma = f.comma
	for _, c := range columns {
		r.line = append(r.line, c.Name)
	}
	return r, r.csv.Write(r.line)
}

// write writes a row; cell returns the text of a column.
func (r *rowWriter) write(cell func(column int) []byte) error {
	if r.csv != nil {
		r.line = r.line[:0]
		for i := range r.columns {
			r.line = append(r.line, string(cell(i)))
		}
		return r.csv.Write(r.line)
	}
	r.cells = r.cells[:0]
	for i, c := range r.columns {
		r.cells = append(r.cells, parquet.Cell(cell(i), c.Type))
	}
	if r.parquet != nil {
		return r.parquet.Write(r.cells...)
	}
	for i, c := range r.columns {
		r.buffered.WriteByte("{,"[min(i, 1)])
		if err := r.writeJSON(c.Name, ':'); err != nil {
			return err
		}
		v := r.cells[i]
		if x, ok := v.(float64); ok && math.IsInf(x, 0) { // JSON has no infinities
			v = string(cell(i))
		}
		if err := r.writeJSON(v, 0); err != nil {
			return err
		}
	}
	_, err := r.buffered.WriteString("}\n") // it returns the first error of all
	return err
}

// writeJSON writes a value, and a character after it unless it is 0.
func (r *rowWriter) writeJSON(v any, after byte) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the new line
	if after != 0 {
		b.WriteByte(after)
	}
	_, err := r.buffered.Write(b.Bytes())
	return err
}

// close ends the table.
func (r *rowWriter) close() error {
	if r.parquet != nil {
		return r.parquet.Close()
	}
	var err error
	if r.csv != nil {
		r.csv.Flush()
		err = r.csv.Error()
	}
	err = errors.Join(err, r.buffered.Flush())
	if r.packed != nil {
		err = errors.Join(err, r.packed.Close())
	}
	return err
}
