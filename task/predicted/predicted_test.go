package predicted

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/tabular"
	"github.com/lamina-ml/lamina/tabular/parquet"
)

// TestManyRows writes more rows than a block has, in their order.
func TestManyRows(t *testing.T) {
	const n = 20_000
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{strconv.Itoa(i), "x"}
	}
	src, err := tabular.FromRecords("rows", []string{"id", "x"}, rows)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	table, err := New(t.Context(), &b, "predictions.csv", src, []int{0}, []parquet.Column{{Name: "predicted_y"}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := table.Write(strconv.Itoa(2 * i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Write("0"); err == nil {
		t.Error("a row more than the table has")
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != n+1 || lines[0] != "id,predicted_y" || lines[n] != "19999,39998" || lines[8193] != "8192,16384" {
		t.Errorf("%d lines: %q, …, %q", len(lines), lines[0], lines[len(lines)-1])
	}
}

func TestColumns(t *testing.T) {
	src, err := tabular.FromRecords("houses.csv", []string{"id", "size", "predicted_price"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		asked string
		want  []int
		err   string
	}{
		{"all", []int{0, 1}, ""}, {"none", nil, ""}, {"size,id", []int{1, 0}, ""}, {"id,size,id", []int{0, 1}, ""},
		{"predicted_price", nil, ""},
		{"sise", nil, `houses.csv: there is no column "sise" (did you mean "size"?)`},
		{"id,town", nil, `no column "town"; the columns are "id", "size", "predicted_price"; want all, none, or names`},
	} {
		got, err := Columns(src, strings.Split(c.asked, ","), []string{"predicted_price"})
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: columns %v, %v", c.asked, got, err)
		}
	}
}

// TestParquet writes Parquet beside a table with types.
func TestParquet(t *testing.T) {
	src, err := tabular.FromRecords("rows", []string{"id", "zip", "day"}, [][]string{{"1", "0123", "2024-02-29"}, {"2", "", "2024-03-01"}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "out.Parquet")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := New(t.Context(), f, path, src, []int{2, 1, 0},
		[]parquet.Column{{Name: "predicted_y", Type: parquet.Double}, {Name: "class"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range []string{"0.25", "-7"} {
		if err := table.Write(y, "NA"); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(table.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	back, err := parquet.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(back.Columns(), ",")
	err = tabular.Each(t.Context(), back, func(b *tabular.Block, row int) error {
		for c := range back.Columns() {
			text += " " + string(b.Cell(row, c))
		}
		return nil
	})
	if want := "day,zip,id,predicted_y,class 2024-02-29 0123 1 0.25 NA 2024-03-01  2 -7 NA"; err != nil || text != want {
		t.Errorf("%s, want %s; %v", text, want, err)
	}
	types, err := parquet.Infer(t.Context(), back, []int{0, 1, 2, 3, 4})
	if want := []parquet.Type{parquet.Date, parquet.String, parquet.Int64, parquet.Double,
		parquet.String}; err != nil || !slices.Equal(types, want) {
		t.Errorf("%v, want %v; %v", types, want, err)
	}
}

// TestFormats writes the same rows in each format and reads them again.
func TestFormats(t *testing.T) {
	rows := [][]string{{"007", "1.50", "a<b", "2026-01-02"}, {"12", "", "c \"d\"", "2026-01-03"}}
	src, err := tabular.FromRecords("rows", []string{"code", "size", "name", "day"}, rows)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, want := range map[string]string{
		"a.csv": "code,size,name,day,predicted_y\n007,1.50,a<b,2026-01-02,3\n12,,\"c \"\"d\"\"\",2026-01-03,0.25\n",
		"a.tsv": "code\tsize\tname\tday\tpredicted_y\n007\t1.50\ta<b\t2026-01-02\t3\n12\t\t\"c \"\"d\"\"\"\t2026-01-03\t0.25\n",
		"a.jsonl": `{"code":"007","size":1.5,"name":"a<b","day":"2026-01-02","predicted_y":3}` + "\n" +
			`{"code":"12","size":null,"name":"c \"d\"","day":"2026-01-03","predicted_y":0.25}` + "\n",
	} {
		for _, end := range []string{"", ".gz"} {
			path := filepath.Join(folder, name+end)
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			table, err := New(t.Context(), f, path, src, []int{0, 1, 2, 3}, []parquet.Column{{Name: "predicted_y", Type: parquet.Double}})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(table.Write("3"), table.Write("0.25"), table.Close(), f.Close()); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(path)
			if end != "" {
				r, e := gzip.NewReader(bytes.NewReader(got))
				if e != nil {
					t.Fatal(e)
				}
				got, err = io.ReadAll(r)
			}
			if err != nil || string(got) != want {
				t.Errorf("%s: %v\n%s\nwant\n%s", path, err, got, want)
			}
			back, err := tabular.Open(path, tabular.Options{})
			if err != nil || !slices.Equal(back.Columns(), []string{"code", "size", "name", "day", "predicted_y"}) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if IsTyped("a.csv") || !IsTyped("a.ndjson.gz") || !IsTyped("a.parquet") {
		t.Error("IsTyped")
	}
}

// TestCheckOut refuses files that exist, the input, and endings that name no format.
func TestCheckOut(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, name := range []string{"houses.csv", "old.csv"} {
		if err := os.WriteFile(at(name), []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(at("houses.csv"), at("link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		path  string
		force bool
		err   string
	}{
		{"new.csv", false, ""}, {"new.csv.gz", false, ""}, {"new.JSONL", false, ""}, {"new.parquet", false, ""},
		{"old.csv", false, "old.csv exists"}, {"old.csv", true, ""},
		{"houses.csv", true, "is the file that is read"}, {"link.csv", true, "is the file that is read"},
		{"new.json", false, `no format has the ending ".json"; want .csv, .tsv or .jsonl, each also with .gz, or .parquet`},
		{"new.parquet.gz", false, `the ending ".parquet.gz"`}, {"new", false, `the ending ""`}, {"new.xlsx", true, `the ending ".xlsx"`},
		{filepath.Join("nowhere", "new.csv"), false, "nowhere"},
	} {
		err := CheckOut(at(c.path), c.force, "-", at("houses.csv"))
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, want %q", c.path, err, c.err)
		}
	}
}

// TestTornTable reads a table whose rows, after those of the first block, are no rows.
func TestTornTable(t *testing.T) {
	text := strings.Repeat("1,a\n", 200_000) + "2,b,c\n"
	src, err := tabular.FromBytes("torn.csv", []byte("id,x\n"+text), tabular.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table, err := New(t.Context(), io.Discard, "", src, []int{0}, []parquet.Column{{Name: "predicted_y"}})
	if err != nil {
		t.Fatal(err)
	}
	for range 200_001 {
		if err = table.Write("0"); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "torn.csv: row 200001: it has 3 cells, want 2") {
		t.Errorf("error %v", err)
	}
	ctx, end := context.WithCancel(t.Context())
	stopped, err := New(ctx, io.Discard, "", src, []int{0}, []parquet.Column{{Name: "predicted_y"}})
	if err != nil {
		t.Fatal(err)
	}
	end()
	if err := stopped.Write("0"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if err := errors.Join(table.Close(), stopped.Close()); err != nil {
		t.Error(err)
	}
}

func TestProbability(t *testing.T) {
	for want, got := range map[string]string{"0.0000": Probability(3.2e-5, false), "3.2e-05": Probability(3.2e-5, true),
		"0.9877": Probability(0.98765432, false), "0.9876543": Probability(0.98765432, true), "1": Probability(1, true)} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
