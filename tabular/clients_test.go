//go:build clients

package tabular

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lamina-ml/lamina/internal/clients"
)

// TestFileOfPandas compares the description of a file that pandas wrote with what pandas reads.
func TestFileOfPandas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pandas.csv")
	var want struct {
		Rows    int
		Columns map[string]struct {
			Missing             int
			Mean, Std, Min, Max float64
			Counts              map[string]int
		}
	}
	if err := json.Unmarshal([]byte(clients.Run(t, "csv_file.py", path)), &want); err != nil {
		t.Fatal(err)
	}
	src, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	if p.Rows != want.Rows || len(p.Columns) != len(want.Columns) {
		t.Errorf("%d rows, %d columns; pandas reads %d, %d", p.Rows, len(p.Columns), want.Rows, len(want.Columns))
	}
	for name, w := range want.Columns {
		c := p.Column(name)
		close := func(a, b float64) bool { return math.Abs(a-b) <= 1e-9*max(w.Std, math.Abs(w.Mean)) }
		if c.Missing != w.Missing || w.Std > 0 && (c.Min != w.Min || c.Max != w.Max || !close(c.Mean, w.Mean) || !close(c.Std, w.Std)) {
			t.Errorf("%s: %+v, pandas says %+v", name, c, w)
		}
		for _, v := range c.Values {
			if w.Counts != nil && w.Counts[v.Value] != v.Count && w.Counts[strings.ToLower(v.Value)] != v.Count {
				t.Errorf("%s: %q occurs %d times, pandas says %v", name, v.Value, v.Count, w.Counts)
			}
		}
	}
	for name, kind := range map[string]Kind{"float": Number, "int": Number, "gaps": Number, "words": Category,
		"when": Time, "flag": Boolean} {
		if c := p.Column(name); c.Kind != kind {
			t.Errorf("%s is a %v, want %v", name, c.Kind, kind)
		}
	}
}
