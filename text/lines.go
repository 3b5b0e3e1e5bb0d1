package text

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

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
