//go:build clients

package parquet_test

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lamina-ml/lamina/internal/clients"
	"github.com/lamina-ml/lamina/tabular/parquet"
)

// TestNewFilesOfPyarrowAndDuckDB reads what the installed pyarrow and DuckDB write now.
func TestNewFilesOfPyarrowAndDuckDB(t *testing.T) {
	folder := t.TempDir()
	clients.Run(t, "parquet_files.py", folder)
	checkFiles(t, folder)
}

// TestOtherProgramsRead lets pyarrow, pandas and DuckDB read what the writer has written: several groups of rows, and none.
func TestOtherProgramsRead(t *testing.T) {
	for _, n := range []int{0, 1<<17 + 1500} {
		path := filepath.Join(t.TempDir(), "rows.parquet")
		writeRows(t, path, n)
		lines := strings.Split(strings.TrimSuffix(clients.Run(t, "parquet_read.py", path), "\n"), "\n")
		if want := "z:string x:double n:int64 yes:bool day:date32[day] when:timestamp[us]"; lines[0] != want {
			t.Errorf("pyarrow's types are %s, want %s", lines[0], want)
		}
		if want := "z:VARCHAR x:DOUBLE n:BIGINT yes:BOOLEAN day:DATE when:TIMESTAMP"; lines[1] != want {
			t.Errorf("DuckDB's types are %s, want %s", lines[1], want)
		}
		if len(lines) != 2+n {
			t.Fatalf("%d rows, want %d", len(lines)-2, n)
		}
		for i, line := range lines[2:] {
			var got []any
			d := json.NewDecoder(strings.NewReader(line))
			d.UseNumber()
			if err := d.Decode(&got); err != nil {
				t.Fatal(err)
			}
			want := row(i)
			for c, x := range want {
				switch v := x.(type) {
				case time.Time:
					if want[c] = v.Format("2006-01-02 15:04:05.000000"); columns[c].Type == parquet.Date {
						want[c] = v.Format(time.DateOnly)
					}
				case int64:
					want[c] = json.Number(strconv.FormatInt(v, 10))
				case float64:
					if g, err := got[c].(json.Number).Float64(); err != nil || g != v {
						t.Fatalf("row %d: %v, want %v", i, got[c], v)
					}
					want[c] = got[c]
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("row %d: %v, want %v", i, got, want)
			}
		}
	}
}
