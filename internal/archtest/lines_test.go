package archtest

import (
	"bytes"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// alignment are the spaces with which gofmt aligns values and comments.
var alignment = regexp.MustCompile("  +")

// TestFilesFitAScreen: a file that is edited by hand has at most 600 lines, and a line at most 140 columns besides the
// text in its quotation marks. CONTRIBUTING.md asks for lines of 100 to 120.
func TestFilesFitAScreen(t *testing.T) {
	const most, columns = 600, 140
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "vendor" || len(name) > 2 && name[0] == '.') {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || generated(src) {
			return err
		}
		file := filepath.ToSlash(path[len("../../"):])
		if n := bytes.Count(src, []byte("\n")); n > most {
			t.Errorf("%s has %d lines, want at most %d", file, n, most)
		}
		quoted := quotedColumns(src)
		for i, line := range strings.Split(string(src), "\n") {
			if strings.HasPrefix(line, "\t//") && strings.HasSuffix(path, "_test.go") {
				continue // an example's output, whose lines are the program's
			}
			line = alignment.ReplaceAllString(line, " ")
			n := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t") - quoted[i+1]
			if n > columns {
				t.Errorf("%s:%d has %d columns besides its texts, want at most %d", file, i+1, n, columns)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func generated(src []byte) bool {
	return bytes.HasPrefix(src, []byte("// Code generated ")) || bytes.Contains(src, []byte("\n// Code generated "))
}

// quotedColumns returns how many columns of each line, counted from 1, are inside strings.
func quotedColumns(src []byte) map[int]int {
	fset := token.NewFileSet()
	f := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(f, src, nil, 0)
	quoted := map[int]int{}
	for {
		pos, tok, text := s.Scan()
		switch tok {
		case token.EOF:
			return quoted
		case token.STRING:
			for i, line := range strings.Split(text, "\n") {
				quoted[f.Line(pos)+i] += utf8.RuneCountInString(line) + 3*strings.Count(line, "\t")
			}
		}
	}
}
