package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
)

var columns = []parquet.Column{{Name: "z"}, {Name: "x", Type: parquet.Double}, {Name: "n", Type: parquet.Int64},
	{Name: "yes", Type: parquet.Boolean},
	{Name: "day", Type: parquet.Date}, {Name: "when", Type: parquet.Timestamp}}

// row returns row i of a table with those columns; some cells are null.
func row(i int) []any {
	when := time.Date(1969, 12, 25, 23, 59, 58, 0, time.UTC).Add(time.Duration(i) * (7*time.Hour + 250*time.Microsecond))
	r := []any{[]string{"Rome", "Ōsaka", "Bern, \"CH\"\n"}[i%3], float64(i) / 7, int64(i) * 1e14, i%2 == 0,
		when.Truncate(24 * time.Hour), when}
	if i%5 == 3 {
		r[i%len(r)] = nil
	}
	return r
}

// writeRows writes n rows to a new file.
func writeRows(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := parquet.NewWriter(f, columns)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.Write(row(i)...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestWrite reads what the writer has written: no rows, a few, and more than one group of rows.
func TestWrite(t *testing.T) {
	for _, n := range []int{0, 3, 1024, 1<<17 + 1500} {
		path := filepath.Join(t.TempDir(), "rows.parquet")
		writeRows(t, path, n)
		src, err := parquet.Open(path)
		if err != nil {
			t.Fatalf("%d rows: %v", n, err)
		}
		if got := strings.Join(src.Columns(), " "); got != "z x n yes day when" {
			t.Errorf("columns %s", got)
		}
		rows, err := read(src)
		if err != nil || len(rows) != n {
			t.Fatalf("%d rows, want %d; %v", len(rows), n, err)
		}
		for i, got := range rows {
			for c, x := range row(i) {
				want := ""
				switch x := x.(type) {
				case float64:
					want = strconv.FormatFloat(x, 'g', -1, 64)
				case string:
					want = x
				case int64:
					want = strconv.FormatInt(x, 10)
				case bool:
					want = strconv.FormatBool(x)
				case time.Time:
					if want = x.Format("2006-01-02 15:04:05.999999"); columns[c].Type == parquet.Date {
						want = x.Format(time.DateOnly)
					}
				}
				if got[c] != want {
					t.Fatalf("%d rows: row %d, column %s is %q, want %q", n, i, columns[c].Name, got[c], want)
				}
			}
		}
	}
}

func TestWriteErrors(t *testing.T) {
	var out strings.Builder
	for _, c := range []struct {
		columns []parquet.Column
		want    string
	}{
		{nil, "without columns"}, {[]parquet.Column{{Name: "a"}, {Name: "a"}}, `two columns have the name "a"`},
	} {
		if _, err := parquet.NewWriter(&out, c.columns); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	w, err := parquet.NewWriter(&out, columns[1:2])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write("1"); err == nil || !strings.Contains(err.Error(), `column "x": a string does not fit the type Double`) {
		t.Error(err)
	}
	if err := w.Write(1.0, 2.0); err == nil || !strings.Contains(err.Error(), "2 cells, want 1") {
		t.Error(err)
	}
	if err := w.Write(math.NaN()); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func ExampleWriter() {
	path := filepath.Join(os.TempDir(), "lamina-example.parquet")
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(path)
	w, err := parquet.NewWriter(f, []parquet.Column{{Name: "city", Type: parquet.String}, {Name: "price", Type: parquet.Double}})
	if err != nil {
		log.Fatal(err)
	}
	w.Write("Rome", 410.5)
	w.Write("Bern", nil)
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	if err := f.Close(); err != nil {
		log.Fatal(err)
	}
	src, err := parquet.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	rows, err := read(src)
	fmt.Println(src.Columns(), rows, err)
	// Output: [city price] [[Rome 410.5] [Bern ]] <nil>
}

// TestConvert writes a table as Parquet and reads it. The types keep what the cells say.
func TestConvert(t *testing.T) {
	const table = `id,zip,size,price,flag,day,when,gaps,mixed,large,long,text,far
1,01234,3,1.5,true,2024-02-29,2024-02-29 12:00:00,,1,1e300,123456789012345678901,a,inf
2,99999,-4,2,false,1969-12-31,2024-02-29 12:00:00.25,7,x,0.25,5,NA,1
3,00001,NA,-0.1,true,0001-01-01,1950-01-01 00:00:00,,2,7,6,"b, ""c""",-inf
`
	src, err := tabular.FromBytes("table.csv", []byte(table), tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]int, len(src.Columns()))
	for i := range all {
		all[i] = i
	}
	types, err := parquet.Infer(t.Context(), src, all)
	const wantTypes = "[Int64 String Int64 Double Boolean Date Timestamp Int64 String Double String String Double]"
	if err != nil || fmt.Sprint(types) != wantTypes {
		t.Errorf("types %s, want %s; %v", types, wantTypes, err)
	}
	path := filepath.Join(t.TempDir(), "table.parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := parquet.Convert(t.Context(), f, src); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	want, err := read(src)
	if err != nil {
		t.Fatal(err)
	}
	want[2][2] = "" // a missing number
	back, err := parquet.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(back)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		for c, w := range want[i] {
			if g := got[i][c]; g != w {
				a, err1 := strconv.ParseFloat(g, 64)
				if b, err2 := strconv.ParseFloat(w, 64); err1 != nil || err2 != nil || a != b {
					t.Errorf("row %d, %s: %q, want %q", i+1, src.Columns()[c], g, w)
				}
			}
		}
	}
}

func ExampleConvert() {
	src, err := tabular.FromBytes("houses.csv", []byte("city,zip,price\nRome,00118,410.5\nOslo,0010,NA\n"), tabular.Options{})
	if err != nil {
		log.Fatal(err)
	}
	types, err := parquet.Infer(context.Background(), src, []int{0, 1, 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(types)
	var file bytes.Buffer
	if err := parquet.Convert(context.Background(), &file, src); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", file.Bytes()[:4])
	// Output:
	// [String String Double]
	// PAR1
}

func ExampleType() {
	fmt.Println(parquet.Cell([]byte("0.5"), parquet.Double), parquet.Cell([]byte("NA"), parquet.Double),
		parquet.Cell([]byte("NA"), parquet.String), parquet.Timestamp)
	// Output: 0.5 <nil> NA Timestamp
}

func ExampleColumn() {
	var file bytes.Buffer
	w, err := parquet.NewWriter(&file, []parquet.Column{{Name: "day", Type: parquet.Date}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Write("yesterday"))
	fmt.Println(w.Write(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)), w.Close())
	// Output:
	// parquet: column "day": a string does not fit the type Date
	// <nil> <nil>
}
