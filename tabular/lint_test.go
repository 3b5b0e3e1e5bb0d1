package tabular

import (
	"fmt"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,same,city,copy,twice,price,gap,kind\n")
	for i := range 400 {
		city := []string{"London", "Rome", "Oslo"}[i%3]
		kind := "abc"[i%3 : i%3+1]
		switch i {
		case 7:
			city = "Londn"
		case 8:
			city = " rome"
		case 399:
			kind = "d"
		}
		price := fmt.Sprint(float64(i*i%97) + 0.25)
		gap := ""
		if i%4 == 0 {
			gap = fmt.Sprint(i%17) + ".5"
		}
		if i == 20 {
			price = "unknown"
		}
		fmt.Fprintf(&text, "%d,x,%s,K%s,%v,%s,%s,%s\n", i+1, city, kind, 2*(i*i%97), price, gap, kind)
	}
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	check := func(targets []string, want ...string) {
		t.Helper()
		got, err := Lint(ctx, src, p, targets)
		if err != nil {
			t.Fatal(err)
		}
		all := fmt.Sprint(got)
		for _, w := range want {
			if !strings.Contains(all, w) {
				t.Errorf("%v: no %q in %v", targets, w, got)
			}
		}
	}
	check([]string{"kind"}, "id: it numbers the rows", "same: all its values are equal", `city: "Londn" (1 row) looks like "London" (134)`,
		`city: " rome" (1 row) looks like "Rome"`, "copy: it has one value for each value of the target kind",
		`kind: the class "d" has 1 row`,
		`price: "unknown" among numbers`, "gap: 300 of 400 values are missing")
	check([]string{"price"}, "twice: it is a linear function of the target price", `price: "unknown" among numbers`)
}

func TestEqualRows(t *testing.T) {
	text := "a,b\n" + strings.Repeat("1,2\n", 3) + "2,3\n4,5\n"
	src := source(t, "t.csv", text)
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Lint(ctx, src, p, nil)
	if err != nil || len(got) != 1 || got[0].String() != "2 of 5 rows are equal to an earlier one: training and test may share them" {
		t.Errorf("warnings %v, %v", got, err)
	}
}

// TestIDsAndQuantities: whole numbers without gaps number the rows unless they may be years; a name says that others are ids.
func TestIDsAndQuantities(t *testing.T) {
	var text strings.Builder
	text.WriteString("x,year,customer_id,code,y\n")
	for i := range 100 {
		fmt.Fprintf(&text, "%d,%d,%d,%d,%d.5\n", i, 1920+i, 100000000+i*7919%100*1000003, 500+i*31%100, 2*i)
	}
	text.WriteString("99,2019,99,599,198.5\n")
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, reason string
		kind         Kind
	}{{"x", "", Number}, {"year", "", Number}, {"customer_id", "its name and its different whole numbers say that it is an id", Drop}} {
		if got := p.Column(c.name); got.Kind != c.kind || got.Reason != c.reason {
			t.Errorf("%s: %v, %q", c.name, got.Kind, got.Reason)
		}
	}
	// Without the repeated row, x numbers the rows, and its correlation with y says that it should not be dropped.
	src = source(t, "t.csv", strings.TrimSuffix(text.String(), "99,2019,99,599,198.5\n"))
	if p, err = Inspect(ctx, src); err != nil {
		t.Fatal(err)
	}
	got, err := Lint(ctx, src, p, []string{"y"})
	all := fmt.Sprint(got)
	if err != nil || !strings.Contains(all, "x: it numbers the rows; it is dropped") ||
		!strings.Contains(all, "x: it is dropped, and its correlation with the target y is 1.00: is it a quantity?") {
		t.Errorf("warnings %v, %v", got, err)
	}
}

// TestFewEqualRows: few equal rows are a note.
func TestFewEqualRows(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,b\n")
	for i := range 100 {
		fmt.Fprintf(&text, "%d.5,%d\n", i, i%3)
	}
	text.WriteString("7.5,1\n")
	src := source(t, "t.csv", text.String())
	p, err := Inspect(ctx, src)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Lint(ctx, src, p, nil)
	want := Warning{Msg: "1 of 101 rows is equal to an earlier one: training and test may share them", Note: true}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("warnings %v, %v", got, err)
	}
}

// TestIndexOfPandas: the index of a part of a table is dropped, as pandas writes it to CSV, without a name, and to
// Parquet.
func TestIndexOfPandas(t *testing.T) {
	for _, name := range []string{"", "__index_level_0__", "quantity"} {
		var text strings.Builder
		fmt.Fprintf(&text, "%s,x\n", name)
		for i := range 100 {
			fmt.Fprintf(&text, "%d,%d\n", 3*i*i%1009, i%10)
		}
		p, err := Inspect(ctx, source(t, "t.csv", text.String()))
		if err != nil {
			t.Fatal(err)
		}
		want := Drop
		if name == "quantity" {
			want = Number
		}
		if c := p.Columns[0]; c.Kind != want || want == Drop && !strings.HasPrefix(c.Reason, "it is the index of the rows") {
			t.Errorf("%q is a %v: %s", name, c.Kind, c.Reason)
		}
	}
}
