package tabular

import (
	"fmt"
	"strings"
	"testing"
)

// TestLostMeaning: lint names codes with leading zeros, marks of missing values, and bytes that are no UTF-8.
func TestLostMeaning(t *testing.T) {
	var text strings.Builder
	text.WriteString("zip,wind,seen,pressure,size,stra\xdfe\n")
	for i := range 200 {
		wind, pressure, street := fmt.Sprint(i%17), fmt.Sprint(1000+i%31), "Allee"
		if i%40 == 7 {
			wind, pressure = "-999", "99999"
		}
		if i == 11 {
			street = "M\xfchlweg"
		}
		fmt.Fprintf(&text, "%05d,%s,%d,%s,%d.5,%s\n", i*37%100000, wind, i%13-99, pressure, i*i%999, street)
	}
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	if !p.NotUTF8 {
		t.Error("the profile says that the text is UTF-8")
	}
	got, err := Lint(ctx, src, p, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`zip: 200 values with a leading zero, such as "00000", read as numbers: are they codes, so that the kind is category?`,
		"stra\ufffde: the name has bytes that are no UTF-8: save the file as UTF-8",
		"stra\ufffde: 1 value with bytes that are no UTF-8, such as \"M\ufffdhlweg\" in row 12: save the file as UTF-8",
		"wind: -999 in 5 of 200 rows is apart from all other numbers: if it marks missing values, leave these cells empty",
		"pressure: 99999 in 5 of 200 rows is apart from all other numbers: if it marks missing values, leave these cells empty",
	}
	var lines []string
	for _, w := range got {
		if !strings.Contains(w.Msg, "looks like") {
			lines = append(lines, w.String())
		}
	}
	if fmt.Sprintf("%q", lines) != fmt.Sprintf("%q", want) {
		t.Errorf("the warnings are\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestUTF8: quotes within cells leave parts of characters between cells, which are no cells.
func TestUTF8(t *testing.T) {
	for text, want := range map[string]bool{"a,b\n\"é\"\"é\"\"\"\"é\",1\n": false, "a,b\n\xe9,1\n": true,
		"\xe9,b\nx,y\n": true, "é,b\nx,y\n": false} {
		p, err := Inspect(ctx, source(t, "t.csv", text))
		if err != nil || p.NotUTF8 != want {
			t.Errorf("%q: %+v, %v, want %v", text, p, err, want)
		}
	}
}

// TestSeparatorLine: the first line "sep=;" names the delimiter.
func TestSeparatorLine(t *testing.T) {
	for _, text := range []string{"sep=;\na;b\n1;2\n3;4\n", "\ufeffsep=;\r\na;b\r\n1;2\r\n3;4\r\n", "sep=|\na|b\n1|2\n3|4"} {
		src := source(t, "t.csv", text)
		p, err := Inspect(ctx, src)
		if err != nil || fmt.Sprint(src.Columns()) != "[a b]" || p.Rows != 2 || p.Columns[1].Max != 4 {
			t.Errorf("%q: columns %v, %+v, %v", text, src.Columns(), p, err)
		}
	}
	if got := source(t, "t.csv", "sep=,b\n1,2\n").Columns(); fmt.Sprint(got) != "[sep= b]" {
		t.Errorf("columns %v", got)
	}
}
