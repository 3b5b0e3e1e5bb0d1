package tabular

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// read returns all cells of src.
func read(src Source) ([][]string, error) {
	var rows [][]string
	err := scan(context.Background(), src, func(*Block, *struct{}) error { return nil }, func(b *Block, _ *struct{}) error {
		for r := range b.Rows {
			row := make([]string, b.columns)
			for c := range row {
				row[c] = string(b.Cell(r, c))
			}
			rows = append(rows, row)
		}
		return nil
	})
	return rows, err
}

// table reads text as a file called name, with the columns as first row.
func table(t *testing.T, name, text string, o Options) [][]string {
	t.Helper()
	src, err := FromBytes(name, []byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := read(src)
	if err != nil {
		t.Fatal(err)
	}
	return append([][]string{src.Columns()}, rows...)
}

func TestCSV(t *testing.T) {
	type rows = [][]string
	for name, c := range map[string]struct {
		text string
		want rows
	}{
		"plain":            {"a,b\n1,x\n2,y\n", rows{{"a", "b"}, {"1", "x"}, {"2", "y"}}},
		"no last newline":  {"a,b\n1,x", rows{{"a", "b"}, {"1", "x"}}},
		"CRLF":             {"a,b\r\n1,x\r\n\r\n2,\r\n", rows{{"a", "b"}, {"1", "x"}, {"2", ""}}},
		"byte order mark":  {"\ufeffa,b\n1,x\n", rows{{"a", "b"}, {"1", "x"}}},
		"blank lines":      {"\n\na,b\n\n\n1,x\n\n", rows{{"a", "b"}, {"1", "x"}}},
		"semicolons":       {"a;b\n1,5;x\n2,5;y\n", rows{{"a", "b"}, {"1,5", "x"}, {"2,5", "y"}}},
		"tabs":             {"a\tb,c\n1\tx,y\n", rows{{"a", "b,c"}, {"1", "x,y"}}},
		"bars":             {"a|b\n1|x\n", rows{{"a", "b"}, {"1", "x"}}},
		"one column":       {"a\nx y\nz\n", rows{{"a"}, {"x y"}, {"z"}}},
		"quotes":           {"a,b\n\"1,2\",\"x\ny\"\n\"say \"\"hi\"\"\",\"\"\n", rows{{"a", "b"}, {"1,2", "x\ny"}, {`say "hi"`, ""}}},
		"quotes inside":    {"a,b\n5\" pipe,x\"y\"\n1,z\n", rows{{"a", "b"}, {`5" pipe`, `x"y"`}, {"1", "z"}}},
		"text after quote": {"a,b\n\"x\"yz,\"p\" q\r\n", rows{{"a", "b"}, {"xyz", "p q"}}},
		"quoted header":    {"\"a\nb\",\"c\"\"\"\n1,x\n", rows{{"a\nb", `c"`}, {"1", "x"}}},
		"no header": {"5.1,3.5,setosa\n4.9,3.0,setosa\n", rows{{"column1", "column2", "column3"},
			{"5.1", "3.5", "setosa"}, {"4.9", "3.0", "setosa"}}},
		"names":                   {"x,,x,x\n,y,z,w\n", rows{{"x", "column2", "x.1", "x.2"}, {"", "y", "z", "w"}}},
		"counted names":           {"0,1,2\n1.5,2.5,x\n", rows{{"0", "1", "2"}, {"1.5", "2.5", "x"}}},
		"index and counted names": {",0,1,2\n0,1.5,,x\n", rows{{"column1", "0", "1", "2"}, {"0", "1.5", "", "x"}}},
		"years": {"land,1990,1991,1992,1993\nItaly,1,,3,4\nChad,5,6,7,9\n", rows{{"land", "1990", "1991", "1992", "1993"},
			{"Italy", "1", "", "3", "4"}, {"Chad", "5", "6", "7", "9"}}},
		"counted rows": {"1,2,3,4\n2,3,4,5\n", rows{{"column1", "column2", "column3", "column4"}, {"1", "2", "3", "4"}, {"2", "3", "4", "5"}}},
		"two bits":     {"0,1\n1,1\n", rows{{"column1", "column2"}, {"0", "1"}, {"1", "1"}}},
		"header alone": {"a,b\n", rows{{"a", "b"}}},
	} {
		if got := table(t, "t.csv", c.text, Options{}); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	if got := table(t, "t.csv", "1,2\n3,4\n", Options{Header: true}); !reflect.DeepEqual(got, rows2("1,2|3,4")) {
		t.Errorf("Header: got %q", got)
	}
	if got := table(t, "t.csv", "a,b\n3,4\n", Options{NoHeader: true}); !reflect.DeepEqual(got, rows2("column1,column2|a,b|3,4")) {
		t.Errorf("NoHeader: got %q", got)
	}
}

// rows2 makes rows from a short text.
func rows2(s string) [][]string {
	var rows [][]string
	for _, r := range strings.Split(s, "|") {
		rows = append(rows, strings.Split(r, ","))
	}
	return rows
}

// TestCSVBlocks reads a table of many blocks, with quoted newlines at all positions relative to the blocks' ends.
func TestCSVBlocks(t *testing.T) {
	var text strings.Builder
	w := csv.NewWriter(&text)
	want := [][]string{{"i", "s", "t"}}
	for i := range 60_000 {
		s := strings.Repeat("x", i%37)
		if i%3 == 0 {
			s += "\n\"," + s
		}
		want = append(want, []string{strings.Repeat("7", 1+i%9), s, "end"})
	}
	if err := w.WriteAll(want); err != nil {
		t.Fatal(err)
	}
	if text.Len() < 2*blockSize {
		t.Fatal("the text is too short for this test")
	}
	got := table(t, "t.csv", text.String(), Options{})
	if !reflect.DeepEqual(got, want) {
		t.Error("the rows differ")
	}
}

// TestCSVWithoutQuotes compares the two ways to split a block without quotes, on random text.
func TestCSVWithoutQuotes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	split := 0
	for range 50_000 {
		text := make([]byte, 1+r.IntN(150))
		for i := range text {
			text[i] = "abc1,,,,\n\n\r; "[r.IntN(13)]
		}
		text[len(text)-1] = '\n'
		c := &csvFile{comma: ','}
		columns, rows := 1+r.IntN(3), c.boundary(text, 0).rows
		if r.IntN(2) == 0 { // rows that all have so many columns
			text = text[:0]
			for range rows {
				for range columns {
					text = append(text, "a1\r "[:r.IntN(5)]...)
					text = append(text, ',')
				}
				text = append(text[:len(text)-1], []string{"\n", "\r\n", "\n\n", "\n\r\n"}[r.IntN(4)]...)
			}
			rows = c.boundary(text, 0).rows
		}
		fast := &Block{Raw: bytes.Clone(text), Rows: rows, columns: columns}
		fast.text, fast.cells = fast.Raw, make([]cell, 0, columns*rows+1)
		ok := c.splitUnquoted(fast, append(fast.Raw, padding[:]...))
		var cells []cell
		plain := &Block{Raw: bytes.Clone(text), Rows: rows}
		err := c.splitAny(plain, append(plain.Raw, padding[:]...), columns)
		cells = plain.cells
		if ok != (err == nil) || ok && !slices.Equal(fast.cells, cells) {
			t.Fatalf("%q in %d columns, %d rows: %v and %v; %v, want %v", text, columns, rows, ok, err, fast.cells, cells)
		}
		if ok {
			split++
		}
	}
	if split < 10_000 {
		t.Errorf("only %d texts were split", split)
	}
}

func TestCSVErrors(t *testing.T) {
	long := "a,b\n" + strings.Repeat("12345678,abcdefgh\n", 200_000)
	for name, c := range map[string]struct{ text, want string }{
		"ragged":        {"a,b\n1,2\n3\n4,5\n", "tabular: t.csv: row 2: it has 1 cell, want 2, one for each column"},
		"ragged late":   {long + "1,2,3\n", "tabular: t.csv: row 200001: it has 3 cells, want 2, one for each column"},
		"open quote":    {"a,b\n1,2\n3,\"4\n5,6\n", "tabular: t.csv: row 2: a quote is not closed until the end of the file"},
		"quote at once": {"\"a,b\n1,2\n", "tabular: t.csv: a quote of the first record is not closed"},
		"empty":         {"", "tabular: t.csv: the file is empty, want a header and rows"},
		"no lines":      {strings.Repeat("a b,", 300_000), "tabular: t.csv: the first line is longer than 1 MiB: is this a table?"},
		"UTF-16":        {"\xff\xfea\x00", "tabular: t.csv: the text is UTF-16: save it as UTF-8"},
		"old Mac": {"a,b\r1,2\r3,4\r", "tabular: t.csv: its lines end with a carriage return alone, as in old Mac files; " +
			"want line feeds (tr '\\r' '\\n' writes them)"},
		"binary": {"a,b\n\x00\x01", "tabular: t.csv: byte 5 is zero: this is no CSV or JSON lines, which are text"},
	} {
		src, err := FromBytes("t.csv", []byte(c.text), Options{})
		if err == nil {
			_, err = read(src)
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
		if e := (*Error)(nil); !errors.As(err, &e) {
			t.Errorf("%s: the error is a %T", name, err)
		}
	}
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\r\n\"x\"\"y\";2\r\n", "\ufeffa\n\"", "a\tb\n\"1\n2\"\t3\n", "a,b\n\"x\"y,z\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		src, err := FromBytes("f.csv", []byte(s), Options{})
		if err != nil {
			return
		}
		rows, err := read(src)
		if err != nil {
			return
		}
		// What encoding/csv reads strictly is read equally.
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(s, "\ufeff")))
		r.Comma = rune(src.(*csvFile).comma)
		strict, err := r.ReadAll()
		if err != nil || strings.Contains(s, "\r") {
			return
		}
		if src.(*csvFile).start > 3 || len(strict) > len(rows) {
			strict = strict[1:]
		}
		if len(strict) != len(rows) {
			t.Fatalf("%d rows, encoding/csv reads %d", len(rows), len(strict))
		}
		for i := range rows {
			if !reflect.DeepEqual(rows[i], strict[i]) {
				t.Fatalf("row %d is %q, encoding/csv reads %q", i, rows[i], strict[i])
			}
		}
	})
}

// A line with many quotes takes time in proportion to its length.
func TestManyQuotes(t *testing.T) {
	const n = 1 << 20 // of which each once looked for the end of the line, 1.5 MiB away: minutes
	for _, line := range []string{strings.Repeat(`x"`, n), strings.Repeat(`"",`, n/2)} {
		text := []byte(line + "\n1\n")
		c := &csvFile{comma: ','}
		began := time.Now()
		if got := c.boundary(text, 0); got.size != len(text) || got.rows != 2 {
			t.Errorf("boundary of %d bytes: %+v", len(text), got)
		}
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%v for %d bytes", d, len(text))
		}
	}
}
