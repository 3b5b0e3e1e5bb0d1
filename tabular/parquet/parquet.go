// Package parquet reads Parquet files as tables of package tabular, such as pyarrow, pandas, Spark and DuckDB write them,
// and writes Parquet files.
//
// Cells are texts: numbers in their shortest exact form, decimals with all digits, dates as 2006-01-02, times as 2006-01-02
// 15:04:05 with the fraction of the second that they have, null as an empty cell. The fields of a struct are columns
// whose names are joined with points. Lists and maps are no columns.
package parquet

import (
	"fmt"
	"io"
	"os"
	"strings"

	pq "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/lamina-ml/lamina/internal/inputfile"
	"github.com/lamina-ml/lamina/tabular"
)

// Open opens the Parquet file at path and reads its footer. The memory that later passes take depends on the size of
// the file's pages, not of the file; a pass over pages whose sizes contradict each other gives an error. Data may be
// packed with Snappy, gzip, Zstandard, LZ4_RAW or Brotli, in any encoding but those of nested values.
func Open(path string) (tabular.Source, error) {
	s := &source{path: path}
	f, file, err := s.file()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if s.leaves, err = leavesOf(file.Metadata().Schema); err == nil && len(s.leaves) == 0 {
		err = fmt.Errorf("it has no columns with single values")
	}
	if err != nil {
		return nil, s.wrap(err)
	}
	for _, l := range s.leaves {
		s.names = append(s.names, l.name)
	}
	return s, nil
}

type source struct {
	path   string
	leaves []leaf
	names  []string
}

func (s *source) Name() string      { return s.path }
func (s *source) Columns() []string { return s.names }

func (s *source) wrap(err error) error {
	return &tabular.Error{File: s.path, Msg: strings.TrimPrefix(err.Error(), "parquet: ")}
}

// file opens the file and reads its footer.
func (s *source) file() (*os.File, *pq.File, error) {
	f, err := inputfile.Open(s.path)
	if err != nil {
		return nil, nil, fmt.Errorf("tabular: %w", err)
	}
	file, err := footer(f)
	if err != nil {
		f.Close()
		return nil, nil, s.wrap(err)
	}
	return f, file, nil
}

// footer reads and checks the footer of a file.
func footer(f *os.File) (file *pq.File, err error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkFooter(f, info.Size()); err != nil {
		return nil, err
	}
	err = try(func() (err error) {
		file, err = pq.OpenFile(f, info.Size(), pq.SkipPageIndex(true), pq.SkipBloomFilters(true))
		return err
	})
	return file, err
}

// try calls f and turns a panic, by which the library may answer a broken file, into an error.
func try(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: %v", p)
		}
	}()
	return f()
}

// Open begins a pass.
func (s *source) Open() (tabular.Reader, error) {
	f, file, err := s.file()
	if err != nil {
		return nil, err
	}
	r := &reader{source: s, f: f, groups: file.Metadata().RowGroups, cells: make([]cells, len(s.leaves))}
	for i := range s.leaves {
		r.cells[i] = cells{f: f, leaf: &s.leaves[i]}
	}
	return r, nil
}

// reader reads row by row from all columns.
type reader struct {
	*source
	f      *os.File
	groups []format.RowGroup
	left   int64 // rows of the current group
	read   int   // rows
	cells  []cells
}

const (
	blockRows  = 8192
	blockBytes = 1 << 20
)

// Next reads rows until they are many or their text is long. Their cells are in the order in which Parse adds them.
func (r *reader) Next(b *tabular.Block) error {
	b.Raw, b.Rows = b.Raw[:0], 0
	ends, _ := b.Extra.([]int)
	ends = ends[:0]
	err := try(func() error {
		for b.Rows < blockRows && len(b.Raw) < blockBytes {
			if r.left == 0 {
				if err := r.nextGroup(); err != nil {
					return err
				}
				continue
			}
			for i := range r.leaves {
				v, err := r.cells[i].value()
				if err != nil {
					return &tabular.Error{File: r.path, Row: r.read + 1, Column: r.leaves[i].name, Msg: err.Error()}
				}
				if !v.IsNull() {
					b.Raw = r.leaves[i].append(b.Raw, v)
				}
				ends = append(ends, len(b.Raw))
			}
			r.left--
			r.read++
			b.Rows++
		}
		return nil
	})
	b.Extra = ends
	if err != nil && err != io.EOF {
		if e, ok := err.(*tabular.Error); ok {
			e.Row -= b.First
			return e
		}
		return &tabular.Error{File: r.path, Row: r.read + 1 - b.First, Msg: err.Error()}
	}
	if b.Rows == 0 {
		return io.EOF
	}
	return nil
}

// Parse adds the cells that Next has read.
func (r *reader) Parse(b *tabular.Block) error {
	b.Reset(b.Raw, len(r.leaves))
	from := 0
	for _, to := range b.Extra.([]int) {
		b.Add(from, to)
		from = to
	}
	return nil
}

// nextGroup begins the next row group, or returns io.EOF.
func (r *reader) nextGroup() error {
	if len(r.groups) == 0 {
		return io.EOF
	}
	g := &r.groups[0]
	r.groups = r.groups[1:]
	for i := range r.cells {
		if err := r.cells[i].begin(g); err != nil {
			return &tabular.Error{File: r.path, Row: r.read + 1, Column: r.leaves[i].name, Msg: err.Error()}
		}
	}
	r.left = g.NumRows
	return nil
}

// Close ends the pass.
func (r *reader) Close() error {
	for i := range r.cells {
		r.cells[i].close()
	}
	return r.f.Close()
}
