package tabular

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPreparationOfNoFit changes the file of a preparation to numbers that no table gives.
func TestPreparationOfNoFit(t *testing.T) {
	var text strings.Builder
	text.WriteString("n,q,city,when,y\n")
	for i := range 60 {
		fmt.Fprintf(&text, "%d.5,%d.25,%s,2024-01-%02d,%s\n", i*i%17, i, []string{"rome", "oslo", "bonn"}[i%3], 1+i%28,
			[]string{"no", "yes"}[i%2])
	}
	src := source(t, "t.csv", text.String())
	schema := schemaOf(t, src, SchemaConfig{Targets: []string{"y"}})
	standard, err := Fit(ctx, src, schema, nil, PreparationConfig{})
	if err != nil {
		t.Fatal(err)
	}
	quantile, err := Fit(ctx, src, schema, nil, PreparationConfig{Scaling: QuantileNormal, Quantiles: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(p *Preparation)
		want   string
	}{
		{func(p *Preparation) { p.Rows = 0 }, "0 training rows"},
		{func(p *Preparation) { p.Rows = -1 }, "-1 training rows"},
		{func(p *Preparation) { p.Rows = 1 << 60 }, "training rows, want 1 to"},
		{func(p *Preparation) { p.Columns[0].Mean = 1e308 }, `column "n": the mean is 1e+308`},
		{func(p *Preparation) { p.Columns[0].Std = 1e-320 }, `column "n": the standard deviation is 1e-320`},
		{func(p *Preparation) { p.Columns[0].Std = -1 }, `column "n": the standard deviation is -1`},
		{func(p *Preparation) { p.Columns[0].Std = 1e308 }, `column "n": the standard deviation is 1e+308`},
		{func(p *Preparation) { p.Columns[0].Fill = 1e200 }, `column "n": missing values become 1e+200`},
		{func(p *Preparation) { p.Columns[3].Mean = -1e300 }, `column "when": the mean is -1e+300`},
		{func(p *Preparation) { p.Columns[3].Layout = strings.Repeat("2006", 1000) }, `column "when": the layout`},
		{func(p *Preparation) { p.Columns[2].Counts[1] = -3 }, `column "city": "oslo" occurred -3 times in 60 training rows`},
		{func(p *Preparation) { p.Columns[2].Counts[1] = 1 << 40 }, `column "city": "oslo" occurred`},
		{func(p *Preparation) { p.Columns[1].Name = "n" }, `two columns have the name "n"`},
		{func(p *Preparation) { p.Columns = nil }, "no column is a feature"},
		{func(p *Preparation) { p.Targets[0].Values, p.Targets[0].Counts = []string{"a"}, []int{1} },
			`column "y": the target has 1 classes`},
		{func(p *Preparation) { p.Columns[1].Quantiles[9] = 1e300 }, `column "q": the quantiles are`},
	} {
		base := standard
		if strings.Contains(c.want, "quantiles") {
			base = quantile
		}
		good, err := json.Marshal(base)
		if err != nil {
			t.Fatal(err)
		}
		var p, again Preparation
		if err := json.Unmarshal(good, &p); err != nil {
			t.Fatal(err)
		}
		c.change(&p)
		bad, err := json.Marshal(&p)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(bad, &again); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
}

// TestLintHugeNumbers checks what is said about numbers beyond float64's range and about words among numbers.
func TestLintHugeNumbers(t *testing.T) {
	for _, c := range []struct {
		name  string
		cell  func(i int) string // of 40 rows
		wants []string
	}{
		{"few values", func(i int) string {
			if i == 11 {
				return "1e400"
			}
			return fmt.Sprint(i % 5)
		}, []string{`x: row 12 has "1e400", which is beyond the range of numbers (±1.8e308): the column counts as a category`}},
		{"many values", func(i int) string {
			if i == 11 {
				return "-1e999"
			}
			return fmt.Sprint(i) + ".5"
		}, []string{`x: row 12 has "-1e999", which is beyond the range of numbers (±1.8e308): it counts as missing`}},
		{"infinity", func(i int) string {
			if i%4 == 3 {
				return "inf"
			}
			return fmt.Sprint(i) + ".5"
		}, []string{`x: row 4 has "inf"`}},
		{"words", func(i int) string {
			if i%4 == 3 {
				return fmt.Sprint("w", i%8)
			}
			return fmt.Sprint(i%9) + ".5"
		}, []string{`x: 10 of 40 values are no numbers, such as "w3" in row 4: the column counts as a category`}},
	} {
		var text strings.Builder
		text.WriteString("x,y\n")
		for i := range 40 {
			fmt.Fprintf(&text, "%s,%d\n", c.cell(i), i%2)
		}
		src := source(t, "t.csv", text.String())
		p, err := Inspect(ctx, src)
		if err != nil {
			t.Fatal(err)
		}
		warnings, err := Lint(ctx, src, p, []string{"y"})
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.wants {
			if !strings.Contains(fmt.Sprint(warnings), want) {
				t.Errorf("%s: no %q in %v", c.name, want, warnings)
			}
		}
	}
}

// TestLongNames names columns and classes by long texts: errors and warnings stay readable, and come soon.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("long name ", 5_000)
	var text strings.Builder
	fmt.Fprintf(&text, "%s,%sother,y\n", long, long)
	for i := range 100 {
		fmt.Fprintf(&text, "%sx%d,b,%d\n", strings.Repeat("v", 50_000*(i%2)), i%2, i%2)
	}
	src := source(t, "t.csv", text.String())
	began := time.Now()
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Schema(SchemaConfig{Targets: []string{long + "third"}})
	if err == nil || len(err.Error()) > 500 {
		t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
	}
	err = &Error{File: "t.csv", Row: 3, Column: long, Msg: "is broken"}
	if text := err.Error(); len(text) > 200 || !strings.HasSuffix(text, "is broken") {
		t.Errorf("error %q", text)
	}
	warnings, err := Lint(ctx, src, p, []string{"y"})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(warnings); len(text) > 2000 {
		t.Errorf("warnings of %d bytes: %.300s", len(text), text)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}
