package tabular

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestParseNotation(t *testing.T) {
	for _, c := range []struct {
		layout, cell string
		want         float64 // NaN: no number
	}{
		{commaGroups, "1,234.56", 1234.56}, {commaGroups, "1234.56", 1234.56}, {commaGroups, "-1,234,567", -1234567},
		{commaGroups, "$1,200", 1200},
		{commaGroups, "-$5.50", -5.5}, {commaGroups, "$-5.50", -5.5}, {commaGroups, "7.4%", 7.4},
		{commaGroups, " 12 € ", 12}, {commaGroups, "£ .5", 0.5},
		{commaGroups, "1,23", math.NaN()}, {commaGroups, "1,234,56", math.NaN()}, {commaGroups, "12,3456", math.NaN()},
		{commaGroups, "1.234,5", math.NaN()},
		{commaGroups, "$", math.NaN()}, {commaGroups, "-$-5", math.NaN()}, {commaGroups, "1,234x", math.NaN()},
		{commaGroups, "", math.NaN()},
		{commaDecimal, "1.234,56", 1234.56}, {commaDecimal, "20,1", 20.1}, {commaDecimal, "-,5", -0.5}, {commaDecimal, "1.234", 1234},
		{commaDecimal, "1 234 567,8", 1234567.8}, {commaDecimal, "1\u00a0234,5 €", 1234.5}, {commaDecimal, "12", 12},
		{commaDecimal, "7,4 %", 7.4},
		{commaDecimal, "1.5", math.NaN()}, {commaDecimal, "1,2,3", math.NaN()}, {commaDecimal, "1.2.2024", math.NaN()},
		{commaDecimal, "a", math.NaN()},
		{"", "1,5", math.NaN()}, {"", "1.5", 1.5},
	} {
		v, ok := parseNotation(c.layout, []byte(c.cell))
		if ok == math.IsNaN(c.want) || ok && v != c.want {
			t.Errorf("%q as %q: %v, %v, want %v", c.cell, c.layout, v, ok, c.want)
		}
	}
}

// TestNotations trains and predicts on columns whose numbers are not plain.
func TestNotations(t *testing.T) {
	var text strings.Builder
	text.WriteString("temp;umsatz;anteil;ip;tag;preis\n")
	for i := range 300 {
		cent := 100_000 + 37*i
		fmt.Fprintf(&text, "%d,%d;%d.%03d,%02d;%d,5 %%;10.0.0.%d;%02d.%02d.2024;%d,25\n", i/10, i%10, 1+cent/100_000,
			cent/100%1000, cent%100, i%97, i%250, 1+i%28,
			1+i%12, i)
	}
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]Kind{"temp": Number, "umsatz": Number, "anteil": Number, "tag": Time, "preis": Number} {
		if c := p.Column(name); c.Kind != want || want == Number && c.Layout != commaDecimal {
			t.Errorf("%s is %v, %q, want %v", name, c.Kind, c.Layout, want)
		}
	}
	if c := p.Column("ip"); c.Kind == Number || c.Layout != "" {
		t.Errorf("ip is %v, %q", c.Kind, c.Layout)
	}
	if c := p.Column("temp"); c.Min != 0 || c.Max != 29.9 || math.Abs(c.Mean-14.95) > 1e-9 || c.Numbers != 300 {
		t.Errorf("temp: %+v", *c)
	}
	if !strings.Contains(p.String(), "0 to 29.9, mean 14.95, written as 1.234,56") {
		t.Errorf("profile:\n%s", p)
	}
	schema, err := p.Schema(SchemaConfig{Targets: []string{"preis"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, scaling := range []Scaling{Standard, QuantileNormal} {
		prep, err := Fit(ctx, src, schema, nil, PreparationConfig{Scaling: scaling})
		if err != nil {
			t.Fatal(err)
		}
		sets, err := prep.Load(ctx, src, nil, LoadConfig{})
		if err != nil {
			t.Fatal(err)
		}
		if n := sets[0].Len(); n != 300 {
			t.Errorf("%d rows", n)
		}
		if c := prep.Targets[0]; math.Abs(c.Mean-149.75) > 1e-9 {
			t.Errorf("the mean of preis is %v", c.Mean)
		}
		_, err = prep.Load(ctx, source(t, "new.csv", "temp;umsatz;anteil;ip;tag;preis\n20.5;1;1;x;01.01.2024;1\n"), nil, LoadConfig{})
		if want := `tabular: new.csv: row 1, column "temp": "20.5" is no number of the form 1.234,56`; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestNotationOfDelimiter reads commas before three digits as groups where commas divide the cells, else as the decimal comma.
func TestNotationOfDelimiter(t *testing.T) {
	for text, want := range map[string]string{"a,b\n\"1,234\",1\n\"2,345\",2\n7,3\n": commaGroups,
		"a;b\n1,234;1\n2,345;2\n7;3\n": commaDecimal} {
		p, err := Inspect(ctx, source(t, "t.csv", text))
		if err != nil {
			t.Fatal(err)
		}
		if c := p.Column("a"); c.Layout != want || c.Numbers != 3 {
			t.Errorf("%q: %+v, want %s", text, *c, want)
		}
	}
}
