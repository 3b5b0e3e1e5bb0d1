package text

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

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
	r, begin := bufio.NewReaderSize(l.file, 1<<16), int64(0)
	const mark = "\ufeff" // spreadsheets write this byte order mark
	if head, _ := r.Peek(len(mark)); string(head) == mark {
		r.Discard(len(mark))
		begin = int64(len(mark))
	}
	in := csv.NewReader(r)
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
		start := begin + in.InputOffset()
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
				return fmt.Errorf("line %d: column %q has the class %q, want one of %q", line, header[label],
					row[label], c.Classes)
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
