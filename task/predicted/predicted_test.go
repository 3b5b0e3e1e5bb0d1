package predicted

import (
	"errors"
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
		{"all", []int{0, 1}, ""}, {"none", nil, ""}, {"size,id", []int{1, 0}, ""}, {"predicted_price", nil, ""},
		{"sise", nil, `houses.csv: there is no column "sise" (did you mean "size"?)`}, {"id,town", nil, `no column "town"; the columns are "id", "size", "predicted_price"; want all, none, or names`},
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
	table, err := New(t.Context(), f, path, src, []int{2, 1, 0}, []parquet.Column{{Name: "predicted_y", Type: parquet.Double}, {Name: "class"}})
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
	if want := []parquet.Type{parquet.Date, parquet.String, parquet.Int64, parquet.Double, parquet.String}; err != nil || !slices.Equal(types, want) {
		t.Errorf("%v, want %v; %v", types, want, err)
	}
}
