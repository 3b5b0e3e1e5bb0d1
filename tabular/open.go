package tabular

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// Options says how to read a text file. The zero value recognizes everything.
type Options struct {
	Comma    byte // the delimiter of a CSV file; 0 means recognized: one of , ; tab |
	Header   bool // the first record is the header, also if it looks like a row
	NoHeader bool // there is no header: the columns are column1, column2, …
	Format   Format
}

// Format is a file format.
type Format uint8

// The formats.
const (
	Auto      Format = iota // by the file's name, JSONLines also by its first character
	CSV                     // cells separated by a delimiter
	TSV                     // CSV with tabs
	JSONLines               // one JSON object in each line
)

// Open opens the table in the file at path: CSV, TSV or JSON lines, also compressed with gzip. The format follows from
// the name: .tsv and .tab, .jsonl and .ndjson, everything else is CSV unless it begins with a brace. Of CSV it reads
// the beginning; JSON lines it reads once, because any of them may have a column of its own. Parquet files are opened
// by package tabular/parquet.
//
// The first record of a CSV file is its header, unless at least half of its cells are numbers that do not count up, as
// pandas' names 0, 1, 2 and years do.
func Open(path string, o Options) (Source, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	head := make([]byte, inputfile.HeadSize)
	n, err := io.ReadFull(f, head)
	f.Close()
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("tabular: %s: %w", path, err)
	}
	head = head[:n]
	zipped := bytes.HasPrefix(head, []byte("\x1f\x8b"))
	if !zipped && bytes.IndexByte(head, 0) >= 0 || bytes.HasPrefix(head, []byte("PAR1")) {
		if !bytes.HasPrefix(head, []byte("\xff\xfe")) && !bytes.HasPrefix(head, []byte("\xfe\xff")) {
			return nil, &Error{File: path, Msg: "want CSV, TSV or JSON lines; this is " + inputfile.Identify(head)}
		}
	}
	return openFile(file{name: path, open: func(offset int64) (io.ReadCloser, error) { return openAt(path, zipped, offset) }}, path, o)
}

// FromBytes returns the table that content holds, the content of a CSV, TSV or JSON lines file with that name. Content
// must not be changed while the source is in use.
func FromBytes(name string, content []byte, o Options) (Source, error) {
	open := func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content[min(offset, int64(len(content))):])), nil
	}
	return openFile(file{name: name, open: open}, name, o)
}

// file is a text file that can be read from any offset.
type file struct {
	name string
	open func(offset int64) (io.ReadCloser, error)
}

// Name returns the file's name.
func (f file) Name() string { return f.name }

// head returns up to n bytes of the beginning.
func (f file) head(n int) ([]byte, error) {
	r, err := f.open(0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err != nil {
		return nil, fmt.Errorf("tabular: %s: %w", f.name, err)
	}
	return head, nil
}

func openFile(f file, name string, o Options) (Source, error) {
	format := o.Format
	if format == Auto {
		var err error
		if format, err = formatOf(f, name); err != nil {
			return nil, err
		}
	}
	switch format {
	case JSONLines:
		return openJSONLines(f)
	case TSV:
		if o.Comma == 0 {
			o.Comma = '\t'
		}
	}
	return openCSV(f, o)
}

func formatOf(f file, name string) (Format, error) {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".tsv", ".tab":
		return TSV, nil
	case ".jsonl", ".ndjson":
		return JSONLines, nil
	}
	head, err := f.head(headSize / 16)
	if err != nil {
		return 0, err
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case bytes.HasPrefix(text, []byte("{")):
		return JSONLines, nil
	case bytes.HasPrefix(text, []byte("[")) && filepath.Ext(strings.ToLower(name)) == ".json":
		return 0, &Error{File: f.name, Msg: "the file is one JSON array; want JSON lines, one object in each line (jq -c '.[]' makes them)"}
	}
	return CSV, nil
}

// openAt opens a file, unpacks it if it is zipped, and skips offset bytes of the text.
func openAt(path string, zipped bool, offset int64) (io.ReadCloser, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("tabular: %w", err)
	}
	if !zipped {
		if _, err := f.Seek(offset, io.SeekStart); err != nil {
			f.Close()
			return nil, fmt.Errorf("tabular: %w", err)
		}
		return f, nil
	}
	z, err := gzip.NewReader(f)
	if err == nil {
		_, err = io.CopyN(io.Discard, z, offset)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("tabular: %s: %w", path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}
