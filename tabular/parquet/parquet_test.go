package parquet_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
)

// read returns all rows of a source.
func read(src tabular.Source) ([][]string, error) { return readUpTo(src, math.MaxInt) }

// readUpTo returns the blocks of rows up to the one with row number most.
func readUpTo(src tabular.Source, most int) ([][]string, error) {
	r, err := src.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var rows [][]string
	for b := (tabular.Block{}); ; {
		b.First = len(rows)
		if len(rows) >= most {
			return rows, nil
		}
		if err := r.Next(&b); err == io.EOF {
			return rows, nil
		} else if err != nil {
			return nil, err
		}
		if err := r.Parse(&b); err != nil {
			return nil, err
		}
		for i := range b.Rows {
			row := make([]string, len(src.Columns()))
			for c := range row {
				row[c] = string(b.Cell(i, c))
			}
			rows = append(rows, row)
		}
	}
}

func TestFilesOfPyarrowAndDuckDB(t *testing.T) { checkFiles(t, "testdata") }

// checkFiles compares the Parquet files in a folder that testdata/clients/parquet_files.py made with their rows.
func checkFiles(t *testing.T, folder string) {
	for file, want := range map[string]string{"snappy": "pyarrow", "zstd_v2": "pyarrow", "plain_gzip": "pyarrow",
		"duckdb": "duckdb", "empty": "pyarrow", "lz4_v2": "runs", "encodings": "runs"} {
		f, err := os.Open(filepath.Join(folder, want+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if file == "empty" {
			rows = rows[:1]
		}
		src, err := parquet.Open(filepath.Join(folder, file+".parquet"))
		if err != nil {
			t.Error(err)
			continue
		}
		if got, want := strings.Join(src.Columns(), " "), strings.Join(rows[0], " "); got != want {
			t.Errorf("%s: columns %s, want %s", file, got, want)
			continue
		}
		got, err := read(src)
		if err != nil || len(got) != len(rows)-1 {
			t.Errorf("%s: %d rows, want %d; error %v", file, len(got), len(rows)-1, err)
			continue
		}
		for i := range got {
			for c := range got[i] {
				if g, w := got[i][c], rows[1+i][c]; !same(rows[0][c], g, w) {
					t.Fatalf("%s: row %d, column %s is %q, want %q", file, i+1, rows[0][c], g, w)
				}
			}
		}
	}
}

// same compares two cells; Python writes other texts for the same float.
func same(column, got, want string) bool {
	if got == want {
		return true
	}
	switch column {
	case "f32", "f64", "point.y", "d":
		g, err1 := strconv.ParseFloat(got, 64)
		w, err2 := strconv.ParseFloat(want, 64)
		if column == "f32" {
			return err1 == nil && err2 == nil && float32(g) == float32(w)
		}
		return err1 == nil && err2 == nil && math.Float64bits(g) == math.Float64bits(w)
	}
	return false
}

func TestInspect(t *testing.T) {
	src, err := parquet.Open("testdata/snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	p, err := tabular.Inspect(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]tabular.Kind{"i8": tabular.Number, "yes": tabular.Boolean,
		"city": tabular.Category, "day": tabular.Time, "us": tabular.Time,
		"money": tabular.Number, "point.y": tabular.Number} {
		if c := p.Column(name); c == nil || c.Kind != want {
			t.Errorf("%s is %v, want %v", name, c, want)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile("testdata/snappy.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"short":     {[]byte("PAR1"), "4 bytes are no Parquet file"},
		"csv":       {[]byte("a,b\n1,2\n3,4\n5,6\n"), "want PAR1: it is no Parquet file"},
		"cut":       {whole[:len(whole)/2], "it is not complete"},
		"footer":    {append(append([]byte{}, whole[:len(whole)-8]...), "\xff\xff\xff\x7fPAR1"...), "a footer of 2147483647 bytes"},
		"encrypted": {append(append([]byte{}, whole[:len(whole)-4]...), "PARE"...), "encrypted"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := parquet.Open(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	if _, err := parquet.Open(filepath.Join(dir, "absent")); err == nil {
		t.Error("no error for an absent file")
	}
}

// FuzzOpen changes bytes of real files: no panic, no hang, no memory beyond the file's pages.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"snappy", "zstd_v2", "duckdb", "plain_gzip", "lz4_v2", "encodings"} {
		content, err := os.ReadFile("testdata/" + name + ".parquet")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "f.parquet")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		src, err := parquet.Open(path)
		if err != nil {
			return
		}
		_, _ = readUpTo(src, 10_000) // run lengths may say millions
	})
}

func ExampleOpenTable() {
	for _, path := range []string{"testdata/duckdb.parquet", "README.md"} {
		if !parquet.IsTable(path) {
			fmt.Println(path, "is no table")
			continue
		}
		src, err := parquet.OpenTable(path, tabular.Options{})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(src.Name(), src.Columns())
	}
	// Output:
	// testdata/duckdb.parquet [i d k day m t b]
	// README.md is no table
}

func ExampleOpen() {
	src, err := parquet.Open("testdata/duckdb.parquet")
	if err != nil {
		log.Fatal(err)
	}
	profile, err := tabular.Inspect(context.Background(), src)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(profile)
	// Output:
	// testdata/duckdb.parquet: 3000 rows, 7 columns
	// column  kind      missing  distinct  range or examples
	// i       drop      0        ~2978     0 to 2999, mean 1500 (dropped: it numbers the rows)
	// d       number    0        ~2997     0 to 3748.75, mean 1874
	// k       category  429      5         k1 (515), k0 (514), k2 (514), k3 (514), …
	// day     time      0        ~3000     2020-01-30, 2020-01-31, 2020-02-01
	// m       number    0        ~3000     0 to 3013.99, mean 1507
	// t       time      0        ~2991     2021-03-04 05:06:07.5, 2021-03-04 06:06:07.5, 2021-03-04 07:06:07.5
	// b       boolean   0        2         false (1500), true (1500)
}
