package text

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/freelist"
	"github.com/lamina-ml/lamina/internal/inputfile"
)

// freeInts keeps slices of ids for reuse.
type freeInts struct{ list freelist.List[[]int64] }

func (f *freeInts) get(n int) *[]int64 {
	s := f.list.Get()
	*s = slices.Grow((*s)[:0], n)[:n]
	return s
}

func (f *freeInts) put(s *[]int64) { f.list.Put(s) }

// Lines is a file of texts, which may be larger than memory: the lines of a text file, or a column of a CSV file with
// the classes in another column. It keeps the place of each text and its class, and reads a text when it is asked
// for.
type Lines struct {
	file    *os.File
	path    string
	starts  []int64 // of each text's line or row, and the end of the last one
	column  int     // of the text in a CSV file; −1 for lines
	labels  []int32
	classes []string
	comma   rune
}

// OpenLines opens a text file; each line is a text. Close it after use.
func OpenLines(path string) (*Lines, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	l := &Lines{file: f, path: path, column: -1}
	in := bufio.NewReaderSize(f, 1<<16)
	for at, begun := int64(0), false; ; {
		b, err := in.ReadSlice('\n')
		if len(b) > 0 && !begun {
			l.starts = append(l.starts, at)
		}
		begun = errors.Is(err, bufio.ErrBufferFull) // the line goes on
		at += int64(len(b))
		if errors.Is(err, io.EOF) {
			l.starts = append(l.starts, at)
			return l, nil
		}
		if err != nil && !begun {
			f.Close()
			return nil, fmt.Errorf("text: %s: %w", path, err)
		}
	}
}

// CSVConfig says what a CSV file contains.
type CSVConfig struct {
	Text    string   // the column of the texts; "" means "text"
	Label   string   // the column of the classes; "" means "label", and "-" means none
	Classes []string // the names of the classes in their order; nil means all names in the file, sorted
	Comma   rune     // between the columns; 0 means a comma
}

// OpenCSV opens a CSV file with a row of names, then a row for each text. It returns an error that names file, line
// and column for a missing column, a class that Classes does not have, and broken CSV. Close it after use.
func OpenCSV(path string, c CSVConfig) (*Lines, error) {
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("text: %w", err)
	}
	if c.Comma == 0 {
		c.Comma = ','
	}
	l := &Lines{file: f, path: path, comma: c.Comma, classes: slices.Clone(c.Classes)}
	if err := l.index(c); err != nil {
		f.Close()
		return nil, fmt.Errorf("text: %s: %w", path, err)
	}
	return l, nil
}

func (l *Lines) index(c CSVConfig) error {
	in := csv.NewReader(bufio.NewReaderSize(l.file, 1<<16))
	in.ReuseRecord = true
	in.Comma = c.Comma
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty, want a row with the names of the columns")
	}
	if err != nil {
		return err
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // spreadsheets write a byte order mark
	if l.column, err = columnOf(header, c.Text, "text"); err != nil {
		return err
	}
	label := -1
	if c.Label != "-" {
		if label, err = columnOf(header, c.Label, "label"); err != nil {
			return err
		}
	}
	known := map[string]int32{}
	for i, name := range l.classes {
		known[name] = int32(i)
	}
	for {
		start := in.InputOffset()
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			l.starts = append(l.starts, start)
			break
		}
		if err != nil {
			return err
		}
		l.starts = append(l.starts, start)
		if label < 0 {
			continue
		}
		id, ok := known[row[label]]
		if !ok {
			line, _ := in.FieldPos(label)
			if c.Classes != nil {
				return fmt.Errorf("line %d: column %q has the class %q, want one of %q", line, header[label], row[label], c.Classes)
			}
			name := strings.Clone(row[label])
			id = int32(len(l.classes))
			known[name], l.classes = id, append(l.classes, name)
		}
		l.labels = append(l.labels, id)
	}
	if c.Classes == nil {
		l.sortClasses()
	}
	return nil
}

// sortClasses orders the classes by name.
func (l *Lines) sortClasses() {
	sorted := slices.Sorted(slices.Values(l.classes))
	to := make([]int32, len(sorted))
	for i, name := range l.classes {
		at, _ := slices.BinarySearch(sorted, name)
		to[i] = int32(at)
	}
	for i, id := range l.labels {
		l.labels[i] = to[id]
	}
	l.classes = sorted
}

// columnOf returns the index of a column.
func columnOf(header []string, name, preset string) (int, error) {
	if name == "" {
		name = preset
	}
	if i := slices.Index(header, name); i >= 0 {
		return i, nil
	}
	return 0, fmt.Errorf("line 1: no column %q, want one of %q", name, header)
}

// Close closes the file.
func (l *Lines) Close() error { return l.file.Close() }

// Len returns the number of texts.
func (l *Lines) Len() int { return len(l.starts) - 1 }

// Classes returns the names of the classes, nil if there are none.
func (l *Lines) Classes() []string { return l.classes }

// Label returns the class of text i, 0 if there are no classes.
func (l *Lines) Label(i int) int {
	if l.labels == nil {
		return 0
	}
	return int(l.labels[i])
}

// Text reads text i. Goroutines may call it concurrently.
func (l *Lines) Text(i int) (string, error) {
	b := make([]byte, l.starts[i+1]-l.starts[i])
	if _, err := l.file.ReadAt(b, l.starts[i]); err != nil {
		return "", fmt.Errorf("%s: text %d: %w", l.path, i, err)
	}
	if l.column < 0 {
		return strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r"), nil
	}
	in := csv.NewReader(strings.NewReader(string(b)))
	in.Comma = l.comma
	row, err := in.Read()
	if err != nil || len(row) <= l.column {
		return "", fmt.Errorf("%s: text %d: the file has changed", l.path, i)
	}
	return row[l.column], nil
}
