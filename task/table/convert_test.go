package table

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/task/message"
)

// TestConvert converts a table to Parquet, to TSV, and back.
func TestConvert(t *testing.T) {
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	const text = "id,city,price,far\n1,\"Bern, CH\",1.5,inf\n2,,-3,0.5\n3,\"a \"\"b\"\"\",,-inf\n"
	if err := os.WriteFile(at("a.csv"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"a.csv", "b.parquet"}, {"b.parquet", "c.tsv"}, {"c.tsv", "d.PARQUET"},
		{"d.PARQUET", "f.jsonl.gz"}, {"f.jsonl.gz", "e.csv"}} {
		if rows, err := Convert(t.Context(), at(c[0]), at(c[1]), false); err != nil || rows != 3 {
			t.Fatalf("%v: %d rows, %v", c, rows, err)
		}
	}
	if got := readText(t, at("e.csv")); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
	var usage *message.UsageError
	if _, err := Convert(t.Context(), at("a.csv"), at("a.xlsx"), false); !errors.As(err, &usage) ||
		!strings.Contains(err.Error(), "want .csv, .tsv or .jsonl") {
		t.Error(err)
	}
	if _, err := Convert(t.Context(), at("a.csv"), at("a.csv"), true); err == nil ||
		!strings.Contains(err.Error(), "is the file that is read") {
		t.Error(err)
	}
	if _, err := Convert(t.Context(), at("a.csv"), at("e.csv"), false); err == nil || !strings.Contains(err.Error(), "e.csv exists") {
		t.Error(err)
	}
	if _, err := Convert(t.Context(), at("a.csv"), at("e.csv"), true); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(at("bad.csv"), []byte("a,b\n1,2\n3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Convert(t.Context(), at("bad.csv"), at("bad.parquet"), false); err == nil ||
		!strings.Contains(err.Error(), "bad.csv: row 2") {
		t.Error(err)
	}
	if _, err := os.Stat(at("bad.parquet")); err == nil {
		t.Error("a part of a table was written")
	}
}
