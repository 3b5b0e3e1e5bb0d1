package folder

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/lamina-ml/lamina/internal/inputfile"
)

// OpenCSV lists the pictures that the CSV file at path names: a row with the names of the columns, then a row for
// each picture with its path, relative to the CSV file's folder, and the name of its class. Config.Path and
// Config.Label name the columns; other columns are ignored. Without Config.Classes the classes are sorted: by number
// if all their names are whole numbers, else as text.
//
// It returns an error that names file, row and column for a missing column, an empty value, a class that Config.Classes
// does not have, and broken CSV. It does not look at the pictures.
func OpenCSV(path string, c Config) (*Set, error) {
	s, err := newSet(c)
	if err != nil {
		return nil, err
	}
	f, err := inputfile.Open(path)
	if err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	defer f.Close()
	if err := s.readCSV(f, filepath.Dir(path), c); err != nil {
		return nil, fmt.Errorf("folder: %s: %w", path, err)
	}
	return s, nil
}

func (s *Set) readCSV(r io.Reader, dir string, c Config) error {
	br := bufio.NewReader(r)
	const mark = "\ufeff" // spreadsheets write this byte order mark
	if head, _ := br.Peek(len(mark)); string(head) == mark {
		br.Discard(len(mark))
	}
	in := csv.NewReader(br)
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("the file is empty, want a row with the names of the columns")
	}
	if err != nil {
		return err
	}
	header = slices.Clone(header)
	pathColumn, err := column(header, c.Path, 0)
	if err != nil {
		return err
	}
	labelColumn, err := column(header, c.Label, 1)
	if err != nil {
		return err
	}
	var names []string // of the rows' classes
	number := map[string]int{}
	for i, name := range s.classes {
		number[name] = i
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		line, _ := in.FieldPos(0)
		for _, k := range []int{pathColumn, labelColumn} {
			if row[k] == "" {
				return fmt.Errorf("line %d: column %q is empty", line, header[k])
			}
		}
		name := strings.Clone(row[labelColumn])
		if _, known := number[name]; !known {
			if s.classes != nil {
				return fmt.Errorf("line %d: column %q is %q, want one of the classes %s", line, header[labelColumn],
					name, list(s.classes))
			}
			number[name] = -1
		}
		picture := filepath.FromSlash(strings.Clone(row[pathColumn]))
		if !filepath.IsAbs(picture) {
			picture = filepath.Join(dir, picture)
		}
		s.files = append(s.files, File{Path: picture})
		names = append(names, name)
	}
	if len(s.files) == 0 {
		return fmt.Errorf("no rows after the names of the columns, want one for each picture")
	}
	if s.classes == nil {
		for name := range number {
			s.classes = append(s.classes, name)
		}
		slices.SortFunc(s.classes, compareNames(s.classes))
		for i, name := range s.classes {
			number[name] = i
		}
	}
	for i, name := range names {
		s.files[i].Label = number[name]
	}
	return nil
}

// column returns the index of the column with that name, or byDefault if name is "".
func column(header []string, name string, byDefault int) (int, error) {
	if name == "" {
		if byDefault >= len(header) {
			return 0, fmt.Errorf("line 1: only the column %q, want two: path and label", header[0])
		}
		return byDefault, nil
	}
	k := slices.Index(header, name)
	if k < 0 {
		return 0, fmt.Errorf("line 1: no column %q among %s", name, list(header))
	}
	return k, nil
}

// compareNames returns the order of names: by number if all are whole numbers, else as text.
func compareNames(names []string) func(a, b string) int {
	for _, name := range names {
		if _, err := strconv.ParseInt(name, 10, 64); err != nil {
			return strings.Compare
		}
	}
	return func(a, b string) int {
		x, _ := strconv.ParseInt(a, 10, 64)
		y, _ := strconv.ParseInt(b, 10, 64)
		return cmp.Or(cmp.Compare(x, y), strings.Compare(a, b))
	}
}
